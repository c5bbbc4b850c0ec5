//! `cargo xtask tidy`: what must stay true of the repository itself, each rule a check of its own. A rule that turns out wrong is
//! changed here, with its reason; where a rule has exceptions they are listed beside it, each with its reason.

mod ambient;
mod architecture;
mod commands_in_projections;
mod dependencies;
mod file_size;
mod links;
mod migrations;
mod pools_in_handlers;
mod sql_placement;
mod toml_files;
mod toolchain;
mod unfinished;
mod words;
mod workplace;

use std::fmt;
use std::process::ExitCode;

use crate::process::Interrupts;
use crate::repository::{File, Repository, root};

struct Rule {
    name: &'static str,
    check: fn(&Repository) -> Vec<Fault>,
}

const RULES: &[Rule] = &[
    Rule {
        name: "dependencies point one way",
        check: dependencies::check,
    },
    Rule {
        name: "SQL lives in ledger, projections and migrations",
        check: sql_placement::check,
    },
    Rule {
        name: "no ambient clock or randomness",
        check: ambient::check,
    },
    Rule {
        name: "handlers hold no pool",
        check: pools_in_handlers::check,
    },
    Rule {
        name: "projections issue no commands",
        check: commands_in_projections::check,
    },
    Rule {
        name: "files stay short",
        check: file_size::check,
    },
    Rule {
        name: "nothing is left unfinished or silenced",
        check: unfinished::check,
    },
    Rule {
        name: "migrations come in pairs and say why",
        check: migrations::check,
    },
    Rule {
        name: "TOML files parse",
        check: toml_files::check,
    },
    Rule {
        name: "links resolve",
        check: links::check,
    },
    Rule {
        name: "ARCHITECTURE is complete and its invariants are checked",
        check: architecture::check,
    },
    Rule {
        name: "no path of one machine",
        check: workplace::check,
    },
];

/// A place where a rule is broken.
#[derive(Debug, PartialEq, Eq)]
struct Fault {
    path: String,
    /// From 1; 0 when the fault is not at a line.
    line: usize,
    what: String,
}

impl Fault {
    fn new(file: &File, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: file.path.clone(),
            line,
            what: what.into(),
        }
    }

    fn of_path(path: &str, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line: 0,
            what: what.into(),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(formatter, "{}: {}", self.path, self.what),
            line => write!(formatter, "{}:{line}: {}", self.path, self.what),
        }
    }
}

/// Checks every rule, then formatting and lints (not with `--rules`). All faults are reported, not only the first.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let rules_only = match arguments {
        [] => false,
        [flag] if flag == "--rules" => true,
        _ => return Err("usage: cargo xtask tidy [--rules]".to_owned()),
    };
    let root = root()?;
    let repository = Repository::read(&root)?;
    let mut clean = true;
    for rule in RULES {
        let faults = (rule.check)(&repository);
        eprintln!(
            "tidy: {}: {}",
            rule.name,
            if faults.is_empty() { "ok" } else { "BROKEN" }
        );
        for fault in &faults {
            println!("{fault}");
        }
        clean &= faults.is_empty();
    }
    if !rules_only {
        clean &= toolchain::check(&root, &Interrupts::listen()?)?;
    }
    Ok(if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// For the rules' own tests: the faults as text.
#[cfg(test)]
fn faults(check: fn(&Repository) -> Vec<Fault>, files: &[(&str, &str)]) -> Vec<String> {
    check(&Repository::sample(files)).iter().map(Fault::to_string).collect()
}
