//! The connection to the database is cut between the commit and its answer.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use dean_test_support::{Client, Response, Server, TestDatabase, story};
use serde_json::{Value, json};
use socket2::{Domain, SockRef, Socket, Type};

const ACTOR: &str = "ttkc-dien-bien.cb1; role=implementer; unit=ttkc-dien-bien";

/// The project's own, and the claim to its code.
const DRAFT_EVENTS: i64 = 2;

/// What the sockets of the wire take in, at most, as far as the system lets them be so small.
const BUFFER_BYTES: usize = 4_096;

/// Stands between the program and its database, and can swallow the answer to the writer's next statement. It is narrow, as a network is:
/// what the program doesn't read soon stays with the server.
#[derive(Default)]
pub(crate) struct Wire {
    /// Swallow the next answer on the writer's connection, and cut it.
    armed: AtomicBool,
    /// Cut everything, and take nobody.
    down: AtomicBool,
    /// The answers swallowed.
    swallowed: Mutex<Vec<u8>>,
}

impl Wire {
    /// Gives the wire and the URL of its near end.
    pub(crate) fn to(database: &TestDatabase) -> (Arc<Self>, String) {
        let far = database.url().split('@').nth(1).and_then(|rest| rest.split('/').next());
        let far = far.expect("the URL names host and port").to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let near = listener.local_addr().expect("a bound address").to_string();
        let url = database.url().replace(&far, &near);
        let wire = Arc::new(Self::default());
        let accepting = Arc::clone(&wire);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if !accepting.down.load(Ordering::SeqCst) {
                    accepting.connect(stream, &far);
                }
            }
        });
        (wire, url)
    }

    fn connect(self: &Arc<Self>, near: TcpStream, far: &str) {
        let Ok(far) = connect_narrowly(far) else { return };
        let narrowed = SockRef::from(&near).set_send_buffer_size(BUFFER_BYTES);
        narrowed.expect("a socket's buffer can be made small");
        let is_writers = Arc::new(AtomicBool::new(false));
        let copy = |stream: &TcpStream| stream.try_clone().expect("a socket can be shared");
        let (from, to, wire, mark) = (copy(&near), copy(&far), Arc::clone(self), Arc::clone(&is_writers));
        thread::spawn(move || {
            pump(from, to, |bytes| {
                // The name that the session gives itself when it starts.
                if bytes.windows(11).any(|part| part == b"dean writer") {
                    mark.store(true, Ordering::SeqCst);
                }
                !wire.down.load(Ordering::SeqCst)
            });
        });
        let wire = Arc::clone(self);
        thread::spawn(move || {
            pump(far, near, |bytes| {
                if is_writers.load(Ordering::SeqCst) && wire.armed.swap(false, Ordering::SeqCst) {
                    wire.swallowed.lock().expect("nobody panicked").extend_from_slice(bytes);
                    return false;
                }
                !wire.down.load(Ordering::SeqCst)
            });
        });
    }

    /// What was swallowed was the answer to a commit: the server sends the statement's tag once it is committed.
    fn assert_a_commit_was_swallowed(&self) {
        let swallowed = self.swallowed.lock().expect("nobody panicked");
        let tag = b"SELECT 1\0";
        assert!(
            swallowed.windows(tag.len()).any(|part| part == tag),
            "{:?}",
            String::from_utf8_lossy(&swallowed)
        );
    }
}

fn connect_narrowly(to: &str) -> io::Result<TcpStream> {
    let to: SocketAddr = to.parse().expect("an address");
    let socket = Socket::new(Domain::for_address(to), Type::STREAM, None)?;
    socket.set_recv_buffer_size(BUFFER_BYTES)?;
    socket.connect(&to.into())?;
    Ok(socket.into())
}

/// Passes bytes on for as long as `pass` agrees, then cuts both ends.
fn pump(mut from: TcpStream, mut to: TcpStream, mut pass: impl FnMut(&[u8]) -> bool) {
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        if !pass(&buffer[..count]) || to.write_all(&buffer[..count]).is_err() {
            break;
        }
    }
    // Fail only when they have been cut already.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}

fn draft(client: &Client, key: &str) -> Response {
    let paper = json!({"kind": "de-an", "number": key, "date": "2025-04-20", "issuer": "TTKC"});
    let body = json!({"occurred_on": "2025-04-20", "details": story::draft(), "papers": [paper]});
    client.post_json(
        "/api/v1/projects",
        &body,
        &[("dean-actor", ACTOR), ("idempotency-key", key)],
    )
}

fn head(database: &TestDatabase) -> i64 {
    database
        .number(r#"SELECT max("end") FROM ledger.commits"#)
        .expect("a head")
}

/// What a retry must repeat.
fn essence(answer: &Value) -> Vec<&Value> {
    ["project", "version", "position", "recorded_at", "command"]
        .map(|field| &answer[field])
        .to_vec()
}

#[test]
fn the_writer_finds_out_itself_that_it_was_committed() {
    let database = TestDatabase::postgres();
    let (wire, url) = Wire::to(&database);
    let server = Server::start_command(Server::serve_command_through(&database, &url, &[]));
    let client = Client::new(server.base_url());
    // The statement is known to the session by now: next time there is nothing to answer before the commit.
    assert_eq!(draft(&client, "before").status, 201);
    let before = head(&database);

    wire.armed.store(true, Ordering::SeqCst);
    let answer = draft(&client, "cut");
    wire.assert_a_commit_was_swallowed();
    assert_eq!(answer.status, 201, "{}", answer.text());
    let (answer, retry) = (answer.json(), draft(&client, "cut").json());
    assert_eq!(answer["position"], before + DRAFT_EVENTS);
    assert_eq!(essence(&answer), essence(&retry));
    assert_eq!(retry["repeated"], true);
    assert_eq!(head(&database), before + DRAFT_EVENTS, "recorded once");
    server.wait_until_ready();
    Server::verify(&database);
}

#[test]
fn a_client_that_was_told_nothing_gets_the_first_answer_later() {
    let database = TestDatabase::postgres();
    let (wire, url) = Wire::to(&database);
    let server = Server::start_command(Server::serve_command_through(&database, &url, &[]));
    let client = Client::new(server.base_url());
    assert_eq!(draft(&client, "before").status, 201);
    let before = head(&database);

    wire.armed.store(true, Ordering::SeqCst);
    let told = thread::scope(|scope| {
        let told = scope.spawn(|| draft(&client, "cut"));
        while wire.armed.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(1));
        }
        wire.down.store(true, Ordering::SeqCst);
        told.join().expect("an answer")
    });
    wire.assert_a_commit_was_swallowed();
    assert_eq!(told.status, 503, "{}", told.text());
    assert_eq!(told.header("retry-after"), Some("1"));
    assert_eq!(
        head(&database),
        before + DRAFT_EVENTS,
        "recorded, though nobody was told"
    );

    wire.down.store(false, Ordering::SeqCst);
    let (first, second) = (draft(&client, "cut"), draft(&client, "cut"));
    assert_eq!((first.status, second.status), (201, 201), "{}", first.text());
    let (first, second) = (first.json(), second.json());
    assert_eq!(
        (&first["position"], &first["repeated"]),
        (&json!(before + DRAFT_EVENTS), &json!(true))
    );
    assert_eq!(essence(&first), essence(&second));
    assert_eq!(head(&database), before + DRAFT_EVENTS, "recorded once");
    server.wait_until_ready();
    Server::verify(&database);
}
