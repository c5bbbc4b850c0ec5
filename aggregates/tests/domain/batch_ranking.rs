//! The legal order of candidates, and what it is made of.

use dean_aggregates::batch::candidate::{Candidate, PlaceShare, RankingFacts, TradeGround};
use dean_aggregates::batch::ranking::*;
use dean_aggregates::money::Dong;
use dean_aggregates::plan::Refusal;
use dean_aggregates::project::content::{LegalForm, PlacePriority, Trade};
use uuid::Uuid;

use crate::common::samples::*;
use crate::common::season::{Season, million};

fn candidate(number: u128, places: &[(PlacePriority, u32)], grounds: &[TradeGround]) -> Candidate {
    Candidate {
        project: Uuid::from_u128(number),
        code: format!("KC-{number}"),
        name: "Máy".to_owned(),
        requested: million(100),
        recommended: None,
        facts: RankingFacts {
            key: false,
            clean_production: false,
            places: places
                .iter()
                .map(|(class, support)| PlaceShare {
                    class: *class,
                    support: million(*support),
                })
                .collect(),
            grounds: grounds.to_vec(),
        },
    }
}

fn ranked(candidates: &[Candidate], settings: RankingSettings, ties: &[TieJudgement]) -> Result<Ranking, Refusal> {
    rank(candidates.iter(), settings, ties, million(250))
}

fn codes(ranking: &Ranking) -> Vec<&str> {
    ranking.candidates.iter().map(|one| one.code.as_str()).collect()
}

#[test]
fn key_then_place_then_trade_then_judgement() {
    use PlacePriority::*;
    let mut key = candidate(7, &[(None, 100)], &[]);
    key.facts.key = true;
    let candidates = [
        candidate(1, &[(None, 100)], &[]),
        candidate(2, &[(PoorDistrict, 100)], &[TradeGround::ExportMarket]),
        candidate(3, &[(Highland, 100)], &[]),
        candidate(4, &[(PoorDistrict, 100)], &[TradeGround::Mechanics]),
        candidate(5, &[(NewRural, 100)], &[]),
        candidate(6, &[(NewRural, 100)], &[]),
        key,
    ];
    let open = ranked(&candidates, RankingSettings::default(), &[]).expect_err("5 and 6 are equal");
    assert_eq!(
        (open.code, open.params["projects"].as_str(), open.rule.as_deref()),
        ("tie-open", "KC-5, KC-6", Some("TT 36/2013/TT-BCT Đ7.2"))
    );
    let tie = TieJudgement {
        order: vec![Uuid::from_u128(6), Uuid::from_u128(5)],
        reason: "Đã thực hiện ba đề án.".to_owned(),
    };
    let ranking = ranked(&candidates, RankingSettings::default(), &[tie]).expect("ranked");
    assert_eq!(
        codes(&ranking),
        ["KC-7", "KC-3", "KC-2", "KC-4", "KC-6", "KC-5", "KC-1"]
    );
    let reasons: Vec<_> = ranking
        .candidates
        .iter()
        .filter_map(|one| one.before_next.as_ref())
        .map(|why| (why.criterion, why.ahead.as_str(), why.behind.as_str()))
        .collect();
    assert_eq!(
        reasons,
        [
            (Criterion::KeyProject, "yes", "no"),
            (Criterion::Place, "highland", "poor-district"),
            (Criterion::Trade, "b", "a"),
            (Criterion::Place, "poor-district", "new-rural"),
            (Criterion::Capability, "1", "2"),
            (Criterion::Place, "new-rural", "none"),
        ]
    );
    let judged = ranking.candidates[4].before_next.as_ref().expect("a reason");
    assert_eq!(judged.reason.as_deref(), Some("Đã thực hiện ba đề án."));
    // 250 are left: two fit, the third is 50 above.
    let sums: Vec<_> = ranking.candidates[..3]
        .iter()
        .map(|one| (one.running, one.above))
        .collect();
    assert_eq!(
        sums,
        [
            (million(100), Dong::ZERO),
            (million(200), Dong::ZERO),
            (million(300), million(50))
        ]
    );
}

#[test]
fn nobody_judges_what_the_law_orders() {
    let candidates = [
        candidate(1, &[(PlacePriority::Highland, 100)], &[]),
        candidate(2, &[(PlacePriority::PoorDistrict, 100)], &[]),
    ];
    let tie = |order: &[u128], reason: &str| TieJudgement {
        order: order.iter().map(|number| Uuid::from_u128(*number)).collect(),
        reason: reason.to_owned(),
    };
    let judged = |tie: TieJudgement| ranked(&candidates, RankingSettings::default(), &[tie]).expect_err("refused");
    let refusal = judged(tie(&[2, 1], "Quen."));
    assert_eq!(
        (refusal.code, refusal.params["criterion"].as_str()),
        ("not-tied", "place")
    );
    assert_eq!(judged(tie(&[1, 9], "Quen.")).code, "not-a-candidate");
    assert_eq!(judged(tie(&[1, 1], "Quen.")).code, "project-repeated");
    assert_eq!(judged(tie(&[1], " ")).code, "text-empty");
    assert_eq!(
        ranked(&[], RankingSettings::default(), &[]).expect_err("none").code,
        "nothing-to-rank"
    );
}

#[test]
fn where_the_law_leaves_a_choice_the_setting_decides_and_is_recorded() {
    let candidates = [
        candidate(1, &[(PlacePriority::Highland, 10), (PlacePriority::Difficult, 90)], &[]),
        candidate(2, &[(PlacePriority::PoorDistrict, 100)], &[]),
    ];
    let order = |several_places| {
        let settings = RankingSettings {
            several_places,
            ..RankingSettings::default()
        };
        let ranking = ranked(&candidates, settings, &[]).expect("ranked");
        assert_eq!(ranking.settings, settings);
        codes(&ranking).join(" ")
    };
    assert_eq!(order(SeveralPlaces::Highest), "KC-1 KC-2");
    assert_eq!(order(SeveralPlaces::MostSupport), "KC-2 KC-1");
    let mut clean = [
        candidate(3, &[(PlacePriority::None, 100)], &[]),
        candidate(4, &[(PlacePriority::Highland, 100)], &[]),
    ];
    for one in &mut clean {
        one.facts.clean_production = true;
    }
    let all = [candidates[1].clone(), clean[0].clone(), clean[1].clone()];
    // Place doesn't order them; effect and urgency do, which somebody judges.
    assert_eq!(
        ranked(&all, RankingSettings::default(), &[]).expect_err("open").code,
        "tie-open"
    );
    let tie = TieJudgement {
        order: vec![Uuid::from_u128(3), Uuid::from_u128(4)],
        reason: "Nước thải vượt chuẩn 12 lần.".to_owned(),
    };
    for (clean_production, expected) in [
        (CleanProduction::After, "KC-2 KC-3 KC-4"),
        (CleanProduction::Before, "KC-3 KC-4 KC-2"),
    ] {
        let settings = RankingSettings {
            clean_production,
            ..RankingSettings::default()
        };
        let ranking = ranked(&all, settings, std::slice::from_ref(&tie)).expect("ranked");
        assert_eq!(codes(&ranking).join(" "), expected);
        let judged = ranking.candidates.iter().find(|one| one.code == "KC-3").expect("there");
        let why = judged.before_next.as_ref().expect("a reason");
        assert_eq!(why.criterion, Criterion::EffectAndUrgency);
    }
}

#[test]
fn grounds_are_stated_and_not_against_the_facts() {
    let mut season = Season::open(1_500, 1_000);
    let index = season.appraised(content(vec![line(1, 700, 300)]));
    // The sample firm processes food with 20 workers.
    let refusal = season
        .nominate(index, &[TradeGround::ManyWorkers])
        .expect_err("20 workers");
    assert_eq!(
        (refusal.code, refusal.params["why"].as_str(), refusal.rule.as_deref()),
        ("ground-not-met", "20 < 50", Some("TT 46/2012/TT-BCT Đ6.2"))
    );
    assert_eq!(
        season
            .nominate(index, &[TradeGround::Mechanics])
            .expect_err("food")
            .code,
        "ground-not-met"
    );
    season
        .nominate(index, &[TradeGround::FoodProcessing, TradeGround::ExportMarket])
        .expect("a candidate");
    let firm = beneficiary(1);
    assert_eq!(
        (firm.trade, firm.legal_form),
        (Trade::FoodProcessing, LegalForm::Company)
    );
    season.rank(Vec::new()).expect("one needs no judgement");
    // Its content changes: the order was made of other facts.
    let mut elsewhere = content(vec![line(1, 700, 300)]);
    elsewhere.lines[0].place.priority = PlacePriority::Difficult;
    elsewhere.beneficiaries[0].place.priority = PlacePriority::Difficult;
    let other = season.appraised(elsewhere);
    let changed = season.projects.remove(other).1;
    season.projects[index].1 = changed;
    let item = season.item(index, crate::common::season::approving());
    assert_eq!(
        crate::common::season::code_of(season.decide(vec![item])),
        "facts-changed"
    );
}

#[test]
fn a_line_that_nothing_is_asked_for_buys_no_rank() {
    let mut content = content(vec![line(1, 700, 300), line(2, 1, 0)]);
    content.lines[0].place.priority = PlacePriority::None;
    content.lines[1].place.priority = PlacePriority::Highland;
    let facts = RankingFacts::of(&content, &[]);
    let places: Vec<_> = facts.places.iter().map(|share| share.class).collect();
    assert_eq!(places, [PlacePriority::None]);
}
