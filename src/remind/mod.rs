//! Reminding: a task of every serving process looks at what is due, raises a reminder for it (an event, once however many look), and
//! delivers what the ledger doesn't say is delivered. One process of a ledger delivers at a time; which one, a lock decides, not an event
//! (docs/adr/0014).

mod letter;
mod outbox;
mod post;
mod recipients;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use dean_aggregates::reminder::{Channel, Delivery, Raised};
use dean_ledger::Turn;
use futures_util::FutureExt;
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub use self::letter::{About, Letter, basis_in_words, left_in_words};
use self::outbox::Outbox;
pub use self::post::{Mail, MalformedSmtpUrl, PostError, SmtpUrl};
pub use self::recipients::{AddressBook, MalformedRecipients, Recipients};
use crate::engine::{DueTask, Engine, ReminderStoreError};
use crate::i18n::Lang;

/// The lock of whoever delivers.
const TURN: &str = "reminders";
/// The beat of the outbox: how soon a failed delivery is tried again for the first time.
const BEAT_MAX: Duration = Duration::from_secs(15);
/// Deliveries in one turn; then another process may take over.
const DELIVERIES_PER_TURN: usize = 200;
/// After so many that failed one after the other it is the mail server that fails: it may take the longest time for each letter, while
/// nothing is raised. The next round tries the others.
const FAILURES_IN_A_ROW_MAX: usize = 3;

/// How to remind.
pub struct Settings {
    /// How often to look at what is due.
    pub every: Duration,
    /// Whether to print to standard output.
    pub console: bool,
    /// Where mail is handed in.
    pub mail: Option<Mail>,
    /// Who gets mail.
    pub addresses: AddressBook,
    /// Address of the pages, as recipients reach them.
    pub pages: String,
    /// Language of the letters.
    pub lang: Lang,
}

/// What a round did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Reminders raised.
    pub raised: usize,
    /// Deliveries made and recorded.
    pub delivered: usize,
    /// Reminders withdrawn because what they remind of was done.
    pub withdrawn: usize,
    /// Deliveries that failed and are tried again.
    pub failed: usize,
    /// Deliveries that have no address.
    pub without_address: usize,
    /// Whether another process delivers at the moment.
    pub other_delivers: bool,
}

/// The task's memory.
pub struct Reminders {
    engine: Arc<Engine>,
    settings: Settings,
    outbox: Outbox,
    beat: u64,
    /// Why the last delivery that failed did.
    last_failure: Option<String>,
    /// Roles at units that have been reported as having no address.
    reported: BTreeSet<(String, String)>,
}

/// A running task. Dropping it stops it too, without waiting.
pub struct Running {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Running {
    /// Lets the delivery at hand be finished, and ends.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        // It only fails when the task panicked, which has been reported already.
        let _ = self.task.await;
    }
}

/// Starts reminding on the current tokio runtime. The first look is one interval away: a program that is started again and again for a
/// chore doesn't remind anybody.
pub fn start(engine: Arc<Engine>, settings: Settings) -> Running {
    let (stop, mut stopped) = watch::channel(false);
    let beat = settings.every.min(BEAT_MAX);
    let looks_every = (settings.every.as_millis() / beat.as_millis().max(1)).max(1);
    let looks_every = u64::try_from(looks_every).unwrap_or(u64::MAX);
    let mut reminders = Reminders::new(engine, settings);
    let task = tokio::spawn(async move {
        loop {
            tokio::select! {
                () = tokio::time::sleep(beat) => {}
                _ = stopped.wait_for(|stop| *stop) => return,
            }
            let looks = reminders.beat % looks_every == looks_every - 1;
            match unless_panicked(reminders.round(looks, &stopped)).await {
                Some(Ok(round)) if round != Round::default() => tracing::info!(?round, "reminders"),
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    tracing::warn!(error = crate::http::chain(&error), "reminding failed; trying again");
                }
                // Half-read is not to be relied on; the ledger has it all.
                None => reminders.outbox = Outbox::default(),
            }
        }
    });
    Running { stop, task }
}

/// What a round has done; `None` where it panicked, which is told. The next round is none the worse: what is recorded is in the ledger, and
/// without a task that goes on nobody would be reminded of anything, nor notice.
async fn unless_panicked<T>(round: impl Future<Output = T>) -> Option<T> {
    match AssertUnwindSafe(round).catch_unwind().await {
        Ok(done) => Some(done),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let cause = text
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("unknown");
            tracing::error!(
                cause,
                "a round of reminders panicked, which is a fault of this program: report it. The next round begins anew"
            );
            None
        }
    }
}

impl Reminders {
    /// Nothing read yet.
    pub fn new(engine: Arc<Engine>, settings: Settings) -> Self {
        Self {
            engine,
            settings,
            outbox: Outbox::default(),
            beat: 0,
            last_failure: None,
            reported: BTreeSet::new(),
        }
    }

    /// What would be raised now, without raising it.
    pub async fn due(&mut self) -> Result<Vec<DueTask>, ReminderStoreError> {
        self.catch_up().await?;
        let today = self.engine.ledger().environment().today();
        self.engine
            .due_tasks(today, |reminder| self.outbox.knows(reminder))
            .await
    }

    /// One beat: raises what is due (if it `looks`), then delivers what isn't delivered.
    pub async fn round(&mut self, looks: bool, stopped: &watch::Receiver<bool>) -> Result<Round, ReminderStoreError> {
        self.beat += 1;
        let mut round = Round::default();
        if looks {
            for task in self.due().await? {
                if *stopped.borrow() {
                    return Ok(round);
                }
                round.raised += usize::from(self.engine.raise(task).await?);
            }
        }
        self.deliver(&mut round, stopped).await?;
        Ok(round)
    }

    /// Deliveries that are still to be made, whether or not they have an address.
    pub fn waiting(&self) -> usize {
        self.outbox.waiting(&self.channels())
    }

    /// Why the last delivery that failed did.
    pub fn last_failure(&self) -> Option<&str> {
        self.last_failure.as_deref()
    }

    fn channels(&self) -> Vec<Channel> {
        let console = self.settings.console.then_some(Channel::Console);
        let mail = self.settings.mail.is_some().then_some(Channel::Mail);
        console.into_iter().chain(mail).collect()
    }

    async fn catch_up(&mut self) -> Result<(), ReminderStoreError> {
        let channels = self.channels();
        for (position, reminder, event) in self.engine.reminder_events(self.outbox.read_up_to()).await? {
            self.outbox.fold(position, reminder, event, &channels);
        }
        Ok(())
    }

    async fn deliver(&mut self, round: &mut Round, stopped: &watch::Receiver<bool>) -> Result<(), ReminderStoreError> {
        let channels = self.channels();
        if channels.is_empty() {
            return Ok(());
        }
        let Some(mut turn) = self.engine.ledger().take_turn(TURN).await? else {
            round.other_delivers = true;
            return Ok(());
        };
        // Only now: what another process delivered before the turn was ours stands in the ledger.
        self.catch_up().await?;
        let (mut left, mut in_a_row) = (DELIVERIES_PER_TURN, 0);
        for (reminder, raised, deliveries) in self.outbox.to_try(self.beat, &channels) {
            let mut checked = false;
            for delivery in deliveries {
                if *stopped.borrow() || left == 0 || in_a_row == FAILURES_IN_A_ROW_MAX {
                    return Ok(());
                }
                let Some(addresses) = self.addresses(&delivery) else {
                    round.without_address += 1;
                    continue;
                };
                turn.keep().await?;
                if !std::mem::replace(&mut checked, true) && self.engine.withdraw_if_done(reminder, &raised).await? {
                    round.withdrawn += 1;
                    break;
                }
                left -= 1;
                match self
                    .hand_over(&mut turn, (reminder, &raised), &delivery, &addresses)
                    .await?
                {
                    Ok(()) => {
                        // Killed before this is recorded, the letter goes out again under the same Message-ID.
                        self.engine.mark_delivered(reminder, delivery).await?;
                        round.delivered += 1;
                        in_a_row = 0;
                    }
                    Err(error) => {
                        self.failed(reminder, &delivery, &error);
                        round.failed += 1;
                        in_a_row += 1;
                    }
                }
            }
        }
        Ok(())
    }

    /// Where a delivery goes; `None` for mail to nobody's address, which is reported once.
    fn addresses(&mut self, delivery: &Delivery) -> Option<Vec<String>> {
        if delivery.channel == Channel::Console {
            return Some(Vec::new());
        }
        let addresses = self.settings.addresses.addresses(delivery.role, &delivery.unit);
        if !addresses.is_empty() {
            return Some(addresses.into_iter().map(str::to_owned).collect());
        }
        let whom = (delivery.unit.clone(), delivery.role.to_string());
        if self.reported.insert(whom) {
            tracing::warn!(
                unit = delivery.unit,
                role = %delivery.role,
                "nobody's address is configured, so nobody is reminded by mail; add --remind-address UNIT/ROLE=ADDRESS"
            );
        }
        None
    }

    async fn hand_over(
        &mut self,
        turn: &mut Turn,
        (reminder, raised): (Uuid, &Raised),
        delivery: &Delivery,
        addresses: &[String],
    ) -> Result<Result<(), PostError>, ReminderStoreError> {
        let rulebook = self.engine.rulebook().await?;
        let project = self.engine.reminded_project(raised).await?;
        let about = About {
            reminder,
            raised,
            project: &project,
            role: delivery.role,
            unit: &delivery.unit,
            today: self.engine.ledger().environment().today(),
        };
        let lang = self.settings.lang;
        let letter = Letter::write(lang, &rulebook, &self.settings.pages, &about);
        let whom = format!("{}/{}", delivery.unit, delivery.role);
        let Some(mail) = self
            .settings
            .mail
            .as_ref()
            .filter(|_| delivery.channel == Channel::Mail)
        else {
            return Ok(post::print(&letter, &whom, &message_id(reminder, &whom, "console")));
        };
        let (mut reached, mut refused) = (false, None);
        for address in addresses {
            let has_it = |tries: &mut outbox::Tries| tries.sent.contains(address);
            if self.outbox.tries(reminder, delivery).is_some_and(has_it) {
                reached = true;
                continue;
            }
            // Each letter may take nearly as long as the turn lasts without a word.
            turn.keep().await?;
            let id = message_id(reminder, &format!("{whom} {address}"), mail.domain());
            match mail.send(lang, &letter, address, &id).await {
                Ok(()) => reached = true,
                Err(error @ PostError::Passing(_)) => return Ok(Err(error)),
                // One wrong address keeps nobody else waiting.
                Err(error) => {
                    tracing::warn!(%reminder, unit = delivery.unit, role = %delivery.role, %error, "an address was refused");
                    refused = Some(error);
                    continue;
                }
            }
            if let Some(tries) = self.outbox.tries(reminder, delivery) {
                tries.sent.insert(address.clone());
            }
        }
        Ok(match refused {
            Some(error) if !reached => Err(error),
            _ => Ok(()),
        })
    }

    fn failed(&mut self, reminder: Uuid, delivery: &Delivery, error: &PostError) {
        let beat = self.beat;
        let Some(tries) = self.outbox.tries(reminder, delivery) else {
            return;
        };
        match error {
            PostError::Passing(_) => tries.failed(beat),
            PostError::Lasting(_) => tries.refused(beat),
        }
        self.last_failure = Some(error.to_string());
        tracing::warn!(
            %reminder,
            unit = delivery.unit,
            role = %delivery.role,
            failures = tries.failures(),
            %error,
            "a reminder was not delivered"
        );
    }
}

/// The same for the same reminder and recipient, whenever and by whichever process it is sent (RFC 5322 §3.6.4). The address itself
/// doesn't stand in it.
fn message_id(reminder: Uuid, whom: &str, domain: &str) -> String {
    let digest = hex::encode(&Sha256::digest(format!("{reminder} {whom}").as_bytes())[..8]);
    format!("<{reminder}.{digest}@{domain}>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_round_that_panics_is_told_and_not_the_last() {
        let log = Log::default();
        let subscriber = tracing_subscriber::fmt().with_writer(log.clone()).finish();
        let told = tracing::subscriber::set_default(subscriber);
        let panics: Option<Round> = unless_panicked(async { panic!("day {} is out of range", 9) }).await;
        drop(told);
        assert_eq!(panics, None);
        let log = String::from_utf8(log.0.lock().expect("no panic").clone()).expect("UTF-8");
        assert!(log.contains("ERROR") && log.contains("day 9 is out of range"), "{log}");
        let next = unless_panicked(async { Round::default() }).await;
        assert_eq!(next, Some(Round::default()));
    }

    /// What is logged, kept.
    #[derive(Clone, Default)]
    struct Log(Arc<std::sync::Mutex<Vec<u8>>>);

    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Log {
        type Writer = Self;

        fn make_writer(&'a self) -> Self {
            self.clone()
        }
    }
}
