//! Pictures and comparisons of lifecycles.

use std::collections::BTreeSet;

use dean_aggregates::lifecycle::Lifecycle;

use crate::common::{KCQG_2, LIFECYCLES};

fn parsed(text: &str) -> Lifecycle {
    Lifecycle::parse("x.toml", text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[test]
fn mermaid_names_every_state_once_and_joins_only_those() {
    for (file, text) in LIFECYCLES {
        let lifecycle = parsed(text);
        let drawn = lifecycle.mermaid();
        let mut nodes = BTreeSet::new();
        for line in drawn.lines().skip_while(|line| *line != "flowchart TD").skip(1) {
            let words: Vec<&str> = line.trim().splitn(2, char::is_whitespace).collect();
            match words.as_slice() {
                [from, rest] if rest.starts_with(['=', '-']) => {
                    let to = rest.rsplit(' ').next().expect("a target");
                    assert!(nodes.contains(*from) && nodes.contains(to), "{file}: {line}");
                }
                _ => {
                    let (node, title) = line.trim().split_once(['[', '(']).expect("a node");
                    assert!(nodes.insert(node), "{file}: {line}");
                    assert!(title.contains('"'), "{file}: {line}");
                }
            }
        }
        assert_eq!(nodes.len(), lifecycle.states.len(), "{file}");
        assert!(drawn.matches(" ==>").count() >= 8, "{file}: {drawn}");
    }
}

/// The value of an attribute.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

fn number(tag: &str, name: &str) -> i64 {
    attribute(tag, name).and_then(|words| words.parse().ok()).unwrap_or(0)
}

#[test]
fn the_picture_is_well_formed_its_boxes_lie_apart_and_its_course_is_straight() {
    for (file, text) in LIFECYCLES {
        let lifecycle = parsed(text);
        let drawn = lifecycle.svg();
        let mut open = Vec::new();
        let mut boxes: Vec<[i64; 4]> = Vec::new();
        let mut course = BTreeSet::new();
        let (width, height) = (number(&drawn, "width"), number(&drawn, "height"));
        for tag in drawn.split('<').skip(1) {
            let (tag, rest) = tag.split_once('>').expect("a whole tag");
            assert!(!rest.contains(['"', '>']) || rest.trim().is_empty(), "{file}: {rest}");
            let name = tag.split([' ', '/']).find(|word| !word.is_empty()).expect("a name");
            if tag.starts_with('/') {
                assert_eq!(open.pop(), Some(name), "{file}");
            } else if !tag.ends_with('/') {
                open.push(name);
            }
            let (x, y) = (number(tag, "x"), number(tag, "y"));
            assert!((0..=width).contains(&x) && (0..=height).contains(&y), "{file}: {tag}");
            if name == "rect" && attribute(tag, "rx").is_some() {
                boxes.push([x, y, x + number(tag, "width"), y + number(tag, "height")]);
            }
            if attribute(tag, "stroke-width") == Some("3") && name == "path" {
                let path = attribute(tag, "d").expect("a path");
                assert!(!path.contains('H'), "{file}: {path}");
                course.insert(path.split(' ').next().expect("a start").to_owned());
            }
        }
        assert!(open.is_empty(), "{file}: {open:?}");
        assert_eq!(boxes.len(), lifecycle.states.len(), "{file}");
        for (index, one) in boxes.iter().enumerate() {
            for other in &boxes[index + 1..] {
                let apart = one[2] <= other[0] || other[2] <= one[0] || one[3] <= other[1] || other[3] <= one[1];
                assert!(apart, "{file}: {one:?} {other:?}");
            }
        }
        assert_eq!(course.len(), 1, "{file}: {course:?}");
        for step in lifecycle.steps.iter().filter(|step| step.to.is_some()) {
            let words = step.title.vi.replace('&', "&amp;");
            assert!(drawn.contains(&words), "{file}: {words}");
        }
    }
}

/// Edit, and what the comparison says of it.
const EDITS: &[(&str, &str, &str)] = &[
    (
        "valid_from = \"2014-02-10\"",
        "valid_from = \"2015-01-01\"",
        "the lifecycle: first day in force changed from 2014-02-10 to 2015-01-01",
    ),
    (
        "archive_years = 10",
        "archive_years = 20",
        "the lifecycle: years of keeping the file changed from 10 to 20",
    ),
    (
        "archive_years = 10",
        "archive_years = 10\nby_name = true",
        "the lifecycle: choice changed from as the rule to by name only",
    ),
    (
        "what = \"time\", authority = \"agency\"",
        "what = \"time\", authority = \"ministry\"",
        "change decided added: time by the ministry (TT 36/2013/TT-BCT Đ11.2b)",
    ),
    (
        "id = \"bo-ct\"",
        "id = \"bo-cong-thuong\"",
        "unit removed: ministry bo-ct (Bộ Công Thương from 2004-01-01)",
    ),
    (
        "vi = \"Đã thẩm tra\"",
        "vi = \"Cục đã thẩm tra\"",
        "state examined («Đã thẩm tra»): title changed from «Đã thẩm tra» to «Cục đã thẩm tra»",
    ),
    (
        "due = { before = \"06-15\", year = -1 }\n\n[[steps]]\nid = \"examine\"",
        "due = { before = \"06-30\", year = -1 }\n\n[[steps]]\nid = \"examine\"",
        "step register («Đăng ký kế hoạch với Cục»): deadline changed from before 15/06 of 1 year(s) before the plan year to before 30/06 of 1 year(s) before the plan year",
    ),
    (
        "due = { by = \"01-22\", year = 1 }",
        "due = { days = 9 }",
        "deadline changed from by 22/01 of 1 year(s) after the plan year to within 9 days",
    ),
    (
        "due = { end_of_project = true }",
        "",
        "step accept («Nghiệm thu cơ sở»): deadline changed from the project's last day to none",
    ),
    (
        "papers = [\"mau-6\"]",
        "papers = [\"mau-6\", \"mau-7\"]",
        "step liquidate («Thanh lý hợp đồng»): papers required added: mau-7 («Mẫu 7: Biểu chi tiết quyết toán kinh phí»)",
    ),
    (
        "takers = [\"agency:agency-officer\"]\nmain = true\nvi = \"Thẩm tra\"",
        "takers = [\"agency:agency-director\"]\nmain = true\nvi = \"Thẩm tra\"",
        "step examine («Thẩm tra»): takers removed: agency:agency-officer",
    ),
    (
        "separate = [\"accept\"]",
        "",
        "step settle («Quyết toán»): not by the taker of removed: accept",
    ),
    (
        "requires = [\"request-withdrawal\"]\n\n[[steps]]\nid = \"approve-group-plan\"",
        "\n[[steps]]\nid = \"approve-group-plan\"",
        "steps that come first removed: request-withdrawal",
    ),
    (
        "delegates = [\"agency:agency-director\", \"agency:agency-officer\"]",
        "",
        "signing for a taker removed: agency:agency-director, agency:agency-officer",
    ),
    (
        "council = { quorum = \"2/3\", majority = \"1/2\" }",
        "council = { quorum = \"3/4\", majority = \"1/2\" }",
        "council changed from 2/3 present, more than 1/2 for it to 3/4 present, more than 1/2 for it",
    ),
    (
        "spread = \"one-province\"",
        "",
        "provinces changed from one-province to none",
    ),
    (
        "contract_form = \"assignment\"",
        "contract_form = \"contract\"",
        "contract form changed from assignment to contract",
    ),
    (
        "implementers = [\"ttkcqg-vung-1\", \"ttkcqg-vung-2\", \"ttkcqg-vung-3\"]",
        "implementers = [\"ttkcqg-vung-1\"]",
        "implementers removed: ttkcqg-vung-2, ttkcqg-vung-3",
    ),
    (
        "kinds = [\"group\"]\ndelegates",
        "delegates",
        "kinds of project removed: group",
    ),
    (
        "from = [\"registered\", \"examined\", \"appraised-ministry\"]",
        "from = [\"registered\", \"examined\"]",
        "step return-agency («Cục trả lại để bổ sung hồ sơ»): states it may be taken in removed: appraised-ministry",
    ),
    (
        "payment = \"rest\"",
        "payment = \"next\"",
        "payment changed from rest to next",
    ),
    (
        "authority = \"department\"\nkinds",
        "authority = \"agency\"\nkinds",
        "authority changed from department to agency",
    ),
    (
        "action = \"approve\"\n",
        "action = \"approve\"\nby_batch = true\n",
        "decided in a batch only changed from no to yes",
    ),
];

#[test]
fn a_comparison_says_each_change_in_words() {
    let old = parsed(KCQG_2);
    assert_eq!(old.differences(&old), []);
    for (from, to, words) in EDITS {
        assert!(KCQG_2.contains(from), "nothing to edit: {from}");
        let new = parsed(&KCQG_2.replacen(from, to, 1));
        let found: Vec<String> = old.differences(&new).iter().map(ToString::to_string).collect();
        assert!(found.iter().any(|line| line.contains(words)), "{words}: {found:#?}");
    }
}
