//! Nothing in the repository depends on where one person keeps it.

use super::Fault;
use crate::repository::Repository;

const PREFIXES: &[&str] = &["/work/", "/root/"];

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    // This file names what it looks for.
    for file in repository
        .files
        .iter()
        .filter(|file| file.path != "xtask/src/tidy/workplace.rs")
    {
        for (index, line) in file.text.lines().enumerate() {
            if let Some(prefix) = PREFIXES.iter().find(|prefix| has_absolute(line, prefix)) {
                faults.push(Fault::new(file, index + 1, format!("{prefix}: a path of one machine")));
            }
        }
    }
    faults
}

/// Whether a path begins with `prefix`, rather than having it inside, as in `https://example.org/work/1`.
fn has_absolute(line: &str, prefix: &str) -> bool {
    let is_path =
        |character: char| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '/' | '}' | '~');
    line.match_indices(prefix)
        .any(|(index, _)| !line[..index].ends_with(is_path))
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::faults;

    #[test]
    fn absolute_paths_are_found_and_others_left_alone() {
        let text = "see https://example.org/work/1 and src/work/a.rs\ncd /work/dean\nHOME=/root/x\n";
        let found = faults(check, &[("README.md", text)]);
        assert_eq!(
            found,
            [
                "README.md:2: /work/: a path of one machine",
                "README.md:3: /root/: a path of one machine"
            ]
        );
    }
}
