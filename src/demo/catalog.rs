//! What generated projects are about: items per kind of support, with costs as they are usual. Norms are not here: they are asked of the
//! rule set in force.

use dean_aggregates::project::content::{LegalForm, Trade};

/// What is supported.
pub(super) struct Item {
    /// Code of the support kind.
    pub(super) kind: &'static str,
    /// The words before the item in the project's name.
    pub(super) verb: &'static str,
    /// The item.
    pub(super) item: &'static str,
    /// Trade of the beneficiary.
    pub(super) trade: Trade,
    /// Cost from … to, triệu đồng.
    pub(super) cost: (u32, u32),
    /// Who is usually supported.
    pub(super) forms: &'static [LegalForm],
    /// How often, against the others.
    pub(super) weight: u32,
}

const FIRMS: &[LegalForm] = &[
    LegalForm::Company,
    LegalForm::Company,
    LegalForm::PrivateEnterprise,
    LegalForm::Cooperative,
    LegalForm::Household,
    LegalForm::Household,
    LegalForm::CooperativeGroup,
    LegalForm::CooperativeUnion,
];
const SERVICE: &[LegalForm] = &[LegalForm::ServiceUnit];
const CLUSTER: &[LegalForm] = &[LegalForm::ClusterInvestor];

const MACHINES: &str = "Hỗ trợ ứng dụng máy móc thiết bị tiên tiến";
const MODEL: &str = "Xây dựng mô hình trình diễn kỹ thuật";
const TRANSFER: &str = "Hỗ trợ chuyển giao công nghệ";

macro_rules! items {
    ($($kind:literal $verb:expr, $item:literal, $trade:ident, $low:literal ..= $high:literal, $forms:ident, $weight:literal;)+) => {
        &[$(Item { kind: $kind, verb: $verb, item: $item, trade: Trade::$trade, cost: ($low, $high), forms: $forms, weight: $weight }),+]
    };
}

/// Everything that generated projects choose from.
pub(super) const ITEMS: &[Item] = items![
    "MM" MACHINES, "máy sấy nông sản", FoodProcessing, 350..=900, FIRMS, 6;
    "MM" MACHINES, "dây chuyền chế biến chè", FoodProcessing, 450..=1_200, FIRMS, 5;
    "MM" MACHINES, "máy sản xuất miến dong", FoodProcessing, 300..=700, FIRMS, 5;
    "MM" MACHINES, "máy rang xay cà phê", FoodProcessing, 300..=800, FIRMS, 5;
    "MM" MACHINES, "máy CNC chế biến gỗ", ConsumerGoods, 350..=900, FIRMS, 6;
    "MM" MACHINES, "máy may công nghiệp", ConsumerGoods, 250..=700, FIRMS, 4;
    "MM" MACHINES, "máy ép gạch không nung", ChemicalsMaterials, 500..=1_300, FIRMS, 5;
    "MM" MACHINES, "máy cắt laser kim loại", MechanicsElectronics, 600..=1_500, FIRMS, 6;
    "MM" MACHINES, "máy chẻ vót mây tre đan", Handicraft, 150..=450, FIRMS, 4;
    "MM" MACHINES, "máy chế biến đá xây dựng", Minerals, 500..=1_200, FIRMS, 2;
    "MH1" MODEL, "sản xuất gạo chất lượng cao", FoodProcessing, 2_000..=6_000, FIRMS, 4;
    "MH1" MODEL, "sản xuất viên nén gỗ", ConsumerGoods, 2_500..=7_000, FIRMS, 3;
    "MH2" "Nhân rộng mô hình", "sản xuất tinh dầu quế", FoodProcessing, 300..=900, FIRMS, 3;
    "CGCN" TRANSFER, "bảo quản lạnh rau quả", FoodProcessing, 400..=900, FIRMS, 3;
    "CGCN" TRANSFER, "sơn tĩnh điện", MechanicsElectronics, 400..=900, FIRMS, 2;
    "TM" "Hỗ trợ xây dựng, đăng ký thương hiệu", "nhãn hiệu tập thể và bao bì sản phẩm", FoodProcessing, 60..=120, FIRMS, 4;
    "TV" "Hỗ trợ tư vấn", "quản lý sản xuất, tài chính, kế toán", ConsumerGoods, 60..=110, FIRMS, 3;
    "DTN" "Đào tạo nghề", "may công nghiệp cho lao động nông thôn", ConsumerGoods, 90..=300, SERVICE, 5;
    "DTN" "Truyền nghề", "đan lát mây tre xuất khẩu", Handicraft, 70..=200, SERVICE, 4;
    "TH" "Tổ chức tập huấn", "sản xuất sạch hơn cho cơ sở công nghiệp nông thôn", CleanProduction, 40..=120, SERVICE, 3;
    "DT" "Đào tạo", "khởi sự doanh nghiệp và quản trị", ConsumerGoods, 50..=140, SERVICE, 2;
    "TQ" "Tổ chức tham quan khảo sát", "mô hình chế biến nông sản ngoài tỉnh", FoodProcessing, 60..=180, SERVICE, 2;
    "HC-TG" "Hỗ trợ tham gia hội chợ triển lãm", "gian hàng sản phẩm công nghiệp nông thôn tiêu biểu", ConsumerGoods, 60..=250, SERVICE, 5;
    "HC-TC" "Tổ chức hội chợ triển lãm", "hàng công nghiệp nông thôn tiêu biểu khu vực", ConsumerGoods, 800..=2_500, SERVICE, 2;
    "BC" "Tổ chức bình chọn", "sản phẩm công nghiệp nông thôn tiêu biểu", Handicraft, 60..=100, SERVICE, 2;
    "PTB" "Xây dựng phòng trưng bày", "sản phẩm công nghiệp nông thôn", Handicraft, 60..=150, SERVICE, 2;
    "TT" "Truyền thông", "chương trình truyền hình khuyến công", ConsumerGoods, 40..=200, SERVICE, 3;
    "SXSH-DG" "Hỗ trợ đánh giá", "sản xuất sạch hơn", CleanProduction, 60..=150, FIRMS, 3;
    "SXSH-MH" "Xây dựng mô hình thí điểm", "sản xuất sạch hơn trong chế biến tinh bột", CleanProduction, 900..=1_900, FIRMS, 2;
    "ON-CS" "Hỗ trợ xử lý ô nhiễm", "hệ thống xử lý nước thải cơ sở chế biến", CleanProduction, 500..=1_200, FIRMS, 4;
    "ON-CCN" "Hỗ trợ xử lý ô nhiễm", "trạm xử lý nước thải cụm công nghiệp", CleanProduction, 4_000..=9_000, CLUSTER, 2;
    "HT-CCN" "Hỗ trợ đầu tư hạ tầng", "đường nội bộ và thoát nước cụm công nghiệp", CleanProduction, 8_000..=20_000, CLUSTER, 3;
    "QH-CCN" "Hỗ trợ lập quy hoạch chi tiết", "cụm công nghiệp", CleanProduction, 500..=1_100, CLUSTER, 2;
    "TLDN" "Hỗ trợ thành lập", "doanh nghiệp sản xuất công nghiệp nông thôn", FoodProcessing, 15..=40, FIRMS, 2;
    "HH" "Hỗ trợ thành lập", "hiệp hội ngành nghề thủ công", Handicraft, 150..=240, SERVICE, 1;
    "CLK" "Hỗ trợ thành lập", "cụm liên kết doanh nghiệp chế biến gỗ", ConsumerGoods, 180..=300, SERVICE, 1;
    "LS" "Hỗ trợ lãi suất vốn vay", "di dời cơ sở gây ô nhiễm", ChemicalsMaterials, 300..=800, FIRMS, 1;
];

/// The plainest item, for projects whose course needs machines at a firm.
pub(super) fn machine(index: usize) -> &'static Item {
    let machines = ITEMS
        .iter()
        .filter(|item| item.kind == "MM" && item.trade != Trade::Minerals);
    let count = machines.clone().count().max(1);
    machines.into_iter().nth(index % count).unwrap_or(&ITEMS[0])
}
