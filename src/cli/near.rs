//! Names that the user may have meant: those that are close to the one that is not there.

use crate::error::Error;
use crate::kernel::nft::NftSocket;
use crate::report::terminal::escape;
use crate::rule::BuiltinTable;

/// A chain that is in none of the tables shown.
pub fn no_chain(name: &str) -> Error {
    Error::word(name, format!("there is no chain {name} here"), no_chain_help(name, None))
}

/// What to do about a chain that is not there; `table` is its family and name, where one is meant.
pub fn no_chain_help(name: &str, table: Option<&str>) -> String {
    did_you_mean(&closest(name, &chains(table))) + "`nsfw chain list` shows the chains that there are"
}

/// The chains of the namespace that this thread is in, and those that iptables' tables have from the start. Whatever
/// keeps them from being read: they only serve a hint.
pub fn chains(table: Option<&str>) -> Vec<String> {
    let rows = NftSocket::open().ok().and_then(|mut socket| socket.chains(None).ok()).unwrap_or_default();
    let found =
        rows.into_iter().filter(|row| table.is_none_or(|table| format!("{} {}", row.family, row.table) == table));
    let wanted = |builtin: &BuiltinTable| table.is_none_or(|table| table.ends_with(&format!(" {}", builtin.name())));
    let builtin = BuiltinTable::ALL.into_iter().filter(wanted).flat_map(BuiltinTable::chains);
    found.map(|row| row.name).chain(builtin.map(|chain| chain.name.to_owned())).collect()
}

/// Up to three names that are at most a third of the wanted one's letters away from it, the closest first.
pub fn closest(wanted: &str, names: &[String]) -> Vec<String> {
    /// As long as a namespace's name may be: what is longer is no slip of the finger.
    const LONGEST: usize = 255;
    if wanted.len() > LONGEST {
        return Vec::new();
    }
    let limit = wanted.chars().count().div_ceil(3);
    let away = |name: &String| Some((distance(wanted, name), name.clone())).filter(|(away, _)| *away <= limit);
    let mut near: Vec<_> =
        names.iter().filter(|name| name.len() <= LONGEST && *name != wanted).filter_map(away).collect();
    near.sort();
    near.dedup();
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

/// A question that names them, to stand in front of other help; empty where there are none.
pub fn did_you_mean(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("`{}`", escape(name))).collect();
    if names.is_empty() { String::new() } else { format!("did you mean {}? ", names.join(" or ")) }
}

/// How many letters must be inserted, deleted, changed, or swapped with their neighbour to make one word of the other
/// (the restricted Damerau-Levenshtein distance); case does not count.
fn distance(one: &str, other: &str) -> usize {
    let [one, other] = [one, other].map(|word| word.to_lowercase().chars().collect::<Vec<_>>());
    let mut rows: Vec<Vec<usize>> = vec![(0..=other.len()).collect()];
    for (i, a) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in other.iter().enumerate() {
            let mut least = (rows[i][j] + usize::from(a != b)).min(rows[i][j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *a == other[j - 1] && one[i - 1] == *b {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[one.len()][other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_finger_are_near_and_other_words_are_not() {
        for (one, other, away) in [("INPTU", "INPUT", 1), ("acept", "ACCEPT", 1), ("", "ab", 2), ("abc", "xyz", 3)] {
            assert_eq!(distance(one, other), away, "{one} {other}");
            assert_eq!(distance(other, one), away, "{other} {one}");
        }
        let names = ["INPUT", "OUTPUT", "FORWARD", "COUNT"].map(str::to_owned);
        assert_eq!(closest("INPTU", &names), ["INPUT"]);
        assert_eq!(closest("NOPE", &names), [""; 0]);
        assert_eq!(closest("INPUT", &names), [""; 0]);
        assert_eq!(did_you_mean(&closest("CONUT", &names)), "did you mean `COUNT`? ");
    }
}
