//! A handler never holds a pool: it asks the ledger or a projection, which know what a query may see and cost.

use super::{Fault, words::has_word};
use crate::repository::Repository;

const WORDS: &[&str] = &[
    "PgPool",
    "SqlitePool",
    "PgConnection",
    "SqliteConnection",
    "PoolConnection",
];

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.rust_files().filter(|file| file.is_under(&["src/"])) {
        for (line, text) in file.product_lines() {
            if let Some(word) = WORDS.iter().find(|word| has_word(text, word)) {
                faults.push(Fault::new(
                    file,
                    line,
                    format!("{word}: the product holds no pool; use dean_ledger or dean_projections"),
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
    fn pools_are_refused_in_the_product() {
        let text = "struct State {\n    pool: PgPool,\n}\n";
        let found = faults(check, &[("src/http/state.rs", text), ("ledger/src/database.rs", text)]);
        assert_eq!(
            found,
            ["src/http/state.rs:2: PgPool: the product holds no pool; use dean_ledger or dean_projections"]
        );
    }
}
