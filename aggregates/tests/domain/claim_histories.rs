//! Generated histories: whatever is submitted, refused, ruled on, approved and stopped in whatever order, of two projects that meet in an
//! expense item one is flagged, and a flagged one commits no money unless an officer ruled that it is not the same item.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use cqrs_es::Aggregate;
use dean_aggregates::project::What;
use dean_aggregates::project::action::{Action, Approval};
use dean_aggregates::screening::{FiledMachine, ItemsToFile, Screening};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::common::Story;
use crate::common::samples::{contract, decision, reason, stop};
use crate::common::world::*;

const PROJECTS_MAX: usize = 7;

/// Firms under old and new codes, one of which links both.
static KINDS: LazyLock<Vec<Story>> = LazyLock::new(|| {
    let firms = [
        ("5600000010", None),
        ("5600000020", None),
        ("5600000020", Some("5600000010")),
        ("5600000030", None),
    ];
    let items = [("MM", "máy sấy"), ("CGCN", "dây chuyền")];
    let each = firms.iter().flat_map(|firm| items.iter().map(move |item| (firm, item)));
    each.map(|((code, former), (kind, item))| appraised(content_of(kind, item, code, *former)))
        .collect()
});

/// One attempt: what, with which project, with what.
type Try = (u8, u8, u8);
type Counts = BTreeMap<&'static str, (u32, u32)>;
/// Everything that is tried.
const ACTS: [&str; 7] = [
    "submit",
    "refuse",
    "file a machine",
    "rule",
    "approve",
    "contract",
    "stop",
];

fn act(world: &mut World, (what, which, with): Try) -> (&'static str, bool) {
    if world.lives.is_empty() || (what % 8 == 0 && world.lives.len() < PROJECTS_MAX) {
        let mut story = KINDS[usize::from(with) % KINDS.len()].clone();
        let code = format!("KC-{}", world.lives.len());
        for event in &mut story.events {
            if let What::Drafted(drafted) = &mut event.what {
                drafted.code.clone_from(&code);
            }
        }
        return ("submit", world.try_admit(story).is_ok());
    }
    let index = usize::from(which) % world.lives.len();
    let approve = |number: u8| {
        let mut decision = decision();
        decision.number = format!("{number}/QĐ");
        Action::Approve(Approval {
            decision,
            batch: None,
            lines: Vec::new(),
        })
    };
    match what % 8 {
        0 | 1 => (
            "refuse",
            world.try_take(index, "2018-12-20", "refuse", Action::Refuse(reason())),
        ),
        2 => {
            let machines = vec![FiledMachine {
                line: 1,
                serial: format!("SN{}", with % 3),
            }];
            let items = ItemsToFile {
                machines,
                ..ItemsToFile::default()
            };
            ("file a machine", world.file(index, &items).is_ok())
        }
        3 | 4 => {
            let flags = world.flags(index);
            let Some((flag, _)) = flags.get(usize::from(with / 8) % flags.len().max(1)) else {
                return ("rule", false);
            };
            ("rule", world.rule(index, *flag, with.is_multiple_of(4)).is_ok())
        }
        5 => (
            "approve",
            commits(world, index, "2018-12-20", ("approve", approve(with))),
        ),
        6 => (
            "contract",
            commits(world, index, "2019-01-20", ("sign-contract", contract(300))),
        ),
        _ => (
            "stop",
            world.try_take(index, "2019-02-01", "stop-for-violation", stop(false)),
        ),
    }
}

/// A step that commits money is taken with every hit ruled to be something else, or not at all.
fn commits(world: &mut World, index: usize, on: &str, (step, action): (&str, Action)) -> bool {
    let accepted = world.try_take(index, on, step, action);
    let flags = world.lives[index].screening.flags().values();
    let mut counting = flags.filter(|flag| !flag.lapsed);
    assert!(!accepted || counting.all(|flag| flag.ruling.as_ref().is_some_and(|ruling| !ruling.same)));
    accepted
}

/// A flag that counts, on one of the two, about the other.
fn flagged(world: &World, one: usize, other: usize) -> bool {
    let about = |one: usize, other: usize| world.flags(one).iter().any(|(_, about)| *about == other);
    about(one, other) || about(other, one)
}

fn meet(world: &World, one: usize, other: usize) -> bool {
    let uses = |index: usize| world.lives[index].screening.held().to_vec();
    uses(one).iter().any(|own| {
        uses(other).iter().any(|theirs| {
            own.basis.kind == theirs.basis.kind
                && own.claims.iter().any(|claim| theirs.claims.contains(claim))
                && (own.basis.kind != dean_aggregates::claim::SupportKeyKind::Beneficiary
                    || own.uses[0].kind == theirs.uses[0].kind)
        })
    })
}

fn check(world: &World) {
    for one in 0..world.lives.len() {
        for other in 0..one {
            let missed = meet(world, one, other) && !flagged(world, one, other);
            assert!(!missed, "{one} and {other} are for one item and neither is flagged");
        }
        let life = &world.lives[one];
        let mut replayed = Screening::default();
        for event in &life.screened {
            replayed.apply(event.clone());
        }
        assert_eq!(replayed, life.screening);
        // What a screening says that it holds, the claims say too.
        for held in life.screening.held() {
            for claim in &held.claims {
                assert!(world.claims[claim].holdings().contains_key(&life.id));
            }
        }
    }
    for (id, claim) in &world.claims {
        for holder in claim.holdings().keys() {
            let life = world.lives.iter().find(|life| life.id == *holder).expect("a project");
            assert!(
                life.screening.held().iter().any(|held| held.claims.contains(id)),
                "held by nobody"
            );
        }
    }
}

#[test]
fn nobody_gets_money_twice_for_one_item() {
    let counts = RefCell::new(Counts::new());
    let config = ProptestConfig {
        cases: 120,
        rng_seed: RngSeed::Fixed(7),
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let tries = proptest::collection::vec(any::<Try>(), 1..40);
    proptest::test_runner::TestRunner::new(config)
        .run(&tries, |tries| {
            let mut world = World::default();
            for attempt in tries {
                let (what, accepted) = act(&mut world, attempt);
                let mut counts = counts.borrow_mut();
                let (yes, no) = counts.entry(what).or_default();
                *if accepted { yes } else { no } += 1;
                check(&world);
            }
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let counts = counts.into_inner();
    println!("accepted, refused: {counts:?}");
    for what in ACTS {
        let (accepted, _) = counts.get(what).copied().unwrap_or_default();
        assert!(accepted > 20, "{what} was hardly ever accepted: {counts:?}");
    }
    assert_eq!(counts.len(), ACTS.len(), "{counts:?}");
}
