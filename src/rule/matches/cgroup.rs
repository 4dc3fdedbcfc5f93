//! `-m cgroup`: the class that net_cls gave to the sender's group (cgroup v1).

use crate::expr::{CmpOp, Meta};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::number::parse_number;

/// `net_cls.classid`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cgroup(u32);

impl Asked for Cgroup {
    const MATCH: &'static str = "match cgroup";
    const HELP: &'static str = "the net_cls class of the sending process";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--cgroup", &["a number"], "the class of net_cls", "meta cgroup 1").negatable(),
        OptionSpec::new("--path", &["a path"], "not taken: a rule would hold the group's number, not its path", "none")
            .negatable(),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m cgroup --cgroup 1", "-m cgroup --cgroup 1"),
            ("-m cgroup ! --cgroup 0x10001", "-m cgroup ! --cgroup 65537"),
        ],
        refused: &["-m cgroup", "-m cgroup --cgroup x", "-m cgroup --cgroup 4294967296", "-m cgroup --path user.slice"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        if given.option == "--path" {
            return Err(ErrorKind::NoNativeForm {
                what: "cgroup --path",
                reason: "socket cgroupv2 holds the number of a group that is there now, not its path",
                instead: "match the class of net_cls (--cgroup), or the user (-m owner --uid-owner)",
            });
        }
        given.read("a number", parse_number).map(Self)
    }

    fn render(&self) -> String {
        self.0.to_string()
    }

    fn list(&self, negated: bool) -> String {
        format!("cgroup {}{}", if negated { "! " } else { "" }, self.0)
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_meta(Meta::CGROUP);
        lowering.compare(CmpOp::equal_unless(negated), &self.0.to_ne_bytes());
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Meta(Meta::CGROUP))?;
        let (op, bytes) = condition.plain()?;
        let found = (op.is_negated_equality()?, Self(u32::from_ne_bytes(<[u8; 4]>::try_from(bytes).ok()?)));
        lifting.advance();
        Some(found)
    }
}
