//! What the TOML reader says of a line, with what to write instead. Its own words speak of types; the authors of texts are officials.

use std::ops::Range;

/// Keys that hold a share of money or work.
const RATES: [&str; 6] = [
    "rate",
    "first",
    "item_done_above",
    "value_done_above",
    "treasury_cap",
    "implementer_overhead",
];

const DATES: [&str; 3] = ["valid_from", "valid_to", "from"];

/// Sections that a text has many of.
const LISTS: [&str; 9] = [
    "kinds",
    "groups",
    "eligible",
    "units",
    "states",
    "steps",
    "changes",
    "planning",
    "provinces",
];

/// What is said of a fault that the TOML reader found.
pub(super) struct Worded {
    /// Where the line begins that it stands on, in bytes.
    pub(super) at: usize,
    /// What is wrong.
    pub(super) message: String,
    /// What to write.
    pub(super) fix: String,
}

/// The line of a fault, parted at `=`.
struct Line<'a> {
    whole: &'a str,
    key: &'a str,
    value: &'a str,
}

pub(super) fn worded(text: &str, span: Option<Range<usize>>, said: &str) -> Worded {
    let mut at = span.map_or(0, |span| span.start);
    let said = said.replace('\n', " ");
    let is_missing = said.starts_with("missing field");
    if is_missing && at == 0 {
        at = first_key(text);
    }
    let line = line_at(text, at);
    let fix = if is_missing {
        missing(&said, text, at)
    } else {
        remedy(&line, &said)
    };
    Worded {
        at,
        message: in_plain_words(&line, &said),
        fix,
    }
}

/// Where the first line begins that is no comment.
fn first_key(text: &str) -> usize {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let words = line.trim();
        if !words.is_empty() && !words.starts_with('#') {
            return at;
        }
        at += line.len();
    }
    0
}

fn line_at(text: &str, at: usize) -> Line<'_> {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let at = at.unwrap_or_default();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let whole = text[start..].lines().next().unwrap_or_default().trim();
    let (key, value) = whole.split_once('=').unwrap_or((whole, ""));
    Line {
        whole,
        key: key.trim(),
        value: value.trim(),
    }
}

fn in_plain_words(line: &Line<'_>, said: &str) -> String {
    if DATES.contains(&line.key) && is_of_a_date(said) {
        return format!("`{}` is not a date", line.value);
    }
    let plain = [
        ("struct RawDue", "a deadline"),
        ("struct Bilingual", "a name in two languages"),
        ("a sequence", "a list"),
        ("u32", "a whole number"),
        ("u16", "a whole number"),
        ("u8", "a whole number"),
        ("i32", "a whole number"),
    ];
    let words = plain.iter().find_map(|(type_name, words)| {
        let head = said.strip_suffix(type_name)?;
        head.ends_with("expected ").then(|| format!("{head}{words}"))
    });
    words.unwrap_or_else(|| said.to_owned())
}

fn is_of_a_date(said: &str) -> bool {
    let of_chrono = ["invalid characters", "out of range", "premature end", "trailing input"];
    said.contains("date") || said.starts_with("invalid") || of_chrono.iter().any(|words| said.contains(words))
}

fn missing(said: &str, text: &str, at: usize) -> String {
    let key = said.split('`').nth(1).unwrap_or_default();
    let example = match key {
        "code" => "\"…\"",
        "version" | "valid_from" => "\"2026-01-01\"",
        "title" | "unit" => "{ vi = \"…\", en = \"…\" }",
        "level" => "\"local\"",
        _ => "…",
    };
    if LISTS.contains(&key) {
        return format!("add at least one section `[[{key}]]`");
    }
    if at == first_key(text) {
        return format!("add a line `{key} = {example}` at the top, before the first line that starts with `[`");
    }
    format!("add a line `{key} = {example}` to the section that starts here")
}

fn remedy(line: &Line<'_>, said: &str) -> String {
    let (key, value) = (line.key, line.value);
    let bare = value.trim_matches(['"', '“', '”', '\'']);
    if line.whole.contains(['“', '”', '„', '‘', '’']) && said.contains("quoted") {
        return "write straight quotes, \"…\", instead of “…”; switch smart quotes off in your editor".to_owned();
    }
    if let Some(other) = one_of_the_known(said) {
        return other;
    }
    if said == "duplicate key" {
        let name = line.whole.trim_matches(['[', ']']);
        return if LISTS.contains(&name) && !line.whole.starts_with("[[") {
            format!("write `[[{name}]]`, with two brackets, at the top of each")
        } else {
            "it stands twice in one section: remove one".to_owned()
        };
    }
    if said.starts_with("key with no value") || said.starts_with("invalid unquoted key") {
        return "write a key without spaces and accents, then `=` and what it says, e.g. `bien-ban-hop = …`".to_owned();
    }
    if DATES.contains(&key) && is_of_a_date(said) {
        let date = iso(bare).unwrap_or_else(|| "2026-01-01".to_owned());
        return format!("write year-month-day in quotes: `{key} = \"{date}\"`");
    }
    if key == "cap_million" {
        return "write a whole number of million đồng: digits only, no quotes, points or commas, e.g. `cap_million = 350`"
            .to_owned();
    }
    if RATES.contains(&key) && !said.contains("basic string") {
        let share = share(bare).unwrap_or_else(|| "50".to_owned());
        return format!("write per cent in quotes: `{key} = \"{share} %\"`");
    }
    if key == "uplift_factor" {
        return "write the number in quotes: `uplift_factor = \"1.5\"`".to_owned();
    }
    if key == "due" {
        let days = if bare.parse::<u32>().is_ok() { bare } else { "20" };
        return format!(
            "write `due = {{ days = {days} }}` for days from when the state was entered, or `due = {{ before = \"05-20\" }}` for a day of the \
             plan year"
        );
    }
    if said.ends_with("struct Bilingual") {
        return format!("write both languages: `{key} = {{ vi = \"{bare}\", en = \"…\" }}`");
    }
    by_type(line, said)
}

/// A word that a text can't have, with the one that was probably meant.
fn one_of_the_known(said: &str) -> Option<String> {
    let (word, known) = said
        .strip_prefix("unknown field ")
        .or_else(|| said.strip_prefix("unknown variant "))?
        .split_once(", expected ")?;
    let known = known.split('`').skip(1).step_by(2);
    Some(nearest(word.trim_matches('`'), known))
}

fn by_type(line: &Line<'_>, said: &str) -> String {
    let (key, value) = (line.key, line.value);
    let expected = |what: &str| said.ends_with(&format!("expected {what}"));
    if expected("a boolean") {
        return format!("write `{key} = true` or `{key} = false`, without quotes");
    }
    if expected("a sequence") {
        let name = line.whole.trim_matches(['[', ']']);
        return if line.whole.starts_with('[') {
            format!("write `[[{name}]]`, with two brackets")
        } else {
            format!("write it in square brackets: `{key} = [{value}]`")
        };
    }
    if ["u8", "u16", "u32", "i32"].into_iter().any(expected) {
        return "write a whole number, without quotes".to_owned();
    }
    if expected("a string") {
        return format!("write it in quotes: `{key} = \"{value}\"`");
    }
    if said.contains("must be quoted") {
        return "write words in straight quotes, \"…\"; only numbers, `true` and `false` stand without".to_owned();
    }
    if said.contains("basic string") {
        return "close the quotes on this line".to_owned();
    }
    if said.contains("array") {
        return "separate the members of the list by commas and close it with `]`".to_owned();
    }
    "correct the key or value on this line; the files that come with the program show every key".to_owned()
}

/// A date as year-month-day, from the forms in which officials write it.
fn iso(words: &str) -> Option<String> {
    let parts: Vec<u32> = words
        .split(['/', '-', '.'])
        .map(|part| part.trim().parse().ok())
        .collect::<Option<_>>()?;
    let (year, month, day) = match parts[..] {
        [year, month, day] if year > 31 => (year, month, day),
        [day, month, year] => (year, month, day),
        _ => return None,
    };
    let date = chrono::NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day)?;
    Some(date.to_string())
}

/// Per cent of a share: of `0.5`, `50`, `50 %`.
fn share(words: &str) -> Option<String> {
    let number = words.trim_end_matches('%').trim().replace(',', ".");
    let Some(decimals) = number.strip_prefix("0.") else {
        return number.parse::<u32>().is_ok().then_some(number);
    };
    let per_cent = format!("{decimals:0<2}");
    (per_cent.len() == 2 && per_cent.parse::<u32>().is_ok())
        .then(|| per_cent.trim_start_matches('0').to_owned())
        .filter(|share| !share.is_empty())
}

/// Offers the word that was probably meant.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let best = known.iter().min_by_key(|candidate| distance(word, candidate));
    match best {
        Some(best) if distance(word, best) <= 1 + word.chars().count() / 3 => {
            format!("did you mean `{best}`?")
        }
        _ => format!("use one of: {}", known.join(", ")),
    }
}

/// Levenshtein distance in characters.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let next = (diagonal + usize::from(a != *b)).min(row[j] + 1).min(row[j + 1] + 1);
            diagonal = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[right.len()]
}
