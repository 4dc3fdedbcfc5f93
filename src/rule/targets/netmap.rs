//! `-j NETMAP`: gives every address of a network its like in another one.

use std::net::IpAddr;

use crate::expr::{Action, Family, Nat, Register};
use crate::rule::address;
use crate::rule::ast::Address;
use crate::rule::condition::Item;
use crate::rule::condition::Statement;
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// The kernel adds the second one by itself.
const FLAGS: u32 = Nat::NETMAP | Nat::MAP_ADDRESSES;

/// `-j NETMAP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Netmap {
    family: IpFamily,
    /// The other network; `None` until `--to` was given.
    pub to: Option<Address>,
}

fn network(given: &Given<'_>) -> Option<Address> {
    let found = address::parse(given.value(), false, given.family, given.names).ok()?;
    let [network] = found.as_slice() else { return None };
    let fits = given.family.has(network.address);
    (fits && address::prefix_length(&address::octets(network.mask)).is_some()).then_some(*network)
}

impl Extension for Netmap {
    const NAME: &'static str = "NETMAP";
    const HELP: &'static str = "maps a network onto another one; only in table nat, in its own chains";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--to",
        &["ADDRESS/LENGTH"],
        "the other network: of the destination in PREROUTING and OUTPUT, else of the source",
        "dnat prefix to 10.0.0.0/24",
    )
    .told("{}")];
    const SAMPLES: Samples = Samples {
        accepted: &[],
        refused: &[
            "-t nat -j NETMAP",
            "-t nat -j NETMAP --to x",
            "-t nat -j NETMAP --to 10.0.0.0/255.0.255.0",
            "-t nat -j NETMAP --to 10.0.0.0/24",
            "-j NETMAP --to 10.0.0.0/24",
        ],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, to: None }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        self.to = Some(given.read("a network, as ADDRESS/LENGTH", |_| network(given))?);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.to.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target NETMAP", options: "--to" })
    }

    fn render(&self) -> Vec<String> {
        self.to.iter().flat_map(|to| ["--to".to_owned(), address::render(to)]).collect()
    }

    fn list(&self) -> String {
        self.to.map_or_else(String::new, |to| format!("to:{}", address::render(&to)))
    }
}

impl TargetExtension for Netmap {
    const FATE: &'static str =
        "the connection's later packets are treated alike, and no later rule of this chain sees this one";

    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_table(BuiltinTable::Nat, Self::NAME)
    }

    /// The kernel takes the prefix's length from what the two ends have in common.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(to) = self.to else { return Ok(()) };
        let kind = match lowering.hook {
            Some(Hook::Prerouting | Hook::Output) => Nat::DNAT,
            Some(Hook::Postrouting | Hook::Input) => Nat::SNAT,
            _ => {
                return Err(ErrorKind::NoNativeForm {
                    what: "NETMAP in a user chain",
                    reason: "the expression has to know whether it translates the source or the destination",
                    instead: "write the rule in the built-in chain that jumps there",
                });
            }
        };
        let (first, mask) = (address::octets(to.address), address::octets(to.mask));
        let last = first.iter().zip(&mask).map(|(byte, mask)| byte | !mask).collect();
        lowering.constant(Register::R1, first);
        lowering.constant(Register::R2, last);
        let family = Family::from(self.family).number().into();
        let (address_min, address_max) = (Some(Register::R1), Some(Register::R2));
        let flags = FLAGS;
        lowering.push(Nat { kind, family, address_min, address_max, port_min: None, port_max: None, flags });
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, family: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(act))] = items else { return None };
        let Action::Nat(nat) = act.action else { return None };
        let own = nat.flags | Nat::MAP_ADDRESSES == FLAGS && nat.port_min.is_none() && nat.port_max.is_none();
        let (first, last) = (act.constant(nat.address_min?)?, act.constant(nat.address_max?)?);
        let mask: Vec<u8> = first.iter().zip(last).map(|(first, last)| !(first ^ last)).collect();
        let inside = first.iter().zip(&mask).all(|(first, mask)| first & !mask == 0);
        address::prefix_length(&mask).filter(|_| own && inside && first.len() == last.len())?;
        let [address, mask] = [first, &mask].map(address::from_octets);
        let (address, mask): (IpAddr, IpAddr) = (address?, mask?);
        family.has(address).then_some(Self { family, to: Some(Address { negated: false, address, mask }) })
    }
}
