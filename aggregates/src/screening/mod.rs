//! The `Screening` aggregate (rà soát hỗ trợ trùng): one per project, made from its id. It knows which claims the project holds, which
//! other projects it met in them, and how an officer ruled on each (TTLT 26/2014 Đ7.4: «cùng một nội dung chi»).

mod decide;
mod event;
mod rights;
mod state;

use cqrs_es::event_sink::EventSink;
use uuid::Uuid;

pub use self::decide::{FiledInvoice, FiledMachine, ItemsToFile, RulingAsked};
pub use self::event::{
    Basis, DoubleSupportRuled, FiledItem, Held, ItemWhat, ItemsFiled, RaisedFlag, ScreeningEvent, ScreeningPassed,
    ScreeningWhat, SupportScreened,
};
pub use self::state::{Flag, Ruling, Screening};
use crate::plan::{Circumstances, Refusal};

/// The aggregate's id: a UUID of version 8 made from the project's.
pub fn id_of(project: Uuid) -> Uuid {
    crate::plan::made_from(&format!("dean/screening/{project}"))
}

/// A command on a screening alone. What touches claims too is decided in [`crate::claim::together`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScreeningCommand {
    /// The ruling.
    pub ruling: RulingAsked,
    /// By whom, when, on which papers.
    pub circumstances: Circumstances,
}

impl cqrs_es::Aggregate for Screening {
    const TYPE: &'static str = "Screening";
    type Command = ScreeningCommand;
    type Event = ScreeningEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        let event = self.rule(&command.ruling, &command.circumstances)?;
        sink.write(event, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.record(event);
    }
}
