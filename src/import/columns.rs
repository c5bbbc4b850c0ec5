//! The columns of a list: by which headings each is known, and the words that its values may be.

use std::collections::BTreeMap;

use super::values::{heading_unit, plain};

macro_rules! columns {
    ($($variant:ident = $name:literal : [$($heading:literal),+ $(,)?]),+ $(,)?) => {
        /// What a column holds.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Column {
            $(#[doc = concat!("`", $name, "`")] $variant,)+
        }

        impl Column {
            /// Every column.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word of mapping files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// Headings by which it is known, without accents.
            const fn headings(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$($heading),+],)+ }
            }
        }
    };
}

columns! {
    Code = "code": ["ma de an", "ma so de an", "ma so"],
    Name = "name": ["ten de an", "ten de an nhiem vu", "ten nhiem vu", "de an"],
    PlanYear = "plan_year": ["nam ke hoach", "ke hoach nam", "nam"],
    Level = "level": ["chuong trinh", "nguon kinh phi", "nguon von", "nguon"],
    Province = "province": ["tinh", "tinh thanh pho", "dia phuong"],
    Kind = "kind": ["loai de an"],
    StartsOn = "starts_on": ["ngay bat dau", "bat dau", "thoi gian bat dau", "tu ngay"],
    EndsOn = "ends_on": ["ngay ket thuc", "ket thuc", "thoi gian ket thuc", "den ngay"],
    Beneficiary = "beneficiary": ["don vi thu huong", "ten don vi thu huong", "co so thu huong", "ten co so"],
    LegalForm = "legal_form": ["loai hinh", "loai hinh don vi", "loai hinh doanh nghiep"],
    TaxCode = "tax_code": ["ma so thue", "mst", "mst so dinh danh", "ma so thue so dinh danh"],
    FormerTaxCode = "former_tax_code": ["ma so thue cu", "mst cu"],
    District = "district": ["huyen", "huyen thi xa", "quan huyen"],
    Commune = "commune": ["xa", "xa phuong", "xa phuong thi tran", "dia diem"],
    Priority = "priority": ["dia ban uu tien", "dia ban"],
    Trade = "trade": ["nganh nghe", "nganh nghe san xuat"],
    SupportKind = "support_kind": ["dang ho tro", "ma dang ho tro", "ma dang"],
    Item = "item": ["hang muc ho tro", "noi dung ho tro", "hang muc", "may moc thiet bi", "may moc thiet bi ho tro"],
    Units = "units": ["so luong", "so don vi"],
    Cost = "cost": ["tong kinh phi", "tong chi phi", "tong muc dau tu", "tong kinh phi thuc hien"],
    Support = "support": ["kinh phi ho tro", "kinh phi de nghi ho tro", "kinh phi khuyen cong", "kinh phi khuyen cong ho tro"],
    Counterpart = "counterpart": ["kinh phi doi ung", "doi ung", "von doi ung"],
    Necessity = "necessity": ["su can thiet", "su can thiet va can cu"],
    Objectives = "objectives": ["muc tieu"],
    Scale = "scale": ["quy mo"],
    Activities = "activities": ["noi dung va tien do", "noi dung tien do"],
    Organisation = "organisation": ["to chuc thuc hien"],
    Effects = "effects": ["hieu qua"],
    Implementer = "implementer": ["ma don vi thuc hien"],
    Decision = "decision": ["so quyet dinh phe duyet", "so quyet dinh", "quyet dinh phe duyet"],
    ApprovedOn = "approved_on": ["ngay quyet dinh phe duyet", "ngay quyet dinh", "ngay phe duyet"],
    DecisionIssuer = "decision_issuer": ["co quan phe duyet", "cap phe duyet"],
    Approved = "approved": ["kinh phi duoc duyet", "kinh phi duoc phe duyet", "kinh phi phe duyet"],
    ContractNumber = "contract_number": ["so hop dong"],
    ContractOn = "contract_on": ["ngay hop dong", "ngay ky hop dong"],
    ContractValue = "contract_value": ["gia tri hop dong", "kinh phi hop dong"],
    Advance1 = "advance_1": ["tam ung lan mot", "tam ung lan 1", "tam ung"],
    Advance1On = "advance_1_on": ["ngay tam ung lan mot", "ngay tam ung lan 1", "ngay tam ung"],
    Advance2 = "advance_2": ["tam ung lan hai", "tam ung lan 2", "tam ung lan tiep theo"],
    Advance2On = "advance_2_on": ["ngay tam ung lan hai", "ngay tam ung lan 2", "ngay tam ung lan tiep theo"],
    Rest = "rest": ["tam ung kinh phi con lai", "thanh toan", "tam ung con lai"],
    RestOn = "rest_on": ["ngay tam ung kinh phi con lai", "ngay thanh toan", "ngay tam ung con lai"],
    AcceptedOn = "accepted_on": ["ngay nghiem thu", "ngay nghiem thu co so"],
    ValueAccepted = "value_accepted": ["gia tri nghiem thu", "gia tri khoi luong nghiem thu"],
    Settled = "settled": ["kinh phi quyet toan", "so duoc quyet toan", "quyet toan"],
    SettledOn = "settled_on": ["ngay quyet toan"],
    SettledDecision = "settled_decision": ["so van ban quyet toan", "van ban quyet toan", "so quyet dinh quyet toan"],
    Refunded = "refunded": ["da hoan tra", "so da hoan tra", "hoan tra"],
    RefundedOn = "refunded_on": ["ngay hoan tra"],
    StoppedOn = "stopped_on": ["ngay ngung trien khai", "ngay ngung"],
    StopDecision = "stop_decision": ["so quyet dinh ngung trien khai", "so quyet dinh ngung"],
    StopReason = "stop_reason": ["ly do ngung trien khai", "ly do ngung"],
    Invoice = "invoice": ["so hoa don"],
    InvoiceSeller = "invoice_seller": ["mst ben ban", "ma so thue ben ban"],
    Serial = "serial": ["so se ri", "so seri", "so may"],
}

/// A heading that was recognised: where it stands, what it says, and the unit of its amounts, đồng.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Index of the column.
    pub index: usize,
    /// As it stands in the file.
    pub heading: String,
    /// Đồng in one unit.
    pub unit: u64,
}

/// Headings of the office's own, without accents, with what they mean.
pub type Mapping = BTreeMap<String, Column>;

/// Reads a mapping file: TOML, `"Tên dự án" = "name"`.
///
/// # Errors
/// What is wrong with it, in English.
pub fn mapping(text: &str) -> Result<Mapping, String> {
    let table: BTreeMap<String, String> = toml::from_str(text).map_err(|error| error.to_string())?;
    let each = table.into_iter().map(|(heading, name)| {
        let column = Column::ALL.iter().find(|column| column.name() == name);
        let known = || {
            Column::ALL
                .iter()
                .map(|column| column.name())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let column =
            column.ok_or_else(|| format!("{heading:?}: there is no column {name:?}; there are {}", known()))?;
        Ok((plain(heading_unit(&heading).0), *column))
    });
    each.collect()
}

/// The columns that a row of headings names; a column that stands there twice is given back as a fault.
pub fn recognised(headings: &[String], mapping: &Mapping) -> (BTreeMap<Column, Found>, Vec<String>) {
    let mut found = BTreeMap::new();
    let mut twice = Vec::new();
    for (index, heading) in headings.iter().enumerate() {
        let (bare, unit) = heading_unit(heading);
        let (whole, bare) = (plain(heading), plain(bare));
        let own = mapping.get(&whole).or_else(|| mapping.get(&bare)).copied();
        let known = || {
            let mut all = Column::ALL.iter();
            all.find(|column| column.headings().iter().any(|known| *known == whole || *known == bare))
        };
        let Some(column) = own.or_else(|| known().copied()) else {
            continue;
        };
        let heading = heading.trim().to_owned();
        if found.contains_key(&column) {
            twice.push(heading);
            continue;
        }
        found.insert(column, Found { index, heading, unit });
    }
    (found, twice)
}

/// A word of the domain by the words that people use for it.
pub fn word(column: Column, text: &str) -> Option<&'static str> {
    let table: &[(&str, &[&str])] = match column {
        Column::Level => &[
            ("national", &["kcqg", "quoc gia", "khuyen cong quoc gia", "trung uong"]),
            ("local", &["kcdp", "dia phuong", "khuyen cong dia phuong", "tinh"]),
        ],
        Column::Kind => &[
            ("specific", &["cu the", "doi tuong cu the", "theo doi tuong cu the"]),
            ("key", &["diem", "de an diem"]),
            ("group", &["nhom", "de an nhom"]),
            ("task", &["nhiem vu"]),
        ],
        Column::LegalForm => &[
            (
                "company",
                &[
                    "doanh nghiep",
                    "cong ty",
                    "cong ty tnhh",
                    "tnhh",
                    "cong ty co phan",
                    "ctcp",
                    "dn",
                ],
            ),
            ("private-enterprise", &["dntn", "doanh nghiep tu nhan"]),
            ("cooperative", &["htx", "hop tac xa"]),
            ("cooperative-union", &["lien hiep htx", "lien hiep hop tac xa"]),
            ("cooperative-group", &["tht", "to hop tac"]),
            ("household", &["ho kinh doanh", "hkd", "ho kd", "ho ca the"]),
            ("cluster-investor", &["chu dau tu ccn", "chu dau tu cum cong nghiep"]),
            ("service-unit", &["don vi dich vu", "trung tam khuyen cong"]),
        ],
        Column::Priority => &[
            ("highland", &["vung cao", "bien gioi", "hai dao", "dan toc thieu so"]),
            ("poor-district", &["huyen ngheo", "30a"]),
            ("new-rural", &["nong thon moi", "ntm"]),
            ("difficult", &["kho khan", "dac biet kho khan", "dbkk"]),
            ("none", &["khong"]),
        ],
        Column::Trade => &[
            (
                "food-processing",
                &["a", "che bien", "che bien nong lam thuy san", "che bien thuc pham"],
            ),
            ("consumer-goods", &["b", "hang tieu dung", "hang xuat khau"]),
            ("chemicals-materials", &["c", "hoa chat", "vat lieu xay dung"]),
            (
                "mechanics-electronics",
                &["co khi", "dien tu", "co khi dien dien tu", "cong nghiep ho tro"],
            ),
            (
                "handicraft",
                &["tieu thu cong nghiep", "tieu thu cong", "thu cong my nghe"],
            ),
            ("minerals", &["e", "khai thac khoang san", "khoang san"]),
            ("clean-production", &["g", "san xuat sach hon", "sxsh", "xu ly o nhiem"]),
        ],
        _ => return None,
    };
    let folded = plain(text);
    let exact = table.iter().find(|(word, _)| *word == text.trim());
    // Of the letters of NĐ 45/2012 Đ5.1, d and đ are one without accents; neither is taken.
    exact
        .or_else(|| table.iter().find(|(_, known)| known.contains(&folded.as_str())))
        .map(|(word, _)| *word)
}

/// The words that a column takes, for a fault.
pub fn words(column: Column) -> &'static str {
    match column {
        Column::Level => "KCQG, KCĐP",
        Column::Kind => "cụ thể, điểm, nhóm, nhiệm vụ",
        Column::LegalForm => {
            "doanh nghiệp, DNTN, HTX, liên hiệp HTX, tổ hợp tác, hộ kinh doanh, chủ đầu tư CCN, đơn vị dịch vụ"
        }
        Column::Priority => "vùng cao, huyện nghèo, nông thôn mới, khó khăn, không",
        Column::Trade => {
            "chế biến, hàng tiêu dùng, hóa chất, vật liệu xây dựng, cơ khí, tiểu thủ công nghiệp, khoáng sản, sản xuất sạch hơn"
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_are_known_by_name_and_by_the_offices_own() {
        let headings = [
            "STT",
            "TÊN ĐỀ ÁN",
            "Kinh phí hỗ trợ (triệu đồng)",
            "ten don vi thu huong",
            "Mã hồ sơ",
            "Đề án",
        ];
        let headings = headings.map(str::to_owned);
        let own = mapping("\"Mã hồ sơ\" = \"code\"").expect("it reads");
        let (found, twice) = recognised(&headings, &own);
        let at = |column| found.get(&column).map(|found: &Found| (found.index, found.unit));
        assert_eq!(at(Column::Name), Some((1, 1)));
        assert_eq!(at(Column::Support), Some((2, 1_000_000)));
        assert_eq!(
            (at(Column::Beneficiary), at(Column::Code)),
            (Some((3, 1)), Some((4, 1)))
        );
        assert_eq!(twice, ["Đề án"]);
        assert!(
            mapping("\"x\" = \"nothing\"")
                .expect_err("refused")
                .contains("former_tax_code")
        );
    }

    #[test]
    fn no_heading_names_two_columns_and_no_word_two_values() {
        let mut all: Vec<&str> = Column::ALL
            .iter()
            .flat_map(|column| column.headings())
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(all.iter().all(|heading| plain(heading) == **heading));
        assert_eq!(word(Column::LegalForm, "Hộ KD"), Some("household"));
        assert_eq!(word(Column::Trade, "đ"), None, "đ and d are two trades");
        assert_eq!(
            (word(Column::Level, "KCĐP"), word(Column::Level, "national")),
            (Some("local"), Some("national"))
        );
    }
}
