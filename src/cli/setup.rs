//! `nsfw setup`: builds the lab.

use crate::exit::ExitCode;
use std::io::Write;

use clap::Args;

use super::{Globals, holder};
use crate::error::Error;
use crate::firewall::edit::make_builtin_table;
use crate::lab::plan::Plan;
use crate::lab::{Building, LabError, Store, Topology};
use crate::rule::{BuiltinTable, IpFamily, quote};

/// Arguments of `nsfw setup`.
#[derive(Debug, Args)]
pub struct Setup {
    /// Names of the two nodes
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "test-1,test-2")]
    nodes: Vec<String>,
    /// Says nothing when all went well
    #[arg(short, long)]
    quiet: bool,
}

impl Setup {
    /// Runs the command.
    ///
    /// # Errors
    /// A lab that is up, names that are taken, what the kernel refused; nothing is changed then.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let [one, other] = self.nodes.as_slice() else {
            let help = "name both: `nsfw setup --nodes left,right`";
            return Err(Error::word(self.nodes.join(","), "the lab has two nodes", help));
        };
        let topology = Topology::pair([one.clone(), other.clone()]);
        Plan::new(&topology).map_err(|error| self.blame(error))?;
        holder::start(globals)?;
        let store = Store::lock()?;
        let building = Building::build(&store, &globals.lab, &topology).map_err(|error| self.blame(error))?;
        // The policies count from the first packet on, as they do where iptables' own tables are loaded.
        building.inside(|_| make_builtin_table(IpFamily::V4, BuiltinTable::Filter).map_err(Error::from))?;
        let recovered = building.recovered();
        building.finish()?;
        if self.quiet {
            return Ok(ExitCode::SUCCESS);
        }
        let mut text = String::new();
        if recovered {
            text += "removed what an interrupted setup had left\n";
        }
        for node in &topology.nodes {
            let addresses: Vec<_> =
                node.addresses.iter().map(|address| format!("{} {}", address.interface, address.net)).collect();
            text += &format!("{}: {}\n", node.name, addresses.join(", "));
        }
        let peer = topology.nodes.get(1).and_then(|node| node.addresses.first());
        if let Some(peer) = peer {
            let nsfw = if globals.rootless { "nsfw --rootless" } else { "nsfw" };
            let [one, other] = [one, other].map(|name| quote(name));
            text += &format!("next: {nsfw} -n {one} ping -c 3 {}; {nsfw} -n {other} counters\n", peer.net.addr());
        }
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }

    /// Points at the names of the nodes where they are to blame.
    fn blame(&self, error: LabError) -> Error {
        match error {
            LabError::Topology { message } => {
                Error::word(self.nodes.join(","), message, "name two nodes: `nsfw setup --nodes left,right`")
            }
            error => error.into(),
        }
    }
}
