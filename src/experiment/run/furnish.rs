//! The rules of an experiment, loaded into its network, and remembered with the lines that they came from.

use nix::errno::Errno;

use super::RunError;
use crate::experiment::design::Design;
use crate::experiment::rule_text::RuleText;
use crate::firewall::edit::make_builtin_table;
use crate::kernel::sysctl::Key;
use crate::lab::{Network, quiet};
use crate::rule::{BuiltinTable, IpFamily};
use crate::way::world::World;

/// Places the witnesses in a network that was built, and loads the rules.
///
/// # Errors
/// What cannot be loaded.
pub fn furnish(network: Network, design: &Design) -> Result<World, RunError> {
    // All witnesses first: they keep every node from saying anything by itself, which the rules would count.
    let mut world = World::built(network, design.topology.clone())?;
    if world.topology.quiet {
        ask_nobody(&world)?;
    }
    for node in 0..world.nodes.len() {
        // The policies count from the first packet on, as they do where iptables' own tables are loaded.
        world.inside(node, || Ok(make_builtin_table(IpFamily::V4, BuiltinTable::Filter)?))?;
        for text in design.rules.iter().filter(|text| text.node == node) {
            load(text, false, &mut world)?;
        }
    }
    Ok(world)
}

/// Has no interface ask for a neighbour that is not written down. One without that setting has no neighbours.
fn ask_nobody(world: &World) -> Result<(), RunError> {
    let mut ports = quiet::asks_nobody(&world.topology);
    ports.sort_unstable();
    for of_node in ports.chunk_by(|one, other| one.0 == other.0) {
        let Some((node, _)) = of_node.first() else { continue };
        let keys = of_node.iter().flat_map(|(_, interface)| {
            ["ipv4", "ipv6"].map(|version| Key::parse(&format!("net/{version}/neigh/{interface}/mcast_solicit")))
        });
        world.inside(*node, || {
            for key in keys.flatten() {
                match key.write("0") {
                    Err(error) if error.errno != Errno::ENOENT => return Err(error.into()),
                    _ => {}
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

/// Loads a text into its node; `noflush`: beside what is there.
///
/// # Errors
/// [`RunError::Rules`], [`RunError::Refused`], what the kernel refused besides.
pub fn load(text: &RuleText, noflush: bool, world: &mut World) -> Result<(), RunError> {
    let kept = if noflush { Some(world.snapshot_without_sets(text.node)?) } else { None };
    world.inside(text.node, || Ok(text.load(noflush, &world.names)))??;
    let after = world.snapshot_without_sets(text.node)?;
    let World { nodes, names, .. } = world;
    if let Some(node) = nodes.get_mut(text.node) {
        node.origins.learn(&text.text(), text.family, kept.as_ref(), &after, names);
    }
    Ok(())
}
