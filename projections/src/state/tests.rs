//! The fold, event by event.

use dean_aggregates::budget::PaymentOrder;
use dean_aggregates::money::{Dong, Rate};
use dean_aggregates::project::action::{
    Adjustment, ContentPart, Contract, ContractForm, Correction, Inspection, LineSupport, Progress, Reason, Refund,
    Stop,
};
use dean_aggregates::project::content::{Body, Place, PlacePriority, Results, Selection, SupportLine};
use dean_aggregates::project::event::{Adjusted, Approved, Corrected, Drafted, Pin, ProjectEvent};
use dean_aggregates::project::month::{MonthReport, MonthReported, ReportForm};
use dean_aggregates::project::papers::Decision;
use dean_aggregates::project::standing::{Figures, Phase, Waiting};
use proptest::prelude::*;

use super::*;

fn day(number: u32) -> NaiveDate {
    NaiveDate::from_yo_opt(2019, number).expect("a day of 2019")
}

fn dong(amount: u64) -> Dong {
    Dong::new(amount).expect("an amount")
}

fn decision() -> Decision {
    Decision {
        number: "1".to_owned(),
        date: day(1),
        issuer: "Bộ".to_owned(),
        signer: None,
        signed_for: None,
    }
}

fn line(number: u16, year: u16, support: u64) -> SupportLine {
    SupportLine {
        number,
        kind: "MM".to_owned(),
        item: "máy".to_owned(),
        beneficiary: None,
        place: Place {
            province: "lai-chau".to_owned(),
            district: None,
            commune: None,
            priority: PlacePriority::None,
        },
        source: Level::National,
        year,
        units: 1,
        cost: dong(support * 2),
        support: dong(support),
        counterpart: dong(support),
        priority_uplift: false,
    }
}

fn content(lines: Vec<SupportLine>) -> Content {
    Content {
        name: "Đề án".to_owned(),
        kind: ProjectKind::Key,
        selection: Selection::Review,
        starts_on: day(1),
        ends_on: day(300),
        coordinators: Vec::new(),
        beneficiaries: Vec::new(),
        lines,
        body: Body::default(),
        results: Results::default(),
    }
}

/// Tells events one after the other, as `decide` would record them.
struct Teller {
    state: Option<ProjectState>,
    standing: Standing,
    on: u32,
}

impl Teller {
    fn draft(lines: Vec<SupportLine>) -> Self {
        let mut teller = Self {
            state: None,
            standing: Standing::default(),
            on: 1,
        };
        teller.tell(What::Drafted(Drafted {
            code: "KCQG-1".to_owned(),
            plan_year: 2019,
            level: Level::National,
            province: "lai-chau".to_owned(),
            lifecycle: Pin::default(),
            units: BTreeMap::new(),
            content: content(lines),
        }));
        teller
    }

    fn tell(&mut self, what: What) -> &ProjectState {
        let sequence = self.state.as_ref().map_or(1, |state| state.version + 1);
        let entry = Entry {
            position: sequence,
            id: Uuid::from_u128(1),
            sequence,
            recorded_at: 0,
            occurred_on: day(self.on),
            actor: "a".to_owned(),
            role: "implementer".to_owned(),
            unit: "u".to_owned(),
            event: ProjectEvent {
                step: "step".to_owned(),
                actor_id: "a".to_owned(),
                occurred_on: day(self.on),
                what,
                papers: Vec::new(),
                note: String::new(),
                judgements: Vec::new(),
                batch: None,
                contract: None,
                inspection: None,
                after: self.standing.clone(),
            },
        };
        let state = ProjectState::fold(self.state.take(), &entry).expect("events in order");
        self.state.insert(state)
    }

    fn approve(&mut self, support: &[u64]) {
        let lines: Vec<_> = (1..)
            .zip(support)
            .map(|(line, support)| LineSupport {
                line,
                support: dong(*support),
            })
            .collect();
        let sum = dong(support.iter().sum());
        self.standing.money.approved = sum;
        self.tell(What::Approved(Approved {
            approval: dean_aggregates::project::action::Approval {
                decision: decision(),
                batch: None,
                lines: Vec::new(),
            },
            lines,
            support: sum,
            fallback_norms: false,
        }));
    }

    /// Sets figures by an event that says nothing else.
    fn figures(&mut self, change: impl Fn(&mut Figures)) -> &ProjectState {
        change(&mut self.standing.money);
        self.tell(What::Returned(Reason { reason: String::new() }))
    }

    fn adjust(&mut self, change: Change) -> &ProjectState {
        let adjustment = Adjustment {
            decision: decision(),
            reason: String::new(),
            change,
        };
        self.tell(What::Adjusted(Adjusted {
            adjustment,
            support_before: Dong::ZERO,
            support_after: self.standing.money.approved,
        }))
    }
}

fn of(state: &ProjectState, figure: impl Fn(&Line) -> u64) -> Vec<u64> {
    state.lines.iter().map(figure).collect()
}

#[test]
fn money_paid_before_an_adjustment_stays_where_it_was_paid() {
    let mut teller = Teller::draft(vec![line(1, 2019, 200), line(2, 2019, 100)]);
    teller.approve(&[200, 100]);
    teller.figures(|money| money.disbursed = dong(90));
    teller.standing.money.approved = dong(200);
    let state = teller.adjust(Change::Support {
        lines: vec![LineSupport {
            line: 1,
            support: dong(100),
        }],
    });
    assert_eq!(
        (of(state, |line| line.approved), of(state, |line| line.disbursed)),
        (vec![100, 100], vec![60, 30])
    );
    let state = teller.figures(|money| money.disbursed = dong(190));
    assert_eq!(
        of(state, |line| line.disbursed),
        [110, 80],
        "what comes after follows the new shares"
    );
}

#[test]
fn a_correction_takes_back_in_proportion_to_what_is_there() {
    let mut teller = Teller::draft(vec![line(1, 2019, 200), line(2, 2020, 100)]);
    teller.approve(&[200, 100]);
    teller.figures(|money| money.disbursed = dong(300));
    let state = teller.figures(|money| money.disbursed = dong(200));
    assert_eq!(of(state, |line| line.disbursed), [133, 67]);
    let state = teller.figures(|money| money.disbursed = Dong::ZERO);
    assert_eq!(of(state, |line| line.disbursed), [0, 0]);
}

#[test]
fn a_line_that_is_left_out_keeps_the_money_paid_for_it() {
    let mut teller = Teller::draft(vec![line(1, 2019, 200), line(2, 2019, 100), line(3, 2019, 50)]);
    teller.approve(&[200, 100, 0]);
    teller.figures(|money| money.disbursed = dong(90));
    teller.standing.money.approved = dong(300);
    let change = Change::Content {
        part: ContentPart::Activity,
        content: Box::new(content(vec![line(2, 2020, 300)])),
    };
    let state = teller.adjust(change);
    assert_eq!(of(state, |line| u64::from(line.number)), [1, 2]);
    assert_eq!(
        (of(state, |line| line.approved), of(state, |line| line.disbursed)),
        (vec![0, 300], vec![60, 30])
    );
}

#[test]
fn a_stop_cuts_all_lines_in_proportion() {
    let mut teller = Teller::draft(vec![line(1, 2019, 200), line(2, 2019, 100)]);
    teller.approve(&[200, 100]);
    teller.standing.money.approved = dong(100);
    let state = teller.tell(What::Stopped(Stop {
        decision: decision(),
        on_request: true,
        reason: String::new(),
    }));
    assert_eq!(of(state, |line| line.approved), [67, 33]);
}

#[test]
fn a_project_without_lines_still_shows_its_money() {
    let mut teller = Teller::draft(Vec::new());
    let state = teller.figures(|money| money.disbursed = dong(5));
    assert_eq!(of(state, |line| line.disbursed), [5]);
    assert_eq!((state.lines[0].number, state.lines[0].year), (0, 2019));
}

#[test]
fn days_count_from_the_corrected_date() {
    let mut teller = Teller::draft(vec![line(1, 2019, 1)]);
    teller.on = 20;
    teller.standing.state = "proposed".to_owned();
    let state = teller.tell(What::Returned(Reason { reason: String::new() }));
    assert_eq!(
        state.last_step,
        Some(LastStep {
            sequence: 2,
            occurred_on: day(20)
        })
    );
    teller.on = 30;
    let inspection = Inspection {
        decision: decision(),
        planned: false,
        result: String::new(),
    };
    let state = teller.tell(What::Inspected(inspection));
    assert_eq!(
        state.last_step.map(|step| step.sequence),
        Some(2),
        "an inspection moves nothing on"
    );
    let correction = Correction {
        corrects: 2,
        reason: String::new(),
        right: RightEntry::Date { occurred_on: day(10) },
    };
    let state = teller.tell(What::Corrected(Corrected {
        correction,
        wrong: RightEntry::Date { occurred_on: day(20) },
    }));
    assert_eq!(
        state.last_step,
        Some(LastStep {
            sequence: 2,
            occurred_on: day(10)
        })
    );
}

#[test]
fn who_is_waited_for_twice_waits_once() {
    let mut teller = Teller::draft(Vec::new());
    let waiting = Waiting {
        role: Role::Accountant,
        unit: "cuc".to_owned(),
    };
    teller.standing.waiting = vec![waiting.clone(), waiting];
    teller.standing.phase = Phase::Execution;
    assert_eq!(teller.figures(|_| {}).pending.len(), 1);
}

#[test]
fn a_gap_in_a_stream_is_an_error() {
    let mut teller = Teller::draft(Vec::new());
    if let Some(state) = &mut teller.state {
        state.version = 5;
    }
    let entry = Entry {
        position: 9,
        id: Uuid::from_u128(1),
        sequence: 8,
        recorded_at: 0,
        occurred_on: day(1),
        actor: String::new(),
        role: String::new(),
        unit: String::new(),
        event: ProjectEvent {
            step: String::new(),
            actor_id: String::new(),
            occurred_on: day(1),
            what: What::Refunded(Refund {
                amount: Dong::ZERO,
                order: PaymentOrder {
                    number: String::new(),
                    date: day(1),
                    treasury: String::new(),
                },
            }),
            papers: Vec::new(),
            note: String::new(),
            judgements: Vec::new(),
            batch: None,
            contract: None,
            inspection: None,
            after: Standing::default(),
        },
    };
    let folded = ProjectState::fold(teller.state, &entry);
    assert!(matches!(
        folded,
        Err(ProjectionError::OutOfOrder {
            expected_after: 5,
            found: 8,
            ..
        })
    ));
}

proptest! {
    /// Whatever happens to the figures, in whatever order, the lines add up to them, and a note written and read is the same.
    #[test]
    fn lines_add_up_to_the_figures(
        supports in prop::collection::vec(0_u64..3_000_000_000, 1..6),
        steps in prop::collection::vec((0..5_u8, 0_u64..9_000_000_000), 1..30),
    ) {
        let lines = (1..).zip(&supports).map(|(number, support)| line(number, 2019, *support)).collect();
        let mut teller = Teller::draft(lines);
        for (which, amount) in steps {
            let amount = dong(amount);
            match which {
                0 => { teller.figures(|money| money.approved = amount); }
                1 => { teller.figures(|money| money.disbursed = amount); }
                2 => { teller.figures(|money| money.refunded = amount); }
                3 => { teller.figures(|money| money.settled = amount); }
                _ => { teller.approve(&supports); }
            }
            let state = teller.state.clone().expect("a draft");
            let money = teller.standing.money;
            prop_assert_eq!(of(&state, |line| line.approved).iter().sum::<u64>(), money.approved.get());
            prop_assert_eq!(of(&state, |line| line.disbursed).iter().sum::<u64>(), money.disbursed.get());
            prop_assert_eq!(of(&state, |line| line.refunded).iter().sum::<u64>(), money.refunded.get());
            prop_assert_eq!(of(&state, |line| line.settled).iter().sum::<u64>(), money.settled.get());
            let note = serde_json::to_string(&state).expect("a note");
            prop_assert_eq!(serde_json::from_str::<ProjectState>(&note).expect("the same note"), state);
        }
    }
}

#[test]
fn months_are_noted_from_the_signing_to_the_end() {
    let mut teller = Teller::draft(vec![line(1, 2019, 100)]);
    let progress = |month| Progress {
        month: day(month),
        value_done: dong(1),
        item_done: Rate(1),
        counterpart_done: dong(0),
        correction_reason: None,
    };
    assert_eq!(
        teller.tell(What::ProgressReported(progress(1))).duty,
        None,
        "no contract"
    );
    teller.tell(What::ContractSigned(Contract {
        number: "1".to_owned(),
        signed_on: day(10),
        form: ContractForm::Contract,
        value: dong(100),
        detailed_estimate: "1".to_owned(),
        tender_result: None,
        signed_for: None,
    }));
    let since = Duty {
        since: day(10),
        until: None,
    };
    teller.on = 50;
    assert_eq!(teller.tell(What::ProgressReported(progress(32))).duty, Some(since));
    let whole = |on: u32| {
        let report = MonthReport {
            month: day(32),
            form: ReportForm::Volume,
            lines: Vec::new(),
            difficulties: String::new(),
            proposals: String::new(),
            correction_reason: None,
        };
        What::MonthReported(Box::new(MonthReported {
            report,
            due_on: day(on),
            contracted: dong(100),
            compared: Vec::new(),
            corrects: None,
        }))
    };
    let reported = |state: &ProjectState| state.reported.get(&day(32)).map(|month| (month.on, month.whole));
    teller.on = 60;
    // Figures alone are replaced by the report; a correction keeps the day of the first.
    assert_eq!(reported(teller.tell(whole(55))), Some((day(60), true)));
    teller.on = 70;
    assert_eq!(reported(teller.tell(whole(55))), Some((day(60), true)));
    assert_eq!(
        reported(teller.tell(What::ProgressReported(progress(32)))),
        Some((day(60), true))
    );
    let stop = What::Stopped(Stop {
        decision: decision(),
        on_request: true,
        reason: "1".to_owned(),
    });
    let ended = Duty {
        until: Some(day(70)),
        ..since
    };
    assert_eq!(teller.tell(stop.clone()).duty, Some(ended));
    teller.on = 80;
    assert_eq!(teller.tell(stop).duty, Some(ended), "the first end counts");
}
