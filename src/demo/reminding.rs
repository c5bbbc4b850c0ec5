//! On the demo's last day some of what is due or overdue is reminded of, as the program does by itself outside of demos: some reminders have
//! reached everybody, some wait.

use std::collections::BTreeMap;
use std::sync::Arc;

use dean_aggregates::calendar::{CalendarText, Timetable};
use dean_aggregates::reminder::{Channel, Delivery, Left, Raised, Reminder, ReminderCommand, ReminderWhat, id_of};
use dean_ledger::{Append, StreamAppend};

use super::DemoError;
use super::calendar::LAST_DAY;
use super::dice::{command_id, fingerprint};
use super::life::Life;
use super::load::demo_channel;
use super::planning::{Kept, Today};
use crate::engine::{BUILT_IN_CALENDARS, PublishError, time_left};

/// Number under which commands on reminders get their ids.
const REMINDERS: u64 = u64::MAX - 3;
/// The demo shows some, not all.
const REMINDERS_MAX: u64 = 12;

/// Raises and delivers what is shown; nothing on any other day.
pub(super) fn on(today: &Today<'_>, seed: u64, lives: &BTreeMap<u32, Life>) -> Result<Vec<Append>, DemoError> {
    if today.day != LAST_DAY {
        return Ok(Vec::new());
    }
    let timetable = built_in()?;
    let Some((text, levels)) = timetable.reminder_levels(today.day) else {
        return Ok(Vec::new());
    };
    let mut appends = Vec::new();
    let mut commands = 0;
    for life in lives.values() {
        if commands >= REMINDERS_MAX {
            break;
        }
        let standing = life.project.standing();
        let (Some(step), Some(due_on)) = (&standing.next_step, standing.due_on) else {
            continue;
        };
        let left = time_left(&timetable, today.day, due_on);
        let working_days = match left {
            Left::WorkingDays { days } => Some(days),
            Left::CalendarDays { .. } => None,
        };
        let days = (due_on - today.day).num_days();
        let Some(level) = levels.iter().rfind(|level| level.is_reached(working_days, days)) else {
            continue;
        };
        if standing.waiting.is_empty() {
            continue;
        }
        let mut whats = vec![ReminderWhat::ReminderRaised(Raised {
            project: life.id,
            code: life.project.code().unwrap_or_default().to_owned(),
            lifecycle: life.project.lifecycle_pin().code.clone(),
            step: step.clone(),
            due_on,
            level: level.id.clone(),
            rule: text.pin.clone(),
            left,
            to: standing.waiting.clone(),
        })];
        // Two of three have reached everybody.
        if commands % 3 != 2 {
            whats.extend(standing.waiting.iter().map(|to| {
                ReminderWhat::ReminderDelivered(Delivery {
                    channel: Channel::Mail,
                    role: to.role,
                    unit: to.unit.clone(),
                })
            }));
        }
        let mut reminder = Kept::<Reminder>::new(id_of(life.id, step, due_on, &level.id));
        let mut streams: Vec<StreamAppend> = Vec::new();
        for what in whats {
            let command = ReminderCommand { today: today.day, what };
            // Two roles at one unit are one delivery: the second is there already.
            if let Ok(event) = reminder.aggregate.decide(&command) {
                let told = reminder.record(event)?;
                match streams.first_mut() {
                    Some(stream) => stream.events.extend(told.events),
                    None => streams.push(told),
                }
            }
        }
        let id = command_id(today.environment, seed, REMINDERS, commands);
        appends.push(Append {
            command_id: id,
            actor: dean_ledger::Actor {
                id: "dean.reminders".to_owned(),
                role: "system".to_owned(),
                unit: "dean".to_owned(),
            },
            occurred_on: today.day,
            request_sha256: fingerprint(id, "remind"),
            metadata: demo_channel(),
            streams,
        });
        commands += 1;
    }
    Ok(appends)
}

/// The calendars that come with the program; the demo's ledger gets them when it is first served.
fn built_in() -> Result<Timetable, DemoError> {
    let mut timetable = Timetable::default();
    for (kind, file, text) in BUILT_IN_CALENDARS {
        match CalendarText::parse(*kind, file, text).map_err(PublishError::Invalid)? {
            CalendarText::WorkingDays(year) => timetable.add_year(Arc::new(year)),
            CalendarText::Deadlines(deadlines) => timetable.add_deadlines(Arc::new(deadlines)),
        }
    }
    Ok(timetable)
}
