//! Dependencies point one way: `dean → projections → ledger`, and `dean, projections → aggregates`. The domain does no I/O. What a crate
//! only needs for its tests is not looked at.

use toml::{Table, Value};

use super::Fault;
use crate::repository::{File, Repository};

/// Manifest, packages it must not depend on, reason.
const FORBIDDEN: &[(&str, &[&str], &str)] = &[
    (
        "aggregates/Cargo.toml",
        &[
            "tokio",
            "sqlx",
            "postgres-es",
            "sqlite-es",
            "axum",
            "hyper",
            "reqwest",
            "ureq",
            "getrandom",
            "rand",
            "dean-ledger",
            "dean-projections",
            "dean",
        ],
        "the domain does no I/O and knows neither its storage nor its views",
    ),
    (
        "ledger/Cargo.toml",
        &["axum", "dean-aggregates", "dean-projections", "dean"],
        "the ledger stores any events and knows none of them",
    ),
    (
        "projections/Cargo.toml",
        &["axum", "dean"],
        "read models know nothing of HTTP or of the product around them",
    ),
];

const TEST_ONLY: &str = "dean-test-support";

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.files.iter().filter(|file| file.name() == "Cargo.toml") {
        // A manifest that does not parse is another rule's fault.
        let Ok(manifest) = file.text.parse::<Table>() else {
            continue;
        };
        let names = dependencies(&manifest);
        for (path, forbidden, reason) in FORBIDDEN {
            for name in names
                .iter()
                .filter(|name| file.path == *path && forbidden.contains(&name.as_str()))
            {
                faults.push(Fault::new(
                    file,
                    line_of(file, name),
                    format!("must not depend on {name}: {reason}"),
                ));
            }
        }
        if names.iter().any(|name| name == TEST_ONLY) {
            let what =
                format!("{TEST_ONLY} belongs under [dev-dependencies]: the product does not ship its test harness");
            faults.push(Fault::new(file, line_of(file, TEST_ONLY), what));
        }
    }
    faults
}

/// Of normal and build dependencies, for any target; the package's name where it is renamed.
fn dependencies(manifest: &Table) -> Vec<String> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let tables =
        std::iter::once(manifest).chain(targets.into_iter().flat_map(Table::values).filter_map(Value::as_table));
    tables
        .flat_map(|table| ["dependencies", "build-dependencies"].map(|kind| table.get(kind).and_then(Value::as_table)))
        .flatten()
        .flatten()
        .map(|(name, value)| value.get("package").and_then(Value::as_str).unwrap_or(name).to_owned())
        .collect()
}

fn line_of(file: &File, name: &str) -> usize {
    file.text
        .lines()
        .position(|line| line.contains(name) && !line.starts_with('#') && !line.starts_with("name"))
        .map_or(0, |index| index + 1)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::faults;

    #[test]
    fn the_domain_may_not_do_io_under_any_name() {
        let plain = faults(
            check,
            &[(
                "aggregates/Cargo.toml",
                "[dependencies]\nserde = \"1\"\ntokio.workspace = true\n",
            )],
        );
        assert_eq!(
            plain,
            [
                "aggregates/Cargo.toml:3: must not depend on tokio: the domain does no I/O and knows neither its storage nor its views"
            ]
        );
        let renamed = "[target.'cfg(unix)'.dependencies]\nx = { package = \"sqlx\", version = \"0.8\" }\n";
        assert_eq!(faults(check, &[("aggregates/Cargo.toml", renamed)]).len(), 1);
    }

    #[test]
    fn the_ledger_knows_no_domain_but_its_tests_may() {
        assert_eq!(
            faults(
                check,
                &[("ledger/Cargo.toml", "[dependencies]\ndean-aggregates = \"1\"\n")]
            )
            .len(),
            1
        );
        assert!(
            faults(
                check,
                &[("ledger/Cargo.toml", "[dev-dependencies]\ndean-aggregates = \"1\"\n")]
            )
            .is_empty()
        );
    }

    #[test]
    fn projections_know_no_http() {
        assert_eq!(
            faults(check, &[("projections/Cargo.toml", "[dependencies]\naxum = \"0.8\"\n")]).len(),
            1
        );
    }

    #[test]
    fn the_harness_is_for_tests() {
        assert_eq!(
            faults(check, &[("Cargo.toml", "[dependencies]\ndean-test-support = \"1\"\n")]).len(),
            1
        );
        let workspace =
            "[workspace.dependencies]\ndean-test-support = \"1\"\n[dev-dependencies]\ndean-test-support = \"1\"\n";
        assert!(faults(check, &[("Cargo.toml", workspace)]).is_empty());
    }
}
