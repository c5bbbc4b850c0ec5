//! Tables of read models: one definition, from which follow the DDL of both databases, the writes, and the comparison of `check`.

use std::fmt::Write as _;

use crate::cell::Kind;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name, the same on both databases.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether it may hold nothing.
    pub nullable: bool,
    /// Whether dashboards see it (in the stable names of schema `read`).
    pub public: bool,
}

/// A column that always holds something.
pub const fn column(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        nullable: false,
        public: true,
    }
}

/// A column that may hold nothing.
pub const fn optional(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        nullable: true,
        public: true,
    }
}

/// A column for the program's own use.
pub const fn internal(name: &'static str, kind: Kind) -> Column {
    Column {
        name,
        kind,
        nullable: false,
        public: false,
    }
}

/// How new rows meet those that are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Write {
    /// Rows are only added: one for each event.
    Add,
    /// One row for each aggregate, overwritten.
    Overwrite,
    /// Several rows for each aggregate, replaced all together.
    Replace,
}

/// A table of a read model.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name, the same on both databases and stable for dashboards.
    pub name: &'static str,
    /// Its columns; the first ones are the key, and the first of all is the id of the aggregate that it tells of.
    pub columns: &'static [Column],
    /// How many columns form the key.
    pub key: usize,
    /// Column lists to index.
    pub indexes: &'static [&'static str],
    /// How rows are written.
    pub write: Write,
}

/// Which database's words to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Postgres,
    Sqlite,
}

impl Dialect {
    /// The database's own clock in microseconds: leases are judged by one clock, whatever the processes' clocks show.
    pub(crate) const fn now_micros(self) -> &'static str {
        match self {
            Self::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS bigint)",
            Self::Sqlite => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
        }
    }

    /// The parameter with this number, in a statement that has all of them in order. SQLite looks a numbered one up among all others,
    /// each time: thousands of them made a statement several times slower.
    pub(crate) fn parameter(self, number: usize) -> Parameter {
        match self {
            Self::Postgres => Parameter(Some(number)),
            Self::Sqlite => Parameter(None),
        }
    }

    /// `count` parameters with commas between.
    pub(crate) fn parameters(self, count: usize) -> String {
        let list: Vec<String> = (1..=count).map(|number| self.parameter(number).to_string()).collect();
        list.join(", ")
    }

    /// `part ÷ whole` in basis points, rounded down; nothing for a whole of zero. PostgreSQL adds bigints up as numerics, which don't
    /// overflow when multiplied but don't divide to whole numbers either.
    pub(crate) fn rate_bp(self, part: &str, whole: &str) -> String {
        match self {
            Self::Postgres => {
                format!("CASE WHEN {whole} > 0 THEN CAST(div({part} * 10000, {whole}) AS bigint) END")
            }
            Self::Sqlite => format!("CASE WHEN {whole} > 0 THEN {part} * 10000 / {whole} END"),
        }
    }
}

/// `$7`, or `?`.
pub(crate) struct Parameter(Option<usize>);

impl std::fmt::Display for Parameter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            Some(number) => write!(formatter, "${number}"),
            None => formatter.write_str("?"),
        }
    }
}

impl Table {
    pub(crate) fn kinds(&self) -> Vec<Kind> {
        self.columns.iter().map(|column| column.kind).collect()
    }

    pub(crate) fn column_list(&self) -> String {
        names(self.columns)
    }

    pub(crate) fn public_columns(&self) -> Option<String> {
        let public: Vec<Column> = self.columns.iter().copied().filter(|column| column.public).collect();
        (!public.is_empty()).then(|| names(&public))
    }

    /// The columns that queries show and their types.
    pub(crate) fn shown(&self) -> (String, Vec<Kind>) {
        let kinds = self
            .columns
            .iter()
            .filter(|column| column.public)
            .map(|column| column.kind);
        (self.public_columns().unwrap_or_default(), kinds.collect())
    }

    pub(crate) fn key_list(&self) -> String {
        names(self.key_columns())
    }

    pub(crate) fn key_columns(&self) -> &'static [Column] {
        &self.columns[..self.key]
    }

    /// The statements that make the table and its indexes; `prefix` is the schema with a dot, or nothing.
    pub(crate) fn ddl(&self, dialect: Dialect, prefix: &str) -> Vec<String> {
        let mut create = format!("CREATE TABLE {prefix}{} (", self.name);
        for column in self.columns {
            let kind = match dialect {
                Dialect::Postgres => column.kind.postgres(),
                Dialect::Sqlite => column.kind.sqlite(),
            };
            let presence = if column.nullable { "" } else { " NOT NULL" };
            let _ = write!(create, "{} {kind}{presence}, ", column.name);
        }
        let _ = write!(create, "PRIMARY KEY ({}))", names(self.key_columns()));
        if dialect == Dialect::Sqlite {
            create.push_str(" STRICT");
        }
        let mut statements = vec![create];
        statements.extend(self.indexes_ddl(prefix));
        statements
    }

    fn indexes_ddl(&self, prefix: &str) -> impl Iterator<Item = String> {
        let indexes = self.indexes.iter().enumerate();
        indexes.map(move |(number, columns)| {
            let name = self.name;
            format!("CREATE INDEX {name}_by_{number} ON {prefix}{name} ({columns})")
        })
    }

    /// The statements that take away what slows bulk loading: the indexes, and on PostgreSQL the primary key. (On SQLite it is part of the
    /// table, and rows come in its order.)
    pub(crate) fn drop_keys(&self, dialect: Dialect, prefix: &str) -> Vec<String> {
        let name = self.name;
        let indexes = 0..self.indexes.len();
        let mut statements: Vec<String> = indexes
            .map(|number| format!("DROP INDEX {prefix}{name}_by_{number}"))
            .collect();
        if dialect == Dialect::Postgres {
            statements.push(format!("ALTER TABLE {prefix}{name} DROP CONSTRAINT {name}_pkey"));
        }
        statements
    }

    /// The statements that bring it back.
    pub(crate) fn add_keys(&self, dialect: Dialect, prefix: &str) -> Vec<String> {
        let name = self.name;
        let mut statements: Vec<String> = self.indexes_ddl(prefix).collect();
        if dialect == Dialect::Postgres {
            let key = names(self.key_columns());
            statements.push(format!("ALTER TABLE {prefix}{name} ADD PRIMARY KEY ({key})"));
        }
        statements
    }

    /// SQLite: inserts `rows` rows in one statement; an overwriting table overwrites.
    pub(crate) fn insert(&self, rows: usize) -> String {
        let row = format!("({})", Dialect::Sqlite.parameters(self.columns.len()));
        let rows = vec![row; rows].join(", ");
        let conflict = match self.write {
            Write::Overwrite => self.overwriting(),
            Write::Add | Write::Replace => String::new(),
        };
        format!(
            "INSERT INTO {} ({}) VALUES {rows}{conflict}",
            self.name,
            self.column_list()
        )
    }

    /// Has an insertion overwrite the rows that are there.
    pub(crate) fn overwriting(&self) -> String {
        let columns = self.columns[self.key..].iter();
        let set: Vec<String> = columns
            .map(|column| format!("{0} = excluded.{0}", column.name))
            .collect();
        let then = match set.as_slice() {
            [] => "NOTHING".to_owned(),
            set => format!("UPDATE SET {}", set.join(", ")),
        };
        format!(" ON CONFLICT ({}) DO {then}", self.key_list())
    }

    /// SQLite: removes the rows of `count` aggregates in one statement.
    pub(crate) fn delete(&self, count: usize) -> String {
        let (id, list) = (self.columns[0].name, Dialect::Sqlite.parameters(count));
        format!("DELETE FROM {} WHERE {id} IN ({list})", self.name)
    }
}

fn names(columns: &[Column]) -> String {
    columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}
