//! What authors get told about a line that can't be read: the line, and what to write instead, not a type's name.

use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::rules::RuleSet;

const NORMS: &str = include_str!("../../../rules/norms-son-la-2025-01-01.toml");
const LIFECYCLE: &str = include_str!("../../../lifecycles/kcdp-2014-02-10-3.toml");

/// Text, what is replaced by what, and what the problem has to say.
type Case<'a> = (&'a str, &'a str, &'a str, &'a str);

const CASES: &[Case<'_>] = &[
    (
        NORMS,
        "valid_from = \"2025-01-01\"",
        "valid_from = \"01/01/2026\"",
        "7: `\"01/01/2026\"` is not a date; write year-month-day in quotes: `valid_from = \"2026-01-01\"`",
    ),
    (
        NORMS,
        "valid_from = \"2025-01-01\"",
        "valid_from = 2026-07-01",
        "7: `2026-07-01` is not a date; write year-month-day in quotes: `valid_from = \"2026-07-01\"`",
    ),
    (
        LIFECYCLE,
        "valid_from = \"2014-02-10\"",
        "valid_from = \"1.7.2026\"",
        "`valid_from = \"2026-07-01\"`",
    ),
    (
        NORMS,
        "cap_million = 500",
        "cap_million = \"350\"",
        "no quotes, points or commas, e.g. `cap_million = 350`",
    ),
    (NORMS, "cap_million = 500", "cap_million = 350.000.000", "digits only"),
    (NORMS, "cap_million = 500", "cap_million = 350,5", "digits only"),
    (
        NORMS,
        "cap_million = 500",
        "cap_million = 350.5",
        "a whole number of million đồng",
    ),
    (
        NORMS,
        "rate = \"30 %\"",
        "rate = 0.5",
        "write per cent in quotes: `rate = \"50 %\"`",
    ),
    (NORMS, "rate = \"30 %\"", "rate = 0.05", "`rate = \"5 %\"`"),
    (NORMS, "rate = \"30 %\"", "rate = 40 %", "`rate = \"40 %\"`"),
    (
        NORMS,
        "rate = \"30 %\"",
        "rate = \"40\"",
        "`40` is not a rate; write per cent up to 100 %",
    ),
    (NORMS, "rate = \"30 %\"", "rate = \"30 %", "close the quotes"),
    (
        NORMS,
        "uplift_factor = \"1.5\"",
        "uplift_factor = 1.5",
        "`uplift_factor = \"1.5\"`",
    ),
    (
        LIFECYCLE,
        "due = { days = 30 }",
        "due = 20",
        "expected a deadline; write `due = { days = 20 }`",
    ),
    (
        LIFECYCLE,
        "due = { days = 30 }",
        "due = \"25\"",
        "write `due = { days = 25 }`",
    ),
    (
        NORMS,
        "tai-lieu = { vi = \"Tài liệu hội nghị, tập huấn\", en = \"Material of the meeting\" }",
        "tai-lieu = \"Tài liệu\"",
        "expected a name in two languages; write both languages: `tai-lieu = { vi = \"Tài liệu\", en = \"…\" }`",
    ),
    (NORMS, "tai-lieu = {", "tai lieu = {", "without spaces and accents"),
    (NORMS, "tai-lieu = {", "tài-liệu = {", "without spaces and accents"),
    (NORMS, "[[kinds]]", "[kinds]", "write `[[kinds]]`, with two brackets"),
    (
        LIFECYCLE,
        "[[steps]]",
        "[steps]",
        "write `[[steps]]`, with two brackets",
    ),
    (NORMS, "code = \"MM\"", "code = “MM”", "write straight quotes"),
    (
        NORMS,
        "version = \"2025-01-01\"\n",
        "",
        "3: missing field `version`; add a line `version = \"2026-01-01\"` at the top",
    ),
    (NORMS, "first = \"30 %\"", "frist = \"30 %\"", "did you mean `first`?"),
    (NORMS, "level = \"local\"", "level = \"locl\"", "did you mean `local`?"),
    (
        NORMS,
        "per_firm = true",
        "per_firm = \"yes\"",
        "write `per_firm = true` or `per_firm = false`",
    ),
    (NORMS, "activities = [1]", "activities = 1", "`activities = [1]`"),
    (
        NORMS,
        "rest_papers = [\"hd-mua-may\"]",
        "rest_papers = \"hd-mua-may\"",
        "`rest_papers = [\"hd-mua-may\"]`",
    ),
    (
        NORMS,
        "level = \"local\"\n",
        "level = \"local\"\nlevel = \"local\"\n",
        "it stands twice in one section",
    ),
    (
        LIFECYCLE,
        "[\"department:accountant\"]",
        "[\"department:accountant\"",
        "close it with `]`",
    ),
];

#[test]
fn a_line_that_cannot_be_read_says_what_to_write() {
    for (text, from, to, words) in CASES {
        assert!(text.contains(from), "nothing to edit: {from}");
        // Sections: every one of them, as somebody writes who doesn't know of the second bracket.
        let times = if from.starts_with('[') { usize::MAX } else { 1 };
        let broken = text.replacen(from, to, times);
        let problems = if text.contains("[[steps]]") {
            Lifecycle::review("own.toml", &broken)
        } else {
            RuleSet::review("own.toml", &broken)
        };
        assert_eq!(problems.len(), 1, "{to}: {problems:#?}");
        let found = problems[0].to_string();
        assert!(found.contains(words), "{to}: {found}");
        for type_name in ["struct ", "u32", "Raw", "sequence", "chrono"] {
            assert!(!found.contains(type_name), "{to}: {found}");
        }
    }
}
