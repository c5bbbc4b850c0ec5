//! Migrations: `migrations/{postgres,sqlite}/NNNN_what.sql`. The same steps under the same numbers on both databases, each saying why.

use std::collections::BTreeMap;

use super::Fault;
use crate::repository::{File, Repository};

const FOLDERS: [&str; 2] = ["migrations/postgres/", "migrations/sqlite/"];
/// Shorter is no reason.
const REASON_CHARACTERS_MIN: usize = 20;

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (folder, other) in [(FOLDERS[0], FOLDERS[1]), (FOLDERS[1], FOLDERS[0])] {
        let mut numbers: BTreeMap<&str, &str> = BTreeMap::new();
        for file in repository.files.iter().filter(|file| file.is_under(&[folder])) {
            let name = file.name();
            let Some(number) = number(name) else {
                faults.push(Fault::new(file, 0, "a migration is called NNNN_what.sql"));
                continue;
            };
            if let Some(first) = numbers.insert(number, name) {
                faults.push(Fault::new(file, 0, format!("number {number} is taken by {first}")));
            }
            if !begins_with_reason(file) {
                faults.push(Fault::new(
                    file,
                    1,
                    "a migration begins with a comment (--) that says why",
                ));
            }
            if repository.get(&format!("{other}{name}")).is_none() {
                faults.push(Fault::new(file, 0, format!("has no counterpart {other}{name}")));
            }
        }
    }
    faults
}

fn number(name: &str) -> Option<&str> {
    let (number, what) = name.strip_suffix(".sql")?.split_once('_')?;
    let is_number = number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_number && !what.is_empty()).then_some(number)
}

fn begins_with_reason(file: &File) -> bool {
    let comment = file.text.lines().map_while(|line| line.strip_prefix("--"));
    comment.map(|line| line.trim().chars().count()).sum::<usize>() >= REASON_CHARACTERS_MIN
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::faults;

    const GOOD: &str = "-- Events are found by their command, to answer a retry.\nCREATE TABLE t (n BIGINT);\n";

    #[test]
    fn a_pair_that_says_why_is_fine() {
        assert!(
            faults(
                check,
                &[
                    ("migrations/postgres/0001_a.sql", GOOD),
                    ("migrations/sqlite/0001_a.sql", GOOD)
                ]
            )
            .is_empty()
        );
    }

    #[test]
    fn each_fault_is_found() {
        let cases = [
            ("migrations/postgres/0002_b.sql", GOOD, "no counterpart"),
            ("migrations/postgres/0001_b.sql", GOOD, "is taken by"),
            ("migrations/sqlite/1_b.sql", GOOD, "is called NNNN_what.sql"),
            (
                "migrations/sqlite/0003_b.sql",
                "CREATE TABLE t (n BIGINT);\n",
                "says why",
            ),
            (
                "migrations/sqlite/0003_b.sql",
                "-- table\nCREATE TABLE t (n BIGINT);\n",
                "says why",
            ),
        ];
        for (path, text, expected) in cases {
            let files = [
                ("migrations/postgres/0001_a.sql", GOOD),
                ("migrations/sqlite/0001_a.sql", GOOD),
                (path, text),
            ];
            let found = faults(check, &files);
            assert!(
                found
                    .iter()
                    .any(|fault| fault.contains(path) && fault.contains(expected)),
                "{path}: {found:?}"
            );
        }
    }
}
