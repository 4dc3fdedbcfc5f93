//! `-j DSCP`: the packet's class of service (RFC 2474).

use crate::rule::condition::Item;
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::matches::dscp;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::header_word::ServiceChange;
use crate::rule::values::number::parse_byte;
use crate::rule::{IpFamily, Rule};

/// `-j DSCP`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dscp {
    family: IpFamily,
    /// 0 to 63; `None` until an option was given.
    pub class: Option<u8>,
}

/// The largest class.
const MAX: u8 = 63;

impl Extension for Dscp {
    const NAME: &'static str = "DSCP";
    const HELP: &'static str = "sets the packet's class of service";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--set-dscp", &["a number from 0 to 63"], "the class", "ip dscp set 0x0a"),
        OptionSpec::new("--set-dscp-class", &["a class such as EF, AF41, CS1, BE"], "its name", "ip dscp set ef"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -j DSCP --set-dscp 10", "-j DSCP --set-dscp 0x0a"),
            ("-t mangle -j DSCP --set-dscp 0x3f", "-j DSCP --set-dscp 0x3f"),
            ("-t mangle -j DSCP --set-dscp-class be", "-j DSCP --set-dscp 0x00"),
            ("-6 -t mangle -j DSCP --set-dscp-class AF41", "-j DSCP --set-dscp 0x22"),
            ("-j DSCP --set-dscp 1", "-j DSCP --set-dscp 0x01"),
        ],
        refused: &[
            "-t mangle -j DSCP",
            "-t mangle -j DSCP --set-dscp 64",
            "-t mangle -j DSCP --set-dscp EF",
            "-t mangle -j DSCP --set-dscp-class 10",
            "-t mangle -j DSCP --set-dscp-class va",
            "-t mangle -j DSCP --set-dscp 1 --set-dscp-class EF",
        ],
    };

    fn new(family: IpFamily) -> Self {
        Self { family, class: None }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if self.class.is_some() {
            return Err(ErrorKind::Conflict("--set-dscp", "--set-dscp-class"));
        }
        let number = |text: &str| parse_byte(text).filter(|&it| it <= MAX);
        self.class = Some(match given.option {
            "--set-dscp" => given.read("a number from 0 to 63", number)?,
            _ => given.read("a class: BE, EF, CS0 to CS7, AF11 to AF43", dscp::class)?,
        });
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let options = "--set-dscp or --set-dscp-class";
        self.class.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "target DSCP", options })
    }

    fn render(&self) -> Vec<String> {
        self.class.into_iter().flat_map(|class| ["--set-dscp".to_owned(), format!("{class:#04x}")]).collect()
    }

    fn list(&self) -> String {
        self.class.map_or_else(String::new, |class| format!("DSCP set {class:#04x}"))
    }
}

impl TargetExtension for Dscp {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some(class) = self.class {
            ServiceChange::class(class << 2).lower(self.family, lowering);
        }
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, family: IpFamily) -> Option<Self> {
        Some(Self { family, class: Some(ServiceChange::lift(items, family)?.as_class()? >> 2) })
    }
}
