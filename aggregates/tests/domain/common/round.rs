//! An inspection of the đề án of a contract, carried out as the engine does it.

use cqrs_es::Aggregate;
use dean_aggregates::actor::{Actor, Party, Role};
use dean_aggregates::inspection::command::*;
use dean_aggregates::inspection::together::{self, Together};
use dean_aggregates::inspection::{self, Inspection, InspectionAction, InspectionCommand, InspectionEvent};
use dean_aggregates::personal::PersonalText;
use dean_aggregates::plan::Circumstances;
use dean_aggregates::project::ProjectEvent;
use dean_aggregates::several::{Known, SeveralError};
use uuid::Uuid;

use super::day;
use super::pact::{Pact, circumstances};
use super::season::{actor, million, officer, paper_of};
use crate::contracts::advance;

/// An inspection of the đề án of a contract: so what it does to them is followed there too.
#[derive(Clone)]
pub(crate) struct Round {
    pub(crate) id: Uuid,
    pub(crate) inspection: Inspection,
    pub(crate) events: Vec<InspectionEvent>,
    pub(crate) pact: Pact,
}

pub(crate) fn head() -> Actor {
    actor(Role::AgencyDirector, "cuc")
}

pub(crate) fn order() -> OrderPaper {
    let person = |name: &str| Inspector {
        name: PersonalText::new(name),
        post: "Chuyên viên".to_owned(),
    };
    OrderPaper {
        decision: paper_of("21/QĐ-CTĐP"),
        planned: true,
        content: "Việc thực hiện và sử dụng kinh phí.".to_owned(),
        team: Team {
            head: person("Nguyễn Văn A"),
            members: vec![person("Trần Thị B")],
        },
        starts_on: day("2019-05-02"),
        ends_on: day("2019-05-31"),
    }
}

impl Round {
    /// Several đề án in progress, an inspection ordered.
    pub(crate) fn ordered(count: usize) -> Self {
        let mut pact = Pact::signed(count);
        for index in 0..count {
            advance(&mut pact, index);
        }
        pact.on("2019-05-06");
        let mut round = Self {
            id: inspection::id_of("cuc", "21/QĐ-CTĐP"),
            inspection: Inspection::default(),
            events: Vec::new(),
            pact,
        };
        let ordered = together::ordered(order(), &circumstances(head(), round.pact.on));
        round
            .act(InspectionAction::Order(Box::new(ordered)), head())
            .expect("ordered");
        round
    }

    pub(crate) fn act(&mut self, action: InspectionAction, by: Actor) -> Result<(), SeveralError> {
        let circumstances = circumstances(by, self.pact.on);
        let event = self.inspection.decide(&InspectionCommand { action, circumstances })?;
        self.inspection.apply(event.clone());
        self.events.push(event);
        Ok(())
    }

    pub(crate) fn both(
        &mut self,
        index: usize,
        by: Actor,
        act: impl Fn((Uuid, &Inspection), &Known<'_>, &Circumstances) -> Result<Together, SeveralError>,
    ) -> Result<Together, SeveralError> {
        let circumstances = circumstances(by.clone(), self.pact.on);
        let done = act(
            (self.id, &self.inspection),
            &self.pact.known(index, &by),
            &circumstances,
        )?;
        self.inspection.apply(done.inspection.clone());
        self.events.push(done.inspection.clone());
        let (id, story) = &mut self.pact.projects[index];
        let id = *id;
        story.project.apply(done.project.clone());
        story.events.push(done.project.clone());
        self.pact.follow(id);
        Ok(done)
    }

    pub(crate) fn visit(&mut self, index: usize, by: Actor) -> Result<Together, SeveralError> {
        let paper = VisitPaper {
            project: self.pact.projects[index].0,
            visited_on: self.pact.on,
            minutes: "01/BB-KT".to_owned(),
            result: "Có sai sót.".to_owned(),
        };
        self.both(index, by, |inspection, known, circumstances| {
            together::visit(inspection, &paper, known, circumstances)
        })
    }

    pub(crate) fn finding(&self, index: usize, amount: u32) -> FindingPaper {
        FindingPaper {
            project: self.pact.projects[index].0,
            kind: if amount > 0 {
                FindingKind::Money
            } else {
                FindingKind::Papers
            },
            text: "Chi sai đối tượng.".to_owned(),
            amount: million(amount),
            owner: Party::Implementer,
            due_on: day("2030-01-01"),
            recommendation: "Hoàn trả, bổ sung hồ sơ.".to_owned(),
        }
    }

    pub(crate) fn find(&mut self, index: usize, amount: u32) -> Result<Together, SeveralError> {
        self.record(index, &self.finding(index, amount))
    }

    pub(crate) fn record(&mut self, index: usize, paper: &FindingPaper) -> Result<Together, SeveralError> {
        self.both(index, officer(), |inspection, known, circumstances| {
            together::record_finding(inspection, paper, known, circumstances)
        })
    }

    pub(crate) fn recover(&mut self, finding: u16, amount: u32) -> Result<Together, SeveralError> {
        let paper = RecoveryPaper {
            finding,
            amount: million(amount),
            decision: paper_of("40/QĐ-CTĐP"),
            reason: "Theo kiến nghị.".to_owned(),
        };
        let index = self.index_of(finding);
        self.both(
            index,
            actor(Role::Accountant, "cuc"),
            |inspection, known, circumstances| together::order_recovery(inspection, &paper, known, circumstances),
        )
    }

    pub(crate) fn close(&mut self, finding: u16, waiver: bool, by: Actor) -> Result<Together, SeveralError> {
        let paper = ClosurePaper {
            finding,
            remedy: "Đã thực hiện.".to_owned(),
            waiver: waiver.then(|| Waiver {
                decision: paper_of("50/QĐ-CTĐP"),
                reason: "Đã khấu trừ.".to_owned(),
            }),
        };
        let index = self.index_of(finding);
        self.both(index, by, |inspection, known, circumstances| {
            together::close(inspection, &paper, known, circumstances)
        })
    }

    pub(crate) fn index_of(&self, finding: u16) -> usize {
        let project = self.inspection.project_of(finding);
        let found = self.pact.projects.iter().position(|(id, _)| Some(*id) == project);
        found.unwrap_or_default()
    }

    pub(crate) fn answer(&mut self, finding: u16, by: Actor) -> Result<(), SeveralError> {
        let text = "Sẽ hoàn trả trong tháng.".to_owned();
        self.act(InspectionAction::Answer(AnswerPaper { finding, text }), by)
    }

    pub(crate) fn hand_on(&mut self, finding: u16) -> Result<(), SeveralError> {
        let handing = HandingOn {
            finding,
            to: "Thanh tra tỉnh".to_owned(),
            decision: paper_of("60/CV"),
            reason: "Ngoài thẩm quyền.".to_owned(),
        };
        self.act(InspectionAction::HandOn(handing), officer())
    }

    pub(crate) fn conclude(&mut self, by: Actor) -> Result<(), SeveralError> {
        let conclusion = Conclusion {
            decision: paper_of("70/KL"),
            text: "Đã kiểm tra xong.".to_owned(),
        };
        self.act(InspectionAction::Conclude(conclusion), by)
    }

    pub(crate) fn last_event(&self, index: usize) -> &ProjectEvent {
        self.pact.projects[index].1.events.last().expect("an event")
    }
}

pub(crate) fn implementer() -> Actor {
    actor(Role::Implementer, "ttkc-dien-bien")
}
