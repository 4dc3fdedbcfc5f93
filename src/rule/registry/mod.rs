//! Matches and targets: what one is ([`extension`]), what it says about itself ([`spec`]), all of them ([`table`]). The one
//! place where a name is looked up; parsing, printing, lowering, lifting, help and the law tests find extensions here.

mod bare;
mod extension;
mod one_option;
mod spec;
mod table;
pub mod without_form;

use super::error::ErrorKind;
pub use bare::Bare;
pub use extension::{Extension, MatchExtension, TargetExtension};
pub use one_option::{Asked, One};
pub use spec::{Given, OptionSpec, Samples};
pub use table::{MATCHES, Match, Row, TARGETS, Target};
pub(super) use table::{lift_match, lift_target};

fn find<T>(table: &'static [Row<T>], name: &str) -> Option<&'static Row<T>> {
    table.iter().find(|row| row.name == name || row.aliases.contains(&name))
}

/// The match of this name.
#[must_use]
pub fn find_match(name: &str) -> Option<&'static Row<Match>> {
    find(MATCHES, name)
}

/// The target of this name; user chains are not in the table.
#[must_use]
pub fn find_target(name: &str) -> Option<&'static Row<Target>> {
    find(TARGETS, name)
}

/// The fault of an option that stands where nothing knows it, with what would bring it.
pub(super) fn unknown_option(word: &str) -> ErrorKind {
    let matches = MATCHES.iter().filter(|row| row.options.iter().any(|spec| spec.is_named(word)));
    let targets = TARGETS.iter().filter(|row| row.options.iter().any(|spec| spec.is_named(word)));
    let places = matches.map(|row| format!("{} {}", if row.protocol.is_some() { "-p" } else { "-m" }, row.name));
    let places = places.chain(targets.map(|row| format!("-j {}", row.name))).collect();
    ErrorKind::UnknownOption { option: word.to_owned(), places }
}

/// Names of all matches.
#[must_use]
pub fn match_names() -> Vec<&'static str> {
    MATCHES.iter().map(|row| row.name).collect()
}

/// Names of all targets.
#[must_use]
pub fn target_names() -> Vec<&'static str> {
    TARGETS.iter().flat_map(|row| std::iter::once(row.name).chain(row.aliases.iter().copied())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::identifier::check_chain_name;

    #[test]
    fn no_chain_has_a_target_s_name() {
        for name in target_names() {
            assert!(check_chain_name(name).is_err(), "{name}");
        }
    }
}
