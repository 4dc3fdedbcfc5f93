//! `-m tos`: the octet of IPv4's type of service, IPv6's traffic class.

use crate::expr::CmpOp;
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::masked_byte::MaskedByte;
use crate::rule::{IpFamily, Names};

/// The octet and the bits of it that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tos(MaskedByte);

impl Asked for Tos {
    const MATCH: &'static str = "match tos";
    const HELP: &'static str = "the octet that DS field and ECN share";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--tos",
        &["a number, NUMBER/MASK or a name"],
        "the octet; Minimize-Delay, Maximize-Throughput, Maximize-Reliability, \
         Minimize-Cost, Normal-Service stand for bits under 0x3f",
        "@nh,8,8 0x10, @nh,8,8 & 0x3f == 0x10",
    )
    .told("its type of service is [not ]{}")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m tos --tos 0x10", "-m tos --tos 0x10/0xff"),
            ("-m tos ! --tos 4/0x3f", "-m tos ! --tos 0x04/0x3f"),
            ("-m tos --tos minimize-delay", "-m tos --tos 0x10/0x3f"),
        ],
        refused: &["-m tos", "-m tos --tos 256", "-m tos --tos 1/", "-m tos --tos Haste"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        MaskedByte::parse(given.value()).map(Self)
    }

    fn render(&self) -> String {
        self.0.render()
    }

    fn list(&self, negated: bool) -> String {
        format!("tos match{}{}", if negated { "!" } else { "" }, self.0.render())
    }

    fn list_named(&self, negated: bool, _: &dyn Names) -> String {
        let sign = if negated { "!" } else { "" };
        self.0.name().map_or_else(|| self.list(negated), |name| format!("tos match{sign} {name}"))
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let (value, mask) = (self.0.value, self.0.mask);
        match lowering.family {
            IpFamily::V4 => {
                lowering.load_network(1, 1);
                if mask != 0xff {
                    lowering.mask(&[mask]);
                }
                lowering.compare(CmpOp::equal_unless(negated), &[value]);
            }
            IpFamily::V6 => {
                lowering.load_network(0, 2);
                lowering.mask(&(u16::from(mask) << 4).to_be_bytes());
                lowering.compare(CmpOp::equal_unless(negated), &(u16::from(value) << 4).to_be_bytes());
            }
        }
        Ok(())
    }
}
