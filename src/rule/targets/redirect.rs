//! `-j REDIRECT`: gives the connection this host as destination.

use super::translated::{Translated, Translation};
use crate::expr::{Action, Expression, Redir};
use crate::rule::IpFamily;
use crate::rule::registry::{OptionSpec, Samples};
use crate::rule::table::Hook;
use crate::rule::values::translation::{self, Parts};

/// Its destination becomes this host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnDestination;

/// `-j REDIRECT`.
pub type Redirect = Translated<OwnDestination>;

impl Translation for OwnDestination {
    const TARGET: &'static str = "target REDIRECT";
    const HELP: &'static str = "gives the connection this host as destination";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--to-ports", &["PORT[-PORT]"], "the new port", "redirect to :8080").told("on port {}"),
        translation::RANDOM,
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t nat -j REDIRECT", "-j REDIRECT"),
            (
                "-t nat -p tcp --dport 80 -j REDIRECT --to-ports 8080",
                "-p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080",
            ),
            ("-t nat -p tcp -j REDIRECT --to-ports ssh", "-p tcp -j REDIRECT --to-ports 22"),
            ("-6 -t nat -p udp -j REDIRECT --to-ports 53-54 --random", "-p udp -j REDIRECT --to-ports 53-54 --random"),
        ],
        refused: &[
            "-j REDIRECT",
            "-t nat -j REDIRECT --to-ports 80",
            "-t nat -p tcp -j REDIRECT --to-ports 90-80",
            "-t nat -p tcp -j REDIRECT --to-ports",
            "-t nat -j REDIRECT --random-fully",
        ],
    };
    const HOOKS: [Hook; 2] = [Hook::Prerouting, Hook::Output];
    const HAS_ADDRESSES: bool = false;
    const LISTED: &'static str = "redir ports ";

    fn expression(parts: Parts, _: IpFamily) -> Expression {
        let Parts { ports: [port_min, port_max], flags, .. } = parts;
        Redir { port_min, port_max, flags }.into()
    }

    fn parts(action: &Action, _: IpFamily) -> Option<Parts> {
        let Action::Redir(Redir { port_min, port_max, flags }) = *action else { return None };
        Some(Parts { addresses: [None; 2], ports: [port_min, port_max], flags })
    }
}
