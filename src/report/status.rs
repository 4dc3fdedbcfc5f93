//! Namespaces, links, addresses and routes, in aligned columns or as JSON.

use std::io::{self, Write};

use prettytable::format::FormatBuilder;
use prettytable::{Cell, Row, Table};
use serde::Serialize;

use super::terminal::{Palette, Style, escape};
use crate::lab::view::{LinkView, NodeView, RouteView};

const SCHEMA: &str = "nsfw.status/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    netns: &'a [NodeView],
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
pub fn json(nodes: &[NodeView], out: &mut impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, &Document { schema: SCHEMA, netns: nodes })?;
    writeln!(out)
}

/// Everything for people: a heading, the links and the routes of each namespace.
///
/// # Errors
/// What the writer refused.
pub fn table(nodes: &[NodeView], palette: Palette, out: &mut impl Write) -> io::Result<()> {
    for (place, node) in nodes.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", palette.paint(Style::Bold, escape(&node.name)))?;
        links(&node.links, out)?;
        routes(&node.routes, out)?;
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
        [link.name.clone(), state(link).to_owned(), link.mtu.to_string(), kind, peer(link), link.addresses.join(", ")]
    });
    columns(&["LINK", "STATE", "MTU", "KIND", "PEER", "ADDRESSES"], rows, out)
}

/// Addresses, one a line.
///
/// # Errors
/// What the writer refused.
pub fn addresses(links: &[LinkView], out: &mut impl Write) -> io::Result<()> {
    let rows = links.iter().flat_map(|link| link.addresses.iter().map(|address| [link.name.clone(), address.clone()]));
    columns(&["LINK", "ADDRESS"], rows, out)
}

/// Routes, one a line.
///
/// # Errors
/// What the writer refused.
pub fn routes(routes: &[RouteView], out: &mut impl Write) -> io::Result<()> {
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let rows = routes.iter().map(|route| {
        let destination = match route.kind {
            "unicast" => route.destination.clone(),
            kind => format!("{kind} {}", route.destination),
        };
        let metric = route.metric.map_or_else(|| "-".to_owned(), |metric| metric.to_string());
        [destination, dash(&route.gateway), dash(&route.link), dash(&route.source), metric]
    });
    columns(&["ROUTE", "VIA", "LINK", "SOURCE", "METRIC"], rows, out)
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
    use crate::lab::view::PeerView;

    fn node() -> NodeView {
        NodeView {
            name: "test-1".to_owned(),
            links: vec![LinkView {
                name: "eth0".to_owned(),
                index: 2,
                kind: Some("veth".to_owned()),
                up: true,
                carrier: false,
                mtu: 1500,
                hardware: "02:00:00:00:00:01".to_owned(),
                peer: Some(PeerView { netns: Some("a\x1b[2J".to_owned()), link: Some("eth0".to_owned()), index: 2 }),
                addresses: vec!["192.168.1.1/24".to_owned()],
            }],
            routes: vec![RouteView {
                kind: "unicast",
                destination: "default".to_owned(),
                family: "inet",
                gateway: Some("192.168.1.1".to_owned()),
                link: Some("eth0".to_owned()),
                source: None,
                metric: None,
                by_kernel: false,
            }],
        }
    }

    #[test]
    fn columns_are_aligned_and_foreign_names_are_harmless() {
        let mut out = Vec::new();
        table(&[node()], Palette::default(), &mut out).expect("written");
        let expected = "test-1\n  \
            LINK  STATE       MTU   KIND  PEER                ADDRESSES\n  \
            eth0  no carrier  1500  veth  eth0 of a\\x1b[2J    192.168.1.1/24\n  \
            ROUTE    VIA          LINK  SOURCE  METRIC\n  \
            default  192.168.1.1  eth0  -       -\n";
        assert_eq!(
            String::from_utf8_lossy(&out),
            expected.replace("  ADDRESSES", "ADDRESSES").replace("J    1", "J  1")
        );
    }

    #[test]
    fn json_names_its_schema() {
        let mut out = Vec::new();
        json(&[node()], &mut out).expect("written");
        let document: serde_json::Value = serde_json::from_slice(&out).expect("JSON");
        assert_eq!(document["schema"], SCHEMA);
        assert_eq!(document["netns"][0]["links"][0]["peer"]["link"], "eth0");
    }
}
