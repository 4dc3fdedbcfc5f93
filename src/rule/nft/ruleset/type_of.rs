//! `typeof`: nft keeps an example of a set's keys and values in the set's user data (`NFTNL_UDATA_SET_KEY_TYPEOF`), as
//! TLVs: a kind of expression, and TLVs of what it asks for.

use crate::expr::user_data::{number, only_tlvs};
use crate::expr::{
    Ct, Expression, Fib, Hash, Meta, Numgen, Osf, PayloadBase, Register, Rt, Socket, Xfrm, meta::Access,
};
use crate::rule::nft::field::{self, Field};
use crate::rule::nft::{header, operand, optional};

/// The examples of the parts, one behind the other; none for verdicts.
pub type TypeOf = Vec<Field>;

/// nft's kinds of expressions (`enum expr_types`).
const VERDICT: u32 = 1;
const PAYLOAD: u32 = 7;
const OPTIONAL: u32 = 8;
const META: u32 = 9;
const SOCKET: u32 = 10;
const OSF: u32 = 11;
const CT: u32 = 12;
const CONCATENATION: u32 = 13;
const NUMGEN: u32 = 23;
const HASH: u32 = 24;
const RT: u32 = 25;
const FIB: u32 = 26;
const XFRM: u32 = 27;

/// Reads one; `None` where a part of it is not known here.
#[must_use]
pub fn read(bytes: &[u8]) -> Option<TypeOf> {
    let Example { kind, data } = Example::read(bytes)?;
    match kind {
        VERDICT => Some(Vec::new()),
        CONCATENATION => only_tlvs(data)?.into_iter().map(|(_, part)| Example::read(part)?.field()).collect(),
        _ => Some(vec![Example { kind, data }.field()?]),
    }
}

/// nft counts the layers from 1 (`enum proto_bases`).
const fn base(number: u32) -> Option<PayloadBase> {
    match number {
        1 => Some(PayloadBase::Link),
        2 => Some(PayloadBase::Network),
        3 => Some(PayloadBase::Transport),
        4 => Some(PayloadBase::Inner),
        _ => None,
    }
}

/// One expression.
struct Example<'a> {
    kind: u32,
    data: &'a [u8],
}

impl<'a> Example<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        const KIND: u8 = 0;
        const DATA: u8 = 1;
        let found = only_tlvs(bytes)?;
        let value = |kind| found.iter().find(|tlv| tlv.0 == kind).map(|tlv| tlv.1);
        Some(Self { kind: number(value(KIND)?)?, data: value(DATA)? })
    }

    fn field(&self) -> Option<Field> {
        let only_tlvs = only_tlvs(self.data)?;
        let optional = |kind: u8| only_tlvs.iter().find(|tlv| tlv.0 == kind).map(|tlv| tlv.1).and_then(number);
        let get = |kind: u8| optional(kind).unwrap_or(0);
        // Nothing is loaded, it is only named.
        let destination = Register(1);
        let expression: Expression = match self.kind {
            PAYLOAD => {
                return match get(0) {
                    0 => Some(operand::raw_payload(base(get(2))?, get(3), get(4))),
                    header => header::numbered(header, get(1)),
                };
            }
            OPTIONAL => return optional::numbered(get(2), get(0), get(1)),
            META => Meta::load(get(0)).into(),
            SOCKET => Socket { key: get(0), destination, level: Some(get(1)) }.into(),
            OSF => Osf { destination, ttl: 0, flags: 0 }.into(),
            CT => {
                let direction = optional(1).and_then(|side| u8::try_from(side).ok());
                Ct { key: get(0), access: Access::Load(destination), direction }.into()
            }
            NUMGEN => Numgen { destination, modulus: get(1), kind: get(0), offset: get(2) }.into(),
            HASH if get(0) == Hash::SYMMETRIC => {
                let seed = optional(3).filter(|_| get(4) != 0);
                let kind = Hash::SYMMETRIC;
                Hash { source: None, destination, length: 0, modulus: get(2), seed, offset: get(1), kind }.into()
            }
            RT => Rt { destination, key: get(0) }.into(),
            FIB => Fib { destination, result: get(0), flags: get(1) }.into(),
            XFRM => {
                let direction = u8::try_from(get(2)).ok()?;
                Xfrm { destination, key: get(0), direction, number: get(1) }.into()
            }
            _ => return None,
        };
        Some(field::field(&expression, false))
    }
}
