//! `-m ecn`: explicit congestion notification (RFC 3168).

use crate::expr::CmpOp;
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::protocol;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_byte;

/// `-m ecn`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ecn {
    /// `--ecn-tcp-ece`; whether it was negated.
    pub echo: Option<bool>,
    /// `--ecn-tcp-cwr`; whether it was negated.
    pub reduced: Option<bool>,
    /// `--ecn-ip-ect`; whether it was negated, and the bits.
    pub transport: Option<(bool, u8)>,
}

const ECE: u8 = 0x40;
const CWR: u8 = 0x80;

/// TCP's flags (RFC 9293), and the byte of the network header that has the two bits (RFC 3168).
const FLAGS: Selector = Selector::transport(13, 1);
const SERVICE: Selector = Selector::network(1, 1);

/// Where the two bits are in that byte.
const fn transport_shift(family: IpFamily) -> u8 {
    match family {
        IpFamily::V4 => 0,
        IpFamily::V6 => 4,
    }
}

impl Extension for Ecn {
    const NAME: &'static str = "ecn";
    const HELP: &'static str = "explicit congestion notification";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--ecn-tcp-ece", &[], "TCP echoes congestion", "tcp flags ecn").negatable(),
        OptionSpec::new("--ecn-tcp-cwr", &[], "TCP has reduced its window", "tcp flags cwr").negatable(),
        OptionSpec::new("--ecn-ip-ect", &["0 to 3"], "the bits of the network header", "ip ecn ect0").negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p tcp -m ecn --ecn-tcp-cwr", "-p tcp -m ecn --ecn-tcp-cwr"),
            ("-p tcp -m ecn ! --ecn-tcp-ece", "-p tcp -m ecn ! --ecn-tcp-ece"),
            (
                "-p tcp -m ecn --ecn-ip-ect 2 ! --ecn-tcp-cwr --ecn-tcp-ece",
                "-p tcp -m ecn --ecn-tcp-ece ! --ecn-tcp-cwr --ecn-ip-ect 2",
            ),
            ("-m ecn ! --ecn-ip-ect 0", "-m ecn ! --ecn-ip-ect 0"),
            ("-m ecn --ecn-tcp-cwr --ecn-ip-ect 1", "-m ecn --ecn-tcp-cwr --ecn-ip-ect 1"),
        ],
        refused: &["-m ecn", "-p udp -m ecn --ecn-tcp-ece", "-m ecn --ecn-ip-ect 4", "-m ecn --ecn-ip-ect x"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--ecn-tcp-ece" => self.echo = Some(given.negated),
            "--ecn-tcp-cwr" => self.reduced = Some(given.negated),
            _ => {
                let bits = |text: &str| parse_byte(text).filter(|&bits| bits < 4);
                self.transport = Some((given.negated, given.read("a number from 0 to 3", bits)?));
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let options = "one of --ecn-tcp-ece, --ecn-tcp-cwr and --ecn-ip-ect";
        let missing = ErrorKind::MissingOption { extension: "match ecn", options };
        if *self == Self::default() { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (option, negated) in [("--ecn-tcp-ece", self.echo), ("--ecn-tcp-cwr", self.reduced)] {
            words.extend(negated.filter(|&negated| negated).map(|_| "!".to_owned()));
            words.extend(negated.map(|_| option.to_owned()));
        }
        if let Some((negated, bits)) = self.transport {
            words.extend(negated.then(|| "!".to_owned()));
            words.extend(["--ecn-ip-ect".to_owned(), bits.to_string()]);
        }
        words
    }

    fn list(&self) -> String {
        let sign = |negated: bool| if negated { "!" } else { "" };
        let mut text = "ECN match".to_owned();
        text += &self.echo.map_or_else(String::new, |negated| format!(" {}ECE", sign(negated)));
        text += &self.reduced.map_or_else(String::new, |negated| format!(" {}CWR", sign(negated)));
        text += &self.transport.map_or_else(String::new, |(negated, bits)| format!(" {}ECT={bits}", sign(negated)));
        text
    }
}

impl MatchExtension for Ecn {
    fn finds_protocol(&self, _: IpFamily) -> Option<u8> {
        (self.echo.is_some() || self.reduced.is_some()).then_some(protocol::TCP)
    }

    fn brings_protocol(&self, family: IpFamily) -> bool {
        self.finds_protocol(family).is_some()
    }

    /// Negated, the flag is not set: nft's `tcp flags != ecn`, which iptables-translate writes, asks for other flags.
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        for (flag, negated) in [(ECE, self.echo), (CWR, self.reduced)] {
            let Some(negated) = negated else { continue };
            lowering.load_transport(13, 1);
            lowering.mask(&[flag]);
            lowering.compare(if negated { CmpOp::Eq } else { CmpOp::Neq }, &[0]);
        }
        if let Some((negated, bits)) = self.transport {
            let shift = transport_shift(lowering.family);
            lowering.load_network(1, 1);
            lowering.mask(&[3 << shift]);
            lowering.compare(CmpOp::equal_unless(negated), &[bits << shift]);
        }
        Ok(())
    }

    /// The flags in this order, which is that of [`Ecn::lower`], then the bits of the network header.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let tcp = lifting.protocol() == Some(protocol::TCP);
        let shift = transport_shift(lifting.family);
        let mut ecn = Self::default();
        while let Some(condition) = lifting.condition().filter(|found| [FLAGS, SERVICE].contains(&found.selector)) {
            let Some((unequal, &[value], mask)) = condition.under_mask() else { break };
            match (condition.selector, mask.as_slice()) {
                (FLAGS, [ECE]) if tcp && ecn == Self::default() && value & !ECE == 0 => {
                    ecn.echo = Some(unequal == (value == ECE));
                }
                (FLAGS, [CWR]) if tcp && ecn.reduced.is_none() && ecn.transport.is_none() && value & !CWR == 0 => {
                    ecn.reduced = Some(unequal == (value == CWR));
                }
                (SERVICE, &[mask]) if mask == 3 << shift && ecn.transport.is_none() && value & !mask == 0 => {
                    ecn.transport = Some((unequal, value >> shift));
                }
                _ => break,
            }
            lifting.advance();
        }
        (ecn != Self::default()).then_some(ecn)
    }
}
