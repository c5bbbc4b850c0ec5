//! What decisions over several đề án have in common: their refusals, and where their papers go.

use uuid::Uuid;

use crate::plan::Circumstances;
use crate::plan::refusal::{Refusal, refuse};
use crate::project::contracted::Contracted;
use crate::project::papers::Paper;
use crate::project::{Context, Project, ProjectCommand, ProjectError, ProjectEvent};

/// Why a decision over several đề án was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SeveralError {
    /// By what holds them together.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// By one đề án's own lifecycle or money rules.
    #[error("{code}: {error}")]
    Project {
        /// Where it stands in the request, e.g. `projects.0`; nothing where the request doesn't name it.
        at: Option<String>,
        /// Mã đề án.
        code: String,
        /// Its refusal.
        error: Box<ProjectError>,
    },
}

impl SeveralError {
    /// A đề án refuses.
    pub(crate) fn of(project: &Project, at: Option<String>, error: ProjectError) -> Self {
        Self::Project {
            at,
            code: code_of(project),
            error: Box::new(error),
        }
    }
}

/// A đề án with what was looked up for it.
#[derive(Debug, Clone)]
pub struct Known<'a> {
    /// Its id.
    pub id: Uuid,
    /// As it is.
    pub project: &'a Project,
    /// What its own decision needs.
    pub context: Context,
}

impl Known<'_> {
    /// The context within a contract.
    pub(crate) fn within(&self, contracted: Contracted) -> Context {
        Context {
            contract: Some(contracted),
            ..self.context.clone()
        }
    }
}

/// A step of a đề án, which has one event. `at`: where the đề án stands in the request.
pub(crate) fn decide_one(
    project: &Project,
    command: &ProjectCommand,
    at: Option<&str>,
) -> Result<ProjectEvent, SeveralError> {
    let decided = project.decide(command);
    let events = decided.map_err(|error| SeveralError::of(project, at.map(str::to_owned), error))?;
    let missing = || SeveralError::Refused(refuse("no-such-project").param("project", code_of(project)));
    events.into_iter().next().ok_or_else(missing)
}

/// Mã đề án.
pub(crate) fn code_of(project: &Project) -> String {
    project.code().unwrap_or_default().to_owned()
}

/// Of the papers those that the step of this đề án rests on; all of them stand with what holds the đề án together.
pub(crate) fn papers_for(
    project: &Project,
    context: &Context,
    step: &str,
    circumstances: &Circumstances,
) -> Vec<Paper> {
    let lifecycle = &context.lifecycle.value;
    let asked = lifecycle
        .step(step)
        .map_or_else(Vec::new, |step| project.required_papers(step, &context.rules.value));
    let papers = circumstances.papers.iter();
    let papers = papers.filter(|paper| asked.iter().any(|asked| asked.kind == paper.kind));
    papers.cloned().collect()
}

/// The step of a đề án that an act means: as named, or the one that fits and that this person may take now.
pub(crate) fn step_for(
    project: &Project,
    context: &Context,
    named: Option<&String>,
    what: &str,
    fits: impl Fn(&crate::lifecycle::Step) -> bool,
) -> Result<String, Refusal> {
    if let Some(step) = named {
        return Ok(step.clone());
    }
    let steps = project.steps_for(&context.lifecycle.value).into_iter();
    let steps: Vec<_> = steps.filter(|step| fits(step)).collect();
    let own = steps.iter().find(|step| project.may_take(step, &context.actor).is_ok());
    // Where this person may take none, the first one says why.
    let step = own.or(steps.first()).ok_or_else(|| {
        refuse("no-step")
            .field("project")
            .param("project", code_of(project))
            .param("what", what)
            .param("state", &project.standing().state)
    })?;
    Ok(step.id.clone())
}
