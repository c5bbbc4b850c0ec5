//! Reminders by mail over both databases: raised once, delivered at least once under one Message-ID, whoever races and whatever is killed.

mod scene;

use std::process::Stdio;
use std::time::Duration;

use dean_test_support::{Client, MailServer, Server, TestDatabase};
use serde_json::json;

use scene::*;

#[test]
fn a_deadline_by_guidance_is_reminded_of_on_sqlite() {
    story(&TestDatabase::sqlite());
}

#[test]
fn a_deadline_by_guidance_is_reminded_of_on_postgresql() {
    story(&TestDatabase::postgres());
}

fn story(database: &TestDatabase) {
    let mail = MailServer::start();
    let server = serve(database, &by_mail(&mail));
    let client = Client::new(server.base_url());
    publishing_is_for_administrators(&client);
    due_today(&client);
    let project = drafted(&client);
    let shown = client.get(&format!("/api/v1/projects/{project}")).json();
    assert_eq!(shown["standing"]["due_on"], json!(today()), "{shown}");
    assert_eq!(shown["standing"]["due_basis"]["rule"], "guidance", "{shown}");
    let code = shown["project"]["identity"]["code"]
        .as_str()
        .expect("a code")
        .to_owned();

    let received = mail.wait_for(1);
    let letter = &received[0];
    assert_eq!(
        (letter.from.as_str(), letter.to.as_slice()),
        ("khuyencong@example.vn", [ADDRESS.to_owned()].as_slice())
    );
    assert_eq!(
        letter.words("subject"),
        format!("Hôm nay hết hạn: Nộp đề án cho Sở – đề án {code}")
    );
    assert!(letter.header("content-type").to_lowercase().contains("charset=utf-8"));
    assert_eq!(letter.header("auto-submitted"), "auto-generated");
    let id = letter.header("message-id");
    assert!(
        id.starts_with(&format!("<{}.", last_day(project))) && id.ends_with("@example.vn>"),
        "{id}"
    );
    let body = letter.body();
    for part in [
        "Kính gửi:",
        "Trung tâm Khuyến công và Tư vấn phát triển công nghiệp Điện Biên",
        "Hỗ trợ ứng dụng máy sấy ngô tại Điện Biên",
        &format!("https://khuyencong.example.vn/de-an/{project}/buoc/propose"),
        GUIDANCE,
        "TT 36/2013/TT-BCT Đ10.1",
    ] {
        assert!(body.contains(part), "{part} is not in:\n{body}");
    }
    assert!(!body.contains("{$") && !body.contains("reminder-"), "{body}");

    let reminder = wait_until_delivered(&client, last_day(project));
    assert_eq!(
        reminder["delivered"],
        json!([{"channel": "mail", "role": "implementer", "unit": "ttkc-dien-bien"}])
    );
    assert!(
        !reminder.to_string().contains(ADDRESS),
        "addresses stay out of the ledger: {reminder}"
    );
    time_left_is_shown(&client);

    // What is done is reminded of no more, and the next step is not due for a while.
    propose(&client, project);
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(mail.received().len(), 1);
    assert!(server.terminate().success());
    assert_eq!(
        counted(database),
        counts(&[("ReminderRaised", 1), ("ReminderDelivered", 1)])
    );
    Server::verify(database);
}

fn publishing_is_for_administrators(client: &Client) {
    let text = guidance("0", today());
    let administrator = ("dean-actor", ADMINISTRATOR);
    let by = |actor, text: &str| publish(client, text, &[("dean-actor", actor)]);
    let first = publish(client, &text, &[administrator, ("idempotency-key", "guidance-0")]);
    let again = publish(client, &text, &[administrator, ("idempotency-key", "guidance-0")]);
    assert_eq!((first.status, again.status), (201, 201), "{}", again.text());
    assert_eq!(again.json()["repeated"], true);
    for (refused, status, code) in [
        (by(ADMINISTRATOR, &text), 409, "calendar-already-published"),
        (by(ADMINISTRATOR, &format!("{text}\n")), 409, "calendar-other-text"),
        (by(IMPLEMENTER, &guidance("00", today())), 403, "calendar-not-your-role"),
        (
            by(ADMINISTRATOR, &text.replace("paper = \"", "paper = \"\" # ")),
            422,
            "calendar-invalid",
        ),
    ] {
        let problem = refused.json();
        assert_eq!(
            (refused.status, problem["code"].as_str()),
            (status, Some(code)),
            "{problem}"
        );
        let words = format!("{} {}", problem["title"], problem["fix"]);
        assert!(!words.contains("{$"), "{words}");
    }
    let listed = client.get("/api/v1/calendars").json();
    assert!(
        listed["deadlines"].as_array().is_some_and(|texts| texts.len() == 3),
        "{listed}"
    );
    let year = client.get("/api/v1/calendars/2026").json();
    assert_eq!(year["worked"]["2026-08-22"]["instead_of"], "2026-08-31", "{year}");
    let span = client.get("/api/v1/working-days?from=2026-02-13&to=2026-02-23").json();
    assert_eq!(span["working_days"], 1);
    let missing = client.get("/api/v1/calendars/2199");
    assert_eq!(
        (missing.status, missing.json()["code"].as_str()),
        (404, Some("no-calendar"))
    );
    let over_it = client.get("/api/v1/working-days?from=2026-12-31&to=2199-01-01");
    assert_eq!(over_it.status, 400, "{}", over_it.text());
    let over_it = client.get("/api/v1/working-days?from=2198-12-31&to=2199-01-08").json();
    assert_eq!(over_it["code"], "no-calendar", "{over_it}");
}

fn time_left_is_shown(client: &Client) {
    let inbox = client.get("/api/v1/inbox?unit=ttkc-dien-bien").json();
    let left = &inbox["rows"][0]["left"];
    assert!(
        left["working-days"]["days"] == 0 || left["calendar-days"]["days"] == 0,
        "{inbox}"
    );
    let page = client.get("/viec-can-xu-ly?role=any&unit=any").text();
    assert!(page.contains("hôm nay là hạn cuối"), "{page}");
}

/// Several programs look at the same moment, and each would raise and deliver all of it.
#[test]
fn however_many_look_each_reminder_is_raised_once_and_mailed_once() {
    const PROJECTS: usize = 12;
    const PROGRAMS: usize = 6;
    let database = TestDatabase::postgres();
    let mail = MailServer::start();
    let server = Server::start(&database, &["--remind-seconds", "0"]);
    let client = Client::new(server.base_url());
    due_today(&client);
    let projects: Vec<_> = (0..PROJECTS).map(|_| drafted(&client)).collect();
    server.wait_until_ready();
    let arguments = by_mail(&mail);
    let programs: Vec<_> = (0..PROGRAMS)
        .map(|_| {
            Server::command()
                .args(["remind", "--database", database.url()])
                .args(&arguments[2..])
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("the product's binary runs")
        })
        .collect();
    let mut raised = 0;
    for program in programs {
        let output = program.wait_with_output().expect("it ends");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let number = told
            .lines()
            .find_map(|line| line.split(" reminder(s) raised").next()?.parse::<usize>().ok());
        raised += number.unwrap_or_else(|| panic!("how many did it raise? {told}"));
    }
    assert_eq!(raised, PROJECTS, "each of them by one program");
    let all = counts(&[("ReminderRaised", PROJECTS), ("ReminderDelivered", PROJECTS)]);
    assert_eq!(counted(&database), all);
    let mut ids: Vec<String> = mail.received().iter().map(|mail| mail.header("message-id")).collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), mail.received().len()), (PROJECTS, PROJECTS));
    for project in projects {
        wait_until_delivered(&client, last_day(project));
    }
    assert!(server.terminate().success());
    Server::verify(&database);
}

#[test]
fn killed_between_sending_and_recording_it_sends_again_under_the_same_id_on_sqlite() {
    killed_while_sending(&TestDatabase::sqlite());
}

#[test]
fn killed_between_sending_and_recording_it_sends_again_under_the_same_id_on_postgresql() {
    killed_while_sending(&TestDatabase::postgres());
}

fn killed_while_sending(database: &TestDatabase) {
    let mail = MailServer::start();
    let server = serve(database, &by_mail(&mail));
    let client = Client::new(server.base_url());
    due_today(&client);
    mail.hold();
    let project = drafted(&client);
    // The mail server has it, and hasn't said so yet.
    let first = mail.wait_for(1).remove(0);
    server.kill9();
    mail.let_go();
    assert_eq!(counted(database), counts(&[("ReminderRaised", 1)]));

    let server = serve(database, &by_mail(&mail));
    let client = Client::new(server.base_url());
    wait_until_delivered(&client, last_day(project));
    let received = mail.received();
    assert_eq!(received.len(), 2, "at least once");
    assert_eq!(received[1].header("message-id"), first.header("message-id"));
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(mail.received().len(), 2, "and not for ever");
    assert!(server.terminate().success());
    assert_eq!(
        counted(database),
        counts(&[("ReminderRaised", 1), ("ReminderDelivered", 1)])
    );
    Server::verify(database);
}

#[test]
fn a_mail_server_that_is_not_ready_gets_it_later() {
    let database = TestDatabase::sqlite();
    let mail = MailServer::start();
    mail.refuse("451 4.3.0 come back later");
    let server = serve(&database, &by_mail(&mail));
    let client = Client::new(server.base_url());
    due_today(&client);
    let project = drafted(&client);
    wait_until_told(&server, "was not delivered");
    mail.take_again();
    wait_until_delivered(&client, last_day(project));
    assert_eq!(mail.received().len(), 1);
    assert!(server.terminate().success());
}

#[test]
fn a_wrong_address_keeps_nobody_else_waiting() {
    let database = TestDatabase::sqlite();
    let mail = MailServer::start();
    mail.forget_mailbox("cu@example.vn");
    let mut arguments = by_mail(&mail);
    arguments.extend([
        "--remind-address".to_owned(),
        "ttkc-dien-bien/implementer=cu@example.vn,moi@example.vn".to_owned(),
    ]);
    let server = serve(&database, &arguments);
    let client = Client::new(server.base_url());
    due_today(&client);
    let project = drafted(&client);
    wait_until_delivered(&client, last_day(project));
    let received = mail.received();
    assert_eq!(received.len(), 1);
    assert_eq!(received[0].to, ["moi@example.vn"]);
    assert!(server.stderr().contains("no such mailbox"), "{}", server.stderr());
    assert!(server.terminate().success());
}

/// The letters of one delivery take longer together than the database lets a process with the turn say nothing.
#[test]
fn a_slow_mail_server_gives_nobody_else_the_turn() {
    let database = TestDatabase::postgres();
    let mail = MailServer::start();
    mail.slow_down(Duration::from_secs(12));
    let mut arguments = by_mail(&mail);
    let addresses = "ttkc-dien-bien/implementer=mot@example.vn,hai@example.vn,ba@example.vn";
    arguments.extend(["--remind-address".to_owned(), addresses.to_owned()]);
    let servers = [serve(&database, &arguments), serve(&database, &arguments)];
    let client = Client::new(servers[0].base_url());
    due_today(&client);
    let project = drafted(&client);
    assert_eq!(mail.wait_for(3).len(), 3);
    wait_until_delivered(&client, last_day(project));
    let to: Vec<_> = mail.received().into_iter().flat_map(|mail| mail.to).collect();
    assert_eq!(to, ["mot@example.vn", "hai@example.vn", "ba@example.vn"], "each once");
    for server in servers {
        assert!(!server.stderr().contains("reminding failed"), "{}", server.stderr());
        assert!(server.terminate().success());
    }
}

#[test]
fn what_was_done_before_the_mail_went_out_is_withdrawn() {
    let database = TestDatabase::sqlite();
    let mail = MailServer::start();
    mail.refuse("451 4.3.0 come back later");
    let server = serve(&database, &by_mail(&mail));
    let client = Client::new(server.base_url());
    due_today(&client);
    let project = drafted(&client);
    // Not while the first try is under way: that one began when it was still due.
    wait_until_told(&server, "was not delivered");
    propose(&client, project);
    mail.take_again();
    let reminder = wait_for(&client, last_day(project), "withdrawn", |document| {
        document["withdrawn"] == true
    });
    assert_eq!(reminder["delivered"], json!([]));
    assert_eq!(mail.received().len(), 0);
    assert!(server.terminate().success());
    Server::verify(&database);
}

#[test]
fn mail_goes_over_tls_to_a_server_whose_certificate_is_trusted() {
    let database = TestDatabase::sqlite();
    let mail = MailServer::start_encrypted();
    let arguments = by_mail(&mail);
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let server = Server::start(&database, &arguments);
    let client = Client::new(server.base_url());
    due_today(&client);
    let project = drafted(&client);
    wait_until_told(&server, "was not delivered");
    assert_eq!(mail.received().len(), 0, "the certificate is not trusted");
    assert!(server.terminate().success());
    let mut trusting = Server::serve_command(&database, &arguments);
    trusting.env("SSL_CERT_FILE", mail.certificate().expect("it has one"));
    let server = Server::start_command(trusting);
    let received = mail.wait_for(1);
    assert!(received[0].encrypted);
    wait_until_delivered(&Client::new(server.base_url()), last_day(project));
    assert!(server.terminate().success());
}

#[test]
fn a_program_without_a_server_reminds_on_the_console_once() {
    let database = TestDatabase::sqlite();
    let server = Server::start(&database, &["--remind-seconds", "0"]);
    let client = Client::new(server.base_url());
    due_today(&client);
    let project = drafted(&client);
    server.wait_until_ready();
    assert!(server.terminate().success());
    let remind = |arguments: &[&str]| {
        let output = Server::command()
            .args(["remind", "--database", database.url()])
            .args(arguments)
            .output()
            .expect("the product's binary runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{told}");
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let listed = remind(&["--check"]);
    assert!(
        listed.contains("\tpropose\t") && listed.contains("\tlast-day\t"),
        "{listed}"
    );
    assert_eq!(counted(&database), counts(&[]), "nothing was recorded");
    let told = remind(&["--remind-console"]);
    assert!(
        told.contains("Hôm nay hết hạn") && told.contains(&format!("/de-an/{project}/buoc/propose")),
        "{told}"
    );
    let again = remind(&["--remind-console"]);
    assert_eq!(again, "");
    assert_eq!(
        counted(&database),
        counts(&[("ReminderRaised", 1), ("ReminderDelivered", 1)])
    );
}

#[test]
fn settings_that_would_lose_mail_are_refused_at_the_start() {
    let database = TestDatabase::sqlite();
    for (arguments, why) in [
        (
            vec!["--smtp", "smtp://mail.example.vn", "--mail-from", "a@example.vn"],
            "in clear",
        ),
        (vec!["--smtp", "smtp://127.0.0.1:25"], "--mail-from"),
        (vec!["--remind-address", "cuc/*=a@example.vn"], "--smtp"),
        (vec!["--remind-address", "cuc=a@example.vn"], "UNIT/ROLE=ADDRESS"),
        (vec!["--pages-url", "khuyencong.example.vn"], "http://"),
    ] {
        let output = Server::serve_command(&database, &arguments).output().expect("it runs");
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && told.contains(why), "{arguments:?}: {told}");
    }
}

#[test]
fn a_calendar_is_checked_and_published_by_command() {
    let database = TestDatabase::sqlite();
    let server = Server::start(&database, &[]);
    assert!(server.terminate().success());
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("2031.toml");
    let text = "code = \"working-days\"\nversion = \"2031\"\nyear = 2031\ntitle = { vi = \"N\", en = \"Y\" }\nweekend = [\"Sat\", \"Sun\"]\n\n[[off]]\nfrom = \"2031-01-01\"\nvi = \"Tết Dương lịch\"\nen = \"New Year\"\nsource = \"BLLĐ Đ112\"\n";
    let run = |arguments: &[&str]| {
        let output = Server::command()
            .arg("calendar")
            .args(arguments)
            .output()
            .expect("it runs");
        let told = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        (output.status.success(), told)
    };
    let file = path.to_str().expect("a path");
    std::fs::write(&path, text.replace("2031-01-01", "2030-01-01")).expect("written");
    let (valid, told) = run(&["check", file]);
    assert!(
        !valid && told.contains("2031.toml:8: 2030-01-01 is not in 2031"),
        "{told}"
    );
    std::fs::write(&path, text).expect("written");
    let (valid, told) = run(&["check", file]);
    assert!(valid && told.contains("1 days off"), "{told}");
    let (published, told) = run(&["publish", file, "--database", database.url()]);
    assert!(published && told.contains("position"), "{told}");
    let (again, told) = run(&["publish", file, "--database", database.url()]);
    assert!(!again && told.contains("already published"), "{told}");
    let (listed, told) = run(&["list"]);
    assert!(listed && told.contains("rules/working-days-2026.toml"), "{told}");
    let server = Server::start(&database, &[]);
    let shown = Client::new(server.base_url()).get("/api/v1/calendars/2031").json();
    assert_eq!(shown["off"]["2031-01-01"]["source"], "BLLĐ Đ112", "{shown}");
    assert!(server.terminate().success());
}
