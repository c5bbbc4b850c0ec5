//! A flag of double support with its ruling and its form, as the screening page and a project's page show it.

use super::samples::{HOSTILE, choices};
use super::*;

pub(super) fn flag() -> FlagView {
    FlagView {
        number: 1,
        basis: HOSTILE.into(),
        own: HOSTILE.into(),
        other: "KCQG-2018-1".into(),
        href: "/de-an/other".into(),
        uses: vec![HOSTILE.into()],
        raised_on: "01/05/2019".into(),
        state: "–".into(),
        class: "warn",
        ruling: Some(RulingView {
            officer: "cuc.cv1".into(),
            ruled_on: "02/05/2019".into(),
            reason: HOSTILE.into(),
            papers: vec![HOSTILE.into()],
        }),
        form: Some(RulingForm {
            rulings: choices(),
            reason: HOSTILE.into(),
            paper_number: HOSTILE.into(),
            ..RulingForm::default()
        }),
    }
}
