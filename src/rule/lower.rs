//! A rule in nf_tables expressions.

use super::address;
use super::ast::{Interface, Rule};
use super::error::{Error, ErrorKind};
use super::lowering::Lowering;
use super::table::{BuiltinTable, Hook, IpFamily};
use super::userdata::UserData;
use super::{Lowered, NoNames, chain_rules, kept_words, lift};
use crate::expr::{CmpOp, Counter, Counts, Meta};

/// Where a rule is to stand.
#[derive(Debug, Clone, Copy)]
pub struct LowerContext<'a> {
    /// Of the table.
    pub family: IpFamily,
    /// Which built-in table.
    pub table: BuiltinTable,
    /// The chain's name; one of the table's base chains, or a user chain.
    pub chain: &'a str,
    /// What the rule's counter starts from.
    pub counts: Counts,
}

impl LowerContext<'_> {
    /// Where a rule stands there; `None` in a user chain.
    #[must_use]
    pub fn hook(&self) -> Option<Hook> {
        self.table.chain(self.chain).map(|base| base.hook)
    }

    /// Checks that the rule is to stand at one of these hooks, or in a user chain. `option` is what cannot stand elsewhere.
    ///
    /// # Errors
    /// [`ErrorKind::NotInChain`].
    pub fn require_hook(&self, hooks: &[Hook], option: &str) -> Result<(), ErrorKind> {
        match self.hook() {
            Some(hook) if !hooks.contains(&hook) => {
                Err(ErrorKind::NotInChain { option: option.to_owned(), chain: self.chain.to_owned() })
            }
            _ => Ok(()),
        }
    }

    /// Checks that the rule is to stand in the one table that has this target.
    ///
    /// # Errors
    /// [`ErrorKind::NotInTable`].
    pub fn require_table(&self, table: BuiltinTable, target: &'static str) -> Result<(), ErrorKind> {
        if self.table == table { Ok(()) } else { Err(ErrorKind::NotInTable { target, table: self.table.name() }) }
    }
}

/// Lowers a rule: conditions, then the counter, then the target, as iptables counts.
///
/// # Errors
/// Where the rule cannot stand in this chain, or has no exact nf_tables form.
pub fn lower(rule: &Rule, context: &LowerContext<'_>) -> Result<Lowered, Error> {
    chain_rules::check(rule, context).map_err(ErrorKind::everywhere)?;
    let mut lowered =
        expressions(rule, context.family, context.counts, context.hook()).map_err(ErrorKind::everywhere)?;
    let comment = rule.comment().map(str::to_owned);
    lowered.user_data = UserData { comment: comment.clone(), words: None }.encode();
    if lift::read(&lowered, context.family, &NoNames).as_ref() != Some(rule) {
        let data = UserData { comment, words: Some(kept_words::write(rule)) };
        (lowered.user_data, lowered.words_overrun) = (data.encode(), data.overrun());
    }
    Ok(lowered)
}

/// The expressions and sets of a rule, without its user data.
pub(super) fn expressions(
    rule: &Rule,
    family: IpFamily,
    counts: Counts,
    hook: Option<Hook>,
) -> Result<Lowered, ErrorKind> {
    let found = || rule.matches.iter().find_map(|found| found.finds_protocol(family));
    let mut lowering = Lowering::new(family, rule.required_protocol().or_else(found), hook);
    for (interface, key) in [(&rule.input, Meta::IIFNAME), (&rule.output, Meta::OIFNAME)] {
        if let Some(interface) = interface {
            lower_interface(interface, key, &mut lowering);
        }
    }
    if let Some(protocol) = rule.protocol
        && (protocol.negated || !rule.matches.iter().any(|found| found.brings_protocol(family)))
    {
        lowering.protocol(protocol);
    }
    if let Some(source) = &rule.source {
        address::lower(source, address::Side::Source, &mut lowering);
    }
    if let Some(destination) = &rule.destination {
        address::lower(destination, address::Side::Destination, &mut lowering);
    }
    if let Some(negated) = rule.fragment {
        lowering.load_network(6, 2);
        lowering.mask(&[0x1f, 0xff]);
        lowering.compare(CmpOp::equal_unless(!negated), &[0, 0]);
    }
    for found in &rule.matches {
        found.lower(&mut lowering)?;
    }
    lowering.push(Counter(counts));
    if let Some(target) = &rule.target {
        target.lower(&mut lowering)?;
    }
    Ok(lowering.finish())
}

/// What one match or target alone becomes; `None` where `lower` tells that it has no form.
pub(super) fn alone(
    family: IpFamily,
    protocol: Option<u8>,
    lower: impl FnOnce(&mut Lowering) -> bool,
) -> Option<Lowered> {
    let mut lowering = Lowering::new(family, protocol, None);
    lower(&mut lowering).then(|| lowering.finish())
}

fn lower_interface(interface: &Interface, key: u32, lowering: &mut Lowering) {
    const NO_INTERFACE: &str = "INVAL/D";
    const BYTES: usize = 16;
    let (prefix, whole) = match interface.name.strip_suffix('+') {
        // No interface has a "/" in its name, so this is what "no interface at all" is compared with.
        Some("") => (NO_INTERFACE, true),
        Some(prefix) => (prefix, false),
        None => (interface.name.as_str(), true),
    };
    let mut bytes = prefix.as_bytes().to_vec();
    if whole {
        bytes.resize(BYTES, 0);
    }
    lowering.load_meta(key);
    let negated = interface.negated && interface.name != "+";
    lowering.compare(CmpOp::equal_unless(negated), &bytes);
}
