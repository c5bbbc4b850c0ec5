//! Text search that is the same on both databases: the searched column and the words sought are brought to one plain spelling.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Lowercase, without Vietnamese accents, `đ` as `d`, single spaces: «Điện Biên» and «dien bien» become the same.
pub(crate) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut gap = false;
    for letter in text.nfd().filter(|letter| !is_combining_mark(*letter)) {
        if letter.is_whitespace() {
            gap = !plain.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            plain.push(' ');
        }
        match letter {
            'đ' | 'Đ' => plain.push('d'),
            _ => plain.extend(letter.to_lowercase()),
        }
    }
    plain
}

/// Longest text that is sought, characters: what follows is left out. SQLite takes no pattern of more than 50,000 bytes.
const SOUGHT_CHARS_MAX: usize = 1_000;

/// A pattern for `LIKE … ESCAPE '\'` that finds the text anywhere.
pub(crate) fn containing(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.chars().take(SOUGHT_CHARS_MAX) {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_case_and_spacing_do_not_matter() {
        assert_eq!(
            plain("  Đề án  MÁY SẤY ngô,\tĐiện Biên "),
            "de an may say ngo, dien bien"
        );
        assert_eq!(plain("Dien Bien"), plain("Điện Biên"));
        assert_eq!(plain("ữ ở ặ ỵ Ỡ"), "u o a y o");
    }

    #[test]
    fn wildcards_are_plain_letters() {
        assert_eq!(containing(r"50%_\"), r"%50\%\_\\%");
    }

    #[test]
    fn a_long_text_is_sought_by_its_beginning() {
        assert_eq!(containing(&"x".repeat(60_000)).len(), SOUGHT_CHARS_MAX + 2);
    }
}
