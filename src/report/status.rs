//! Namespaces, links, addresses and routes, in aligned columns or as JSON.

use std::io::{self, Write};

use prettytable::format::FormatBuilder;
use prettytable::{Cell, Row, Table};
use serde::Serialize;

use super::terminal::{Palette, Style, escape};
use crate::lab::route_view::{MetricView, NexthopView, RouteView};
use crate::lab::view::{AddressView, LinkView, Lost, NodeView};

const SCHEMA: &str = "nsfw.status/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    netns: &'a [NodeView],
    lost: &'a [Lost],
}

/// One row of `netns list`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetnsRow {
    /// Its name.
    pub name: String,
    /// Its inode; none where the file is no namespace.
    pub inode: Option<u64>,
    /// The lab that made it.
    pub lab: Option<String>,
}

/// Everything as one JSON document of schema `nsfw.status/1`.
///
/// # Errors
/// What the writer refused.
pub fn json(nodes: &[NodeView], lost: &[Lost], out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { schema: SCHEMA, netns: nodes, lost })?;
    writeln!(out)
}

/// Everything for people: a heading, the links and the routes of each namespace; of those that are lost, why.
///
/// # Errors
/// What the writer refused.
pub fn table(nodes: &[NodeView], lost: &[Lost], palette: Palette, out: &mut impl Write) -> io::Result<()> {
    let heading = |name: &str| palette.paint(Style::Bold, escape(name)).to_string();
    let mut between = "";
    for node in nodes {
        writeln!(out, "{between}{}", heading(&node.name))?;
        links(&node.links, out)?;
        routes(&node.routes, out)?;
        between = "\n";
    }
    for lost in lost {
        writeln!(out, "{between}{}\n  {}", heading(&lost.name), escape(&lost.to_string()))?;
        between = "\n";
    }
    Ok(())
}

/// Links with their addresses.
///
/// # Errors
/// What the writer refused.
pub fn links(links: &[LinkView], out: &mut impl Write) -> io::Result<()> {
    let rows = links.iter().map(|link| {
        let kind = link.kind.clone().unwrap_or_else(|| "-".to_owned());
        let addresses: Vec<_> = link.addresses.iter().map(address).collect();
        [link.name.clone(), state(link).to_owned(), link.mtu.to_string(), kind, peer(link), addresses.join(", ")]
    });
    columns(&["LINK", "STATE", "MTU", "KIND", "PEER", "ADDRESSES"], rows, out)
}

/// Addresses, one a line.
///
/// # Errors
/// What the writer refused.
pub fn addresses(links: &[LinkView], out: &mut impl Write) -> io::Result<()> {
    let rows = links.iter().flat_map(|link| {
        link.addresses.iter().map(|one| [link.name.clone(), address(one), format!("scope {}", one.scope)])
    });
    columns(&["LINK", "ADDRESS", "DETAILS"], rows, out)
}

fn address(address: &AddressView) -> String {
    let peer = address.peer.iter().map(|peer| format!("peer {peer}"));
    let words: Vec<_> =
        std::iter::once(address.address.clone()).chain(peer).chain(address.flags.iter().cloned()).collect();
    words.join(" ")
}

/// Routes, one a line; several next hops of one have a line each below it.
///
/// # Errors
/// What the writer refused.
pub fn routes(routes: &[RouteView], out: &mut impl Write) -> io::Result<()> {
    let rows = routes.iter().flat_map(|route| {
        let destination = match route.kind.as_str() {
            "unicast" => route.destination.clone(),
            kind => format!("{kind} {}", route.destination),
        };
        let metric = route.metric.map(|metric| metric.to_string());
        let own = [
            destination,
            dash(route.gateway.as_ref()),
            dash(route.link.as_ref()),
            dash(route.source.as_ref()),
            dash(metric.as_ref()),
            dash(Some(&route_details(route))),
        ];
        std::iter::once(own).chain(route.nexthops.iter().map(nexthop_row))
    });
    columns(&["ROUTE", "VIA", "LINK", "SOURCE", "METRIC", "DETAILS"], rows, out)
}

fn dash(text: Option<&String>) -> String {
    text.filter(|text| !text.is_empty()).cloned().unwrap_or_else(|| "-".to_owned())
}

fn nexthop_row(nexthop: &NexthopView) -> [String; 6] {
    let weight = nexthop.weight.map(|weight| format!("weight {weight}"));
    let details: Vec<_> = weight.iter().chain(&nexthop.flags).chain(&nexthop.others).map(String::as_str).collect();
    let (via, link) = (dash(nexthop.gateway.as_ref()), dash(nexthop.link.as_ref()));
    ["  nexthop".to_owned(), via, link, "-".to_owned(), "-".to_owned(), details.join(" ")]
}

/// What a route has beside its columns. As in ip-route(8), what most routes have is not said: made by an administrator
/// (`boot`), leading anywhere (`global`), and for IPv6 of `medium` preference.
fn route_details(route: &RouteView) -> String {
    let mut words = Vec::new();
    words.extend(route.nexthop_id.map(|id| format!("nhid {id}")));
    if route.protocol != "boot" {
        words.push(format!("proto {}", route.protocol));
    }
    if route.scope != "global" {
        words.push(format!("scope {}", route.scope));
    }
    words.extend(route.flags.iter().cloned());
    words.extend(
        route
            .metrics
            .iter()
            .map(|MetricView { name, value, locked }| format!("{name} {}{value}", if *locked { "lock " } else { "" })),
    );
    words.extend(route.expires.map(|seconds| format!("expires {seconds}sec")));
    words.extend(route.preference.iter().filter(|word| *word != "medium").map(|word| format!("pref {word}")));
    words.extend(route.others.iter().cloned());
    words.join(" ")
}

/// Named namespaces.
///
/// # Errors
/// What the writer refused.
pub fn netns_table(rows: &[NetnsRow], out: &mut impl Write) -> io::Result<()> {
    let rows = rows.iter().map(|row| {
        let inode = row.inode.map_or_else(|| "not a namespace".to_owned(), |inode| inode.to_string());
        [row.name.clone(), inode, row.lab.clone().unwrap_or_else(|| "-".to_owned())]
    });
    columns(&["NETNS", "INODE", "LAB"], rows, out)
}

fn state(link: &LinkView) -> &'static str {
    match (link.up, link.carrier) {
        (true, true) => "up",
        (true, false) => "no carrier",
        (false, _) => "down",
    }
}

fn peer(link: &LinkView) -> String {
    let Some(peer) = &link.peer else { return "-".to_owned() };
    let name = peer.link.clone().unwrap_or_else(|| format!("link {}", peer.index));
    format!("{name} of {}", peer.netns.as_deref().unwrap_or("an unnamed namespace"))
}

/// Rows under a heading; nothing at all where there are no rows.
fn columns<const N: usize>(
    heading: &[&str; N],
    rows: impl Iterator<Item = [String; N]>,
    out: &mut impl Write,
) -> io::Result<()> {
    let mut table = Table::new();
    table.set_format(FormatBuilder::new().indent(2).padding(0, 2).build());
    for row in rows {
        table.add_row(Row::new(row.iter().map(|cell| Cell::new(&escape(cell))).collect()));
    }
    if table.is_empty() {
        return Ok(());
    }
    table.insert_row(0, Row::new(heading.iter().map(|cell| Cell::new(cell)).collect()));
    // The last column is padded too; nobody wants blanks at the end of a line.
    for line in table.to_string().lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::view::{PeerView, Reason};

    fn text(word: &str) -> String {
        word.to_owned()
    }

    fn default_route() -> RouteView {
        RouteView {
            kind: text("unicast"),
            destination: text("default"),
            family: "inet",
            gateway: Some(text("192.168.1.1")),
            link: Some(text("eth0")),
            nexthops: Vec::new(),
            nexthop_id: None,
            source: None,
            metric: None,
            by_kernel: false,
            protocol: text("boot"),
            scope: text("global"),
            flags: Vec::new(),
            metrics: Vec::new(),
            preference: None,
            expires: None,
            others: Vec::new(),
        }
    }

    fn node() -> NodeView {
        let address = |address: &str, peer: Option<&str>, flags: &[&str]| AddressView {
            address: text(address),
            peer: peer.map(text),
            scope: text("global"),
            flags: flags.iter().copied().map(text).collect(),
        };
        NodeView {
            name: text("test-1"),
            links: vec![LinkView {
                name: text("eth0"),
                index: 2,
                kind: Some(text("veth")),
                up: true,
                carrier: false,
                mtu: 1500,
                hardware: text("02:00:00:00:00:01"),
                peer: Some(PeerView { netns: Some(text("a\x1b[2J")), link: Some(text("eth0")), index: 2 }),
                addresses: vec![
                    address("192.168.1.1/24", None, &[]),
                    address("10.0.0.1", Some("10.0.0.2/32"), &["secondary", "deprecated"]),
                ],
            }],
            routes: vec![default_route()],
        }
    }

    fn lines(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Vec<String> {
        let mut out = Vec::new();
        write(&mut out).expect("written");
        String::from_utf8_lossy(&out).lines().map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_aligned_and_foreign_names_are_harmless() {
        let expected = [
            "test-1",
            "  LINK  STATE       MTU   KIND  PEER              ADDRESSES",
            "  eth0  no carrier  1500  veth  eth0 of a\\x1b[2J  192.168.1.1/24, 10.0.0.1 peer 10.0.0.2/32 secondary \
             deprecated",
            "  ROUTE    VIA          LINK  SOURCE  METRIC  DETAILS",
            "  default  192.168.1.1  eth0  -       -       -",
        ];
        assert_eq!(lines(|out| table(&[node()], &[], Palette::default(), out)), expected);
        let expected = [
            "  LINK  ADDRESS                                             DETAILS",
            "  eth0  192.168.1.1/24                                      scope global",
            "  eth0  10.0.0.1 peer 10.0.0.2/32 secondary deprecated      scope global",
        ];
        let squeezed = |lines: &[String]| -> Vec<Vec<String>> {
            lines.iter().map(|line| line.split_whitespace().map(str::to_owned).collect()).collect()
        };
        let found = lines(|out| addresses(&node().links, out));
        assert_eq!(squeezed(&found), squeezed(&expected.map(text)));
    }

    #[test]
    fn what_a_route_has_beside_its_columns_is_told() {
        let hop = |gateway: &str, flags: &[&str]| NexthopView {
            gateway: Some(text(gateway)),
            link: Some(text("eth0")),
            weight: Some(3),
            flags: flags.iter().copied().map(text).collect(),
            others: vec![text("attribute 99 0x01")],
        };
        let several = RouteView {
            kind: text("type 77"),
            gateway: None,
            link: None,
            nexthops: vec![hop("10.0.0.2", &["dead", "linkdown"]), hop("2001:db8::1", &[])],
            nexthop_id: Some(9),
            metric: Some(5),
            protocol: text("static"),
            scope: text("link"),
            flags: vec![text("onlink")],
            metrics: vec![MetricView { name: text("mtu"), value: text("1400"), locked: true }],
            preference: Some(text("low")),
            expires: Some(30),
            others: vec![text("tos 0x10")],
            ..default_route()
        };
        let expected = [
            "  ROUTE            VIA          LINK  SOURCE  METRIC  DETAILS",
            "  type 77 default  -            -     -       5       nhid 9 proto static scope link onlink mtu lock 1400 \
             expires 30sec pref low tos 0x10",
            "    nexthop        10.0.0.2     eth0  -       -       weight 3 dead linkdown attribute 99 0x01",
            "    nexthop        2001:db8::1  eth0  -       -       weight 3 attribute 99 0x01",
        ];
        assert_eq!(lines(|out| routes(&[several], out)), expected);
    }

    #[test]
    fn json_names_its_schema() {
        let mut out = Vec::new();
        let lost = Lost { name: "b".to_owned(), reason: Reason::Foreign };
        json(&[node()], &[lost], &mut out).expect("written");
        let document: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(document["schema"], SCHEMA);
        let link = &document["netns"][0]["links"][0];
        assert_eq!(link["peer"]["link"], "eth0");
        assert_eq!(link["addresses"][1]["peer"], "10.0.0.2/32");
        assert_eq!(document["lost"], serde_json::json!([{ "name": "b", "reason": "foreign" }]));
    }
}
