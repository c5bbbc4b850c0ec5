//! What every page shows around its content.

use std::fmt::Display;

use crate::i18n::{self, Lang};
use crate::web::assets;

/// Everything that the layout needs; every page has one as `p`.
#[derive(Debug, Clone)]
pub struct Chrome {
    /// The page's language.
    pub lang: Lang,
    /// The ledger's name.
    pub ledger_name: String,
    /// Whether the data are invented.
    pub demo: bool,
    /// Who acts, in words.
    pub actor: Option<ActorLine>,
    /// Token for the page's forms.
    pub csrf: String,
    /// Path of the page.
    pub path: String,
    /// Its query without `lang`.
    pub query: String,
    /// Whether the read models lag behind the reader's own last step.
    pub behind: bool,
}

/// Who acts, in words.
#[derive(Debug, Clone)]
pub struct ActorLine {
    /// Account id.
    pub id: String,
    /// Role in the page's language.
    pub role: String,
    /// Unit's name where known, else its id.
    pub unit: String,
}

/// An entry of the main menu.
#[derive(Debug)]
pub struct MenuItem {
    /// Target.
    pub href: &'static str,
    /// Label.
    pub label: String,
    /// Whether it is this page.
    pub current: bool,
}

const MENU: [(&str, &str); 10] = [
    ("/", "menu-dashboard"),
    ("/viec-can-xu-ly", "menu-inbox"),
    ("/de-an", "menu-projects"),
    ("/de-an/moi", "menu-draft"),
    ("/ke-hoach", "menu-plans"),
    ("/hop-dong", "menu-contracts"),
    ("/kiem-tra", "menu-inspections"),
    ("/nhac-viec", "menu-reminders"),
    ("/bao-cao", "menu-reports"),
    ("/nhat-ky", "menu-log"),
];

impl Chrome {
    /// A text of the page's language.
    pub fn t(&self, key: &str) -> String {
        i18n::text(self.lang, key, &[])
    }

    /// A text with one value.
    pub fn t1(&self, key: &str, name: &str, value: impl Display) -> String {
        i18n::text(self.lang, key, &[(name, &value.to_string())])
    }

    /// A text with values.
    pub fn with(&self, key: &str, values: &[(&str, &str)]) -> String {
        i18n::text(self.lang, key, values)
    }

    /// Whether the page is Vietnamese.
    pub fn is_vi(&self) -> bool {
        self.lang == Lang::Vi
    }

    /// Of a text in both languages, the page's.
    pub fn pick<'a>(&self, vi: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(vi, en)
    }

    /// This page in another language.
    pub fn in_language(&self, tag: &str) -> String {
        if self.query.is_empty() {
            format!("{}?lang={tag}", self.path)
        } else {
            format!("{}?{}&lang={tag}", self.path, self.query)
        }
    }

    /// Where the style sheet is.
    pub fn style_url(&self) -> &'static str {
        assets::style_url()
    }

    /// The main menu.
    pub fn menu(&self) -> Vec<MenuItem> {
        let current = MENU
            .iter()
            .map(|(href, _)| *href)
            .filter(|href| self.path == *href || (*href != "/" && self.path.starts_with(&format!("{href}/"))))
            .max_by_key(|href| href.len());
        MENU.iter()
            .map(|(href, key)| MenuItem {
                href,
                label: self.t(key),
                current: current == Some(*href),
            })
            .collect()
    }
}
