//! `decide` of a screening: rulings, and things filed by hand.

use serde::{Deserialize, Serialize};

use super::event::{DoubleSupportRuled, FiledItem, ItemWhat, ItemsFiled, ScreeningEvent, ScreeningWhat};
use super::rights::{self, Act};
use super::state::Screening;
use crate::claim::refusal::{DOUBLE_SUPPORT_RULE, refuse};
use crate::claim::{SupportKeyKind, keys};
use crate::personal::PersonalId;
use crate::plan::{Circumstances, Refusal, not_empty};
use crate::project::content::{Level, Units};
use crate::project::{Project, check_texts};

/// Most things filed at once.
const ITEMS_MAX: usize = 200;

/// A ruling that is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulingAsked {
    /// Number of the flag.
    pub flag: u16,
    /// Whether it is one and the same expense item.
    pub same: bool,
    /// Lý do.
    pub reason: String,
    /// The project's programme.
    pub level: Level,
    /// The project's units.
    pub units: Units,
}

/// Things to file.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ItemsToFile {
    /// Hóa đơn.
    #[serde(default)]
    pub invoices: Vec<FiledInvoice>,
    /// Máy.
    #[serde(default)]
    pub machines: Vec<FiledMachine>,
}

impl ItemsToFile {
    /// Whether there is nothing to file.
    pub const fn is_empty(&self) -> bool {
        self.invoices.is_empty() && self.machines.is_empty()
    }
}

/// An invoice to file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiledInvoice {
    /// Number of the support line.
    pub line: u16,
    /// Ký hiệu.
    #[serde(default)]
    pub symbol: String,
    /// Số.
    pub number: String,
    /// Mã số thuế người bán.
    pub seller: String,
}

/// A machine to file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FiledMachine {
    /// Number of the support line.
    pub line: u16,
    /// Số sê-ri.
    pub serial: String,
}

impl Screening {
    /// Rules on a flag: with a reason and the papers that it rests on. A later ruling takes the place of an earlier one.
    ///
    /// # Errors
    /// Rights and dates as for batches; `no-such-flag`, `ruling-without-evidence`, `nothing-changes`.
    pub fn rule(&self, asked: &RulingAsked, circumstances: &Circumstances) -> Result<ScreeningEvent, Refusal> {
        rights::check(Act::Rule, asked.level, &asked.units, &circumstances.actor)?;
        circumstances.check(self.last_on())?;
        not_empty(&asked.reason, "reason")?;
        check_texts(&asked.reason, "reason")?;
        let flag = self.flags().get(&asked.flag).filter(|flag| !flag.lapsed);
        let flag = flag.ok_or_else(|| refuse("no-such-flag").field("flag").param("flag", asked.flag))?;
        if circumstances.papers.is_empty() {
            return Err(refuse("ruling-without-evidence")
                .field("papers")
                .rule(DOUBLE_SUPPORT_RULE));
        }
        if flag.ruling.as_ref().is_some_and(|ruling| ruling.same == asked.same) {
            return Err(refuse("nothing-changes").field("same"));
        }
        let ruled = DoubleSupportRuled {
            flag: asked.flag,
            other: flag.hit.other.clone(),
            same: asked.same,
            reason: asked.reason.clone(),
        };
        Ok(event(ScreeningWhat::DoubleSupportRuled(ruled), circumstances))
    }

    /// Files things of a project's lines. Nothing to file is no fault: it asks for a screening.
    ///
    /// # Errors
    /// Rights and dates as for batches; `not-screened-yet`, `no-such-line`, `item-unreadable`, `item-repeated`, `tax-code-form`,
    /// `too-many`.
    pub(crate) fn file(
        &self,
        project: &Project,
        items: &ItemsToFile,
        keyed: &dyn Fn(&str) -> String,
        circumstances: &Circumstances,
    ) -> Result<Option<ScreeningEvent>, Refusal> {
        let (Some(level), Some(units), Some(content)) = (project.level(), project.units(), project.content()) else {
            return Err(refuse("no-such-project"));
        };
        rights::check(Act::FileItems, level, units, &circumstances.actor)?;
        circumstances.check(None)?;
        if !project.was_proposed() {
            return Err(refuse("not-screened-yet"));
        }
        check_texts(items, "")?;
        if items.invoices.len() + items.machines.len() > ITEMS_MAX {
            return Err(refuse("too-many").field("invoices").param("max", ITEMS_MAX));
        }
        for (index, invoice) in items.invoices.iter().enumerate() {
            if keys::seller(&invoice.seller).is_none() {
                return Err(refuse("tax-code-form").field(format!("invoices.{index}.seller")));
            }
        }
        let invoices = items.invoices.iter().enumerate().map(|(index, invoice)| {
            let key = keys::invoice(&invoice.number, &invoice.seller, keyed);
            let what = ItemWhat::Invoice {
                symbol: invoice.symbol.clone(),
                number: invoice.number.clone(),
                seller: PersonalId::new(invoice.seller.trim()),
            };
            (format!("invoices.{index}"), invoice.line, key, what)
        });
        let machines = items.machines.iter().enumerate().map(|(index, machine)| {
            let what = ItemWhat::Machine {
                serial: machine.serial.clone(),
            };
            (
                format!("machines.{index}"),
                machine.line,
                keys::serial(&machine.serial),
                what,
            )
        });
        let mut filed: Vec<FiledItem> = Vec::new();
        for (at, line, key, what) in invoices.chain(machines) {
            let named = match what.kind() {
                SupportKeyKind::Serial => "serial",
                _ => "number",
            };
            if !content.lines.iter().any(|known| known.number == line) {
                return Err(refuse("no-such-line").field(format!("{at}.line")).param("line", line));
            }
            let refused = |code| {
                let refusal = refuse(code).field(format!("{at}.{named}"));
                refusal.param("value", what.label()).param("what", what.kind().as_str())
            };
            let key = key.ok_or_else(|| refused("item-unreadable"))?;
            let is_known = |item: &FiledItem| (item.line, item.what.kind(), &item.key) == (line, what.kind(), &key);
            if self.items().iter().chain(&filed).any(is_known) {
                return Err(refused("item-repeated"));
            }
            filed.push(FiledItem { line, what, key });
        }
        let filed = ItemsFiled { items: filed };
        Ok((!filed.items.is_empty()).then(|| event(ScreeningWhat::ItemsFiled(filed), circumstances)))
    }
}

fn event(what: ScreeningWhat, circumstances: &Circumstances) -> ScreeningEvent {
    ScreeningEvent {
        actor_id: circumstances.actor.id.clone(),
        occurred_on: circumstances.occurred_on,
        what,
        papers: circumstances.papers.clone(),
        note: circumstances.note.clone(),
    }
}
