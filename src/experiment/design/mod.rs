//! An experiment that makes sense: names are looked up, addresses are read, and all that is wrong is told at once.
//!
//! Pure but for the files that the experiment names: the kernel is not asked.

mod amount;
mod around;
mod counters;
mod expectation;
mod packet;
mod sending;
mod step;
mod topology;

use std::ops::Range;

pub use counters::{CounterCheck, Found, Wanted, Whose, rewrite};
pub use expectation::{Endpoint, Expectation, FlowCheck, FlowState, Spot, Translated};
pub use step::{Change, Step};

use self::around::{Around, Faults};
use super::fault::Fault;
use super::rule_text::RuleText;
use super::source::Source;
use super::spec::{At, Experiment};
use crate::kernel::sysctl::Key;
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
    /// Settings of nodes.
    settings: Vec<At<Key>>,
}

impl Design {
    /// Makes sense of a file.
    ///
    /// # Errors
    /// Everything that is wrong with it, in the order of its places.
    pub fn new(source: &Source, names: &dyn Names) -> Result<Self, Vec<Fault>> {
        Self::read(source, names).map_err(|wrong| wrong.faults)
    }

    /// Makes sense of a file, and hands out its rules even where that makes none.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(source: &Source, names: &dyn Names) -> Result<Self, Wrong> {
        let nothing = |fault| Wrong { faults: vec![fault], rules: Vec::new(), steps: Vec::new() };
        let experiment = source.parse().map_err(nothing)?;
        let mut faults = Faults::default();
        let topology = topology::topology(&experiment, &mut faults);
        let plan = Plan::new(&topology).map_err(|error| faults.add(links_span(&experiment), error.to_string())).ok();
        let rules = rules(&experiment, source, &topology, &mut faults);
        let mut around = Around { topology: &topology, source, names, faults: &mut faults };
        let steps = experiment.steps.iter().enumerate();
        let steps: Vec<Step> = steps.map(|(place, step)| step::design(place, step, &mut around)).collect();
        match plan {
            Some(plan) if faults.0.is_empty() => {
                let settings = settings(&experiment);
                Ok(Self { title: experiment.title, skip: experiment.skip, topology, plan, rules, steps, settings })
            }
            _ => {
                faults.0.sort_by_key(|fault| fault.span.start);
                Err(Wrong { faults: faults.0, rules, steps })
            }
        }
    }

    /// Where a setting is written, of nodes or in a step; `None` where that is not one place.
    #[must_use]
    pub fn place_of_setting(&self, step: Option<&Step>, key: &str) -> Option<Range<usize>> {
        let in_step = step.into_iter().flat_map(|step| &step.changes).filter_map(|change| match change {
            Change::Setting(_, key, _) => Some(key),
            _ => None,
        });
        let of_nodes = self.settings.iter().filter(|_| step.is_none());
        let mut found = in_step.chain(of_nodes).filter(|setting| setting.to_string() == key);
        let only = found.next()?;
        found.next().is_none().then(|| only.span.clone())
    }

    /// Every text of rules in the order in which they are loaded, and whether it leaves there what there is.
    pub fn texts(&self) -> impl Iterator<Item = (&RuleText, bool)> {
        texts(&self.rules, &self.steps)
    }
}

/// A file that makes no sense.
#[derive(Debug)]
pub struct Wrong {
    /// What is wrong, in the order of its places.
    pub faults: Vec<Fault>,
    rules: Vec<RuleText>,
    steps: Vec<Step>,
}

impl Wrong {
    /// As [`Design::texts`], as far as they could be read.
    pub fn texts(&self) -> impl Iterator<Item = (&RuleText, bool)> {
        texts(&self.rules, &self.steps)
    }
}

fn texts<'d>(rules: &'d [RuleText], steps: &'d [Step]) -> impl Iterator<Item = (&'d RuleText, bool)> {
    let changed = steps.iter().flat_map(|step| &step.changes).filter_map(|change| match change {
        Change::Rules(text) => Some((text, true)),
        _ => None,
    });
    rules.iter().map(|text| (text, false)).chain(changed)
}

impl Design {
    /// The rules that are loaded into a node before the first step.
    pub fn rules_of(&self, node: &str) -> impl Iterator<Item = &RuleText> {
        let place = self.topology.place(node);
        self.rules.iter().filter(move |text| Some(text.node) == place)
    }
}

fn settings(experiment: &Experiment) -> Vec<At<Key>> {
    let written = experiment.nodes.values().flat_map(|node| &node.sysctls);
    written.filter_map(|(key, value)| Some(At { value: Key::parse(key).ok()?, span: value.span.clone() })).collect()
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
