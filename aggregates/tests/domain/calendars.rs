//! Working days, guidance and service levels: what is counted, what is refused in a text, and what a project's own event records.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use cqrs_es::test::TestFramework;
use dean_aggregates::actor::{Actor, Role};
use dean_aggregates::calendar::*;
use dean_aggregates::project::action::{Action, NoDetails};
use dean_aggregates::project::content::Level;
use dean_aggregates::published::Pinned;
use proptest::prelude::*;

use crate::common::samples::*;
use crate::common::{KCQG_2, RULES_2018, Story, day};

pub(crate) const DEADLINES: &str = include_str!("../../../rules/deadlines-2014-02-10.toml");

/// The calendars that come with the program.
fn shipped() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let mut files: Vec<(String, String)> = fs::read_dir(folder)
        .expect("the folder of rules")
        .map(|entry| entry.expect("an entry").path())
        .filter_map(|path| {
            let name = path.file_name()?.to_str()?.to_owned();
            let is_calendar = name.starts_with("working-days-");
            is_calendar.then(|| (name, fs::read_to_string(&path).expect("a text")))
        })
        .collect();
    files.sort();
    files
}

fn timetable() -> Timetable {
    let mut timetable = Timetable::default();
    for (name, text) in shipped() {
        let calendar = Pinned::parse(&name, &text).unwrap_or_else(|problems| panic!("{problems:?}"));
        timetable.add_year(Arc::new(calendar));
    }
    timetable
}

fn with(mut timetable: Timetable, text: &str) -> Timetable {
    let text = Pinned::parse("deadlines.toml", text).unwrap_or_else(|problems| panic!("{problems:?}"));
    timetable.add_deadlines(Arc::new(text));
    timetable
}

#[test]
fn every_shipped_calendar_names_the_text_behind_each_day() {
    let files = shipped();
    let years: Vec<i32> = timetable().years().map(|calendar| calendar.value.year).collect();
    assert_eq!(years, [2021, 2022, 2023, 2024, 2025, 2026], "each year once");
    assert_eq!(files.len(), years.len());
    for calendar in timetable().years() {
        let year = calendar.value.year;
        assert_eq!(calendar.value.weekend, [Weekday::Sat, Weekday::Sun], "{year}");
        let named: BTreeSet<&str> = calendar.value.off.values().map(|off| off.source.as_str()).collect();
        assert!(named.len() >= 2, "{year}: {named:?}");
        // BLLĐ Đ112.1: 11 days a year, one more from 2026 on; those that fall on a weekend have one in lieu.
        let of_the_law = if year < 2026 { 11 } else { 12 };
        let exchanged = calendar.value.worked.len();
        let off = calendar
            .value
            .off
            .keys()
            .filter(|day| day.weekday().number_from_monday() < 6);
        assert_eq!(off.count(), of_the_law + exchanged, "{year}");
    }
}

/// Figures counted by hand from the notices.
#[test]
fn working_days_are_counted_over_holidays_and_exchanged_days() {
    let table = timetable();
    for (from, to, expected) in [
        ("2026-02-13", "2026-02-23", 1), // Tết: Friday, then Monday after nine days
        ("2025-12-31", "2026-01-12", 7), // 2/1 is off, Saturday 10/1 is worked
        ("2026-08-21", "2026-09-03", 7), // Saturday 22/8 worked, 31/8 – 2/9 off
        ("2026-04-24", "2026-05-04", 3), // 27/4, 30/4, 1/5 off
        ("2026-11-23", "2026-11-25", 1), // 24/11
        ("2023-04-28", "2023-05-04", 1),
        ("2026-03-02", "2026-03-02", 0),
        ("2026-02-23", "2026-02-13", -1),
    ] {
        assert_eq!(table.between(day(from), day(to)), Ok(expected), "{from} – {to}");
    }
    assert_eq!(table.after(day("2026-02-13"), 1), Ok(day("2026-02-23")));
    assert_eq!(table.working_day_from(day("2026-09-01")), Ok(day("2026-09-03")));
}

#[test]
fn a_year_without_a_calendar_is_named_and_not_guessed() {
    let table = timetable();
    assert_eq!(
        table.between(day("2026-12-30"), day("2027-01-04")),
        Err(MissingYear(2027))
    );
    assert_eq!(table.after(day("2026-12-31"), 1), Err(MissingYear(2027)));
    assert_eq!(table.is_working(day("2020-06-01")), Err(MissingYear(2020)));
    assert_eq!(table.between(day("2026-12-30"), day("2026-12-31")), Ok(1));
}

proptest! {
    /// Counting forward and counting between are one and the same, whatever days are off or exchanged.
    #[test]
    fn counting_forth_and_between_agree(
        start in 0_u64..700,
        count in 1_u32..60,
        off in proptest::collection::btree_set(0_u64..730, 0..60),
        worked in proptest::collection::btree_set(0_u64..730, 0..30),
        more in 0_u32..20,
    ) {
        let table = generated(&off, &worked);
        let from = first() + Days::new(start);
        if let Ok(reached) = table.after(from, count) {
            prop_assert_eq!(table.is_working(reached), Ok(true));
            prop_assert_eq!(table.between(from, reached), Ok(i64::from(count)));
            prop_assert_eq!(table.between(reached, from), Ok(-working_from(&table, from, reached)));
            let before = reached.pred_opt().expect("a day");
            prop_assert_eq!(table.between(from, before), Ok(i64::from(count) - 1));
            if let Ok(further) = table.after(reached, more) {
                prop_assert_eq!(table.after(from, count + more), Ok(further));
                prop_assert_eq!(table.between(from, further), Ok(i64::from(count + more)));
            }
        } else {
            // Only the end of what is known can stop it.
            prop_assert!(table.between(from, last()).expect("known") < i64::from(count));
        }
    }

    /// The next working day is the first that is worked.
    #[test]
    fn the_next_working_day_leaves_none_out(start in 0_u64..700, off in proptest::collection::btree_set(0_u64..730, 0..60)) {
        let table = generated(&off, &BTreeSet::new());
        let from = first() + Days::new(start);
        if let Ok(reached) = table.working_day_from(from) {
            let skipped = from.iter_days().take_while(|day| *day < reached);
            for day in skipped {
                prop_assert_eq!(table.is_working(day), Ok(false));
            }
        }
    }
}

/// Seen from the later day, the days since: the earlier one isn't counted, as the other way round.
fn working_from(table: &Timetable, from: NaiveDate, to: NaiveDate) -> i64 {
    let days = from.iter_days().skip(1).take_while(|day| *day <= to);
    days.map(|day| i64::from(table.is_working(day).expect("known"))).sum()
}

fn first() -> NaiveDate {
    day("2029-01-01")
}

fn last() -> NaiveDate {
    day("2030-12-31")
}

/// Two years with these days off, and these weekend days worked.
fn generated(off: &BTreeSet<u64>, worked: &BTreeSet<u64>) -> Timetable {
    let mut table = Timetable::default();
    for year in [2029, 2030] {
        let days = |numbers: &BTreeSet<u64>, weekend: bool| -> Vec<NaiveDate> {
            let all = numbers.iter().map(|number| first() + Days::new(*number));
            let fits = |day: &NaiveDate| day.year() == year && (day.weekday().number_from_monday() > 5) == weekend;
            all.filter(fits).collect()
        };
        let mut text = format!(
            "code = \"working-days\"\nversion = \"{year}\"\nyear = {year}\ntitle = {{ vi = \"N\", en = \"Y\" }}\nweekend = [\"Sat\", \"Sun\"]\n"
        );
        for day in days(off, false) {
            text += &format!("[[off]]\nfrom = \"{day}\"\nvi = \"Nghỉ\"\nen = \"Off\"\nsource = \"QĐ\"\n");
        }
        for day in days(worked, true) {
            text += &format!("[[worked]]\ndate = \"{day}\"\ninstead_of = \"2028-01-03\"\nsource = \"QĐ\"\n");
        }
        let calendar = Pinned::parse("generated.toml", &text).unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
        table.add_year(Arc::new(calendar));
    }
    table
}

#[test]
fn faults_in_a_calendar_name_line_and_remedy() {
    let text = |entries: &str| {
        format!(
            "code = \"working-days\"\nversion = \"2030\"\nyear = 2030\ntitle = {{ vi = \"N\", en = \"Y\" }}\nweekend = [\"Sat\", \"Sun\"]\n{entries}"
        )
    };
    let off = |from: &str, to: &str| {
        format!("[[off]]\nfrom = \"{from}\"\nto = \"{to}\"\nvi = \"Nghỉ\"\nen = \"Off\"\nsource = \"QĐ\"\n")
    };
    let worked = |date: &str, instead_of: &str| {
        format!("[[worked]]\ndate = \"{date}\"\ninstead_of = \"{instead_of}\"\nsource = \"QĐ\"\n")
    };
    for (entries, line, message) in [
        (off("2031-01-01", "2031-01-01"), 7, "2031-01-01 is not in 2030"),
        (off("2030-01-02", "2030-01-01"), 7, "are 0 days"),
        (off("2030-01-02", "2030-03-01"), 7, "are 59 days"),
        (
            off("2030-01-01", "2030-01-02") + &off("2030-01-02", "2030-01-02"),
            13,
            "2030-01-02 is off twice",
        ),
        (worked("2030-01-03", "2029-12-31"), 7, "no weekly day off"),
        (worked("2030-01-05", "2030-01-04"), 8, "is not off"),
        (
            off("2030-01-05", "2030-01-05") + &worked("2030-01-05", "2029-12-31"),
            13,
            "off and worked",
        ),
        (
            off("2030-01-01", "2030-01-01").replace("QĐ", ""),
            11,
            "`source` is empty",
        ),
        ("[[off]]\nfrom = \"2030-01-01\"\n".to_owned(), 6, "missing field"),
    ] {
        let problems = YearCalendar::parse("2030.toml", &text(&entries)).expect_err(message);
        let found = problems.iter().find(|problem| problem.message.contains(message));
        let found = found.unwrap_or_else(|| panic!("{message}: {problems:?}"));
        assert_eq!(found.line, line, "{found}");
        assert!(!found.fix.is_empty());
    }
}

#[test]
fn faults_in_a_text_on_deadlines_name_line_and_remedy() {
    let head = "code = \"d\"\nversion = \"1\"\nvalid_from = \"2026-01-01\"\ntitle = { vi = \"T\", en = \"D\" }\n";
    let level = |id: &str, days: i32| format!("[[reminders]]\nid = \"{id}\"\nworking_days = {days}\ndays = {days}\n");
    let guidance = |due: &str| {
        format!(
            "[[guidance]]\nunit = \"cuc\"\nlevel = \"national\"\nplan_year = 2026\nstep = \"register\"\ndue_on = \"{due}\"\npaper = \"1/HD\"\n"
        )
    };
    let service = "[[service_levels]]\nunit = \"cuc\"\nlevel = \"national\"\nstep = \"examine\"\nworking_days = 0\nsource = \"QĐ 1\"\n";
    for (entries, message) in [
        (level("soon", 5) + &level("soon", 1), "stands here twice"),
        (level("late", -1) + &level("soon", 5), "is not later than"),
        (level("Mai sau", 5), "is no id"),
        (level("soon", 100_000_000), "100000000 days are out of range"),
        (level("soon", 3_651), "3651 days are out of range"),
        (level("late", i32::MIN), "-2147483648 working days are out of range"),
        (guidance("2020-06-01"), "far from the plan year"),
        (service.to_owned(), "out of range"),
        (
            "day_off = { next_working_day = true, article = \"\" }".to_owned(),
            "names no article",
        ),
    ] {
        let problems = Deadlines::parse("d.toml", &format!("{head}{entries}")).expect_err(message);
        assert!(
            problems
                .iter()
                .any(|problem| problem.message.contains(message) && problem.line > 4),
            "{message}: {problems:?}"
        );
    }
    let widest = level("soon", 3_650) + &level("late", -3_650);
    assert!(Deadlines::parse("d.toml", &format!("{head}{widest}")).is_ok());
}

fn publish(kind: CalendarKind, text: &str, role: Role) -> CalendarCommand {
    let actor = Actor {
        id: "quan-tri".to_owned(),
        role,
        unit: "cuc".to_owned(),
    };
    CalendarCommand {
        kind,
        text: text.to_owned(),
        actor,
    }
}

fn decide(given: &[CalendarEvent], command: CalendarCommand) -> Result<Vec<CalendarEvent>, CalendarError> {
    TestFramework::<Calendar>::with(())
        .given(given.to_vec())
        .when(command)
        .inspect_result()
}

#[test]
fn a_calendar_is_published_once_and_by_an_administrator() {
    let (_, text) = shipped().pop().expect("a calendar");
    let administrator = |text: &str| publish(CalendarKind::WorkingDays, text, Role::Administrator);
    let published = decide(&[], administrator(&text)).expect("published");
    assert_eq!(
        (published[0].code.as_str(), published[0].version.as_str()),
        ("working-days", "2026")
    );
    assert_eq!(published[0].valid_to, Some(day("2026-12-31")));
    let again = decide(&published, administrator(&text)).expect_err("known");
    assert_eq!(again.code(), "calendar-already-published");
    let other = decide(&published, administrator(&format!("{text}\n"))).expect_err("other");
    assert_eq!(other.code(), "calendar-other-text");
    let revised = text.replace("version = \"2026\"", "version = \"2026-2\"");
    assert!(decide(&published, administrator(&revised)).is_ok());
    let implementer = decide(&[], publish(CalendarKind::WorkingDays, &text, Role::Implementer));
    assert_eq!(implementer.expect_err("refused").code(), "calendar-not-your-role");
    let wrong_kind = decide(&[], publish(CalendarKind::Deadlines, &text, Role::Administrator)).expect_err("refused");
    assert_eq!(wrong_kind.code(), "calendar-invalid");
    assert!(CalendarError::CODES.contains(&wrong_kind.code()));
}

const GUIDANCE: &str = "
[[guidance]]
unit = \"so-ct-dien-bien\"
level = \"national\"
plan_year = 2026
step = \"propose\"
due_on = \"2025-04-15\"
paper = \"Công văn 123/SCT-QLCN ngày 03/03/2025\"
";

const SERVICE: &str = "
[[service_levels]]
unit = \"so-ct-*\"
level = \"national\"
step = \"appraise-base\"
working_days = 10
source = \"Quyết định 45/QĐ-SCT\"
";

fn story(table: Timetable) -> Story {
    let mut story = Story::new(KCQG_2, RULES_2018);
    story.timetable = Arc::new(table);
    let mut content = content(vec![line(1, 600, 300)]);
    content.starts_on = day("2026-01-01");
    content.ends_on = day("2026-11-30");
    content.lines[0].year = 2026;
    let Action::Draft(mut draft) = draft_of(Level::National, content) else {
        unreachable!("it is a draft")
    };
    draft.plan_year = 2026;
    story.on("2025-03-10").take("draft", Action::Draft(draft));
    story
}

#[test]
fn guidance_moves_the_day_of_the_law_and_the_event_says_so() {
    let plain = story(with(timetable(), DEADLINES));
    let standing = plain.project.standing();
    assert_eq!((standing.due_on, &standing.due_basis), (Some(day("2025-05-19")), &None));

    let text = DEADLINES.replace("\nvalid_from = \"2014-02-10\"", "\nvalid_from = \"2025-03-05\"");
    let text = text.replace("code = \"deadlines\"", "code = \"deadlines-dien-bien\"") + GUIDANCE;
    let guided = story(with(with(timetable(), DEADLINES), &text));
    let standing = guided.project.standing();
    assert_eq!(standing.due_on, Some(day("2025-04-15")));
    let basis = standing.due_basis.as_deref().expect("how it came about");
    assert_eq!(
        (basis.rule, basis.by_lifecycle, basis.text.code.as_str()),
        (DueRule::Guidance, Some(day("2025-05-19")), "deadlines-dien-bien")
    );
    assert!(basis.source.contains("123/SCT-QLCN"));

    // Another Sở's, another year's, or guidance of a later day changes nothing.
    for other in [
        text.replace("unit = \"so-ct-dien-bien\"", "unit = \"so-ct-lai-chau\""),
        text.replace("plan_year = 2026", "plan_year = 2027"),
        text.replace("valid_from = \"2025-03-05\"", "valid_from = \"2025-03-11\""),
    ] {
        let unmoved = story(with(timetable(), &other));
        assert_eq!(unmoved.project.standing().due_on, Some(day("2025-05-19")));
    }
}

#[test]
fn a_service_level_counts_working_days_and_the_event_names_the_calendar() {
    let text = format!("{DEADLINES}{SERVICE}");
    let mut story = story(with(timetable(), &text));
    let propose = story.on("2025-04-25").take("propose", Action::Propose(NoDetails {}));
    let standing = &propose.after;
    assert_eq!(standing.next_step.as_deref(), Some("appraise-base"));
    // Saturday 26/4 is worked; 30/4, 1/5 and 2/5 are off.
    assert_eq!(standing.due_on, Some(day("2025-05-13")));
    let basis = standing.due_basis.as_deref().expect("how it came about");
    assert_eq!((basis.rule, basis.working_days), (DueRule::ServiceLevel, Some(10)));
    assert_eq!(basis.by_lifecycle, Some(day("2025-05-10")));
    let calendars: Vec<&str> = basis.calendars.iter().map(|pin| pin.version.as_str()).collect();
    assert_eq!(calendars, ["2025"]);
    let kept = serde_json::to_value(&propose).expect("serialises");
    assert_eq!(kept["after"]["due_basis"]["rule"], "service-level");
    assert_eq!(
        serde_json::from_value::<dean_aggregates::project::ProjectEvent>(kept).expect("loads"),
        propose
    );
}

#[test]
fn without_the_years_calendar_the_lifecycles_day_holds_and_the_event_says_what_is_missing() {
    let text = format!("{DEADLINES}{SERVICE}");
    let mut story = story(with(Timetable::default(), &text));
    let propose = story.on("2025-04-25").take("propose", Action::Propose(NoDetails {}));
    assert_eq!(propose.after.due_on, Some(day("2025-05-10")));
    let basis = propose.after.due_basis.as_deref().expect("how it came about");
    assert_eq!((basis.missing_year, basis.calendars.len()), (Some(2025), 0));
}

#[test]
fn a_period_that_ends_on_a_day_off_moves_where_the_setting_says_so() {
    let text = DEADLINES.replace("next_working_day = false", "next_working_day = true");
    assert_ne!(text, DEADLINES);
    for (text, due) in [(DEADLINES, "2025-05-10"), (&text, "2025-05-12")] {
        let mut story = story(with(timetable(), text));
        let propose = story.on("2025-04-25").take("propose", Action::Propose(NoDetails {}));
        assert_eq!(propose.after.due_on, Some(day(due)), "Saturday 10/5");
    }
}

#[test]
fn levels_are_reached_by_working_days_or_else_by_calendar_days() {
    let table = with(timetable(), DEADLINES);
    let (text, levels) = table.reminder_levels(day("2026-11-23")).expect("levels");
    assert_eq!(text.pin.code, "deadlines");
    let reached = |working, days| -> Option<&str> {
        let reached = levels.iter().rfind(|level| level.is_reached(working, days));
        reached.map(|level| level.id.as_str())
    };
    assert_eq!(reached(Some(6), 8), None);
    assert_eq!(reached(Some(5), 7), Some("soon"));
    assert_eq!(reached(Some(0), 0), Some("last-day"));
    assert_eq!(reached(Some(0), -1), Some("last-day"), "past on a day off only");
    assert_eq!(reached(Some(-1), -3), Some("overdue"));
    assert_eq!(reached(Some(-10), -14), Some("long-overdue"));
    assert_eq!(reached(None, 7), Some("soon"));
    assert_eq!(reached(None, 8), None);
    assert!(table.reminder_levels(day("2014-02-09")).is_none());
}
