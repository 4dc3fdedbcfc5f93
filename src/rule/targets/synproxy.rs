//! `-j SYNPROXY`: this host answers for the server until a connection stands.

use crate::expr::{Action, Synproxy as Expression};
use crate::rule::condition::{Act, Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::number::parse_byte;
use crate::rule::values::number::parse_whole;
use crate::rule::{Hook, IpFamily, Rule};

/// `-j SYNPROXY`: what the server's own options are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Synproxy {
    /// `--sack-perm`.
    pub sack: bool,
    /// `--timestamp`.
    pub timestamp: bool,
    /// `--wscale`: 0 to 14.
    pub window_scale: Option<u8>,
    /// `--mss`.
    pub mss: Option<u16>,
}

/// `NF_SYNPROXY_OPT_*` of linux/netfilter/nf_synproxy.h.
const MSS: u32 = 1;
const WINDOW_SCALE: u32 = 2;
const SACK: u32 = 4;
const TIMESTAMP: u32 = 8;
/// RFC 7323, 2.3.
const MOST_WINDOW_SCALE: u8 = 14;
const TCP: u8 = 6;

impl Extension for Synproxy {
    const NAME: &'static str = "SYNPROXY";
    const HELP: &'static str = "answers for the server until a connection stands; only in INPUT and FORWARD";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--sack-perm", &[], "the server takes selective acknowledgements", "synproxy sack-perm"),
        OptionSpec::new("--timestamp", &[], "the server writes timestamps", "synproxy timestamp"),
        OptionSpec::new("--wscale", &["0 to 14"], "the server's window scale", "synproxy wscale 7"),
        OptionSpec::new("--mss", &["bytes"], "the server's largest segment", "synproxy mss 1460"),
        OptionSpec::new("--ecn", &[], "no native form: refused", "(none)"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p tcp -j SYNPROXY", "-p tcp -j SYNPROXY"),
            (
                "-p tcp -j SYNPROXY --mss 1460 --wscale 0x9 --timestamp --sack-perm",
                "-p tcp -j SYNPROXY --sack-perm --timestamp --wscale 9 --mss 1460",
            ),
            ("-6 -p tcp -j SYNPROXY --mss 1220", "-p tcp -j SYNPROXY --mss 1220"),
        ],
        refused: &[
            "-j SYNPROXY",
            "-p udp -j SYNPROXY",
            "-p tcp -j SYNPROXY --wscale 15",
            "-p tcp -j SYNPROXY --mss 65536",
            "-p tcp -j SYNPROXY --sack-perm 1",
            "-p tcp -j SYNPROXY --timestamp 1",
            "-p tcp -j SYNPROXY --ecn",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--sack-perm" => self.sack = true,
            "--timestamp" => self.timestamp = true,
            "--wscale" => {
                let scale = |text: &str| parse_byte(text).filter(|&scale| scale <= MOST_WINDOW_SCALE);
                self.window_scale = Some(given.read("a number up to 14", scale)?);
            }
            "--mss" => self.mss = Some(given.read("a number up to 65535", parse_whole)?),
            _ => {
                let (what, reason) = ("--ecn", "the kernel's expression does not take it");
                return Err(ErrorKind::NoNativeForm { what, reason, instead: "leave it out" });
            }
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        self.said("--")
    }

    fn list(&self) -> String {
        format!("SYNPROXY {}", self.said("").iter().map(|word| format!("{word} ")).collect::<String>())
    }
}

impl Synproxy {
    /// Its options, each name behind `dashes`.
    fn said(&self, dashes: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut say = |name: &str| words.push(format!("{dashes}{name}"));
        for (name, said) in [("sack-perm", self.sack), ("timestamp", self.timestamp)] {
            if said {
                say(name);
            }
        }
        let numbers = [("wscale", self.window_scale.map(u16::from)), ("mss", self.mss)];
        for (name, number) in numbers {
            if let Some(number) = number {
                words.extend([format!("{dashes}{name}"), number.to_string()]);
            }
        }
        words
    }
}

impl TargetExtension for Synproxy {
    const FATE: &'static str = "no later rule of this chain sees the packet";

    fn check(&self, rule: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        if rule.required_protocol() != Some(TCP) {
            return Err(ErrorKind::needs_protocol("target SYNPROXY", TCP));
        }
        context.require_hook(&[Hook::Input, Hook::Forward], "target SYNPROXY")
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let said = [
            (self.mss.is_some(), MSS),
            (self.window_scale.is_some(), WINDOW_SCALE),
            (self.sack, SACK),
            (self.timestamp, TIMESTAMP),
        ];
        let flags = said.iter().filter(|(said, _)| *said).map(|(_, flag)| flag).sum();
        let (mss, window_scale) = (self.mss.unwrap_or(0), self.window_scale.unwrap_or(0));
        lowering.push(Expression { mss, window_scale, flags });
        Ok(())
    }

    fn lift(items: &[Item], rule: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(Act { action: Action::Synproxy(found), .. }))] = items else { return None };
        let said = |flag: u32| found.flags & flag != 0;
        let known = found.flags & !(MSS | WINDOW_SCALE | SACK | TIMESTAMP) == 0;
        // What was not said is 0 in the kernel.
        let whole = (said(MSS) || found.mss == 0) && (said(WINDOW_SCALE) || found.window_scale == 0);
        let whole = whole && found.window_scale <= MOST_WINDOW_SCALE;
        (known && whole && rule.required_protocol() == Some(TCP)).then(|| Self {
            mss: said(MSS).then_some(found.mss),
            window_scale: said(WINDOW_SCALE).then_some(found.window_scale),
            sack: said(SACK),
            timestamp: said(TIMESTAMP),
        })
    }
}
