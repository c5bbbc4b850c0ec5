//! `contracts` (hợp đồng over several đề án) and `contract_projects`: parties, money, the settlement clock, and each đề án as its contract
//! knows it.

mod fold;
mod queries;
mod tables;

pub use fold::Contracts;
pub use queries::{ContractFilter, ContractRow};
