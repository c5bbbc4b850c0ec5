//! Lists of đề án as offices keep them, and the command that brings them in.

use std::path::{Path, PathBuf};

use crate::{Server, TestDatabase};

/// A list of rows under headings, as `CSV UTF-8` of a spreadsheet.
#[derive(Debug, Clone)]
pub struct List {
    headings: Vec<&'static str>,
    rows: Vec<Vec<String>>,
}

/// What the command said.
#[derive(Debug)]
pub struct Imported {
    /// Whether it succeeded.
    pub ok: bool,
    /// Data: a line for each fault, or the summary.
    pub report: String,
    /// Everything else.
    pub said: String,
}

impl List {
    /// A list with these columns after those that every row needs.
    #[must_use]
    pub fn new(more: &[&'static str]) -> Self {
        let mut headings = vec![
            "Mã đề án",
            "Tên đề án",
            "Đơn vị thụ hưởng",
            "Loại hình",
            "Mã số thuế",
            "Ngành nghề",
            "Dạng hỗ trợ",
            "Hạng mục hỗ trợ",
            "Ngày bắt đầu",
            "Ngày kết thúc",
            "Tổng kinh phí (triệu đồng)",
            "Kinh phí hỗ trợ (triệu đồng)",
        ];
        headings.extend(more);
        Self {
            headings,
            rows: Vec::new(),
        }
    }

    /// Adds a dryer of 700 million for a firm of its own, with the values of the other columns.
    #[must_use]
    pub fn row(mut self, number: usize, support: &str, more: &[&str]) -> Self {
        let mut row: Vec<String> = [
            format!("DS-{number}"),
            format!("Máy sấy ngô số {number}"),
            format!("Hợp tác xã số {number}"),
            "HTX".to_owned(),
            format!("560012{number:04}"),
            "chế biến".to_owned(),
            "MM".to_owned(),
            "Máy sấy ngô".to_owned(),
            "15/01/2024".to_owned(),
            "30/10/2024".to_owned(),
            "700".to_owned(),
            support.to_owned(),
        ]
        .into();
        row.extend(more.iter().map(|value| (*value).to_owned()));
        self.rows.push(row);
        self
    }

    /// Changes a value of the last row, by its heading.
    ///
    /// # Panics
    /// Without a row, or without that heading.
    #[must_use]
    pub fn with(mut self, heading: &str, value: &str) -> Self {
        let column = self.headings.iter().position(|known| *known == heading);
        let last = self.rows.last_mut().expect("a row");
        value.clone_into(&mut last[column.expect("a known heading")]);
        self
    }

    /// Writes it into a folder.
    ///
    /// # Panics
    /// When it can't.
    #[must_use]
    pub fn file(&self, folder: &Path, name: &str) -> PathBuf {
        let quoted = |cells: &mut dyn Iterator<Item = &str>| {
            let cells: Vec<String> = cells.map(|cell| format!("\"{cell}\"")).collect();
            cells.join(";") + "\r\n"
        };
        let mut text = "\u{feff}".to_owned() + &quoted(&mut self.headings.iter().copied());
        for row in &self.rows {
            text += &quoted(&mut row.iter().map(String::as_str));
        }
        let path = folder.join(name);
        std::fs::write(&path, text).expect("the list can be written");
        path
    }
}

/// Runs `dean drafts import`.
///
/// # Panics
/// When the program can't be run.
#[must_use]
pub fn import(database: &TestDatabase, file: &Path, more: &[&str]) -> Imported {
    let output = Server::command()
        .args(["drafts", "import"])
        .arg(file)
        .args(["--database", database.url()])
        .args(more)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Imported {
        ok: output.status.success(),
        report: text(&output.stdout),
        said: text(&output.stderr),
    }
}
