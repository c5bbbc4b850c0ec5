//! A load of commands on running servers that remembers every answer, and holds the servers to what they promised: what was acknowledged
//! is in the ledger, once, where the answer said; what was not is there wholly or not at all; a retry gets the first answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Client, story};

const ACTOR: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";
/// What a client waits before it sends again what a server could not take.
const RETRY_PAUSE: Duration = Duration::from_millis(20);
const PAGE_EVENTS: usize = 1_000;

/// Commands sent, their answers, and what the feed showed of them so far.
#[derive(Debug, Default)]
pub struct Load {
    /// Tells its commands from those of another load on the same ledger.
    number: u32,
    next: AtomicU32,
    sent: Mutex<BTreeMap<u32, Sent>>,
    feed: Mutex<Feed>,
}

#[derive(Debug, Clone)]
struct Sent {
    command: Command,
    first_sent: Instant,
    answer: Option<Answer>,
    answered_after: Duration,
}

/// Drafts a project, or proposes the one that the command before it drafted.
#[derive(Debug, Clone)]
struct Command {
    path: String,
    key: String,
    if_match: Option<String>,
    body: String,
}

/// What an accepted command was told; a retry must be told the same.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Answer {
    project: String,
    version: u64,
    position: u64,
    recorded_at: i64,
}

#[derive(Debug, Default)]
struct Feed {
    end: u64,
    time: String,
    /// The position of each command's event.
    positions: BTreeMap<u32, u64>,
}

/// What came of sending every unanswered command again.
#[derive(Debug, Clone, Copy, Default)]
pub struct Settled {
    /// Recorded although nobody was told.
    pub were_recorded: usize,
    /// Not recorded before.
    pub were_absent: usize,
}

enum Refusal {
    /// No answer, or one that broke off.
    Gone,
    /// 503 or 504: to be sent again.
    Unavailable,
}

impl Load {
    /// Nothing sent yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// As [`Self::new`], for several loads on one ledger.
    #[must_use]
    pub fn numbered() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(1);
        Self {
            number: COUNT.fetch_add(1, Ordering::Relaxed),
            ..Self::default()
        }
    }

    /// Sends commands one after the other until `stop`, each to the next of the servers; what can't be taken is sent again as long. With
    /// `patient`, also what got no answer at all; else the client ends then, and the command stays unanswered.
    ///
    /// # Panics
    /// When a command is refused, or answered otherwise than before.
    pub fn client(&self, base_urls: &[&str], stop: &AtomicBool, patient: bool) {
        let clients: Vec<Client> = base_urls.iter().map(|url| Client::new(url)).collect();
        let mut drafted: Option<String> = None;
        while !stop.load(Ordering::Relaxed) {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let command = Command::new(self.number, number, drafted.take());
            let drafts = command.if_match.is_none();
            let sent = Sent {
                command,
                first_sent: Instant::now(),
                answer: None,
                answered_after: Duration::ZERO,
            };
            self.sent().insert(number, sent);
            // Another server each time: they share one ledger, and any of them knows every receipt.
            let mut turn = number as usize;
            let answer = loop {
                match self.send(&clients[turn % clients.len()], number) {
                    Ok((answer, _)) => break answer,
                    Err(Refusal::Gone) if !patient => return,
                    Err(_) if stop.load(Ordering::Relaxed) => return,
                    Err(_) => std::thread::sleep(RETRY_PAUSE),
                }
                turn += 1;
            };
            drafted = drafts.then_some(answer.project);
        }
    }

    /// Sends everything unanswered again, once; all must be answered now.
    ///
    /// # Panics
    /// When one is not.
    pub fn settle(&self, base_url: &str) -> Settled {
        let client = Client::new(base_url);
        let mut settled = Settled::default();
        for number in self.unanswered() {
            match self.send(&client, number) {
                Ok((_, true)) => settled.were_recorded += 1,
                Ok((_, false)) => settled.were_absent += 1,
                Err(_) => panic!("command {number} could not be sent again"),
            }
        }
        settled
    }

    /// Sends an answered command again: it must be known, and the answer the same.
    ///
    /// # Panics
    /// When it is not.
    pub fn repeat(&self, base_url: &str, number: u32) {
        match self.send(&Client::new(base_url), number) {
            Ok((_, repeated)) => assert!(repeated, "acknowledged command {number} was lost: it was recorded anew"),
            Err(_) => panic!("command {number} could not be sent again"),
        }
    }

    /// Reads on in the feed, and compares it with every answer so far. Each command stands there once, at the position of its answer;
    /// positions have no gap, times never fall.
    ///
    /// # Panics
    /// When it is otherwise.
    pub fn check_feed(&self, base_url: &str) {
        let client = Client::new(base_url);
        let mut feed = self.feed.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let path = format!("/api/v1/events?after={}&limit={PAGE_EVENTS}", feed.end);
            let page = client.get(&path).json();
            let events = page["events"].as_array().expect("events");
            if events.is_empty() {
                break;
            }
            for event in events {
                feed.take(event, &note_of(self.number, ""), self.next.load(Ordering::Relaxed));
            }
        }
        for (number, sent) in self.sent().iter() {
            if let Some(answer) = &sent.answer {
                let found = feed.positions.get(number);
                assert_eq!(found, Some(&answer.position), "acknowledged command {number}");
            }
        }
    }

    /// How many commands have been answered.
    #[must_use]
    pub fn answered(&self) -> usize {
        self.sent().values().filter(|sent| sent.answer.is_some()).count()
    }

    /// The commands that have not been answered.
    #[must_use]
    pub fn unanswered(&self) -> Vec<u32> {
        let sent = self.sent();
        sent.iter()
            .filter(|(_, sent)| sent.answer.is_none())
            .map(|(number, _)| *number)
            .collect()
    }

    /// The longest time from a command's first sending to its answer.
    #[must_use]
    pub fn longest_wait(&self) -> Duration {
        self.sent()
            .values()
            .map(|sent| sent.answered_after)
            .max()
            .unwrap_or_default()
    }

    /// The longest time within a span during which no command was answered.
    #[must_use]
    pub fn longest_silence(&self, from: Instant, to: Instant) -> Duration {
        let mut times: Vec<Instant> = self
            .sent()
            .values()
            .filter(|sent| sent.answer.is_some())
            .map(|sent| sent.first_sent + sent.answered_after)
            .filter(|time| *time > from && *time < to)
            .collect();
        times.extend([from, to]);
        times.sort();
        times.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap_or_default()
    }

    fn sent(&self) -> MutexGuard<'_, BTreeMap<u32, Sent>> {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer, and whether the command had been recorded before.
    fn send(&self, client: &Client, number: u32) -> Result<(Answer, bool), Refusal> {
        let command = self.sent()[&number].command.clone();
        let mut headers = vec![
            ("content-type", "application/json"),
            ("dean-actor", ACTOR),
            ("idempotency-key", command.key.as_str()),
        ];
        headers.extend(command.if_match.as_deref().map(|version| ("if-match", version)));
        let response = client
            .try_request("POST", &command.path, &headers, Some(command.body.as_bytes()))
            .map_err(|_| Refusal::Gone)?;
        match response.status {
            200 | 201 => {}
            503 | 504 => return Err(Refusal::Unavailable),
            status => panic!("command {number}: {status} {}", response.text()),
        }
        let told = response.json();
        let answer = Answer {
            project: told["project"].as_str().expect("a project").to_owned(),
            version: told["version"].as_u64().expect("a version"),
            position: told["position"].as_u64().expect("a position"),
            recorded_at: told["recorded_at"].as_i64().expect("a time"),
        };
        let mut all = self.sent();
        let sent = all.get_mut(&number).expect("it is remembered before it is sent");
        match &sent.answer {
            Some(first) => assert_eq!(*first, answer, "command {number} was answered otherwise before"),
            None => {
                sent.answered_after = sent.first_sent.elapsed();
                sent.answer = Some(answer.clone());
            }
        }
        Ok((answer, told["repeated"] == true))
    }
}

impl Feed {
    fn take(&mut self, event: &Value, note: &str, sent: u32) {
        self.end += 1;
        assert_eq!(event["id"], self.end.to_string(), "positions have no gap");
        let time = event["time"].as_str().expect("a time");
        assert!(*self.time <= *time, "position {}: {time} after {}", self.end, self.time);
        time.clone_into(&mut self.time);
        let Some(number) = event["data"]["note"]
            .as_str()
            .and_then(|found| found.strip_prefix(note))
        else {
            return;
        };
        let number = number.parse().expect("a number");
        assert!(number < sent, "position {}: command {number} was never sent", self.end);
        let earlier = self.positions.insert(number, self.end);
        assert_eq!(
            earlier, None,
            "command {number} was recorded twice, again at {}",
            self.end
        );
    }
}

/// By which a command's event is found in the feed.
fn note_of(load: u32, number: impl std::fmt::Display) -> String {
    format!("command {load}/{number}")
}

impl Command {
    fn new(load: u32, number: u32, project: Option<String>) -> Self {
        // Keys that the client invented are kept apart and mapped; those of our own form are the receipt's key themselves.
        let key = match number % 2 {
            0 => format!("command-{load}-{number}"),
            _ => format!("01960000-0000-7000-8000-{load:04x}{number:08x}"),
        };
        let note = note_of(load, number);
        let papers = |kinds: &[&str]| -> Vec<Value> {
            let paper = |kind: &&str| json!({"kind": kind, "number": format!("{number}/ĐA"), "date": "2025-04-20", "issuer": "TTKC"});
            kinds.iter().map(paper).collect()
        };
        match project {
            None => Self {
                path: "/api/v1/projects".to_owned(),
                key,
                if_match: None,
                // Each for a firm of its own: of one firm, each project would be compared with all before it.
                body:
                    json!({"occurred_on": "2025-04-20", "details": story::draft_for(&format!("{load:03}{number:07}")),
                             "papers": papers(&["de-an"]), "note": note})
                    .to_string(),
            },
            Some(project) => Self {
                path: format!("/api/v1/projects/{project}/steps/propose"),
                key,
                if_match: Some("\"1\"".to_owned()),
                body:
                    json!({"occurred_on": "2025-05-05", "papers": papers(&["cong-van-de-nghi", "de-an"]), "note": note})
                        .to_string(),
            },
        }
    }
}
