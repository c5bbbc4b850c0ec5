//! Invented names: firms, persons, communes, districts. None of them is meant to exist; the real ones stand in `real`.

use dean_aggregates::project::content::LegalForm;

use super::dice::Dice;

const SURNAMES: &[&str] = &[
    "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Vũ", "Đặng", "Bùi", "Đỗ", "Lò", "Quàng", "Vàng", "Hồ", "Ngô", "Dương",
    "Lý",
];
const MIDDLES: &[&str] = &[
    "Văn", "Thị", "Đức", "Ngọc", "Minh", "Quang", "Hữu", "Thanh", "Xuân", "Thu",
];
const GIVEN: &[&str] = &[
    "An", "Bình", "Chung", "Dũng", "Giang", "Hà", "Hải", "Hạnh", "Hòa", "Hùng", "Hương", "Khánh", "Lan", "Linh",
    "Long", "Mai", "Nam", "Nga", "Phúc", "Quân", "Sơn", "Thảo", "Thắng", "Trang", "Tuấn", "Vân", "Việt", "Yến",
];
const FIRM_WORDS: &[&str] = &[
    "Thành",
    "Phát",
    "Hưng",
    "Thịnh",
    "Tân",
    "Đại",
    "Minh",
    "Phú",
    "Kim",
    "Hồng",
    "Bảo",
    "Gia",
    "Thiên",
    "Trường",
    "Vạn",
    "Hoàng",
    "Nam",
    "Đông",
    "Tây",
    "Bắc",
];
const FIRM_ENDINGS: &[&str] = &[
    "Lợi", "Đạt", "Long", "Sơn", "Cường", "Tiến", "Xuân", "Phong", "Hải", "Khang", "An", "Thuận", "Vinh", "Quý", "Hà",
];
const COMMUNES: &[&str] = &[
    "Tân Lập",
    "Thanh Sơn",
    "Phú Mỹ",
    "Bình Minh",
    "Hòa Bình",
    "Yên Thượng",
    "Đồng Tiến",
    "Quảng Phú",
    "Nà Tấu",
    "Mường Than",
    "Vĩnh Hòa",
    "An Thạnh",
    "Long Khê",
    "Hải Phong",
    "Đức Long",
    "Xuân Trường",
    "Thạch Bằng",
    "Bản Lầu",
    "Ea Kao",
    "Cư Jút",
    "Tam Phước",
    "Trung Hòa",
    "Mỹ Lộc",
    "Ninh Sơn",
];
const DISTRICTS: &[&str] = &[
    "Tân Yên",
    "Phú Lương",
    "Mường Khoa",
    "Bình Sơn",
    "Thanh Hà",
    "Đức Hòa",
    "Châu Thành",
    "Sông Lô",
    "Hướng Phú",
    "Cẩm Giang",
];

/// A natural person.
pub(super) fn person(dice: &mut Dice) -> String {
    format!("{} {} {}", dice.pick(SURNAMES), dice.pick(MIDDLES), dice.pick(GIVEN))
}

/// A beneficiary of a legal form.
pub(super) fn firm(dice: &mut Dice, form: LegalForm, province: &str) -> String {
    let name = format!("{} {}", dice.pick(FIRM_WORDS), dice.pick(FIRM_ENDINGS));
    match form {
        LegalForm::Company => {
            let kind = dice.pick(&[
                "Công ty TNHH",
                "Công ty TNHH TM và SX",
                "Công ty cổ phần",
                "Công ty TNHH MTV",
            ]);
            format!("{kind} {name}")
        }
        LegalForm::PrivateEnterprise => format!("DNTN {name}"),
        LegalForm::Cooperative => format!("HTX {name}"),
        LegalForm::CooperativeUnion => format!("Liên hiệp HTX {name}"),
        LegalForm::CooperativeGroup => format!("Tổ hợp tác {name}"),
        LegalForm::Household => format!("Hộ kinh doanh {}", person(dice)),
        LegalForm::ClusterInvestor => format!("Công ty CP Đầu tư hạ tầng CCN {name}"),
        LegalForm::ServiceUnit => format!("Trung tâm Khuyến công và Tư vấn phát triển công nghiệp {province}"),
    }
}

/// Xã.
pub(super) fn commune(dice: &mut Dice) -> String {
    format!("xã {}", dice.pick(COMMUNES))
}

/// Huyện.
pub(super) fn district(dice: &mut Dice) -> String {
    format!("huyện {}", dice.pick(DISTRICTS))
}
