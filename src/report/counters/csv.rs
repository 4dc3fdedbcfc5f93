//! Counters as RFC 4180: one line a rule, one line with an empty number a chain, and one with neither number nor
//! chain for what counts beside these.
//!
//! Numbers are exact. A cell without a value is empty. Control characters of names and comments are escaped as on a
//! terminal (`\x1b`), so that every record is one line and the output can be shown anywhere.

use std::io::{self, Write};

use super::beside::counting;
use super::{Section, row};
use crate::expr::Counts;
use crate::firewall::model::{Chain, Declared, References, RuleEntry, Table, Visitor};
use crate::report::terminal::{escape, escape_controls};
use crate::rule::Names;

/// The header line's cells.
const HEADER: [&str; 11] =
    ["netns", "family", "table", "chain", "number", "handle", "packets", "bytes", "target", "spec", "nft"];

/// One namespace as records.
#[derive(Debug)]
pub struct CsvSection {
    netns: String,
    table: Option<Table>,
    chain: String,
    text: String,
}

impl CsvSection {
    /// An empty one for the namespace `netns`.
    pub fn new(netns: &str) -> Self {
        Self { netns: escape(netns).into_owned(), table: None, chain: String::new(), text: String::new() }
    }

    fn record(&mut self, number: &str, handle: u64, counts: Option<Counts>, words: [&str; 3]) {
        self.figures(number, handle, counts.map(|counts| (Some(counts.packets), counts.bytes)), words);
    }

    /// Packets and bytes; of what has no packets, bytes alone.
    fn figures(&mut self, number: &str, handle: u64, figures: Option<(Option<u64>, u64)>, words: [&str; 3]) {
        let Some(table) = &self.table else { return };
        let text = |figure: Option<u64>| figure.map(|figure| figure.to_string()).unwrap_or_default();
        let [target, spec, nft] = words;
        push_record(
            &mut self.text,
            &[
                &self.netns,
                &table.family.to_string(),
                &escape(&table.name),
                &self.chain,
                number,
                &handle.to_string(),
                &text(figures.and_then(|figures| figures.0)),
                &text(figures.map(|figures| figures.1)),
                target,
                spec,
                nft,
            ],
        );
    }
}

impl Visitor for CsvSection {
    fn table(&mut self, table: &Table) {
        self.table = Some(table.clone());
        self.chain.clear();
    }

    fn declared(&mut self, declared: Declared<'_>, names: &dyn Names) {
        for found in counting(declared, names) {
            let figures = Some((found.packets(), found.bytes()));
            self.figures("", found.handle, figures, [found.word(), "", &found.nft()]);
        }
    }

    fn chain(&mut self, chain: &Chain) {
        self.chain = escape(&chain.name).into_owned();
        let policy = chain.base.as_ref().map_or("", |base| base.policy.name());
        self.record("", chain.handle, row::policy_counts(chain.base.as_ref()), [policy, "", ""]);
    }

    fn rule(&mut self, entry: &RuleEntry) {
        let rule = entry.rule();
        let target = row::target(rule.as_ref()).unwrap_or_default();
        let spec = row::spec(rule.as_ref()).unwrap_or_default();
        let nft = entry.nft();
        let nft = escape_controls(&nft);
        self.record(&entry.number.to_string(), entry.handle, entry.counts, [&target, &spec, &nft]);
    }

    fn end_table(&mut self, _references: &References) {
        self.table = None;
    }
}

impl Section for CsvSection {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())
    }
}

/// Cells with commas and a line end; those that hold a comma, a quote or a line end are quoted (RFC 4180, 2.5 to 2.7).
/// Lines end with LF alone, as everything else does on Linux.
fn push_record(text: &mut String, cells: &[&str]) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(cell);
        }
    }
    text.push('\n');
}

/// The line above all sections.
pub fn header(out: &mut dyn Write) -> io::Result<()> {
    let mut header = String::new();
    push_record(&mut header, &HEADER);
    out.write_all(header.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_only_what_needs_it() {
        let mut text = String::new();
        push_record(&mut text, &["plain", "", "a,b", "say \"hi\"", "a b"]);
        assert_eq!(text, "plain,,\"a,b\",\"say \"\"hi\"\"\",a b\n");
    }
}
