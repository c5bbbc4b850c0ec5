//! Formatting and lints, by the toolchain's own programs.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::process::Interrupts;

const STEPS: &[(&str, &[&str])] = &[
    ("formatting (cargo fmt)", &["fmt", "--all", "--check"]),
    (
        "lints (cargo clippy, compiles the workspace)",
        // The last one is no target that `cargo test` runs by itself, so it is not among all.
        &[
            "clippy",
            "--workspace",
            "--all-targets",
            "--test",
            "previous",
            "--",
            "-D",
            "warnings",
        ],
    ),
];

/// Whether all are clean; each reports its own faults.
pub(super) fn check(root: &Path, interrupts: &Interrupts) -> Result<bool, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for component in ["fmt", "clippy"] {
        let probe = Command::new(&cargo)
            .args([component, "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if !probe.is_ok_and(|status| status.success()) {
            return Err(format!(
                "tidy: cargo {component} is missing; install it with: rustup component add rustfmt clippy"
            ));
        }
    }
    let mut clean = true;
    for (name, arguments) in STEPS {
        eprintln!("tidy: {name} …");
        let ok = interrupts
            .run(Command::new(&cargo).args(*arguments).current_dir(root))?
            .success();
        eprintln!("tidy: {name}: {}", if ok { "ok" } else { "BROKEN" });
        clean &= ok;
    }
    Ok(clean)
}
