//! `cargo xtask previous --commit REV`: builds the program as it was at a commit, and runs it beside the present one on one ledger.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use super::{cargo, describe, exit_code, postgres, progress};
use crate::process::Interrupts;
use crate::repository;

const USAGE: &str = "usage: cargo xtask previous --commit REV";
/// Builds the earlier version in `target/previous/`, then runs `tests/previous.rs` with it, beside a throwaway PostgreSQL.
pub(crate) fn previous(arguments: &[String]) -> Result<ExitCode, String> {
    let revision = parse(arguments)?;
    let root = repository::root()?;
    let interrupts = Interrupts::listen()?;
    let commit = commit_of(&root, &revision)?;
    let sources = unpack(&root, &commit, &interrupts)?;
    let target = root.join("target/previous/build");
    let mut build = cargo(&["build", "--package", "dean", "--bin", "dean"]);
    build.current_dir(&sources).env("CARGO_TARGET_DIR", &target);
    progress(&format!("{commit}: {}", describe(&build)));
    let built = interrupts.run(&mut build)?;
    if !built.success() {
        return Err(format!("xtask previous: the program of {commit} can't be built here"));
    }
    let server = postgres::start(&interrupts)?;
    let mut test = cargo(&["test", "--package", "dean", "--test", "previous", "--", "--nocapture"]);
    test.current_dir(&root)
        .env("DEAN_TEST_POSTGRES", server.url())
        .env("DEAN_TEST_PREVIOUS", target.join("debug/dean"));
    progress(&format!("beside {commit}: {}", describe(&test)));
    Ok(exit_code(interrupts.run(&mut test)?))
}

fn parse(arguments: &[String]) -> Result<String, String> {
    match arguments {
        // A name that begins with a hyphen would be an option to git.
        [name, revision] if name == "--commit" && !revision.is_empty() && !revision.starts_with('-') => {
            Ok(revision.clone())
        }
        _ => Err(USAGE.to_owned()),
    }
}

fn commit_of(root: &Path, revision: &str) -> Result<String, String> {
    let output = Command::new("git")
        .args(["rev-parse", "--verify", "--quiet", &format!("{revision}^{{commit}}")])
        .current_dir(root)
        .output()
        .map_err(|error| format!("xtask previous: git cannot be run: {error}"))?;
    if !output.status.success() {
        return Err(format!("xtask previous: `{revision}` is no commit of this repository"));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// The commit's files, in a folder of their own that is kept: the next build of the same commit has little to do.
fn unpack(root: &Path, commit: &str, interrupts: &Interrupts) -> Result<PathBuf, String> {
    let sources = root.join("target/previous").join(commit);
    // It gets its name when it is whole.
    if sources.exists() {
        return Ok(sources);
    }
    let failed = |error: std::io::Error| format!("xtask previous: {}: {error}", sources.display());
    let aside = sources.with_extension("unpacking");
    if aside.exists() {
        std::fs::remove_dir_all(&aside).map_err(failed)?;
    }
    std::fs::create_dir_all(&aside).map_err(failed)?;
    let archive = aside.with_extension("tar");
    let steps = [
        Command::new("git")
            .args(["archive", "--output"])
            .arg(&archive)
            .arg(commit)
            .current_dir(root),
        Command::new("tar").arg("-xf").arg(&archive).current_dir(&aside),
    ]
    .map(|step| interrupts.run(step).map(|status| status.success()));
    for step in steps {
        if !step? {
            return Err(format!("xtask previous: the files of {commit} can't be unpacked"));
        }
    }
    std::fs::remove_file(&archive).map_err(failed)?;
    std::fs::rename(&aside, &sources).map_err(failed)?;
    Ok(sources)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_commit_is_named_and_nothing_else() {
        let parsed = |text: &str| parse(&text.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(parsed("--commit v1^"), Ok("v1^".to_owned()));
        for wrong in ["", "--commit", "--commit --all", "v1", "--commit a b"] {
            assert_eq!(parsed(wrong), Err(USAGE.to_owned()), "{wrong}");
        }
    }
}
