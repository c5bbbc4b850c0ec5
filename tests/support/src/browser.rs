//! A real browser, driven over the W3C WebDriver protocol: plain JSON over HTTP to a chromedriver of our own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use base64::Engine;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::child::{self, Output};
use crate::http::Client;

const START_LIMIT: Duration = Duration::from_secs(60);
/// A page is loaded, a script has run.
const STEP_LIMIT: Duration = Duration::from_secs(60);
/// How long an element is waited for.
const FIND_LIMIT: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(50);
/// The key under which WebDriver hands out element references (W3C WebDriver §12.1).
const ELEMENT_KEY: &str = "element-6066-11e4-a52e-4f735466cecf";
const READY: &str = "started successfully on port ";

/// A browser with an empty profile. Dropping it ends the browser and its driver.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    client: Client,
    session: String,
    // Removed after the browser has ended.
    _profile: TempDir,
}

/// An element of the page it was found on.
#[derive(Debug)]
pub struct Element<'b> {
    browser: &'b Browser,
    id: String,
    selector: String,
}

impl Browser {
    /// Starts chromedriver on a free port and a browser window of 1280 × 900.
    ///
    /// # Panics
    /// When `DEAN_TEST_CHROMEDRIVER` or `DEAN_TEST_CHROMIUM` is not set, or the browser does not start.
    #[track_caller]
    #[must_use]
    pub fn start() -> Self {
        let (driver, chromium) = (
            crate::setting("DEAN_TEST_CHROMEDRIVER"),
            crate::setting("DEAN_TEST_CHROMIUM"),
        );
        let profile = tempfile::Builder::new()
            .prefix("dean-browser-")
            .tempdir()
            .expect("a temporary folder can be made");
        let mut driver = Command::new(&driver)
            .arg("--port=0")
            // Whatever the browser keeps outside of its profile goes with it.
            .env("HOME", profile.path())
            .env("XDG_CONFIG_HOME", profile.path())
            .env("XDG_CACHE_HOME", profile.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run {driver}: {error}"));
        let stdout = Output::collect(driver.stdout.take().expect("stdout is piped"));
        let port = child::wait_for_output("chromedriver", &mut driver, &stdout, START_LIMIT, |text| {
            Some(text.split(READY).nth(1)?.split_once('.')?.0.to_owned())
        });
        let client = Client::with_limit(&format!("http://127.0.0.1:{port}"), STEP_LIMIT);
        // From here on dropping `browser` ends the driver.
        let mut browser = Self {
            driver,
            client,
            session: String::new(),
            _profile: profile,
        };
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": chromium, "args": arguments(browser._profile.path())},
            "goog:loggingPrefs": {"browser": "ALL"},
        }}});
        let session = browser.call("POST", "/session", Some(&capabilities));
        browser.session = session["sessionId"]
            .as_str()
            .expect("a new session has an id")
            .to_owned();
        browser
    }

    /// Opens a page and waits until it is loaded.
    #[track_caller]
    pub fn goto(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// The page's present address.
    #[track_caller]
    #[must_use]
    pub fn url(&self) -> String {
        text_of(&self.get("/url"))
    }

    /// The page's title.
    #[track_caller]
    #[must_use]
    pub fn title(&self) -> String {
        text_of(&self.get("/title"))
    }

    /// The page's present HTML.
    #[track_caller]
    #[must_use]
    pub fn source(&self) -> String {
        text_of(&self.get("/source"))
    }

    /// The first element that a CSS selector finds, waited for up to 10 s.
    ///
    /// # Panics
    /// With the address and the page's text, when there is none.
    #[track_caller]
    #[must_use]
    pub fn find(&self, selector: &str) -> Element<'_> {
        let start = Instant::now();
        loop {
            if let Some(element) = self.find_all(selector).into_iter().next() {
                return element;
            }
            assert!(
                start.elapsed() < FIND_LIMIT,
                "no element {selector} on {}:\n{}",
                self.url(),
                self.page_text()
            );
            std::thread::sleep(POLL);
        }
    }

    /// All elements that a CSS selector finds now.
    #[track_caller]
    #[must_use]
    pub fn find_all(&self, selector: &str) -> Vec<Element<'_>> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": selector}));
        let ids = found
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|item| item[ELEMENT_KEY].as_str());
        ids.map(|id| Element {
            browser: self,
            id: id.to_owned(),
            selector: selector.to_owned(),
        })
        .collect()
    }

    /// What a reader sees on the page.
    #[track_caller]
    #[must_use]
    pub fn page_text(&self) -> String {
        text_of(&self.execute("return document.body ? document.body.innerText : ''", &json!([])))
    }

    /// Waits until `condition` holds, up to 10 s.
    ///
    /// # Panics
    /// Saying `what` was waited for, with the page's text.
    #[track_caller]
    pub fn wait_until(&self, what: &str, condition: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !condition(self) {
            assert!(
                start.elapsed() < FIND_LIMIT,
                "waited for {what} on {}:\n{}",
                self.url(),
                self.page_text()
            );
            std::thread::sleep(POLL);
        }
    }

    /// Runs JavaScript in the page; `return` gives a value, `arguments` are the elements of the array.
    #[track_caller]
    pub fn execute(&self, script: &str, arguments: &Value) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": arguments}))
    }

    /// Turns the scripts of pages opened from now on off (or on again).
    #[track_caller]
    pub fn disable_javascript(&self, disabled: bool) {
        self.devtools("Emulation.setScriptExecutionDisabled", &json!({"value": disabled}));
    }

    /// Shows pages as a phone of this size would, in CSS pixels.
    #[track_caller]
    pub fn phone(&self, width: u32, height: u32) {
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 2, "mobile": true});
        self.devtools("Emulation.setDeviceMetricsOverride", &screen);
    }

    /// Makes the window this large, in pixels; for less than 500 wide see [`Self::phone`].
    #[track_caller]
    pub fn resize(&self, width: u32, height: u32) {
        self.post("/window/rect", &json!({"width": width, "height": height}));
    }

    /// Writes what the window shows into a PNG file.
    #[track_caller]
    pub fn screenshot(&self, file: &Path) {
        let encoded = text_of(&self.get("/screenshot"));
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .expect("a screenshot is base64");
        std::fs::write(file, bytes).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    }

    /// What the browser reported since last asked at level SEVERE: script errors, blocked and missing resources.
    #[track_caller]
    #[must_use]
    pub fn console_errors(&self) -> Vec<String> {
        let entries = self.post("/se/log", &json!({"type": "browser"}));
        let severe = entries
            .as_array()
            .into_iter()
            .flatten()
            .filter(|entry| entry["level"] == "SEVERE");
        severe.map(|entry| text_of(&entry["message"])).collect()
    }

    /// A cookie of the present page.
    #[track_caller]
    #[must_use]
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.get("/cookie");
        let cookie = cookies.as_array()?.iter().find(|cookie| cookie["name"] == name)?;
        Some(text_of(&cookie["value"]))
    }

    /// A command of the Chrome DevTools protocol.
    #[track_caller]
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}))
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.call("GET", &format!("/session/{}{path}", self.session), None)
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Value {
        self.call("POST", &format!("/session/{}{path}", self.session), Some(body))
    }

    #[track_caller]
    fn call(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        let text = body.map(Value::to_string);
        let headers = [("content-type", "application/json; charset=utf-8")];
        let headers = if body.is_some() { &headers[..] } else { &[] };
        let response = self
            .client
            .request(method, path, headers, text.as_deref().map(str::as_bytes));
        let mut answer = response.json();
        let value = answer["value"].take();
        assert!(
            response.status == 200,
            "{method} {path} {}: {}",
            text.unwrap_or_default(),
            text_of(&value["message"])
        );
        value
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Ends the browser; when that fails, ending the driver does.
        if !self.session.is_empty() {
            let _ = self
                .client
                .try_request("DELETE", &format!("/session/{}", self.session), &[], None);
        }
        if child::terminate(&mut self.driver, Duration::from_secs(10)).is_none() {
            child::end(&mut self.driver);
        }
    }
}

impl Element<'_> {
    /// The text a reader sees.
    #[track_caller]
    #[must_use]
    pub fn text(&self) -> String {
        text_of(&self.get("/text"))
    }

    /// An attribute as the HTML has it.
    #[track_caller]
    #[must_use]
    pub fn attr(&self, name: &str) -> Option<String> {
        self.get(&format!("/attribute/{name}")).as_str().map(str::to_owned)
    }

    /// What a form's field holds now.
    #[track_caller]
    #[must_use]
    pub fn value(&self) -> String {
        text_of(&self.get("/property/value"))
    }

    /// Whether a reader sees the element.
    #[track_caller]
    #[must_use]
    pub fn is_displayed(&self) -> bool {
        self.get("/displayed") == true
    }

    /// Clicks, and waits when that opens a page.
    #[track_caller]
    pub fn click(&self) {
        self.post("/click", &json!({}));
    }

    /// Types at the end of what is there; a file's path into a file field.
    #[track_caller]
    pub fn type_text(&self, text: &str) {
        self.post("/value", &json!({"text": text}));
    }

    /// Empties a field.
    #[track_caller]
    pub fn clear(&self) {
        self.post("/clear", &json!({}));
    }

    /// Sets a field's value as its owner would have left it; for dates (`2025-12-31`), which are typed differently in each locale.
    #[track_caller]
    pub fn set_value(&self, value: &str) {
        self.run(
            "const [field, value] = arguments; field.value = value;
             for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {bubbles: true}));",
            value,
        );
    }

    /// Chooses the option of a `<select>` that has this value.
    #[track_caller]
    pub fn select_option(&self, value: &str) {
        let found = self.run(
            "const [field, value] = arguments;
             return [...field.options].find(option => option.value === value) ?? null;",
            value,
        );
        let id = found[ELEMENT_KEY]
            .as_str()
            .unwrap_or_else(|| panic!("{} has no option {value}", self.selector));
        let option = Element {
            browser: self.browser,
            id: id.to_owned(),
            selector: format!("{} option", self.selector),
        };
        option.click();
    }

    /// Sends the form that this element is or belongs to, checked by the browser as by its button.
    #[track_caller]
    pub fn submit(&self) {
        self.run(
            "const [element] = arguments; (element.form ?? element.closest('form')).requestSubmit();",
            "",
        );
    }

    #[track_caller]
    fn run(&self, script: &str, value: &str) -> Value {
        self.browser.execute(script, &json!([{ ELEMENT_KEY: self.id }, value]))
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        self.browser.get(&format!("/element/{}{path}", self.id))
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) {
        self.browser.post(&format!("/element/{}{path}", self.id), body);
    }
}

fn arguments(profile: &Path) -> Vec<String> {
    let fixed = [
        "--headless",
        // Chromium's sandbox does not start as root, nor in most containers; it only ever sees our own pages.
        "--no-sandbox",
        "--disable-gpu",
        // Containers often have 64 MiB of /dev/shm.
        "--disable-dev-shm-usage",
        // Nothing may leave this machine.
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--no-first-run",
        "--lang=vi",
        "--window-size=1280,900",
    ];
    let profile = format!("--user-data-dir={}", profile.join("profile").display());
    fixed.into_iter().map(str::to_owned).chain([profile]).collect()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
