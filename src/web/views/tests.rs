//! Every page in both languages: nothing untranslated, nothing unescaped, no value left out of a text, every control labelled.

use super::samples::every_page;
use crate::i18n::Lang;

/// Keys that the templates name.
fn keys_in_templates() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/templates");
    let mut keys = Vec::new();
    for file in std::fs::read_dir(folder).expect("the templates' folder").flatten() {
        let text = std::fs::read_to_string(file.path()).expect("a template");
        for piece in text.split("p.t").skip(1) {
            let piece = piece.strip_prefix('1').unwrap_or(piece);
            if let Some(key) = piece.strip_prefix("(\"").and_then(|rest| rest.split('"').next()) {
                keys.push((file.file_name().to_string_lossy().into_owned(), key.to_owned()));
            }
        }
    }
    assert!(keys.len() > 100, "only {} keys found", keys.len());
    keys
}

#[test]
fn every_key_of_a_template_has_a_text_in_both_languages() {
    for (file, key) in keys_in_templates() {
        for lang in Lang::ALL {
            assert!(
                crate::i18n::find(lang, &key, &[]).is_some(),
                "{file} uses {key:?}, which has no {} text",
                lang.tag()
            );
        }
    }
}

#[test]
fn every_page_is_whole_and_escaped_in_both_languages() {
    for lang in Lang::ALL {
        for (name, html) in every_page(lang) {
            let shown = format!("{name} in {}", lang.tag());
            assert!(!html.contains("{$"), "{shown}: a text lacks a value");
            assert!(!html.contains("<script"), "{shown}: unescaped text");
            assert!(!html.contains("alert(\"1\")"), "{shown}: unescaped quotes");
            for key in keys_in_templates()
                .into_iter()
                .map(|(_, key)| key)
                .filter(|key| key.contains('-'))
            {
                assert!(!html.contains(&format!(">{key}<")), "{shown}: the raw key {key}");
            }
            assert!(
                html.contains(&format!("<html lang=\"{}\">", lang.tag())) && html.contains("class=\"skip\""),
                "{shown}: no layout"
            );
            assert!(
                html.contains("class=\"banner demo\"") && html.contains("class=\"banner no-sign-in\""),
                "{shown}: banners"
            );
            assert!(
                !html.contains("style=\"") && !html.contains("onclick"),
                "{shown}: inline style or script, which the policy forbids"
            );
        }
    }
}

#[test]
fn every_control_has_a_label_and_every_id_is_unique() {
    for (name, html) in every_page(Lang::Vi) {
        if name == "step" {
            continue; // The sample repeats one field on purpose.
        }
        let ids: Vec<&str> = html
            .split(" id=\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        let mut unique = ids.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(
            ids.len(),
            unique.len() + html.matches("id=\"c-t\"").count().saturating_sub(1) * 2,
            "{name}: {ids:?}"
        );
        for control in ["<select", "<textarea", "<input"] {
            for piece in html.split(control).skip(1).filter_map(|rest| rest.split('>').next()) {
                let hidden = piece.contains("type=\"hidden\"") || piece.contains("type=\"checkbox\"");
                let id = piece.split("id=\"").nth(1).and_then(|rest| rest.split('"').next());
                let labelled = id.is_some_and(|id| html.contains(&format!("for=\"{id}\"")));
                assert!(hidden || labelled, "{name}: {control}{piece} has no label");
            }
        }
    }
}
