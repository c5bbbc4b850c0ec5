//! Files of lists as rows of cells: CSV and XLSX, within limits, with what can't be read clearly refused.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};

use calamine::{Data, Reader, Xlsx};
use chrono::NaiveDate;

/// Largest file, bytes.
pub const FILE_BYTES_MAX: u64 = 8 << 20;
/// Most bytes that a workbook may unfold to.
const UNPACKED_BYTES_MAX: u64 = 128 << 20;
/// Most parts of a workbook.
const PARTS_MAX: usize = 2_000;
/// Most rows of a list, headings and titles included.
pub const ROWS_MAX: usize = 2_000;
/// Most columns.
const COLUMNS_MAX: usize = 200;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing, or blanks.
    Empty,
    /// Text, trimmed.
    Text(String),
    /// A number of a spreadsheet.
    Number(f64),
    /// A date of a spreadsheet.
    Date(NaiveDate),
    /// A formula: its last result may be out of date, or of nobody.
    Formula,
    /// Part of several cells merged into one, with the text that it shows.
    Merged(String),
    /// `#REF!` and the like.
    Error(String),
}

/// The rows of a list, with their numbers in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// Rows that hold anything.
    pub rows: Vec<(usize, Vec<Cell>)>,
}

/// Why a file is no list: a code of `problem-import-…`, with what its text mentions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFault {
    /// The code.
    pub code: &'static str,
    /// Values.
    pub params: Vec<(&'static str, String)>,
}

impl FileFault {
    pub(super) fn new(code: &'static str) -> Self {
        Self {
            code,
            params: Vec::new(),
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.params.push((name, value.to_string()));
        self
    }
}

/// Reads a file by what it is, not by its name.
///
/// # Errors
/// Too large, of another kind, in another encoding, damaged.
pub fn read(bytes: &[u8]) -> Result<Sheet, FileFault> {
    if bytes.len() as u64 > FILE_BYTES_MAX {
        return Err(FileFault::new("import-file-size").with("max", FILE_BYTES_MAX >> 20));
    }
    let sheet = if bytes.starts_with(b"PK\x03\x04") {
        workbook(bytes)?
    } else if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(FileFault::new("import-file-xls"));
    } else {
        text(bytes)?
    };
    if sheet.rows.len() > ROWS_MAX {
        return Err(FileFault::new("import-file-rows").with("max", ROWS_MAX));
    }
    Ok(sheet)
}

fn text(bytes: &[u8]) -> Result<Sheet, FileFault> {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(FileFault::new("import-file-encoding").with("found", "UTF-16"));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count()
            + 1;
        FileFault::new("import-file-encoding").with("found", format!("Windows-1258, TCVN3, VNI? (line {line})"))
    })?;
    // The reader would count a line late where lines end with CR LF, and not at all where they end with CR.
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    if text.contains('\0') {
        return Err(FileFault::new("import-file-kind"));
    }
    let first = text.lines().find(|line| line.len() > 5).unwrap_or_default();
    let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
    let separator = *[b';', b'\t', b',']
        .iter()
        .max_by_key(|separator| count(**separator))
        .unwrap_or(&b',');
    if let Some(line) = open_quote(&text, char::from(separator)) {
        let reason = format!("the quotation mark that begins a cell in line {line} is not closed behind that cell");
        return Err(damaged(&reason));
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    // A spreadsheet counts rows: a cell of several lines is in one of them.
    let mut lines_in_cells = 0;
    for record in reader.records() {
        let record = record.map_err(|error| FileFault::new("import-file-damaged").with("reason", error))?;
        if record.len() > COLUMNS_MAX {
            return Err(FileFault::new("import-file-columns").with("max", COLUMNS_MAX));
        }
        let line = record.position().map_or(0, |position| position.line()) - lines_in_cells;
        lines_in_cells += record.iter().map(|cell| cell.matches('\n').count() as u64).sum::<u64>();
        let cells: Vec<Cell> = record.iter().map(of_text).collect();
        push(&mut rows, usize::try_from(line).unwrap_or(usize::MAX), cells);
        if rows.len() > ROWS_MAX {
            break;
        }
    }
    Ok(Sheet { rows })
}

/// The line of a cell whose quotation mark is closed nowhere, or in the middle of another text: the rows in between would be read as part of
/// it (RFC 4180, section 2).
fn open_quote(text: &str, separator: char) -> Option<usize> {
    let (mut line, mut begins) = (1, true);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if begins && letter == '"' {
            let opened = line;
            loop {
                match letters.next() {
                    Some('"') if letters.peek() == Some(&'"') => drop(letters.next()),
                    Some('"') => break,
                    Some(letter) => line += usize::from(letter == '\n'),
                    None => return Some(opened),
                }
            }
            if letters.peek().is_some_and(|next| *next != separator && *next != '\n') {
                return Some(opened);
            }
        }
        line += usize::from(letter == '\n');
        begins = letter == separator || letter == '\n';
    }
    None
}

fn of_text(text: &str) -> Cell {
    match text.trim() {
        "" => Cell::Empty,
        // What a spreadsheet would compute when it opens the file.
        trimmed if trimmed.starts_with('=') => Cell::Formula,
        trimmed => Cell::Text(trimmed.to_owned()),
    }
}

fn push(rows: &mut Vec<(usize, Vec<Cell>)>, number: usize, cells: Vec<Cell>) {
    if cells.iter().any(|cell| *cell != Cell::Empty) {
        rows.push((number, cells));
    }
}

/// The first sheet that holds anything. Cell by cell: a sheet whose only cells are its first and its last would else take gigabytes.
fn workbook(bytes: &[u8]) -> Result<Sheet, FileFault> {
    check_size(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    for name in book.sheet_names() {
        let mut cells: BTreeMap<u32, BTreeMap<u32, Cell>> = BTreeMap::new();
        let mut reader = book.worksheet_cells_reader(&name).map_err(|error| damaged(&error))?;
        while let Some(cell) = reader.next_cell().map_err(|error| damaged(&error))? {
            let (row, column) = cell.get_position();
            let cell = of_data(&cell.get_value().clone().into());
            if cell == Cell::Empty {
                continue;
            }
            if column as usize >= COLUMNS_MAX {
                return Err(FileFault::new("import-file-columns").with("max", COLUMNS_MAX));
            }
            cells.entry(row).or_default().insert(column, cell);
            if cells.len() > ROWS_MAX {
                return Err(FileFault::new("import-file-rows").with("max", ROWS_MAX));
            }
        }
        if cells.is_empty() {
            continue;
        }
        drop(reader);
        let mut reader = book.worksheet_cells_reader(&name).map_err(|error| damaged(&error))?;
        while let Some(cell) = reader.next_formula().map_err(|error| damaged(&error))? {
            let (row, column) = cell.get_position();
            // Also where no result is kept with it, as programs write them: it would read as an empty cell.
            if let Some(row) = cells.get_mut(&row)
                && (column as usize) < COLUMNS_MAX
                && !cell.get_value().is_empty()
            {
                row.insert(column, Cell::Formula);
            }
        }
        drop(reader);
        let merged = book.merge_cells_by_sheet_name(&name).map_err(|error| damaged(&error))?;
        for region in merged {
            merge(&mut cells, (region.start, region.end))?;
        }
        let rows = cells.into_iter().map(|(row, cells)| {
            let width = cells.keys().last().map_or(0, |last| *last + 1);
            let mut all = vec![Cell::Empty; width as usize];
            for (column, cell) in cells {
                all[column as usize] = cell;
            }
            (row as usize + 1, all)
        });
        return Ok(Sheet { rows: rows.collect() });
    }
    Ok(Sheet { rows: Vec::new() })
}

/// Marks the cells of a merged region, from one corner to another. Beyond the last column there is none that it could hide, and however many
/// regions there are, each cell is marked once.
fn merge(
    cells: &mut BTreeMap<u32, BTreeMap<u32, Cell>>,
    (start, end): ((u32, u32), (u32, u32)),
) -> Result<(), FileFault> {
    if start.0 > end.0 {
        return Err(damaged(&"a region of merged cells ends before it begins"));
    }
    for (_, row) in cells.range_mut(start.0..=end.0) {
        for column in (start.1..=end.1).take_while(|column| (*column as usize) < COLUMNS_MAX) {
            let text = match row.get(&column) {
                Some(Cell::Merged(_)) => return Err(damaged(&"regions of merged cells overlap")),
                Some(Cell::Text(text)) => text.clone(),
                _ => String::new(),
            };
            row.insert(column, Cell::Merged(text));
        }
    }
    Ok(())
}

fn damaged(reason: &dyn std::fmt::Display) -> FileFault {
    FileFault::new("import-file-damaged").with("reason", reason)
}

fn of_data(data: &Data) -> Cell {
    match data {
        Data::Empty => Cell::Empty,
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => match text.trim() {
            "" => Cell::Empty,
            trimmed => Cell::Text(trimmed.to_owned()),
        },
        Data::Float(number) => Cell::Number(*number),
        Data::Int(number) => Cell::Text(number.to_string()),
        Data::Bool(value) => Cell::Text(value.to_string()),
        Data::DateTime(moment) => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            match NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day)) {
                Some(day) if moment.is_datetime() => Cell::Date(day),
                _ => Cell::Number(moment.as_f64()),
            }
        }
        Data::Error(error) => Cell::Error(error.to_string()),
    }
}

/// Unfolds every part up to the limit, counting what really comes out: what an archive says of itself may be a lie.
fn check_size(bytes: &[u8]) -> Result<(), FileFault> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| damaged(&error))?;
    if archive.len() > PARTS_MAX {
        return Err(FileFault::new("import-file-unpacked").with("max", UNPACKED_BYTES_MAX >> 20));
    }
    let mut left = UNPACKED_BYTES_MAX;
    for index in 0..archive.len() {
        let part = archive.by_index(index).map_err(|error| damaged(&error))?;
        let mut limited = part.take(left + 1);
        let count = std::io::copy(&mut limited, &mut std::io::sink()).map_err(|error| damaged(&error))?;
        left = left
            .checked_sub(count)
            .ok_or_else(|| FileFault::new("import-file-unpacked").with("max", UNPACKED_BYTES_MAX >> 20))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_is_not_closed_swallows_no_rows() {
        let whole = "a;b\n\"x; \"\"y\"\"\nz\";2\n3;in \"the\" middle\n";
        assert_eq!(open_quote(whole, ';'), None);
        assert_eq!(read(whole.as_bytes()).expect("a list").rows.len(), 3);
        for (text, line) in [("Mã;Tên\n1;\"x\n2;y\n", 2), ("Mã;Tên\n\"x\n\"y\";1\n", 2), ("\"", 1)] {
            assert_eq!(open_quote(text, ';'), Some(line), "{text}");
            let fault = read(text.as_bytes()).expect_err("damaged");
            assert_eq!(fault.code, "import-file-damaged");
        }
    }

    #[test]
    fn rows_are_counted_whatever_ends_their_lines() {
        let rows = read(b"a;b\rc;d\re;f\r").expect("a list").rows;
        let numbers: Vec<_> = rows.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 3]);
    }
}
