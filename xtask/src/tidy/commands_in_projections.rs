//! A projection never issues a command: replaying it must change nothing but its own tables.

use super::{Fault, words::has_word};
use crate::repository::Repository;

/// `Append` alone is also what a projection may do to its own tables, so the ledger's is recognised by how it is named or built.
const WORDS: &[&str] = &[
    "AggregateStore",
    "dean_ledger::Append",
    "Append {",
    "StreamAppend",
    "append_batch",
];

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository
        .rust_files()
        .filter(|file| file.is_under(&["projections/src/"]))
    {
        for (line, text) in file.product_lines() {
            if let Some(word) = WORDS.iter().find(|word| has_word(text, word)) {
                faults.push(Fault::new(
                    file,
                    line,
                    format!("{word}: a projection reads the ledger and never appends to it"),
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
    fn appending_is_refused_in_projections_but_not_in_their_tests() {
        let text = "use dean_ledger::Append;\n#[cfg(test)]\nmod tests {\n    use dean_ledger::Append;\n}\n";
        let found = faults(
            check,
            &[("projections/src/inbox.rs", text), ("projections/tests/inbox.rs", text)],
        );
        assert_eq!(
            found,
            ["projections/src/inbox.rs:1: dean_ledger::Append: a projection reads the ledger and never appends to it"]
        );
    }
}
