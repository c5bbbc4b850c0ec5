//! Rule sets from TOML: rates as written (`"2.5 %"`), caps in million đồng, every code checked.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use serde::Deserialize;
use toml::Spanned;

use super::{AdvanceGroup, EligibleForm, InvestmentBase, RuleSet, Settings, SupportKind, Trigger, UpliftTarget};
use crate::lifecycle::RequiredPaper;
use crate::money::{Dong, Rate};
use crate::project::content::{LegalForm, Level, PlacePriority, Trade};
use crate::published::{Bilingual, Problem, Reader};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRules {
    pub(super) code: String,
    pub(super) version: String,
    pub(super) level: Spanned<Level>,
    pub(super) province: Option<String>,
    pub(super) valid_from: NaiveDate,
    pub(super) valid_to: Option<Spanned<NaiveDate>>,
    pub(super) title: Spanned<Bilingual>,
    pub(super) settings: RawSettings,
    pub(super) groups: Vec<RawGroup>,
    eligible: Vec<RawEligible>,
    pub(super) kinds: Vec<RawKind>,
    #[serde(default)]
    pub(super) papers: BTreeMap<String, Spanned<Bilingual>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSettings {
    pub(super) treasury_cap: Spanned<String>,
    pub(super) treasury_article: String,
    pub(super) uplift_factor: Spanned<String>,
    pub(super) uplift_applies_to: UpliftTarget,
    pub(super) uplift_article: String,
    #[serde(default)]
    pub(super) uplift_places: Vec<PlacePriority>,
    #[serde(default)]
    pub(super) uplift_trades: Vec<Trade>,
    pub(super) implementer_overhead: Spanned<String>,
    pub(super) investment_base: InvestmentBase,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGroup {
    pub(super) code: Spanned<String>,
    pub(super) first: Option<Spanned<String>>,
    pub(super) item_done_above: Option<Spanned<String>>,
    pub(super) value_done_above: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) after_acceptance: bool,
    pub(super) article: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawEligible {
    form: LegalForm,
    from: Option<NaiveDate>,
    article: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawKind {
    pub(super) code: Spanned<String>,
    #[serde(default)]
    pub(super) vi: String,
    #[serde(default)]
    pub(super) en: String,
    pub(super) activities: Spanned<Vec<u8>>,
    pub(super) rate: Option<Spanned<String>>,
    pub(super) cap_million: Option<Spanned<u32>>,
    pub(super) unit: Spanned<Bilingual>,
    #[serde(default)]
    pub(super) per_firm: bool,
    pub(super) norm: Option<String>,
    pub(super) article: String,
    #[serde(default = "yes")]
    pub(super) uplift: bool,
    pub(super) group: Spanned<String>,
    #[serde(default)]
    pub(super) tender: bool,
    #[serde(default)]
    pub(super) places: Vec<PlacePriority>,
    #[serde(default)]
    pub(super) rest_papers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) optional_rest_papers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) unverified: bool,
}

const fn yes() -> bool {
    true
}

pub(super) fn parse(file: &str, text: &str) -> Result<RuleSet, Vec<Problem>> {
    let mut reader = Reader::new(file, text);
    let raw: RawRules = reader.toml()?;
    reader.title(&raw.title.span(), "the rule set", raw.title.get_ref());
    for (code, title) in &raw.papers {
        reader.title(&title.span(), &format!("paper `{code}`"), title.get_ref());
    }
    if let Some(end) = &raw.valid_to
        && *end.get_ref() < raw.valid_from
    {
        reader.problem(&end.span(), "`valid_to` is before `valid_from`", "exchange the dates");
    }
    let settings = Settings {
        treasury_cap: rate(&mut reader, &raw.settings.treasury_cap, Rate::WHOLE),
        treasury_article: raw.settings.treasury_article,
        uplift_factor: factor(&mut reader, &raw.settings.uplift_factor),
        uplift_applies_to: raw.settings.uplift_applies_to,
        uplift_article: raw.settings.uplift_article,
        uplift_places: raw.settings.uplift_places,
        uplift_trades: raw.settings.uplift_trades,
        implementer_overhead: rate(&mut reader, &raw.settings.implementer_overhead, Rate::WHOLE),
        investment_base: raw.settings.investment_base,
    };
    let mut group_codes = BTreeSet::new();
    let mut groups = Vec::with_capacity(raw.groups.len());
    for group in raw.groups {
        if !group_codes.insert(group.code.get_ref().clone()) {
            duplicate(&mut reader, "group", &group.code);
        }
        groups.push(group_of(&mut reader, group));
    }
    let mut kind_codes = BTreeSet::new();
    let mut kinds = Vec::with_capacity(raw.kinds.len());
    for kind in raw.kinds {
        if !kind_codes.insert(kind.code.get_ref().clone()) {
            duplicate(&mut reader, "support kind", &kind.code);
        }
        if !group_codes.contains(kind.group.get_ref()) {
            reader.problem(
                &kind.group.span(),
                format!("there is no advance group `{}`", kind.group.get_ref()),
                "name one of `[[groups]]`",
            );
        }
        kinds.push(kind_of(&mut reader, kind, &raw.papers));
    }
    if kinds.is_empty() {
        reader.problem(&(0..0), "the rule set has no support kind", "add `[[kinds]]`");
    }
    if !reader.problems.is_empty() {
        reader.problems.sort_by_key(|problem| problem.line);
        return Err(reader.problems);
    }
    let kind_index: HashMap<String, usize> = kinds
        .iter()
        .map(|kind: &SupportKind| kind.code.clone())
        .zip(0..)
        .collect();
    Ok(RuleSet {
        code: raw.code,
        version: raw.version,
        level: raw.level.into_inner(),
        province: raw.province,
        valid_from: raw.valid_from,
        valid_to: raw.valid_to.map(Spanned::into_inner),
        title: raw.title.into_inner(),
        settings,
        groups,
        eligible: raw
            .eligible
            .into_iter()
            .map(|eligible| EligibleForm {
                form: eligible.form,
                from: eligible.from.unwrap_or(NaiveDate::MIN),
                article: eligible.article,
            })
            .collect(),
        kinds,
        kind_index,
    })
}

fn duplicate(reader: &mut Reader<'_>, what: &str, code: &Spanned<String>) {
    reader.problem(
        &code.span(),
        format!("{what} `{}` stands here twice", code.get_ref()),
        "rename or remove one",
    );
}

fn group_of(reader: &mut Reader<'_>, raw: RawGroup) -> AdvanceGroup {
    let mut triggers = Vec::new();
    if let Some(share) = &raw.item_done_above {
        triggers.push(Trigger::ItemDoneAbove(rate(reader, share, Rate::WHOLE)));
    }
    if let Some(share) = &raw.value_done_above {
        triggers.push(Trigger::ValueDoneAbove(rate(reader, share, Rate::WHOLE)));
    }
    if raw.after_acceptance {
        triggers.push(Trigger::Accepted);
    }
    if triggers.len() > 1 {
        reader.problem(
            &raw.code.span(),
            format!("advance group `{}` has several triggers", raw.code.get_ref()),
            "keep one of `item_done_above`, `value_done_above`, `after_acceptance`",
        );
    }
    AdvanceGroup {
        first: raw.first.as_ref().map(|share| rate(reader, share, Rate::WHOLE)),
        trigger: triggers.first().copied(),
        code: raw.code.into_inner(),
        article: raw.article,
    }
}

fn kind_of(reader: &mut Reader<'_>, raw: RawKind, catalogue: &BTreeMap<String, Spanned<Bilingual>>) -> SupportKind {
    let title = Bilingual { vi: raw.vi, en: raw.en };
    let span = raw.code.span();
    reader.title(&span, &format!("support kind `{}`", raw.code.get_ref()), &title);
    reader.title(&raw.unit.span(), "the unit", raw.unit.get_ref());
    if raw
        .activities
        .get_ref()
        .iter()
        .any(|activity| !(1..=9).contains(activity))
    {
        reader.problem(
            &raw.activities.span(),
            "an activity is outside 1 … 9",
            "use the numbers of NĐ 45/2012 Đ4",
        );
    }
    let mut rest_papers = Vec::new();
    for (list, required) in [(&raw.rest_papers, true), (&raw.optional_rest_papers, false)] {
        for code in list {
            match catalogue.get(code.get_ref()) {
                Some(title) => rest_papers.push(RequiredPaper {
                    kind: code.get_ref().clone(),
                    vi: title.get_ref().vi.clone(),
                    en: title.get_ref().en.clone(),
                    required,
                }),
                None => reader.problem(
                    &code.span(),
                    format!("there is no paper `{}`", code.get_ref()),
                    "add it under `[papers]`",
                ),
            }
        }
    }
    SupportKind {
        title,
        activities: raw.activities.into_inner(),
        rate: raw.rate.as_ref().map(|share| rate(reader, share, Rate::WHOLE)),
        cap: raw.cap_million.map(|million| Dong::million(million.into_inner())),
        unit: raw.unit.into_inner(),
        per_firm: raw.per_firm,
        norm: raw.norm.unwrap_or_else(|| raw.code.get_ref().clone()),
        article: raw.article,
        uplift: raw.uplift,
        group: raw.group.into_inner(),
        tender: raw.tender,
        places: raw.places,
        rest_papers,
        unverified: raw.unverified,
        code: raw.code.into_inner(),
    }
}

/// Reads `"2.5 %"` or `"2,5 %"`.
fn rate(reader: &mut Reader<'_>, words: &Spanned<String>, max: Rate) -> Rate {
    let parsed = words
        .get_ref()
        .trim()
        .strip_suffix('%')
        .and_then(|number| decimal(number.trim(), 2))
        .map(Rate)
        .filter(|rate| *rate <= max);
    parsed.unwrap_or_else(|| {
        reader.problem(
            &words.span(),
            format!("`{}` is not a rate", words.get_ref()),
            format!("write per cent up to {max}, e.g. \"2.5 %\""),
        );
        Rate::default()
    })
}

/// Reads a factor between 1 and 10, e.g. `"1.5"`.
fn factor(reader: &mut Reader<'_>, words: &Spanned<String>) -> Rate {
    let parsed = decimal(words.get_ref().trim(), 4)
        .map(Rate)
        .filter(|factor| (Rate::WHOLE.0..=10 * Rate::WHOLE.0).contains(&factor.0));
    parsed.unwrap_or_else(|| {
        reader.problem(
            &words.span(),
            format!("`{}` is not a factor", words.get_ref()),
            "write a number from 1 to 10, e.g. \"1.5\"",
        );
        Rate::WHOLE
    })
}

/// A decimal number × 10^`places`, exactly.
fn decimal(words: &str, places: usize) -> Option<u32> {
    let (whole, rest) = words.split_once(['.', ',']).unwrap_or((words, ""));
    if rest.len() > places || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scaled = format!("{whole}{rest:0<places$}");
    scaled.parse().ok()
}
