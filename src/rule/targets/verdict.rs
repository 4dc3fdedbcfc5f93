//! `-j ACCEPT`, `DROP`, `RETURN`, and `-j CHAIN`, `-g CHAIN`.

use crate::expr::{self, Immediate};
use crate::rule::IpFamily;
use crate::rule::Rule;
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::identifier;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::table::Hook;

/// What becomes of the packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Goes on behind this hook.
    Accept,
    /// Is gone.
    Drop,
    /// Back to the calling chain, or to the policy.
    Return,
    /// Through another chain and back.
    Jump(String),
    /// Through another chain, not back here.
    Goto(String),
}

/// Both directions of name and verdict, and the kernel's.
const VERDICTS: [(&str, Verdict, expr::Verdict); 3] = [
    ("ACCEPT", Verdict::Accept, expr::Verdict::Accept),
    ("DROP", Verdict::Drop, expr::Verdict::Drop),
    ("RETURN", Verdict::Return, expr::Verdict::Return),
];

impl Verdict {
    /// The verdict of this name; `None` for a chain.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        VERDICTS.into_iter().find(|row| row.0 == name).map(|row| row.1)
    }

    /// `ACCEPT`, or the chain's name.
    #[must_use]
    pub fn label(&self) -> &str {
        match self {
            Self::Jump(chain) | Self::Goto(chain) => chain,
            Self::Accept => "ACCEPT",
            Self::Drop => "DROP",
            Self::Return => "RETURN",
        }
    }
}

impl Extension for Verdict {
    const NAME: &'static str = "ACCEPT";
    const ALIASES: &'static [&'static str] = &["DROP", "RETURN"];
    const HELP: &'static str = "what becomes of the packet";
    const OPTIONS: &'static [OptionSpec] = &[];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-j ACCEPT", "-j ACCEPT"),
            ("-j DROP", "-j DROP"),
            ("-s 10.1.2.3/8 -j RETURN", "-s 10.0.0.0/8 -j RETURN"),
            ("-j COUNT", "-j COUNT"),
            ("-g COUNT", "-g COUNT"),
            ("", ""),
        ],
        refused: &["-g ACCEPT", "-j", "-j ACCEPT -j DROP", "-j -x", "-j AUDIT", "-j ACCEPT --to 5"],
    };

    fn new(_: IpFamily) -> Self {
        Self::Accept
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        Err(ErrorKind::UnknownOption { option: given.option.to_owned(), places: Vec::new() })
    }

    fn render(&self) -> Vec<String> {
        Vec::new()
    }

    fn gist(&self) -> String {
        match self {
            Self::Accept => "accepts it: no later rule of this chain, or of those that led here, sees it".to_owned(),
            Self::Drop => "drops it, and nobody is told".to_owned(),
            Self::Return => "sends it back to the chain that jumped here, or to a built-in chain's policy".to_owned(),
            Self::Jump(chain) => format!("sends it through chain {chain}; it comes back unless a rule there decides"),
            Self::Goto(chain) => format!("sends it on to chain {chain}, from where it does not come back here"),
        }
    }

    fn list(&self) -> String {
        String::new()
    }
}

impl TargetExtension for Verdict {
    /// It is in the gist.
    const FATE: &'static str = "";

    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        match self {
            Self::Jump(chain) | Self::Goto(chain) if context.table.chains().iter().any(|base| base.name == chain) => {
                Err(ErrorKind::BadValue { value: chain.clone(), expected: "a user chain" })
            }
            _ => Ok(()),
        }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let verdict = match self {
            Self::Jump(chain) => expr::Verdict::Jump(chain.clone()),
            Self::Goto(chain) => expr::Verdict::Goto(chain.clone()),
            Self::Accept => expr::Verdict::Accept,
            Self::Drop => expr::Verdict::Drop,
            Self::Return => expr::Verdict::Return,
        };
        lowering.push(Immediate::Verdict(verdict));
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Verdict(verdict))] = items else { return None };
        match verdict {
            // A chain that nft made may have a name that iptables' words cannot say.
            expr::Verdict::Jump(chain) => identifier::check_chain_name(chain).ok().map(|()| Self::Jump(chain.clone())),
            expr::Verdict::Goto(chain) => identifier::check_chain_name(chain).ok().map(|()| Self::Goto(chain.clone())),
            other => VERDICTS.into_iter().find(|row| row.2 == *other).map(|row| row.1),
        }
    }
}
