//! What the tests of every crate share. A test panics when something is wrong, so these helpers panic too, each saying what was
//! attempted; nothing here belongs to the product.
//!
//! ```no_run
//! use dean_test_support::{Browser, Client, Server, TestDatabase};
//!
//! let database = TestDatabase::postgres(); // or ::sqlite()
//! let server = Server::start(&database, &[]);
//! let answer = Client::new(server.base_url()).get("/health/live");
//! assert_eq!(answer.status, 200);
//! let browser = Browser::start();
//! browser.goto(&format!("{}/", server.base_url()));
//! assert_eq!(browser.find("h1").text(), "Bảng điều hành");
//! ```
//! Everything is stopped and removed when it is dropped. Declare the database first: values are dropped in reverse order, so the
//! server stops before its database goes.

mod browser;
mod child;
mod database;
mod http;
mod load;
mod server;
pub mod story;

pub use browser::{Browser, Element};
pub use database::TestDatabase;
pub use http::{Client, EventStream, Response};
pub use load::{Load, Settled};
pub use server::Server;

/// Reads a setting that `cargo xtask test` makes.
#[track_caller]
fn setting(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`, which starts what the tests need"))
}
