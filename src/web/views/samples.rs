//! Every page with sample data, hostile where text may come from people.

mod reports;

use super::samples_flag::flag;
use super::*;
use crate::i18n::Lang;
use crate::web::charts::{self, Bar, Caption, Group};

pub(super) const HOSTILE: &str = "Máy sấy <script>alert(\"1\")</script> & 'x'";

pub(super) fn chrome(lang: Lang) -> Chrome {
    Chrome {
        lang,
        ledger_name: "Nhật ký khuyến công quốc gia".into(),
        demo: true,
        actor: Some(ActorLine {
            id: "so-ct-lai-chau.cv1".into(),
            role: "Chuyên viên".into(),
            unit: "Sở Công Thương Lai Châu".into(),
        }),
        csrf: "00ff".into(),
        path: "/de-an".into(),
        query: "text=x&level=national".into(),
        behind: true,
    }
}

pub(super) fn due() -> Option<Due> {
    let day = |d| NaiveDate::from_ymd_opt(2026, 5, d).expect("a day of May");
    Some(Due::seen(day(1), day(20), "quá hạn 13 ngày làm việc".into()))
}

pub(super) fn choices() -> Vec<Choice> {
    vec![Choice::new("", "Tất cả", None), Choice::new("a", HOSTILE, Some("a"))]
}

pub(super) fn filter() -> Filter {
    Filter {
        years: choices(),
        levels: choices(),
        provinces: choices(),
        maps: choices(),
    }
}

fn sum() -> Sum {
    Sum {
        rule: "Định mức hỗ trợ".into(),
        line: Some("khoản số 1".into()),
        formula: "300.000.000 = min(50 % × 700.000.000; 1 × 300.000.000)".into(),
        article: "TT 28/2018/TT-BTC Đ8".into(),
        text: "norms-national 2018-05-11".into(),
        sequence: 3,
    }
}

fn refusal() -> Refusal {
    Refusal {
        title: HOSTILE.into(),
        fix: "…".into(),
        rule: Some("TT 36/2013/TT-BCT Đ13.2".into()),
        formula: Some(sum().formula),
        fields: vec![RefusedField {
            anchor: "f-amount".into(),
            label: "Số tiền".into(),
            text: HOSTILE.into(),
        }],
        code: "advance-ceiling".into(),
    }
}

fn field(input: FieldInput) -> FieldView {
    FieldView {
        name: "lines.0.cost".into(),
        anchor: "f-lines-0-cost".into(),
        label: HOSTILE.into(),
        hint: "Gợi ý".into(),
        input,
        value: HOSTILE.into(),
        options: choices(),
        required: true,
        error: Some(HOSTILE.into()),
        opens_others: true,
    }
}

fn block() -> Block {
    let inputs = [
        FieldInput::Text,
        FieldInput::Long,
        FieldInput::Money,
        FieldInput::Number,
        FieldInput::Check,
        FieldInput::Choice,
    ];
    Block {
        legend: "Các khoản hỗ trợ".into(),
        anchor: "g-lines".into(),
        required: true,
        error: Some("…".into()),
        hidden: vec![Pair {
            name: "papers.0.kind".into(),
            value: "cong-van".into(),
        }],
        fields: inputs.map(field).into(),
        items: vec![Item {
            legend: "Khoản 1".into(),
            fields: inputs.map(field).into(),
            drop: Some("lines.0".into()),
        }],
        add: Some("lines".into()),
    }
}

fn subject() -> Option<Subject> {
    Some(Subject {
        id: "id".into(),
        code: "KCQG-2019-1".into(),
        name: HOSTILE.into(),
        state: "Đã nộp".into(),
    })
}

fn project(p: Chrome, past: bool) -> ProjectPage {
    ProjectPage {
        past: past.then(|| Past {
            text: p.t1("past-position", "position", 12),
        }),
        head: Head {
            id: "id".into(),
            code: "KCQG-2019-1".into(),
            name: HOSTILE.into(),
            phase: "Đã nộp".into(),
            state: "Đã nộp Sở".into(),
            waiting: vec!["Chuyên viên".into()],
            next_step: Some("Thẩm định".into()),
            due: due(),
            facts: vec![Fact::new("Mã", "KCQG")],
        },
        related: vec![Related {
            label: "Đợt".into(),
            link: Link::new(HOSTILE, "/ke-hoach/dot/id"),
            note: HOSTILE.into(),
        }],
        mine: vec![StepLink {
            id: "appraise".into(),
            title: "Thẩm định".into(),
            awaited: true,
        }],
        steps_none: String::new(),
        others: vec![OtherStep {
            title: "Trả lại".into(),
            who: "Sở".into(),
            why_not: Some(HOSTILE.into()),
            article: "Đ10".into(),
        }],
        screening: ScreeningSummary {
            text: HOSTILE.into(),
            class: "warn",
            flags: vec![flag()],
        },
        money_svg: String::new(),
        figures: vec![Fact::new("Tổng kinh phí", "700.000.000 đồng")],
        judgements: vec![sum()],
        lines: vec![LineView {
            number: 1,
            item: HOSTILE.into(),
            kind: "MM".into(),
            cap: Some(HOSTILE.into()),
            beneficiary: HOSTILE.into(),
            place: "Lai Châu".into(),
            source: "KCQG 2019".into(),
            cost: "700.000.000".into(),
            support: "300.000.000".into(),
            approved: "300.000.000".into(),
            counterpart: "400.000.000".into(),
        }],
        beneficiaries: vec![BeneficiaryView {
            number: 1,
            name: HOSTILE.into(),
            legal_form: "Hộ kinh doanh".into(),
            tax_code: "–".into(),
            place: "Lai Châu".into(),
            trade: "đ".into(),
        }],
        body: vec![Fact::new("Mục tiêu", HOSTILE)],
        timeline: vec![EventView {
            sequence: 1,
            position: 12,
            title: "Lập đề án".into(),
            step: "Lập".into(),
            who: "Đơn vị thực hiện".into(),
            actor_id: "ttkc.cv1".into(),
            occurred_on: "01/05/2019".into(),
            recorded_at: "09/05/2019 08:00:00".into(),
            recorded_days_late: 8,
            back_dated: true,
            state: "Dự thảo".into(),
            took: Some("mất 3 ngày".into()),
            days_late: 2,
            facts: vec![Fact::new("Lý do", HOSTILE)],
            note: HOSTILE.into(),
            sums: vec![sum()],
            papers: vec![HOSTILE.into()],
        }],
        at: "12".into(),
        previous_event: Some(3),
        next_event: Some(20),
        p,
    }
}

pub(super) fn every_page(lang: Lang) -> Vec<(&'static str, String)> {
    let p = || chrome(lang);
    let caption = Caption {
        id: "c",
        title: HOSTILE,
        description: HOSTILE,
        unit: "triệu đồng",
        empty: "–",
    };
    let bars = charts::bars(
        caption,
        &[Bar {
            label: HOSTILE.into(),
            value: 3,
            text: HOSTILE.into(),
        }],
    );
    let columns = charts::columns(
        caption,
        &[HOSTILE],
        &[Group {
            label: HOSTILE.into(),
            values: vec![(3, HOSTILE.into())],
        }],
    );
    let dashboard = DashboardPage {
        p: p(),
        filter: filter(),
        today: "20/05/2026".into(),
        headline: Headline {
            any_overdue: true,
            ..Headline::default()
        },
        funnel_svg: bars,
        funnel: vec![PhaseRow {
            label: HOSTILE.into(),
            count: "1".into(),
            href: "/de-an?phase=draft".into(),
        }],
        years_svg: columns,
        years: vec![YearRow {
            label: "2019".into(),
            approved: "1".into(),
            disbursed: "1".into(),
            settled: "1".into(),
            rate: "1 %".into(),
        }],
        overdue: vec![OverdueRow {
            id: "id".into(),
            code: "c".into(),
            name: HOSTILE.into(),
            state: "s".into(),
            who: HOSTILE.into(),
            due: due(),
        }],
        overdue_href: "/de-an?overdue=1".into(),
        activities: vec![ActivityRow {
            activity: HOSTILE.into(),
            source: "KCQG".into(),
            approved: "1".into(),
            disbursed: "1".into(),
            settled: "1".into(),
            rate: "1 %".into(),
        }],
        regions: vec![place_row()],
        places: vec![place_row()],
    };
    let task = TaskRow {
        id: "id".into(),
        code: "c".into(),
        name: HOSTILE.into(),
        step: HOSTILE.into(),
        href: "/de-an/id/buoc/x".into(),
        state: "s".into(),
        who: HOSTILE.into(),
        due: due(),
    };
    let row = ProjectRow {
        id: "id".into(),
        code: "c".into(),
        name: HOSTILE.into(),
        level: "KCQG".into(),
        plan_year: 2019,
        province: HOSTILE.into(),
        state: "s".into(),
        phase: "p".into(),
        due: None,
        approved: "1".into(),
        disbursed: "1".into(),
        settled: "1".into(),
    };
    let known = KnownActor {
        role: "accountant".into(),
        role_name: "Kế toán".into(),
        unit: "cuc".into(),
        unit_name: HOSTILE.into(),
        id: "cuc.accountant".into(),
        count: "3".into(),
    };
    let log = LogRow {
        position: 1,
        event: "Lập đề án".into(),
        about: HOSTILE.into(),
        href: Some("/de-an/id".into()),
        who: HOSTILE.into(),
        actor_id: "x".into(),
        occurred_on: "01/01/2019".into(),
        recorded_at: "01/01/2019 07:00:00".into(),
    };
    let render = |page: &dyn askama::DynTemplate| page.dyn_render().expect("a sample renders");
    let mut pages = super::samples_together::pages(lang);
    pages.extend([
        ("dashboard", render(&dashboard)),
        (
            "inbox",
            render(&InboxPage {
                p: p(),
                reports: Some((HOSTILE.into(), "/bao-cao?unit=x".into())),
                roles: choices(),
                units: choices(),
                today: "20/05/2026".into(),
                rows: vec![task],
                first: Some("/viec-can-xu-ly".into()),
                next: Some("/viec-can-xu-ly?after=x".into()),
            }),
        ),
        (
            "projects",
            render(&ProjectsPage {
                p: p(),
                filter: filter(),
                phases: choices(),
                text: HOSTILE.into(),
                overdue: true,
                count: "1".into(),
                rows: vec![row],
                first: None,
                next: Some("/de-an?after=x".into()),
            }),
        ),
        ("project", render(&project(p(), false))),
        ("project, past", render(&project(p(), true))),
        (
            "screening",
            render(&ScreeningPage {
                p: p(),
                id: "id".into(),
                code: "c".into(),
                name: HOSTILE.into(),
                refusal: Some(refusal()),
                none: Some(HOSTILE.into()),
                flags: vec![flag()],
                items: vec![HOSTILE.into()],
                filing: FilingForm {
                    lines: choices(),
                    serial: HOSTILE.into(),
                    ..FilingForm::default()
                },
            }),
        ),
        (
            "step",
            render(&StepPage {
                p: p(),
                about: subject(),
                title: HOSTILE.into(),
                article: "Đ13".into(),
                action: "/de-an/id/buoc/x".into(),
                back: "/de-an/id".into(),
                warning: Some(HOSTILE.into()),
                refusal: Some(refusal()),
                hidden: vec![Pair {
                    name: "command".into(),
                    value: HOSTILE.into(),
                }],
                blocks: vec![
                    block(),
                    Block {
                        fields: vec![field(FieldInput::Text)],
                        ..Block::default()
                    },
                ],
                papers: vec![block()],
                closing: block(),
            }),
        ),
        (
            "confirm",
            render(&ConfirmPage {
                outcome: vec![Fact::new("Trạng thái", HOSTILE)],
                sums: vec![OutcomeSum {
                    rule: HOSTILE.into(),
                    formula: HOSTILE.into(),
                    article: HOSTILE.into(),
                }],
                p: p(),
                about: subject(),
                title: HOSTILE.into(),
                action: "/de-an/id/buoc/x".into(),
                entered: vec![Fact::new("Lý do", HOSTILE)],
                papers: vec![HOSTILE.into()],
                hidden: vec![Pair {
                    name: "reason".into(),
                    value: HOSTILE.into(),
                }],
            }),
        ),
        (
            "actors",
            render(&ActorsPage {
                p: p(),
                refusal: Some(refusal()),
                known: vec![known],
                roles: choices(),
                units: choices(),
                unit: HOSTILE.into(),
                id: HOSTILE.into(),
            }),
        ),
        (
            "log",
            render(&LogPage {
                p: p(),
                from: 1,
                head: 99,
                rows: vec![log],
                earlier: Some("/nhat-ky?from=1".into()),
                later: None,
            }),
        ),
        ("reports", render(&reports::reports(p()))),
        ("months", render(&reports::months(p()))),
        ("period", render(&reports::period(p()))),
        (
            "error",
            render(&ErrorPage {
                p: p(),
                title: HOSTILE.into(),
                fix: HOSTILE.into(),
                rule: Some("Đ13".into()),
                formula: Some("1 = 1".into()),
                code: "csrf".into(),
                status: 403,
            }),
        ),
        (
            "explained",
            render(&ExplainedPage {
                p: p(),
                code: "csrf".into(),
                title: HOSTILE.into(),
                fix: HOSTILE.into(),
            }),
        ),
    ]);
    pages
}

fn place_row() -> PlaceRow {
    PlaceRow {
        label: HOSTILE.into(),
        approved: "1".into(),
        disbursed: "1".into(),
        settled: "1".into(),
        rate: "1 %".into(),
    }
}
