//! Đề án from lists with their history: the standing that results, the money rules that judge it, and how life goes on.

use std::collections::BTreeMap;
use std::sync::Arc;

use cqrs_es::{Aggregate, DomainEvent};
use dean_aggregates::actor::{Actor, Party, Role};
use dean_aggregates::lifecycle::MoneyMode;
use dean_aggregates::money::Dong;
use dean_aggregates::places::Places;
use dean_aggregates::project::action::{Action, PaymentKind, RightEntry};
use dean_aggregates::project::content::{Level, ProjectKind};
use dean_aggregates::project::imported::*;
use dean_aggregates::project::papers::Decision;
use dean_aggregates::project::standing::Phase;
use dean_aggregates::project::{Project, ProjectError, ProjectEvent};
use proptest::prelude::*;

use crate::common::samples::{accept, content, correct, draft_of, line, pay, payment, settle, submit};
use crate::common::*;

fn decision(number: &str, date: &str) -> Decision {
    Decision {
        number: number.to_owned(),
        date: day(date),
        issuer: "Bộ Công Thương".to_owned(),
        signer: None,
        signed_for: None,
    }
}

fn paid(kind: PaymentKind, amount: u32, on: &str) -> PastPayment {
    PastPayment {
        payment: kind,
        amount: Dong::million(amount),
        paid_on: day(on),
    }
}

/// Approved in 2019, all paid, accepted, settled in 2020.
fn whole() -> History {
    History {
        approval: PastApproval {
            decision: decision("45/QĐ-BCT", "2019-02-01"),
            support: Dong::million(300),
        },
        contract: Some(PastContract {
            number: "07/HĐ".to_owned(),
            signed_on: day("2019-03-01"),
            value: Dong::million(300),
        }),
        payments: vec![
            paid(PaymentKind::First, 150, "2019-05-01"),
            paid(PaymentKind::Next, 60, "2019-07-01"),
            paid(PaymentKind::Rest, 90, "2019-11-20"),
        ],
        acceptance: Some(PastAcceptance {
            accepted_on: day("2019-11-01"),
            value: Dong::million(700),
        }),
        settlement: Some(PastSettlement {
            decision: decision("90/QT", "2020-01-10"),
            amount: Dong::million(300),
        }),
        refund: None,
        stop: None,
    }
}

/// The history as far as something.
fn until(what: &str) -> History {
    let mut history = whole();
    let keep = ["approval", "contract", "first", "next", "accepted", "rest", "settled"];
    let known = keep.iter().position(|known| *known == what).expect("a fact");
    if known < 6 {
        history.settlement = None;
    }
    history.payments.truncate(match known {
        0 | 1 => 0,
        2 => 1,
        3 | 4 => 2,
        _ => 3,
    });
    if known < 4 {
        history.acceptance = None;
    }
    if known < 1 {
        history.contract = None;
    }
    history
}

fn officer(level: Level) -> Actor {
    let (role, unit) = match level {
        Level::National => (Role::AgencyOfficer, "cuc"),
        Level::Local => (Role::DepartmentOfficer, "so-ct-dien-bien"),
    };
    Actor {
        id: format!("{unit}.cv1"),
        role,
        unit: unit.to_owned(),
    }
}

fn command(lifecycle: &str, history: History) -> ImportCommand {
    let mut story = Story::new(lifecycle, RULES_2018);
    story.places =
        Arc::new(Places::parse("places.toml", include_str!("../../../rules/places-2025.toml")).expect("it parses"));
    story.on = day("2024-06-30");
    let level = story.lifecycle.value.level;
    let mut lines = vec![line(1, 700, 300)];
    lines[0].source = level;
    let Action::Draft(mut draft) = draft_of(level, content(lines)) else {
        panic!("a draft");
    };
    draft.code = Some("KC-1".to_owned());
    let days = history.days();
    let of_day = (Arc::clone(&story.rules), false);
    let mut context = story.command("draft", Action::Draft(draft.clone())).context;
    context.actor = officer(level);
    ImportCommand {
        draft,
        implementer: None,
        history,
        list: ListRow {
            file: "ke-hoach-2019.xlsx".to_owned(),
            sha256: "ab".repeat(32),
            row: 7,
        },
        rules: days
            .into_iter()
            .chain([story.on])
            .map(|day| (day, of_day.clone()))
            .collect::<BTreeMap<_, _>>(),
        context,
    }
}

fn import(command: &ImportCommand) -> Result<(Project, ProjectEvent), ProjectError> {
    let event = Project::default().import(command)?;
    let mut project = Project::default();
    project.apply(event.clone());
    Ok((project, event))
}

fn imported(lifecycle: &str, history: History) -> (Project, ProjectEvent) {
    import(&command(lifecycle, history)).unwrap_or_else(|error| panic!("{} {error} {:?}", error.code, error.field))
}

fn refused(command: &ImportCommand) -> (&'static str, String) {
    match import(command) {
        Err(error) => (error.code, error.field.unwrap_or_default()),
        Ok((_, event)) => panic!("it was imported: {event:?}"),
    }
}

#[test]
fn the_standing_is_what_the_list_says_as_far_as_it_goes() {
    for (what, state, figures) in [
        ("approval", "approved", [300, 0, 0, 0]),
        ("contract", "contracted", [300, 300, 0, 0]),
        ("first", "in-progress", [300, 300, 150, 0]),
        ("next", "in-progress", [300, 300, 210, 0]),
        ("accepted", "accepted", [300, 300, 210, 0]),
        ("rest", "rest-paid", [300, 300, 300, 0]),
        ("settled", "settled", [300, 300, 300, 300]),
    ] {
        for lifecycle in [KCQG, KCQG_3, KCDP_3, KCDP_RECOVERABLE_2] {
            let (project, event) = imported(lifecycle, until(what));
            let money = project.figures();
            let found = [money.approved, money.contracted, money.disbursed, money.settled];
            assert_eq!(found, figures.map(Dong::million), "{what}");
            assert_eq!(event.after.state, state, "{what}");
            assert_eq!(
                (event.event_type().as_str(), event.step.as_str()),
                ("Imported", "Imported")
            );
            assert!(event.papers.is_empty() && project.batch().is_none());
            assert_eq!(project.imported().map(|list| list.row), Some(7));
            assert_eq!(money.receivable, Dong::ZERO);
            assert_eq!(project.standing(), &event.after, "apply gives what decide said");
            assert!(
                !event.after.waiting.is_empty() || what == "settled",
                "{what}: somebody must go on"
            );
        }
    }
}

/// Days of deadlines count from what happened, not from the day of the import.
#[test]
fn deadlines_count_from_what_happened() {
    let (project, event) = imported(KCQG, until("accepted"));
    assert_eq!(event.occurred_on, day("2024-06-30"));
    assert_eq!(project.last_step_on(), Some(day("2019-11-01")));
    assert!(
        event.after.due_on.is_none_or(|due| due < day("2021-01-01")),
        "{:?}",
        event.after
    );
}

#[test]
fn a_lifecycle_that_pays_after_settlement_is_followed() {
    let mut history = until("settled");
    history.payments = vec![paid(PaymentKind::Rest, 200, "2020-02-01")];
    assert_eq!(lifecycle(KCDP_PAY_AFTER_2).value.money_mode, MoneyMode::PayAfter);
    let (project, event) = imported(KCDP_PAY_AFTER_2, history.clone());
    assert_eq!(
        (event.after.state.as_str(), project.payable()),
        ("paid", Dong::million(100))
    );
    history.payments[0].amount = Dong::million(301);
    assert_eq!(
        refused(&command(KCDP_PAY_AFTER_2, history.clone())),
        ("support-exceeded", "history.payments.0.amount".to_owned())
    );
    history.payments[0] = paid(PaymentKind::Rest, 100, "2019-06-01");
    assert_eq!(
        refused(&command(KCDP_PAY_AFTER_2, history)),
        ("import-order", "history.payments.0.paid_on".to_owned())
    );
}

/// What breaks a history, with the code and the field of the refusal.
type Broken<'a> = (&'a dyn Fn(&mut History), &'a str, &'a str);

#[test]
fn the_money_rules_judge_each_fact_where_it_stands() {
    let with = |edit: &dyn Fn(&mut History)| {
        let mut history = whole();
        edit(&mut history);
        refused(&command(KCQG, history))
    };
    let cases: [Broken<'_>; 12] = [
        (
            &|history| history.approval.support = Dong::million(301),
            "norm-exceeded",
            "history.approval.lines.0.support",
        ),
        (
            &|history| history.contract.as_mut().expect("one").value = Dong::million(301),
            "contract-exceeds",
            "history.contract.value",
        ),
        (
            // 70 % of 300 before the acceptance.
            &|history| history.payments[1].amount = Dong::million(61),
            "advance-ceiling",
            "history.payments.1.amount",
        ),
        (
            &|history| history.payments[2].amount = Dong::million(91),
            "support-exceeded",
            "history.payments.2.amount",
        ),
        (
            &|history| {
                history.payments.remove(0);
            },
            "payment-order",
            "history.payments.0.amount",
        ),
        (
            &|history| history.settlement.as_mut().expect("one").amount = Dong::million(301),
            "settlement-exceeds",
            "history.settlement.amount",
        ),
        (
            &|history| history.payments[2].amount = Dong::million(80),
            "settlement-exceeds",
            "history.settlement.amount",
        ),
        (
            &|history| {
                history.refund = Some(PastRefund {
                    amount: Dong::million(1),
                    paid_on: day("2020-02-01"),
                });
            },
            "refund-exceeds",
            "history.refund.amount",
        ),
        (
            &|history| history.contract = None,
            "import-gap",
            "history.contract.number",
        ),
        (
            &|history| history.acceptance = None,
            "import-gap",
            "history.acceptance.accepted_on",
        ),
        (
            &|history| history.payments[0].paid_on = day("2019-02-28"),
            "import-order",
            "history.payments.0.paid_on",
        ),
        (
            &|history| history.settlement.as_mut().expect("one").decision.date = day("2024-07-01"),
            "import-after-list",
            "history.settlement.decision.date",
        ),
    ];
    for (edit, code, field) in cases {
        assert_eq!(with(edit), (code, field.to_owned()));
    }
    let mut history = until("contract");
    history.stop = Some(PastStop {
        decision: decision("50/QĐ", "2019-06-01"),
        reason: String::new(),
    });
    assert_eq!(
        refused(&command(KCQG, history)),
        ("text-empty", "history.stop.reason".to_owned())
    );
}

#[test]
fn a_stopped_project_owes_what_it_was_paid_and_has_not_given_back() {
    let mut history = until("first");
    history.stop = Some(PastStop {
        decision: decision("50/QĐ", "2019-08-01"),
        reason: "Đơn vị thụ hưởng giải thể.".to_owned(),
    });
    let (project, event) = imported(KCQG, history.clone());
    assert_eq!(
        (event.after.phase, project.figures().receivable),
        (Phase::Stopped, Dong::million(150))
    );
    history.refund = Some(PastRefund {
        amount: Dong::million(150),
        paid_on: day("2019-07-15"),
    });
    let (project, _) = imported(KCQG, history);
    assert_eq!(project.figures().receivable, Dong::ZERO);
}

#[test]
fn who_may_stand_for_a_history_is_data_of_the_lifecycle() {
    let text = KCQG_3.replace(
        "[[units]]\nparty = \"implementer\"",
        "[history]\ntakers = []\n\n[[units]]\nparty = \"implementer\"",
    );
    assert_ne!(text, KCQG_3);
    assert_eq!(refused(&command(&text, whole())).0, "import-not-yours");
    for (role, unit) in [
        (Role::Implementer, "ttkc-dien-bien"),
        (Role::DepartmentOfficer, "so-ct-dien-bien"),
        (Role::AgencyOfficer, "cuc-khac"),
    ] {
        let mut command = command(KCQG_3, whole());
        command.context.actor.role = role;
        unit.clone_into(&mut command.context.actor.unit);
        assert_eq!(refused(&command).0, "import-not-yours");
    }
    let mut by_auditor = command(KCQG_3, whole());
    by_auditor.context.actor.role = Role::Auditor;
    assert_eq!(refused(&by_auditor).0, "read-only-role");
}

#[test]
fn a_decision_of_a_day_without_rules_and_a_second_import_are_refused() {
    let mut old = command(KCQG, whole());
    old.rules.remove(&day("2019-02-01"));
    assert_eq!(refused(&old).0, "import-no-rules");
    let (project, _) = imported(KCQG, whole());
    let again = project.import(&command(KCQG, whole())).expect_err("it is there");
    assert_eq!(again.code, "already-exists");
}

/// Of a province that was taken in, its successor is responsible; the place keeps its name.
#[test]
fn a_project_of_a_province_that_has_ended_is_its_successors() {
    let mut command = command(KCDP_3, whole());
    "ha-giang".clone_into(&mut command.draft.province);
    "ha-giang".clone_into(&mut command.draft.content.lines[0].place.province);
    command.context.occurred_on = day("2025-12-31");
    command
        .rules
        .insert(day("2025-12-31"), command.rules[&day("2019-02-01")].clone());
    assert_eq!(refused(&command).0, "import-not-yours");
    "so-ct-tuyen-quang".clone_into(&mut command.context.actor.unit);
    let (project, _) = import(&command).expect("imported");
    let units = project.units().expect("units");
    assert_eq!(project.province(), Some("tuyen-quang"));
    assert_eq!(units[&Party::Department].name, "Sở Công Thương Tuyên Quang");
    assert_eq!(units[&Party::Implementer].id, "ttkc-tuyen-quang");
    assert_eq!(project.content().expect("content").lines[0].place.province, "ha-giang");
}

#[test]
fn life_goes_on_by_the_lifecycle() {
    let mut story = Story::new(KCQG, RULES_2018);
    let (project, event) = imported(KCQG, until("accepted"));
    story.project = project;
    story.events = vec![event];
    story.lifecycle = lifecycle(KCQG);
    story.on("2024-07-01");
    story.take("advance-rest", pay(PaymentKind::Rest, 90));
    story.take("submit-settlement", submit(300));
    story.take("settle", settle(300));
    assert_eq!(
        (story.state(), story.project.figures().settled),
        ("settled", Dong::million(300))
    );
    // What triggers an advance is confirmed anew: the list didn't say that it was.
    let mut story = Story::new(KCQG, RULES_2018);
    let (project, event) = imported(KCQG, until("first"));
    story.project = project;
    story.events = vec![event];
    story.on("2024-07-01");
    assert_eq!(
        story.code_of("advance-next", pay(PaymentKind::Next, 10)),
        "trigger-unmet"
    );
    // The one payment of the list can be corrected; of several, none can be told from the others.
    let right = |amount| RightEntry::Payment {
        payment: payment(PaymentKind::First, Dong::million(amount)),
    };
    story.take("correct", correct(1, right(140)));
    assert_eq!(story.project.figures().disbursed, Dong::million(140));
    story.take("accept", accept(vec![1], 700));
    let mut several = Story::new(KCQG, RULES_2018);
    let (project, event) = imported(KCQG, until("next"));
    several.project = project;
    several.events = vec![event];
    several.on("2024-07-01");
    assert_eq!(several.code_of("correct", correct(1, right(140))), "import-entries");
}

#[test]
fn a_named_group_stands_where_its_plan_was_approved() {
    let mut command = command(KCQG, until("approval"));
    command.draft.content.kind = ProjectKind::Group;
    let (_, event) = import(&command).expect("imported");
    assert_eq!(event.after.state, "group-planned");
}

#[test]
fn an_import_still_loads() {
    let (_, mut event) = imported(KCQG_3, whole());
    // Hashes of published texts are not what this file is about.
    "cd".repeat(32).clone_into(&mut event.judgements[0].rule_set.sha256);
    event.judgements.truncate(1);
    if let dean_aggregates::project::What::Imported(imported) = &mut event.what {
        "cd".repeat(32).clone_into(&mut imported.drafted.lifecycle.sha256);
    }
    let kept = crate::golden::check("Imported-1", &serde_json::to_value(&event).expect("serialises"));
    assert_eq!(serde_json::from_str::<ProjectEvent>(&kept).expect("loads"), event);
}

proptest! {
    /// Whatever a list says, what is imported keeps the money rules, and what breaks them is not.
    #[test]
    fn no_list_breaks_the_money_rules(
        support in 0_u32..400, value in 0_u32..400, first in 0_u32..300, next in 0_u32..200, rest in 0_u32..300,
        accepted in 0_u32..800, settled in 0_u32..400, refunded in 0_u32..300, cut in 0_usize..7, stops in any::<bool>(),
    ) {
        let facts = ["approval", "contract", "first", "next", "accepted", "rest", "settled"];
        let mut history = until(facts[cut]);
        history.approval.support = Dong::million(support);
        for (payment, amount) in history.payments.iter_mut().zip([first, next, rest]) {
            payment.amount = Dong::million(amount);
        }
        if let Some(contract) = &mut history.contract {
            contract.value = Dong::million(value);
        }
        if let Some(acceptance) = &mut history.acceptance {
            acceptance.value = Dong::million(accepted);
        }
        if let Some(settlement) = &mut history.settlement {
            settlement.amount = Dong::million(settled);
        }
        if refunded > 0 && !history.payments.is_empty() {
            history.refund = Some(PastRefund { amount: Dong::million(refunded), paid_on: day("2021-01-01") });
        }
        if stops && history.settlement.is_none() {
            history.stop = Some(PastStop { decision: decision("50/QĐ", "2021-02-01"), reason: "Ngừng.".to_owned() });
        }
        if let Ok((project, event)) = import(&command(KCQG_3, history.clone())) {
            let money = project.figures();
            let net = project.net_paid();
            prop_assert!(money.approved <= Dong::million(300), "the norm");
            prop_assert!(net <= money.approved && net <= money.contracted);
            prop_assert!(history.acceptance.is_some() || money.disbursed <= money.contracted.share(dean_aggregates::money::Rate::percent(70)));
            prop_assert!(money.settled <= money.disbursed && money.settled <= money.approved);
            if history.settlement.is_some() || history.stop.is_some() {
                prop_assert_eq!(money.receivable, net.saturating_sub(money.settled));
            }
            let content = project.content().expect("content");
            prop_assert!(content.lines.iter().all(|line| line.counterpart >= line.cost.saturating_sub(line.support)));
            prop_assert_eq!(&event.after, project.standing());
        }
    }
}
