//! The file of the signing key: made once, by exactly one of several processes, readable by its owner only.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::key::SigningKey;

/// The owner may read and write, nobody else may do anything.
const MODE: u32 = 0o600;
const OTHERS: u32 = 0o077;
/// A key in PKCS #8 takes about 120 bytes; whatever is longer than this is something else.
const FILE_BYTES_MAX: u64 = 16 * 1024;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyFileError {
    /// No such file.
    #[error("there is no signing key `{}`; `dean serve` makes it at its first start, or give its place with --signing-key", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Others than the owner may read it.
    #[error("the signing key `{}` has the mode {mode:03o}: others than its owner can use it. If nobody has read it, `chmod 600` it; else sign with a new one", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error("`{}` is no Ed25519 key in PKCS #8 (-----BEGIN PRIVATE KEY-----): {reason}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The file system refuses.
    #[error("cannot {action} the signing key `{}`: {source}", path.display())]
    File {
        /// `read` or `make`.
        action: &'static str,
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

/// Reads a key; never makes one.
///
/// # Errors
/// When it is missing, exposed, malformed or can't be read.
pub fn read(path: &Path) -> Result<SigningKey, KeyFileError> {
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::NotFound => KeyFileError::Missing { path: path.to_owned() },
        _ => KeyFileError::File {
            action: "read",
            path: path.to_owned(),
            source,
        },
    };
    let file = File::open(path).map_err(failed)?;
    // Of the opened file: what the path names may change meanwhile.
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(KeyFileError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    let mut pem = String::new();
    file.take(FILE_BYTES_MAX).read_to_string(&mut pem).map_err(failed)?;
    SigningKey::from_pem(&pem).map_err(|error| KeyFileError::Malformed {
        path: path.to_owned(),
        reason: error.to_string(),
    })
}

/// Makes a key if there is none, and reads it. Processes that do this at the same time all end with the same key.
///
/// # Errors
/// As [`read`], and when it can't be made.
pub fn read_or_make(path: &Path) -> Result<SigningKey, KeyFileError> {
    match read(path) {
        Err(KeyFileError::Missing { .. }) => {}
        found => return found,
    }
    make(path).map_err(|source| KeyFileError::File {
        action: "make",
        path: path.to_owned(),
        source,
    })?;
    read(path)
}

/// Writes a whole key aside and links it to its name, which fails where the name exists: nobody ever sees half a key or a second one.
fn make(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Private: without it, whoever may write to the folder could exchange the file between its writing and its linking.
    let aside = tempfile_in(folder)?;
    let written = write_and_link(&aside.join("key"), path);
    std::fs::remove_dir_all(&aside)?;
    written?;
    File::open(folder)?.sync_all()
}

fn tempfile_in(folder: &Path) -> io::Result<PathBuf> {
    let name = crate::Environment::system().uuid_v7();
    let path = folder.join(format!(".dean-key-{name}"));
    DirBuilder::new().mode(0o700).create(&path)?;
    Ok(path)
}

fn write_and_link(aside: &Path, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(MODE).open(aside)?;
    file.write_all(SigningKey::generate().to_pem().as_bytes())?;
    file.sync_all()?;
    match std::fs::hard_link(aside, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_at_once_end_with_one_key_that_only_its_owner_reads() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("dean.db.key");
        assert!(matches!(read(&path), Err(KeyFileError::Missing { .. })));
        let start = std::sync::Barrier::new(16);
        let names: Vec<String> = std::thread::scope(|scope| {
            let make = || {
                start.wait();
                read_or_make(&path).expect("made or read").verifier("x").to_string()
            };
            let makers: Vec<_> = (0..16).map(|_| scope.spawn(make)).collect();
            makers
                .into_iter()
                .map(|maker| maker.join().expect("no panic"))
                .collect()
        });
        assert!(names.iter().all(|name| *name == names[0]), "{names:?}");
        let mode = std::fs::metadata(&path).expect("made").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let left: Vec<_> = std::fs::read_dir(folder.path()).expect("a folder").collect();
        assert_eq!(left.len(), 1, "nothing is left over: {left:?}");
    }

    #[test]
    fn exposed_and_foreign_files_are_refused() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key");
        read_or_make(&path).expect("made");
        for mode in [0o640, 0o604, 0o660] {
            std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).expect("ours");
            let error = read_or_make(&path).expect_err("exposed");
            assert!(
                error.to_string().contains(&format!("has the mode {mode:03o}")),
                "{error}"
            );
        }
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o400)).expect("ours");
        read(&path).expect("read-only is fine");
        let foreign = folder.path().join("foreign");
        std::fs::write(&foreign, "hello").expect("written");
        std::fs::set_permissions(&foreign, PermissionsExt::from_mode(0o600)).expect("ours");
        assert!(matches!(read_or_make(&foreign), Err(KeyFileError::Malformed { .. })));
        let nowhere = folder.path().join("no/such/folder");
        let error = read_or_make(&nowhere).expect_err("no folder");
        assert!(error.to_string().starts_with("cannot make the signing key"), "{error}");
    }
}
