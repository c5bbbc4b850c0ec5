//! Writing a ledger as one file.

use std::io::Write;
use std::path::Path;

use futures_util::TryStreamExt;

use super::error::ArchiveError;
use super::lines::{CHECKPOINT, ClientKey, END, KEY, Manifest, OtherLines, SIGNER, SigningKeyLine, Trailer, line};
use super::partial::Partial;
use super::read::ArchiveFile;
use crate::database::Database;
use crate::ledger::Ledger;
use crate::on_database;
use crate::tree::Hash;
use crate::verify::batch::{EventItem, Item, Root};
use crate::verify::event_check::Checked;
use crate::verify::order_check::OrderCheck;
use crate::verify::pipeline::{RunError, Sink};

const LEDGER: &str = "SELECT created_at, search_key FROM ledgers WHERE id = $1";
const SIGNERS: &str = "SELECT number, public_key, recorded_at FROM signing_keys WHERE ledger = $1 ORDER BY number";
/// In an order that is the same on both databases: the actor's is bytewise in both.
const CLIENT_KEYS: &str = "SELECT actor, command_id, created_at, key FROM client_keys WHERE ledger = $1 ORDER BY created_at, command_id, actor";

/// Makes a signed checkpoint of a size and a root.
pub type Signer = Box<dyn Fn(u64, Hash) -> String + Send + Sync>;

/// What goes into the file.
#[derive(Default)]
pub struct ExportOptions {
    /// For outsiders: without personal parts, search key and clients' keys. Such a file verifies, but can't be imported.
    pub public: bool,
    /// Signs the checkpoint that the file carries.
    pub signer: Option<Signer>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Events.
    pub events: u64,
    /// Commits.
    pub commits: u64,
    /// The Merkle root over the events.
    pub root: Hash,
    /// The file's length in bytes.
    pub bytes: u64,
}

impl Ledger {
    /// Writes the ledger up to its present head to `out`, verifying it on the way. Others may go on writing to the ledger meanwhile.
    /// Blocks the calling thread while `out` blocks. `progress` gets (events done, events in all).
    ///
    /// # Errors
    /// When the ledger can't be read or does not verify, or `out` fails: then what was written is worthless, and has no end line.
    pub async fn export(
        &self,
        out: impl Write + Send,
        options: &ExportOptions,
        mut progress: impl FnMut(u64, u64),
    ) -> Result<Exported, ArchiveError> {
        let events = self.head().await?.position;
        let (created_at, search_key): (i64, Vec<u8>) =
            on_database!(self.database(), pool => sqlx::query_as(LEDGER).bind(self.id()).fetch_one(pool).await)?;
        let manifest = Manifest {
            created_at,
            demo: self.is_demo(),
            events,
            id: self.id(),
            name: self.name().to_owned(),
            search_key: (!options.public).then(|| hex::encode(search_key)),
        };
        let mut writer = LineWriter {
            out,
            buffer: Vec::new(),
            bytes: 0,
            other: OtherLines::default(),
            with_personal: !options.public,
            position: 0,
        };
        writer.other_line(manifest.to_line().as_bytes())?;
        let mut order = OrderCheck::new(&[]);
        self.check_into(&mut order, &mut writer, events, |position| progress(position, events))
            .await
            .map_err(|error| match error {
                RunError::Source(error) => error.into(),
                RunError::Sink(error) => error,
            })?;
        let report = order.finish();
        if let Some(fault) = report.faults.into_iter().next() {
            return Err(ArchiveError::DoesNotVerify {
                kept: "exported",
                fault,
            });
        }
        let signers: Vec<(i32, Vec<u8>, i64)> =
            on_database!(self.database(), pool => sqlx::query_as(SIGNERS).bind(self.id()).fetch_all(pool).await)?;
        for (number, public_key, recorded_at) in signers {
            let signer = SigningKeyLine {
                number,
                public_key: hex::encode(public_key),
                recorded_at,
            };
            writer.other_line(&line(SIGNER, &signer))?;
        }
        if let Some(sign) = &options.signer {
            writer.other_line(&line(CHECKPOINT, &sign(report.events, report.root)))?;
        }
        let keys = if options.public {
            0
        } else {
            self.export_keys(&mut writer).await?
        };
        let trailer = Trailer {
            commits: report.commits,
            events: report.events,
            keys,
            root: hex::encode(report.root),
            sha256: writer.other.hex(),
        };
        writer.write(&line(END, &trailer))?;
        writer.out.flush().map_err(|source| write_error("the export", source))?;
        Ok(Exported {
            events: report.events,
            commits: report.commits,
            root: report.root,
            bytes: writer.bytes,
        })
    }

    /// Read after the events: a retry of any command that is in the file finds its key there, because a key is stored before its command.
    async fn export_keys<W: Write>(&self, writer: &mut LineWriter<W>) -> Result<u64, ArchiveError> {
        let mut count = 0;
        macro_rules! copy {
            ($pool:expr) => {{
                let mut rows = sqlx::query_as::<_, ClientKey>(CLIENT_KEYS)
                    .bind(self.id())
                    .fetch($pool);
                while let Some(key) = rows.try_next().await? {
                    writer.other_line(&line(KEY, &key))?;
                    count += 1;
                }
            }};
        }
        match self.database() {
            Database::Postgres(pool) => copy!(pool),
            Database::Sqlite(pool) => copy!(pool),
        }
        Ok(count)
    }

    /// Exports to a file that gets its name only when it is whole and on disk. It is readable by its owner only: it holds personal data
    /// and the search key. With `read_back`, it is read back from the disk and verified before it gets its name.
    ///
    /// # Errors
    /// As [`Ledger::export`]; [`ArchiveError::Exists`] when there is such a file and `replace` is false.
    pub async fn export_file(
        &self,
        path: &Path,
        options: &ExportOptions,
        replace: bool,
        read_back: bool,
        progress: impl FnMut(u64, u64),
    ) -> Result<Exported, ArchiveError> {
        if !replace && path.symlink_metadata().is_ok() {
            return Err(ArchiveError::Exists { path: path.to_owned() });
        }
        let partial = Partial::create(path)?;
        let exported = self.export(partial.file(), options, progress).await?;
        partial.sync()?;
        if read_back {
            let kept = crate::verify::KeptRoot {
                size: exported.events,
                root: exported.root,
                source: "what was written".to_owned(),
            };
            let report = ArchiveFile::open(partial.path())?
                .verify(&[kept], |_, _| {})
                .await?
                .report;
            if let Some(fault) = report.faults.into_iter().next() {
                return Err(ArchiveError::DoesNotVerify {
                    kept: "backed up",
                    fault,
                });
            }
        }
        partial.publish(path, replace)?;
        Ok(exported)
    }
}

fn write_error(file: impl Into<String>, source: std::io::Error) -> ArchiveError {
    ArchiveError::File {
        action: "write",
        file: file.into(),
        source,
    }
}

struct LineWriter<W> {
    out: W,
    buffer: Vec<u8>,
    bytes: u64,
    other: OtherLines,
    with_personal: bool,
    position: u64,
}

impl<W: Write> LineWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> Result<(), ArchiveError> {
        self.bytes += bytes.len() as u64;
        self.out
            .write_all(bytes)
            .map_err(|source| write_error("the export", source))
    }

    /// A line, with its newline, that no leaf covers.
    fn other_line(&mut self, line: &[u8]) -> Result<(), ArchiveError> {
        self.other.add(line.strip_suffix(b"\n").unwrap_or(line));
        self.write(line)
    }

    fn event(&mut self, event: &EventItem<'_>) -> Result<(), ArchiveError> {
        self.position += 1;
        let breaks = |bytes: &[u8]| memchr::memchr2(b'\n', b'\t', bytes).is_some();
        if breaks(event.payload) || event.content.is_some_and(breaks) {
            return Err(ArchiveError::NotCanonical {
                position: self.position,
            });
        }
        let buffer = &mut self.buffer;
        buffer.extend_from_slice(b"event\t");
        buffer.extend_from_slice(event.header);
        buffer.push(b'\t');
        buffer.extend_from_slice(event.payload);
        if let (true, Some(salt), Some(content)) = (self.with_personal, event.salt, event.content) {
            buffer.push(b'\t');
            buffer.extend_from_slice(hex::encode(salt.to_bytes()).as_bytes());
            buffer.push(b'\t');
            buffer.extend_from_slice(content);
        }
        buffer.push(b'\n');
        Ok(())
    }
}

impl<W: Write + Send> Sink for LineWriter<W> {
    type Error = ArchiveError;

    async fn take(&mut self, checked: &Checked, _: Vec<Vec<u8>>, order: &mut OrderCheck) -> Result<(), ArchiveError> {
        if let Some(fault) = order.faults.first() {
            return Err(ArchiveError::DoesNotVerify {
                kept: "exported",
                fault: fault.clone(),
            });
        }
        for item in checked.batch.items() {
            match item {
                Item::Event(event) => self.event(&event)?,
                Item::Commit(commit) => {
                    let root = match commit.root {
                        Root::Bytes(root) => hex::encode(root),
                        Root::Hex(root) => String::from_utf8_lossy(root).into_owned(),
                    };
                    writeln!(
                        self.buffer,
                        "commit\t{{\"end\":{},\"recorded_at\":{},\"root\":\"{root}\",\"start\":{}}}",
                        commit.end, commit.recorded_at, commit.start
                    )
                    .expect("writing to a Vec never fails");
                }
                // Found by the check above.
                Item::Orphan(_) | Item::Other(_) | Item::Malformed(_) => {}
            }
        }
        let buffer = std::mem::take(&mut self.buffer);
        self.write(&buffer)?;
        self.buffer = buffer;
        self.buffer.clear();
        Ok(())
    }
}
