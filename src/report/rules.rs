//! Rules as `iptables -S` shows them: policies and user chains first, then the rules.
//!
//! A rule that has no iptables syntax stands in its place as a comment in nft syntax, so that the lines stay a script
//! that iptables can read and nothing is hidden.

use std::fmt::Write as _;

use super::terminal::escape;
use crate::expr::Family;
use crate::firewall::model::{Chain, References, RuleEntry, Table, Visitor};
use crate::rule::nft::Style;

/// Gathers the lines of a walk.
#[derive(Debug)]
pub struct RuleLines {
    title: Option<String>,
    with_rules: bool,
    counted: bool,
    style: Style,
    only: Option<u32>,
    has_chains: bool,
    /// Whether the walk came by a chain of the table at hand.
    in_table: bool,
    table: Option<(Family, String)>,
    chain: String,
    /// Whether the last chain belongs to a rule, whose text has it inside.
    bound: bool,
    chains: String,
    rules: String,
    text: String,
}

impl RuleLines {
    /// With `title`, the namespace's name, every table gets a heading; without, none does.
    #[must_use]
    pub fn new(title: Option<&str>, with_rules: bool) -> Self {
        Self {
            title: title.map(str::to_owned),
            with_rules,
            counted: false,
            style: Style::default(),
            only: None,
            has_chains: false,
            in_table: false,
            table: None,
            chain: String::new(),
            bound: false,
            chains: String::new(),
            rules: String::new(),
            text: String::new(),
        }
    }

    /// With the counters of policies and rules, as `iptables -S -v`.
    #[must_use]
    pub fn counted(self, counted: bool) -> Self {
        Self { counted, ..self }
    }

    /// With the kernel's number behind every line, as `nft -a` has it: `# handle 5`.
    #[must_use]
    pub fn with_handles(self, handles: bool) -> Self {
        Self { style: Style { handles, ..self.style }, ..self }
    }

    /// Only the rule of this number, without chains.
    #[must_use]
    pub fn only(self, only: Option<u32>) -> Self {
        Self { only, ..self }
    }

    /// Whether the walk came by any chain.
    #[must_use]
    pub const fn has_chains(&self) -> bool {
        self.has_chains
    }

    /// The lines.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    fn heading(&self) -> Option<String> {
        let (family, table) = self.table.as_ref()?;
        let title = self.title.as_ref()?;
        Some(format!("# {}: {family} {}\n", escape(title), escape(table)))
    }
}

impl Visitor for RuleLines {
    fn table(&mut self, table: &Table) {
        self.table = Some((table.family, table.name.clone()));
        self.in_table = false;
    }

    fn chain(&mut self, chain: &Chain) {
        self.has_chains = true;
        self.in_table = true;
        self.bound = chain.is_bound();
        self.chain = escape(&chain.name).into_owned();
        if self.only.is_some() || self.bound {
            return;
        }
        let words = match &chain.base {
            Some(base) if self.counted => {
                let counts = base.counts.unwrap_or_default();
                let (policy, packets, bytes) = (base.policy.name(), counts.packets, counts.bytes);
                format!("-P {} {policy} -c {packets} {bytes}", self.chain)
            }
            Some(base) => format!("-P {} {}", self.chain, base.policy.name()),
            None => format!("-N {}", self.chain),
        };
        // Writing to a String cannot fail.
        let _ = writeln!(self.chains, "{words}{}", self.style.handle(chain.handle));
    }

    fn rule(&mut self, entry: &RuleEntry) {
        if !self.with_rules || self.bound || self.only.is_some_and(|only| only != entry.number) {
            return;
        }
        let (chain, handle) = (&self.chain, self.style.handle(entry.handle));
        let _ = match entry.rule() {
            Some(rule) => {
                let counts = entry.counts.filter(|_| self.counted);
                let words = counts.map_or_else(|| rule.render(), |counts| rule.render_counted(counts));
                let space = if words.is_empty() { "" } else { " " };
                writeln!(self.rules, "-A {chain}{space}{words}{handle}")
            }
            None => {
                let (family, table) = self.table.as_ref().map_or((Family::Ip, ""), |(family, name)| (*family, name));
                let (table, nft) = (escape(table), entry.nft());
                writeln!(self.rules, "# nft: add rule {family} {table} {chain} {nft}{handle}")
            }
        };
    }

    fn end_table(&mut self, _references: &References) {
        if self.in_table {
            self.text.push_str(&self.heading().unwrap_or_default());
            self.text.push_str(&std::mem::take(&mut self.chains));
            self.text.push_str(&std::mem::take(&mut self.rules));
        }
    }
}
