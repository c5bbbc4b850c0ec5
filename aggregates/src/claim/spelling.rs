//! What officials, spreadsheets and nameplates make of one number: full-width digits, letters of another alphabet that look the same, an
//! invoice's symbol or date in the field of its number.

use unicode_normalization::UnicodeNormalization;
use unicode_security::confusable_detection::skeleton;

/// Digits of an invoice's number at most (NĐ 123/2020/NĐ-CP Đ10.3; 7 before, TT 39/2014/TT-BTC).
const INVOICE_DIGITS: usize = 8;

/// Shapes of what stands beside an invoice's number, the longest first: `9` is a digit, `A` a letter, all else itself. The symbol of an
/// electronic invoice with its form's digit and without (TT 78/2021/TT-BTC Đ4.1); form and symbol before that (TT 39/2014/TT-BTC, phụ lục 1).
const SYMBOLS: [&str; 9] = [
    "99AAAA9/999",
    "99AAAA/999",
    "9C99AAA",
    "9K99AAA",
    "C99AAA",
    "K99AAA",
    "AA/99E",
    "AA/99P",
    "AA/99T",
];

/// The number of an invoice without leading zeros, whatever of symbol, label and date stands around it. `None` where there is none, or more
/// than one: a guess would let the other go unseen.
pub(super) fn invoice_number(text: &str) -> Option<String> {
    let text = latin(&after_label(text)).to_uppercase();
    let text = text.split("NGAY").next().unwrap_or_default();
    let mut numbers: Vec<&str> = Vec::new();
    let joined = without_grouping(text);
    for word in joined.split(|c: char| !c.is_ascii_alphanumeric() && c != '/') {
        let runs = without_symbols(word).split(|c: char| !c.is_ascii_digit());
        for run in runs
            .map(|run| run.trim_start_matches('0'))
            .filter(|run| !run.is_empty())
        {
            if !numbers.contains(&run) {
                numbers.push(run);
            }
        }
    }
    if numbers.len() > 1 {
        numbers.retain(|number| !is_year(number));
    }
    match numbers.as_slice() {
        [number] if number.len() <= INVOICE_DIGITS => Some((*number).to_owned()),
        _ => None,
    }
}

/// The serial number on a machine's plate: letters and digits, without leading zeros, which a spreadsheet takes away.
pub(super) fn serial_number(text: &str) -> Option<String> {
    let letters: String = latin(&after_label(text))
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect();
    let number = letters.trim_start_matches('0');
    (!number.is_empty()).then(|| number.to_owned())
}

/// Marks taken off, each letter of another alphabet as the Latin one that it looks like (Unicode Technical Standard 39). What is ASCII stays:
/// there, a zero and an O are two.
fn latin(text: &str) -> String {
    let mut latin = String::with_capacity(text.len());
    for c in text.nfkd() {
        match c {
            'đ' | 'Đ' => latin.push('D'),
            _ if c.is_ascii() => latin.push(c),
            _ => latin.extend(skeleton(c.encode_utf8(&mut [0; 4])).filter(|c| c.is_alphanumeric())),
        }
    }
    latin
}

/// `Số: 123`, `S/N: 42B`: what follows the colon, where something does.
fn after_label(text: &str) -> String {
    let text: String = text.nfkc().collect();
    match text.rsplit_once(':') {
        Some((_, number)) if number.contains(char::is_alphanumeric) => number.to_owned(),
        _ => text,
    }
}

/// `12 345`, `12.345` and `12,345` as `12345`: one separator, then three digits and no fourth.
fn without_grouping(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let is_grouping =
        |at: usize| at > 0 && is_digit(at - 1) && (1..=3).all(|after| is_digit(at + after)) && !is_digit(at + 4);
    let kept = text
        .char_indices()
        .filter(|(at, c)| !(matches!(c, ' ' | '.' | ',') && is_grouping(*at)));
    kept.map(|(_, c)| c).collect()
}

fn without_symbols(mut word: &str) -> &str {
    loop {
        word = word.trim_start_matches('/');
        let Some(symbol) = SYMBOLS.iter().find(|symbol| starts_like(word, symbol)) else {
            return word;
        };
        word = &word[symbol.len()..];
    }
}

fn starts_like(word: &str, shape: &str) -> bool {
    word.len() >= shape.len()
        && word.bytes().zip(shape.bytes()).all(|(byte, like)| match like {
            b'9' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_uppercase(),
            _ => byte == like,
        })
}

fn is_year(number: &str) -> bool {
    number.len() == 4 && number.starts_with("20")
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
            "1C25TAA0000123",
            "1c25taa 0000123",
            "1C25TAA-123",
            "1C25TAA/00000123",
            "0000123 (1C25TAA)",
            "C25TAA 123",
            "1К25ТАА0000123",
            "AA/17E 0000123",
            "01GTKT0/001 AA/17E 0000123",
            "01GTKT0/001/AA/17P/0000123",
            "HĐ123",
            "HĐ số 123",
            "Hóa đơn số: 0000123",
            "ký hiệu: 1C25TAA, số: 123",
            "No. 123",
            "123/2026",
            "123/HĐ-2026",
            "2026/123",
            "số 123 ngày 03/02/2026",
            "1C25TAA 000 0123",
        ] {
            assert_eq!(invoice_number(written).as_deref(), Some("123"), "{written}");
        }
        for written in ["12345678", "12 345 678", "12.345.678", "12,345,678"] {
            assert_eq!(invoice_number(written).as_deref(), Some("12345678"), "{written}");
        }
        assert_eq!(invoice_number("2026").as_deref(), Some("2026"));
        for unclear in [
            "",
            "000",
            "ABC",
            "1C25TAA",
            "801, 802",
            "801; 802",
            "123456789",
            "HĐ 12/701",
        ] {
            assert_eq!(invoice_number(unclear), None, "{unclear}");
        }
    }

    #[test]
    fn a_serial_number_is_one_in_any_alphabet() {
        for written in ["sn-00 42/b", "SN0042B", "ＳＮ００４２Ｂ", "S/N: SN0042B", "ЅN 0042 В"] {
            assert_eq!(serial_number(written).as_deref(), Some("SN0042B"), "{written}");
        }
        assert_eq!(serial_number("0042"), serial_number("42"));
        assert_ne!(serial_number("SNO042B"), serial_number("SN0042B"));
        for nothing in [" -/ ", "", "000", "S/N:"] {
            let expected = (nothing == "S/N:").then(|| "SN".to_owned());
            assert_eq!(serial_number(nothing), expected, "{nothing}");
        }
    }
}
