//! The `PeriodicReport` aggregate (báo cáo định kỳ của cơ quan): one per unit, kind of period and period, its id made from these, so that a
//! period is reported once however many people file at the same moment. It is filed with the figures that the ledger had, by position, beside
//! those that the officer states; a correction shows both (docs/adr/0015). What a đề án owes every month is the project's own:
//! [`crate::project::month`].

pub mod codes;
pub mod command;
mod decide;
pub mod duty;
pub mod event;
pub mod figures;
pub mod period;

use chrono::NaiveDate;
use cqrs_es::event_sink::EventSink;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use self::command::{PeriodFiling, ReportAction, ReportCommand};
pub use self::duty::ReportDuty;
pub use self::event::{FiledPeriod, PeriodCorrected, ReportEvent, ReportWhat};
pub use self::figures::{Difference, Drawn, ProgrammeFigures, Stated};
pub use self::period::{Period, PeriodKind};
use crate::plan::{Refusal, made_from};

/// The aggregate's id: a UUID of version 8 made from unit and period.
pub fn id_of(unit: &str, period: &Period) -> Uuid {
    made_from(&format!("dean/report/{unit}/{period}"))
}

/// A unit's report of a period.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct PeriodicReport {
    /// As it stands, corrections included.
    filed: Option<FiledPeriod>,
    /// Business date of the first filing: by it a report is in time or late, whatever is corrected later.
    filed_on: Option<NaiveDate>,
    /// How often it was corrected.
    corrections: u32,
    /// Business date of the last event.
    last_on: Option<NaiveDate>,
}

impl PeriodicReport {
    /// Whether it was filed.
    pub const fn exists(&self) -> bool {
        self.filed.is_some()
    }

    /// As it stands.
    pub const fn filed(&self) -> Option<&FiledPeriod> {
        self.filed.as_ref()
    }

    /// When it was filed first.
    pub const fn filed_on(&self) -> Option<NaiveDate> {
        self.filed_on
    }

    /// How often it was corrected.
    pub const fn corrections(&self) -> u32 {
        self.corrections
    }

    fn record(&mut self, event: ReportEvent) {
        self.filed_on.get_or_insert(event.occurred_on);
        self.last_on = self.last_on.max(Some(event.occurred_on));
        match event.what {
            ReportWhat::PeriodReported(filed) => self.filed = Some(*filed),
            ReportWhat::PeriodReportCorrected(corrected) => {
                self.filed = Some(corrected.after);
                self.corrections += 1;
            }
        }
    }
}

impl cqrs_es::Aggregate for PeriodicReport {
    const TYPE: &'static str = "PeriodicReport";
    type Command = ReportCommand;
    type Event = ReportEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let event = self.decide(&command)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.record(event);
    }
}
