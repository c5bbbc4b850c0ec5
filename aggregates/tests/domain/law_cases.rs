//! The published figures as they were decided: each approved, or refused, under the rules in force on the day of its decision.

use dean_aggregates::project::action::*;
use dean_aggregates::project::content::{Level, PlacePriority, ProjectKind};

use crate::common::samples::*;
use crate::common::{KCDP, KCQG, RULES_2014, RULES_2018, RULES_SON_LA, Story};

/// The day on which TT 28/2018/TT-BTC enters into force, and the one before it.
const NEW_NORMS: &str = "2018-05-11";
const LAST_OF_OLD: &str = "2018-05-10";

struct Case {
    what: &'static str,
    level: Level,
    /// The day of the decision, which says the rules.
    on: &'static str,
    kind: &'static str,
    /// Total and support, million đồng.
    money: (u32, u32),
    /// Firms, machines or models.
    units: u32,
    uplift: bool,
    own_rules: bool,
    passes: bool,
}

const BASE: Case = Case {
    what: "",
    level: Level::National,
    on: "2015-12-18",
    kind: "MM",
    money: (0, 0),
    units: 1,
    uplift: false,
    own_rules: false,
    passes: true,
};

const CASES: &[Case] = &[
    Case {
        what: "Điện Biên 2016, Quang Lanh: 200 at most without the priority uplift",
        money: (700, 250),
        passes: false,
        ..BASE
    },
    Case {
        what: "Điện Biên 2016, Quang Lanh, with it",
        money: (700, 250),
        uplift: true,
        ..BASE
    },
    Case {
        what: "Điện Biên 2016, Hải An: half of the total must reach it",
        money: (499, 250),
        uplift: true,
        passes: false,
        ..BASE
    },
    Case {
        what: "Điện Biên 2016, Hải An",
        money: (500, 250),
        uplift: true,
        ..BASE
    },
    Case {
        what: "Kiên Giang, CNC, the day before the new norms",
        level: Level::Local,
        on: LAST_OF_OLD,
        money: (450, 207),
        passes: false,
        ..BASE
    },
    Case {
        what: "Kiên Giang, CNC, the day of the new norms",
        level: Level::Local,
        on: NEW_NORMS,
        money: (450, 207),
        ..BASE
    },
    Case {
        what: "Hà Tĩnh, An Phát, before: not even with the uplift",
        on: LAST_OF_OLD,
        kind: "MH1",
        money: (3_400, 1_000),
        uplift: true,
        passes: false,
        ..BASE
    },
    Case {
        what: "Hà Tĩnh, An Phát",
        on: NEW_NORMS,
        kind: "MH1",
        money: (3_334, 1_000),
        ..BASE
    },
    Case {
        what: "Hà Tĩnh, An Phát: 30 % of the total must reach it",
        on: NEW_NORMS,
        kind: "MH1",
        money: (3_333, 1_000),
        passes: false,
        ..BASE
    },
    Case {
        what: "Bình Định, An Đức",
        level: Level::Local,
        money: (514, 200),
        ..BASE
    },
    Case {
        what: "Hậu Giang 2019, Phi Long",
        on: "2019-05-28",
        money: (700, 300),
        ..BASE
    },
    Case {
        what: "Sơn La 2025, Amifarm, by the province's own rules",
        level: Level::Local,
        on: "2025-06-08",
        money: (680, 300),
        own_rules: true,
        ..BASE
    },
    Case {
        what: "Thừa Thiên Huế 2015, Đức Phát",
        level: Level::Local,
        on: "2015-01-08",
        money: (99, 40),
        ..BASE
    },
    Case {
        what: "Hòa Bình 2021, a group of one",
        on: "2020-12-18",
        money: (1_350, 600),
        passes: false,
        ..BASE
    },
    Case {
        what: "Hòa Bình 2021, a group of two: the cap is per firm",
        on: "2020-12-18",
        money: (1_350, 600),
        units: 2,
        ..BASE
    },
];

fn approved(case: &Case) -> Result<(), &'static str> {
    let rules = match (case.own_rules, case.on < NEW_NORMS) {
        (true, _) => RULES_SON_LA,
        (false, true) => RULES_2014,
        (false, false) => RULES_2018,
    };
    let text = if case.level == Level::National { KCQG } else { KCDP };
    let mut asked = content(vec![line(1, case.money.0, case.money.1)]);
    let support = &mut asked.lines[0];
    support.kind = case.kind.to_owned();
    support.units = case.units;
    support.source = case.level;
    support.priority_uplift = case.uplift;
    if case.uplift {
        support.place.priority = PlacePriority::Highland;
        asked.beneficiaries[0].place.priority = PlacePriority::Highland;
    }
    if case.what.contains("a group") {
        asked.kind = ProjectKind::Group;
        asked.lines[0].beneficiary = None;
        asked.beneficiaries.clear();
    }
    let mut story = Story::new(text, rules);
    story.on(case.on).take("draft", draft_of(case.level, asked));
    story.take("propose", Action::Propose(NoDetails {}));
    if case.level == Level::National {
        story.take("appraise-base", appraise(AppraisalLevel::Base, Verdict::Pass));
        story.take("register", Action::Register(Registration { priority: 1 }));
        let remarks = "Hợp lệ.".to_owned();
        story.take("examine", Action::Examine(Examination { remarks }));
        story.take("appraise-ministry", appraise(AppraisalLevel::Ministry, Verdict::Pass));
    } else {
        story.take("appraise", appraise(AppraisalLevel::Province, Verdict::Pass));
    }
    story
        .try_take("approve", approve())
        .map(|_| ())
        .map_err(|refusal| refusal.code)
}

#[test]
fn published_figures_pass_or_are_refused_by_the_norms_of_their_day() {
    for case in CASES {
        let expected = if case.passes { Ok(()) } else { Err("norm-exceeded") };
        assert_eq!(approved(case), expected, "{}", case.what);
    }
}
