//! What officials, spreadsheets and nameplates make of one number: full-width digits, letters of another alphabet that look the same, an
//! invoice's symbol or date in the field of its number.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex_lite::Regex;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;

/// Digits of an invoice's number at most (NĐ 123/2020/NĐ-CP Đ10.3; 7 before, TT 39/2014/TT-BTC).
const INVOICE_DIGITS: usize = 8;

/// What stands beside an invoice's number, in the order in which it is taken off; the first group stays.
static BESIDE_A_NUMBER: LazyLock<[Regex; 10]> = LazyLock::new(|| {
    [
        // A date, with its word and without.
        r"()\bNGAY\W*\d{1,2}(?:[/.-]|\s*THANG\s*)\d{1,2}(?:(?:[/.-]|\s*NAM\s*)\d{2,4})?\b",
        r"()\b\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})\b",
        r"()\b(?:THANG\s*|T)\d{1,2}(?:\s*/\s*20\d\d|\s*NAM\s*20\d\d)?\b",
        r"()\b(?:MST|MA SO THUE)\W*\d[\d-]{8,13}",
        // The symbol of an electronic invoice, with its form's digit and without (TT 78/2021/TT-BTC Đ4.1). Never right after a digit: that
        // is the number's.
        r"(^|[^0-9])(?:[1-9][ /_-]?)?[CK]\d\d[A-Z]{3}",
        r"()\bMAU(?:\s*SO)?\W*\d\b",
        // Form and symbol before that (TT 39/2014/TT-BTC, phụ lục 1).
        r"(^|[^0-9])\d\d[A-Z]{4}\d?(?:/\d{3}\b)?",
        r"(^|[^0-9A-Z])(?:\d\d)?[A-Z]{2}[/-]?\d\d[EPT]",
        // A year, joined to the number or said.
        r"()(?:\bNAM\s*|[/-](?:[A-Z]+[/-])?)20\d\d\b",
        r"()\b20\d\d[/-]",
    ]
    .map(|pattern| Regex::new(pattern).expect("a pattern of our own"))
});

/// `12 345 678`: two separators or more. With one, it might be two numbers.
static GROUPED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b\d{1,3}(?:[ .,]\d{3}){2,}\b").expect("a pattern of our own"));

/// Words before a serial number, as [`letters`] writes them.
const SERIAL_LABELS: [&str; 9] = [
    "SERIALNUMBER",
    "SERIALNO",
    "SERIAL",
    "SOMAY",
    "SOSERIAL",
    "SOSERI",
    "SERI",
    "SN",
    "NO",
];

/// The number of an invoice without leading zeros, whatever of symbol, label and date stands around it. `None` where there is none, or more
/// than one: a guess would let the other go unseen.
pub(super) fn invoice_number(text: &str) -> Option<String> {
    let mut text = latin(text);
    for beside in &*BESIDE_A_NUMBER {
        text = beside.replace_all(&text, "$1 ").into_owned();
    }
    let joined = GROUPED.replace_all(&text, |found: &regex_lite::Captures<'_>| {
        found[0].replace([' ', '.', ','], "")
    });
    let mut numbers: Vec<&str> = Vec::new();
    for word in joined.split(|c: char| !c.is_ascii_alphanumeric()) {
        // Letters may stand before it (HĐ123). After a digit, one is likely to be another digit, misread.
        let digits = word.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number = digits.trim_start_matches('0');
        if !number.is_empty() && !numbers.contains(&number) {
            numbers.push(number);
        }
    }
    match numbers.as_slice() {
        [number] if number.len() <= INVOICE_DIGITS => Some((*number).to_owned()),
        _ => None,
    }
}

/// The serial number on a machine's plate: letters and digits, without its label and leading zeros, which a spreadsheet takes away. `None`
/// where nothing is left, or a spreadsheet has rounded it.
pub(super) fn serial_number(text: &str) -> Option<String> {
    let text = latin(text);
    let text = without_decimals(text.trim());
    if is_rounded(text) {
        return None;
    }
    let parts: Vec<&str> = text.split([';', ',', '\n']).collect();
    // `S/N: 42B; NAM SX: 2024`: of several that say what they are, one says that it is the serial number.
    let labelled = parts.iter().filter(|part| part.contains(':')).count();
    let is_serial = |part: &&&str| SERIAL_LABELS.iter().any(|label| letters(part).starts_with(label));
    let written = match parts.iter().find(is_serial) {
        Some(part) if labelled > 0 => Cow::Borrowed(*part),
        _ if labelled > 0 => Cow::Owned(parts.iter().copied().filter(|part| !part.contains(':')).collect()),
        _ => Cow::Borrowed(text),
    };
    let mut number = letters(&written);
    if number.is_empty() {
        number = letters(text);
    }
    let mut rest = number.as_str();
    while let Some(after) = SERIAL_LABELS.iter().find_map(|label| rest.strip_prefix(label)) {
        rest = after;
    }
    let mut rest = rest.trim_start_matches('0');
    if rest.is_empty() && number.contains(|c: char| c.is_ascii_digit()) {
        // `SN-0`: the letters are all that tells it from nothing.
        rest = number.trim_start_matches('0');
    }
    (!rest.is_empty()).then(|| rest.to_owned())
}

/// A seller's tax code in the characters that [`super::keys::digits_of_code`] reads, its label taken off.
pub(super) fn seller(text: &str) -> String {
    let text = latin(text);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\'');
    let code = ["MST", "MA SO THUE"].iter().find_map(|label| text.strip_prefix(label));
    code.map_or(text, |code| code.trim_start_matches([' ', ':', '.']))
        .to_owned()
}

/// `123.0`, as a spreadsheet writes a number that it took for a fraction, is `123`.
pub(super) fn without_decimals(text: &str) -> &str {
    let whole = text.trim_end_matches('0').strip_suffix('.');
    whole
        .filter(|whole| {
            !whole.is_empty() && whole.len() < text.len() - 1 && whole.bytes().all(|byte| byte.is_ascii_digit())
        })
        .unwrap_or(text)
}

/// `1.23457E+11`: the other digits are gone.
fn is_rounded(text: &str) -> bool {
    text.split_once("E+").is_some_and(|(digits, power)| {
        let is_number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit());
        is_number(digits) && is_number(power) && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b','))
    })
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Capitals without marks, each letter of another alphabet as the Latin one that it looks like (Unicode Technical Standard 39), each dash as
/// `-`. What is ASCII stays: there, a zero and an O are two.
fn latin(text: &str) -> String {
    let capitals = text.nfkc().collect::<String>().to_uppercase();
    let mut latin = String::with_capacity(capitals.len());
    for c in capitals.nfkd() {
        match c {
            _ if c.is_ascii() => latin.push(c.to_ascii_uppercase()),
            'Đ' | 'Ð' => latin.push('D'),
            // The standard has them look like a small L.
            'І' | 'Ι' => latin.push('I'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => latin.push('-'),
            // Marks, and what can't be seen.
            _ if is_combining_mark(c) => {}
            '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => {}
            _ if !c.is_alphanumeric() => latin.push(' '),
            _ => latin.extend(skeleton(c.encode_utf8(&mut [0; 4])).filter(|c| c.is_alphanumeric())),
        }
    }
    latin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invoice_has_one_number_however_it_is_written() {
        for written in [
            "0000123",
            "123",
            " 123 ",
            "00000123",
            "１２３",
            "'0000123",
            "№ 123",
            "123.0",
            "000 0123",
            // Symbols of today, in front, behind, glued, apart.
            "1C25TAA0000123",
            "1c25taa 0000123",
            "1C25TAA-123",
            "1C25TAA/00000123",
            "0000123 (1C25TAA)",
            "C25TAA 123",
            "1К25ТАА0000123",
            "1к25таа0000123",
            "0000123/1C25TAA",
            "123/C25TAA",
            "HĐ1C25TAA0000123",
            "HĐ/1C25TAA/123",
            "KH1C25TAA 0000123",
            "1/C25TAA/123",
            "1-C25TAA-00000123",
            "1 C25TAA 123",
            "7C25XAA 123",
            "Mẫu số: 1, ký hiệu C25TAA, số 123",
            "Số: 123, mẫu: 1",
            "Số HĐ: 123 - Mẫu số: 1",
            "1C25TAA 000 0123",
            // Symbols of before.
            "AA/17E 0000123",
            "0000123/AA/17E",
            "AA17E 0000123",
            "AA-17E 0000123",
            "01AA/14P 0000123",
            "01GTKT0/001 AA/17E 0000123",
            "01GTKT0/001/AA/17P/0000123",
            "01GTKT 0000123",
            "02GTTT3/001 01AA/14P 0000123",
            // Labels.
            "HĐ123",
            "HĐ số 123",
            "HĐ GTGT số 0000123",
            "Hóa đơn số: 0000123",
            "ký hiệu: 1C25TAA, số: 123",
            "No. 123",
            "Số: 123, ký hiệu: 1C25TAA",
            "Số: 123\nKý hiệu: 1C25TAA",
            "Số: 123 (MST: 5600123456)",
            "HĐ 0000123: máy sấy",
            // Dates and years.
            "123/2026",
            "123–2026",
            "123/HĐ-2026",
            "2026/123",
            "số 123 ngày 03/02/2026",
            "ngày 3/2/2026 số 123",
            "Số: 123; ngày: 03/03/2026",
            "Ký hiệu: 1C25TAA - Số: 123 - Ngày: 02/02/2026",
            "123 3/2/2026",
            "0000123 (03.02.2026)",
            "0000123, 03-02-2026",
            "1C25TAA123 03/02/26",
            "HĐ số 123 tháng 02/2026",
            "HĐ số 123 T2/2026",
            "số 123 ngày 3 tháng 2 năm 2026",
            "HĐ số 123 năm 2026",
            "số 123 nga\u{300}y 3/2/2026",
        ] {
            assert_eq!(invoice_number(written).as_deref(), Some("123"), "{written}");
        }
        for written in ["12345678", "12 345 678", "12.345.678", "12,345,678"] {
            assert_eq!(invoice_number(written).as_deref(), Some("12345678"), "{written}");
        }
        for (written, number) in [("2026", "2026"), ("0002045/2026", "2045"), ("2025/2026", "2025")] {
            assert_eq!(invoice_number(written).as_deref(), Some(number), "{written}");
        }
        for unclear in [
            "",
            "000",
            "ABC",
            "1C25TAA",
            "801, 802",
            "801; 802",
            "801,802",
            "801 802",
            "801–802",
            "801、802",
            "123456789",
            "HĐ 12/701",
            "2/2/2026",
            "Ngày: 01/01/2026",
            "12O",
            "0000l23",
            "2025; 123",
            "1.23E+07",
            "Số 123, 10:30",
        ] {
            assert_eq!(invoice_number(unclear), None, "{unclear}");
        }
    }

    #[test]
    fn a_serial_number_is_one_in_any_alphabet() {
        for written in [
            "sn-00 42/b",
            "SN0042B",
            "ＳＮ００４２Ｂ",
            "S/N: SN0042B",
            "ЅN 0042 В",
            "sn 0042в",
            "S/N 42B",
            "Số máy 42B",
            "Số sê-ri: 42B",
            "Serial No. 42B",
            "№42B",
            "SN—42B",
            "S/N: 42B; năm SX: 2024",
            "SN: 42B, Model: X5",
            "Model: X5; S/N: 42B",
            "42B, năm: 2024",
        ] {
            assert_eq!(serial_number(written).as_deref(), Some("42B"), "{written}");
        }
        for (one, other) in [
            ("0042", "42"),
            ("123.0", "123"),
            ("00:1B:44:11", "001B4411"),
            ("AІ1", "AI1"),
            ("X5", "x-5"),
        ] {
            assert_eq!(serial_number(one), serial_number(other), "{one}");
        }
        assert_eq!(serial_number("SN-0").as_deref(), Some("SN0"));
        assert_ne!(serial_number("SNO42B"), serial_number("SN042B"));
        for nothing in [" -/ ", "", "000", "S/N:", "1.23457E+11"] {
            assert_eq!(serial_number(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_sellers_code_is_read_as_it_is_pasted() {
        for written in [
            "5600123456",
            "MST: 5600123456",
            "'5600123456",
            "５６００１２３４５６",
            "\u{feff}5600123456\u{200b}",
        ] {
            assert_eq!(seller(written), "5600123456", "{written}");
        }
        assert_eq!(seller("5600123456–001"), "5600123456-001");
    }
}
