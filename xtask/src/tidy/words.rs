//! Looks for words in code.

/// Whether `line` has `word` with no letter, digit or underscore right before it or, when the word ends with one, right after it.
pub(super) fn has_word(line: &str, word: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    line.match_indices(word).any(|(index, _)| {
        let starts = !word.starts_with(is_part) || !line[..index].ends_with(is_part);
        let ends = !word.ends_with(is_part) || !line[index + word.len()..].starts_with(is_part);
        starts && ends
    })
}

#[cfg(test)]
mod tests {
    use super::has_word;

    #[test]
    fn words_are_whole() {
        assert!(has_word("let a: Append = x;", "Append"));
        assert!(!has_word("let a: AppendError = x;", "Append"));
        assert!(has_word("rand::random()", "rand::"));
        assert!(!has_word("strand::random()", "rand::"));
        assert!(has_word("#[ignore]", "#[ignore"));
    }
}
