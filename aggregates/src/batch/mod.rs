//! The `Batch` aggregate (đợt): candidates in their legal order, a ceiling, and the decisions on many đề án at once.

pub mod alone;
pub mod candidate;
pub mod command;
mod decide;
pub mod event;
pub mod ranking;
pub mod state;
pub mod together;

use cqrs_es::event_sink::EventSink;
use uuid::Uuid;

pub use self::command::{BatchAction, BatchCommand};
pub use self::event::{BatchEvent, BatchFigures, BatchWhat};
pub use self::state::Batch;
use crate::plan::{Refusal, made_from};

/// The aggregate's id: a UUID of version 8 made from its plan and its number, so that a plan has each number once.
pub fn id_of(plan: Uuid, number: u16) -> Uuid {
    made_from(&format!("dean/batch/{plan}/{number}"))
}

impl cqrs_es::Aggregate for Batch {
    const TYPE: &'static str = "Batch";
    type Command = BatchCommand;
    type Event = BatchEvent;
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
