//! `-m policy`: whether IPsec transformed the packet.

use crate::expr::{CmpOp, Meta};
use crate::rule::IpFamily;
use crate::rule::ast::Rule;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::table::Hook;

/// `-m policy`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Policy {
    /// `--dir in`.
    pub incoming: bool,
    /// `--pol`: whether it was IPsec's; `None` until it was given.
    pub transformed: Option<bool>,
}

impl Extension for Policy {
    const NAME: &'static str = "policy";
    const HELP: &'static str = "whether IPsec transformed the packet";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--dir", &["in"], "on its way in; out has no exact form", "-"),
        OptionSpec::new("--pol", &["none or ipsec"], "by IPsec or not", "meta secpath exists"),
        OptionSpec::new("--strict", &[], "not taken, as all below", "none"),
        OptionSpec::new("--reqid", &["a number"], "of the policy", "none").negatable().repeatable(),
        OptionSpec::new("--spi", &["a number"], "of the association", "none").negatable().repeatable(),
        OptionSpec::new("--proto", &["ah, esp or ipcomp"], "of the association", "none").negatable().repeatable(),
        OptionSpec::new("--mode", &["transport or tunnel"], "of the association", "none").negatable().repeatable(),
        OptionSpec::new("--tunnel-src", &["ADDRESS/LENGTH"], "one end", "none").negatable().repeatable(),
        OptionSpec::new("--tunnel-dst", &["ADDRESS/LENGTH"], "the other end", "none").negatable().repeatable(),
        OptionSpec::new("--next", &[], "the next association", "none").repeatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m policy --dir in --pol none", "-m policy --dir in --pol none"),
            ("-m policy --pol ipsec --dir in", "-m policy --dir in --pol ipsec"),
        ],
        refused: &[
            "-m policy",
            "-m policy --dir in",
            "-m policy --pol none",
            "-m policy --dir up --pol none",
            "-m policy --dir in --pol some",
            "-m policy --dir out --pol ipsec",
            "-m policy --dir in --pol ipsec --strict --reqid 1",
            "-m policy --dir in --pol ipsec --mode tunnel",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let no_form = |what, reason, instead| Err(ErrorKind::NoNativeForm { what, reason, instead });
        match (given.option, given.value()) {
            ("--dir", "in") => self.incoming = true,
            ("--dir", "out") => {
                return no_form(
                    "--dir out",
                    "nf_tables does not tell whether a packet is yet to be transformed",
                    "match the packet behind the transformation (-p esp), or its addresses",
                );
            }
            ("--pol", "none") => self.transformed = Some(false),
            ("--pol", "ipsec") => self.transformed = Some(true),
            ("--dir" | "--pol", _) => given.read("one of the words that the option takes", |_| None)?,
            _ => {
                return no_form(
                    "a condition on single associations",
                    "nf_tables reads one at a fixed place, iptables finds one at any",
                    "write --dir in --pol ipsec, or use nft's `ipsec` expression",
                );
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match policy", options: "--dir and --pol" };
        if self.incoming && self.transformed.is_some() { Ok(()) } else { Err(missing) }
    }

    fn render(&self) -> Vec<String> {
        let kind = if self.transformed == Some(true) { "ipsec" } else { "none" };
        ["--dir", "in", "--pol", kind].map(str::to_owned).to_vec()
    }

    fn list(&self) -> String {
        format!("policy match dir in pol {}", if self.transformed == Some(true) { "ipsec" } else { "none" })
    }
}

impl MatchExtension for Policy {
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        context.require_hook(&[Hook::Prerouting, Hook::Input, Hook::Forward], "--dir in")
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(transformed) = self.transformed else { return Ok(()) };
        lowering.load_meta(Meta::SECPATH);
        lowering.compare(CmpOp::Eq, &[u8::from(transformed)]);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Meta(Meta::SECPATH))?;
        let (CmpOp::Eq, &[transformed @ (0 | 1)]) = condition.plain()? else { return None };
        lifting.advance();
        Some(Self { incoming: true, transformed: Some(transformed == 1) })
    }
}
