//! Publishing texts: once, under their own names, and never changed.

use cqrs_es::test::TestFramework;
use dean_aggregates::publication::*;

use crate::common::{KCQG, PLACES, RULES_2018, day};

fn publish(text: &str, version: &str) -> PublicationCommand {
    PublicationCommand::Publish {
        kind: PublicationKind::Lifecycle,
        code: "kcqg".to_owned(),
        version: version.to_owned(),
        valid_from: day("2014-02-10"),
        valid_to: None,
        text: text.to_owned(),
    }
}

fn decide(given: &[PublicationEvent], command: PublicationCommand) -> Result<Vec<PublicationEvent>, PublicationError> {
    TestFramework::<Publication>::with(())
        .given(given.to_vec())
        .when(command)
        .inspect_result()
}

#[test]
fn the_same_text_again_is_harmless_and_another_is_refused() {
    let published = decide(&[], publish(KCQG, "2014-02-10")).expect("published");
    let again = decide(&published, publish(KCQG, "2014-02-10")).expect_err("known");
    assert_eq!(again.code(), "already-published");
    let other = decide(&published, publish(&format!("{KCQG}\n"), "2014-02-10")).expect_err("other");
    assert_eq!(other.code(), "published-with-other-text");
    let newer = KCQG.replace("version = \"2014-02-10\"", "version = \"2015-01-01\"");
    let next = decide(&published, publish(&newer, "2015-01-01")).expect("a new version");
    assert_ne!(next[0].sha256, published[0].sha256);
}

#[test]
fn a_text_is_published_under_its_own_names_and_without_faults() {
    let error = decide(&[], publish(KCQG, "2015-01-01")).expect_err("another version");
    assert!(
        matches!(error, PublicationError::Mismatch { field: "version", .. }),
        "{error}"
    );
    let error = decide(&[], publish("code = 1", "2015-01-01")).expect_err("no lifecycle");
    assert!(error.to_string().contains("kcqg-2015-01-01.toml:1:"), "{error}");
    for (kind, code, version, from, text) in [
        (
            PublicationKind::Rules,
            "norms-national",
            "2018-05-11",
            "2018-05-11",
            RULES_2018,
        ),
        (PublicationKind::Places, "places", "2004-01-01", "2004-01-01", PLACES),
    ] {
        let command = PublicationCommand::Publish {
            kind,
            code: code.to_owned(),
            version: version.to_owned(),
            valid_from: day(from),
            valid_to: None,
            text: text.to_owned(),
        };
        assert_eq!(decide(&[], command).map(|events| events.len()), Ok(1), "{code}");
    }
}

#[test]
fn ids_are_the_same_everywhere() {
    let id = id_of(PublicationKind::Lifecycle, "kcqg");
    assert_eq!(id.get_version_num(), 8);
    assert_eq!(id, id_of(PublicationKind::Lifecycle, "kcqg"));
    assert_ne!(id, id_of(PublicationKind::Rules, "kcqg"));
}
