//! What a review of a lifecycle finds, each made by one edit: the words of the problem, and the line that it stands on.

use dean_aggregates::lifecycle::Lifecycle;

use crate::common::{KCDP_2, KCDP_PAY_AFTER, KCQG_2};

/// Text, what is replaced by what, the problem's words, and words of the line that it names.
type Case<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

const CASES: &[Case<'_>] = &[
    (
        KCDP_2,
        "due = { days = 30 }\nappraisal",
        "due = { days = 10 }\nappraisal",
        "step `appraise` is due after 10 days, and waits for step `opine-finance`, which has 15 days from the same state",
        "due = { days = 10 }",
    ),
    (
        KCQG_2,
        "takers = [\"agency:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
        "takers = [\"agency:agency-officer\", \"agency:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
        "step `examine` names `agency:agency-officer` twice in `takers`",
        "\"agency:agency-officer\", \"agency:agency-officer\"",
    ),
    (
        KCQG_2,
        "id = \"liquidate\"\naction = \"liquidate-contract\"\nfrom = [\"settled\"]\nto = \"liquidated\"",
        "id = \"liquidate\"\naction = \"liquidate-contract\"\nfrom = [\"settled\"]\nto = \"reopened\"",
        "no path leads to state `liquidated`",
        "id = \"liquidated\"",
    ),
    (
        KCQG_2,
        "from = [\"liquidated\", \"stopped\", \"reopened\"]\nto = \"archived\"\ntakers = [\"agency:agency-officer\"]\nmain = [\"liquidated\"]",
        "from = [\"stopped\"]\nto = \"archived\"\ntakers = [\"agency:agency-officer\"]\nmain = true",
        "a project in one province that has come to state `settlement-submitted` can never come to an end",
        "id = \"settlement-submitted\"",
    ),
    (
        KCQG_2,
        "main = [\"liquidated\"]\nvi = \"Lưu trữ\"",
        "main = [\"liquidated\"]\nspread = \"one-province\"\nvi = \"Lưu trữ\"",
        "a project in several provinces that has come to state `stopped` can never come to an end",
        "id = \"stopped\"",
    ),
    (
        KCQG_2,
        "takers = [\"agency:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
        "takers = [\"agency:agency-officer\"]\nvi = \"Thẩm tra\"",
        "in state `registered` nobody is awaited",
        "id = \"registered\"",
    ),
    (
        KCQG_2,
        "takers = [\"agency:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
        "takers = [\"agency:department-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
        "nobody has the role `department-officer` at the party `agency`",
        "\"agency:department-officer\"",
    ),
    (
        KCQG_2,
        "papers = [\"chung-tu-nop\"]",
        "papers = [\"chung-tu-nop\"]\ndelegates = [\"agency:accountant\"]",
        "step `refund` bears no signature that could be delegated",
        "delegates = [\"agency:accountant\"]",
    ),
    (
        KCQG_2,
        "separate = [\"accept\"]",
        "separate = [\"settle\"]",
        "is to be taken by somebody other than its own taker",
        "separate = [\"settle\"]",
    ),
    (
        KCDP_2,
        "from = [\"proposed\"]\ntakers = [\"finance-department:finance-department\"]",
        "from = [\"appraised\"]\ntakers = [\"finance-department:finance-department\"]",
        "in state `proposed` step `appraise` waits for `opine-finance`, which nobody can have taken by then",
        "requires = [\"opine-finance\"]",
    ),
    (
        KCDP_2,
        "takers = [\"finance-department:finance-department\"]\nmain = true",
        "takers = [\"finance-department:finance-department\"]",
        "in state `proposed` nobody is awaited until `opine-finance` is taken",
        "requires = [\"opine-finance\"]",
    ),
    (
        KCDP_2,
        "papers = [\"y-kien-tai-chinh\"]",
        "papers = [\"y-kien-tai-chinh\"]\nrequires = [\"appraise\"]",
        "wait for each other",
        "",
    ),
    (
        KCQG_2,
        "due = { before = \"06-15\", year = -1 }\n\n[[steps]]\nid = \"examine\"",
        "due = { before = \"05-15\", year = -1 }\n\n[[steps]]\nid = \"examine\"",
        "step `register` is due before step `propose`, which comes first, has to be done",
        "due = { before = \"05-15\", year = -1 }",
    ),
    (
        KCDP_2,
        "due = { days = 30 }",
        "due = { next_instalment = true }",
        "is due with an instalment, but no support is paid back here",
        "due = { next_instalment = true }",
    ),
    (
        KCQG_2,
        "payment = \"first\"",
        "payment = \"first\"\non_request = true",
        "`on_request` has no effect on step `advance-first`",
        "id = \"advance-first\"",
    ),
    (
        KCDP_PAY_AFTER,
        "payment = \"rest\"\nseparate = [\"settle\"]",
        "payment = \"next\"\nseparate = [\"settle\"]",
        "step `pay` advances money, but here money is paid after settlement only",
        "id = \"pay\"",
    ),
    (
        KCQG_2,
        "optional_papers = [\"mau-10\"]",
        "optional_papers = [\"mau-6\"]",
        "step `liquidate` both requires the paper `mau-6` and leaves it open",
        "papers = [\"mau-6\"]",
    ),
    (
        KCQG_2,
        "optional_papers = [\"mau-10\"]\n",
        "",
        "no step asks for the paper `mau-10`, so nobody can file it",
        "mau-10 = {",
    ),
    (
        KCDP_2,
        "{ what = \"partner\", authority = \"department\", article = \"Quy chế khuyến công của tỉnh\" },\n",
        "",
        "nobody decides the change `partner` of every kind of project",
        "what = \"support-raised\"",
    ),
    (
        KCQG_2,
        "quorum = \"2/3\"",
        "quorum = \"3/2\"",
        "`3/2` is not a share",
        "quorum = \"3/2\"",
    ),
    (
        KCQG_2,
        "requires = [\"request-withdrawal\"]",
        "requires = [\"request-withdrawl\"]",
        "there is no step `request-withdrawl`",
        "requires = [\"request-withdrawl\"]",
    ),
];

#[test]
fn each_fault_is_found_on_its_line() {
    for (text, from, to, message, on) in CASES {
        assert!(text.contains(from), "nothing to edit: {from}");
        let broken = text.replacen(from, to, 1);
        let problems = Lifecycle::review("edited.toml", &broken);
        let found = problems
            .iter()
            .find(|problem| problem.message.contains(message))
            .unwrap_or_else(|| panic!("{message}: {problems:#?}"));
        assert!(!found.fix.is_empty());
        let line = broken.lines().nth(found.line - 1).unwrap_or_default();
        assert!(line.contains(on), "{message}: line {} is {line:?}", found.line);
    }
}
