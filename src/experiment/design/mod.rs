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

pub use counters::{CounterCheck, Wanted, Whose, rewrite};
pub use expectation::{Endpoint, Expectation, FlowCheck, Spot, Translated};
pub use step::{Change, Connection, Listener, Origin, Probe, Probes, Sending, Step};

use self::step::Around;
use super::fault::Fault;
use super::source::Source;
use super::spec::{At, Experiment};
use crate::firewall::edit::LineError;
use crate::firewall::line_errors::Text;
use crate::lab::{Plan, Topology};
use crate::rule::{IpFamily, Names};

/// A rule set of a node, as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleText {
    /// Place of the node in the topology.
    pub node: usize,
    /// IPv4 or IPv6.
    pub family: IpFamily,
    /// The file that it stands in.
    pub file: String,
    /// Lines of the file in front of the text.
    pub lines_before: usize,
    /// The text.
    pub bytes: Vec<u8>,
}

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

impl RuleText {
    /// Rules that stand in the experiment's own file.
    fn inline(node: usize, family: IpFamily, text: &At<String>, source: &Source) -> Self {
        let file = source.path.display().to_string();
        let lines_before = lines_before(&source.text, text.span.start);
        Self { node, family, file, lines_before, bytes: text.value.clone().into_bytes() }
    }

    /// Shows bad lines, as whoever shows faults begins with `error: `, without it in front of the first.
    #[must_use]
    pub fn show(&self, errors: &[LineError]) -> String {
        let text = Text { file: &self.file, lines_before: self.lines_before, bytes: &self.bytes };
        let shown = text.show(errors, str::to_owned, str::to_owned);
        shown.trim_end().trim_start_matches("error: ").to_owned()
    }
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

/// Lines of a file in front of the first line of a string that has several.
fn lines_before(file: &str, start: usize) -> usize {
    let before = file.get(..start).map_or(0, |before| before.matches('\n').count());
    let begins_below = ["'''\n", "\"\"\"\n", "'''\r\n", "\"\"\"\r\n"];
    let opened = file.get(start..).is_some_and(|rest| begins_below.iter().any(|quote| rest.starts_with(quote)));
    before + usize::from(opened)
}
