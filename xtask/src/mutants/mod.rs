//! `cargo xtask mutants`: every rule about money is broken on purpose, one after the other, and some test must notice.
//!
//! The list stands in `aggregates/tests/mutants/`. Every mutant is an expression that is put in the place of another; a copy of the
//! sources gets all of them at once, each behind a switch that the environment sets, so that the copy is compiled only once. The
//! working tree is only read: whatever happens here, it stays as it is.

mod list;

use std::fs::File;
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
        return Err("the sources with the mutants in them don't compile: mend `aggregates/tests/mutants/`".to_owned());
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
    let (mut survivors, mut unclear) = (0, 0);
    let told = folder.join("told");
    for mutant in mutants.iter().filter(is_asked) {
        let failed = |error: std::io::Error| format!("{}: {error}", told.display());
        let file = File::create(&told).map_err(failed)?;
        let mut command = test(&folder, &mutant.name, false);
        command.stderr(file.try_clone().map_err(failed)?).stdout(file);
        let status = interrupts.run(&mut command)?;
        interrupts.check()?;
        let output = std::fs::read(&told).map_err(failed)?;
        let fate = fate(status.success(), &String::from_utf8_lossy(&output));
        survivors += usize::from(fate == Fate::Survived);
        println!("{:<9} {:<36} {}", fate.word(), mutant.name, mutant.rule);
        if fate == Fate::Unclear {
            unclear += 1;
            let kept = folder.join(format!("told-{}", mutant.name));
            std::fs::rename(&told, &kept).map_err(failed)?;
            progress(&format!("{status}, but no history failed; see {}", kept.display()));
        }
    }
    println!(
        "{} mutant(s), {survivors} survived, {unclear} unclear",
        mutants.iter().filter(is_asked).count()
    );
    Ok(ExitCode::from(u8::from(survivors + unclear > 0)))
}

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// No history noticed it.
    Survived,
    /// A history failed by it.
    Killed,
    /// The tests ended otherwise, e.g. for want of memory: that says nothing of the rule.
    Unclear,
}

impl Fate {
    const fn word(self) -> &'static str {
        match self {
            Self::Survived => "SURVIVED",
            Self::Killed => "killed",
            Self::Unclear => "UNCLEAR",
        }
    }
}

/// A history that fails tells its number: `history 17:`.
fn fate(succeeded: bool, output: &str) -> Fate {
    let is_history = |line: &str| {
        let number = line.strip_prefix("history ").and_then(|rest| rest.strip_suffix(':'));
        number.is_some_and(|number| number.parse::<u64>().is_ok())
    };
    match succeeded {
        true => Fate::Survived,
        false if output.lines().any(is_history) => Fate::Killed,
        false => Fate::Unclear,
    }
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

/// The repository's files with every mutant in them, and no others. What stands there already and is the same is left alone, so that cargo compiles
/// only what changed.
fn write(repository: &Repository, mutants: &[Mutant], tree: &Path) -> Result<(), String> {
    remove_strangers(repository, tree, tree)?;
    for file in &repository.files {
        let mut text = list::mutated(file, mutants)?;
        if file.path == "aggregates/src/lib.rs" {
            text.insert_str(
                0,
                "#![expect(unused_parens, reason = \"a switch stands in parentheses\")]\n",
            );
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

/// Files that an earlier run has written and that are no part of the repository any more.
fn remove_strangers(repository: &Repository, tree: &Path, folder: &Path) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    if !folder.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if path.is_dir() {
            remove_strangers(repository, tree, &path)?;
        } else if path
            .strip_prefix(tree)
            .is_ok_and(|path| repository.get(&path.to_string_lossy()).is_none())
        {
            std::fs::remove_file(&path).map_err(failed)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_history_that_fails_kills_a_mutant() {
        let journal = "running 1 test\nhistory 17:\n  2018-03-01 draft by cb accepted\n";
        assert_eq!(fate(false, journal), Fate::Killed);
        assert_eq!(fate(true, ""), Fate::Survived);
        for other in [
            "",
            "memory allocation of 1073741824 bytes failed\nsignal: 6, SIGABRT: process abort signal\n",
            "thread 'main' panicked:\ntried too seldom: [\"history\"]\n",
            "error: could not compile `dean-aggregates`; see the history 17: below\n",
        ] {
            assert_eq!(fate(false, other), Fate::Unclear, "{other}");
        }
    }
}
