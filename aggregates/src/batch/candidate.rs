//! Candidates of a batch, and the facts that their legal order is made of.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::money::Dong;
use crate::plan::Refusal;
use crate::plan::refusal::refuse;
use crate::project::Project;
use crate::project::content::{Content, PlacePriority, ProjectKind, Trade};

/// «Nhiều lao động» (TT 46/2012 Đ6.2): at least so many, persons.
const MANY_WORKERS: u32 = 50;

/// A đề án that may be approved in the batch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// The project.
    pub project: Uuid,
    /// Mã đề án.
    pub code: String,
    /// Tên đề án.
    pub name: String,
    /// Kinh phí đề nghị, đồng.
    pub requested: Dong,
    /// Kinh phí that its last appraisal recommends, đồng.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recommended: Option<Dong>,
    /// What it is ranked by.
    pub facts: RankingFacts,
}

/// What a đề án is ranked by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankingFacts {
    /// Đề án điểm (TT 36/2013 Đ2.3, Đ7.1).
    pub key: bool,
    /// Sản xuất sạch hơn, which stands outside the order (TT 46/2012 Đ6.3b).
    pub clean_production: bool,
    /// Each class of place (TT 46/2012 Đ6.1) with the support asked for there, in the legal order.
    pub places: Vec<PlaceShare>,
    /// The grounds on which the trade has priority.
    pub grounds: Vec<TradeGround>,
}

/// The part of a đề án in places of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceShare {
    /// Class of place.
    pub class: PlacePriority,
    /// Support asked for there, đồng.
    pub support: Dong,
}

/// Why a trade has priority (NĐ 45/2012 Đ6.2, tests in TT 46/2012 Đ6.2). Whoever prepares the list says so; what the đề án itself shows to
/// be wrong is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TradeGround {
    /// b) Sản phẩm công nghiệp nông thôn tiêu biểu.
    RepresentativeProduct,
    /// b) Công nghiệp chủ lực, mũi nhọn, trọng điểm.
    KeyIndustry,
    /// b) Có thị trường xuất khẩu.
    ExportMarket,
    /// b) Sử dụng nguyên liệu tại chỗ (> 50 %).
    LocalMaterials,
    /// b) Sử dụng nhiều lao động (≥ 50).
    ManyWorkers,
    /// a) Cơ khí.
    Mechanics,
    /// a) Hóa chất phục vụ nông nghiệp.
    AgriculturalChemicals,
    /// a) Chế biến nông - lâm - thủy sản.
    FoodProcessing,
    /// a) Công nghiệp hỗ trợ.
    SupportingIndustry,
}

/// Class of trade in the legal order: «đ.b trước, đ.a sau» (TT 46/2012 Đ6.3a).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TradeClass {
    /// NĐ 45/2012 Đ6.2b.
    B,
    /// NĐ 45/2012 Đ6.2a.
    A,
    /// Neither.
    None,
}

impl TradeGround {
    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RepresentativeProduct => "representative-product",
            Self::KeyIndustry => "key-industry",
            Self::ExportMarket => "export-market",
            Self::LocalMaterials => "local-materials",
            Self::ManyWorkers => "many-workers",
            Self::Mechanics => "mechanics",
            Self::AgriculturalChemicals => "agricultural-chemicals",
            Self::FoodProcessing => "food-processing",
            Self::SupportingIndustry => "supporting-industry",
        }
    }

    const fn class(self) -> TradeClass {
        match self {
            Self::RepresentativeProduct
            | Self::KeyIndustry
            | Self::ExportMarket
            | Self::LocalMaterials
            | Self::ManyWorkers => TradeClass::B,
            Self::Mechanics | Self::AgriculturalChemicals | Self::FoodProcessing | Self::SupportingIndustry => {
                TradeClass::A
            }
        }
    }

    /// What the content says against it.
    fn contradiction(self, content: &Content) -> Option<String> {
        let firms = &content.beneficiaries;
        let trade = match self {
            Self::Mechanics => Trade::MechanicsElectronics,
            Self::AgriculturalChemicals => Trade::ChemicalsMaterials,
            Self::FoodProcessing => Trade::FoodProcessing,
            Self::ManyWorkers => {
                // A firm that doesn't say how many it employs contradicts nothing.
                let most = firms.iter().map(|firm| firm.workers).collect::<Option<Vec<_>>>()?;
                let most = most.into_iter().max()?;
                return (most < MANY_WORKERS).then(|| format!("{most} < {MANY_WORKERS}"));
            }
            _ => return None,
        };
        let without = !firms.is_empty() && firms.iter().all(|firm| firm.trade != trade);
        let words = firms.iter().filter_map(|firm| serde_json::to_value(firm.trade).ok());
        without.then(|| {
            words
                .filter_map(|word| word.as_str().map(str::to_owned))
                .collect::<Vec<_>>()
                .join(", ")
        })
    }
}

impl RankingFacts {
    /// What a content says, with the grounds that whoever prepares the list states.
    pub fn of(content: &Content, grounds: &[TradeGround]) -> Self {
        let mut places: BTreeMap<PlacePriority, Dong> = BTreeMap::new();
        // A line that nothing is asked for gives no place to the đề án: it would buy a rank for nothing.
        for line in content.lines.iter().filter(|line| line.support > Dong::ZERO) {
            let support = places.entry(line.place.priority).or_default();
            *support = support.saturating_add(line.support);
        }
        let mut grounds = grounds.to_vec();
        grounds.sort_unstable();
        grounds.dedup();
        Self {
            key: content.kind == ProjectKind::Key,
            // The codes of the list of support kinds for clean production: SXSH-DG (assessment), SXSH-MH (pilot model).
            clean_production: !content.lines.is_empty()
                && content.lines.iter().all(|line| line.kind.starts_with("SXSH-")),
            places: places
                .into_iter()
                .map(|(class, support)| PlaceShare { class, support })
                .collect(),
            grounds,
        }
    }

    /// The class of trade that the grounds make.
    pub fn trade(&self) -> TradeClass {
        let classes = self.grounds.iter().map(|ground| ground.class());
        classes.min().unwrap_or(TradeClass::None)
    }
}

impl Candidate {
    /// A project as a candidate.
    ///
    /// # Errors
    /// `no-such-project`; `ground-not-met` where the project itself contradicts a ground.
    pub fn of(id: Uuid, project: &Project, grounds: &[TradeGround]) -> Result<Self, Refusal> {
        let (Some(code), Some(content)) = (project.code(), project.content()) else {
            return Err(refuse("no-such-project").field("project").param("project", id));
        };
        for ground in grounds {
            if let Some(why) = ground.contradiction(content) {
                return Err(refuse("ground-not-met")
                    .field("grounds")
                    .rule("TT 46/2012/TT-BCT Đ6.2")
                    .param("ground", ground.as_str())
                    .param("project", code)
                    .param("why", why));
            }
        }
        Ok(Self {
            project: id,
            code: code.to_owned(),
            name: content.name.clone(),
            requested: project.figures().requested,
            recommended: project.recommended(),
            facts: RankingFacts::of(content, grounds),
        })
    }

    /// What it would probably get: the appraised recommendation, else what is asked for.
    pub fn amount(&self) -> Dong {
        self.recommended.unwrap_or(self.requested)
    }
}
