//! `cargo xtask mutants`: every rule about money is broken on purpose, one after the other, and some test must notice.
//!
//! The list stands in `aggregates/tests/mutants.toml`. Every mutant is an expression that is put in the place of another; a copy of the
//! sources gets all of them at once, each behind a switch that the environment sets, so that the copy is compiled only once. The
//! working tree is only read: whatever happens here, it stays as it is.

mod list;

use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

use self::list::{Mutant, read};
use crate::process::Interrupts;
use crate::repository::{self, Repository};

/// The environment variable that says which mutant lives.
const SWITCH: &str = "DEAN_MUTANT";

/// How many histories a mutant has to survive.
const HISTORIES: &str = "2500";

/// Appended to the crate's root, so that a mutant is alive where the environment names it.
const SWITCHBOARD: &str = r#"
pub(crate) fn mutant(name: &str) -> bool {
    static ALIVE: std::sync::LazyLock<Option<String>> = std::sync::LazyLock::new(|| std::env::var("DEAN_MUTANT").ok());
    ALIVE.as_deref() == Some(name)
}
"#;

/// Runs the mutants whose name contains one of the arguments; without arguments all.
pub(crate) fn run(arguments: &[String]) -> Result<ExitCode, String> {
    let interrupts = Interrupts::listen()?;
    let root = repository::root()?;
    let repository = Repository::read(&root)?;
    let mutants = read(&repository)?;
    let folder = root.join("target/mutants");
    write(&repository, &mutants, &folder.join("tree"))?;
    progress("compiling the sources with all mutants in them");
    let built = interrupts.run(&mut test(&folder, "", true))?;
    if !built.success() {
        return Err(
            "the sources with the mutants in them don't compile: mend `aggregates/tests/mutants.toml`".to_owned(),
        );
    }
    progress("the tests without a mutant");
    if !interrupts
        .run(test(&folder, "", false).stderr(Stdio::null()))?
        .success()
    {
        return Err(
            "the tests fail without any mutant: mend them first (`cargo nextest run -p dean-aggregates`)".to_owned(),
        );
    }
    let is_asked = |mutant: &&Mutant| arguments.is_empty() || arguments.iter().any(|part| mutant.name.contains(part));
    let mut survivors = 0;
    for mutant in mutants.iter().filter(is_asked) {
        let status = interrupts.run(test(&folder, &mutant.name, false).stderr(Stdio::null()))?;
        interrupts.check()?;
        survivors += usize::from(status.success());
        let fate = if status.success() { "SURVIVED" } else { "killed" };
        println!("{fate:<9} {:<36} {}", mutant.name, mutant.rule);
    }
    println!(
        "{} mutant(s), {survivors} survived",
        mutants.iter().filter(is_asked).count()
    );
    Ok(ExitCode::from(u8::from(survivors > 0)))
}

/// One line on stderr that says what is being done now.
fn progress(what: &str) {
    eprintln!("xtask mutants: {what}");
}

fn test(folder: &Path, mutant: &str, only_builds: bool) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(["test", "--quiet", "-p", "dean-aggregates", "--test", "histories"])
        .args(only_builds.then_some("--no-run"))
        .current_dir(folder.join("tree"))
        .env("CARGO_TARGET_DIR", folder.join("build"))
        .env("DEAN_HISTORIES", HISTORIES)
        .env(SWITCH, mutant)
        // Nobody reads them, and each takes seconds.
        .env("RUST_BACKTRACE", "0")
        .stdout(Stdio::null());
    command
}

/// The repository's files with every mutant in them. What stands there already and is the same is left alone, so that cargo compiles
/// only what changed.
fn write(repository: &Repository, mutants: &[Mutant], tree: &Path) -> Result<(), String> {
    for file in &repository.files {
        let mut text = list::mutated(file, mutants)?;
        if file.path == "aggregates/src/lib.rs" {
            text.insert_str(0, "#![allow(unused_parens)]\n");
            text.push_str(SWITCHBOARD);
        }
        let path = tree.join(&file.path);
        if std::fs::read_to_string(&path).is_ok_and(|known| known == text) {
            continue;
        }
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        std::fs::create_dir_all(path.parent().unwrap_or(tree)).map_err(failed)?;
        std::fs::write(&path, text).map_err(failed)?;
    }
    Ok(())
}
