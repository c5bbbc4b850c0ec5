//! The norms and ceilings as the circulars print them (TTLT 26/2014 Đ6.2 and Đ8.2b, TT 28/2018 Đ8, TT 36/2013 Đ13–16), not as the published
//! texts are parsed: of the kinds of support that the histories use.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_aggregates::project::action::PaymentKind;
use dean_aggregates::project::content::{Content, SupportLine};

use super::account::{Account, Money};
use crate::texts::{NEW_NORMS_FROM, day};

/// Triệu đồng.
const MILLION: Money = 1_000_000;

/// A norm before and from 11/05/2018.
struct Norm {
    kind: &'static str,
    /// Per cent of the cost; 0: no rate.
    rate: [Money; 2],
    /// Triệu đồng per unit; 0: no cap.
    cap: [Money; 2],
    /// The unit is the firm: its lines of these norms share one cap.
    of_firm: Option<&'static str>,
    /// Whether the priority uplift (× 1,5, on the cap) applies.
    uplift: bool,
    /// Advance group.
    group: char,
}

const NORMS: &[Norm] = &[
    norm("DTN", [0, 0], [0, 0], None, false, 'B'),
    norm("TLDN", [0, 0], [10, 10], Some("TLDN"), false, 'F'),
    norm("MH1", [30, 30], [500, 1_000], None, true, 'E'),
    norm("MM", [50, 50], [200, 300], Some("machines"), true, 'E'),
    norm("CGCN", [50, 50], [200, 300], Some("machines"), true, 'E'),
    norm("TM", [50, 50], [35, 35], None, true, 'C'),
    norm("TV", [50, 50], [35, 35], Some("TV"), true, 'C'),
    norm("TT", [0, 0], [0, 0], None, false, 'D'),
    norm("BC", [0, 0], [200, 200], None, false, 'I'),
    norm("HT-CCN", [0, 30], [3_000, 6_000], None, true, 'A'),
];

/// The kinds of support that the histories use.
pub(crate) const KINDS: [&str; 10] = ["MM", "MM", "CGCN", "MH1", "TM", "TV", "DTN", "BC", "HT-CCN", "TLDN"];

/// Kho bạc: per cent of the support that may be out before acceptance.
const TREASURY: Money = 70;

const fn norm(
    kind: &'static str,
    rate: [Money; 2],
    cap: [Money; 2],
    of_firm: Option<&'static str>,
    uplift: bool,
    group: char,
) -> Norm {
    Norm {
        kind,
        rate,
        cap,
        of_firm,
        uplift,
        group,
    }
}

fn of(kind: &str) -> &'static Norm {
    let mut norms = NORMS.iter();
    norms
        .find(|norm| norm.kind == kind)
        .unwrap_or_else(|| panic!("no norm of {kind}"))
}

fn era(on: NaiveDate) -> usize {
    usize::from(on >= day(NEW_NORMS_FROM))
}

/// The cap of one unit.
fn cap(line: &SupportLine, on: NaiveDate) -> Option<Money> {
    let norm = of(&line.kind);
    let cap = norm.cap[era(on)] * MILLION;
    let cap = if line.priority_uplift && norm.uplift {
        cap * 3 / 2
    } else {
        cap
    };
    (cap > 0).then_some(cap)
}

/// min(rate × cost, cap × units × uplift), and never more than the cost.
pub(crate) fn limit(line: &SupportLine, on: NaiveDate) -> Money {
    let cost = line.cost.get();
    let rate = of(&line.kind).rate[era(on)];
    let by_rate = if rate > 0 { cost * rate / 100 } else { cost };
    let by_cap = cap(line, on).map_or(cost, |cap| cap * Money::from(line.units));
    by_rate.min(by_cap).min(cost)
}

/// Why the support of a content is more than its norms allow on a day; `None`: it is not.
pub(crate) fn excess(content: &Content, on: NaiveDate) -> Option<String> {
    let mut of_firms: BTreeMap<(u16, &str), (Money, Money)> = BTreeMap::new();
    for line in &content.lines {
        let (support, limit) = (line.support.get(), limit(line, on));
        if support > limit {
            return Some(format!("line {}: {support} > {limit}", line.number));
        }
        if let (Some(firm), Some(norm), Some(cap)) = (line.beneficiary, of(&line.kind).of_firm, cap(line, on)) {
            let (together, highest) = of_firms.entry((firm, norm)).or_default();
            *together += support;
            *highest = cap.max(*highest);
        }
    }
    let above = of_firms.iter().find(|(_, (together, cap))| together > cap);
    above.map(|((firm, norm), (together, cap))| format!("firm {firm}, {norm}: {together} > {cap}"))
}

/// The most that may be out before everything is accepted.
pub(crate) fn ceiling(account: &Account, payment: PaymentKind) -> Money {
    let (mut before, mut accepted) = (0, 0);
    for line in &account.content.lines {
        let support = account.approved.get(&line.number).copied().unwrap_or_default();
        if account.accepted.contains(&line.number) {
            accepted += support;
        } else {
            before += support * share(account, of(&line.kind).group, payment) / 100;
        }
    }
    if accepted == 0 {
        before.min(account.contracted * TREASURY / 100)
    } else {
        (accepted + before).min(account.contracted)
    }
}

/// Per cent of the support of a line that may be advanced now.
fn share(account: &Account, group: char, payment: PaymentKind) -> Money {
    let confirmed = account.confirmed.as_ref();
    let later = |first: Money| if payment == PaymentKind::First { first } else { TREASURY };
    match group {
        // More than half of the supported item's volume.
        'A' if confirmed.is_some_and(|progress| progress.item_done.0 > 5_000) => later(30),
        // More than 70 % of the whole investment.
        'E' if confirmed.is_some_and(|progress| progress.value_done.get() > account.total() * 70 / 100) => TREASURY,
        'B' | 'C' | 'D' | 'I' => TREASURY,
        _ => 0,
    }
}

/// Whether a firm has lines of one norm with and without the uplift: which cap is theirs together, the text leaves open.
pub(crate) fn is_mixed(content: &Content) -> bool {
    let mut caps: BTreeMap<(u16, &str), bool> = BTreeMap::new();
    content.lines.iter().any(|line| {
        let key = line.beneficiary.zip(of(&line.kind).of_firm);
        key.is_some_and(|key| *caps.entry(key).or_insert(line.priority_uplift) != line.priority_uplift)
    })
}
