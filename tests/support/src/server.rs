//! The product's own binary, serving.

use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use crate::child::{self, Output};
use crate::{Client, TestDatabase};

const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// What the server writes to stderr when it is ready, followed by its URL.
const READY: &str = "listening on http://";

/// A running `dean serve` on a free port. Dropping it kills it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    stderr: Output,
    base_url: String,
}

impl Server {
    /// Starts `dean serve` on the database, with further arguments, and waits until it listens.
    ///
    /// # Panics
    /// With what the server wrote, when it does not come up.
    #[track_caller]
    #[must_use]
    pub fn start(database: &TestDatabase, arguments: &[&str]) -> Self {
        Self::start_command(Self::serve_command(database, arguments))
    }

    /// `dean serve` on the database with further arguments, not started.
    ///
    /// # Panics
    /// When the binary has not been built.
    #[track_caller]
    #[must_use]
    pub fn serve_command(database: &TestDatabase, arguments: &[&str]) -> Command {
        Self::serve_command_through(database, database.url(), arguments)
    }

    /// As [`Self::serve_command`], reaching the database by another URL: through a wire, as another role.
    ///
    /// # Panics
    /// When the binary has not been built.
    #[track_caller]
    #[must_use]
    pub fn serve_command_through(database: &TestDatabase, url: &str, arguments: &[&str]) -> Command {
        let mut command = Self::command();
        command
            .args(["serve", "--addr", "127.0.0.1:0", "--database", url])
            .args(arguments)
            .env("DEAN_SIGNING_KEY", database.signing_key());
        command
    }

    /// Starts a prepared command that serves (`dean serve …`, `dean demo …`, with an environment of its own) and waits until it listens.
    ///
    /// # Panics
    /// With what the server wrote, when it does not come up.
    #[track_caller]
    #[must_use]
    pub fn start_command(mut command: Command) -> Self {
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut child = command
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {:?}: {error}", command.get_program()));
        let stderr = Output::collect(child.stderr.take().expect("stderr is piped"));
        let address = child::wait_for_output("dean", &mut child, &stderr, START_LIMIT, listening_address);
        Self {
            child,
            stderr,
            base_url: format!("http://{address}"),
        }
    }

    /// The product's binary, to be given a subcommand.
    ///
    /// # Panics
    /// When the binary has not been built.
    #[track_caller]
    #[must_use]
    pub fn command() -> Command {
        Command::new(binary())
    }

    /// Runs `dean verify` and `dean projections check`: the ledger is whole, and the read models equal a fresh replay.
    ///
    /// # Panics
    /// With what a command wrote, when it finds a fault.
    #[track_caller]
    pub fn verify(database: &TestDatabase) {
        Self::verify_ledger(database);
        check(&["projections", "check"], database.url());
    }

    /// Runs `dean verify`: the ledger is whole.
    ///
    /// # Panics
    /// With what the command wrote, when it finds a fault.
    #[track_caller]
    pub fn verify_ledger(database: &TestDatabase) {
        check(&["verify"], database.url());
    }

    /// Waits until the read models have caught up and all else works.
    ///
    /// # Panics
    /// With its answer, when it isn't ready in time.
    #[track_caller]
    pub fn wait_until_ready(&self) {
        let client = Client::new(&self.base_url);
        let begun = Instant::now();
        loop {
            let answer = client.get("/health/ready");
            if answer.status == 200 && answer.json()["projection_lag_events"] == 0 {
                return;
            }
            assert!(begun.elapsed() < START_LIMIT, "not ready: {}", answer.text());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// What the server has written to stderr so far.
    #[must_use]
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// The server's process id.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Stops the process where it stands (SIGSTOP), or lets it go on (SIGCONT).
    ///
    /// # Panics
    /// When it has ended.
    pub fn freeze(&self, frozen: bool) {
        crate::freeze_process(self.child.id(), frozen);
    }

    /// How much memory the process has at the moment, KiB.
    ///
    /// # Panics
    /// When it has ended.
    #[must_use]
    pub fn resident_kib(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        number.unwrap_or_else(|| panic!("{path} has no VmRSS"))
    }

    /// Ends the server as a power cut would: SIGKILL, no clean-up.
    pub fn kill9(mut self) {
        child::end(&mut self.child);
    }

    /// Asks the server to stop (SIGTERM) and returns how it ended.
    ///
    /// # Panics
    /// With what the server wrote, when it does not stop in time.
    #[track_caller]
    pub fn terminate(mut self) -> ExitStatus {
        child::terminate(&mut self.child, STOP_LIMIT).unwrap_or_else(|| {
            panic!(
                "dean did not stop within {} s of SIGTERM; it wrote:\n{}",
                STOP_LIMIT.as_secs(),
                self.stderr.text()
            )
        })
    }
}

#[track_caller]
fn check(command: &[&str], url: &str) {
    let output = Server::command()
        .args(command)
        .args(["--database", url])
        .output()
        .expect("the product's binary runs");
    assert!(
        output.status.success(),
        "{command:?}: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

impl Drop for Server {
    fn drop(&mut self) {
        child::end(&mut self.child);
        if std::thread::panicking() {
            eprintln!("--- what the server wrote ---\n{}---", self.stderr.text());
        }
    }
}

/// `HOST:PORT` from the line that says so; nothing while the line is incomplete.
fn listening_address(stderr: &str) -> Option<String> {
    let line = stderr
        .split_inclusive('\n')
        .find(|line| line.contains(READY) && line.ends_with('\n'))?;
    let address = line.split(READY).nth(1)?;
    Some(
        address
            .chars()
            .take_while(|character| !character.is_whitespace() && *character != '/')
            .collect(),
    )
}

/// Cargo (since 1.94) and nextest name the binary when the test runs; before, it lies beside the folder of the test's own executable.
#[track_caller]
fn binary() -> PathBuf {
    for name in ["CARGO_BIN_EXE_dean", "NEXTEST_BIN_EXE_dean"] {
        if let Some(path) = std::env::var_os(name) {
            return path.into();
        }
    }
    let test = std::env::current_exe().expect("a process knows its executable");
    let path = test
        .ancestors()
        .nth(2)
        .map(|folder| folder.join("dean"))
        .unwrap_or_default();
    assert!(
        path.is_file(),
        "{} does not exist: run this test with the package `dean`, whose tests build it",
        path.display()
    );
    path
}

#[cfg(test)]
mod tests {
    use super::listening_address;

    #[test]
    fn the_address_is_read_from_a_whole_line() {
        assert_eq!(listening_address("starting\nlistening on http://127.0.0.1:80"), None);
        let text = "starting\nlistening on http://127.0.0.1:8080\nmore\n";
        assert_eq!(listening_address(text).as_deref(), Some("127.0.0.1:8080"));
    }
}
