//! Machines filed by hand, rulings on double support, and calendars.

use dean_aggregates::actor::{Party, Role};
use dean_aggregates::calendar::CalendarKind;
use dean_aggregates::lifecycle::Taker;
use dean_aggregates::project::Project;
use dean_aggregates::project::content::Units;
use dean_aggregates::screening::{FiledMachine, ItemsToFile, RulingAsked};

use super::{Chooser, Flaw};
use crate::asked::{Asked, Attempt};

const CALENDARS: [&str; 3] = [
    include_str!("../../../../rules/working-days-2021.toml"),
    include_str!("../../../../rules/working-days-2022.toml"),
    include_str!("../../../../rules/deadlines-2014-02-10.toml"),
];

const OFFICERS: [Taker; 2] = [
    Taker {
        party: Party::Department,
        role: Role::DepartmentOfficer,
    },
    Taker {
        party: Party::Department,
        role: Role::DepartmentDirector,
    },
];

impl Chooser<'_> {
    pub(super) fn act_on_screening(&mut self) -> Option<Attempt> {
        let known = self.world.all.projects.len();
        let project = self.dice.index(known);
        if self.dice.chance(50) && !self.world.screening(project).flags().is_empty() {
            return self.rule(project);
        }
        let serial = match self.flaw {
            Flaw::Silence => "-".to_owned(),
            // Now and then one that another đề án has too.
            _ if self.dice.chance(30) => format!("SN-{}", self.dice.below(3)),
            _ => {
                *self.papers += 1;
                format!("SN-X{}", *self.papers)
            }
        };
        let line = if self.has(Flaw::Thing) { 99 } else { 1 };
        let items = ItemsToFile {
            machines: vec![FiledMachine { line, serial }],
            ..ItemsToFile::default()
        };
        let units = self.units(project);
        let actor = self.somebody(&OFFICERS, &units, "file");
        Some(self.attempt_by("file-items", Asked::File(project, items), actor, &[]))
    }

    /// A ruling on a flag of a đề án; most are about another thing.
    pub(super) fn rule(&mut self, project: usize) -> Option<Attempt> {
        let known = self.world.project(project);
        let open: Vec<u16> = self.world.screening(project).flags().keys().copied().collect();
        let flag = if self.has(Flaw::Thing) {
            999
        } else {
            *self.dice.pick(&open)?
        };
        let ruling = RulingAsked {
            flag,
            same: self.dice.chance(20),
            reason: self.text("Hai máy khác nhau."),
            level: known.level()?,
            units: known.units()?.clone(),
        };
        let units = self.units(project);
        let actor = self.somebody(&OFFICERS, &units, "rule");
        let asked = Asked::Rule(project, ruling);
        Some(self.attempt_by("rule-on-double-support", asked, actor, &["tai-lieu-ket-luan"]))
    }

    /// A calendar, new or again; edited in place where a thing is what is wrong.
    pub(super) fn publish(&mut self) -> Option<Attempt> {
        let mut text = (*self.dice.pick(&CALENDARS)?).to_owned();
        if self.has(Flaw::Thing) {
            text.push_str("# edited\n");
        }
        let kind = CalendarKind::of(&text);
        let actor = self.person(Role::Administrator, "quan-tri", "publish");
        Some(self.attempt_by("publish-calendar", Asked::Publish(kind, text), actor, &[]))
    }

    pub(super) fn units(&self, project: usize) -> Units {
        let known: &Project = self.world.project(project);
        known.units().cloned().unwrap_or_default()
    }
}
