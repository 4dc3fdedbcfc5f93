//! `-j TEE`: sends a copy of the packet to another host of the link.

use std::net::IpAddr;

use crate::expr::{Dup, Register};
use crate::rule::address;
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lower::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{IpFamily, Rule};

/// `-j TEE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tee {
    family: IpFamily,
    /// `None` until `--gateway` was given.
    pub gateway: Option<IpAddr>,
}

impl Extension for Tee {
    const NAME: &'static str = "TEE";
    const HELP: &'static str = "sends a copy to another host";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--gateway", &["an address"], "the host that gets the copy", "dup to 10.0.0.1"),
        OptionSpec::new("--oif", &["an interface"], "not taken: a rule would hold its number, not its name", "none"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[("-j TEE --gateway 10.0.0.1", "-j TEE --gateway 10.0.0.1")],
        refused: &["-j TEE", "-j TEE --gateway x", "-j TEE --gateway ::1", "-j TEE --gateway 10.0.0.1 --oif eth0"],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, gateway: None }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if given.option == "--oif" {
            return Err(ErrorKind::NoNativeForm {
                what: "TEE --oif",
                reason: "the expression holds the number of an interface that is there now, not a name",
                instead: "leave it out: the route to the gateway names the interface",
            });
        }
        let fits = |address: &IpAddr| address.is_ipv4() == (self.family == IpFamily::V4);
        self.gateway = Some(given.read("an address of this family", |text| text.parse().ok().filter(fits))?);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.gateway.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target TEE", options: "--gateway" })
    }

    fn render(&self) -> Vec<String> {
        self.gateway.into_iter().flat_map(|gateway| ["--gateway".to_owned(), gateway.to_string()]).collect()
    }

    fn list(&self) -> String {
        self.gateway.map_or_else(String::new, |gateway| format!("TEE gw:{gateway}"))
    }
}

impl TargetExtension for Tee {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(gateway) = self.gateway else { return Ok(()) };
        lowering.constant(Register::R1, address::octets(gateway));
        lowering.push(Dup { address: Some(Register::R1), device: None });
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        None
    }
}
