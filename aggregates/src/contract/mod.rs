//! The `Contract` aggregate (hợp đồng): one signature over one or several đề án of one implementer. It knows what each of them has received
//! and how far it is, because each of their steps that changes this gets an event here in the same append (docs/adr/0012): so the settlement
//! clock, the reconciliation and the liquidation are judged on what is so, not on what was read.

mod authority;
pub mod codes;
pub mod command;
mod decide;
pub mod event;
pub mod state;
pub mod together;

use cqrs_es::event_sink::EventSink;
use uuid::Uuid;

pub use self::command::{ContractAction, ContractCommand};
pub use self::event::{ContractEvent, ContractFigures, ContractWhat};
pub use self::state::Contract;
use crate::plan::{Refusal, key_of, made_from};

/// The aggregate's id: a UUID of version 8 made from the unit that signs and the number, so that each authority has each number once.
pub fn id_of(authority: &str, number: &str) -> Uuid {
    made_from(&format!("dean/contract/{authority}/{}", key_of(number)))
}

impl cqrs_es::Aggregate for Contract {
    const TYPE: &'static str = "Contract";
    type Command = ContractCommand;
    type Event = ContractEvent;
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
