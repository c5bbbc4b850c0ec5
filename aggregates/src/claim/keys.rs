//! Keys of claims: one form for what people write in many. Personal numbers enter only as keyed hashes.

use chrono::Datelike;
use uuid::Uuid;

use super::event::SupportKeyKind;
use super::{ClaimKind, id_of, spelling};
use crate::project::papers::Decision;

/// Digits of a taxpayer's code; three more name one of its branches (TT 86/2024/TT-BTC Đ5).
const TAXPAYER_DIGITS: usize = 10;
const BRANCH_DIGITS: usize = 13;
/// Digits of the personal number that stands for a household's code since 01/07/2025 (TT 86/2024/TT-BTC Đ5).
const PERSONAL_DIGITS: usize = 12;

/// The digits of a tax code or personal number, of which spaces, points and dashes are no part. `None` for what can't be one: a leading zero
/// was lost, a letter or another script's digit is in it. Such a code would meet nobody.
pub fn digits_of_code(text: &str) -> Option<String> {
    // Or a lost zero in front would be made up for by the one behind.
    let digits: String = spelling::without_decimals(text.trim())
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '.'))
        .collect();
    let is_code = digits.bytes().all(|byte| byte.is_ascii_digit())
        && matches!(digits.len(), TAXPAYER_DIGITS | BRANCH_DIGITS | PERSONAL_DIGITS);
    is_code.then_some(digits)
}

/// The claim of a project code: `kcqg-2026-1 ` and `KCQG-2026-1` are one.
pub fn code(code: &str) -> Uuid {
    id_of(ClaimKind::Code, &squeezed(code))
}

/// The claim of a decision's number with its issuer, in the year of its date.
pub fn decision(decision: &Decision) -> Uuid {
    let key = format!(
        "{}/{}/{}",
        folded(&decision.issuer),
        decision.date.year(),
        squeezed(&decision.number)
    );
    id_of(ClaimKind::Decision, &key)
}

/// A claim on support, by its key as [`tax_code`], [`invoice`] and [`serial`] make it.
pub fn support(kind: SupportKeyKind, key: &str) -> Uuid {
    id_of(ClaimKind::Support(kind), key)
}

/// The key of a tax code or personal number: the keyed hash of its digits. A branch is its taxpayer. `None` for what has no digits.
pub fn tax_code(text: &str, keyed: &dyn Fn(&str) -> String) -> Option<String> {
    let digits = taxpayer(text)?;
    Some(keyed(&format!("dean/claim/tax-code/{digits}")))
}

/// The digits of a seller's tax code, as it is pasted from wherever. `None` as for [`digits_of_code`].
pub fn seller(text: &str) -> Option<String> {
    digits_of_code(&spelling::seller(text))
}

/// The key of an invoice: its number without leading zeros and the seller's tax code, as a keyed hash, because the seller may be a
/// household. The symbol (ký hiệu) is no part of it: who leaves it out must still meet who writes it. `None` for a number that can't be told
/// or a tax code that can't be one.
pub fn invoice(number: &str, seller: &str, keyed: &dyn Fn(&str) -> String) -> Option<String> {
    let seller = taxpayer(&self::seller(seller)?)?;
    let number = spelling::invoice_number(number)?;
    Some(keyed(&format!("dean/claim/invoice/{seller}/{number}")))
}

/// The key of a machine: its serial number, letters and digits without label and leading zeros. `None` where nothing is left.
pub fn serial(text: &str) -> Option<String> {
    spelling::serial_number(text)
}

/// Whether two descriptions name one thing as far as letters go: case, spaces and marks don't count.
pub fn same_item(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

fn taxpayer(text: &str) -> Option<String> {
    let mut digits: String = text.chars().filter(char::is_ascii_digit).collect();
    if digits.len() == BRANCH_DIGITS {
        digits.truncate(TAXPAYER_DIGITS);
    }
    (!digits.is_empty()).then_some(digits)
}

/// Upper case without spaces.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<String>().to_uppercase()
}

/// Lower case, words of letters and digits with one space between.
fn folded(text: &str) -> String {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyed(text: &str) -> String {
        format!("<{text}>")
    }

    fn decision_of(number: &str, issuer: &str, date: &str) -> Uuid {
        decision(&Decision {
            number: number.to_owned(),
            date: date.parse().expect("a date"),
            issuer: issuer.to_owned(),
            signer: None,
            signed_for: None,
        })
    }

    #[test]
    fn what_people_write_in_many_ways_has_one_key() {
        assert_eq!(code("kcqg-2026-1 "), code("KCQG-2026-1"));
        assert_ne!(code("KCQG-2026-1"), code("KCQG-2026-11"));
        assert_eq!(
            decision_of("12/qđ-bct", "Bộ  công thương", "2026-01-05"),
            decision_of("12/QĐ-BCT ", "Bộ Công Thương.", "2026-12-30")
        );
        for other in [
            decision_of("12/QĐ-BCT", "Bộ Công Thương", "2027-01-05"),
            decision_of("12/QĐ-BCT", "UBND tỉnh Lai Châu", "2026-01-05"),
            decision_of("13/QĐ-BCT", "Bộ Công Thương", "2026-01-05"),
        ] {
            assert_ne!(other, decision_of("12/QĐ-BCT", "Bộ Công Thương", "2026-01-05"));
        }
        let of = |text| tax_code(text, &keyed);
        assert_eq!(of("5600 123 456"), of("5600123456-001"));
        assert_eq!(
            of("011 085 000 123"),
            Some("<dean/claim/tax-code/011085000123>".to_owned())
        );
        assert_ne!(of("011085000123"), of("0110850001"));
        assert_eq!(of("không có"), None);
        let seller = "5600123456";
        let sold = |number, seller| invoice(number, seller, &keyed);
        assert_eq!(
            sold("1C25TAA0000123", seller),
            Some("<dean/claim/invoice/5600123456/123>".to_owned())
        );
        assert_eq!(sold("123", "5600 123 456-001"), sold("123", seller));
        for (number, seller) in [("000", seller), ("123", ""), ("123", "101999905"), ("1, 2", seller)] {
            assert_eq!(sold(number, seller), None, "{number} {seller}");
        }
        let digits = |text| digits_of_code(text);
        assert_eq!(digits("5600 123 456-001").as_deref(), Some("5600123456001"));
        for wrong in [
            "101999905",
            "101999905.0",
            "５６００１２３４５６",
            "56001234567",
            "5600123456a",
            "không có",
        ] {
            assert_eq!(digits(wrong), None, "{wrong}");
        }
        assert!(same_item("Máy sấy ngô, 10 tấn/mẻ", "máy  sấy ngô 10 tấn mẻ"));
        assert!(!same_item("Máy sấy ngô", "Máy sấy chè"));
    }
}
