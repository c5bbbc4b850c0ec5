//! The texts that come with the program parse, and faults are reported with line and remedy.

use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::places::{Places, Region};
use dean_aggregates::rules::RuleSet;

const RULES: [(&str, &str); 3] = [
    (
        "norms-national-2014-04-08.toml",
        include_str!("../../../rules/norms-national-2014-04-08.toml"),
    ),
    (
        "norms-national-2018-05-11.toml",
        include_str!("../../../rules/norms-national-2018-05-11.toml"),
    ),
    (
        "norms-son-la-2025-01-01.toml",
        include_str!("../../../rules/norms-son-la-2025-01-01.toml"),
    ),
];

#[test]
fn the_lifecycles_that_come_along_have_no_problem() {
    for (file, text) in crate::common::LIFECYCLES {
        let lifecycle = Lifecycle::parse(file, text).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert_eq!(format!("{}-{}.toml", lifecycle.code, lifecycle.version), file);
        assert_eq!(lifecycle.start().map(|step| step.id.as_str()), Some("draft"));
        assert_eq!(Lifecycle::review(file, text), [], "{file}");
    }
}

#[test]
fn the_rules_that_come_along_have_no_problem() {
    for (file, text) in RULES {
        let rules = RuleSet::parse(file, text).unwrap_or_else(|problems| panic!("{problems:#?}"));
        assert_eq!(format!("{}-{}.toml", rules.code, rules.version), file);
        assert_eq!(RuleSet::review(file, text), [], "{file}");
    }
}

#[test]
fn there_are_sixty_three_provinces_in_three_regions() {
    let places = Places::parse("places-2004.toml", include_str!("../../../rules/places-2004.toml"))
        .unwrap_or_else(|problems| panic!("{problems:#?}"));
    let count = |region| places.provinces.iter().filter(|place| place.region == region).count();
    assert_eq!(
        (count(Region::North), count(Region::Central), count(Region::South)),
        (28, 15, 20)
    );
}

/// Every fault that a lifecycle can have, made by one edit, with the words of the problem and the line it stands on.
#[test]
fn faults_name_line_and_remedy() {
    let (file, text) = crate::common::LIFECYCLES[0];
    let cases: [(&str, &str, &str); 14] = [
        (
            "money_mode = \"advance\"",
            "money_mode = \"advance\"\ncolour = 1",
            "unknown field `colour`",
        ),
        (
            "to = \"registered\"",
            "to = \"registred\"",
            "there is no state `registred`",
        ),
        (
            "action = \"examine\"",
            "action = \"exmine\"",
            "there is no action `exmine`",
        ),
        (
            "\"agency:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
            "\"agency:agency-offcer\"]\nmain = true\nvi = \"Thẩm tra\"",
            "there is no role `agency-offcer`",
        ),
        (
            "takers = [\"agency:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
            "takers = [\"agncy:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
            "there is no party `agncy`",
        ),
        (
            "takers = [\"agency:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
            "takers = []\nmain = true\nvi = \"Thẩm tra\"",
            "nobody may take step `examine`",
        ),
        ("vi = \"Thẩm tra\"", "vi = \"\"", "step `examine` has no title in `vi`"),
        ("en = \"Examine\"", "en = \"\"", "step `examine` has no title in `en`"),
        (
            "id = \"examined\"",
            "id = \"registered\"",
            "state `registered` stands here twice",
        ),
        ("phase = \"settled\"", "phase = \"setled\"", "unknown variant `setled`"),
        (
            "before = \"05-20\"",
            "before = \"02-30\"",
            "`02-30` is not a day of every year",
        ),
        ("from = []", "from = [\"draft\"]", "no step starts a life"),
        ("payment = \"first\"\n", "", "doesn't say which `payment` it is"),
        (
            "papers = [\"mau-4a\"]",
            "papers = [\"mau-4x\"]",
            "there is no paper `mau-4x`",
        ),
    ];
    for (from, to, message) in cases {
        assert!(text.contains(from), "nothing to edit: {from}");
        let broken = text.replacen(from, to, 1);
        let problems = Lifecycle::parse(file, &broken).expect_err(message);
        let found = problems
            .iter()
            .find(|problem| problem.message.contains(message))
            .unwrap_or_else(|| panic!("{message}: {problems:#?}"));
        assert!(found.line >= 1 && !found.fix.is_empty() && found.file == file);
    }
    let state = "[[states]]\nid = \"limbo\"\nvi = \"x\"\nen = \"x\"\nphase = \"draft\"\n\n[[states]]";
    let broken = text.replacen("[[states]]", state, 1);
    let problems = Lifecycle::parse(file, &broken).expect_err("limbo");
    assert_eq!(problems.len(), 2, "{problems:#?}");
    let line = 1 + broken[..broken.find("\"limbo\"").expect("is there")]
        .matches('\n')
        .count();
    assert!(problems.iter().all(|problem| problem.line == line), "{problems:#?}");
    let second = "[[steps]]\nid = \"again\"\naction = \"draft\"\nfrom = []\nto = \"draft\"\ntakers = [\"implementer:implementer\"]\nvi = \"x\"\nen = \"x\"\narticle = \"x\"\n\n[[steps]]";
    let problems = Lifecycle::parse(file, &text.replacen("[[steps]]", second, 1)).expect_err("two starts");
    assert!(
        problems.iter().any(|problem| problem.message.contains("second start")),
        "{problems:#?}"
    );
}

#[test]
fn a_wrong_rate_is_reported_on_its_line() {
    let (file, text) = RULES[0];
    let broken = text.replacen("rate = \"30 %\"", "rate = \"130 %\"", 1);
    let line = 1 + broken[..broken.find("130 %").expect("is there")].matches('\n').count();
    let problems = RuleSet::parse(file, &broken).expect_err("too high");
    assert_eq!((problems.len(), problems[0].line), (1, line));
}
