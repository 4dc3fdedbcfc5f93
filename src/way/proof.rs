//! Whether a packet that nobody saw arrive was lost indeed: every place was watched that it may have come to, and nothing
//! came there that it may be. Otherwise nothing is known of it, and that is an error.

use super::WayError;
use super::evidence::Evidence;
use super::head::head;
use super::journey::{End, Journey, Lost};
use crate::firewall::model::Chain;
use crate::firewall::snapshot::Snapshot;
use crate::firewall::stand::Stand;

/// Looks at every packet that was sent, left a node and came to none; `others` are the journeys of all other packets.
///
/// # Errors
/// [`WayError::Unwatched`], [`WayError::Untold`].
pub fn lost_for_good<'j>(
    sent: impl Iterator<Item = &'j Journey>,
    others: &[Journey],
    evidence: &Evidence<'_>,
    snapshots: &[Snapshot],
) -> Result<(), WayError> {
    for lost in sent {
        let End::Lost(Lost::OnTheWire(Some(interface))) = lost.end else { continue };
        let Some(node) = lost.final_node() else { continue };
        watched((node, interface), evidence, snapshots)?;
        let Some(far) = evidence.far_end(node, interface) else { continue };
        watched(far, evidence, snapshots)?;
        if others.iter().any(|other| may_be(other, far.0, lost)) {
            return Err(WayError::Untold {
                left: evidence.name(node).to_owned(),
                came: evidence.name(far.0).to_owned(),
            });
        }
    }
    Ok(())
}

/// Nothing drops packets at an interface before the witness sees them come, or behind where it sees them leave.
///
/// # Errors
/// [`WayError::Unwatched`].
fn watched((node, interface): (usize, u32), evidence: &Evidence<'_>, snapshots: &[Snapshot]) -> Result<(), WayError> {
    let link = evidence.link(node, interface);
    let (Some(link), Some(snapshot)) = (link, snapshots.get(node)) else { return Ok(()) };
    let found = snapshot.tables.iter().find_map(|table| {
        let chain = table.chains.iter().find(|kept| is_on(&kept.chain, &link.name))?;
        Some(format!("{} of table {} {}", chain.chain.name, table.table.family, table.table.name))
    });
    match found {
        Some(chain) => {
            Err(WayError::Unwatched { node: evidence.name(node).to_owned(), interface: link.name.clone(), chain })
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Policy;
    use crate::firewall::model::Base;
    use crate::way::journey::journeys;
    use crate::way::scene::{BEFORE, BEHIND, Scene, accepted, address, arrived, datagram, left, made, rules};

    fn judged(scene: &Scene, snapshots: &[Snapshot]) -> Result<(), WayError> {
        let evidence = scene.evidence();
        let (sent, others) = journeys(&evidence).into_iter().partition::<Vec<_>, _>(|it| it.origin() == Some(0));
        lost_for_good(sent.iter(), &others, &evidence, snapshots)
    }

    #[test]
    fn what_may_be_the_lost_packet_leaves_it_unknown() {
        let sent = &datagram(address(0), address(1), 7);
        let lost = || Scene::row(2).seen(0, [made(sent), left(sent, BEHIND)]);
        let snapshots = [rules([]), rules([])];
        assert!(judged(&lost(), &snapshots).is_ok());
        let with = |came| judged(&lost().seen(1, [arrived(&came, BEFORE), accepted(&came)]), &snapshots);
        let untold = with(datagram(address(0), address(1), 8));
        assert!(matches!(untold, Err(WayError::Untold { left, came }) if (&*left, &*came) == ("a", "b")));
        assert!(with(datagram(address(2), address(1), 8)).is_ok(), "other addresses");
    }

    #[test]
    fn a_chain_of_a_device_may_have_dropped_it_unseen() {
        let sent = &datagram(address(0), address(1), 7);
        let lost = Scene::row(2).seen(0, [made(sent), left(sent, BEHIND)]);
        for (node, device, watched) in
            [(0, "eth2", false), (0, "eth1", true), (1, "eth1", false), (1, "eth*", false), (1, "eth2", true)]
        {
            let mut snapshots = [rules([]), rules([])];
            snapshots[node].tables[0].chains[0].chain.base = Some(Base {
                hook: "ingress".to_owned(),
                priority: 0,
                kind: "filter".to_owned(),
                policy: Policy::Accept,
                counts: None,
                devices: vec![device.to_owned()],
            });
            assert_eq!(judged(&lost, &snapshots).is_ok(), watched, "{device} of {node}");
        }
    }
}
