//! Relative links in the documentation lead to files that exist and, in Markdown, to headings that exist.

use super::Fault;
use crate::repository::{File, Repository};

pub(super) fn check(repository: &Repository) -> Vec<Fault> {
    let mut faults = Vec::new();
    for file in repository.files.iter().filter(|file| file.path.ends_with(".md")) {
        for (line, target) in links(&file.text) {
            if let Err(what) = resolve(repository, file, &target) {
                faults.push(Fault::new(file, line, format!("link {target}: {what}")));
            }
        }
    }
    faults
}

fn resolve(repository: &Repository, file: &File, target: &str) -> Result<(), String> {
    let (path, heading) = target
        .split_once('#')
        .map_or((target, None), |(path, heading)| (path, Some(heading)));
    let path = if path.is_empty() {
        file.path.clone()
    } else {
        join(&file.path, path).ok_or("leads out of the repository")?
    };
    if !repository.has(&path) {
        return Err("no such file".to_owned());
    }
    match (heading, repository.get(&path)) {
        (Some(heading), Some(page))
            if path.ends_with(".md") && !anchors(&page.text).any(|anchor| anchor == heading) =>
        {
            Err(format!("{path} has no such heading"))
        }
        _ => Ok(()),
    }
}

/// `target` as seen from the folder of `from`; a leading `/` is the repository's root, as on GitHub.
fn join(from: &str, target: &str) -> Option<String> {
    let mut parts: Vec<&str> = if target.starts_with('/') {
        Vec::new()
    } else {
        from.split('/').collect()
    };
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

/// Relative targets of `](…)` with their lines, outside of code.
fn links(text: &str) -> Vec<(usize, String)> {
    let mut links = Vec::new();
    for (line, text) in prose(text) {
        // Every other piece between backticks is code.
        let text: String = text.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for piece in text.split("](").skip(1) {
            let target = piece
                .split([')', ' '])
                .next()
                .unwrap_or_default()
                .trim_matches(['<', '>']);
            let is_absolute = target.contains("://") || target.starts_with("mailto:") || target.starts_with("data:");
            if !target.is_empty() && !is_absolute {
                links.push((line, target.to_owned()));
            }
        }
    }
    links
}

/// Lines outside of fenced code, with their numbers.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let is_fence = line.trim_start().starts_with("```");
        in_code ^= is_fence;
        (!in_code && !is_fence).then_some((index + 1, line))
    })
}

/// As GitHub makes them from headings: lower case, punctuation dropped, spaces to hyphens; repeated ones get -1, -2, …
fn anchors(text: &str) -> impl Iterator<Item = String> {
    let mut seen: Vec<String> = Vec::new();
    prose(text)
        .filter(|(_, line)| line.starts_with('#'))
        .map(move |(_, line)| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title
                .chars()
                .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
            let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
            let count = seen.iter().filter(|other| **other == anchor).count();
            seen.push(anchor.clone());
            if count == 0 {
                anchor
            } else {
                format!("{anchor}-{count}")
            }
        })
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::faults;

    #[test]
    fn links_to_files_folders_and_headings_are_followed() {
        let page = "[a](../README.md#chạy-thử) [b](/src/main.rs) [c](adr/) [d](https://x.y/z) [e](#two-words)\n\n## Two words!\n";
        let files = [
            ("docs/guide.md", page),
            ("README.md", "# dean\n## Chạy thử\n"),
            ("src/main.rs", ""),
            ("docs/adr/0001-a.md", ""),
        ];
        assert_eq!(faults(check, &files), Vec::<String>::new());
    }

    #[test]
    fn broken_links_are_found_outside_of_code() {
        let page = "x\n[a](gone.md)\n`[b](gone.md)`\n```\n[c](gone.md)\n```\n[d](../../up.md) [e](#nothing)\n";
        let found = faults(check, &[("docs/guide.md", page)]);
        assert_eq!(
            found,
            [
                "docs/guide.md:2: link gone.md: no such file",
                "docs/guide.md:7: link ../../up.md: leads out of the repository",
                "docs/guide.md:7: link #nothing: docs/guide.md has no such heading",
            ]
        );
    }
}
