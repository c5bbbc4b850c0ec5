//! A reminder: raised once, delivered once to each, and its events still load.

use cqrs_es::DomainEvent;
use cqrs_es::test::TestFramework;
use dean_aggregates::actor::Role;
use dean_aggregates::calendar::{CalendarEvent, CalendarKind};
use dean_aggregates::project::event::Pin;
use dean_aggregates::project::standing::Waiting;
use dean_aggregates::reminder::*;
use uuid::Uuid;

use crate::common::day;
use crate::golden::check;

const PROJECT: Uuid = Uuid::from_u128(0x0194_0000_0000_8000_8000_0000_0000_0001);

fn raised() -> Raised {
    let to = [Role::DepartmentOfficer, Role::DepartmentDirector].map(|role| Waiting {
        role,
        unit: "so-ct-dien-bien".to_owned(),
    });
    Raised {
        project: PROJECT,
        code: "KCQG-2026-3F9A21C4".to_owned(),
        lifecycle: "kcqg".to_owned(),
        step: "appraise-base".to_owned(),
        due_on: day("2025-05-30"),
        level: "soon".to_owned(),
        rule: Pin {
            code: "deadlines".to_owned(),
            version: "2014-02-10".to_owned(),
            sha256: "ab".repeat(32),
        },
        left: Left::WorkingDays { days: 5 },
        to: to.to_vec(),
    }
}

fn delivery(role: Role) -> Delivery {
    Delivery {
        channel: Channel::Mail,
        role,
        unit: "so-ct-dien-bien".to_owned(),
    }
}

fn withdrawal() -> Withdrawal {
    Withdrawal {
        state: "appraised-base".to_owned(),
        version: 5,
    }
}

fn event(what: ReminderWhat) -> ReminderEvent {
    ReminderEvent {
        occurred_on: day("2025-05-23"),
        what,
    }
}

fn decide(given: &[ReminderWhat], what: ReminderWhat) -> Result<Vec<ReminderEvent>, ReminderRefusal> {
    TestFramework::<Reminder>::with(())
        .given(given.iter().cloned().map(event).collect())
        .when(ReminderCommand {
            today: day("2025-05-23"),
            what,
        })
        .inspect_result()
}

#[test]
fn a_reminder_is_raised_once_and_delivered_once_to_each() {
    let raise = ReminderWhat::ReminderRaised(raised());
    let deliver = |role| ReminderWhat::ReminderDelivered(delivery(role));
    assert!(decide(&[], raise.clone()).is_ok());
    let again = decide(std::slice::from_ref(&raise), raise.clone());
    assert_eq!(again, Err(ReminderRefusal::AlreadyRaised));
    let unknown = decide(&[], deliver(Role::DepartmentOfficer));
    assert_eq!(unknown, Err(ReminderRefusal::NotRaised));
    let given = [raise.clone(), deliver(Role::DepartmentOfficer)];
    assert_eq!(
        decide(&given, deliver(Role::DepartmentOfficer)),
        Err(ReminderRefusal::AlreadyDelivered)
    );
    assert!(
        decide(&given, deliver(Role::DepartmentDirector)).is_ok(),
        "the other one still has to get it"
    );
    assert!(matches!(
        decide(&given, deliver(Role::Minister)),
        Err(ReminderRefusal::OtherRecipient { .. })
    ));
    let mut nobody = raised();
    nobody.to.clear();
    assert_eq!(
        decide(&[], ReminderWhat::ReminderRaised(nobody)),
        Err(ReminderRefusal::Nobody)
    );
}

#[test]
fn what_is_done_is_withdrawn_once_and_a_delivery_under_way_is_still_recorded() {
    let raise = ReminderWhat::ReminderRaised(raised());
    let withdraw = ReminderWhat::ReminderWithdrawn(withdrawal());
    assert_eq!(decide(&[], withdraw.clone()), Err(ReminderRefusal::NotRaised));
    let given = [raise, withdraw.clone()];
    assert_eq!(decide(&given, withdraw), Err(ReminderRefusal::Withdrawn));
    let late = ReminderWhat::ReminderDelivered(delivery(Role::DepartmentOfficer));
    assert!(decide(&given, late).is_ok());
}

#[test]
fn its_id_is_made_from_what_is_due() {
    let id = id_of(PROJECT, "propose", day("2025-05-19"), "soon");
    assert_eq!(id.get_version_num(), 8);
    assert_eq!(id, id_of(PROJECT, "propose", day("2025-05-19"), "soon"));
    for other in [
        id_of(Uuid::nil(), "propose", day("2025-05-19"), "soon"),
        id_of(PROJECT, "register", day("2025-05-19"), "soon"),
        id_of(PROJECT, "propose", day("2025-05-20"), "soon"),
        id_of(PROJECT, "propose", day("2025-05-19"), "overdue"),
    ] {
        assert_ne!(id, other);
    }
}

#[test]
fn events_of_reminders_and_calendars_still_load() {
    let without_calendar = Raised {
        left: Left::CalendarDays {
            days: -3,
            missing_year: 2027,
        },
        ..raised()
    };
    for (suffix, what) in [
        ("", ReminderWhat::ReminderRaised(raised())),
        ("-no-calendar", ReminderWhat::ReminderRaised(without_calendar)),
        ("", ReminderWhat::ReminderDelivered(delivery(Role::DepartmentOfficer))),
        ("", ReminderWhat::ReminderWithdrawn(withdrawal())),
    ] {
        let event = event(what);
        let name = format!("{}-{}{suffix}", event.event_type(), event.event_version());
        let kept = check(&name, &serde_json::to_value(&event).expect("serialises"));
        assert_eq!(serde_json::from_str::<ReminderEvent>(&kept).expect("loads"), event);
    }
    let event = CalendarEvent {
        kind: CalendarKind::WorkingDays,
        code: "working-days".to_owned(),
        version: "2026".to_owned(),
        valid_from: day("2026-01-01"),
        valid_to: Some(day("2026-12-31")),
        sha256: "cd".repeat(32),
        text: "code = \"working-days\"".to_owned(),
    };
    let kept = check(
        "CalendarPublished-1",
        &serde_json::to_value(&event).expect("serialises"),
    );
    assert_eq!(serde_json::from_str::<CalendarEvent>(&kept).expect("loads"), event);
}
