//! An experiment that makes sense: names are looked up, addresses are read, and all that is wrong is told at once.
//!
//! Pure but for the files that the experiment names: the kernel is not asked.

mod amount;
mod counters;
mod expectation;
mod packet;
mod step;
mod topology;

use std::ops::Range;

pub use counters::{CounterCheck, Found, Wanted, Whose, rewrite};
pub use expectation::{Endpoint, Expectation, FlowCheck, Spot, Translated};
pub use step::{Change, Connection, Listener, Origin, Probe, Probes, Sending, Step};

use self::step::Around;
use super::fault::Fault;
use super::rule_text::RuleText;
use super::source::Source;
use super::spec::{At, Experiment};
use crate::lab::{Plan, Topology};
use crate::rule::{IpFamily, Names};

/// An experiment, ready to be run.
#[derive(Debug, Clone)]
pub struct Design {
    /// What it is about.
    pub title: Option<String>,
    /// Why it is left out.
    pub skip: Option<String>,
    /// The network.
    pub topology: Topology,
    /// How to build it.
    pub plan: Plan,
    /// The rules that are loaded before the first step.
    pub rules: Vec<RuleText>,
    /// What is done.
    pub steps: Vec<Step>,
}

/// What is wrong so far.
#[derive(Debug, Default)]
pub struct Faults(pub Vec<Fault>);

impl Faults {
    fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.0.push(Fault::new(span, message));
    }

    fn add_with_help(&mut self, span: Range<usize>, message: impl Into<String>, help: impl Into<String>) {
        self.0.push(Fault::new(span, message).with_help(help));
    }
}

impl Design {
    /// Makes sense of a file.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of its places.
    pub fn new(source: &Source, names: &dyn Names) -> Result<Self, Vec<Fault>> {
        let experiment = source.parse().map_err(|fault| vec![fault])?;
        let mut faults = Faults::default();
        let topology = topology::topology(&experiment, &mut faults);
        let plan = Plan::new(&topology).map_err(|error| faults.add(links_span(&experiment), error.to_string())).ok();
        let rules = rules(&experiment, source, &topology, &mut faults);
        let mut around = Around { topology: &topology, source, names, faults: &mut faults };
        let steps = experiment.steps.iter().enumerate();
        let steps: Vec<Step> = steps.map(|(place, step)| step::design(place, step, &mut around)).collect();
        match plan {
            Some(plan) if faults.0.is_empty() => {
                Ok(Self { title: experiment.title, skip: experiment.skip, topology, plan, rules, steps })
            }
            _ => {
                faults.0.sort_by_key(|fault| fault.span.start);
                Err(faults.0)
            }
        }
    }
}

impl Design {
    /// The rules that are loaded into a node before the first step.
    pub fn rules_of(&self, node: &str) -> impl Iterator<Item = &RuleText> {
        let place = self.topology.place(node);
        self.rules.iter().filter(move |text| Some(text.node) == place)
    }
}

/// What contradicts itself in a network is most often a link.
fn links_span(experiment: &Experiment) -> Range<usize> {
    let first = experiment.links.first().map(|link| link.span.clone());
    first.or_else(|| experiment.nodes.values().next().map(|node| node.span.clone())).unwrap_or(0..0)
}

fn rules(experiment: &Experiment, source: &Source, topology: &Topology, faults: &mut Faults) -> Vec<RuleText> {
    let mut found = Vec::new();
    for (name, node) in &experiment.nodes {
        let Some(place) = topology.place(name) else { continue };
        for (text, family) in [(&node.rules, IpFamily::V4), (&node.rules6, IpFamily::V6)] {
            let Some(text) = text else { continue };
            found.extend(rule_text(place, family, text, source, faults));
        }
    }
    found
}

/// Rules that stand in the file itself, or in one beside it: a text of one line is a file's name.
fn rule_text(
    node: usize,
    family: IpFamily,
    text: &At<String>,
    source: &Source,
    faults: &mut Faults,
) -> Option<RuleText> {
    if text.contains('\n') {
        return Some(RuleText::inline(node, family, text, source));
    }
    match source.beside(text) {
        Ok((path, bytes)) => Some(RuleText { node, family, file: path.display().to_string(), lines_before: 0, bytes }),
        Err(error) => {
            faults.add_with_help(
                text.span.clone(),
                format!("cannot read {:?}: {error}", text.value),
                "name a file beside this one, or write the rules here between ''' and '''",
            );
            None
        }
    }
}
