//! `dean`: an event-sourced workflow engine for the life of publicly funded projects (đề án).
//!
//! Data flows one way: `cli` starts things, `http` and `web` turn requests into steps, `engine` looks up what a decision needs, the
//! aggregates decide, the ledger records, the projections fold, and pages and API read what they folded. See `docs/ARCHITECTURE.md`.

pub mod cli;
pub mod demo;
pub mod engine;
pub mod http;
pub mod i18n;
pub mod import;
pub mod remind;
pub mod web;
