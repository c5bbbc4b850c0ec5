//! A folder of signed checkpoints: one file per size, `SIZE.checkpoint`, and `latest`. It is the memory of what has been promised:
//! kept apart from the database (another disk, another machine, a public web server), it shows when a ledger was rewritten or cut.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::checkpoint::{Checkpoint, CheckpointError};
use super::note::VerifierKey;

/// The newest checkpoint, under a name that stays.
pub const LATEST: &str = "latest";
/// Follows the size in a file's name.
const SUFFIX: &str = ".checkpoint";

/// Why the folder can't be used.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The file system refuses.
    #[error("cannot {action} `{}`: {source}", path.display())]
    File {
        /// What was attempted.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A file there is no checkpoint of this ledger.
    #[error("`{}` is in the checkpoint folder but no checkpoint of this ledger: {source}. Give each ledger a folder of its own", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: CheckpointError,
    },
}

/// Whose checkpoints they are, and where.
#[derive(Debug, Clone)]
pub struct CheckpointFolder {
    path: PathBuf,
    origin: String,
    keys: Vec<VerifierKey>,
}

/// Nobody else writes to the folder while this lives.
#[derive(Debug)]
pub(super) struct FolderLock {
    _file: File,
}

impl CheckpointFolder {
    /// A folder for the checkpoints of one origin, signed by any of these keys; made if it is not there.
    ///
    /// # Errors
    /// When it can't be made.
    pub fn open(path: &Path, origin: &str, keys: Vec<VerifierKey>) -> Result<Self, FolderError> {
        std::fs::create_dir_all(path).map_err(failed("make the checkpoint folder", path))?;
        Ok(Self {
            path: path.to_owned(),
            origin: origin.to_owned(),
            keys,
        })
    }

    /// The folder.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The checkpoint of the largest size, looked for among all files: `latest` may be missing or older.
    ///
    /// # Errors
    /// When the folder can't be read or one of both is no checkpoint of this ledger.
    pub fn newest(&self) -> Result<Option<Checkpoint>, FolderError> {
        let failed = || failed("read the checkpoint folder", &self.path);
        let mut largest: Option<u64> = None;
        for entry in std::fs::read_dir(&self.path).map_err(failed())? {
            let name = entry.map_err(failed())?.file_name();
            let size = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)?.parse().ok());
            largest = largest.max(size);
        }
        let largest = match largest {
            Some(size) => self.read(&self.file_of(size))?,
            None => None,
        };
        let latest = self.latest()?;
        Ok([largest, latest]
            .into_iter()
            .flatten()
            .max_by_key(|checkpoint| checkpoint.size))
    }

    pub(super) fn latest(&self) -> Result<Option<Checkpoint>, FolderError> {
        self.read(&self.path.join(LATEST))
    }

    /// Waits until no other process writes here.
    pub(super) fn lock(&self) -> Result<FolderLock, FolderError> {
        let path = self.path.join(".lock");
        let lock = || {
            let file = OpenOptions::new()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        lock().map(|_file| FolderLock { _file }).map_err(failed("lock", &path))
    }

    /// Keeps a checkpoint that continues all kept before; whoever holds the lock has made sure of it.
    pub(super) fn keep(&self, _lock: &FolderLock, size: u64, note: &str) -> Result<(), FolderError> {
        let path = self.file_of(size);
        self.write_whole(&path, note)?;
        self.write_whole(&self.path.join(LATEST), note)?;
        File::open(&self.path)
            .and_then(|folder| folder.sync_all())
            .map_err(failed("sync", &self.path))
    }

    fn file_of(&self, size: u64) -> PathBuf {
        self.path.join(format!("{size}{SUFFIX}"))
    }

    /// Readers see the old content or the new one, never a part.
    fn write_whole(&self, path: &Path, note: &str) -> Result<(), FolderError> {
        let aside = self.path.join(".writing");
        let write = || {
            let mut file = File::create(&aside)?;
            file.write_all(note.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&aside, path)
        };
        write().map_err(failed("write the checkpoint", path))
    }

    fn read(&self, path: &Path) -> Result<Option<Checkpoint>, FolderError> {
        let note = match std::fs::read_to_string(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            read => read.map_err(failed("read the checkpoint", path))?,
        };
        let foreign = |source| FolderError::Foreign {
            path: path.to_owned(),
            source,
        };
        let checkpoint = Checkpoint::open(&note, &self.keys).map_err(foreign)?;
        if checkpoint.origin != self.origin {
            return Err(foreign(CheckpointError::OtherLog {
                signers: self.origin.clone(),
                origin: checkpoint.origin,
            }));
        }
        Ok(Some(checkpoint))
    }
}

fn failed<'a>(action: &'static str, path: &'a Path) -> impl Fn(io::Error) -> FolderError + 'a {
    move |source| FolderError::File {
        action,
        path: path.to_owned(),
        source,
    }
}
