//! The harness shows that it works: databases, HTTP client, browser.

use std::io::{Read, Write};
use std::net::TcpListener;

use dean_test_support::{Browser, Client, TestDatabase};

const PAGE: &str = "data:text/html;charset=utf-8,<title>Đề án</title><h1>Khuyến công</h1>\
    <p id='out'></p><input type='date' name='d'><select name='s'><option value='a'>A</option><option value='b'>B</option></select>\
    <script>document.getElementById('out').textContent = 'script'</script>";

#[test]
fn a_postgres_database_is_made_and_dropped() {
    let database = TestDatabase::postgres();
    database.execute("CREATE TABLE t (n bigint); INSERT INTO t VALUES (1)");
    let other = TestDatabase::postgres();
    assert_ne!(database.url(), other.url());
    other.execute("CREATE TABLE t (n bigint)");
}

#[tokio::test]
async fn a_database_can_be_made_inside_an_async_test() {
    TestDatabase::postgres().execute("SELECT 1");
}

#[test]
fn a_sqlite_database_is_a_file_that_goes_with_the_test() {
    let database = TestDatabase::sqlite();
    let folder = database.folder().expect("SQLite has a folder").to_path_buf();
    database.execute("CREATE TABLE t (n INTEGER)");
    assert!(folder.join("dean.db").is_file());
    drop(database);
    assert!(!folder.exists());
}

#[test]
fn the_client_returns_every_status_and_keeps_cookies() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound address");
    let server = std::thread::spawn(move || {
        let mut requests = Vec::new();
        for answer in [
            "HTTP/1.1 303 See Other\r\nLocation: /b\r\nSet-Cookie: position=7; Path=/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            "HTTP/1.1 422 Unprocessable Content\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{\"a\": 1}\n",
            "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n: hello\n\nid: 1\ndata: a\ndata: b\n\nid: 2\ndata: c\n\n",
        ] {
            let (mut stream, _) = listener.accept().expect("a caller");
            let mut request = vec![0; 4096];
            let mut length = 0;
            // The bodies sent here are complete with the last byte of `x=…`; requests without body end with an empty line.
            while !requested(&request[..length]) {
                length += stream.read(&mut request[length..]).expect("a request");
            }
            requests.push(String::from_utf8_lossy(&request[..length]).into_owned());
            stream.write_all(answer.as_bytes()).expect("an answer");
        }
        requests
    });
    let client = Client::new(&format!("http://{address}"));
    let moved = client.post_form("/a", &[("x", "1 đ")], &[]);
    assert_eq!((moved.status, moved.header("location")), (303, Some("/b")));
    let refused = client.get_with("/b", &[("if-match", "\"3\"")]);
    assert_eq!((refused.status, refused.json()["a"].as_i64()), (422, Some(1)));
    let events: Vec<_> = client
        .events("/c", &[])
        .map(|event| (event["id"].clone(), event["data"].clone()))
        .collect();
    assert_eq!(
        events,
        [("1".to_owned(), "a\nb".to_owned()), ("2".to_owned(), "c".to_owned())]
    );

    let requests = server.join().expect("the server has not panicked");
    assert!(requests[0].ends_with("x=1%20%C4%91"), "{}", requests[0]);
    assert!(
        requests[1].contains("cookie: position=7") && requests[1].contains("if-match: \"3\""),
        "{}",
        requests[1]
    );
}

fn requested(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        line.to_lowercase()
            .strip_prefix("content-length: ")?
            .parse::<usize>()
            .ok()
    });
    body.len() >= length.unwrap_or(0)
}

#[test]
fn the_browser_shows_a_page() {
    let browser = Browser::start();
    browser.goto(PAGE);
    assert_eq!(browser.title(), "Đề án");
    assert_eq!(browser.find("h1").text(), "Khuyến công");
    assert_eq!(browser.find("#out").text(), "script");
    browser.find("input").set_value("2025-12-31");
    assert_eq!(browser.find("input").value(), "2025-12-31");
    browser.find("select").select_option("b");
    assert_eq!(browser.find("select").value(), "b");
    assert!(browser.find_all("table").is_empty());
    assert!(browser.console_errors().is_empty());

    browser.phone(390, 844);
    browser.goto(PAGE);
    assert_eq!(
        browser.execute("return innerWidth", &serde_json::json!([])),
        980,
        "a page without a viewport is laid out at 980"
    );
    let folder = tempfile::tempdir().expect("a temporary folder");
    browser.screenshot(&folder.path().join("phone.png"));
    assert!(
        std::fs::read(folder.path().join("phone.png"))
            .expect("the file")
            .starts_with(b"\x89PNG")
    );

    browser.disable_javascript(true);
    browser.goto(PAGE);
    assert_eq!(browser.find("#out").text(), "", "the page's script must not run");
    browser.find("select").select_option("b");
}
