//! What others contribute to a decision: opinions, councils, verifications on site, signatures for somebody else.

use super::super::error::{ProjectError, refuse};
use super::super::event::What;
use super::texts::not_empty;
use super::{Case, Outcome};
use crate::actor::Party;
use crate::lifecycle::{CouncilRule, Lifecycle, Share, Step, Taker};
use crate::project::action::{
    Action, Appraisal, AppraisalBody, Council, Opinion, SignedFor, SiteVerification, Verdict,
};
use crate::project::state::Project;

impl Case<'_> {
    pub(super) fn give_opinion(&self, opinion: &Opinion) -> Result<Outcome, ProjectError> {
        not_empty(&opinion.text, "text")?;
        let total = self.project.figures().total;
        if let Some(recommended) = opinion.recommended
            && recommended > total
        {
            return Err(refuse("support-above-cost")
                .field("recommended")
                .param("support", recommended)
                .param("cost", total));
        }
        Ok(What::OpinionGiven(opinion.clone()).into())
    }

    pub(super) fn verify_on_site(&self, verification: &SiteVerification) -> Result<Outcome, ProjectError> {
        self.not_in_future("verified_on", verification.verified_on)?;
        not_empty(&verification.minutes, "minutes")?;
        not_empty(&verification.result, "result")?;
        Ok(What::SiteVerified(verification.clone()).into())
    }

    /// Where the lifecycle says how a council decides, its session is on record and bears the verdict out.
    pub(super) fn check_council(&self, appraisal: &Appraisal) -> Result<(), ProjectError> {
        let council = appraisal.council.as_ref();
        if appraisal.by == AppraisalBody::Staff {
            return match council {
                Some(_) => Err(refuse("council-without-council").field("by")),
                None => Ok(()),
            };
        }
        match (council, self.step.council) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(refuse("council-missing").field("council").rule(&self.step.article)),
            (Some(council), rule) => self.check_session(council, rule, appraisal.verdict),
        }
    }

    fn check_session(
        &self,
        council: &Council,
        rule: Option<CouncilRule>,
        verdict: Verdict,
    ) -> Result<(), ProjectError> {
        not_empty(&council.decision, "council.decision")?;
        not_empty(&council.minutes, "council.minutes")?;
        self.not_in_future("council.held_on", council.held_on)?;
        let present = u32::try_from(council.present.len()).unwrap_or(u32::MAX);
        let members = u32::from(council.members);
        let votes = u32::from(council.votes_for) + u32::from(council.votes_against);
        if present > members || votes > present {
            return Err(refuse("council-count")
                .field("council.votes_for")
                .param("members", members)
                .param("present", present)
                .param("votes", votes));
        }
        let Some(rule) = rule else {
            return Ok(());
        };
        if !reaches(present, rule.quorum, members) {
            return Err(refuse("council-quorum")
                .field("council.present")
                .rule(&self.step.article)
                .param("present", present)
                .param("members", members)
                .param("quorum", rule.quorum));
        }
        if verdict == Verdict::Pass && !exceeds(u32::from(council.votes_for), rule.majority, present) {
            return Err(refuse("council-majority")
                .field("council.votes_for")
                .rule(&self.step.article)
                .param("votes", council.votes_for)
                .param("present", present)
                .param("majority", rule.majority));
        }
        Ok(())
    }

    /// Somebody signed for a taker only where the lifecycle lets them, and says for whom and by which paper.
    pub(super) fn check_signature(&self) -> Result<(), ProjectError> {
        let actor = &self.context.actor;
        let stands_for = |taker: &Taker| taker.role == actor.role && self.project.is_of(taker.party, &actor.unit);
        let by_right = self.step.takers.iter().any(stands_for);
        let by_delegation = self.step.delegates.iter().any(stands_for);
        match self.command.action.signed_for() {
            None if by_right || !by_delegation => Ok(()),
            None => Err(refuse("delegation-missing")
                .field(self.command.action.signed_for_path())
                .rule(&self.step.article)
                .param("step", &self.step.id)),
            Some(_) if !by_delegation => Err(refuse("not-delegable")
                .field(self.command.action.signed_for_path())
                .rule(&self.step.article)
                .param("step", &self.step.id)),
            Some(signed) => {
                let path = self.command.action.signed_for_path();
                not_empty(&signed.principal, &format!("{path}.principal"))?;
                not_empty(&signed.paper, &format!("{path}.paper"))?;
                self.not_in_future(&format!("{path}.dated"), signed.dated)
            }
        }
    }

    /// What must have been done before, as the lifecycle says.
    pub(super) fn check_requirements(&self) -> Result<(), ProjectError> {
        match self.project.unmet(self.lifecycle, self.step) {
            None => Ok(()),
            Some(required) => Err(refuse("requirement-missing")
                .field("step")
                .rule(&self.step.article)
                .param("step", &self.step.id)
                .param("other", required)),
        }
    }
}

fn reaches(count: u32, share: Share, of: u32) -> bool {
    u64::from(count) * u64::from(share.whole) >= u64::from(share.part) * u64::from(of)
}

fn exceeds(count: u32, share: Share, of: u32) -> bool {
    u64::from(count) * u64::from(share.whole) > u64::from(share.part) * u64::from(of)
}

impl Project {
    /// The first step required by this one that has not been taken since the file was last proposed or sent back, and since a step of
    /// the same action was last taken.
    pub fn unmet<'s>(&self, lifecycle: &Lifecycle, step: &'s Step) -> Option<&'s str> {
        if step.requires.is_empty() {
            return None;
        }
        let uses_up = |id: &str| {
            lifecycle
                .step(id)
                .is_some_and(|taken| taken.action == step.action && !taken.requires.is_empty())
        };
        let since = self
            .trail
            .iter()
            .rposition(|trace| trace.renews || uses_up(&trace.step))
            .map_or(0, |index| index + 1);
        let done = |id: &&String| {
            self.trail[since..]
                .iter()
                .any(|trace| trace.counts && *trace.step == ***id)
        };
        step.requires.iter().find(|id| !done(id)).map(String::as_str)
    }

    /// Whether a step has been taken, with effect, since the file was last proposed or sent back.
    pub(in crate::project) fn has_taken(&self, step: &Step) -> bool {
        self.trail
            .iter()
            .rev()
            .take_while(|trace| !trace.renews)
            .any(|trace| trace.counts && *trace.step == *step.id)
    }

    /// Whether a unit stands for a party. Who drafts becomes the implementer; oversight may come from any unit.
    pub(super) fn is_of(&self, party: Party, unit: &str) -> bool {
        !self.exists() || party == Party::Oversight || self.unit_id(party) == Some(unit)
    }
}

impl Action {
    /// For whom the action's paper was signed, if for somebody else.
    pub fn signed_for(&self) -> Option<&SignedFor> {
        match self {
            Self::SignContract(contract) => contract.signed_for.as_ref(),
            Self::Approve(approval) => approval.decision.signed_for.as_ref(),
            Self::ApproveGroupPlan(plan) => plan.decision.signed_for.as_ref(),
            Self::Inspect(inspection) => inspection.decision.signed_for.as_ref(),
            Self::Settle(settlement) => settlement.decision.signed_for.as_ref(),
            Self::Adjust(adjustment) => adjustment.decision.signed_for.as_ref(),
            Self::Stop(stop) => stop.decision.signed_for.as_ref(),
            Self::ExtendTime(extension) => extension.decision.signed_for.as_ref(),
            Self::CarryOverMoney(carry) => carry.decision.signed_for.as_ref(),
            Self::RaiseReceivable(receivable) => receivable.decision.signed_for.as_ref(),
            Self::Reopen(reopening) => reopening.decision.signed_for.as_ref(),
            Self::Draft(_)
            | Self::Revise(_)
            | Self::Propose(_)
            | Self::Return(_)
            | Self::Appraise(_)
            | Self::GiveOpinion(_)
            | Self::VerifyOnSite(_)
            | Self::Register(_)
            | Self::Examine(_)
            | Self::Refuse(_)
            | Self::Withdraw(_)
            | Self::ReportProgress(_)
            | Self::ConfirmProgress(_)
            | Self::ReportMonth(_)
            | Self::RaiseFinding(_)
            | Self::CloseFinding(_)
            | Self::Disburse(_)
            | Self::Accept(_)
            | Self::SubmitSettlement(_)
            | Self::LiquidateContract(_)
            | Self::Archive(_)
            | Self::AccountLateSettlement(_)
            | Self::DeclareForceMajeure(_)
            | Self::Refund(_)
            | Self::ScheduleRepayment(_)
            | Self::Repay(_)
            | Self::Correct(_)
            | Self::MoveLifecycle(_) => None,
        }
    }

    const fn signed_for_path(&self) -> &'static str {
        match self {
            Self::SignContract(_) => "signed_for",
            _ => "decision.signed_for",
        }
    }
}
