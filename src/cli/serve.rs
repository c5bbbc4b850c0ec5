//! `dean serve` and `dean demo`: open the ledger, start the projections, serve until asked to stop, drain.

use std::io::IsTerminal;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use dean_aggregates::actor::{Actor, Role};
use dean_ledger::proof::TileFollower;
use dean_ledger::{Access, Database, Ledger, LedgerError};
use dean_projections::Runner;
use tracing_subscriber::EnvFilter;

use super::progress::Progress;
use super::remind::RemindArgs;
use super::signing::SigningArgs;
use super::{CliError, SocketAddr, StoreArgs, open_ledger};
use crate::engine::Engine;
use crate::http::limit::Load;
use crate::http::{App, Notice, Server, StopSignals, router};
use crate::{demo as demo_data, remind, web};

/// Where and how to listen.
#[derive(Debug, Args)]
pub(super) struct ListenArgs {
    /// Address to listen on
    #[arg(long, env = "DEAN_ADDR", default_value = "127.0.0.1:8080")]
    addr: SocketAddr,
    /// Listen on a non-loopback address although nobody signs in
    #[arg(long, env = "DEAN_WITHOUT_SIGN_IN")]
    without_sign_in: bool,
    /// Requests worked on at once; callers beyond them get 503 and are told when to come back
    #[arg(long, env = "DEAN_REQUESTS_MAX", default_value_t = 2_048, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    requests_max: u32,
    /// How logs are written to stderr
    #[arg(long, env = "DEAN_LOG_FORMAT", default_value = "text")]
    log_format: LogFormat,
    /// What is logged, e.g. `info` or `dean=debug`
    #[arg(long, env = "DEAN_LOG", default_value = "warn,dean=info")]
    log: String,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    store: StoreArgs,
    #[command(flatten)]
    remind: RemindArgs,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

#[derive(Debug, Args)]
pub(super) struct DemoArgs {
    /// How many projects to make, the real ones included
    #[arg(long, env = "DEAN_DEMO_PROJECTS", default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    projects: u32,
    /// The same seed makes the same ledger, byte for byte
    #[arg(long, env = "DEAN_DEMO_SEED", default_value_t = 1)]
    seed: u64,
    /// The demo's database
    #[arg(
        long,
        env = "DEAN_DEMO_DATABASE",
        default_value = "sqlite:dean-demo.db",
        value_name = "URL"
    )]
    database: String,
    /// Load, print the root, and end
    #[arg(long)]
    load_only: bool,
    #[command(flatten)]
    signing: SigningArgs,
    #[command(flatten)]
    listen: ListenArgs,
}

pub(super) async fn serve(args: ServeArgs) -> Result<ExitCode, CliError> {
    args.listen.start_logging()?;
    // Bound first: a port that is taken should be known before anything is migrated.
    let server = Server::bind(args.listen.addr, args.listen.without_sign_in).await?;
    let reminding = args.remind.settings(&format!("http://{}", server.address()?))?;
    let ledger = args.store.open(Access::Serve).await?;
    serve_ledger(server, ledger, &args.listen, &args.signing, reminding).await
}

pub(super) async fn demo(args: DemoArgs) -> Result<ExitCode, CliError> {
    args.listen.start_logging()?;
    let server = if args.load_only {
        None
    } else {
        Some(Server::bind(args.listen.addr, args.listen.without_sign_in).await?)
    };
    let database = Database::open(&args.database, Access::Serve).await?;
    let plan = demo_data::Plan {
        seed: args.seed,
        projects: args.projects,
    };
    let (environment, switch) = demo_data::environment(plan);
    let ledger = open_ledger(
        database,
        demo_data::LEDGER_NAME,
        true,
        Some(plan.ledger_id()),
        environment,
    )
    .await
    .map_err(|error| match error {
        LedgerError::OtherId { .. } => CliError::from(format!(
            "{} holds the demo of another --seed or --projects. Start with those again, name another database with --database, or \
             move this one away",
            args.database
        )),
        other => other.into(),
    })?;
    let mut progress = Progress::start("loading demo data");
    let loaded = demo_data::load(&ledger, plan, &switch, |done, total| progress.show(done, total)).await?;
    progress.finish(format_args!("{} projects, {} events", loaded.projects, loaded.events));
    let Some(server) = server else {
        let head = ledger.head().await?;
        super::data(format_args!(
            "{} events, root {}",
            head.position,
            hex::encode(head.root)
        ))?;
        ledger.close().await;
        ledger.database().close().await;
        return Ok(ExitCode::SUCCESS);
    };
    // Invented projects remind nobody.
    serve_ledger(server, ledger, &args.listen, &args.signing, None).await
}

async fn serve_ledger(
    server: Server,
    ledger: Ledger,
    listen: &ListenArgs,
    signing: &SigningArgs,
    reminding: Option<remind::Settings>,
) -> Result<ExitCode, CliError> {
    // First of all: nothing may be added to a ledger that contradicts what it has signed.
    let signer = signing.signer(&ledger).await?;
    let publisher = Actor {
        id: "dean".to_owned(),
        role: Role::Administrator,
        unit: "dean".to_owned(),
    };
    let engine = Engine::start(ledger.clone(), Some(publisher)).await?;
    let runner = Arc::new(Runner::start(&ledger, engine.read_models()));
    let tiles = TileFollower::start(&ledger);
    let publisher = signing.publisher(&signer);
    let reminding = reminding.map(|settings| remind::start(Arc::clone(&engine), settings));
    let app = App {
        signer,
        csrf: web::Csrf::new(ledger.environment()),
        notice: Arc::new(Notice {
            ledger_name: ledger.name().to_owned(),
            demo: ledger.is_demo(),
        }),
        load: Arc::new(Load::new(listen.requests_max as usize)),
        shutdown: server.shutdown(),
        runner: runner.clone(),
        engine,
    };
    let signals = StopSignals::catch()?;
    eprintln!("listening on http://{}", server.address()?);
    server.run(router(app), signals).await?;
    if let Some(reminding) = reminding {
        reminding.stop().await;
    }
    // The router, and with it every other holder of the handle, is gone; dropping the last one would stop it too, without waiting.
    if let Some(runner) = Arc::into_inner(runner) {
        runner.stop().await;
    }
    tiles.stop().await;
    ledger.close().await;
    if let Some(publisher) = publisher {
        publisher.stop().await?;
    }
    ledger.database().close().await;
    tracing::info!("stopped");
    Ok(ExitCode::SUCCESS)
}

impl ListenArgs {
    fn start_logging(&self) -> Result<(), CliError> {
        let filter =
            EnvFilter::try_new(&self.log).map_err(|error| format!("--log {:?} is not a filter: {error}", self.log))?;
        let logs = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_writer(std::io::stderr)
            .with_ansi(std::io::stderr().is_terminal());
        match self.log_format {
            LogFormat::Text => logs.init(),
            LogFormat::Json => logs.json().init(),
        }
        Ok(())
    }
}
