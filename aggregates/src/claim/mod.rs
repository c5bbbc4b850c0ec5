//! The `Claim` aggregate: what must be unique across the whole ledger, one small aggregate for each thing. Its id is made from the thing
//! itself, so whoever takes the thing writes to the same stream, and two at once meet in its version (docs/adr/0010, docs/adr/0011).

mod event;
pub mod keys;
pub mod refusal;
mod spelling;
mod state;
pub mod together;

use cqrs_es::event_sink::EventSink;
use uuid::Uuid;

pub use self::event::{
    BeneficiaryLinked, ClaimEvent, ClaimWhat, DecisionClaimed, DecisionPaper, OfBatch, OfProject, SupportClaimed,
    SupportKeyKind, Use,
};
pub use self::refusal::CODES;
pub use self::state::Claim;
pub use self::together::{Change, Register, SettleError, Settled};
use crate::plan::Refusal;

/// A claim is never asked for alone: it is taken with what takes it, see [`together`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClaimCommand {}

impl cqrs_es::Aggregate for Claim {
    const TYPE: &'static str = "Claim";
    type Command = ClaimCommand;
    type Event = ClaimEvent;
    type Error = Refusal;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        _sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        match command {}
    }

    fn apply(&mut self, event: Self::Event) {
        self.record(event);
    }
}

/// The aggregate's id: a UUID of version 8 made from the kind of thing and its key, see [`keys`].
pub fn id_of(kind: ClaimKind, key: &str) -> Uuid {
    crate::plan::made_from(&format!("dean/claim/{}/{key}", kind.as_str()))
}

/// What can be claimed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimKind {
    /// Mã đề án.
    Code,
    /// Số, ký hiệu của quyết định, per issuer and year.
    Decision,
    /// What a đề án is supported for.
    Support(SupportKeyKind),
}

impl ClaimKind {
    /// The word used in ids.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Code => "project-code",
            Self::Decision => "decision",
            Self::Support(kind) => kind.as_str(),
        }
    }
}
