//! Chooses what somebody tries next: mostly what the programme awaits, so that lives get somewhere, and often enough what it forbids.

mod actions;
mod batches;
mod contents;
mod contracts;
mod inspections;
mod steps;
mod supports;

use chrono::{Days, NaiveDate};
use dean_aggregates::actor::{Actor, Party, Role};
use dean_aggregates::lifecycle::Taker;
use dean_aggregates::money::Dong;
use dean_aggregates::plan::Circumstances;
use dean_aggregates::project::action::{SignedFor, SigningManner};
use dean_aggregates::project::content::Units;
use dean_aggregates::project::papers::{Decision, Paper, PaperForm};

use crate::asked::{Asked, Attempt};
use crate::dice::Dice;
use crate::oracle::Oracle;
use crate::oracle::account::Money;
use crate::world::World;

/// What is wrong with an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flaw {
    /// Nothing.
    None,
    /// Somebody in another role.
    Role,
    /// Somebody of another unit.
    Unit,
    /// The person who took a step from which this one is kept apart.
    Person,
    /// A day to come.
    Future,
    /// A day before what has happened.
    Past,
    /// No papers.
    Papers,
    /// Too much money.
    Much,
    /// No money.
    Nothing,
    /// A text that says nothing.
    Silence,
    /// A number that another paper has.
    Number,
    /// A thing that is not there, or not any more.
    Thing,
}

const FLAWS: [Flaw; 11] = [
    Flaw::Role,
    Flaw::Unit,
    Flaw::Person,
    Flaw::Future,
    Flaw::Past,
    Flaw::Papers,
    Flaw::Much,
    Flaw::Nothing,
    Flaw::Silence,
    Flaw::Number,
    Flaw::Thing,
];

/// Whoever chooses, with what there is to choose from.
pub(crate) struct Chooser<'w> {
    pub(crate) dice: &'w mut Dice,
    pub(crate) world: &'w World,
    pub(crate) oracle: &'w Oracle,
    /// How many papers were numbered.
    pub(crate) papers: &'w mut u32,
    /// How many đề án the history shall have.
    pub(crate) projects: usize,
    flaw: Flaw,
}

impl<'w> Chooser<'w> {
    pub(crate) fn new(
        dice: &'w mut Dice,
        (world, oracle): (&'w World, &'w Oracle),
        papers: &'w mut u32,
        projects: usize,
    ) -> Self {
        let flaw = if dice.chance(24) {
            *dice.pick(&FLAWS).expect("flaws")
        } else {
            Flaw::None
        };
        Self {
            dice,
            world,
            oracle,
            papers,
            projects,
            flaw,
        }
    }

    /// `None` where there is no occasion for what was chosen.
    pub(crate) fn attempt(&mut self) -> Option<Attempt> {
        let known = self.world.all.projects.len();
        if known == 0 || (known < self.projects && self.dice.chance(25)) {
            return Some(self.draft());
        }
        match self.dice.below(100) {
            0..62 => self.go_on(),
            62..72 => self.step_aside(),
            72..76 => self.any_step(),
            76..84 => self.act_on_batch(),
            84..90 => self.act_on_contract(),
            90..95 => self.act_on_inspection(),
            95..98 => self.act_on_screening(),
            98 => self.publish(),
            _ => Some(self.draft()),
        }
    }

    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    /// Somebody who may do it, unless that is what is wrong.
    fn somebody(&mut self, takers: &[Taker], units: &Units, what: &str) -> Actor {
        let taker = self.dice.pick(takers).copied().unwrap_or(Taker {
            party: Party::Implementer,
            role: Role::Implementer,
        });
        let unit = units.get(&taker.party).map_or("thanh-tra", |unit| unit.id.as_str());
        self.person(taker.role, unit, what)
    }

    fn person(&mut self, role: Role, unit: &str, what: &str) -> Actor {
        let role = if self.has(Flaw::Role) {
            *self.dice.pick(&Role::ALL).expect("roles")
        } else {
            role
        };
        let unit = if self.has(Flaw::Unit) { "so-ct-lao-cai" } else { unit };
        // One person per step, so that duties are kept apart unless that is what is wrong.
        Actor {
            id: format!("{unit}.{role}.{what}"),
            role,
            unit: unit.to_owned(),
        }
    }

    fn day(&mut self) -> NaiveDate {
        let today = self.world.today;
        match self.flaw {
            Flaw::Future => today.checked_add_days(Days::new(1)),
            Flaw::Past => today.checked_sub_days(Days::new(self.dice.between(1, 60))),
            _ => Some(today),
        }
        .expect("a day")
    }

    fn by(&mut self, actor: Actor, kinds: &[&str]) -> Circumstances {
        let on = self.day();
        let kinds = if self.has(Flaw::Papers) { &[][..] } else { kinds };
        Circumstances {
            actor,
            occurred_on: on,
            today: self.world.today,
            papers: kinds.iter().map(|kind| paper(kind, on.min(self.world.today))).collect(),
            note: String::new(),
        }
    }

    fn attempt_by(&mut self, name: &'static str, asked: Asked, actor: Actor, kinds: &[&str]) -> Attempt {
        Attempt {
            name,
            asked,
            by: self.by(actor, kinds),
        }
    }

    /// An amount up to a limit, often the limit itself; where too much is what is wrong, often by one đồng.
    fn amount(&mut self, limit: Money) -> Dong {
        let amount = match self.flaw {
            Flaw::Much if self.dice.chance(60) => limit + 1,
            Flaw::Much => limit + 1 + self.dice.below(400_000_000),
            Flaw::Nothing => 0,
            _ if self.dice.chance(50) => limit,
            _ => self.dice.between(limit / 2, limit),
        };
        Dong::new(amount).expect("an amount")
    }

    /// Whole triệu đồng between.
    fn million(&mut self, from: Money, to: Money) -> Dong {
        Dong::new(1_000_000 * self.dice.between(from, to)).expect("an amount")
    }

    fn text(&self, text: &str) -> String {
        if self.has(Flaw::Silence) {
            " ".to_owned()
        } else {
            text.to_owned()
        }
    }

    fn number(&mut self) -> String {
        if self.has(Flaw::Number) {
            return "1/QĐ".to_owned();
        }
        *self.papers += 1;
        format!("{}/QĐ", *self.papers)
    }

    /// A decision of today; a repeated number is that of the first paper, which has another day.
    fn decision(&mut self) -> Decision {
        Decision {
            number: self.number(),
            date: self.world.today,
            issuer: "Cấp có thẩm quyền".to_owned(),
            signer: None,
            signed_for: None,
        }
    }

    /// For whom it is signed, where the taker is a delegate.
    fn signature(&self) -> SignedFor {
        SignedFor {
            manner: SigningManner::Deputy,
            principal: "Thủ trưởng".to_owned(),
            paper: self.text("09/QĐ"),
            dated: self.world.today,
        }
    }
}

fn paper(kind: &str, date: NaiveDate) -> Paper {
    Paper {
        kind: kind.to_owned(),
        number: "12/CV".to_owned(),
        date,
        issuer: "Cơ quan".to_owned(),
        signer: None,
        form: PaperForm::Original,
        kept_at: None,
        file: None,
        sha256: None,
    }
}
