//! The fields of every action, as data: pages draw them, the reader reads by them.

mod content;

use self::content::{beneficiary, content, line, results};
use crate::project::action_kind::ActionKind;

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum FieldKind {
    /// One line of text.
    Text,
    /// Several lines of text.
    LongText,
    /// Whole đồng.
    Money,
    /// A day.
    Date,
    /// A month, kept as its first day.
    Month,
    /// A whole number from 0.
    Integer,
    /// A quantity with up to three decimals, kept in thousandths.
    Milli,
    /// Per cent with up to two decimals, kept in basis points.
    Rate,
    /// Yes or no.
    Bool,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Rows that repeat; the fields below it carry `*` for the row.
    Group {
        /// Fewest rows.
        min: usize,
    },
    /// Numbers, separated by commas.
    Integers,
}

/// Whether a text is about a natural person, and searchable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub enum Personal {
    /// Not personal.
    No,
    /// Personal text.
    Text,
    /// A number that identifies a person.
    Id,
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Field {
    /// Dotted path, `*` for a row: `content.lines.*.cost`.
    pub name: String,
    /// What it holds.
    pub kind: FieldKind,
    /// Whether it must be filled in.
    pub required: bool,
    /// Whether it is about a natural person.
    pub personal: Personal,
    /// Only where another field has this value, e.g. (`change.what`, `support`).
    pub when: Option<(&'static str, &'static str)>,
    /// The part it belongs to, if that part may be left out whole: `decision.signed_for`.
    pub part: Option<String>,
}

impl Field {
    /// Key of its label: `field-` and the path, dots as hyphens, rows left out: `field-content-lines-cost`.
    pub fn label(&self) -> String {
        let mut label = "field".to_owned();
        for part in self.name.split('.').filter(|part| *part != "*") {
            label.push('-');
            label.push_str(part);
        }
        label
    }
}

struct Form {
    prefix: String,
    when: Option<(&'static str, &'static str)>,
    part: Option<String>,
    fields: Vec<Field>,
}

impl Form {
    fn add(&mut self, name: &str, kind: FieldKind, required: bool) -> &mut Self {
        self.fields.push(Field {
            name: format!("{}{name}", self.prefix),
            kind,
            required,
            personal: Personal::No,
            when: self.when,
            part: self.part.clone(),
        });
        self
    }

    fn must(&mut self, name: &str, kind: FieldKind) -> &mut Self {
        self.add(name, kind, true)
    }

    fn may(&mut self, name: &str, kind: FieldKind) -> &mut Self {
        self.add(name, kind, false)
    }

    fn personal(&mut self, personal: Personal) -> &mut Self {
        if let Some(field) = self.fields.last_mut() {
            field.personal = personal;
        }
        self
    }

    fn under(&mut self, prefix: &str, part: impl FnOnce(&mut Self)) -> &mut Self {
        let outer = self.prefix.clone();
        self.prefix.push_str(prefix);
        self.prefix.push('.');
        part(self);
        self.prefix = outer;
        self
    }

    /// A part that is there whole or not at all.
    fn part(&mut self, prefix: &str, part: impl FnOnce(&mut Self)) -> &mut Self {
        self.part = Some(format!("{}{prefix}", self.prefix));
        self.under(prefix, part);
        self.part = None;
        self
    }

    fn rows(&mut self, name: &str, min: usize, part: impl FnOnce(&mut Self)) -> &mut Self {
        self.add(name, FieldKind::Group { min }, min > 0);
        self.under(&format!("{name}.*"), part)
    }

    fn only(&mut self, when: (&'static str, &'static str), part: impl FnOnce(&mut Self)) -> &mut Self {
        self.when = Some(when);
        part(self);
        self.when = None;
        self
    }
}

use FieldKind::{Bool, Choice, Date, Integer, Integers, LongText, Milli, Money, Month, Rate, Text};

const LEVELS: FieldKind = Choice(&["national", "local"]);

/// The fields of an action, in the order of its form.
pub fn fields(kind: ActionKind) -> Vec<Field> {
    let mut form = Form {
        prefix: String::new(),
        when: None,
        part: None,
        fields: Vec::new(),
    };
    match kind {
        ActionKind::Draft => {
            form.may("code", Text)
                .must("plan_year", Integer)
                .must("level", LEVELS)
                .must("province", Text)
                .may("lifecycle", Text)
                .under("content", content);
        }
        ActionKind::Revise => {
            form.under("content", content);
        }
        ActionKind::Propose | ActionKind::Archive => {}
        ActionKind::Return | ActionKind::Refuse | ActionKind::Withdraw => {
            form.must("reason", LongText);
        }
        ActionKind::Appraise => appraise(&mut form),
        ActionKind::GiveOpinion => {
            form.must("stance", Choice(&["agree", "agree-with-changes", "disagree"]))
                .must("text", LongText)
                .may("recommended", Money);
        }
        ActionKind::VerifyOnSite => {
            form.must("verified_on", Date)
                .must("minutes", Text)
                .must("confirmed", Bool)
                .must("result", LongText);
        }
        ActionKind::Register => {
            form.must("priority", Integer);
        }
        ActionKind::Examine => {
            form.must("remarks", LongText);
        }
        ActionKind::Approve => {
            form.under("decision", decision)
                .may("batch", Text)
                .rows("lines", 0, line_support);
        }
        ActionKind::ApproveGroupPlan => {
            form.under("decision", decision)
                .rows("beneficiaries", 1, beneficiary)
                .rows("lines", 1, line);
        }
        ActionKind::SignContract => {
            form.must("number", Text)
                .must("signed_on", Date)
                .may("form", Choice(&["contract", "assignment"]))
                .must("value", Money)
                .must("detailed_estimate", Text)
                .may("tender_result", Text)
                .part("signed_for", signed_for);
        }
        ActionKind::ReportProgress | ActionKind::ConfirmProgress => {
            form.must("month", Month)
                .must("value_done", Money)
                .must("item_done", Rate)
                .may("counterpart_done", Money)
                .may("correction_reason", LongText);
        }
        ActionKind::ReportMonth => report_month(&mut form),
        ActionKind::Inspect => {
            form.under("decision", decision)
                .must("planned", Bool)
                .must("result", LongText);
        }
        ActionKind::RaiseFinding => {
            form.must("number", Integer)
                .must("text", LongText)
                .may("amount", Money)
                .may("due_on", Date);
        }
        ActionKind::CloseFinding => {
            form.must("number", Integer).must("remedy", LongText);
        }
        ActionKind::Disburse => payment(&mut form),
        ActionKind::Accept => {
            form.must("lines", Integers)
                .must("minutes", Text)
                .must("complete", Bool)
                .must("value_accepted", Money)
                .must("counterpart_accepted", Money)
                .under("results", results);
        }
        ActionKind::SubmitSettlement => {
            form.must("with_invoice", Bool).must("requested", Money);
        }
        ActionKind::Settle => {
            form.must("amount", Money).under("decision", decision);
        }
        ActionKind::LiquidateContract => {
            form.must("number", Text);
        }
        ActionKind::Adjust => adjust(&mut form),
        ActionKind::Stop => {
            form.under("decision", decision)
                .must("on_request", Bool)
                .must("reason", LongText);
        }
        ActionKind::ExtendTime => {
            form.under("decision", decision)
                .must("ends_on", Date)
                .must("reason", LongText);
        }
        ActionKind::CarryOverMoney => {
            form.under("decision", decision)
                .must("amount", Money)
                .must("from_year", Integer)
                .must("to_year", Integer);
        }
        ActionKind::AccountLateSettlement => {
            form.must("amount", Money).must("reason", LongText);
        }
        ActionKind::DeclareForceMajeure => {
            form.must("cause", LongText).must("value_confirmed", Money);
        }
        ActionKind::Refund | ActionKind::Repay => refund(&mut form),
        ActionKind::RaiseReceivable => {
            form.must("amount", Money)
                .under("decision", decision)
                .must("reason", LongText);
        }
        ActionKind::ScheduleRepayment => {
            form.rows("instalments", 1, |form| {
                form.must("due_on", Date).must("amount", Money);
            });
        }
        ActionKind::Reopen => {
            form.under("decision", decision).must("reason", LongText);
        }
        ActionKind::Correct => correct(&mut form),
        ActionKind::MoveLifecycle => {
            form.must("version", Text).must("reason", LongText);
        }
    }
    form.fields
}

/// The fields of the papers of a step: `papers.*.kind` and so on.
pub fn paper_fields() -> Vec<Field> {
    let mut form = Form {
        prefix: String::new(),
        when: None,
        part: None,
        fields: Vec::new(),
    };
    form.rows("papers", 0, |form| {
        form.must("kind", Text)
            .must("number", Text)
            .must("date", Date)
            .must("issuer", Text)
            .may("signer", Text)
            .personal(Personal::Text)
            .may("form", Choice(&["original", "valid-copy"]))
            .may("kept_at", Text)
            .may("file", Text)
            .may("sha256", Text);
    });
    form.fields
}

fn appraise(form: &mut Form) {
    form.must("level", Choice(&["base", "province", "ministry"]))
        .must("by", Choice(&["council", "staff"]))
        .rows("criteria", 5, |form| {
            form.must("number", Integer).must("met", Bool).may("remark", Text);
        })
        .must("verdict", Choice(&["pass", "fail"]))
        .may("recommended", Money)
        .may("remarks", LongText)
        .part("council", council);
}

fn report_month(form: &mut Form) {
    form.must("month", Month)
        .must("form", Choice(&["mau-3a", "mau-3b"]))
        .rows("lines", 1, |form| {
            form.must("line", Integer)
                .must("unit", Text)
                .must("planned_milli", Milli)
                .must("done_milli", Milli)
                .must("value_done", Money)
                .must("support_spent", Money)
                .may("counterpart_spent", Money)
                .may("other_spent", Money);
        })
        .may("difficulties", LongText)
        .may("proposals", LongText)
        .may("correction_reason", LongText);
}

fn council(form: &mut Form) {
    form.must("decision", Text)
        .must("members", Integer)
        .must("votes_for", Integer)
        .must("votes_against", Integer)
        .must("minutes", Text)
        .must("held_on", Date)
        .rows("present", 1, |form| {
            form.must("name", Text)
                .personal(Personal::Text)
                .must("office", Choice(&["chair", "deputy", "secretary", "member"]));
        });
}

fn decision(form: &mut Form) {
    form.must("number", Text)
        .must("date", Date)
        .must("issuer", Text)
        .may("signer", Text)
        .personal(Personal::Text)
        .part("signed_for", signed_for);
}

fn signed_for(form: &mut Form) {
    form.must("manner", Choice(&["deputy", "by-order", "by-delegation"]))
        .must("principal", Text)
        .must("paper", Text)
        .must("dated", Date);
}

fn line_support(form: &mut Form) {
    form.must("line", Integer).must("support", Money);
}

fn payment(form: &mut Form) {
    form.must("payment", Choice(&["first", "next", "rest"]))
        .must("amount", Money)
        .under("order", order)
        .under("budget", |form| {
            form.must("chapter", Text)
                .must("category", Text)
                .must("item", Text)
                .must("sub_item", Text);
        });
}

fn refund(form: &mut Form) {
    form.must("amount", Money).under("order", order);
}

fn order(form: &mut Form) {
    form.must("number", Text).must("date", Date).must("treasury", Text);
}

fn adjust(form: &mut Form) {
    form.under("decision", decision)
        .must("reason", LongText)
        .under("change", |form| {
            form.must("what", Choice(&["support", "content", "time"]))
                .only(("change.what", "support"), |form| {
                    form.rows("lines", 1, line_support);
                })
                .only(("change.what", "content"), |form| {
                    form.must(
                        "part",
                        Choice(&["activity", "place", "beneficiary", "partner", "other"]),
                    )
                    .under("content", content);
                })
                .only(("change.what", "time"), |form| {
                    form.must("ends_on", Date);
                });
        });
}

fn correct(form: &mut Form) {
    form.must("corrects", Integer)
        .must("reason", LongText)
        .under("right", |form| {
            form.must("what", Choice(&["payment", "refund", "date"]))
                .only(("right.what", "payment"), |form| {
                    form.under("payment", payment);
                })
                .only(("right.what", "refund"), |form| {
                    form.under("refund", refund);
                })
                .only(("right.what", "date"), |form| {
                    form.must("occurred_on", Date);
                });
        });
}
