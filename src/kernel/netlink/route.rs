//! Routes of the main table (linux/rtnetlink.h, `struct rtmsg`), IPv4 and IPv6.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use neli::consts::nl::NlmF;
use neli::consts::rtnl::{RtScope, RtTable, Rta, Rtm, Rtn, Rtprot};
use neli::rtnl::{Rtmsg, RtmsgBuilder};
use neli::types::RtBuffer;

use super::address::{family, from_octets, octets};
use super::{Request, Socket, attribute, find, find_u32, unencodable};
use crate::kernel::KernelError;

/// What becomes of packets that take a route.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum RouteKind {
    /// They are sent on.
    #[default]
    Unicast,
    /// They vanish.
    Blackhole,
    /// They are answered with "host unreachable".
    Unreachable,
    /// They are answered with "administratively prohibited".
    Prohibit,
}

/// Both directions between the kernel's number and the word that ip-route(8) has for it.
const KINDS: [(RouteKind, Rtn, &str); 4] = [
    (RouteKind::Unicast, Rtn::Unicast, "unicast"),
    (RouteKind::Blackhole, Rtn::Blackhole, "blackhole"),
    (RouteKind::Unreachable, Rtn::Unreachable, "unreachable"),
    (RouteKind::Prohibit, Rtn::Prohibit, "prohibit"),
];

impl RouteKind {
    /// The word of ip-route(8).
    #[must_use]
    pub fn word(self) -> &'static str {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or("unicast", |(.., word)| word)
    }

    /// The kind that a word of ip-route(8) means.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        KINDS.iter().find(|(.., known)| *known == word).map(|(kind, ..)| *kind)
    }

    fn number(self) -> Rtn {
        KINDS.iter().find(|(kind, ..)| *kind == self).map_or(Rtn::Unicast, |(_, number, _)| *number)
    }
}

/// One route of the main table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// What it does.
    pub kind: RouteKind,
    /// Where it leads; a prefix of length 0 is the default route.
    pub destination: IpNet,
    /// The next hop, if it is not on the link.
    pub gateway: Option<IpAddr>,
    /// Index of the link it leaves by.
    pub link: Option<u32>,
    /// The source address it prefers.
    pub source: Option<IpAddr>,
    /// Its metric; the smaller one wins.
    pub metric: Option<u32>,
    /// Whether the kernel made it, along with an address.
    pub by_kernel: bool,
}

impl Route {
    fn read(message: &Rtmsg) -> Option<Self> {
        let attributes = message.rtattrs();
        let table = find_u32(attributes, Rta::Table).unwrap_or_else(|| u32::from(u8::from(*message.rtm_table())));
        if table != u32::from(u8::from(RtTable::Main)) {
            return None;
        }
        let (kind, ..) = KINDS.iter().find(|(_, number, _)| number == message.rtm_type())?;
        let any = if *message.rtm_family() == family(IpAddr::V4(Ipv4Addr::UNSPECIFIED)) {
            IpAddr::V4(Ipv4Addr::UNSPECIFIED)
        } else {
            IpAddr::V6(Ipv6Addr::UNSPECIFIED)
        };
        let destination = find(attributes, Rta::Dst).and_then(from_octets).unwrap_or(any);
        Some(Self {
            kind: *kind,
            destination: IpNet::new(destination, *message.rtm_dst_len()).ok()?,
            gateway: find(attributes, Rta::Gateway).and_then(from_octets),
            link: find_u32(attributes, Rta::Oif),
            source: find(attributes, Rta::Prefsrc).and_then(from_octets),
            metric: find_u32(attributes, Rta::Priority),
            by_kernel: *message.rtm_protocol() == Rtprot::Kernel,
        })
    }

    fn message(&self, delete: bool) -> Result<Rtmsg, KernelError> {
        let mut attributes = RtBuffer::new();
        if self.destination.prefix_len() > 0 {
            attributes.push(attribute(Rta::Dst, &octets(self.destination.addr()))?);
        }
        if let Some(gateway) = self.gateway {
            attributes.push(attribute(Rta::Gateway, &octets(gateway))?);
        }
        if let Some(link) = self.link {
            attributes.push(attribute(Rta::Oif, &link.to_ne_bytes())?);
        }
        if let Some(source) = self.source {
            attributes.push(attribute(Rta::Prefsrc, &octets(source))?);
        }
        if let Some(metric) = self.metric {
            attributes.push(attribute(Rta::Priority, &metric.to_ne_bytes())?);
        }
        // Deleting compares whatever is given: nowhere, no protocol and no type mean "any".
        let on_link = self.gateway.is_none() && self.kind == RouteKind::Unicast && self.destination.addr().is_ipv4();
        let scope = match (delete, on_link) {
            (true, _) => RtScope::Nowhere,
            (false, true) => RtScope::Link,
            (false, false) => RtScope::Universe,
        };
        let any_kind = delete && self.kind == RouteKind::Unicast;
        RtmsgBuilder::default()
            .rtm_family(family(self.destination.addr()))
            .rtm_dst_len(self.destination.prefix_len())
            .rtm_src_len(0)
            .rtm_tos(0)
            .rtm_table(RtTable::Main)
            .rtm_protocol(if delete { Rtprot::Unspec } else { Rtprot::Boot })
            .rtm_scope(scope)
            .rtm_type(if any_kind { Rtn::Unspec } else { self.kind.number() })
            .rtattrs(attributes)
            .build()
            .map_err(unencodable)
    }

    fn words(&self) -> String {
        if self.destination.prefix_len() == 0 { "default".to_owned() } else { self.destination.to_string() }
    }

    /// The request that adds the route.
    ///
    /// # Errors
    /// None in practice: a route always fits a message.
    pub fn add(&self) -> Result<Request, KernelError> {
        let flags = NlmF::CREATE | NlmF::EXCL;
        Request::new("add route", self.words(), Rtm::Newroute, flags, &self.message(false)?)
    }

    /// The request that adds the route, or puts it in the place of the one with the same destination and metric.
    ///
    /// # Errors
    /// None in practice: a route always fits a message.
    pub fn replace(&self) -> Result<Request, KernelError> {
        let flags = NlmF::CREATE | NlmF::REPLACE;
        Request::new("replace route", self.words(), Rtm::Newroute, flags, &self.message(false)?)
    }

    /// The request that deletes the first route that agrees with what is given.
    ///
    /// # Errors
    /// None in practice: a route always fits a message.
    pub fn delete(&self) -> Result<Request, KernelError> {
        Request::new("delete route", self.words(), Rtm::Delroute, NlmF::empty(), &self.message(true)?)
    }
}

impl Socket {
    /// All routes of the main table, IPv4 first. Routes of kinds that [`RouteKind`] does not have are left out.
    ///
    /// # Errors
    /// What the kernel refused.
    pub fn routes(&mut self) -> Result<Vec<Route>, KernelError> {
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
            routes.extend(self.ask::<Rtmsg>(&request)?.iter().filter_map(Route::read));
        }
        Ok(routes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_word_and_number() {
        for (kind, number, word) in KINDS {
            assert_eq!(RouteKind::from_word(word), Some(kind));
            assert_eq!((kind.word(), kind.number()), (word, number));
        }
        assert_eq!(RouteKind::from_word("nat"), None);
    }

    #[test]
    fn what_is_written_reads_back() {
        let route = |destination: &str, gateway: Option<&str>| Route {
            kind: RouteKind::Unicast,
            destination: destination.parse().expect("a prefix"),
            gateway: gateway.map(|address| address.parse().expect("an address")),
            link: Some(2),
            source: None,
            metric: Some(7),
            by_kernel: false,
        };
        for route in [
            route("0.0.0.0/0", Some("192.168.1.1")),
            route("10.0.0.0/8", None),
            route("::/0", Some("fe80::1")),
            route("2001:db8::/32", None),
        ] {
            assert_eq!(Route::read(&route.message(false).expect("a message")), Some(route));
        }
    }
}
