//! `-m state`: the older name for states of connections.

use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::Asked;
use crate::rule::registry::{Given, OptionSpec, Samples};
use crate::rule::values::ct_state::States;

/// `--state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State(pub States);

impl Asked for State {
    const MATCH: &'static str = "match state";
    const HELP: &'static str = "state of the packet's connection, as older rules write it";
    const OPTIONS: &'static [OptionSpec] = &[OptionSpec::new(
        "--state",
        &["a list of states"],
        "INVALID, NEW, RELATED, ESTABLISHED, UNTRACKED",
        "ct state established,related",
    )
    .told("its connection's state is [not ]{or}")
    .negatable()];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m state --state NEW,ESTABLISHED", "-m state --state NEW,ESTABLISHED"),
            ("-m state ! --state INVALID", "-m state ! --state INVALID"),
        ],
        refused: &["-m state", "-m state --state SNAT", "-m state --state X"],
    };

    fn parse(given: &Given<'_>) -> Result<Self, ErrorKind> {
        let states = States::parse(given)?;
        if states.status != 0 {
            let expected = "a list of INVALID, NEW, RELATED, ESTABLISHED, UNTRACKED";
            return Err(ErrorKind::BadValue { value: given.value().to_owned(), expected });
        }
        Ok(Self(states))
    }

    fn render(&self) -> String {
        self.0.names()
    }

    fn list(&self, negated: bool) -> String {
        format!("{}state {}", if negated { "! " } else { "" }, self.0.names())
    }

    /// The conditions are those of `-m conntrack`; the rule's own words tell that it was written so.
    fn lower(&self, _: bool, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        self.0.lower(lowering);
        Ok(())
    }
}
