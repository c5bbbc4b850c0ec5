//! The domain of `dean`, pure: aggregates, lifecycles, rules, money. No I/O, no clock, no randomness; whatever a decision needs
//! (time, actor, looked-up texts) arrives in the command. The vocabulary of events is closed and typed here; *procedure* (which
//! step may follow which, who takes it, by when, on which papers) is data: see [`lifecycle`] and [`rules`].

pub mod actor;
pub mod batch;
pub mod budget;
pub mod calendar;
pub mod claim;
pub mod contract;
pub mod form;
pub mod inspection;
pub mod lifecycle;
pub mod money;
pub mod personal;
pub mod places;
pub mod plan;
pub mod project;
pub mod publication;
pub mod published;
pub mod reminder;
pub mod report;
pub mod rules;
pub mod screening;
pub mod several;
pub mod stored;
