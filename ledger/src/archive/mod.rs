//! The ledger as one file: exported, checked without a database, imported bit for bit, backed up. `docs/export-format.md` describes it.
//!
//! Exporting and importing are verifying with somebody who keeps what was checked: `export` writes lines, `import` writes rows. So
//! nothing that is not as it was sealed gets into a file or out of one.

mod error;
mod export;
mod import;
mod lines;
mod partial;
mod read;
mod rows;

pub use error::ArchiveError;
pub use export::{ExportOptions, Exported};
pub use import::{Imported, import};
pub use lines::Manifest;
pub use read::{ArchiveFile, FileReport};
