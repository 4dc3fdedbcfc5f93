//! Routes to be made in the main table or taken out of it (linux/rtnetlink.h, `struct rtmsg`), IPv4 and IPv6.

use std::net::IpAddr;

use ipnet::IpNet;
use neli::consts::nl::NlmF;
use neli::consts::rtnl::{RtScope, RtTable, Rta, Rtm, Rtn, Rtprot};
use neli::rtnl::{Rtmsg, RtmsgBuilder};
use neli::types::RtBuffer;

use super::address::family;
use super::{Request, RouteKind, attribute, unencodable};
use crate::expr::ip_address::octets;
use crate::kernel::KernelError;

/// One route, as it is asked for.
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
}

impl Route {
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
            .rtm_type(if any_kind { Rtn::Unspec } else { Rtn::from(self.kind.number()) })
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
    pub fn set(&self) -> Result<Request, KernelError> {
        let flags = NlmF::CREATE | NlmF::REPLACE;
        Request::new("set route", self.words(), Rtm::Newroute, flags, &self.message(false)?)
    }

    /// The request that deletes the first route that agrees with what is given.
    ///
    /// # Errors
    /// None in practice: a route always fits a message.
    pub fn delete(&self) -> Result<Request, KernelError> {
        Request::new("delete route", self.words(), Rtm::Delroute, NlmF::empty(), &self.message(true)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::netlink::FibRoute;

    #[test]
    fn what_is_written_reads_back() {
        let route = |kind, destination: &str, gateway: Option<&str>| Route {
            kind,
            destination: destination.parse().expect("a prefix"),
            gateway: gateway.map(|address| address.parse().expect("an address")),
            link: Some(2),
            source: None,
            metric: Some(7),
        };
        for route in [
            route(RouteKind::Unicast, "0.0.0.0/0", Some("192.168.1.1")),
            route(RouteKind::Throw, "10.0.0.0/8", None),
            route(RouteKind::Unicast, "::/0", Some("fe80::1")),
            route(RouteKind::Blackhole, "2001:db8::/32", None),
        ] {
            let request = route.add().expect("a request");
            let read = FibRoute::read(request.body()).expect("read").expect("of the main table");
            let [nexthop] = read.nexthops.as_slice() else { panic!("{read:?}") };
            assert_eq!((read.kind, read.destination, read.metric), (route.kind, route.destination, route.metric));
            assert_eq!((nexthop.gateway, nexthop.link), (route.gateway, route.link));
            assert_eq!((read.protocol.as_str(), read.is_by_kernel()), ("boot", false));
        }
    }
}
