//! How figures and dates read: dots between thousands, dd/mm/yyyy, hours of Vietnam. The same in both languages, because amounts and
//! dates are copied between them and onto paper.

use chrono::{DateTime, FixedOffset, NaiveDate};
use dean_aggregates::money::Dong;

/// Vietnam is UTC+7 all year.
const VIETNAM_OFFSET_S: i32 = 7 * 3600;

/// `30/06/2019`.
pub fn date(day: NaiveDate) -> String {
    day.format("%d/%m/%Y").to_string()
}

/// `30/06/2019 14:05:09`, Vietnam's time, from microseconds UTC.
pub fn moment(micros: i64) -> String {
    vietnam(micros).map_or_else(String::new, |time| time.format("%d/%m/%Y %H:%M:%S").to_string())
}

/// The day in Vietnam of a moment in microseconds UTC.
pub fn day_of(micros: i64) -> Option<NaiveDate> {
    vietnam(micros).map(|time| time.date_naive())
}

fn vietnam(micros: i64) -> Option<DateTime<FixedOffset>> {
    let offset = FixedOffset::east_opt(VIETNAM_OFFSET_S)?;
    DateTime::from_timestamp_micros(micros).map(|time| time.with_timezone(&offset))
}

/// Đồng with the unit: `300.000.000 đồng`.
pub fn dong(amount: Dong) -> String {
    format!("{amount} đồng")
}

/// Million đồng (triệu đồng) with at most one decimal, rounded: `1.234,5`.
pub fn million(amount: u64) -> String {
    let tenths = amount.saturating_add(50_000) / 100_000;
    let whole = grouped(tenths / 10);
    match tenths % 10 {
        0 => whole,
        tenth => format!("{whole},{tenth}"),
    }
}

/// Dots between thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// `part ÷ whole` in per cent with one decimal: `66,7 %`; `–` when there is no whole.
pub fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let permille = (u128::from(part) * 1_000 + u128::from(whole) / 2) / u128::from(whole);
    if permille.is_multiple_of(10) {
        format!("{} %", permille / 10)
    } else {
        format!("{},{} %", permille / 10, permille % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_shares_read_as_officials_write_them() {
        assert_eq!(million(1_234_500_000), "1.234,5");
        assert_eq!(million(250_000_000), "250");
        assert_eq!(million(49_999), "0");
        assert_eq!(share(2, 3), "66,7 %");
        assert_eq!(share(1, 2), "50 %");
        assert_eq!(share(1, 0), "–");
    }

    #[test]
    fn a_moment_is_told_in_vietnams_time() {
        assert_eq!(moment(1_561_939_200_000_000), "01/07/2019 07:00:00");
        assert_eq!(day_of(1_561_935_600_000_000), NaiveDate::from_ymd_opt(2019, 7, 1));
    }
}
