//! The `Project` aggregate (đề án).

pub mod action;
pub mod action_kind;
mod action_money;
mod action_review;
pub mod command;
pub mod content;
pub mod contracted;
mod decide;
pub mod error;
pub mod event;
mod figures;
pub mod imported;
pub mod month;
pub mod moving;
pub mod papers;
mod record;
pub mod standing;
pub mod state;

pub use self::action::Action;
pub use self::action_kind::ActionKind;
pub use self::command::{Context, ProjectCommand};
pub(crate) use self::decide::{check_papers, check_texts};
pub use self::error::ProjectError;
pub use self::event::{ProjectEvent, What};
pub use self::standing::Standing;
pub use self::state::Project;

use cqrs_es::event_sink::EventSink;

impl cqrs_es::Aggregate for Project {
    const TYPE: &'static str = "Project";
    type Command = ProjectCommand;
    type Event = ProjectEvent;
    type Error = ProjectError;
    type Services = ();

    async fn handle(
        &mut self,
        command: Self::Command,
        (): &Self::Services,
        sink: &EventSink<Self>,
    ) -> Result<(), Self::Error> {
        for event in self.decide(&command)? {
            sink.write(event, self).await;
        }
        Ok(())
    }

    fn apply(&mut self, event: Self::Event) {
        self.record(&event);
        self.standing = event.after;
    }
}
