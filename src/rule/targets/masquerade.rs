//! `-j MASQUERADE`: gives the connection the address of the interface that it leaves by.

use super::translated::{Translated, Translation};
use crate::expr::{Action, Expression, Masq};
use crate::rule::IpFamily;
use crate::rule::registry::{OptionSpec, Samples};
use crate::rule::table::Hook;
use crate::rule::values::translation::{self, Parts};

/// Its source becomes this host's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OwnSource;

/// `-j MASQUERADE`.
pub type Masquerade = Translated<OwnSource>;

impl Translation for OwnSource {
    const TARGET: &'static str = "target MASQUERADE";
    const HELP: &'static str = "gives the connection the address of the interface that it leaves by";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--to-ports", &["PORT[-PORT]"], "the new port", "masquerade to :1024-2048")
            .told("from port {}"),
        translation::RANDOM,
        translation::RANDOM_FULLY,
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t nat -j MASQUERADE", "-j MASQUERADE"),
            ("-t nat -o eth0 -j MASQUERADE --random", "-o eth0 -j MASQUERADE --random"),
            (
                "-t nat -p tcp -j MASQUERADE --to-ports 1024-2048 --random-fully",
                "-p tcp -j MASQUERADE --to-ports 1024-2048 --random-fully",
            ),
            ("-6 -t nat -p udp -j MASQUERADE --to-ports 53", "-p udp -j MASQUERADE --to-ports 53"),
        ],
        refused: &[
            "-j MASQUERADE",
            "-t nat -j MASQUERADE --to-ports 80",
            "-t nat -p tcp -j MASQUERADE --to-ports 65536",
            "-t nat -j MASQUERADE --persistent",
            "-t nat -p gre -j MASQUERADE --to-ports 80",
        ],
    };
    const HOOKS: [Hook; 2] = [Hook::Postrouting; 2];
    const HAS_ADDRESSES: bool = false;
    const LISTED: &'static str = "masq ports: ";

    fn expression(parts: Parts, _: IpFamily) -> Expression {
        let Parts { ports: [port_min, port_max], flags, .. } = parts;
        Masq { port_min, port_max, flags }.into()
    }

    fn parts(action: &Action, _: IpFamily) -> Option<Parts> {
        let Action::Masq(Masq { port_min, port_max, flags }) = *action else { return None };
        Some(Parts { addresses: [None; 2], ports: [port_min, port_max], flags })
    }
}
