//! The monthly report of the đơn vị thực hiện (TT 36/2013 Đ23.3a): what it says, what the ledger makes of it, and which months are owed.
//!
//! It is owed beside the lifecycle: a month may be reported late, after the project has been accepted, where no step waits for it any more
//! (docs/adr/0015). Where the lifecycle's step «báo cáo tiến độ» is open and the month is the newest, the report takes that step.

use chrono::{Datelike, Months, NaiveDate};
use serde::{Deserialize, Serialize};

use super::action::Progress;
use super::state::Project;
use crate::lifecycle::{ActionKind, Due, Lifecycle, Step};
use crate::money::{Dong, Rate};

/// Each month's report is due before this day of it (TT 36/2013 Đ23.3a). A lifecycle may say another day; see [`due_before`].
pub const REPORT_BEFORE_DAY: u32 = 25;

/// Which form was used. TT 36/2013 attaches Mẫu 3a to Đ23, and names Mẫu 3b in its text: the law leaves the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReportForm {
    /// Mẫu 3a: Báo cáo tiến độ thực hiện hợp đồng.
    #[serde(rename = "mau-3a")]
    Progress,
    /// Mẫu 3b: Báo cáo khối lượng hoàn thành và kinh phí thực hiện.
    #[serde(rename = "mau-3b")]
    Volume,
}

/// Báo cáo tháng. Every figure is cumulative from the signing to the end of the month.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MonthReport {
    /// First day of the reported month.
    pub month: NaiveDate,
    /// Mẫu.
    pub form: ReportForm,
    /// Every approved line, each once.
    pub lines: Vec<LineDone>,
    /// Khó khăn, vướng mắc.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub difficulties: String,
    /// Đề xuất, kiến nghị.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub proposals: String,
    /// Why a month is reported a second time, a figure falls, or a volume was planned otherwise before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub correction_reason: Option<String>,
}

/// What was done of a line, cumulative.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineDone {
    /// Number of the support line.
    pub line: u16,
    /// Đơn vị tính, e.g. `máy`, `học viên`, `m²`.
    pub unit: String,
    /// Khối lượng theo hợp đồng, dự toán chi tiết: thousandths of the unit. The detailed estimate is a paper, so the report says it.
    pub planned_milli: u64,
    /// Khối lượng hoàn thành, thousandths of the unit.
    pub done_milli: u64,
    /// Giá trị khối lượng hoàn thành, đồng.
    pub value_done: Dong,
    /// Kinh phí hỗ trợ đã sử dụng, đồng.
    pub support_spent: Dong,
    /// Kinh phí đối ứng đã sử dụng, đồng.
    #[serde(default)]
    pub counterpart_spent: Dong,
    /// Kinh phí khác đã sử dụng, đồng.
    #[serde(default)]
    pub other_spent: Dong,
}

/// A report as it was recorded, with what it was compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonthReported {
    /// As filed.
    pub report: MonthReport,
    /// The day by which it was due.
    pub due_on: NaiveDate,
    /// Kinh phí hỗ trợ in the contract, đồng.
    pub contracted: Dong,
    /// Each line against what is approved, in the order of the report.
    pub compared: Vec<Compared>,
    /// The report of the same month that this one corrects: both stand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrects: Option<Box<FiledMonth>>,
}

/// A reported line against the approved one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Number of the support line.
    pub line: u16,
    /// Khối lượng: done ÷ planned.
    pub volume: Rate,
    /// Kinh phí hỗ trợ được phê duyệt, đồng.
    pub support: Dong,
    /// Spent ÷ approved; none where nothing is approved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub support_rate: Option<Rate>,
    /// Kinh phí đối ứng as committed, đồng.
    pub counterpart: Dong,
    /// Spent ÷ committed; none where nothing is committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counterpart_rate: Option<Rate>,
}

/// A filed report, by which later ones are judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiledMonth {
    /// Sequence of its event within the project.
    pub sequence: u64,
    /// Business date of the filing.
    pub filed_on: NaiveDate,
    /// As filed.
    pub report: MonthReport,
}

impl FiledMonth {
    /// Whether a report says what this one said, whatever the reason that it gives.
    pub(super) fn says(&self, report: &MonthReport) -> bool {
        let known = &self.report;
        (&known.lines, known.form) == (&report.lines, report.form)
            && (&known.difficulties, &known.proposals) == (&report.difficulties, &report.proposals)
    }
}

impl LineDone {
    /// The amounts that only grow, by name.
    pub(super) fn amounts(&self) -> [(&'static str, Dong); 4] {
        [
            ("value_done", self.value_done),
            ("support_spent", self.support_spent),
            ("counterpart_spent", self.counterpart_spent),
            ("other_spent", self.other_spent),
        ]
    }
}

/// `part` of `whole` in basis points, rounded down; none of nothing. Far above 100 % it stays at the largest rate.
pub fn rate_of(part: u64, whole: u64) -> Option<Rate> {
    let points = (u128::from(part) * 10_000).checked_div(u128::from(whole))?;
    Some(Rate(u32::try_from(points).unwrap_or(u32::MAX)))
}

/// Σ of an amount over lines; it stops at the largest.
pub(super) fn sum_of(lines: &[LineDone], amount: impl Fn(&LineDone) -> Dong) -> Dong {
    super::record::sum(lines.iter().map(amount))
}

impl MonthReported {
    /// What the report says in the three figures by which the Sở confirms and the advance is judged: the volume is the lines' volumes by the
    /// weight of their support, no line above its plan.
    pub fn progress(&self) -> Progress {
        let lines = &self.report.lines;
        let weight = |compared: &Compared| u128::from(compared.support.get());
        let whole: u128 = self.compared.iter().map(weight).sum();
        let done: u128 = self
            .compared
            .iter()
            .map(|compared| weight(compared) * u128::from(compared.volume.min(Rate::WHOLE).0))
            .sum();
        let item_done = done.checked_div(whole).and_then(|points| u32::try_from(points).ok());
        Progress {
            month: self.report.month,
            value_done: sum_of(lines, |line| line.value_done),
            item_done: Rate(item_done.unwrap_or_default()),
            counterpart_done: sum_of(lines, |line| line.counterpart_spent)
                .saturating_add(sum_of(lines, |line| line.other_spent)),
            correction_reason: self.report.correction_reason.clone(),
        }
    }
}

/// The lifecycle's step of reporting: it says who reports, on which papers, and before which day.
pub fn reporting_step(lifecycle: &Lifecycle) -> Option<&Step> {
    lifecycle
        .steps
        .iter()
        .find(|step| step.action == ActionKind::ReportProgress)
}

/// The day of each month before which its report is due.
pub fn due_before(lifecycle: &Lifecycle) -> u32 {
    match reporting_step(lifecycle).and_then(|step| step.due.as_ref()) {
        Some(Due::Monthly { before }) => *before,
        _ => REPORT_BEFORE_DAY,
    }
}

/// Which months a đề án owes. The month of the signing is owed if the contract was signed by the day on which its report is due, every month
/// after it too, up to the last one that fell due before the settlement file was submitted or the đề án was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// Ngày ký hợp đồng, giao nhiệm vụ.
    pub since: NaiveDate,
    /// The day on which the settlement file was submitted, or the đề án stopped or settled; none while it goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<NaiveDate>,
}

/// First day of a day's month.
pub fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

/// The day by which a month's report is due, inclusive: «trước ngày 25» is the 24th. A day that no month has is its last.
pub fn month_due_on(month: NaiveDate, before: u32) -> NaiveDate {
    let first = month_of(month);
    let last = before.saturating_sub(1).max(1);
    (1..=last).rev().find_map(|day| first.with_day(day)).unwrap_or(first)
}

impl Duty {
    /// Whether a month is owed at all.
    pub fn owes(&self, month: NaiveDate, before: u32) -> bool {
        let due_on = month_due_on(month, before);
        self.since <= due_on && self.until.is_none_or(|until| due_on < until)
    }

    /// The first owed month.
    pub fn first(&self, before: u32) -> NaiveDate {
        let month = month_of(self.since);
        if self.since <= month_due_on(month, before) {
            return month;
        }
        month.checked_add_months(Months::new(1)).unwrap_or(month)
    }

    /// Every owed month up to that of a day, ascending.
    pub fn months(self, to: NaiveDate, before: u32) -> impl Iterator<Item = NaiveDate> {
        let first = self.first(before);
        std::iter::successors(Some(first), |month| month.checked_add_months(Months::new(1)))
            .take_while(move |month| *month <= to && self.owes(*month, before))
    }
}

impl Project {
    /// Which months it owes; none before its contract.
    pub const fn duty(&self) -> Option<Duty> {
        self.duty
    }

    /// Its monthly reports by month.
    pub fn month_reports(&self) -> impl Iterator<Item = (NaiveDate, &FiledMonth)> {
        self.reports.iter().map(|(month, filed)| (*month, &**filed))
    }

    /// The report of a month.
    pub fn month_report(&self, month: NaiveDate) -> Option<&FiledMonth> {
        self.reports.get(&month).map(|filed| &**filed)
    }

    /// The latest month of which the figures of progress are known, by a report or without one.
    pub fn last_month(&self) -> Option<NaiveDate> {
        self.progress.last_key_value().map(|(month, _)| *month)
    }

    /// The figures of a month as they were reported last, by its first day.
    pub fn progress_of(&self, month: NaiveDate) -> Option<&Progress> {
        self.progress.get(&month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a date")
    }

    fn owed(since: &str, until: Option<&str>, to: &str) -> Vec<String> {
        let duty = Duty {
            since: day(since),
            until: until.map(day),
        };
        let months = duty.months(day(to), REPORT_BEFORE_DAY);
        months.map(|month| month.format("%Y-%m").to_string()).collect()
    }

    #[test]
    fn months_are_owed_from_the_signing_to_the_settlement_file() {
        assert_eq!(
            owed("2019-01-24", None, "2019-03-01"),
            ["2019-01", "2019-02", "2019-03"]
        );
        assert_eq!(owed("2019-01-25", None, "2019-02-28"), ["2019-02"]);
        assert_eq!(
            owed("2019-01-10", Some("2019-03-24"), "2019-12-31"),
            ["2019-01", "2019-02"]
        );
        assert_eq!(
            owed("2019-01-10", Some("2019-03-25"), "2019-12-31"),
            ["2019-01", "2019-02", "2019-03"]
        );
        assert!(owed("2019-01-10", Some("2019-01-12"), "2019-12-31").is_empty());
        assert!(owed("2019-01-25", None, "2019-01-31").is_empty());
    }

    #[test]
    fn a_report_is_due_on_the_day_before_the_25th() {
        assert_eq!(month_due_on(day("2019-02-01"), 25), day("2019-02-24"));
        assert_eq!(month_due_on(day("2019-02-17"), 31), day("2019-02-28"));
        assert_eq!(month_due_on(day("2019-02-01"), 1), day("2019-02-01"));
    }

    #[test]
    fn rates_round_down_and_nothing_has_none() {
        assert_eq!(rate_of(2, 3), Some(Rate(6_666)));
        assert_eq!(rate_of(1, 0), None);
        assert_eq!(rate_of(u64::MAX, 1), Some(Rate(u32::MAX)));
    }
}
