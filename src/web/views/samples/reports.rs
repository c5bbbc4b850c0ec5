//! The pages on periodic reports.

use super::*;

pub(super) fn reports(p: Chrome) -> ReportsPage {
    let period = PeriodRow {
        href: "/bao-cao/so-ct-lai-chau/quarter/2026/1".into(),
        unit: HOSTILE.into(),
        period: "Quý 1/2026".into(),
        due: due(),
        due_on: "15/04/2026".into(),
        status: "muộn".into(),
        class: "warn",
        filed_on: "20/04/2026".into(),
    };
    ReportsPage {
        p,
        on: "20/05/2026".into(),
        units: choices(),
        provinces: choices(),
        years: choices(),
        silent: vec![SilentRow {
            id: "id".into(),
            code: HOSTILE.into(),
            name: HOSTILE.into(),
            implementer: HOSTILE.into(),
            months: vec!["02/2026".into()],
            due: due(),
        }],
        first: Some("/bao-cao".into()),
        next: Some("/bao-cao?after=x".into()),
        first_periods: Some("/bao-cao".into()),
        next_periods: Some("/bao-cao?periods=x".into()),
        missing: vec![period.clone()],
        others: vec![period],
    }
}

pub(super) fn months(p: Chrome) -> MonthsPage {
    let line = DoneView {
        line: HOSTILE.into(),
        volume: HOSTILE.into(),
        volume_rate: "50 %".into(),
        value: "1 đồng".into(),
        support: "1 / 2 đồng".into(),
        support_rate: "50 %".into(),
        counterpart: "1 / 2 đồng".into(),
        counterpart_rate: "–".into(),
    };
    MonthsPage {
        p,
        id: "id".into(),
        code: HOSTILE.into(),
        name: HOSTILE.into(),
        duty: Some(HOSTILE.into()),
        months: vec![MonthRow {
            month: "02/2026".into(),
            due_on: "24/02/2026".into(),
            status: "thiếu".into(),
            class: "bad",
            filed_on: String::new(),
        }],
        reports: vec![MonthView {
            month: "03/2026".into(),
            sequence: 9,
            filed_on: "10/04/2026".into(),
            form: HOSTILE.into(),
            note: HOSTILE.into(),
            total: HOSTILE.into(),
            lines: vec![line.clone()],
            corrects: Some(CorrectedMonth {
                title: HOSTILE.into(),
                lines: vec![line],
            }),
            texts: vec![Fact::new("Khó khăn", HOSTILE)],
        }],
    }
}

pub(super) fn period(p: Chrome) -> PeriodPage {
    PeriodPage {
        p,
        unit: HOSTILE.into(),
        period: "Quý 1/2026".into(),
        due: HOSTILE.into(),
        refusal: Some(refusal()),
        filed: vec![FiledView {
            title: HOSTILE.into(),
            reason: HOSTILE.into(),
            drawn: HOSTILE.into(),
            figures: vec![FigureView {
                label: HOSTILE.into(),
                drawn: "1".into(),
                stated: "2".into(),
                differs: true,
            }],
            texts: vec![Fact::new("Kết quả", HOSTILE)],
        }],
        form: Some(PeriodForm {
            action: "/bao-cao/x".into(),
            command: "00".into(),
            drawn: HOSTILE.into(),
            version: Some("1".into()),
            inputs: vec![FigureInput {
                name: "national.projects".into(),
                label: HOSTILE.into(),
                drawn: Some("1".into()),
                value: HOSTILE.into(),
            }],
            texts: vec![TextInput {
                name: "results",
                label: HOSTILE.into(),
                value: HOSTILE.into(),
                required: true,
            }],
            occurred_on: "20/05/2026".into(),
        }),
    }
}
