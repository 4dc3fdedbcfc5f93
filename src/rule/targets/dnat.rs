//! `-j DNAT`: gives the connection another destination.

use super::translation::{self, Endpoint};
use crate::expr::{Action, Family, Nat};
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::table::Hook;
use crate::rule::{IpFamily, Rule};

/// `-j DNAT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dnat {
    family: IpFamily,
    /// `--to-destination`.
    pub to: Option<Endpoint>,
    /// How an address and a port are chosen out of several.
    pub flags: u32,
}

impl Extension for Dnat {
    const NAME: &'static str = "DNAT";
    const HELP: &'static str = "gives the connection another destination";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--to-destination",
            &["ADDRESS[-ADDRESS][:PORT[-PORT]]"],
            "the new destination; IPv6 addresses before a port stand in brackets",
            "dnat to 10.0.0.1, dnat to 10.0.0.1:8080",
        ),
        translation::RANDOM,
        translation::PERSISTENT,
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t nat -j DNAT --to-destination 10.0.0.1", "-j DNAT --to-destination 10.0.0.1"),
            (
                "-t nat -p tcp --dport 80 -j DNAT --to-destination 10.0.0.1-10.0.0.9:8080",
                "-p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1-10.0.0.9:8080",
            ),
            (
                "-t nat -p udp -j DNAT --to-destination :53-54 --random --persistent",
                "-p udp -j DNAT --to-destination :53-54 --random --persistent",
            ),
            ("-6 -t nat -p tcp -j DNAT --to-destination [fe80::1]:80", "-p tcp -j DNAT --to-destination [fe80::1]:80"),
            ("-6 -t nat -j DNAT --to-destination fe80::1-fe80::9", "-j DNAT --to-destination fe80::1-fe80::9"),
        ],
        refused: &[
            "-t nat -j DNAT",
            "-t nat -j DNAT --to-destination 10.0.0.1:80",
            "! -p tcp -t nat -j DNAT --to-destination 10.0.0.1:80",
            "-t nat -p tcp -j DNAT --to-destination 10.0.0.1:80-90/8080",
            "-t nat -p tcp -j DNAT --to-destination 10.0.0.1:",
            "-t nat -j DNAT --to-destination 10.0.0.1 --random-fully",
            "-t mangle -j DNAT --to-destination 10.0.0.1",
        ],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, to: None, flags: 0 }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--to-destination" => self.to = Some(Endpoint::parse(given)?),
            flag => self.flags |= translation::flag(flag),
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.to.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target DNAT", options: "--to-destination" })
    }

    fn render(&self) -> Vec<String> {
        let to = self.to.into_iter().flat_map(|to| ["--to-destination".to_owned(), to.render()]);
        to.chain(translation::flag_options(self.flags).map(str::to_owned)).collect()
    }

    fn list(&self) -> String {
        let to = self.to.map_or_else(String::new, |to| to.render());
        format!("to:{to}{}", translation::list_flags(self.flags))
    }
}

impl TargetExtension for Dnat {
    fn check(&self, rule: &Rule, context: &LowerContext<'_>, hook: Option<Hook>) -> Result<(), ErrorKind> {
        if self.family != context.family {
            return Err(ErrorKind::WrongFamily(Self::NAME.to_owned()));
        }
        translation::check(
            Self::NAME,
            [Hook::Prerouting, Hook::Output],
            self.to.and_then(|to| to.ports),
            rule,
            context,
            hook,
        )
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(to) = self.to else { return Ok(()) };
        let (addresses, ports) = to.lower(lowering);
        let family = Family::from(self.family).number().into();
        let [address_min, address_max] = addresses;
        let [port_min, port_max] = ports;
        let flags = translation::with_given(self.flags, addresses, ports);
        lowering.push(Nat { kind: Nat::DNAT, family, address_min, address_max, port_min, port_max, flags });
        Ok(())
    }

    fn lift(items: &[Item], rule: &Rule, family: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(act))] = items else { return None };
        let Action::Nat(nat) = act.action else { return None };
        let fits = nat.kind == Nat::DNAT && nat.family == u32::from(Family::from(family).number());
        let flags = translation::known_flags(nat.flags, Self::OPTIONS)?;
        let (addresses, ports) = ([nat.address_min, nat.address_max], [nat.port_min, nat.port_max]);
        let to = Endpoint::lift(act, addresses, ports, family)?;
        (fits && (to.ports.is_none() || translation::has_ports(rule))).then_some(Self { family, to: Some(to), flags })
    }
}
