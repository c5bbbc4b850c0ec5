//! Who acts, and on which papers: numbers, dates, issuers and signers as they look, none of them real.

use chrono::{Datelike, Days, NaiveDate};
use dean_aggregates::actor::{Actor, Party, Role};
use dean_aggregates::budget::{BudgetCode, PaymentOrder};
use dean_aggregates::lifecycle::{Lifecycle, Step, Taker};
use dean_aggregates::personal::PersonalText;
use dean_aggregates::project::Project;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::papers::{Decision, Paper, PaperForm};
use dean_aggregates::rules::RuleSet;

use super::calendar::day;
use super::dice::Dice;
use super::names;

/// How many persons of a role a unit has: enough for every separation of duties.
const PERSONS: u32 = 4;

/// From this day the state budget books the programme under other codes (TT 28/2018/TT-BTC).
const NEW_BUDGET_CODES: NaiveDate = day(2018, 5, 11);

/// A person in a role at the unit that stands for a party, as it is called on the day.
pub(super) struct Person {
    pub(super) actor: Actor,
    pub(super) party: Party,
    pub(super) unit_name: String,
}

/// Somebody who may take the step: of the parties that are awaited, if any; a colleague, where duties are to be separated.
pub(super) fn taker(
    project: &Project,
    lifecycle: &Lifecycle,
    step: &Step,
    province: (&str, &str),
    on: NaiveDate,
    dice: &mut Dice,
) -> Person {
    let unit = |taker: &Taker| unit_of(project, lifecycle, *taker, province, on);
    let awaited: Vec<&Taker> = step
        .takers
        .iter()
        .filter(|taker| {
            project
                .standing()
                .waiting
                .iter()
                .any(|waiting| waiting.unit == unit(taker).0)
        })
        .collect();
    let taker = if awaited.is_empty() {
        step.takers[dice.index(step.takers.len())]
    } else {
        *awaited[dice.index(awaited.len())]
    };
    let (id, unit_name) = unit(&taker);
    let first = dice.between(0, PERSONS - 1);
    let person = |number: u32| Actor {
        id: format!("{id}.{}-{}", post(taker.role), number % PERSONS + 1),
        role: taker.role,
        unit: id.clone(),
    };
    let actor = (first..first + PERSONS)
        .map(person)
        .find(|actor| project.may_take(step, actor).is_ok())
        .unwrap_or_else(|| person(first));
    Person {
        actor,
        party: taker.party,
        unit_name,
    }
}

fn unit_of(
    project: &Project,
    lifecycle: &Lifecycle,
    taker: Taker,
    province: (&str, &str),
    on: NaiveDate,
) -> (String, String) {
    if let Some(unit) = project.units().and_then(|units| units.get(&taker.party)) {
        return (unit.id.clone(), unit.name.clone());
    }
    if let Some(pattern) = lifecycle.units.iter().find(|pattern| pattern.party == taker.party) {
        return (pattern.id_for(province.0), pattern.name_on(on, province.1));
    }
    match taker.role {
        Role::Administrator => ("dean".to_owned(), "Quản trị hệ thống".to_owned()),
        _ => (
            format!("thanh-tra-{}", province.0),
            format!("Thanh tra tỉnh {}", province.1),
        ),
    }
}

/// The post in a person's id.
pub(super) const fn post(role: Role) -> &'static str {
    match role {
        Role::Implementer | Role::DepartmentOfficer | Role::AgencyOfficer | Role::FinanceDepartment => "cv",
        Role::DepartmentDirector => "ld",
        Role::AgencyDirector => "ct",
        Role::ProvinceChair => "ubnd",
        Role::Accountant => "kt",
        Role::Minister => "bt",
        Role::MinistryFinance => "tc",
        Role::Inspector => "tt",
        Role::Auditor => "ktv",
        Role::Administrator => "qt",
    }
}

/// The letters of an issuer in the numbers of its papers.
pub(super) fn letters(party: Party, on: NaiveDate) -> &'static str {
    match party {
        Party::Implementer => "TTKC",
        Party::Department => "SCT",
        Party::FinanceDepartment => "STC",
        Party::Province => "UBND",
        Party::Agency if on >= day(2025, 3, 1) => "ĐCK",
        Party::Agency => "CTĐP",
        Party::Ministry => "BCT",
        Party::Oversight => "TTr",
    }
}

/// A decision of the person's unit.
pub(super) fn decision(person: &Person, on: NaiveDate, dice: &mut Dice) -> Decision {
    Decision {
        number: format!("{}/QĐ-{}", dice.between(12, 3_900), letters(person.party, on)),
        date: on,
        issuer: person.unit_name.clone(),
        signer: Some(PersonalText::new(names::person(dice))),
        signed_for: None,
    }
}

/// The number of a paper by its kind: `qd-…` a decision, `bien-ban-…` minutes, and so on.
fn number(kind: &str, party: Party, on: NaiveDate, dice: &mut Dice) -> String {
    let number = dice.between(3, 980);
    let issuer = letters(party, on);
    let year = on.year();
    match kind.split('-').next().unwrap_or_default() {
        "qd" => format!("{number}/QĐ-{issuer}"),
        "cong" | "van" | "vb" | "y" | "giai" => format!("{number}/{issuer}-KC"),
        "to" => format!("{number}/TTr-{issuer}"),
        "bien" => format!("{:02}/BB-{issuer}", number % 90 + 1),
        "bao" => format!("{number}/BC-{issuer}"),
        "hop" | "hd" => format!("{:02}/{year}/HĐKC", number % 90 + 1),
        "hoa" | "chung" => format!("{:07}", number * 137),
        _ => format!("{number}/{year}/{issuer}"),
    }
}

/// The papers of a step: all that are required, some of the others.
pub(super) fn papers(
    project: &Project,
    step: &Step,
    rules: &RuleSet,
    person: &Person,
    on: NaiveDate,
    dice: &mut Dice,
) -> Vec<Paper> {
    let earliest = project.last_step_on();
    let mut papers = Vec::new();
    for required in project.required_papers(step, rules) {
        if !required.required && !dice.chance(25) {
            continue;
        }
        let written = on
            .checked_sub_days(Days::new(u64::from(dice.between(0, 3))))
            .unwrap_or(on);
        let date = earliest.map_or(written, |earliest| written.max(earliest).min(on));
        let is_copy = dice.chance(15);
        papers.push(Paper {
            kind: required.kind.clone(),
            number: number(&required.kind, person.party, date, dice),
            date,
            issuer: person.unit_name.clone(),
            signer: Some(PersonalText::new(names::person(dice))),
            form: if is_copy {
                PaperForm::ValidCopy
            } else {
                PaperForm::Original
            },
            kept_at: is_copy.then(|| person.unit_name.clone()),
            file: None,
            sha256: None,
        });
    }
    papers
}

/// Mục lục ngân sách of a payment.
pub(super) fn budget(level: Level, on: NaiveDate) -> BudgetCode {
    let chapter = match level {
        Level::National => "016",
        Level::Local => "416",
    };
    let (category, item) = if on < NEW_BUDGET_CODES {
        ("070", "102")
    } else {
        ("280", "309")
    };
    BudgetCode {
        chapter: chapter.to_owned(),
        category: category.to_owned(),
        item: item.to_owned(),
        sub_item: "7799".to_owned(),
    }
}

/// Ủy nhiệm chi.
pub(super) fn order(level: Level, province: &str, on: NaiveDate, dice: &mut Dice) -> PaymentOrder {
    let treasury = match level {
        Level::National => "Sở Giao dịch Kho bạc Nhà nước".to_owned(),
        Level::Local => format!("Kho bạc Nhà nước {province}"),
    };
    PaymentOrder {
        number: format!("UNC-{:05}", dice.between(1, 99_999)),
        date: on,
        treasury,
    }
}
