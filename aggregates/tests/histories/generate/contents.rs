//! What a đề án asks for: firms, kinds of support, places, sums.

use dean_aggregates::actor::Unit;
use dean_aggregates::money::Dong;
use dean_aggregates::personal::{PersonalId, PersonalText};
use dean_aggregates::project::content::*;

use super::{Chooser, Flaw};
use crate::oracle::norms;
use crate::texts::day;

/// Firms that several đề án know, some under two codes.
const KNOWN_FIRMS: [(&str, Option<&str>); 4] = [
    ("5600000001", None),
    ("5600000001-001", None),
    ("011085000123", Some("5600000002")),
    ("5600000002", None),
];

impl Chooser<'_> {
    pub(super) fn content(&mut self, province: &str) -> Content {
        let kind = match self.dice.below(20) {
            0..3 => ProjectKind::Group,
            3..5 => ProjectKind::Key,
            5 => ProjectKind::Task,
            _ => ProjectKind::Specific,
        };
        let count = match kind {
            ProjectKind::Key => 2,
            _ => u16::try_from(1 + self.dice.below(5) / 2).expect("few"),
        };
        let firms = u16::try_from(1 + self.dice.below(u64::from(count))).expect("few");
        let mut lines: Vec<SupportLine> = (1..=count).map(|number| self.line(number, firms, province)).collect();
        if kind == ProjectKind::Key && !self.has(Flaw::Thing) {
            lines[0].kind = "MM".to_owned();
            lines[1].kind = "DTN".to_owned();
        }
        let mut content = Content {
            name: self.text("Ứng dụng máy sấy ngô"),
            kind,
            selection: Selection::Review,
            starts_on: day("2019-01-01"),
            ends_on: day(if kind == ProjectKind::Key {
                "2020-03-31"
            } else {
                "2019-11-30"
            }),
            coordinators: Vec::new(),
            beneficiaries: (1..=firms).map(|number| self.firm(number, province)).collect(),
            lines,
            body: Body::default(),
            results: Results::default(),
        };
        if kind == ProjectKind::Group {
            content.beneficiaries.clear();
            content.lines.iter_mut().for_each(|line| line.beneficiary = None);
        }
        content
    }

    pub(super) fn firm(&mut self, number: u16, province: &str) -> Beneficiary {
        let (code, former) = if self.dice.chance(18) {
            *self.dice.pick(&KNOWN_FIRMS).expect("firms")
        } else {
            ("", None)
        };
        let code = if code.is_empty() {
            *self.papers += 1;
            format!("57{:08}", *self.papers)
        } else {
            code.to_owned()
        };
        Beneficiary {
            number,
            name: PersonalText::new("Công ty TNHH Quang Lanh"),
            legal_form: if self.has(Flaw::Thing) && self.dice.chance(30) {
                LegalForm::CooperativeUnion
            } else {
                LegalForm::Company
            },
            tax_code: Some(PersonalId::new(code)),
            former_tax_code: former.map(PersonalId::new),
            registered_office: None,
            place: place(province),
            trade: Trade::FoodProcessing,
            capital: None,
            workers: Some(20),
            women_owned: false,
            minority_owned: false,
        }
    }

    pub(super) fn line(&mut self, number: u16, firms: u16, province: &str) -> SupportLine {
        let kind = *self.dice.pick(&norms::KINDS).expect("kinds");
        let elsewhere = self.dice.chance(5);
        let most = if kind == "HT-CCN" { 6_000 } else { 1_500 };
        let units = if kind == "MH1" || kind == "TM" {
            u32::try_from(1 + self.dice.below(2)).expect("few")
        } else {
            1
        };
        let item = if self.dice.chance(50) {
            "máy sấy ngô"
        } else {
            "dây chuyền"
        };
        let mut line = SupportLine {
            number,
            kind: kind.to_owned(),
            item: self.text(item),
            beneficiary: Some(u16::try_from(1 + self.dice.below(u64::from(firms))).expect("few")),
            place: place(if elsewhere { "son-la" } else { province }),
            source: Level::National,
            year: 2019,
            units,
            cost: if self.has(Flaw::Nothing) {
                Dong::ZERO
            } else {
                self.million(60, most)
            },
            support: Dong::ZERO,
            counterpart: Dong::ZERO,
            priority_uplift: self.dice.chance(25),
        };
        // What will be the rule when it is decided nobody knows; most ask for what is allowed now.
        let allowed = norms::limit(&line, self.world.today);
        let asks = if self.dice.chance(15) {
            allowed + allowed / 4
        } else {
            allowed
        };
        line.support = self.amount(asks.max(2_000_000)).min(line.cost);
        self.counterpart(&mut line);
        line
    }

    /// What the state doesn't give; a little less where too much is what is wrong.
    pub(super) fn counterpart(&mut self, line: &mut SupportLine) {
        let needed = line.cost.saturating_sub(line.support);
        line.counterpart = if self.has(Flaw::Much) && self.dice.chance(30) {
            Dong::new(needed.get().saturating_sub(1)).expect("an amount")
        } else {
            needed
        };
    }

    /// A content as an adjustment would have it: another firm, place, item or sum.
    pub(super) fn changed(&mut self, content: &Content, province: &str) -> (Content, &'static str) {
        let mut new = content.clone();
        let what = match self.dice.below(6) {
            0 => {
                let commune = self.dice.below(1_000).to_string();
                if let Some(line) = new.lines.first_mut() {
                    line.place.commune = Some(commune);
                }
                "place"
            }
            1 if !new.beneficiaries.is_empty() => {
                let last = new.beneficiaries.len() - 1;
                let number = new.beneficiaries[last].number;
                new.beneficiaries[last] = self.firm(number, province);
                "beneficiary"
            }
            2 => {
                new.coordinators.push(Unit {
                    id: format!("phoi-hop-{}", new.coordinators.len()),
                    name: "Hội Nông dân".to_owned(),
                });
                "partner"
            }
            3 => {
                let mut line = new.lines[0].clone();
                let limit = norms::limit(&line, self.world.today);
                line.support = self.amount(limit).min(line.cost);
                self.counterpart(&mut line);
                new.lines[0] = line;
                "support"
            }
            4 => {
                let firms = u16::try_from(new.beneficiaries.len().max(1)).expect("few");
                let number = new.lines.iter().map(|line| line.number).max().unwrap_or_default() + 1;
                let mut line = self.line(number, firms, province);
                if new.beneficiaries.is_empty() {
                    line.beneficiary = None;
                }
                new.lines.push(line);
                "activity"
            }
            _ => {
                new.name.push('x');
                "other"
            }
        };
        (new, what)
    }
}

pub(super) fn place(province: &str) -> Place {
    Place {
        province: province.to_owned(),
        district: None,
        commune: None,
        priority: PlacePriority::Highland,
    }
}
