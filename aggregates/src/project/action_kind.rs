//! The kinds of action by name: what a lifecycle step says that it is.

use serde::{Deserialize, Serialize};

use super::action::Action;

macro_rules! action_kinds {
    ($($variant:ident = $word:literal),+ $(,)?) => {
        /// Kind of an [`Action`]: one per variant, kebab-case in data.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum ActionKind {
            $(
                #[doc = concat!("`", $word, "`")]
                $variant,
            )+
        }

        impl ActionKind {
            /// Every kind, in the order of the vocabulary.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The kebab-case word used in data.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl Action {
            /// The kind of the action.
            pub const fn kind(&self) -> ActionKind {
                match self {
                    $(Self::$variant(_) => ActionKind::$variant,)+
                }
            }

            /// What stands below the kind in data: the fields of the form.
            pub(crate) fn details(&self) -> serde_json::Value {
                // Every variant is made of texts, numbers and lists, which always have a JSON form.
                match self {
                    $(Self::$variant(details) => serde_json::to_value(details).unwrap_or_default(),)+
                }
            }
        }
    };
}

action_kinds! {
    Draft = "draft",
    Revise = "revise",
    Propose = "propose",
    Return = "return",
    Appraise = "appraise",
    GiveOpinion = "give-opinion",
    VerifyOnSite = "verify-on-site",
    Register = "register",
    Examine = "examine",
    Approve = "approve",
    Refuse = "refuse",
    Withdraw = "withdraw",
    ApproveGroupPlan = "approve-group-plan",
    SignContract = "sign-contract",
    ReportProgress = "report-progress",
    ConfirmProgress = "confirm-progress",
    ReportMonth = "report-month",
    Inspect = "inspect",
    RaiseFinding = "raise-finding",
    CloseFinding = "close-finding",
    Disburse = "disburse",
    Accept = "accept",
    SubmitSettlement = "submit-settlement",
    Settle = "settle",
    LiquidateContract = "liquidate-contract",
    Archive = "archive",
    Adjust = "adjust",
    Stop = "stop",
    ExtendTime = "extend-time",
    CarryOverMoney = "carry-over-money",
    AccountLateSettlement = "account-late-settlement",
    DeclareForceMajeure = "declare-force-majeure",
    Refund = "refund",
    RaiseReceivable = "raise-receivable",
    ScheduleRepayment = "schedule-repayment",
    Repay = "repay",
    Reopen = "reopen",
    Correct = "correct",
    MoveLifecycle = "move-lifecycle",
}

impl std::fmt::Display for ActionKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for ActionKind {
    type Err = UnknownActionKind;

    fn from_str(word: &str) -> Result<Self, UnknownActionKind> {
        Self::ALL
            .iter()
            .copied()
            .find(|kind| kind.as_str() == word)
            .ok_or_else(|| UnknownActionKind(word.to_owned()))
    }
}

/// A word that names no kind of action.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no action {0:?}")]
pub struct UnknownActionKind(pub String);
