//! Refusals: a stable code, the field, the rule and the figures. Texts for people are made elsewhere, from the code.

use std::collections::BTreeMap;
use std::fmt;

use super::event::Judgement;

/// Why a command on a project was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectError {
    /// Stable code: one of [`CODES`].
    pub code: &'static str,
    /// The field at fault, dotted, e.g. `content.lines.0.cost`.
    pub field: Option<String>,
    /// The article or rule.
    pub rule: Option<String>,
    /// What the text of the refusal mentions.
    pub params: BTreeMap<String, String>,
    /// The arithmetic of a money rule.
    pub judgement: Option<Box<Judgement>>,
}

/// Starts a refusal with one of [`CODES`].
pub(crate) fn refuse(code: &'static str) -> ProjectError {
    ProjectError {
        code,
        field: None,
        rule: None,
        params: BTreeMap::new(),
        judgement: None,
    }
}

impl ProjectError {
    /// Whether batch and plan are needed in the same append: whoever can provide them does so and decides again
    /// ([`crate::batch::alone`]).
    pub fn needs_batch(&self) -> bool {
        self.code == "batch-not-told"
    }

    pub(crate) fn field(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }

    pub(crate) fn rule(mut self, rule: impl Into<String>) -> Self {
        self.rule = Some(rule.into());
        self
    }

    pub(crate) fn param(mut self, name: &str, value: impl ToString) -> Self {
        self.params.insert(name.to_owned(), value.to_string());
        self
    }

    pub(crate) fn judged(mut self, judgement: Judgement) -> Self {
        self.params.insert("amount".to_owned(), judgement.amount.to_string());
        self.params.insert("limit".to_owned(), judgement.limit.to_string());
        self.params.insert("formula".to_owned(), judgement.formula.clone());
        self.rule = Some(judgement.article.clone());
        self.judgement = Some(Box::new(judgement));
        self
    }
}

impl fmt::Display for ProjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let template = CODES
            .iter()
            .find(|(code, _)| *code == self.code)
            .map_or(self.code, |(_, sentence)| sentence);
        let mut sentence = template.to_owned();
        for (name, value) in &self.params {
            sentence = sentence.replace(&format!("{{{name}}}"), value);
        }
        f.write_str(&sentence)?;
        if let Some(rule) = &self.rule {
            write!(f, " ({rule})")?;
        }
        Ok(())
    }
}

impl std::error::Error for ProjectError {}

/// Every code with its English sentence; `{name}` stands for a parameter.
pub const CODES: &[(&str, &str)] = &[
    (
        "import-not-yours",
        "{role} of {unit} can't stand for the history of this project; these can: {expected}",
    ),
    (
        "import-order",
        "The list dates this {date}, before what it follows from ({earlier})",
    ),
    (
        "import-after-list",
        "The list holds as of {list}; this is dated {date}, after it",
    ),
    (
        "import-gap",
        "The list says what came later, and not this, from which that follows",
    ),
    (
        "import-stopped-and-settled",
        "The list says that the project was stopped and settled; import the stop and settle it by its step",
    ),
    ("import-no-rules", "No rules are in force on {date}"),
    (
        "import-no-state",
        "The lifecycle {lifecycle} has no step {step} that leads to a state",
    ),
    (
        "import-entries",
        "Event {sequence} comes from a list and holds {entries} entries of this kind; a correction can't tell them apart",
    ),
    ("already-exists", "The project exists already; take another step"),
    ("no-such-project", "There is no such project; draft it first"),
    (
        "unknown-step",
        "The lifecycle {lifecycle} has no step {step}; take one of: {possible}",
    ),
    ("wrong-action", "Step {step} is the action {expected}, not {given}"),
    (
        "wrong-lifecycle",
        "The project is bound to lifecycle {expected}, not {given}; reload the page",
    ),
    (
        "wrong-state",
        "Step {step} can't be taken in state {state}; possible now: {possible}",
    ),
    ("wrong-project-kind", "Step {step} is not for a project of this kind"),
    (
        "wrong-spread",
        "Step {step} is not for a project with these provinces; take the step for one province or for several",
    ),
    (
        "wrong-implementer",
        "Step {step} is for projects carried out by {expected}",
    ),
    (
        "contract-not-at-hand",
        "The project has meanwhile come into contract {contract}; reload and try again",
    ),
    (
        "only-by-contract",
        "Step {step} is taken by contract {contract} for all its projects, not for one alone",
    ),
    (
        "contract-not-accepted",
        "Other projects of contract {contract} are not accepted yet; the settlement is filed after the last one",
    ),
    (
        "only-by-inspection",
        "Finding {number} was raised by an inspection over several projects and is closed there",
    ),
    (
        "wrong-contract-form",
        "Step {step} is for the other form, contract or assignment",
    ),
    (
        "requirement-missing",
        "Before step {step} comes step {other}; take it first",
    ),
    (
        "delegation-missing",
        "Step {step} is signed for somebody else; say for whom and by which paper",
    ),
    (
        "not-delegable",
        "The signature of step {step} can't be delegated to you; it must be signed by who has the authority",
    ),
    (
        "only-by-batch",
        "Step {step} is taken by the decision of a batch only; put the project into a batch",
    ),
    (
        "raise-only-by-batch",
        "The support was approved in batch {batch} and can be raised from {limit} to {amount} only by a decision of that batch",
    ),
    (
        "batch-not-told",
        "What batch {batch} holds as approved of this project would change from {before} to {after} without the batch",
    ),
    ("read-only-role", "An auditor reads everything and changes nothing"),
    ("not-your-role", "Step {step} is taken by {expected}, not by {role}"),
    (
        "not-your-unit",
        "Step {step} is taken by unit {expected}, not by {unit}",
    ),
    (
        "separation-of-duties",
        "Who took step {other} may not take step {step}; ask a colleague",
    ),
    ("future-date", "The date {date} is in the future; today is {today}"),
    (
        "back-dated",
        "The date {date} is before the last step of {last}; enter that day or a later one",
    ),
    ("missing-paper", "The paper “{en}” is missing; add its number and date"),
    ("paper-incomplete", "The paper {paper} has no {what}; enter it"),
    ("paper-hash", "The SHA-256 of a file is 64 hexadecimal digits"),
    ("text-empty", "This text must not be empty"),
    ("text-control", "The text contains the character U+0000; remove it"),
    ("text-not-nfc", "The text is not in Unicode form NFC; enter it again"),
    ("text-too-long", "The text is longer than {max} characters; shorten it"),
    (
        "plan-year",
        "The plan year {year} is out of range; enter a year from 2005 to 2100",
    ),
    ("wrong-level", "The lifecycle is for the {expected} programme"),
    (
        "unknown-province",
        "There is no province {province}; choose one of the list",
    ),
    (
        "province-ended",
        "On {date} {province} is part of {successor}; use {code}",
    ),
    (
        "no-such-lifecycle",
        "No lifecycle {lifecycle} is in force for the programme {level}; choose another, or none",
    ),
    ("no-code", "The project has no code; enter one"),
    ("dates-reversed", "The last day {ends} is before the first day {starts}"),
    ("no-lines", "At least one support line is needed"),
    ("too-many", "There are more than {max} entries; leave some out"),
    ("number-repeated", "The number {number} stands here twice"),
    ("unknown-beneficiary", "There is no beneficiary number {number}"),
    (
        "no-beneficiary",
        "The beneficiaries must be named; only a group project names them later",
    ),
    ("line-without-beneficiary", "Line {line} names no beneficiary"),
    (
        "unknown-support-kind",
        "There is no support kind {kind} in the rules {rules}",
    ),
    ("not-eligible", "The legal form {form} can't be supported on {date}"),
    ("minerals-place", "Minerals are supported in difficult places only"),
    (
        "place-not-eligible",
        "Support kind {kind} is for other classes of places",
    ),
    (
        "uplift-not-eligible",
        "The priority uplift needs a priority place or trade",
    ),
    ("units-zero", "The number of units must be at least 1"),
    ("cost-zero", "The cost must be more than 0"),
    (
        "support-above-cost",
        "The support {support} is more than the cost {cost}",
    ),
    (
        "counterpart-too-low",
        "The counterpart {counterpart} is less than cost − support = {needed}",
    ),
    (
        "amount-too-large",
        "The sum exceeds the largest amount that can be booked",
    ),
    ("amount-zero", "The amount must be more than 0"),
    (
        "key-project",
        "A key project needs at least two linked activities and more than one year",
    ),
    ("criteria", "All five criteria must be answered, each once"),
    (
        "wrong-appraisal-level",
        "This step is the appraisal at level {expected}",
    ),
    (
        "council-missing",
        "A council appraised; enter its members, votes and minutes",
    ),
    (
        "council-without-council",
        "A session of a council is given, but staff appraised",
    ),
    (
        "council-count",
        "{votes} votes, {present} present and {members} members don't fit together",
    ),
    (
        "council-quorum",
        "{present} of {members} members were present; at least {quorum} must be",
    ),
    (
        "council-majority",
        "{votes} of {present} present voted for it; more than {majority} must",
    ),
    ("unknown-line", "There is no line {line}"),
    (
        "norm-exceeded",
        "Line {line}: the support {amount} exceeds the norm: {formula}",
    ),
    (
        "norm-per-unit",
        "The lines of beneficiary {beneficiary} and kind {kind} together, {amount}, exceed the cap of one unit: {formula}",
    ),
    ("nothing-approved", "At least one line must be supported"),
    ("not-a-group", "Only a group project has a group plan"),
    (
        "group-plan-missing",
        "The group plan must be approved first: it names the beneficiaries",
    ),
    (
        "group-plan-exceeds",
        "The plan's support {amount} exceeds the approved {limit}",
    ),
    (
        "contract-exceeds",
        "The contract value {amount} exceeds the approved support {limit}",
    ),
    (
        "tax-code-form",
        "A tax code has 10 digits (13 for a branch), a personal number 12",
    ),
    (
        "contract-before-approval",
        "The contract was signed on {signed}, before the decision of {date} that approves the project",
    ),
    (
        "tender-missing",
        "The tender result is missing: kind {kind} is chosen by tender",
    ),
    (
        "tax-code-repeated",
        "The tax code stands at another beneficiary already",
    ),
    ("date-range", "The date {date} is not within the years 0 to 9999"),
    (
        "month",
        "The month must be given by its first day and not lie in the future",
    ),
    (
        "month-repeated",
        "The month {month} is already reported; a second report needs a correction reason",
    ),
    (
        "progress-fell",
        "A figure fell from {before} to {now}; give a reason for the correction",
    ),
    ("progress-rate", "The share done is more than 100 %"),
    (
        "progress-above-contract",
        "The part of the value done that the support pays for, {amount}, exceeds the contract value {limit}",
    ),
    ("no-monthly-reports", "Lifecycle {lifecycle} knows no monthly reports"),
    ("not-contracted", "Nothing is owed before the contract; sign it first"),
    ("reported-before-month", "Dated {date}, before {month} began"),
    (
        "month-not-owed",
        "No report is owed of {month}: the contract was signed on {since}, the first month is {first}, nothing is owed after {until}",
    ),
    ("project-archived", "The project is archived; {month} stays as it is"),
    ("planned-zero", "Line {line}: enter the planned volume"),
    (
        "spent-above-line",
        "Line {line}: the support spent, {amount}, exceeds the approved {limit}",
    ),
    (
        "spent-above-contract",
        "The support spent, {amount}, exceeds that in the contract, {limit}",
    ),
    (
        "line-not-reported",
        "Line {line} is missing; report every approved line",
    ),
    (
        "plan-of-volume-changed",
        "The planned volume of line {line} was {before} and is {now}; give a reason for the correction",
    ),
    (
        "above-later-month",
        "{amount} is more than the {limit} that the later month {later} says; correct that month first",
    ),
    ("confirmed-above-reported", "More would be confirmed than was reported"),
    ("kind-fixed", "The kind of project can't be adjusted"),
    (
        "settled-exceeds-paid",
        "The settled {amount} would exceed the {limit} paid; reopen the settlement first",
    ),
    ("not-reported", "The month {month} has not been reported"),
    ("finding-repeated", "Finding {number} exists already"),
    ("unknown-finding", "There is no open finding {number}"),
    ("wrong-payment", "This step is the payment `{expected}`"),
    ("payment-repeated", "The payment `{payment}` is recorded already"),
    (
        "payment-order",
        "The payment `{payment}` comes after the first; record the first",
    ),
    (
        "not-accepted",
        "The rest is paid only after acceptance on site of every line",
    ),
    ("not-settled", "In this lifecycle money is paid only after settlement"),
    ("trigger-unmet", "Nothing may be advanced yet: {formula}"),
    (
        "advance-ceiling",
        "Paid so far and this payment, {amount}, exceed the ceiling: {formula}",
    ),
    (
        "support-exceeded",
        "Paid so far and this payment, {amount}, exceed the approved support {limit}",
    ),
    (
        "contract-exceeded",
        "Paid so far and this payment, {amount}, exceed the contract value {limit}",
    ),
    (
        "settled-exceeded",
        "Paid so far and this payment, {amount}, exceed the settled {limit}",
    ),
    (
        "budget-code",
        "A budget code has digits only, and none of its parts is empty",
    ),
    ("line-accepted", "Line {line} is already accepted"),
    ("no-lines-accepted", "Name at least one line"),
    (
        "acceptance-incomplete",
        "Not everything in the contract is done; acceptance is recorded when it is",
    ),
    (
        "acceptance-value",
        "The counterpart part {counterpart} is more than the accepted value {value}",
    ),
    (
        "requested-exceeds",
        "The requested {amount} exceeds what may be settled, {limit}",
    ),
    ("settlement-exceeds", "The settled {amount} exceeds {limit}: {formula}"),
    (
        "settled-below-paid",
        "The settled {amount} is below the {limit} already paid",
    ),
    ("late-amount", "The amount {amount} exceeds the advances of {limit}"),
    (
        "open-money",
        "Money is open: receivable {receivable}, payable {payable}; settle it first",
    ),
    ("open-findings", "Findings are open: {numbers}; close them first"),
    (
        "authority",
        "This change is decided by the authority `{expected}`, the step has `{given}`",
    ),
    ("nothing-changes", "Nothing would change"),
    (
        "time-year",
        "The new last day must lie from {starts} to the end of {year}",
    ),
    ("extension-year", "An extension ends after the year {year}"),
    ("stop-for-violations", "This step stops a project for violations"),
    ("stop-on-request", "This step stops a project on request"),
    ("carry-over-years", "Money is carried over into a later year"),
    (
        "carry-over-amount",
        "The amount {amount} exceeds the unspent support {limit}",
    ),
    ("refund-exceeds", "The refund {amount} exceeds what is open, {limit}"),
    (
        "receivable-exceeds",
        "The receivable {amount} exceeds what was paid and is not yet claimed, {limit}",
    ),
    ("not-recoverable", "The support of this lifecycle is not recoverable"),
    ("schedule-order", "The instalments must be in order of their days"),
    (
        "schedule-sum",
        "The instalments sum to {amount}, to be recovered are {limit}",
    ),
    ("schedule-missing", "There is no repayment schedule"),
    ("repayment-exceeds", "The repayment {amount} exceeds the open {limit}"),
    (
        "unknown-event",
        "There is no event number {sequence} of this kind to correct",
    ),
    ("no-target-lifecycle", "The target version {version} is not published"),
    ("target-lacks-state", "The target version has no state {state}"),
    (
        "target-older",
        "The target version {version} was replaced by the one that holds for the project, or by one before it",
    ),
    (
        "target-lacks-step",
        "The target version {version} has no step {step} from state {state}, which is awaited",
    ),
    (
        "target-forgets-duty",
        "The target version {version} has no step {step}, whose taker is kept from a later one",
    ),
    ("target-money-mode", "Money was paid, and {version} pays otherwise"),
    ("target-province", "Version {version} is for province {province} only"),
    ("target-not-in-force", "Version {version} holds only from {date} on"),
    ("target-programme", "Version {version} is for the other programme"),
];
