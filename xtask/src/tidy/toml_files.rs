//! Every TOML file parses: lifecycles, rules and norms are published from these texts, and a broken one would only show at first start.

use toml::Table;

use super::Fault;
use crate::repository::Repository;

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.files.iter().filter(|file| file.path.ends_with(".toml")) {
        if let Err(error) = file.text.parse::<Table>() {
            let line = error.span().map_or(0, |span| {
                file.text[..span.start.min(file.text.len())].lines().count().max(1)
            });
            faults.push(Fault::new(file, line, error.message()));
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::faults;

    #[test]
    fn a_broken_file_is_named_with_its_line() {
        let found = faults(
            check,
            &[
                ("lifecycles/kcdp-2024.toml", "a = 1\nb = = 2\n"),
                ("rules/norms.toml", "a = 1\n"),
            ],
        );
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("lifecycles/kcdp-2024.toml:2: "), "{}", found[0]);
    }
}
