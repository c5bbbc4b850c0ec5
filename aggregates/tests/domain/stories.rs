//! Lives of projects: the main road, the side paths, and what is refused on the way.

use crate::common::samples::*;
use crate::common::{KCQG, RULES_2018, Story, day};
use dean_aggregates::actor::Role;
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::money::Dong;
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::{Content, Level, ProjectKind};
use dean_aggregates::project::event::What;
use dean_aggregates::project::moving::Obstacle;
use dean_aggregates::project::standing::Phase;

/// Approved: one machine, 300 of 700 million.
pub(crate) fn approved() -> Story {
    let mut story = Story::new(KCQG, RULES_2018);
    to_approval(&mut story, content(vec![line(1, 700, 300)]));
    story
}

pub(crate) fn to_approval(story: &mut Story, content: Content) {
    to_appraisal(story, content);
    story.on("2018-12-20").take("approve", approve());
}

/// As far as the ministry has appraised it: approving comes next.
pub(crate) fn to_appraisal(story: &mut Story, content: Content) {
    story.on("2018-05-12").take("draft", draft_of(Level::National, content));
    story.take("propose", Action::Propose(NoDetails {}));
    story
        .on("2018-05-25")
        .take("appraise-base", appraise(AppraisalLevel::Base, Verdict::Pass));
    story
        .on("2018-06-10")
        .take("register", Action::Register(Registration { priority: 1 }));
    story.on("2018-07-10").take(
        "examine",
        Action::Examine(Examination {
            remarks: "Hợp lệ.".into(),
        }),
    );
    story
        .on("2018-11-10")
        .take("appraise-ministry", appraise(AppraisalLevel::Ministry, Verdict::Pass));
}

/// Contracted, and enough work confirmed for an advance.
pub(crate) fn confirmed() -> Story {
    let mut story = approved();
    story.on("2019-01-15").take("sign-contract", contract(300));
    story.on("2019-03-20").take(
        "report-progress",
        Action::ReportProgress(progress("2019-03-01", 600, 400)),
    );
    story.on("2019-03-25").take(
        "confirm-progress",
        Action::ConfirmProgress(progress("2019-03-01", 600, 400)),
    );
    story
}

pub(crate) fn settled() -> Story {
    let mut story = confirmed();
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 210));
    story.on("2019-10-01").take("accept", accept(vec![1], 700));
    story.on("2019-10-10").take("advance-rest", pay(PaymentKind::Rest, 90));
    story.on("2019-10-15").take("submit-settlement", submit(300));
    story.on("2020-01-10").take("settle", settle(290));
    story
}

#[test]
fn the_main_life_of_a_national_project() {
    let mut story = settled();
    let standing = story.project.standing().clone();
    assert_eq!((standing.state.as_str(), standing.phase), ("settled", Phase::Settled));
    assert_eq!(standing.money.receivable, Dong::million(10));
    assert!(standing.waiting.iter().any(|waiting| waiting.role == Role::Accountant));
    story.take(
        "liquidate",
        Action::LiquidateContract(Liquidation { number: "1".into() }),
    );
    assert_eq!(story.code_of("archive", Action::Archive(NoDetails {})), "open-money");
    assert_eq!(story.code_of("refund", Action::Refund(refund(11))), "refund-exceeds");
    story.take("refund", Action::Refund(refund(10)));
    let archived = story.on("2020-02-01").take("archive", Action::Archive(NoDetails {}));
    let What::Archived(archived) = archived.what else {
        panic!("not archived")
    };
    assert_eq!(archived.keep_until, day("2030-12-31"));
    let money = story.project.figures();
    assert_eq!(
        (money.disbursed, money.refunded, money.settled, money.receivable),
        (Dong::million(300), Dong::million(10), Dong::million(290), Dong::ZERO)
    );
    assert!(story.project.standing().waiting.is_empty());
}

#[test]
fn due_days_follow_the_articles() {
    let mut story = Story::new(KCQG, RULES_2018);
    story
        .on("2018-05-02")
        .take("draft", draft_of(Level::National, content(vec![line(1, 700, 300)])));
    assert_eq!(story.project.standing().due_on, Some(day("2018-05-19")));
    story.take("propose", Action::Propose(NoDetails {}));
    assert_eq!(story.project.standing().due_on, Some(day("2018-05-17")));
    assert_eq!(story.project.standing().next_step.as_deref(), Some("appraise-base"));
    story.take("appraise-base", appraise(AppraisalLevel::Base, Verdict::Pass));
    assert_eq!(story.project.standing().due_on, Some(day("2018-06-14")));
    let story = confirmed();
    assert_eq!(story.project.standing().next_step.as_deref(), Some("advance-first"));
    let mut story = approved();
    story.on("2019-01-26").take("sign-contract", contract(300));
    // A machine is advanced only after most of the work: reports are awaited, before the 25th.
    assert_eq!(story.project.standing().due_on, Some(day("2019-02-24")));
    story.take(
        "report-progress",
        Action::ReportProgress(progress("2019-01-01", 100, 100)),
    );
    assert_eq!(story.project.standing().due_on, Some(day("2019-02-24")));
}

#[test]
fn a_returned_proposal_is_completed_and_proposed_again() {
    let mut story = Story::new(KCQG, RULES_2018);
    story
        .on("2018-05-02")
        .take("draft", draft_of(Level::National, content(vec![line(1, 700, 300)])));
    story.take("propose", Action::Propose(NoDetails {}));
    story.take("return", Action::Return(reason()));
    assert_eq!(story.state(), "returned");
    story.take(
        "revise",
        Action::Revise(ReviseAction {
            content: content(vec![line(1, 800, 300)]),
        }),
    );
    let event = story.take("propose", Action::Propose(NoDetails {}));
    let What::Proposed(proposed) = event.what else {
        panic!("not proposed")
    };
    assert_eq!((proposed.round, event.after.money.total), (2, Dong::million(800)));
    // A failed appraisal stays where it is: it is returned or refused next.
    story.take("appraise-base", appraise(AppraisalLevel::Base, Verdict::Fail));
    assert_eq!(story.state(), "proposed");
    story.take("refuse", Action::Refuse(reason()));
    assert_eq!(story.project.standing().phase, Phase::Refused);
}

#[test]
fn progress_never_falls_without_a_reason() {
    let mut story = confirmed();
    let mut report = progress("2019-04-01", 599, 400);
    assert_eq!(
        story.code_of("report-progress", Action::ReportProgress(report.clone())),
        "progress-fell"
    );
    report.correction_reason = Some("Tính trùng.".into());
    story.take("report-progress", Action::ReportProgress(report));
    let again = progress("2019-03-01", 700, 500);
    assert_eq!(
        story.code_of("report-progress", Action::ReportProgress(again)),
        "month-repeated"
    );
    let above = progress("2019-05-01", 700, 399);
    assert_eq!(
        story.code_of("report-progress", Action::ReportProgress(above)),
        "progress-above-contract"
    );
    let above = progress("2019-04-01", 600, 400);
    assert_eq!(
        story.code_of("confirm-progress", Action::ConfirmProgress(above)),
        "confirmed-above-reported"
    );
}

/// What a later month says is not what was reported of the month that is confirmed.
#[test]
fn a_month_is_confirmed_by_its_own_report() {
    let mut story = approved();
    story.on("2019-01-15").take("sign-contract", contract(300));
    story.on("2019-03-20");
    for (month, value) in [("2019-01-01", 10), ("2019-03-01", 100)] {
        story.take("report-progress", Action::ReportProgress(progress(month, value, 0)));
    }
    let confirm = |month, value| Action::ConfirmProgress(progress(month, value, 0));
    for (month, value, refusal) in [
        ("2019-01-01", 100, "confirmed-above-reported"),
        ("2019-01-01", 11, "confirmed-above-reported"),
        ("2019-03-01", 101, "confirmed-above-reported"),
        ("2019-02-01", 10, "not-reported"),
    ] {
        assert_eq!(
            story.code_of("confirm-progress", confirm(month, value)),
            refusal,
            "{month}: {value}"
        );
    }
    story.take("confirm-progress", confirm("2019-01-01", 10));
}

#[test]
fn who_may_adjust_follows_from_what_changes() {
    let mut story = confirmed();
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 210));
    // The norm holds for increases too.
    assert_eq!(
        story.code_of("adjust-minister", adjust(support(&[(1, 301)]))),
        "norm-exceeded"
    );
    let event = story.take("adjust-agency", adjust(support(&[(1, 150)])));
    let money = event.after.money;
    assert_eq!(
        (money.approved, money.contracted, money.receivable),
        (Dong::million(150), Dong::million(150), Dong::million(60))
    );
    assert_eq!(
        story.project.content().expect("content").lines[0].counterpart,
        Dong::million(550)
    );
    let error = story.refused("adjust-agency", adjust(support(&[(1, 200)])));
    assert_eq!(
        (error.code, error.params["expected"].as_str()),
        ("authority", "ministry")
    );
    story.take("adjust-minister", adjust(support(&[(1, 200)])));
    let mut moved = story.project.content().expect("content").clone();
    moved.lines[0].kind = "CGCN".into();
    let sneaky = Change::Content {
        part: ContentPart::Other,
        content: Box::new(moved),
    };
    assert_eq!(story.code_of("adjust-agency", adjust(sneaky)), "authority");
    assert_eq!(
        story.code_of(
            "adjust-agency",
            adjust(Change::Time {
                ends_on: day("2020-02-01")
            })
        ),
        "time-year"
    );
    story.take(
        "adjust-agency",
        adjust(Change::Time {
            ends_on: day("2019-12-15"),
        }),
    );
    let extension = |ends_on| {
        Action::ExtendTime(TimeExtension {
            decision: decision(),
            ends_on: day(ends_on),
            reason: "Mưa lũ.".into(),
        })
    };
    assert_eq!(story.code_of("extend-time", extension("2019-12-31")), "extension-year");
    let event = story.take("extend-time", extension("2020-06-30"));
    assert_eq!(event.after.state, "in-progress");
}

#[test]
fn findings_are_closed_before_archiving() {
    let mut story = settled();
    story.take("refund", Action::Refund(refund(10)));
    story.take(
        "liquidate",
        Action::LiquidateContract(Liquidation { number: "1".into() }),
    );
    let finding = Finding {
        number: 1,
        text: "Thiếu chứng từ.".into(),
        amount: Dong::ZERO,
        due_on: None,
    };
    story.take("raise-finding", Action::RaiseFinding(finding.clone()));
    assert_eq!(
        story.code_of("raise-finding", Action::RaiseFinding(finding)),
        "finding-repeated"
    );
    assert_eq!(story.code_of("archive", Action::Archive(NoDetails {})), "open-findings");
    let closure = FindingClosure {
        number: 1,
        remedy: "Đã bổ sung.".into(),
    };
    story.take("close-finding", Action::CloseFinding(closure.clone()));
    assert_eq!(
        story.code_of("close-finding", Action::CloseFinding(closure)),
        "unknown-finding"
    );
    story.take("archive", Action::Archive(NoDetails {}));
}

fn approved_group() -> Story {
    let mut story = Story::new(KCQG, RULES_2018);
    let mut group = content(vec![line(1, 1_400, 600)]);
    group.kind = ProjectKind::Group;
    group.beneficiaries.clear();
    group.lines[0].beneficiary = None;
    group.lines[0].units = 2;
    to_approval(&mut story, group);
    story
}

#[test]
fn money_moves_between_lines_of_a_group_by_the_agency_only() {
    let mut story = approved_group();
    let plan = group_plan(vec![line(1, 700, 290), line(2, 700, 300)]);
    story.take("approve-group-plan", Action::ApproveGroupPlan(plan));
    let mut shifted = story.project.content().expect("content").clone();
    (shifted.lines[0].support, shifted.lines[1].support) = (Dong::million(300), Dong::million(290));
    for line in &mut shifted.lines {
        line.counterpart = line.cost.saturating_sub(line.support);
    }
    let change = adjust(Change::Content {
        part: ContentPart::Beneficiary,
        content: Box::new(shifted),
    });
    assert_eq!(story.code_of("adjust-department", change.clone()), "authority");
    story.take("adjust-agency", change);
}

#[test]
fn a_group_project_names_its_beneficiaries_in_the_group_plan() {
    let mut story = approved_group();
    assert_eq!(
        story.project.standing().next_step.as_deref(),
        Some("approve-group-plan")
    );
    assert_eq!(story.code_of("sign-contract", contract(600)), "group-plan-missing");
    // One firm can't take both units' caps.
    let mut twice = line(1, 1_400, 600);
    twice.units = 2;
    let plan = Action::ApproveGroupPlan(group_plan(vec![twice]));
    assert_eq!(story.code_of("approve-group-plan", plan), "norm-per-unit");
    let plan = group_plan(vec![line(1, 700, 300), line(2, 700, 301)]);
    assert_eq!(
        story.code_of("approve-group-plan", Action::ApproveGroupPlan(plan)),
        "norm-exceeded"
    );
    let plan = group_plan(vec![line(1, 700, 300), line(2, 700, 300)]);
    story.take("approve-group-plan", Action::ApproveGroupPlan(plan));
    // The department may move a group project to another place, but not to another day under that name.
    let mut elsewhere = story.project.content().expect("content").clone();
    elsewhere.lines[0].place.district = Some("Mường Ảng".into());
    let of_place = |content| {
        adjust(Change::Content {
            part: ContentPart::Place,
            content: Box::new(content),
        })
    };
    let mut sooner = elsewhere.clone();
    sooner.ends_on = day("2019-12-01");
    assert_eq!(story.code_of("adjust-department", of_place(sooner)), "authority");
    story.take("adjust-department", of_place(elsewhere));
    story.on("2019-01-15").take("sign-contract", contract(600));
    story.take(
        "report-progress",
        Action::ReportProgress(progress("2019-01-01", 1_300, 800)),
    );
    story.on("2019-10-01").take("accept", accept(vec![1], 700));
    assert_eq!(story.state(), "in-progress");
    assert_eq!(story.code_of("accept", accept(vec![1], 700)), "line-accepted");
    story.take("accept", accept(vec![2], 700));
    assert_eq!(story.state(), "accepted");
}

#[test]
fn a_running_project_moves_to_a_lifecycle_that_knows_its_state() {
    let mut story = approved();
    let moved = Action::MoveLifecycle(LifecycleMove {
        version: "2025-10-15".into(),
        reason: "NĐ 235/2025".into(),
    });
    assert_eq!(story.code_of("move-lifecycle", moved.clone()), "no-target-lifecycle");
    let newer = KCQG.replace("version = \"2014-02-10\"", "version = \"2025-10-15\"");
    story.target = Some(crate::common::lifecycle(
        &newer
            .replace("\"approved\"", "\"authorised\"")
            .replace("phase = \"authorised\"", "phase = \"approved\""),
    ));
    assert_eq!(story.code_of("move-lifecycle", moved.clone()), "target-lacks-state");
    // Another province's own is for its own projects, and nothing holds before its first day.
    let own = |province: &str| {
        let local = format!("level = \"local\"\nprovince = \"{province}\"");
        let text = newer.replacen("level = \"national\"", &local, 1);
        crate::common::lifecycle(&text)
    };
    let codes = |story: &Story, target: &Lifecycle, on: &str| {
        let found = story.project.obstacles(&story.lifecycle.value, target, day(on));
        found.iter().map(Obstacle::code).collect::<Vec<_>>()
    };
    let other = own("son-la");
    assert_eq!(
        codes(&story, &other.value, "2019-01-10"),
        ["target-programme", "target-province"]
    );
    assert_eq!(
        codes(&story, &own("dien-bien").value, "2019-01-10"),
        ["target-programme"]
    );
    let future = newer.replacen("valid_from = \"2014-02-10\"", "valid_from = \"2027-01-01\"", 1);
    story.target = Some(crate::common::lifecycle(&future));
    assert_eq!(story.code_of("move-lifecycle", moved.clone()), "target-not-in-force");
    story.target = Some(crate::common::lifecycle(&newer));
    story.take("move-lifecycle", moved);
    assert_eq!(story.project.lifecycle_pin().version, "2025-10-15");
    assert_eq!(story.code_of("sign-contract", contract(300)), "wrong-lifecycle");
    story.lifecycle = crate::common::lifecycle(&newer);
    story.on("2019-01-15").take("sign-contract", contract(300));
}
