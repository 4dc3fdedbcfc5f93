//! The routes that are in the main table, as the kernel tells them (linux/rtnetlink.h, `struct rtmsg`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use neli::consts::nl::NlmF;
use neli::consts::rtnl::{RtScope, RtTable, Rtm, Rtn, Rtprot};
use neli::rtnl::RtmsgBuilder;
use neli::types::RtBuffer;

use super::address::family;
use super::fields::{self, Field};
use super::nexthop::{self, Nexthop};
use super::route_metric::{self, RouteMetric};
use super::route_words::{RouteKind, flag_words, preference_word, protocol_word, scope_word};
use super::{Request, Socket, unencodable};
use crate::kernel::KernelError;

const WHAT: &str = "a route";
/// `struct rtmsg`.
const HEADER: usize = 12;
/// `RTM_F_CLONED`: not a route of the table, but what the kernel learned about one destination (a path's MTU).
const CLONED: u32 = 0x200;
const DST: u16 = 1;
const SRC: u16 = 2;
const PRIORITY: u16 = 6;
const PREFSRC: u16 = 7;
const METRICS: u16 = 8;
const MULTIPATH: u16 = 9;
const CACHEINFO: u16 = 12;
const TABLE: u16 = 15;
const PREF: u16 = 20;
const PAD: u16 = 24;
const NH_ID: u16 = 30;
/// `USER_HZ`, in which `rta_expires` counts.
const TICKS_A_SECOND: u32 = 100;

/// One route of the main table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FibRoute {
    /// What it does.
    pub kind: RouteKind,
    /// Where it leads; a prefix of length 0 is the default route.
    pub destination: IpNet,
    /// Only for packets from there.
    pub from: Option<IpNet>,
    /// Only for packets with this type of service, where it is not 0.
    pub tos: u8,
    /// Who made it, in the word of ip-route(8): `kernel`, `boot`, `static`, …
    pub protocol: String,
    /// How far the destination is, in the word of ip-route(8). IPv6 knows `global` only.
    pub scope: String,
    /// Flags in the words of ip-route(8).
    pub flags: Vec<String>,
    /// Where it sends packets: one, or several that share them. One of a route that sends none is empty.
    pub nexthops: Vec<Nexthop>,
    /// Id of the nexthop object (ip-nexthop(8)) that the next hops come from.
    pub nexthop_id: Option<u32>,
    /// The source address it prefers.
    pub source: Option<IpAddr>,
    /// Its metric; the smaller one wins.
    pub metric: Option<u32>,
    /// What it says of the way.
    pub metrics: Vec<RouteMetric>,
    /// IPv6: which of several routers is preferred: `low`, `medium`, `high`.
    pub preference: Option<String>,
    /// Seconds until it goes; negative where it is due.
    pub expires: Option<i32>,
    /// The errno with which it answers, where the kernel tells it.
    pub error: Option<u32>,
    /// Attributes that this version does not know, with their bytes.
    pub unknown: Vec<(u16, Vec<u8>)>,
}

impl FibRoute {
    /// Whether the kernel made it, along with an address.
    #[must_use]
    pub fn is_by_kernel(&self) -> bool {
        self.protocol == protocol_word(u8::from(Rtprot::Kernel))
    }

    /// Reads one message of a dump; none for a route of another table.
    pub(super) fn read(body: &[u8]) -> Result<Option<Self>, KernelError> {
        let (header, fields) = fields::split::<HEADER>(WHAT, body)?;
        let &[family, to_length, from_length, tos, table, protocol, scope, kind, f0, f1, f2, f3] = header;
        let any = unspecified(family)?;
        let (mut to, mut from, mut table) = (None, None, u32::from(table));
        let (mut nexthop, mut several) = (Nexthop::default(), None);
        let flags = u32::from_ne_bytes([f0, f1, f2, f3]);
        let mut route = Self {
            kind: RouteKind::from_number(kind),
            destination: any.into(),
            from: None,
            tos,
            protocol: protocol_word(protocol),
            scope: scope_word(scope),
            flags: flag_words(flags & !CLONED),
            nexthops: Vec::new(),
            nexthop_id: None,
            source: None,
            metric: None,
            metrics: Vec::new(),
            preference: None,
            expires: None,
            error: None,
            unknown: Vec::new(),
        };
        for field in fields {
            match field.kind() {
                TABLE => table = field.u32()?,
                DST => to = Some(field.address()?),
                SRC => from = Some(field.address()?),
                MULTIPATH => several = Some(nexthop::multipath(field.bytes())?),
                _ if nexthop.take(&field)? => {}
                _ => route.take(&field)?,
            }
        }
        if table != u32::from(u8::from(RtTable::Main)) || flags & CLONED != 0 {
            return Ok(None);
        }
        route.destination = prefix(any, to, to_length)?;
        route.from = Some(prefix(any, from, from_length)?).filter(|from| from.prefix_len() > 0);
        route.nexthops = several.unwrap_or_else(|| vec![nexthop]);
        Ok(Some(route))
    }

    fn take(&mut self, field: &Field<'_>) -> Result<(), KernelError> {
        match field.kind() {
            PRIORITY => self.metric = Some(field.u32()?),
            PREFSRC => self.source = Some(field.address()?),
            METRICS => self.metrics = route_metric::read(field.bytes())?,
            CACHEINFO => self.take_cache_info(field)?,
            PREF => self.preference = Some(preference_word(field.u8()?)),
            NH_ID => self.nexthop_id = Some(field.u32()?),
            PAD => {}
            other => self.unknown.push((other, field.bytes().to_vec())),
        }
        Ok(())
    }

    /// `struct rta_cacheinfo`: of its eight words the third is the time left, the fourth an errno; the others count uses.
    fn take_cache_info(&mut self, field: &Field<'_>) -> Result<(), KernelError> {
        let words: [u8; 32] = field.array()?;
        let word = |at: usize| u32::from_ne_bytes([words[at], words[at + 1], words[at + 2], words[at + 3]]);
        let expires = word(8).cast_signed() / TICKS_A_SECOND.cast_signed();
        self.expires = Some(expires).filter(|_| word(8) != 0);
        self.error = Some(word(12)).filter(|error| *error != 0);
        Ok(())
    }
}

/// The address of all zeros of a family.
fn unspecified(family: u8) -> Result<IpAddr, KernelError> {
    match i32::from(family) {
        libc::AF_INET => Ok(IpAddr::V4(Ipv4Addr::UNSPECIFIED)),
        libc::AF_INET6 => Ok(IpAddr::V6(Ipv6Addr::UNSPECIFIED)),
        _ => Err(KernelError::unreadable(format!("{WHAT} of address family {family}"))),
    }
}

/// A prefix of the family of `any`. Only one of length 0 may lack its address.
fn prefix(any: IpAddr, address: Option<IpAddr>, length: u8) -> Result<IpNet, KernelError> {
    address
        .or(Some(any).filter(|_| length == 0))
        .filter(|address| address.is_ipv4() == any.is_ipv4())
        .and_then(|address| IpNet::new(address, length).ok())
        .ok_or_else(|| KernelError::unreadable(format!("{WHAT}: a prefix of length {length}")))
}

impl Socket {
    /// All routes of the main table, IPv4 first, of whatever kind.
    ///
    /// # Errors
    /// What the kernel refused; `EBADMSG` for a route that cannot be read.
    pub fn routes(&mut self) -> Result<Vec<FibRoute>, KernelError> {
        let mut routes = Vec::new();
        for any in [IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V6(Ipv6Addr::UNSPECIFIED)] {
            let body = RtmsgBuilder::default()
                .rtm_family(family(any))
                .rtm_dst_len(0)
                .rtm_src_len(0)
                .rtm_tos(0)
                .rtm_table(RtTable::Unspec)
                .rtm_protocol(Rtprot::Unspec)
                .rtm_scope(RtScope::Universe)
                .rtm_type(Rtn::Unspec)
                .rtattrs(RtBuffer::new())
                .build()
                .map_err(unencodable)?;
            let request = Request::new("read routes", "", Rtm::Getroute, NlmF::DUMP, &body)?;
            routes.extend(self.ask(&request, FibRoute::read)?.into_iter().flatten());
        }
        Ok(routes)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::expr::attribute::Bytes;

    const MAIN: u8 = 254;

    fn route(kind: u8, length: u8, attributes: &[(u16, &[u8])]) -> Result<Option<FibRoute>, KernelError> {
        let family = u8::try_from(libc::AF_INET).expect("2 fits");
        let mut bytes = Bytes(vec![family, length, 0, 0, MAIN, 4, 253, kind, 0, 0, 0, 0]);
        for (kind, payload) in attributes {
            bytes.put(*kind, payload);
        }
        FibRoute::read(&bytes.0)
    }

    #[test]
    fn kinds_and_attributes_without_a_name_are_kept() {
        let found = route(77, 8, &[(DST, &[10, 0, 0, 0]), (99, &[1, 2])]).expect("read").expect("of the main table");
        assert_eq!(found.kind, RouteKind::Other(77));
        assert_eq!(found.unknown, [(99, vec![1, 2])]);
        assert_eq!((found.protocol.as_str(), found.scope.as_str()), ("static", "link"));
        assert_eq!(route(1, 0, &[(TABLE, &[9, 0, 0, 0])]), Ok(None));
    }

    #[test]
    fn an_unreadable_destination_is_no_default_route() {
        assert_eq!(route(1, 0, &[]).map(|found| found.map(|found| found.destination.prefix_len())), Ok(Some(0)));
        for refused in [
            route(1, 8, &[]),
            route(1, 33, &[(DST, &[10, 0, 0, 0])]),
            route(1, 8, &[(DST, &[10, 0, 0])]),
            route(1, 8, &[(DST, &[0; 16])]),
            route(1, 0, &[(PRIORITY, &[1])]),
            route(1, 0, &[(METRICS, &[1])]),
            route(1, 0, &[(MULTIPATH, &[1])]),
            route(1, 0, &[(CACHEINFO, &[1])]),
            FibRoute::read(&[0; HEADER]),
            FibRoute::read(&[2; HEADER - 1]),
        ] {
            assert!(refused.is_err(), "{refused:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(mut bytes in proptest::collection::vec(any::<u8>(), HEADER..120)) {
            bytes[0] = 2;
            let _ = FibRoute::read(&bytes);
        }
    }
}
