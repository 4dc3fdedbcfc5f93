//! `-m udp`: ports.

use super::ports::{self, Ports};
use crate::rule::error::ErrorKind;
use crate::rule::lift::Lifting;
use crate::rule::lower::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::{IpFamily, protocol};

/// `-m udp`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Udp {
    /// `--sport`.
    pub source: Option<Ports>,
    /// `--dport`.
    pub destination: Option<Ports>,
}

impl Extension for Udp {
    const NAME: &'static str = "udp";
    const HELP: &'static str = "ports of UDP; -p udp loads it";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--sport",
            &["a port or a range of ports"],
            "source port or FROM:TO",
            "udp sport 53, udp sport 1-100, udp sport != 53",
        )
        .aliases(&["--source-port"])
        .negatable(),
        OptionSpec::new(
            "--dport",
            &["a port or a range of ports"],
            "destination port or FROM:TO",
            "udp dport 53, udp dport 1-100, udp dport != 53",
        )
        .aliases(&["--destination-port"])
        .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p udp --dport 53", "-p udp -m udp --dport 53"),
            ("-p udp --sport 67:68 ! --dport 5", "-p udp -m udp --sport 67:68 ! --dport 5"),
            ("-p udp -m udp", "-p udp -m udp"),
        ],
        refused: &["-m udp --dport 1", "-p tcp -m udp --dport 1", "-p udp --dport x:y", "-p udp --syn"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let ports = Ports::parse(given, protocol::UDP)?;
        match given.option {
            "--sport" => self.source = ports,
            _ => self.destination = ports,
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        if let Some(ports) = self.source {
            ports.render("--sport", &mut words);
        }
        if let Some(ports) = self.destination {
            ports.render("--dport", &mut words);
        }
        words
    }

    fn list(&self) -> String {
        let mut text = "udp".to_owned();
        text += &self.source.map_or_else(String::new, |ports| ports.list("spt"));
        text += &self.destination.map_or_else(String::new, |ports| ports.list("dpt"));
        text
    }
}

impl MatchExtension for Udp {
    const PROTOCOL: Option<u8> = Some(protocol::UDP);

    fn brings_protocol(&self, _: IpFamily) -> bool {
        *self != Self::default()
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some(ports) = self.source {
            ports.lower(ports::SOURCE, lowering);
        }
        if let Some(ports) = self.destination {
            ports.lower(ports::DESTINATION, lowering);
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        if lifting.protocol() != Some(protocol::UDP) {
            return None;
        }
        let mut udp = Self { source: Ports::lift(lifting.condition()?, ports::SOURCE), destination: None };
        if udp.source.is_some() {
            lifting.advance();
        }
        udp.destination = lifting.condition().and_then(|condition| Ports::lift(condition, ports::DESTINATION));
        if udp.destination.is_some() {
            lifting.advance();
        }
        (udp != Self::default()).then_some(udp)
    }
}
