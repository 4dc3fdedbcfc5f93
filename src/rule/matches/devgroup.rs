//! `-m devgroup`: groups of interfaces.

use crate::expr::Meta;
use crate::rule::ast::Rule;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::names::Labels;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::table::Hook;
use crate::rule::values::masked_number::MaskedNumber;
use crate::rule::{IpFamily, Names};

/// `-m devgroup`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Devgroup {
    /// `--src-group`; whether it was negated.
    pub source: Option<(bool, MaskedNumber)>,
    /// `--dst-group`; whether it was negated.
    pub destination: Option<(bool, MaskedNumber)>,
}

/// An option without dashes, its `meta` key, whether it was negated and its value.
type Part = (&'static str, u32, Option<(bool, MaskedNumber)>);

impl Devgroup {
    const fn parts(&self) -> [Part; 2] {
        [("src-group", Meta::IIFGROUP, self.source), ("dst-group", Meta::OIFGROUP, self.destination)]
    }

    fn list_by(&self, render: &dyn Fn(MaskedNumber) -> String) -> String {
        let part = |(name, _, group): Part| {
            group.map(|(negated, group)| format!("{}{name} {}", if negated { "! " } else { "" }, render(group)))
        };
        self.parts().into_iter().filter_map(part).collect::<Vec<_>>().join(" ")
    }
}

impl Extension for Devgroup {
    const NAME: &'static str = "devgroup";
    const HELP: &'static str = "groups of interfaces";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--src-group",
            &["a group or NUMBER/MASK"],
            "of the interface that it came by",
            "meta iifgroup 0x5",
        )
        .negatable(),
        OptionSpec::new(
            "--dst-group",
            &["a group or NUMBER/MASK"],
            "of the interface that it leaves by",
            "meta oifgroup 0x5",
        )
        .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m devgroup --src-group 100", "-m devgroup --src-group 0x64"),
            ("-m devgroup ! --dst-group 5/0xff --src-group 1", "-m devgroup --src-group 0x1 ! --dst-group 0x5/0xff"),
        ],
        refused: &[
            "-m devgroup",
            "-m devgroup --src-group x",
            "-m devgroup --dst-group 1/",
            "-m devgroup --src-group 4294967296",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let named = given.names.label(Labels::InterfaceGroups, given.value());
        let group = match named {
            Some(value) => MaskedNumber { value, mask: u32::MAX },
            None => MaskedNumber::parse(given.value())?,
        };
        let place = if given.option == "--src-group" { &mut self.source } else { &mut self.destination };
        *place = Some((given.negated, group));
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match devgroup", options: "--src-group or --dst-group" };
        if *self == Self::default() { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        for (name, _, group) in self.parts() {
            let Some((negated, group)) = group else { continue };
            words.extend(negated.then(|| "!".to_owned()));
            words.extend([format!("--{name}"), group.render()]);
        }
        words
    }

    fn list(&self) -> String {
        self.list_by(&MaskedNumber::render)
    }

    fn list_named(&self, names: &dyn Names, _: Option<u8>) -> String {
        self.list_by(&|group| group.render_named(Labels::InterfaceGroups, names))
    }
}

impl MatchExtension for Devgroup {
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        if self.source.is_some() {
            context.require_hook(&[Hook::Prerouting, Hook::Input, Hook::Forward], "--src-group")?;
        }
        if self.destination.is_some() {
            context.require_hook(&[Hook::Forward, Hook::Output, Hook::Postrouting], "--dst-group")?;
        }
        Ok(())
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        for (_, key, group) in self.parts() {
            let Some((negated, group)) = group else { continue };
            lowering.load_meta(key);
            group.compare(negated, lowering);
        }
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let mut groups = Self::default();
        while let Some(condition) = lifting.condition() {
            let Selector::Meta(key @ (Meta::IIFGROUP | Meta::OIFGROUP)) = condition.selector else { break };
            let Some(found) = MaskedNumber::lift(condition) else { break };
            match key {
                Meta::IIFGROUP if groups == Self::default() => groups.source = Some(found),
                Meta::OIFGROUP if groups.destination.is_none() => groups.destination = Some(found),
                _ => break,
            }
            lifting.advance();
        }
        (groups != Self::default()).then_some(groups)
    }
}
