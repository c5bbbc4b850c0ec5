//! The same life as over the API, through the forms, in a real headless browser that runs no JavaScript.

use dean_test_support::story::{self, StoryStep};
use dean_test_support::{Browser, Client, Element, Server, TestDatabase};
use serde_json::Value;

#[test]
fn a_project_lives_from_draft_to_settlement_through_the_forms() {
    let database = TestDatabase::sqlite();
    let server = Server::start(&database, &[]);
    let story = Story {
        browser: Browser::start(),
        client: Client::new(server.base_url()),
        base_url: server.base_url(),
    };
    story.browser.disable_javascript(true);
    let project = story.draft();
    for step in story::steps() {
        match step.step {
            "approve" => story.is_approved_by_batch(&project, &step),
            "advance-first" => {
                story.is_refused(&project, &story::refused_advance());
                story.takes(&project, &step);
            }
            _ => story.takes(&project, &step),
        }
    }
    story.past_is_shown(&project);
    assert_eq!(story.browser.console_errors(), Vec::<String>::new());
    drop(story);
    assert!(server.terminate().success());
    Server::verify(&database);
}

struct Story<'s> {
    browser: Browser,
    client: Client,
    base_url: &'s str,
}

impl Story<'_> {
    fn goto(&self, path: &str) {
        self.browser.goto(&format!("{}{path}", self.base_url));
    }

    fn acts_as(&self, role: &str, unit: &str, id: &str) {
        self.goto("/nguoi-dung");
        self.browser.find("form.panel select[name=role]").select_option(role);
        fill(&self.browser.find("form.panel input[name=unit]"), unit);
        fill(&self.browser.find("form.panel input[name=id]"), id);
        self.browser.find("form.panel button.main").click();
        self.browser.wait_until("the inbox of who acts now", |browser| {
            browser.url().ends_with("/viec-can-xu-ly")
        });
    }

    fn draft(&self) -> String {
        self.acts_as("implementer", "ttkc-dien-bien", "ttkc-dien-bien.cb1");
        self.goto("/de-an/moi");
        self.fills_in(&story::draft(), "2025-04-20");
        self.checks_and_records();
        let url = self.browser.url();
        let id = url.rsplit("/de-an/").next().unwrap_or_default();
        assert_eq!(
            id.len(),
            36,
            "the draft leads to its project: {url}\n{}",
            self.browser.page_text()
        );
        id.to_owned()
    }

    fn opens(&self, project: &str, step: &StoryStep) {
        let offered = self.client.get(&format!("/api/v1/projects/{project}/steps")).json();
        let offered = offered
            .as_array()
            .expect("steps")
            .iter()
            .find(|offer| offer["step"] == step.step);
        let taker = &offered.unwrap_or_else(|| panic!("{} is not offered", step.step))["takers"][0];
        let (role, unit) = (
            taker["role"].as_str().expect("a role"),
            taker["unit"].as_str().expect("a unit"),
        );
        self.acts_as(role, unit, &format!("{unit}.{}", step.step));
        self.goto(&format!("/de-an/{project}"));
        // The way that a reviewer goes: the button on the project's page.
        self.browser.find(&format!("a[href$='/buoc/{}']", step.step)).click();
    }

    fn takes(&self, project: &str, step: &StoryStep) {
        self.opens(project, step);
        self.fills_in(&step.details, step.occurred_on);
        self.checks_and_records();
        assert!(
            self.browser.url().ends_with(project),
            "{} was refused:\n{}",
            step.step,
            self.browser.page_text()
        );
        let now = self.client.get(&format!("/api/v1/projects/{project}")).json();
        assert_eq!(now["standing"]["state"], step.state, "after {}", step.step);
        assert!(
            !self.browser.page_text().contains("problem-"),
            "{}",
            self.browser.page_text()
        );
    }

    /// No page offers to approve one project alone; the batch decides over the API.
    fn is_approved_by_batch(&self, project: &str, step: &StoryStep) {
        self.acts_as("minister", "bo-ct", "bo-ct.approve");
        self.goto(&format!("/de-an/{project}"));
        assert!(
            self.browser.find_all("a[href$='/buoc/approve']").is_empty(),
            "the minister can't approve it alone"
        );
        self.browser.find("details summary").click();
        assert!(
            self.browser.page_text().contains("theo quyết định của đợt"),
            "the page says why: {}",
            self.browser.page_text()
        );
        let approved = story::take(&self.client, project, step, 0);
        assert_eq!(approved.status, 200, "{}", approved.text());
        assert_eq!(approved.json()["standing"]["state"], step.state);
    }

    fn is_refused(&self, project: &str, step: &StoryStep) {
        let before = self.client.get(&format!("/api/v1/projects/{project}")).json()["version"].clone();
        self.opens(project, step);
        self.fills_in(&step.details, step.occurred_on);
        self.browser.find("form button.main").click();
        let refusal = self.browser.find(".refusal").text();
        assert!(
            refusal.contains("Đ13") && refusal.contains("210.000.000"),
            "rule and sum are shown: {refusal}"
        );
        assert!(
            self.browser.find(".field.wrong [name=amount]").is_displayed(),
            "the refusal stands at the field"
        );
        assert_eq!(
            self.browser.find("[name='order.number']").value(),
            "UNC 0001",
            "what was typed is kept"
        );
        assert_eq!(
            self.client.get(&format!("/api/v1/projects/{project}")).json()["version"],
            before,
            "nothing is recorded"
        );
        // Chromium itself notes every answer that is no success; reading the notes clears them.
        let noted = self.browser.console_errors();
        assert!(noted.iter().all(|note| note.contains("422")), "{noted:?}");
    }

    /// Types the details into the fields of the same names, and a number, a date and an issuer into every paper.
    fn fills_in(&self, details: &Value, occurred_on: &str) {
        let mut fields = Vec::new();
        flatten("", details, &mut fields);
        fields.push(("occurred_on".to_owned(), occurred_on.to_owned()));
        for (name, value) in fields {
            let element = self.browser.find(&format!("[name='{name}']:not([type=hidden])"));
            if element.attr("type").as_deref() == Some("checkbox") {
                if (value == "true") != element.attr("checked").is_some() {
                    element.click();
                }
            } else if self.browser.find_all(&format!("select[name='{name}']")).is_empty() {
                fill(&element, &value);
            } else {
                element.select_option(&value);
            }
        }
        for (part, value) in [
            ("number", "01/VB"),
            ("date", occurred_on),
            ("issuer", "Cơ quan ban hành"),
        ] {
            for element in self
                .browser
                .find_all(&format!("[name^='papers.'][name$='.{part}']:not([type=hidden])"))
            {
                fill(&element, value);
            }
        }
    }

    fn checks_and_records(&self) {
        self.browser.find("form button.main").click();
        if let Some(refusal) = self.browser.find_all(".refusal").first() {
            panic!("refused: {}", refusal.text());
        }
        self.browser.find("form button[value=record]").click();
        self.browser.wait_until("the project's page, or a refusal", |browser| {
            let url = browser.url();
            let on_a_project = url.rsplit("/de-an/").next().is_some_and(|id| id.len() == 36);
            on_a_project || !browser.find_all(".refusal").is_empty()
        });
    }

    fn past_is_shown(&self, project: &str) {
        let history = self.client.get(&format!("/api/v1/projects/{project}/history")).json();
        let approved = history
            .as_array()
            .expect("events")
            .iter()
            .find(|event| event["event"] == "Approved")
            .expect("approved");
        self.goto(&format!("/de-an/{project}?at={}", approved["position"]));
        assert!(
            self.browser.find_all("a[href*='/buoc/']").is_empty(),
            "the past has no buttons"
        );
        self.goto("/");
        assert!(
            self.browser.page_text().contains("100 %"),
            "300 of 300 triệu: {}",
            self.browser.page_text()
        );
    }
}

fn fill(element: &Element<'_>, value: &str) {
    element.clear();
    element.type_text(value);
}

/// `{"content": {"lines": [{"cost": 7}]}}` becomes `content.lines.0.cost` = `7`, as the forms name their fields.
fn flatten(path: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    let below = |name: &str| {
        if path.is_empty() {
            name.to_owned()
        } else {
            format!("{path}.{name}")
        }
    };
    match value {
        Value::Object(parts) => match parts.get("$personal") {
            Some(text) => fields.push((path.to_owned(), text.as_str().unwrap_or_default().to_owned())),
            None => parts
                .iter()
                .for_each(|(name, part)| flatten(&below(name), part, fields)),
        },
        Value::Array(items) if items.iter().all(Value::is_number) => {
            let numbers: Vec<String> = items.iter().map(Value::to_string).collect();
            fields.push((path.to_owned(), numbers.join(", ")));
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(index, item)| flatten(&below(&index.to_string()), item, fields)),
        // The numbers of rows stand in the form already.
        Value::Number(_) if path.ends_with(".number") => {}
        // Rates are per cent for people, basis points in data.
        Value::Number(number) if path.ends_with("item_done") => {
            fields.push((path.to_owned(), (number.as_u64().unwrap_or_default() / 100).to_string()));
        }
        Value::String(text) if !text.is_empty() => fields.push((path.to_owned(), text.clone())),
        Value::Bool(_) | Value::Number(_) => fields.push((path.to_owned(), value.to_string())),
        Value::String(_) | Value::Null => {}
    }
}
