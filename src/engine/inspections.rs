//! Inspections: ordered, carried out at several đề án, followed until every finding has its end.

use dean_aggregates::inspection::command::{
    AnswerPaper, ClosurePaper, Conclusion, FindingPaper, HandingOn, OrderPaper, RecoveryPaper, VisitPaper,
};
use dean_aggregates::inspection::together::{self, Together};
use dean_aggregates::inspection::{self, Inspection, InspectionAction, InspectionCommand};
use dean_aggregates::plan::Circumstances;
use dean_aggregates::several::{Known, SeveralError};
use dean_ledger::{JointCommand, Parts};
use uuid::Uuid;

use super::claims::Unsettled;
use super::look_ups::LookUps;
use super::plans::{Acted, Submission};
use super::{ActError, Engine};

impl Engine {
    /// Records the decision on an inspection by the asker's unit.
    pub async fn order_inspection(&self, order: OrderPaper, submission: Submission) -> Result<Acted, ActError> {
        let id = inspection::id_of(&submission.actor.unit, &order.decision.number);
        let ordered = together::ordered(order, &self.circumstances(&submission));
        self.act_on_inspection(id, InspectionAction::Order(Box::new(ordered)), submission)
            .await
    }

    /// Records the visit to a đề án.
    pub async fn visit(&self, id: Uuid, paper: VisitPaper, submission: Submission) -> Result<Acted, ActError> {
        self.inspected(id).await?;
        self.act_on_both(id, paper.project, &submission, |inspection, known, circumstances| {
            together::visit(inspection, &paper, known, circumstances)
        })
        .await
    }

    /// Records a finding on a đề án.
    pub async fn record_finding(
        &self,
        id: Uuid,
        paper: FindingPaper,
        submission: Submission,
    ) -> Result<Acted, ActError> {
        self.inspected(id).await?;
        self.act_on_both(id, paper.project, &submission, |inspection, known, circumstances| {
            together::record_finding(inspection, &paper, known, circumstances)
        })
        .await
    }

    /// Records an answer to a finding.
    pub async fn answer_finding(
        &self,
        id: Uuid,
        paper: AnswerPaper,
        submission: Submission,
    ) -> Result<Acted, ActError> {
        self.inspected(id).await?;
        self.act_on_inspection(id, InspectionAction::Answer(paper), submission)
            .await
    }

    /// Orders the recovery of a finding's money.
    pub async fn order_recovery(
        &self,
        id: Uuid,
        paper: RecoveryPaper,
        submission: Submission,
    ) -> Result<Acted, ActError> {
        let project = self.project_of(id, paper.finding).await?;
        self.act_on_both(id, project, &submission, |inspection, known, circumstances| {
            together::order_recovery(inspection, &paper, known, circumstances)
        })
        .await
    }

    /// Closes a finding with its evidence.
    pub async fn close_finding(
        &self,
        id: Uuid,
        paper: ClosurePaper,
        submission: Submission,
    ) -> Result<Acted, ActError> {
        let project = self.project_of(id, paper.finding).await?;
        self.act_on_both(id, project, &submission, |inspection, known, circumstances| {
            together::close(inspection, &paper, known, circumstances)
        })
        .await
    }

    /// Hands a finding on to another authority.
    pub async fn hand_finding_on(&self, id: Uuid, paper: HandingOn, submission: Submission) -> Result<Acted, ActError> {
        self.inspected(id).await?;
        self.act_on_inspection(id, InspectionAction::HandOn(paper), submission)
            .await
    }

    /// Concludes an inspection.
    pub async fn conclude_inspection(
        &self,
        id: Uuid,
        conclusion: Conclusion,
        submission: Submission,
    ) -> Result<Acted, ActError> {
        self.inspected(id).await?;
        self.act_on_inspection(id, InspectionAction::Conclude(conclusion), submission)
            .await
    }

    async fn act_on_inspection(
        &self,
        id: Uuid,
        action: InspectionAction,
        submission: Submission,
    ) -> Result<Acted, ActError> {
        let command = InspectionCommand {
            action,
            circumstances: self.circumstances(&submission),
        };
        let executed = self
            .inspections
            .execute(id, submission.expected_version, command, submission.envelope())
            .await?;
        Ok(Acted::on::<Inspection>(id, executed.receipt))
    }

    async fn act_on_both(
        &self,
        id: Uuid,
        project: Uuid,
        submission: &Submission,
        act: impl Fn((Uuid, &Inspection), &Known<'_>, &Circumstances) -> Result<Together, SeveralError>,
    ) -> Result<Acted, ActError> {
        let circumstances = self.circumstances(submission);
        let mut look_ups = LookUps::of([]);
        loop {
            let mut command = JointCommand::new(self.ledger().clone());
            let inspection = command.with(&self.inspections, id, submission.expected_version);
            let named = [(project, "project".to_owned())];
            let enlisted = self.enlist(&mut command, &named, submission).await?;
            let screened = self.screened(&mut command, [project], look_ups.claims());
            let part = command.with(&self.projects, project, None);
            let decide = |parts: &mut Parts| {
                let Some(known) = enlisted.known(parts, project) else {
                    return Ok(());
                };
                let together = act((id, parts.get(inspection)), &known, &circumstances).map_err(Unsettled::Own)?;
                parts.record(inspection, together.inspection);
                parts.record(part, together.project);
                enlisted
                    .follow(parts, &[project], &circumstances)
                    .map_err(Unsettled::Own)?;
                self.settle::<SeveralError>(parts, &screened, |_| None)
            };
            let outcome = command.execute(submission.envelope(), decide).await;
            if let Some(done) = look_ups.settled(outcome) {
                return Ok(Acted::on::<Inspection>(id, done?));
            }
        }
    }

    async fn inspected(&self, id: Uuid) -> Result<std::sync::Arc<Inspection>, ActError> {
        let (inspection, _) = self.inspections.load(id).await?;
        if !inspection.exists() {
            return Err(ActError::Missing("no-such-inspection"));
        }
        Ok(inspection)
    }

    /// A finding stays with its đề án.
    async fn project_of(&self, id: Uuid, finding: u16) -> Result<Uuid, ActError> {
        let inspection = self.inspected(id).await?;
        let missing = || inspection::no_such_finding(finding);
        Ok(inspection.project_of(finding).ok_or_else(missing)?)
    }
}
