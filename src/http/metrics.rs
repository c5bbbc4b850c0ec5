//! `/metrics` in the OpenMetrics text format: queue, batch size, commit time, projection lag.

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use dean_ledger::Stats;
use dean_ledger::stats::{BATCH_SIZE_BUCKETS, COMMIT_MICROS_BUCKETS};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::NoLabelSet;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::App;
use super::problem::Problem;

const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The counters of this process and the state of its ledger.
pub async fn text(State(app): State<App>) -> Result<Response, Problem> {
    let head = app.engine.ledger().head().await?.position;
    let folded = app.engine.read_models().position().await?;
    let mut registry = Registry::with_prefix("dean");
    registry.register_collector(Box::new(Snapshot {
        stats: app.engine.ledger().stats(),
        head,
        folded,
    }));
    let mut text = String::new();
    prometheus_client::encoding::text::encode(&mut text, &registry)
        .map_err(|_| Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "internal"))?;
    Ok(([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response())
}

#[derive(Debug)]
struct Snapshot {
    stats: Stats,
    head: u64,
    folded: u64,
}

/// A histogram that the ledger has counted already.
struct Counted {
    sum: f64,
    count: u64,
    buckets: Vec<(f64, u64)>,
}

impl EncodeMetric for Counted {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), std::fmt::Error> {
        encoder.encode_histogram::<NoLabelSet>(self.sum, self.count, &self.buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "metrics are floats; counts beyond 2^53 are out of reach"
)]
fn counted(sum: u64, scale: f64, bounds: &[u64], counts: &[u64]) -> Counted {
    let bounds = bounds.iter().map(|bound| *bound as f64 * scale).chain([f64::MAX]);
    Counted {
        sum: sum as f64 * scale,
        count: counts.iter().sum(),
        buckets: bounds.zip(counts.iter().copied()).collect(),
    }
}

impl Collector for Snapshot {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let stats = &self.stats;
        let gauges = [
            (
                "append_queue_length",
                "Appends waiting for the writer",
                stats.queue_len as u64,
            ),
            (
                "append_queue_max",
                "How many appends may wait before callers get 503",
                stats.queue_max as u64,
            ),
            (
                "append_batch_size_last",
                "Appends in the last commit",
                stats.last_batch_size,
            ),
            ("ledger_position", "Last position of the ledger", self.head),
            (
                "projection_position",
                "Last position that the read models show",
                self.folded,
            ),
            (
                "projection_lag_events",
                "Events that the read models lie behind",
                self.head.saturating_sub(self.folded),
            ),
        ];
        for (name, help, value) in gauges {
            let metric = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        let counters = [
            ("commits", "Commits made by this process", stats.batches),
            ("appends", "Appends committed by this process", stats.appends),
            ("events", "Events committed by this process", stats.events),
            (
                "append_conflicts",
                "Appends refused because a stream had moved on",
                stats.conflicts,
            ),
            (
                "append_repeats",
                "Appends answered with an earlier receipt",
                stats.repeats,
            ),
            ("append_busy", "Appends refused because the queue was full", stats.busy),
            (
                "commit_lost_races",
                "Times another process committed first",
                stats.lost_races,
            ),
            (
                "database_errors",
                "Database errors that the writer met",
                stats.database_errors,
            ),
        ];
        for (name, help, value) in counters {
            ConstCounter::new(value).encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        let commit = counted(
            stats.commit_micros_sum,
            1e-6,
            &COMMIT_MICROS_BUCKETS,
            &stats.commit_micros_buckets,
        );
        commit.encode(encoder.encode_descriptor(
            "commit_seconds",
            "How long commits took",
            None,
            MetricType::Histogram,
        )?)?;
        let batch = counted(stats.appends, 1.0, &BATCH_SIZE_BUCKETS, &stats.batch_size_buckets);
        batch.encode(encoder.encode_descriptor(
            "append_batch_size",
            "Appends per commit",
            None,
            MetricType::Histogram,
        )?)
    }
}
