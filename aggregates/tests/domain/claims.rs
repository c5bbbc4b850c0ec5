//! What no two projects may have: a code, a decision's number, an expense item.

use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::claim::keys;
use dean_aggregates::personal::PersonalId;
use dean_aggregates::project::action::{Action, Approval, ReviseAction};
use dean_aggregates::project::content::Content;
use dean_aggregates::screening::{FiledInvoice, FiledMachine, ItemsToFile, ScreeningWhat};

use crate::common::samples::*;
use crate::common::world::*;

const OLD: &str = "5600123456";
const NEW: &str = "011085000123";

/// With a code and a decision of its own.
fn story(content: Content, code: &str) -> crate::common::Story {
    let mut story = appraised(content);
    for event in &mut story.events {
        if let dean_aggregates::project::What::Drafted(drafted) = &mut event.what {
            code.clone_into(&mut drafted.code);
        }
    }
    story
}

fn dryer(code: &str, tax_code: &str) -> crate::common::Story {
    story(content_of("MM", "máy sấy ngô", tax_code, None), code)
}

fn approving(number: &str, date: &str) -> Action {
    let mut decision = decision();
    number.clone_into(&mut decision.number);
    decision.date = date.parse().expect("a date");
    Action::Approve(Approval {
        decision,
        batch: None,
        lines: Vec::new(),
    })
}

#[track_caller]
fn code_of<T: std::fmt::Debug>(refused: Result<T, dean_aggregates::plan::Refusal>) -> &'static str {
    refused.expect_err("refused").code
}

#[test]
fn a_project_code_is_taken_once() {
    let mut world = World::default();
    world.admit(dryer("KC-1", OLD));
    assert_eq!(code_of(world.try_admit(dryer(" kc-1", NEW))), "code-taken");
    world.admit(dryer("KC-11", NEW));
    // It stays with the project for ever, also when that ends.
    assert!(world.try_take(0, "2018-12-01", "refuse", Action::Refuse(reason())));
    assert_eq!(code_of(world.try_admit(dryer("KC-1", "5600000001"))), "code-taken");
}

#[test]
fn a_decision_has_its_number_alone_but_speaks_of_many_projects() {
    let mut world = World::default();
    for (code, tax_code) in [("KC-1", "5600000001"), ("KC-2", "5600000002"), ("KC-3", "5600000003")] {
        world.admit(dryer(code, tax_code));
    }
    let on = "2018-12-20";
    world
        .take(0, on, "approve", approving("12/QĐ-BCT", "2018-12-20"))
        .expect("approved");
    world
        .take(1, on, "approve", approving("12/qđ-bct", "2018-12-20"))
        .expect("the same paper");
    let other = world.take(2, on, "approve", approving("12/QĐ-BCT", "2018-12-19"));
    let refusal = other.expect_err("another paper");
    assert_eq!(
        (
            refusal.code,
            refusal.field.as_deref(),
            refusal.params["holder"].as_str()
        ),
        ("decision-number-taken", Some("decision.number"), "KC-1")
    );
    // Another year, another book of numbers.
    world
        .take(2, "2019-01-20", "approve", approving("12/QĐ-BCT", "2019-01-19"))
        .expect("approved");
}

#[test]
fn a_batch_takes_a_number_for_all_of_its_paper() {
    use dean_aggregates::claim::{Claim, ClaimWhat, OfBatch};
    let batch = |number: &str| OfBatch {
        batch: uuid::Uuid::from_u128(7),
        number: number.to_owned(),
    };
    let taken_by = |what: ClaimWhat| {
        let mut claim = Claim::default();
        cqrs_es::Aggregate::apply(
            &mut claim,
            dean_aggregates::claim::ClaimEvent {
                actor_id: "x".to_owned(),
                occurred_on: crate::common::day("2018-12-20"),
                what,
            },
        );
        claim
    };
    let first = Claim::default()
        .take_decision_for_batch(&decision(), batch("2019-1"))
        .expect("free");
    let claim = taken_by(first);
    let again = claim.take_decision_for_batch(&decision(), batch("2019-2"));
    assert_eq!(again.as_ref().expect_err("refused").params["holder"], "2019-1");
    assert_eq!(code_of(again), "decision-number-taken");
}

#[test]
fn the_same_firm_and_kind_of_support_is_flagged_and_waits_for_a_ruling() {
    let mut world = World::default();
    world.admit(dryer("KC-1", OLD));
    let second = world.admit(dryer("KC-2", "5600 123 456"));
    assert_eq!((world.flags(0), world.flags(second)), (vec![], vec![(1, 0)]));
    let on = "2018-12-20";
    let refused = world
        .take(second, on, "approve", approving("13/QĐ", "2018-04-01"))
        .expect_err("open");
    assert_eq!(
        (refused.code, refused.rule.as_deref(), refused.params["others"].as_str()),
        ("double-support-open", Some("TTLT 26/2014/TTLT-BTC-BCT Đ7.4"), "KC-1")
    );
    let nobody = circumstances(appraiser(), false);
    assert_eq!(
        code_of(world.rule_as(second, (1, false), &nobody)),
        "ruling-without-evidence"
    );
    let implementer = Actor {
        id: "x".to_owned(),
        role: Role::Implementer,
        unit: "ttkc-dien-bien".to_owned(),
    };
    let by_implementer = circumstances(implementer, true);
    assert_eq!(
        code_of(world.rule_as(second, (1, false), &by_implementer)),
        "act-not-your-role"
    );
    assert_eq!(code_of(world.rule(second, 2, false)), "no-such-flag");
    world.rule(second, 1, true).expect("ruled");
    let refused = world
        .take(second, on, "approve", approving("13/QĐ", "2018-04-01"))
        .expect_err("the same");
    assert_eq!(
        (refused.code, refused.params["officer"].as_str()),
        ("double-support", "so-ct-dien-bien.cv1")
    );
    // Nothing overrides it; only another ruling, on record beside the first.
    world.rule(second, 1, false).expect("ruled again");
    assert_eq!(code_of(world.rule(second, 1, false)), "nothing-changes");
    world
        .take(second, on, "approve", approving("13/QĐ", "2018-04-01"))
        .expect("approved");
    let rulings = world.lives[second].screened.iter();
    let rulings = rulings.filter(|event| matches!(event.what, ScreeningWhat::DoubleSupportRuled(_)));
    assert_eq!(rulings.count(), 2);
    // And a ruling of «the same» after the approval stops the money.
    world.rule(second, 1, true).expect("ruled");
    assert_eq!(
        code_of(world.take(second, "2019-01-10", "sign-contract", contract(300))),
        "double-support"
    );
}

#[test]
fn another_kind_of_support_for_the_same_firm_is_no_hit_but_another_name_for_the_same_item_is() {
    let mut world = World::default();
    world.admit(dryer("KC-1", OLD));
    let brand = world.admit(story(content_of("CGCN", "nhãn hiệu", OLD, None), "KC-2"));
    assert_eq!(world.flags(brand), vec![]);
    let renamed = world.admit(story(content_of("SXSH-MH", "Máy  sấy ngô.", OLD, None), "KC-3"));
    assert_eq!(world.flags(renamed), vec![(1, 0)]);
}

#[test]
fn old_and_new_tax_codes_are_one_taxpayer_whoever_names_both() {
    let mut world = World::default();
    world.admit(dryer("KC-1", OLD));
    let linking = world.admit(story(content_of("MM", "máy sấy chè", NEW, Some(OLD)), "KC-2"));
    assert_eq!(world.flags(linking), vec![(1, 0)]);
    // Neither of these names the other's code; the second project has linked them for all.
    let by_new = world.admit(dryer("KC-3", NEW));
    assert_eq!(world.flags(by_new), vec![(1, 0), (2, linking)]);
    let by_old = world.admit(dryer("KC-4", "5600123456-001"));
    assert_eq!(world.flags(by_old), vec![(1, 0), (2, linking), (3, by_new)]);
    let claimed = keys::support(
        dean_aggregates::claim::SupportKeyKind::Beneficiary,
        "hash of dean/claim/tax-code/5600123456",
    );
    let text = serde_json::to_string(&world.claims[&claimed]).expect("JSON");
    assert!(!text.contains(OLD) && !text.contains(NEW), "{text}");
}

#[test]
fn who_is_found_to_be_one_taxpayer_later_is_compared_before_money_is_committed() {
    let mut world = World::default();
    let (by_old, by_new) = (world.admit(dryer("KC-1", OLD)), world.admit(dryer("KC-2", NEW)));
    assert_eq!((world.flags(by_old), world.flags(by_new)), (vec![], vec![]));
    world.admit(story(content_of("CGCN", "nhãn hiệu", NEW, Some(OLD)), "KC-3"));
    let on = "2018-12-20";
    let refused = world
        .take(by_new, on, "approve", approving("13/QĐ", on))
        .expect_err("nobody has judged it");
    assert_eq!(
        (refused.code, refused.params["others"].as_str()),
        ("double-support-found", "KC-1")
    );
    // Whoever is asked to judge has it flagged first.
    world.file(by_new, &ItemsToFile::default()).expect("flagged");
    assert_eq!(world.flags(by_new), vec![(1, by_old)]);
    world.rule(by_new, 1, false).expect("ruled");
    world
        .take(by_new, on, "approve", approving("13/QĐ", on))
        .expect("approved");
}

#[test]
fn an_invoice_or_a_machine_counts_whoever_the_beneficiary_is() {
    let mut world = World::default();
    for (code, tax_code) in [("KC-1", "5600000001"), ("KC-2", "5600000002"), ("KC-3", "5600000003")] {
        world.admit(dryer(code, tax_code));
    }
    let invoice = |number: &str, symbol: &str| ItemsToFile {
        invoices: vec![FiledInvoice {
            line: 1,
            symbol: symbol.to_owned(),
            number: number.to_owned(),
            seller: "0101 234 567".to_owned(),
        }],
        machines: Vec::new(),
    };
    let machine = |serial: &str, line| ItemsToFile {
        invoices: Vec::new(),
        machines: vec![FiledMachine {
            line,
            serial: serial.to_owned(),
        }],
    };
    world.file(0, &invoice("0000123", "1C25TAA")).expect("filed");
    world.file(1, &invoice("HĐ số 1C25TAA0000123", "")).expect("filed");
    assert_eq!((world.flags(0), world.flags(1)), (vec![], vec![(1, 0)]));
    world.file(0, &machine("SN-42 b", 1)).expect("filed");
    world.file(2, &machine("S/N: ЅN 42В", 1)).expect("filed");
    assert_eq!(world.flags(2), vec![(1, 0)]);
    assert_eq!(
        world.flags(0),
        vec![],
        "who was there first is not held up by who came after"
    );
    let sold = &world.lives[0].screening.items()[0];
    assert!(!serde_json::to_string(&sold.key).expect("JSON").contains("\"0101"));
    let mut lost_zero = invoice("124", "");
    lost_zero.invoices[0].seller = "101234567".to_owned();
    for (items, code, field) in [
        (invoice("0000123", "1C25TAA"), "item-repeated", "invoices.0.number"),
        (invoice("HĐ 123/2026", ""), "item-repeated", "invoices.0.number"),
        (invoice("801, 802", ""), "item-unreadable", "invoices.0.number"),
        (lost_zero, "tax-code-form", "invoices.0.seller"),
        (machine("-", 1), "item-unreadable", "machines.0.serial"),
        (machine("9", 2), "no-such-line", "machines.0.line"),
        (ItemsToFile::default(), "nothing-changes", "invoices"),
    ] {
        let refusal = world.file(0, &items).expect_err("refused");
        assert_eq!((refusal.code, refusal.field.as_deref()), (code, Some(field)));
    }
}

#[test]
fn what_ended_without_money_gives_its_claims_back_and_its_flags_lapse() {
    let on = "2018-12-20";
    for (step, action) in [
        ("refuse", Action::Refuse(reason())),
        ("withdraw", Action::Withdraw(reason())),
    ] {
        let mut world = World::default();
        world.admit(dryer("KC-1", OLD));
        let second = world.admit(dryer("KC-2", OLD));
        world.take(0, "2018-12-01", step, action).expect("ended");
        assert!(world.lives[0].screening.held().is_empty());
        // The hit is gone: nobody has to rule on it any more.
        world
            .take(second, on, "approve", approving("13/QĐ", on))
            .expect("approved");
        assert_eq!(world.flags(second), vec![]);
        let third = world.admit(dryer("KC-3", OLD));
        assert_eq!(world.flags(third), vec![(1, second)]);
    }
    // Stopped before any payment, then archived: the claims stay free.
    let mut world = World::default();
    world.admit(dryer("KC-1", OLD));
    world.take(0, on, "approve", approving("13/QĐ", on)).expect("approved");
    assert!(!world.lives[0].screening.held().is_empty());
    world
        .take(0, "2019-02-01", "stop-for-violation", stop(false))
        .expect("stopped");
    assert!(world.lives[0].screening.held().is_empty());
    // Stopped after a payment: kept for good.
    let mut world = World::default();
    let mut paid = crate::stories::confirmed();
    paid.on("2019-04-01").take(
        "advance-first",
        pay(dean_aggregates::project::action::PaymentKind::First, 210),
    );
    world.admit(paid);
    world
        .take(0, "2019-05-01", "stop-for-violation", stop(false))
        .expect("stopped");
    assert!(!world.lives[0].screening.held().is_empty());
    let late = world.admit(dryer("KC-2", "5600123456"));
    assert_eq!(world.flags(late), vec![(1, 0)]);
}

#[test]
fn a_ruling_stands_as_long_as_its_facts_do() {
    let mut world = World::default();
    world.admit(dryer("KC-1", OLD));
    let second = world.admit(dryer("KC-2", OLD));
    world.rule(second, 1, false).expect("ruled");
    let revised = |content: Content| Action::Revise(ReviseAction { content });
    // Sent back, another item: the ruling was on something else.
    let world_of = |item: &str| {
        let mut content = content_of("MM", item, OLD, None);
        content.name = item.to_owned();
        content
    };
    let mut back = crate::common::Story::new(crate::common::KCQG, crate::common::RULES_2018);
    back.on("2018-05-12").take(
        "draft",
        draft_of(
            dean_aggregates::project::content::Level::National,
            world_of("máy sấy ngô"),
        ),
    );
    back.take("propose", Action::Propose(Default::default()));
    for event in &mut back.events {
        if let dean_aggregates::project::What::Drafted(drafted) = &mut event.what {
            "KC-9".clone_into(&mut drafted.code);
        }
    }
    let third = world.admit(back);
    assert_eq!(world.flags(third), vec![(1, 0), (2, second)]);
    world.rule(third, 1, false).expect("ruled");
    world.rule(third, 2, false).expect("ruled");
    world
        .take(third, "2018-05-20", "return", Action::Return(reason()))
        .expect("returned");
    world
        .take(third, "2018-05-21", "revise", revised(world_of("máy nghiền")))
        .expect("revised");
    assert_eq!(world.flags(third), vec![(3, 0), (4, second)], "both are open anew");
    assert!(world.lives[third].screening.check("KC-9").is_err());
    // Another firm altogether: nothing is left of it.
    let elsewhere = content_of("MM", "máy nghiền", "4200000000", None);
    world
        .take(third, "2018-05-22", "revise", revised(elsewhere))
        .expect("revised");
    assert_eq!(world.flags(third), vec![]);
    assert_eq!(world.neighbours(third).len(), 0);
}

#[test]
fn what_was_erased_is_still_claimed() {
    let mut world = World::default();
    world.admit(dryer("KC-1", OLD));
    // The text is gone from this reader's view, as after an erasure; the ledger keeps what the claim was made of.
    let mut erased = world.lives[0].story.events.clone();
    for event in &mut erased {
        if let dean_aggregates::project::What::Drafted(drafted) = &mut event.what {
            drafted.content.beneficiaries[0].tax_code = Some(PersonalId::default());
        }
    }
    let mut project = dean_aggregates::project::Project::default();
    for event in &erased {
        cqrs_es::Aggregate::apply(&mut project, event.clone());
    }
    world.lives[0].story.events = erased;
    world.lives[0].story.project = project;
    let on = "2018-12-20";
    world.take(0, on, "approve", approving("13/QĐ", on)).expect("approved");
    let late = world.admit(dryer("KC-2", OLD));
    assert_eq!(world.flags(late), vec![(1, 0)]);
}
