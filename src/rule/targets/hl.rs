//! `-j HL`: how many hops the packet may still go.

use crate::expr::payload::PayloadAccess;
use crate::expr::{Payload, PayloadBase, Register};
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::matches::masked_number::parse_number;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// `-j HL`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Hl {
    /// `None` until `--hl-set` was given.
    pub hops: Option<u8>,
}

impl Extension for Hl {
    const NAME: &'static str = "HL";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const HELP: &'static str = "sets how many hops the packet may still go; only in table mangle";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--hl-set", &["a number up to 255"], "so many", "ip6 hoplimit set 5"),
        OptionSpec::new("--hl-inc", &["a number"], "not taken: nf_tables does not add", "none"),
        OptionSpec::new("--hl-dec", &["a number"], "not taken: nf_tables does not subtract", "none"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-6 -t mangle -j HL --hl-set 5", "-j HL --hl-set 5"),
            ("-6 -t mangle -j HL --hl-set 0xff", "-j HL --hl-set 255"),
        ],
        refused: &[
            "-6 -t mangle -j HL",
            "-6 -t mangle -j HL --hl-set 256",
            "-6 -t mangle -j HL --hl-inc 1",
            "-6 -t mangle -j HL --hl-dec 1",
            "-6 -j HL --hl-set 5",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if given.option != "--hl-set" {
            return Err(ErrorKind::NoNativeForm {
                what: "counting hops up or down",
                reason: "nf_tables changes bits and sets values, it does not add",
                instead: "set a number (--hl-set)",
            });
        }
        let number = |text: &str| parse_number(text).and_then(|number| u8::try_from(number).ok());
        self.hops = Some(given.read("a number up to 255", number)?);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "target HL", options: "--hl-set" };
        self.hops.map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        self.hops.into_iter().flat_map(|hops| ["--hl-set".to_owned(), hops.to_string()]).collect()
    }

    fn list(&self) -> String {
        self.hops.map_or_else(String::new, |hops| format!("HL set to {hops}"))
    }
}

impl TargetExtension for Hl {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_table(BuiltinTable::Mangle, Self::NAME)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(hops) = self.hops else { return Ok(()) };
        let access = PayloadAccess::Store { register: Register::R1, checksum: 0, checksum_offset: 0, flags: 0 };
        lowering.constant(Register::R1, vec![hops]);
        lowering.push(Payload { access, ..Payload::load(PayloadBase::Network, 7, 1) });
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        None
    }
}
