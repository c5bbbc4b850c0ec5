//! The `Inspection` aggregate (cuộc kiểm tra): a decision, visits to several đề án, findings with their answers and their end. Each visit
//! and finding is an event of the đề án too, in the same append (docs/adr/0012).

mod authority;
pub mod codes;
pub mod command;
mod decide;
pub mod event;
pub mod state;
pub mod together;

use cqrs_es::event_sink::EventSink;
use uuid::Uuid;

pub use self::command::{InspectionAction, InspectionCommand};
pub use self::event::{InspectionEvent, InspectionFigures, InspectionWhat};
pub use self::state::Inspection;
use crate::plan::refusal::refuse;
use crate::plan::{Refusal, key_of, made_from};

/// The aggregate's id: a UUID of version 8 made from the inspecting unit and the number of its decision.
pub fn id_of(authority: &str, decision: &str) -> Uuid {
    made_from(&format!("dean/inspection/{authority}/{}", key_of(decision)))
}

/// There is no such finding in the inspection.
pub fn no_such_finding(number: u16) -> Refusal {
    refuse("no-such-finding").field("finding").param("number", number)
}

impl cqrs_es::Aggregate for Inspection {
    const TYPE: &'static str = "Inspection";
    type Command = InspectionCommand;
    type Event = InspectionEvent;
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
