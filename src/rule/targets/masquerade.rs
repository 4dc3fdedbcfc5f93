//! `-j MASQUERADE`: gives the connection the address of the interface that it leaves by.

use super::translation::{self, PortSpan};
use crate::expr::{Action, Masq};
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::table::Hook;
use crate::rule::{IpFamily, Rule};

/// `-j MASQUERADE`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Masquerade {
    /// `--to-ports`.
    pub ports: Option<PortSpan>,
    /// How a port is chosen.
    pub flags: u32,
}

impl Extension for Masquerade {
    const NAME: &'static str = "MASQUERADE";
    const HELP: &'static str = "gives the connection the address of the interface that it leaves by";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--to-ports", &["PORT[-PORT]"], "the new port", "masquerade to :1024-2048"),
        translation::RANDOM,
        translation::RANDOM_FULLY,
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t nat -j MASQUERADE", "-j MASQUERADE"),
            ("-t nat -o eth0 -j MASQUERADE --random", "-o eth0 -j MASQUERADE --random"),
            (
                "-t nat -p tcp -j MASQUERADE --to-ports 1024-2048 --random-fully",
                "-p tcp -j MASQUERADE --to-ports 1024-2048 --random-fully",
            ),
            ("-6 -t nat -p udp -j MASQUERADE --to-ports 53", "-p udp -j MASQUERADE --to-ports 53"),
        ],
        refused: &[
            "-j MASQUERADE",
            "-t nat -j MASQUERADE --to-ports 80",
            "-t nat -p tcp -j MASQUERADE --to-ports 65536",
            "-t nat -j MASQUERADE --persistent",
            "-t nat -p gre -j MASQUERADE --to-ports 80",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--to-ports" => self.ports = Some(PortSpan::parse(given.value(), given)?),
            flag => self.flags |= translation::flag(flag),
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let ports = self.ports.into_iter().flat_map(|ports| ["--to-ports".to_owned(), ports.render()]);
        ports.chain(translation::flag_options(self.flags).map(str::to_owned)).collect()
    }

    fn list(&self) -> String {
        let ports = self.ports.map_or_else(String::new, |ports| format!("masq ports: {}", ports.render()));
        format!("{ports}{}", translation::list_flags(self.flags)).trim_start().to_owned()
    }
}

impl TargetExtension for Masquerade {
    fn check(&self, rule: &Rule, context: &LowerContext<'_>, hook: Option<Hook>) -> Result<(), ErrorKind> {
        translation::check(Self::NAME, [Hook::Postrouting; 2], self.ports, rule, context, hook)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let ports = self.ports.map(|ports| ports.lower(lowering)).unwrap_or_default();
        let flags = translation::with_given(self.flags, [None; 2], ports);
        lowering.push(Masq { port_min: ports[0], port_max: ports[1], flags });
        Ok(())
    }

    fn lift(items: &[Item], rule: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(act))] = items else { return None };
        let Action::Masq(Masq { port_min, port_max, flags }) = act.action else { return None };
        let flags = translation::known_flags(flags, Self::OPTIONS)?;
        if port_min.is_none() {
            return Some(Self { ports: None, flags });
        }
        let ports = Some(PortSpan::lift(act, [port_min, port_max])?);
        translation::has_ports(rule).then_some(Self { ports, flags })
    }
}
