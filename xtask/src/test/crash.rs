//! `cargo xtask crash`: `tests/crash.rs` for as many rounds as one likes.

use std::process::ExitCode;

use super::{cargo, describe, exit_code, postgres, progress};
use crate::process::Interrupts;
use crate::repository;

const USAGE: &str = "usage: cargo xtask crash --rounds N --database sqlite|postgres [--seed S]";

#[derive(Debug, PartialEq, Eq)]
struct Options {
    rounds: u32,
    on_postgres: bool,
    seed: u64,
}

/// Runs the rounds on one kind of database; PostgreSQL is a throwaway one.
pub(crate) fn crash(arguments: &[String]) -> Result<ExitCode, String> {
    let options = parse(arguments)?;
    let interrupts = Interrupts::listen()?;
    let server = match options.on_postgres {
        true => Some(postgres::start(&interrupts)?),
        false => None,
    };
    let database = if options.on_postgres { "postgresql" } else { "sqlite" };
    let test = format!("no_acknowledged_command_is_lost_and_none_doubled_on_{database}");
    let mut command = cargo(&[
        "test",
        "--workspace",
        "--test",
        "crash",
        "--",
        "--exact",
        &test,
        "--nocapture",
    ]);
    command
        .current_dir(repository::root()?)
        .env("DEAN_CRASH_ROUNDS", options.rounds.to_string())
        .env("DEAN_CRASH_SEED", options.seed.to_string());
    if let Some(server) = &server {
        command.env("DEAN_TEST_POSTGRES", server.url());
    }
    progress(&format!("building and running: {}", describe(&command)));
    Ok(exit_code(interrupts.run(&mut command)?))
}

fn parse(arguments: &[String]) -> Result<Options, String> {
    let (mut rounds, mut on_postgres, mut seed) = (None, None, 1);
    let mut rest = arguments.iter();
    while let Some(name) = rest.next() {
        let value = rest.next().ok_or(USAGE)?;
        let wrong = || format!("{name} {value}: {USAGE}");
        match (name.as_str(), value.as_str()) {
            ("--rounds", value) => rounds = Some(value.parse().ok().filter(|rounds| *rounds > 0).ok_or_else(wrong)?),
            ("--database", "sqlite") => on_postgres = Some(false),
            ("--database", "postgres") => on_postgres = Some(true),
            ("--seed", value) => seed = value.parse().map_err(|_| wrong())?,
            _ => return Err(wrong()),
        }
    }
    Ok(Options {
        rounds: rounds.ok_or(USAGE)?,
        on_postgres: on_postgres.ok_or(USAGE)?,
        seed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_and_refused() {
        let parsed = |text: &str| parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(
            parsed("--rounds 5 --database postgres --seed 7"),
            Ok(Options {
                rounds: 5,
                on_postgres: true,
                seed: 7
            })
        );
        for wrong in [
            "",
            "--rounds 5",
            "--rounds 0 --database sqlite",
            "--rounds 5 --database mysql",
            "--rounds",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }
}
