//! `-j AUDIT`: tells the kernel's audit.

use crate::expr::Log;
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{IpFamily, Rule};

/// What is told of the packet; all become the same record.
const KINDS: [&str; 3] = ["accept", "drop", "reject"];
/// `LOGLEVEL_AUDIT` (linux/netfilter/nf_tables.h).
const AUDIT: u32 = 8;

/// `-j AUDIT`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Audit {
    /// A place in [`KINDS`]; `None` until `--type` was given.
    pub kind: Option<usize>,
}

impl Extension for Audit {
    const NAME: &'static str = "AUDIT";
    const HELP: &'static str = "tells the kernel's audit";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--type", &["accept, drop or reject"], "what the rules do with it", "log level audit")];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-j AUDIT --type accept", "-j AUDIT --type accept"),
            ("-j AUDIT --type DROP", "-j AUDIT --type drop"),
        ],
        refused: &["-j AUDIT", "-j AUDIT --type", "-j AUDIT --type keep"],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let named = |text: &str| KINDS.iter().position(|kind| kind.eq_ignore_ascii_case(text));
        self.kind = Some(given.read("accept, drop or reject", named)?);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.kind.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target AUDIT", options: "--type" })
    }

    fn render(&self) -> Vec<String> {
        self.kind.into_iter().flat_map(|kind| ["--type", KINDS[kind]].map(str::to_owned)).collect()
    }

    fn list(&self) -> String {
        format!("AUDIT {}", self.kind.map_or("", |kind| KINDS[kind]))
    }
}

impl TargetExtension for Audit {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.push(Log { level: Some(AUDIT), ..Log::default() });
        Ok(())
    }

    /// The record is the same of every kind: the first one is as good as any.
    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Log(log))] = items else { return None };
        (*log == Log { level: Some(AUDIT), ..Log::default() }).then_some(Self { kind: Some(0) })
    }
}
