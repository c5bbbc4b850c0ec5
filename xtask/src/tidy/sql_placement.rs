//! SQL lives in `ledger/`, `projections/` and `migrations/`: one place to look when a table changes. Tests and measurements may look into
//! the tables themselves.

use super::{Fault, words::has_word};
use crate::repository::Repository;

const HOMES: &[&str] = &["ledger/", "projections/", "tests/", "benches/", "xtask/src/tidy/"];
const WORDS: &[&str] = &[
    "sqlx::query",
    "sqlx::query_as",
    "sqlx::query_scalar",
    "sqlx::raw_sql",
    "QueryBuilder",
];

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.rust_files().filter(|file| !file.is_under(HOMES)) {
        for (line, text) in file.code_lines() {
            if let Some(word) = WORDS.iter().find(|word| has_word(text, word)) {
                faults.push(Fault::new(
                    file,
                    line,
                    format!("{word}: SQL lives in ledger/ and projections/; ask one of them"),
                ));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::faults;

    #[test]
    fn sql_is_refused_in_handlers_and_allowed_at_home() {
        let text = "// sqlx::query is mentioned\nlet rows = sqlx::query_as(\"SELECT 1\");\n";
        let found = faults(
            check,
            &[
                ("src/http/projects.rs", text),
                ("ledger/src/read.rs", text),
                ("tests/crash.rs", text),
            ],
        );
        assert_eq!(
            found,
            ["src/http/projects.rs:2: sqlx::query_as: SQL lives in ledger/ and projections/; ask one of them"]
        );
    }
}
