//! What is checked from one event to the next: positions, streams, commands, commits, the tree, kept roots. Pure; fed in order.

use std::collections::HashMap;

use super::event_check::{Checked, CheckedCommit, CheckedEvent, CheckedItem, Command, CommandLink};
use super::report::{Faults, KeptRoot, TileReport, VerifyReport};
use super::tile_check::TileRoots;
use crate::tree::Frontier;

pub(crate) const ORPHAN: &str = "a personal part stands here without its event";

/// The checker of a whole ledger. Its memory grows with the number of streams (some 50 bytes each) and hardly with that of events (32
/// bytes for 256 of them).
pub(crate) struct OrderCheck {
    tree: Frontier,
    tile_roots: TileRoots,
    streams: HashMap<(u16, u128), u64>,
    types: Vec<Vec<u8>>,
    command: Option<Command>,
    command_index: i64,
    position: u64,
    /// The events since the last commit: where a run of equal `recorded_at` begins.
    uncommitted: Vec<(u64, i64)>,
    commit_end: u64,
    recorded_at: i64,
    /// Positions are missing or doubled since the last commit, so its root can't be right.
    torn: bool,
    /// The roots of the commits differ from the tree's since an earlier fault.
    diverged: bool,
    events: u64,
    commits: u64,
    erased: u64,
    pub(crate) faults: Faults,
    /// By size, largest first: the next one to be met is the last.
    kept: Vec<KeptRoot>,
    kept_met: u64,
    /// The largest size whose kept root was met.
    proven: u64,
}

impl OrderCheck {
    pub(crate) fn new(kept: &[KeptRoot]) -> Self {
        let mut kept = kept.to_vec();
        kept.sort_by_key(|root| std::cmp::Reverse(root.size));
        let mut check = Self {
            tree: Frontier::default(),
            tile_roots: TileRoots::default(),
            streams: HashMap::new(),
            types: Vec::new(),
            command: None,
            command_index: -1,
            position: 0,
            uncommitted: Vec::new(),
            commit_end: 0,
            recorded_at: i64::MIN,
            torn: false,
            diverged: false,
            events: 0,
            commits: 0,
            erased: 0,
            faults: Faults::default(),
            kept,
            kept_met: 0,
            proven: 0,
        };
        check.compare_kept();
        check
    }

    /// The last position seen.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits
    }

    pub(crate) fn tree(&self) -> &Frontier {
        &self.tree
    }

    /// The roots of the complete tiles so far.
    pub(crate) fn tile_roots(&self) -> &TileRoots {
        &self.tile_roots
    }

    /// Takes a batch; `frontiers` gets the tree's frontier at each commit, for those who store it.
    pub(crate) fn take(&mut self, checked: &mut Checked, frontiers: Option<&mut Vec<Vec<u8>>>) {
        let types: Vec<u16> = checked.types.iter().map(|name| self.type_number(name)).collect();
        let mut frontiers = frontiers;
        for item in &mut checked.items {
            match item {
                CheckedItem::Event(event) => self.event(event, &types),
                CheckedItem::Commit(commit) => {
                    self.commit(commit);
                    if let Some(frontiers) = frontiers.as_deref_mut() {
                        frontiers.push(self.tree.to_bytes());
                    }
                }
                CheckedItem::Orphan(position) => self.faults.add(*position, ORPHAN),
                CheckedItem::Malformed(what) => self.faults.add(self.position + 1, std::mem::take(what)),
                CheckedItem::Other(_) => {}
            }
        }
        if let Some(command) = checked.last_command.take() {
            self.command = Some(command);
        }
    }

    fn type_number(&mut self, name: &[u8]) -> u16 {
        let known = self.types.iter().position(|known| known == name).unwrap_or_else(|| {
            self.types.push(name.to_vec());
            self.types.len() - 1
        });
        // A ledger has a handful of types; beyond 65,535 something else is wrong and every stream's sequence says so.
        u16::try_from(known).unwrap_or(u16::MAX)
    }

    fn event(&mut self, event: &mut CheckedEvent, types: &[u16]) {
        let position = match event.position {
            0 => self.position + 1,
            known => known,
        };
        for fault in event.take_faults(position) {
            self.faults.push(fault);
        }
        self.torn |= position != self.position + 1;
        if position <= self.position {
            self.faults.add(
                position,
                format!("position {position} follows position {}", self.position),
            );
        } else if position != self.position + 1 {
            self.faults.add(
                self.position + 1,
                format!(
                    "the positions from {} to {} are missing",
                    self.position + 1,
                    position - 1
                ),
            );
        }
        self.position = position;
        self.events += 1;
        self.erased += u64::from(event.erased);
        if self
            .uncommitted
            .last()
            .is_none_or(|(_, time)| *time != event.recorded_at)
        {
            self.uncommitted.push((position, event.recorded_at));
        }
        if let Some((aggregate_type, id)) = event.stream {
            let last = self.streams.entry((types[aggregate_type], id)).or_insert(0);
            let before = std::mem::replace(last, event.sequence);
            if event.sequence != before + 1 {
                self.faults.add(
                    position,
                    format!("sequence {} follows {before} in its stream", event.sequence),
                );
            }
        }
        let same = match &event.command {
            CommandLink::Same => true,
            CommandLink::Other => false,
            CommandLink::Unknown(command) => self.command.as_ref() == Some(command),
        };
        let expected = if same { self.command_index + 1 } else { 0 };
        if event.command_index != expected {
            self.faults.add(
                position,
                format!("command_index is {}, expected {expected}", event.command_index),
            );
        }
        self.command_index = event.command_index;
        let roots = &mut self.tile_roots;
        self.tree
            .push_noting(event.leaf, |height, root| roots.note(height, root));
        self.compare_kept();
    }

    fn commit(&mut self, commit: &CheckedCommit) {
        self.commits += 1;
        let (start, end) = (commit.start.unsigned_abs(), commit.end.unsigned_abs());
        if start != self.commit_end + 1 {
            self.faults.add(
                start,
                format!(
                    "the commit starts at {start} where the one before ended at {}",
                    self.commit_end
                ),
            );
        }
        self.events_of_commit(commit, start);
        self.commit_end = end;
        if commit.recorded_at < self.recorded_at {
            self.faults.add(start, "the commit is older than the one before");
        }
        self.recorded_at = self.recorded_at.max(commit.recorded_at);
        if self.position != end {
            self.torn = true;
            self.faults.add(
                (self.position + 1).max(start),
                format!("the commit ends at {end}, but its last event is missing"),
            );
        }
        let equal = commit.root.is_some_and(|root| root == self.tree.root());
        // Where an event is missing, that is the fault, and its place is known more exactly.
        if !equal && !self.diverged && !self.torn {
            self.faults.add(
                start,
                format!(
                    "the commit's root differs from the one of the headers: something from position {start} to {end} was altered (later \
                     roots are compared again when one is right)"
                ),
            );
        }
        self.torn = false;
        // One altered header makes every later root differ; one fault is enough to say so.
        self.diverged = !equal;
        if equal
            && commit
                .frontier
                .as_ref()
                .is_some_and(|frontier| *frontier != self.tree.to_bytes())
        {
            self.faults.add(
                start,
                format!("the commit's frontier differs from the one of the headers up to {end}"),
            );
        }
    }

    /// The events since the commit before stand in this one, and have its time.
    fn events_of_commit(&mut self, commit: &CheckedCommit, start: u64) {
        let runs = std::mem::take(&mut self.uncommitted);
        if let Some((first, _)) = runs.first().filter(|(first, _)| *first < start) {
            self.faults.add(
                *first,
                format!(
                    "no commit covers the events from {first} to {}",
                    self.position.min(start - 1)
                ),
            );
        }
        for (index, (first, recorded_at)) in runs.iter().enumerate() {
            let last = runs.get(index + 1).map_or(self.position, |(next, _)| next - 1);
            if last >= start && *recorded_at != commit.recorded_at {
                self.faults
                    .add((*first).max(start), "recorded_at differs from the commit's");
            }
        }
    }

    fn compare_kept(&mut self) {
        while let Some(kept) = self.kept.pop_if(|kept| kept.size == self.tree.size()) {
            if self.position != self.tree.size() {
                // With positions missing or doubled, the n-th leaf is not position n; that is a fault of its own.
                continue;
            }
            if kept.root == self.tree.root() {
                self.kept_met += 1;
                self.proven = kept.size;
            } else {
                self.faults.add(
                    self.proven + 1,
                    format!(
                        "history was rewritten, beginning somewhere from position {} to {}: the root kept in {} for {} events is another one",
                        self.proven + 1,
                        kept.size,
                        kept.source,
                        kept.size
                    ),
                );
            }
        }
    }

    pub(crate) fn finish(mut self) -> VerifyReport {
        if let Some((first, _)) = self.uncommitted.first() {
            self.faults.add(
                *first,
                format!("no commit covers the events from {first} to {}", self.position),
            );
        }
        let end = self.position;
        for kept in std::mem::take(&mut self.kept) {
            if kept.size > end {
                self.faults.add(
                    end + 1,
                    format!(
                        "the end was cut off: {} was made for {} events, the positions from {} to {} are missing",
                        kept.source,
                        kept.size,
                        end + 1,
                        kept.size
                    ),
                );
            }
        }
        let (faults, faults_found) = self.faults.into_sorted();
        VerifyReport {
            events: self.events,
            commits: self.commits,
            root: self.tree.root(),
            faults,
            faults_found,
            personal_erased: self.erased,
            kept_roots: self.kept_met,
            tiles: TileReport::default(),
        }
    }
}
