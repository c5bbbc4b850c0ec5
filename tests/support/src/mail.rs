//! A real mail server: aiosmtpd, with a few lines of ours around it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::Value;
use tempfile::TempDir;

use crate::child::{self, Output};

const SCRIPT: &str = include_str!("smtp_server.py");
const START_LIMIT: Duration = Duration::from_secs(30);
const MAIL_LIMIT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
const READY: &str = "listening on port ";

/// A mail server on a free loopback port. Dropping it ends it.
#[derive(Debug)]
pub struct MailServer {
    child: Child,
    port: u16,
    certificate: Option<PathBuf>,
    // Removed after the server has ended.
    folder: TempDir,
}

/// A mail that the server took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReceivedMail {
    /// Envelope sender.
    pub from: String,
    /// Envelope recipients.
    pub to: Vec<String>,
    /// The mail as it came: headers, an empty line, the body as encoded.
    pub text: String,
    /// Whether it came over TLS.
    pub encrypted: bool,
}

impl MailServer {
    /// One that takes mail in clear.
    ///
    /// # Panics
    /// When `DEAN_TEST_SMTP_PYTHON` is not set, or the server does not start.
    #[track_caller]
    #[must_use]
    pub fn start() -> Self {
        Self::start_in(temporary(), None)
    }

    /// One that takes mail over STARTTLS only, with a certificate of its own for `localhost`: see [`Self::certificate`].
    ///
    /// # Panics
    /// As above, and when `openssl` can't make a certificate.
    #[track_caller]
    #[must_use]
    pub fn start_encrypted() -> Self {
        let folder = temporary();
        let (certificate, key) = (folder.path().join("certificate.pem"), folder.path().join("key.pem"));
        let made = Command::new("openssl")
            .args([
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:prime256v1",
                "-nodes",
                "-days",
                "2",
            ])
            .args(["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&certificate)
            .stdin(Stdio::null())
            .output()
            .unwrap_or_else(|error| panic!("cannot run openssl: {error}"));
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Self::start_in(folder, Some((certificate, key)))
    }

    #[track_caller]
    fn start_in(folder: TempDir, tls: Option<(PathBuf, PathBuf)>) -> Self {
        let python = crate::setting("DEAN_TEST_SMTP_PYTHON");
        let mut command = Command::new(&python);
        command.args(["-c", SCRIPT]).arg(folder.path());
        if let Some((certificate, key)) = &tls {
            command.arg(certificate).arg(key);
        }
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {python}: {error}"));
        let output = Output::collect(child.stdout.take().expect("stdout is piped"));
        let port = child::wait_for_output("the mail server", &mut child, &output, START_LIMIT, |text| {
            let line = text.split_inclusive('\n').find(|line| line.ends_with('\n'))?;
            line.strip_prefix(READY)?.trim().parse().ok()
        });
        Self {
            child,
            port,
            certificate: tls.map(|(certificate, _)| certificate),
            folder,
        }
    }

    /// What `--smtp` takes.
    #[must_use]
    pub fn url(&self) -> String {
        match self.certificate {
            Some(_) => format!("smtp://localhost:{}?tls=required", self.port),
            None => format!("smtp://127.0.0.1:{}", self.port),
        }
    }

    /// The certificate of a server that encrypts, which a client has to trust.
    #[must_use]
    pub fn certificate(&self) -> Option<&Path> {
        self.certificate.as_deref()
    }

    /// Answers every mail with this until [`Self::take_again`], e.g. `451 4.3.0 later`.
    pub fn refuse(&self, answer: &str) {
        self.write("refuse", answer);
    }

    /// Takes mail again.
    pub fn take_again(&self) {
        fs::remove_file(self.folder.path().join("refuse")).expect("it refused");
    }

    /// Refuses an address for good.
    pub fn forget_mailbox(&self, address: &str) {
        self.write("unknown", address);
    }

    /// Lets so much time pass before it acknowledges a mail.
    pub fn slow_down(&self, by: Duration) {
        self.write("slow", &by.as_secs_f64().to_string());
    }

    /// Keeps what comes from now on, and says so only once it is let go.
    pub fn hold(&self) {
        self.write("hold", "");
    }

    /// Says what it kept.
    pub fn let_go(&self) {
        fs::remove_file(self.folder.path().join("hold")).expect("it held");
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        let new = path.with_extension("new");
        fs::write(&new, text)
            .and_then(|()| fs::rename(&new, &path))
            .expect("the folder can be written");
    }

    /// What it has taken so far, in order.
    ///
    /// # Panics
    /// When a file can't be read.
    #[must_use]
    pub fn received(&self) -> Vec<ReceivedMail> {
        let mut files: Vec<PathBuf> = fs::read_dir(self.folder.path())
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        files.sort();
        files.iter().map(|path| ReceivedMail::read(path)).collect()
    }

    /// Waits until it has taken so many.
    ///
    /// # Panics
    /// When they don't come in time.
    #[track_caller]
    #[must_use]
    pub fn wait_for(&self, count: usize) -> Vec<ReceivedMail> {
        let begun = Instant::now();
        loop {
            let received = self.received();
            if received.len() >= count {
                return received;
            }
            assert!(
                begun.elapsed() < MAIL_LIMIT,
                "{} of {count} mails came: {received:#?}",
                received.len()
            );
            std::thread::sleep(POLL);
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        child::end(&mut self.child);
    }
}

impl ReceivedMail {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).expect("a mail");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let word = |name: &str| value[name].as_str().expect("text").to_owned();
        Self {
            from: word("from"),
            to: value["to"]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|to| to.as_str().map(str::to_owned))
                .collect(),
            text: word("text"),
            encrypted: value["encrypted"].as_bool().expect("yes or no"),
        }
    }

    /// A header as it stands, folded lines joined.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    #[must_use]
    pub fn header(&self, name: &str) -> String {
        let (head, _) = self.parts();
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let start = format!("{}:", name.to_lowercase());
        unfolded
            .split("\r\n")
            .find(|line| line.to_lowercase().starts_with(&start))
            .map(|line| line[start.len()..].trim().to_owned())
            .unwrap_or_else(|| panic!("no {name} in {head}"))
    }

    /// A header's words, decoded (RFC 2047, base64 and UTF-8 only).
    ///
    /// # Panics
    /// When it is otherwise encoded.
    #[track_caller]
    #[must_use]
    pub fn words(&self, name: &str) -> String {
        let raw = self.header(name);
        let mut words = String::new();
        let mut after_word = false;
        for part in raw.split(' ') {
            let encoded = part.strip_prefix("=?utf-8?b?").and_then(|part| part.strip_suffix("?="));
            // White space between two encoded words means nothing.
            let joins = after_word && encoded.is_some();
            if !words.is_empty() && !joins {
                words.push(' ');
            }
            after_word = encoded.is_some();
            match encoded {
                Some(text) => words.push_str(&decoded_base64(text)),
                None => words.push_str(part),
            }
        }
        words
    }

    /// The body, decoded as its header says.
    ///
    /// # Panics
    /// When it is otherwise encoded than by base64 or quoted-printable.
    #[track_caller]
    #[must_use]
    pub fn body(&self) -> String {
        let (_, body) = self.parts();
        match self.header("content-transfer-encoding").as_str() {
            "base64" => decoded_base64(&body.split_whitespace().collect::<String>()),
            "quoted-printable" => decoded_quoted(body),
            "7bit" | "8bit" => body.to_owned(),
            other => panic!("encoded as {other}"),
        }
    }

    fn parts(&self) -> (&str, &str) {
        self.text
            .split_once("\r\n\r\n")
            .expect("an empty line after the headers")
    }
}

#[track_caller]
fn decoded_base64(text: &str) -> String {
    let bytes = base64::engine::general_purpose::STANDARD.decode(text).expect("base64");
    String::from_utf8(bytes).expect("UTF-8")
}

#[track_caller]
fn decoded_quoted(text: &str) -> String {
    let joined = text.replace("=\r\n", "");
    let mut bytes = Vec::with_capacity(joined.len());
    let mut rest = joined.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'=', [high, low, after @ ..]) => {
                let hex = [*high, *low];
                let hex = std::str::from_utf8(&hex).expect("two digits");
                bytes.push(u8::from_str_radix(hex, 16).expect("hexadecimal"));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).expect("UTF-8")
}

#[track_caller]
fn temporary() -> TempDir {
    tempfile::Builder::new()
        .prefix("dean-mail-")
        .tempdir()
        .expect("a temporary folder can be made")
}
