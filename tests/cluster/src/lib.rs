//! A throwaway PostgreSQL, made from the installed server binaries. A cluster that the machine runs anyway (Debian
//! starts one at installation) is never touched.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The oldest server that will do.
pub const MAJOR_VERSION_MIN: u32 = 15;
const START_LIMIT: Duration = Duration::from_secs(60);
/// Another process may take the free port between our look and the server's bind; and the sessions of a killed server take a moment to
/// notice, until when another one refuses to start on their data.
const START_ATTEMPTS: u32 = 40;
const START_PAUSE: Duration = Duration::from_millis(50);
const POLL: Duration = Duration::from_millis(20);
/// A socket's path must fit 107 bytes; the folder gets a random name, the socket `/.s.PGSQL.65535`.
const TEMPORARY_PATH_MAX: usize = 60;

/// The folder that has `initdb` and `postgres`, the newest where there are several.
#[must_use]
pub fn installed() -> Option<PathBuf> {
    let in_path = find_in_path("initdb").and_then(|file| Some(file.parent()?.to_path_buf()));
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path().join("bin"));
    let candidates = in_path.into_iter().chain(debian);
    candidates
        .filter_map(|folder| Some((major_version(&folder)?, folder)))
        .filter(|(version, folder)| *version >= MAJOR_VERSION_MIN && folder.join("initdb").is_file())
        .max_by_key(|(version, _)| *version)
        .map(|(_, folder)| folder)
}

/// From "postgres (PostgreSQL) 15.13 (Debian …)".
fn major_version(folder: &Path) -> Option<u32> {
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let number = text.split_whitespace().nth(2)?;
    number
        .split(|character: char| !character.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

/// A server with data of its own. Dropping it stops the server by its own process id and removes the data.
#[derive(Debug)]
pub struct Cluster {
    binaries: PathBuf,
    owner: Owner,
    child: Option<Child>,
    port: u16,
    // Dropped after the server is stopped.
    folder: TempDir,
}

impl Cluster {
    /// Makes the data, in a folder inside `parent` or the usual temporary one. Nothing runs yet.
    ///
    /// # Errors
    /// One line that says what could not be done.
    pub fn make(binaries: &Path, parent: Option<&Path>) -> Result<Self, String> {
        let owner = Owner::choose()?;
        let folder = owner.make_folder(parent)?;
        let output = owner
            .command(&binaries.join("initdb"))
            .args([
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--no-sync",
                "--pgdata=data",
            ])
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| format!("cannot run initdb: {error}"))?;
        if !output.status.success() {
            let told = String::from_utf8_lossy(&output.stderr).into_owned();
            return Err(format!("initdb failed: {}: {}", output.status, told.trim_end()));
        }
        Ok(Self {
            binaries: binaries.to_owned(),
            owner,
            child: None,
            port: 0,
            folder,
        })
    }

    /// Starts the server on a loopback port, the same one each time, and waits until it takes connections. `go_on` is asked meanwhile;
    /// its error ends the waiting.
    ///
    /// # Errors
    /// With what the server wrote, when it does not start.
    pub fn start(&mut self, go_on: &dyn Fn() -> Result<(), String>) -> Result<(), String> {
        for attempt in 1.. {
            let first = self.port == 0;
            if first {
                self.port = free_port()?;
            }
            match self.attempt(go_on) {
                Ok(()) => return Ok(()),
                Err(message) if attempt == START_ATTEMPTS => return Err(message),
                Err(_) => go_on()?,
            }
            if first {
                self.port = 0;
            }
            std::thread::sleep(START_PAUSE);
        }
        Err("PostgreSQL did not start".to_owned())
    }

    fn attempt(&mut self, go_on: &dyn Fn() -> Result<(), String>) -> Result<(), String> {
        let folder = self.folder.path();
        let log = folder.join("log");
        let log_file = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let log_copy = log_file
            .try_clone()
            .map_err(|error| format!("{}: {error}", log.display()))?;
        let mut server = self.owner.server_command(&self.binaries.join("postgres"));
        server
            .args([
                "-D",
                "data",
                "-p",
                &self.port.to_string(),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "max_connections=200",
            ])
            .arg("-c")
            .arg(format!("unix_socket_directories={}", folder.display()))
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(log_copy)
            .stderr(log_file)
            // Ctrl-C at the terminal is for us: we stop the server once the tests have ended.
            .process_group(0);
        let mut child = server
            .spawn()
            .map_err(|error| format!("cannot run postgres: {error}"))?;
        match wait_until_ready(&mut child, folder, go_on) {
            Ok(()) => {
                self.child = Some(child);
                Ok(())
            }
            Err(message) => {
                stop(&mut child);
                let log = fs::read_to_string(&log).unwrap_or_default();
                Err(format!("PostgreSQL did not start: {message}\n{}", log.trim_end()))
            }
        }
    }

    /// Of the administrative database; tests make their own from it.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        self.child
            .as_mut()
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Ends the server as a power cut would: SIGKILL to the postmaster. Its sessions notice and end by themselves.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            // Fails only when it has ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            stop(child);
        }
    }
}

/// Sends `what` to a child that has not been waited for yet, so its process id is still its own.
fn signal(child: &Child, what: Signal) {
    // The only failure is "no such process": it has ended by itself, which is what was wanted.
    let _ = kill_process(Pid::from_child(child), what);
}

/// Waits up to `limit` for the child's end.
fn wait(child: &mut Child, limit: Duration) -> Option<ExitStatus> {
    let start = Instant::now();
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return Some(status);
        }
        if start.elapsed() >= limit {
            return None;
        }
        std::thread::sleep(POLL);
    }
}

/// The first file called `name` in the folders of PATH.
fn find_in_path(name: impl AsRef<OsStr>) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|folder| folder.join(name.as_ref()))
        .find(|file| file.is_file())
}

/// Fast shutdown, then immediate shutdown, then the axe.
fn stop(child: &mut Child) {
    for (what, limit_s) in [(Signal::INT, 10), (Signal::QUIT, 5), (Signal::KILL, 5)] {
        signal(child, what);
        if wait(child, Duration::from_secs(limit_s)).is_some() {
            return;
        }
    }
}

/// The server writes its state into the last line of its pid file, as `pg_ctl` reads it.
fn wait_until_ready(child: &mut Child, folder: &Path, go_on: &dyn Fn() -> Result<(), String>) -> Result<(), String> {
    let start = Instant::now();
    let state = folder.join("data/postmaster.pid");
    let own = child.id().to_string();
    while start.elapsed() < START_LIMIT {
        go_on()?;
        // A server that was killed has left its own file.
        let is_ready = |text: String| {
            let mut lines = text.lines().map(str::trim);
            lines.next() == Some(&own) && lines.nth(6) == Some("ready")
        };
        if fs::read_to_string(&state).is_ok_and(is_ready) {
            return Ok(());
        }
        if let Some(status) = wait(child, POLL) {
            return Err(status.to_string());
        }
    }
    Err(format!("not ready after {} s", START_LIMIT.as_secs()))
}

fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    listener
        .map(|address| address.port())
        .map_err(|error| format!("no free loopback port: {error}"))
}

/// Who runs the server: PostgreSQL refuses to run as root.
#[derive(Debug)]
struct Owner(Option<Account>);

#[derive(Debug)]
struct Account {
    user: u32,
    group: u32,
}

impl Owner {
    fn choose() -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Ok(Self(None));
        }
        let accounts = fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| Account::parse(&accounts, name))
            .map(|account| Self(Some(account)))
            .ok_or_else(|| "PostgreSQL refuses to run as root, and there is no user postgres or nobody".to_owned())
    }

    /// A folder that the owner can reach, with a path short enough for a socket.
    fn make_folder(&self, parent: Option<&Path>) -> Result<TempDir, String> {
        let usable = |path: &Path| {
            let reachable = || {
                path.ancestors()
                    .all(|part| fs::metadata(part).is_ok_and(|data| data.mode() & 0o001 != 0))
            };
            path.as_os_str().len() <= TEMPORARY_PATH_MAX && (self.0.is_none() || reachable())
        };
        let parents = parent.map_or_else(
            || vec![std::env::temp_dir(), PathBuf::from("/tmp")],
            |parent| vec![parent.to_owned()],
        );
        let parent = parents
            .into_iter()
            .find(|path| usable(path))
            .ok_or("neither $TMPDIR nor /tmp can be entered by the PostgreSQL user")?;
        let folder = tempfile::Builder::new()
            .prefix("dean-pg-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(&parent)
            .map_err(|error| format!("{}: {error}", parent.display()))?;
        if let Some(account) = &self.0 {
            chown(folder.path(), Some(account.user), Some(account.group))
                .map_err(|error| format!("{}: {error}", folder.path().display()))?;
        }
        Ok(folder)
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        self.become_owner(&mut command);
        command
    }

    /// As [`Self::command`]; and where util-linux has `setpriv`, the kernel shuts the server down when we are killed outright.
    fn server_command(&self, program: &Path) -> Command {
        let Some(setpriv) = find_in_path("setpriv") else {
            return self.command(program);
        };
        let mut command = self.command(&setpriv);
        command.args(["--pdeathsig", "INT", "--"]).arg(program);
        command
    }

    fn become_owner(&self, command: &mut Command) {
        if let Some(account) = &self.0 {
            command.uid(account.user).gid(account.group);
        }
        // Settings of a PostgreSQL that the person at this machine uses must not reach ours.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
    }
}

impl Account {
    fn parse(accounts: &str, name: &str) -> Option<Self> {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Self {
            user: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_from_passwd() {
        let text = "root:x:0:0:root:/root:/bin/sh\npostgres:x:101:104:Administrator,,,:/var/lib/postgresql:/bin/bash\n";
        let account = Account::parse(text, "postgres").expect("the line is there");
        assert_eq!((account.user, account.group), (101, 104));
        assert!(Account::parse(text, "nobody").is_none());
    }
}
