//! A small blocking HTTP client: every status is an answer, redirects are shown, cookies are kept.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde_json::Value;
use ureq::http::{HeaderMap, Method, Request, Response as RawResponse, Uri};
use ureq::{Agent, Body};

const ANSWER_LIMIT: Duration = Duration::from_secs(60);
const BODY_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// One caller, with its own cookies.
#[derive(Debug)]
pub struct Client {
    agent: Agent,
    base_url: String,
    cookies: Mutex<BTreeMap<String, String>>,
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code, 100 to 599.
    pub status: u16,
    /// The headers, names in lower case.
    pub headers: HeaderMap,
    /// The body's bytes.
    pub body: Vec<u8>,
}

impl Client {
    /// A caller without cookies; paths are put behind `base_url`.
    #[must_use]
    pub fn new(base_url: &str) -> Self {
        Self::with_limit(base_url, ANSWER_LIMIT)
    }

    /// As [`Self::new`], giving up on an answer after `limit`.
    #[must_use]
    pub fn with_limit(base_url: &str, limit: Duration) -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            // Tests talk to this machine only; a proxy in the environment is for others.
            .proxy(None)
            .timeout_connect(Some(limit))
            .timeout_recv_response(Some(limit))
            .build();
        let base_url = base_url.trim_end_matches('/').to_owned();
        Self {
            agent: config.into(),
            base_url,
            cookies: Mutex::default(),
        }
    }

    /// GET.
    #[track_caller]
    pub fn get(&self, path: &str) -> Response {
        self.get_with(path, &[])
    }

    /// GET with headers.
    #[track_caller]
    pub fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Response {
        self.request("GET", path, headers, None)
    }

    /// POST of a JSON body.
    #[track_caller]
    pub fn post_json(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Response {
        let headers = [&[("content-type", "application/json")], headers].concat();
        self.request("POST", path, &headers, Some(body.to_string().as_bytes()))
    }

    /// POST of an HTML form's fields.
    #[track_caller]
    pub fn post_form(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Response {
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
            .collect();
        let headers = [&[("content-type", "application/x-www-form-urlencoded")], headers].concat();
        self.request("POST", path, &headers, Some(pairs.join("&").as_bytes()))
    }

    /// Any method, headers and body.
    ///
    /// # Panics
    /// When there is no answer at all.
    #[track_caller]
    pub fn request(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Response {
        match self.try_request(method, path, headers, body) {
            Ok(response) => response,
            Err(error) => panic!("{method} {}{path}: {error}", self.base_url),
        }
    }

    /// As [`Self::request`], for a server that may be gone.
    ///
    /// # Errors
    /// When the server cannot be reached, or the answer breaks off.
    pub fn try_request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Response, ureq::Error> {
        let mut raw = self.send(method, path, headers, body)?;
        let body = raw.body_mut().with_config().limit(BODY_BYTES_MAX).read_to_vec()?;
        Ok(Response {
            status: raw.status().as_u16(),
            headers: raw.headers().clone(),
            body,
        })
    }

    /// Opens a stream of server-sent events.
    ///
    /// # Panics
    /// When there is no answer, or not 200.
    #[track_caller]
    pub fn events(&self, path: &str, headers: &[(&str, &str)]) -> EventStream {
        let headers = [&[("accept", "text/event-stream")], headers].concat();
        match self.send("GET", path, &headers, None) {
            Ok(raw) => {
                assert_eq!(raw.status(), 200, "GET {}{path}", self.base_url);
                EventStream {
                    lines: BufReader::new(Box::new(raw.into_body().into_reader())),
                }
            }
            Err(error) => panic!("GET {}{path}: {error}", self.base_url),
        }
    }

    /// The value of a cookie that the server has set.
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.cookies
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(name)
            .cloned()
    }

    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<RawResponse<Body>, ureq::Error> {
        let method = Method::from_bytes(method.as_bytes()).map_err(ureq::http::Error::from)?;
        let uri: Uri = format!("{}{path}", self.base_url)
            .parse()
            .map_err(ureq::http::Error::from)?;
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(cookies) = self.cookie_header() {
            request = request.header("cookie", cookies);
        }
        let raw = match body {
            Some(bytes) => self.agent.run(request.body(bytes)?)?,
            None => self.agent.run(request.body(())?)?,
        };
        self.keep_cookies(raw.headers());
        Ok(raw)
    }

    fn cookie_header(&self) -> Option<String> {
        let cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { None } else { Some(pairs.join("; ")) }
    }

    /// Name and value; of the attributes only `Max-Age=0`, which takes a cookie back.
    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().unwrap_or_else(PoisonError::into_inner);
        for header in headers.get_all("set-cookie") {
            let mut parts = header.to_str().unwrap_or_default().split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            if parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0")) {
                cookies.remove(name);
            } else {
                cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

impl Response {
    /// The body as text; bytes that are not UTF-8 are shown as U+FFFD.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// With the status and the body, when it is not JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}), status {}: {}", self.status, self.text()))
    }

    /// The first header of this name, when it is text.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Server-sent events, as they come; the next one blocks. Dropping it closes the connection.
pub struct EventStream {
    lines: BufReader<Box<dyn std::io::Read + Send>>,
}

/// One server-sent event: its fields (`id`, `event`, `data` …), several `data` lines joined with newlines.
impl Iterator for EventStream {
    type Item = BTreeMap<String, String>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut fields: BTreeMap<String, String> = BTreeMap::new();
        let mut line = String::new();
        while self.lines.read_line(&mut line).is_ok_and(|count| count > 0) {
            let text = line.trim_end_matches(['\r', '\n']);
            if text.is_empty() {
                if !fields.is_empty() {
                    return Some(fields);
                }
            } else if let Some((name, value)) = text.split_once(':').filter(|(name, _)| !name.is_empty()) {
                let value = value.strip_prefix(' ').unwrap_or(value);
                fields
                    .entry(name.to_owned())
                    .and_modify(|text| {
                        text.push('\n');
                        text.push_str(value);
                    })
                    .or_insert_with(|| value.to_owned());
            }
            line.clear();
        }
        None
    }
}

/// Percent-encoding of a form's field: everything but letters, digits and `-._~`.
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
