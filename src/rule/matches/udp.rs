//! `-m udp`: ports.

use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::ports::{self, PortPair, Ports, Services};
use crate::rule::{IpFamily, Names, protocol};

/// `-m udp`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Udp {
    /// `--sport`, `--dport`.
    pub ports: PortPair,
}

impl Extension for Udp {
    const NAME: &'static str = "udp";
    const HELP: &'static str = "ports of UDP; -p udp loads it";
    const OPTIONS: &'static [OptionSpec] = &[
        ports::source_option("udp sport 53, udp sport 1-100, udp sport != 53"),
        ports::destination_option("udp dport 53, udp dport 1-100, udp dport != 53"),
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
        self.ports.put(given.option, Ports::parse(given, Services::OfAny(Some(protocol::UDP)))?);
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        self.ports.render()
    }

    fn list(&self) -> String {
        format!("udp{}", self.ports.list())
    }

    fn list_named(&self, names: &dyn Names, _: Option<u8>) -> String {
        format!("udp{}", self.ports.list_named(protocol::UDP, names))
    }
}

impl MatchExtension for Udp {
    const PROTOCOL: Option<u8> = Some(protocol::UDP);

    fn brings_protocol(&self, _: IpFamily) -> bool {
        *self != Self::default()
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        self.ports.lower(lowering);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        if lifting.protocol() != Some(protocol::UDP) {
            return None;
        }
        let mut ports = PortPair { source: Ports::lift(lifting.condition()?, ports::SOURCE), destination: None };
        if ports.source.is_some() {
            lifting.advance();
        }
        ports.destination = lifting.condition().and_then(|condition| Ports::lift(condition, ports::DESTINATION));
        if ports.destination.is_some() {
            lifting.advance();
        }
        (ports != PortPair::default()).then_some(Self { ports })
    }
}
