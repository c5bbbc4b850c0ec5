//! What a đề án consists of: identity, parties, places, support lines, the eight parts (TT 36/2013 Đ5).

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::actor::{Party, Unit};
use crate::money::Dong;
use crate::personal::{PersonalId, PersonalText};

/// Everything that the draft fixes and an adjustment may change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// Tên đề án.
    pub name: String,
    /// Kind of project (loại đề án).
    pub kind: ProjectKind,
    /// How the implementer is chosen (TT 36/2013 Đ3).
    pub selection: Selection,
    /// Planned first day.
    pub starts_on: NaiveDate,
    /// Planned last day.
    pub ends_on: NaiveDate,
    /// Đơn vị phối hợp.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub coordinators: Vec<Unit>,
    /// Đơn vị thụ hưởng. Empty for a group project until its group plan (TT 36/2013 Đ10.1a).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub beneficiaries: Vec<Beneficiary>,
    /// The support asked for, line by line.
    pub lines: Vec<SupportLine>,
    /// The eight parts of the proposal.
    pub body: Body,
    /// Expected results.
    #[serde(default)]
    pub results: Results,
}

/// Which programme pays and decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Khuyến công quốc gia (KCQG).
    National,
    /// Khuyến công địa phương (KCĐP).
    Local,
}

impl Level {
    /// The word used in data.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::National => "national",
            Self::Local => "local",
        }
    }
}

/// Loại đề án.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProjectKind {
    /// Đề án điểm (TT 36/2013 Đ2.3).
    Key,
    /// Đề án lập theo nhóm (TT 36/2013 Đ10.1a).
    Group,
    /// Đề án theo đối tượng cụ thể.
    Specific,
    /// Nhiệm vụ.
    Task,
}

/// Hình thức lựa chọn đơn vị thực hiện (TT 36/2013 Đ3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Selection {
    /// Xét chọn.
    Review,
    /// Đấu thầu.
    Tender,
}

/// Đơn vị thụ hưởng.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Beneficiary {
    /// Number within the project, from 1; support lines point to it.
    pub number: u16,
    /// Name; of a household firm it is often a person's, so it is always personal.
    pub name: PersonalText,
    /// Legal form.
    pub legal_form: LegalForm,
    /// Mã số thuế; a household's is its owner's personal number since 01/07/2025.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax_code: Option<PersonalId>,
    /// Mã số thuế cũ: what a household had until its owner's personal number took its place. Support given under it counts too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former_tax_code: Option<PersonalId>,
    /// Trụ sở đăng ký.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registered_office: Option<PersonalText>,
    /// Nơi sản xuất; it decides eligibility, not the registered office (TT 46/2012 Đ3.1d).
    pub place: Place,
    /// Ngành nghề (NĐ 45/2012 Đ5.1).
    pub trade: Trade,
    /// Vốn, đồng.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capital: Option<Dong>,
    /// Lao động bình quân năm, persons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub workers: Option<u32>,
    /// Do phụ nữ làm chủ.
    #[serde(default)]
    pub women_owned: bool,
    /// Do người dân tộc thiểu số làm chủ.
    #[serde(default)]
    pub minority_owned: bool,
}

/// Legal forms that may be supported (NĐ 45/2012 Đ1.2; NĐ 235/2025 adds unions of cooperatives).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LegalForm {
    /// Doanh nghiệp (nhỏ và vừa).
    Company,
    /// Doanh nghiệp tư nhân.
    PrivateEnterprise,
    /// Hợp tác xã.
    Cooperative,
    /// Liên hiệp hợp tác xã.
    CooperativeUnion,
    /// Tổ hợp tác.
    CooperativeGroup,
    /// Hộ kinh doanh.
    Household,
    /// Chủ đầu tư cụm công nghiệp.
    ClusterInvestor,
    /// Trung tâm khuyến công, đơn vị dịch vụ.
    ServiceUnit,
}

/// Where production takes place, as named on the day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Province code, e.g. `lai-chau`.
    pub province: String,
    /// Huyện, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub district: Option<String>,
    /// Xã, phường, thị trấn, đặc khu.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commune: Option<String>,
    /// Địa bàn ưu tiên.
    #[serde(default)]
    pub priority: PlacePriority,
}

/// Priority class of a place, in the legal order (TT 46/2012 Đ6.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PlacePriority {
    /// a) huyện vùng cao, hải đảo, biên giới, vùng đồng bào DTTS.
    Highland,
    /// b) huyện nghèo.
    PoorDistrict,
    /// c) xã xây dựng nông thôn mới.
    NewRural,
    /// d) địa bàn KT-XH khó khăn, đặc biệt khó khăn.
    Difficult,
    /// Không thuộc địa bàn ưu tiên.
    #[default]
    None,
}

/// Ngành nghề được hỗ trợ (NĐ 45/2012 Đ5.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trade {
    /// a) chế biến nông - lâm - thủy sản, thực phẩm.
    FoodProcessing,
    /// b) hàng tiêu dùng, xuất khẩu, thay thế nhập khẩu.
    ConsumerGoods,
    /// c) hóa chất phục vụ nông nghiệp; vật liệu xây dựng.
    ChemicalsMaterials,
    /// d) cơ khí, điện, điện tử - tin học; công nghiệp hỗ trợ.
    MechanicsElectronics,
    /// đ) tiểu thủ công nghiệp.
    Handicraft,
    /// e) khai thác, chế biến khoáng sản (địa bàn khó khăn, ĐBKK).
    Minerals,
    /// g) sản xuất sạch hơn; xử lý ô nhiễm.
    CleanProduction,
}

/// One line of support: kind × beneficiary × place × source × year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SupportLine {
    /// Number within the project, from 1.
    pub number: u16,
    /// Dạng hỗ trợ: a code of the support-kind list (e.g. `MM`), which joins activity, norm, advance group, file list and tender.
    pub kind: String,
    /// What is supported, e.g. «máy sấy ngô».
    pub item: String,
    /// Which beneficiary, by number; none while a group project has not named them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub beneficiary: Option<u16>,
    /// Where.
    pub place: Place,
    /// Nguồn kinh phí.
    pub source: Level,
    /// Budget year.
    pub year: u16,
    /// How many of the norm's unit (firms, models, clusters, trademarks) the line covers; the cap is per unit.
    pub units: u32,
    /// Tổng chi phí of the item, đồng.
    pub cost: Dong,
    /// Kinh phí đề nghị hỗ trợ, đồng.
    pub support: Dong,
    /// Kinh phí đối ứng, đồng; at least cost − support.
    pub counterpart: Dong,
    /// Whether the priority uplift is claimed (TTLT 26/2014 Đ6.2t: ≤ 1,5 lần).
    #[serde(default)]
    pub priority_uplift: bool,
}

/// The eight parts of the proposal (TT 36/2013 Đ5); the first and sixth are structured data, the others text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Body {
    /// 2 Sự cần thiết và căn cứ.
    pub necessity: String,
    /// 3 Mục tiêu.
    pub objectives: String,
    /// 4 Quy mô.
    pub scale: String,
    /// 5 Nội dung và tiến độ.
    pub activities: String,
    /// 7 Tổ chức thực hiện.
    pub organisation: String,
    /// 8 Hiệu quả.
    pub effects: String,
}

/// Results, expected or reached.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Results {
    /// Việc làm tạo mới, persons.
    #[serde(default)]
    pub jobs: u32,
    /// Lao động được đào tạo, persons.
    #[serde(default)]
    pub trained: u32,
    /// Doanh thu tăng thêm mỗi năm, đồng.
    #[serde(default)]
    pub revenue: Dong,
}

/// Which unit stands for which party of a project.
pub type Units = BTreeMap<Party, Unit>;
