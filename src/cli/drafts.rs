//! `dean drafts import`: a list of đề án as an office keeps it, CSV or XLSX, becomes drafts, or đề án with their history.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use dean_aggregates::actor::Actor;
use dean_aggregates::form;
use dean_aggregates::project::content::Level;
use dean_aggregates::project::imported::ListRow;
use dean_ledger::{Access, Receipt};
use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

use super::input::actor_of;
use super::{CliError, StoreArgs, data};
use crate::engine::{Engine, ImportError, PastRow, ProjectList, RowAct, RowRefusal, projects_in};
use crate::i18n::{self, Lang};
use crate::import::sheet::{FILE_BYTES_MAX, FileFault};
use crate::import::{Defaults, List, ReadRow, RowFault, column_of, columns, past, read, values};

/// Drafts of đề án.
#[derive(Debug, Subcommand)]
pub(super) enum DraftsCommand {
    /// Check a list of đề án (CSV or XLSX), row by row, and with --apply record all of it, or none: drafts, and rows that say what has
    /// happened with their history
    Import(ImportArgs),
}

#[derive(Debug, Args)]
pub(super) struct ImportArgs {
    /// The list, `.csv` (UTF-8) or `.xlsx`; docs/import.md says which columns
    file: PathBuf,
    /// Record the rows; without it, nothing is recorded
    #[arg(long)]
    apply: bool,
    /// Who brings it in: of drafts an implementer, whose unit carries the projects out; of rows with a history an officer who stands for
    /// them (docs/import.md)
    #[arg(long, value_parser = actor_of, value_name = "ACTOR")]
    actor: Actor,
    /// Business date of the drafts, and the day as of which histories hold; today, if not given
    #[arg(long, value_parser = day_of, value_name = "DATE")]
    on: Option<NaiveDate>,
    /// Plan year of rows that name none
    #[arg(long, value_name = "YEAR")]
    year: Option<u16>,
    /// Programme of rows that name none: national or local
    #[arg(long, value_parser = level_of, value_name = "LEVEL")]
    level: Option<Level>,
    /// Province code of rows that name none, e.g. lai-chau
    #[arg(long, value_name = "CODE")]
    province: Option<String>,
    /// Code of the lifecycle; the newest in force, if not given
    #[arg(long, value_name = "CODE")]
    lifecycle: Option<String>,
    /// TOML file with the office's own headings: "Tên dự án" = "name"
    #[arg(long, value_name = "FILE")]
    mapping: Option<PathBuf>,
    /// Language of the report: en or vi
    #[arg(long, default_value = "en", value_parser = lang_of, value_name = "LANG")]
    lang: Lang,
    #[command(flatten)]
    store: StoreArgs,
}

fn day_of(text: &str) -> Result<NaiveDate, String> {
    form::date(text).ok_or_else(|| "enter it as dd/mm/yyyy or yyyy-mm-dd".to_owned())
}

fn level_of(text: &str) -> Result<Level, String> {
    match text {
        "national" => Ok(Level::National),
        "local" => Ok(Level::Local),
        _ => Err("there are national and local".to_owned()),
    }
}

fn lang_of(text: &str) -> Result<Lang, String> {
    Lang::from_tag(text).ok_or_else(|| "there are en and vi".to_owned())
}

pub(super) async fn run(command: DraftsCommand) -> Result<ExitCode, CliError> {
    let DraftsCommand::Import(args) = command;
    import(args).await
}

async fn import(args: ImportArgs) -> Result<ExitCode, CliError> {
    let bytes = file(&args.file)?;
    let mapping_text = match &args.mapping {
        Some(path) => {
            std::fs::read_to_string(path).map_err(|error| format!("{} can't be read: {error}", path.display()))?
        }
        None => String::new(),
    };
    let mapping = columns::mapping(&mapping_text)
        .map_err(|error| format!("the mapping file is not understood: {error}; see docs/import.md"))?;
    let access = if args.apply { Access::Serve } else { Access::Read };
    let ledger = args.store.open(access).await?;
    let engine = Engine::start(ledger.clone(), None).await?;
    let occurred_on = args.on.unwrap_or_else(|| ledger.environment().today());
    let defaults = Defaults {
        plan_year: args.year,
        level: args.level,
        province: args.province.clone(),
        lifecycle: args.lifecycle.clone(),
        provinces: provinces(&engine).await?,
    };
    let read = read(&bytes, &mapping, &defaults).map_err(|fault| said(args.lang, &fault))?;
    let settings = format!(
        "{mapping_text}\n{:?}\n{:?}\n{:?}\n{:?}\n{occurred_on}",
        args.year, args.level, args.province, args.lifecycle
    );
    let list = ProjectList {
        file_sha256: Sha256::digest(&bytes).into(),
        settings_sha256: Sha256::new()
            .chain_update(Sha256::digest(&bytes))
            .chain_update(settings)
            .finalize()
            .into(),
        rows: read
            .rows
            .iter()
            .map(|row| (row.row, act(row, &args.file, &bytes)))
            .collect(),
        actor: args.actor,
        occurred_on,
    };
    let outcome = carry_out(&engine, &read, &list, (args.apply, args.lang)).await;
    ledger.close().await;
    ledger.database().close().await;
    outcome
}

async fn carry_out(
    engine: &Engine,
    read: &List,
    list: &ProjectList,
    (apply, lang): (bool, Lang),
) -> Result<ExitCode, CliError> {
    if let Some(receipt) = engine.imported(list).await? {
        eprintln!(
            "this file was imported before, {} project(s); nothing was recorded now",
            projects_in(&receipt)
        );
        data(summary(list, &receipt))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut faults = read.faults.clone();
    let refused = engine.check_list(list).await?;
    faults.extend(refused.iter().map(|(row, refusal)| fault_of(read, *row, refusal)));
    faults.sort_by_key(|fault| fault.row);
    report(&faults, lang)?;
    let bad: std::collections::BTreeSet<usize> = faults.iter().map(|fault| fault.row).collect();
    let rows = read.rows.len()
        + read
            .faults
            .iter()
            .map(|fault| fault.row)
            .collect::<std::collections::BTreeSet<_>>()
            .len();
    eprintln!(
        "{rows} row(s) with a project, {} to mend, {} skipped",
        bad.len(),
        read.skipped.len()
    );
    if !bad.is_empty() {
        eprintln!("nothing was recorded; mend the rows above and start again");
        return Ok(ExitCode::FAILURE);
    }
    if list.rows.is_empty() {
        eprintln!("the list has no project; nothing was recorded");
        return Ok(ExitCode::FAILURE);
    }
    if !apply {
        eprintln!("nothing was recorded; run it with --apply to record all rows");
        return Ok(ExitCode::SUCCESS);
    }
    match engine.import_list(list).await {
        Ok(receipt) => {
            data(summary(list, &receipt))?;
            Ok(ExitCode::SUCCESS)
        }
        // Somebody took a code between the check and the record.
        Err(ImportError::Rows(rows)) => {
            let faults: Vec<RowFault> = rows
                .iter()
                .map(|(row, refusal)| fault_of(read, *row, refusal))
                .collect();
            report(&faults, lang)?;
            Ok(ExitCode::FAILURE)
        }
        Err(ImportError::Step(error)) => Err(error.into()),
    }
}

/// What a row becomes: a draft, unless it says what has happened.
fn act(row: &ReadRow, file: &Path, bytes: &[u8]) -> RowAct {
    let Some(past) = &row.past else {
        return RowAct::Draft(Box::new(row.draft.clone()));
    };
    let name = file.file_name().unwrap_or(file.as_os_str());
    RowAct::Import(Box::new(PastRow {
        draft: row.draft.clone(),
        implementer: past.implementer.clone(),
        history: past.history.clone(),
        items: past.items.clone(),
        list: ListRow {
            file: name.to_string_lossy().nfc().collect(),
            sha256: hex::encode(Sha256::digest(bytes)),
            row: u32::try_from(row.row).unwrap_or(u32::MAX),
        },
    }))
}

/// How a list that was recorded is summed up: drafts as before; with histories, how many of each.
fn summary(list: &ProjectList, receipt: &Receipt) -> String {
    let with_history = list
        .rows
        .iter()
        .filter(|(_, act)| matches!(act, RowAct::Import(_)))
        .count();
    let drafts = projects_in(receipt).saturating_sub(with_history);
    match with_history {
        0 => format!("{drafts} drafts, position {}", receipt.position),
        _ => format!(
            "{drafts} drafts, {with_history} with their history, position {}",
            receipt.position
        ),
    }
}

fn file(path: &std::path::Path) -> Result<Vec<u8>, CliError> {
    let opened = std::fs::File::open(path).map_err(|error| format!("{} can't be opened: {error}", path.display()))?;
    let mut bytes = Vec::new();
    // One byte more than allowed tells that it is too large without reading all of it.
    opened.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Provinces by name without accents, and by code.
async fn provinces(engine: &Engine) -> Result<BTreeMap<String, String>, CliError> {
    let rulebook = engine.rulebook().await?;
    let places = rulebook.places();
    let named = places
        .provinces
        .iter()
        .flat_map(|province| [&province.name, &province.code].map(|name| (values::plain(name), province.code.clone())));
    Ok(named.collect())
}

fn said(lang: Lang, fault: &FileFault) -> String {
    let params: Vec<(&str, &str)> = fault
        .params
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let text = |attribute: &str| i18n::text(lang, &format!("problem-{}{attribute}", fault.code), &params);
    format!("{} {}", text(""), text(".fix"))
}

/// One line a fault: row, column, value, what is wrong, what to do.
fn report(faults: &[RowFault], lang: Lang) -> Result<(), CliError> {
    let line = |text: &str| text.replace(['\t', '\n', '\r'], " ");
    for fault in faults {
        let (what, fix) = fault.sentences(lang);
        data(format_args!(
            "{}\t{}\t{}\t{what}\t{fix}",
            fault.row,
            line(&fault.column),
            line(&fault.value)
        ))?;
    }
    Ok(())
}

/// A refusal of the domain as a fault of the row, at the column that its field came from.
fn fault_of(list: &List, row: usize, refusal: &RowRefusal) -> RowFault {
    let (code, field, params) = match refusal {
        RowRefusal::Project(error) => (error.code, error.field.clone(), error.params.clone()),
        RowRefusal::Claim(refusal) => (refusal.code, refusal.field.clone(), refusal.params.clone()),
        RowRefusal::SameCode(first) => {
            let params = BTreeMap::from([("first".to_owned(), first.to_string())]);
            ("import-same-code", Some("code".to_owned()), params)
        }
    };
    let past = list
        .rows
        .iter()
        .find(|read| read.row == row)
        .and_then(|read| read.past.as_ref());
    let column = field.as_deref().and_then(|field| match past {
        Some(past) => past::column_of(past, field),
        None => column_of(field),
    });
    let found = column.and_then(|column| list.columns.get(&column));
    RowFault {
        row,
        column: found.map_or_else(|| field.unwrap_or_default(), |found| found.heading.clone()),
        value: params.get("value").cloned().unwrap_or_default(),
        code: code.to_owned(),
        params,
    }
}
