//! One serving process per SQLite file: an exclusive lock on `PATH.lock`, which the operating system drops when the process ends,
//! however it ends.

use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

use crate::error::DatabaseError;

/// The locks that this process holds, by database file. They live here because a pool can't carry them.
static HELD: LazyLock<Mutex<HashMap<PathBuf, Held>>> = LazyLock::new(Mutex::default);
/// Tells a lock from a later one on the same file.
static TAKEN: AtomicU64 = AtomicU64::new(0);

struct Held {
    number: u64,
    _file: File,
}

/// Releases the lock when the last connection pool that needs it is gone.
#[derive(Debug)]
pub(super) struct Guard {
    database: PathBuf,
    number: u64,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        if held.get(&self.database).is_some_and(|held| held.number == self.number) {
            held.remove(&self.database);
        }
    }
}

pub(super) fn acquire(database: &Path) -> Result<Guard, DatabaseError> {
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let path = PathBuf::from(path);
    let file_error = |source| DatabaseError::File {
        path: path.clone(),
        source,
    };
    let mut file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .read(true)
        .write(true)
        .open(&path)
        .map_err(file_error)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            let pid = match file.read_to_string(&mut holder) {
                Ok(_) if !holder.trim().is_empty() => format!("pid {}", holder.trim()),
                _ => "pid unknown".to_owned(),
            };
            return Err(DatabaseError::Served {
                path: database.to_owned(),
                pid,
            });
        }
        Err(TryLockError::Error(source)) => return Err(file_error(source)),
    }
    file.set_len(0)
        .and_then(|()| file.rewind())
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(file_error)?;
    let number = TAKEN.fetch_add(1, Ordering::Relaxed);
    HELD.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(database.to_owned(), Held { number, _file: file });
    Ok(Guard {
        database: database.to_owned(),
        number,
    })
}

/// Releases the lock now: its pool is closed, though somebody may still hold on to it.
pub(super) fn release(database: &Path) {
    HELD.lock().unwrap_or_else(PoisonError::into_inner).remove(database);
}
