//! Reading a header without building anything: one pass over the bytes, which accepts canonical headers only. What it does not accept is
//! looked at again by the full parser, which can say what is wrong (or that nothing is: rare spellings are left to it).

use std::borrow::Cow;

use chrono::{Datelike, NaiveDate};

use crate::canonical::INTEGER_MAX;

/// The text between two quotation marks as it stands in canonical JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Whether the text, unescaped, has these bytes.
    pub(crate) fn is(self, bytes: &[u8]) -> bool {
        // Escapes are rare, so the plain comparison comes first; equal bytes with a backslash in them are not equal texts.
        if memchr::memchr(b'\\', self.0).is_none() {
            self.0 == bytes
        } else {
            self.unescaped().as_bytes() == bytes
        }
    }

    /// The text itself.
    pub(crate) fn unescaped(self) -> Cow<'a, str> {
        let text = std::str::from_utf8(self.0).expect("headers are checked to be UTF-8 before they are taken apart");
        if memchr::memchr(b'\\', self.0).is_none() {
            return Cow::Borrowed(text);
        }
        let unescaped = serde_json::from_str(&format!("\"{text}\""));
        Cow::Owned(unescaped.expect("only JSON's own escapes are accepted"))
    }
}

/// A canonical header, taken apart. Every slice points into it.
#[derive(Debug)]
pub(crate) struct HeaderView<'a> {
    pub(crate) actor: Text<'a>,
    pub(crate) actor_role: Text<'a>,
    pub(crate) actor_unit: Text<'a>,
    pub(crate) aggregate_id: u128,
    pub(crate) aggregate_id_text: &'a [u8],
    pub(crate) aggregate_type: Text<'a>,
    pub(crate) command_id: u128,
    pub(crate) command_index: u64,
    pub(crate) event_type: Text<'a>,
    pub(crate) event_version: Text<'a>,
    pub(crate) ledger: u128,
    /// The canonical object.
    pub(crate) metadata: &'a [u8],
    pub(crate) occurred_on: NaiveDate,
    /// 64 hexadecimal digits.
    pub(crate) payload_sha256: &'a [u8],
    pub(crate) personal_sha256: Option<&'a [u8]>,
    pub(crate) position: u64,
    pub(crate) recorded_at: i64,
    pub(crate) has_request: bool,
    pub(crate) sequence: u64,
}

impl<'a> HeaderView<'a> {
    /// `None` for everything that is not certainly a canonical header of format 1.
    pub(crate) fn parse(header: &'a [u8]) -> Option<Self> {
        std::str::from_utf8(header).ok()?;
        let mut at = Cursor(header);
        at.literal(b"{\"actor\":{\"id\":\"")?;
        let actor = at.text()?;
        at.literal(b",\"role\":\"")?;
        let actor_role = at.text()?;
        at.literal(b",\"unit\":\"")?;
        let actor_unit = at.text()?;
        at.literal(b"},\"aggregate_id\":\"")?;
        let (aggregate_id, aggregate_id_text) = at.uuid()?;
        at.literal(b",\"aggregate_type\":\"")?;
        let aggregate_type = at.text()?;
        at.literal(b",\"command_id\":\"")?;
        let (command_id, _) = at.uuid()?;
        at.literal(b",\"command_index\":")?;
        let command_index = at.natural()?;
        at.literal(b",\"event_type\":\"")?;
        let event_type = at.text()?;
        at.literal(b",\"event_version\":\"")?;
        let event_version = at.text()?;
        at.literal(b",\"format\":1,\"ledger\":\"")?;
        let (ledger, _) = at.uuid()?;
        at.literal(b",\"metadata\":")?;
        let metadata = at.texts_by_texts()?;
        at.literal(b",\"occurred_on\":\"")?;
        let occurred_on = at.date()?;
        at.literal(b",\"payload_sha256\":\"")?;
        let payload_sha256 = at.hash()?;
        let personal_sha256 = match at.literal(b",\"personal_sha256\":\"") {
            Some(()) => Some(at.hash()?),
            None => None,
        };
        at.literal(b",\"position\":")?;
        let position = at.natural()?;
        at.literal(b",\"recorded_at\":")?;
        let recorded_at = at.integer()?;
        let has_request = match at.literal(b",\"request_sha256\":\"") {
            Some(()) => at.hash().map(|_| true)?,
            None => false,
        };
        at.literal(b",\"sequence\":")?;
        let sequence = at.natural()?;
        (at.0 == b"}").then_some(Self {
            actor,
            actor_role,
            actor_unit,
            aggregate_id,
            aggregate_id_text,
            aggregate_type,
            command_id,
            command_index,
            event_type,
            event_version,
            ledger,
            metadata,
            occurred_on,
            payload_sha256,
            personal_sha256,
            position,
            recorded_at,
            has_request,
            sequence,
        })
    }
}

/// What is still to be read.
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn literal(&mut self, literal: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(literal)?;
        Some(())
    }

    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    /// A text whose opening quotation mark has been read. Only the escapes that canonical JSON writes.
    fn text(&mut self) -> Option<Text<'a>> {
        let mut index = 0;
        loop {
            match self.0.get(index)? {
                b'"' => break,
                b'\\' => {
                    if !b"\"\\bfnrt".contains(self.0.get(index + 1)?) {
                        return None;
                    }
                    index += 2;
                }
                0..0x20 => return None,
                _ => index += 1,
            }
        }
        let text = self.take(index)?;
        self.literal(b"\"")?;
        Some(Text(text))
    }

    /// An object of texts by texts in canonical order. The order of keys that are not plain ASCII is left to the full parser.
    fn texts_by_texts(&mut self) -> Option<&'a [u8]> {
        let start = self.0;
        self.literal(b"{")?;
        if self.literal(b"}").is_some() {
            return Some(&start[..2]);
        }
        let mut before: Option<&[u8]> = None;
        loop {
            self.literal(b"\"")?;
            let key = self.text()?.0;
            if before.is_some_and(|before| before >= key) || !key.is_ascii() || key.contains(&b'\\') {
                return None;
            }
            before = Some(key);
            self.literal(b":\"")?;
            self.text()?;
            if self.literal(b",").is_none() {
                break;
            }
        }
        self.literal(b"}")?;
        start.get(..start.len() - self.0.len())
    }

    /// A UUID and its closing quotation mark.
    fn uuid(&mut self) -> Option<(u128, &'a [u8])> {
        let text = self.take(36)?;
        self.literal(b"\"")?;
        Some((parse_uuid(text)?, text))
    }

    /// 64 lower-case hexadecimal digits and the closing quotation mark.
    pub(crate) fn hash(&mut self) -> Option<&'a [u8]> {
        let text = self.take(64)?;
        self.literal(b"\"")?;
        text.iter()
            .all(|digit| HEX_VALUE[usize::from(*digit)] < 16)
            .then_some(text)
    }

    fn date(&mut self) -> Option<NaiveDate> {
        let text = self.take(10)?;
        self.literal(b"\"")?;
        parse_date(text)
    }

    /// An integer from 0 to 2⁵³−1 as canonical JSON writes it.
    pub(crate) fn natural(&mut self) -> Option<u64> {
        let mut value: u64 = 0;
        let mut length = 0;
        while let Some(digit @ b'0'..=b'9') = self.0.get(length) {
            // Seventeen digits are too many and can't overflow.
            if length == 16 {
                return None;
            }
            value = value * 10 + u64::from(digit - b'0');
            length += 1;
        }
        if length == 0 || (length > 1 && self.0[0] == b'0') || value > INTEGER_MAX.unsigned_abs() {
            return None;
        }
        self.take(length)?;
        Some(value)
    }

    /// An integer within ±(2⁵³−1) as canonical JSON writes it.
    pub(crate) fn integer(&mut self) -> Option<i64> {
        if self.literal(b"-").is_none() {
            return self.natural().map(u64::cast_signed);
        }
        let value = self.natural()?;
        (value != 0).then(|| -value.cast_signed())
    }
}

/// `YYYY-MM-DD`, nothing else.
pub(crate) fn parse_date(text: &[u8]) -> Option<NaiveDate> {
    let digit = |index: usize| match text[index] {
        digit @ b'0'..=b'9' => Some(u32::from(digit - b'0')),
        _ => None,
    };
    if text.len() != 10 || text[4] != b'-' || text[7] != b'-' {
        return None;
    }
    let year = digit(0)? * 1000 + digit(1)? * 100 + digit(2)? * 10 + digit(3)?;
    let (month, day) = (digit(5)? * 10 + digit(6)?, digit(8)? * 10 + digit(9)?);
    NaiveDate::from_ymd_opt(year.cast_signed(), month, day)
}

/// Days since 2000-01-01: how PostgreSQL sends a date (`DATEVAL` in its `date_send`).
pub(crate) fn days_since_2000(date: NaiveDate) -> i32 {
    /// 2000-01-01 in days since 0001-01-01, which is day 1.
    const DAY_2000: i32 = 730_120;
    date.num_days_from_ce() - DAY_2000
}

/// A UUID in lower case with hyphens.
pub(crate) fn parse_uuid(text: &[u8]) -> Option<u128> {
    if text.len() != 36 {
        return None;
    }
    let mut value: u128 = 0;
    for (index, byte) in text.iter().enumerate() {
        if matches!(index, 8 | 13 | 18 | 23) {
            if *byte != b'-' {
                return None;
            }
            continue;
        }
        let digit = HEX_VALUE[usize::from(*byte)];
        if digit > 15 {
            return None;
        }
        value = value << 4 | u128::from(digit);
    }
    Some(value)
}

/// The value of each lower-case hexadecimal digit; 255 for every other byte.
static HEX_VALUE: [u8; 256] = {
    let mut values = [255; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value] as usize] = value as u8;
        value += 1;
    }
    values
};

/// Whether the text is the hash in lower-case hexadecimal.
pub(crate) fn is_hex_of(text: &[u8], hash: &[u8; 32]) -> bool {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    text.len() == 64
        && text.as_chunks::<2>().0.iter().zip(hash).all(|([high, low], byte)| {
            *high == DIGITS[usize::from(byte >> 4)] && *low == DIGITS[usize::from(byte & 15)]
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::{Header, HeaderActor};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn header(actor: &str, note: &str, position: u64, recorded_at: i64, first: bool, personal: bool) -> Header {
        Header {
            actor: HeaderActor {
                id: actor.to_owned(),
                role: "reviewer".to_owned(),
                unit: String::new(),
            },
            aggregate_id: "01940000-0000-7000-8000-000000000002".to_owned(),
            aggregate_type: "Project".to_owned(),
            command_id: Uuid::from_u128(7),
            command_index: u32::from(!first),
            event_type: "Noted".to_owned(),
            event_version: "1".to_owned(),
            format: 1,
            ledger: Uuid::from_u128(9),
            metadata: [("a".to_owned(), note.to_owned()), ("b".to_owned(), String::new())].into(),
            occurred_on: NaiveDate::from_ymd_opt(2024, 2, 29).expect("a leap year"),
            payload_sha256: "ab".repeat(32),
            personal_sha256: personal.then(|| "cd".repeat(32)),
            position,
            recorded_at,
            request_sha256: first.then(|| "01".repeat(32)),
            sequence: 3,
        }
    }

    proptest! {
        /// The quick reader is the full parser's equal: what it accepts is canonical and has the same meaning, and everything that the
        /// program writes without control characters is accepted.
        #[test]
        fn it_reads_what_the_full_parser_reads(
            actor in "[^\\x00-\\x1f]{1,20}", note in "[^\\x00-\\x1f]{0,20}", position in 1..=9_007_199_254_740_991_u64,
            recorded_at in -9_007_199_254_740_991..=9_007_199_254_740_991_i64, first: bool, personal: bool,
        ) {
            let header = header(&actor, &note, position, recorded_at, first, personal);
            let text = header.to_text();
            let view = HeaderView::parse(text.as_bytes()).expect("canonical");
            prop_assert_eq!(view.actor.unescaped(), actor.as_str());
            prop_assert!(view.actor.is(actor.as_bytes()));
            prop_assert!(!view.actor.is(b"other \x01"));
            prop_assert_eq!((view.position, view.recorded_at, view.sequence), (position, recorded_at, 3));
            prop_assert_eq!((view.has_request, view.personal_sha256.is_some()), (first, personal));
            let metadata = serde_json_canonicalizer::to_string(&header.metadata).expect("texts");
            prop_assert_eq!(view.metadata, metadata.as_bytes());
            prop_assert_eq!((view.command_id, view.ledger, view.occurred_on), (7, 9, header.occurred_on));
        }

        /// One byte changed anywhere: refused, or still canonical for the full parser too.
        #[test]
        fn it_accepts_nothing_that_the_full_parser_would_not(index in 0..600_usize, byte: u8) {
            let mut text = header("u\"1", "Đề án", 12, 34, true, true).to_text().into_bytes();
            let index = index % text.len();
            text[index] = byte;
            if HeaderView::parse(&text).is_some() {
                let text = String::from_utf8(text).expect("checked by the reader");
                let parsed: Header = serde_json::from_str(&text).expect("a header");
                prop_assert_eq!(parsed.to_text(), text);
            }
        }
    }

    #[test]
    fn other_spellings_are_left_to_the_full_parser() {
        let text = header("u1", "x", 1, 0, true, false).to_text();
        assert!(HeaderView::parse(text.as_bytes()).is_some());
        for (from, to) in [
            ("\"position\":1,", "\"position\":01,"),
            ("\"recorded_at\":0,", "\"recorded_at\":-0,"),
            ("\"id\":\"u1\"", "\"id\":\"\\u00751\""),
            ("\"format\":1", "\"format\":2"),
            ("2024-02-29", "2023-02-29"),
            ("{\"a\":\"x\",\"b\":\"\"}", "{\"b\":\"\",\"a\":\"x\"}"),
            ("{\"actor\"", "{ \"actor\""),
            ("}", "} "),
        ] {
            let other = text.replacen(from, to, 1);
            assert_ne!(other, text, "{from}");
            assert!(HeaderView::parse(other.as_bytes()).is_none(), "{to}");
        }
    }

    #[test]
    fn hashes_are_compared_with_their_digits() {
        let hash = [0xa5; 32];
        assert!(is_hex_of("a5".repeat(32).as_bytes(), &hash));
        assert!(!is_hex_of("A5".repeat(32).as_bytes(), &hash));
        assert!(!is_hex_of("a5".repeat(31).as_bytes(), &hash));
        assert!(!is_hex_of("a6".repeat(32).as_bytes(), &hash));
    }

    #[test]
    fn dates_count_from_2000() {
        let days = |text: &[u8]| parse_date(text).map(days_since_2000);
        assert_eq!(days(b"2000-01-01"), Some(0));
        assert_eq!(days(b"1999-12-31"), Some(-1));
        assert_eq!(days(b"2025-03-01"), Some(9_191));
        assert_eq!(days(b"2025-3-001"), None);
    }
}
