//! The legal order of candidates: đề án điểm (TT 36/2013 Đ7.1), place, trade (TT 46/2012 Đ6.3a), then the more capable unit
//! (TT 36/2013 Đ7.2), which somebody judges. Sản xuất sạch hơn stands outside it and is ordered by effect and urgency (TT 46/2012 Đ6.3b).
//! What put each candidate before the next is recorded, and so are the settings used where the law leaves a choice.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::candidate::{Candidate, TradeClass};
use crate::money::Dong;
use crate::plan::Refusal;
use crate::plan::refusal::refuse;
use crate::project::content::PlacePriority;

/// Settings where the law leaves a choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankingSettings {
    /// Which class counts for a đề án in places of several.
    #[serde(default)]
    pub several_places: SeveralPlaces,
    /// Where sản xuất sạch hơn stands.
    #[serde(default)]
    pub clean_production: CleanProduction,
}

/// Which class of place counts for a đề án in places of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SeveralPlaces {
    /// The highest of them.
    #[default]
    Highest,
    /// The one with the most support; of equals the highest.
    MostSupport,
}

/// Where sản xuất sạch hơn, which has no place in the order, is listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CleanProduction {
    /// Behind the ordered candidates.
    #[default]
    After,
    /// Before them.
    Before,
}

/// A judgement on candidates that are equal by every criterion: which unit is the more capable; for sản xuất sạch hơn, which is more
/// effective and urgent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TieJudgement {
    /// The equal candidates, all of them, best first.
    pub order: Vec<Uuid>,
    /// Lý do.
    pub reason: String,
}

/// What puts a candidate before the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Criterion {
    /// Đề án điểm.
    KeyProject,
    /// Địa bàn.
    Place,
    /// Ngành nghề.
    Trade,
    /// Kinh nghiệm, năng lực tốt hơn: judged.
    Capability,
    /// In the order or outside it: a setting.
    CleanProduction,
    /// Hiệu quả và sự cấp thiết: judged.
    EffectAndUrgency,
}

/// Why one candidate stands before the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Precedence {
    /// The criterion that decides between the two.
    pub criterion: Criterion,
    /// Its value for the one ahead, e.g. `highland`.
    pub ahead: String,
    /// Its value for the one behind, e.g. `poor-district`.
    pub behind: String,
    /// Source.
    pub article: String,
    /// Why, where somebody judged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A candidate in its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankedCandidate {
    /// From 1.
    pub rank: u16,
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// What it would probably get, đồng.
    pub amount: Dong,
    /// Σ of the amounts up to here, đồng.
    pub running: Dong,
    /// How far that exceeds what is left of the ceiling, đồng; 0: it fits.
    pub above: Dong,
    /// Why it stands before the next; `None` for the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_next: Option<Precedence>,
}

/// Candidates in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Ranking {
    /// The settings used.
    pub settings: RankingSettings,
    /// What the ceiling leaves for them, đồng.
    pub left: Dong,
    /// The candidates, first to last.
    pub candidates: Vec<RankedCandidate>,
}

/// What decides, in this order; less is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Standing {
    group: u8,
    not_key: bool,
    place: PlacePriority,
    trade: TradeClass,
    outside: bool,
}

impl Standing {
    fn of(candidate: &Candidate, settings: RankingSettings) -> Self {
        let facts = &candidate.facts;
        if facts.clean_production {
            return Self {
                group: match settings.clean_production {
                    CleanProduction::Before => 0,
                    CleanProduction::After => 2,
                },
                not_key: true,
                place: PlacePriority::None,
                trade: TradeClass::None,
                outside: true,
            };
        }
        // The shares stand in the legal order, so the first of equals is the highest.
        let place = match settings.several_places {
            SeveralPlaces::Highest => facts.places.first(),
            SeveralPlaces::MostSupport => facts.places.iter().rev().max_by_key(|share| share.support),
        };
        Self {
            group: 1,
            not_key: !facts.key,
            place: place.map_or(PlacePriority::None, |share| share.class),
            trade: facts.trade(),
            outside: false,
        }
    }

    /// What decides between this and one behind it; `None` when they are equal.
    fn precedence(self, behind: Self) -> Option<Precedence> {
        let (criterion, ahead, behind, article) = if self.outside != behind.outside {
            let values = (yes_no(self.outside), yes_no(behind.outside));
            (
                Criterion::CleanProduction,
                values.0,
                values.1,
                "TT 46/2012/TT-BCT Đ6.3b",
            )
        } else if self.not_key != behind.not_key {
            let values = (yes_no(!self.not_key), yes_no(!behind.not_key));
            (Criterion::KeyProject, values.0, values.1, "TT 36/2013/TT-BCT Đ7.1")
        } else if self.place != behind.place {
            let values = (place_word(self.place), place_word(behind.place));
            (Criterion::Place, values.0, values.1, "TT 46/2012/TT-BCT Đ6.1, Đ6.3a")
        } else if self.trade != behind.trade {
            let values = (trade_word(self.trade), trade_word(behind.trade));
            (
                Criterion::Trade,
                values.0,
                values.1,
                "TT 46/2012/TT-BCT Đ6.3a; NĐ 45/2012/NĐ-CP Đ6.2",
            )
        } else {
            return None;
        };
        Some(Precedence {
            criterion,
            ahead: ahead.to_owned(),
            behind: behind.to_owned(),
            article: article.to_owned(),
            reason: None,
        })
    }

    /// What a judgement between equals decides by.
    fn judged(self, (ahead, behind): (usize, usize), reason: &str) -> Precedence {
        let (criterion, article) = if self.outside {
            (Criterion::EffectAndUrgency, "TT 46/2012/TT-BCT Đ6.3b")
        } else {
            (Criterion::Capability, "TT 36/2013/TT-BCT Đ7.2")
        };
        Precedence {
            criterion,
            ahead: (ahead + 1).to_string(),
            behind: (behind + 1).to_string(),
            article: article.to_owned(),
            reason: Some(reason.to_owned()),
        }
    }
}

/// Ranks candidates; `left` is what the ceiling leaves for them, đồng.
///
/// # Errors
/// `tie-open` names candidates that somebody must judge, `not-tied` a judgement on candidates that the law orders by itself.
pub fn rank<'a>(
    candidates: impl Iterator<Item = &'a Candidate>,
    settings: RankingSettings,
    ties: &[TieJudgement],
    left: Dong,
) -> Result<Ranking, Refusal> {
    let mut order: Vec<(Standing, &Candidate)> = candidates
        .map(|candidate| (Standing::of(candidate, settings), candidate))
        .collect();
    if order.is_empty() {
        return Err(refuse("nothing-to-rank"));
    }
    check_judgements(&order, ties)?;
    let place_of = |candidate: &Candidate| {
        ties.iter().find_map(|tie| {
            let place = tie.order.iter().position(|project| *project == candidate.project)?;
            Some((tie, place))
        })
    };
    order.sort_by(|(one, a), (other, b)| {
        let judged = |candidate| place_of(candidate).map_or(usize::MAX, |(_, place)| place);
        // Codes only make the refusal of an open tie the same every time.
        (one, judged(a), &a.code).cmp(&(other, judged(b), &b.code))
    });
    let mut ranking = Ranking {
        settings,
        left,
        candidates: Vec::with_capacity(order.len()),
    };
    let mut running = Dong::ZERO;
    for (index, (standing, candidate)) in order.iter().enumerate() {
        let before_next = match order.get(index + 1) {
            None => None,
            Some((next, behind)) => Some(match standing.precedence(*next) {
                Some(precedence) => precedence,
                None => match (place_of(candidate), place_of(behind)) {
                    (Some((tie, ahead)), Some((same, place))) if tie.order == same.order => {
                        standing.judged((ahead, place), &tie.reason)
                    }
                    _ => return Err(open_tie(&order, *standing)),
                },
            }),
        };
        running = running
            .checked_add(candidate.amount())
            .ok_or_else(|| refuse("amount-too-large").field("candidates"))?;
        ranking.candidates.push(RankedCandidate {
            rank: u16::try_from(index + 1).unwrap_or(u16::MAX),
            project: candidate.project,
            code: candidate.code.clone(),
            amount: candidate.amount(),
            running,
            above: running.saturating_sub(left),
            before_next,
        });
    }
    Ok(ranking)
}

/// A judgement orders equals only, and each once.
fn check_judgements(order: &[(Standing, &Candidate)], ties: &[TieJudgement]) -> Result<(), Refusal> {
    let mut seen = Vec::new();
    for (index, tie) in ties.iter().enumerate() {
        let field = |name: &str| format!("ties.{index}.{name}");
        if tie.reason.trim().is_empty() {
            return Err(refuse("text-empty").field(field("reason")));
        }
        let mut first: Option<(Standing, &Candidate)> = None;
        for (place, project) in tie.order.iter().enumerate() {
            let field = format!("ties.{index}.order.{place}");
            let known = order.iter().find(|(_, candidate)| candidate.project == *project);
            let (standing, candidate) = known
                .copied()
                .ok_or_else(|| refuse("not-a-candidate").field(&field).param("project", project))?;
            if seen.contains(project) {
                return Err(refuse("project-repeated")
                    .field(field)
                    .param("project", &candidate.code));
            }
            seen.push(*project);
            match first {
                None => first = Some((standing, candidate)),
                Some((other, ahead)) => {
                    let (one, two) = (other.min(standing), other.max(standing));
                    if let Some(precedence) = one.precedence(two) {
                        return Err(refuse("not-tied")
                            .field(field)
                            .rule(precedence.article)
                            .param("ahead", &ahead.code)
                            .param("behind", &candidate.code)
                            .param("criterion", criterion_word(precedence.criterion)));
                    }
                }
            }
        }
    }
    Ok(())
}

fn open_tie(order: &[(Standing, &Candidate)], standing: Standing) -> Refusal {
    let equal: Vec<&str> = order
        .iter()
        .filter(|(other, _)| *other == standing)
        .map(|(_, candidate)| candidate.code.as_str())
        .collect();
    let rule = standing.judged((0, 1), "").article;
    refuse("tie-open")
        .field("ties")
        .rule(rule)
        .param("projects", equal.join(", "))
}

const fn yes_no(yes: bool) -> &'static str {
    if yes { "yes" } else { "no" }
}

const fn place_word(place: PlacePriority) -> &'static str {
    match place {
        PlacePriority::Highland => "highland",
        PlacePriority::PoorDistrict => "poor-district",
        PlacePriority::NewRural => "new-rural",
        PlacePriority::Difficult => "difficult",
        PlacePriority::None => "none",
    }
}

const fn trade_word(trade: TradeClass) -> &'static str {
    match trade {
        TradeClass::B => "b",
        TradeClass::A => "a",
        TradeClass::None => "none",
    }
}

const fn criterion_word(criterion: Criterion) -> &'static str {
    match criterion {
        Criterion::KeyProject => "key-project",
        Criterion::Place => "place",
        Criterion::Trade => "trade",
        Criterion::Capability => "capability",
        Criterion::CleanProduction => "clean-production",
        Criterion::EffectAndUrgency => "effect-and-urgency",
    }
}
