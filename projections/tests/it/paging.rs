//! Lists: pages that stay what they are, and search as people type it.

use dean_projections::{Cursor, ProjectFilter, ProjectionError};

use crate::story::{DEPARTMENT, IMPLEMENTER, life};
use crate::support::{PATIENCE, Place, follow, on_both_databases, record, record_stories};

on_both_databases!(
    pages_are_stable_while_rows_change,
    search_needs_no_accents,
    inboxes_have_pages,
    bad_cursors_are_refused
);

async fn pages_are_stable_while_rows_change(place: Place) {
    let ledger = place.ledger().await;
    let environment = ledger.environment().clone();
    let mut drafts = Vec::new();
    for number in 0..25 {
        let project = environment.uuid_v7();
        record(&ledger, project, 0, &life(number)[..1]).await;
        drafts.push(project);
    }
    let (models, runner) = follow(&ledger).await;
    let all = ProjectFilter::default();
    let first = models.projects(&all, None, 10).await.expect("a page");
    // Meanwhile an old project moves on, and a new one comes.
    record(&ledger, drafts[3], 1, &life(3)[1..2]).await;
    let position = record(&ledger, environment.uuid_v7(), 0, &life(99)[..1]).await;
    assert!(models.wait_for(position, PATIENCE).await.expect("a position"));
    let second = models.projects(&all, first.next.clone(), 10).await.expect("a page");
    let third = models.projects(&all, second.next.clone(), 10).await.expect("a page");
    assert_eq!(third.next, None);
    let seen: Vec<_> = [first, second, third]
        .into_iter()
        .flat_map(|page| page.rows)
        .map(|row| row.id)
        .collect();
    drafts.reverse();
    assert_eq!(seen, drafts, "each once, the newest first");
    runner.stop().await;
}

async fn search_needs_no_accents(place: Place) {
    let ledger = place.ledger().await;
    record_stories(&ledger, 0..3).await;
    let (models, runner) = follow(&ledger).await;
    let count = async |text: &str| {
        let filter = ProjectFilter {
            text: Some(text.to_owned()),
            ..ProjectFilter::default()
        };
        models.count(&filter).await.expect("a count")
    };
    assert_eq!(count("dien bien").await, 3);
    assert_eq!(
        count("ĐẶNG quang  máy").await,
        3,
        "every word anywhere: beneficiary and name"
    );
    assert_eq!(count("dang lanh 00002").await, 1, "and the code");
    assert_eq!(count("trung tam khuyen cong").await, 3, "and the implementer");
    assert_eq!(count("sơn la").await, 0);
    assert_eq!(count("%").await, 0, "a wildcard is a letter like any other");
    assert_eq!(count("  ").await, 3);
    let of = async |filter: ProjectFilter| models.count(&filter).await.expect("a count");
    assert_eq!(
        of(ProjectFilter {
            unit: Some(DEPARTMENT.to_owned()),
            ..ProjectFilter::default()
        })
        .await,
        3
    );
    assert_eq!(
        of(ProjectFilter {
            unit: Some(IMPLEMENTER.to_owned()),
            ..ProjectFilter::default()
        })
        .await,
        3
    );
    assert_eq!(
        of(ProjectFilter {
            unit: Some("dien-bien".to_owned()),
            ..ProjectFilter::default()
        })
        .await,
        0
    );
    assert_eq!(
        of(ProjectFilter {
            plan_year: Some(2018),
            ..ProjectFilter::default()
        })
        .await,
        0
    );
    assert_eq!(
        of(ProjectFilter {
            phase: Some("archived".to_owned()),
            ..ProjectFilter::default()
        })
        .await,
        3
    );
    runner.stop().await;
}

async fn inboxes_have_pages(place: Place) {
    let ledger = place.ledger().await;
    let environment = ledger.environment().clone();
    for number in 0..7 {
        // Registered ones wait for the minister without a deadline, contracted ones for the department until November.
        let events = if number % 2 == 0 { 4 } else { 6 };
        record(&ledger, environment.uuid_v7(), 0, &life(number)[..events]).await;
    }
    let (models, runner) = follow(&ledger).await;
    let mut codes = Vec::new();
    let mut after = None;
    loop {
        let page = models.inbox(None, None, after, 2).await.expect("a page");
        codes.extend(page.rows.into_iter().map(|row| row.code[10..].to_owned()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(
        codes,
        ["001", "003", "005", "000", "002", "004", "006"].map(|code| format!("00{code}")),
        "the urgent first"
    );
    let of = async |role, unit| models.inbox(role, unit, None, 10).await.expect("a page").rows.len();
    assert_eq!(of(Some("minister"), None).await, 4);
    assert_eq!(of(Some("department-director"), Some(DEPARTMENT)).await, 3);
    assert_eq!(of(Some("minister"), Some(DEPARTMENT)).await, 0);
    runner.stop().await;
}

async fn bad_cursors_are_refused(place: Place) {
    let ledger = place.ledger().await;
    let (models, runner) = follow(&ledger).await;
    for text in ["", "x", "1~2", "9223372036854775808"] {
        let cursor = Some(Cursor::new(text));
        let refused = models.projects(&ProjectFilter::default(), cursor.clone(), 10).await;
        assert!(matches!(refused, Err(ProjectionError::Cursor(_))), "{text:?}");
        assert!(
            matches!(
                models.inbox(None, None, cursor, 10).await,
                Err(ProjectionError::Cursor(_))
            ),
            "{text:?}"
        );
    }
    runner.stop().await;
}
