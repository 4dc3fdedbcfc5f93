//! `-m dccp`: ports and types of DCCP.

use crate::expr::{CmpOp, Element, Set, SetFlags};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::protocol;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::ports::{self, PortPair, Ports, Services};
use crate::rule::{IpFamily, Names};

/// `-m dccp`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dccp {
    /// `--sport`, `--dport`.
    pub ports: PortPair,
    /// `--dccp-types`: whether it was negated, and a bit for each of [`TYPES`].
    pub types: Option<(bool, u16)>,
}

/// Types of packets (RFC 4340, 5.1), each at its number; the last one stands for all that follow.
const TYPES: [&str; 11] =
    ["REQUEST", "RESPONSE", "DATA", "ACK", "DATAACK", "CLOSEREQ", "CLOSE", "RESET", "SYNC", "SYNCACK", "INVALID"];
const INVALID: u8 = 10;
/// The last type that the field has room for.
const LAST: u8 = 15;
/// nft's `TYPE_DCCP_PKTTYPE`.
const KEY_TYPE: u32 = 16;

fn parse_types(text: &str) -> Result<u16, ErrorKind> {
    text.split(',').try_fold(0, |bits, name| {
        let place = TYPES.iter().position(|known| known.eq_ignore_ascii_case(name));
        let expected = "a list of types of DCCP, such as REQUEST,RESPONSE";
        place.map(|place| bits | 1 << place).ok_or_else(|| ErrorKind::BadValue { value: name.to_owned(), expected })
    })
}

/// Where the byte holds a type: in four bits above the lowest.
const fn in_place(kind: u8) -> u8 {
    kind << 1
}

/// Types that are asked for, where one that stands for several makes intervals of all: neighbours are joined.
fn runs(bits: u16) -> Vec<([u8; 1], [u8; 1])> {
    let is_meant = |kind: u8| bits & 1 << kind.min(INVALID) != 0;
    let mut runs: Vec<([u8; 1], [u8; 1])> = Vec::new();
    for kind in (0..=LAST).filter(|&kind| is_meant(kind)) {
        match runs.last_mut() {
            Some((_, last)) if *last == [in_place(kind - 1)] => *last = [in_place(kind)],
            _ => runs.push(([in_place(kind)], [in_place(kind)])),
        }
    }
    runs
}

fn lower_types(negated: bool, bits: u16, lowering: &mut Lowering) {
    let set =
        |flags, elements| Set { flags: SetFlags(flags), key_type: KEY_TYPE, key_length: 1, elements, ..Set::default() };
    lowering.load_transport(8, 1);
    lowering.mask(&[in_place(LAST)]);
    if bits == 1 << INVALID {
        lowering.between(negated, &[in_place(INVALID)], &[in_place(LAST)]);
    } else if bits & 1 << INVALID != 0 {
        lowering.member(negated, set(SetFlags::INTERVAL, Element::intervals(&runs(bits))));
    } else if bits.is_power_of_two() {
        let kind = u8::try_from(bits.trailing_zeros()).unwrap_or(INVALID);
        lowering.compare(CmpOp::equal_unless(negated), &[in_place(kind)]);
    } else {
        let kinds = (0..INVALID).filter(|kind| bits & 1 << kind != 0);
        lowering.member(negated, set(0, kinds.map(|kind| Element::key([in_place(kind)])).collect()));
    }
}

impl Extension for Dccp {
    const NAME: &'static str = "dccp";
    const HELP: &'static str = "ports and types of DCCP; -p dccp loads it";
    const OPTIONS: &'static [OptionSpec] = &[
        ports::source_option("dccp sport 5, dccp sport != 5-9"),
        ports::destination_option("dccp dport 5"),
        OptionSpec::new(
            "--dccp-types",
            &["a list of types"],
            "REQUEST to SYNCACK, and INVALID for all behind them",
            "dccp type { request, response }",
        )
        .negatable(),
        OptionSpec::new("--dccp-option", &["a number"], "not taken: this kernel has no expression for it", "none")
            .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p dccp -m dccp --sport 5 ! --dport 1:9", "-p dccp -m dccp --sport 5 ! --dport 1:9"),
            ("-p dccp -m dccp --dccp-types request", "-p dccp -m dccp --dccp-types REQUEST"),
            ("-p dccp -m dccp ! --dccp-types ACK,DATA,INVALID", "-p dccp -m dccp ! --dccp-types DATA,ACK,INVALID"),
            ("-p dccp -m dccp ! --dccp-types INVALID", "-p dccp -m dccp ! --dccp-types INVALID"),
            (
                "-p dccp -m dccp --dccp-types SYNCACK,RESPONSE,INVALID",
                "-p dccp -m dccp --dccp-types RESPONSE,SYNCACK,INVALID",
            ),
            ("-p dccp -m dccp --dccp-types REQUEST,INVALID", "-p dccp -m dccp --dccp-types REQUEST,INVALID"),
            ("-p dccp -m dccp", "-p dccp -m dccp"),
        ],
        refused: &[
            "-m dccp --sport 5",
            "-p dccp -m dccp --sport x:y",
            "-p dccp -m dccp --dport 65536",
            "-p dccp -m dccp --dccp-types HELLO",
            "-p dccp -m dccp --dccp-option 5",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--sport" | "--dport" => {
                self.ports.put(given.option, Some(Ports::parse_any(given, Services::OfAny(Some(protocol::DCCP)))?))
            }
            "--dccp-types" => self.types = Some((given.negated, parse_types(given.value())?)),
            _ => {
                return Err(ErrorKind::NoNativeForm {
                    what: "--dccp-option",
                    reason: "the kernel's expression for options of DCCP is not there",
                    instead: "match ports or types",
                });
            }
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = self.ports.render();
        if let Some((negated, bits)) = self.types {
            words.extend(negated.then(|| "!".to_owned()));
            let names: Vec<&str> =
                (0..TYPES.len()).filter(|&kind| bits & 1 << kind != 0).map(|kind| TYPES[kind]).collect();
            words.extend(["--dccp-types".to_owned(), names.join(",")]);
        }
        words
    }

    fn list(&self) -> String {
        format!(
            "dccp{}{}",
            self.ports.list(),
            self.list_rest(|kind| match kind == usize::from(INVALID) {
                true => (kind..16).map(|kind| kind.to_string()).collect::<Vec<_>>().join(","),
                false => kind.to_string(),
            })
        )
    }

    fn list_named(&self, names: &dyn Names, _: Option<u8>) -> String {
        let name = |kind: usize| TYPES[kind.min(INVALID.into())].to_owned();
        format!("dccp{}{}", self.ports.list_named(protocol::DCCP, names), self.list_rest(name))
    }
}

impl Dccp {
    /// What stands behind the ports.
    fn list_rest(&self, text_of: impl Fn(usize) -> String) -> String {
        let mut text = String::new();
        if let Some((negated, bits)) = self.types {
            let numbers: Vec<String> = (0..TYPES.len()).filter(|&kind| bits & 1 << kind != 0).map(text_of).collect();
            text += &format!(" {}{}", if negated { "! " } else { "" }, numbers.join(","));
        }
        text
    }
}

impl MatchExtension for Dccp {
    const PROTOCOL: Option<u8> = Some(protocol::DCCP);

    fn brings_protocol(&self, _: IpFamily) -> bool {
        self.ports != PortPair::default() || self.types.is_some()
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        self.ports.lower(lowering);
        if let Some((negated, bits)) = self.types {
            lower_types(negated, bits, lowering);
        }
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
