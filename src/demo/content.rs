//! The content of a project as it is drafted: the published one, or an invented one that keeps within the norms of its day.

use std::sync::Arc;

use chrono::NaiveDate;
use dean_aggregates::money::Dong;
use dean_aggregates::personal::{PersonalId, PersonalText};
use dean_aggregates::places::{Places, Province};
use dean_aggregates::project::content::{
    Beneficiary, Body, Content, LegalForm, Level, Place, PlacePriority, ProjectKind, Results, Selection, SupportLine,
    Trade,
};
use dean_aggregates::rules::{Pinned, RuleSet};

use super::calendar::{day, in_year};
use super::catalog::{ITEMS, Item, machine};
use super::dice::Dice;
use super::names;
use super::real::RealProject;
use super::subject::{Fate, Subject};

/// The last day of districts (cấp huyện).
const DISTRICTS_UNTIL: NaiveDate = day(2025, 6, 30);

/// Amounts are written down to this; nobody asks for single đồng.
const ROUND_TO: u64 = 1_000_000;

/// The province of an invented project: one that exists on the day.
pub(super) fn province<'a>(places: &'a Places, on: NaiveDate, dice: &mut Dice) -> Option<&'a Province> {
    let exists = |province: &&Province| province.valid_from <= on && province.valid_to.is_none_or(|end| on <= end);
    let count = places.provinces.iter().filter(exists).count();
    places.provinces.iter().filter(exists).nth(dice.index(count))
}

/// Whole million đồng, rounded down, but not to nothing.
pub(super) fn rounded(amount: Dong) -> Dong {
    let whole = amount.get() / ROUND_TO * ROUND_TO;
    if whole == 0 {
        amount
    } else {
        Dong::new(whole).unwrap_or(amount)
    }
}

fn million(amount: u32) -> Dong {
    Dong::million(amount)
}

/// What the writer of a draft has at hand.
pub(super) struct Writer<'a> {
    pub(super) subject: &'a Subject,
    pub(super) rules: &'a Arc<Pinned<RuleSet>>,
    pub(super) province: &'a Province,
    pub(super) on: NaiveDate,
    pub(super) dice: &'a mut Dice,
}

impl Writer<'_> {
    pub(super) fn content(&mut self) -> Content {
        match self.subject.real {
            Some(real) => self.real(real),
            None => self.invented(),
        }
    }

    fn place(&mut self, priority: PlacePriority) -> Place {
        Place {
            province: self.province.code.clone(),
            district: (self.on <= DISTRICTS_UNTIL).then(|| names::district(self.dice)),
            commune: Some(names::commune(self.dice)),
            priority,
        }
    }

    fn real(&mut self, real: &RealProject) -> Content {
        let is_group = real.beneficiaries.len() > 1;
        // Where somebody produces is not published; the province is.
        let place = Place {
            province: self.province.code.clone(),
            district: None,
            commune: None,
            priority: real.place,
        };
        let beneficiaries: Vec<Beneficiary> = (1..)
            .zip(real.beneficiaries)
            .map(|(number, (name, form))| Beneficiary {
                number,
                name: PersonalText::new(*name),
                legal_form: *form,
                tax_code: None,
                former_tax_code: None,
                registered_office: None,
                place: place.clone(),
                trade: real.trade,
                capital: None,
                workers: None,
                women_owned: false,
                minority_owned: false,
            })
            .collect();
        let (cost, support) = (million(real.total), million(real.support));
        let line = SupportLine {
            number: 1,
            kind: real.kind.to_owned(),
            item: real.item.to_owned(),
            beneficiary: (!is_group).then_some(1),
            place,
            source: real.level,
            year: real.plan_year,
            units: u32::try_from(real.beneficiaries.len()).unwrap_or(1),
            cost,
            support,
            counterpart: cost.saturating_sub(support),
            priority_uplift: real.uplift,
        };
        let name = format!("{} {} tại {}", real.verb, real.item, real.province_name);
        Content {
            kind: if is_group {
                ProjectKind::Group
            } else {
                ProjectKind::Specific
            },
            beneficiaries: if is_group { Vec::new() } else { beneficiaries },
            ..self.frame(name, vec![line], 0)
        }
    }

    fn invented(&mut self) -> Content {
        let fate = self.subject.fate;
        let items: Vec<&Item> = match fate {
            Fate::Key => vec![machine(self.dice.index(8)), self.item_of("TM")],
            Fate::TwoPlaces | Fate::Several => {
                let item = machine(self.dice.index(8));
                vec![item, item]
            }
            Fate::Plain | Fate::Stalled | Fate::Returned | Fate::Moved => vec![self.any_item()],
            // Their courses turn on advances against work done at a firm.
            _ => vec![machine(self.dice.index(8))],
        };
        let is_group = matches!(fate, Fate::Group | Fate::AdjustedByDepartment);
        let mut beneficiaries = Vec::new();
        let mut lines = Vec::new();
        for (number, item) in (1..).zip(items) {
            let shares_firm = fate == Fate::Key && number > 1;
            if !is_group && !shares_firm {
                beneficiaries.push(self.beneficiary(number, item));
            }
            let firm = if shares_firm { 1 } else { number };
            let place = match beneficiaries.last() {
                Some(beneficiary) => beneficiary.place.clone(),
                None => {
                    let priority = self.priority(item);
                    self.place(priority)
                }
            };
            let units = if is_group { self.dice.between(2, 4) } else { 1 };
            lines.push(self.line(number, item, (!is_group).then_some(firm), place, units));
        }
        if fate == Fate::Several
            && let (Some(line), Some(firm)) = (lines.last_mut(), beneficiaries.last_mut())
        {
            let neighbour = if self.province.code == "lai-chau" {
                "dien-bien"
            } else {
                "lai-chau"
            };
            for place in [&mut line.place, &mut firm.place] {
                neighbour.clone_into(&mut place.province);
            }
        }
        let first = &lines[0];
        let place_name = first.place.commune.clone().unwrap_or_default();
        let verb = ITEMS
            .iter()
            .find(|item| item.kind == first.kind && item.item == first.item)
            .map_or("", |item| item.verb);
        let name = match fate {
            Fate::Key => format!(
                "Đề án điểm: {verb} {} gắn với xây dựng thương hiệu, {place_name}, {}",
                first.item, self.province.name
            ),
            _ if is_group => format!("{verb} {} (đề án nhóm), {}", first.item, self.province.name),
            _ => format!("{verb} {}, {place_name}, {}", first.item, self.province.name),
        };
        let kind = match fate {
            Fate::Key => ProjectKind::Key,
            _ if is_group => ProjectKind::Group,
            _ if first.kind.starts_with("HC-") || matches!(first.kind.as_str(), "TT" | "BC") => ProjectKind::Task,
            _ => ProjectKind::Specific,
        };
        let more_years = u16::from(fate == Fate::Key);
        Content {
            kind,
            beneficiaries,
            ..self.frame(name, lines, more_years)
        }
    }

    fn frame(&mut self, name: String, lines: Vec<SupportLine>, more_years: u16) -> Content {
        let by_tender = lines
            .iter()
            .any(|line| self.rules.value.kind(&line.kind).is_some_and(|kind| kind.tender));
        let year = i32::from(self.subject.plan_year);
        let item = lines.first().map(|line| line.item.clone()).unwrap_or_default();
        Content {
            name,
            kind: ProjectKind::Specific,
            selection: if by_tender {
                Selection::Tender
            } else {
                Selection::Review
            },
            starts_on: in_year(year, 1, 15),
            ends_on: in_year(year + i32::from(more_years), 11, 28),
            coordinators: Vec::new(),
            beneficiaries: Vec::new(),
            lines,
            body: Body {
                necessity: format!(
                    "Địa phương có nhu cầu về {item}; năng suất, chất lượng và khả năng tiêu thụ còn thấp."
                ),
                objectives: "Nâng năng suất, chất lượng; tạo việc làm cho lao động nông thôn.".to_owned(),
                scale: format!("Thực hiện {item} theo dự toán kèm theo."),
                activities: "Khảo sát, ký hợp đồng, thực hiện, nghiệm thu trong năm kế hoạch.".to_owned(),
                organisation: "Trung tâm Khuyến công phối hợp với đơn vị thụ hưởng thực hiện.".to_owned(),
                effects: "Tăng doanh thu, tạo việc làm, có thể nhân rộng.".to_owned(),
            },
            results: Results {
                jobs: self.dice.between(3, 40),
                trained: self.dice.between(0, 60),
                revenue: million(self.dice.between(2, 40) * 100),
            },
        }
    }

    /// Any kind of support that the rules of the day know.
    fn any_item(&mut self) -> &'static Item {
        let known = |item: &&Item| self.rules.value.kind(item.kind).is_some();
        let total: u32 = ITEMS.iter().filter(known).map(|item| item.weight).sum();
        let mut at = self.dice.between(1, total.max(1));
        for item in ITEMS.iter().filter(|item| self.rules.value.kind(item.kind).is_some()) {
            if at <= item.weight {
                return item;
            }
            at -= item.weight;
        }
        machine(0)
    }

    fn item_of(&self, kind: &str) -> &'static Item {
        ITEMS.iter().find(|item| item.kind == kind).unwrap_or(&ITEMS[0])
    }

    fn priority(&mut self, item: &Item) -> PlacePriority {
        let rules = &self.rules.value;
        if let Some(kind) = rules.kind(item.kind)
            && !kind.places.is_empty()
        {
            return kind.places[self.dice.index(kind.places.len())];
        }
        if item.trade == Trade::Minerals {
            return PlacePriority::Difficult;
        }
        match self.dice.between(1, 10) {
            1 | 2 => PlacePriority::Highland,
            3 => PlacePriority::PoorDistrict,
            4 | 5 => PlacePriority::NewRural,
            6 => PlacePriority::Difficult,
            _ => PlacePriority::None,
        }
    }

    pub(super) fn beneficiary(&mut self, number: u16, item: &Item) -> Beneficiary {
        let rules = &self.rules.value;
        let wanted = item.forms[self.dice.index(item.forms.len())];
        let legal_form = if rules.is_eligible(wanted, self.on) {
            wanted
        } else {
            LegalForm::Company
        };
        let is_household = legal_form == LegalForm::Household;
        let has_personal_code = is_household && self.on > DISTRICTS_UNTIL;
        let digits = if has_personal_code { 12 } else { 10 };
        let tax_code: String = (0..digits)
            .map(|_| char::from(b'0' + u8::try_from(self.dice.between(0, 9)).unwrap_or(0)))
            .collect();
        let priority = self.priority(item);
        Beneficiary {
            number,
            name: PersonalText::new(names::firm(self.dice, legal_form, &self.province.name)),
            legal_form,
            tax_code: Some(PersonalId::new(tax_code)),
            former_tax_code: None,
            registered_office: is_household
                .then(|| PersonalText::new(format!("{}, {}", names::commune(self.dice), self.province.name))),
            place: self.place(priority),
            trade: item.trade,
            capital: Some(million(self.dice.between(3, 200) * 100)),
            workers: Some(self.dice.between(3, 120)),
            women_owned: self.dice.chance(30),
            minority_owned: self.dice.chance(15),
        }
    }

    fn line(&mut self, number: u16, item: &Item, beneficiary: Option<u16>, place: Place, units: u32) -> SupportLine {
        let cost = million(self.dice.between(item.cost.0, item.cost.1) * units);
        let rules = &self.rules.value;
        let priority_uplift = rules.settings.uplift_places.contains(&place.priority) && self.dice.chance(25);
        let mut line = SupportLine {
            number,
            kind: item.kind.to_owned(),
            item: item.item.to_owned(),
            beneficiary,
            place,
            source: self.subject.level,
            year: self.subject.plan_year,
            units,
            cost,
            support: cost,
            counterpart: Dong::ZERO,
            priority_uplift,
        };
        let limit = rules
            .kind(item.kind)
            .map_or(cost, |kind| rules.limit(kind, &line).limit);
        let share = self.dice.between(70, 100);
        line.support = rounded(limit.share(dean_aggregates::money::Rate::percent(share)));
        line.counterpart = cost.saturating_sub(line.support);
        line
    }
}

/// The group plan of a group project: beneficiaries by name, and each line split among as many as it has units.
pub(super) fn group_plan(content: &Content, writer: &mut Writer<'_>) -> (Vec<Beneficiary>, Vec<SupportLine>) {
    let mut beneficiaries = Vec::new();
    let mut lines = Vec::new();
    let mut number: u16 = 0;
    for line in &content.lines {
        let units = line.units.max(1);
        let share = |amount: Dong| Dong::new(amount.get() / u64::from(units)).unwrap_or(amount);
        for unit in 0..line.units {
            number += 1;
            let mut beneficiary = match writer.subject.real {
                Some(real) => {
                    let (name, form) = real.beneficiaries[unit as usize % real.beneficiaries.len()];
                    Beneficiary {
                        name: PersonalText::new(name),
                        legal_form: form,
                        tax_code: None,
                        former_tax_code: None,
                        registered_office: None,
                        ..writer.beneficiary(number, machine(0))
                    }
                }
                None => writer.beneficiary(number, machine(usize::from(number))),
            };
            beneficiary.place = Place {
                commune: beneficiary.place.commune,
                ..line.place.clone()
            };
            let (cost, support) = (share(line.cost), share(line.support));
            lines.push(SupportLine {
                number,
                beneficiary: Some(number),
                place: beneficiary.place.clone(),
                units: 1,
                cost,
                support,
                counterpart: cost.saturating_sub(support),
                ..line.clone()
            });
            beneficiaries.push(beneficiary);
        }
    }
    (beneficiaries, lines)
}

/// The programme's word in codes and papers.
pub(super) const fn programme(level: Level) -> &'static str {
    match level {
        Level::National => "KCQG",
        Level::Local => "KCDP",
    }
}
