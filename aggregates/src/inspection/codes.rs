//! Refusals of inspections; what is the same fault in a project, a plan or a batch has their code.

/// Every code of inspections with its English sentence; `{name}` stands for a parameter.
pub const CODES: &[(&str, &str)] = &[
    (
        "inspection-exists",
        "{authority} has ordered an inspection by decision {number} already",
    ),
    (
        "no-such-inspection",
        "There is no such inspection; record its decision first",
    ),
    (
        "inspection-dates",
        "The inspection would end on {ends}, before it starts on {starts}",
    ),
    (
        "inspection-concluded",
        "The inspection was concluded by {number}; it takes nothing new",
    ),
    (
        "visit-outside",
        "The visit of {date} must lie between {from}, the inspection's first day, and {to}, the day of its record",
    ),
    (
        "not-visited",
        "Project {project} was not visited by this inspection; record the visit first",
    ),
    (
        "finding-owner",
        "Project {project} has no party {party} that could remedy the finding",
    ),
    (
        "finding-amount",
        "A finding of kind money has an amount, the others have none",
    ),
    (
        "finding-due",
        "The finding would be due on {date}, before it was recorded on {recorded}",
    ),
    ("no-such-finding", "The inspection has no finding {number}"),
    ("finding-remedied", "Finding {number} is closed already"),
    ("finding-not-open", "Finding {number} is closed or handed on already"),
    (
        "recovery-exceeds",
        "The recovery of {amount} exceeds what finding {number} still claims, {limit}",
    ),
    (
        "recovery-missing",
        "Finding {number} claims {amount}, of which {ordered} were ordered to be recovered",
    ),
    (
        "recovery-open",
        "Finding {number} can't be closed: project {project} still has {amount} to give back",
    ),
    (
        "evidence-missing",
        "A finding is closed with at least one paper as evidence",
    ),
    ("no-visit", "The inspection has visited no project"),
    (
        "findings-open",
        "These findings are neither closed nor handed on: {numbers}",
    ),
];
