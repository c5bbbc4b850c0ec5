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

pub mod bench;
mod browser;
mod child;
mod database;
mod http;
pub mod list;
mod load;
mod mail;
mod server;
pub mod story;

pub use dean_test_cluster::{Cluster, installed as postgres_binaries};

pub use browser::{Browser, Element};
pub use database::TestDatabase;
pub use http::{Client, EventStream, Response};
pub use load::{Load, Settled};
pub use mail::{MailServer, ReceivedMail};
pub use server::Server;

/// Stops a process where it stands (SIGSTOP), or lets it go on (SIGCONT).
///
/// # Panics
/// When there is no such process.
#[track_caller]
pub fn freeze_process(id: u32, frozen: bool) {
    let process = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw);
    let signal = if frozen {
        rustix::process::Signal::STOP
    } else {
        rustix::process::Signal::CONT
    };
    let sent = process.map(|process| rustix::process::kill_process(process, signal));
    assert_eq!(sent, Some(Ok(())), "process {id} takes {signal:?}");
}

/// Reads a setting that `cargo xtask test` makes.
#[track_caller]
fn setting(name: &str) -> String {
    std::env::var(name)
        .unwrap_or_else(|_| panic!("{name} is not set: run `cargo xtask test`, which starts what the tests need"))
}
