//! Refusals of contracts; what is the same fault in a project, a plan or a batch has their code.

/// Every code of contracts with its English sentence; `{name}` stands for a parameter.
pub const CODES: &[(&str, &str)] = &[
    (
        "contract-exists",
        "{authority} has signed a contract {number} already; each number is given once",
    ),
    ("no-such-contract", "There is no such contract; sign it first"),
    ("contract-without-projects", "A contract covers at least one project"),
    (
        "contract-party-missing",
        "Your unit is no party of project {project}, or the project has no implementer",
    ),
    (
        "other-implementer",
        "Project {project} is carried out by {found}, the others by {expected}; a contract has one implementer",
    ),
    (
        "other-programme",
        "Project {project} is of another programme than the others",
    ),
    (
        "above-detailed-estimate",
        "The support in the contract, {amount}, exceeds the approved detailed estimate {limit}",
    ),
    (
        "estimate-after-contract",
        "The detailed estimate was approved on {date}, after the contract was signed on {signed}",
    ),
    ("settlement-days", "The settlement file is due within 1 to {limit} days"),
    ("appendix-repeated", "Appendix {number} is recorded already"),
    ("not-in-contract", "Project {project} is not in this contract"),
    (
        "project-concluded",
        "Project {project} is settled or has ended (state {state}); its contract value stays",
    ),
    (
        "contract-below-paid",
        "The value {amount} is below the {limit} that was paid or settled",
    ),
    (
        "contract-open",
        "These projects of the contract are neither settled nor ended: {projects}",
    ),
    ("contract-liquidated", "The contract was liquidated by minutes {number}"),
    (
        "reconciliation-differs",
        "For project {project} the implementer states {amount}, the ledger has {known}",
    ),
    (
        "reconciliation-incomplete",
        "The reconciliation lacks project {project}",
    ),
    (
        "reconciliation-missing",
        "The implementer's last contract of the year is liquidated with a reconciliation whose figures still hold",
    ),
];
