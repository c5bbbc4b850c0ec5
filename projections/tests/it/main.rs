//! Read models on both databases, against a ledger that the tests fill by hand.

mod folding;
mod operating;
mod oversight;
mod paging;
mod running;
mod story;
mod support;
mod together;
