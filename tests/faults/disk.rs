//! The disk is full: nothing is acknowledged that isn't stored, nothing is damaged, and with room everything goes on.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use dean_test_support::{Client, Load, Server, TestDatabase};

use crate::{PATIENCE, everything_holds, own_cluster, under_load, until_answered};

/// A small file system of its own in memory, unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    /// `None`, with the reason printed, where this machine lets nobody mount.
    fn mount(size: &str) -> Option<Self> {
        let folder = tempfile::Builder::new()
            .prefix("dean-disk-")
            .tempdir()
            .expect("a temporary folder")
            .keep();
        let options = format!("size={size},mode=0777");
        let output = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "dean-test"])
            .arg(&folder)
            .output();
        match output {
            Ok(output) if output.status.success() => Some(Self(folder)),
            refused => {
                eprintln!("SKIPPED: no small disk can be mounted here: {refused:?}");
                None
            }
        }
    }

    /// Writes until nothing more fits.
    fn fill(&self) {
        let mut ballast = File::create(self.0.join("ballast")).expect("made");
        for size in [65_536, 4_096, 512, 1] {
            while ballast.write_all(&vec![1; size]).is_ok() {}
        }
    }

    fn free(&self) {
        fs::remove_file(self.0.join("ballast")).expect("removed");
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg("--lazy").arg(&self.0).status();
        if !unmounted.is_ok_and(|status| status.success()) {
            eprintln!("{} is still mounted", self.0.display());
        }
        // Fails only when it is still mounted, which has just been said.
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_full_disk_under_sqlite_is_told_and_survived() {
    let Some(disk) = SmallDisk::mount("24m") else { return };
    let database = TestDatabase::sqlite_in(&disk.0);
    full_and_free(&disk, &database, "database or disk is full", || {});
}

#[test]
fn a_full_disk_under_postgresql_is_told_and_survived() {
    let Some(disk) = SmallDisk::mount("200m") else { return };
    let mut cluster = own_cluster(Some(disk.0.as_path()));
    let database = TestDatabase::postgres_on(cluster.url());
    full_and_free(&disk, &database, "No space left on device", || {
        // Without room for its log it gives up altogether.
        if !cluster.is_running() {
            eprintln!("PostgreSQL gave up on the full disk; starting it again");
            cluster.start(&|| Ok(())).expect("with room it recovers");
        }
    });
}

fn full_and_free(disk: &SmallDisk, database: &TestDatabase, reason: &str, recover: impl FnOnce()) {
    let server = Server::start(database, &[]);
    let load = Load::new();
    under_load(&load, 6, &[server.base_url()], || {
        until_answered(&load, 60);
        disk.fill();
        until_nothing_is_answered(&load, disk);
        let answer = Client::new(server.base_url()).get("/health/live");
        assert_eq!(answer.status, 200);
        disk.free();
        recover();
        until_answered(&load, 60);
    });
    let written = server.stderr();
    assert!(
        written.contains("a commit failed") && written.contains(reason),
        "{written}"
    );
    everything_holds(&load, &server, database);
}

/// What was set aside before (pages already part of the files) is used up first.
fn until_nothing_is_answered(load: &Load, disk: &SmallDisk) {
    let begun = Instant::now();
    let mut answered = load.answered();
    let mut since = Instant::now();
    while since.elapsed() < Duration::from_secs(2) {
        thread::sleep(Duration::from_millis(50));
        let now = load.answered();
        if now > answered {
            (answered, since) = (now, Instant::now());
            top_up(&disk.0.join("ballast"));
        }
        assert!(begun.elapsed() < 2 * PATIENCE, "the disk never fills");
    }
}

/// Files that shrank (a log that was started anew) have made room again.
fn top_up(ballast: &Path) {
    let mut ballast = fs::OpenOptions::new().append(true).open(ballast).expect("it is there");
    while ballast.write_all(&[1; 4_096]).is_ok() {}
}
