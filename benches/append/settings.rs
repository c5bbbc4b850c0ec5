//! What is run, and for how long.

use std::time::Duration;

use crate::shared::load::Times;

const USAGE: &str = "cargo bench --bench append -- [--clients 1,8,64,512] [--rounds 5] [--seconds 3] [--only dean|stock|pgbench] \
     [--database postgres|sqlite]";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Who {
    Dean,
    Stock,
    Pgbench,
}

#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) clients: Vec<usize>,
    pub(crate) rounds: usize,
    pub(crate) times: Times,
    only: Option<Who>,
    database: Option<String>,
}

impl Settings {
    pub(crate) fn from_arguments() -> Result<Self, String> {
        let mut settings = Self {
            clients: vec![1, 8, 64, 512],
            rounds: 5,
            times: Times {
                warm_up: Duration::from_millis(500),
                measured: Duration::from_secs(3),
            },
            only: None,
            database: None,
        };
        let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
        while let Some(name) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{name} takes a value\nusage: {USAGE}"))?;
            let wrong = || format!("{name} {value} is not understood\nusage: {USAGE}");
            match name.as_str() {
                "--clients" => {
                    let clients: Result<_, _> = value.split(',').map(str::parse).collect();
                    settings.clients = clients.map_err(|_| wrong())?;
                }
                "--rounds" => settings.rounds = value.parse().map_err(|_| wrong())?,
                "--seconds" => {
                    let seconds: f64 = value.parse().map_err(|_| wrong())?;
                    settings.times.measured = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
                }
                "--only" => {
                    settings.only = Some(match value.as_str() {
                        "dean" => Who::Dean,
                        "stock" => Who::Stock,
                        "pgbench" => Who::Pgbench,
                        _ => return Err(wrong()),
                    });
                }
                "--database" => settings.database = Some(value),
                _ => return Err(wrong()),
            }
        }
        Ok(settings)
    }

    pub(crate) fn runs(&self, who: Who) -> bool {
        self.only.is_none_or(|only| only == who)
    }

    pub(crate) fn database(&self, kind: &str) -> bool {
        self.database.as_deref().is_none_or(|only| only == kind)
    }
}
