//! What `iptables -vnL` prints, in the form of iptables 1.8.11.
//!
//! A chain's heading tells how many rules jump to the chain, which is known only at the table's end: bodies wait until
//! then.

use super::{Options, Section, row, scale};
use crate::expr::Family;
use crate::firewall::model::{Chain, References, RuleEntry, Table, Visitor};
use crate::report::terminal::{escape, escape_controls};

/// One namespace in iptables' form.
#[derive(Debug)]
pub struct IptablesSection {
    options: Options,
    family: Family,
    chains: Vec<(Chain, String)>,
    text: String,
}

impl IptablesSection {
    /// An empty one.
    pub const fn new(options: Options) -> Self {
        Self { options, family: Family::Ip, chains: Vec::new(), text: String::new() }
    }

    fn column_names(&self) -> String {
        let number = if self.options.line_numbers { "num  " } else { "" };
        let counts = if self.options.exact { "    pkts      bytes " } else { " pkts bytes " };
        format!("{number}{counts}target     prot opt in     out     source               destination         \n")
    }
}

/// `Chain INPUT (policy ACCEPT 3 packets, 252 bytes)` or `Chain COUNT (1 references)`. A base chain without counters
/// shows 0, as iptables does.
pub fn heading(chain: &Chain, references: u32, exact: bool) -> String {
    let name = escape(&chain.name);
    match &chain.base {
        Some(base) => {
            let counts = base.counts.unwrap_or_default();
            let [packets, bytes] = [counts.packets, counts.bytes].map(|value| scale::number(value, exact));
            format!("Chain {name} (policy {} {packets} packets, {bytes} bytes)", base.policy.name())
        }
        None => format!("Chain {name} ({references} references)"),
    }
}

/// A rule's columns after the counts, from target to details.
pub fn words(entry: &RuleEntry, family: Family) -> String {
    let columns = row::of(entry, family);
    // iptables gives the sign of a negated address a column of its own.
    let signed = |address: &str| match address.strip_prefix('!') {
        Some(address) => format!("!{address:<19} "),
        None => format!(" {address:<19} "),
    };
    let text = format!(
        "{:<9}  {:<4} {:<2}  {:<6} {:<6} {}{}{}",
        columns.target,
        columns.protocol,
        columns.options,
        columns.input,
        columns.output,
        signed(&columns.source),
        signed(&columns.destination),
        columns.details,
    );
    escape_controls(&text).into_owned()
}

impl Visitor for IptablesSection {
    fn table(&mut self, table: &Table) {
        self.family = table.family;
    }

    fn chain(&mut self, chain: &Chain) {
        self.chains.push((chain.clone(), String::new()));
    }

    fn rule(&mut self, entry: &RuleEntry) {
        let counts = entry.counts.unwrap_or_default();
        let number = if self.options.line_numbers { format!("{:<4} ", entry.number) } else { String::new() };
        let counts = scale::columns(counts.packets, counts.bytes, self.options.exact);
        if let Some((_, body)) = self.chains.last_mut() {
            body.push_str(&number);
            body.push_str(&counts);
            body.push_str(&words(entry, self.family));
            body.push('\n');
        }
    }

    fn end_table(&mut self, references: &References) {
        for (chain, body) in std::mem::take(&mut self.chains) {
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            let count = references.get(&chain.name).copied().unwrap_or(0);
            self.text.push_str(&heading(&chain, count, self.options.exact));
            self.text.push('\n');
            self.text.push_str(&self.column_names());
            self.text.push_str(&body);
        }
    }
}

impl Section for IptablesSection {
    fn finish(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}
