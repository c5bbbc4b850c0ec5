//! The `Plan` aggregate (kế hoạch năm): one per programme, authority and year. It holds the estimate (dự toán được giao), the ceilings of
//! the batches within it and what is approved in all of them, so every decision under the estimate gets an event here: two at once meet in
//! its version (docs/adr/0010).

pub mod authority;
pub mod command;
mod decide;
pub mod event;
pub mod refusal;
pub mod state;

use cqrs_es::event_sink::EventSink;
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use self::command::{Circumstances, PlanAction, PlanCommand};
pub(crate) use self::decide::{not_empty, positive};
pub use self::event::{PlanEvent, PlanFigures, PlanWhat};
pub use self::refusal::Refusal;
pub use self::state::Plan;
pub(crate) use self::state::key_of;
use crate::project::content::Level;

/// The aggregate's id: a UUID of version 8 made from programme, authority (unit id) and year, so that there is one plan for the three and
/// everybody finds it without an index.
pub fn id_of(level: Level, authority: &str, year: u16) -> Uuid {
    made_from(&format!("dean/plan/{}/{authority}/{year}", level.as_str()))
}

/// A UUID of version 8 made from what it names.
pub(crate) fn made_from(name: &str) -> Uuid {
    let digest = Sha256::digest(name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

impl cqrs_es::Aggregate for Plan {
    const TYPE: &'static str = "Plan";
    type Command = PlanCommand;
    type Event = PlanEvent;
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
