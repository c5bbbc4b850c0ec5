//! The schema: embedded migrations, and the refusal of what this program doesn't know.

use sqlx::migrate::Migrator;

use crate::error::DatabaseError;

pub(super) static POSTGRES: Migrator = sqlx::migrate!("../migrations/postgres");
pub(super) static SQLITE: Migrator = sqlx::migrate!("../migrations/sqlite");

/// The schema version that this program makes and needs (the same number for both databases).
#[must_use]
pub fn schema_version_known() -> i64 {
    newest(&SQLITE)
}

pub(super) fn newest(migrator: &Migrator) -> i64 {
    migrator
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default()
}

/// `found` is the newest version in the database. Reading must find the schema as it should be; writing may bring it up to date.
pub(super) fn check(found: i64, known: i64, reading: bool) -> Result<(), DatabaseError> {
    match found {
        _ if found > known => Err(DatabaseError::SchemaNewer { found, known }),
        _ if found < known && reading => Err(DatabaseError::SchemaOlder { found, known }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_databases_have_the_same_migrations() {
        let names = |migrator: &Migrator| {
            migrator
                .iter()
                .map(|one| (one.version, one.description.to_string()))
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&POSTGRES), names(&SQLITE));
    }
}
