//! Every action can be entered in a form, and a form can be filled in with every action.

use crate::common::day;
use crate::common::samples::every_action;
use dean_aggregates::form::{
    ActionKind, FIELD_CODES, FieldKind, action_from_pairs, date, fields, pairs_of, papers_from_pairs,
};
use dean_aggregates::money::Dong;
use dean_aggregates::project::action::Action;

fn pairs(given: &[(&str, &str)]) -> Vec<(String, String)> {
    given
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect()
}

#[test]
fn every_action_makes_the_way_through_its_form_and_back() {
    let actions = every_action();
    for kind in ActionKind::ALL {
        assert!(
            actions.iter().any(|action| action.kind() == *kind),
            "no sample of {kind}"
        );
        assert_eq!(kind.as_str().parse(), Ok(*kind));
    }
    for action in actions {
        let filled = pairs_of(&action);
        let read = action_from_pairs(action.kind(), &filled)
            .unwrap_or_else(|errors| panic!("{}: {errors:?}\n{filled:?}", action.kind()));
        assert_eq!(read, action);
        let data = serde_json::to_value(&action).expect("serialises");
        assert!(data.get(action.kind().as_str()).is_some(), "{data}");
    }
}

#[test]
fn amounts_and_dates_are_read_as_officials_write_them() {
    let form = |amount: &str, date: &str| {
        action_from_pairs(
            ActionKind::Refund,
            &pairs(&[
                ("amount", amount),
                ("order.number", "15"),
                ("order.date", date),
                ("order.treasury", "Kho bạc"),
            ]),
        )
    };
    for (amount, date) in [
        ("300.000.000", "20/05/2019"),
        ("300000000", "2019-05-20"),
        ("300 000 000 đ", "20/05/2019"),
    ] {
        let Ok(Action::Refund(refund)) = form(amount, date) else {
            panic!("{amount} {date}");
        };
        assert_eq!(
            (refund.amount, refund.order.date),
            (Dong::million(300), crate::common::day("2019-05-20"))
        );
    }
    for amount in ["-5", "1.5", "1,5", "300.00", "abc", "9007199254740992", "3000.000"] {
        let errors = form(amount, "20/05/2019").expect_err(amount);
        assert_eq!(
            (errors[0].field.as_str(), errors[0].code),
            ("amount", "field-money"),
            "{amount}"
        );
    }
    for date in ["31/02/2019", "2019", "5/2019", "0019-05-20"] {
        let errors = form("1", date).expect_err(date);
        assert_eq!(
            (errors[0].field.as_str(), errors[0].code),
            ("order.date", "field-date"),
            "{date}"
        );
    }
}

#[test]
fn faults_name_their_fields_and_have_codes() {
    let errors = action_from_pairs(
        ActionKind::Disburse,
        &pairs(&[("payment", "second"), ("amount", ""), ("surprise", "1")]),
    )
    .expect_err("much is missing");
    let code = |field: &str| errors.iter().find(|error| error.field == field).map(|error| error.code);
    assert_eq!(code("payment"), Some("field-choice"));
    assert_eq!(code("amount"), Some("field-missing"));
    assert_eq!(code("order.number"), Some("field-missing"));
    assert_eq!(code("surprise"), Some("field-unknown"));
    for error in &errors {
        assert!(
            FIELD_CODES.iter().any(|(known, _)| *known == error.code),
            "{}",
            error.code
        );
    }
}

#[test]
fn rows_of_papers_that_were_not_filled_in_are_left_out() {
    let papers = papers_from_pairs(&pairs(&[
        ("amount", "5"),
        ("papers.0.kind", "hop-dong"),
        ("papers.0.number", ""),
        ("papers.0.date", ""),
        ("papers.1.kind", "mau-3b"),
        ("papers.1.number", "15/BC"),
        ("papers.1.date", "20/05/2019"),
        ("papers.1.issuer", "Trung tâm Khuyến công"),
    ]))
    .expect("one paper");
    assert_eq!((papers.len(), papers[0].kind.as_str()), (1, "mau-3b"));
    let errors = papers_from_pairs(&pairs(&[("papers.0.kind", "x"), ("papers.0.number", "1")])).expect_err("no date");
    assert_eq!(errors[0].field, "papers.0.date");
}

#[test]
fn labels_are_fluent_identifiers() {
    for kind in ActionKind::ALL {
        for field in fields(*kind) {
            let label = field.label();
            let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            assert!(label.bytes().all(is_id), "{label}");
            if let FieldKind::Choice(words) = field.kind {
                assert!(!words.is_empty(), "{label}");
            }
        }
    }
}

#[test]
fn days_are_read_as_people_type_them() {
    assert_eq!(date(" 30/06/2019"), Some(day("2019-06-30")));
    assert_eq!(date("2019-06-30"), Some(day("2019-06-30")));
    assert_eq!(date("31/06/2019"), None);
    assert_eq!(date("+26000-01-01"), None);
}
