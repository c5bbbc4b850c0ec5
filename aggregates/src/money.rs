//! Money is whole đồng. VND has no subunit in use, and a float would lose đồng silently, so neither exists here.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The largest amount that JSON consumers read exactly (2⁵³ − 1, RFC 8785 / I-JSON): about nine million tỷ đồng.
pub const DONG_MAX: u64 = (1 << 53) - 1;

/// An amount of whole đồng, 0 ..= [`DONG_MAX`]. There is no negative money: what goes back is a refund, an event of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Dong(u64);

/// Why a number is not an amount of đồng.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Below zero.
    #[error("an amount of money can't be negative; enter 0 or more đồng")]
    Negative,
    /// Above [`DONG_MAX`].
    #[error("an amount of money can't exceed 9007199254740991 đồng")]
    TooLarge,
}

impl Dong {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// `đồng`, refused when out of range.
    pub fn new(dong: u64) -> Result<Self, MoneyError> {
        if dong > DONG_MAX {
            Err(MoneyError::TooLarge)
        } else {
            Ok(Self(dong))
        }
    }

    /// Whole million đồng (triệu), the unit in which norms are written. For constants and tests: panics out of range.
    pub const fn million(trieu: u32) -> Self {
        Self(trieu as u64 * 1_000_000)
    }

    /// The amount in đồng.
    pub const fn get(self) -> u64 {
        self.0
    }

    /// `None` when the sum leaves the range.
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).and_then(|sum| Self::new(sum).ok())
    }

    /// `None` when `other` is larger.
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        self.0.checked_sub(other.0).map(Self)
    }

    /// `self − other`, but never below zero.
    #[must_use]
    pub fn saturating_sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// `self + other`, held at [`DONG_MAX`]. For `apply`, which can't fail; `decide` checks before.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        Self((self.0 + other.0).min(DONG_MAX))
    }

    /// The share `rate` of the amount, rounded down to whole đồng (a ceiling is never exceeded by rounding).
    #[must_use]
    pub fn share(self, rate: Rate) -> Self {
        let dong = u128::from(self.0) * u128::from(rate.0) / 10_000;
        Self(u64::try_from(dong).unwrap_or(DONG_MAX).min(DONG_MAX))
    }

    /// `self × count`, `None` when it leaves the range.
    #[must_use]
    pub fn checked_mul(self, count: u32) -> Option<Self> {
        self.0
            .checked_mul(u64::from(count))
            .and_then(|product| Self::new(product).ok())
    }

    /// The sum of all, `None` when it leaves the range.
    pub fn sum(amounts: impl IntoIterator<Item = Self>) -> Option<Self> {
        amounts.into_iter().try_fold(Self::ZERO, Self::checked_add)
    }
}

impl TryFrom<i64> for Dong {
    type Error = MoneyError;

    fn try_from(dong: i64) -> Result<Self, MoneyError> {
        u64::try_from(dong)
            .map_err(|_| MoneyError::Negative)
            .and_then(Self::new)
    }
}

impl From<Dong> for i64 {
    fn from(amount: Dong) -> Self {
        // In range: DONG_MAX is far below i64::MAX.
        amount.0.cast_signed()
    }
}

/// Đồng with dots between thousands, as Vietnamese officials write it: `300.000.000`.
impl fmt::Display for Dong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                grouped.push('.');
            }
            grouped.push(digit);
        }
        f.pad(&grouped)
    }
}

/// A rate or factor in basis points: 30 % = 3 000, 2.5 % = 250, × 1.5 = 15 000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rate(pub u32);

impl Rate {
    /// 100 %, also the factor × 1.
    pub const WHOLE: Self = Self(10_000);

    /// Whole per cent.
    pub const fn percent(percent: u32) -> Self {
        Self(percent * 100)
    }
}

/// Percent with a decimal comma where needed, as in Vietnamese: `2,5 %`.
impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, rest) = (self.0 / 100, self.0 % 100);
        if rest == 0 {
            write!(f, "{whole} %")
        } else if rest.is_multiple_of(10) {
            write!(f, "{whole},{} %", rest / 10)
        } else {
            write!(f, "{whole},{rest:02} %")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn negative_and_oversized_amounts_are_refused_by_type() {
        assert_eq!(
            serde_json::from_str::<Dong>("-1").expect_err("negative").to_string(),
            MoneyError::Negative.to_string()
        );
        assert!(serde_json::from_str::<Dong>("9007199254740992").is_err());
        assert!(serde_json::from_str::<Dong>("1.5").is_err());
        assert_eq!(
            serde_json::from_str::<Dong>("9007199254740991")
                .expect("the largest")
                .get(),
            DONG_MAX
        );
    }

    #[test]
    fn shares_round_down_and_never_overflow() {
        assert_eq!(Dong::million(700).share(Rate::percent(50)), Dong::million(350));
        assert_eq!(Dong(99).share(Rate::percent(50)), Dong(49));
        assert_eq!(Dong(DONG_MAX).share(Rate(15_000)), Dong(DONG_MAX));
    }

    #[test]
    fn amounts_and_rates_read_as_officials_write_them() {
        assert_eq!(Dong::million(300).to_string(), "300.000.000");
        assert_eq!(Dong(1_234).to_string(), "1.234");
        assert_eq!(Dong(0).to_string(), "0");
        assert_eq!(
            (Rate(250).to_string(), Rate::percent(30).to_string()),
            ("2,5 %".into(), "30 %".into())
        );
    }
}
