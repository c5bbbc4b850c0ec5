//! What somebody asks for.

use std::sync::Arc;

use dean_aggregates::batch::candidate::TradeGround;
use dean_aggregates::batch::command::Item;
use dean_aggregates::batch::ranking::{RankingSettings, TieJudgement};
use dean_aggregates::calendar::CalendarKind;
use dean_aggregates::contract;
use dean_aggregates::contract::command::{AppendixPaper, LiquidationPaper, ReconciliationPaper, Terms};
use dean_aggregates::inspection::command::{
    AnswerPaper, ClosurePaper, Conclusion, FindingPaper, HandingOn, OrderPaper, RecoveryPaper, VisitPaper,
};
use dean_aggregates::lifecycle::{Lifecycle, Pinned};
use dean_aggregates::money::Dong;
use dean_aggregates::plan::Circumstances;
use dean_aggregates::plan::command::{EstimateAssignment, EstimateChange};
use dean_aggregates::project::action::Action;
use dean_aggregates::project::papers::Decision;
use dean_aggregates::screening::{ItemsToFile, RulingAsked};
use uuid::Uuid;

/// The stable code of a refusal.
pub(crate) type Code = &'static str;

/// A command with who gives it, when and on which papers.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// Under which it is counted.
    pub(crate) name: &'static str,
    pub(crate) asked: Asked,
    pub(crate) by: Circumstances,
}

#[derive(Debug, Clone)]
pub(crate) enum Asked {
    Step {
        project: usize,
        step: String,
        action: Action,
        /// For a draft: the lifecycle that shall hold.
        lifecycle: Option<Arc<Pinned<Lifecycle>>>,
        /// For a move: the version, and whether it was replaced already.
        target: Option<(Arc<Pinned<Lifecycle>>, bool)>,
    },
    Assign(EstimateAssignment),
    ChangeEstimate(Uuid, EstimateChange),
    OpenBatch(Uuid, u16, Dong),
    ChangeCeiling(Uuid, Dong, String),
    Nominate(Uuid, usize, Vec<TradeGround>),
    RemoveCandidate(Uuid, usize, String),
    Rank(Uuid, RankingSettings, Vec<TieJudgement>),
    Decide(Uuid, Decision, Vec<Item>),
    Sign(Terms, Vec<contract::command::Item>),
    Amend(Uuid, AppendixPaper),
    Reconcile(Uuid, ReconciliationPaper),
    Liquidate(Uuid, LiquidationPaper),
    Order(OrderPaper),
    Visit(Uuid, VisitPaper),
    Find(Uuid, FindingPaper),
    Answer(Uuid, AnswerPaper),
    Recover(Uuid, RecoveryPaper),
    Close(Uuid, ClosurePaper),
    HandOn(Uuid, HandingOn),
    Conclude(Uuid, Conclusion),
    File(usize, ItemsToFile),
    Rule(usize, RulingAsked),
    Publish(CalendarKind, String),
}
