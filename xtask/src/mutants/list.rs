//! The list of mutants: read, and put into the sources.

use std::ops::Range;

use crate::repository::{File, Repository};

/// Where the lists stand.
const LIST: &str = "aggregates/tests/mutants/";

/// A rule, broken.
#[derive(Debug, Clone)]
pub(super) struct Mutant {
    /// Its name on the command line.
    pub(super) name: String,
    /// The rule that it breaks.
    pub(super) rule: String,
    /// The file.
    file: String,
    /// A text that stands in the file once, and has the expression in it once.
    around: String,
    /// The expression.
    old: String,
    /// What takes its place.
    new: String,
}

/// Reads the list; every mutant fits the sources.
pub(super) fn read(repository: &Repository) -> Result<Vec<Mutant>, String> {
    let mut mutants = Vec::new();
    let files = repository.files.iter();
    for file in files.filter(|file| file.path.starts_with(LIST) && file.path.ends_with(".toml")) {
        mutants.extend(read_file(file)?);
    }
    for (index, mutant) in mutants.iter().enumerate() {
        if mutants[..index].iter().any(|known| known.name == mutant.name) {
            return Err(format!("{LIST}: there are two mutants {}", mutant.name));
        }
        let missing = || format!("{LIST}: {} is about {}, which is missing", mutant.name, mutant.file);
        mutated(
            repository.get(&mutant.file).ok_or_else(missing)?,
            std::slice::from_ref(mutant),
        )?;
    }
    Ok(mutants)
}

fn read_file(file: &File) -> Result<Vec<Mutant>, String> {
    let path = &file.path;
    let table: toml::Table = file.text.parse().map_err(|error| format!("{path}: {error}"))?;
    let entries = table.get("mutants").and_then(toml::Value::as_array);
    let entries = entries.ok_or_else(|| format!("{path} has no [[mutants]]"))?;
    let mut mutants = Vec::with_capacity(entries.len());
    for (index, entry) in entries.iter().enumerate() {
        let text = |key: &str| entry.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        let needed = |key: &str| text(key).ok_or_else(|| format!("{path}: mutant {} has no `{key}`", index + 1));
        let old = needed("old")?;
        mutants.push(Mutant {
            name: needed("name")?,
            rule: needed("rule")?,
            file: needed("file")?,
            around: text("around").unwrap_or_else(|| old.clone()),
            new: needed("new")?,
            old,
        });
    }
    Ok(mutants)
}

/// The text of a file with its mutants, each behind its switch.
pub(super) fn mutated(file: &File, mutants: &[Mutant]) -> Result<String, String> {
    let mut places = Vec::new();
    for mutant in mutants.iter().filter(|mutant| mutant.file == file.path) {
        places.push((place(&file.text, mutant)?, mutant));
    }
    places.sort_by_key(|(place, _)| place.start);
    if let Some(pair) = places.windows(2).find(|pair| pair[0].0.end > pair[1].0.start) {
        return Err(format!("{LIST}: {} and {} overlap", pair[0].1.name, pair[1].1.name));
    }
    let mut text = file.text.clone();
    for (place, mutant) in places.into_iter().rev() {
        let Mutant { name, old, new, .. } = mutant;
        let switch = format!("(if crate::mutant({name:?}) {{ {new} }} else {{ {old} }})");
        text.replace_range(place, &switch);
    }
    Ok(text)
}

fn place(text: &str, mutant: &Mutant) -> Result<Range<usize>, String> {
    let Mutant {
        name,
        file,
        around,
        old,
        ..
    } = mutant;
    let once = |text: &str, part: &str| {
        let mut found = text.match_indices(part).map(|(index, _)| index);
        found.next().filter(|_| found.next().is_none())
    };
    let at = once(text, around).ok_or_else(|| {
        format!("{LIST}: {name}: this stands not once in {file}; give more of the text as `around`:\n{around}")
    })?;
    let within = once(around, old).ok_or_else(|| format!("{LIST}: {name}: `old` stands not once in `around`"))?;
    Ok(at + within..at + within + old.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repository;

    #[test]
    fn every_mutant_fits_the_sources() {
        let root = repository::root().expect("the repository");
        let repository = Repository::read(&root).expect("its files");
        let mutants = read(&repository).unwrap_or_else(|fault| panic!("{fault}"));
        assert!(mutants.len() > 50, "only {} mutants", mutants.len());
        for file in repository.rust_files() {
            mutated(file, &mutants).unwrap_or_else(|fault| panic!("{fault}"));
        }
    }

    #[test]
    fn a_mutant_stands_behind_its_switch() {
        let repository = Repository::sample(&[
            (
                "aggregates/tests/mutants/m.toml",
                "[[mutants]]\nname = 'm'\nrule = 'r'\nfile = 'a.rs'\nold = 'a > b'\nnew = 'false'\n",
            ),
            ("a.rs", "if a > b { c }\n"),
        ]);
        let mutants = read(&repository).expect("a list");
        let file = repository.get("a.rs").expect("the file");
        let expected = "if (if crate::mutant(\"m\") { false } else { a > b }) { c }\n";
        assert_eq!(mutated(file, &mutants).as_deref(), Ok(expected));
        let list = ("aggregates/tests/mutants/m.toml", repository.files[0].text.as_str());
        let twice = Repository::sample(&[list, ("a.rs", "a > b; a > b\n")]);
        assert!(read(&twice).is_err(), "which of the two is meant?");
    }
}
