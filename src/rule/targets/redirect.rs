//! `-j REDIRECT`: gives the connection this host as destination.

use super::translation::{self, PortSpan};
use crate::expr::{Action, Redir};
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::table::Hook;
use crate::rule::{IpFamily, Rule};

/// `-j REDIRECT`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Redirect {
    /// `--to-ports`.
    pub ports: Option<PortSpan>,
    /// How a port is chosen.
    pub flags: u32,
}

impl Extension for Redirect {
    const NAME: &'static str = "REDIRECT";
    const HELP: &'static str = "gives the connection this host as destination";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--to-ports", &["PORT[-PORT]"], "the new port", "redirect to :8080"), translation::RANDOM];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t nat -j REDIRECT", "-j REDIRECT"),
            (
                "-t nat -p tcp --dport 80 -j REDIRECT --to-ports 8080",
                "-p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080",
            ),
            ("-t nat -p tcp -j REDIRECT --to-ports ssh", "-p tcp -j REDIRECT --to-ports 22"),
            ("-6 -t nat -p udp -j REDIRECT --to-ports 53-54 --random", "-p udp -j REDIRECT --to-ports 53-54 --random"),
        ],
        refused: &[
            "-j REDIRECT",
            "-t nat -j REDIRECT --to-ports 80",
            "-t nat -p tcp -j REDIRECT --to-ports 90-80",
            "-t nat -p tcp -j REDIRECT --to-ports",
            "-t nat -j REDIRECT --random-fully",
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
        let ports = self.ports.map_or_else(String::new, |ports| format!("redir ports {}", ports.render()));
        format!("{ports}{}", translation::list_flags(self.flags)).trim_start().to_owned()
    }
}

impl TargetExtension for Redirect {
    fn check(&self, rule: &Rule, context: &LowerContext<'_>, hook: Option<Hook>) -> Result<(), ErrorKind> {
        translation::check(Self::NAME, [Hook::Prerouting, Hook::Output], self.ports, rule, context, hook)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let ports = self.ports.map(|ports| ports.lower(lowering)).unwrap_or_default();
        let flags = translation::with_given(self.flags, [None; 2], ports);
        lowering.push(Redir { port_min: ports[0], port_max: ports[1], flags });
        Ok(())
    }

    fn lift(items: &[Item], rule: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(act))] = items else { return None };
        let Action::Redir(Redir { port_min, port_max, flags }) = act.action else { return None };
        let flags = translation::known_flags(flags, Self::OPTIONS)?;
        if port_min.is_none() {
            return Some(Self { ports: None, flags });
        }
        let ports = Some(PortSpan::lift(act, [port_min, port_max])?);
        translation::has_ports(rule).then_some(Self { ports, flags })
    }
}
