//! The command line. Data goes to stdout, everything else to stderr; an error says what was attempted, why not, and what to do.

mod archive;
mod calendar;
mod drafts;
mod input;
mod key;
mod lifecycle;
mod progress;
mod projections;
mod prove;
mod publish;
mod remind;
mod replay;
mod serve;
mod signing;
mod soundness;
mod text;
mod verify;
mod verify_proof;

use std::io::Write;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use dean_ledger::{Access, Database, Environment, Ledger, LedgerError, LedgerOptions};
use uuid::Uuid;

use crate::engine::AsOf;

/// What any command may fail with; printed with all its causes.
pub(super) type CliError = Box<dyn std::error::Error + Send + Sync>;

/// Name of a ledger that nobody named.
const LEDGER_NAME: &str = "Khuyến công";
/// Appends that may wait before callers get 503.
const APPEND_QUEUE_MAX: usize = 4_096;
/// Appends committed together at most.
const APPEND_BATCH_MAX: usize = 512;

/// dean: the life of publicly funded projects (đề án), every decision an event that nobody can edit.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Load demo data into ./dean-demo.db (used again at the next start) and serve it
    Demo(serve::DemoArgs),
    /// Serve pages and API over a ledger
    Serve(serve::ServeArgs),
    /// Print a project's events, and where it stands, now or as of a past position or day
    Replay(replay::ReplayArgs),
    /// Print the verifier key: what others need to check this ledger's checkpoints and proofs
    Key(key::VerifierKeyArgs),
    /// Write a file that proves one event, or how two checkpoints relate, to whoever has the verifier key
    Prove(prove::ProveArgs),
    /// Check a proof file, with no database
    VerifyProof(verify_proof::VerifyProofArgs),
    /// Recompute every leaf, root and column of the ledger, or of an exported file; compare with kept checkpoints
    Verify(verify::VerifyArgs),
    /// Write the ledger as one file, which `dean verify` checks without a database
    Export(archive::ExportArgs),
    /// Bring an exported ledger into a database that doesn't have it, bit for bit
    Import(archive::ImportArgs),
    /// Write the ledger as one file while a server serves it, read it back and verify it; `dean import` restores it
    Backup(archive::BackupArgs),
    /// Drafts of đề án: bring in a list that an office keeps as CSV or XLSX
    #[command(subcommand)]
    Drafts(drafts::DraftsCommand),
    /// The read models: where they are, rebuild them, compare them with a fresh replay
    #[command(subcommand)]
    Projections(projections::ProjectionsCommand),
    /// Raise reminders of what is due and deliver those that aren't delivered, once; `dean serve` does it all the time
    Remind(remind::RemindOnceArgs),
    /// Calendars of working days and texts on deadlines: list the built-in ones, check files, publish them
    #[command(subcommand)]
    Calendar(calendar::CalendarCommand),
    /// Lifecycles, norms, lists of places, calendars: list and print those that come with the program, check one's own
    #[command(subcommand)]
    Text(text::TextCommand),
    /// Publish a change of law into the ledger: a lifecycle, norms, or a list of places; a published version never changes
    Publish(publish::PublishArgs),
    /// Lifecycles: list the built-in ones, check, draw and compare files, move running projects to a newer version
    #[command(subcommand)]
    Lifecycle(lifecycle::LifecycleCommand),
}

/// Which ledger.
#[derive(Debug, Clone, Args)]
pub(super) struct StoreArgs {
    /// `sqlite:PATH` or `postgres://USER@HOST/DATABASE`
    #[arg(long, env = "DEAN_DATABASE", default_value = "sqlite:dean.db", value_name = "URL")]
    database: String,
    /// Name of the ledger, where the database holds several
    #[arg(
        long,
        env = "DEAN_LEDGER",
        default_value = "",
        hide_default_value = true,
        value_name = "NAME"
    )]
    ledger: String,
}

impl StoreArgs {
    async fn open(&self, access: Access) -> Result<Ledger, CliError> {
        let database = Database::open(&self.database, access).await?;
        let environment = Environment::system();
        match open_ledger(database.clone(), &self.ledger, false, None, environment.clone()).await {
            // Serving an empty database makes its first ledger, and that one needs a name. If there is one by now, and none was asked for
            // by name, another server that started at the same moment has made it.
            Err(LedgerError::NoLedger { names, .. })
                if matches!(access, Access::Serve)
                    && (names.is_empty() || (names.len() == 1 && self.ledger.is_empty())) =>
            {
                let name = names.first().map_or(LEDGER_NAME, String::as_str);
                Ok(open_ledger(database, name, false, None, environment).await?)
            }
            opened => Ok(opened?),
        }
    }
}

async fn open_ledger(
    database: Database,
    name: &str,
    demo: bool,
    id: Option<Uuid>,
    environment: Environment,
) -> Result<Ledger, LedgerError> {
    let options = LedgerOptions {
        name: name.to_owned(),
        demo,
        id,
        environment,
        queue_max: APPEND_QUEUE_MAX,
        batch_max: APPEND_BATCH_MAX,
    };
    Ledger::open(database, options).await
}

/// Parses the arguments, runs the command, reports its failure.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(execute(cli.command)) {
        Ok(code) => code,
        Err(error) => fail(error.as_ref()),
    }
}

async fn execute(command: Command) -> Result<ExitCode, CliError> {
    match command {
        Command::Demo(args) => serve::demo(args).await,
        Command::Serve(args) => serve::serve(args).await,
        Command::Replay(args) => replay::replay(args).await,
        Command::Verify(args) => verify::verify(args).await,
        Command::Key(args) => key::key(args).await,
        Command::Prove(args) => prove::prove(args).await,
        Command::VerifyProof(args) => verify_proof::verify_proof(args),
        Command::Export(args) => archive::export(args).await,
        Command::Import(args) => archive::import(args).await,
        Command::Backup(args) => archive::backup(args).await,
        Command::Drafts(command) => drafts::run(command).await,
        Command::Projections(command) => projections::run(command).await,
        Command::Lifecycle(command) => lifecycle::run(command).await,
        Command::Remind(args) => remind::run(args).await,
        Command::Calendar(command) => calendar::run(command).await,
        Command::Text(command) => text::run(command),
        Command::Publish(args) => publish::publish(args).await,
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("dean: {}", crate::http::chain(error));
    ExitCode::FAILURE
}

/// Writes a line of data. A reader that has seen enough (`| head`) closes the pipe; that is no failure.
fn data(line: impl std::fmt::Display) -> Result<(), CliError> {
    match writeln!(std::io::stdout(), "{line}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}
