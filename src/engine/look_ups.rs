//! Looking up for joint commands: whatever a decision touches is named before it is made. Meanwhile others may link and claim, and sign
//! contracts; then it is looked up anew, and decided on what there is (docs/adr/0012).

use std::collections::BTreeSet;

use dean_aggregates::batch::alone::AloneError;
use dean_aggregates::batch::together::TogetherError;
use dean_aggregates::plan::Refusal;
use dean_aggregates::several::SeveralError;
use dean_ledger::ExecuteError;
use uuid::Uuid;

use super::claims::{Unsettled, busy};

/// How often a command is looked up because others were linked, claimed or signed meanwhile.
const LOOK_UPS_MAX: usize = 16;
/// A đề án came into a contract while its step was on the way: looked up anew, the step goes on with the contract.
const OVERTAKEN: &str = "contract-not-at-hand";

/// The claims that a joint command names, and how often it may be looked up yet.
pub(super) struct LookUps {
    claims: BTreeSet<Uuid>,
    left: usize,
}

impl LookUps {
    /// Claims that are known to be touched.
    pub(super) fn of(claims: impl IntoIterator<Item = Uuid>) -> Self {
        Self {
            claims: claims.into_iter().collect(),
            left: LOOK_UPS_MAX,
        }
    }

    /// The claims to be named now.
    pub(super) const fn claims(&self) -> &BTreeSet<Uuid> {
        &self.claims
    }

    /// Names more claims.
    pub(super) fn extend(&mut self, claims: BTreeSet<Uuid>) {
        self.claims.extend(claims);
    }

    /// How a command ended; `None` where it has to be looked up anew. After too many times the answer is that others are too busy.
    pub(super) fn settled<T, E: MayBeOvertaken>(
        &mut self,
        outcome: Result<T, ExecuteError<Unsettled<E>>>,
    ) -> Option<Result<T, ExecuteError<Unsettled<E>>>> {
        match outcome {
            Err(ExecuteError::Refused(Unsettled::Missing(ids))) => self.claims.extend(ids),
            Err(ExecuteError::Refused(Unsettled::Own(error))) if error.is_overtaken() => {}
            settled => return Some(settled),
        }
        self.left = self.left.saturating_sub(1);
        (self.left == 0).then(|| Err(ExecuteError::Append(busy())))
    }
}

/// A refusal that may only say that a contract was signed meanwhile.
pub(super) trait MayBeOvertaken: std::error::Error + 'static {
    /// Whether it says that.
    fn is_overtaken(&self) -> bool;
}

impl MayBeOvertaken for Refusal {
    fn is_overtaken(&self) -> bool {
        self.code == OVERTAKEN
    }
}

impl MayBeOvertaken for AloneError {
    fn is_overtaken(&self) -> bool {
        match self {
            Self::Project(error) => error.code == OVERTAKEN,
            Self::Refused(refusal) => refusal.is_overtaken(),
        }
    }
}

impl MayBeOvertaken for SeveralError {
    fn is_overtaken(&self) -> bool {
        match self {
            Self::Project { error, .. } => error.code == OVERTAKEN,
            Self::Refused(refusal) => refusal.is_overtaken(),
        }
    }
}

impl MayBeOvertaken for TogetherError {
    fn is_overtaken(&self) -> bool {
        match self {
            Self::Project { error, .. } => error.code == OVERTAKEN,
            Self::Refused(refusal) => refusal.is_overtaken(),
        }
    }
}
