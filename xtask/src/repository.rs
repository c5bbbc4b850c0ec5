//! Where the repository is and which files belong to it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// The repository's top folder. Asked at run time: a compiled-in path would be wrong when two clones share a target directory.
pub(crate) fn root() -> Result<PathBuf, String> {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").ok_or("run this as `cargo xtask …`")?;
    let root = Path::new(&manifest).parent().ok_or("xtask has no parent folder")?;
    Ok(root.to_path_buf())
}

/// One text file of the repository.
#[derive(Debug, Clone)]
pub(crate) struct File {
    /// Relative to the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

/// The files that git tracks or would track, so that build output and local databases are left alone.
#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub(crate) files: Vec<File>,
}

impl Repository {
    /// Reads every text file of the working tree at `root`; binary files are skipped.
    pub(crate) fn read(root: &Path) -> Result<Self, String> {
        let listing = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .map_err(|error| {
                format!("tidy asks git which files belong to the repository, but git cannot be run: {error}")
            })?;
        if !listing.status.success() {
            return Err(format!(
                "git ls-files: {}",
                String::from_utf8_lossy(&listing.stderr).trim()
            ));
        }
        let listing = String::from_utf8(listing.stdout).map_err(|_| "a file's name is not UTF-8".to_owned())?;
        let mut files: Vec<File> = listing
            .split_terminator('\0')
            // A file deleted but not yet committed is still listed; a binary file is not text.
            .filter_map(|path| {
                Some(File {
                    path: path.to_owned(),
                    // A picture has no text, but links point to it.
                    text: String::from_utf8(std::fs::read(root.join(path)).ok()?).unwrap_or_default(),
                })
            })
            .collect();
        files.sort_by(|a, b| a.path.cmp(&b.path));
        files.dedup_by(|a, b| a.path == b.path);
        Ok(Self { files })
    }

    #[cfg(test)]
    pub(crate) fn sample(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| File {
            path: (*path).to_owned(),
            text: (*text).to_owned(),
        });
        Self { files: files.collect() }
    }

    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// True for a file and for a folder that has a file in it.
    pub(crate) fn has(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.files.iter().any(|file| {
            file.path == path
                || file
                    .path
                    .strip_prefix(path)
                    .is_some_and(|rest| path.is_empty() || rest.starts_with('/'))
        })
    }

    pub(crate) fn rust_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.path.ends_with(".rs"))
    }
}

impl File {
    pub(crate) fn is_under(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// The file's name without its folders.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Lines of code with their numbers, without comments: `// …` is cut where it starts, outside of string literals.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, without_comment(line)))
    }

    /// As [`Self::code_lines`], without tests: neither files under a `tests/` or `benches/` folder or named `tests.rs`, nor what follows a
    /// `#[cfg(test)]` that opens a module in the file (by custom the last item).
    pub(crate) fn product_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_test = self.name() == "tests.rs"
            || self.path.split('/').any(|part| part == "tests" || part == "benches")
            || self.path.starts_with("xtask/");
        let lines: Vec<&str> = self.text.lines().collect();
        let end = lines.windows(2).position(|pair| {
            let opens_module = pair[1]
                .trim_start()
                .trim_start_matches("pub(crate) ")
                .starts_with("mod ");
            pair[0].trim() == "#[cfg(test)]" && opens_module && pair[1].trim_end().ends_with('{')
        });
        let count = if is_test { 0 } else { end.unwrap_or(lines.len()) };
        self.code_lines().take(count)
    }
}

/// Cuts a line at its comment. Knows string literals on one line, not those that span lines: good enough to look for words in code.
fn without_comment(line: &str) -> &str {
    let bytes = line.as_bytes();
    let (mut index, mut in_string) = (0, false);
    while index < bytes.len() {
        match bytes[index] {
            b'\\' if in_string => index += 1,
            b'"' if !(bytes.get(index + 1) == Some(&b'\'') && index > 0 && bytes[index - 1] == b'\'') => {
                in_string = !in_string
            }
            b'/' if !in_string && bytes.get(index + 1) == Some(&b'/') => return &line[..index],
            _ => {}
        }
        index += 1;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_cut_but_not_inside_strings() {
        assert_eq!(without_comment("let a = 1; // todo"), "let a = 1; ");
        assert_eq!(
            without_comment(r#"let url = "http://x"; // y"#),
            r#"let url = "http://x"; "#
        );
        assert_eq!(without_comment(r#"let q = "\"//"; f()"#), r#"let q = "\"//"; f()"#);
        assert_eq!(without_comment("//! all"), "");
    }

    #[test]
    fn product_lines_end_where_the_tests_begin() {
        let repository = Repository::sample(&[
            ("src/a.rs", "one\n#[cfg(test)]\nmod tests {\n two\n}\n"),
            ("src/b.rs", "#[cfg(test)]\nmod tests;\nthree\n"),
            ("tests/c.rs", "four\n"),
        ]);
        let lines: Vec<&str> = repository
            .files
            .iter()
            .flat_map(|file| file.product_lines().map(|(_, line)| line))
            .collect();
        assert_eq!(lines, ["one", "#[cfg(test)]", "mod tests;", "three"]);
    }

    #[test]
    fn folders_exist_when_a_file_is_in_them() {
        let repository = Repository::sample(&[("docs/adr/0001.md", "")]);
        assert!(repository.has("docs/adr") && repository.has("docs/") && repository.has("docs/adr/0001.md"));
        assert!(!repository.has("doc"));
    }
}
