//! Who opens plans and batches, prepares and decides them is data of the lifecycle; a plan keeps what held when it was opened.

use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::places::Places;
use dean_aggregates::plan::authority::unwritten;
use dean_aggregates::plan::command::{EstimateAssignment, EstimateChange, PlanKey};
use dean_aggregates::plan::{self, Plan, PlanAction, Refusal};
use dean_aggregates::project::content::Level;
use dean_aggregates::project::papers::Decision;

use crate::common::samples::{content, line, signed_for};
use crate::common::season::*;
use crate::common::{KCDP_3, KCDP_RECOVERABLE_2, KCQG, KCQG_3, PLACES, day, lifecycle};

fn parsed(text: &str) -> Lifecycle {
    Lifecycle::parse("lifecycle.toml", text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// The national text with other takers, or delegates, of one act.
fn edited(from: &str, to: &str) -> String {
    assert!(KCQG_3.contains(from), "nothing to edit: {from}");
    KCQG_3.replacen(from, to, 1)
}

fn assignment(text: &str, decision: Decision) -> PlanAction {
    let places = Places::parse("places.toml", PLACES).expect("the list of places parses");
    let key = PlanKey {
        level: Level::National,
        province: None,
        year: 2019,
    };
    let looked_up = (&*lifecycle(text), &places, day("2018-12-20"));
    PlanAction::AssignEstimate(EstimateAssignment::of(key, (million(1_500), decision), looked_up).expect("units"))
}

fn season() -> Season {
    Season::of(plan::id_of(Level::National, "bo-ct", 2019), 1)
}

fn opened(text: &str) -> Season {
    let mut season = season();
    season
        .plan(assignment(text, paper_of("1/QĐ")), minister())
        .expect("assigned");
    season
}

fn signed(number: &str, paper: &str) -> Decision {
    let mut decision = paper_of(number);
    let mut signature = signed_for();
    paper.clone_into(&mut signature.paper);
    decision.signed_for = Some(signature);
    decision
}

fn changing(season: &mut Season, decision: Decision, actor: Actor) -> Result<(), Refusal> {
    let change = EstimateChange {
        amount: million(1_400),
        decision,
        reason: "Điều chỉnh.".to_owned(),
    };
    season.plan(PlanAction::ChangeEstimate(change), actor)
}

#[test]
fn the_texts_that_come_along_say_what_held_before_they_said_it() {
    for (text, level) in [(KCQG_3, Level::National), (KCDP_3, Level::Local)] {
        assert!(text.contains("\nplanning = ["));
        assert_eq!(parsed(text).planning, unwritten(level));
    }
    assert_eq!(parsed(KCQG).planning, unwritten(Level::National));
}

#[test]
fn a_plan_keeps_who_decides_from_the_day_on_which_it_was_opened() {
    let only_the_minister = edited(
        "act = \"decide\", takers = [\"ministry:minister\", \"agency:agency-director\"], delegates = [\"ministry:minister\", \"agency:agency-director\"]",
        "act = \"decide\", takers = [\"ministry:minister\"]",
    );
    let agency = || actor(Role::AgencyDirector, "cuc");
    for (text, code) in [(KCQG_3, None), (only_the_minister.as_str(), Some("act-not-your-role"))] {
        let mut season = opened(text);
        let first = season.plan_events.first().expect("an event");
        let recorded = serde_json::to_value(first).expect("serialises");
        let pin = &recorded["what"]["EstimateAssigned"]["lifecycle"];
        assert_eq!(pin["sha256"], lifecycle(text).pin.sha256, "it names the text: {pin}");
        season.open_batch(1, 1_000).expect("opened");
        let index = season.appraised(content(vec![line(1, 700, 300)]));
        season.decide(vec![season.item(index, adding())]).expect("approved");
        season.on = "2019-02-01";
        let cut = season.decide_as(vec![season.item(index, adjusting(1, 200))], agency());
        match code {
            None => assert!(cut.is_ok(), "the Cục lowers (Đ11.2b)"),
            Some(code) => assert_eq!(code_of(cut), code),
        }
        // A replay needs no text: what held stands in the plan's own event.
        let mut replayed = Plan::default();
        for event in &season.plan_events {
            let text = serde_json::to_string(event).expect("serialises");
            cqrs_es::Aggregate::apply(&mut replayed, serde_json::from_str(&text).expect("loads"));
        }
        assert_eq!(replayed, season.plan);
    }
}

#[test]
fn a_delegate_signs_for_somebody_and_says_for_whom() {
    let text = edited(
        "delegates = [\"ministry:minister\", \"ministry:ministry-finance\", \"agency:agency-director\"], article = \"TT 36/2013/TT-BCT Đ6.2, Đ6.4\"",
        "delegates = [\"agency:agency-officer\"], article = \"TT 36/2013/TT-BCT Đ6.2, Đ6.4\"",
    );
    let mut season = opened(&text);
    let refused = |season: &mut Season, decision, actor| {
        let refusal = changing(season, decision, actor).expect_err("refused");
        assert_eq!(
            refusal.rule.as_deref(),
            Some("TT 36/2013/TT-BCT Đ6.2, Đ6.4"),
            "{refusal}"
        );
        (refusal.code, refusal.field)
    };
    let at = |field: &str| Some(format!("decision.signed_for{field}"));
    assert_eq!(
        refused(&mut season, paper_of("2/QĐ"), officer()),
        ("delegation-missing", at(""))
    );
    assert_eq!(
        refused(&mut season, signed("2/QĐ", ""), officer()),
        ("text-empty", at(".paper"))
    );
    assert_eq!(
        refused(&mut season, signed("2/QĐ", "01/QĐ-BCT"), minister()),
        ("not-delegable", at(""))
    );
    // Opening a batch is no paper that could be signed for somebody.
    let opening = dean_aggregates::batch::together::open_batch(
        (season.plan_id, &season.plan),
        &season.batch,
        (1, million(100)),
        &season.circumstances(officer()),
    );
    assert_eq!(code_of(opening), "act-not-your-role");
    changing(&mut season, signed("2/QĐ", "01/QĐ-BCT"), officer()).expect("for the Cục trưởng");
}

#[test]
fn faults_in_the_rows_are_named() {
    let cases = [
        (
            "{ act = \"prepare\", takers = [\"agency:agency-officer\", \"agency:agency-director\"], article = \"TT 36/2013/TT-BCT Đ6.3, Đ7\" },",
            "",
            "`planning` doesn't say who may `prepare`",
        ),
        (
            "act = \"prepare\"",
            "act = \"decide\"",
            "`decide` stands in `planning` twice",
        ),
        (
            "takers = [\"agency:agency-officer\", \"agency:agency-director\"], article = \"TT 36/2013/TT-BCT Đ6.3, Đ7\"",
            "takers = [], article = \"TT 36/2013/TT-BCT Đ6.3, Đ7\"",
            "nobody may `prepare`",
        ),
        (
            "act = \"prepare\", takers = [\"agency:agency-officer\"",
            "act = \"prepare\", takers = [\"department:department-officer\"",
            "the party `department` has no part in a plan of this programme",
        ),
        (
            "act = \"prepare\", takers = [\"agency:agency-officer\"",
            "act = \"prepare\", takers = [\"agency:agency-offcer\"",
            "there is no role `agency-offcer`",
        ),
    ];
    for (from, to, words) in cases {
        let problems = Lifecycle::parse("kcqg.toml", &edited(from, to)).expect_err(words);
        assert!(
            problems.iter().any(|problem| problem.message.contains(words)),
            "{words}: {problems:#?}"
        );
    }
    let unsigned = edited(
        "article = \"TT 36/2013/TT-BCT Đ6.3, Đ7\"",
        "delegates = [\"agency:agency-officer\"], article = \"TT 36/2013/TT-BCT Đ6.3, Đ7\"",
    );
    let elsewhere = edited(
        "act = \"prepare\", takers = [\"agency:agency-officer\"",
        "act = \"prepare\", takers = [\"agency:minister\"",
    );
    let row = "planning = [\n  { act = \"estimate\", takers = [\"province:province-chair\"], article = \"x\" },\n  { act = \"prepare\", takers = [\"department:department-officer\"], article = \"x\" },\n  { act = \"decide\", takers = [\"province:province-chair\"], article = \"x\" },\n]\n\n[[units]]";
    let by_name = KCDP_RECOVERABLE_2.replacen("[[units]]", row, 1);
    for (text, words) in [
        (unsigned, "preparing a list bears no signature"),
        (elsewhere, "nobody has the role `minister` at the party `agency`"),
        (
            by_name,
            "`planning` has no effect in a lifecycle that holds by name only",
        ),
    ] {
        let problems = Lifecycle::review("lifecycle.toml", &text);
        assert!(
            problems.iter().any(|problem| problem.message.contains(words)),
            "{words}: {problems:#?}"
        );
    }
}

#[test]
fn a_comparison_says_who_plans_otherwise() {
    let new = parsed(&edited(
        "act = \"prepare\", takers = [\"agency:agency-officer\", ",
        "act = \"prepare\", takers = [",
    ));
    let found: Vec<String> = parsed(KCQG_3)
        .differences(&new)
        .iter()
        .map(ToString::to_string)
        .collect();
    assert!(
        found
            .iter()
            .any(|line| line.contains("act on plans and batches added: prepare by agency:agency-director (")),
        "{found:#?}"
    );
}
