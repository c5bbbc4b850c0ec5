//! Inspections over several đề án: ordered, carried out, followed to the end of every finding.

use dean_aggregates::actor::{Actor, Party, Role};
use dean_aggregates::inspection::Inspection;
use dean_aggregates::inspection::command::*;
use dean_aggregates::inspection::state::FindingStatus;
use dean_aggregates::money::Dong;
use dean_aggregates::personal::PersonalText;
use dean_aggregates::project::Project;
use uuid::Uuid;

use super::{Chooser, Flaw};
use crate::asked::{Asked, Attempt};
use crate::texts::day;
use crate::world::{id_of, index_of};

impl Chooser<'_> {
    pub(super) fn act_on_inspection(&mut self) -> Option<Attempt> {
        let known: Vec<Uuid> = self.world.all.inspections.keys().copied().collect();
        let open = known
            .iter()
            .filter(|id| self.world.inspection(**id).conclusion().is_none());
        let open: Vec<Uuid> = open.copied().collect();
        let of = if open.is_empty() || self.dice.chance(10) {
            &known
        } else {
            &open
        };
        let Some(id) = self.dice.pick(of).copied() else {
            return self.order();
        };
        if open.is_empty() && self.dice.chance(40) {
            return self.order();
        }
        let inspection = self.world.inspection(id);
        let findings: Vec<u16> = inspection
            .findings()
            .iter()
            .filter(|(_, finding)| finding.status == FindingStatus::Open)
            .map(|(number, _)| *number)
            .collect();
        let finding = if self.has(Flaw::Thing) {
            Some(99)
        } else {
            self.dice.pick(&findings).copied()
        };
        if inspection.visits().is_empty() {
            return self.visit(id);
        }
        match (self.dice.below(12), finding) {
            (0, _) => self.visit(id),
            (1..4, _) => self.find(id),
            (4 | 5, Some(finding)) => self.answer(id, finding),
            (6 | 7, Some(finding)) => self.recover(id, finding),
            (8 | 9, Some(finding)) => self.close(id, finding),
            (10 | 11, Some(finding)) => self.hand_on(id, finding),
            (_, Some(finding)) if self.dice.chance(60) => self.close(id, finding),
            _ if findings.is_empty() || self.dice.chance(20) => self.conclude(id),
            _ => self.visit(id),
        }
    }

    fn officer(&mut self, inspection: &Inspection, what: &str) -> Option<Actor> {
        let unit = inspection.ordered()?.authority.id.clone();
        let role = if unit == "cuc" {
            Role::AgencyOfficer
        } else {
            Role::DepartmentOfficer
        };
        Some(self.person(role, &unit, what))
    }

    fn head(&mut self, unit: &str) -> Actor {
        let role = if unit == "cuc" {
            Role::AgencyDirector
        } else {
            Role::DepartmentDirector
        };
        self.person(role, unit, "order-inspection")
    }

    fn order(&mut self) -> Option<Attempt> {
        let index = self.dice.index(self.world.all.projects.len());
        let units = self.units(index);
        let agency = units.get(&Party::Agency).filter(|_| self.dice.chance(60));
        let unit = agency.or(units.get(&Party::Department))?.id.clone();
        let today = self.world.today;
        let order = OrderPaper {
            decision: self.decision(),
            planned: true,
            content: self.text("Việc sử dụng kinh phí."),
            team: Team {
                head: Inspector {
                    name: PersonalText::new("Nguyễn Văn A"),
                    post: String::new(),
                },
                members: Vec::new(),
            },
            starts_on: today,
            ends_on: if self.has(Flaw::Thing) {
                today.pred_opt()?
            } else {
                today
            },
        };
        let actor = self.head(&unit);
        Some(self.attempt_by("order-inspection", Asked::Order(order), actor, &[]))
    }

    fn visit(&mut self, id: Uuid) -> Option<Attempt> {
        let inspection = self.world.inspection(id);
        let unit = inspection.ordered()?.authority.id.as_str();
        // Where the inspecting unit has a part, and most often where money was paid.
        let fits = |(_, project): &(usize, &Project)| {
            let units = project.units().into_iter().flat_map(|units| units.values());
            project.figures().approved > Dong::ZERO && units.into_iter().any(|known| known.id == unit)
        };
        let fitting: Vec<usize> = self.world.projects().filter(fits).map(|(index, _)| index).collect();
        let any = self.project();
        let project = if self.dice.chance(92) {
            self.dice.pick(&fitting).copied()?
        } else {
            any
        };
        let paper = VisitPaper {
            project: id_of(project),
            visited_on: self.world.today,
            minutes: self.text("01/BB-KT"),
            result: "Có sai sót.".to_owned(),
        };
        let actor = self.officer(inspection, "inspect")?;
        Some(self.attempt_by("visit", Asked::Visit(id, paper), actor, &["qd-kiem-tra"]))
    }

    fn find(&mut self, id: Uuid) -> Option<Attempt> {
        let inspection = self.world.inspection(id);
        let visited: Vec<Uuid> = inspection.projects().into_iter().collect();
        let any = self.dice.index(self.world.all.projects.len());
        let project = if self.has(Flaw::Thing) {
            id_of(any)
        } else {
            self.dice.pick(&visited).copied()?
        };
        let account = self.oracle.accounts.get(&index_of(project))?;
        let of_money = account.claimable() > 0 && self.dice.chance(75);
        let amount = if of_money {
            self.amount(account.claimable())
        } else {
            Dong::ZERO
        };
        let paper = FindingPaper {
            project,
            kind: if of_money {
                FindingKind::Money
            } else {
                FindingKind::Papers
            },
            text: self.text("Chi sai đối tượng."),
            amount,
            owner: Party::Implementer,
            due_on: day("2030-01-01"),
            recommendation: "Hoàn trả.".to_owned(),
        };
        let actor = self.officer(inspection, "inspect")?;
        Some(self.attempt_by("record-finding", Asked::Find(id, paper), actor, &[]))
    }

    fn answer(&mut self, id: Uuid, finding: u16) -> Option<Attempt> {
        let inspection = self.world.inspection(id);
        let owner = inspection
            .findings()
            .get(&finding)
            .map(|finding| finding.owner.id.clone());
        let actor = match owner {
            Some(owner) if self.dice.chance(70) => self.person(Role::Implementer, &owner, "answer"),
            _ => self.officer(inspection, "inspect")?,
        };
        let text = self.text("Sẽ hoàn trả.");
        let asked = Asked::Answer(id, AnswerPaper { finding, text });
        Some(self.attempt_by("answer-finding", asked, actor, &[]))
    }

    fn recover(&mut self, id: Uuid, finding: u16) -> Option<Attempt> {
        let inspection = self.world.inspection(id);
        let known = inspection.findings().get(&finding);
        let left = known.map_or(0, |known| known.amount.saturating_sub(known.recovery).get());
        let paper = RecoveryPaper {
            finding,
            amount: self.amount(left),
            decision: self.decision(),
            reason: self.text("Theo kiến nghị."),
        };
        let units = self.units(known.map_or(0, |known| index_of(known.project)));
        let unit = units.get(&Party::Agency).or(units.get(&Party::Department))?.id.clone();
        let actor = self.person(Role::Accountant, &unit, "recover");
        Some(self.attempt_by("order-recovery", Asked::Recover(id, paper), actor, &["qd-thu-hoi"]))
    }

    fn close(&mut self, id: Uuid, finding: u16) -> Option<Attempt> {
        let inspection = self.world.inspection(id);
        let paper = ClosurePaper {
            finding,
            remedy: self.text("Đã thực hiện."),
            waiver: self.dice.chance(25).then(|| Waiver {
                decision: self.decision(),
                reason: "Đã khấu trừ.".to_owned(),
            }),
        };
        let actor = self.officer(inspection, "close")?;
        Some(self.attempt_by(
            "close-finding-of-inspection",
            Asked::Close(id, paper),
            actor,
            &["bien-ban-kiem-tra"],
        ))
    }

    fn hand_on(&mut self, id: Uuid, finding: u16) -> Option<Attempt> {
        let inspection = self.world.inspection(id);
        let handing = HandingOn {
            finding,
            to: self.text("Thanh tra tỉnh"),
            decision: self.decision(),
            reason: "Ngoài thẩm quyền.".to_owned(),
        };
        let actor = self.officer(inspection, "inspect")?;
        Some(self.attempt_by("hand-finding-on", Asked::HandOn(id, handing), actor, &[]))
    }

    fn conclude(&mut self, id: Uuid) -> Option<Attempt> {
        let unit = self.world.inspection(id).ordered()?.authority.id.clone();
        let conclusion = Conclusion {
            decision: self.decision(),
            text: self.text("Đã kiểm tra xong."),
        };
        let actor = self.head(&unit);
        Some(self.attempt_by("conclude-inspection", Asked::Conclude(id, conclusion), actor, &[]))
    }
}
