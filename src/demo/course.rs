//! The course of a life: what is tried, and on which day. Written once, when a project comes alive; a step that its lifecycle does not
//! know in the state reached is left out, unless the life can't go on without it.

use chrono::{Datelike, NaiveDate};
use dean_aggregates::lifecycle::{Authority, Lifecycle, MoneyMode};
use dean_aggregates::project::action::{AppraisalLevel, ContractForm};
use dean_aggregates::project::content::Level;

use super::calendar::{CONTRACT_DAY, MID_YEAR, in_year, later, listed_before, month_of, sitting_after, working};
use super::dice::Dice;
use super::script::{Beat, Want};
use super::subject::{Fate, Subject};

/// From this plan year on, projects under an older version of the procedure are left for an administrator to move.
const NOT_MOVED_FROM: u16 = 2025;

/// Writes a life, day after day.
struct Writer<'a> {
    beats: Vec<Beat>,
    on: NaiveDate,
    /// First day of the last reported month.
    reported: Option<NaiveDate>,
    dice: &'a mut Dice,
}

impl Writer<'_> {
    /// So many days later, on a working day.
    fn after(&mut self, least: u32, most: u32, want: Want) {
        self.on = working(later(self.on, self.dice.between(least, most)));
        self.beats.push(Beat {
            on: self.on,
            want,
            needed: false,
        });
    }

    /// … and the life can't go on without it.
    fn needed(&mut self, least: u32, most: u32, want: Want) {
        self.after(least, most, want);
        if let Some(beat) = self.beats.last_mut() {
            beat.needed = true;
        }
    }

    /// Nothing before this day, or (for season's sake) up to `spread` days later.
    fn not_before(&mut self, date: NaiveDate, spread: u32) {
        let date = later(date, self.dice.between(0, spread));
        if date > self.on {
            self.on = date;
        }
    }

    /// Somebody sees on site whether the reasons for a change hold (TT 36/2013 Đ21.2b), then it is decided.
    fn change(&mut self, want: Want) {
        self.after(2, 8, Want::Verify);
        self.after(3, 12, want);
    }

    /// The beneficiary asks to withdraw, and the project is stopped.
    fn stop_on_request(&mut self) {
        self.after(5, 25, Want::Withdraw);
        self.after(5, 15, Want::Stop { on_request: true });
    }

    /// The next month's report, between its 18th and 24th: before the 25th, as the law asks, and sometimes late.
    fn report(&mut self, share: u32) {
        let mut next = later(self.on, 1);
        while next.day() > 23 || self.reported == Some(month_of(next)) {
            next = later(next, 1);
        }
        let due = in_year(next.year(), next.month(), self.dice.between(18, 23));
        let late = if self.dice.chance(8) { 3 } else { 0 };
        self.on = working(later(due.max(next), late));
        self.reported = Some(month_of(self.on));
        self.beats.push(Beat {
            on: self.on,
            want: Want::Report(share),
            needed: false,
        });
    }
}

/// The whole course of a life.
pub(super) fn write(subject: &Subject, lifecycle: &Lifecycle, province: &str, dice: &mut Dice) -> Vec<Beat> {
    let decided_from = subject.real.and_then(|real| real.decided_from);
    let mut writer = Writer {
        beats: Vec::new(),
        on: subject.start,
        reported: None,
        dice,
    };
    writer.beats.push(Beat {
        on: subject.start,
        want: Want::Draft,
        needed: true,
    });
    let goes_on = write_proposal(&mut writer, subject)
        && write_appraisal(&mut writer, subject)
        && write_approval(&mut writer, subject, province, decided_from)
        && write_execution(&mut writer, subject)
        && write_acceptance(&mut writer, subject);
    if goes_on {
        write_settlement(&mut writer, subject, lifecycle.money_mode);
    }
    let Writer { mut beats, dice, .. } = writer;
    if subject.fate == Fate::Moved && subject.plan_year < NOT_MOVED_FROM {
        // Somewhere on the way the newer version of the procedure takes over; where there is none, nothing happens.
        let at = 1 + dice.index(beats.len());
        let on = later(beats[at - 1].on, 1);
        // The newer version may ask for an opinion that the older one didn't know.
        for want in [Want::Opine, Want::Move] {
            beats.insert(
                at,
                Beat {
                    on,
                    want,
                    needed: false,
                },
            );
        }
    }
    if subject.fate == Fate::Stalled {
        let kept = 1 + dice.index(beats.len());
        beats.truncate(kept);
    }
    beats
}

fn write_proposal(writer: &mut Writer<'_>, subject: &Subject) -> bool {
    if writer.dice.chance(30) {
        writer.after(3, 15, Want::Revise);
    }
    if subject.fate == Fate::DraftForGood {
        return false;
    }
    writer.needed(5, 25, Want::Propose);
    match subject.fate {
        Fate::Returned => {
            writer.after(4, 12, Want::Return);
            writer.after(5, 20, Want::Revise);
            writer.needed(1, 4, Want::Propose);
        }
        Fate::ReturnedForGood => {
            writer.after(4, 12, Want::Return);
            return false;
        }
        Fate::Withdrawn if writer.dice.chance(50) => {
            writer.after(10, 40, Want::Withdraw);
            return false;
        }
        _ => {}
    }
    true
}

fn write_appraisal(writer: &mut Writer<'_>, subject: &Subject) -> bool {
    let before = i32::from(subject.plan_year) - 1;
    let fate = subject.fate;
    let last = match subject.level {
        Level::National => AppraisalLevel::Ministry,
        Level::Local => AppraisalLevel::Province,
    };
    let fails_first = fate == Fate::FailedFirst && subject.level == Level::National;
    writer.after(
        5,
        18,
        Want::Appraise {
            level: AppraisalLevel::Base,
            pass: !fails_first,
        },
    );
    if fails_first {
        writer.after(3, 10, Want::Refuse);
        return false;
    }
    writer.after(2, 9, Want::Register);
    if fate == Fate::ReturnedLater && subject.level == Level::National {
        complete(writer, AppraisalLevel::Base);
        writer.after(2, 9, Want::Register);
    }
    if fate == Fate::Withdrawn {
        writer.after(10, 40, Want::Withdraw);
        return false;
    }
    writer.not_before(in_year(before, 8, 1), 40);
    writer.after(1, 5, Want::Examine);
    writer.not_before(in_year(before, 10, 20), 35);
    writer.after(0, 3, Want::Opine);
    let fails = matches!(fate, Fate::FailedLast | Fate::FailedFirst);
    writer.after(
        1,
        5,
        Want::Appraise {
            level: last,
            pass: !fails,
        },
    );
    if fails {
        writer.after(5, 15, Want::Refuse);
        return false;
    }
    if fate == Fate::ReturnedLater && subject.level == Level::Local {
        complete(writer, last);
    }
    true
}

/// Returned after an appraisal, completed, proposed and appraised again.
fn complete(writer: &mut Writer<'_>, level: AppraisalLevel) {
    writer.after(5, 15, Want::Return);
    writer.after(5, 15, Want::Revise);
    writer.after(1, 5, Want::Propose);
    writer.after(1, 4, Want::Opine);
    writer.after(5, 12, Want::Appraise { level, pass: true });
}

fn write_approval(writer: &mut Writer<'_>, subject: &Subject, province: &str, decided_from: Option<NaiveDate>) -> bool {
    let ready = decided_from.map_or(writer.on, |from| from.max(writer.on));
    let ready = match subject.fate {
        // Decided in the second batch of the year, so that one decision can change it in the middle of the year.
        Fate::MidYearStopped | Fate::MidYearAdjusted => ready.max(in_year(MID_YEAR.year(), 1, 10)),
        Fate::MidYearAdded => ready.max(in_year(MID_YEAR.year(), 6, 10)),
        _ => ready,
    };
    let mut sitting = sitting_after(subject.level, subject.plan_year, province, ready);
    if subject.fate == Fate::MidYearAdded {
        sitting.on = MID_YEAR;
    }
    let listed = listed_before(sitting.on);
    if subject.fate == Fate::Refused {
        writer.on = sitting.on;
        writer.after(0, 0, Want::Refuse);
        return false;
    }
    if sitting.is_ranked && listed > writer.on {
        writer.on = listed;
        writer.after(0, 0, Want::Nominate(sitting.number));
    }
    writer.on = sitting.on;
    writer.needed(0, 0, Want::Approve(sitting.number));
    if subject.fate == Fate::WithdrawnLate {
        writer.stop_on_request();
        return false;
    }
    writer.after(8, 25, Want::GroupPlan);
    if subject.fate == Fate::AdjustedByDepartment {
        writer.change(Want::Adjust(Authority::Department));
    }
    if subject.fate == Fate::Contracted {
        writer.not_before(CONTRACT_DAY, 0);
        writer.needed(0, 0, Want::SignTogether);
        // Under way when the demo ends.
        writer.report(25);
        writer.report(55);
        writer.report(80);
        writer.after(2, 6, Want::Confirm);
        writer.after(4, 14, Want::First);
        return false;
    }
    let is_task = subject.level == Level::National && matches!(subject.fate, Fate::Assigned | Fate::AssignedStopped);
    let form = if is_task {
        ContractForm::Assignment
    } else {
        ContractForm::Contract
    };
    writer.needed(8, 30, Want::Sign(form));
    true
}

fn write_execution(writer: &mut Writer<'_>, subject: &Subject) -> bool {
    let year = i32::from(subject.plan_year);
    writer.report(25);
    if subject.fate == Fate::StoppedOnRequest {
        writer.stop_on_request();
        close_stopped(writer);
        return false;
    }
    match subject.fate {
        Fate::MidYearStopped => {
            writer.not_before(in_year(MID_YEAR.year(), 7, 25), 5);
            writer.after(1, 5, Want::Withdraw);
            writer.on = MID_YEAR;
            writer.needed(0, 0, Want::StopByBatch);
            close_stopped(writer);
            return false;
        }
        Fate::MidYearAdjusted => {
            writer.not_before(in_year(MID_YEAR.year(), 7, 25), 5);
            writer.after(1, 5, Want::Verify);
            writer.on = MID_YEAR;
            writer.needed(0, 0, Want::Adjust(Authority::Ministry));
        }
        Fate::AdjustedByAgency => writer.change(Want::Adjust(Authority::Agency)),
        Fate::AdjustedByDepartment => writer.change(Want::Adjust(Authority::Department)),
        Fate::AdjustedByMinistry => writer.change(Want::Adjust(Authority::Ministry)),
        Fate::InspectedClosed | Fate::InspectedOpen => {
            writer.after(5, 20, Want::Inspect);
            writer.after(1, 6, Want::RaiseFinding(1));
            writer.after(0, 2, Want::RaiseFinding(2));
        }
        Fate::WithdrawalDeclined => {
            writer.after(5, 20, Want::Withdraw);
            writer.after(3, 10, Want::Return);
        }
        Fate::Plain if writer.dice.chance(15) => writer.after(5, 20, Want::Inspect),
        _ => {}
    }
    writer.report(55);
    writer.report(80);
    writer.after(2, 6, Want::Confirm);
    writer.after(4, 14, Want::First);
    match subject.fate {
        Fate::Corrected => writer.after(3, 12, Want::Correct),
        Fate::StoppedForViolation | Fate::AssignedStopped => {
            writer.after(15, 60, Want::Stop { on_request: false });
            if subject.fate == Fate::AssignedStopped || writer.dice.chance(50) {
                writer.after(10, 25, Want::Settle(40));
                // Where money is paid after settlement, what was done is paid now.
                writer.after(5, 15, Want::Rest);
            }
            close_stopped(writer);
            return false;
        }
        Fate::RefundedEarly => writer.after(10, 25, Want::Refund(20)),
        Fate::Receivable => {
            writer.after(10, 25, Want::Receivable(15));
            writer.after(5, 25, Want::Refund(0));
        }
        Fate::ForceMajeure => {
            // What was done before is settled from the minutes (TT 36/2013 Đ18.4), the project goes no further.
            writer.after(3, 15, Want::ForceMajeure);
            writer.stop_on_request();
            writer.after(10, 25, Want::Settle(100));
            close_stopped(writer);
            return false;
        }
        Fate::InspectedClosed => {
            writer.after(5, 15, Want::CloseFinding(1));
            writer.after(0, 3, Want::CloseFinding(2));
        }
        Fate::InspectedOpen => writer.after(5, 15, Want::CloseFinding(1)),
        Fate::Extended => {
            writer.not_before(in_year(year, 11, 10), 20);
            writer.change(Want::Extend);
            writer.after(5, 20, Want::CarryOver);
            writer.not_before(in_year(year + 1, 2, 10), 60);
        }
        Fate::Key => writer.not_before(in_year(year + 1, 3, 10), 40),
        _ => {}
    }
    true
}

fn write_acceptance(writer: &mut Writer<'_>, subject: &Subject) -> bool {
    if writer.dice.chance(50) {
        writer.report(95);
    }
    if subject.fate == Fate::TwoPlaces {
        writer.after(4, 15, Want::Accept { all: false });
        writer.after(4, 10, Want::Next);
    }
    writer.report(100);
    writer.needed(6, 30, Want::Accept { all: true });
    writer.after(3, 8, Want::Rest);
    true
}

fn write_settlement(writer: &mut Writer<'_>, subject: &Subject, mode: MoneyMode) {
    let year = i32::from(subject.plan_year);
    let late = subject.fate == Fate::SettledLate;
    let share = if subject.fate == Fate::SettledShort { 92 } else { 100 };
    if late {
        // Past 22/01 of the next year the advances are accounted from the acceptance minutes (TT 36/2013 Đ18.3).
        writer.not_before(in_year(year + 1, 1, 24), 5);
        writer.after(1, 5, Want::AccountLate);
        writer.after(20, 60, Want::SubmitSettlement(share));
    } else {
        let most = if writer.dice.chance(10) { 14 } else { 5 };
        writer.after(2, most, Want::SubmitSettlement(share));
    }
    writer.needed(5, 25, Want::Settle(share));
    if mode == MoneyMode::PayAfter {
        writer.after(5, 20, Want::Rest);
    }
    if subject.fate == Fate::SettledShort {
        writer.after(5, 25, Want::Refund(0));
    }
    writer.after(2, 9, Want::Liquidate);
    if subject.fate == Fate::InspectedOpen {
        // The finding stays open, so the file can't be archived.
        return;
    }
    if subject.fate == Fate::Reopened {
        writer.after(60, 200, Want::Inspect);
        reopen(writer);
    }
    if mode == MoneyMode::Recoverable {
        writer.after(10, 25, Want::Schedule);
        for _ in 0..4 {
            writer.after(170, 185, Want::Repay);
        }
    }
    writer.after(20, 90, Want::Archive);
    if subject.fate == Fate::ReopenedLate {
        writer.on = later(writer.on, 150);
        reopen(writer);
        writer.after(20, 60, Want::Archive);
    }
}

/// Recovery by inspection or audit after settlement (domain: may follow even archiving).
fn reopen(writer: &mut Writer<'_>) {
    writer.after(10, 40, Want::Reopen);
    writer.after(3, 15, Want::Receivable(12));
    writer.after(10, 40, Want::Refund(0));
    writer.after(5, 20, Want::Settle(100));
    writer.after(3, 9, Want::Liquidate);
}

/// After a stop the open money goes back, then the file is closed.
fn close_stopped(writer: &mut Writer<'_>) {
    writer.after(15, 60, Want::Refund(0));
    writer.after(3, 9, Want::Liquidate);
    writer.after(20, 90, Want::Archive);
}
