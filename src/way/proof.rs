//! Whether a packet that nobody saw arrive was lost indeed: every place was watched that it may have come to, and nothing
//! came there that it may be. Otherwise nothing is known of it, and that is an error.

use super::WayError;
use super::head::head;
use super::journey::{End, Journey, Lost};
use super::world::World;
use crate::firewall::model::Chain;
use crate::firewall::snapshot::Snapshot;
use crate::firewall::witness::Stand;

/// Looks at every packet that was sent, left a node and came to none; `others` are the journeys of all other packets.
///
/// # Errors
/// [`WayError::Unwatched`], [`WayError::Untold`].
pub fn lost_for_good<'j>(
    sent: impl Iterator<Item = &'j Journey>,
    others: &[Journey],
    world: &World,
    snapshots: &[Snapshot],
) -> Result<(), WayError> {
    for lost in sent {
        let End::Lost(Lost::OnTheWire(Some(interface))) = lost.end else { continue };
        let Some(node) = lost.final_node() else { continue };
        watched((node, interface), world, snapshots)?;
        let Some(far) = world.far_end(node, interface) else { continue };
        watched(far, world, snapshots)?;
        if others.iter().any(|other| may_be(other, far.0, lost)) {
            return Err(WayError::Untold { left: name(world, node), came: name(world, far.0) });
        }
    }
    Ok(())
}

/// Nothing drops packets at an interface before the witness sees them come, or behind where it sees them leave.
///
/// # Errors
/// [`WayError::Unwatched`].
fn watched((node, interface): (usize, u32), world: &World, snapshots: &[Snapshot]) -> Result<(), WayError> {
    let link = world.nodes.get(node).and_then(|node| node.interfaces.get(&interface));
    let (Some(link), Some(snapshot)) = (link, snapshots.get(node)) else { return Ok(()) };
    let found = snapshot.tables.iter().find_map(|table| {
        let chain = table.chains.iter().find(|kept| is_on(&kept.chain, &link.name))?;
        Some(format!("{} of table {} {}", chain.chain.name, table.table.family, table.table.name))
    });
    match found {
        Some(chain) => Err(WayError::Unwatched { node: name(world, node), interface: link.name.clone(), chain }),
        None => Ok(()),
    }
}

/// Whether a chain is one of a device's own: of netdev, or of inet at ingress.
fn is_on(chain: &Chain, interface: &str) -> bool {
    let devices = chain.base.iter().flat_map(|base| &base.devices);
    devices.into_iter().any(|device| match device.strip_suffix('*') {
        Some(prefix) => interface.starts_with(prefix),
        None => device == interface,
    })
}

/// Whether a packet that came to a node from nowhere may be another that left for it.
fn may_be(stray: &Journey, node: usize, lost: &Journey) -> bool {
    let came = stray.first().filter(|first| stray.origin() == Some(node) && first.stand() == Some(Stand::Arrived));
    let ends = |visit| head(visit, |head| (head.datagram.source, head.datagram.destination));
    match (came.and_then(ends), lost.last().and_then(ends)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

fn name(world: &World, node: usize) -> String {
    world.nodes.get(node).map_or_else(|| "?".to_owned(), |node| node.name.clone())
}
