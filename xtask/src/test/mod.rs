//! `cargo xtask test`: every test, on any Debian machine with a Rust toolchain.

mod browser;
mod crash;
mod debian;
mod mail;
mod postgres;
mod previous;

use std::process::{Command, ExitCode, ExitStatus};

use crate::process::{Interrupts, find_in_path};
use crate::repository;

pub(crate) use crash::crash;
pub(crate) use previous::previous;

/// Runs the tests and returns their exit code; the database that is started for them is stopped whatever happens.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let root = repository::root()?;
    let interrupts = Interrupts::listen()?;
    // Before the database is started: what is missing should be known at once.
    postgres::binaries(&interrupts)?;
    let (browser, python) = if needs_browser(arguments) {
        (Some(browser::binaries(&interrupts)?), Some(mail::python(&interrupts)?))
    } else {
        (None, None)
    };
    let server = postgres::start(&interrupts)?;

    let environment = |command: &mut Command| {
        command.current_dir(&root).env("DEAN_TEST_POSTGRES", server.url());
        if let Some(browser) = &browser {
            command
                .env("DEAN_TEST_CHROMIUM", &browser.chromium)
                .env("DEAN_TEST_CHROMEDRIVER", &browser.driver);
        }
        if let Some(python) = python {
            command.env("DEAN_TEST_SMTP_PYTHON", python);
        }
    };
    let mut plan = Vec::new();
    if find_in_path("cargo-nextest").is_some() {
        plan.push(with_scope(cargo(&["nextest", "run", "--no-tests", "warn"]), arguments));
        if arguments.is_empty() {
            // nextest does not run the examples in the documentation.
            plan.push(cargo(&["test", "--quiet", "--doc", "--workspace"]));
        }
    } else {
        progress("cargo-nextest is not installed: falling back to `cargo test` (no time limit per test)");
        plan.push(with_scope(cargo(&["test", "--no-fail-fast"]), arguments));
    }
    let mut worst = None;
    for mut command in plan {
        environment(&mut command);
        progress(&format!("building and running: {}", describe(&command)));
        let status = interrupts.run(&mut command)?;
        if !status.success() {
            worst.get_or_insert(status);
        }
    }
    progress("stopping PostgreSQL");
    drop(server);
    if arguments.is_empty() {
        progress(
            "not among them: an earlier version of the program beside this one (`cargo xtask previous --commit REV` builds and runs it)",
        );
    }
    Ok(worst.map_or(ExitCode::SUCCESS, exit_code))
}

/// Runs a benchmark beside a throwaway PostgreSQL of its own.
pub(crate) fn bench(arguments: &[String]) -> Result<ExitCode, String> {
    let interrupts = Interrupts::listen()?;
    let server = postgres::start(&interrupts)?;
    let name = arguments.first().map_or("append", String::as_str);
    let mut command = cargo(&["bench", "--bench", name, "--"]);
    command
        .args(arguments.iter().skip(1))
        .current_dir(repository::root()?)
        .env("DEAN_TEST_PGBENCH", postgres::binaries(&interrupts)?.join("pgbench"))
        .env("DEAN_TEST_POSTGRES", server.url());
    progress(&format!("building and running: {}", describe(&command)));
    Ok(exit_code(interrupts.run(&mut command)?))
}

/// One line on stderr that says what is being done now.
fn progress(what: &str) {
    eprintln!("xtask test: {what}");
}

fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments);
    // `cargo run` tells us our own package, and build scripts of dependencies look at these: what a person builds by hand and what is
    // built here would take turns in throwing each other away.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy().into_owned();
        if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"]
            .iter()
            .any(|start| name.starts_with(start))
        {
            command.env_remove(name);
        }
    }
    command
}

/// The whole workspace unless the arguments name packages.
fn with_scope(mut command: Command, arguments: &[String]) -> Command {
    if packages(arguments).is_empty() {
        command.arg("--workspace");
    }
    command.args(arguments);
    command
}

/// Browser and mail server are large downloads, and only the product's own tests use it.
fn needs_browser(arguments: &[String]) -> bool {
    let packages = packages(arguments);
    packages.is_empty() || packages.contains(&"dean")
}

fn packages(arguments: &[String]) -> Vec<&str> {
    let mut packages = Vec::new();
    let mut rest = arguments
        .iter()
        .map(String::as_str)
        .take_while(|argument| *argument != "--");
    while let Some(argument) = rest.next() {
        if argument == "-p" || argument == "--package" {
            packages.extend(rest.next());
        } else if let Some(name) = argument
            .strip_prefix("--package=")
            .or_else(|| argument.strip_prefix("-p"))
        {
            packages.push(name);
        }
    }
    packages
}

fn describe(command: &Command) -> String {
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
    format!("cargo {}", arguments.join(" "))
}

fn exit_code(status: ExitStatus) -> ExitCode {
    // A runner that was ended by a signal has no code of its own.
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(arguments: &[&str]) -> Vec<String> {
        arguments.iter().map(|argument| (*argument).to_owned()).collect()
    }

    #[test]
    fn packages_are_found_in_every_spelling() {
        let arguments = owned(&[
            "-p",
            "a",
            "--package",
            "b",
            "--package=c",
            "-pd",
            "name",
            "--",
            "-p",
            "e",
        ]);
        assert_eq!(packages(&arguments), ["a", "b", "c", "d"]);
    }

    #[test]
    fn only_the_product_needs_a_browser() {
        assert!(needs_browser(&owned(&["some_test"])));
        assert!(needs_browser(&owned(&["-p", "dean"])));
        assert!(!needs_browser(&owned(&["-p", "dean-ledger"])));
    }
}
