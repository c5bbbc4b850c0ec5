//! Reading an exported ledger: in pieces of whole lines, checked exactly as a database is.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::error::ArchiveError;
use super::lines::{
    CHECKPOINT, ClientKey, END, KEY, MAGIC, Manifest, OtherLines, SIGNER, SigningKeyLine, Trailer, VERSION,
};
use crate::verify::batch::{BATCH_BYTES, Batch, Form};
use crate::verify::event_check::{Checked, CheckedItem};
use crate::verify::order_check::OrderCheck;
use crate::verify::pipeline::{self, Nothing, Outlet, RunError, Sink};
use crate::verify::{KeptRoot, VerifyReport};

/// The longest line: header, payload, salt and personal part, and some words.
const LINE_BYTES_MAX: usize = 3 * 1024 * 1024;
/// The longest first line.
const MANIFEST_BYTES_MAX: usize = 64 * 1024;

/// An exported ledger whose first line has been read.
pub struct ArchiveFile {
    name: String,
    manifest: Manifest,
    input: Box<dyn Read + Send>,
    /// What was read behind the first line.
    rest: Vec<u8>,
    first_line: Vec<u8>,
}

/// What a verification of a file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileReport {
    /// What the file says of its ledger.
    pub manifest: Manifest,
    /// What was found.
    pub report: VerifyReport,
    /// The signed checkpoint in the file, if there is one. Its signature has not been checked.
    pub checkpoint: Option<String>,
}

impl ArchiveFile {
    /// Opens a file.
    ///
    /// # Errors
    /// When it can't be read or is no exported ledger.
    pub fn open(path: &Path) -> Result<Self, ArchiveError> {
        let name = path.display().to_string();
        let read_error = |source| ArchiveError::File {
            action: "read",
            file: name.clone(),
            source,
        };
        let file = File::open(path).map_err(read_error)?;
        Self::read(Box::new(file), name)
    }

    /// Reads from anything, such as a pipe; `name` stands for it in errors.
    ///
    /// # Errors
    /// When it can't be read or is no exported ledger.
    pub fn read(mut input: Box<dyn Read + Send>, name: String) -> Result<Self, ArchiveError> {
        let mut rest = Vec::new();
        let end = loop {
            if let Some(end) = memchr::memchr(b'\n', &rest) {
                break end;
            }
            let begins_otherwise = !MAGIC.as_bytes().starts_with(&rest[..rest.len().min(MAGIC.len())]);
            if begins_otherwise || rest.len() > MANIFEST_BYTES_MAX {
                return Err(ArchiveError::Format {
                    file: name,
                    what: format!("it does not begin with `{MAGIC}`"),
                });
            }
            let count = read_some(&mut input, &mut rest, 4_096).map_err(|source| ArchiveError::File {
                action: "read",
                file: name.clone(),
                source,
            })?;
            if count == 0 {
                return Err(ArchiveError::Truncated {
                    file: name,
                    what: "its first line is not complete".to_owned(),
                });
            }
        };
        let first_line = rest[..end].to_vec();
        rest.drain(..=end);
        let manifest = manifest(&first_line, &name)?;
        Ok(Self {
            name,
            manifest,
            input,
            rest,
            first_line,
        })
    }

    /// What the file says of its ledger.
    #[must_use]
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Checks everything in the file, without a database. `progress` gets (events done, events in all).
    ///
    /// # Errors
    /// When it can't be read, is cut off, or is no exported ledger; what is wrong in the ledger is in the report.
    pub async fn verify(self, kept: &[KeptRoot], progress: impl FnMut(u64, u64)) -> Result<FileReport, ArchiveError> {
        self.check_into(kept, &mut Nothing, progress)
            .await
            .map_err(|error| match error {
                RunError::Source(error) => error,
                RunError::Sink(never) => match never {},
            })
    }

    /// Feeds the file to the checker and to a sink.
    pub(crate) async fn check_into<S: Sink>(
        self,
        kept: &[KeptRoot],
        sink: &mut S,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<FileReport, RunError<ArchiveError, S::Error>> {
        let Self {
            name,
            manifest,
            input,
            rest,
            first_line,
        } = self;
        let (outlet, inlet) = pipeline::connect(manifest.id);
        let reading = name.clone();
        tokio::task::spawn_blocking(move || read_batches(input, rest, &reading, &outlet));
        let mut order = OrderCheck::new(kept);
        let mut ending = Ending {
            sink,
            other: OtherLines::default(),
            keys: 0,
            checkpoint: None,
            begun: false,
            trailer: None,
        };
        ending.other.add(&first_line);
        let total = manifest.events;
        pipeline::run(inlet, &mut order, &mut ending, |position| {
            progress(position.min(total), total);
        })
        .await?;
        let (trailer, checkpoint) = (ending.trailer, ending.checkpoint);
        let report = order.finish();
        if trailer.is_none() {
            return Err(RunError::Source(ArchiveError::Truncated {
                file: name,
                what: format!(
                    "it ends behind event {} of {total}, without its end line",
                    report.events
                ),
            }));
        }
        Ok(FileReport {
            manifest,
            report,
            checkpoint,
        })
    }
}

fn manifest(line: &[u8], file: &str) -> Result<Manifest, ArchiveError> {
    let format = |what: String| ArchiveError::Format {
        file: file.to_owned(),
        what,
    };
    let text = std::str::from_utf8(line).map_err(|_| format("its first line is not UTF-8".to_owned()))?;
    let mut parts = text.splitn(3, '\t');
    let (magic, version, json) = (parts.next(), parts.next(), parts.next());
    if magic != Some(MAGIC) {
        return Err(format(format!("it does not begin with `{MAGIC}`")));
    }
    match version.unwrap_or_default().parse::<u32>() {
        Ok(VERSION) => {}
        _ => {
            return Err(ArchiveError::Newer {
                file: file.to_owned(),
                found: version.unwrap_or_default().chars().take(20).collect(),
                known: VERSION,
            });
        }
    }
    serde_json::from_str(json.unwrap_or_default()).map_err(|error| format(format!("its first line: {error}")))
}

fn read_some(input: &mut dyn Read, bytes: &mut Vec<u8>, count: usize) -> std::io::Result<usize> {
    let length = bytes.len();
    bytes.resize(length + count, 0);
    let read = loop {
        match input.read(&mut bytes[length..]) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            read => break read,
        }
    };
    bytes.truncate(length + read.as_ref().copied().unwrap_or(0));
    read
}

/// Runs on a thread of its own until the file or the interest in it ends.
fn read_batches(mut input: Box<dyn Read + Send>, mut bytes: Vec<u8>, name: &str, outlet: &Outlet<ArchiveError>) {
    loop {
        let read = match read_some(&mut input, &mut bytes, BATCH_BYTES) {
            Ok(read) => read,
            Err(source) => {
                outlet.fail_blocking(ArchiveError::File {
                    action: "read",
                    file: name.to_owned(),
                    source,
                });
                return;
            }
        };
        let ended = read == 0;
        // Small reads, as from a pipe, are gathered.
        if !ended && bytes.len() < BATCH_BYTES / 2 {
            continue;
        }
        // Whole lines only; what is behind the last one waits for its end.
        let lines_end = memchr::memrchr(b'\n', &bytes).map_or(0, |last| last + 1);
        let mut behind = Vec::with_capacity(BATCH_BYTES + 64 * 1024);
        behind.extend_from_slice(&bytes[lines_end..]);
        if lines_end > 0 {
            bytes.truncate(lines_end);
            let batch = Batch {
                bytes,
                form: Form::Lines,
            };
            if outlet.send_blocking(batch).is_err() {
                return;
            }
        }
        bytes = behind;
        if ended && bytes.is_empty() {
            outlet.end_blocking();
            return;
        }
        if ended {
            outlet.fail_blocking(ArchiveError::Truncated {
                file: name.to_owned(),
                what: "it ends in the middle of a line".to_owned(),
            });
            return;
        }
        if bytes.len() > LINE_BYTES_MAX {
            outlet.fail_blocking(ArchiveError::Format {
                file: name.to_owned(),
                what: format!("it has a line of more than {LINE_BYTES_MAX} bytes"),
            });
            return;
        }
    }
}

/// Looks at the lines that no leaf covers, and passes the events on.
struct Ending<'a, S> {
    sink: &'a mut S,
    other: OtherLines,
    keys: u64,
    checkpoint: Option<String>,
    /// A line that is neither event nor commit has been seen: none of those may follow.
    begun: bool,
    trailer: Option<Trailer>,
}

impl<S> Ending<'_, S> {
    fn line(&mut self, line: &[u8], order: &mut OrderCheck) {
        self.begun = true;
        let what = if self.trailer.is_some() {
            Some("the file goes on behind its end line".to_owned())
        } else if let Some(json) = line.strip_prefix(END) {
            self.end(json, order)
        } else {
            self.other.add(line);
            if let Some(json) = line.strip_prefix(CHECKPOINT) {
                match serde_json::from_slice(json) {
                    Ok(note) if self.checkpoint.is_none() => {
                        self.checkpoint = Some(note);
                        None
                    }
                    Ok(_) => Some("the file has a second checkpoint".to_owned()),
                    Err(error) => Some(format!("the line of the checkpoint: {error}")),
                }
            } else if let Some(json) = line.strip_prefix(KEY) {
                self.keys += 1;
                let key = serde_json::from_slice::<ClientKey>(json);
                key.err()
                    .map(|error| format!("the line of client key {}: {error}", self.keys))
            } else if let Some(json) = line.strip_prefix(SIGNER) {
                let signer = serde_json::from_slice::<SigningKeyLine>(json);
                signer.err().map(|error| format!("the line of a signing key: {error}"))
            } else {
                Some("the file has a line of an unknown kind".to_owned())
            }
        };
        if let Some(what) = what {
            order.faults.add(order.position() + 1, what);
        }
    }

    fn end(&mut self, json: &[u8], order: &OrderCheck) -> Option<String> {
        let trailer: Trailer = match serde_json::from_slice(json) {
            Ok(trailer) => trailer,
            Err(error) => return Some(format!("the end line: {error}")),
        };
        let found = Trailer {
            commits: order.commits(),
            events: order.position(),
            keys: self.keys,
            root: hex::encode(order.tree().root()),
            sha256: self.other.hex(),
        };
        let what = (found != trailer).then(|| {
            let (said, has) = (serde_json::to_string(&trailer), serde_json::to_string(&found));
            format!(
                "the end line says {}, but the file has {}",
                said.unwrap_or_default(),
                has.unwrap_or_default()
            )
        });
        self.trailer = Some(trailer);
        what
    }
}

impl<S: Sink> Sink for Ending<'_, S> {
    type Error = S::Error;

    const WANTS_FRONTIERS: bool = S::WANTS_FRONTIERS;

    async fn take(
        &mut self,
        checked: &Checked,
        frontiers: Vec<Vec<u8>>,
        order: &mut OrderCheck,
    ) -> Result<(), S::Error> {
        for item in &checked.items {
            match item {
                CheckedItem::Other(line) => self.line(line, order),
                CheckedItem::Event(_) | CheckedItem::Commit(_) if self.begun => {
                    order
                        .faults
                        .add(order.position(), "events and commits stand behind other lines");
                }
                _ => {}
            }
        }
        self.sink.take(checked, frontiers, order).await
    }
}
