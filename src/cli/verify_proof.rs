//! `dean verify-proof`: check a proof file with a verifier key and nothing else.

use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat};
use clap::Args;
use dean_ledger::proof::{ComparedCheckpoints, ConsistencyProof, EventProof, VerifierKey};

use super::{CliError, data};

/// A proof file is some kilobytes, an event at most two megabytes, in base64 three.
const PROOF_BYTES_MAX: u64 = 8 << 20;

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
    let text = text.map_err(unreadable)?;
    if text.starts_with(ConsistencyProof::TITLE) {
        return verify_consistency(&text, &args.key);
    }
    let proof = EventProof::parse(&text)?;
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

fn verify_consistency(text: &str, keys: &[VerifierKey]) -> Result<ExitCode, CliError> {
    let compared = ConsistencyProof::parse(text)?.verify(keys)?;
    let ComparedCheckpoints { earlier, later, .. } = &compared;
    let what = match compared.contradict {
        false => format!(
            "the signed checkpoint of {} events is the beginning of the signed checkpoint of {}: nothing in it was altered, deleted or inserted since",
            earlier.size, later.size
        ),
        true => format!(
            "the signed checkpoints of {} and of {} events contradict each other: the first {} events of the later one are others",
            earlier.size, later.size, earlier.size
        ),
    };
    data(format_args!("proven: {}: {what}", earlier.origin))?;
    data(format_args!("root of {}: {}", earlier.size, hex::encode(earlier.root)))?;
    data(format_args!("root of {}: {}", later.size, hex::encode(later.root)))?;
    Ok(tell_contradiction(&compared))
}

/// Two histories under one signature are the worst that can be found: the command fails, though its proof is sound.
pub(super) fn tell_contradiction(compared: &ComparedCheckpoints) -> ExitCode {
    if !compared.contradict {
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "dean: the two checkpoints contradict each other: {} has signed two histories. The file proves it to anybody who has the verifier \
         key: keep it, publish it, and ask who holds the signing key",
        compared.earlier.origin
    );
    ExitCode::FAILURE
}
