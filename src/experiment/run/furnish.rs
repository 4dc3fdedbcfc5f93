//! The rules of an experiment, loaded into its network, and remembered with the lines that they came from.

use super::RunError;
use crate::experiment::design::Design;
use crate::experiment::rule_text::RuleText;
use crate::firewall::edit::make_builtin_table;
use crate::lab::Network;
use crate::rule::{BuiltinTable, IpFamily};
use crate::way::world::World;

/// Places the witnesses in a network that was built, and loads the rules.
///
/// # Errors
/// What cannot be loaded.
pub fn furnish(network: Network, design: &Design) -> Result<World, RunError> {
    // All witnesses first: they keep every node from saying anything by itself, which the rules would count.
    let mut world = World::built(network, design.topology.clone())?;
    for node in 0..world.nodes.len() {
        // The policies count from the first packet on, as they do where iptables' own tables are loaded.
        world.inside(node, || Ok(make_builtin_table(IpFamily::V4, BuiltinTable::Filter)?))?;
        for text in design.rules.iter().filter(|text| text.node == node) {
            load(text, false, &mut world)?;
        }
    }
    Ok(world)
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
