//! Values as people write them in lists: amounts, dates, words.

use chrono::NaiveDate;
use dean_aggregates::form;
use dean_aggregates::money::Dong;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// Lower case without accents, words of letters and digits with one space between: «Tên đề án » and `ten de an` are one.
pub fn plain(text: &str) -> String {
    let bare: String = text
        .nfd()
        .filter(|c| !is_combining_mark(*c))
        .flat_map(char::to_lowercase)
        .map(|c| if c == 'đ' { 'd' } else { c })
        .collect();
    let words = bare
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// Đồng in one unit of a word or of a column's heading.
fn unit(word: &str) -> Option<u64> {
    match word {
        "" | "d" | "dong" | "vnd" => Some(1),
        "nghin" | "ngan" | "nghin dong" | "ngan dong" | "1000 dong" => Some(1_000),
        "tr" | "trieu" | "tr d" | "trd" | "tr dong" | "trieu dong" => Some(1_000_000),
        "ty" | "ty dong" => Some(1_000_000_000),
        _ => None,
    }
}

/// The unit that a heading names at its end, in brackets or after a comma: «Kinh phí hỗ trợ (triệu đồng)». The heading without it, and the
/// unit in đồng.
pub fn heading_unit(heading: &str) -> (&str, u64) {
    let trimmed = heading.trim().trim_end_matches(')');
    let Some((head, tail)) = trimmed.rsplit_once(['(', ',', ';', '\n']) else {
        return (heading, 1);
    };
    let word = plain(tail);
    let word = word
        .strip_prefix("dvt ")
        .or_else(|| word.strip_prefix("don vi tinh "))
        .unwrap_or(&word);
    match unit(word).filter(|_| !word.is_empty()) {
        Some(unit) => (head, unit),
        None => (heading, 1),
    }
}

/// `1.234.567`, `1 234 567 đồng`, `250 tr`, `1,5 tỷ`: whole đồng. A comma parts whole and fraction, dots part thousands. `column_unit` counts
/// where the value names none.
pub fn amount(text: &str, column_unit: u64) -> Option<Dong> {
    let text = text.trim();
    let end = text.find(|c: char| c.is_alphabetic()).unwrap_or(text.len());
    let (number, word) = text.split_at(end);
    let word = plain(word);
    let unit = if word.is_empty() { column_unit } else { unit(&word)? };
    let number = number.trim();
    let (whole, fraction) = number.split_once(',').unwrap_or((number, ""));
    let groups: Vec<&str> = whole.split(['.', ' ', '\u{a0}']).collect();
    let is_grouped = groups.len() == 1
        || ((1..=3).contains(&groups[0].len()) && groups.iter().skip(1).all(|group| group.len() == 3));
    let whole = groups.concat();
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_grouped || whole.is_empty() || !is_number(&whole) || !is_number(fraction) || fraction.len() > 9 {
        return None;
    }
    if number.contains(',') && fraction.is_empty() {
        return None;
    }
    // A fraction of a đồng is a misread separator, never money.
    let scale = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
    let units = whole.parse::<u128>().ok()?.checked_mul(scale)?;
    let units = units.checked_add(if fraction.is_empty() { 0 } else { fraction.parse().ok()? })?;
    let dong = units.checked_mul(u128::from(unit))?;
    (dong % scale == 0).then_some(())?;
    Dong::new(u64::try_from(dong / scale).ok()?).ok()
}

/// A number of a spreadsheet, in the column's unit; to a whole đồng.
pub fn amount_of(number: f64, column_unit: u64) -> Option<Dong> {
    // Written out, because a binary fraction such as 1.1 has no exact value and its shortest form is what the cell shows.
    amount(&number.to_string().replace('.', ","), column_unit)
}

/// A whole number as text, whether typed or of a spreadsheet.
pub fn whole(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

/// `20/05/2019`, `2019-05-20`.
pub fn date(text: &str) -> Option<NaiveDate> {
    form::date(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        let read = |text: &str| amount(text, 1).map(Dong::get);
        for (text, dong) in [
            ("1.234.567", 1_234_567),
            ("1 234 567", 1_234_567),
            ("300000000", 300_000_000),
            ("300.000.000 đ", 300_000_000),
            ("250 tr", 250_000_000),
            ("250tr", 250_000_000),
            ("250 triệu đồng", 250_000_000),
            ("1,5 tỷ", 1_500_000_000),
            ("1,5 tỉ".replace('ỉ', "ỷ").as_str(), 1_500_000_000),
            ("0,25 tỷ đồng", 250_000_000),
            ("12,345 tr", 12_345_000),
            ("1.200 tr", 1_200_000_000),
            ("0", 0),
        ] {
            assert_eq!(read(text), Some(dong), "{text}");
        }
        for text in [
            "",
            "abc",
            "1,5",
            "1.23",
            "12.34.567",
            "1,",
            "-5",
            "5 usd",
            "1.5 tỷ",
            "1,0000001 tr",
            "99999999999 tỷ",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(amount("300", 1_000_000).map(Dong::get), Some(300_000_000));
        assert_eq!(amount("300 đồng", 1_000_000).map(Dong::get), Some(300));
        assert_eq!(amount_of(1.1, 1_000_000_000).map(Dong::get), Some(1_100_000_000));
        assert_eq!(
            (amount_of(0.5, 1), amount_of(-1.0, 1), amount_of(f64::NAN, 1)),
            (None, None, None)
        );
        assert_eq!(amount_of(300_000_000.0, 1).map(Dong::get), Some(300_000_000));
    }

    #[test]
    fn headings_read_with_and_without_accents_and_units() {
        assert_eq!(plain(" Tên  ĐỀ ÁN: "), "ten de an");
        assert_eq!(plain("te\u{302}n đề án"), "ten de an");
        assert_eq!(
            heading_unit("Kinh phí hỗ trợ (triệu đồng)"),
            ("Kinh phí hỗ trợ ", 1_000_000)
        );
        assert_eq!(heading_unit("Tổng kinh phí (ĐVT: tr.đ)"), ("Tổng kinh phí ", 1_000_000));
        assert_eq!(heading_unit("Đối ứng, đồng"), ("Đối ứng", 1));
        assert_eq!(
            heading_unit("Đơn vị thụ hưởng (nếu có)"),
            ("Đơn vị thụ hưởng (nếu có)", 1)
        );
    }
}
