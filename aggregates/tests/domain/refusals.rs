//! What every step is checked for: place in life, person, dates, papers, texts, contents.

use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::money::Dong;
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::{Level, ProjectKind};

use crate::common::samples::*;
use crate::common::{KCQG, RULES_2018, Story, day};
use crate::stories::{approved, confirmed, to_approval};

#[test]
fn steps_out_of_place_name_what_is_possible() {
    let mut story = Story::new(KCQG, RULES_2018);
    assert_eq!(
        story.code_of("propose", Action::Propose(NoDetails {})),
        "no-such-project"
    );
    assert_eq!(story.code_of("fly", Action::Propose(NoDetails {})), "unknown-step");
    assert_eq!(story.code_of("draft", Action::Propose(NoDetails {})), "wrong-action");
    let mut story = approved();
    let error = story.refused("settle", settle(1));
    assert_eq!((error.code, error.field.as_deref()), ("wrong-state", Some("step")));
    assert!(error.params["possible"].contains("sign-contract"), "{error}");
    assert_eq!(error.params["state"], "approved");
    assert_eq!(
        story.code_of("draft", draft_of(Level::National, content(vec![line(1, 7, 3)]))),
        "already-exists"
    );
}

#[test]
fn only_the_right_person_takes_a_step() {
    let mut story = approved();
    story.on("2019-01-15");
    let right = story.taker("sign-contract");
    for (role, unit, code) in [
        (Role::Auditor, right.unit.as_str(), "read-only-role"),
        (Role::Implementer, right.unit.as_str(), "not-your-role"),
        (right.role, "cuc-khac", "not-your-unit"),
    ] {
        story.actor = Some(Actor {
            id: "x".into(),
            role,
            unit: unit.into(),
        });
        assert_eq!(story.code_of("sign-contract", contract(300)), code);
    }
    // Separation of duties binds the person: who accepted may not settle.
    let mut story = confirmed();
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 210));
    story.on("2019-10-01").take("accept", accept(vec![1], 700));
    story.take("submit-settlement", submit(210));
    let same = story
        .events
        .iter()
        .find(|event| event.step == "accept")
        .map(|event| event.actor_id.clone());
    story.actor = Some(Actor {
        // Whoever they say they are, in capitals or not.
        id: same.expect("accepted").to_uppercase(),
        ..story.taker("settle")
    });
    assert_eq!(story.code_of("settle", settle(200)), "separation-of-duties");
}

#[test]
fn dates_papers_and_texts_are_checked() {
    let mut story = approved();
    story.on("2031-01-01");
    assert_eq!(story.code_of("sign-contract", contract(300)), "future-date");
    story.on("2018-12-19");
    assert_eq!(story.code_of("sign-contract", contract(300)), "back-dated");
    story.on("2019-01-15").withheld = Some("du-toan-chi-tiet");
    let error = story.refused("sign-contract", contract(300));
    assert_eq!(
        (error.code, error.field.as_deref()),
        ("missing-paper", Some("papers.du-toan-chi-tiet"))
    );
    assert!(error.params["vi"].contains("Dự toán") && error.params["en"].contains("estimate"));
    story.withheld = None;
    for (number, code) in [
        ("", "text-empty"),
        ("5\0", "text-control"),
        ("Đo\u{301}", "text-not-nfc"),
    ] {
        let Action::SignContract(mut bad) = contract(300) else {
            panic!("contract")
        };
        bad.number = number.to_owned();
        let error = story.refused("sign-contract", Action::SignContract(bad));
        assert_eq!((error.code, error.field.as_deref()), (code, Some("number")));
    }
    story.take("sign-contract", contract(300));
    // Reports may come in with an earlier date; they don't move the life on.
    story.on("2019-01-10").take(
        "inspect",
        Action::Inspect(Inspection {
            decision: decision(),
            planned: false,
            result: "Tốt.".into(),
        }),
    );
}

#[test]
fn contents_are_checked_line_by_line() {
    let mut story = Story::new(KCQG, RULES_2018);
    let mut check = |edit: &dyn Fn(&mut dean_aggregates::project::content::Content), code: &str, field: &str| {
        let mut given = content(vec![line(1, 700, 300)]);
        edit(&mut given);
        let error = story.refused("draft", draft_of(Level::National, given));
        assert_eq!((error.code, error.field.as_deref()), (code, Some(field)));
    };
    check(
        &|given| given.lines[0].support = Dong::million(701),
        "support-above-cost",
        "content.lines.0.support",
    );
    check(
        &|given| given.lines[0].counterpart = Dong::million(399),
        "counterpart-too-low",
        "content.lines.0.counterpart",
    );
    check(
        &|given| given.lines[0].kind = "XX".into(),
        "unknown-support-kind",
        "content.lines.0.kind",
    );
    check(
        &|given| given.lines[0].beneficiary = Some(9),
        "unknown-beneficiary",
        "content.lines.0.beneficiary",
    );
    check(
        &|given| given.lines[0].beneficiary = None,
        "line-without-beneficiary",
        "content.lines.0.beneficiary",
    );
    check(&|given| given.lines[0].units = 0, "units-zero", "content.lines.0.units");
    check(&|given| given.lines.clear(), "no-lines", "content.lines");
    check(
        &|given| given.beneficiaries.clear(),
        "no-beneficiary",
        "content.beneficiaries",
    );
    check(
        &|given| given.ends_on = day("2018-01-01"),
        "dates-reversed",
        "content.ends_on",
    );
    check(&|given| given.kind = ProjectKind::Key, "key-project", "content.kind");
    check(
        &|given| given.beneficiaries[0].legal_form = dean_aggregates::project::content::LegalForm::CooperativeUnion,
        "not-eligible",
        "content.beneficiaries.0.legal_form",
    );
    check(
        &|given| {
            let mut again = given.beneficiaries[0].clone();
            again.number = 77;
            given.beneficiaries.insert(0, again);
        },
        "tax-code-repeated",
        "content.beneficiaries.1.tax_code",
    );
}

#[test]
fn what_is_chosen_by_tender_needs_its_result() {
    let mut story = Story::new(KCQG, RULES_2018);
    let mut fair = line(1, 500, 400);
    fair.kind = "HC-TC".into();
    to_approval(&mut story, content(vec![fair]));
    assert_eq!(story.code_of("sign-contract", contract(400)), "tender-missing");
}

#[test]
fn dates_that_no_paper_has_are_refused() {
    let mut story = Story::new(KCQG, RULES_2018);
    for ends_on in ["+10000-01-01", "+262142-12-31"] {
        let mut far = content(vec![line(1, 700, 300)]);
        far.ends_on = day(ends_on);
        let error = story.refused("draft", draft_of(Level::National, far));
        assert_eq!(
            (error.code, error.field.as_deref()),
            ("date-range", Some("content.ends_on"))
        );
    }
    let mut early = content(vec![line(1, 700, 300)]);
    early.starts_on = day("-0001-01-01");
    assert_eq!(story.code_of("draft", draft_of(Level::National, early)), "date-range");
}
