//! The monthly report of a đề án: which months it owes, what a report can't say, late ones, corrections that show both.

use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::lifecycle::{Due, Lifecycle};
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::project::action::*;
use dean_aggregates::project::event::What;
use dean_aggregates::project::month::{Duty, MonthReport, MonthReported, due_before};
use dean_aggregates::project::{ProjectError, ProjectEvent};

use crate::common::samples::*;
use crate::common::{KCQG, Story, day};
use crate::stories::approved;

/// The one that the lifecycle's step of reporting names.
const STEP: &str = "report-month";

pub(crate) fn implementer(story: &Story) -> Actor {
    Actor {
        id: "ttkc.1".to_owned(),
        ..story.taker("report-progress")
    }
}

/// Files a month on a day; as the project's own implementer.
pub(crate) fn file(story: &mut Story, on: &str, report: MonthReport) -> Result<ProjectEvent, ProjectError> {
    story.actor = Some(implementer(story));
    story.on(on);
    let done = story.try_take(STEP, Action::ReportMonth(report));
    story.actor = None;
    done
}

fn code(done: Result<ProjectEvent, ProjectError>) -> (&'static str, String) {
    let error = done.expect_err("refused");
    (error.code, error.field.unwrap_or_default())
}

fn reported(event: &ProjectEvent) -> &MonthReported {
    let What::MonthReported(reported) = &event.what else {
        panic!("not a month: {event:?}")
    };
    reported
}

/// A contract of 280 million over a line of 300, signed on a day.
fn contracted(signed_on: &str) -> Story {
    let mut story = approved();
    let Action::SignContract(mut terms) = contract(280) else {
        panic!("a contract")
    };
    terms.signed_on = day(signed_on);
    story
        .on("2019-01-15")
        .take("sign-contract", Action::SignContract(terms));
    story
}

#[test]
fn a_month_takes_the_step_that_waits_for_it_and_is_compared_line_by_line() {
    let mut story = contracted("2019-01-15");
    assert_eq!(
        story.project.duty(),
        Some(Duty {
            since: day("2019-01-15"),
            until: None
        })
    );
    let event = file(&mut story, "2019-01-22", month_report("2019-01-01", 350, 140)).expect("filed");
    assert_eq!((event.step.as_str(), story.state()), ("report-progress", "in-progress"));
    let told = reported(&event);
    assert_eq!((told.due_on, told.contracted), (day("2019-01-24"), Dong::million(280)));
    let line = &told.compared[0];
    assert_eq!(
        (line.volume, line.support, line.support_rate),
        (Rate(3_500), Dong::million(300), Some(Rate(4_666)))
    );
    assert_eq!(
        (line.counterpart, line.counterpart_rate),
        (Dong::million(400), Some(Rate(5_250)))
    );
    // The next one is awaited, and the three figures by which the Sở confirms are those of the lines.
    assert_eq!(story.project.standing().due_on, Some(day("2019-02-24")));
    let known = story.project.reported().expect("reported");
    assert_eq!(
        (known.value_done, known.item_done, known.counterpart_done),
        (Dong::million(350), Rate(3_500), Dong::million(210))
    );
    story.on("2019-01-23").take(
        "confirm-progress",
        Action::ConfirmProgress(Progress {
            value_done: Dong::million(350),
            item_done: Rate(3_500),
            ..progress("2019-01-01", 350, 210)
        }),
    );
}

#[test]
fn only_the_implementer_reports_its_own_project() {
    let mut story = contracted("2019-01-15");
    let own = implementer(&story);
    let other = |role, unit: &str| Actor {
        role,
        unit: unit.to_owned(),
        ..own.clone()
    };
    for (actor, expected) in [
        (other(Role::Implementer, "ttkc-son-la"), "not-your-unit"),
        (other(Role::DepartmentOfficer, "so-ct-dien-bien"), "not-your-role"),
        (other(Role::Auditor, &own.unit), "read-only-role"),
    ] {
        story.actor = Some(actor);
        let action = Action::ReportMonth(month_report("2019-01-01", 100, 50));
        assert_eq!(story.code_of(STEP, action), expected);
    }
}

#[test]
fn only_owed_months_are_reported() {
    let mut story = approved();
    let report = |month| month_report(month, 100, 50);
    assert_eq!(
        code(file(&mut story, "2019-01-10", report("2019-01-01"))).0,
        "not-contracted"
    );
    let mut story = contracted("2019-01-25");
    story.today = day("2019-04-20");
    for (on, month, expected) in [
        ("2019-03-01", "2019-01-01", "month-not-owed"),
        ("2019-03-01", "2018-12-01", "month-not-owed"),
        ("2019-03-01", "2019-05-01", "month"),
        ("2019-03-01", "2019-03-02", "month"),
        ("2019-03-01", "2019-04-01", "reported-before-month"),
        ("2019-04-21", "2019-04-01", "future-date"),
    ] {
        assert_eq!(code(file(&mut story, on, report(month))).0, expected, "{on} {month}");
    }
    file(&mut story, "2019-03-01", report("2019-02-01")).expect("the first that is owed");
}

#[test]
fn what_cannot_be_is_refused_at_its_field() {
    let mut story = contracted("2019-01-15");
    let refused = |story: &mut Story, change: &dyn Fn(&mut MonthReport)| {
        let mut report = month_report("2019-02-01", 350, 140);
        change(&mut report);
        code(file(story, "2019-02-20", report))
    };
    let at = |code, field: &str| (code, field.to_owned());
    assert_eq!(
        refused(&mut story, &|report| report.lines[0].support_spent = Dong::million(301)),
        at("spent-above-line", "lines.0.support_spent")
    );
    // Within the line, but the contract gives less.
    assert_eq!(
        refused(&mut story, &|report| report.lines[0].support_spent = Dong::million(281)),
        at("spent-above-contract", "lines")
    );
    assert_eq!(
        refused(&mut story, &|report| report.lines.clear()),
        at("line-not-reported", "lines")
    );
    assert_eq!(
        refused(&mut story, &|report| report.lines[0].line = 7),
        at("unknown-line", "lines.0.line")
    );
    assert_eq!(
        refused(&mut story, &|report| report.lines.push(report.lines[0].clone())),
        at("number-repeated", "lines.1.line")
    );
    assert_eq!(
        refused(&mut story, &|report| report.lines[0].planned_milli = 0),
        at("planned-zero", "lines.0.planned_milli")
    );
    assert_eq!(
        refused(&mut story, &|report| report.lines[0].unit = " ".into()),
        at("text-empty", "lines.0.unit")
    );
    assert_eq!(
        refused(&mut story, &|report| report.proposals = "\0".into()),
        at("text-control", "proposals")
    );
    let most = Dong::new(dean_aggregates::money::DONG_MAX).expect("the largest");
    assert_eq!(
        refused(&mut story, &|report| {
            report.lines[0].other_spent = most;
            report.lines[0].counterpart_spent = most;
            report.lines[0].value_done = most;
        }),
        at("amount-too-large", "lines"),
        "the sum of what was spent beside the support can't be booked"
    );
    assert!(story.project.month_reports().next().is_none());
}

#[test]
fn a_figure_falls_by_a_reason_only() {
    let mut story = contracted("2019-01-15");
    file(&mut story, "2019-01-22", month_report("2019-01-01", 350, 140)).expect("filed");
    let mut report = month_report("2019-02-01", 349, 140);
    report.lines[0].counterpart_spent = Dong::million(210);
    assert_eq!(
        code(file(&mut story, "2019-02-20", report.clone())),
        ("progress-fell", "lines.0.done_milli".to_owned())
    );
    report.lines[0].done_milli = 350;
    assert_eq!(
        code(file(&mut story, "2019-02-20", report.clone())),
        ("progress-fell", "lines.0.value_done".to_owned())
    );
    report.lines[0].value_done = Dong::million(350);
    report.lines[0].planned_milli = 2_000;
    assert_eq!(
        code(file(&mut story, "2019-02-20", report.clone())),
        ("plan-of-volume-changed", "lines.0.planned_milli".to_owned())
    );
    report.correction_reason = Some("Hợp đồng mua hai máy.".into());
    file(&mut story, "2019-02-20", report).expect("with a reason");
}

#[test]
fn a_correction_shows_both_and_a_month_is_never_reported_twice() {
    let mut story = contracted("2019-01-15");
    let first = month_report("2019-01-01", 350, 140);
    file(&mut story, "2019-01-22", first.clone()).expect("filed");
    let mut right = month_report("2019-01-01", 300, 100);
    assert_eq!(
        code(file(&mut story, "2019-02-02", right.clone())),
        ("month-repeated", "month".to_owned())
    );
    right.correction_reason = Some("Cộng hai lần hóa đơn.".into());
    let event = file(&mut story, "2019-02-02", right.clone()).expect("corrected");
    let told = reported(&event);
    let earlier = told.corrects.as_ref().expect("shows the earlier one");
    assert_eq!((&earlier.report, earlier.filed_on), (&first, day("2019-01-22")));
    assert_eq!(told.report.lines, right.lines);
    assert_eq!(
        story.project.reported().map(|known| known.value_done),
        Some(Dong::million(300))
    );
    let filed = story.project.month_report(day("2019-01-01")).expect("filed");
    assert_eq!(filed.report, right);
    assert_eq!(
        code(file(&mut story, "2019-02-03", right.clone())),
        ("nothing-changes", "lines".to_owned())
    );
    right.proposals = "Gia hạn.".into();
    file(&mut story, "2019-02-03", right).expect("a text is corrected too");
}

#[test]
fn a_month_is_reported_late_beside_the_life_and_not_above_a_later_one() {
    let mut story = contracted("2019-01-15");
    file(&mut story, "2019-03-20", month_report("2019-03-01", 600, 200)).expect("March");
    story.on("2019-03-25").take(
        "confirm-progress",
        Action::ConfirmProgress(Progress {
            value_done: Dong::million(600),
            item_done: Rate::percent(60),
            ..progress("2019-03-01", 600, 400)
        }),
    );
    assert_eq!(story.state(), "confirmed");
    // February comes late: nothing of the life moves, and March stays the newest that is known.
    assert_eq!(
        code(file(&mut story, "2019-04-02", month_report("2019-02-01", 601, 200))),
        ("above-later-month", "lines.0.done_milli".to_owned())
    );
    let event = file(&mut story, "2019-04-02", month_report("2019-02-01", 400, 150)).expect("February, late");
    assert_eq!((event.step.as_str(), story.state()), ("MonthReported", "confirmed"));
    assert!(event.occurred_on > reported(&event).due_on);
    assert_eq!(
        story.project.reported().map(|known| known.month),
        Some(day("2019-03-01"))
    );
    // A later month can't be corrected below it without saying so of both: March falls against February.
    let mut march = month_report("2019-03-01", 390, 140);
    march.correction_reason = Some("Nhầm.".into());
    file(&mut story, "2019-04-03", march).expect("a reasoned correction");
}

#[test]
fn months_are_owed_until_the_settlement_file_also_after_acceptance() {
    let mut story = contracted("2019-01-15");
    story.take(
        "report-progress",
        Action::ReportProgress(progress("2019-01-01", 600, 400)),
    );
    story.on("2019-03-25").take(
        "confirm-progress",
        Action::ConfirmProgress(progress("2019-01-01", 600, 400)),
    );
    story
        .on("2019-04-01")
        .take("advance-first", pay(PaymentKind::First, 190));
    story.on("2019-10-01").take("accept", accept(vec![1], 700));
    assert_eq!(story.state(), "accepted");
    // Figures without a report are completed by one, without a reason.
    let event = file(&mut story, "2019-10-02", month_report("2019-01-01", 600, 200)).expect("January, whole");
    assert_eq!((story.state(), reported(&event).corrects.is_none()), ("accepted", true));
    file(&mut story, "2019-10-02", month_report("2019-09-01", 700, 280)).expect("September");
    story.on("2019-10-10").take("advance-rest", pay(PaymentKind::Rest, 90));
    story.on("2019-10-15").take("submit-settlement", submit(280));
    assert_eq!(
        story.project.duty().and_then(|duty| duty.until),
        Some(day("2019-10-15"))
    );
    assert_eq!(
        code(file(&mut story, "2019-10-24", month_report("2019-10-01", 700, 280))).0,
        "month-not-owed"
    );
    // What was owed before it is still filed.
    file(&mut story, "2019-10-24", month_report("2019-08-01", 700, 280)).expect("August, late");
}

#[test]
fn figures_that_came_without_a_report_are_not_undercut() {
    let mut story = contracted("2019-01-15");
    story.take(
        "report-progress",
        Action::ReportProgress(progress("2019-01-01", 600, 400)),
    );
    assert_eq!(
        code(file(&mut story, "2019-02-20", month_report("2019-02-01", 599, 200))),
        ("progress-fell", "lines".to_owned())
    );
    file(&mut story, "2019-02-20", month_report("2019-02-01", 600, 200)).expect("not below");
}

#[test]
fn the_day_is_that_of_the_lifecycle() {
    let text = KCQG.replace("monthly_before = 25", "monthly_before = 11");
    let lifecycle = Lifecycle::parse("kcqg.toml", &text).expect("parses");
    assert_eq!(due_before(&lifecycle), 11);
    let step = lifecycle.step("report-progress").and_then(|step| step.due.clone());
    assert_eq!(step, Some(Due::Monthly { before: 11 }));
}

#[test]
fn a_lifecycle_cannot_make_a_step_of_it() {
    let text = KCQG.replace("action = \"report-progress\"", "action = \"report-month\"");
    let problems = Lifecycle::parse("kcqg.toml", &text).expect_err("refused");
    assert!(
        problems
            .iter()
            .any(|problem| problem.to_string().contains("no step of it")),
        "{problems:?}"
    );
    let mut story = contracted("2019-01-15");
    let action = Action::ReportMonth(month_report("2019-01-01", 1, 1));
    story.actor = Some(implementer(&story));
    // Whatever step is named, the month is the month.
    assert!(story.try_take("settle", action).is_ok());
}
