//! `-j NFLOG`: the packet goes to a group of netlink readers.

use std::fmt::Write as _;

use crate::expr::Log;
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::number::parse_whole;
use crate::rule::{IpFamily, Rule, identifier, lexer};

/// Bytes of a prefix (`NF_LOG_PREFIXLEN` of linux/netfilter/nf_log.h is 128, with the NUL).
const PREFIX_BYTES: usize = 127;

/// `-j NFLOG`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Nflog {
    /// `--nflog-group`.
    pub group: u16,
    /// `--nflog-prefix`; empty is none.
    pub prefix: String,
    /// `--nflog-size`: bytes of the packet; `None` is all.
    pub size: Option<u32>,
    /// `--nflog-threshold`: packets that are gathered; 0 is the kernel's default.
    pub threshold: u16,
}

impl Extension for Nflog {
    const NAME: &'static str = "NFLOG";
    const HELP: &'static str = "hands the packet to the readers of a netlink group; the packet goes on";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--nflog-group", &["a number"], "the group; 0", "log group 5").told("group {}"),
        OptionSpec::new("--nflog-prefix", &["a text"], "what is told with it, up to 127 bytes", "log prefix \"text\"")
            .told("with \"{}\""),
        OptionSpec::new("--nflog-size", &["bytes"], "how much of the packet is copied", "log snaplen 64"),
        OptionSpec::new("--nflog-threshold", &["packets"], "how many are gathered", "log queue-threshold 10"),
        OptionSpec::new(
            "--nflog-range",
            &["bytes"],
            "asks nothing of any kernel, and is not kept: --nflog-size does",
            "none",
        ),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-j NFLOG", "-j NFLOG"),
            (
                "-j NFLOG --nflog-group 3 --nflog-prefix \"a b\" --nflog-size 64 --nflog-threshold 5",
                "-j NFLOG --nflog-prefix \"a b\" --nflog-group 3 --nflog-size 64 --nflog-threshold 5",
            ),
            ("-j NFLOG --nflog-group 0", "-j NFLOG"),
        ],
        refused: &[
            "-j NFLOG --nflog-group 65536",
            "-j NFLOG --nflog-threshold 65536",
            "-j NFLOG --nflog-size x",
            "-j NFLOG --nflog-range x",
            "-j NFLOG --nflog-prefix",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--nflog-group" => self.group = given.read("a group from 0 to 65535", parse_whole)?,
            "--nflog-threshold" => {
                self.threshold = given.read("a number from 0 to 65535", parse_whole)?;
            }
            "--nflog-size" => self.size = Some(given.read("a number of bytes", parse_whole)?),
            "--nflog-prefix" => {
                identifier::check_text("log prefix", given.value(), PREFIX_BYTES)?;
                given.value().clone_into(&mut self.prefix);
            }
            // No kernel has heeded it, and iptables 1.8.11 does not save it either.
            _ => {
                given.read("a number of bytes", parse_whole::<u32>)?;
            }
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut option = |name: &str, value: String| words.extend([name.to_owned(), value]);
        if !self.prefix.is_empty() {
            option("--nflog-prefix", self.prefix.clone());
        }
        if self.group != 0 {
            option("--nflog-group", self.group.to_string());
        }
        if let Some(size) = self.size {
            option("--nflog-size", size.to_string());
        }
        if self.threshold != 0 {
            option("--nflog-threshold", self.threshold.to_string());
        }
        words
    }

    fn list(&self) -> String {
        let mut text = String::new();
        if !self.prefix.is_empty() {
            let _ = write!(text, " nflog-prefix \"{}\"", lexer::printable(&self.prefix));
        }
        if self.group != 0 {
            let _ = write!(text, " nflog-group {}", self.group);
        }
        if let Some(size) = self.size {
            let _ = write!(text, " nflog-size {size}");
        }
        if self.threshold != 0 {
            let _ = write!(text, " nflog-threshold {}", self.threshold);
        }
        text.trim_start().to_owned()
    }
}

impl TargetExtension for Nflog {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.push(Log {
            prefix: (!self.prefix.is_empty()).then(|| self.prefix.clone()),
            group: Some(self.group),
            snap_length: self.size,
            queue_threshold: (self.threshold != 0).then_some(self.threshold),
            ..Log::default()
        });
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Log(log))] = items else { return None };
        if log.level.is_some() || log.flags.is_some() {
            return None;
        }
        let prefix = log.prefix.clone().unwrap_or_default();
        identifier::check_text("log prefix", &prefix, PREFIX_BYTES).ok()?;
        // The kernel tells a length and a threshold of 0 where none was given.
        let size = log.snap_length.filter(|&size| size != 0);
        Some(Self { group: log.group?, prefix, size, threshold: log.queue_threshold.unwrap_or(0) })
    }
}
