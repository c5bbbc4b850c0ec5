//! A file that gets its name when it is whole, and what is left of those whose writer was killed.

use std::ffi::{OsStr, OsString};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::error::ArchiveError;

const SUFFIX: &str = ".partial";

/// A file under a temporary name beside its target (`.TARGET.PID.partial`), locked while it is written; removed unless it is published.
pub(super) struct Partial {
    path: PathBuf,
    file: File,
}

impl Partial {
    /// Makes the file, and removes those for the same target that no living process is writing.
    pub(super) fn create(target: &Path) -> Result<Self, ArchiveError> {
        remove_leftovers(target);
        let mut name = prefix(target);
        name.push(format!("{}{SUFFIX}", std::process::id()));
        let path = target.with_file_name(name);
        let create = || {
            loop {
                let file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&path)?;
                // Some file systems have no locks; then nobody takes it for a leftover either.
                drop(file.lock());
                // Another process may have met it between the two, unlocked, and removed it as a leftover.
                if file.metadata()?.nlink() > 0 {
                    return Ok(file);
                }
            }
        };
        match create() {
            Ok(file) => Ok(Self { path, file }),
            Err(source) => Err(failed("create", &path, source)),
        }
    }

    pub(super) fn file(&self) -> &File {
        &self.file
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until what was written is on disk.
    pub(super) fn sync(&self) -> Result<(), ArchiveError> {
        self.file
            .sync_all()
            .map_err(|source| failed("write", &self.path, source))
    }

    /// Gives the file its name, and waits until the folder has it on disk.
    pub(super) fn publish(self, target: &Path, replace: bool) -> Result<(), ArchiveError> {
        let rename = || std::fs::rename(&self.path, target).map_err(|source| failed("rename", &self.path, source));
        if replace {
            rename()?;
        } else {
            // Unlike renaming, linking fails when somebody else has made the file meanwhile.
            match std::fs::hard_link(&self.path, target) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    return Err(ArchiveError::Exists {
                        path: target.to_owned(),
                    });
                }
                // Some file systems have no links.
                Err(_) => rename()?,
            }
        }
        File::open(folder_of(target))
            .and_then(|folder| folder.sync_all())
            .map_err(|source| failed("publish", &self.path, source))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // Gone already when it was renamed.
        drop(std::fs::remove_file(&self.path));
    }
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> ArchiveError {
    ArchiveError::File {
        action,
        file: path.display().to_string(),
        source,
    }
}

fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// What the names of all temporary files for a target begin with.
fn prefix(target: &Path) -> OsString {
    let mut name = OsString::from(".");
    name.push(target.file_name().unwrap_or_default());
    name.push(".");
    name
}

/// Whether a name is that of a temporary file for a target: its prefix, a process id, the suffix.
fn is_partial(name: &OsStr, prefix: &OsStr) -> bool {
    let middle = name
        .as_encoded_bytes()
        .strip_prefix(prefix.as_encoded_bytes())
        .and_then(|rest| rest.strip_suffix(SUFFIX.as_bytes()));
    middle.is_some_and(|id| !id.is_empty() && id.iter().all(u8::is_ascii_digit))
}

/// A lock goes with its process, however that ends: what is not locked belongs to nobody. What can't be removed does no harm, so failures
/// are passed over.
fn remove_leftovers(target: &Path) {
    let prefix = prefix(target);
    let Ok(entries) = std::fs::read_dir(folder_of(target)) else {
        return;
    };
    for entry in entries
        .flatten()
        .filter(|entry| is_partial(&entry.file_name(), &prefix))
    {
        if entry.file_type().is_ok_and(|kind| kind.is_file())
            && let Ok(file) = File::open(entry.path())
            && file.try_lock().is_ok()
        {
            // While it is locked: its maker, should it just have been made, then sees that it is gone.
            drop(std::fs::remove_file(entry.path()));
        }
    }
}
