//! Contracts over several đề án: signing, the settlement clock, appendices, reconciliation, liquidation, and what each refuses.

use cqrs_es::Aggregate;
use dean_aggregates::actor::{Party, Role};
use dean_aggregates::contract::ContractWhat;
use dean_aggregates::contract::command::{DetailedEstimate, Item};
use dean_aggregates::money::Dong;
use dean_aggregates::project::action::*;
use dean_aggregates::project::contracted::*;
use dean_aggregates::project::event::What;
use dean_aggregates::several::SeveralError;

use crate::common::day;
use crate::common::pact::*;
use crate::common::samples::*;
use crate::common::season::{actor, million, paper_of};

/// Progress reported and confirmed, the first advance paid, as far as before the acceptance.
pub(crate) fn advance(pact: &mut Pact, index: usize) {
    let report = progress("2019-03-01", 600, 400);
    pact.on("2019-03-20")
        .take(index, "report-progress", Action::ReportProgress(report.clone()))
        .expect("reported");
    pact.on("2019-03-25")
        .take(index, "confirm-progress", Action::ConfirmProgress(report))
        .expect("confirmed");
    pact.on("2019-04-01")
        .take(index, "advance-first", pay(PaymentKind::First, 210))
        .expect("paid");
}

pub(crate) fn accept_on(pact: &mut Pact, index: usize, on: &str) {
    pact.on(on)
        .take(index, "accept", accept(vec![1], 700))
        .expect("accepted");
}

/// From the acceptance to the settlement.
pub(crate) fn settle_from(pact: &mut Pact, index: usize, amount: u32) {
    pact.take(index, "advance-rest", pay(PaymentKind::Rest, 90))
        .expect("paid");
    pact.take(index, "submit-settlement", submit(amount)).expect("filed");
    pact.take(index, "settle", settle(amount)).expect("settled");
}

/// Three đề án, settled.
fn settled() -> Pact {
    let mut pact = Pact::signed(3);
    for index in 0..3 {
        advance(&mut pact, index);
    }
    for (index, on) in [(0, "2019-08-01"), (1, "2019-09-02"), (2, "2019-10-01")] {
        accept_on(&mut pact, index, on);
    }
    pact.on("2019-10-10");
    for index in 0..3 {
        settle_from(&mut pact, index, 300);
    }
    pact
}

fn at(refused: Result<impl std::fmt::Debug, SeveralError>) -> (&'static str, String) {
    match refused.expect_err("refused") {
        SeveralError::Refused(refusal) => (refusal.code, refusal.field.unwrap_or_default()),
        SeveralError::Project { at, error, .. } => (error.code, at.unwrap_or_default()),
    }
}

#[test]
fn one_signature_signs_every_project() {
    let mut pact = Pact::of(3);
    let signed = pact.sign(&[300, 250, 200]).expect("signed");
    let ContractWhat::ContractConcluded(concluded) = &signed.contract.what else {
        panic!("{:?}", signed.contract.what)
    };
    assert_eq!(
        (concluded.authority.id.as_str(), concluded.implementer.id.as_str()),
        ("cuc", "ttkc-dien-bien")
    );
    assert_eq!(signed.contract.after.value, million(750));
    assert_eq!(
        concluded.terms.settlement,
        ClockSettings::default(),
        "the settings that hold are recorded"
    );
    for (index, value) in [300, 250, 200].into_iter().enumerate() {
        let (_, event) = &signed.projects[index];
        let What::ContractSigned(contract) = &event.what else {
            panic!("{event:?}")
        };
        assert_eq!((contract.number.as_str(), contract.value), (NUMBER, million(value)));
        let reference = event.contract.as_ref().expect("it names its contract");
        assert_eq!((reference.contract, reference.number.as_str()), (pact.id, NUMBER));
        assert_eq!(pact.project(index).contract(), Some(reference));
        assert_eq!(pact.project(index).standing().state, "contracted");
    }
}

#[test]
fn what_a_contract_may_not_cover() {
    let pact = Pact::of(2);
    let (terms, items) = (pact.terms(), pact.items(&[300, 300]));
    let signing = |terms, items: &[Item]| at(pact.signing(&terms, items, &director()));
    assert_eq!(
        signing(terms.clone(), &[]),
        ("contract-without-projects", "projects".to_owned())
    );
    let above = pact.items(&[300, 301]);
    assert_eq!(
        signing(terms.clone(), &above),
        ("contract-exceeds", "projects.1".to_owned())
    );
    let twice = [items[0].clone(), items[0].clone()];
    assert_eq!(
        signing(terms.clone(), &twice),
        ("project-repeated", "projects.1.project".to_owned())
    );
    let mut small = terms.clone();
    small.estimate.amount = million(599);
    assert_eq!(
        signing(small, &items),
        ("above-detailed-estimate", "estimate.amount".to_owned())
    );
    let mut late = terms.clone();
    late.estimate.decision.date = day("2019-01-16");
    assert_eq!(signing(late, &items).0, "estimate-after-contract");
    let mut slow = terms.clone();
    slow.settlement.days = 16;
    assert_eq!(signing(slow, &items), ("settlement-days", "settlement.days".to_owned()));
    let mut nameless = terms.clone();
    nameless.number = " ".to_owned();
    assert_eq!(signing(nameless, &items).0, "text-empty");
    for (who, code) in [
        (actor(Role::Auditor, "cuc"), "read-only-role"),
        (actor(Role::Accountant, "cuc"), "not-your-role"),
        (actor(Role::AgencyDirector, "so-ct-dien-bien"), "not-your-unit"),
    ] {
        assert_eq!(code_of(pact.signing(&terms, &items, &who)), code);
    }
}

#[test]
fn all_projects_have_one_implementer() {
    let mut pact = Pact::of(2);
    let other = {
        let mut events = pact.projects[1].1.events.clone();
        let What::Drafted(drafted) = &mut events[0].what else {
            panic!("a draft")
        };
        let unit = drafted.units.get_mut(&Party::Implementer).expect("an implementer");
        unit.id = "ttkcqg-vung-1".to_owned();
        events
    };
    let story = &mut pact.projects[1].1;
    story.project = dean_aggregates::project::Project::default();
    for event in &other {
        story.project.apply(event.clone());
    }
    story.events = other;
    let refused = pact.signing(&pact.terms(), &pact.items(&[300, 300]), &director());
    assert_eq!(at(refused), ("other-implementer", "projects.1.project".to_owned()));
}

#[test]
fn a_stopped_project_is_in_no_contract_and_each_is_in_one_only() {
    let mut pact = Pact::of(2);
    pact.take(1, "stop-for-violation", stop(false)).expect("stopped");
    let (terms, items) = (pact.terms(), pact.items(&[300, 300]));
    assert_eq!(code_of(pact.signing(&terms, &items, &director())), "no-step");
    let mut pact = Pact::signed(2);
    assert_eq!(code_of(pact.signing(&terms, &items, &director())), "no-step");
    // Another contract finds them taken; a number stands for one contract.
    pact.contract = dean_aggregates::contract::Contract::default();
    assert_eq!(code_of(pact.signing(&terms, &items, &director())), "no-step");
    let mut third = Pact::signed(1);
    third.projects = Pact::of(1).projects;
    assert_eq!(at(third.sign(&[300])), ("contract-exists", "number".to_owned()));
    assert_eq!(
        dean_aggregates::contract::id_of("cuc", " 05/2019/hđ-kc"),
        dean_aggregates::contract::id_of("cuc", NUMBER),
        "written otherwise, the same number"
    );
    assert_ne!(
        dean_aggregates::contract::id_of("so-ct-dien-bien", NUMBER),
        dean_aggregates::contract::id_of("cuc", NUMBER),
        "each authority has its own numbers"
    );
}

#[test]
fn the_clock_starts_with_the_last_acceptance_and_all_are_told() {
    let mut pact = Pact::signed(3);
    for index in 0..3 {
        advance(&mut pact, index);
    }
    accept_on(&mut pact, 0, "2019-08-01");
    assert_eq!(pact.contract.figures().clock, None);
    assert_eq!(pact.project(0).standing().next_step.as_deref(), Some("advance-rest"));
    pact.on("2019-08-05")
        .take(0, "advance-rest", pay(PaymentKind::Rest, 90))
        .expect("paid");
    assert_eq!(
        pact.project(0).standing().due_on,
        None,
        "no deadline runs while others are not accepted"
    );
    assert_eq!(
        code_of(pact.take(0, "submit-settlement", submit(300))),
        "contract-not-accepted"
    );
    accept_on(&mut pact, 1, "2019-09-02");
    accept_on(&mut pact, 2, "2019-10-01");
    let clock = pact.contract.figures().clock.expect("it runs");
    assert_eq!((clock.started_on, clock.due_on), (day("2019-10-01"), day("2019-10-16")));
    assert_eq!(pact.project(0).standing().due_on, Some(clock.due_on));
    assert_eq!(pact.events_of(0).last(), Some(&"SettlementClockSet"));
    assert_eq!(
        pact.events_of(2).last(),
        Some(&"Accepted"),
        "who moved knows it from its own event"
    );
    pact.on("2019-10-05")
        .take(0, "submit-settlement", submit(300))
        .expect("filed");
}

#[test]
fn the_last_one_that_is_stopped_starts_the_clock_too() {
    let mut pact = Pact::signed(2);
    advance(&mut pact, 0);
    accept_on(&mut pact, 0, "2019-08-01");
    pact.take(0, "advance-rest", pay(PaymentKind::Rest, 90)).expect("paid");
    pact.on("2019-09-10")
        .take(1, "stop-for-violation", stop(false))
        .expect("stopped");
    let clock = pact.contract.figures().clock.expect("it runs");
    assert_eq!((clock.started_on, clock.due_on), (day("2019-09-10"), day("2019-09-25")));
    assert_eq!(pact.project(0).standing().due_on, Some(clock.due_on));
}

#[test]
fn how_days_are_counted_is_a_setting_that_an_appendix_changes() {
    let mut pact = Pact::of(2);
    pact.settlement.filing = Filing::AnyTime;
    pact.sign(&[300, 300]).expect("signed");
    advance(&mut pact, 0);
    accept_on(&mut pact, 0, "2019-08-01");
    pact.take(0, "advance-rest", pay(PaymentKind::Rest, 90)).expect("paid");
    pact.on("2019-09-10")
        .take(1, "stop-for-violation", stop(false))
        .expect("stopped");
    let mut paper = pact.appendix("01/PLHĐ", &[]);
    paper.settlement = Some(ClockSettings {
        counting: Counting::Working,
        ..ClockSettings::default()
    });
    let amended = pact.amend(&paper).expect("amended");
    let clock = amended.contract.after.clock.expect("it runs");
    assert_eq!(clock.due_on, day("2019-10-01"), "fifteen working days");
    assert_eq!(pact.project(0).standing().due_on, Some(clock.due_on));
    assert_eq!(at(pact.amend(&paper)).0, "appendix-repeated");
    paper.number = "02/PLHĐ".to_owned();
    assert_eq!(at(pact.amend(&paper)).0, "nothing-changes");
}

#[test]
fn one_may_be_settled_before_the_others_where_the_contract_says_so() {
    let mut pact = Pact::of(2);
    pact.settlement.filing = Filing::AnyTime;
    pact.sign(&[300, 300]).expect("signed");
    advance(&mut pact, 0);
    accept_on(&mut pact, 0, "2019-08-01");
    settle_from(&mut pact, 0, 300);
    assert_eq!(pact.project(0).standing().state, "settled");
    assert_eq!(code_of(pact.liquidate(false)), "contract-open");
}

#[test]
fn an_appendix_changes_values_with_a_reason_and_within_bounds() {
    let mut pact = Pact::of(2);
    pact.sign(&[250, 300]).expect("signed");
    advance(&mut pact, 1);
    let changes = |values: &[(usize, u32)]| pact.appendix("01/PLHĐ", values);
    let amending = |paper| at(pact.amending(&paper, &director()));
    assert_eq!(
        amending(changes(&[(0, 301)])),
        ("contract-exceeds", "values.0.value".to_owned())
    );
    assert_eq!(
        amending(changes(&[(1, 209)])),
        ("contract-below-paid", "values.0.value".to_owned())
    );
    assert_eq!(amending(changes(&[(0, 250)])).0, "nothing-changes");
    assert_eq!(amending(changes(&[(0, 0)])).0, "amount-zero");
    assert_eq!(amending(changes(&[(0, 260), (0, 270)])).0, "project-repeated");
    let mut unreasoned = changes(&[(0, 260)]);
    unreasoned.reason = String::new();
    assert_eq!(amending(unreasoned), ("text-empty", "reason".to_owned()));
    let mut tight = changes(&[(0, 300)]);
    tight.estimate = Some(DetailedEstimate {
        decision: paper_of("08/QĐ-CTĐP"),
        amount: million(599),
    });
    assert_eq!(amending(tight).0, "above-detailed-estimate");
    for (who, code) in [
        (actor(Role::Auditor, "cuc"), "read-only-role"),
        (accountant(), "act-not-your-role"),
        (actor(Role::AgencyDirector, "bo-ct"), "act-not-your-unit"),
    ] {
        assert_eq!(code_of(pact.amending(&changes(&[(0, 260)]), &who)), code);
    }
    pact.on("2019-05-06");
    let amended = pact
        .amend(&pact.appendix("01/PLHĐ", &[(0, 290), (1, 280)]))
        .expect("amended");
    assert_eq!(amended.contract.after.value, million(570));
    for (index, value) in [(0, 290), (1, 280)] {
        assert_eq!(pact.project(index).figures().contracted, million(value));
        assert_eq!(pact.events_of(index).last(), Some(&"ContractAmended"));
    }
    // A payment above the amended value is refused by the đề án itself.
    accept_on(&mut pact, 1, "2019-08-01");
    assert_eq!(
        code_of(pact.take(1, "advance-rest", pay(PaymentKind::Rest, 90))),
        "contract-exceeded"
    );
}

#[test]
fn a_contract_is_liquidated_as_a_whole_and_only_by_itself() {
    let mut pact = settled();
    let alone = Action::LiquidateContract(Liquidation { number: "1".to_owned() });
    assert_eq!(code_of(pact.take(0, "liquidate", alone)), "only-by-contract");
    assert_eq!(code_of(pact.liquidating(true, &director())), "reconciliation-missing");
    for (who, code) in [
        (actor(Role::Auditor, "cuc"), "read-only-role"),
        (accountant(), "act-not-your-role"),
        (actor(Role::AgencyDirector, "bo-ct"), "act-not-your-unit"),
    ] {
        assert_eq!(code_of(pact.liquidating(false, &who)), code);
    }
    pact.reconcile().expect("reconciled");
    let liquidated = pact.liquidate(true).expect("liquidated");
    let ContractWhat::ContractWoundUp(wound_up) = &liquidated.contract.what else {
        panic!("{:?}", liquidated.contract.what)
    };
    assert_eq!(wound_up.reconciliation.as_deref(), Some("01/BĐC"));
    for index in 0..3 {
        assert_eq!(pact.project(index).standing().state, "liquidated");
        assert_eq!(pact.events_of(index).last(), Some(&"ContractLiquidated"));
    }
    assert_eq!(code_of(pact.liquidate(false)), "contract-liquidated");
    assert_eq!(
        code_of(pact.amend(&pact.appendix("09/PLHĐ", &[(0, 290)]))),
        "contract-liquidated"
    );
    assert_eq!(code_of(pact.reconcile()), "contract-liquidated");
}

#[test]
fn stopped_ones_have_ended_and_the_rest_is_liquidated() {
    let mut pact = Pact::signed(2);
    advance(&mut pact, 0);
    accept_on(&mut pact, 0, "2019-08-01");
    pact.on("2019-09-10")
        .take(1, "stop-for-violation", stop(false))
        .expect("stopped");
    assert_eq!(code_of(pact.liquidate(false)), "contract-open");
    settle_from(&mut pact, 0, 300);
    let liquidated = pact.liquidate(false).expect("liquidated");
    assert_eq!(liquidated.projects.len(), 1, "a stopped đề án has ended already");
    assert_eq!(pact.project(1).standing().state, "stopped");
}

#[test]
fn a_reconciliation_holds_as_long_as_its_figures_do() {
    let mut pact = settled();
    let mut stated = pact.contract.statement();
    stated[1].received = million(299);
    let refused = pact.reconciling(stated.clone(), accountant());
    assert_eq!(at(refused), ("reconciliation-differs", "stated.1.received".to_owned()));
    stated.remove(1);
    assert_eq!(
        code_of(pact.reconciling(stated, accountant())),
        "reconciliation-incomplete"
    );
    let mine = pact.reconciling(pact.contract.statement(), director());
    assert!(mine.is_ok(), "a director may, and then another one liquidates");
    pact.reconcile().expect("reconciled");
    // A receivable after settlement, paid back: the table has to be drawn up anew.
    pact.take(0, "raise-receivable", receivable(10)).expect("raised");
    pact.take(0, "refund", Action::Refund(refund(10))).expect("refunded");
    assert_eq!(pact.contract.reconciliation(), None);
    assert_eq!(code_of(pact.liquidate(true)), "reconciliation-missing");
    pact.reconcile().expect("reconciled anew");
    let drawn_up_by = pact.contract.reconciliation().expect("one").actor_id.clone();
    let mut same = director();
    same.id = drawn_up_by;
    assert_eq!(code_of(pact.liquidating(true, &same)), "separation-of-duties");
    pact.liquidate(true).expect("liquidated");
    assert_eq!(pact.contract.figures().refunded, million(10));
}

#[test]
fn who_is_reopened_opens_the_contract_again() {
    let mut pact = settled();
    pact.liquidate(false).expect("liquidated");
    pact.on("2020-02-01").take(0, "reopen", reopen()).expect("reopened");
    assert_eq!(pact.contract.liquidation(), None);
    assert_eq!(code_of(pact.liquidate(false)), "contract-open");
    pact.take(0, "settle", settle(290)).expect("settled anew");
    let again = pact.liquidate(false).expect("liquidated again");
    assert_eq!(again.projects.len(), 1, "the others are liquidated");
    assert_eq!(pact.contract.figures().settled, million(890));
}

#[test]
fn a_cut_lowers_the_contract_and_the_contract_knows() {
    let mut pact = Pact::signed(2);
    pact.on("2019-02-01")
        .take(0, "adjust-agency", adjust(support(&[(1, 200)])))
        .expect("cut");
    assert_eq!(pact.contract.figures().value, million(500));
    let raise = pact.amend(&pact.appendix("01/PLHĐ", &[(0, 201)]));
    assert_eq!(at(raise), ("contract-exceeds", "values.0.value".to_owned()));
}

#[test]
fn a_step_that_does_not_know_of_the_contract_is_refused() {
    let mut pact = Pact::signed(2);
    let story = &mut pact.projects[0].1;
    story.contract = None;
    let report = Action::ReportProgress(progress("2019-02-01", 10, 10));
    assert_eq!(
        story.on("2019-02-20").code_of("report-progress", report),
        "contract-not-at-hand"
    );
}

#[test]
fn a_project_signed_alone_keeps_its_own_contract() {
    let mut story = crate::stories::settled();
    assert_eq!(story.project.contract(), None);
    let alone = Action::LiquidateContract(Liquidation { number: "1".to_owned() });
    story.take("liquidate", alone);
    assert_eq!(story.state(), "liquidated");
    assert_eq!(story.project.figures().settled, Dong::million(290));
}
