//! Forms come from our own pages: a random cookie and, in the form, a token made from it with a key that only this process knows.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use dean_ledger::Environment;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// The random cookie that tokens are made from.
pub const CSRF_COOKIE: &str = "dean_csrf";
/// The form field that carries the token.
pub const CSRF_FIELD: &str = "csrf";

const COOKIE_BYTES: usize = 16;

/// Makes and checks tokens. The key lives as long as the process: a restart makes open forms ask to be loaded again.
#[derive(Clone)]
pub struct Csrf {
    key: Arc<[u8; 32]>,
    environment: Environment,
}

impl Csrf {
    /// Draws a key.
    pub fn new(environment: &Environment) -> Self {
        let mut key = [0; 32];
        environment.entropy.fill(&mut key);
        Self {
            key: Arc::new(key),
            environment: environment.clone(),
        }
    }

    /// A new value for the cookie.
    pub fn cookie(&self) -> String {
        let mut bytes = [0; COOKIE_BYTES];
        self.environment.entropy.fill(&mut bytes);
        hex::encode(bytes)
    }

    /// The token for forms of a browser that holds this cookie.
    pub fn token(&self, cookie: &str) -> String {
        hex::encode(self.mac(cookie).finalize().into_bytes())
    }

    /// Whether a form's token belongs to the cookie; compared in constant time.
    pub fn accepts(&self, cookie: &str, token: &str) -> bool {
        hex::decode(token).is_ok_and(|token| self.mac(cookie).verify_slice(&token).is_ok())
    }

    fn mac(&self, cookie: &str) -> Hmac<Sha256> {
        let mut mac =
            <Hmac<Sha256> as Mac>::new_from_slice(self.key.as_slice()).expect("HMAC takes keys of any length");
        mac.update(cookie.as_bytes());
        mac
    }
}

/// Whether a value has the shape of a cookie that we gave.
pub fn is_cookie(value: &str) -> bool {
    value.len() == 2 * COOKIE_BYTES && value.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether the browser says that the request was made by another site's page.
pub fn is_foreign(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-fetch-site").is_some_and(|site| matches!(site, "cross-site" | "same-site")) {
        return true;
    }
    let Some(origin) = text(header::ORIGIN.as_str()) else {
        return false;
    };
    let host = origin.split_once("://").map(|(_, host)| host);
    host.is_none() || host != text(header::HOST.as_str())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().expect("a name"), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn a_token_belongs_to_its_cookie_and_process() {
        let (here, elsewhere) = (Csrf::new(&Environment::system()), Csrf::new(&Environment::system()));
        let cookie = here.cookie();
        assert!(is_cookie(&cookie));
        assert!(here.accepts(&cookie, &here.token(&cookie)));
        assert!(!here.accepts(&here.cookie(), &here.token(&cookie)));
        assert!(!elsewhere.accepts(&cookie, &here.token(&cookie)));
        for wrong in ["", "00", "no hex", &here.token(&cookie)[1..]] {
            assert!(!here.accepts(&cookie, wrong), "{wrong:?}");
        }
    }

    #[test]
    fn requests_of_other_sites_are_known_by_their_headers() {
        assert!(!is_foreign(&headers(&[("host", "dean.vn")])));
        assert!(!is_foreign(&headers(&[
            ("host", "dean.vn"),
            ("origin", "https://dean.vn"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(is_foreign(&headers(&[
            ("host", "dean.vn"),
            ("sec-fetch-site", "cross-site")
        ])));
        assert!(is_foreign(&headers(&[
            ("host", "dean.vn"),
            ("origin", "https://evil.example")
        ])));
        assert!(is_foreign(&headers(&[("host", "dean.vn"), ("origin", "null")])));
    }
}
