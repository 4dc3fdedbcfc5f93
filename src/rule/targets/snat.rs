//! `-j SNAT`: gives the connection another source.

use super::translation::{self, Endpoint};
use crate::expr::{Action, Family, Nat};
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::table::Hook;
use crate::rule::{IpFamily, Rule};

/// `-j SNAT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Snat {
    family: IpFamily,
    /// `--to-source`.
    pub to: Option<Endpoint>,
    /// How an address and a port are chosen out of several.
    pub flags: u32,
}

impl Extension for Snat {
    const NAME: &'static str = "SNAT";
    const HELP: &'static str = "gives the connection another source";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--to-source",
            &["ADDRESS[-ADDRESS][:PORT[-PORT]]"],
            "the new source; IPv6 addresses before a port stand in brackets",
            "snat to 1.2.3.4, snat to 1.2.3.4-1.2.3.9:80-90",
        ),
        translation::RANDOM,
        translation::RANDOM_FULLY,
        translation::PERSISTENT,
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t nat -j SNAT --to-source 1.2.3.4", "-j SNAT --to-source 1.2.3.4"),
            (
                "-t nat -j SNAT --to-source 1.2.3.4-1.2.3.9 --persistent",
                "-j SNAT --to-source 1.2.3.4-1.2.3.9 --persistent",
            ),
            (
                "-t nat -p tcp -j SNAT --random --to-source 1.2.3.4:80-90",
                "-p tcp -j SNAT --to-source 1.2.3.4:80-90 --random",
            ),
            ("-t nat -p udp -j SNAT --to-source :53 --random-fully", "-p udp -j SNAT --to-source :53 --random-fully"),
            (
                "-6 -t nat -p tcp -j SNAT --to-source [fe80::1-fe80::9]:80",
                "-p tcp -j SNAT --to-source [fe80::1-fe80::9]:80",
            ),
            ("-6 -t nat -j SNAT --to-source fe80::1", "-j SNAT --to-source fe80::1"),
        ],
        refused: &[
            "-t nat -j SNAT",
            "-t nat -j SNAT --random",
            "-t nat -j SNAT --to-source",
            "-t nat -j SNAT --to-source x",
            "-t nat -j SNAT --to-source 1.2.3.4:80",
            "-t nat -p tcp -j SNAT --to-source 1.2.3.4:65536",
            "-t nat -p tcp -j SNAT --to-source 1.2.3.4:90-80",
            "-t nat -j SNAT --to-source 1.2.3.9-1.2.3.4",
            "-t nat -j SNAT --to-source 1.2.3.4 --to-source 1.2.3.5",
            "-t nat -j SNAT --to-source fe80::1",
            "-6 -t nat -j SNAT --to-source 1.2.3.4",
            "-t filter -j SNAT --to-source 1.2.3.4",
        ],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, to: None, flags: 0 }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--to-source" => self.to = Some(Endpoint::parse(given)?),
            flag => self.flags |= translation::flag(flag),
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.to.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target SNAT", options: "--to-source" })
    }

    fn render(&self) -> Vec<String> {
        let to = self.to.into_iter().flat_map(|to| ["--to-source".to_owned(), to.render()]);
        to.chain(translation::flag_options(self.flags).map(str::to_owned)).collect()
    }

    fn list(&self) -> String {
        let to = self.to.map_or_else(String::new, |to| to.render());
        format!("to:{to}{}", translation::list_flags(self.flags))
    }
}

impl TargetExtension for Snat {
    fn check(&self, rule: &Rule, context: &LowerContext<'_>, hook: Option<Hook>) -> Result<(), ErrorKind> {
        if self.family != context.family {
            return Err(ErrorKind::WrongFamily(Self::NAME.to_owned()));
        }
        translation::check(
            Self::NAME,
            [Hook::Input, Hook::Postrouting],
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
        lowering.push(Nat { kind: Nat::SNAT, family, address_min, address_max, port_min, port_max, flags });
        Ok(())
    }

    fn lift(items: &[Item], rule: &Rule, family: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(act))] = items else { return None };
        let Action::Nat(nat) = act.action else { return None };
        let fits = nat.kind == Nat::SNAT && nat.family == u32::from(Family::from(family).number());
        let flags = translation::known_flags(nat.flags, Self::OPTIONS)?;
        let (addresses, ports) = ([nat.address_min, nat.address_max], [nat.port_min, nat.port_max]);
        let to = Endpoint::lift(act, addresses, ports, family)?;
        (fits && (to.ports.is_none() || translation::has_ports(rule))).then_some(Self { family, to: Some(to), flags })
    }
}
