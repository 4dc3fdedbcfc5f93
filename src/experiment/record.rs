//! Recorded counters: what was found, written into the experiment's file in place of what was expected.
//!
//! Everything else in the file stays as it is, comments and order too. Exact figures and policies become those that were found; bounds,
//! `=` and `*` say what may vary, and stay; so do rules that are not there. A text that is empty becomes the whole ruleset with its counters. A file that
//! expects no counters at all gets them in every step that sends something, for every node that has rules.

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, TableLike, Value};

use super::design::{Found, rewrite};
use super::result::{Recorded, RecordedCounter, StepResult};
use crate::expr::{Counts, Policy};

/// Writes what the steps have found into the text of their file; `None` where that changes nothing.
///
/// # Errors
/// Why the text cannot be written into.
pub fn record(text: &str, steps: &[StepResult]) -> Result<Option<String>, String> {
    let mut document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| error.to_string())?;
    let Some(tables) = document.get_mut("steps").and_then(Item::as_array_of_tables_mut) else {
        return Err("its steps are not written as [[steps]]".to_owned());
    };
    let is_new = !expects_counters(tables);
    for (table, step) in tables.iter_mut().zip(steps) {
        for recorded in &step.counters {
            write(table, recorded, is_new && step.sent.is_some())?;
        }
    }
    let written = document.to_string();
    Ok((written != text).then_some(written))
}

/// The keys under which a step expects counters of IPv4 and of IPv6.
const KEYS: [&str; 2] = ["counters", "counters6"];

fn expects_counters(steps: &ArrayOfTables) -> bool {
    steps.iter().any(|step| KEYS.iter().any(|key| step.contains_key(key)))
}

/// Writes what was found of one node.
fn write(step: &mut Table, recorded: &Recorded, is_new: bool) -> Result<(), String> {
    let key = KEYS[usize::from(recorded.ipv6)];
    if is_new {
        let table = step.entry(key).or_insert_with(|| Item::Table(Table::new()));
        let table = table.as_table_like_mut().ok_or_else(|| format!("{key} is no table"))?;
        table.insert(&recorded.node, Item::Value(quoted(&recorded.text)));
        return Ok(());
    }
    let Some(item) =
        step.get_mut(key).and_then(Item::as_table_like_mut).and_then(|table| table.get_mut(&recorded.node))
    else {
        return Ok(());
    };
    match item {
        Item::Value(Value::String(written)) if written.value().trim().is_empty() => {
            replace(item, quoted(&recorded.text));
            Ok(())
        }
        Item::Value(Value::String(written)) => {
            let raw = written.as_repr().and_then(|repr| repr.as_raw().as_str());
            let found: Vec<_> = recorded.found.iter().map(found).collect();
            let raw = raw.and_then(|raw| rewrite(raw, &found));
            let raw = raw.ok_or_else(|| format!("the counters of {} are not what was looked for", recorded.node))?;
            let value = raw.parse::<Value>().map_err(|error| error.to_string())?;
            replace(item, value);
            Ok(())
        }
        Item::Value(Value::Array(listed)) => {
            for found in &recorded.found {
                let table = listed.get_mut(found.place).and_then(Value::as_inline_table_mut);
                table.into_iter().for_each(|table| put(table, found.counts));
            }
            Ok(())
        }
        Item::ArrayOfTables(listed) => {
            for found in &recorded.found {
                listed.get_mut(found.place).into_iter().for_each(|table| put(table, found.counts));
            }
            Ok(())
        }
        _ => Err(format!("the counters of {} are neither a text nor a list", recorded.node)),
    }
}

fn found(recorded: &RecordedCounter) -> (usize, Found) {
    let counts = recorded.counts.map(|(packets, bytes)| Counts { packets, bytes });
    (recorded.place, Found { counts, policy: recorded.policy.as_deref().and_then(Policy::from_name) })
}

/// Puts a value in place of another, between the same blanks and comments.
fn replace(item: &mut Item, mut value: Value) {
    if let Item::Value(old) = item {
        *value.decor_mut() = old.decor().clone();
        *old = value;
    }
}

/// Puts what was found in place of the exact figures of one counter.
fn put(table: &mut dyn TableLike, found: Option<(u64, u64)>) {
    let Some((packets, bytes)) = found else { return };
    for (key, number) in [("packets", packets), ("bytes", bytes)] {
        let exact = table
            .get_mut(key)
            .filter(|item| item.is_integer() || item.as_str().is_some_and(|text| text.trim().parse::<u64>().is_ok()));
        if let (Some(item), Ok(number)) = (exact, i64::try_from(number)) {
            replace(item, number.into());
        }
    }
}

/// A text over several lines, as a person would quote it.
fn quoted(text: &str) -> Value {
    let plain = text.chars().all(|c| c == '\n' || !c.is_control());
    let raw = if plain && !text.contains('\\') && !text.contains("\"\"\"") {
        format!("\"\"\"\n{text}\"\"\"")
    } else if plain && !text.contains("'''") {
        format!("'''\n{text}'''")
    } else {
        return text.into();
    };
    raw.parse().unwrap_or_else(|_| text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(counters: Vec<Recorded>) -> StepResult {
        StepResult {
            name: "step".to_owned(),
            skipped: None,
            sent: Some("1 accepted".to_owned()),
            replies: 0,
            checks: Vec::new(),
            counters,
            micros: 0,
        }
    }

    fn of(node: &str, counts: &[Option<(u64, u64)>]) -> Recorded {
        let text = "*filter\n:INPUT ACCEPT [3:252]\n[1:84] -A INPUT -m comment --comment \"a b\"\nCOMMIT\n".to_owned();
        let found = counts.iter().enumerate();
        let found = found.map(|(place, counts)| RecordedCounter { place, counts: *counts, policy: None }).collect();
        Recorded { node: node.to_owned(), ipv6: false, text, found }
    }

    #[test]
    fn figures_change_and_nothing_else() {
        let text = "# head\ntitle = 'x' # why\n\n[[steps]] # one\nping = { to = \"10.0.0.1\" }\n[steps.counters]\n\
                    a = '''\n:INPUT ACCEPT [0:0]\n[>=1:0] -A INPUT -j DROP\n''' # tail\n\
                    b = [{ chain = \"INPUT\", packets = 9, bytes = \">=1\" }] # list\n";
        let steps = [step(vec![of("a", &[Some((3, 252)), Some((1, 84))]), of("b", &[Some((7, 8))])])];
        let expected = text.replace("[0:0]", "[3:252]").replace("[>=1:0]", "[>=1:84]").replace("= 9", "= 7");
        assert_eq!(record(text, &steps), Ok(Some(expected.clone())));
        assert_eq!(record(&expected, &steps), Ok(None), "a second time changes nothing");
    }

    #[test]
    fn an_empty_text_becomes_the_ruleset() {
        let text = "[[steps]]\nname = 's'\n[steps.counters]\na = \"\"\n";
        let steps = [step(vec![of("a", &[]), of("b", &[])])];
        let whole = of("a", &[]).text;
        assert_eq!(record(text, &steps), Ok(Some(text.replace("\"\"", &format!("\"\"\"\n{whole}\"\"\"")))));
    }

    #[test]
    fn a_file_without_counters_gets_them() {
        let text = "[[steps]]\nname = 's'\n\n[[steps]]\nname = 't'\n";
        let steps = [step(vec![of("a", &[])]), step(vec![of("a", &[])])];
        let written = record(text, &steps).expect("a text").expect("a change");
        let expected = format!("\n[steps.counters]\na = \"\"\"\n{}\"\"\"\n", of("a", &[]).text);
        assert_eq!(written, format!("[[steps]]\nname = 's'\n{expected}\n[[steps]]\nname = 't'\n{expected}"));
    }

    #[test]
    fn what_cannot_be_written_into_is_told() {
        assert!(record("steps = [{ name = 's' }]\n", &[]).is_err());
        let text = "[[steps]]\n[steps.counters]\na = \"[1:2] -A INPUT\"\n";
        assert!(record(text, &[step(vec![of("a", &[None, Some((1, 2))])])]).is_err());
    }
}
