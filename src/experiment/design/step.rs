//! One step that makes sense: changes, what is sent, what must become of it.

use std::ops::Range;
use std::time::Duration;

use super::around::Around;
use super::counters::{self, CounterCheck};
use super::expectation::{self, Expectation};
use super::rule_text;
use super::sending::sending;
use super::topology::read_key;
use crate::experiment::rule_text::RuleText;
use crate::experiment::spec;
use crate::experiment::spec::At;
use crate::kernel::sysctl::Key;
use crate::rule::IpFamily;
use crate::way::sending::Sending;

/// A step.
#[derive(Debug, Clone)]
pub struct Step {
    /// What it shows.
    pub name: String,
    /// Why it is left out.
    pub skip: Option<String>,
    /// What is changed first, in order.
    pub changes: Vec<Change>,
    /// What is sent.
    pub sending: Option<Sending>,
    /// Where the file says so.
    pub span: Range<usize>,
    /// How long to wait for what is not seen to end at once.
    pub timeout: Duration,
    /// What must become of it.
    pub expect: Option<Expectation>,
    /// Counters that nodes must have then.
    pub counters: Vec<CounterCheck>,
}

/// Something that is changed before anything is sent. Nodes are meant by their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A setting of the network.
    Setting(usize, At<Key>, String),
    /// Lines of iptables-restore --noflush.
    Rules(RuleText),
    /// All counters to zero.
    Zero(usize),
    /// No tracked connection any more.
    Flush(usize),
    /// Time passes.
    Wait(Duration),
}

const TIMEOUT: Duration = Duration::from_secs(1);

/// Makes sense of the step with this place.
pub(super) fn design(place: usize, step: &At<spec::Step>, around: &mut Around<'_>) -> Step {
    let sending = sending(place, step, around);
    check_latency(step, around);
    if step.kinds_of_traffic() == 0 && step.expect.as_ref().is_some_and(|expect| !expect.is_only_about_flows()) {
        let span = step.expect.as_ref().map_or(0..0, |expect| expect.span.clone());
        around.faults.add(span, "the step sends nothing that an outcome could be expected of");
    }
    Step {
        name: step.name.clone().unwrap_or_else(|| format!("step {}", place + 1)),
        skip: step.skip.clone(),
        changes: changes(step, around),
        sending,
        span: step.span.clone(),
        timeout: step.timeout.map_or(TIMEOUT, |timeout| timeout.0),
        expect: step.expect.as_ref().map(|expect| expectation::read(expect, around)),
        counters: counter_checks(step, around),
    }
}

/// Tells of answers that nobody times.
fn check_latency(step: &spec::Step, around: &mut Around<'_>) {
    let latency = step.expect.as_ref().and_then(|expect| expect.latency.as_ref());
    let is_timed = step.ping.is_some() || step.udp.is_some() || step.tcp.is_some();
    if let Some(latency) = latency.filter(|_| !is_timed && step.kinds_of_traffic() > 0) {
        around.faults.add(latency.span.clone(), "only answers to ping, udp and tcp are timed");
    }
}

fn counter_checks(step: &At<spec::Step>, around: &mut Around<'_>) -> Vec<CounterCheck> {
    let mut found = Vec::new();
    for (family, of_family) in [(IpFamily::V4, &step.counters), (IpFamily::V6, &step.counters6)] {
        for (name, counters) in of_family {
            let Some(node) = around.node(name, counters.span.clone()) else { continue };
            found.extend(counters::checks(node, family, counters, around));
        }
    }
    found
}

/// Whoever waits for longer has mistaken the unit.
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

fn changes(step: &At<spec::Step>, around: &mut Around<'_>) -> Vec<Change> {
    let mut changes = Vec::new();
    for (name, settings) in &step.sysctls {
        let Some(node) = around.node(name, step.span.clone()) else { continue };
        for (key, value) in settings {
            let key = read_key(key, &value.span, around.faults);
            changes.extend(key.map(|key| {
                Change::Setting(node, At { value: key, span: value.span.clone() }, value.value.to_string())
            }));
        }
    }
    for (family, of_family) in [(IpFamily::V4, &step.rules), (IpFamily::V6, &step.rules6)] {
        for (name, text) in of_family {
            let Some(node) = around.node(name, text.span.clone()) else { continue };
            changes.extend(rule_lines(node, family, text, around).map(Change::Rules));
        }
    }
    for (nodes, change) in [(&step.zero, Change::Zero as fn(usize) -> Change), (&step.flush_conntrack, Change::Flush)] {
        for name in nodes {
            changes.extend(around.node(name, name.span.clone()).map(change));
        }
    }
    if step.wait.is_some_and(|wait| wait.0 > LONGEST_WAIT) {
        around.faults.add(step.span.clone(), "the step waits for more than an hour");
    }
    changes.extend(step.wait.map(|wait| Change::Wait(wait.0)));
    changes
}

/// Lines that change rules; without a table they are about filter.
fn rule_lines(node: usize, family: IpFamily, text: &At<String>, around: &mut Around<'_>) -> Option<RuleText> {
    let is_line = text.trim_start().starts_with('-') || text.trim_start().starts_with(':');
    if !text.contains('\n') && !is_line {
        return rule_text(node, family, text, around.source, around.faults);
    }
    let mut found = RuleText::inline(node, family, text, around.source);
    if !text.lines().any(|line| line.trim_start().starts_with('*')) {
        // The head stands on a line of its own; the numbers of the others go on by one.
        found.bytes = format!("*filter\n{}\nCOMMIT\n", text.trim_end()).into_bytes();
        found.lines_before = found.lines_before.saturating_sub(1);
    }
    Some(found)
}
