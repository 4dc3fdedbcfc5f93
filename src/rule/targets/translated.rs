//! Targets of address translation: what SNAT, DNAT, MASQUERADE and REDIRECT have in common.

use std::fmt::Debug;
use std::marker::PhantomData;

use crate::expr::{Action, Expression};
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::table::Hook;
use crate::rule::values::translation::{self, Endpoint, Parts, PortSpan};
use crate::rule::{IpFamily, Rule};

/// One of these targets.
pub trait Translation: Copy + Debug + PartialEq + Eq {
    /// As errors name it: `target SNAT`; the name of `-j` behind the blank.
    const TARGET: &'static str;
    /// [`Extension::HELP`].
    const HELP: &'static str;
    /// The option that names the new end, and those that are flags.
    const OPTIONS: &'static [OptionSpec];
    /// [`Extension::SAMPLES`].
    const SAMPLES: Samples;
    /// Where it may stand.
    const HOOKS: [Hook; 2];
    /// Whether it names addresses, and so says nothing without its first option; else only ports can be named.
    const HAS_ADDRESSES: bool;
    /// What `iptables -L` shows in front of the new end.
    const LISTED: &'static str;

    /// Its expression.
    fn expression(parts: Parts, family: IpFamily) -> Expression;
    /// The inverse of [`Translation::expression`]; `None` where it is another one's.
    fn parts(action: &Action, family: IpFamily) -> Option<Parts>;
}

/// The target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Translated<T> {
    /// `--to-source`, `--to-destination`, `--to-ports`.
    pub to: Option<Endpoint>,
    /// How an address and a port are chosen out of several.
    pub flags: u32,
    target: PhantomData<T>,
}

impl<T: Translation> Extension for Translated<T> {
    const NAME: &'static str = T::TARGET.split_at("target ".len()).1;
    const HELP: &'static str = T::HELP;
    const OPTIONS: &'static [OptionSpec] = T::OPTIONS;
    const SAMPLES: Samples = T::SAMPLES;

    fn new(_: IpFamily) -> Self {
        Self { to: None, flags: 0, target: PhantomData }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            option if option != T::OPTIONS[0].name => self.flags |= translation::flag(option),
            _ if T::HAS_ADDRESSES => self.to = Some(Endpoint::parse(given)?),
            _ => self.to = Some(PortSpan::parse(given.value(), given)?.into()),
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: T::TARGET, options: T::OPTIONS[0].name };
        if self.to.is_none() && T::HAS_ADDRESSES { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let to = self.to.iter().flat_map(|to| [T::OPTIONS[0].name.to_owned(), rendered::<T>(to)]);
        to.chain(translation::flag_options(self.flags).map(str::to_owned)).collect()
    }

    fn list(&self) -> String {
        let to = self.to.as_ref().map_or_else(String::new, |to| format!("{}{}", T::LISTED, rendered::<T>(to)));
        format!("{to}{}", translation::list_flags(self.flags)).trim_start().to_owned()
    }
}

/// Ports alone are written as they are; beside addresses a colon stands in front of them.
fn rendered<T: Translation>(to: &Endpoint) -> String {
    match to.ports {
        Some(ports) if !T::HAS_ADDRESSES => ports.render(),
        _ => to.render(),
    }
}

impl<T: Translation> TargetExtension for Translated<T> {
    const FATE: &'static str =
        "the connection's later packets are treated alike, and no later rule of this chain sees this one";

    fn check(&self, rule: &Rule, context: &LowerContext<'_>, hook: Option<Hook>) -> Result<(), ErrorKind> {
        if self.to.is_some_and(|to| !to.is_of(context.family)) {
            return Err(ErrorKind::WrongFamily(Self::NAME.to_owned()));
        }
        translation::check(Self::NAME, T::HOOKS, self.to.and_then(|to| to.ports), rule, context, hook)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let (addresses, ports) = self.to.map(|to| to.lower(lowering)).unwrap_or_default();
        let flags = translation::with_given(self.flags, addresses, ports);
        lowering.push(T::expression(Parts { addresses, ports, flags }, lowering.family));
        Ok(())
    }

    fn lift(items: &[Item], rule: &Rule, family: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(act))] = items else { return None };
        let Parts { addresses, ports, flags } = T::parts(&act.action, family)?;
        let flags = translation::known_flags(flags, T::OPTIONS)?;
        let to = match (addresses[0], ports[0]) {
            (None, None) if T::HAS_ADDRESSES => return None,
            (None, None) => None,
            _ => Some(Endpoint::lift(act, addresses, ports, family)?),
        };
        let ported = to.is_some_and(|to| to.ports.is_some());
        (!ported || translation::has_ports(rule)).then_some(Self { to, flags, target: PhantomData })
    }
}
