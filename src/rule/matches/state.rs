//! `-m state`: the older name for states of connections.

use super::ct_state::States;
use crate::rule::IpFamily;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};

/// `-m state`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    /// `--state`.
    pub states: Option<States>,
}

impl Extension for State {
    const NAME: &'static str = "state";
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

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let states = States::parse(given)?;
        if states.status != 0 {
            let expected = "a list of INVALID, NEW, RELATED, ESTABLISHED, UNTRACKED";
            return Err(ErrorKind::BadValue { value: given.value().to_owned(), expected });
        }
        self.states = Some(states);
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match state", options: "--state" };
        self.states.map(|_| ()).ok_or(missing)
    }

    fn render(&self) -> Vec<String> {
        self.states.map_or_else(Vec::new, |states| states.render("--state"))
    }

    fn list(&self) -> String {
        let Some(states) = self.states else { return String::new() };
        format!("{}state {}", if states.negated { "! " } else { "" }, states.names())
    }
}

impl MatchExtension for State {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if let Some(states) = self.states {
            states.lower(lowering);
        }
        Ok(())
    }

    /// The conditions are those of `-m conntrack`; the rule's own words tell that it was written so.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
