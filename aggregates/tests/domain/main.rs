//! The domain, tested from outside: published texts, stories, figures, forms, invariants, golden events.

mod batch_alone;
mod batch_histories;
mod batch_ranking;
mod batches;
mod codes;
mod common;
mod contract_histories;
mod contracts;
mod coverage;
mod drawing;
mod figures;
mod forms;
mod golden;
mod golden_batches;
mod golden_contracts;
mod inspections;
mod invariants;
mod law_cases;
mod planning;
mod publications;
mod published;
mod refusals;
mod review;
mod stories;
mod stories_money;
