//! Goes through a lifecycle breadth first: in every project that differs in something a guard looks at, every step is tried.

use std::collections::{BTreeSet, VecDeque};

use cqrs_es::Aggregate;
use dean_aggregates::money::Dong;
use dean_aggregates::project::action::*;
use dean_aggregates::project::content::*;
use dean_aggregates::project::event::BatchReference;
use dean_aggregates::project::{Project, ProjectCommand, ProjectError};

use super::attempts::{About, attempts};
use super::guards::{Guard, broken, guards};
use crate::common::samples::*;
use crate::common::{RULES_2018, Story, lifecycle};

/// Step, state it was taken in, outcome.
pub(super) type Taken = (String, String, &'static str);

/// To which version projects move on this walk.
pub(super) const NEXT_VERSION: &str = "next";

/// More projects than this are a fault of the walk, not of the lifecycle.
const PROJECTS_MAX: usize = 20_000;

pub(super) struct Covered {
    pub(super) taken: BTreeSet<Taken>,
    pub(super) refused: BTreeSet<Guard>,
    pub(super) visited: usize,
}

/// A project on its way, with what it was drafted from and by whom.
#[derive(Clone)]
struct Walker {
    story: Story,
    drafted: Content,
    implementer: &'static str,
}

/// The kinds of project that lifecycles tell apart.
fn casts() -> Vec<(Content, &'static str)> {
    let both = || content(vec![line(1, 700, 300), line(2, 400, 150)]);
    let mut group = both();
    group.kind = ProjectKind::Group;
    let mut abroad = both();
    abroad.lines[1].place.province = "lai-chau".to_owned();
    vec![
        (both(), "ttkc-dien-bien"),
        (group.clone(), "ttkc-dien-bien"),
        (abroad, "ttkc-dien-bien"),
        (both(), "ttkcqg-vung-1"),
        (group, "ttkcqg-vung-1"),
    ]
}

pub(super) fn walk(text: &str, wanted: &BTreeSet<Taken>, wanted_guards: &BTreeSet<Guard>) -> Covered {
    let mut covered = Covered {
        taken: BTreeSet::new(),
        refused: BTreeSet::new(),
        visited: 0,
    };
    let target = lifecycle(&text.replacen("\nversion = \"", &format!("\nversion = \"{NEXT_VERSION}\" # "), 1));
    let mut seen = BTreeSet::new();
    let mut queue: VecDeque<Walker> = casts()
        .into_iter()
        .map(|(drafted, implementer)| {
            let mut story = Story::new(text, RULES_2018);
            story.on("2018-06-01");
            story.target = Some(target.clone());
            Walker {
                story,
                drafted,
                implementer,
            }
        })
        .collect();
    while let Some(walker) = queue.pop_front() {
        covered.visited += 1;
        assert!(covered.visited < PROJECTS_MAX, "the walk doesn't come to an end");
        for next in walker.try_everything(&mut covered, wanted_guards) {
            if seen.insert(next.signature()) {
                queue.push_back(next);
            }
        }
        if wanted.is_subset(&covered.taken) && wanted_guards.is_subset(&covered.refused) {
            break;
        }
    }
    covered
}

impl Walker {
    /// Whatever a guard looks at.
    fn signature(&self) -> Vec<String> {
        let project = &self.story.project;
        let lifecycle = &self.story.lifecycle.value;
        let money = project.figures();
        let kind = project.content().map(|content| content.kind);
        let mut signature = vec![
            self.story.state().to_owned(),
            format!("{kind:?}"),
            self.implementer.to_owned(),
        ];
        for step in project.steps_for(lifecycle) {
            signature.push(format!("{} {:?}", step.id, project.unmet(lifecycle, step)));
        }
        let flags = [
            project.net_paid() > Dong::ZERO,
            money.receivable > Dong::ZERO,
            project.payable() > Dong::ZERO,
            money.settled > Dong::ZERO,
            project.to_repay() > Dong::ZERO,
            project.schedule().is_empty(),
            project.confirmed().is_some(),
            project.findings().iter().any(|finding| finding.open),
        ];
        signature.push(format!(
            "{flags:?} {:?} {}",
            project.contract_form(),
            project.accepted_lines().len()
        ));
        signature
    }

    fn try_everything(&self, covered: &mut Covered, wanted_guards: &BTreeSet<Guard>) -> Vec<Self> {
        let lifecycle = self.story.lifecycle.clone();
        let mut found = Vec::new();
        for step in &lifecycle.value.steps {
            let project = &self.story.project;
            for (about, action) in attempts(&lifecycle.value, project, step, &self.at_draft()) {
                let command = self.command(&step.id, action);
                match project.decide(&command) {
                    Ok(events) => {
                        let outcome = if matches!(about, "fail" | "part") { about } else { "" };
                        covered
                            .taken
                            .insert((step.id.clone(), self.story.state().to_owned(), outcome));
                        let mut next = self.clone();
                        for event in events {
                            next.story.project.apply(event);
                        }
                        if !matches!(command.action, Action::MoveLifecycle(_)) {
                            found.push(next);
                        }
                        self.break_guards(covered, wanted_guards, step, &command);
                    }
                    Err(error) => note(covered, wanted_guards, &step.id, about, &error),
                }
            }
        }
        found
    }

    /// A group project names its beneficiaries in the group plan, not in the draft.
    fn at_draft(&self) -> Content {
        let mut content = self.drafted.clone();
        if content.kind == ProjectKind::Group && !self.story.project.exists() {
            content.beneficiaries.clear();
            for line in &mut content.lines {
                line.beneficiary = None;
            }
        }
        content
    }

    fn command(&self, step: &str, action: Action) -> ProjectCommand {
        let mut command = self.story.command(step, action);
        // Batch and plan stand beside every project here: what they say of it is not what a lifecycle's text says.
        command.context.batch_is_told = true;
        let of_batch = self.story.lifecycle.value.step(step).filter(|step| step.by_batch);
        command.context.by_batch = of_batch.map(|_| BatchReference {
            batch: uuid::Uuid::nil(),
            number: "2019-1".to_owned(),
            decision: "12/QĐ".to_owned(),
        });
        let exists = self.story.project.exists();
        if !exists {
            command.context.actor.unit = self.implementer.to_owned();
        }
        command
    }

    fn break_guards(
        &self,
        covered: &mut Covered,
        wanted: &BTreeSet<Guard>,
        step: &dean_aggregates::lifecycle::Step,
        accepted: &ProjectCommand,
    ) {
        let project: &Project = &self.story.project;
        for guard in guards(&self.story.lifecycle.value, step) {
            if covered.refused.contains(&guard) {
                continue;
            }
            if let Some(command) = broken(&guard, step, project, accepted)
                && let Err(error) = project.decide(&command)
            {
                note(covered, wanted, &step.id, "", &error);
            }
        }
    }
}

/// A refusal counts for the guard that it names.
fn note(covered: &mut Covered, wanted: &BTreeSet<Guard>, step: &str, attempt: About, error: &ProjectError) {
    let param = |name: &str| error.params.get(name).cloned().unwrap_or_default();
    let about = match error.code {
        "missing-paper" => param("paper"),
        "separation-of-duties" | "requirement-missing" => param("other"),
        "authority" => attempt.to_owned(),
        "text-empty" if error.field.as_ref().is_some_and(|field| field.contains("signed_for")) => {
            "signed_for".to_owned()
        }
        _ => String::new(),
    };
    let guard = Guard {
        step: step.to_owned(),
        code: error.code,
        about,
    };
    if wanted.contains(&guard) {
        covered.refused.insert(guard);
    }
}
