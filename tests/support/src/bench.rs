//! What the benchmarks share: a PostgreSQL, medians, and where their figures go.

use std::path::Path;
use std::process::{Command, ExitCode};

/// Runs a benchmark, if need be through `cargo xtask bench`, which starts a throwaway PostgreSQL and runs it again.
pub fn with_postgres(name: &str, run: impl FnOnce()) -> ExitCode {
    if std::env::var_os("DEAN_TEST_POSTGRES").is_some() {
        run();
        return ExitCode::SUCCESS;
    }
    let arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let status = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["xtask", "bench", name])
        .args(arguments)
        .status();
    match status {
        Ok(status) => ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1)),
        Err(error) => {
            eprintln!("cannot run `cargo xtask bench`, which starts a PostgreSQL for this: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The middle of some measurements; 0 of none.
#[must_use]
pub fn median(measured: &[f64]) -> f64 {
    let mut sorted = measured.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// Writes a benchmark's figures to `target/bench/NAME.json`.
///
/// # Panics
/// When they can't be written.
pub fn write_json(name: &str, figures: &serde_json::Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/bench");
    std::fs::create_dir_all(&folder).expect("target/bench can be made");
    let text = serde_json::to_string_pretty(figures).expect("figures are JSON");
    std::fs::write(folder.join(format!("{name}.json")), text).expect("target/bench can be written");
}
