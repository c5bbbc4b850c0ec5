//! A file that a person can hold in mind: each has one reason to change, and a long one usually has two.

use super::Fault;
use crate::repository::Repository;

const LINES_MAX: usize = 500;
const KINDS: &[&str] = &[".rs", ".toml", ".html"];

/// File, reason. The list may only shrink.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "lifecycles/kcdp-2014-02-10.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcdp-2014-02-10-2.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcdp-pay-after-2014-02-10.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcdp-recoverable-2014-02-10.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcqg-2014-02-10-2.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcqg-2014-02-10.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcdp-2014-02-10-3.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcdp-pay-after-2014-02-10-2.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcdp-pay-after-2014-02-10-3.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcdp-recoverable-2014-02-10-2.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "lifecycles/kcqg-2014-02-10-3.toml",
        "one procedure is one published text with one hash",
    ),
    (
        "rules/norms-national-2018-05-11.toml",
        "one rule set is one published text with one hash",
    ),
];

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    check_with(repository, EXCEPTIONS)
}

fn check_with(repository: &Repository, exceptions: &[(&str, &str)]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository
        .files
        .iter()
        .filter(|file| KINDS.iter().any(|kind| file.path.ends_with(kind)))
    {
        let lines = file.text.lines().count();
        let excepted = exceptions.iter().any(|(path, _)| *path == file.path);
        if lines > LINES_MAX && !excepted {
            faults.push(Fault::new(
                file,
                LINES_MAX + 1,
                format!("{lines} lines, over {LINES_MAX}: split it by reason to change"),
            ));
        } else if lines <= LINES_MAX && excepted {
            faults.push(Fault::new(
                file,
                0,
                "is short enough now: take it off the exceptions in xtask/src/tidy/file_size.rs",
            ));
        }
    }
    let missing = exceptions.iter().filter(|(path, _)| repository.get(path).is_none());
    faults.extend(missing.map(|(path, _)| Fault::of_path(path, "is an exception to the file size but does not exist")));
    faults
}

#[cfg(test)]
mod tests {
    use super::check_with;
    use crate::repository::Repository;

    #[test]
    fn a_long_file_is_refused_unless_excepted() {
        let long = "x\n".repeat(501);
        let files = [("src/a.rs", long.as_str()), ("src/b.rs", "x\n"), ("notes.txt", &long)];
        let found = check_with(&Repository::sample(&files), &[]);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            ["src/a.rs:501: 501 lines, over 500: split it by reason to change"]
        );
        assert!(check_with(&Repository::sample(&[("src/a.rs", &long)]), &[("src/a.rs", "a table")]).is_empty());
    }

    #[test]
    fn exceptions_may_only_shrink() {
        let found = check_with(
            &Repository::sample(&[("src/a.rs", "x\n")]),
            &[("src/a.rs", "was long"), ("src/gone.rs", "was long")],
        );
        assert_eq!(found.len(), 2);
    }
}
