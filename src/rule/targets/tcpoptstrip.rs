//! `-j TCPOPTSTRIP`: takes options out of TCP's header, padding in their place.

use crate::expr::Exthdr;
use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::protocol;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{Hook, IpFamily, Names, Rule};

/// Names of options, and their kinds (IANA).
const NAMES: [(&str, u8); 6] =
    [("mss", 2), ("wscale", 3), ("sack-permitted", 4), ("sack", 5), ("timestamp", 8), ("md5", 19)];

/// `-j TCPOPTSTRIP`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tcpoptstrip {
    /// Kinds, ascending, each once.
    pub kinds: Vec<u8>,
}

/// The end of the list and padding have no length: they cannot be taken out.
const FIRST: u8 = 2;

fn parse_kind(text: &str) -> Option<u8> {
    let named = || NAMES.iter().find(|row| row.0 == text).map(|row| row.1);
    named().or_else(|| text.parse().ok()).filter(|&kind| kind >= FIRST)
}

impl Extension for Tcpoptstrip {
    const NAME: &'static str = "TCPOPTSTRIP";
    const HELP: &'static str = "takes options out of TCP's header";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--strip-options",
        &["a list of numbers or names"],
        "mss, wscale, sack-permitted, sack, timestamp, md5",
        "reset tcp option sack-perm",
    )];
    const SAMPLES: Samples = Samples {
        accepted: &[
            (
                "-t mangle -p tcp -j TCPOPTSTRIP --strip-options timestamp,mss",
                "-p tcp -j TCPOPTSTRIP --strip-options 2,8",
            ),
            ("-t mangle -p tcp -j TCPOPTSTRIP --strip-options 5", "-p tcp -j TCPOPTSTRIP --strip-options 5"),
            ("-p tcp -j TCPOPTSTRIP --strip-options 5", "-p tcp -j TCPOPTSTRIP --strip-options 5"),
        ],
        refused: &[
            "-t mangle -p tcp -j TCPOPTSTRIP",
            "-t mangle -p tcp -j TCPOPTSTRIP --strip-options 1",
            "-t mangle -p tcp -j TCPOPTSTRIP --strip-options x",
            "-t mangle -j TCPOPTSTRIP --strip-options 5",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let kinds = |text: &str| text.split(',').map(parse_kind).collect::<Option<Vec<u8>>>();
        self.kinds = given.read("a list of TCP's options, numbers from 2 to 255 or names", kinds)?;
        self.kinds.sort_unstable();
        self.kinds.dedup();
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "target TCPOPTSTRIP", options: "--strip-options" };
        if self.kinds.is_empty() { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let kinds: Vec<String> = self.kinds.iter().map(u8::to_string).collect();
        vec!["--strip-options".to_owned(), kinds.join(",")]
    }

    fn list(&self) -> String {
        format!("TCPOPTSTRIP options {}", self.render()[1])
    }

    fn list_named(&self, _: &dyn Names, _: Option<u8>) -> String {
        let name = |kind: &u8| {
            let row = NAMES.iter().find(|row| row.1 == *kind);
            row.map_or_else(|| kind.to_string(), |row| row.0.to_owned())
        };
        format!("TCPOPTSTRIP options {}", self.kinds.iter().map(name).collect::<Vec<_>>().join(","))
    }
}

impl TargetExtension for Tcpoptstrip {
    fn check(&self, rule: &Rule, _: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        if rule.required_protocol() != Some(protocol::TCP) {
            return Err(ErrorKind::needs_protocol("target TCPOPTSTRIP", protocol::TCP));
        }
        Ok(())
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        for &kind in &self.kinds {
            lowering.push(Exthdr { op: Exthdr::TCP, kind, offset: 0, length: 0, present: false, access: None });
        }
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        None
    }
}
