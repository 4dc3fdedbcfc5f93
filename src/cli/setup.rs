//! `nsfw setup`: builds the lab.

use crate::exit::ExitCode;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Globals, holder};
use crate::error::Error;
use crate::experiment::RunError;
use crate::experiment::check::check;
use crate::experiment::rule_text::RuleText;
use crate::experiment::source::Source;
use crate::firewall::HostNames;
use crate::firewall::edit::make_builtin_table;
use crate::lab::loaded;
use crate::lab::plan::Plan;
use crate::lab::{Building, LabError, Store, Topology};
use crate::report::terminal::escape;
use crate::rule::{BuiltinTable, IpFamily, quote};

/// Arguments of `nsfw setup`.
#[derive(Debug, Args)]
pub struct Setup {
    /// Names of the two nodes
    #[arg(long, value_name = "A,B", value_delimiter = ',', default_value = "test-1,test-2")]
    nodes: Vec<String>,
    /// The network of an experiment's file, with the rules of its nodes
    #[arg(short, long, value_name = "FILE", conflicts_with = "nodes")]
    file: Option<PathBuf>,
    /// Says nothing when all went well
    #[arg(short, long)]
    quiet: bool,
}

/// What is to be built.
struct Order {
    topology: Topology,
    /// By the nodes' places.
    rules: Vec<RuleText>,
}

impl Setup {
    /// Runs the command.
    ///
    /// # Errors
    /// A lab that is up, names that are taken, what the kernel refused; nothing is changed then.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let Order { topology, rules } = self.order()?;
        Plan::new(&topology).map_err(|error| self.blame(error))?;
        holder::start(globals)?;
        let store = Store::lock()?;
        let building = Building::build(&store, &globals.lab, &topology).map_err(|error| self.blame(error))?;
        let names = HostNames::default();
        building.inside(|name| {
            // The policies count from the first packet on, as they do where iptables' own tables are loaded.
            make_builtin_table(IpFamily::V4, BuiltinTable::Filter)?;
            for text in rules.iter().filter(|text| topology.nodes.get(text.node).is_some_and(|node| node.name == name))
            {
                text.load(false, &names)?;
                text.loaded().into_iter().for_each(|text| loaded::remember_in(&store, text));
            }
            Ok::<_, Error>(())
        })?;
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
            text += &format!("{}: {}\n", escape(&node.name), escape(&addresses.join(", ")));
        }
        text += &next(&topology, globals);
        std::io::stdout().write_all(text.as_bytes()).map_err(Error::Output)?;
        Ok(ExitCode::SUCCESS)
    }

    fn order(&self) -> Result<Order, Error> {
        if let Some(file) = &self.file {
            return of_file(file);
        }
        let [one, other] = self.nodes.as_slice() else {
            let help = "name both: `nsfw setup --nodes left,right`";
            return Err(Error::word(self.nodes.join(","), "the lab has two nodes", help));
        };
        Ok(Order { topology: Topology::pair([one.clone(), other.clone()]), rules: Vec::new() })
    }

    /// Points at the names of the nodes where they are to blame.
    fn blame(&self, error: LabError) -> Error {
        match error {
            LabError::Topology { message } if self.file.is_none() => {
                Error::word(self.nodes.join(","), message, "name two nodes: `nsfw setup --nodes left,right`")
            }
            error => error.into(),
        }
    }
}

fn of_file(file: &Path) -> Result<Order, Error> {
    let shown = file.display().to_string();
    let source = Source::read(file).map_err(|error| {
        let message = format!("cannot read {}: {}", escape(&shown), error);
        Error::word(shown.clone(), message, "name a file of an experiment: docs/experiments.md")
    })?;
    let design = check(&source, &HostNames::default(), |text| escape(text).into_owned()).map_err(RunError::Rules)?;
    Ok(Order { topology: design.topology, rules: design.rules })
}

/// What to do next: a ping from the first node to the next one that has an address.
fn next(topology: &Topology, globals: &Globals) -> String {
    let nsfw = if globals.rootless { "nsfw --rootless" } else { "nsfw" };
    let Some(one) = topology.nodes.first() else { return String::new() };
    let other = topology.nodes.iter().skip(1).find_map(|node| Some((&node.name, node.addresses.first()?.net.addr())));
    let Some((other, address)) = other else { return String::new() };
    let [one, other] = [&one.name, other].map(|name| quote(name));
    format!("next: {nsfw} -n {one} ping -c 3 {address}; {nsfw} -n {other} counters\n")
}
