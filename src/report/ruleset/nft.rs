//! A ruleset as `nft list ruleset` prints it, character for character.

use std::fmt::Write as _;

use crate::expr::Family;
use crate::firewall::model::{Base, Chain, Declared, References, RuleEntry, Table, Visitor};
use crate::rule::Names;
use crate::rule::lexer::printable;
use crate::rule::nft::{Style, ruleset};

/// Gathers the lines of a walk.
#[derive(Debug)]
pub struct NftLines {
    style: Style,
    family: Family,
    text: String,
    /// Whether the last table has something above the next block.
    has_lines: bool,
    /// Whether the last chain waits for its closing brace.
    in_chain: bool,
    /// Whether the last chain is shown: not where it is part of a rule's text.
    shows_chain: bool,
}

impl NftLines {
    /// Without figures, or with handles, as `style` has it.
    #[must_use]
    pub const fn new(style: Style) -> Self {
        let style = Style { listed: true, ..style };
        Self { style, family: Family::Ip, text: String::new(), has_lines: false, in_chain: false, shows_chain: true }
    }

    /// The same for a part of a table.
    #[must_use]
    pub fn part(family: Family) -> Self {
        Self { family, ..Self::new(Style::default()) }
    }

    /// The lines.
    #[must_use]
    pub fn finish(self) -> String {
        self.text
    }

    fn block(&mut self, text: &str) {
        self.end_chain();
        if self.has_lines {
            self.text.push('\n');
        }
        self.has_lines = true;
        self.text.push_str(text);
    }

    /// Closes what is open but the table.
    pub fn end_chain(&mut self) {
        if self.in_chain {
            self.text.push_str("\t}\n");
        }
        self.in_chain = false;
    }
}

/// ` # handle 1 progname nft`.
fn remark(table: &Table, style: Style) -> String {
    let handle = style.handles.then(|| format!(" handle {}", table.handle));
    let owner = table.owner.as_deref().map(|name| format!(" progname {}", printable(name)));
    let words = handle.unwrap_or_default() + &owner.unwrap_or_default();
    if words.is_empty() { words } else { format!(" #{words}") }
}

/// `type filter hook input priority filter; policy accept;`
pub fn hook(base: &Base, family: Family) -> String {
    let mut devices: Vec<_> = base.devices.iter().map(|name| printable(name)).collect();
    devices.sort();
    let devices = match devices.as_slice() {
        [] => String::new(),
        [only] => format!(" device \"{only}\""),
        several => format!(" devices = {{ {} }}", several.join(", ")),
    };
    let (kind, hook) = (printable(&base.kind), &base.hook);
    let (priority, policy) = (ruleset::priority(family, hook, base.priority), base.policy.name().to_lowercase());
    format!("type {kind} hook {hook}{devices} priority {priority}; policy {policy};")
}

impl Visitor for NftLines {
    fn table(&mut self, table: &Table) {
        self.family = table.family;
        let flags = table.flag_words();
        let name = printable(&table.name);
        // Writing to a String cannot fail.
        let _ = writeln!(self.text, "table {} {name} {{{}", table.family, remark(table, self.style));
        if !flags.is_empty() {
            let _ = writeln!(self.text, "\tflags {}", flags.join(","));
        }
        if let Some(comment) = &table.comment {
            let _ = writeln!(self.text, "\tcomment \"{}\"", printable(comment));
        }
        // nft sets flags apart, but not a comment alone.
        self.has_lines = !flags.is_empty();
    }

    fn declared(&mut self, declared: Declared<'_>, names: &dyn Names) {
        let text = match declared {
            Declared::Object(object) => ruleset::object(object, self.style),
            Declared::Set(listing) => ruleset::set(listing, names, self.style),
            Declared::Flowtable(flowtable) => ruleset::flowtable(flowtable, self.style),
        };
        self.block(&text);
    }

    fn chain(&mut self, chain: &Chain) {
        /// `NFT_CHAIN_HW_OFFLOAD`.
        const OFFLOAD: u32 = 2;
        self.shows_chain = !chain.is_bound();
        if !self.shows_chain {
            return;
        }
        let mut text = format!("\tchain {} {{{}\n", printable(&chain.name), self.style.handle(chain.handle));
        if let Some(comment) = &chain.comment {
            let _ = writeln!(text, "\t\tcomment \"{}\"", printable(comment));
        }
        if let Some(base) = &chain.base {
            let _ = writeln!(text, "\t\t{}", hook(base, self.family));
        }
        if chain.flags & OFFLOAD != 0 {
            text.push_str("\t\tflags offload;\n");
        }
        self.block(&text);
        self.in_chain = true;
    }

    fn rule(&mut self, rule: &RuleEntry) {
        if self.shows_chain {
            let text = rule.styled(self.style);
            let _ = writeln!(self.text, "\t\t{}{}", text, self.style.handle(rule.handle));
        }
    }

    fn end_table(&mut self, _references: &References) {
        self.end_chain();
        self.text.push_str("}\n");
    }
}
