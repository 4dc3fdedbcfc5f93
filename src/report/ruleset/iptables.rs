//! A ruleset in the words of iptables-save, counters included; what has none stands as a comment in nft syntax, so that
//! nothing is hidden.

use std::fmt::Write as _;

use super::NftLines;
use crate::expr::Family;
use crate::firewall::model::{Chain, Declared, References, RuleEntry, Table, Visitor};
use crate::report::save::{Frame, SaveLines};
use crate::rule::nft::Style;
use crate::rule::{BuiltinTable, IpFamily, Names};

/// Gathers the lines of a walk.
#[derive(Debug)]
pub struct IptablesLines {
    v4: SaveLines,
    v6: SaveLines,
    /// Tables that iptables does not know.
    others: NftLines,
    /// Whose table the last one is, if iptables knows it.
    place: Option<(IpFamily, BuiltinTable)>,
    family: Family,
}

impl Default for IptablesLines {
    fn default() -> Self {
        let save = || SaveLines::new(true).to_be_read();
        Self { v4: save(), v6: save(), others: NftLines::new(Style::default()), place: None, family: Family::Ip }
    }
}

impl IptablesLines {
    /// The lines: a heading for each family, its tables in iptables-save's order, then all other tables.
    #[must_use]
    pub fn finish(self, frame: &Frame<'_>) -> String {
        let mut text = String::new();
        for (family, lines) in [(Family::Ip, self.v4), (Family::Ip6, self.v6)] {
            let (tables, _) = lines.finish(&BuiltinTable::SAVED, frame);
            if !tables.is_empty() {
                // Writing to a String cannot fail.
                let _ = write!(text, "# Tables of family {family}\n{tables}");
            }
        }
        text + &comment(&self.others.finish())
    }

    fn save(&mut self) -> Option<&mut SaveLines> {
        Some(match self.place?.0 {
            IpFamily::V4 => &mut self.v4,
            IpFamily::V6 => &mut self.v6,
        })
    }

    fn visitor(&mut self) -> &mut dyn Visitor {
        match self.place {
            Some((IpFamily::V4, _)) => &mut self.v4,
            Some((IpFamily::V6, _)) => &mut self.v6,
            None => &mut self.others,
        }
    }

    /// Notes what `tell` tells of the last table, if it is one of iptables'.
    fn note(&mut self, tell: impl FnOnce(&mut NftLines)) {
        let family = self.family;
        if let Some(save) = self.save() {
            let mut lines = NftLines::part(family);
            tell(&mut lines);
            save.note(&comment(&lines.finish()));
        }
    }

    /// Whether iptables has no words for something of the chain.
    fn is_foreign(&self, chain: &Chain) -> bool {
        let own = || self.place.is_some_and(|(_, table)| chain.is_builtin(self.family, table));
        chain.comment.is_some() || (chain.base.is_some() && !own())
    }
}

/// Every line as a comment.
fn comment(text: &str) -> String {
    text.lines().map(|line| format!("# nft: {line}\n")).collect()
}

impl Visitor for IptablesLines {
    fn table(&mut self, table: &Table) {
        self.family = table.family;
        self.place = IpFamily::from_family(table.family).zip(BuiltinTable::from_name(&table.name));
        self.visitor().table(table);
        if table.flags != 0 || table.comment.is_some() {
            self.note(|lines| {
                lines.table(table);
                lines.end_table(&References::new());
            });
        }
    }

    fn declared(&mut self, declared: Declared<'_>, names: &dyn Names) {
        match self.place {
            Some(_) => self.note(|lines| lines.declared(declared, names)),
            None => self.others.declared(declared, names),
        }
    }

    fn chain(&mut self, chain: &Chain) {
        self.visitor().chain(chain);
        if self.is_foreign(chain) {
            self.note(|lines| {
                lines.chain(chain);
                lines.end_chain();
            });
        }
    }

    fn rule(&mut self, rule: &RuleEntry) {
        self.visitor().rule(rule);
    }

    fn end_table(&mut self, references: &References) {
        self.visitor().end_table(references);
    }
}
