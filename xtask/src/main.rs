//! Repository chores, run as `cargo xtask <chore>`.

mod mutants;
mod process;
mod repository;
mod test;
mod tidy;

use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>

  test [ARGUMENT…]  run the tests with a throwaway PostgreSQL, a browser and a mail server, installing what is missing;
                    the arguments go to the test runner (a name filter, -p CRATE, …)
  crash --rounds N --database sqlite|postgres [--seed S]
                    kill the program in mid-load N times, and check every promise after each restart
  previous --commit REV
                    build the program as it was at a commit, and run it beside this one on one PostgreSQL ledger
  bench [BENCH [ARGUMENT…]]
                    run a benchmark (default: append) with a throwaway PostgreSQL
  mutants [NAME…]   break every rule about money in a copy of the sources, one after the other, and see whether the generated
                    histories notice
  tidy              check the repository's rules, formatting and lints
  tidy --rules      check the repository's own rules only (seconds, compiles nothing)";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.first().map(String::as_str) {
        Some("test") => test::run(&arguments[1..]),
        Some("bench") => test::bench(&arguments[1..]),
        Some("crash") => test::crash(&arguments[1..]),
        Some("previous") => test::previous(&arguments[1..]),
        Some("mutants") => mutants::run(&arguments[1..]),
        Some("tidy") => tidy::run(&arguments[1..]),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(code) => code,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}
