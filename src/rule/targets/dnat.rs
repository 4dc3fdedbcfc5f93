//! `-j DNAT`: gives the connection another destination.

use super::translated::{Translated, Translation};
use crate::expr::{Action, Expression, Nat};
use crate::rule::IpFamily;
use crate::rule::registry::{OptionSpec, Samples};
use crate::rule::table::Hook;
use crate::rule::values::translation::{self, Parts};

/// Its destination is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Destination;

/// `-j DNAT`.
pub type Dnat = Translated<Destination>;

impl Translation for Destination {
    const TARGET: &'static str = "target DNAT";
    const HELP: &'static str = "gives the connection another destination";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--to-destination",
            &["ADDRESS[-ADDRESS][:PORT[-PORT]]"],
            "the new destination; IPv6 addresses before a port stand in brackets",
            "dnat to 10.0.0.1, dnat to 10.0.0.1:8080",
        )
        .told("{}"),
        translation::RANDOM,
        translation::PERSISTENT,
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t nat -j DNAT --to-destination 10.0.0.1", "-j DNAT --to-destination 10.0.0.1"),
            (
                "-t nat -p tcp --dport 80 -j DNAT --to-destination 10.0.0.1-10.0.0.9:8080",
                "-p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.1-10.0.0.9:8080",
            ),
            (
                "-t nat -p udp -j DNAT --to-destination :53-54 --random --persistent",
                "-p udp -j DNAT --to-destination :53-54 --random --persistent",
            ),
            ("-6 -t nat -p tcp -j DNAT --to-destination [fe80::1]:80", "-p tcp -j DNAT --to-destination [fe80::1]:80"),
            ("-6 -t nat -j DNAT --to-destination fe80::1-fe80::9", "-j DNAT --to-destination fe80::1-fe80::9"),
        ],
        refused: &[
            "-t nat -j DNAT",
            "-t nat -j DNAT --to-destination 10.0.0.1:80",
            "! -p tcp -t nat -j DNAT --to-destination 10.0.0.1:80",
            "-t nat -p tcp -j DNAT --to-destination 10.0.0.1:80-90/8080",
            "-t nat -p tcp -j DNAT --to-destination 10.0.0.1:",
            "-t nat -j DNAT --to-destination 10.0.0.1 --random-fully",
            "-t mangle -j DNAT --to-destination 10.0.0.1",
        ],
    };
    const HOOKS: [Hook; 2] = [Hook::Prerouting, Hook::Output];
    const HAS_ADDRESSES: bool = true;
    const LISTED: &'static str = "to:";

    fn expression(parts: Parts, family: IpFamily) -> Expression {
        parts.nat(Nat::DNAT, family).into()
    }

    fn parts(action: &Action, family: IpFamily) -> Option<Parts> {
        Parts::of_nat(action, Nat::DNAT, family)
    }
}
