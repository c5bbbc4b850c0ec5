//! What a screening remembers.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::event::{FiledItem, Held, RaisedFlag, ScreeningEvent, ScreeningWhat};
use crate::claim::refusal::{DOUBLE_SUPPORT_RULE, refuse};
use crate::plan::Refusal;
use crate::project::papers::Paper;

/// Rà soát hỗ trợ trùng of one project.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Screening {
    held: Vec<Held>,
    items: Vec<FiledItem>,
    flags: BTreeMap<u16, Flag>,
    last_on: Option<NaiveDate>,
}

/// A hit and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// The hit.
    pub hit: RaisedFlag,
    /// When it was found.
    pub raised_on: NaiveDate,
    /// Whether its ground is gone: this project or the other no longer asks for it.
    pub lapsed: bool,
    /// The last ruling.
    pub ruling: Option<Ruling>,
}

/// How an officer ruled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruling {
    /// Whether it is one and the same expense item.
    pub same: bool,
    /// Lý do.
    pub reason: String,
    /// Who: the actor's id.
    pub officer: String,
    /// Business date.
    pub ruled_on: NaiveDate,
    /// Its evidence.
    pub papers: Vec<Paper>,
}

impl Flag {
    /// Whether nobody has ruled yet.
    pub const fn is_open(&self) -> bool {
        !self.lapsed && self.ruling.is_none()
    }

    /// The ruling that it is the same expense item.
    pub fn same(&self) -> Option<&Ruling> {
        self.ruling.as_ref().filter(|ruling| ruling.same && !self.lapsed)
    }
}

impl Screening {
    /// What the project holds.
    pub fn held(&self) -> &[Held] {
        &self.held
    }

    /// Invoices and machines filed by hand.
    pub fn items(&self) -> &[FiledItem] {
        &self.items
    }

    /// Hits by number, those whose ground is gone too.
    pub const fn flags(&self) -> &BTreeMap<u16, Flag> {
        &self.flags
    }

    /// Whether money may be committed or paid as far as double support goes.
    ///
    /// # Errors
    /// `double-support`, which nothing overrides; `double-support-open` until an officer has ruled.
    pub fn check(&self, code: &str) -> Result<(), Refusal> {
        let refused = |name, flags: &[&Flag]| {
            let mut others: Vec<&str> = flags.iter().map(|flag| flag.hit.other.code.as_str()).collect();
            others.sort_unstable();
            others.dedup();
            refuse(name)
                .rule(DOUBLE_SUPPORT_RULE)
                .param("project", code)
                .param("others", others.join(", "))
        };
        let same: Vec<&Flag> = self.flags.values().filter(|flag| flag.same().is_some()).collect();
        if let Some(ruling) = same.first().and_then(|flag| flag.same()) {
            return Err(refused("double-support", &same)
                .param("officer", &ruling.officer)
                .param("date", ruling.ruled_on));
        }
        let open: Vec<&Flag> = self.flags.values().filter(|flag| flag.is_open()).collect();
        if open.is_empty() {
            return Ok(());
        }
        Err(refused("double-support-open", &open))
    }

    pub(super) const fn last_on(&self) -> Option<NaiveDate> {
        self.last_on
    }

    pub(super) fn record(&mut self, event: ScreeningEvent) {
        match event.what {
            ScreeningWhat::ItemsFiled(filed) => self.items.extend(filed.items),
            ScreeningWhat::SupportScreened(screened) => {
                self.held = screened.held;
                for number in screened.lapsed {
                    if let Some(flag) = self.flags.get_mut(&number) {
                        flag.lapsed = true;
                    }
                }
                for hit in screened.raised {
                    let flag = Flag {
                        raised_on: event.occurred_on,
                        lapsed: false,
                        ruling: None,
                        hit,
                    };
                    self.flags.insert(flag.hit.number, flag);
                }
            }
            ScreeningWhat::DoubleSupportRuled(ruled) => {
                // Steps of the project may be dated earlier than a ruling; rulings may not.
                self.last_on = self.last_on.max(Some(event.occurred_on));
                if let Some(flag) = self.flags.get_mut(&ruled.flag) {
                    flag.ruling = Some(Ruling {
                        same: ruled.same,
                        reason: ruled.reason,
                        officer: event.actor_id,
                        ruled_on: event.occurred_on,
                        papers: event.papers,
                    });
                }
            }
            ScreeningWhat::ScreeningPassed(_) => {}
        }
    }
}
