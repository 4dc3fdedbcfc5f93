//! Routes as plain data, in the words of ip-route(8): all that the kernel says of them.

use serde::Serialize;

use crate::kernel::netlink::{FibRoute, Link, Nexthop};

/// One route of the main table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RouteView {
    /// `unicast`, `blackhole`, …; a number without a name as `type N`.
    pub kind: String,
    /// A prefix, or `default`.
    pub destination: String,
    /// `inet` or `inet6`.
    pub family: &'static str,
    /// The next hop, where there is one alone.
    pub gateway: Option<String>,
    /// The link it leaves by, where there is one alone.
    pub link: Option<String>,
    /// The next hops, where there are several.
    pub nexthops: Vec<NexthopView>,
    /// Id of the nexthop object that they come from.
    pub nexthop_id: Option<u32>,
    /// The source address it prefers.
    pub source: Option<String>,
    /// Its metric.
    pub metric: Option<u32>,
    /// Made by the kernel along with an address.
    pub by_kernel: bool,
    /// Who made it: `kernel`, `boot`, `static`, …, or a number.
    pub protocol: String,
    /// How far its destination is: `global`, `link`, `host`, …, or a number.
    pub scope: String,
    /// `onlink`, `dead`, `linkdown`, …
    pub flags: Vec<String>,
    /// What it says of the way.
    pub metrics: Vec<MetricView>,
    /// IPv6: `low`, `medium`, `high`.
    pub preference: Option<String>,
    /// Seconds until it goes.
    pub expires: Option<i32>,
    /// What is told seldom, each as the words that ip-route(8) has for it.
    pub others: Vec<String>,
}

/// One of several next hops.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NexthopView {
    /// The router.
    pub gateway: Option<String>,
    /// The link.
    pub link: Option<String>,
    /// Its share.
    pub weight: Option<u16>,
    /// `onlink`, `dead`, `linkdown`, …
    pub flags: Vec<String>,
    /// As [`RouteView::others`].
    pub others: Vec<String>,
}

/// What a route says of the way, mostly for TCP.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MetricView {
    /// `mtu`, `advmss`, …
    pub name: String,
    /// Its value with its unit.
    pub value: String,
    /// The kernel may not change it.
    pub locked: bool,
}

impl RouteView {
    /// A route seen in a namespace that has these links.
    pub(super) fn new(route: &FibRoute, links: &[Link]) -> Self {
        let mut nexthops: Vec<_> = route.nexthops.iter().map(|nexthop| NexthopView::new(nexthop, links)).collect();
        let mut others = route_others(route);
        let (mut gateway, mut link) = (None, None);
        // Several have a weight each, even where only one of them is left.
        if let [alone @ NexthopView { weight: None, .. }] = nexthops.as_mut_slice() {
            (gateway, link) = (alone.gateway.take(), alone.link.take());
            others.append(&mut alone.others);
            nexthops.clear();
        }
        let metrics = route.metrics.iter().map(|metric| MetricView {
            name: metric.name.clone(),
            value: metric.value.clone(),
            locked: metric.locked,
        });
        let default = route.destination.prefix_len() == 0;
        Self {
            kind: route.kind.word().into_owned(),
            destination: if default { "default".to_owned() } else { route.destination.to_string() },
            family: if route.destination.addr().is_ipv4() { "inet" } else { "inet6" },
            gateway,
            link,
            nexthops,
            nexthop_id: route.nexthop_id,
            source: route.source.map(|source| source.to_string()),
            metric: route.metric,
            by_kernel: route.is_by_kernel(),
            protocol: route.protocol.clone(),
            scope: route.scope.clone(),
            flags: route.flags.clone(),
            metrics: metrics.collect(),
            preference: route.preference.clone(),
            expires: route.expires,
            others,
        }
    }

    /// Whether it, or one of its next hops, leaves by the link of this name.
    #[must_use]
    pub fn leaves_by(&self, link: &str) -> bool {
        let mut links = self.nexthops.iter().map(|nexthop| &nexthop.link).chain([&self.link]);
        links.any(|name| name.as_deref() == Some(link))
    }
}

impl NexthopView {
    fn new(nexthop: &Nexthop, links: &[Link]) -> Self {
        Self {
            gateway: nexthop.gateway.map(|gateway| gateway.to_string()),
            // One that came after the links were listed has no name yet.
            link: nexthop.link.map(|index| Link::name_of(links, index).unwrap_or_else(|| format!("if{index}"))),
            weight: nexthop.weight,
            flags: nexthop.flags.clone(),
            others: nexthop_others(nexthop),
        }
    }
}

fn route_others(route: &FibRoute) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(route.from.map(|from| format!("from {from}")));
    if route.tos != 0 {
        words.push(format!("tos {:#04x}", route.tos));
    }
    words.extend(route.error.map(|error| format!("error {}", error.cast_signed())));
    words.extend(unknown(&route.unknown));
    words
}

fn nexthop_others(nexthop: &Nexthop) -> Vec<String> {
    let mut words = Vec::new();
    words.extend(nexthop.encapsulation.as_ref().map(ToString::to_string));
    words.extend(nexthop.realms.map(|realms| match realms {
        (0, to) => format!("realm {to}"),
        (from, to) => format!("realms {from}/{to}"),
    }));
    words.extend(unknown(&nexthop.unknown));
    words
}

fn unknown(attributes: &[(u16, Vec<u8>)]) -> impl Iterator<Item = String> {
    attributes.iter().map(|(kind, bytes)| {
        bytes.iter().fold(format!("attribute {kind} 0x"), |text, byte| text + &format!("{byte:02x}"))
    })
}
