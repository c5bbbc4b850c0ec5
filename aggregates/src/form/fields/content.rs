//! The fields of a project's content, which several actions share.

use super::FieldKind::{self, Bool, Choice, Date, Integer, LongText, Money, Text};
use super::{Form, LEVELS, Personal};

const PRIORITIES: FieldKind = Choice(&["highland", "poor-district", "new-rural", "difficult", "none"]);

pub(super) fn content(form: &mut Form) {
    form.must("name", Text)
        .must("kind", Choice(&["key", "group", "specific", "task"]))
        .must("selection", Choice(&["review", "tender"]))
        .must("starts_on", Date)
        .must("ends_on", Date)
        .rows("coordinators", 0, |form| {
            form.must("id", Text).must("name", Text);
        })
        .rows("beneficiaries", 0, beneficiary)
        .rows("lines", 1, line)
        .under("body", |form| {
            form.must("necessity", LongText)
                .must("objectives", LongText)
                .must("scale", LongText)
                .must("activities", LongText)
                .must("organisation", LongText)
                .must("effects", LongText);
        })
        .under("results", results);
}

pub(super) fn beneficiary(form: &mut Form) {
    form.must("number", Integer)
        .must("name", Text)
        .personal(Personal::Text)
        .must(
            "legal_form",
            Choice(&[
                "company",
                "private-enterprise",
                "cooperative",
                "cooperative-union",
                "cooperative-group",
                "household",
                "cluster-investor",
                "service-unit",
            ]),
        )
        .may("tax_code", Text)
        .personal(Personal::Id)
        .may("former_tax_code", Text)
        .personal(Personal::Id)
        .may("registered_office", Text)
        .personal(Personal::Text)
        .under("place", place)
        .must(
            "trade",
            Choice(&[
                "food-processing",
                "consumer-goods",
                "chemicals-materials",
                "mechanics-electronics",
                "handicraft",
                "minerals",
                "clean-production",
            ]),
        )
        .may("capital", Money)
        .may("workers", Integer)
        .may("women_owned", Bool)
        .may("minority_owned", Bool);
}

pub(super) fn line(form: &mut Form) {
    form.must("number", Integer)
        .must("kind", Text)
        .must("item", Text)
        .may("beneficiary", Integer)
        .under("place", place)
        .must("source", LEVELS)
        .must("year", Integer)
        .must("units", Integer)
        .must("cost", Money)
        .must("support", Money)
        .must("counterpart", Money)
        .may("priority_uplift", Bool);
}

fn place(form: &mut Form) {
    form.must("province", Text)
        .may("district", Text)
        .may("commune", Text)
        .may("priority", PRIORITIES);
}

pub(super) fn results(form: &mut Form) {
    form.may("jobs", Integer).may("trained", Integer).may("revenue", Money);
}
