//! Time and randomness are injected (`dean_ledger::environment`): the same inputs always make the same ledger. clippy.toml refuses the
//! same functions where it can see them; this rule also covers those that it cannot, and monotonic time.

use super::{Fault, words::has_word};
use crate::repository::Repository;

const CLOCKS: &[&str] = &[
    "Utc::now",
    "Local::now",
    "SystemTime::now",
    "Uuid::new_v4",
    "Uuid::now_v7",
    "rand::",
    "thread_rng",
    "getrandom::",
    "OsRng",
];
/// Monotonic time decides nothing that is recorded, but each use is looked at: it may only measure or pace.
const STOPWATCH: &str = "Instant::now";

/// File or folder, what it may use, reason.
const ALLOWED: &[(&str, &[&str], &str)] = &[
    (
        "ledger/src/environment.rs",
        CLOCKS,
        "the one place that reads the machine's clock and randomness, behind traits",
    ),
    (
        "ledger/src/writer/commit.rs",
        &[STOPWATCH],
        "measures how long a commit takes, for the metrics",
    ),
    (
        "ledger/src/writer/flight.rs",
        &[STOPWATCH],
        "measures how long a commit takes, for the metrics",
    ),
    (
        "ledger/src/writer/mod.rs",
        &[STOPWATCH],
        "paces the writer: how long it waits for more appends",
    ),
    (
        "ledger/examples/append_rate.rs",
        &[STOPWATCH],
        "measures appends, which is what the example is for",
    ),
    (
        "ledger/examples/fairness.rs",
        &[STOPWATCH],
        "measures how long appends wait, which is what the example is for",
    ),
    (
        "src/cli/progress.rs",
        &[STOPWATCH],
        "paces and measures long work for whoever watches it",
    ),
    (
        "src/http/server.rs",
        &[STOPWATCH],
        "measures how long a request takes, for the log and the metrics",
    ),
];

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.rust_files() {
        for (line, text) in file.product_lines() {
            for word in CLOCKS.iter().chain([&STOPWATCH]).filter(|word| has_word(text, word)) {
                let allowed =
                    |(path, words, _): &(&str, &[&str], &str)| file.path.starts_with(path) && words.contains(word);
                if !ALLOWED.iter().any(allowed) {
                    let what = format!(
                        "{word}: take time and randomness from dean_ledger::environment; to measure or pace with a stopwatch, list the \
                         file with its reason in xtask/src/tidy/ambient.rs"
                    );
                    faults.push(Fault::new(file, line, what));
                }
            }
        }
    }
    faults.extend(ALLOWED.iter().flat_map(|(path, words, _)| {
        let unused = |word: &&&str| {
            let mut files = repository
                .rust_files()
                .filter(|file| file.path.starts_with(path))
                .peekable();
            files.peek().is_some()
                && *words != CLOCKS
                && !files.any(|file| file.product_lines().any(|(_, text)| has_word(text, word)))
        };
        words
            .iter()
            .filter(unused)
            .map(|word| Fault::of_path(path, format!("no longer uses {word}: take it off the list")))
            .collect::<Vec<_>>()
    }));
    faults
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::faults;

    #[test]
    fn ambient_time_is_refused_outside_the_environment_and_tests() {
        let text = "fn f() {\n    let now = std::time::SystemTime::now(); // why\n}\n#[cfg(test)]\nmod tests {\n    Instant::now();\n}\n";
        let found = faults(
            check,
            &[
                ("src/cli/serve.rs", text),
                ("ledger/src/environment.rs", text),
                ("tests/crash.rs", text),
            ],
        );
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with("src/cli/serve.rs:2: SystemTime::now: "),
            "{}",
            found[0]
        );
    }

    #[test]
    fn randomness_and_stopwatches_are_refused() {
        let found = faults(
            check,
            &[(
                "projections/src/runner.rs",
                "rand::random();\nInstant::now();\nstrand::x();\n",
            )],
        );
        assert_eq!(found.len(), 2);
    }
}
