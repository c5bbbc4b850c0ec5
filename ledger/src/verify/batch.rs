//! What a source delivers: some hundred kilobytes of events and commits in order, as they were read, to be taken apart on another thread.
//! Each commit stands after its events, because it seals them.

use chrono::NaiveDate;

use super::header_view::Cursor;

/// Sources pass on what they have when it reaches this many bytes.
pub(crate) const BATCH_BYTES: usize = 512 * 1024;
/// How many columns the tuple of an event has.
pub(crate) const EVENT_FIELDS: i16 = 18;
const COMMIT_FIELDS: i16 = 5;
const ORPHAN_FIELDS: i16 = 1;
/// No date: what a source writes for one that it can't read.
pub(crate) const NO_DATE: i32 = i32::MIN + 1;

/// Items in order, not yet taken apart.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) bytes: Vec<u8>,
    pub(crate) form: Form,
}

/// How the items are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// Tuples as in PostgreSQL's binary `COPY` format: a count of fields (16 bits), then each one's length (32 bits, −1 for NULL) and
    /// bytes, big-endian. An event has [`EVENT_FIELDS`], a commit five, a personal part without its event one: its position.
    Tuples,
    /// Lines of an exported ledger.
    Lines,
}

/// One item of a batch.
#[derive(Debug)]
pub(crate) enum Item<'a> {
    Event(EventItem<'a>),
    Commit(CommitItem<'a>),
    /// A personal part without its event.
    Orphan(i64),
    /// A line of another kind, for whoever reads the file.
    Other(&'a [u8]),
    /// Something that can't be taken apart.
    Malformed(String),
}

/// An event as it is stored.
#[derive(Debug)]
pub(crate) struct EventItem<'a> {
    pub(crate) header: &'a [u8],
    pub(crate) payload: &'a [u8],
    pub(crate) salt: Option<Salt<'a>>,
    pub(crate) content: Option<&'a [u8]>,
    /// What the database has beside the header.
    pub(crate) columns: Option<Columns<'a>>,
}

/// A salt as it stands in its source.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Salt<'a> {
    Bytes(&'a [u8]),
    Hex(&'a [u8]),
}

impl Salt<'_> {
    /// Its bytes; empty when it is no hexadecimal text.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Bytes(bytes) => bytes.to_vec(),
            Self::Hex(text) => hex::decode(text).unwrap_or_default(),
        }
    }
}

/// The columns that repeat the header.
#[derive(Debug)]
pub(crate) struct Columns<'a> {
    pub(crate) position: i64,
    pub(crate) aggregate_type: &'a [u8],
    pub(crate) aggregate_id: &'a [u8],
    pub(crate) sequence: i64,
    pub(crate) event_type: &'a [u8],
    pub(crate) event_version: &'a [u8],
    pub(crate) recorded_at: i64,
    /// Days since 2000-01-01.
    pub(crate) occurred_on: i32,
    pub(crate) actor: &'a [u8],
    pub(crate) actor_role: &'a [u8],
    pub(crate) actor_unit: &'a [u8],
    pub(crate) command_id: &'a [u8],
    pub(crate) command_index: i32,
    pub(crate) metadata: &'a [u8],
}

/// A commit as it is stored.
#[derive(Debug)]
pub(crate) struct CommitItem<'a> {
    pub(crate) start: i64,
    pub(crate) end: i64,
    pub(crate) recorded_at: i64,
    pub(crate) root: Root<'a>,
    /// Files leave it out: it follows from the headers.
    pub(crate) frontier: Option<&'a [u8]>,
}

/// A root as it stands in its source.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Root<'a> {
    Bytes(&'a [u8]),
    Hex(&'a [u8]),
}

impl Batch {
    pub(crate) fn items(&self) -> Items<'_> {
        Items {
            rest: &self.bytes,
            form: self.form,
        }
    }
}

/// The items of a batch, taken apart one after another.
pub(crate) struct Items<'a> {
    rest: &'a [u8],
    form: Form,
}

impl<'a> Iterator for Items<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        if self.rest.is_empty() {
            return None;
        }
        Some(match self.form {
            Form::Tuples => self.tuple().unwrap_or_else(|| {
                self.rest = &[];
                Item::Malformed("the database sent a row that can't be taken apart".to_owned())
            }),
            Form::Lines => {
                let end = memchr::memchr(b'\n', self.rest).unwrap_or(self.rest.len());
                let line = &self.rest[..end];
                self.rest = self.rest.get(end + 1..).unwrap_or_default();
                line_item(line)
            }
        })
    }
}

impl<'a> Items<'a> {
    fn tuple(&mut self) -> Option<Item<'a>> {
        let length = tuple_length(self.rest)?;
        let (tuple, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        let mut fields = Fields(&tuple[2..]);
        Some(match i16::from_be_bytes([tuple[0], tuple[1]]) {
            EVENT_FIELDS => Item::Event(event(&mut fields)?),
            COMMIT_FIELDS => Item::Commit(CommitItem {
                start: fields.i64()?,
                end: fields.i64()?,
                recorded_at: fields.i64()?,
                root: Root::Bytes(fields.bytes()?),
                frontier: Some(fields.bytes()?),
            }),
            ORPHAN_FIELDS => Item::Orphan(fields.i64()?),
            _ => return None,
        })
    }
}

fn event<'a>(fields: &mut Fields<'a>) -> Option<EventItem<'a>> {
    let columns = Columns {
        position: fields.i64()?,
        aggregate_type: fields.bytes()?,
        aggregate_id: fields.bytes()?,
        sequence: fields.i64()?,
        event_type: fields.bytes()?,
        event_version: fields.bytes()?,
        recorded_at: fields.i64()?,
        occurred_on: fields.i32()?,
        actor: fields.bytes()?,
        actor_role: fields.bytes()?,
        actor_unit: fields.bytes()?,
        command_id: fields.bytes()?,
        command_index: fields.i32()?,
        metadata: fields.bytes()?,
    };
    Some(EventItem {
        columns: Some(columns),
        payload: fields.bytes()?,
        header: fields.bytes()?,
        salt: fields.next()?.map(Salt::Bytes),
        content: fields.next()?,
    })
}

/// The fields of a tuple.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// `Some(None)` is NULL.
    fn next(&mut self) -> Option<Option<&'a [u8]>> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) else {
            self.0 = rest;
            return Some(None);
        };
        let (field, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(Some(field))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        self.next()?
    }

    fn i64(&mut self) -> Option<i64> {
        self.bytes()?.try_into().ok().map(i64::from_be_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.bytes()?.try_into().ok().map(i32::from_be_bytes)
    }
}

/// How long the first tuple is; `None` while it is incomplete.
pub(crate) fn tuple_length(bytes: &[u8]) -> Option<usize> {
    let count = i16::from_be_bytes(*bytes.first_chunk::<2>()?);
    let mut length = 2_usize;
    for _ in 0..count {
        let field = i32::from_be_bytes(*bytes.get(length..)?.first_chunk::<4>()?);
        length = length
            .checked_add(4)?
            .checked_add(usize::try_from(field).unwrap_or(0))?;
    }
    (length <= bytes.len()).then_some(length)
}

/// The first column of an event's tuple.
pub(crate) fn tuple_position(tuple: &[u8]) -> Option<i64> {
    Fields(tuple.get(2..)?).i64()
}

/// Writes tuples.
pub(crate) struct TupleWriter<'a>(&'a mut Vec<u8>);

impl<'a> TupleWriter<'a> {
    pub(crate) fn start(bytes: &'a mut Vec<u8>, fields: i16) -> Self {
        bytes.extend_from_slice(&fields.to_be_bytes());
        Self(bytes)
    }

    pub(crate) fn bytes(&mut self, field: &[u8]) -> &mut Self {
        let length = i32::try_from(field.len()).expect("no field has 2 GiB: the format bounds each of them");
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(field);
        self
    }

    /// All fields of another tuple.
    pub(crate) fn fields_of(&mut self, tuple: &[u8]) -> &mut Self {
        self.0.extend_from_slice(&tuple[2..]);
        self
    }

    pub(crate) fn null(&mut self) -> &mut Self {
        self.0.extend_from_slice(&(-1_i32).to_be_bytes());
        self
    }

    pub(crate) fn i64(&mut self, number: i64) -> &mut Self {
        self.bytes(&number.to_be_bytes())
    }

    pub(crate) fn i32(&mut self, number: i32) -> &mut Self {
        self.bytes(&number.to_be_bytes())
    }
}

/// Writes a commit as a tuple.
pub(crate) fn write_commit(bytes: &mut Vec<u8>, start: i64, end: i64, recorded_at: i64, root: &[u8], frontier: &[u8]) {
    TupleWriter::start(bytes, COMMIT_FIELDS)
        .i64(start)
        .i64(end)
        .i64(recorded_at)
        .bytes(root)
        .bytes(frontier);
}

/// Writes the position of a personal part that has no event.
pub(crate) fn write_orphan(bytes: &mut Vec<u8>, position: i64) {
    TupleWriter::start(bytes, ORPHAN_FIELDS).i64(position);
}

/// A date as a tuple has it.
pub(crate) fn date_field(date: Option<NaiveDate>) -> i32 {
    date.map_or(NO_DATE, super::header_view::days_since_2000)
}

/// Takes a line of an exported ledger apart; see `docs/export-format.md`.
fn line_item(line: &[u8]) -> Item<'_> {
    if let Some(rest) = line.strip_prefix(b"event\t") {
        let malformed = || Item::Malformed("the line of an event has two or four parts after `event`".to_owned());
        let Some(end) = memchr::memchr(b'\t', rest) else {
            return malformed();
        };
        let (header, rest) = (&rest[..end], &rest[end + 1..]);
        let mut parts = [rest; 3];
        let mut count = 0;
        let mut start = 0;
        for tab in memchr::memchr_iter(b'\t', rest) {
            if count == 2 {
                return malformed();
            }
            parts[count] = &rest[start..tab];
            start = tab + 1;
            count += 1;
        }
        parts[count] = &rest[start..];
        let (salt, content) = match count {
            0 => (None, None),
            2 => (Some(Salt::Hex(parts[1])), Some(parts[2])),
            _ => return malformed(),
        };
        return Item::Event(EventItem {
            header,
            payload: parts[0],
            salt,
            content,
            columns: None,
        });
    }
    match line.strip_prefix(b"commit\t") {
        Some(commit) => commit_line(commit).map_or_else(
            || {
                Item::Malformed(
                    "the line of a commit is not a canonical object of end, recorded_at, root, start".to_owned(),
                )
            },
            Item::Commit,
        ),
        None => Item::Other(line),
    }
}

fn commit_line(line: &[u8]) -> Option<CommitItem<'_>> {
    let mut at = Cursor(line);
    at.literal(b"{\"end\":")?;
    let end = at.natural()?.cast_signed();
    at.literal(b",\"recorded_at\":")?;
    let recorded_at = at.integer()?;
    at.literal(b",\"root\":\"")?;
    let root = Root::Hex(at.hash()?);
    at.literal(b",\"start\":")?;
    let start = at.natural()?.cast_signed();
    (at.0 == b"}").then_some(CommitItem {
        start,
        end,
        recorded_at,
        root,
        frontier: None,
    })
}
