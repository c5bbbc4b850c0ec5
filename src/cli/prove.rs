//! `dean prove` writes a file that proves one event, or how two checkpoints relate; `dean verify-proof` checks it, with a verifier key and
//! nothing else.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;

use clap::Args;
use cqrs_es::Aggregate;
use dean_aggregates::project::Project;
use dean_ledger::proof::{Checkpoint, CheckpointSigner, key_file};
use dean_ledger::{Access, Ledger};
use uuid::Uuid;

use super::signing::{KeptFolderArgs, KeyArgs};
use super::{CliError, StoreArgs, data};

/// Which event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventName {
    /// By its place in the ledger.
    Position(u64),
    /// By its place in its project's history.
    OfProject(Uuid, u64),
}

impl FromStr for EventName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || {
            format!(
                "{text:?} is neither a position (like 1234) nor PROJECT/NUMBER (the first two columns of `dean replay` are position and number)"
            )
        };
        match text.split_once('/') {
            Some((project, number)) => Ok(Self::OfProject(
                project.parse().map_err(|_| unknown())?,
                number.parse().map_err(|_| unknown())?,
            )),
            None => text.parse().map(Self::Position).map_err(|_| unknown()),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ProveArgs {
    /// A ledger position (1234), or PROJECT/NUMBER: the event's number in its project's history
    #[arg(required_unless_present = "from", conflicts_with = "from")]
    event: Option<EventName>,
    /// Instead of an event, prove that the ledger under this signed checkpoint is the beginning of the one under --to, or that it isn't
    #[arg(long, value_name = "CHECKPOINT", conflicts_with_all = ["checkpoint", "with_personal_data"])]
    from: Option<PathBuf>,
    /// The later signed checkpoint. Default: sign the present one
    #[arg(long, value_name = "CHECKPOINT", requires = "from")]
    to: Option<PathBuf>,
    /// Where to write; `-` for stdout. Default: event-POSITION.tlog-proof, or SIZE-SIZE.consistency-proof
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
    /// Prove it under this signed checkpoint. Default: sign the present one
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// Put the event's personal data into the file too
    #[arg(long)]
    with_personal_data: bool,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    kept: KeptFolderArgs,
    #[command(flatten)]
    store: StoreArgs,
}

impl ProveArgs {
    /// A checkpoint that was named, or the head, signed.
    async fn checkpoint(&self, named: Option<&PathBuf>, ledger: &Ledger) -> Result<String, CliError> {
        if let Some(path) = named {
            return read_checkpoint(path);
        }
        let key = key_file::read(&self.key.path(ledger))?;
        let signer = CheckpointSigner::open(ledger, key, self.kept.open(ledger).await?).await?;
        Ok(signer.sign_head().await?.note.to_string())
    }

    /// Writes the proof, and says where.
    fn write(&self, name: String, proof: &str) -> Result<(), CliError> {
        let path = self.output.clone().unwrap_or_else(|| name.into());
        if path.as_os_str() == "-" {
            write!(std::io::stdout(), "{proof}")?;
            return Ok(());
        }
        let mut options = OpenOptions::new();
        let opened = match self.force {
            true => options.write(true).create(true).truncate(true).open(&path),
            false => options.write(true).create_new(true).open(&path),
        };
        opened
            .and_then(|mut file| file.write_all(proof.as_bytes()))
            .map_err(|error| match error.kind() {
                std::io::ErrorKind::AlreadyExists => {
                    format!("`{}` is there already; --force writes over it", path.display())
                }
                _ => format!("cannot write the proof `{}`: {error}", path.display()),
            })?;
        data(path.display())
    }
}

fn read_checkpoint(path: &Path) -> Result<String, CliError> {
    Ok(std::fs::read_to_string(path)
        .map_err(|error| format!("cannot read the checkpoint `{}`: {error}", path.display()))?)
}

pub(super) async fn prove(args: ProveArgs) -> Result<ExitCode, CliError> {
    let ledger = args.store.open(Access::Read).await?;
    match (args.event, &args.from) {
        (Some(event), _) => prove_event(&args, &ledger, event).await,
        (None, Some(from)) => prove_consistency(&args, &ledger, from).await,
        (None, None) => Err("name an event, or a checkpoint with --from".into()),
    }
}

async fn prove_event(args: &ProveArgs, ledger: &Ledger, event: EventName) -> Result<ExitCode, CliError> {
    let position = position(ledger, event).await?;
    let checkpoint = args.checkpoint(args.checkpoint.as_ref(), ledger).await?;
    let proof = ledger
        .prove_event(position, &checkpoint, args.with_personal_data)
        .await?;
    // What is handed out has been checked as its receiver will check it, whoever signed the checkpoint.
    proof.verify(&ledger.verifier_keys().await?)?;
    args.write(format!("event-{position}.tlog-proof"), &proof.to_string())?;
    Ok(ExitCode::SUCCESS)
}

async fn prove_consistency(args: &ProveArgs, ledger: &Ledger, from: &Path) -> Result<ExitCode, CliError> {
    let earlier = read_checkpoint(from)?;
    // Before anything is signed: what is no checkpoint at all can't be compared with one.
    Checkpoint::read_unverified(&earlier).map_err(|error| format!("{}: {error}", from.display()))?;
    let later = args.checkpoint(args.to.as_ref(), ledger).await?;
    let proof = ledger.prove_consistency(&earlier, &later).await?;
    let compared = proof.verify(&ledger.verifier_keys().await?)?;
    let name = format!("{}-{}.consistency-proof", compared.earlier.size, compared.later.size);
    args.write(name, &proof.to_string())?;
    Ok(super::verify_proof::tell_contradiction(&compared))
}

async fn position(ledger: &Ledger, event: EventName) -> Result<u64, CliError> {
    let (project, number) = match event {
        EventName::Position(position) => {
            let head = ledger.head().await?.position;
            if position == 0 || position > head {
                return Err(format!("the ledger holds the positions 1 to {head}, not {position}").into());
            }
            return Ok(position);
        }
        EventName::OfProject(project, number) => (project, number),
    };
    let events = ledger.read_stream(Project::TYPE, project, None).await?;
    let found = events.iter().find(|event| event.sequence == number);
    found.map(|event| event.position).ok_or_else(|| {
        format!("the ledger holds {} events of the project {project}, not number {number}; `dean replay {project}` lists them", events.len()).into()
    })
}
