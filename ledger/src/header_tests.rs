use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::environment::SeededEntropy;
use crate::model::{NewEvent, StreamAppend};
use crate::tree::leaf_hash;

const LEDGER: Uuid = Uuid::from_u128(0x0194_0000_0000_7000_8000_0000_0000_0001);
const SEARCH_KEY: [u8; 32] = [7; 32];

fn append(payload: Value, actor_id: &str, metadata: BTreeMap<String, String>) -> Append {
    let event = |payload| NewEvent {
        event_type: "Submitted".to_owned(),
        event_version: "1".to_owned(),
        payload,
    };
    Append {
        command_id: Uuid::from_u128(0x0194_0000_0000_7000_8000_0000_0000_0064),
        actor: Actor {
            id: actor_id.to_owned(),
            role: "implementer".to_owned(),
            unit: "ttkc-lao-cai".to_owned(),
        },
        occurred_on: NaiveDate::from_ymd_opt(2025, 3, 1).expect("a real date"),
        request_sha256: [1; 32],
        metadata,
        streams: vec![StreamAppend {
            aggregate_type: "Project".to_owned(),
            aggregate_id: Uuid::from_u128(0x0194_0000_0000_7000_8000_0000_0000_0002),
            expected_version: 4,
            events: vec![event(payload), event(json!({}))],
        }],
    }
}

fn prepared(append: Append) -> Result<Prepared, FormatError> {
    prepare(append, LEDGER, &SEARCH_KEY, &SeededEntropy::new(1))
}

/// These bytes can never change: every proof ever given hangs on them.
#[test]
fn the_header_is_these_bytes() {
    let payload = json!({"title": "Máy sấy chè", "cost": 350_000_000, "owner": {"$personal": "Giàng A Pháo"}});
    let prepared = prepared(append(payload, "u1", [("note".to_owned(), "Đề án".to_owned())].into())).expect("allowed");
    assert_eq!(
        prepared.events[0].payload,
        r#"{"cost":350000000,"owner":{"$personal":0},"title":"Máy sấy chè"}"#
    );
    assert_eq!(
        prepared.events[0].personal.as_ref().expect("a personal part").content,
        r#"["Giàng A Pháo"]"#
    );
    let first = prepared.events[0].header(9, 1_740_790_800_000_000);
    assert_eq!(
        first,
        concat!(
            r#"{"actor":{"id":"u1","role":"implementer","unit":"ttkc-lao-cai"},"aggregate_id":"01940000-0000-7000-8000-000000000002","#,
            r#""aggregate_type":"Project","command_id":"01940000-0000-7000-8000-000000000064","command_index":0,"#,
            r#""event_type":"Submitted","event_version":"1","format":1,"ledger":"01940000-0000-7000-8000-000000000001","#,
            r#""metadata":{"note":"Đề án"},"occurred_on":"2025-03-01","#,
            r#""payload_sha256":"35da21f46c6d6481ffa87211da511d118a7ddc68b0f47776eb7d9d29e0b7b087","#,
            r#""personal_sha256":"bac5fbc307642af6cdcb6f15ebf87dd4a4eedce04e928304c249989805a85be3","#,
            r#""position":9,"recorded_at":1740790800000000,"#,
            r#""request_sha256":"0101010101010101010101010101010101010101010101010101010101010101","sequence":5}"#
        )
    );
    assert_eq!(
        hex::encode(leaf_hash(first.as_bytes())),
        "91f0c56024ae9af6c137bddf99acd2dec464ddd539edf80c1105dda2565828b9"
    );
    let second = prepared.events[1].header(10, 1_740_790_800_000_000);
    assert!(
        second.contains(r#""command_index":1,"#) && second.ends_with(r#""recorded_at":1740790800000000,"sequence":6}"#),
        "{second}"
    );
    assert!(
        !second.contains("personal_sha256") && !second.contains("request_sha256"),
        "{second}"
    );
}

#[test]
fn a_header_reads_back() {
    let prepared = prepared(append(json!({}), "u1", BTreeMap::new())).expect("allowed");
    let header: Header = serde_json::from_str(&prepared.events[0].header(1, 2)).expect("readable");
    assert_eq!(
        (header.position, header.recorded_at, header.sequence, header.format),
        (1, 2, 5, FORMAT)
    );
    assert_eq!(header.to_text(), prepared.events[0].header(1, 2));
}

#[test]
fn years_beyond_four_digits_are_refused() {
    let mut command = append(json!({}), "u1", BTreeMap::new());
    command.occurred_on = NaiveDate::from_ymd_opt(10_000, 1, 1).expect("a real date");
    assert_eq!(
        prepared(command).expect_err("refused").kind,
        FormatErrorKind::DateOutOfRange
    );
}

proptest! {
    /// The header is joined from pieces for speed; it must be what a canonicaliser makes of the same fields.
    #[test]
    fn joined_headers_are_canonical(
        actor_id in "[^\u{0}]{1,20}",
        metadata in prop::collection::btree_map("[^\u{0}]{0,6}", "[^\u{0}]{0,12}", 0..5),
        position in 1..=9_007_199_254_740_991_u64,
        recorded_at in -9_007_199_254_740_991..=9_007_199_254_740_991_i64,
    ) {
        match prepared(append(json!({"a": [1, "é"]}), &actor_id, metadata)) {
            Ok(prepared) => for event in &prepared.events {
                let header = event.header(position, recorded_at);
                let parsed: Header = serde_json::from_str(&header).expect("readable");
                prop_assert_eq!(parsed.to_text(), header);
            },
            Err(error) => prop_assert!(matches!(error.kind, FormatErrorKind::NotNormalized), "{}", error),
        }
    }
}
