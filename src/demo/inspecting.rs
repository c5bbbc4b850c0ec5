//! Two inspections by the Cục, each of three đề án: one of 2025 whose findings were remedied and which is concluded, and one of 2026 that
//! leaves findings open.

use chrono::NaiveDate;
use cqrs_es::Aggregate;
use dean_aggregates::actor::{Actor, Party, Role};
use dean_aggregates::inspection::command::{
    AnswerPaper, ClosurePaper, Conclusion, FindingKind, FindingPaper, Inspector, OrderPaper, Team, VisitPaper,
};
use dean_aggregates::inspection::{self, Inspection, InspectionAction, InspectionCommand, together};
use dean_aggregates::money::Dong;
use dean_aggregates::personal::PersonalText;
use dean_aggregates::plan::Circumstances;
use dean_aggregates::project::papers::{Decision, Paper, PaperForm};
use dean_aggregates::several::Known;
use dean_ledger::{Append, StreamAppend};
use std::collections::BTreeMap;

use super::DemoError;
use super::calendar::{day, later};
use super::contracting::failed;
use super::dice::{Dice, command_id, fingerprint};
use super::life::Life;
use super::load::demo_channel;
use super::names;
use super::papers::letters;
use super::planning::{Kept, Today, refused};

/// Number under which commands on inspections get their ids.
const INSPECTIONS: u64 = u64::MAX - 2;
/// How many đề án are visited.
const VISITED: usize = 3;
/// The unit that inspects.
const AGENCY: &str = "cuc";

/// What is found at the first, the second and the third đề án: kind, text, recommendation, million đồng to be recovered.
const FOUND: [(FindingKind, &str, &str, u32); VISITED] = [
    (
        FindingKind::Papers,
        "Chưa mở sổ theo dõi tài sản được hỗ trợ; biên bản bàn giao thiếu chữ ký",
        "Mở sổ theo dõi tài sản, hoàn thiện biên bản bàn giao",
        0,
    ),
    (
        FindingKind::Money,
        "Một phần chứng từ mua máy không đúng nội dung được duyệt",
        "Hoàn trả phần kinh phí chi không đúng nội dung",
        15,
    ),
    (
        FindingKind::Progress,
        "Lắp đặt chậm so với tiến độ trong hợp đồng",
        "Báo cáo nguyên nhân, lập lại tiến độ và cam kết ngày hoàn thành",
        0,
    ),
];

/// When what is done.
#[derive(Debug, Clone, Copy)]
struct Course {
    ordered: NaiveDate,
    visited: NaiveDate,
    recorded: NaiveDate,
    /// How many of the findings there are.
    findings: usize,
    answered: NaiveDate,
    closed: NaiveDate,
    /// How many of them are closed, the first ones.
    closed_count: usize,
    concluded: Option<NaiveDate>,
}

const COURSES: [Course; 2] = [
    Course {
        ordered: day(2025, 5, 12),
        visited: day(2025, 5, 21),
        recorded: day(2025, 5, 26),
        findings: 1,
        answered: day(2025, 6, 9),
        closed: day(2025, 6, 18),
        closed_count: 1,
        concluded: Some(day(2025, 6, 26)),
    },
    Course {
        ordered: day(2026, 5, 11),
        visited: day(2026, 5, 20),
        recorded: day(2026, 5, 25),
        findings: VISITED,
        answered: day(2026, 6, 10),
        closed: day(2026, 6, 17),
        closed_count: 1,
        concluded: None,
    },
];

/// Findings are due so many days after they were recorded.
const DUE_AFTER_DAYS: [u32; VISITED] = [20, 60, 30];

/// The inspections under way.
pub(super) struct Inspecting {
    seed: u64,
    commands: u64,
    under_way: Vec<UnderWay>,
}

struct UnderWay {
    course: Course,
    inspection: Kept<Inspection>,
    /// Numbers of the visited đề án.
    visited: Vec<u32>,
}

impl Inspecting {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            seed,
            commands: 0,
            under_way: Vec::new(),
        }
    }

    /// What is done today. The đề án are those that go on until the end of the inspection and have no findings of their own.
    pub(super) fn on(&mut self, today: &Today<'_>, lives: &mut BTreeMap<u32, Life>) -> Result<Vec<Append>, DemoError> {
        let mut appends = Vec::new();
        if let Some(course) = COURSES.iter().find(|course| course.ordered == today.day) {
            appends.extend(self.order(today, *course, lives)?);
        }
        let mut under_way = std::mem::take(&mut self.under_way);
        for one in &mut under_way {
            let course = one.course;
            if today.day == course.visited {
                for (index, number) in one.visited.clone().into_iter().enumerate() {
                    appends.extend(self.visit(today, one, (index, number), lives)?);
                }
            }
            if today.day == course.recorded {
                for index in 0..course.findings.min(one.visited.len()) {
                    appends.extend(self.find(today, one, index, lives)?);
                }
            }
            if today.day == course.answered {
                appends.extend(self.answer(today, one)?);
            }
            if today.day == course.closed {
                for index in 0..course.closed_count.min(one.inspection.aggregate.findings().len()) {
                    appends.extend(self.close(today, one, index, lives)?);
                }
            }
            if Some(today.day) == course.concluded {
                appends.extend(self.conclude(today, one)?);
            }
        }
        self.under_way = under_way;
        Ok(appends)
    }

    fn order(
        &mut self,
        today: &Today<'_>,
        course: Course,
        lives: &BTreeMap<u32, Life>,
    ) -> Result<Option<Append>, DemoError> {
        let until = course.concluded.unwrap_or(course.closed);
        let mut able: Vec<&Life> = lives.values().filter(|life| life.may_be_inspected(until)).collect();
        // Where most was paid there is most to see.
        able.sort_by_key(|life| (std::cmp::Reverse(life.project.figures().disbursed), life.number()));
        let visited: Vec<u32> = able.iter().take(VISITED).map(|life| life.number()).collect();
        let Some(first) = able.first() else {
            return Ok(None);
        };
        let agency = first.project.units().and_then(|units| units.get(&Party::Agency));
        let mut dice = Dice::new(&[self.seed, INSPECTIONS, self.commands]);
        let mut person = |post: &str| Inspector {
            name: PersonalText::new(names::person(&mut dice)),
            post: post.to_owned(),
        };
        let (head, member) = (person("Phó Cục trưởng"), person("Chuyên viên chính"));
        let decision = Decision {
            number: format!("{}/QĐ-{}", dice.between(60, 240), letters(Party::Agency, today.day)),
            date: today.day,
            issuer: agency.map(|unit| unit.name.clone()).unwrap_or_default(),
            signer: Some(PersonalText::new(names::person(&mut dice))),
            signed_for: None,
        };
        let order = OrderPaper {
            planned: true,
            content: "Việc sử dụng kinh phí khuyến công quốc gia và tiến độ thực hiện đề án".to_owned(),
            team: Team {
                head,
                members: vec![member],
            },
            starts_on: course.visited,
            ends_on: later(course.visited, 10),
            decision,
        };
        let actor = actor(Role::AgencyDirector, "ct-1");
        let circumstances = circumstances(&actor, today, &[]);
        let mut inspection = Kept::<Inspection>::new(inspection::id_of(AGENCY, &order.decision.number));
        let command = InspectionCommand {
            action: InspectionAction::Order(Box::new(together::ordered(order, &circumstances))),
            circumstances,
        };
        let event = inspection.aggregate.decide(&command);
        let event = event.map_err(refused("order an inspection", today.day))?;
        let stream = inspection.record(event)?;
        self.under_way.push(UnderWay {
            course,
            inspection,
            visited,
        });
        Ok(Some(self.append(today, &actor, vec![stream])))
    }

    fn visit(
        &mut self,
        today: &Today<'_>,
        one: &mut UnderWay,
        (index, number): (usize, u32),
        lives: &mut BTreeMap<u32, Life>,
    ) -> Result<Option<Append>, DemoError> {
        let paper = |life: &Life| VisitPaper {
            project: life.id,
            visited_on: today.day,
            minutes: format!("{:02}/BB-KT", index + 1),
            result: "Đã kiểm tra hồ sơ, hiện trường và việc sử dụng kinh phí tại cơ sở".to_owned(),
        };
        self.together(today, one, number, lives, |inspection, known, life, circumstances| {
            together::visit(inspection, &paper(life), known, circumstances)
        })
    }

    fn find(
        &mut self,
        today: &Today<'_>,
        one: &mut UnderWay,
        index: usize,
        lives: &mut BTreeMap<u32, Life>,
    ) -> Result<Option<Append>, DemoError> {
        let (kind, text, recommendation, million) = FOUND[index];
        let number = one.visited[index];
        let paper = |life: &Life| FindingPaper {
            project: life.id,
            kind,
            text: text.to_owned(),
            amount: Dong::million(million),
            owner: Party::Implementer,
            due_on: later(today.day, DUE_AFTER_DAYS[index]),
            recommendation: recommendation.to_owned(),
        };
        self.together(today, one, number, lives, |inspection, known, life, circumstances| {
            together::record_finding(inspection, &paper(life), known, circumstances)
        })
    }

    fn close(
        &mut self,
        today: &Today<'_>,
        one: &mut UnderWay,
        index: usize,
        lives: &mut BTreeMap<u32, Life>,
    ) -> Result<Option<Append>, DemoError> {
        let number = one.visited[index];
        let paper = ClosurePaper {
            finding: u16::try_from(index + 1).unwrap_or(1),
            remedy: "Đã mở sổ theo dõi, bổ sung biên bản bàn giao đủ chữ ký".to_owned(),
            waiver: None,
        };
        self.together(today, one, number, lives, |inspection, known, _, circumstances| {
            together::close(inspection, &paper, known, circumstances)
        })
    }

    /// An act on an inspection and one of its đề án; nothing where the đề án has come to its end.
    fn together(
        &mut self,
        today: &Today<'_>,
        one: &mut UnderWay,
        number: u32,
        lives: &mut BTreeMap<u32, Life>,
        act: impl Fn(
            (uuid::Uuid, &Inspection),
            &Known<'_>,
            &Life,
            &Circumstances,
        ) -> Result<together::Together, dean_aggregates::several::SeveralError>,
    ) -> Result<Option<Append>, DemoError> {
        let Some(life) = lives.get_mut(&number) else {
            return Ok(None);
        };
        let actor = actor(Role::AgencyOfficer, "cv-9");
        let decision = one
            .inspection
            .aggregate
            .ordered()
            .map(|ordered| &ordered.order.decision);
        let papers: Vec<Paper> = decision
            .into_iter()
            .flat_map(|order| papers(order, today.day))
            .collect();
        let circumstances = circumstances(&actor, today, &papers);
        let known = Known {
            id: life.id,
            project: &life.project,
            context: life.context(actor.clone(), today)?,
        };
        let done = act(
            (one.inspection.id, &one.inspection.aggregate),
            &known,
            life,
            &circumstances,
        )
        .map_err(failed("inspect", today))?;
        let streams = vec![
            one.inspection.record(done.inspection)?,
            life.record(vec![done.project])?,
        ];
        Ok(Some(self.append(today, &actor, streams)))
    }

    /// The implementer of the second đề án, or else of the first, answers.
    fn answer(&mut self, today: &Today<'_>, one: &mut UnderWay) -> Result<Option<Append>, DemoError> {
        let findings = one.inspection.aggregate.findings();
        let Some((number, finding)) = findings.get_key_value(&2).or(findings.first_key_value()) else {
            return Ok(None);
        };
        let actor = Actor {
            id: format!("{}.cv-1", finding.owner.id),
            role: Role::Implementer,
            unit: finding.owner.id.clone(),
        };
        let action = InspectionAction::Answer(AnswerPaper {
            finding: *number,
            text: "Đơn vị đã rà soát chứng từ và sẽ thực hiện kiến nghị đúng thời hạn".to_owned(),
        });
        self.alone(today, one, actor, action)
    }

    fn conclude(&mut self, today: &Today<'_>, one: &mut UnderWay) -> Result<Option<Append>, DemoError> {
        // A finding on a đề án that came to its end meanwhile stays open, and so does the inspection.
        let is_open = one.inspection.aggregate.figures().open > 0;
        let Some(ordered) = one.inspection.aggregate.ordered().filter(|_| !is_open) else {
            return Ok(None);
        };
        let mut dice = Dice::new(&[self.seed, INSPECTIONS, self.commands]);
        let decision = Decision {
            number: format!("{}/KL-{}", dice.between(10, 90), letters(Party::Agency, today.day)),
            date: today.day,
            issuer: ordered.authority.name.clone(),
            signer: Some(PersonalText::new(names::person(&mut dice))),
            signed_for: None,
        };
        let action = InspectionAction::Conclude(Conclusion {
            decision,
            text: "Kinh phí được sử dụng đúng mục đích; kiến nghị đã được thực hiện".to_owned(),
        });
        self.alone(today, one, actor(Role::AgencyDirector, "ct-1"), action)
    }

    fn alone(
        &mut self,
        today: &Today<'_>,
        one: &mut UnderWay,
        actor: Actor,
        action: InspectionAction,
    ) -> Result<Option<Append>, DemoError> {
        let command = InspectionCommand {
            action,
            circumstances: circumstances(&actor, today, &[]),
        };
        let event = one.inspection.aggregate.decide(&command);
        let event = event.map_err(refused("go on with an inspection", today.day))?;
        let stream = one.inspection.record(event)?;
        Ok(Some(self.append(today, &actor, vec![stream])))
    }

    fn append(&mut self, today: &Today<'_>, actor: &Actor, streams: Vec<StreamAppend>) -> Append {
        let id = command_id(today.environment, self.seed, INSPECTIONS, self.commands);
        self.commands += 1;
        Append {
            command_id: id,
            actor: dean_ledger::Actor {
                id: actor.id.clone(),
                role: actor.role.to_string(),
                unit: actor.unit.clone(),
            },
            occurred_on: today.day,
            request_sha256: fingerprint(id, Inspection::TYPE),
            metadata: demo_channel(),
            streams,
        }
    }
}

fn actor(role: Role, post: &str) -> Actor {
    Actor {
        id: format!("{AGENCY}.{post}"),
        role,
        unit: AGENCY.to_owned(),
    }
}

fn circumstances(actor: &Actor, today: &Today<'_>, papers: &[Paper]) -> Circumstances {
    Circumstances {
        actor: actor.clone(),
        occurred_on: today.day,
        today: today.day,
        papers: papers.to_vec(),
        note: String::new(),
    }
}

/// The decision and the minutes, as the steps of the đề án ask for them; the minutes are evidence too.
fn papers(order: &Decision, on: NaiveDate) -> [Paper; 2] {
    let paper = |kind: &str, number: String, date| Paper {
        kind: kind.to_owned(),
        number,
        date,
        issuer: order.issuer.clone(),
        signer: None,
        form: PaperForm::Original,
        kept_at: None,
        file: None,
        sha256: None,
    };
    [
        paper("qd-kiem-tra", order.number.clone(), order.date),
        paper("bien-ban-kiem-tra", "01/BB-KT".to_owned(), on),
    ]
}
