//! Several projects with the claims of their ledger.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::Aggregate;
use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::claim::{Change, Claim, Register, SettleError, Settled, together};
use dean_aggregates::personal::PersonalId;
use dean_aggregates::plan::{Circumstances, Refusal};
use dean_aggregates::project::action::Action;
use dean_aggregates::project::content::Content;
use dean_aggregates::project::papers::{Paper, PaperForm};
use dean_aggregates::project::{Project, ProjectEvent};
use dean_aggregates::screening::{ItemsToFile, RulingAsked, Screening, ScreeningEvent};
use uuid::Uuid;

use super::samples::{content, line};
use super::{KCQG, RULES_2018, Story, day};
use crate::stories::to_appraisal;

/// Projects and claims of one ledger.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) claims: BTreeMap<Uuid, Claim>,
    pub(crate) lives: Vec<Life>,
}

pub(crate) struct Life {
    pub(crate) id: Uuid,
    pub(crate) story: Story,
    pub(crate) screening: Screening,
    pub(crate) screened: Vec<ScreeningEvent>,
}

struct Known<'a> {
    claims: BTreeMap<Uuid, &'a Claim>,
}

impl Register for Known<'_> {
    fn claim(&self, id: Uuid) -> Option<&Claim> {
        self.claims.get(&id).copied()
    }

    fn keyed(&self, text: &str) -> String {
        format!("hash of {text}")
    }
}

static NOBODY: std::sync::LazyLock<Claim> = std::sync::LazyLock::new(Claim::default);

/// One machine for a firm with these tax codes.
pub(crate) fn content_of(kind: &str, item: &str, code: &str, former: Option<&str>) -> Content {
    let mut content = content(vec![line(1, 700, 300)]);
    content.lines[0].kind = kind.to_owned();
    content.lines[0].item = item.to_owned();
    content.beneficiaries[0].tax_code = Some(PersonalId::new(code));
    content.beneficiaries[0].former_tax_code = former.map(PersonalId::new);
    content
}

/// As far as the ministry has appraised it.
pub(crate) fn appraised(content: Content) -> Story {
    let mut story = Story::new(KCQG, RULES_2018);
    to_appraisal(&mut story, content);
    story
}

pub(crate) fn circumstances(actor: Actor, with_papers: bool) -> Circumstances {
    let paper = Paper {
        kind: "tai-lieu-ket-luan".to_owned(),
        number: "01/BB".to_owned(),
        date: day("2018-11-01"),
        issuer: "Sở Công Thương".to_owned(),
        signer: None,
        form: PaperForm::Original,
        kept_at: None,
        file: None,
        sha256: None,
    };
    Circumstances {
        actor,
        occurred_on: day("2018-12-01"),
        today: day("2030-12-31"),
        papers: Vec::from_iter(with_papers.then_some(paper)),
        note: String::new(),
    }
}

pub(crate) fn appraiser() -> Actor {
    Actor {
        id: "so-ct-dien-bien.cv1".to_owned(),
        role: Role::DepartmentOfficer,
        unit: "so-ct-dien-bien".to_owned(),
    }
}

impl World {
    /// Looks up whatever is asked for, as the engine does.
    fn settled(&self, decide: impl Fn(&dyn Register) -> Result<Settled, SettleError>) -> Result<Settled, Refusal> {
        let mut known = Known {
            claims: BTreeMap::new(),
        };
        for _ in 0..16 {
            match decide(&known) {
                Ok(settled) => return Ok(settled),
                Err(SettleError::Refused(refusal)) => return Err(refusal),
                Err(SettleError::Missing(ids)) => {
                    assert!(!ids.is_empty());
                    for id in ids {
                        let claim = self.claims.get(&id).unwrap_or(&NOBODY);
                        assert!(known.claims.insert(id, claim).is_none(), "asked for twice");
                    }
                }
            }
        }
        panic!("claims are asked for without end");
    }

    fn record(&mut self, index: usize, settled: Settled) {
        for (id, event) in settled.claims {
            self.claims.entry(id).or_default().apply(event);
        }
        let life = &mut self.lives[index];
        for event in settled.screening {
            life.screening.apply(event.clone());
            life.screened.push(event);
        }
    }

    /// Brings in a project with all that has happened to it so far.
    pub(crate) fn admit(&mut self, story: Story) -> usize {
        self.try_admit(story).unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    pub(crate) fn try_admit(&mut self, mut story: Story) -> Result<usize, Refusal> {
        let index = self.lives.len();
        let events = std::mem::take(&mut story.events);
        let id = Uuid::from_u128(0x0194_0000_0000_7000_8000_0000_0000_0000 + index as u128);
        story.project = Project::default();
        self.lives.push(Life {
            id,
            story,
            screening: Screening::default(),
            screened: Vec::new(),
        });
        for event in events {
            if let Err(refusal) = self.happens(index, event) {
                self.lives.pop();
                return Err(refusal);
            }
        }
        Ok(index)
    }

    fn happens(&mut self, index: usize, event: ProjectEvent) -> Result<(), Refusal> {
        let life = &self.lives[index];
        let mut after = life.story.project.clone();
        after.apply(event.clone());
        let settled = self.settled(|register| {
            let change = Change {
                id: life.id,
                after: &after,
                event: &event,
                screening: &life.screening,
            };
            together::settle(&change, register)
        })?;
        self.record(index, settled);
        let story = &mut self.lives[index].story;
        story.project = after;
        story.events.push(event);
        Ok(())
    }

    /// Takes a step; what the project's own lifecycle refuses is a fault of the test.
    pub(crate) fn take(&mut self, index: usize, on: &str, step: &str, action: Action) -> Result<(), Refusal> {
        let mut story = self.lives[index].story.clone();
        let event = story.on(on).take(step, action);
        self.happens(index, event)
    }

    /// The same, where the lifecycle may refuse too.
    pub(crate) fn try_take(&mut self, index: usize, on: &str, step: &str, action: Action) -> bool {
        let mut story = self.lives[index].story.clone();
        match story.on(on).try_take(step, action) {
            Ok(event) => self.happens(index, event).is_ok(),
            Err(_) => false,
        }
    }

    pub(crate) fn file(&mut self, index: usize, items: &ItemsToFile) -> Result<(), Refusal> {
        let life = &self.lives[index];
        let circumstances = circumstances(appraiser(), false);
        let settled = self.settled(|register| {
            let of = (life.id, &life.story.project);
            together::file(of, &life.screening, items, &circumstances, register)
        })?;
        self.record(index, settled);
        Ok(())
    }

    pub(crate) fn rule(&mut self, index: usize, flag: u16, same: bool) -> Result<(), Refusal> {
        self.rule_as(index, (flag, same), &circumstances(appraiser(), true))
    }

    pub(crate) fn rule_as(
        &mut self,
        index: usize,
        (flag, same): (u16, bool),
        circumstances: &Circumstances,
    ) -> Result<(), Refusal> {
        let life = &mut self.lives[index];
        let project = &life.story.project;
        let asked = RulingAsked {
            flag,
            same,
            reason: "Hai máy khác nhau, lắp ở hai xưởng.".to_owned(),
            level: project.level().expect("drafted"),
            units: project.units().expect("drafted").clone(),
        };
        let event = life.screening.rule(&asked, circumstances)?;
        life.screening.apply(event.clone());
        life.screened.push(event);
        Ok(())
    }

    /// The codes of other projects in the flags that count.
    pub(crate) fn flags(&self, index: usize) -> Vec<(u16, usize)> {
        let place = |id: Uuid| self.lives.iter().position(|life| life.id == id).expect("a project");
        let flags = self.lives[index].screening.flags().values();
        flags
            .filter(|flag| !flag.lapsed)
            .map(|flag| (flag.hit.number, place(flag.hit.other.project)))
            .collect()
    }

    /// The projects that hold a claim that this one holds too.
    pub(crate) fn neighbours(&self, index: usize) -> BTreeSet<usize> {
        let own = |index: usize| -> BTreeSet<Uuid> {
            let held = self.lives[index].screening.held().iter();
            held.flat_map(|held| held.claims.clone()).collect()
        };
        (0..self.lives.len())
            .filter(|other| *other != index && !own(*other).is_disjoint(&own(index)))
            .collect()
    }
}
