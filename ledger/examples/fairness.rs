//! How several processes share one PostgreSQL: `cargo run -p dean-ledger --example fairness -- URL [PROCESSES] [CLIENTS] [SECONDS]`.
//!
//! First one process alone, with PROCESSES × CLIENTS clients that append one event after the other, then PROCESSES at once that share the
//! same load. Prints each one's share of the commits and its longest wait, as a multiple of the 99th percentile that the one alone had;
//! waits in the first half second, and those that end after the time, don't count. The database is left behind.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use dean_ledger::{Access, Actor, Append, Database, Environment, Ledger, LedgerOptions, NewEvent, StreamAppend};
use serde_json::json;

/// Connections are opened and statements prepared in it.
const WARM_UP: Duration = Duration::from_millis(500);

type Error = Box<dyn std::error::Error>;

/// What one process measured, microseconds.
#[derive(Debug)]
struct Measured {
    appends: u64,
    p50: u64,
    p99: u64,
    longest: u64,
    /// When the longest wait began, after the start.
    longest_at: u64,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let url = arguments
        .first()
        .ok_or("usage: fairness URL [PROCESSES] [CLIENTS] [SECONDS]")?;
    let number = |index: usize, default: u64| arguments.get(index).map_or(Ok(default), |text| text.parse());
    let (processes, clients, seconds) = (number(1, 3)?, number(2, 16)?, number(3, 10)?);
    if processes == 0 {
        let measured = load(url, clients, Duration::from_secs(seconds)).await?;
        println!(
            "{} {} {} {} {}",
            measured.appends, measured.p50, measured.p99, measured.longest, measured.longest_at
        );
        return Ok(());
    }
    let alone = &run(url, 1, clients * processes, seconds)?[0];
    println!(
        "alone: {} appends, p50 {} µs, p99 {} µs, longest {} µs ({:.1} × the p99, after {} ms)",
        alone.appends,
        alone.p50,
        alone.p99,
        alone.longest,
        alone.longest as f64 / alone.p99 as f64,
        alone.longest_at / 1_000
    );
    let together = run(url, processes, clients, seconds)?;
    let total: u64 = together.iter().map(|one| one.appends).sum();
    for one in &together {
        println!(
            "one of {processes}: {} appends ({:.0} %), p50 {} µs, p99 {} µs, longest {} µs ({:.1} × the p99 alone, after {} ms)",
            one.appends,
            100.0 * one.appends as f64 / total as f64,
            one.p50,
            one.p99,
            one.longest,
            one.longest as f64 / alone.p99 as f64,
            one.longest_at / 1_000
        );
    }
    Ok(())
}

/// Runs this program so many times at once; zero processes mean: be one of them.
fn run(url: &str, processes: u64, clients: u64, seconds: u64) -> Result<Vec<Measured>, Error> {
    let arguments = ["0", &clients.to_string(), &seconds.to_string()].map(str::to_owned);
    let children: Vec<_> = (0..processes)
        .map(|_| {
            Command::new(std::env::current_exe()?)
                .arg(url)
                .args(&arguments)
                .stdout(Stdio::piped())
                .spawn()
        })
        .collect::<Result<_, _>>()?;
    children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output()?;
            let text = String::from_utf8(output.stdout)?;
            let numbers: Vec<u64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
            match numbers[..] {
                [appends, p50, p99, longest, longest_at] => Ok(Measured {
                    appends,
                    p50,
                    p99,
                    longest,
                    longest_at,
                }),
                _ => Err(format!("a process ended with {}", output.status).into()),
            }
        })
        .collect()
}

async fn load(url: &str, clients: u64, time: Duration) -> Result<Measured, Error> {
    let options = LedgerOptions {
        name: "fairness".to_owned(),
        demo: true,
        id: None,
        environment: Environment::system(),
        queue_max: 10_000,
        batch_max: 512,
    };
    let ledger = Ledger::open(Database::open(url, Access::Write).await?, options).await?;
    let started = Instant::now();
    let tasks: Vec<_> = (0..clients)
        .map(|_| {
            let ledger = ledger.clone();
            tokio::spawn(async move {
                let mut waits = Vec::new();
                while started.elapsed() < time {
                    let asked = Instant::now();
                    ledger.append(new_append(&ledger)).await?;
                    let since_start = asked.duration_since(started);
                    if since_start >= WARM_UP && started.elapsed() < time {
                        waits.push((micros(asked.elapsed()), micros(since_start)));
                    }
                }
                Ok::<_, dean_ledger::AppendError>(waits)
            })
        })
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await??);
    }
    ledger.close().await;
    waits.sort_unstable();
    let at = |percent: usize| waits.get(waits.len() * percent / 100).map_or(0, |(wait, _)| *wait);
    let (longest, longest_at) = waits.last().copied().unwrap_or_default();
    Ok(Measured {
        appends: waits.len() as u64,
        p50: at(50),
        p99: at(99),
        longest,
        longest_at,
    })
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A command of one event on a new stream.
fn new_append(ledger: &Ledger) -> Append {
    let environment = ledger.environment();
    let text = "Hỗ trợ ứng dụng máy móc thiết bị tiên tiến trong chế biến chè Shan tuyết. ".repeat(4);
    Append {
        command_id: environment.uuid_v7(),
        actor: Actor {
            id: "u1".to_owned(),
            role: "implementer".to_owned(),
            unit: "ttkc-lao-cai".to_owned(),
        },
        occurred_on: environment.today(),
        request_sha256: [1; 32],
        metadata: [].into(),
        streams: vec![StreamAppend {
            aggregate_type: "Project".to_owned(),
            aggregate_id: environment.uuid_v7(),
            expected_version: 0,
            events: vec![NewEvent {
                event_type: "Submitted".to_owned(),
                event_version: "1".to_owned(),
                payload: json!({ "text": text }),
            }],
        }],
    }
}
