//! Refusals of claims and screenings. They have the form of those of plans.

pub(crate) use crate::plan::refusal::refuse;

/// The article that forbids double support. The text gives no exception.
pub(crate) const DOUBLE_SUPPORT_RULE: &str = "TTLT 26/2014/TTLT-BTC-BCT Đ7.4";

/// Every code of claims and screenings with its English sentence; `{name}` stands for a parameter.
pub const CODES: &[(&str, &str)] = &[
    ("code-taken", "The project code {code} is in use by project {project}"),
    (
        "decision-number-taken",
        "Number {decision} of {issuer} is in use by the decision of {date}, recorded with {holder}",
    ),
    (
        "double-support-found",
        "Project {project} meets {others} in what it is supported for, and nobody has judged that yet",
    ),
    (
        "double-support-open",
        "Whether project {project} is supported twice for one expense item with {others} has not been ruled on yet",
    ),
    (
        "double-support",
        "Project {project} and {others} are for one and the same expense item, as {officer} ruled on {date}",
    ),
    ("no-such-flag", "There is no open flag {flag} on this project"),
    ("ruling-without-evidence", "A ruling needs the papers that it rests on"),
    ("no-such-line", "The project has no support line {line}"),
    ("item-unreadable", "«{value}» names no {what}"),
    ("item-repeated", "{value} is filed with this project already"),
    (
        "not-screened-yet",
        "Items are filed once the project has been submitted",
    ),
];
