//! A plan, its batch and their đề án: what one decision does to all of them, and what is refused.

use dean_aggregates::actor::Role;
use dean_aggregates::batch::BatchWhat;
use dean_aggregates::batch::command::{Item, ItemWhat};
use dean_aggregates::batch::together::TogetherError;
use dean_aggregates::lifecycle::{Lifecycle, MoneyMode};
use dean_aggregates::places::Places;
use dean_aggregates::plan::command::{EstimateAssignment, EstimateChange, PlanKey};
use dean_aggregates::plan::{PlanAction, PlanWhat, Refusal};
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::event::What;

use crate::common::samples::*;
use crate::common::season::*;
use crate::common::{KCDP, KCQG, RULES_2018, Story, day};
use crate::stories_money::pay_after;

/// Four candidates of 300 million each under a ceiling of 1,000.
fn four() -> Season {
    let mut season = Season::open(1_500, 1_000);
    for _ in 0..4 {
        let index = season.appraised(content(vec![line(1, 700, 300)]));
        season.nominate(index, &[]).expect("a candidate");
    }
    season.rank_by_index();
    season
}

fn approve_all(season: &Season, indexes: &[usize]) -> Vec<Item> {
    indexes.iter().map(|index| season.item(*index, approving())).collect()
}

fn refused(decided: Result<impl std::fmt::Debug, TogetherError>) -> Refusal {
    match decided.expect_err("refused") {
        TogetherError::Refused(refusal) => refusal,
        TogetherError::Project { error, .. } => panic!("{error}"),
    }
}

#[test]
fn a_decision_above_the_ceiling_is_refused_as_a_whole() {
    let mut season = four();
    let (plan, batch) = (season.plan.clone(), season.batch.clone());
    let refusal = refused(season.decide(approve_all(&season, &[0, 1, 2, 3])));
    assert_eq!(refusal.code, "batch-ceiling-exceeded");
    let params = |name: &str| refusal.params[name].as_str();
    assert_eq!(
        (params("amount"), params("limit"), params("over")),
        ("1.200.000.000", "1.000.000.000", "200.000.000")
    );
    assert_eq!(
        params("projects").matches("+300.000.000").count(),
        4,
        "each đề án with its figure"
    );
    assert_eq!((&plan, &batch), (&season.plan, &season.batch));
    for (_, story) in &season.projects {
        assert_eq!(story.state(), "appraised-ministry");
    }
}

#[test]
fn a_decision_moves_plan_batch_and_projects_together() {
    let mut season = four();
    let decided = season.decide(approve_all(&season, &[0, 1, 2])).expect("900 of 1,000");
    assert_eq!(season.batch.figures().approved, million(900));
    assert_eq!(season.plan.figures().approved, million(900));
    for event in &decided.projects {
        let reference = event.batch.as_ref().expect("it names its batch");
        assert_eq!(
            (reference.batch, reference.number.as_str(), reference.decision.as_str()),
            (season.batch_id, "2019-1", "1001/QĐ-BCT")
        );
        let What::Approved(approved) = &event.what else {
            panic!("{event:?}")
        };
        assert_eq!(approved.approval.batch.as_deref(), Some("2019-1"));
        assert_eq!(event.after.state, "approved");
    }
    // In the middle of the year: one stops, one is cut, one is added, by one paper.
    let added = season.appraised(content(vec![line(1, 700, 250)]));
    season.on = "2019-06-20";
    let items = vec![
        season.item(0, stopping()),
        season.item(1, adjusting(1, 200)),
        season.item(added, adding()),
    ];
    let decided = season.decide(items).expect("what is freed is used at once");
    assert_eq!(season.batch.figures().approved, million(200 + 300 + 250));
    assert_eq!(season.plan.figures().approved, million(750));
    let BatchWhat::BatchDecided(event) = &decided.batch.what else {
        panic!("{:?}", decided.batch.what)
    };
    let money: Vec<_> = event.items.iter().map(|item| (item.before, item.after)).collect();
    assert_eq!(
        money,
        [
            (million(300), million(0)),
            (million(300), million(200)),
            (million(0), million(250))
        ]
    );
    let names: Vec<_> = decided.projects.iter().map(|event| event.what.name()).collect();
    assert_eq!(names, ["Stopped", "Adjusted", "Approved"]);
    assert!(season.batch.approved()[&season.id(0)].stopped);
    // The one that was left out is still a candidate and takes what is left.
    season.on = "2019-07-01";
    assert_eq!(season.batch.rank_of(season.id(3)), Some(4));
    let refusal = refused(season.decide(approve_all(&season, &[3])));
    assert_eq!(refusal.params["over"], "50.000.000");
}

#[test]
fn what_was_paid_is_not_free_again_when_a_project_stops() {
    let mut season = four();
    season.decide(approve_all(&season, &[0])).expect("approved");
    let story = &mut season.projects[0].1;
    story.on("2019-01-15").take("sign-contract", contract(300));
    story.take(
        "report-progress",
        Action::ReportProgress(progress("2019-01-01", 600, 400)),
    );
    story.take(
        "confirm-progress",
        Action::ConfirmProgress(progress("2019-01-01", 600, 400)),
    );
    story.take("advance-first", pay(PaymentKind::First, 210));
    season.on = "2019-06-20";
    season.decide(vec![season.item(0, stopping())]).expect("stopped");
    assert_eq!(season.plan.figures().approved, million(210), "90 of 300 are free again");
}

#[test]
fn what_a_contract_may_still_make_due_is_not_free_where_money_comes_after_settlement() {
    let mut story = Story::new(&pay_after(), RULES_2018);
    let mut local = content(vec![line(1, 700, 300)]);
    local.lines[0].source = Level::Local;
    story.on("2018-05-12").take("draft", draft_of(Level::Local, local));
    story.take("propose", Action::Propose(NoDetails {}));
    story.take("appraise", appraise(AppraisalLevel::Province, Verdict::Pass));
    story.take("approve", approve());
    assert_eq!(story.project.committed(MoneyMode::PayAfter), million(300));
    story.take("sign-contract", contract(250));
    story.take("stop-on-request", stop(true));
    assert_eq!(story.project.committed(MoneyMode::PayAfter), million(250));
    assert_eq!(story.project.committed(MoneyMode::Advance), million(0));
}

#[test]
fn a_step_by_batch_is_not_taken_alone() {
    let mut season = four();
    let story = &mut season.projects[0].1;
    story.on("2018-12-20");
    let refusal = story.refused("approve", approve());
    assert_eq!(
        (refusal.code, refusal.rule.as_deref()),
        ("only-by-batch", Some("TT 36/2013/TT-BCT Đ8.3"))
    );
    season.decide(approve_all(&season, &[0])).expect("the batch may");
    // Adjusting is left to each authority; but money that the batch doesn't know of would break its ceiling.
    season.on = "2019-02-01";
    season
        .alone(0, "adjust-agency", adjust(support(&[(1, 200)])))
        .expect("the Cục lowers (Đ11.2b)");
    let story = &mut season.projects[0].1;
    let refusal = story.refused("adjust-minister", adjust(support(&[(1, 300)])));
    assert_eq!(refusal.code, "raise-only-by-batch");
    assert_eq!(refusal.params["batch"], "2019-1");
    season.on = "2019-02-02";
    season
        .decide(vec![season.item(0, adjusting(1, 300))])
        .expect("by the batch");
}

#[test]
fn only_approving_stopping_and_adjusting_go_by_batch() {
    let text = KCQG.replacen("action = \"propose\"\n", "action = \"propose\"\nby_batch = true\n", 1);
    let problems = Lifecycle::parse("kcqg.toml", &text).expect_err("refused");
    assert!(problems[0].message.contains("which no batch decides"), "{problems:?}");
}

#[test]
fn each_item_of_a_decision_is_checked() {
    let mut season = four();
    let late = season.appraised(content(vec![line(1, 700, 300)]));
    assert_eq!(code_of(season.decide(Vec::new())), "no-items");
    assert_eq!(
        code_of(season.decide(approve_all(&season, &[0, 0]))),
        "project-repeated"
    );
    assert_eq!(code_of(season.decide(approve_all(&season, &[late]))), "not-a-candidate");
    assert_eq!(
        code_of(season.decide(vec![season.item(0, adding())])),
        "already-a-candidate",
        "who has a place in the order is not added past it"
    );
    assert_eq!(code_of(season.decide(vec![season.item(0, stopping())])), "no-step");
    let no_reason = ItemWhat::Add {
        lines: Vec::new(),
        reason: " ".to_owned(),
    };
    let refusal = refused(season.decide(vec![season.item(late, no_reason)]));
    assert_eq!(
        (refusal.code, refusal.field.as_deref()),
        ("text-empty", Some("items.0.what.add.reason"))
    );
    season.nominate(late, &[]).expect("a candidate");
    assert_eq!(code_of(season.decide(approve_all(&season, &[0]))), "not-ranked");
    season.rank_by_index();
    season.decide(approve_all(&season, &[0])).expect("approved");
    // The paper has a number, and it is one of a kind.
    season.decisions = 1_000;
    assert_eq!(code_of(season.decide(approve_all(&season, &[1]))), "decision-repeated");
    season.decisions = 1_001;
    assert_eq!(code_of(season.decide(vec![season.item(0, adding())])), "no-step");
    assert_eq!(
        code_of(season.decide(vec![season.item(1, adjusting(1, 100))])),
        "no-step"
    );
    // A project's own rules speak for the project: 50 % of 700 are 350, at most 300 (TT 28/2018 Đ8).
    let norm = adjusting(1, 310);
    match season.decide(vec![season.item(0, norm)]) {
        Err(TogetherError::Project { index: 0, error, .. }) => assert_eq!(error.code, "norm-exceeded"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn who_decides_is_checked_for_the_batch_and_for_each_project() {
    let mut season = four();
    let items = approve_all(&season, &[0]);
    let refusal = refused(
        season
            .decide_as(items.clone(), actor(Role::AgencyDirector, "so-ct-lai-chau"))
            .map_err(|error| match error {
                // The lifecycle is asked first.
                TogetherError::Project { error, .. } => TogetherError::Refused((*error).into()),
                refused @ TogetherError::Refused(_) => refused,
            }),
    );
    assert_eq!(refusal.code, "not-your-role");
    season.decide(items).expect("the minister may");
    season.on = "2019-02-01";
    let cut = vec![season.item(0, adjusting(1, 200))];
    season
        .decide_as(cut, actor(Role::AgencyDirector, "cuc"))
        .expect("the Cục lowers (Đ11.2b)");
    let raise = vec![season.item(0, adjusting(1, 250))];
    let refused_raise = season.decide_as(raise, actor(Role::AgencyDirector, "cuc"));
    assert_eq!(code_of(refused_raise), "authority");
    for (role, unit, code) in [
        (Role::Auditor, "kiem-toan", "read-only-role"),
        (Role::Implementer, "ttkc-dien-bien", "act-not-your-role"),
        (Role::AgencyDirector, "bo-ct", "act-not-your-unit"),
    ] {
        let mut other = Season::open(1_000, 500);
        let change = EstimateChange {
            amount: million(900),
            decision: paper_of("9/QĐ"),
            reason: "Cắt giảm.".to_owned(),
        };
        let change = PlanAction::ChangeEstimate(change);
        let refusal = other.plan(change, actor(role, unit)).expect_err("refused");
        assert_eq!(refusal.code, code);
        assert_eq!(
            refusal.rule.is_some(),
            code != "read-only-role",
            "the refusal names the rule"
        );
    }
    let officer_ranks = season.rank(Vec::new()).expect_err("three are equal");
    assert_eq!(officer_ranks.code, "tie-open");
}

#[test]
fn ceilings_stay_within_the_estimate_and_a_cut_is_flagged() {
    let mut season = four();
    let refusal = refused(season.open_batch(2, 600));
    assert_eq!(refusal.code, "ceilings-exceed-estimate");
    assert_eq!(refusal.params["free"], "500.000.000");
    season.open_batch(2, 500).expect("the rest");
    assert_eq!(code_of(season.open_batch(2, 1)), "batch-exists");
    assert_eq!(code_of(season.open_batch(0, 1)), "batch-number");
    assert_eq!(code_of(season.change_ceiling(1_001)), "ceilings-exceed-estimate");
    season.decide(approve_all(&season, &[0, 1, 2])).expect("900");
    assert_eq!(code_of(season.change_ceiling(899)), "ceiling-below-approved");
    season.change_ceiling(950).expect("lowered");
    assert_eq!(season.plan.figures().reserved, million(1_450));
    season.change_estimate(800).expect("a cut is no error");
    let PlanWhat::EstimateChanged(changed) = &season.plan_events.last().expect("an event").what else {
        panic!("not an estimate")
    };
    assert_eq!(
        (changed.approved_above, changed.reserved_above),
        (million(100), million(650))
    );
    // What takes more is refused, what takes less goes on, though it is still too much.
    season.on = "2019-02-01";
    season.change_ceiling(940).expect("less");
    assert_eq!(code_of(season.change_ceiling(945)), "ceilings-exceed-estimate");
    season
        .decide(vec![season.item(0, adjusting(1, 250))])
        .expect("850 is less than 900");
    let refusal = refused(season.decide(vec![season.item(0, adjusting(1, 300))]));
    assert_eq!(
        (refusal.code, refusal.params["over"].as_str()),
        ("estimate-exceeded", "100.000.000")
    );
    assert!(refusal.params["projects"].contains("+50.000.000"), "{refusal}");
}

#[test]
fn candidates_belong_to_the_plan_and_are_ready() {
    let mut season = Season::open(1_500, 1_000);
    let mut other_year = content(vec![line(1, 700, 300)]);
    other_year.name = "Năm khác".to_owned();
    let index = season.appraised(other_year);
    season.nominate(index, &[]).expect("a candidate");
    assert_eq!(
        season.nominate(index, &[]).expect_err("twice").code,
        "already-a-candidate"
    );
    let early = season.appraised(content(vec![line(1, 700, 300)]));
    let mut draft = Story::new(&by_batch(), RULES_2018);
    draft
        .on("2018-05-12")
        .take("draft", draft_of(Level::National, content(vec![line(1, 700, 300)])));
    season.projects[early].1 = draft;
    assert_eq!(season.nominate(early, &[]).expect_err("a draft").code, "not-ready");
    let story = Story::new(KCDP, RULES_2018);
    season.projects[early].1 = story;
    assert_eq!(
        season.nominate(early, &[]).expect_err("nothing").code,
        "no-such-project"
    );
    let mut local = Story::new(KCDP, RULES_2018);
    let mut of_province = content(vec![line(1, 700, 300)]);
    of_province.lines[0].source = Level::Local;
    local
        .on("2018-05-12")
        .take("draft", draft_of(Level::Local, of_province));
    season.projects[early].1 = local;
    let refusal = season.nominate(early, &[]).expect_err("another programme");
    assert_eq!(refusal.code, "other-plan");
    assert_eq!(refusal.params["expected"], "national bo-ct 2019");
}

#[test]
fn nothing_is_dated_back_or_ahead() {
    let mut season = four();
    season.on = "2018-12-19";
    assert_eq!(code_of(season.decide(approve_all(&season, &[0]))), "back-dated");
    season.on = "2031-01-01";
    assert_eq!(season.change_estimate(1).expect_err("refused").code, "future-date");
    assert_eq!(day("2030-12-31"), season.circumstances(minister()).today);
}

#[test]
fn a_local_plan_is_its_provinces() {
    let lifecycle = crate::common::lifecycle(KCDP);
    let places = Places::parse("places.toml", crate::common::PLACES).expect("the list of places parses");
    let assignment = |province: Option<&str>| {
        let key = PlanKey {
            level: Level::Local,
            province: province.map(str::to_owned),
            year: 2019,
        };
        let estimate = (million(900), paper_of("5/QĐ-UBND"));
        EstimateAssignment::of(key, estimate, (&lifecycle, &places, day("2018-12-20")))
    };
    assert_eq!(
        assignment(Some("atlantis")).expect_err("nowhere").code,
        "unknown-province"
    );
    let assigned = assignment(Some("dien-bien")).expect("a province");
    assert_eq!(assigned.authority.id, "ubnd-dien-bien");
    let mut season = Season::of(uuid::Uuid::nil(), 1);
    let without = PlanAction::AssignEstimate(assignment(None).expect("units of nowhere"));
    let chair = || actor(Role::ProvinceChair, "ubnd-dien-bien");
    assert_eq!(
        season.plan(without, chair()).expect_err("no province").code,
        "plan-province"
    );
    let assign = PlanAction::AssignEstimate(assigned);
    let stranger = actor(Role::DepartmentDirector, "so-ct-lai-chau");
    let refusal = season.plan(assign.clone(), stranger).expect_err("another province's");
    assert_eq!(
        (refusal.code, refusal.params["expected"].as_str()),
        ("act-not-your-unit", "so-ct-dien-bien")
    );
    let minister_refused = season.plan(assign.clone(), minister()).expect_err("the national level");
    assert_eq!(minister_refused.code, "act-not-your-role");
    season.plan(assign.clone(), chair()).expect("assigned");
    assert_eq!(season.plan(assign, chair()).expect_err("twice").code, "plan-exists");
}
