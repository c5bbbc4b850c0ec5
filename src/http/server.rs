//! Listening, logging each request, and draining on SIGTERM.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// How long running requests may take to finish once the server drains.
const DRAIN_TIME_MAX: Duration = Duration::from_secs(20);

/// Why the server could not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address could not be bound.
    #[error("can't listen on {address}: {source}; choose another address with --addr")]
    Bind {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The address is reachable from outside although nobody signs in.
    #[error(
        "{0} is reachable from other machines, and there is no sign-in yet: anybody could act as anybody. Use a loopback address such as 127.0.0.1:8080, or say --without-sign-in if you have put your own gate in front"
    )]
    NotLoopback(SocketAddr),
    /// Accepting or signal handling failed.
    #[error("the server stopped: {0}")]
    Io(#[from] std::io::Error),
}

/// A bound address, not yet serving.
pub struct Server {
    listener: TcpListener,
    stop: watch::Sender<bool>,
}

impl Server {
    /// Binds. Refuses what is not loopback unless `without_sign_in`.
    pub async fn bind(address: SocketAddr, without_sign_in: bool) -> Result<Self, ServeError> {
        if !address.ip().is_loopback() && !without_sign_in {
            return Err(ServeError::NotLoopback(address));
        }
        let listener = TcpListener::bind(address)
            .await
            .map_err(|source| ServeError::Bind { address, source })?;
        Ok(Self {
            listener,
            stop: watch::channel(false).0,
        })
    }

    /// Where it listens (the real port when 0 was asked for).
    pub fn address(&self) -> Result<SocketAddr, ServeError> {
        Ok(self.listener.local_addr()?)
    }

    /// Turns true when the server drains.
    pub fn shutdown(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }

    /// Serves until SIGTERM or ctrl-c, then lets running requests finish.
    pub async fn run(self, router: axum::Router, signals: StopSignals) -> Result<(), ServeError> {
        let stop = self.stop;
        let mut drained = stop.subscribe();
        let serving = axum::serve(self.listener, router).with_graceful_shutdown(async move {
            signals.received().await;
            tracing::info!("draining");
            stop.send_replace(true);
        });
        let deadline = async move {
            // The sender lives as long as the server, so an error means that it has ended by itself.
            let _ = drained.wait_for(|stop| *stop).await;
            tokio::time::sleep(DRAIN_TIME_MAX).await;
        };
        tokio::select! {
            served = serving => Ok(served?),
            () = deadline => {
                tracing::warn!(seconds = DRAIN_TIME_MAX.as_secs(), "some requests did not finish in time");
                Ok(())
            }
        }
    }
}

/// What asks a server to stop. Caught from the moment on that this is made: before anybody is told that the server listens, or a signal
/// that follows at once would end the process without draining.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    /// Catches SIGTERM and ctrl-c.
    pub fn catch() -> Result<Self, ServeError> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn received(mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// One structured line per request: method, route, status, duration. Never the query or body, which may hold personal data.
pub async fn log_request(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "-".to_owned(), |path| path.as_str().to_owned());
    let start = Instant::now();
    let response = next.run(request).await;
    let duration_ms = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::info!(%method, route, status = response.status().as_u16(), duration_ms, "request");
    response
}
