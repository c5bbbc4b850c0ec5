//! Who gets mail: addresses per unit and role, from the configuration. Events know roles and units only.

use std::str::FromStr;

use dean_aggregates::actor::Role;

/// What stands for any role, or any unit.
const ANY: &str = "*";

/// Addresses for some roles at some units, as `UNIT/ROLE=ADDRESS[,ADDRESS…]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipients {
    unit: String,
    role: Option<Role>,
    addresses: Vec<String>,
}

/// All that is configured.
#[derive(Debug, Clone, Default)]
pub struct AddressBook(Vec<Recipients>);

/// A text that is no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{given:?} is no entry of the address book: {why}. Write UNIT/ROLE=ADDRESS[,ADDRESS…], e.g. so-ct-lai-chau/department-officer=khuyencong@laichau.example; `*` stands for any unit or role, `so-ct-*` for units that begin so"
)]
pub struct MalformedRecipients {
    given: String,
    why: String,
}

impl FromStr for Recipients {
    type Err = MalformedRecipients;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let malformed = |why: &str| MalformedRecipients {
            given: text.to_owned(),
            why: why.to_owned(),
        };
        let (whom, addresses) = text.split_once('=').ok_or_else(|| malformed("there is no `=`"))?;
        let (unit, role) = whom
            .split_once('/')
            .ok_or_else(|| malformed("there is no `/` before the `=`"))?;
        let (unit, role) = (unit.trim(), role.trim());
        if unit.is_empty() {
            return Err(malformed("the unit is empty"));
        }
        let role = match role {
            ANY => None,
            word => Some(word.parse().map_err(|error| malformed(&format!("{error}")))?),
        };
        let addresses: Vec<String> = addresses.split(',').map(|one| one.trim().to_owned()).collect();
        if let Some(wrong) = addresses.iter().find(|address| !is_address(address)) {
            return Err(malformed(&format!("{wrong:?} is no mail address")));
        }
        Ok(Self {
            unit: unit.to_owned(),
            role,
            addresses,
        })
    }
}

fn is_address(text: &str) -> bool {
    text.parse::<lettre::Address>().is_ok()
}

impl AddressBook {
    /// Of these entries.
    pub fn new(entries: Vec<Recipients>) -> Self {
        Self(entries)
    }

    /// The addresses for a role at a unit: those of the entry that names both most closely. The unit counts before the role, a longer
    /// beginning before a shorter one; of equals all.
    pub fn addresses(&self, role: Role, unit: &str) -> Vec<&str> {
        let closeness = |entry: &Recipients| {
            let of_unit = match entry.unit.strip_suffix('*') {
                Some(start) => unit.starts_with(start).then_some(start.len()),
                None => (entry.unit == unit).then_some(usize::MAX),
            };
            let of_role = match entry.role {
                Some(named) => (named == role).then_some(1),
                None => Some(0),
            };
            of_unit.zip(of_role)
        };
        let closest = self.0.iter().filter_map(closeness).max();
        let mut addresses: Vec<&str> = Vec::new();
        for entry in self
            .0
            .iter()
            .filter(|entry| closest.is_some() && closeness(entry) == closest)
        {
            for address in &entry.addresses {
                if !addresses.contains(&address.as_str()) {
                    addresses.push(address);
                }
            }
        }
        addresses
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(entries: &[&str]) -> AddressBook {
        AddressBook::new(entries.iter().map(|entry| entry.parse().expect("an entry")).collect())
    }

    #[test]
    fn the_closest_entry_counts() {
        let book = book(&[
            "*/*=tat-ca@example.vn",
            "so-ct-*/*=so@example.vn",
            "so-ct-lai-chau/*=lai-chau@example.vn",
            "so-ct-lai-chau/department-director=giam-doc@example.vn, pho@example.vn",
        ]);
        let to = |role, unit: &str| book.addresses(role, unit).join(" ");
        assert_eq!(
            to(Role::DepartmentDirector, "so-ct-lai-chau"),
            "giam-doc@example.vn pho@example.vn"
        );
        assert_eq!(to(Role::DepartmentOfficer, "so-ct-lai-chau"), "lai-chau@example.vn");
        assert_eq!(to(Role::DepartmentOfficer, "so-ct-son-la"), "so@example.vn");
        assert_eq!(to(Role::Minister, "bo-ct"), "tat-ca@example.vn");
        assert_eq!(
            AddressBook::default().addresses(Role::Minister, "bo-ct"),
            Vec::<&str>::new()
        );
    }

    #[test]
    fn a_malformed_entry_says_why() {
        for (text, why) in [
            ("so-ct-lai-chau", "no `=`"),
            ("so-ct-lai-chau=a@example.vn", "no `/`"),
            ("/department-officer=a@example.vn", "unit is empty"),
            ("cuc/truong=a@example.vn", "no role"),
            ("cuc/*=a.example.vn", "is no mail address"),
            ("cuc/*=", "is no mail address"),
        ] {
            let refused = text.parse::<Recipients>().expect_err(text).to_string();
            assert!(refused.contains(why), "{refused}");
        }
    }
}
