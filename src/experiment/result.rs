//! What came of an experiment, as plain data: what a worker hands to whoever reports it.

use serde::{Deserialize, Serialize};

/// What came of one file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FileResult {
    /// The file.
    pub file: String,
    /// What it is about.
    pub title: Option<String>,
    /// Its steps, as far as they were run.
    pub steps: Vec<StepResult>,
    /// Why the file was left out.
    pub skipped: Option<String>,
    /// Why it could not be run, or not to its end.
    pub error: Option<RunFault>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// Why a file could not be run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct RunFault {
    /// Why, one line or several.
    pub message: String,
    /// What to do next.
    pub help: Option<String>,
    /// Whether the file or a rule is to blame, not the host.
    pub is_of_file: bool,
}

/// What came of one step.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct StepResult {
    /// What it shows.
    pub name: String,
    /// Why it was left out.
    pub skipped: Option<String>,
    /// What became of what it sent: "3 accepted", and how many answers came back.
    pub sent: Option<String>,
    /// Answers that came back.
    pub replies: u64,
    /// Its expectations, answered.
    pub checks: Vec<Check>,
    /// Counters after it of each node that has rules, where something was sent or expected: what `--record` writes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub counters: Vec<Recorded>,
    /// How long it took, in microseconds.
    pub micros: u64,
}

/// One expectation, answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Check {
    /// What it is about.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What was found.
    pub found: String,
    /// Whether they agree.
    pub passed: bool,
    /// Line of the file, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// What to do, where they do not agree and that is known.
    pub help: Option<String>,
    /// The way of a packet that shows why they do not agree.
    pub path: Option<PacketPath>,
}

/// Counters of a node.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recorded {
    /// The node.
    pub node: String,
    /// Whether of IPv6's tables.
    pub ipv6: bool,
    /// All of its rules, in the format of iptables-save -c.
    pub text: String,
    /// What was found of each that the step expects, in the order of the file.
    pub found: Vec<RecordedCounter>,
}

/// What was found of one expectation.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct RecordedCounter {
    /// Its line in the text, or its place in the list, from 0.
    pub place: usize,
    /// Packets and bytes, where it is there and counts.
    pub counts: Option<(u64, u64)>,
    /// A chain's policy: `ACCEPT` or `DROP`.
    pub policy: Option<String>,
}

/// A packet's whole way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PacketPath {
    /// The packet as it began.
    pub packet: String,
    /// The nodes that it came to.
    pub nodes: Vec<NodePath>,
    /// How it ended.
    pub end: String,
}

/// A packet in one node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NodePath {
    /// The node.
    pub node: String,
    /// The base chains that it came to.
    pub chains: Vec<ChainPath>,
}

/// A packet in one base chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainPath {
    /// Family of the table.
    pub family: String,
    /// The table.
    pub table: String,
    /// The chain.
    pub chain: String,
    /// Where it came in.
    pub input: Option<String>,
    /// Where it goes out.
    pub output: Option<String>,
    /// The packet as it was then.
    pub packet: String,
    /// What happened, in order.
    pub lines: Vec<PathRow>,
    /// What became of it there: `accept`, `drop`, …
    pub verdict: String,
}

/// One rule, or the end of a chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PathRow {
    /// 0 in the base chain, 1 in a chain that it jumps to, and so on.
    pub depth: usize,
    /// In which chain.
    pub chain: String,
    /// The rule's number, from 1; `None` at a chain's end.
    pub number: Option<u32>,
    /// The rule, in iptables' words where it has them.
    pub rule: Option<String>,
    /// Whether the packet matched it.
    pub matched: bool,
    /// What was decided: `accept`, `jump COUNT`, `policy drop`, …; empty for a rule that was passed over.
    pub verdict: String,
    /// File and line of the rule, where they are known.
    pub origin: Option<(String, usize)>,
    /// Its table was loaded from a file, but the line is not known: the rules or the file have changed since.
    pub line_unknown: bool,
    /// The first condition that the packet did not meet, where it was asked for and can be told.
    pub why: Option<String>,
}
