//! `-j TOS`: the byte that IPv4 calls type of service and IPv6 traffic class.
//!
//! nft has a name for its upper six bits, the class. What sets all bits that a type of service has is said with that name, as
//! `iptables-translate` says it: the two bits below, which are congestion notification's today, stay as they are. Any other
//! change is made bit by bit.

use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::header_word::ServiceChange;
use crate::rule::values::masked_byte::MaskedByte;
use crate::rule::values::number::parse_byte;
use crate::rule::{IpFamily, Names, Rule};

/// The bits of a type of service (RFC 791, RFC 1349).
const TYPE: u8 = 0x3f;

/// `-j TOS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tos {
    family: IpFamily,
    /// `byte & !MASK ^ VALUE`; every option is a way to write that. `None` until one was given.
    pub change: Option<MaskedByte>,
}

impl Extension for Tos {
    const NAME: &'static str = "TOS";
    const HELP: &'static str = "sets the packet's type of service";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--set-tos",
            &["VALUE[/MASK], or a name such as Minimize-Delay"],
            "clears the bits of the mask, then flips those of the value; with a mask of 0x3f or more, sets the class",
            "ip dscp set 0x04, or the bits by their place",
        ),
        OptionSpec::new("--and-tos", &["a number up to 255"], "clears all other bits", "see --set-tos"),
        OptionSpec::new("--or-tos", &["a number up to 255"], "sets bits", "see --set-tos"),
        OptionSpec::new("--xor-tos", &["a number up to 255"], "flips bits", "see --set-tos"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -j TOS --set-tos 16", "-j TOS --set-tos 0x10/0xff"),
            ("-t mangle -j TOS --set-tos 0x1f/0x1f", "-j TOS --set-tos 0x1f/0x1f"),
            ("-t mangle -j TOS --set-tos 0x10/0xfc", "-j TOS --set-tos 0x10/0xfc"),
            ("-t mangle -j TOS --set-tos maximize-throughput", "-j TOS --set-tos 0x08/0x3f"),
            ("-t mangle -j TOS --and-tos 0x12", "-j TOS --set-tos 0x00/0xed"),
            ("-t mangle -j TOS --or-tos 0x12", "-j TOS --set-tos 0x12/0x12"),
            ("-t mangle -j TOS --xor-tos 0x12", "-j TOS --set-tos 0x12/0x00"),
            ("-j TOS --set-tos 1/3", "-j TOS --set-tos 0x01/0x03"),
            ("-6 -t mangle -j TOS --set-tos 0x1e", "-j TOS --set-tos 0x1e/0xff"),
            ("-6 -t mangle -j TOS --or-tos 0xff", "-j TOS --set-tos 0xff/0xff"),
            ("-6 -t mangle -j TOS --and-tos 0xff", "-j TOS --set-tos 0x00/0x00"),
        ],
        refused: &[
            "-t mangle -j TOS",
            "-t mangle -j TOS --set-tos 256",
            "-t mangle -j TOS --set-tos 16/",
            "-t mangle -j TOS --set-tos 16/0x1ff",
            "-t mangle -j TOS --set-tos Minimize-Cost/0xff",
            "-t mangle -j TOS --and-tos 0x100",
            "-t mangle -j TOS --or-tos Minimize-Cost",
            "-t mangle -j TOS --xor-tos x",
            "-t mangle -j TOS --set-tos 1 --or-tos 2",
        ],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, change: None }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if self.change.is_some() {
            return Err(ErrorKind::Conflict("--set-tos", given.option));
        }
        let bits = || given.read("a number from 0 to 255", parse_byte);
        self.change = Some(match given.option {
            "--set-tos" => MaskedByte::parse(given.value())?,
            "--and-tos" => MaskedByte { value: 0, mask: !bits()? },
            "--or-tos" => bits().map(|bits| MaskedByte { value: bits, mask: bits })?,
            _ => MaskedByte { value: bits()?, mask: 0 },
        });
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let options = "--set-tos, --and-tos, --or-tos or --xor-tos";
        self.change.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target TOS", options })
    }

    fn render(&self) -> Vec<String> {
        let words = |change: MaskedByte| ["--set-tos".to_owned(), change.render()];
        self.change.into_iter().flat_map(words).collect()
    }

    fn list(&self) -> String {
        self.change.map_or_else(String::new, |change| format!("TOS set {}", change.render()))
    }

    fn list_named(&self, _: &dyn Names, _: Option<u8>) -> String {
        let Some(change) = self.change else { return String::new() };
        let MaskedByte { value, mask } = change;
        match change.name() {
            // iptables puts the blank in front of the whole.
            Some(name) => format!(" TOS set{name}"),
            None if value == 0 => format!("TOS and 0x{:02x}", !mask),
            None if value == mask => format!("TOS or 0x{value:02x}"),
            None if mask == 0 => format!("TOS xor 0x{value:02x}"),
            None => self.list(),
        }
    }
}

impl TargetExtension for Tos {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some(MaskedByte { value, mask }) = self.change {
            let sets_class = mask & TYPE == TYPE;
            let change =
                if sets_class { ServiceChange::class(value) } else { ServiceChange { keep: !mask, flip: value } };
            change.lower(self.family, lowering);
        }
        Ok(())
    }

    /// What sets the class alone is [`super::dscp::Dscp`]'s, which is tried before; where TOS said it, the rule's own words
    /// tell.
    fn lift(items: &[Item], _: &Rule, family: IpFamily) -> Option<Self> {
        let ServiceChange { keep, flip } = ServiceChange::lift(items, family)?;
        let change = MaskedByte { value: flip, mask: !keep };
        (change.mask & TYPE != TYPE).then_some(Self { family, change: Some(change) })
    }
}
