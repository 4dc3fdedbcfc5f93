//! Expressions back into a rule of the iptables language, where they mean exactly one.

use super::ast::{Interface, Protocol, Rule};
use super::condition::{self, Condition, Item, Selector, Statement};
use super::lifting::Lifting;
use super::registry::One;
use super::registry::{self, Match};
use super::userdata::UserData;
use super::{IpFamily, Lowered, Names, address, compat, kept_words};
use crate::expr::meta::Access;
use crate::expr::{Action, CmpOp, Expression, Family, Meta, PayloadBase};

/// Lifts a rule. `None` where it cannot be said in the iptables language with exactly its meaning. `names` knows the
/// interfaces whose numbers stand in rules.
#[must_use]
pub fn lift(lowered: &Lowered, family: Family, names: &dyn Names) -> Option<Rule> {
    let family = IpFamily::from_family(family).filter(|_| lowered.bound.is_empty())?;
    let data = UserData::decode(&lowered.user_data);
    if let Some(text) = &data.words
        && let Some(rule) = kept_words::believe(text, data.comment.as_deref(), lowered, family, names)
    {
        return Some(rule);
    }
    read(lowered, family, names)
}

/// Lifts a rule from its expressions and comment alone. Names are those that structs of xtables hold where nf_tables has
/// numbers.
pub(super) fn read(lowered: &Lowered, family: IpFamily, names: &dyn Names) -> Option<Rule> {
    let items = without_idle_loads(condition::delinearise(lowered, family.into()));
    let mut lifting = Lifting { items: &items, family, rule: Rule::default(), remembers: false };
    while let Some(item) = lifting.items.first() {
        match item {
            Item::Statement(Statement::Counter(_)) => {
                lifting.items = &lifting.items[1..];
                break;
            }
            _ if lifting.core() || lifting.extension() || lifting.compat() => {}
            _ => break,
        }
    }
    let (mut rule, rest) = (lifting.rule, without_late_counter(lifting.items));
    if let Some(text) = lowered.comment() {
        super::identifier::check_text("comment", &text, super::identifier::COMMENT_BYTES).ok()?;
        rule.matches.push(Match::Comment(One::saying(text)));
    }
    if !rest.is_empty() {
        let protocol = rule.required_protocol();
        rule.target = Some(match action(rest) {
            Some(Action::XtTarget(found)) if rest.len() == 1 => compat::read_target(found, family, protocol, names)?,
            _ => registry::lift_target(rest, &rule, family)?,
        });
    }
    Some(rule)
}

/// The items without interfaces' names that are loaded and tested by nothing: iptables-nft 1.8.9 writes `-i +` and `-o +`
/// so. Such a load does nothing and never fails (`nft_meta_get_eval_ifname` in net/netfilter/nft_meta.c), so the rule means
/// the same without it. Where anything else was left unread it might be what reads the register: then all stays.
fn without_idle_loads(mut items: Vec<Item>) -> Vec<Item> {
    let idle = |item: &Item| {
        matches!(item, Item::Raw(Expression::Meta(meta))
            if matches!(meta.key, Meta::IIFNAME | Meta::OIFNAME) && matches!(meta.access, Access::Load(_)))
    };
    if items.iter().all(|item| idle(item) || !matches!(item, Item::Raw(_))) {
        items.retain(|item| !idle(item));
    }
    items
}

/// What a rule does, without a counter behind it: what goes on after a statement that always goes on has met all that met it.
const fn without_late_counter(items: &[Item]) -> &[Item] {
    match items {
        [Item::Statement(Statement::Log(_)), Item::Statement(Statement::Counter(_))] => items.split_at(1).0,
        [Item::Statement(Statement::Assign(Selector::Meta(_), _)), Item::Statement(Statement::Counter(_))] => {
            items.split_at(1).0
        }
        _ => items,
    }
}

/// The first item, if it is an expression that does something.
const fn action(items: &[Item]) -> Option<&Action> {
    match items {
        [Item::Statement(Statement::Act(act)), ..] => Some(&act.action),
        _ => None,
    }
}

impl Lifting<'_> {
    /// Conditions that the rule itself has.
    fn core(&mut self) -> bool {
        let Some(condition) = self.condition() else { return false };
        let protocol = match (condition.selector, self.family) {
            (Selector::Meta(Meta::L4PROTO), _) => true,
            (selector, IpFamily::V4) => selector == Selector::network(9, 1),
            _ => false,
        };
        let lifted = if protocol {
            self.lift_protocol(condition)
        } else {
            match condition.selector {
                Selector::Meta(key @ (Meta::IIFNAME | Meta::OIFNAME)) => self.lift_interface(condition, key),
                Selector::Payload { base: PayloadBase::Network, .. } => {
                    self.lift_fragment(condition).or_else(|| self.lift_address(condition))
                }
                _ => None,
            }
        };
        if lifted.is_some() {
            self.advance();
        }
        lifted.is_some()
    }

    fn lift_protocol(&mut self, condition: &Condition) -> Option<()> {
        let (op, &[number]) = condition.plain()? else { return None };
        let negated = match op {
            CmpOp::Eq => false,
            CmpOp::Neq => true,
            _ => return None,
        };
        let protocol = Protocol { negated, number };
        if self.rule.protocol == Some(protocol) {
            return Some(());
        }
        // 0 is "every protocol" in iptables' own language, so that hop-by-hop options cannot be asked for.
        (self.rule.protocol.is_none() && number != 0 && !self.remembers).then(|| self.rule.protocol = Some(protocol))
    }

    fn lift_interface(&mut self, condition: &Condition, key: u32) -> Option<()> {
        let (op, bytes) = condition.plain()?;
        let negated = match op {
            CmpOp::Eq => false,
            CmpOp::Neq => true,
            _ => return None,
        };
        let end = bytes.iter().position(|&byte| byte == 0);
        let name = std::str::from_utf8(&bytes[..end.unwrap_or(bytes.len())]).ok()?;
        let interface = match (end, name) {
            (Some(_), "INVAL/D") if !negated => Interface { negated: true, name: "+".to_owned() },
            // A "+" at the end of a real name would be read as the wildcard.
            (Some(_), name) if !name.ends_with('+') => Interface { negated, name: name.to_owned() },
            (None, name) if !name.is_empty() => Interface { negated, name: format!("{name}+") },
            _ => return None,
        };
        super::identifier::check_interface_name(&interface.name).ok().or((interface.name == "+").then_some(()))?;
        let place = if key == Meta::IIFNAME { &mut self.rule.input } else { &mut self.rule.output };
        (place.is_none() && !self.remembers).then(|| *place = Some(interface))
    }

    fn lift_fragment(&mut self, condition: &Condition) -> Option<()> {
        let (negated, value, mask) = condition.under_mask()?;
        let fits = self.family == IpFamily::V4
            && condition.selector == Selector::network(6, 2)
            && value == [0, 0]
            && mask == [0x1f, 0xff];
        (fits && self.rule.fragment.is_none() && !self.remembers).then(|| self.rule.fragment = Some(!negated))
    }

    fn lift_address(&mut self, condition: &Condition) -> Option<()> {
        let (side, address) = address::lift(condition, self.family)?;
        let place = match side {
            address::Side::Source => &mut self.rule.source,
            address::Side::Destination => &mut self.rule.destination,
        };
        (place.is_none() && !self.remembers).then(|| *place = Some(address))
    }

    /// A match that runs xtables' code.
    fn compat(&mut self) -> bool {
        let Some(Action::XtMatch(found)) = action(self.items) else { return false };
        let Some(found) = compat::read_match(found, self.family, self.protocol()) else { return false };
        self.advance();
        // It may count packets, and what would be moved before it would change that.
        self.remember();
        self.rule.matches.push(found);
        true
    }

    /// Conditions of a match.
    fn extension(&mut self) -> bool {
        let Some(found) = registry::lift_match(self) else { return false };
        self.rule.matches.push(found);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::{Cmp, Counter, Counts, Log, Payload, Register, Verdict};
    use crate::expr::{Immediate, PayloadBase};
    use crate::rule::laws::lifted;

    fn load(key: u32) -> Expression {
        Meta { key, access: Access::Load(Register(1)) }.into()
    }

    #[test]
    fn a_counter_behind_a_statement_that_goes_on_counts_the_same() {
        let count: Expression = Counter(Counts::default()).into();
        let log: Expression = Log { group: Some(5), ..Log::default() }.into();
        let said = Some("-j NFLOG --nflog-group 5");
        assert_eq!(lifted(vec![count.clone(), log.clone()]).as_deref(), said);
        assert_eq!(lifted(vec![log.clone(), count.clone()]).as_deref(), said);
        // Two things, and a counter that nothing reaches.
        let accept: Expression = Immediate::Verdict(Verdict::Accept).into();
        assert_eq!(lifted(vec![log, count.clone(), accept.clone()]), None);
        assert_eq!(lifted(vec![accept, count]), None);
    }

    #[test]
    fn an_interface_that_is_loaded_and_never_tested_is_any_interface() {
        let count: Expression = Counter(Counts::default()).into();
        let lo: Expression = Cmp::new(CmpOp::Eq, *b"lo\0\0\0\0\0\0\0\0\0\0\0\0\0\0").into();
        let (input, output) = (load(Meta::IIFNAME), load(Meta::OIFNAME));
        assert_eq!(lifted(vec![input.clone(), output.clone(), count.clone()]).as_deref(), Some(""));
        assert_eq!(lifted(vec![count.clone(), input.clone()]).as_deref(), Some(""));
        // What is tested is what was loaded last.
        let tested = vec![input.clone(), output, lo, count.clone()];
        assert_eq!(lifted(tested).as_deref(), Some("-o lo"));
        // A type breaks the rule off where there is no interface.
        assert_eq!(lifted(vec![load(Meta::IIFTYPE), count.clone()]), None);
        // Something reads a part of it.
        let mut part = Cmp::new(CmpOp::Eq, *b"eth0");
        part.register = Register(8);
        assert_eq!(lifted(vec![input.clone(), part.into(), count.clone()]), None);
        let unread = Payload::load(PayloadBase::Network, 12, 4).into();
        assert_eq!(lifted(vec![input, unread, count]), None);
    }
}
