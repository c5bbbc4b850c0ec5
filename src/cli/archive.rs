//! `dean export`, `dean import`, `dean backup`: the ledger as one file.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use dean_ledger::archive::{ExportOptions, Exported, import as import_file};
use dean_ledger::proof::{Checkpoint, CheckpointSigner, key_file};
use dean_ledger::{Access, Database, Ledger};

use super::progress::Progress;
use super::signing::{KeptFolderArgs, KeyArgs};
use super::verify::{KeptArgs, STDIN, open_file};
use super::{CliError, StoreArgs, data};

/// What stands for standard output.
const STDOUT: &str = STDIN;

#[derive(Debug, Args)]
pub(super) struct ExportArgs {
    /// The file to write, readable by its owner only; `-` writes to standard output
    file: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
    /// For outsiders: leave out personal data, the search key and clients' keys; such a file verifies, but can't be imported
    #[arg(long)]
    public: bool,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    kept: KeptFolderArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct BackupArgs {
    /// The file to write, readable by its owner only
    file: PathBuf,
    /// Replace the file if there is one
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    kept: KeptFolderArgs,
    #[command(flatten)]
    store: StoreArgs,
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// A file made by `dean backup` or `dean export`; `-` reads standard input
    file: PathBuf,
    #[command(flatten)]
    kept: KeptArgs,
    /// Where to: `sqlite:PATH` or `postgres://USER@HOST/DATABASE`
    #[arg(long, env = "DEAN_DATABASE", default_value = "sqlite:dean.db", value_name = "URL")]
    database: String,
}

/// Signs a checkpoint into the file if the server's key is at hand. A key that was asked for must be there and be the ledger's, and the
/// ledger must continue the checkpoints in a folder that was named.
async fn options(
    key: &KeyArgs,
    kept: &KeptFolderArgs,
    ledger: &Ledger,
    public: bool,
) -> Result<ExportOptions, CliError> {
    let mut options = ExportOptions { public, signer: None };
    let recorded = ledger.verifier_keys().await?.pop();
    let key = match key_file::read(&key.path(ledger)) {
        Err(_) if !key.is_named() => return Ok(options),
        read => read?,
    };
    let origin = ledger.origin();
    let found = key.verifier(&origin);
    match recorded {
        Some(recorded) if recorded == found => {}
        Some(recorded) => {
            return Err(format!(
                "the ledger's checkpoints are signed by {recorded}, but the signing key at hand is {found}; give the right file with \
                 --signing-key"
            )
            .into());
        }
        None => return Ok(options),
    }
    CheckpointSigner::open(ledger, key.clone(), kept.open(ledger).await?).await?;
    options.signer = Some(Box::new(move |size, root| {
        let checkpoint = Checkpoint {
            origin: origin.clone(),
            size,
            root,
        };
        checkpoint.sign(&key)
    }));
    Ok(options)
}

pub(super) async fn export(args: ExportArgs) -> Result<ExitCode, CliError> {
    let ledger = args.store.open(Access::Read).await?;
    let options = options(&args.key, &args.kept, &ledger, args.public).await?;
    let mut progress = Progress::start("exporting");
    let show = |done, total| progress.show(done, total);
    let to_stdout = args.file.as_os_str() == STDOUT;
    let exported = if to_stdout {
        ledger.export(std::io::stdout(), &options, show).await?
    } else {
        ledger
            .export_file(&args.file, &options, args.force, false, show)
            .await?
    };
    finish(progress, &exported);
    if !to_stdout {
        data(summary(&exported))?;
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn backup(args: BackupArgs) -> Result<ExitCode, CliError> {
    if args.file.as_os_str() == STDOUT {
        return Err("a backup is read back before it counts, which standard output does not allow; name a file, or use `dean export -`".into());
    }
    let ledger = args.store.open(Access::Read).await?;
    let options = options(&args.key, &args.kept, &ledger, false).await?;
    let mut progress = Progress::start("backing up");
    let exported = ledger
        .export_file(&args.file, &options, args.force, true, |done, total| {
            progress.show(done, total)
        })
        .await?;
    finish(progress, &exported);
    data(summary(&exported))?;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn import(args: ImportArgs) -> Result<ExitCode, CliError> {
    let file = open_file(&args.file)?;
    let kept = args.kept.roots(file.manifest().id)?;
    let database = Database::open(&args.database, Access::Write).await?;
    let mut progress = Progress::start("importing");
    let imported = import_file(&database, file, &kept, |done, total| progress.show(done, total)).await?;
    database.close().await;
    progress.finish(format_args!("{} events of `{}`", imported.events, imported.name));
    data(format_args!(
        "{} events, root {}",
        imported.events,
        hex::encode(imported.root)
    ))?;
    Ok(ExitCode::SUCCESS)
}

fn finish(progress: Progress, exported: &Exported) {
    progress.finish(format_args!(
        "{} events in {} commits, {} bytes",
        exported.events, exported.commits, exported.bytes
    ));
}

fn summary(exported: &Exported) -> String {
    format!("{} events, root {}", exported.events, hex::encode(exported.root))
}
