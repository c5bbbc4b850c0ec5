//! A throwaway PostgreSQL for one test run, made from the installed server binaries. A cluster that the machine runs anyway (Debian
//! starts one at installation) is never touched.

use std::fs::{self, Permissions};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::TempDir;

use super::{debian, progress};
use crate::process::{Interrupts, find_in_path, signal, wait};

const MAJOR_VERSION_MIN: u32 = 15;
const START_LIMIT: Duration = Duration::from_secs(60);
/// Another process may take the free port between our look and the server's bind.
const START_ATTEMPTS: u32 = 3;
/// A socket's path must fit 107 bytes; the folder gets a random name, the socket `/.s.PGSQL.65535`.
const TEMPORARY_PATH_MAX: usize = 60;

/// The folder that has `initdb` and `postgres`, installing Debian's package when there is none.
pub(super) fn binaries(interrupts: &Interrupts) -> Result<PathBuf, String> {
    if let Some(folder) = installed() {
        return Ok(folder);
    }
    debian::install(&["postgresql"], "PostgreSQL (server, version 15 or later)", interrupts)?;
    installed().ok_or_else(|| {
        format!("xtask test: the installed PostgreSQL is older than {MAJOR_VERSION_MIN}; install a newer server")
    })
}

fn installed() -> Option<PathBuf> {
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

/// A running server. Dropping it stops the server by its own process id and removes its data.
pub(super) struct Server {
    child: Child,
    port: u16,
    // Dropped after the server is stopped.
    _folder: TempDir,
}

impl Server {
    pub(super) fn start(binaries: &Path, interrupts: &Interrupts) -> Result<Self, String> {
        let owner = Owner::choose()?;
        let folder = owner.make_folder()?;
        progress(&format!("making a PostgreSQL cluster in {}", folder.path().display()));
        let mut initdb = owner.command(&binaries.join("initdb"));
        initdb
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
            .stdout(Stdio::null());
        let status = interrupts.run(&mut initdb)?;
        if !status.success() {
            return Err(format!("xtask test: initdb failed: {status}"));
        }
        for attempt in 1.. {
            match Self::attempt(binaries, &owner, folder.path(), interrupts) {
                Ok((child, port)) => {
                    return Ok(Self {
                        child,
                        port,
                        _folder: folder,
                    });
                }
                Err(message) if attempt == START_ATTEMPTS => return Err(message),
                Err(message) => {
                    interrupts.check()?;
                    progress(&format!("{message}; trying again"));
                }
            }
        }
        Err("xtask test: PostgreSQL did not start".to_owned())
    }

    fn attempt(binaries: &Path, owner: &Owner, folder: &Path, interrupts: &Interrupts) -> Result<(Child, u16), String> {
        let port = free_port()?;
        let log = folder.join("log");
        let log_file = fs::File::create(&log).map_err(|error| format!("{}: {error}", log.display()))?;
        let log_copy = log_file
            .try_clone()
            .map_err(|error| format!("{}: {error}", log.display()))?;
        let mut server = owner.server_command(&binaries.join("postgres"));
        server
            .args([
                "-D",
                "data",
                "-p",
                &port.to_string(),
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
        progress(&format!("starting PostgreSQL on 127.0.0.1:{port}"));
        let mut child = server
            .spawn()
            .map_err(|error| format!("cannot run postgres: {error}"))?;
        match wait_until_ready(&mut child, folder, interrupts) {
            Ok(()) => Ok((child, port)),
            Err(message) => {
                stop(&mut child);
                let log = fs::read_to_string(&log).unwrap_or_default();
                Err(format!(
                    "xtask test: PostgreSQL did not start: {message}\n{}",
                    log.trim_end()
                ))
            }
        }
    }

    /// Of the administrative database; tests make their own from it.
    pub(super) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        stop(&mut self.child);
    }
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
fn wait_until_ready(child: &mut Child, folder: &Path, interrupts: &Interrupts) -> Result<(), String> {
    let start = Instant::now();
    let state = folder.join("data/postmaster.pid");
    while start.elapsed() < START_LIMIT {
        interrupts.check()?;
        if fs::read_to_string(&state).is_ok_and(|text| text.lines().nth(7).is_some_and(|line| line.trim() == "ready")) {
            return Ok(());
        }
        if let Some(status) = wait(child, Duration::from_millis(50)) {
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
struct Owner(Option<Account>);

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
            .ok_or_else(|| {
                "xtask test: PostgreSQL refuses to run as root, and there is no user postgres or nobody".to_owned()
            })
    }

    /// A folder that the owner can reach, with a path short enough for a socket.
    fn make_folder(&self) -> Result<TempDir, String> {
        let usable = |path: &Path| {
            let reachable = || {
                path.ancestors()
                    .all(|part| fs::metadata(part).is_ok_and(|data| data.mode() & 0o001 != 0))
            };
            path.as_os_str().len() <= TEMPORARY_PATH_MAX && (self.0.is_none() || reachable())
        };
        let parent = [std::env::temp_dir(), PathBuf::from("/tmp")]
            .into_iter()
            .find(|path| usable(path))
            .ok_or("xtask test: neither $TMPDIR nor /tmp can be entered by the PostgreSQL user")?;
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
