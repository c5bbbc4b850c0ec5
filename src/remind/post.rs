//! Channels: how a letter leaves the program. Mail goes to one SMTP server of the installation; what it has taken is its own to deliver.

use std::io::Write;
use std::str::FromStr;
use std::time::Duration;

use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::AsyncSmtpTransport;
use lettre::{Address, AsyncTransport, Tokio1Executor};

use super::letter::Letter;
use crate::i18n::Lang;

/// How long a server may take for one answer.
const ANSWER_TIME_MAX: Duration = Duration::from_secs(15);
/// How long a letter to one address may take in all: less than the 30 s that the database grants a process that has the turn to deliver. The
/// turn is kept before each.
const LETTER_TIME_MAX: Duration = Duration::from_secs(25);

/// Where mail is handed in: `smtp://[USER:PASSWORD@]HOST[:PORT][?tls=required]` or `smtps://…`.
#[derive(Clone)]
pub struct SmtpUrl {
    url: String,
    shown: String,
}

/// An address of a mail server that can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedSmtpUrl {
    /// It is no address.
    #[error(
        "{shown}: {why}. Write smtp://USER:PASSWORD@HOST:587?tls=required, smtps://USER:PASSWORD@HOST, or smtp://127.0.0.1:25"
    )]
    Form {
        /// As given, without the password.
        shown: String,
        /// Why.
        why: String,
    },
    /// Names and passwords would cross the network in clear.
    #[error(
        "{shown}: mail would cross the network in clear. Add ?tls=required (STARTTLS) or use smtps://; plain SMTP is for a server on this machine"
    )]
    Plain {
        /// As given, without the password.
        shown: String,
    },
}

impl FromStr for SmtpUrl {
    type Err = MalformedSmtpUrl;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
        let (user, place) = rest
            .rsplit_once('@')
            .map_or((None, rest), |(user, place)| (Some(user), place));
        let hidden = if user.is_some() { "…@" } else { "" };
        let shown = format!("{scheme}://{hidden}{place}");
        let form = |why: &str| MalformedSmtpUrl::Form {
            shown: shown.clone(),
            why: why.to_owned(),
        };
        let (place, query) = place.split_once('?').unwrap_or((place, ""));
        let host = host_of(place);
        if host.is_empty() {
            return Err(form("it names no host"));
        }
        match (scheme, query) {
            ("smtps", "") | ("smtp", "tls=required") => {}
            ("smtp", "") if is_loopback(host) => {}
            ("smtp", "") => return Err(MalformedSmtpUrl::Plain { shown }),
            ("smtp" | "smtps", _) => return Err(form("nothing but ?tls=required may follow")),
            _ => return Err(form("it begins with neither smtp:// nor smtps://")),
        }
        let made = Self {
            url: text.to_owned(),
            shown: shown.clone(),
        };
        made.transport().map_err(|why| form(&why))?;
        Ok(made)
    }
}

impl std::fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl std::fmt::Display for SmtpUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown)
    }
}

impl SmtpUrl {
    fn transport(&self) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
        AsyncSmtpTransport::<Tokio1Executor>::from_url(&self.url)
            .map(|builder| builder.timeout(Some(ANSWER_TIME_MAX)).build())
            .map_err(|error| error.to_string())
    }
}

fn host_of(place: &str) -> &str {
    let place = place.trim_end_matches('/');
    if let Some(inside) = place.strip_prefix('[') {
        return inside.split(']').next().unwrap_or_default();
    }
    place.split(':').next().unwrap_or_default()
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// Why a letter was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PostError {
    /// The server can't be reached, or says that it may work later.
    #[error("{0}; tried again later")]
    Passing(String),
    /// The server refuses for good, e.g. an unknown mailbox.
    #[error("{0}; somebody has to correct the address or the server's settings")]
    Lasting(String),
}

/// A mail server with the sender's address.
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mail {
    /// Through a server, from an address.
    ///
    /// # Errors
    /// One line that says why that can't be.
    pub fn new(server: &SmtpUrl, from: &str) -> Result<Self, String> {
        let from = from
            .parse()
            .map_err(|error| format!("{from:?} is no mail address: {error}"))?;
        Ok(Self {
            transport: server.transport()?,
            from,
        })
    }

    /// The part of Message-IDs after the `@`.
    pub fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// Hands a letter in for one address. The same `message_id` for the same letter, however often it is sent: mail programs show it once.
    pub async fn send(&self, lang: Lang, letter: &Letter, to: &str, message_id: &str) -> Result<(), PostError> {
        let lasting = |error: &dyn std::fmt::Display| PostError::Lasting(error.to_string());
        let to: Address = to.parse().map_err(|error| lasting(&error))?;
        let header =
            |name: &'static str, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
        let message = Message::builder()
            .message_id(Some(message_id.to_owned()))
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(&letter.subject)
            // RFC 3834 §5: no automatic answers, please.
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", lang.tag()))
            .header(ContentType::TEXT_PLAIN)
            .body(letter.body.clone())
            .map_err(|error| lasting(&error))?;
        match tokio::time::timeout(LETTER_TIME_MAX, self.transport.send(message)).await {
            Err(_) => Err(PostError::Passing(format!(
                "the mail server did not take it within {} s",
                LETTER_TIME_MAX.as_secs()
            ))),
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) if error.is_permanent() => Err(PostError::Lasting(in_full(&error))),
            Ok(Err(error)) => Err(PostError::Passing(in_full(&error))),
        }
    }
}

fn in_full(error: &lettre::transport::smtp::Error) -> String {
    crate::http::chain(error)
}

/// Writes a letter to standard output.
pub fn print(letter: &Letter, to: &str, message_id: &str) -> Result<(), PostError> {
    let text = format!(
        "Message-ID: {message_id}\nTo: {to}\nSubject: {}\n\n{}\n",
        letter.subject, letter.body
    );
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|error| PostError::Passing(format!("standard output: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_crosses_a_network_only_encrypted() {
        for text in [
            "smtp://127.0.0.1:2525",
            "smtp://localhost",
            "smtp://dean:m%40t@mail.example.vn:587?tls=required",
            "smtps://mail.example.vn",
        ] {
            assert!(text.parse::<SmtpUrl>().is_ok(), "{text}");
        }
        for text in [
            "smtp://mail.example.vn",
            "smtp://10.0.0.1:25",
            "smtp://127.0.0.1.example.vn",
        ] {
            let refused = text.parse::<SmtpUrl>().expect_err(text);
            assert!(matches!(refused, MalformedSmtpUrl::Plain { .. }), "{refused}");
        }
        for text in [
            "mail.example.vn",
            "http://127.0.0.1",
            "smtp://",
            "smtp://mail.example.vn?tls=opportunistic",
        ] {
            let refused = text.parse::<SmtpUrl>().expect_err(text);
            assert!(matches!(refused, MalformedSmtpUrl::Form { .. }), "{refused}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: SmtpUrl = "smtps://dean:mat-khau@mail.example.vn".parse().expect("an address");
        assert_eq!(format!("{url} {url:?}").matches("mat-khau").count(), 0);
        let refused = "smtp://dean:mat-khau@mail.example.vn"
            .parse::<SmtpUrl>()
            .expect_err("plain");
        assert!(!refused.to_string().contains("mat-khau"), "{refused}");
    }
}
