//! Calendars: which days are worked, what moves a deadline, and when somebody is reminded. All of it is data, published into the ledger as
//! lifecycles and rules are, and edited by users: public holidays are decided by the Prime Minister every year, guidance (hướng dẫn) by a
//! Sở or the Cục, service levels by each authority. A year without a published calendar is said to be missing, never guessed.
//!
//! They are aggregates of their own kind, not [`Publication`](crate::publication::Publication)s: a program of the version before this one
//! that runs beside it reads every publication, and would stop at a kind that it doesn't know.

pub mod deadlines;
mod publication;
mod reckoning;
mod timetable;
mod year;

pub use self::deadlines::{Deadlines, Guidance, ReminderLevel, ServiceLevel};
pub use self::publication::{
    Calendar, CalendarCommand, CalendarError, CalendarEvent, CalendarKind, CalendarText, id_of,
};
pub(crate) use self::reckoning::{Case, reckon};
pub use self::reckoning::{DueBasis, DueRule};
pub use self::timetable::{MissingYear, Timetable};
pub(crate) use self::year::written;
pub use self::year::{DayOff, WorkedDay, YearCalendar};
