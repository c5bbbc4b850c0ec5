//! The published texts that the histories live under: every lifecycle in its newest version, a province's own that approves each đề án alone,
//! a later version of each, and the norms.

use std::sync::{Arc, LazyLock};

use chrono::NaiveDate;
use dean_aggregates::lifecycle::{Lifecycle, Pinned};
use dean_aggregates::places::Places;
use dean_aggregates::project::event::Pin;
use dean_aggregates::rules::RuleSet;

/// From this day on TT 28/2018/TT-BTC holds; before, TTLT 26/2014.
pub(crate) const NEW_NORMS_FROM: &str = "2018-05-11";

/// The version to which projects move.
pub(crate) const LATER: &str = "2031-01-01";

const NEWEST: [&str; 4] = [
    include_str!("../../../lifecycles/kcqg-2014-02-10-3.toml"),
    include_str!("../../../lifecycles/kcdp-2014-02-10-3.toml"),
    include_str!("../../../lifecycles/kcdp-pay-after-2014-02-10-3.toml"),
    include_str!("../../../lifecycles/kcdp-recoverable-2014-02-10-2.toml"),
];

/// Nothing that comes along approves a đề án alone; a province's own text may.
fn approving_alone() -> String {
    let alone = NEWEST[1].replacen("code = \"kcdp\"", "code = \"kcdp-alone\"", 1);
    let alone = alone.replacen("by_batch = true\n", "", 1);
    alone.replacen("money_mode", "by_name = true\nmoney_mode", 1)
}

pub(crate) struct Texts {
    pub(crate) lifecycles: Vec<Arc<Pinned<Lifecycle>>>,
    later: Vec<Arc<Pinned<Lifecycle>>>,
    norms: [Arc<Pinned<RuleSet>>; 2],
    pub(crate) places: Arc<Places>,
}

pub(crate) static TEXTS: LazyLock<Texts> = LazyLock::new(|| {
    let lifecycle = |text: &str| Arc::new(Pinned::parse("lifecycle.toml", text).expect("a lifecycle"));
    let later = |text: &String| lifecycle(&text.replacen("\nversion = \"", &format!("\nversion = \"{LATER}\" # "), 1));
    let all: Vec<String> = NEWEST
        .into_iter()
        .map(str::to_owned)
        .chain([approving_alone()])
        .collect();
    let norms = |text| Arc::new(Pinned::parse("norms.toml", text).expect("norms"));
    let places = include_str!("../../../rules/places-2004.toml");
    Texts {
        lifecycles: all.iter().map(|text| lifecycle(text)).collect(),
        later: all.iter().map(later).collect(),
        norms: [
            norms(include_str!("../../../rules/norms-national-2014-04-08.toml")),
            norms(include_str!("../../../rules/norms-national-2018-05-11.toml")),
        ],
        places: Arc::new(Places::parse("places.toml", places).expect("places")),
    }
});

impl Texts {
    pub(crate) fn lifecycle(&self, pin: &Pin) -> &Arc<Pinned<Lifecycle>> {
        let mut all = self.lifecycles.iter().chain(&self.later);
        all.find(|text| text.pin == *pin).expect("every project names a text")
    }

    /// The later version of a lifecycle.
    pub(crate) fn later(&self, code: &str) -> &Arc<Pinned<Lifecycle>> {
        let mut later = self.later.iter();
        later.find(|text| text.pin.code == code).expect("there is one of each")
    }

    pub(crate) fn norms(&self, on: NaiveDate) -> &Arc<Pinned<RuleSet>> {
        &self.norms[usize::from(on >= day(NEW_NORMS_FROM))]
    }
}

pub(crate) fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}
