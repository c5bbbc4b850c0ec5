//! The program among failing things: a database that is killed, hangs or is cut off, a full disk, a process that is stopped. Whatever
//! happens, what was acknowledged stays, what was not is there wholly or not at all, a retry gets the first answer, and afterwards
//! everything goes on by itself.

mod connection;
mod disk;
mod hanging;
mod processes;
mod restart;
mod under_load;
mod unknown_event;

use dean_test_support::{Cluster, postgres_binaries};

use under_load::{PATIENCE, everything_holds, under_load, until_answered};

/// A PostgreSQL of the test's own, in a folder of its own, to be killed or starved.
fn own_cluster(folder: Option<&std::path::Path>) -> Cluster {
    let binaries = postgres_binaries().expect("`cargo xtask test` has installed PostgreSQL");
    let mut cluster = Cluster::make(&binaries, folder).expect("a cluster can be made");
    cluster.start(&|| Ok(())).expect("PostgreSQL starts");
    cluster
}
