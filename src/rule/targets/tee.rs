//! `-j TEE`: sends a copy of the packet to another host of the link.

use std::net::IpAddr;

use crate::expr::{Action, Dup, Register};
use crate::rule::address;
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{IpFamily, Rule};

/// `-j TEE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tee {
    family: IpFamily,
    /// `None` until `--gateway` was given.
    pub gateway: Option<IpAddr>,
    /// `--oif`.
    pub device: Option<Device>,
}

/// An interface: the rule's words name it, its expressions hold the number that it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its name.
    pub name: String,
    /// Its number, when the words were read.
    pub number: u32,
}

impl Extension for Tee {
    const NAME: &'static str = "TEE";
    const HELP: &'static str = "sends a copy to another host";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--gateway", &["an address"], "the host that gets the copy", "dup to 10.0.0.1").told("{}"),
        OptionSpec::new(
            "--oif",
            &["an interface"],
            "sends it by this interface, which has to be there: the rule holds its number",
            "dup to 10.0.0.1 device \"eth0\"",
        )
        .told("by interface {}"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-j TEE --gateway 10.0.0.1", "-j TEE --gateway 10.0.0.1"),
            ("-j TEE --oif lo --gateway 10.0.0.1", "-j TEE --gateway 10.0.0.1 --oif lo"),
            ("-6 -j TEE --gateway fe80::1 --oif lo", "-j TEE --gateway fe80::1 --oif lo"),
        ],
        refused: &[
            "-j TEE",
            "-j TEE --oif lo",
            "-j TEE --gateway x",
            "-j TEE --gateway ::1",
            "-j TEE --gateway 10.0.0.1 --oif none-such",
        ],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, gateway: None, device: None }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if given.option == "--oif" {
            let expected = "an interface that is there: the rule holds its number, which is looked up once";
            let number = given.read(expected, |name| given.names.interface(name))?;
            self.device = Some(Device { name: given.value().to_owned(), number });
        } else {
            self.gateway = Some(given.address()?);
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.gateway.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target TEE", options: "--gateway" })
    }

    fn render(&self) -> Vec<String> {
        let gateway = self.gateway.iter().flat_map(|gateway| ["--gateway".to_owned(), gateway.to_string()]);
        gateway.chain(self.device.iter().flat_map(|device| ["--oif".to_owned(), device.name.clone()])).collect()
    }

    fn list(&self) -> String {
        let gateway = self.gateway.map_or_else(String::new, |gateway| format!("TEE gw:{gateway}"));
        gateway + &self.device.as_ref().map_or_else(String::new, |device| format!(" oif={}", device.name))
    }
}

impl TargetExtension for Tee {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(gateway) = self.gateway else { return Ok(()) };
        lowering.constant(Register::R1, address::octets(gateway));
        if let Some(device) = &self.device {
            lowering.constant(Register::R2, device.number.to_ne_bytes().to_vec());
        }
        let device = self.device.as_ref().map(|_| Register::R2);
        lowering.push(Dup { address: Some(Register::R1), device });
        Ok(())
    }

    /// Where no interface is named: of one, the rule's own words tell.
    fn lift(items: &[Item], _: &Rule, family: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(act))] = items else { return None };
        let Action::Dup(Dup { address: Some(register), device: None }) = act.action else { return None };
        let gateway = address::from_octets(act.constant(register)?).filter(|&address| family.has(address))?;
        Some(Self { gateway: Some(gateway), ..Self::new(family) })
    }
}
