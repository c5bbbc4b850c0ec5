//! Refusals of units' reports; what is the same fault in a project, a plan or a batch has their code.

/// Every code of reports with its English sentence; `{name}` stands for a parameter.
pub const CODES: &[(&str, &str)] = &[
    (
        "report-exists",
        "{unit} has reported the period {period} already; correct that report",
    ),
    ("no-such-report", "There is no such report; file it first"),
    ("no-such-period", "There is no period {period}"),
    (
        "report-not-owed",
        "Nothing published asks unit {unit} for a report of the period {period}",
    ),
    (
        "period-not-begun",
        "The report is dated {date}; the period {period} begins on {first}",
    ),
    ("programme-repeated", "The programme {level} is stated twice"),
    (
        "programme-not-stated",
        "The ledger has projects of the programme {level}; state its figures too",
    ),
    (
        "difference-unexplained",
        "{figure} of the programme {level}: stated are {stated}, the ledger has {drawn} at position {position}; explain the difference",
    ),
];
