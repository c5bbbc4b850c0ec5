//! Periodic reports over the API and the pages, on both databases: months of a đề án, quarters of a Sở, what is missing of both, and what
//! races.

mod behind;
mod bounds;
mod pages;
mod scene;

use dean_test_support::{Client, Server, TestDatabase};
use serde_json::{Value, json};

use scene::*;

#[test]
fn what_is_missing_is_filed_and_corrected_on_sqlite() {
    story(&TestDatabase::sqlite());
}

#[test]
fn what_is_missing_is_filed_and_corrected_on_postgresql() {
    story(&TestDatabase::postgres());
}

#[test]
fn one_of_two_at_the_same_moment_wins_on_sqlite() {
    races(&TestDatabase::sqlite(), 1);
}

/// Two processes, which share nothing but the database.
#[test]
fn one_of_two_at_the_same_moment_wins_on_postgresql() {
    races(&TestDatabase::postgres(), 2);
}

fn story(database: &TestDatabase) {
    let server = Server::start(database, &[]);
    let client = Client::new(server.base_url());
    let project = contracted(&client);
    server.wait_until_ready();
    a_project_owes_its_months(&client, &project);
    refused_months(&client, &project);
    filed_late(&client, &project);
    corrected(&client, &project);
    accepted_and_still_owed(&client, &project);
    let report = a_quarter(&client);
    a_correction_of_the_quarter(&client, &report);
    bounds::later_events_are_not_in_a_back_dated_report(&client);
    bounds::periods_come_by_pages(&client);
    bounds::days_to_come_are_refused(&client, &project);
    pages::shown(&client, &project);
    pages::entered(&client, &project, &report);
    assert!(server.terminate().success());
    Server::verify(database);
}

fn a_project_owes_its_months(client: &Client, project: &str) {
    assert_eq!(missing(client, "2026-02-24"), json!([]), "due on the 24th, inclusive");
    assert_eq!(missing(client, "2026-02-25"), json!(["2026-02-01"]));
    assert_eq!(missing(client, "2026-03-31"), json!(["2026-02-01", "2026-03-01"]));
    // As of today the longest silent come first; whoever has no part in it sees nothing of it.
    let silent = client
        .get(&format!("/api/v1/reports/months?unit={IMPLEMENTER_UNIT}"))
        .json();
    assert_eq!(silent["rows"][0]["project"], json!(project), "{silent}");
    let others = client.get("/api/v1/reports/months?unit=ttkc-son-la").json();
    assert_eq!(others["rows"], json!([]), "{others}");
    let shown = months_of(client, project, "2026-03-31");
    assert_eq!(shown["duty"], json!({"since": "2026-02-02"}), "{shown}");
    assert_eq!(statuses(&shown), ["missing", "missing"]);
    assert_eq!(statuses(&months_of(client, project, "2026-03-24")), ["missing", "open"]);
}

fn refused_months(client: &Client, project: &str) {
    let path = format!("projects/{project}/reports");
    let mut above = month("2026-03-01", 200, 100);
    above["lines"][0]["support_spent"] = json!(301 * MILLION);
    let mut none = month("2026-03-01", 200, 100);
    none["lines"] = json!([]);
    let early = month("2026-01-01", 1, 1);
    let ahead = month("2027-01-01", 1, 1);
    let good = month("2026-03-01", 200, 100);
    let cases = [
        (
            IMPLEMENTER,
            &above,
            422,
            "spent-above-line",
            "details.lines.0.support_spent",
        ),
        (IMPLEMENTER, &none, 422, "line-not-reported", "details.lines"),
        (IMPLEMENTER, &early, 422, "month-not-owed", "details.month"),
        (IMPLEMENTER, &ahead, 422, "month", "details.month"),
        ("x; role=implementer; unit=ttkc-son-la", &good, 403, "not-your-unit", ""),
        (OFFICER, &good, 403, "not-your-role", ""),
        ("x; role=auditor; unit=ktnn", &good, 403, "read-only-role", ""),
    ];
    for (actor, details, status, code, field) in cases {
        refused(
            client,
            &Filing::by(actor, "2026-04-10"),
            (&path, details),
            (status, code, field),
        );
    }
    let nowhere = format!("projects/{}/reports", uuid());
    refused(
        client,
        &Filing::by(IMPLEMENTER, "2026-04-10"),
        (&nowhere, &good),
        (404, "no-such-project", ""),
    );
    assert_eq!(
        months_of(client, project, "2026-04-10")["reports"],
        json!([]),
        "nothing was recorded"
    );
}

fn filed_late(client: &Client, project: &str) {
    let path = format!("projects/{project}/reports");
    let filing = Filing {
        key: Some("march"),
        ..Filing::by(IMPLEMENTER, "2026-04-10")
    };
    let details = month("2026-03-01", 200, 100);
    let filed = filing.post(client, &path, &details);
    assert_eq!(filed.status, 201, "{}", filed.text());
    let filed = filed.json();
    assert_eq!(
        filed["standing"]["state"], "in-progress",
        "it took the step that waited for it: {filed}"
    );
    let again = filing.post(client, &path, &details).json();
    assert_eq!(
        (&again["repeated"], &again["position"]),
        (&json!(true), &filed["position"])
    );
    assert_eq!(
        missing_at(client, "2026-04-10", &filed),
        json!(["2026-02-01"]),
        "March is no longer missing"
    );
    assert_eq!(
        missing(client, "2026-04-09"),
        json!(["2026-02-01", "2026-03-01"]),
        "the day before it was"
    );
    let shown = months_of(client, project, "2026-04-10");
    assert_eq!(statuses(&shown)[..2], ["missing", "late"]);
    let compared = &shown["reports"][0]["reported"]["compared"][0];
    assert_eq!(
        compared,
        &json!({"line": 1, "volume": 2_000, "support": 300 * MILLION, "support_rate": 3_333,
                "counterpart": 400 * MILLION, "counterpart_rate": 2_500}),
        "{shown}"
    );
}

fn corrected(client: &Client, project: &str) {
    let path = format!("projects/{project}/reports");
    let mut right = month("2026-03-01", 150, 60);
    let filing = Filing::by(IMPLEMENTER, "2026-04-12");
    refused(
        client,
        &filing,
        (&path, &right),
        (422, "month-repeated", "details.month"),
    );
    right["correction_reason"] = json!("Cộng hai lần một hóa đơn.");
    let stale = Filing {
        version: Some(1),
        ..Filing::by(IMPLEMENTER, "2026-04-12")
    };
    refused(client, &stale, (&path, &right), (412, "stale-version", "if-match"));
    let answer = filing.post(client, &path, &right);
    assert_eq!(answer.status, 201, "{}", answer.text());
    let shown = months_of(client, project, "2026-04-12");
    let reports = shown["reports"].as_array().expect("reports");
    let (first, second) = (&reports[0], &reports[1]);
    assert_eq!(second["reported"]["corrects"]["sequence"], first["sequence"], "{shown}");
    assert_eq!(
        second["reported"]["corrects"]["report"]["lines"], first["reported"]["report"]["lines"],
        "{shown}"
    );
    assert_eq!(
        second["reported"]["report"]["lines"][0]["support_spent"],
        60 * MILLION,
        "{shown}"
    );
    // Late by the first filing, whatever corrects it.
    assert_eq!(
        (statuses(&shown)[1].as_str(), &shown["months"][1]["filed_on"]),
        ("late", &json!("2026-04-10"))
    );
}

/// No step waits for a report after the acceptance; the months are owed all the same.
fn accepted_and_still_owed(client: &Client, project: &str) {
    for name in ["report-progress", "confirm-progress", "advance-first", "accept"] {
        step(client, project, name);
    }
    let path = format!("projects/{project}/reports");
    let filing = Filing::by(IMPLEMENTER, "2026-09-30");
    let filed = filing.post(client, &path, &month("2026-09-01", 700, 300));
    assert_eq!(filed.status, 201, "{}", filed.text());
    assert_eq!(filed.json()["standing"]["state"], "accepted");
    let shown = months_of(client, project, "2026-09-30");
    assert_eq!(
        statuses(&shown),
        [
            "missing",
            "late",
            "figures-only",
            "missing",
            "missing",
            "missing",
            "missing",
            "late"
        ],
        "{shown}"
    );
    // What is later is already known: an earlier month can't be above it.
    let above = month("2026-08-01", 701, 300);
    let field = "details.lines.0.done_milli";
    refused(client, &filing, (&path, &above), (422, "above-later-month", field));
}

fn a_quarter(client: &Client) -> String {
    let owed = |on: &str| {
        let shown = client
            .get(&format!("/api/v1/reports/periods?unit={DEPARTMENT}&on={on}"))
            .json();
        let one = |owed: &Value| {
            let period = &owed["period"];
            let (status, kind) = (owed["status"].as_str(), period["kind"].as_str());
            format!(
                "{} {} {}",
                status.unwrap_or_default(),
                kind.unwrap_or_default(),
                period["number"]
            )
        };
        let owed = shown["periods"].as_array().expect("periods").iter().map(one);
        owed.collect::<Vec<_>>()
    };
    let quarter = "quarter 1";
    assert_eq!(owed("2026-03-31"), Vec::<String>::new());
    assert_eq!(owed("2026-04-15"), [format!("open {quarter}")]);
    assert_eq!(owed("2026-04-16"), [format!("missing {quarter}")]);
    // What the ledger says of the end of the quarter, whatever came after it.
    let figures = client.get(&format!(
        "/api/v1/reports/figures?unit={DEPARTMENT}&kind=quarter&year=2026&number=1"
    ));
    let figures = figures.json();
    let national = &figures["programmes"][0];
    assert_eq!(
        (&figures["as_of"], figures["programmes"].as_array().map(Vec::len)),
        (&json!("2026-03-31"), Some(1))
    );
    assert_eq!(
        (
            &national["projects"],
            &national["approved"],
            &national["disbursed"],
            &national["by_phase"]
        ),
        (&json!(1), &json!(300 * MILLION), &json!(0), &json!({"execution": 1})),
        "{figures}"
    );
    let details = quarter_report(25 * MILLION, "");
    let path = "reports/periods";
    let filing = Filing::by(OFFICER, "2026-05-02");
    let mut unowed = details.clone();
    unowed["unit"] = json!("cuc");
    let mut unreal = details.clone();
    unreal["period"]["number"] = json!(5);
    let agency = Filing::by("c; role=agency-officer; unit=cuc", "2026-05-02");
    for (filing, details, expected) in [
        (
            &filing,
            &details,
            (422, "difference-unexplained", "details.stated.0.disbursed"),
        ),
        (&agency, &unowed, (422, "report-not-owed", "details.unit")),
        (&filing, &unreal, (422, "no-such-period", "details.period")),
        (
            &Filing::by("s; role=department-officer; unit=so-ct-son-la", "2026-05-02"),
            &details,
            (403, "act-not-your-unit", ""),
        ),
        (
            &Filing::by(IMPLEMENTER, "2026-05-02"),
            &details,
            (403, "act-not-your-role", ""),
        ),
    ] {
        refused(client, filing, (path, details), expected);
    }
    let filed = filing.post(
        client,
        path,
        &quarter_report(25 * MILLION, "Đã chuyển ngày 31/3, chứng từ đến sau."),
    );
    assert_eq!(filed.status, 201, "{}", filed.text());
    let id = filed.json()["id"].as_str().expect("an id").to_owned();
    refused(
        client,
        &filing,
        (path, &details),
        (409, "report-exists", "details.period"),
    );
    assert_eq!(
        owed("2026-05-01"),
        [format!("missing {quarter}")],
        "it was, the day before"
    );
    assert_eq!(owed("2026-05-02"), [format!("late {quarter}")]);
    let shown = client.get(&format!("/api/v1/reports/periods/{id}")).json();
    let report = &shown["events"][0]["event"]["what"]["PeriodReported"];
    assert_eq!(
        report["differences"],
        json!([{"level": "national", "figure": "disbursed", "drawn": 0, "stated": 25 * MILLION}]),
        "{shown}"
    );
    assert!(report["drawn"]["position"].as_u64() > Some(0), "{report}");
    assert_eq!(report["due"]["due_on"], "2026-04-15", "{report}");
    id
}

fn a_correction_of_the_quarter(client: &Client, id: &str) {
    let path = format!("reports/periods/{id}/corrections");
    let details = correction(0, "", "Chứng từ là của quý sau.");
    let filing = Filing::by(OFFICER, "2026-05-10");
    refused(
        client,
        &filing,
        (&format!("reports/periods/{}/corrections", uuid()), &details),
        (404, "no-such-report", ""),
    );
    let answer = filing.post(client, &path, &details);
    assert_eq!(answer.status, 200, "{}", answer.text());
    refused(
        client,
        &filing,
        (&path, &details),
        (422, "nothing-changes", "details.stated"),
    );
    let shown = client.get(&format!("/api/v1/reports/periods/{id}")).json();
    let corrected = &shown["events"][1]["event"]["what"]["PeriodReportCorrected"];
    assert_eq!(
        (
            &corrected["before"]["stated"][0]["disbursed"],
            &corrected["after"]["stated"][0]["disbursed"],
            &corrected["after"]["differences"]
        ),
        (&json!(25 * MILLION), &json!(0), &Value::Null),
        "{shown}"
    );
}

fn races(database: &TestDatabase, processes: usize) {
    let servers: Vec<Server> = (0..processes).map(|_| Server::start(database, &[])).collect();
    let clients: Vec<Client> = servers.iter().map(|server| Client::new(server.base_url())).collect();
    let project = contracted(&clients[0]);
    for server in &servers {
        server.wait_until_ready();
    }
    let path = format!("projects/{project}/reports");
    let months = (0..6).map(|index| (path.clone(), month("2026-03-01", 200 + index, 100)));
    let answers = at_once(&clients, &Filing::by(IMPLEMENTER, "2026-04-10"), months.collect());
    let won = answers.iter().filter(|(status, _)| *status == 201).count();
    assert_eq!(won, 1, "{answers:#?}");
    for (status, problem) in answers.iter().filter(|(status, _)| *status != 201) {
        assert_eq!(
            (*status, &problem["code"]),
            (422, &json!("month-repeated")),
            "{problem}"
        );
    }
    let quarters = (0..6).map(|index| {
        let details = quarter_report(index * MILLION, "Chứng từ đến sau.");
        ("reports/periods".to_owned(), details)
    });
    let answers = at_once(&clients, &Filing::by(OFFICER, "2026-05-02"), quarters.collect());
    let won = answers.iter().filter(|(status, _)| *status == 201).count();
    assert_eq!(won, 1, "{answers:#?}");
    for (status, problem) in answers.iter().filter(|(status, _)| *status != 201) {
        assert_eq!((*status, &problem["code"]), (409, &json!("report-exists")), "{problem}");
    }
    for server in servers {
        assert!(server.terminate().success());
    }
    Server::verify(database);
}
