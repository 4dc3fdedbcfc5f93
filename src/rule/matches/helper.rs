//! `-m helper`: the helper that follows the packet's connection.

use crate::expr::{CmpOp, Ct};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};

/// `NF_CT_HELPER_NAME_LEN`.
const BYTES: usize = 16;

/// Its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Helper(String);

impl Asked for Helper {
    const MATCH: &'static str = "match helper";
    const HELP: &'static str = "the helper of the packet's connection";
    const OPTIONS: &'static [OptionSpec] =
        &[OptionSpec::new("--helper", &["a name"], "ftp, sip-5060", "ct helper \"ftp\"")
            .told("its connection is [not ]helped by {}")
            .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m helper --helper ftp", "-m helper --helper ftp"),
            ("-m helper ! --helper sip-5060", "-m helper ! --helper sip-5060"),
        ],
        refused: &[
            "-m helper",
            "-m helper --helper",
            "-m helper --helper a-name-of-16-byte",
            "-m helper --helper \"\"",
        ],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let fits = |text: &str| (1..BYTES).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        given.read("the name of a helper, 1 to 15 bytes", |text| fits(text).then(|| Self(text.to_owned())))
    }

    fn render(&self) -> String {
        self.0.clone()
    }

    fn list(&self, negated: bool) -> String {
        format!("helper match {}\"{}\"", if negated { "! " } else { "" }, self.0)
    }

    fn caution(&self, negated: bool) -> Option<&'static str> {
        negated.then_some("! --helper leaves out packets whose connection has no helper; iptables' kernel takes them")
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let mut bytes = self.0.clone().into_bytes();
        bytes.resize(BYTES, 0);
        lowering.load_ct(Ct::HELPER);
        lowering.compare(CmpOp::equal_unless(negated), &bytes);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Ct(Ct::HELPER, None))?;
        let (op, bytes) = condition.plain()?;
        let end = bytes.iter().position(|&byte| byte == 0)?;
        let name = std::str::from_utf8(&bytes[..end]).ok()?;
        let plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
        let found = (op.is_negated_equality()?, Self(name.to_owned()));
        lifting.advance();
        (plain && bytes.len() == BYTES).then_some(found)
    }
}
