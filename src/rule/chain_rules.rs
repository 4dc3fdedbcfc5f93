//! What may stand in which chain: iptables' own rules, checked before the kernel is asked.

use super::ast::Rule;
use super::error::ErrorKind;
use super::lower::LowerContext;
use super::table::Hook;

/// Whether iptables lets the rule stand in that chain: one that nft made may stand where iptables would not have it.
#[must_use]
pub fn is_at_home(rule: &Rule, context: &LowerContext<'_>) -> bool {
    !matches!(check(rule, context), Err(ErrorKind::NotInChain { .. } | ErrorKind::NotInTable { .. }))
}

/// Checks a rule against the chain it is to stand in.
///
/// # Errors
/// The first option or target that cannot stand there.
pub fn check(rule: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
    let base = context.table.chains().iter().find(|chain| chain.name == context.chain);
    let refuse =
        |option: &str| Err(ErrorKind::NotInChain { option: option.to_owned(), chain: context.chain.to_owned() });
    if let Some(base) = base {
        if rule.input.is_some() && matches!(base.hook, Hook::Output | Hook::Postrouting) {
            return refuse("-i");
        }
        if rule.output.is_some() && matches!(base.hook, Hook::Input | Hook::Prerouting) {
            return refuse("-o");
        }
    }
    for address in rule.source.iter().chain(&rule.destination) {
        if !context.family.has(address.address) {
            return Err(ErrorKind::WrongFamily(address.address.to_string()));
        }
    }
    if rule.fragment.is_some() && context.family == super::IpFamily::V6 {
        return Err(ErrorKind::WrongFamily("-f".to_owned()));
    }
    for found in &rule.matches {
        found.check(rule, context)?;
    }
    match &rule.target {
        Some(target) => target.check(rule, context, base.map(|chain| chain.hook)),
        None => Ok(()),
    }
}
