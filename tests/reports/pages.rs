//! The pages: what is missing first, in both languages; a month and a correction of a quarter entered in their forms.

use dean_test_support::Client;

use crate::scene::*;

pub const PERIOD: &str = "/bao-cao/so-ct-dien-bien/quarter/2026/1";

/// What was filed over the API is shown.
pub fn shown(client: &Client, project: &str) {
    let pages = [
        (
            "/bao-cao".to_owned(),
            ["Đề án còn thiếu báo cáo tháng", "02/2026"],
            ["Missing months", "02/2026"],
        ),
        (
            format!("/de-an/{project}/bao-cao"),
            ["Thay cho báo cáo ngày 10/04/2026", "0,15 / 1 máy"],
            ["In place of the report of 10/04/2026", "60.000.000"],
        ),
        (
            PERIOD.to_owned(),
            ["Đính chính ngày 10/05/2026", "25.000.000"],
            ["Corrected on 10/05/2026", "25.000.000"],
        ),
    ];
    for (path, vi, en) in &pages {
        for (lang, words) in [("vi", vi), ("en", en)] {
            let page = client.get(&format!("{path}?lang={lang}"));
            let html = page.text();
            assert_eq!(page.status, 200, "{html}");
            for word in words {
                assert!(html.contains(word), "{path} in {lang} lacks {word}: {html}");
            }
        }
    }
    // What is missing stands before what is filed.
    let html = client.get("/bao-cao?lang=vi").text();
    let at = |word: &str| html.find(word).unwrap_or_else(|| panic!("no {word} in {html}"));
    assert!(
        at("Quý 2/2026") < at("Quý 1/2026"),
        "the second quarter is missing, the first is filed"
    );
    assert_eq!(client.get("/bao-cao/so-ct-dien-bien/quarter/2026/5").status, 404);
    assert_eq!(client.get("/bao-cao/so-ct-dien-bien/week/2026/1").status, 404);
}

/// The value of a form's hidden field.
pub fn hidden(html: &str, name: &str) -> String {
    let rest = html.split(&format!("name=\"{name}\" value=\"")).nth(1);
    let value = rest.and_then(|rest| rest.split('"').next());
    value.unwrap_or_else(|| panic!("no {name} in {html}")).to_owned()
}

/// A month and a correction of the quarter, as people enter them.
pub fn entered(client: &Client, project: &str, report: &str) {
    let actor = [("dean-actor", IMPLEMENTER)];
    let url = format!("/de-an/{project}/buoc/report-month");
    let html = client.get_with(&url, &actor).text();
    assert!(
        html.contains("value=\"02/2026\""),
        "it offers the first month that is owed: {html}"
    );
    let carried = ["csrf", "command", "version"].map(|name| (name, hidden(&html, name)));
    let post = |what: &str, value: &str| {
        let mut fields: Vec<(&str, &str)> = carried.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.extend([
            ("do", what),
            ("month", "02/2026"),
            ("form", "mau-3a"),
            ("lines.0.line", "1"),
            ("lines.0.unit", "máy"),
            ("lines.0.planned_milli", "1"),
            ("lines.0.done_milli", "0,05"),
            ("lines.0.value_done", value),
            ("lines.0.support_spent", "20.000.000"),
            ("lines.0.counterpart_spent", ""),
            ("lines.0.other_spent", ""),
            ("difficulties", "Máy về chậm."),
            ("proposals", ""),
            ("correction_reason", ""),
            ("occurred_on", "01/10/2026"),
            ("note", ""),
        ]);
        client.post_form(&url, &fields, &actor)
    };
    let above = post("check", "151.000.000");
    assert_eq!(above.status, 422, "{}", above.text());
    let text = above.text();
    assert!(
        text.contains("above-later-month") && text.contains("Máy về chậm."),
        "{text}"
    );
    let checked = post("check", "50.000.000");
    assert_eq!(checked.status, 200, "{}", checked.text());
    let recorded = post("record", "50.000.000");
    assert_eq!(recorded.status, 303, "{}", recorded.text());
    assert_eq!(statuses(&months_of(client, project, "2026-10-01"))[0], "late");

    let actor = [("dean-actor", OFFICER)];
    let form = || {
        let html = client.get_with(PERIOD, &actor).text();
        ["csrf", "command", "version"].map(|name| (name, hidden(&html, name)))
    };
    let post = |carried: &[(&'static str, String); 3], explanation: &str| {
        let mut fields: Vec<(&str, &str)> = carried.iter().map(|(name, value)| (*name, value.as_str())).collect();
        fields.extend([
            ("national.projects", "1"),
            ("national.approved", "300.000.000"),
            ("national.disbursed", "10.000.000"),
            ("national.settled", "0"),
            ("national.counterpart", "400.000.000"),
            ("explanation", explanation),
            ("results", "Một đề án đang triển khai."),
            ("difficulties", ""),
            ("proposals", ""),
            ("reason", "Đối chiếu lại với Kho bạc."),
            ("occurred_on", "20/05/2026"),
        ]);
        client.post_form(PERIOD, &fields, &actor)
    };
    let carried = form();
    let refused = post(&carried, "");
    assert_eq!(refused.status, 422, "{}", refused.text());
    assert!(
        refused.text().contains("Đối chiếu lại với Kho bạc."),
        "what was typed stays"
    );
    // Somebody else corrects it meanwhile: however often the form is sent, that is not overwritten unseen.
    let path = format!("reports/periods/{report}/corrections");
    let between = correction(5 * MILLION, "Kho bạc hạch toán 5 triệu.", "Bổ sung chứng từ.");
    let answer = Filing::by(OFFICER, "2026-05-20").post(client, &path, &between);
    assert_eq!(answer.status, 200, "{}", answer.text());
    for _ in 0..2 {
        let stale = post(&carried, "Kho bạc hạch toán 10 triệu.");
        let html = stale.text();
        assert_eq!(stale.status, 412, "{html}");
        assert_eq!(
            hidden(&html, "version"),
            carried[2].1,
            "the version that was seen: {html}"
        );
        assert!(
            html.contains("Kho bạc hạch toán 5 triệu."),
            "what was filed meanwhile: {html}"
        );
        assert!(html.contains("Kho bạc hạch toán 10 triệu."), "what was typed: {html}");
    }
    let recorded = post(&form(), "Kho bạc hạch toán 10 triệu.");
    assert_eq!(recorded.status, 303, "{}", recorded.text());
    let html = client.get(&format!("{PERIOD}?lang=vi")).text();
    assert!(html.contains("Kho bạc hạch toán 10 triệu."), "{html}");
}
