//! Checking a ledger from its stored bytes: every leaf, every column, every commit.

use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::error::LedgerError;
use crate::header::{FORMAT, Header};
use crate::ledger::Ledger;
use crate::on_database;
use crate::personal;
use crate::reader::EventRow;
use crate::tree::{Frontier, Hash, leaf_hash};

/// Events per page.
const PAGE: usize = 250;
/// Commits per page.
const COMMITS_PAGE: i64 = 1_000;
/// Faults that are listed; beyond, they are only counted.
const FAULTS_MAX: usize = 10_000;

const COMMITS: &str = r#"SELECT start, "end", root, frontier, recorded_at FROM commits WHERE ledger = $1 AND start > $2 ORDER BY start LIMIT $3"#;
const LAST_POSITION: &str = "SELECT max(position) FROM events WHERE ledger = $1";
const ORPHANS: &str =
    "SELECT p.position FROM personal_data p LEFT JOIN events e ON e.ledger = p.ledger AND e.position = p.position
WHERE p.ledger = $1 AND e.position IS NULL ORDER BY p.position LIMIT 1000";

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyReport {
    /// Events checked.
    pub events: u64,
    /// Commits checked.
    pub commits: u64,
    /// The Merkle root computed from the stored headers.
    pub root: Hash,
    /// What is wrong, by position; at most 10,000 are listed.
    pub faults: Vec<Fault>,
    /// How many faults there are.
    pub faults_found: u64,
    /// Events whose personal part has been erased: that is allowed, and breaks no proof.
    pub personal_erased: u64,
}

/// Something that is not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub position: u64,
    /// What.
    pub what: String,
}

#[derive(Debug, sqlx::FromRow)]
struct CommitRow {
    start: i64,
    end: i64,
    root: Vec<u8>,
    frontier: Vec<u8>,
    recorded_at: i64,
}

impl Ledger {
    /// Recomputes everything up to the head at the time of the call. `progress` gets (events done, events in all) after each page.
    ///
    /// # Errors
    /// Only when the database can't be read; what is wrong in it is in the report.
    pub async fn verify(&self, mut progress: impl FnMut(u64, u64)) -> Result<VerifyReport, LedgerError> {
        let total = self.head().await?.position;
        let mut check = Check::new(self);
        let mut commits = Commits {
            ledger: self,
            page: Vec::new().into_iter(),
            after: 0,
        };
        let mut commit = commits.next().await?;
        let mut after = 0;
        while after < total {
            let rows = self.rows(after, PAGE).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                let position = row.position.unsigned_abs();
                if position > total {
                    after = total;
                    break;
                }
                after = position;
                while let Some(ended) = commit.take_if(|commit| commit.end < row.position) {
                    check.commit_ends(&ended);
                    commit = commits.next().await?;
                }
                check.event(&row, commit.as_ref());
                if let Some(ended) = commit.take_if(|commit| commit.end == row.position) {
                    check.commit_ends(&ended);
                    commit = commits.next().await?;
                }
            }
            progress(after, total);
        }
        while let Some(ended) = commit.take_if(|commit| commit.start.unsigned_abs() <= total) {
            check.commit_ends(&ended);
            commit = commits.next().await?;
        }
        let (last, orphans): (Option<i64>, Vec<i64>) = on_database!(self.database(), pool => (
            sqlx::query_scalar(LAST_POSITION).bind(self.id()).fetch_one(pool).await?,
            sqlx::query_scalar(ORPHANS).bind(self.id()).fetch_all(pool).await?,
        ));
        // Others may commit meanwhile: only what no commit covers is a fault.
        let covered = self.head().await?.position;
        if let Some(last) = last.map(i64::unsigned_abs).filter(|last| *last > covered) {
            check.fault(
                last,
                format!("events up to position {last} stand behind the last commit, which ends at {covered}"),
            );
        }
        for orphan in orphans {
            check.fault(
                orphan.unsigned_abs(),
                "a personal part stands here without its event".to_owned(),
            );
        }
        Ok(check.report())
    }
}

/// Reads the commits page by page.
struct Commits<'a> {
    ledger: &'a Ledger,
    page: std::vec::IntoIter<CommitRow>,
    after: i64,
}

impl Commits<'_> {
    async fn next(&mut self) -> Result<Option<CommitRow>, LedgerError> {
        if self.page.len() == 0 {
            let page: Vec<CommitRow> = on_database!(self.ledger.database(), pool => sqlx::query_as(COMMITS)
                .bind(self.ledger.id()).bind(self.after).bind(COMMITS_PAGE).fetch_all(pool).await)?;
            self.page = page.into_iter();
        }
        let next = self.page.next();
        if let Some(commit) = &next {
            self.after = commit.start;
        }
        Ok(next)
    }
}

struct Check<'a> {
    ledger: &'a Ledger,
    tree: Frontier,
    sequences: HashMap<(String, String), i64>,
    command: Option<(String, uuid::Uuid, i32)>,
    position: i64,
    commit_end: i64,
    recorded_at: i64,
    commits: u64,
    events: u64,
    erased: u64,
    faults: Vec<Fault>,
    faults_found: u64,
}

impl<'a> Check<'a> {
    fn new(ledger: &'a Ledger) -> Self {
        Self {
            ledger,
            tree: Frontier::default(),
            sequences: HashMap::new(),
            command: None,
            position: 0,
            commit_end: 0,
            recorded_at: i64::MIN,
            commits: 0,
            events: 0,
            erased: 0,
            faults: Vec::new(),
            faults_found: 0,
        }
    }

    fn fault(&mut self, position: u64, what: String) {
        self.faults_found += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault { position, what });
        }
    }

    fn report(mut self) -> VerifyReport {
        self.faults.sort_by_key(|fault| fault.position);
        VerifyReport {
            events: self.events,
            commits: self.commits,
            root: self.tree.root(),
            faults: self.faults,
            faults_found: self.faults_found,
            personal_erased: self.erased,
        }
    }

    fn commit_ends(&mut self, commit: &CommitRow) {
        self.commits += 1;
        let position = commit.start.unsigned_abs();
        if commit.start != self.commit_end + 1 {
            self.fault(
                position,
                format!(
                    "the commit starts at {} where the one before ended at {}",
                    commit.start, self.commit_end
                ),
            );
        }
        self.commit_end = commit.end;
        if commit.recorded_at < self.recorded_at {
            self.fault(position, "the commit is older than the one before".to_owned());
        }
        self.recorded_at = self.recorded_at.max(commit.recorded_at);
        if self.position != commit.end {
            self.fault(
                position,
                format!("the commit ends at {}, but its last event is missing", commit.end),
            );
        }
        if commit.root != self.tree.root() {
            self.fault(
                position,
                format!(
                    "the commit's root differs from the one of the headers up to {}",
                    commit.end
                ),
            );
        }
        if commit.frontier != self.tree.to_bytes() {
            self.fault(
                position,
                format!(
                    "the commit's frontier differs from the one of the headers up to {}",
                    commit.end
                ),
            );
        }
    }

    fn event(&mut self, row: &EventRow, commit: Option<&CommitRow>) {
        let position = row.position.unsigned_abs();
        self.events += 1;
        if row.position != self.position + 1 {
            self.fault(
                position,
                format!(
                    "the positions from {} to {} are missing",
                    self.position + 1,
                    row.position - 1
                ),
            );
        }
        self.position = row.position;
        self.tree.push(leaf_hash(row.header.as_bytes()));
        match commit {
            Some(commit) if commit.start <= row.position && row.position <= commit.end => {
                if commit.recorded_at != row.recorded_at {
                    self.fault(position, "recorded_at differs from the commit's".to_owned());
                }
            }
            _ => self.fault(position, "no commit covers the event".to_owned()),
        }
        let last = self
            .sequences
            .entry((row.aggregate_type.clone(), row.aggregate_id.clone()))
            .or_insert(0);
        let before = std::mem::replace(last, row.sequence);
        if row.sequence != before + 1 {
            self.fault(
                position,
                format!("sequence {} follows {before} in its stream", row.sequence),
            );
        }
        self.command_order(row);
        match serde_json::from_str::<Header>(&row.header) {
            Ok(header) => self.columns(row, &header),
            Err(error) => self.fault(position, format!("the header is not one of this format: {error}")),
        }
    }

    /// A command's events stand one after the other, counted from 0.
    fn command_order(&mut self, row: &EventRow) {
        let expected = match &self.command {
            Some((actor, command, index)) if *actor == row.actor && *command == row.command_id => index + 1,
            _ => 0,
        };
        if row.command_index != expected {
            self.fault(
                row.position.unsigned_abs(),
                format!("command_index is {}, expected {expected}", row.command_index),
            );
        }
        self.command = Some((row.actor.clone(), row.command_id, row.command_index));
    }

    fn columns(&mut self, row: &EventRow, header: &Header) {
        let position = row.position.unsigned_abs();
        let metadata = serde_json_canonicalizer::to_string(&header.metadata).unwrap_or_default();
        let comparisons = [
            ("header (its canonical form)", header.to_text() == row.header),
            ("format", header.format == FORMAT),
            ("ledger", header.ledger == self.ledger.id()),
            ("position", header.position == position),
            ("aggregate_type", header.aggregate_type == row.aggregate_type),
            ("aggregate_id", header.aggregate_id == row.aggregate_id),
            ("sequence", header.sequence == row.sequence.unsigned_abs()),
            ("event_type", header.event_type == row.event_type),
            ("event_version", header.event_version == row.event_version),
            ("recorded_at", header.recorded_at == row.recorded_at),
            ("occurred_on", header.occurred_on == row.occurred_on),
            ("actor", header.actor.id == row.actor),
            ("actor_role", header.actor.role == row.actor_role),
            ("actor_unit", header.actor.unit == row.actor_unit),
            ("command_id", header.command_id == row.command_id),
            (
                "command_index",
                i64::from(header.command_index) == i64::from(row.command_index),
            ),
            ("metadata", metadata == row.metadata),
            (
                "payload",
                header.payload_sha256 == hex::encode(Sha256::digest(&row.payload)),
            ),
            (
                "request_sha256",
                header.request_sha256.is_some() == (header.command_index == 0),
            ),
        ];
        for (column, equal) in comparisons {
            if !equal {
                self.fault(position, format!("{column} differs from what the header says"));
            }
        }
        match (&header.personal_sha256, &row.salt, &row.content) {
            (None, None, None) => {}
            (None, ..) => self.fault(
                position,
                "a personal part stands here that the header doesn't know".to_owned(),
            ),
            (Some(expected), Some(salt), Some(content)) => {
                if *expected != hex::encode(personal::commitment(salt, content.as_bytes())) {
                    self.fault(
                        position,
                        "the personal part differs from what the header says".to_owned(),
                    );
                }
            }
            (Some(_), ..) => self.erased += 1,
        }
    }
}
