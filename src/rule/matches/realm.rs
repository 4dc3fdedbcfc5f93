//! `-m realm`: the realm of the packet's route.

use crate::expr::Meta;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::names::Labels;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::masked_number::MaskedNumber;
use crate::rule::{IpFamily, Names};

/// `tclassid` and the bits of it that count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Realm(pub MaskedNumber);

fn listed(negated: bool, realm: &str) -> String {
    format!("{}realm {realm}", if negated { "! " } else { "" })
}

impl Asked for Realm {
    const MATCH: &'static str = "match realm";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V4);
    const HELP: &'static str = "the realm of the packet's route";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--realm",
        &["a number, NUMBER/MASK, or a name of rt_realms"],
        "the realm",
        "meta rtclassid 0x5",
    )
    .told("its route is [not ]of realm {}")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m realm --realm 5", "-m realm --realm 0x5"),
            ("-m realm ! --realm 0x1/0x2a", "-m realm ! --realm 0x1/0x2a"),
        ],
        refused: &["-m realm", "-m realm --realm x", "-m realm --realm 1/", "-m realm --realm 4294967296"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let named = given.names.label(Labels::Realms, given.value());
        named
            .map(|value| Ok(MaskedNumber { value, mask: u32::MAX }))
            .unwrap_or_else(|| MaskedNumber::parse(given.value()))
            .map(Self)
    }

    fn render(&self) -> String {
        self.0.render()
    }

    fn list(&self, negated: bool) -> String {
        listed(negated, &self.0.render())
    }

    fn list_named(&self, negated: bool, names: &dyn Names) -> String {
        listed(negated, &self.0.render_named(Labels::Realms, names))
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_meta(Meta::RTCLASSID);
        self.0.compare(negated, lowering);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let here = lifting.family == IpFamily::V4;
        let condition =
            lifting.condition().filter(|found| here && found.selector == Selector::Meta(Meta::RTCLASSID))?;
        let (negated, realm) = MaskedNumber::lift(condition)?;
        lifting.advance();
        Some((negated, Self(realm)))
    }
}
