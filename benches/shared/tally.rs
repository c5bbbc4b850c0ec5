//! The aggregate of all contestants: it only counts, so that what is measured is the way of a command and not its decision.

use std::sync::LazyLock;

use cqrs_es::event_sink::EventSink;
use cqrs_es::{Aggregate, DomainEvent};
use serde::{Deserialize, Serialize};

pub(crate) const COMMANDS_PER_AGGREGATE: u64 = 5;
/// Roughly; the payload as JSON.
pub(crate) const PAYLOAD_BYTES: usize = 400;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Tally {
    noted: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Noted {
    number: u64,
    text: String,
}

impl DomainEvent for Noted {
    fn event_type(&self) -> String {
        "Noted".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

#[derive(Debug, thiserror::Error)]
#[error("never refused")]
pub(crate) struct Never;

impl Aggregate for Tally {
    const TYPE: &'static str = "Tally";
    type Command = String;
    type Event = Noted;
    type Error = Never;
    type Services = ();

    async fn handle(&mut self, text: String, (): &(), sink: &EventSink<Self>) -> Result<(), Never> {
        let number = self.noted + 1;
        sink.write(Noted { number, text }, self).await;
        Ok(())
    }

    fn apply(&mut self, event: Noted) {
        self.noted = event.number;
    }
}

/// What a command carries.
pub(crate) fn text() -> String {
    static TEXT: LazyLock<String> = LazyLock::new(make_text);
    TEXT.clone()
}

fn make_text() -> String {
    const SENTENCE: &str = "Điều chỉnh tiến độ thực hiện đề án theo biên bản kiểm tra. ";
    let mut text = String::with_capacity(PAYLOAD_BYTES);
    let frame = r#"{"number":1,"text":""}"#.len();
    for letter in SENTENCE.chars().cycle() {
        if frame + text.len() + letter.len_utf8() > PAYLOAD_BYTES {
            return text;
        }
        text.push(letter);
    }
    text
}
