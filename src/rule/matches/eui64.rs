//! `-m eui64`: the source's interface identifier is made of the sender's Ethernet address (RFC 4291, appendix A).
//!
//! nf_tables compares a field with constants. That two bytes of a packet belong together is a lookup of both in a set of
//! the 256 pairs that do; six bytes of the Ethernet address make six such lookups.

use crate::expr::user_data::{self, RawBytes};
use crate::expr::{CmpOp, Element, PayloadBase, Register, Set};
use crate::rule::ast::Rule;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Bare, MatchExtension, Samples};
use crate::rule::{Hook, IpFamily};

/// `-m eui64`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Eui64;

/// Where Ethernet's header has the sender's address, and the protocol of what it carries.
const SENDER: u32 = 6;
const ETHER_TYPE: u32 = 12;
const IPV6: [u8; 2] = [0x86, 0xdd];
/// First byte of the interface identifier in IPv6's header, and what stands amid the six bytes.
const IDENTIFIER: u32 = 16;
const AMID: u32 = IDENTIFIER + 3;
const FILLER: [u8; 2] = [0xff, 0xfe];
/// The bit of the first byte that is turned round.
const UNIVERSAL: u8 = 0x02;
/// Bytes of the Ethernet address in front of [`FILLER`], and all.
const HALF: u32 = 3;
const BYTES: u32 = 6;
/// nft's `TYPE_INTEGER`, twice.
const KEY_TYPE: u32 = 4 << 6 | 4;
/// A byte in a key of several takes a register of its own.
const FIELD: usize = 4;

impl Bare for Eui64 {
    const NAME: &'static str = "eui64";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V6);
    const HELP: &'static str =
        "the source's interface identifier is made of the sender's Ethernet address: six lookups";
    const SAMPLES: Samples =
        Samples { accepted: &[("-m eui64", "-m eui64")], refused: &["-m eui64 --x", "! -m eui64", "-4 -m eui64"] };
    const LISTED: &'static str = <Self as Bare>::NAME;
}

/// The pairs of a byte at the first place and the one at the second that it becomes, with these bits turned round.
fn pairs(places: [RawBytes; 2], turned: u8) -> Set {
    let pair = |byte: u8| {
        let mut key = vec![0; 2 * FIELD];
        (key[0], key[FIELD]) = (byte, byte ^ turned);
        Element::key(key)
    };
    let elements = (0..=u8::MAX).map(pair).collect();
    let (key_length, user_data) = (2 * FIELD as u32, user_data::of_raw_bytes(&places));
    Set { key_type: KEY_TYPE, key_length, elements, user_data, ..Set::default() }
}

impl MatchExtension for Eui64 {
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        context.require_hook(&[Hook::Prerouting, Hook::Input, Hook::Forward], "match eui64")
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_part(Register::R1, PayloadBase::Link, ETHER_TYPE, 2);
        lowering.compare(CmpOp::Eq, &IPV6);
        lowering.load_part(Register::R1, PayloadBase::Network, AMID, 2);
        lowering.compare(CmpOp::Eq, &FILLER);
        for byte in 0..BYTES {
            let behind = if byte < HALF { 0 } else { 2 };
            let places = [(PayloadBase::Link, SENDER + byte, 1), (PayloadBase::Network, IDENTIFIER + byte + behind, 1)];
            for (slot, (base, offset, length)) in (0..).zip(places) {
                lowering.load_part(Register::slot(slot), base, offset, length);
            }
            lowering.member(false, pairs(places, if byte == 0 { UNIVERSAL } else { 0 }));
        }
        Ok(())
    }

    /// Never: the rule's own words tell.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
