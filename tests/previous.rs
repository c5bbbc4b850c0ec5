//! An earlier version of the program beside this one, on one PostgreSQL ledger: both write, each answers what the other recorded, and all of
//! it is sound afterwards. `cargo xtask previous --commit REV` builds the earlier version and runs this; a suite that builds one version
//! can't, so `cargo test` leaves this target out.

#[path = "faults/under_load.rs"]
mod under_load;

use std::process::Command;

use dean_test_support::{Client, Load, Server, TestDatabase};

use under_load::{everything_holds, under_load, until_answered};

#[test]
fn an_earlier_version_works_beside_this_one() {
    let earlier = std::env::var_os("DEAN_TEST_PREVIOUS").expect(
        "DEAN_TEST_PREVIOUS is not set: run `cargo xtask previous --commit REV`, which builds an earlier version",
    );
    let database = TestDatabase::postgres();
    let mut command = Command::new(&earlier);
    command.args(["serve", "--addr", "127.0.0.1:0", "--database", database.url()]);
    // Of the versions that have a signing key all need the same one; older ones don't know the variable.
    command.env("DEAN_SIGNING_KEY", database.signing_key());
    let old = Server::start_command(command);
    let load = Load::new();
    under_load(&load, 4, &[old.base_url()], || until_answered(&load, 50));
    let alone = commits_of(&old);
    // The new one may change the schema under the old one, which goes on; only started again would the old one be refused.
    let new = Server::start(&database, &[]);
    under_load(&load, 8, &[old.base_url(), new.base_url()], || {
        until_answered(&load, 400);
    });
    let (by_old, by_new) = (commits_of(&old) - alone, commits_of(&new));
    eprintln!("side by side, the earlier version made {by_old} commits and this one {by_new}");
    assert!(by_old > 0 && by_new > 0, "one of them never wrote");
    for number in 0..40 {
        load.repeat(old.base_url(), number);
        load.repeat(new.base_url(), number);
    }
    assert!(old.terminate().success());
    everything_holds(&load, &new, &database);
    eprintln!(
        "{} commands, each recorded once; ledger and read models are sound",
        load.answered()
    );
}

fn commits_of(server: &Server) -> u64 {
    let text = Client::new(server.base_url()).get("/metrics").text();
    let line = text.lines().find_map(|line| line.strip_prefix("dean_commits_total "));
    line.and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("no count of commits in {text}"))
}
