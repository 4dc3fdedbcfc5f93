//! A packet's way as plain data, in words: what is shown of it, and what one process hands another.

use serde::{Deserialize, Serialize};

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
