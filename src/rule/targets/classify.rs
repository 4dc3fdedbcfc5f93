//! `-j CLASSIFY`: the class in which a queueing discipline sends the packet.

use crate::expr::{Meta, Register};
use crate::rule::condition::{Item, Selector, Statement, Value};
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{Hook, IpFamily, Rule};

/// `-j CLASSIFY`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Classify {
    /// Major and minor number; `None` until `--set-class` was given.
    pub class: Option<(u16, u16)>,
}

/// Reads MAJOR:MINOR, both hexadecimal.
fn parse(text: &str) -> Option<(u16, u16)> {
    let (major, minor) = text.split_once(':')?;
    let number = |text: &str| {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        digits.chars().all(|digit| digit.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok()).flatten()
    };
    Some((number(major)?, number(minor)?))
}

impl Extension for Classify {
    const NAME: &'static str = "CLASSIFY";
    const HELP: &'static str = "sets the class of a queueing discipline";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--set-class", &["MAJOR:MINOR"], "hexadecimal numbers", "meta priority set 1:10")];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t mangle -j CLASSIFY --set-class 1:10", "-j CLASSIFY --set-class 0001:0010"),
            ("-j CLASSIFY --set-class 0:0", "-j CLASSIFY --set-class 0000:0000"),
            ("-t mangle -j CLASSIFY --set-class ffff:a", "-j CLASSIFY --set-class ffff:000a"),
        ],
        refused: &[
            "-t mangle -j CLASSIFY",
            "-t mangle -j CLASSIFY --set-class 1",
            "-t mangle -j CLASSIFY --set-class 1:10000",
            "-t mangle -j CLASSIFY --set-class 1:g",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        self.class = Some(given.read("MAJOR:MINOR, hexadecimal numbers up to ffff", parse)?);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "target CLASSIFY", options: "--set-class" };
        self.class.map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        let words = |(major, minor)| ["--set-class".to_owned(), format!("{major:04x}:{minor:04x}")];
        self.class.into_iter().flat_map(words).collect()
    }

    fn list(&self) -> String {
        self.class.map_or_else(String::new, |(major, minor)| format!("CLASSIFY set {major:x}:{minor:x}"))
    }
}

impl TargetExtension for Classify {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_hook(&[Hook::Forward, Hook::Output, Hook::Postrouting], Self::NAME)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some((major, minor)) = self.class else { return Ok(()) };
        let priority = u32::from(major) << 16 | u32::from(minor);
        lowering.constant(Register::R1, priority.to_ne_bytes().to_vec());
        lowering.push(Meta::store(Meta::PRIORITY));
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Assign(Selector::Meta(Meta::PRIORITY), Value::Constant(bytes)))] = items else {
            return None;
        };
        let priority = u32::from_ne_bytes(<[u8; 4]>::try_from(bytes.as_slice()).ok()?);
        let [major, minor] = [priority >> 16, priority & 0xffff].map(u16::try_from);
        Some(Self { class: Some((major.ok()?, minor.ok()?)) })
    }
}
