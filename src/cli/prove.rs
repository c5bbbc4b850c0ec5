//! `dean prove` writes a file that proves one event; `dean verify-proof` checks it, with a verifier key and nothing else.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use chrono::{DateTime, SecondsFormat};
use clap::Args;
use cqrs_es::Aggregate;
use dean_aggregates::project::Project;
use dean_ledger::proof::{CheckpointSigner, EventProof, VerifierKey, key_file};
use dean_ledger::{Access, Ledger};
use uuid::Uuid;

use super::signing::KeyArgs;
use super::{CliError, StoreArgs, data};

/// A proof file is some kilobytes, an event at most two megabytes, in base64 three.
const PROOF_BYTES_MAX: u64 = 8 << 20;

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
    event: EventName,
    /// Where to write; `-` for stdout. Default: event-POSITION.tlog-proof
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
    store: StoreArgs,
}

pub(super) async fn prove(args: ProveArgs) -> Result<ExitCode, CliError> {
    let ledger = args.store.open(Access::Read).await?;
    let position = position(&ledger, args.event).await?;
    let checkpoint = match &args.checkpoint {
        Some(path) => std::fs::read_to_string(path)
            .map_err(|error| format!("cannot read the checkpoint `{}`: {error}", path.display()))?,
        None => {
            let key = key_file::read(&args.key.path(&ledger))?;
            CheckpointSigner::open(&ledger, key, None)
                .await?
                .sign_head()
                .await?
                .note
                .to_string()
        }
    };
    let proof = ledger
        .prove_event(position, &checkpoint, args.with_personal_data)
        .await?;
    // What is handed out has been checked as its receiver will check it, whoever signed the checkpoint.
    proof.verify(&ledger.verifier_keys().await?)?;
    let path = args
        .output
        .unwrap_or_else(|| format!("event-{position}.tlog-proof").into());
    if path.as_os_str() == "-" {
        write!(std::io::stdout(), "{proof}")?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut options = OpenOptions::new();
    let opened = match args.force {
        true => options.write(true).create(true).truncate(true).open(&path),
        false => options.write(true).create_new(true).open(&path),
    };
    opened
        .and_then(|mut file| file.write_all(proof.to_string().as_bytes()))
        .map_err(|error| match error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                format!("`{}` is there already; --force writes over it", path.display())
            }
            _ => format!("cannot write the proof `{}`: {error}", path.display()),
        })?;
    data(path.display())?;
    Ok(ExitCode::SUCCESS)
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

#[derive(Debug, Args)]
pub(super) struct VerifyProofArgs {
    /// The proof file; `-` for stdin
    file: PathBuf,
    /// The ledger's verifier key (NAME+ID+BASE64, as `dean key` prints it), from somebody you trust; may be given several times
    #[arg(long, required = true, value_name = "VKEY")]
    key: Vec<VerifierKey>,
}

pub(super) fn verify_proof(args: VerifyProofArgs) -> Result<ExitCode, CliError> {
    let unreadable = |error| format!("cannot read the proof `{}`: {error}", args.file.display());
    let text = if args.file.as_os_str() == "-" {
        std::io::read_to_string(std::io::Read::take(std::io::stdin(), PROOF_BYTES_MAX))
    } else {
        std::fs::File::open(&args.file)
            .and_then(|file| std::io::read_to_string(std::io::Read::take(file, PROOF_BYTES_MAX)))
    };
    let proof = EventProof::parse(&text.map_err(unreadable)?)?;
    let proven = proof.verify(&args.key)?;
    let recorded = DateTime::from_timestamp_micros(proven.header.recorded_at)
        .map(|time| time.to_rfc3339_opts(SecondsFormat::Micros, true))
        .unwrap_or_default();
    data(format_args!(
        "proven: position {} of {}, recorded at {recorded}, under the signed checkpoint of {} events",
        proven.header.position, proven.checkpoint.origin, proven.checkpoint.size
    ))?;
    data(format_args!("header {}", proof.event.header))?;
    data(format_args!("payload {}", proof.event.payload))?;
    match (&proof.event.personal, &proven.header.personal_sha256) {
        (Some(part), _) => data(format_args!("personal {}", part.content))?,
        (None, Some(_)) => eprintln!("dean: the event has personal data, which this file does not carry"),
        (None, None) => {}
    }
    Ok(ExitCode::SUCCESS)
}
