//! Projects that exist, as published: names, provinces, years, support and total. Dates of single steps are unpublished and invented
//! here; where only a sum over several projects is known, their shares are invented too. Both is said in the note of the first event.

use chrono::NaiveDate;
use dean_aggregates::project::content::{LegalForm, Level, PlacePriority, Trade};

use super::calendar::day;

/// A published project.
#[derive(Debug)]
pub(super) struct RealProject {
    /// Năm kế hoạch.
    pub(super) plan_year: u16,
    /// The day on which it is drafted here.
    pub(super) start: NaiveDate,
    /// Decided no earlier than this, where the published figure fits only the newer norms.
    pub(super) decided_from: Option<NaiveDate>,
    pub(super) level: Level,
    pub(super) province: &'static str,
    /// The name of the province, for the project's name.
    pub(super) province_name: &'static str,
    pub(super) kind: &'static str,
    pub(super) verb: &'static str,
    pub(super) item: &'static str,
    pub(super) trade: Trade,
    pub(super) place: PlacePriority,
    pub(super) uplift: bool,
    pub(super) beneficiaries: &'static [(&'static str, LegalForm)],
    /// Kinh phí hỗ trợ, triệu đồng.
    pub(super) support: u32,
    /// Tổng kinh phí, triệu đồng.
    pub(super) total: u32,
    /// Total is invented, because it is unpublished.
    pub(super) total_invented: bool,
    /// Shares within a published sum are invented.
    pub(super) share_of: Option<&'static str>,
}

const MACHINES: &str = "Hỗ trợ ứng dụng máy móc thiết bị tiên tiến";

/// What most of them have in common.
const BASE: RealProject = RealProject {
    plan_year: 2016,
    start: day(2015, 3, 16),
    decided_from: None,
    level: Level::Local,
    province: "",
    province_name: "",
    kind: "MM",
    verb: MACHINES,
    item: "",
    trade: Trade::FoodProcessing,
    place: PlacePriority::None,
    uplift: false,
    beneficiaries: &[],
    support: 0,
    total: 0,
    total_invented: false,
    share_of: None,
};

const KHANH_HOA: RealProject = RealProject {
    plan_year: 2019,
    start: day(2018, 3, 12),
    province: "khanh-hoa",
    province_name: "Khánh Hòa",
    item: "máy móc thiết bị sản xuất",
    trade: Trade::ConsumerGoods,
    total_invented: true,
    ..BASE
};

const HA_TINH: RealProject = RealProject {
    plan_year: 2017,
    start: day(2016, 4, 11),
    province: "ha-tinh",
    province_name: "Hà Tĩnh",
    item: "máy móc thiết bị sản xuất",
    trade: Trade::ConsumerGoods,
    share_of: Some("Hà Tĩnh đợt 1/2017: bốn đề án, hỗ trợ 726 triệu đồng, tổng 9.738 triệu đồng"),
    ..BASE
};

const QUANG_BINH: RealProject = RealProject {
    plan_year: 2025,
    start: day(2024, 4, 15),
    province: "quang-binh",
    province_name: "Quảng Bình",
    item: "máy móc thiết bị sản xuất",
    trade: Trade::ConsumerGoods,
    share_of: Some("Quảng Bình đợt 1/2025: năm đề án, hỗ trợ 700 triệu đồng, tổng 7.600 triệu đồng"),
    ..BASE
};

/// The published projects in the order of their first day.
pub(super) const REAL: &[RealProject] = &[
    RealProject {
        plan_year: 2015,
        start: day(2014, 5, 12),
        province: "thua-thien-hue",
        province_name: "Thừa Thiên Huế",
        item: "máy đúc bờ lô",
        trade: Trade::ChemicalsMaterials,
        beneficiaries: &[("DNTN Đức Phát", LegalForm::PrivateEnterprise)],
        support: 40,
        total: 99,
        ..BASE
    },
    RealProject {
        start: day(2015, 3, 9),
        province: "binh-dinh",
        province_name: "Bình Định",
        item: "máy chế biến gỗ",
        trade: Trade::ConsumerGoods,
        beneficiaries: &[("DNTN An Đức", LegalForm::PrivateEnterprise)],
        support: 200,
        total: 514,
        ..BASE
    },
    RealProject {
        level: Level::National,
        province: "dien-bien",
        province_name: "Điện Biên",
        item: "máy sấy ngô",
        place: PlacePriority::Highland,
        uplift: true,
        beneficiaries: &[("Công ty TNHH TM Quang Lanh", LegalForm::Company)],
        support: 250,
        total: 700,
        ..BASE
    },
    RealProject {
        level: Level::National,
        start: day(2015, 3, 17),
        province: "dien-bien",
        province_name: "Điện Biên",
        item: "máy chế biến cà phê",
        place: PlacePriority::Highland,
        uplift: true,
        beneficiaries: &[("Công ty TNHH Hải An", LegalForm::Company)],
        support: 250,
        total: 620,
        total_invented: true,
        ..BASE
    },
    RealProject {
        beneficiaries: &[("HDN", LegalForm::Company)],
        support: 200,
        total: 2_900,
        ..HA_TINH
    },
    RealProject {
        beneficiaries: &[("X19", LegalForm::Company)],
        support: 186,
        total: 2_438,
        ..HA_TINH
    },
    RealProject {
        beneficiaries: &[("Xuân Lĩnh", LegalForm::Company)],
        support: 180,
        total: 2_300,
        ..HA_TINH
    },
    RealProject {
        beneficiaries: &[("An Hồng", LegalForm::Company)],
        support: 160,
        total: 2_100,
        ..HA_TINH
    },
    RealProject {
        plan_year: 2018,
        start: day(2017, 4, 10),
        decided_from: Some(day(2018, 5, 11)),
        province: "kien-giang",
        province_name: "Kiên Giang",
        item: "máy CNC",
        trade: Trade::MechanicsElectronics,
        beneficiaries: &[("Cơ sở Nguyễn Tuấn Khoanh", LegalForm::Household)],
        support: 207,
        total: 450,
        total_invented: true,
        ..BASE
    },
    RealProject {
        plan_year: 2018,
        start: day(2017, 4, 11),
        decided_from: Some(day(2018, 5, 11)),
        level: Level::National,
        province: "ha-tinh",
        province_name: "Hà Tĩnh",
        kind: "MH1",
        verb: "Xây dựng mô hình trình diễn kỹ thuật",
        item: "sản xuất gạo chất lượng cao",
        beneficiaries: &[("Công ty An Phát", LegalForm::Company)],
        support: 1_000,
        total: 3_400,
        total_invented: true,
        ..BASE
    },
    RealProject {
        beneficiaries: &[("DNTN Hưng Phát", LegalForm::PrivateEnterprise)],
        support: 75,
        total: 180,
        ..KHANH_HOA
    },
    RealProject {
        beneficiaries: &[("Cơ sở Thảo Vy Anh", LegalForm::Household)],
        support: 90,
        total: 200,
        ..KHANH_HOA
    },
    RealProject {
        beneficiaries: &[("Cơ sở Huỳnh Quốc Toàn", LegalForm::Household)],
        support: 90,
        total: 210,
        ..KHANH_HOA
    },
    RealProject {
        beneficiaries: &[("Vĩnh Thạch", LegalForm::Company)],
        support: 110,
        total: 260,
        ..KHANH_HOA
    },
    RealProject {
        plan_year: 2019,
        start: day(2018, 3, 19),
        level: Level::National,
        province: "dak-nong",
        province_name: "Đắk Nông",
        item: "máy sản xuất cửa nhôm",
        trade: Trade::MechanicsElectronics,
        beneficiaries: &[("Đất Việt Window", LegalForm::Company)],
        support: 300,
        total: 680,
        total_invented: true,
        ..BASE
    },
    RealProject {
        plan_year: 2019,
        start: day(2018, 3, 20),
        level: Level::National,
        province: "hau-giang",
        province_name: "Hậu Giang",
        item: "máy cán tôn",
        trade: Trade::MechanicsElectronics,
        beneficiaries: &[("Cơ sở Phi Long", LegalForm::Household)],
        support: 300,
        total: 700,
        ..BASE
    },
    RealProject {
        plan_year: 2021,
        start: day(2020, 4, 6),
        level: Level::National,
        province: "hoa-binh",
        province_name: "Hòa Bình",
        verb: "Hỗ trợ ứng dụng máy móc tiên tiến (đề án nhóm)",
        item: "máy chế biến nông sản",
        beneficiaries: &[
            (
                "Hợp tác xã thụ hưởng thứ nhất (chưa công bố tên)",
                LegalForm::Cooperative,
            ),
            ("Công ty thụ hưởng thứ hai (chưa công bố tên)", LegalForm::Company),
            (
                "Hộ kinh doanh thụ hưởng thứ ba (chưa công bố tên)",
                LegalForm::Household,
            ),
        ],
        support: 600,
        total: 1_350,
        total_invented: true,
        ..BASE
    },
    RealProject {
        plan_year: 2025,
        start: day(2024, 4, 8),
        province: "son-la",
        province_name: "Sơn La",
        item: "máy sấy thăng hoa sữa chua",
        beneficiaries: &[("Hộ kinh doanh Amifarm Mộc Châu", LegalForm::Household)],
        support: 300,
        total: 680,
        ..BASE
    },
    RealProject {
        beneficiaries: &[("Thành Nam", LegalForm::Company)],
        support: 160,
        total: 1_900,
        ..QUANG_BINH
    },
    RealProject {
        beneficiaries: &[("Everest", LegalForm::Company)],
        support: 150,
        total: 1_700,
        ..QUANG_BINH
    },
    RealProject {
        beneficiaries: &[("Văn Di", LegalForm::Household)],
        support: 140,
        total: 1_500,
        ..QUANG_BINH
    },
    RealProject {
        beneficiaries: &[("Lê Văn Hải", LegalForm::Household)],
        support: 130,
        total: 1_300,
        ..QUANG_BINH
    },
    RealProject {
        beneficiaries: &[("Thanh Xuân", LegalForm::Company)],
        support: 120,
        total: 1_200,
        ..QUANG_BINH
    },
];

impl RealProject {
    /// What is published, and what is not.
    pub(super) fn note(&self) -> String {
        let mut note =
            "Tên, địa phương, năm và kinh phí theo nguồn công khai. Ngày các bước là ngày minh họa.".to_owned();
        if let Some(sum) = self.share_of {
            note.push_str(&format!(
                " Kinh phí từng đề án là số minh họa trong tổng đã công bố ({sum})."
            ));
        }
        if self.total_invented {
            note.push_str(" Tổng kinh phí là số minh họa.");
        }
        note
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(province: &str, plan_year: u16, level: Level) -> (u32, u32) {
        let of_it = REAL
            .iter()
            .filter(|real| real.province == province && real.plan_year == plan_year && real.level == level);
        of_it.fold((0, 0), |(support, total), real| {
            (support + real.support, total + real.total)
        })
    }

    #[test]
    fn published_sums_add_up() {
        assert_eq!(sums("ha-tinh", 2017, Level::Local), (726, 9_738));
        assert_eq!(sums("quang-binh", 2025, Level::Local), (700, 7_600));
        assert_eq!(sums("khanh-hoa", 2019, Level::Local).0, 365);
    }

    #[test]
    fn they_stand_in_the_order_of_their_first_day() {
        assert!(REAL.is_sorted_by_key(|real| real.start));
    }
}
