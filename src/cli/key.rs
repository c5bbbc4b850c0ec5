//! `dean key`: the verifier key, to be given to whoever shall be able to check this ledger.

use std::process::ExitCode;

use clap::Args;
use dean_ledger::Access;
use dean_ledger::proof::{KeyFileError, key_file};

use super::signing::KeyArgs;
use super::{CliError, StoreArgs, data};

#[derive(Debug, Args)]
pub(super) struct VerifierKeyArgs {
    /// Also print the keys that signed earlier, oldest first
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    key: KeyArgs,
    #[command(flatten)]
    store: StoreArgs,
}

pub(super) async fn key(args: VerifierKeyArgs) -> Result<ExitCode, CliError> {
    let ledger = args.store.open(Access::Read).await?;
    let mut keys = ledger.verifier_keys().await?;
    let path = args.key.path(&ledger);
    let Some(recorded) = keys.pop() else {
        return Err("no key has signed for this ledger yet; `dean serve` makes one at its first start".into());
    };
    // The database says which key it is, the file decides: whoever can write to the one can't forge the other.
    match key_file::read(&path) {
        Ok(key) if key.verifier(&ledger.origin()) != recorded => {
            return Err(format!(
                "the database says that {recorded} signs, but `{}` holds {}. Name the right file with --signing-key; if it is the right \
                 one, somebody has altered the database: don't hand out either",
                path.display(),
                key.verifier(&ledger.origin())
            )
            .into());
        }
        Ok(_) => {}
        Err(error @ (KeyFileError::Missing { .. } | KeyFileError::File { .. })) => {
            eprintln!("dean: not compared with the key itself: {error}");
        }
        Err(error) => return Err(error.into()),
    }
    if args.all {
        for earlier in keys {
            data(earlier)?;
        }
    }
    data(recorded)?;
    Ok(ExitCode::SUCCESS)
}
