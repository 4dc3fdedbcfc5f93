//! One event of a packet's way through the rules, as the kernel reports it (`enum nft_trace_attributes`,
//! linux/netfilter/nf_tables.h).
//!
//! A marked packet gives an event for each rule that matched it, for the end of a chain that it came to, and for the
//! policy that decided. Rules that did not match give none. The packet itself and its interfaces are in the first
//! event of each base chain alone.

use crate::expr::attribute::{Attribute, ByKind};
use crate::expr::{Attributes, Family, Policy, Verdict};

const TABLE: u16 = 1;
const CHAIN: u16 = 2;
const RULE_HANDLE: u16 = 3;
const TYPE: u16 = 4;
const VERDICT: u16 = 5;
const ID: u16 = 6;
/// 7 is `NFTA_TRACE_LL_HEADER`, the head of the link's header: nothing here is told by it.
const NETWORK_HEADER: u16 = 8;
const TRANSPORT_HEADER: u16 = 9;
const IIF: u16 = 10;
const IIFTYPE: u16 = 11;
const OIF: u16 = 12;
const OIFTYPE: u16 = 13;
const MARK: u16 = 14;
const NFPROTO: u16 = 15;
const POLICY: u16 = 16;
/// 17 is `NFTA_TRACE_PAD`, alignment without meaning. From here on Linux 6.16 or later.
const CT_ID: u16 = 18;
const CT_DIRECTION: u16 = 19;
const CT_STATUS: u16 = 20;
const CT_STATE: u16 = 21;

/// What an event is about (`enum nft_trace_types`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TraceKind {
    /// The policy of a base chain decided, because no rule did.
    Policy,
    /// A chain was left.
    Return,
    /// A rule matched.
    Rule,
    /// A number that this version does not know.
    Other(u32),
}

/// Both directions of number and kind are read from this one table.
const KINDS: [(u32, TraceKind); 3] = [(1, TraceKind::Policy), (2, TraceKind::Return), (3, TraceKind::Rule)];

impl TraceKind {
    /// `NFTA_TRACE_TYPE`.
    #[must_use]
    pub fn number(self) -> u32 {
        match self {
            Self::Other(number) => number,
            known => KINDS.iter().find(|row| row.1 == known).map_or(0, |row| row.0),
        }
    }

    /// The inverse of [`TraceKind::number`].
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        KINDS.iter().find(|row| row.0 == number).map_or(Self::Other(number), |row| row.1)
    }
}

/// An interface that a packet came in or goes out by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceDevice {
    /// Its index in the namespace.
    pub index: u32,
    /// Its kind (`ARPHRD_*`, linux/if_arp.h).
    pub hardware: Option<u16>,
}

/// What connection tracking knows of the packet (Linux 6.16 and later).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TraceConnection {
    /// Bits as the expression `ct state` has them: 1 invalid, 2 established, 4 related, 8 new, 64 untracked.
    pub state: u32,
    /// The connection's number, as conntrack's own messages have it; `None` for a packet that is not tracked.
    pub id: Option<u32>,
    /// 0 as the first packet went, 1 the other way.
    pub direction: Option<u8>,
    /// Bits of [`crate::kernel::conntrack::status`], as they were; `None` where none was set.
    pub status: Option<u32>,
}

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceEvent {
    /// The family of the table.
    pub family: Family,
    /// The table.
    pub table: String,
    /// The chain.
    pub chain: String,
    /// What it is about.
    pub kind: TraceKind,
    /// The same for all events of one packet in one namespace; an answer has another.
    pub id: u32,
    /// Handle of the rule that matched; `None` at a chain's end and for a policy.
    pub rule: Option<u64>,
    /// What became of the packet.
    pub verdict: Option<Verdict>,
    /// The policy that decided.
    pub policy: Option<Policy>,
    /// Head of the network header (40 bytes at most).
    pub network_header: Option<Vec<u8>>,
    /// Head of the transport header (20 bytes at most).
    pub transport_header: Option<Vec<u8>>,
    /// Where it came in.
    pub input: Option<TraceDevice>,
    /// Where it goes out.
    pub output: Option<TraceDevice>,
    /// The packet's mark, where it is not 0.
    pub mark: Option<u32>,
    /// Family of the packet (`NFPROTO_*`): in a table of `inet` it tells IPv4 from IPv6.
    pub protocol: Option<Family>,
    /// What connection tracking knows.
    pub connection: Option<TraceConnection>,
    /// Numbers and bytes of attributes that this version does not know.
    pub unknown: Vec<(u16, Vec<u8>)>,
}

impl TraceEvent {
    /// The attributes that name the table and the chain.
    pub(super) const NAMES: [u16; 2] = [TABLE, CHAIN];

    /// Reads `NFTA_TRACE_*`; `None` where a part cannot be read, or one that the kernel always tells is missing.
    #[must_use]
    pub fn read(family: u8, attributes: &[u8]) -> Option<Self> {
        let all = Attributes::whole(attributes)?;
        let attributes = &Told::new(all);
        let u32_of = |kind| attributes.optional(kind, |found| found.u32());
        let bytes_of = |kind| attributes.get(kind).map(|found| found.payload.to_vec());
        Some(Self {
            family: Family::from_number(family),
            table: attributes.get(TABLE)?.str()?.to_owned(),
            chain: attributes.get(CHAIN)?.str()?.to_owned(),
            kind: TraceKind::from_number(attributes.get(TYPE)?.u32()?),
            id: attributes.get(ID)?.u32()?,
            rule: attributes.optional(RULE_HANDLE, |handle| handle.u64())?,
            verdict: attributes.optional(VERDICT, |verdict| verdict.verdict())?,
            policy: attributes.optional(POLICY, |policy| Policy::from_number(policy.u32()?))?,
            network_header: bytes_of(NETWORK_HEADER),
            transport_header: bytes_of(TRANSPORT_HEADER),
            input: device(attributes, IIF, IIFTYPE)?,
            output: device(attributes, OIF, OIFTYPE)?,
            mark: u32_of(MARK)?,
            protocol: attributes
                .optional(NFPROTO, |protocol| Some(Family::from_number(u8::try_from(protocol.u32()?).ok()?)))?,
            connection: connection(attributes)?,
            unknown: all.filter(is_unknown).map(|found| (found.kind, found.payload.to_vec())).collect(),
        })
    }
}

/// The attributes that are known.
type Told<'a> = ByKind<'a, { CT_STATE as usize + 1 }>;

fn device(attributes: &Told<'_>, index: u16, hardware: u16) -> Option<Option<TraceDevice>> {
    let hardware = attributes.optional(hardware, |found| found.u16())?;
    attributes.optional(index, |found| Some(TraceDevice { index: found.u32()?, hardware }))
}

fn connection(attributes: &Told<'_>) -> Option<Option<TraceConnection>> {
    let u32_of = |kind| attributes.optional(kind, |found| found.u32());
    let (id, status) = (u32_of(CT_ID)?, u32_of(CT_STATUS)?);
    let direction = attributes.optional(CT_DIRECTION, |found| found.u8())?;
    Some(u32_of(CT_STATE)?.map(|state| TraceConnection { state, id, direction, status }))
}

fn is_unknown(attribute: &Attribute<'_>) -> bool {
    !(TABLE..=CT_STATE).contains(&attribute.kind)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expr::attribute::Bytes;

    /// What Linux 6.18 told of a UDP packet that is sent over the loopback and jumps in a chain of `inet`.
    #[rustfmt::skip]
    const JUMP: [u8; 156] = [
        8, 0, 15, 0, 0, 0, 0, 2, 8, 0, 4, 0, 0, 0, 0, 3, 8, 0, 6, 0, 181, 140, 122, 106, 8, 0, 2, 0, b'o', b'u', b't', 0,
        6, 0, 1, 0, b't', 0, 0, 0, 12, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 5, 24, 0, 5, 0, 8, 0, 1, 0, 255, 255, 255, 253,
        10, 0, 2, 0, b'c', b'o', b'u', b'n', b't', 0, 0, 0, 8, 0, 12, 0, 0, 0, 0, 1, 6, 0, 13, 0, 3, 4, 0, 0,
        24, 0, 8, 0, 69, 0, 0, 32, 14, 165, 64, 0, 64, 17, 46, 38, 127, 0, 0, 1, 127, 0, 0, 1,
        16, 0, 9, 0, 161, 220, 0, 9, 0, 12, 254, 31, b'n', b's', b'f', b'w',
        8, 0, 21, 0, 0, 0, 0, 8, 5, 0, 19, 0, 0, 0, 0, 0, 8, 0, 18, 0, 167, 1, 200, 245,
    ];
    /// Of the same packet, when no rule of the chain had decided.
    #[rustfmt::skip]
    const POLICY: [u8; 48] = [
        8, 0, 15, 0, 0, 0, 0, 2, 8, 0, 4, 0, 0, 0, 0, 1, 8, 0, 6, 0, 181, 140, 122, 106, 8, 0, 2, 0, b'o', b'u', b't', 0,
        6, 0, 1, 0, b't', 0, 0, 0, 8, 0, 16, 0, 0, 0, 0, 1,
    ];

    fn policy() -> TraceEvent {
        TraceEvent {
            family: Family::Inet,
            table: "t".to_owned(),
            chain: "out".to_owned(),
            kind: TraceKind::Policy,
            id: 0xb58c_7a6a,
            rule: None,
            verdict: None,
            policy: Some(Policy::Accept),
            network_header: None,
            transport_header: None,
            input: None,
            output: None,
            mark: None,
            protocol: Some(Family::Ip),
            connection: None,
            unknown: Vec::new(),
        }
    }

    #[test]
    fn recorded_events_are_read_whole() {
        assert_eq!(TraceEvent::read(1, &POLICY), Some(policy()));
        let connection = TraceConnection { state: 8, id: Some(0xa701_c8f5), direction: Some(0), status: None };
        let jump = TraceEvent {
            kind: TraceKind::Rule,
            rule: Some(5),
            verdict: Some(Verdict::Jump("count".to_owned())),
            policy: None,
            network_header: Some(JUMP[96..116].to_vec()),
            transport_header: Some(JUMP[120..132].to_vec()),
            output: Some(TraceDevice { index: 1, hardware: Some(772) }),
            connection: Some(connection),
            ..policy()
        };
        assert_eq!(TraceEvent::read(1, &JUMP), Some(jump));
    }

    #[test]
    fn what_only_some_packets_have_is_read() {
        let mut bytes = Bytes(POLICY.to_vec());
        bytes.put(7, &[2; 14]);
        bytes.put(IIF, &7_u32.to_be_bytes());
        bytes.put(MARK, &9_u32.to_be_bytes());
        bytes.put(CT_STATE, &64_u32.to_be_bytes());
        bytes.put(40, b"newer");
        let expected = TraceEvent {
            input: Some(TraceDevice { index: 7, hardware: None }),
            mark: Some(9),
            connection: Some(TraceConnection { state: 64, id: None, direction: None, status: None }),
            unknown: vec![(40, b"newer".to_vec())],
            ..policy()
        };
        assert_eq!(TraceEvent::read(1, &bytes.0), Some(expected));
    }

    #[test]
    fn a_torn_or_strange_event_is_none() {
        assert_eq!(TraceEvent::read(1, &POLICY[..44]), None, "torn");
        assert_eq!(TraceEvent::read(1, &POLICY[..32]), None, "without a table");
        for (kind, payload) in [(MARK, &[1][..]), (IIF, &[]), (VERDICT, &[]), (CT_STATUS, &[0; 8])] {
            let mut bytes = Bytes(POLICY.to_vec());
            bytes.put(kind, payload);
            assert_eq!(TraceEvent::read(1, &bytes.0), None, "attribute {kind}");
        }
    }

    #[test]
    fn kinds_read_back() {
        for number in 0..5 {
            assert_eq!(TraceKind::from_number(number).number(), number);
        }
    }

    proptest! {
        #[test]
        fn never_panics(family: u8, bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            let _ = TraceEvent::read(family, &bytes);
        }
    }
}
