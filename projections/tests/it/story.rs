//! A national đề án from draft to archive, written out by hand: 300 triệu for two machines, one of them paid from the local budget, of
//! which 290 are settled and the rest refunded.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use dean_aggregates::actor::{Party, Role, Unit};
use dean_aggregates::budget::{BudgetCode, PaymentOrder};
use dean_aggregates::money::Dong;
use dean_aggregates::personal::PersonalText;
use dean_aggregates::project::action::{
    Acceptance, Appraisal, AppraisalBody, AppraisalLevel, Approval, Contract, ContractForm, Inspection, LineSupport,
    Payment, PaymentKind, Refund, Registration, Settlement, SettlementFile, Verdict,
};
use dean_aggregates::project::content::{
    Beneficiary, Body, Content, LegalForm, Level, Place, PlacePriority, ProjectKind, Results, Selection, SupportLine,
    Trade,
};
use dean_aggregates::project::event::{Approved, Archived, Drafted, Pin, ProjectEvent, Proposed, Settled, What};
use dean_aggregates::project::papers::Decision;
use dean_aggregates::project::standing::{Figures, Phase, Standing, Waiting};
use dean_ledger::NewEvent;

/// An event, and who made it happen when.
#[derive(Clone)]
pub(crate) struct Told {
    pub(crate) on: NaiveDate,
    pub(crate) actor: &'static str,
    pub(crate) role: &'static str,
    pub(crate) unit: &'static str,
    pub(crate) event: ProjectEvent,
}

impl Told {
    pub(crate) fn recorded(&self) -> NewEvent {
        NewEvent {
            event_type: self.event.what.name().to_owned(),
            event_version: "1".to_owned(),
            payload: serde_json::to_value(&self.event).expect("an event is JSON"),
        }
    }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

pub(crate) const IMPLEMENTER: &str = "tt-kc-dien-bien";
pub(crate) const DEPARTMENT: &str = "so-ct-dien-bien";
pub(crate) const AGENCY: &str = "cuc";

fn decision() -> Decision {
    Decision {
        number: "1234/QĐ-BCT".to_owned(),
        date: day("2019-02-20"),
        issuer: "Bộ Công Thương".to_owned(),
        signer: Some(PersonalText::new("Nguyễn Văn Ký")),
        signed_for: None,
    }
}

fn order() -> PaymentOrder {
    PaymentOrder {
        number: "UNC-7".to_owned(),
        date: day("2019-04-01"),
        treasury: "KBNN Trung ương".to_owned(),
    }
}

fn budget() -> BudgetCode {
    let text = str::to_owned;
    BudgetCode {
        chapter: text("016"),
        category: text("280"),
        item: text("309"),
        sub_item: text("7764"),
    }
}

fn place() -> Place {
    Place {
        province: "dien-bien".to_owned(),
        district: None,
        commune: None,
        priority: PlacePriority::Highland,
    }
}

fn line(number: u16, source: Level, support: u32) -> SupportLine {
    SupportLine {
        number,
        kind: "MM".to_owned(),
        item: "máy sấy ngô".to_owned(),
        beneficiary: Some(1),
        place: place(),
        source,
        year: 2019,
        units: 1,
        cost: Dong::million(support * 3),
        support: Dong::million(support),
        counterpart: Dong::million(support * 2),
        priority_uplift: false,
    }
}

pub(crate) fn content(number: u32) -> Content {
    Content {
        name: format!("Hỗ trợ máy sấy ngô tại Điện Biên {number}"),
        kind: ProjectKind::Specific,
        selection: Selection::Review,
        starts_on: day("2019-03-01"),
        ends_on: day("2019-11-30"),
        coordinators: Vec::new(),
        beneficiaries: vec![Beneficiary {
            number: 1,
            name: PersonalText::new(format!("Công ty TNHH Đặng Quang Lanh {number}")),
            legal_form: LegalForm::Company,
            tax_code: None,
            former_tax_code: None,
            registered_office: None,
            place: place(),
            trade: Trade::FoodProcessing,
            capital: None,
            workers: Some(12),
            women_owned: false,
            minority_owned: true,
        }],
        lines: vec![line(1, Level::National, 200), line(2, Level::Local, 100)],
        body: Body::default(),
        results: Results {
            jobs: 10,
            trained: 0,
            revenue: Dong::ZERO,
        },
    }
}

fn drafted(number: u32) -> What {
    let unit = |id: &str, name: &str| Unit {
        id: id.to_owned(),
        name: name.to_owned(),
    };
    What::Drafted(Drafted {
        code: format!("KCQG-2019-{number:05}"),
        plan_year: 2019,
        level: Level::National,
        province: "dien-bien".to_owned(),
        lifecycle: Pin {
            code: "kcqg".to_owned(),
            version: "2014-02-10".to_owned(),
            sha256: "00".repeat(32),
        },
        units: BTreeMap::from([
            (Party::Implementer, unit(IMPLEMENTER, "Trung tâm Khuyến công Điện Biên")),
            (Party::Department, unit(DEPARTMENT, "Sở Công Thương Điện Biên")),
            (Party::Agency, unit(AGENCY, "Cục Công Thương địa phương")),
        ]),
        content: content(number),
    })
}

/// Builds a life event by event, carrying the figures along.
pub(crate) struct Teller {
    pub(crate) told: Vec<Told>,
    pub(crate) money: Figures,
}

type Awaited = Option<(Role, &'static str, &'static str, Option<&'static str>)>;

impl Teller {
    #[expect(
        clippy::too_many_arguments,
        reason = "one event in one line reads like the table of a story"
    )]
    pub(crate) fn tell(
        &mut self,
        on: &str,
        by: (&'static str, &'static str),
        step: &str,
        what: What,
        state: &str,
        phase: Phase,
        awaited: Awaited,
    ) {
        let after = Standing {
            state: state.to_owned(),
            phase,
            waiting: awaited
                .iter()
                .map(|(role, unit, ..)| Waiting {
                    role: *role,
                    unit: (*unit).to_owned(),
                })
                .collect(),
            next_step: awaited.map(|(_, _, step, _)| step.to_owned()),
            due_on: awaited.and_then(|(.., due)| due).map(day),
            due_basis: None,
            money: self.money,
        };
        let event = ProjectEvent {
            step: step.to_owned(),
            actor_id: "nguoi-thu".to_owned(),
            occurred_on: day(on),
            what,
            papers: Vec::new(),
            note: String::new(),
            judgements: Vec::new(),
            batch: None,
            contract: None,
            inspection: None,
            after,
        };
        let (role, unit) = by;
        self.told.push(Told {
            on: day(on),
            actor: "nguoi-thu",
            role,
            unit,
            event,
        });
    }
}

fn payment(kind: PaymentKind, amount: Dong) -> What {
    What::Disbursed(Payment {
        payment: kind,
        amount,
        order: order(),
        budget: budget(),
    })
}

/// The whole life of project `number`: 14 events.
pub(crate) fn life(number: u32) -> Vec<Told> {
    use Phase as P;
    let implementer = ("implementer", IMPLEMENTER);
    let department = ("department-director", DEPARTMENT);
    let agency = ("agency-director", AGENCY);
    let support = Dong::million(300);
    let mut t = Teller {
        told: Vec::new(),
        money: Figures::default(),
    };
    t.money.total = Dong::million(900);
    t.money.requested = support;
    let propose = Some((Role::Implementer, IMPLEMENTER, "propose", Some("2018-05-20")));
    t.tell(
        "2018-04-01",
        implementer,
        "draft",
        drafted(number),
        "draft",
        P::Draft,
        propose,
    );
    let appraise = Some((Role::DepartmentDirector, DEPARTMENT, "appraise", Some("2018-06-10")));
    let proposed = What::Proposed(Proposed {
        requested: support,
        round: 1,
    });
    t.tell(
        "2018-05-15",
        implementer,
        "propose",
        proposed,
        "proposed",
        P::Proposed,
        appraise,
    );
    let appraisal = What::Appraised(Appraisal {
        level: AppraisalLevel::Base,
        by: AppraisalBody::Council,
        criteria: Vec::new(),
        verdict: Verdict::Pass,
        recommended: Some(support),
        remarks: String::new(),
        council: None,
    });
    let register = Some((Role::DepartmentDirector, DEPARTMENT, "register", Some("2018-06-15")));
    t.tell(
        "2018-06-12",
        department,
        "appraise",
        appraisal,
        "appraised",
        P::Appraisal,
        register,
    );
    let registered = What::Registered(Registration { priority: 1 });
    let approve = Some((Role::Minister, "bo", "approve", None));
    t.tell(
        "2018-06-14",
        department,
        "register",
        registered,
        "registered",
        P::Appraisal,
        approve,
    );
    t.money.approved = support;
    let approved = What::Approved(Approved {
        approval: Approval {
            decision: decision(),
            batch: Some("2019-1".to_owned()),
            lines: Vec::new(),
        },
        lines: [(1, 200), (2, 100)]
            .map(|(line, trieu)| LineSupport {
                line,
                support: Dong::million(trieu),
            })
            .to_vec(),
        support,
        fallback_norms: false,
    });
    let sign = Some((Role::AgencyDirector, AGENCY, "sign-contract", Some("2019-04-30")));
    t.tell(
        "2019-02-20",
        ("minister", "bo"),
        "approve",
        approved,
        "approved",
        P::Approved,
        sign,
    );
    t.money.contracted = support;
    let contract = What::ContractSigned(Contract {
        number: "12/HĐ-KCQG".to_owned(),
        signed_on: day("2019-03-10"),
        form: ContractForm::Contract,
        value: support,
        detailed_estimate: "55/QĐ".to_owned(),
        tender_result: None,
        signed_for: None,
    });
    let accept = Some((Role::DepartmentDirector, DEPARTMENT, "accept", Some("2019-11-30")));
    t.tell(
        "2019-03-10",
        agency,
        "sign-contract",
        contract,
        "in-progress",
        P::Execution,
        accept,
    );
    t.money.disbursed = Dong::million(210);
    let first = payment(PaymentKind::First, Dong::million(210));
    t.tell(
        "2019-06-01",
        ("accountant", AGENCY),
        "disburse-first",
        first,
        "in-progress",
        P::Execution,
        accept,
    );
    let inspection = What::Inspected(Inspection {
        decision: decision(),
        planned: true,
        result: "Đúng tiến độ".to_owned(),
    });
    t.tell(
        "2019-05-20",
        ("inspector", AGENCY),
        "inspect",
        inspection,
        "in-progress",
        P::Execution,
        accept,
    );
    let acceptance = What::Accepted(Acceptance {
        lines: vec![1, 2],
        minutes: "BB-1".to_owned(),
        complete: true,
        value_accepted: support,
        counterpart_accepted: Dong::million(600),
        results: Results {
            jobs: 14,
            trained: 0,
            revenue: Dong::ZERO,
        },
    });
    let rest = Some((Role::Accountant, AGENCY, "disburse-rest", None));
    t.tell(
        "2019-12-05",
        department,
        "accept",
        acceptance,
        "accepted",
        P::Accepted,
        rest,
    );
    t.money.disbursed = support;
    let paid = payment(PaymentKind::Rest, Dong::million(90));
    let file = Some((Role::Implementer, IMPLEMENTER, "submit-settlement", Some("2019-12-20")));
    t.tell(
        "2019-12-10",
        ("accountant", AGENCY),
        "disburse-rest",
        paid,
        "paid",
        P::Accepted,
        file,
    );
    let filed = What::SettlementSubmitted(SettlementFile {
        with_invoice: false,
        requested: support,
    });
    let settle = Some((Role::Accountant, AGENCY, "settle", Some("2020-01-22")));
    t.tell(
        "2019-12-18",
        implementer,
        "submit-settlement",
        filed,
        "settling",
        P::Settlement,
        settle,
    );
    t.money.settled = Dong::new(289_999_999).expect("an amount");
    t.money.receivable = support.saturating_sub(t.money.settled);
    let settled = What::Settled(Settled {
        settlement: Settlement {
            amount: t.money.settled,
            decision: decision(),
        },
        refund_due: t.money.receivable,
        payable: Dong::ZERO,
    });
    let refund = Some((Role::Implementer, IMPLEMENTER, "refund", None));
    t.tell(
        "2020-01-20",
        ("accountant", AGENCY),
        "settle",
        settled,
        "settled",
        P::Settled,
        refund,
    );
    t.money.refunded = t.money.receivable;
    t.money.receivable = Dong::ZERO;
    let refunded = What::Refunded(Refund {
        amount: t.money.refunded,
        order: order(),
    });
    let archive = Some((Role::AgencyOfficer, AGENCY, "archive", None));
    t.tell(
        "2020-02-01",
        implementer,
        "refund",
        refunded,
        "settled",
        P::Settled,
        archive,
    );
    let archived = What::Archived(Archived {
        keep_until: day("2030-12-31"),
    });
    t.tell(
        "2020-03-01",
        ("agency-officer", AGENCY),
        "archive",
        archived,
        "archived",
        P::Archived,
        None,
    );
    t.told
}
