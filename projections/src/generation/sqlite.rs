//! Generations on SQLite: files beside the ledger's, and a small file that names the live one.

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use super::{Generation, ddl, views};
use crate::checkpoint;
use crate::error::Result;
use crate::store::{Store, file_error};

fn beside(ledger: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(suffix);
    PathBuf::from(name)
}

fn pointer(ledger: &Path) -> PathBuf {
    beside(ledger, ".views")
}

fn file(ledger: &Path, number: u32) -> PathBuf {
    beside(ledger, &format!(".views-{number}"))
}

pub(super) async fn live_number(ledger: &Path) -> Result<Option<u32>> {
    let pointer = pointer(ledger);
    match tokio::fs::read_to_string(&pointer).await {
        Ok(text) => Ok(text.trim().parse().ok()),
        // Damaged is as good as absent: read models are made anew from the ledger.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => Ok(None),
        Err(error) => Err(file_error(&pointer)(error)),
    }
}

/// The name's end of the empty file that stands for a number which was given out.
const SPENT: &str = ".spent";

fn spent(ledger: &Path, number: u32) -> PathBuf {
    beside(&file(ledger, number), SPENT)
}

pub(super) async fn numbers(ledger: &Path) -> Result<Vec<u32>> {
    numbers_of(ledger, "").await
}

async fn numbers_of(ledger: &Path, end: &str) -> Result<Vec<u32>> {
    let pointer = pointer(ledger);
    let Some(folder) = ledger.parent() else {
        return Ok(Vec::new());
    };
    let start = format!("{}-", pointer.file_name().unwrap_or_default().to_string_lossy());
    let mut entries = tokio::fs::read_dir(folder).await.map_err(file_error(folder))?;
    let mut numbers: Vec<u32> = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(file_error(folder))? {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let number = name.strip_prefix(&start).and_then(|name| name.strip_suffix(end));
        numbers.extend(number.and_then(|number| number.parse::<u32>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// `None` when there is no such file.
pub(super) async fn open(ledger: &Path, number: u32) -> Result<Option<Store>> {
    let path = file(ledger, number);
    if !tokio::fs::try_exists(&path).await.map_err(file_error(&path))? {
        return Ok(None);
    }
    Store::sqlite(&path).await.map(Some)
}

pub(super) async fn create(ledger: &Path, ledger_id: Uuid, holder: Uuid) -> Result<Generation> {
    let given_out = (numbers(ledger).await?, numbers_of(ledger, SPENT).await?);
    let mut number = given_out.0.last().max(given_out.1.last()).copied().unwrap_or(0) + 1;
    loop {
        let path = file(ledger, number);
        // Whoever makes the file has the number.
        match tokio::fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&path)
            .await
        {
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
            Err(error) => return Err(file_error(&path)(error)),
        }
    }
    let store = Store::sqlite(&file(ledger, number)).await?;
    let mut transaction = store.begin().await?;
    for statement in ddl(&store) {
        transaction.execute(&statement, &[]).await?;
    }
    for (name, query) in views(store.dialect(), "") {
        if !query.ends_with(&format!(" FROM {name}")) {
            transaction
                .execute(&format!("CREATE VIEW {name} AS {query}"), &[])
                .await?;
        }
    }
    checkpoint::insert(&mut transaction, &store, ledger_id, holder).await?;
    transaction.commit().await?;
    Ok(Generation { number, store })
}

/// Writes the pointer under another name, syncs it, and renames it over the old one: at any moment one of them is there, whole.
pub(super) async fn make_live(ledger: &Path, number: u32) -> Result<()> {
    let pointer = pointer(ledger);
    let draft = beside(ledger, &format!(".views.{number}.new"));
    let made = {
        let (pointer, draft) = (pointer.clone(), draft.clone());
        tokio::task::spawn_blocking(move || {
            let mut file = std::fs::File::create(&draft)?;
            writeln!(file, "{number}")?;
            file.sync_all()?;
            std::fs::rename(&draft, &pointer)?;
            match pointer.parent() {
                Some(folder) => std::fs::File::open(folder)?.sync_all(),
                None => Ok(()),
            }
        })
        .await
    };
    made.unwrap_or_else(|error| Err(std::io::Error::other(error)))
        .map_err(file_error(&pointer))
}

/// Who still has the files open goes on reading them; they vanish with the last one.
pub(super) async fn remove(ledger: &Path, number: u32) -> Result<()> {
    let path = file(ledger, number);
    let live = live_number(ledger).await?;
    if live.is_none_or(|live| live < number) {
        // The number must not be given out again: SQLite's last reader of these files removes the log beside them by its name.
        let spent = spent(ledger, number);
        tokio::fs::write(&spent, []).await.map_err(file_error(&spent))?;
    }
    let parts = ["", "-wal", "-shm"].map(|suffix| beside(&path, suffix));
    // Below the live number nothing is given out any more.
    let outdated = numbers_of(ledger, SPENT).await?.into_iter();
    let outdated = outdated
        .filter(|spent| live.is_some_and(|live| *spent < live))
        .map(|number| spent(ledger, number));
    for path in parts.into_iter().chain(outdated) {
        match tokio::fs::remove_file(&path).await {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(file_error(&path)(error)),
        }
    }
    Ok(())
}
