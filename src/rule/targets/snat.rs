//! `-j SNAT`: gives the connection another source.

use super::translated::{Translated, Translation};
use crate::expr::{Action, Expression, Nat};
use crate::rule::IpFamily;
use crate::rule::registry::{OptionSpec, Samples};
use crate::rule::table::Hook;
use crate::rule::values::translation::{self, Parts};

/// Its source is translated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Source;

/// `-j SNAT`.
pub type Snat = Translated<Source>;

impl Translation for Source {
    const TARGET: &'static str = "target SNAT";
    const HELP: &'static str = "gives the connection another source";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--to-source",
            &["ADDRESS[-ADDRESS][:PORT[-PORT]]"],
            "the new source; IPv6 addresses before a port stand in brackets",
            "snat to 1.2.3.4, snat to 1.2.3.4-1.2.3.9:80-90",
        )
        .told("{}"),
        translation::RANDOM,
        translation::RANDOM_FULLY,
        translation::PERSISTENT,
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t nat -j SNAT --to-source 1.2.3.4", "-j SNAT --to-source 1.2.3.4"),
            (
                "-t nat -j SNAT --to-source 1.2.3.4-1.2.3.9 --persistent",
                "-j SNAT --to-source 1.2.3.4-1.2.3.9 --persistent",
            ),
            (
                "-t nat -p tcp -j SNAT --random --to-source 1.2.3.4:80-90",
                "-p tcp -j SNAT --to-source 1.2.3.4:80-90 --random",
            ),
            ("-t nat -p udp -j SNAT --to-source :53 --random-fully", "-p udp -j SNAT --to-source :53 --random-fully"),
            (
                "-6 -t nat -p tcp -j SNAT --to-source [fe80::1-fe80::9]:80",
                "-p tcp -j SNAT --to-source [fe80::1-fe80::9]:80",
            ),
            ("-6 -t nat -j SNAT --to-source fe80::1", "-j SNAT --to-source fe80::1"),
        ],
        refused: &[
            "-t nat -j SNAT",
            "-t nat -j SNAT --random",
            "-t nat -j SNAT --to-source",
            "-t nat -j SNAT --to-source x",
            "-t nat -j SNAT --to-source 1.2.3.4:80",
            "-t nat -p tcp -j SNAT --to-source 1.2.3.4:65536",
            "-t nat -p tcp -j SNAT --to-source 1.2.3.4:90-80",
            "-t nat -j SNAT --to-source 1.2.3.9-1.2.3.4",
            "-t nat -j SNAT --to-source 1.2.3.4 --to-source 1.2.3.5",
            "-t nat -j SNAT --to-source fe80::1",
            "-6 -t nat -j SNAT --to-source 1.2.3.4",
            "-t filter -j SNAT --to-source 1.2.3.4",
        ],
    };
    const HOOKS: [Hook; 2] = [Hook::Input, Hook::Postrouting];
    const HAS_ADDRESSES: bool = true;
    const LISTED: &'static str = "to:";

    fn expression(parts: Parts, family: IpFamily) -> Expression {
        parts.nat(Nat::SNAT, family).into()
    }

    fn parts(action: &Action, family: IpFamily) -> Option<Parts> {
        Parts::of_nat(action, Nat::SNAT, family)
    }
}
