//! Publishing texts: once, under their own names, and never changed.

use cqrs_es::test::TestFramework;
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::places::Places;
use dean_aggregates::publication::*;
use dean_aggregates::published::province_problem;
use dean_aggregates::rules::RuleSet;

use crate::common::{KCDP_2, KCQG, PLACES, RULES_2018, day};

const RULES_SON_LA: &str = include_str!("../../../rules/norms-son-la-2025-01-01.toml");
const PLACES_2025: &str = include_str!("../../../rules/places-2025.toml");

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

/// A text with lines of its own: whatever was there for the key is replaced.
fn with(text: &str, lines: &[(&str, &str)]) -> String {
    lines.iter().fold(text.to_owned(), |text, (key, line)| {
        let start = text.find(&format!("\n{key} = ")).expect("the key stands in the text") + 1;
        let end = start + text[start..].find('\n').expect("a line ends");
        format!("{}{line}{}", &text[..start], &text[end..])
    })
}

fn publish_as(kind: PublicationKind, code: &str, version: &str, text: &str) -> PublicationCommand {
    PublicationCommand::Publish {
        kind,
        code: code.to_owned(),
        version: version.to_owned(),
        valid_from: day("2026-01-01"),
        valid_to: None,
        text: text.to_owned(),
    }
}

#[test]
fn every_version_of_a_code_is_for_the_same_programme_and_province() {
    let version = |version: &str, level: &str| {
        let (version, from) = (format!("version = \"{version}\""), "valid_from = \"2026-01-01\"");
        with(KCDP_2, &[("version", &version), ("valid_from", from), ("level", level)])
    };
    let general = version("1", "level = \"local\"");
    let own = version("2", "level = \"local\"\nprovince = \"dong-thap\"");
    let kind = PublicationKind::Lifecycle;
    let first = decide(&[], publish_as(kind, "kcdp", "1", &general)).expect("published");
    let error = decide(&first, publish_as(kind, "kcdp", "2", &own)).expect_err("another province's");
    assert_eq!(error.code(), "publication-other-scope");
    let words = error.to_string();
    for part in [
        "every province without one of its own",
        "province `dong-thap`",
        "a code of its own",
    ] {
        assert!(words.contains(part), "{words}");
    }
    let next = decide(
        &first,
        publish_as(kind, "kcdp", "3", &version("3", "level = \"local\"")),
    );
    next.expect("for the same");
    let first = decide(&[], publish_as(kind, "kcdp", "2", &own)).expect("published");
    let back = decide(&first, publish_as(kind, "kcdp", "1", &general)).expect_err("for everybody");
    assert_eq!(back.code(), "publication-other-scope");

    let norms = |version: &str, province: &str| {
        let (version, province) = (format!("version = \"{version}\""), format!("province = \"{province}\""));
        let from = "valid_from = \"2026-01-01\"";
        with(
            RULES_SON_LA,
            &[("version", &version), ("valid_from", from), ("province", &province)],
        )
    };
    let kind = PublicationKind::Rules;
    let first = decide(&[], publish_as(kind, "norms-son-la", "1", &norms("1", "son-la"))).expect("published");
    let error = decide(&first, publish_as(kind, "norms-son-la", "2", &norms("2", "lai-chau"))).expect_err("another's");
    assert_eq!(error.code(), "publication-other-scope");
}

/// What publishing and checking find in norms and lifecycles; what a ledger holds already stays readable.
#[test]
fn figures_and_names_that_cannot_be_meant_are_refused() {
    type Case<'a> = (&'a str, &'a str, &'a str, &'a str);
    let norms: &[Case<'_>] = &[
        (
            "version = \"2025-01-01\"",
            "version = \"\"",
            "`version` is empty",
            "write `version = ",
        ),
        ("code = \"norms-son-la\"", "code = \" \"", "`code` is empty", "norms-"),
        (
            "cap_million = 500",
            "cap_million = 350000000",
            "`cap_million` is in million đồng",
            "write `cap_million = 350`",
        ),
        (
            "first = \"30 %\"",
            "first = \"80 %\"",
            "advance group `A` pays 80 % first, above the `treasury_cap` of 70 %",
            "after_acceptance = true",
        ),
        (
            "rest_papers = [\"hd-mua-may\"]",
            "rest_papers = [\"hd-mua-may\"]\noptional_rest_papers = [\"hd-mua-may\"]",
            "support kind `MM` names the paper `hd-mua-may` twice",
            "remove one",
        ),
        ("province = \"son-la\"\n", "", "say of no province", "add `province"),
        (
            "level = \"local\"",
            "level = \"national\"",
            "no province's own",
            "level = \"local\"",
        ),
    ];
    for (from, to, message, fix) in norms {
        assert!(RULES_SON_LA.contains(from), "nothing to edit: {from}");
        let broken = RULES_SON_LA.replacen(from, to, 1);
        RuleSet::parse("own.toml", &broken).unwrap_or_else(|problems| panic!("{from}: {problems:#?}"));
        let problems = RuleSet::review("own.toml", &broken);
        assert_eq!(problems.len(), 1, "{to}: {problems:#?}");
        let found = problems[0].to_string();
        assert!(found.contains(message) && found.contains(fix), "{found}");
    }
    assert_eq!(RuleSet::review("own.toml", RULES_SON_LA), []);
    // What is paid after acceptance is not held back by the Treasury's cap.
    let all = RULES_SON_LA.replacen(
        "first = \"30 %\"\nitem_done_above = \"50 %\"",
        "first = \"100 %\"\nafter_acceptance = true",
        1,
    );
    assert_eq!(RuleSet::review("own.toml", &all), []);
    let broken = with(KCDP_2, &[("version", "version = \"\"")]);
    let problems = Lifecycle::review("own.toml", &broken);
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert!(problems[0].message.contains("`version` is empty"), "{problems:#?}");
    let command = publish_as(PublicationKind::Rules, "norms-son-la", "2025-01-01", &norms_from_2026());
    assert!(matches!(decide(&[], command), Err(PublicationError::Invalid(_))));
}

fn norms_from_2026() -> String {
    let from = ("valid_from", "valid_from = \"2026-01-01\"");
    with(RULES_SON_LA, &[from]).replacen("cap_million = 500", "cap_million = 500000", 1)
}

#[test]
fn a_text_is_for_a_province_that_there_is() {
    let places = Places::parse("places.toml", PLACES_2025).expect("the list of places");
    let found = |province: &str| {
        let text = with(RULES_SON_LA, &[("province", &format!("province = \"{province}\""))]);
        let from = text.replacen("valid_from = \"2025-01-01\"", "valid_from = \"2026-01-01\"", 1);
        province_problem("own.toml", &from, &places).map(|problem| problem.to_string())
    };
    assert_eq!(found("dong-thap"), None);
    for wrong in ["dongthap", "Đồng Tháp"] {
        let words = found(wrong).expect(wrong);
        assert!(
            words.contains(&format!("own.toml:6: there is no province `{wrong}`")),
            "{words}"
        );
        assert!(words.contains("dean text show places"), "{words}");
    }
    let merged = found("tien-giang").expect("it has ended");
    assert!(
        merged.contains("Tiền Giang") && merged.contains("write `province = \"dong-thap\"`"),
        "{merged}"
    );
    assert_eq!(province_problem("own.toml", KCDP_2, &places), None);
}
