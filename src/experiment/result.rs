//! What came of an experiment, as plain data: what a worker hands to whoever reports it.

use serde::{Deserialize, Serialize};

use crate::way::packet_path::PacketPath;

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
