//! `-m pkttype`: to whom the frame was addressed on its link.

use crate::expr::{CmpOp, Meta};
use crate::rule::IpFamily;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};

/// `PACKET_*` (linux/if_packet.h) with its names; the first one is printed.
const KINDS: [(u8, &[&str]); 3] =
    [(0, &["unicast", "host"]), (1, &["broadcast", "bcast"]), (2, &["multicast", "mcast"])];

/// `-m pkttype`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pkttype {
    /// `!`.
    pub negated: bool,
    /// `PACKET_*`; `None` until `--pkt-type` was given.
    pub kind: Option<u8>,
}

impl Pkttype {
    fn name(&self) -> &'static str {
        KINDS.iter().find(|row| Some(row.0) == self.kind).map_or("", |row| row.1[0])
    }
}

impl Extension for Pkttype {
    const NAME: &'static str = "pkttype";
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

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let kind = given.read("unicast, broadcast or multicast", |text| {
            let named = |row: &&(u8, &[&str])| row.1.iter().any(|name| name.eq_ignore_ascii_case(text));
            KINDS.iter().find(named).map(|row| row.0)
        })?;
        *self = Self { negated: given.negated, kind: Some(kind) };
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        self.kind.map(|_| ()).ok_or(ErrorKind::MissingOption { extension: "match pkttype", options: "--pkt-type" })
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.extend(["--pkt-type".to_owned(), self.name().to_owned()]);
        words
    }

    fn list(&self) -> String {
        format!("PKTTYPE {} {}", if self.negated { "!=" } else { "=" }, self.name())
    }
}

impl MatchExtension for Pkttype {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(kind) = self.kind else { return Ok(()) };
        lowering.load_meta(Meta::PKTTYPE);
        lowering.compare(CmpOp::equal_unless(self.negated), &[kind]);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let condition = lifting.condition().filter(|found| found.selector == Selector::Meta(Meta::PKTTYPE))?;
        let (op, &[kind]) = condition.plain()? else { return None };
        let negated = op.is_negated_equality()?;
        lifting.advance();
        KINDS.iter().any(|row| row.0 == kind).then_some(Self { negated, kind: Some(kind) })
    }
}
