//! Money by support line. Payments, refunds and settlements are made for a whole project; to sum them by activity, source and year they
//! are attributed to its lines, exactly: what the lines have always adds up to what the project has, to the đồng.

use chrono::NaiveDate;
use dean_aggregates::project::action::LineSupport;
use dean_aggregates::project::content::{Level, SupportLine};
use dean_aggregates::project::standing::Figures;
use serde::{Deserialize, Serialize};

use super::ProjectState;

/// A support line with the money attributed to it, đồng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its number within the project.
    pub number: u16,
    /// Dạng hỗ trợ: code of the support-kind list.
    pub kind: String,
    /// Province code of its place.
    pub province: String,
    /// Business date of the event that put it there: what the province was, the map of that day says.
    pub placed_on: NaiveDate,
    /// Nguồn kinh phí.
    pub source: Level,
    /// Budget year.
    pub year: u16,
    /// Asked for.
    pub requested: u64,
    /// Approved, as it stands now.
    pub approved: u64,
    /// Paid.
    pub disbursed: u64,
    /// Paid back.
    pub refunded: u64,
    /// Settled.
    pub settled: u64,
}

impl Line {
    const fn has_money(&self) -> bool {
        self.disbursed > 0 || self.refunded > 0 || self.settled > 0
    }
}

/// Takes over the lines of a content. Lines keep their money by number; a line that is left out but has money stays, for that money was
/// paid for what it stood for.
pub(super) fn replace(lines: &mut Vec<Line>, content: &[SupportLine], on: NaiveDate) {
    let mut old = std::mem::take(lines);
    for line in content {
        let before = old
            .iter()
            .position(|one| one.number == line.number)
            .map(|index| old.swap_remove(index));
        lines.push(Line {
            number: line.number,
            kind: line.kind.clone(),
            placed_on: before
                .as_ref()
                .filter(|one| one.province == line.place.province)
                .map_or(on, |one| one.placed_on),
            province: line.place.province.clone(),
            source: line.source,
            year: line.year,
            requested: line.support.get(),
            approved: before.as_ref().map_or(0, |one| one.approved),
            disbursed: before.as_ref().map_or(0, |one| one.disbursed),
            refunded: before.as_ref().map_or(0, |one| one.refunded),
            settled: before.as_ref().map_or(0, |one| one.settled),
        });
    }
    for mut line in old.into_iter().filter(Line::has_money) {
        line.requested = 0;
        line.approved = 0;
        lines.push(line);
    }
    // A number given twice is refused by `decide`; here it would break a table's key, so only the first counts.
    lines.sort_by_key(|line| line.number);
    lines.dedup_by_key(|line| line.number);
}

/// Approved support of lines, as decided.
pub(super) fn approve(lines: &mut [Line], decided: &[LineSupport]) {
    for line in lines {
        if let Some(support) = decided.iter().find(|support| support.line == line.number) {
            line.approved = support.support.get();
        }
    }
}

/// A content that is decided as a whole brings the support of its lines with it.
pub(super) fn approve_as_requested(lines: &mut [Line]) {
    for line in lines {
        line.approved = line.requested;
    }
}

/// Brings the lines' money to the project's figures.
///
/// - Approved support is what the decisions gave each line; where they don't add up to the project's figure (a stop, a cut that names no
///   lines), the figure is shared out in proportion to them.
/// - What was paid, refunded or settled since the event before is shared out in proportion to the approved support of that moment, by
///   largest remainder; so a later adjustment does not move money that was paid before it. What is taken away (a correction) is
///   taken in proportion to what each line has, so none falls below zero.
///
/// A line's year is its budget year: money carried over (chuyển nguồn) goes on counting against the plan in which it was approved.
pub(super) fn attribute(state: &mut ProjectState, figures: &Figures) {
    let asks = figures.approved.get() > 0 || figures.disbursed.get() > 0 || figures.settled.get() > 0;
    if state.lines.is_empty() {
        if !asks {
            return;
        }
        // `decide` allows no project without lines; should one exist, its money still shows in the sums.
        state.lines.push(Line {
            number: 0,
            kind: String::new(),
            province: state.province.clone(),
            placed_on: state.last_occurred_on,
            source: state.level,
            year: state.plan_year,
            requested: 0,
            approved: 0,
            disbursed: 0,
            refunded: 0,
            settled: 0,
        });
    }
    let lines = &mut state.lines;
    let approved: Vec<u64> = lines.iter().map(|line| line.approved).collect();
    if total(&approved) != u128::from(figures.approved.get()) {
        let shares = share(figures.approved.get(), &weights(lines));
        for (line, share) in lines.iter_mut().zip(shares) {
            line.approved = share;
        }
    }
    let weights = weights(lines);
    move_to(lines, &weights, figures.disbursed.get(), |line| &mut line.disbursed);
    move_to(lines, &weights, figures.refunded.get(), |line| &mut line.refunded);
    move_to(lines, &weights, figures.settled.get(), |line| &mut line.settled);
}

/// By approved support; before there is any, by what was asked for.
fn weights(lines: &[Line]) -> Vec<u64> {
    let approved: Vec<u64> = lines.iter().map(|line| line.approved).collect();
    if total(&approved) > 0 {
        approved
    } else {
        lines.iter().map(|line| line.requested).collect()
    }
}

fn move_to(lines: &mut [Line], weights: &[u64], target: u64, figure: impl Fn(&mut Line) -> &mut u64) {
    let has: Vec<u64> = lines.iter_mut().map(|line| *figure(line)).collect();
    let sum = total(&has);
    let target = u128::from(target);
    if target >= sum {
        let more = u64::try_from(target - sum).unwrap_or(u64::MAX);
        for (line, share) in lines.iter_mut().zip(share(more, weights)) {
            *figure(line) += share;
        }
    } else {
        let less = u64::try_from(sum - target).unwrap_or(u64::MAX);
        for (line, share) in lines.iter_mut().zip(share(less, &has)) {
            *figure(line) -= share;
        }
    }
}

fn total(amounts: &[u64]) -> u128 {
    amounts.iter().map(|amount| u128::from(*amount)).sum()
}

/// Shares an amount out in proportion to weights by largest remainder (the first line wins a tie): the shares add up to the amount, and
/// none exceeds its weight when the amount doesn't exceed their sum. Without any weight the first gets all.
fn share(amount: u64, weights: &[u64]) -> Vec<u64> {
    let sum = total(weights);
    let mut shares = vec![0; weights.len()];
    if amount == 0 {
        return shares;
    }
    if sum == 0 {
        if let Some(first) = shares.first_mut() {
            *first = amount;
        }
        return shares;
    }
    let mut remainders = Vec::with_capacity(weights.len());
    let mut rest = amount;
    for (index, weight) in weights.iter().enumerate() {
        let product = u128::from(amount) * u128::from(*weight);
        let whole = u64::try_from(product / sum).unwrap_or(u64::MAX);
        shares[index] = whole;
        rest -= whole;
        remainders.push((std::cmp::Reverse(product % sum), index));
    }
    remainders.sort_unstable();
    for (_, index) in remainders.into_iter().take(usize::try_from(rest).unwrap_or(usize::MAX)) {
        shares[index] += 1;
    }
    shares
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_dong() {
        assert_eq!(share(100, &[1, 1, 1]), [34, 33, 33]);
        assert_eq!(share(7, &[3, 0, 4]), [3, 0, 4]);
        assert_eq!(share(2, &[0, 0]), [2, 0]);
        assert_eq!(share(0, &[5, 5]), [0, 0]);
        for amount in 0..500 {
            let weights = [7, 11, 13, 0, 469];
            let shares = share(amount, &weights);
            assert_eq!(shares.iter().sum::<u64>(), amount);
            assert!(shares.iter().zip(weights).all(|(share, weight)| *share <= weight));
        }
    }
}
