//! `dean verify`: recompute every leaf, root and column, of a database or of an exported file.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use dean_ledger::archive::{ArchiveFile, FileReport};
use dean_ledger::proof::{Checkpoint, VerifierKey};
use dean_ledger::{Access, Fault, KeptRoot, VerifyReport};
use uuid::Uuid;

use super::progress::Progress;
use super::{CliError, StoreArgs, data};

/// Faults listed one by one; more are counted.
const FAULTS_SHOWN_MAX: usize = 20;
/// What stands for standard input.
pub(super) const STDIN: &str = "-";

/// Checkpoints that were kept elsewhere.
#[derive(Debug, Args)]
pub(super) struct KeptArgs {
    /// A signed checkpoint that was kept elsewhere: only that shows a history rewritten as a whole, or cut off; may be given several times
    #[arg(long = "checkpoint", value_name = "FILE")]
    checkpoints: Vec<PathBuf>,
    /// Verifier key that must have signed the checkpoints, as `dean key` shows it; may be given several times
    #[arg(long = "key", value_name = "VKEY")]
    keys: Vec<VerifierKey>,
}

#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// An exported ledger to check instead of a database; `-` reads standard input
    file: Option<PathBuf>,
    #[command(flatten)]
    kept: KeptArgs,
    #[command(flatten)]
    store: StoreArgs,
}

impl KeptArgs {
    /// The roots to compare with, of a ledger.
    pub(super) fn roots(&self, ledger: Uuid) -> Result<Vec<KeptRoot>, CliError> {
        if self.keys.is_empty() && !self.checkpoints.is_empty() {
            eprintln!("dean: no --key is given, so nobody's signature on the checkpoints is checked");
        }
        self.checkpoints
            .iter()
            .map(|path| {
                let source = path.display().to_string();
                let note = std::fs::read_to_string(path)
                    .map_err(|error| format!("cannot read the checkpoint `{source}`: {error}"))?;
                let Checkpoint { size, root, .. } = self.open(&note, &source, ledger)?;
                Ok(KeptRoot { size, root, source })
            })
            .collect()
    }

    /// Checks the checkpoint inside a file as if it had been kept elsewhere; after the verification, for only then it has been read.
    pub(super) fn check_own(&self, file: &mut FileReport) -> Result<(), CliError> {
        let Some(note) = &file.checkpoint else {
            return Ok(());
        };
        let checkpoint = self.open(note, "the file's own checkpoint", file.manifest.id)?;
        let report = &mut file.report;
        if (checkpoint.size, checkpoint.root) != (report.events, report.root) {
            report.faults_found += 1;
            report.faults.push(Fault {
                position: report.events.min(checkpoint.size) + 1,
                what: format!(
                    "the file's own checkpoint was made for {} events and another root",
                    checkpoint.size
                ),
            });
        }
        Ok(())
    }

    fn open(&self, note: &str, source: &str, ledger: Uuid) -> Result<Checkpoint, CliError> {
        let checkpoint = match self.keys.as_slice() {
            [] => Checkpoint::read_unverified(note),
            keys => Checkpoint::open(note, keys),
        };
        let checkpoint = checkpoint.map_err(|error| format!("{source}: {error}"))?;
        let origin = dean_ledger::proof::checkpoint::origin(ledger);
        if checkpoint.origin == origin {
            Ok(checkpoint)
        } else {
            Err(format!(
                "{source} is a checkpoint of {}, but this ledger is {origin}; leave it out, or name the ledger that it belongs to",
                checkpoint.origin
            )
            .into())
        }
    }
}

pub(super) fn open_file(path: &Path) -> Result<ArchiveFile, CliError> {
    if path.as_os_str() == STDIN {
        Ok(ArchiveFile::read(
            Box::new(std::io::stdin()),
            "standard input".to_owned(),
        )?)
    } else {
        Ok(ArchiveFile::open(path)?)
    }
}

pub(super) async fn verify(args: VerifyArgs) -> Result<ExitCode, CliError> {
    let mut progress = Progress::start("verifying");
    let report = if let Some(path) = &args.file {
        let file = open_file(path)?;
        let kept = args.kept.roots(file.manifest().id)?;
        let mut found = file.verify(&kept, |done, total| progress.show(done, total)).await?;
        args.kept.check_own(&mut found)?;
        found.report
    } else {
        let ledger = args.store.open(Access::Read).await?;
        let kept = args.kept.roots(ledger.id())?;
        ledger
            .verify_against(&kept, |done, total| progress.show(done, total))
            .await?
    };
    progress.finish(format_args!("{} events in {} commits", report.events, report.commits));
    show(&report)
}

fn show(report: &VerifyReport) -> Result<ExitCode, CliError> {
    for fault in report.faults.iter().take(FAULTS_SHOWN_MAX) {
        data(format_args!("position {}: {}", fault.position, fault.what))?;
    }
    let shown = report.faults.len().min(FAULTS_SHOWN_MAX) as u64;
    if report.faults_found > shown {
        data(format_args!("… and {} more", report.faults_found - shown))?;
    }
    if let Some(first) = report.faults.first() {
        eprintln!(
            "dean: the ledger does not verify, first at position {}; keep a copy as evidence before anything else, then compare it with a \
             backup",
            first.position
        );
        return Ok(ExitCode::FAILURE);
    }
    for fault in report.tiles.faults.iter().take(FAULTS_SHOWN_MAX) {
        data(&fault.what)?;
    }
    let shown = report.tiles.faults.len().min(FAULTS_SHOWN_MAX) as u64;
    if report.tiles.faults_found > shown {
        data(format_args!("… and {} more", report.tiles.faults_found - shown))?;
    }
    if !report.tiles.faults.is_empty() {
        eprintln!(
            "dean: all {} events verify, but rows of the table `tiles` are not what they make. Nothing is lost, tiles are derived from the \
             events: delete all rows of that table, and a server makes them again. Then find out who altered them",
            report.events
        );
        return Ok(ExitCode::FAILURE);
    }
    let kept = match report.kept_roots {
        0 => String::new(),
        1 => ", 1 kept checkpoint met".to_owned(),
        count => format!(", {count} kept checkpoints met"),
    };
    data(format_args!(
        "{} events, root {}{kept}",
        report.events,
        hex::encode(report.root)
    ))?;
    Ok(ExitCode::SUCCESS)
}
