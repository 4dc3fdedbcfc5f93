//! `-j TTL`: how many hops the packet may still go.

use super::header_word::HeaderWord;
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lower::{LowerContext, Lowering};
use crate::rule::matches::masked_number::parse_number;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// `-j TTL`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ttl {
    /// `None` until `--ttl-set` was given.
    pub hops: Option<u8>,
}

impl Extension for Ttl {
    const NAME: &'static str = "TTL";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V4);
    const HELP: &'static str = "sets how many hops the packet may still go; only in table mangle";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--ttl-set", &["a number up to 255"], "so many", "ip ttl set 5"),
        OptionSpec::new("--ttl-inc", &["a number"], "not taken: nf_tables does not add", "none"),
        OptionSpec::new("--ttl-dec", &["a number"], "not taken: nf_tables does not subtract", "none"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -j TTL --ttl-set 5", "-j TTL --ttl-set 5"),
            ("-t mangle -j TTL --ttl-set 0xff", "-j TTL --ttl-set 255"),
        ],
        refused: &[
            "-t mangle -j TTL",
            "-t mangle -j TTL --ttl-set 256",
            "-t mangle -j TTL --ttl-inc 1",
            "-t mangle -j TTL --ttl-dec 1",
            "-j TTL --ttl-set 5",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if given.option != "--ttl-set" {
            return Err(ErrorKind::NoNativeForm {
                what: "counting hops up or down",
                reason: "nf_tables changes bits and sets values, it does not add",
                instead: "set a number (--ttl-set)",
            });
        }
        let number = |text: &str| parse_number(text).and_then(|number| u8::try_from(number).ok());
        self.hops = Some(given.read("a number up to 255", number)?);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "target TTL", options: "--ttl-set" };
        self.hops.map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        self.hops.into_iter().flat_map(|hops| ["--ttl-set".to_owned(), hops.to_string()]).collect()
    }

    fn list(&self) -> String {
        self.hops.map_or_else(String::new, |hops| format!("TTL set to {hops}"))
    }
}

impl TargetExtension for Ttl {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_table(BuiltinTable::Mangle, Self::NAME)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(hops) = self.hops else { return Ok(()) };
        HeaderWord::TTL.change(0x00ff, u16::from(hops) << 8, lowering);
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let (keep, flip) = HeaderWord::TTL.lift_change(items)?;
        let hops = u8::try_from(flip >> 8).ok().filter(|_| keep == 0x00ff && flip & 0xff == 0);
        hops.map(|hops| Self { hops: Some(hops) })
    }
}
