//! Lists of đề án from files as offices keep them: checked row by row, recorded whole or not at all, once.

use std::path::{Path, PathBuf};

use dean_test_support::{Client, Server, TestDatabase};
use rust_xlsxwriter::{Format, Formula, Workbook};
use serde_json::Value;

const ACTOR: &str = "ttkc.cv1; role=implementer; unit=ttkc-dien-bien";
const HEADINGS: [&str; 14] = [
    "STT",
    "Mã đề án",
    "TÊN ĐỀ ÁN",
    "Đơn vị thụ hưởng",
    "Loại hình",
    "Mã số thuế",
    "Ngành nghề",
    "Dạng hỗ trợ",
    "Hạng mục hỗ trợ",
    "Ngày bắt đầu",
    "Ngày kết thúc",
    "Tổng kinh phí",
    "Kinh phí hỗ trợ (triệu đồng)",
    "Ghi chú",
];

fn row(number: usize, support: &str) -> Vec<String> {
    let number_text = number.to_string();
    let code = format!("DB-{number}");
    let name = format!("Máy sấy ngô, xã số {number}");
    [
        number_text.as_str(),
        &code,
        &name,
        "Hợp tác xã Mường Ảng",
        "HTX",
        "5600123456",
        "chế biến",
        "MM",
        "Máy sấy ngô",
        "15/01/2026",
        "30/10/2026",
        "0,7 tỷ",
        support,
        "",
    ]
    .map(str::to_owned)
    .into()
}

struct Office {
    database: TestDatabase,
    folder: tempfile::TempDir,
}

impl Office {
    fn new(database: TestDatabase) -> Self {
        let server = Server::start(&database, &[]);
        server.wait_until_ready();
        assert!(server.terminate().success());
        Self {
            database,
            folder: tempfile::tempdir().expect("a folder"),
        }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, bytes).expect("written");
        path
    }

    fn csv(&self, rows: &[Vec<String>]) -> PathBuf {
        let quoted = |row: &[String]| {
            row.iter()
                .map(|cell| format!("\"{cell}\""))
                .collect::<Vec<_>>()
                .join(";")
        };
        let headings: Vec<String> = HEADINGS.map(str::to_owned).into();
        let mut text = "\u{feff}DANH MỤC ĐỀ ÁN KHUYẾN CÔNG NĂM 2026;;;\r\n".to_owned();
        for row in std::iter::once(&headings).chain(rows) {
            text += &quoted(row);
            text += "\r\n";
        }
        text += "\"Tổng cộng\";;;;;;;;;;;1,4 tỷ;600;\r\n";
        self.file("list.csv", text.as_bytes())
    }

    /// Whether it succeeded, what it said on stdout, and on stderr.
    fn import(&self, file: &Path, more: &[&str]) -> (bool, String, String) {
        let output = Server::command()
            .args(["drafts", "import"])
            .arg(file)
            .args([
                "--actor",
                ACTOR,
                "--year",
                "2026",
                "--level",
                "national",
                "--province",
                "dien-bien",
                "--on",
                "20/04/2025",
            ])
            .args(["--database", self.database.url()])
            .args(more)
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.success(), text(&output.stdout), text(&output.stderr))
    }

    /// The projects there are, as the API lists them.
    fn projects(&self) -> Vec<Value> {
        let server = Server::start(&self.database, &[]);
        let client = Client::new(server.base_url());
        let events = client.get("/api/v1/events?after=0&limit=1000").json();
        let drafted = events["events"].as_array().expect("events").iter();
        let drafted: Vec<Value> = drafted
            .filter(|event| event["type"] == "dean.project.Drafted")
            .cloned()
            .collect();
        assert!(server.terminate().success());
        drafted
    }
}

#[test]
fn a_list_is_checked_mended_and_recorded_once_on_sqlite() {
    recorded(TestDatabase::sqlite());
}

#[test]
fn a_list_is_checked_mended_and_recorded_once_on_postgresql() {
    recorded(TestDatabase::postgres());
}

fn recorded(database: TestDatabase) {
    let office = Office::new(database);
    let mut bad = vec![row(1, "300"), row(2, "250 usd"), row(1, "300")];
    bad[1][9] = "32/01/2026".to_owned();
    bad[2][4] = "tập đoàn".to_owned();
    let (ok, report, said) = office.import(&office.csv(&bad), &["--lang", "vi", "--apply"]);
    assert!(!ok && said.contains("nothing was recorded"), "{said}");
    let lines: Vec<Vec<&str>> = report.lines().map(|line| line.split('\t').collect()).collect();
    let found: Vec<_> = lines.iter().map(|line| (line[0], line[1], line[2])).collect();
    assert_eq!(
        found,
        [
            ("4", "Ngày bắt đầu", "32/01/2026"),
            ("4", "Kinh phí hỗ trợ (triệu đồng)", "250 usd"),
            ("5", "Loại hình", "tập đoàn"),
        ],
        "{report}"
    );
    assert!(
        lines
            .iter()
            .all(|line| line.len() == 5 && !line[3].contains("{$") && !line[4].is_empty()),
        "{report}"
    );
    // What reads may still be refused by the domain, at its column.
    let (ok, report, _) = office.import(&office.csv(&[row(1, "300"), row(2, "800")]), &[]);
    assert!(
        !ok && report.starts_with("4\tKinh phí hỗ trợ (triệu đồng)\t"),
        "{report}"
    );
    let (ok, report, _) = office.import(&office.csv(&[row(1, "300"), row(1, "300")]), &[]);
    assert!(!ok && report.starts_with("4\tMã đề án\t"), "{report}");
    let good = office.csv(&[row(1, "300"), row(2, "250 tr")]);
    let (ok, report, said) = office.import(&good, &[]);
    assert!(ok && report.is_empty() && said.contains("--apply"), "{report}{said}");
    assert_eq!(office.projects().len(), 0, "a check records nothing");
    let (ok, first, said) = office.import(&good, &["--apply"]);
    assert!(ok && first.starts_with("2 drafts"), "{first}{said}");
    let (ok, again, said) = office.import(&good, &["--apply"]);
    assert!(ok && said.contains("imported before"), "{said}");
    assert_eq!(again, first);
    let drafted = office.projects();
    assert_eq!(drafted.len(), 2);
    let content = &drafted[1]["data"]["what"]["Drafted"]["content"];
    assert_eq!(
        (
            &content["lines"][0]["cost"],
            &content["lines"][0]["support"],
            &content["lines"][0]["counterpart"]
        ),
        (
            &Value::from(700_000_000),
            &Value::from(250_000_000),
            &Value::from(450_000_000)
        )
    );
    // A changed file is another one, and its codes are in use.
    let (ok, report, _) = office.import(&office.csv(&[row(1, "300"), row(3, "250")]), &["--apply"]);
    assert!(!ok && report.starts_with("3\tMã đề án\t"), "{report}");
    assert_eq!(office.projects().len(), 2, "all or none");
    Server::verify(&office.database);
}

#[test]
fn a_workbook_reads_as_the_same_list() {
    let office = Office::new(TestDatabase::sqlite());
    let day = Format::new().set_num_format("dd/mm/yyyy");
    let write = |spoil: &dyn Fn(&mut rust_xlsxwriter::Worksheet)| {
        let mut book = Workbook::new();
        let sheet = book.add_worksheet();
        sheet
            .merge_range(0, 0, 0, 13, "DANH MỤC ĐỀ ÁN", &Format::new())
            .expect("a title");
        for (column, heading) in (0..).zip(HEADINGS) {
            sheet.write(2, column, heading).expect("a heading");
        }
        for (line, number) in (3..).zip(1..=2) {
            for (column, text) in (0..).zip(row(number, "300")) {
                sheet.write(line, column, text).expect("a cell");
            }
            let start = rust_xlsxwriter::ExcelDateTime::from_ymd(2026, 1, 15).expect("a date");
            sheet.write_with_format(line, 9, start, &day).expect("a date");
            sheet.write(line, 11, 700_000_000.0).expect("a number");
            sheet.write(line, 12, 250.5).expect("a number");
        }
        spoil(sheet);
        let bytes = book.save_to_buffer().expect("saved");
        office.file("list.xlsx", &bytes)
    };
    for (spoil, at) in [
        (
            &(|sheet: &mut rust_xlsxwriter::Worksheet| {
                sheet
                    .write_formula(4, 12, Formula::new("=L5/2").set_result("350"))
                    .expect("a formula");
            }) as &dyn Fn(&mut rust_xlsxwriter::Worksheet),
            "5\tKinh phí hỗ trợ (triệu đồng)\t",
        ),
        (
            &|sheet: &mut rust_xlsxwriter::Worksheet| {
                sheet
                    .write_formula(4, 12, Formula::new("=L5/2").set_result(""))
                    .expect("a formula without a result");
            },
            "5\tKinh phí hỗ trợ (triệu đồng)\t",
        ),
        (
            &|sheet: &mut rust_xlsxwriter::Worksheet| {
                sheet
                    .merge_range(3, 3, 4, 3, "HTX chung", &Format::new())
                    .expect("merged");
            },
            "4\tĐơn vị thụ hưởng\t",
        ),
    ] {
        let (ok, report, said) = office.import(&write(spoil), &["--apply"]);
        assert!(!ok && report.starts_with(at), "{at}: {report}{said}");
    }
    // Its only cells are the first and the last that a sheet can have.
    let far = write(&|sheet| {
        sheet.write(1_048_575, 16_383, "x").expect("a cell");
    });
    let (ok, _, said) = office.import(&far, &["--apply"]);
    assert!(!ok && said.contains("200"), "{said}");
    let list = write(&|_| {});
    for (region, expected) in [("A1:N1 A1:B1", "overlap"), ("A1:N1 B4:B5", "4\tMã đề án\t")] {
        let (ok, report, said) = office.import(&with_merged(&office, &list, region), &["--apply"]);
        assert!(
            !ok && format!("{report}{said}").contains(expected),
            "{region}: {report}{said}"
        );
    }
    // Where no list has columns there is nothing that it could hide; a row as wide would take gigabytes.
    let far = with_merged(&office, &list, "A1:XFD1 ZZZZZZ2:ZZZZZZ4");
    let (ok, first, said) = office.import(&far, &["--apply"]);
    assert!(ok && first.starts_with("2 drafts"), "{first}{said}");
    let content = &office.projects()[0]["data"]["what"]["Drafted"]["content"];
    assert_eq!(
        (&content["starts_on"], &content["lines"][0]["support"]),
        (&Value::from("2026-01-15"), &Value::from(250_500_000))
    );
}

/// A workbook with other merged regions than the one of its title, such as no writer writes.
fn with_merged(office: &Office, list: &Path, regions: &str) -> PathBuf {
    let file = std::fs::File::open(list).expect("the list");
    let mut from = zip::ZipArchive::new(file).expect("a workbook");
    let mut to = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for index in 0..from.len() {
        let mut part = from.by_index(index).expect("a part");
        let name = part.name().expect("a name").into_owned();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut part, &mut text).expect("XML");
        if name == "xl/worksheets/sheet1.xml" {
            let cells: Vec<String> = regions
                .split(' ')
                .map(|region| format!("<mergeCell ref=\"{region}\"/>"))
                .collect();
            let title = "<mergeCell ref=\"A1:N1\"/>";
            assert!(text.contains(title), "{text}");
            text = text.replace(title, &cells.concat());
        }
        to.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("a part");
        std::io::Write::write_all(&mut to, text.as_bytes()).expect("written");
    }
    let bytes = to.finish().expect("finished").into_inner();
    office.file("merged.xlsx", &bytes)
}

#[test]
fn what_is_no_list_is_refused_with_what_to_do() {
    let office = Office::new(TestDatabase::sqlite());
    let mut bomb = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    bomb.start_file("xl/workbook.xml", zip::write::SimpleFileOptions::default())
        .expect("a part");
    for _ in 0..140 {
        std::io::Write::write_all(&mut bomb, &vec![b' '; 1 << 20]).expect("written");
    }
    let bomb = bomb.finish().expect("finished").into_inner();
    assert!(bomb.len() < 1 << 20, "it is small: {}", bomb.len());
    let mut tcvn3 = b"STT;T\xaan \xae\xd2 \xb8n\r\n".to_vec();
    tcvn3.extend([0xb5; 20]);
    for (name, bytes, expected) in [
        ("bomb.xlsx", bomb, "unfolds"),
        ("old.csv", tcvn3, "TCVN3"),
        (
            "latin.csv",
            "STT;Tªn ®Ò ¸n;M¸y sÊy\r\n1;C«ng ty;M¸y".as_bytes().to_vec(),
            "TCVN3",
        ),
        ("wide.csv", b"\xff\xfeS\0T\0T\0".to_vec(), "UTF-16"),
        ("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), ".xlsx"),
        ("broken.xlsx", b"PK\x03\x04nothing more".to_vec(), "can't be read"),
        ("empty.csv", Vec::new(), "headings"),
        (
            "letter.csv",
            "Kính gửi: Sở Công Thương\r\n".as_bytes().to_vec(),
            "headings",
        ),
        (
            "lacking.csv",
            "Tên đề án;Loại hình;Ngành nghề;Tổng kinh phí\r\n".as_bytes().to_vec(),
            "support_kind",
        ),
        ("large.csv", vec![b'x'; 9 << 20], "8 MB"),
    ] {
        let (ok, _, said) = office.import(&office.file(name, &bytes), &["--apply"]);
        assert!(!ok && said.contains(expected) && !said.contains("{$"), "{name}: {said}");
    }
    let own = office.file("own.toml", "\"x\" = \"nothing\"".as_bytes());
    let (ok, _, said) = office.import(
        &office.csv(&[row(1, "300")]),
        &["--mapping", own.to_str().expect("a path")],
    );
    assert!(!ok && said.contains("there is no column"), "{said}");
    assert_eq!(office.projects().len(), 0);
}
