//! The domain, tested from outside: published texts, stories, figures, forms, invariants, golden events.

mod batch_alone;
mod batch_histories;
mod batch_ranking;
mod batches;
mod calendars;
mod claim_histories;
mod claims;
mod codes;
mod common;
mod coverage;
mod drawing;
mod figures;
mod forms;
mod golden;
mod golden_batches;
mod golden_claims;
mod invariants;
mod law_cases;
mod planning;
mod publications;
mod published;
mod refusals;
mod reminders;
mod review;
mod stories;
mod stories_money;
