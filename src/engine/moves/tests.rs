//! Real moves: projects drafted under the first version, checked against later ones, and moved where they can go on.

use std::sync::Arc;

use dean_aggregates::actor::Role;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::papers::Paper;
use dean_aggregates::project::{Context, ProjectCommand};
use dean_aggregates::publication::{Publication, PublicationCommand, PublicationKind, id_of};
use dean_ledger::{Access, AggregateStore, Database, Environment, Ledger, LedgerOptions};
use dean_test_support::{TestDatabase, story};
use serde_json::{Value, json};

use super::*;

const FIRST: &str = include_str!("../../../lifecycles/kcqg-2014-02-10.toml");
const NEXT: &str = "2014-02-10-2";

async fn engine(database: &TestDatabase) -> Arc<Engine> {
    let options = LedgerOptions {
        name: "moves".to_owned(),
        demo: false,
        id: None,
        environment: Environment::system(),
        queue_max: 100,
        batch_max: 10,
    };
    let opened = Database::open(database.url(), Access::Serve)
        .await
        .expect("the database");
    let ledger = Ledger::open(opened, options).await.expect("the ledger");
    Engine::start(ledger, Some(administrator())).await.expect("the engine")
}

fn actor(id: &str, role: Role, unit: &str) -> Actor {
    Actor {
        id: id.to_owned(),
        role,
        unit: unit.to_owned(),
    }
}

fn administrator() -> Actor {
    actor("dean.administrator", Role::Administrator, "dean")
}

fn ask(engine: &Engine, step: &str, action: Value, actor: Actor) -> Ask {
    Ask {
        step: step.to_owned(),
        action: serde_json::from_value(action).expect("an action"),
        papers: Vec::new(),
        note: String::new(),
        occurred_on: "2025-05-20".parse().expect("a day"),
        actor,
        command_id: engine.ledger.environment().uuid_v7(),
        request_sha256: [0; 32],
        expected_version: None,
        channel: "test",
    }
}

fn papers(kinds: &[&str]) -> Vec<Paper> {
    let paper = |kind: &&str| {
        let paper = json!({"kind": kind, "number": "12/CV", "date": "2025-05-10", "issuer": "Sở Công Thương"});
        serde_json::from_value(paper).expect("a paper")
    };
    kinds.iter().map(paper).collect()
}

/// A project under the first version, as it was drafted before there was another: nothing but the store can do that now.
async fn drafted(engine: &Engine, code: &str) -> Uuid {
    let rulebook = engine.rulebook().await.expect("the texts");
    let implementer = actor("ttkc.cv", Role::Implementer, "ttkc-dien-bien");
    let ask = ask(engine, "draft", json!({"draft": story::draft()}), implementer);
    let rules = rulebook.rules_for(Level::National, "dien-bien", ask.occurred_on);
    let (rules, fallback_norms) = rules.expect("rules");
    let command = ProjectCommand {
        step: ask.step.clone(),
        action: ask.action.clone(),
        papers: Vec::new(),
        note: String::new(),
        context: Context {
            actor: ask.actor.clone(),
            occurred_on: ask.occurred_on,
            today: engine.ledger.environment().today(),
            lifecycle: rulebook.lifecycle_version("kcqg", "2014-02-10").expect("published"),
            rules,
            fallback_norms,
            places: rulebook.places(),
            timetable: rulebook.timetable(),
            draft_code: Some(code.to_owned()),
            target_lifecycle: None,
            target_is_older: false,
            by_batch: None,
            batch_is_told: false,
            contract: None,
            inspection: None,
        },
    };
    let taken = engine.execute(ask.command_id, &ask, command).await;
    taken.expect("drafted").project
}

async fn take(engine: &Engine, project: Uuid, step: &str, details: Value, by: &Actor, filed: &[&str]) {
    let kind = engine.step_kind(project, step).await.expect("a step");
    let mut ask = ask(engine, step, json!({ kind.as_str(): details }), by.clone());
    ask.papers = papers(filed);
    engine
        .take_step(project, ask)
        .await
        .unwrap_or_else(|error| panic!("{step}: {error}"));
}

/// The first version under another name, which lists what the first registers, and names the base appraisal otherwise.
async fn publish_narrow(engine: &Engine) {
    let text = FIRST
        .replace("version = \"2014-02-10\"", "version = \"narrow\"")
        .replace("\"registered\"", "\"listed\"")
        .replace("\"appraise-base\"", "\"appraise-locally\"");
    let store: AggregateStore<Publication> = AggregateStore::new(engine.ledger.clone(), (), 4);
    let command = PublicationCommand::Publish {
        kind: PublicationKind::Lifecycle,
        code: "kcqg".to_owned(),
        version: "narrow".to_owned(),
        valid_from: "2014-02-10".parse().expect("a day"),
        valid_to: None,
        text,
    };
    let envelope = dean_ledger::Envelope {
        command_id: engine.ledger.environment().uuid_v7(),
        actor: dean_ledger::Actor {
            id: "dean.administrator".to_owned(),
            role: Role::Administrator.to_string(),
            unit: "dean".to_owned(),
        },
        occurred_on: engine.ledger.environment().today(),
        request_sha256: [7; 32],
        metadata: BTreeMap::new(),
    };
    let id = id_of(PublicationKind::Lifecycle, "kcqg");
    store.execute(id, None, command, envelope).await.expect("published");
}

async fn check_and_move(database: &TestDatabase) {
    let engine = engine(database).await;
    publish_narrow(&engine).await;
    let kept = drafted(&engine, "A-draft").await;
    let proposed = drafted(&engine, "B-proposed").await;
    let registered = drafted(&engine, "C-registered").await;
    let implementer = actor("ttkc.cv", Role::Implementer, "ttkc-dien-bien");
    let director = actor("so.gd", Role::DepartmentDirector, "so-ct-dien-bien");
    for project in [proposed, registered] {
        let filed = ["cong-van-de-nghi", "de-an"];
        take(&engine, project, "propose", json!({}), &implementer, &filed).await;
    }
    let passed = story::appraisal("base");
    take(&engine, registered, "appraise-base", passed, &director, &["mau-4a"]).await;
    let filed = ["bao-cao-dang-ky", "mau-2"];
    take(
        &engine,
        registered,
        "register",
        json!({"priority": 1}),
        &director,
        &filed,
    )
    .await;

    let narrow = engine.check_moves("kcqg", "narrow").await.expect("checked");
    let found: Vec<(&str, Vec<&str>)> = narrow
        .iter()
        .map(|check| {
            let codes = check.obstacles.iter().map(Obstacle::code).collect();
            (check.code.as_str(), codes)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("A-draft", vec![]),
            ("B-proposed", vec!["target-lacks-step"]),
            ("C-registered", vec!["target-lacks-state", "target-forgets-duty"]),
        ]
    );
    let order = MoveOrder {
        reason: "NĐ 235/2025/NĐ-CP".to_owned(),
        actor: administrator(),
        occurred_on: engine.ledger.environment().today(),
    };
    // The decision itself refuses what the check has found, should somebody go past it.
    for (check, code) in narrow[1..].iter().zip(["target-lacks-step", "target-lacks-state"]) {
        match engine.move_project(check, "narrow", &order).await {
            Err(StepError::Refused(refusal)) => assert_eq!(refusal.code, code),
            other => panic!("{}: {other:?}", check.code),
        }
    }

    let newer = engine.check_moves("kcqg", NEXT).await.expect("checked");
    assert_eq!(newer.len(), 3);
    assert!(newer.iter().all(MoveCheck::can_move), "{newer:?}");
    engine.move_project(&newer[2], NEXT, &order).await.expect("moved");
    let (moved, _) = engine.projects.load(registered).await.expect("loaded");
    assert_eq!(moved.lifecycle_pin().version, NEXT);
    // It goes on under the new version, by a step that the first didn't have.
    let agency = actor("cuc.cv", Role::AgencyOfficer, "cuc");
    let reason = json!({"return": {"reason": "Thiếu báo giá"}});
    let mut returned = ask(&engine, "return-agency", reason, agency);
    returned.occurred_on = order.occurred_on;
    engine.take_step(registered, returned).await.expect("returned");
    let left = engine.check_moves("kcqg", NEXT).await.expect("checked");
    let left: Vec<Uuid> = left.iter().map(|check| check.project).collect();
    assert_eq!(left, [kept, proposed]);
    // Nothing goes back to a version that was replaced.
    let back = engine.check_moves("kcqg", "2014-02-10").await.expect("checked");
    assert_eq!(back.len(), 1);
    let codes: Vec<&str> = back[0].obstacles.iter().map(Obstacle::code).collect();
    assert!(codes.contains(&"target-older") && !back[0].can_move(), "{codes:?}");
    match engine.move_project(&back[0], "2014-02-10", &order).await {
        Err(StepError::Refused(refusal)) => assert_eq!(refusal.code, "target-older"),
        other => panic!("{other:?}"),
    }
    let report = engine.ledger.verify(|_, _| {}).await.expect("readable");
    assert!(report.faults.is_empty(), "{:?}", report.faults);
    engine.ledger.close().await;
}

#[tokio::test]
async fn moves_are_checked_done_and_listed_on_sqlite() {
    check_and_move(&TestDatabase::sqlite()).await;
}

#[tokio::test]
async fn moves_are_checked_done_and_listed_on_postgresql() {
    check_and_move(&TestDatabase::postgres()).await;
}
