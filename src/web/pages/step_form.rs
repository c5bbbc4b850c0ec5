//! A step's form being worked on: what it is about, its present values, and the pages drawn from them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::http::StatusCode;
use dean_aggregates::form::{self, Field};
use dean_aggregates::lifecycle::{Lifecycle, RequiredPaper, Step};
use dean_aggregates::money::Dong;
use dean_aggregates::project::Project;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::event::ProjectEvent;
use dean_aggregates::project::papers::Paper;
use dean_aggregates::published::Pinned;
use dean_aggregates::rules::RuleSet;

use super::event_facts::paper_line;
use super::month_form::step_or_month;
use super::project::takers;
use super::province_list;
use crate::engine::{ProjectView, Rulebook};
use crate::http::App;
use crate::http::problem::Problem;
use crate::i18n::Lang;
use crate::web::explain::Names;
use crate::web::fields::{Drawing, Fault, Pairs, field_of, read_out, rows, value};
use crate::web::views::{
    Block, ConfirmPage, Fact, FieldInput, FieldView, OutcomeSum, Pair, Refusal, StepPage, Subject,
};
use crate::web::visit::Page;
use crate::web::{format, words};

/// The fields of a paper that the form asks for; its kind is fixed by the lifecycle.
const PAPER_FIELDS: [&str; 6] = ["number", "date", "issuer", "signer", "form", "kept_at"];

/// A form being worked on.
pub struct Work {
    /// The page.
    pub page: Page,
    /// The project; none while it is drafted.
    pub view: Option<ProjectView>,
    /// The step.
    pub step: Step,
    /// Fields of its action.
    pub fields: Vec<Field>,
    /// Present values.
    pub pairs: Pairs,
    /// Receipt key.
    pub command: String,
    /// The project's version when the form was opened.
    pub version: Option<u64>,
    /// The form's own address.
    pub action_url: String,
    lifecycle: Arc<Pinned<Lifecycle>>,
    rules: Option<Arc<Pinned<RuleSet>>>,
    rulebook: Arc<Rulebook>,
    provinces: Vec<(String, String)>,
}

impl Work {
    /// A form that drafts a project, of the programme that the pairs name.
    pub async fn draft(page: Page, app: &App, pairs: Pairs) -> Result<Self, Problem> {
        let rulebook = app.engine.rulebook().await?;
        let level = if value(&pairs, "level") == Some("local") {
            Level::Local
        } else {
            Level::National
        };
        let day = value(&pairs, "occurred_on")
            .and_then(dean_aggregates::form::date)
            .unwrap_or(page.today);
        let programme = (level, value(&pairs, "province"));
        let lifecycle = rulebook
            .lifecycle_for(
                programme,
                value(&pairs, "lifecycle").filter(|code| !code.is_empty()),
                day,
            )
            .or_else(|_| rulebook.lifecycle_for(programme, None, day))
            .or_else(|_| rulebook.lifecycle_for(programme, None, page.today))?;
        let step = lifecycle
            .value
            .start()
            .cloned()
            .ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "unknown-step"))?;
        let rules = rulebook
            .rules_for(level, value(&pairs, "province").unwrap_or_default(), day)
            .ok()
            .map(|(rules, _)| rules);
        Ok(Self::new(
            page,
            rulebook,
            lifecycle,
            rules,
            step,
            None,
            pairs,
            "/de-an/moi".to_owned(),
        ))
    }

    /// A form for a step of a project.
    pub async fn step(page: Page, app: &App, view: ProjectView, step: &str, pairs: Pairs) -> Result<Self, Problem> {
        let rulebook = app.engine.rulebook().await?;
        let lifecycle = view.lifecycle.clone();
        let step = step_or_month(&lifecycle.value, step).ok_or_else(|| {
            Problem::new(StatusCode::NOT_FOUND, "unknown-step")
                .param("step", step)
                .param("lifecycle", &lifecycle.pin.code)
        })?;
        let day = value(&pairs, "occurred_on")
            .and_then(dean_aggregates::form::date)
            .unwrap_or(page.today);
        let level = view.project.level().unwrap_or(Level::National);
        let rules = rulebook
            .rules_for(level, view.project.province().unwrap_or_default(), day)
            .ok()
            .map(|(rules, _)| rules);
        let url = format!("/de-an/{}/buoc/{}", view.id, step.id);
        Ok(Self::new(
            page,
            rulebook,
            lifecycle,
            rules,
            step,
            Some(view),
            pairs,
            url,
        ))
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "private, and called twice: once for a draft, once for any other step"
    )]
    fn new(
        page: Page,
        rulebook: Arc<Rulebook>,
        lifecycle: Arc<Pinned<Lifecycle>>,
        rules: Option<Arc<Pinned<RuleSet>>>,
        step: Step,
        view: Option<ProjectView>,
        pairs: Pairs,
        action_url: String,
    ) -> Self {
        let provinces = province_list(page.lang(), &rulebook, page.today);
        let version = view.as_ref().map(|view| view.version);
        let fields = form::fields(step.action);
        Self {
            page,
            view,
            step,
            fields,
            pairs,
            command: String::new(),
            version,
            action_url,
            lifecycle,
            rules,
            rulebook,
            provinces,
        }
    }

    fn lang(&self) -> Lang {
        self.page.lang()
    }

    fn kind(&self) -> &'static str {
        self.step.action.as_str()
    }

    /// The project; none while it is drafted.
    pub(super) fn project(&self) -> Option<&Project> {
        self.view.as_ref().map(|view| &view.project)
    }

    /// Papers of the step.
    pub(super) fn papers(&self) -> Vec<RequiredPaper> {
        match (self.project(), &self.rules) {
            (Some(project), Some(rules)) => project
                .required_papers(&self.step, &rules.value)
                .into_iter()
                .cloned()
                .collect(),
            _ => self.step.papers.clone(),
        }
    }

    fn names(&self) -> Names<'_> {
        Names {
            lang: self.lang(),
            rulebook: &self.rulebook,
            lifecycle: &self.lifecycle.value,
            kind: self.kind(),
            today: self.page.today,
        }
    }

    /// A fault in words.
    pub fn fault(&self, field: &str, code: &str, params: &BTreeMap<String, String>) -> Fault {
        let (title, fix) = self.names().sentences(code, Some(field), params);
        Fault {
            field: field.to_owned(),
            text: format!("{title} {fix}"),
        }
    }

    fn subject(&self) -> Option<Subject> {
        let view = self.view.as_ref()?;
        let project = &view.project;
        Some(Subject {
            id: view.id.to_string(),
            code: project.code().unwrap_or_default().to_owned(),
            name: project
                .content()
                .map(|content| content.name.clone())
                .unwrap_or_default(),
            state: words::state(self.lang(), &self.lifecycle.value, &project.standing().state),
        })
    }

    fn title(&self) -> String {
        words::pick(self.lang(), &self.step.title).to_owned()
    }

    /// Said above the form when the actor can't take the step now.
    fn warning(&self) -> Option<String> {
        let actor = self.page.actor.as_ref();
        let none = Project::default();
        let project = self.project().unwrap_or(&none);
        let Some(actor) = actor else {
            return Some(self.page.chrome.t("steps-none-no-actor"));
        };
        let refusal = project.may_take(&self.step, actor).err()?;
        let why = self.names().sentences(refusal.code, None, &refusal.params).0;
        let who = takers(self.lang(), project, &self.step);
        Some(format!(
            "{} ({who})",
            self.page.chrome.t1("warning-not-yours", "why", why)
        ))
    }

    /// The form.
    pub fn form_page(&self, faults: Vec<Fault>, refusal: Option<Refusal>) -> StepPage {
        let p = self.page.chrome.clone();
        let support_kinds = words::support_kinds(self.lang(), self.rules.as_ref().map(|rules| &rules.value));
        let level = self.lifecycle.value.level;
        let programme = (level, value(&self.pairs, "province"));
        let lifecycles = words::lifecycles(self.lang(), &self.rulebook, programme, self.page.today);
        let drawing = Drawing {
            lang: self.lang(),
            kind: self.kind(),
            pairs: &self.pairs,
            faults: &faults,
            provinces: &self.provinces,
            support_kinds: &support_kinds,
            lifecycles: &lifecycles,
        };
        let refusal = refusal.map(|refusal| Refusal {
            fields: drawing.refused_fields(),
            ..refusal
        });
        let version = self.version.map(|version| version.to_string());
        let carried = [("command", Some(self.command.clone())), ("version", version)];
        let hidden = carried.into_iter().filter_map(|(name, value)| {
            Some(Pair {
                name: name.to_owned(),
                value: value?,
            })
        });
        StepPage {
            about: self.subject(),
            title: self.title(),
            article: self.step.article.clone(),
            action: self.action_url.clone(),
            back: self
                .view
                .as_ref()
                .map_or_else(|| "/de-an".to_owned(), |view| format!("/de-an/{}", view.id)),
            warning: self.warning(),
            refusal,
            hidden: hidden.collect(),
            blocks: drawing.blocks(&self.fields),
            papers: self.paper_blocks(&drawing),
            closing: self.closing(&drawing),
            p,
        }
    }

    fn paper_blocks(&self, drawing: &Drawing<'_>) -> Vec<Block> {
        let (known, fields) = (self.papers(), form::paper_fields());
        let block = |row: usize| {
            let kind_name = format!("papers.{row}.kind");
            let kind = value(&self.pairs, &kind_name).unwrap_or_default().to_owned();
            let paper = known.iter().find(|paper| paper.kind == kind);
            let fault = drawing
                .faults
                .iter()
                .find(|fault| fault.field == format!("papers.{kind}"));
            Block {
                legend: paper.map_or_else(
                    || kind.clone(),
                    |paper| self.page.chrome.pick(&paper.vi, &paper.en).to_owned(),
                ),
                required: paper.is_some_and(|paper| paper.required),
                error: fault.map(|fault| fault.text.clone()),
                ..drawing.row(
                    &fields,
                    "papers",
                    row,
                    &PAPER_FIELDS,
                    vec![Pair {
                        name: kind_name,
                        value: kind,
                    }],
                )
            }
        };
        rows(&self.pairs, "papers").into_iter().map(block).collect()
    }

    fn closing(&self, drawing: &Drawing<'_>) -> Block {
        let view = |name: &str, input, required| FieldView {
            name: name.to_owned(),
            anchor: crate::web::fields::anchor(name),
            label: words::label(self.lang(), self.kind(), name),
            hint: words::hint(self.lang(), "", name),
            input,
            value: value(&self.pairs, name).unwrap_or_default().to_owned(),
            required,
            error: drawing
                .faults
                .iter()
                .find(|fault| fault.field == name)
                .map(|fault| fault.text.clone()),
            ..FieldView::default()
        };
        Block {
            legend: self.page.chrome.t("closing-legend"),
            fields: vec![
                view("occurred_on", FieldInput::Text, true),
                view("note", FieldInput::Long, false),
            ],
            ..Block::default()
        }
    }

    /// What will be recorded.
    pub fn confirm_page(&self, papers: &[Paper], events: &[ProjectEvent]) -> ConfirmPage {
        let lang = self.lang();
        let mut entered = Vec::new();
        let shown = self
            .pairs
            .iter()
            .filter(|(name, text)| !name.starts_with("papers.") && !text.is_empty());
        for (name, text) in shown {
            // A ticked box follows its hidden "no"; the last of a name counts.
            if value(&self.pairs, name) != Some(text) {
                continue;
            }
            let field = field_of(&self.fields, name);
            if field.is_some_and(|field| {
                field
                    .when
                    .is_some_and(|(opener, wanted)| value(&self.pairs, opener) != Some(wanted))
            }) {
                continue;
            }
            let row = name
                .split('.')
                .find_map(|part| part.parse::<usize>().ok())
                .map(|row| format!(" [{}]", row + 1))
                .unwrap_or_default();
            let read = match field {
                Some(_) if name.ends_with("province") => words::province(&self.rulebook, text, self.page.today),
                Some(field) if field.name.ends_with("lines.*.kind") => words::support_kind(lang, &self.rulebook, text),
                Some(field) => read_out(lang, field, name, text),
                None => form::date(text).map_or_else(|| text.clone(), format::date),
            };
            entered.push(Fact::new(
                format!("{}{row}", words::label(lang, self.kind(), name)),
                read,
            ));
        }
        let version = self.version.map(|version| version.to_string());
        let carried = [("command".to_owned(), self.command.clone())]
            .into_iter()
            .chain(version.map(|version| ("version".to_owned(), version)));
        ConfirmPage {
            about: self.subject(),
            title: self.title(),
            action: self.action_url.clone(),
            outcome: self.outcome(events),
            sums: events
                .iter()
                .flat_map(|event| &event.judgements)
                .map(|judgement| OutcomeSum::new(words::rule(lang, &judgement.rule), judgement))
                .collect(),
            entered,
            papers: papers
                .iter()
                .map(|paper| paper_line(lang, &self.lifecycle.value, paper))
                .collect(),
            hidden: self
                .pairs
                .iter()
                .cloned()
                .chain(carried)
                .map(|(name, value)| Pair { name, value })
                .collect(),
            p: self.page.chrome.clone(),
        }
    }

    /// Where the project will stand once the step is recorded.
    fn outcome(&self, events: &[ProjectEvent]) -> Vec<Fact> {
        let Some(after) = events.last().map(|event| &event.after) else {
            return Vec::new();
        };
        let (p, lang) = (&self.page.chrome, self.lang());
        let mut facts = vec![Fact::new(
            p.t("state"),
            words::state(lang, &self.lifecycle.value, &after.state),
        )];
        if let Some(day) = after.due_on {
            facts.push(Fact::new(p.t("due-on"), format::date(day)));
        }
        let money = &after.money;
        for (key, amount) in [
            ("figure-approved", money.approved),
            ("figure-disbursed", money.disbursed),
            ("figure-settled", money.settled),
        ] {
            if amount > Dong::ZERO {
                facts.push(Fact::new(p.t(key), format::dong(amount)));
            }
        }
        facts
    }
}

/// A refusal above the form, and its faults at their fields.
pub fn refusal(work: &Work, mut faults: Vec<Fault>, problem: Option<&Problem>) -> (Refusal, Vec<Fault>) {
    let Some(problem) = problem else {
        let p = &work.page.chrome;
        let refusal = Refusal {
            title: p.t1("errors-found", "count", faults.len()),
            fix: p.t("errors-found-fix"),
            rule: None,
            formula: None,
            fields: Vec::new(),
            code: "field-invalid".to_owned(),
        };
        return (refusal, faults);
    };
    let (title, fix) = work
        .names()
        .sentences(problem.code, problem.field.as_deref(), &problem.params);
    if let Some(field) = problem
        .field
        .as_deref()
        .filter(|field| value(&work.pairs, field).is_some() || known_place(work, field))
    {
        faults.push(Fault {
            field: field.to_owned(),
            text: title.clone(),
        });
    }
    faults.extend(
        problem
            .errors
            .iter()
            .map(|fault| work.fault(&fault.field, fault.code, &fault.params)),
    );
    let refusal = Refusal {
        title,
        fix,
        rule: problem.rule.clone(),
        formula: problem.judgement.as_ref().map(|judgement| judgement.formula.clone()),
        fields: Vec::new(),
        code: problem.code.to_owned(),
    };
    (refusal, faults)
}

/// A group, a part, or a paper: places of the form that have no value of their own.
fn known_place(work: &Work, field: &str) -> bool {
    let prefix = format!("{field}.");
    field.starts_with("papers.")
        || work
            .fields
            .iter()
            .any(|known| known.name == field || known.name.starts_with(&prefix))
}
