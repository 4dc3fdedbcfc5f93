//! What `iptables -vnL` prints, in the form of iptables 1.8.11.
//!
//! A chain's heading tells how many rules jump to the chain, which is known only at the table's end: bodies wait until
//! then.

use std::io::{self, Write};

use super::{Options, Section, row, scale};
use crate::expr::Family;
use crate::firewall::model::{Chain, References, RuleEntry, Table, Visitor};
use crate::report::terminal::{escape, escape_controls};
use crate::rule::listing::Columns;

/// How much is shown, and by which names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    /// Without `-v`: no counts, no interfaces.
    pub brief: bool,
    /// Without `-n`: words for what holds for every packet.
    pub names: bool,
    /// Only the rule of this number, without headings.
    pub only: Option<u32>,
}

impl Style {
    /// `-vn`.
    pub const VERBOSE: Self = Self { brief: false, names: false, only: None };
}

/// One namespace in iptables' form.
#[derive(Debug)]
pub struct IptablesSection {
    options: Options,
    style: Style,
    family: Family,
    chains: Vec<(Chain, String)>,
    text: String,
}

impl IptablesSection {
    /// An empty one.
    pub const fn new(options: Options) -> Self {
        Self { options, style: Style::VERBOSE, family: Family::Ip, chains: Vec::new(), text: String::new() }
    }

    /// In another style than `-vn`.
    #[must_use]
    pub fn styled(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn column_names(&self) -> String {
        let number = if self.options.line_numbers { "num  " } else { "" };
        if self.style.brief {
            return format!("{number}target     prot opt source               destination         \n");
        }
        let counts = if self.options.exact { "    pkts      bytes " } else { " pkts bytes " };
        format!("{number}{counts}target     prot opt in     out     source               destination         \n")
    }
}

/// `Chain INPUT (policy ACCEPT 3 packets, 252 bytes)` or `Chain COUNT (1 references)`. A base chain without counters
/// shows 0, as iptables does.
pub fn heading(chain: &Chain, references: u32, exact: bool) -> String {
    let counts = chain.base.as_ref().and_then(|base| base.counts).unwrap_or_default();
    heading_with(chain, references, [counts.packets, counts.bytes].map(|value| scale::number(value, exact)))
}

/// As [`heading`], with packets and bytes in these words.
pub fn heading_with(chain: &Chain, references: u32, [packets, bytes]: [String; 2]) -> String {
    let name = escape(&chain.name);
    match &chain.base {
        Some(base) => format!("Chain {name} (policy {} {packets} packets, {bytes} bytes)", base.policy.name()),
        None => format!("Chain {name} ({references} references)"),
    }
}

fn brief_heading(chain: &Chain, references: u32) -> String {
    let name = escape(&chain.name);
    match &chain.base {
        Some(base) => format!("Chain {name} (policy {})", base.policy.name()),
        None => format!("Chain {name} ({references} references)"),
    }
}

/// A rule's columns after the counts, from target to details.
pub fn words(entry: &RuleEntry, family: Family) -> String {
    styled_words(entry, family, Style::VERBOSE)
}

fn styled_words(entry: &RuleEntry, family: Family, style: Style) -> String {
    let mut columns = row::of(entry, family, style.names);
    if style.names {
        name_everything(&mut columns);
    }
    // iptables gives the sign of a negated address a column of its own.
    let signed = |address: &str| match address.strip_prefix('!') {
        Some(address) => format!("!{address:<19} "),
        None => format!(" {address:<19} "),
    };
    let interfaces = if style.brief { String::new() } else { format!("  {:<6} {:<6}", columns.input, columns.output) };
    // Nor does it count a negated protocol's sign as part of the name.
    let (sign, protocol) =
        columns.protocol.strip_prefix('!').map_or((' ', columns.protocol.as_str()), |name| ('!', name));
    let text = format!(
        "{:<9} {sign}{protocol:<4} {:<2}{interfaces} {}{}{}",
        columns.target,
        columns.options,
        signed(&columns.source),
        signed(&columns.destination),
        columns.details,
    );
    escape_controls(&text).into_owned()
}

/// What `-n` leaves as it is: a word in the place of an interface that may be any.
fn name_everything(columns: &mut Columns) {
    for interface in [&mut columns.input, &mut columns.output] {
        if interface == "*" {
            "any".clone_into(interface);
        }
    }
}

impl Visitor for IptablesSection {
    fn table(&mut self, table: &Table) {
        self.family = table.family;
    }

    fn chain(&mut self, chain: &Chain) {
        self.chains.push((chain.clone(), String::new()));
    }

    fn rule(&mut self, entry: &RuleEntry) {
        if self.style.only.is_some_and(|only| only != entry.number) {
            return;
        }
        let counts = entry.counts.unwrap_or_default();
        let number = if self.options.line_numbers { format!("{:<4} ", entry.number) } else { String::new() };
        let counts = if self.style.brief {
            String::new()
        } else {
            let exact = self.options.exact;
            scale::columns([counts.packets, counts.bytes].map(|value| scale::number(value, exact)), exact)
        };
        if let Some((_, body)) = self.chains.last_mut() {
            body.push_str(&number);
            body.push_str(&counts);
            body.push_str(&styled_words(entry, self.family, self.style));
            body.push('\n');
        }
    }

    fn end_table(&mut self, references: &References) {
        for (chain, body) in std::mem::take(&mut self.chains) {
            if self.style.only.is_some() {
                self.text.push_str(&body);
                continue;
            }
            if !self.text.is_empty() {
                self.text.push('\n');
            }
            let count = references.get(&chain.name).copied().unwrap_or(0);
            self.text.push_str(&match self.style.brief {
                true => brief_heading(&chain, count),
                false => heading(&chain, count, self.options.exact),
            });
            self.text.push('\n');
            self.text.push_str(&self.column_names());
            self.text.push_str(&body);
        }
    }
}

impl Section for IptablesSection {
    fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(self.text.as_bytes())
    }
}
