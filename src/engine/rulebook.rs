//! The published texts: lifecycles, rule sets, places. Files are only what gets published; what holds is what stands in the ledger.

use std::sync::{Arc, Mutex};

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::Role;
use dean_aggregates::calendar::{Calendar, Timetable};
use dean_aggregates::lifecycle::Lifecycle;
use dean_aggregates::places::Places;
use dean_aggregates::places::publication::{PlaceList, PlaceListError};
use dean_aggregates::project::content::Level;
use dean_aggregates::project::event::Pin;
use dean_aggregates::publication::{Publication, PublicationError, PublicationEvent, PublicationKind};
use dean_aggregates::published::{Pinned, Problem, Published};
use dean_aggregates::rules::RuleSet;
use dean_aggregates::stored;
use dean_ledger::{AppendError, Ledger, LedgerError};
/// A text that comes with the program.
pub struct BuiltIn {
    /// What it is.
    pub kind: PublicationKind,
    /// Its path in the repository, for problems.
    pub file: &'static str,
    /// The text.
    pub text: &'static str,
}

macro_rules! built_in {
    ($($kind:ident $file:literal),* $(,)?) => {
        &[$(BuiltIn { kind: PublicationKind::$kind, file: $file, text: include_str!(concat!("../../", $file)) }),*]
    };
}

/// The texts that come with the program, in the order in which they are published.
pub const BUILT_IN: &[BuiltIn] = built_in![
    Places "rules/places-2004.toml",
    Rules "rules/norms-national-2014-04-08.toml",
    Rules "rules/norms-national-2018-05-11.toml",
    Rules "rules/norms-son-la-2025-01-01.toml",
    Lifecycle "lifecycles/kcqg-2014-02-10.toml",
    Lifecycle "lifecycles/kcdp-2014-02-10.toml",
    Lifecycle "lifecycles/kcqg-2014-02-10-2.toml",
    Lifecycle "lifecycles/kcdp-2014-02-10-2.toml",
    Lifecycle "lifecycles/kcdp-pay-after-2014-02-10.toml",
    Lifecycle "lifecycles/kcdp-recoverable-2014-02-10.toml",
    Lifecycle "lifecycles/kcqg-2014-02-10-3.toml",
    Lifecycle "lifecycles/kcdp-2014-02-10-3.toml",
    Lifecycle "lifecycles/kcdp-pay-after-2014-02-10-2.toml",
    Lifecycle "lifecycles/kcdp-recoverable-2014-02-10-2.toml",
    Lifecycle "lifecycles/kcdp-pay-after-2014-02-10-3.toml",
];

/// Publishing or finding a text failed.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// The text is not valid.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Invalid(Vec<Problem>),
    /// The aggregate refuses, e.g. other text under an existing version.
    #[error(transparent)]
    Refused(#[from] PublicationError),
    /// A project is pinned to a text that the ledger does not hold.
    #[error("the ledger holds no lifecycle {code} {version}")]
    UnknownLifecycle {
        /// Code.
        code: String,
        /// Version.
        version: String,
    },
    /// No published text is in force on a day.
    #[error("no {what} is in force on {date}")]
    NothingInForce {
        /// Lifecycle, rules, places.
        what: &'static str,
        /// The day.
        date: NaiveDate,
    },
    /// A published text can't be read by this program.
    #[error("position {position} holds a published text that this program can't read: {cause}")]
    Unreadable {
        /// Where.
        position: u64,
        /// Why.
        cause: String,
    },
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The ledger did not take the publication.
    #[error(transparent)]
    Append(#[from] AppendError),
    /// The list of places is refused, e.g. one that lacks provinces.
    #[error(transparent)]
    Places(PlaceListError),
    /// Only an administrator publishes.
    #[error("texts are published by an administrator, not by {0}; publish it as one")]
    NotYourRole(Role),
}

/// Every published text, parsed.
#[derive(Debug, Clone, Default)]
pub struct Rulebook {
    lifecycles: Vec<Arc<Pinned<Lifecycle>>>,
    rules: Vec<Arc<Pinned<RuleSet>>>,
    pub(super) places: Option<Arc<Places>>,
    timetable: Arc<Timetable>,
    /// Lifecycles with words that this program doesn't know: a newer version of it, which runs beside this one, has published them.
    /// Projects of the others go on; whatever would need one of these is refused.
    unreadable: Vec<UnreadableLifecycle>,
}

#[derive(Debug, Clone)]
struct UnreadableLifecycle {
    position: u64,
    pin: Pin,
    validity: (NaiveDate, Option<NaiveDate>),
    cause: String,
}

impl UnreadableLifecycle {
    fn refusal(&self) -> PublishError {
        PublishError::Unreadable {
            position: self.position,
            cause: self.cause.clone(),
        }
    }
}

impl Rulebook {
    /// All lifecycles, in order of publication.
    pub fn lifecycles(&self) -> &[Arc<Pinned<Lifecycle>>] {
        &self.lifecycles
    }

    /// All rule sets, in order of publication.
    pub fn rule_sets(&self) -> &[Arc<Pinned<RuleSet>>] {
        &self.rules
    }

    /// The lifecycle that a project is pinned to.
    pub fn lifecycle(&self, pin: &Pin) -> Result<Arc<Pinned<Lifecycle>>, PublishError> {
        self.lifecycles
            .iter()
            .find(|lifecycle| lifecycle.pin == *pin)
            .cloned()
            .ok_or_else(|| match self.unreadable.iter().find(|other| other.pin == *pin) {
                Some(unreadable) => unreadable.refusal(),
                None => PublishError::UnknownLifecycle {
                    code: pin.code.clone(),
                    version: pin.version.clone(),
                },
            })
    }

    /// A version of a lifecycle.
    pub fn lifecycle_version(&self, code: &str, version: &str) -> Option<Arc<Pinned<Lifecycle>>> {
        self.lifecycles
            .iter()
            .find(|lifecycle| lifecycle.pin.code == code && lifecycle.pin.version == version)
            .cloned()
    }

    /// Whether a version was replaced by another one: it entered into force before it or, of the same first day, was published before it.
    pub fn is_older(&self, one: &Pin, than: &Pin) -> bool {
        let place = |pin: &Pin| {
            let found = self.lifecycles.iter().enumerate().find(|(_, known)| known.pin == *pin);
            found.map(|(index, known)| (known.value.valid_from, index))
        };
        place(one).zip(place(than)).is_some_and(|(one, than)| one < than)
    }

    /// The lifecycle for projects of a programme (and of a province, where it is local) drafted on a day: the newest in force of the code
    /// that they name, or of those that hold without being named; the province's own before the general one. Of the same first day, the
    /// one published last.
    pub fn lifecycle_for(
        &self,
        (level, province): (Level, Option<&str>),
        code: Option<&str>,
        date: NaiveDate,
    ) -> Result<Arc<Pinned<Lifecycle>>, PublishError> {
        let holds_there = |own: Option<&str>| own.is_none() || own == province;
        let found = self
            .lifecycles
            .iter()
            .filter(|lifecycle| lifecycle.value.level == level && in_force(lifecycle.value.validity(), date))
            .filter(|lifecycle| holds_there(lifecycle.value.province.as_deref()))
            .filter(|lifecycle| code.map_or(!lifecycle.value.by_name, |code| lifecycle.pin.code == code))
            .max_by_key(|lifecycle| (lifecycle.value.province.is_some(), lifecycle.value.validity().0))
            .ok_or(PublishError::NothingInForce {
                what: "lifecycle",
                date,
            })?;
        // A newer version would hold, if only it could be read.
        let newer = self.unreadable.iter().find(|other| {
            other.pin.code == found.pin.code
                && in_force(other.validity, date)
                && other.validity.0 >= found.value.valid_from
        });
        newer.map_or_else(|| Ok(found.clone()), |newer| Err(newer.refusal()))
    }

    /// The rules for a decision of a day, and whether they are another authority's: without a province's own rules the national ones
    /// apply, visibly flagged.
    pub fn rules_for(
        &self,
        level: Level,
        province: &str,
        date: NaiveDate,
    ) -> Result<(Arc<Pinned<RuleSet>>, bool), PublishError> {
        let newest = |wanted: Option<&str>| {
            self.rules
                .iter()
                .filter(|rules| rules.value.province.as_deref() == wanted && in_force(rules.value.validity(), date))
                .max_by_key(|rules| rules.value.validity().0)
                .cloned()
        };
        if level == Level::Local
            && let Some(own) = newest(Some(province))
        {
            return Ok((own, false));
        }
        let national = newest(None).ok_or(PublishError::NothingInForce { what: "rules", date })?;
        Ok((national, level == Level::Local))
    }

    /// The same for a decision of an earlier date than the act that records it: nobody gets other norms by recording it later. A date before
    /// all norms, which no paper of this programme bears, has those of the act.
    pub fn rules_decided(
        &self,
        level: Level,
        province: &str,
        (decided, occurred_on): (NaiveDate, NaiveDate),
    ) -> Result<(Arc<Pinned<RuleSet>>, bool), PublishError> {
        let of_decision = self.rules_for(level, province, decided.min(occurred_on));
        of_decision.or_else(|_| self.rules_for(level, province, occurred_on))
    }

    /// Provinces and agencies.
    pub fn places(&self) -> Arc<Places> {
        self.places.clone().unwrap_or_default()
    }

    /// Calendars, guidance, service levels, reminder levels.
    pub fn timetable(&self) -> Arc<Timetable> {
        Arc::clone(&self.timetable)
    }

    pub(super) fn timetable_mut(&mut self) -> &mut Timetable {
        Arc::make_mut(&mut self.timetable)
    }

    /// Takes in a published text, which stands at a position of the ledger.
    pub(crate) fn add(&mut self, event: &PublicationEvent, position: u64) -> Result<(), Vec<Problem>> {
        let file = format!("{}-{}.toml", event.code, event.version);
        match event.kind {
            PublicationKind::Lifecycle => match Pinned::parse(&file, &event.text) {
                Ok(lifecycle) => self.lifecycles.push(Arc::new(lifecycle)),
                Err(problems) => self.unreadable.push(UnreadableLifecycle {
                    position,
                    pin: Pin {
                        code: event.code.clone(),
                        version: event.version.clone(),
                        sha256: event.sha256.clone(),
                    },
                    validity: (event.valid_from, event.valid_to),
                    cause: words(&problems),
                }),
            },
            PublicationKind::Rules => self.rules.push(Arc::new(Pinned::parse(&file, &event.text)?)),
            PublicationKind::Places => self.add_places(Places::parse_text(&file, &event.text)?),
        }
        Ok(())
    }
}

fn words(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn in_force((from, to): (NaiveDate, Option<NaiveDate>), date: NaiveDate) -> bool {
    from <= date && to.is_none_or(|to| date <= to)
}

/// Holds the parsed texts and reads on when the ledger has grown: another process may have published.
pub(super) struct Shelf(Mutex<Read>);

struct Read {
    up_to: u64,
    rulebook: Arc<Rulebook>,
}

impl Shelf {
    pub(super) async fn load(ledger: &Ledger) -> Result<Self, PublishError> {
        let shelf = Self(Mutex::new(Read {
            up_to: 0,
            rulebook: Arc::default(),
        }));
        shelf.current(ledger).await?;
        Ok(shelf)
    }

    pub(super) async fn current(&self, ledger: &Ledger) -> Result<Arc<Rulebook>, PublishError> {
        let head = *ledger.watch().borrow();
        let (up_to, rulebook) = {
            let read = self.lock();
            (read.up_to, read.rulebook.clone())
        };
        if up_to > 0 && up_to >= head {
            return Ok(rulebook);
        }
        let types = [Publication::TYPE, Calendar::TYPE, PlaceList::TYPE];
        let published = ledger.read_types(types, up_to).await?;
        let mut grown = if published.is_empty() {
            rulebook
        } else {
            Arc::new((*rulebook).clone())
        };
        for recorded in &published {
            let unreadable = |cause: String| PublishError::Unreadable {
                position: recorded.position,
                cause,
            };
            let payload = recorded.payload.clone();
            if recorded.aggregate_type != Publication::TYPE {
                Arc::make_mut(&mut grown).add_calendar_or_places(recorded);
                continue;
            }
            let event: PublicationEvent = stored::read(
                stored::PUBLICATION,
                &recorded.event_type,
                &recorded.event_version,
                payload,
            )
            .map_err(|error| unreadable(error.to_string()))?;
            Arc::make_mut(&mut grown)
                .add(&event, recorded.position)
                .map_err(|problems| unreadable(words(&problems)))?;
        }
        let mut read = self.lock();
        if head >= read.up_to {
            *read = Read {
                up_to: head.max(published.last().map_or(0, |last| last.position)),
                rulebook: grown.clone(),
            };
        }
        Ok(grown)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Read> {
        // The guarded value is replaced whole, so a panic elsewhere can't have left it half-written.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use dean_aggregates::publication::PublicationCommand;
    use dean_aggregates::published::sha256_hex;

    use super::*;

    fn published(version: &str, from: &str, edit: (&str, &str)) -> PublicationEvent {
        let text = include_str!("../../lifecycles/kcqg-2014-02-10.toml")
            .replace("version = \"2014-02-10\"", &format!("version = \"{version}\""))
            .replace("valid_from = \"2014-02-10\"", &format!("valid_from = \"{from}\""))
            .replace(edit.0, edit.1);
        PublicationEvent {
            kind: PublicationKind::Lifecycle,
            code: "kcqg".to_owned(),
            version: version.to_owned(),
            valid_from: from.parse().expect("a day"),
            valid_to: None,
            sha256: sha256_hex(&text),
            text,
        }
    }

    /// As the version before this one met `requires`, this one will meet words of the next.
    #[test]
    fn a_lifecycle_of_a_newer_program_stops_only_what_needs_it() {
        let mut rulebook = Rulebook::default();
        let known = published("2014-02-10", "2014-02-10", ("", ""));
        let newer = published(
            "2026-01-01",
            "2026-01-01",
            ("archive_years = 10", "archive_years = 10\nmood = \"good\""),
        );
        let pin = |event: &PublicationEvent| Pin {
            code: event.code.clone(),
            version: event.version.clone(),
            sha256: event.sha256.clone(),
        };
        rulebook.add(&known, 1).expect("taken in");
        rulebook.add(&newer, 2).expect("kept aside");
        assert!(rulebook.lifecycle(&pin(&known)).is_ok());
        let day = |text: &str| text.parse::<NaiveDate>().expect("a day");
        assert!(
            rulebook
                .lifecycle_for((Level::National, None), None, day("2025-12-31"))
                .is_ok()
        );
        for refused in [
            rulebook.lifecycle(&pin(&newer)),
            rulebook.lifecycle_for((Level::National, None), None, day("2026-01-01")),
        ] {
            let cause = refused.expect_err("it can't be read").to_string();
            assert!(
                cause.contains("position 2") && cause.contains("unknown field `mood`"),
                "{cause}"
            );
        }
    }

    #[test]
    fn a_draft_gets_the_lifecycle_that_it_names_or_the_rule() {
        let mut rulebook = Rulebook::default();
        for (position, built_in) in (1..).zip(BUILT_IN.iter().filter(|text| text.kind == PublicationKind::Lifecycle)) {
            let PublicationCommand::Publish {
                kind,
                code,
                version,
                valid_from,
                valid_to,
                text,
            } = built_in.command().expect("a valid text");
            let event = PublicationEvent {
                kind,
                code,
                version,
                valid_from,
                valid_to,
                sha256: sha256_hex(&text),
                text,
            };
            rulebook.add(&event, position).expect("taken in");
        }
        let on = "2020-01-01".parse().expect("a day");
        let chosen = |level, code| {
            let found = rulebook
                .lifecycle_for((level, Some("lai-chau")), code, on)
                .expect("in force");
            (found.pin.code.clone(), found.pin.version.clone())
        };
        let is = |code: &str, version: &str| (code.to_owned(), version.to_owned());
        assert_eq!(chosen(Level::National, None), is("kcqg", "2014-02-10-3"));
        assert_eq!(chosen(Level::Local, None), is("kcdp", "2014-02-10-3"));
        assert_eq!(
            chosen(Level::Local, Some("kcdp-recoverable")),
            is("kcdp-recoverable", "2014-02-10-2")
        );
        assert!(
            rulebook
                .lifecycle_for((Level::National, None), Some("kcdp-recoverable"), on)
                .is_err()
        );

        // A province's own is the rule there from its first day, and nowhere else; the older general one doesn't come back by name.
        let text = include_str!("../../lifecycles/kcdp-2014-02-10-3.toml")
            .replace("code = \"kcdp\"", "code = \"kcdp-lai-chau\"")
            .replace("version = \"2014-02-10-3\"", "version = \"2019-01-01\"")
            .replace(
                "valid_from = \"2014-02-10\"",
                "valid_from = \"2019-01-01\"\nprovince = \"lai-chau\"",
            );
        let own = PublicationEvent {
            kind: PublicationKind::Lifecycle,
            code: "kcdp-lai-chau".to_owned(),
            version: "2019-01-01".to_owned(),
            valid_from: "2019-01-01".parse().expect("a day"),
            valid_to: None,
            sha256: sha256_hex(&text),
            text,
        };
        rulebook.add(&own, 100).expect("taken in");
        let code_for = |province, day: &str, code| {
            let found = rulebook.lifecycle_for((Level::Local, Some(province)), code, day.parse().expect("a day"));
            found.map(|found| found.pin.code.clone()).ok()
        };
        assert_eq!(
            code_for("lai-chau", "2020-01-01", None).as_deref(),
            Some("kcdp-lai-chau")
        );
        assert_eq!(code_for("lai-chau", "2018-12-31", None).as_deref(), Some("kcdp"));
        assert_eq!(code_for("son-la", "2020-01-01", None).as_deref(), Some("kcdp"));
        assert_eq!(code_for("son-la", "2020-01-01", Some("kcdp-lai-chau")), None);
    }
}
