//! A đề án that a batch has approved is stopped, cut or paid back alone: plan and batch know it by the same append.

use dean_aggregates::batch::BatchWhat;
use dean_aggregates::batch::alone::{Alone, AloneError};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::PlanWhat;
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::ProjectKind;
use dean_aggregates::project::event::What;

use crate::common::samples::*;
use crate::common::season::*;
use crate::common::{RULES_2018, Story};

/// Three of 300 million each, approved under a ceiling of 1,000.
fn three() -> Season {
    let mut season = Season::open(1_500, 1_000);
    for _ in 0..3 {
        let index = season.appraised(content(vec![line(1, 700, 300)]));
        season.nominate(index, &[]).expect("a candidate");
    }
    season.rank_by_index();
    let items = (0..3).map(|index| season.item(index, approving())).collect();
    season.decide(items).expect("900 of 1,000");
    season.on = "2019-03-01";
    season
}

fn held(season: &Season) -> [Dong; 2] {
    [season.plan.figures().approved, season.batch.figures().approved]
}

#[track_caller]
fn code_of_refusal(taken: Result<Alone, AloneError>) -> &'static str {
    match taken.expect_err("refused") {
        AloneError::Project(refusal) => refusal.code,
        AloneError::Refused(refusal) => refusal.code,
    }
}

#[test]
fn a_lone_stop_frees_what_the_plan_and_the_batch_held() {
    let mut season = three();
    let alone = season
        .alone(0, "stop-on-request", stop(true))
        .expect("the minister may");
    assert_eq!(held(&season), [million(600); 2]);
    let (batch, plan) = alone.booked.expect("both know it");
    let BatchWhat::ProjectChanged(change) = &batch.what else {
        panic!("{batch:?}")
    };
    assert_eq!(
        (change.before, change.after, change.ended, change.event.as_str()),
        (million(300), Dong::ZERO, true, "Stopped")
    );
    let PlanWhat::ChangeBooked(booked) = &plan.what else {
        panic!("{plan:?}")
    };
    assert_eq!(
        (booked.before, booked.after, booked.project),
        (million(900), million(600), season.id(0))
    );
    assert!(season.batch.approved()[&season.id(0)].stopped);
    // What is free is given to others at once.
    let added = season.appraised(content(vec![line(1, 700, 300)]));
    let another = season.appraised(content(vec![line(1, 700, 100)]));
    let items = vec![season.item(added, adding()), season.item(another, adding())];
    season.decide(items).expect("1,000 of 1,000");
    assert_eq!(held(&season), [million(1_000); 2]);
}

#[test]
fn what_is_decided_for_one_alone_leaves_the_days_of_the_others_free() {
    let mut season = three();
    season.alone(0, "stop-on-request", stop(true)).expect("on 1 March");
    assert!(season.batch.approved()[&season.id(0)].stopped);
    // Somebody records a decision of February that was on its way.
    season.on = "2019-02-10";
    let added = season.appraised(content(vec![line(1, 700, 300)]));
    season
        .decide(vec![season.item(added, adding())])
        .expect("an earlier day");
}

#[test]
fn behind_the_back_of_the_batch_it_is_refused() {
    let mut season = three();
    let story = &mut season.projects[0].1;
    story.on("2019-03-01");
    let refusal = story.refused("stop-on-request", stop(true));
    assert!(refusal.needs_batch());
    assert_eq!(
        (refusal.params["before"].as_str(), refusal.params["after"].as_str()),
        ("300.000.000", "0")
    );
    assert_eq!(
        story.code_of("adjust-agency", adjust(support(&[(1, 200)]))),
        "batch-not-told"
    );
    // What leaves the sum as it is needs nobody.
    story.take("sign-contract", contract(300));
}

#[test]
fn a_lone_cut_frees_the_difference_and_a_raise_stays_with_the_batch() {
    let mut season = three();
    let alone = season.alone(1, "adjust-agency", adjust(support(&[(1, 220)])));
    assert!(alone.expect("the Cục lowers").booked.is_some());
    assert_eq!(held(&season), [million(820); 2]);
    let raise = season.alone(1, "adjust-minister", adjust(support(&[(1, 300)])));
    assert_eq!(code_of_refusal(raise), "raise-only-by-batch");
    assert_eq!(held(&season), [million(820); 2]);
}

#[test]
fn a_group_plan_for_less_frees_the_rest() {
    let mut season = Season::open(1_500, 1_000);
    let mut group = content(vec![line(1, 700, 300)]);
    group.kind = ProjectKind::Group;
    group.beneficiaries.clear();
    group.lines[0].beneficiary = None;
    let index = season.appraised(group);
    season.decide(vec![season.item(index, adding())]).expect("approved");
    let plan = group_plan(vec![line(1, 700, 280)]);
    season
        .alone(index, "approve-group-plan", Action::ApproveGroupPlan(plan))
        .expect("the Sở names them");
    assert_eq!(held(&season), [million(280); 2]);
}

#[test]
fn money_that_was_paid_is_free_when_it_is_back() {
    let mut season = three();
    for _ in 0..4 {
        assert!(season.live_on(0), "{}", season.projects[0].1.state());
    }
    season.alone(0, "stop-for-violation", stop(false)).expect("stopped");
    assert_eq!(held(&season), [million(600 + 210); 2], "210 of 300 were paid");
    let alone = season
        .alone(0, "refund", Action::Refund(refund(150)))
        .expect("paid back");
    assert_eq!(alone.booked.map(|(batch, _)| batch.after.approved), Some(million(660)));
    // A refund was less than was entered: the batch has to have room for the difference.
    let sequence = season.projects[0].1.project.refunds()[0].sequence;
    let right = |amount| correct(sequence, RightEntry::Refund { refund: refund(amount) });
    season.alone(0, "correct", right(100)).expect("there is room");
    assert_eq!(held(&season), [million(710); 2]);
    let added = season.appraised(content(vec![line(1, 700, 290)]));
    season.decide(vec![season.item(added, adding())]).expect("1,000");
    assert_eq!(
        code_of_refusal(season.alone(0, "correct", right(60))),
        "batch-ceiling-exceeded"
    );
    season.change_ceiling(1_100).expect("raised");
    season.alone(0, "correct", right(60)).expect("there is room again");
    assert_eq!(held(&season), [million(1_040); 2]);
}

/// The shipped procedures let nobody do this; a province's own may.
#[test]
fn a_withdrawal_or_refusal_after_approval_frees_everything() {
    let text = by_batch().replacen(
        "id = \"withdraw\"\naction = \"withdraw\"\nfrom = [",
        "id = \"withdraw\"\naction = \"withdraw\"\nfrom = [\"approved\", ",
        1,
    );
    let text = text.replacen(
        "id = \"refuse\"\naction = \"refuse\"\nfrom = [",
        "id = \"refuse\"\naction = \"refuse\"\nfrom = [\"approved\", ",
        1,
    );
    for (step, action) in [
        ("withdraw", Action::Withdraw(reason())),
        ("refuse", Action::Refuse(reason())),
    ] {
        let mut season = Season::open(1_500, 1_000);
        let mut story = Story::new(&text, RULES_2018);
        crate::stories::to_appraisal(&mut story, content(vec![line(1, 700, 300)]));
        let index = season.keep(story);
        season.decide(vec![season.item(index, adding())]).expect("approved");
        let alone = season.alone(index, step, action).expect(step);
        let (batch, _) = alone.booked.expect("both know it");
        assert!(matches!(batch.what, BatchWhat::ProjectChanged(change) if change.ended));
        assert_eq!(held(&season), [Dong::ZERO; 2]);
        assert!(matches!(alone.project[0].what, What::Withdrawn(_) | What::Refused(_)));
    }
}

#[test]
fn a_step_from_before_the_last_decision_of_the_batch_is_booked_too() {
    let mut season = three();
    season.on = "2019-06-20";
    season.change_ceiling(1_100).expect("raised");
    // The đề án's own last step was before it, and so is this one.
    season.on = "2019-05-02";
    season.alone(0, "stop-on-request", stop(true)).expect("stopped");
    assert_eq!(held(&season), [million(600); 2]);
}
