//! The figures of a report: those that the ledger had at a position, and those that the officer states.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::money::Dong;
use crate::project::Project;
use crate::project::content::Level;
use crate::project::standing::Phase;

/// What the ledger says: of each đề án the events up to a position, without those from the first one on that is dated after a day. Whoever
/// reads it so gets the same, whatever is recorded later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drawn {
    /// The ledger's position up to which it was read.
    pub position: u64,
    /// The day to whose end that is, by the dates on the papers: the period's last, or the day of the filing where that is earlier.
    pub as_of: NaiveDate,
    /// Năm kế hoạch of the đề án that are counted: the period's year.
    pub plan_year: u16,
    /// Each programme with any đề án of the unit.
    pub programmes: Vec<ProgrammeFigures>,
}

/// The figures of one programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgrammeFigures {
    /// Programme.
    pub level: Level,
    /// Số đề án.
    pub projects: u32,
    /// How many stand in which phase; phases with none are left out.
    pub by_phase: BTreeMap<Phase, u32>,
    /// Kinh phí hỗ trợ được phê duyệt, đồng.
    pub approved: Dong,
    /// Đã giải ngân, đồng.
    pub disbursed: Dong,
    /// Được quyết toán, đồng.
    pub settled: Dong,
    /// Kinh phí đối ứng as committed for what is approved, đồng.
    pub counterpart: Dong,
}

/// What the officer states of a programme.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stated {
    /// Programme.
    pub level: Level,
    /// Số đề án.
    pub projects: u32,
    /// Kinh phí hỗ trợ được phê duyệt, đồng.
    pub approved: Dong,
    /// Đã giải ngân, đồng.
    pub disbursed: Dong,
    /// Được quyết toán, đồng.
    pub settled: Dong,
    /// Kinh phí đối ứng, đồng.
    pub counterpart: Dong,
}

/// A figure that the officer states otherwise than the ledger has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Programme.
    pub level: Level,
    /// Which figure: a field of [`Stated`].
    pub figure: String,
    /// By the ledger; đồng, or projects.
    pub drawn: u64,
    /// As stated.
    pub stated: u64,
}

impl ProgrammeFigures {
    /// Of nothing.
    pub const fn none(level: Level) -> Self {
        Self {
            level,
            projects: 0,
            by_phase: BTreeMap::new(),
            approved: Dong::ZERO,
            disbursed: Dong::ZERO,
            settled: Dong::ZERO,
            counterpart: Dong::ZERO,
        }
    }

    /// Counts a đề án in.
    pub fn add(&mut self, project: &Project) {
        let money = project.figures();
        self.projects += 1;
        *self.by_phase.entry(project.standing().phase).or_default() += 1;
        self.approved = self.approved.saturating_add(money.approved);
        self.disbursed = self.disbursed.saturating_add(money.disbursed);
        self.settled = self.settled.saturating_add(money.settled);
        let is_approved = |line: u16| {
            let mut approved = project.approved_lines().iter();
            approved.any(|approved| approved.line == line && approved.support > Dong::ZERO)
        };
        let lines = project.content().map_or(&[][..], |content| &content.lines);
        let committed = lines.iter().filter(|line| is_approved(line.number));
        for line in committed {
            self.counterpart = self.counterpart.saturating_add(line.counterpart);
        }
    }

    /// As an officer would state it who has nothing to add.
    pub const fn stated(&self) -> Stated {
        Stated {
            level: self.level,
            projects: self.projects,
            approved: self.approved,
            disbursed: self.disbursed,
            settled: self.settled,
            counterpart: self.counterpart,
        }
    }
}

impl Stated {
    /// Its figures by name.
    pub fn figures(&self) -> [(&'static str, u64); 5] {
        [
            ("projects", u64::from(self.projects)),
            ("approved", self.approved.get()),
            ("disbursed", self.disbursed.get()),
            ("settled", self.settled.get()),
            ("counterpart", self.counterpart.get()),
        ]
    }
}

impl Drawn {
    /// Counts đề án of a unit.
    pub fn of<'a>(
        (position, as_of, plan_year): (u64, NaiveDate, u16),
        projects: impl IntoIterator<Item = &'a Project>,
    ) -> Self {
        let mut programmes: BTreeMap<Level, ProgrammeFigures> = BTreeMap::new();
        for project in projects {
            let counts = project.plan_year() == Some(plan_year);
            if let Some(level) = project.level().filter(|_| counts) {
                programmes
                    .entry(level)
                    .or_insert_with(|| ProgrammeFigures::none(level))
                    .add(project);
            }
        }
        Self {
            position,
            as_of,
            plan_year,
            programmes: programmes.into_values().collect(),
        }
    }

    /// Where what is stated isn't what the ledger has. A programme that is stated and of which the ledger has nothing differs from zero.
    pub fn differences(&self, stated: &[Stated]) -> Vec<Difference> {
        let mut found = Vec::new();
        for stated in stated {
            let drawn = self.programmes.iter().find(|drawn| drawn.level == stated.level);
            let drawn = drawn.map_or_else(
                || ProgrammeFigures::none(stated.level).stated(),
                ProgrammeFigures::stated,
            );
            let pairs = drawn.figures().into_iter().zip(stated.figures());
            found.extend(pairs.filter(|((_, drawn), (_, stated))| drawn != stated).map(
                |((figure, drawn), (_, value))| Difference {
                    level: stated.level,
                    figure: figure.to_owned(),
                    drawn,
                    stated: value,
                },
            ));
        }
        found
    }
}
