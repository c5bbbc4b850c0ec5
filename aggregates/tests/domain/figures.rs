//! Published figures against the norms in force: who was granted how much, when, under which rules.

use crate::common::samples::{beneficiary, content, line};
use crate::common::{RULES_2014, RULES_2018, RULES_SON_LA, rules};
use dean_aggregates::money::Dong;

struct Row {
    what: &'static str,
    rules: &'static str,
    kind: &'static str,
    cost: u32,
    support: u32,
    units: u32,
    uplift: bool,
    limit: u32,
}

const fn row(
    what: &'static str,
    rules: &'static str,
    kind: &'static str,
    (cost, support): (u32, u32),
    (units, uplift, limit): (u32, bool, u32),
) -> Row {
    Row {
        what,
        rules,
        kind,
        cost,
        support,
        units,
        uplift,
        limit,
    }
}

/// Limits in million đồng.
const ROWS: [Row; 13] = [
    row(
        "Điện Biên 2016, Quang Lanh",
        RULES_2014,
        "MM",
        (700, 250),
        (1, false, 200),
    ),
    row(
        "Điện Biên 2016, Quang Lanh, ưu tiên",
        RULES_2014,
        "MM",
        (700, 250),
        (1, true, 300),
    ),
    row(
        "Kiên Giang, máy CNC, trước 11/05/2018",
        RULES_2014,
        "MM",
        (600, 207),
        (1, false, 200),
    ),
    row(
        "Kiên Giang, máy CNC, từ 11/05/2018",
        RULES_2018,
        "MM",
        (600, 207),
        (1, false, 300),
    ),
    row(
        "Hà Tĩnh, An Phát, trước 11/05/2018",
        RULES_2014,
        "MH1",
        (3_400, 1_000),
        (1, false, 500),
    ),
    row(
        "Hà Tĩnh, An Phát, ưu tiên",
        RULES_2014,
        "MH1",
        (3_400, 1_000),
        (1, true, 750),
    ),
    row(
        "Hà Tĩnh, An Phát, từ 11/05/2018",
        RULES_2018,
        "MH1",
        (3_400, 1_000),
        (1, false, 1_000),
    ),
    row("Bình Định, An Đức", RULES_2014, "MM", (514, 200), (1, false, 200)),
    row(
        "Hậu Giang 2019, Phi Long",
        RULES_2018,
        "MM",
        (700, 300),
        (1, false, 300),
    ),
    row("Sơn La 2025, Amifarm", RULES_SON_LA, "MM", (680, 300), (1, false, 300)),
    row(
        "Hòa Bình 2021, nhóm, một cơ sở",
        RULES_2018,
        "MM",
        (2_000, 600),
        (1, false, 300),
    ),
    row(
        "Hòa Bình 2021, nhóm, hai cơ sở",
        RULES_2018,
        "MM",
        (2_000, 600),
        (2, false, 600),
    ),
    row(
        "Hải An 2016, ưu tiên, tổng 500",
        RULES_2014,
        "MM",
        (500, 250),
        (1, true, 250),
    ),
];

#[test]
fn each_figure_meets_its_norm_or_is_refused() {
    for row in ROWS {
        let rules = rules(row.rules);
        let mut support = line(1, row.cost, row.support);
        support.kind = row.kind.to_owned();
        support.units = row.units;
        support.priority_uplift = row.uplift;
        let judgement = rules
            .value
            .judge(&rules.pin, &support, support.support)
            .unwrap_or_else(|| panic!("{}: no kind", row.what));
        assert_eq!(
            judgement.limit,
            Dong::million(row.limit),
            "{}: {}",
            row.what,
            judgement.formula
        );
    }
}

#[test]
fn half_amounts_are_not_rounded_up() {
    let rules = rules(RULES_2014);
    let judgement = rules
        .value
        .judge(&rules.pin, &line(1, 99, 40), Dong::million(40))
        .expect("a machine");
    assert_eq!(judgement.limit.get(), 49_500_000);
    assert_eq!(
        judgement.formula,
        "49.500.000 = min(50 % × 99.000.000; 1 × 200.000.000)"
    );
}

#[test]
fn published_sums_add_up() {
    let sums: [(&[u32], u32); 5] = [
        (&[75, 90, 90, 110], 365),
        (&[2_440, 100, 193, 141], 2_874),
        (&[3_407, 3_824], 7_231),
        (&[726, 9_012], 9_738),
        (&[49_465, 11_375], 60_840),
    ];
    for (parts, total) in sums {
        let sum = Dong::sum(parts.iter().copied().map(Dong::million));
        assert_eq!(sum, Some(Dong::million(total)));
    }
    assert_eq!(content(vec![line(1, 5, 2)]).beneficiaries, vec![beneficiary(1)]);
}
