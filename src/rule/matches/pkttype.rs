//! `-m pkttype`: to whom the frame was addressed on its link.

use crate::expr::{CmpOp, Meta};
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};

/// `PACKET_*` (linux/if_packet.h) with its names; the first one is printed.
const KINDS: [(u8, &[&str]); 3] =
    [(0, &["unicast", "host"]), (1, &["broadcast", "bcast"]), (2, &["multicast", "mcast"])];

/// What iptables prints for a `PACKET_*`; `None` where it has no word.
#[must_use]
pub fn name(kind: u8) -> Option<&'static str> {
    KINDS.iter().find(|row| row.0 == kind).map(|row| row.1[0])
}

/// `--pkt-type`: a `PACKET_*` of [`KINDS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pkttype(pub u8);

impl Asked for Pkttype {
    const MATCH: &'static str = "match pkttype";
    const HELP: &'static str = "to whom the frame was addressed";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--pkt-type",
        &["unicast, broadcast or multicast"],
        "to this host, to all hosts or to a group",
        "meta pkttype broadcast",
    )
    .told("its frame is [not ]a {} one")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m pkttype --pkt-type broadcast", "-m pkttype --pkt-type broadcast"),
            ("-m pkttype ! --pkt-type mcast", "-m pkttype ! --pkt-type multicast"),
            ("-m pkttype --pkt-type HOST", "-m pkttype --pkt-type unicast"),
        ],
        refused: &["-m pkttype", "-m pkttype --pkt-type", "-m pkttype --pkt-type anycast"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        given.read("unicast, broadcast or multicast", |text| {
            let named = |row: &&(u8, &[&str])| row.1.iter().any(|name| name.eq_ignore_ascii_case(text));
            KINDS.iter().find(named).map(|row| Self(row.0))
        })
    }

    fn render(&self) -> String {
        name(self.0).unwrap_or_default().to_owned()
    }

    fn list(&self, negated: bool) -> String {
        format!("PKTTYPE {} {}", if negated { "!=" } else { "=" }, self.render())
    }

    fn lower(&self, negated: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.load_meta(Meta::PKTTYPE);
        lowering.compare(CmpOp::equal_unless(negated), &[self.0]);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<(bool, Self)> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Meta(Meta::PKTTYPE))?;
        let (op, &[kind]) = condition.plain()? else { return None };
        let negated = op.is_negated_equality()?;
        lifting.advance();
        name(kind).map(|_| (negated, Self(kind)))
    }
}
