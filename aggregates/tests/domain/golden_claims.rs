//! Every event of claims and screenings ever written still loads: see `golden`.

use dean_aggregates::claim::*;
use dean_aggregates::personal::PersonalId;
use dean_aggregates::project::papers::{Paper, PaperForm};
use dean_aggregates::screening::*;
use uuid::Uuid;

use crate::common::day;
use crate::golden_batches::load;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0194_0000_0000_8000_8000_0000_0000_0000 + number)
}

fn of(number: u128) -> OfProject {
    OfProject {
        project: id(number),
        code: format!("KC-{number}"),
    }
}

fn dryer() -> Use {
    Use {
        line: 1,
        kind: "MM".to_owned(),
        item: "máy sấy ngô".to_owned(),
    }
}

#[test]
fn every_kind_of_event_of_a_claim_still_loads() {
    let paper = DecisionPaper {
        number: "12/QĐ-BCT".to_owned(),
        issuer: "Bộ Công Thương".to_owned(),
        date: day("2018-12-20"),
    };
    let kinds = [
        ClaimWhat::CodeClaimed(of(1)),
        ClaimWhat::DecisionClaimed(DecisionClaimed {
            paper,
            batch: Some(OfBatch {
                batch: id(9),
                number: "2019-1".to_owned(),
            }),
            project: Some(of(1)),
            approves: true,
        }),
        ClaimWhat::SupportClaimed(SupportClaimed {
            kind: SupportKeyKind::Beneficiary,
            of: of(1),
            uses: vec![dryer()],
        }),
        ClaimWhat::SupportReleased(of(1)),
        ClaimWhat::BeneficiaryLinked(BeneficiaryLinked { to: id(2) }),
    ];
    let events = kinds.map(|what| ClaimEvent {
        actor_id: "ttkc.cv1".to_owned(),
        occurred_on: day("2019-01-10"),
        what,
    });
    assert_eq!(load(&events).len(), 5, "a kind of event has no golden file");
}

#[test]
fn every_kind_of_event_of_a_screening_still_loads() {
    let basis = Basis {
        kind: SupportKeyKind::Beneficiary,
        label: "1".to_owned(),
        keys: vec!["ab".repeat(32)],
    };
    let kinds = [
        ScreeningWhat::ItemsFiled(ItemsFiled {
            items: vec![
                FiledItem {
                    line: 1,
                    what: ItemWhat::Invoice {
                        symbol: "1C25TAA".to_owned(),
                        number: "123".to_owned(),
                        seller: PersonalId::new("0101234567"),
                    },
                    key: "cd".repeat(32),
                },
                FiledItem {
                    line: 1,
                    what: ItemWhat::Machine {
                        serial: "SN-42".to_owned(),
                    },
                    key: "SN42".to_owned(),
                },
            ],
        }),
        ScreeningWhat::SupportScreened(SupportScreened {
            held: vec![Held {
                basis,
                uses: vec![dryer()],
                claims: vec![id(3)],
            }],
            raised: vec![RaisedFlag {
                number: 2,
                kind: SupportKeyKind::Serial,
                label: "SN-42".to_owned(),
                own: dryer(),
                other: of(2),
                uses: vec![dryer()],
            }],
            lapsed: vec![1],
        }),
        ScreeningWhat::DoubleSupportRuled(DoubleSupportRuled {
            flag: 2,
            other: of(2),
            same: false,
            reason: "Hai máy khác nhau.".to_owned(),
        }),
        ScreeningWhat::ScreeningPassed(ScreeningPassed {
            step: "approve".to_owned(),
            ruled: vec![2],
        }),
    ];
    let events = kinds.map(|what| ScreeningEvent {
        actor_id: "so-ct.cv1".to_owned(),
        occurred_on: day("2019-01-10"),
        what,
        papers: vec![Paper {
            kind: "tai-lieu-ket-luan".to_owned(),
            number: "01/BB".to_owned(),
            date: day("2019-01-09"),
            issuer: "Sở Công Thương".to_owned(),
            signer: None,
            form: PaperForm::Original,
            kept_at: None,
            file: None,
            sha256: None,
        }],
        note: "Ghi chú.".to_owned(),
    });
    assert_eq!(load(&events).len(), 4, "a kind of event has no golden file");
}
