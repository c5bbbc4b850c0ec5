//! Who decides a change follows from what really changes, not from what the form says, by the lifecycle's matrix.

use std::collections::{BTreeMap, BTreeSet};

use super::super::error::{ProjectError, refuse};
use super::Case;
use crate::lifecycle::{Authority, ChangeKind};
use crate::money::Dong;
use crate::project::action::{Change, ContentPart};
use crate::project::content::{Beneficiary, Content, Place, SupportLine};

impl Case<'_> {
    pub(super) fn check_authority(
        &self,
        content: &Content,
        change: &Change,
        before: Dong,
        after: Dong,
    ) -> Result<(), ProjectError> {
        let given = self.step.authority.unwrap_or(Authority::Department);
        for what in changes(content, change, before, after) {
            let rule = self.lifecycle.changes.iter().find(|rule| rule.fits(what, content.kind));
            // A text without the row would not have been published; whoever decides most decides this.
            let needed = rule.map_or(Authority::Ministry, |rule| rule.authority);
            if given < needed {
                let article = rule.map_or(self.step.article.as_str(), |rule| rule.article.as_str());
                return Err(refuse("authority")
                    .field("change.what")
                    .rule(article)
                    .param("expected", needed.as_str())
                    .param("given", given.as_str()));
            }
        }
        Ok(())
    }
}

/// Everything that the adjustment changes.
fn changes(content: &Content, change: &Change, before: Dong, after: Dong) -> BTreeSet<ChangeKind> {
    let mut found = BTreeSet::new();
    match change {
        Change::Support { .. } => {
            found.insert(ChangeKind::SupportLowered);
        }
        Change::Time { .. } => {
            found.insert(ChangeKind::Time);
        }
        Change::Content { part, content: new } => {
            found.insert(match part {
                ContentPart::Activity => ChangeKind::Activity,
                ContentPart::Place => ChangeKind::Place,
                ContentPart::Beneficiary => ChangeKind::Beneficiary,
                ContentPart::Partner => ChangeKind::Partner,
                ContentPart::Other => ChangeKind::Other,
            });
            found.extend(content_changes(content, new));
        }
    }
    if after > before {
        found.remove(&ChangeKind::SupportLowered);
        found.insert(ChangeKind::SupportRaised);
    }
    found
}

fn content_changes(old: &Content, new: &Content) -> impl Iterator<Item = ChangeKind> {
    [
        (ChangeKind::Activity, kinds(old) != kinds(new)),
        (ChangeKind::Place, places(old) != places(new)),
        (ChangeKind::Beneficiary, beneficiaries(old) != beneficiaries(new)),
        (ChangeKind::Partner, old.coordinators != new.coordinators),
        (
            ChangeKind::Time,
            (old.starts_on, old.ends_on) != (new.starts_on, new.ends_on),
        ),
        (ChangeKind::SupportLowered, supports(old) != supports(new)),
        (ChangeKind::Other, rest(old) != rest(new)),
    ]
    .into_iter()
    .filter_map(|(kind, differs)| differs.then_some(kind))
}

/// The activities of a content: its kinds of support, each once.
fn kinds(content: &Content) -> BTreeSet<&str> {
    content.lines.iter().map(|line| line.kind.as_str()).collect()
}

fn places(content: &Content) -> Vec<&Place> {
    let of_firms = content.beneficiaries.iter().map(|beneficiary| &beneficiary.place);
    of_firms.chain(content.lines.iter().map(|line| &line.place)).collect()
}

/// Who benefits, wherever they produce, and from which line.
fn beneficiaries(content: &Content) -> (Vec<Beneficiary>, BTreeMap<u16, Option<u16>>) {
    let nowhere = Place {
        province: String::new(),
        district: None,
        commune: None,
        priority: crate::project::content::PlacePriority::None,
    };
    let firms = content.beneficiaries.iter().map(|beneficiary| Beneficiary {
        place: nowhere.clone(),
        ..beneficiary.clone()
    });
    let lines = content.lines.iter().map(|line| (line.number, line.beneficiary));
    (firms.collect(), lines.collect())
}

/// What each line is supported with: moving money between lines is more than a change of place or beneficiary.
fn supports(content: &Content) -> BTreeMap<u16, Dong> {
    content.lines.iter().map(|line| (line.number, line.support)).collect()
}

/// What no other kind of change speaks of: name, selection, text, results, and the lines' items, costs and units.
fn rest(content: &Content) -> impl PartialEq + '_ {
    let line = |line: &SupportLine| {
        (
            line.number,
            line.item.clone(),
            line.cost,
            line.counterpart,
            line.units,
            (line.source, line.year, line.priority_uplift),
        )
    };
    (
        content.name.as_str(),
        content.selection,
        &content.body,
        &content.results,
        content.lines.iter().map(line).collect::<Vec<_>>(),
    )
}
