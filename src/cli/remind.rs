//! Reminders: the arguments of `dean serve` that are about them, and `dean remind`, which does once what the server does all the time.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use dean_ledger::Access;
use dean_projections::Runner;
use tokio::sync::watch;

use super::{CliError, StoreArgs, data};
use crate::engine::{DueTask, Engine};
use crate::i18n::Lang;
use crate::remind::{self, AddressBook, Mail, Recipients, Reminders, Settings, SmtpUrl};

/// How long `dean remind` waits for the read models, and for another process to finish delivering.
const WAIT_MAX: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_secs(1);

/// How reminders reach people.
#[derive(Debug, Clone, Args)]
pub(super) struct DeliveryArgs {
    /// Print reminders to standard output
    #[arg(long, env = "DEAN_REMIND_CONSOLE")]
    remind_console: bool,
    /// Mail server that reminders are handed to: smtp://USER:PASSWORD@HOST:587?tls=required, smtps://…, or smtp://127.0.0.1:25
    #[arg(long, env = "DEAN_SMTP", value_name = "URL", hide_env_values = true)]
    smtp: Option<SmtpUrl>,
    /// Sender of the mail
    #[arg(long, env = "DEAN_MAIL_FROM", value_name = "ADDRESS", requires = "smtp")]
    mail_from: Option<String>,
    /// Who gets mail: UNIT/ROLE=ADDRESS[,ADDRESS…]; `*` stands for any unit or role, `so-ct-*` for units that begin so; the closest entry
    /// counts. May be given several times; in the variable, entries are separated by `;`
    #[arg(
        long = "remind-address",
        env = "DEAN_REMIND_ADDRESSES",
        value_name = "ENTRY",
        value_delimiter = ';',
        hide_env_values = true
    )]
    addresses: Vec<Recipients>,
    /// Address of the pages as recipients reach them, for the links in reminders. Default: where the server listens
    #[arg(long, env = "DEAN_PAGES_URL", value_name = "URL")]
    pages_url: Option<String>,
    /// Language of the reminders
    #[arg(long, env = "DEAN_MAIL_LANGUAGE", default_value = "vi")]
    mail_language: Language,
}

/// A language of letters.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Language {
    /// Tiếng Việt
    Vi,
    /// English
    En,
}

/// What a server does about reminders.
#[derive(Debug, Clone, Args)]
pub(super) struct RemindArgs {
    /// How often to look at what is due and raise reminders, in seconds; 0: never
    #[arg(long, env = "DEAN_REMIND_SECONDS", default_value_t = 300, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    remind_seconds: u64,
    #[command(flatten)]
    delivery: DeliveryArgs,
}

#[derive(Debug, Args)]
pub(super) struct RemindOnceArgs {
    /// Only list what would be raised; nothing is recorded or sent
    #[arg(long)]
    check: bool,
    #[command(flatten)]
    delivery: DeliveryArgs,
    #[command(flatten)]
    store: StoreArgs,
}

impl RemindArgs {
    /// The settings of a server that listens at an address; `None` when it shall not remind.
    pub(super) fn settings(&self, listening: &str) -> Result<Option<Settings>, CliError> {
        // What is wrong should be known even where it isn't used.
        let settings = self
            .delivery
            .settings(Duration::from_secs(self.remind_seconds.max(1)), listening)?;
        Ok((self.remind_seconds > 0).then_some(settings))
    }
}

impl DeliveryArgs {
    fn settings(&self, every: Duration, listening: &str) -> Result<Settings, CliError> {
        let mail = match (&self.smtp, &self.mail_from) {
            (Some(server), Some(from)) => Some(Mail::new(server, from)?),
            (Some(_), None) => {
                return Err("--smtp needs --mail-from: the address that reminders come from, e.g. khuyencong@socongthuong.example".into());
            }
            (None, _) => None,
        };
        if mail.is_none() && !self.addresses.is_empty() {
            return Err("--remind-address names who gets mail, but no --smtp says where it is handed in".into());
        }
        let pages = self.pages_url.as_deref().unwrap_or(listening);
        if !(pages.starts_with("http://") || pages.starts_with("https://")) {
            return Err(format!("--pages-url {pages:?} begins with neither http:// nor https://").into());
        }
        Ok(Settings {
            every,
            console: self.remind_console,
            mail,
            addresses: AddressBook::new(self.addresses.clone()),
            pages: pages.trim_end_matches('/').to_owned(),
            lang: match self.mail_language {
                Language::Vi => Lang::Vi,
                Language::En => Lang::En,
            },
        })
    }
}

pub(super) async fn run(args: RemindOnceArgs) -> Result<ExitCode, CliError> {
    let settings = args.delivery.settings(PAUSE, "http://127.0.0.1:8080")?;
    let access = if args.check { Access::Read } else { Access::Serve };
    let ledger = args.store.open(access).await?;
    let engine = Engine::start(ledger.clone(), None).await?;
    let mut reminders = Reminders::new(Arc::clone(&engine), settings);
    let today = ledger.environment().today();
    if engine.rulebook().await?.timetable().reminder_levels(today).is_none() {
        eprintln!(
            "no text on deadlines says when to remind, so nothing is raised; `dean serve` publishes the one that comes along, `dean calendar \
             publish` another"
        );
    }
    if args.check {
        let due = reminders.due().await?;
        for task in &due {
            report(task, today)?;
        }
        let (seen, head) = (engine.read_models().position().await?, ledger.head().await?.position);
        if seen < head {
            eprintln!("the read models are at position {seen} of {head}; a server brings them up to date");
        }
        eprintln!("{} reminder(s) would be raised", due.len());
        return Ok(ExitCode::SUCCESS);
    }
    let runner = Runner::start(&ledger, engine.read_models());
    let head = ledger.head().await?.position;
    if !engine.read_models().wait_for(head, WAIT_MAX).await? {
        return Err(
            format!("the read models have not reached position {head} in time; see `dean projections status`").into(),
        );
    }
    let outcome = once(&mut reminders, today).await;
    runner.stop().await;
    ledger.close().await;
    ledger.database().close().await;
    outcome
}

/// Raises what is due and delivers until nothing more can be delivered.
async fn once(reminders: &mut Reminders, today: NaiveDate) -> Result<ExitCode, CliError> {
    for task in reminders.due().await? {
        report(&task, today)?;
    }
    // Nobody asks this to stop but by ending the process, which it bears.
    let (_never, stopped) = watch::channel(false);
    let mut total = reminders.round(true, &stopped).await?;
    let mut waited = Duration::ZERO;
    let mut last = total;
    while last.delivered > 0 || (last.other_delivers && waited < WAIT_MAX) {
        if last.other_delivers {
            tokio::time::sleep(PAUSE).await;
            waited += PAUSE;
        }
        last = reminders.round(false, &stopped).await?;
        total = remind::Round {
            raised: total.raised,
            delivered: total.delivered + last.delivered,
            withdrawn: total.withdrawn + last.withdrawn,
            failed: total.failed + last.failed,
            ..last
        };
    }
    eprintln!(
        "{} reminder(s) raised, {} delivered, {} withdrawn, {} delivery(s) failed, {} still waiting, {} without an address",
        total.raised,
        total.delivered,
        total.withdrawn,
        total.failed,
        reminders.waiting(),
        total.without_address
    );
    if let Some(reason) = reminders.last_failure() {
        eprintln!("the last one that failed: {reason}");
    }
    Ok(if total.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn report(task: &DueTask, today: NaiveDate) -> Result<(), CliError> {
    let raised = &task.raised;
    data(format_args!(
        "{}\t{}\t{}\t{}\t{}\t{}",
        task.reminder,
        raised.code,
        raised.step,
        raised.due_on,
        raised.level,
        remind::left_in_words(Lang::En, today, raised.due_on, &raised.left)
    ))
}
