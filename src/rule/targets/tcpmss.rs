//! `-j TCPMSS`: the largest segment that a SYN asks for.

use crate::expr::{Byteorder, Exthdr, Register, Rt, Source, meta::Access};
use crate::rule::condition::{Changed, Item, Selector, Statement, Value};
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::number::parse_whole;
use crate::rule::{Hook, IpFamily, Rule, protocol};

/// The option's kind (RFC 9293).
const MAXSEG: u8 = 2;
/// Its value.
const OPTION: Selector = Selector::Exthdr { op: Exthdr::TCP, kind: MAXSEG, offset: 2, length: 2, present: false };

/// `-j TCPMSS`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Tcpmss {
    /// No option yet.
    #[default]
    Nothing,
    /// `--set-mss`.
    Size(u16),
    /// `--clamp-mss-to-pmtu`.
    Clamp,
}

impl Extension for Tcpmss {
    const NAME: &'static str = "TCPMSS";
    const HELP: &'static str = "changes the TCP option for the largest segment; the packet goes on";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--set-mss", &["bytes"], "this size", "tcp option maxseg size set 1400"),
        OptionSpec::new("--clamp-mss-to-pmtu", &[], "what the route takes", "tcp option maxseg size set rt mtu"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            (
                "-t mangle -p tcp --syn -j TCPMSS --set-mss 1400",
                "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --set-mss 1400",
            ),
            (
                "-t mangle -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu",
                "-p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j TCPMSS --clamp-mss-to-pmtu",
            ),
        ],
        refused: &[
            "-t mangle -p tcp --syn -j TCPMSS",
            "-t mangle -p tcp --syn -j TCPMSS --set-mss 65536",
            "-t mangle -p tcp --syn -j TCPMSS --set-mss 5 --clamp-mss-to-pmtu",
            "-t mangle -p udp -j TCPMSS --set-mss 1400",
            "-t mangle -p tcp -j TCPMSS --clamp-mss-to-pmtu",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::Nothing
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if *self != Self::Nothing {
            return Err(ErrorKind::Conflict("--set-mss", "--clamp-mss-to-pmtu"));
        }
        *self = match given.option {
            "--set-mss" => Self::Size(given.read("a size from 0 to 65535", parse_whole)?),
            _ => Self::Clamp,
        };
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let options = "--set-mss or --clamp-mss-to-pmtu";
        let missing = ErrorKind::MissingOption { extension: "target TCPMSS", options };
        if *self == Self::Nothing { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Size(size) => vec!["--set-mss".to_owned(), size.to_string()],
            Self::Clamp => vec!["--clamp-mss-to-pmtu".to_owned()],
        }
    }

    fn list(&self) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Size(size) => format!("TCPMSS set {size}"),
            Self::Clamp => "TCPMSS clamp to PMTU".to_owned(),
        }
    }

    fn cautions(&self) -> Vec<&'static str> {
        vec!["a SYN without the option goes on as it is; iptables' kernel adds one (4 bytes)"]
    }
}

/// Whether the rule takes packets with SYN only: others have no such option to change, as xt_TCPMSS insists.
fn takes_syn(rule: &Rule) -> bool {
    let words = rule.words();
    let flags = words.iter().position(|word| word == "--tcp-flags");
    flags.is_some_and(|at| {
        let set = |offset: usize| words.get(at + offset).is_some_and(|word| word.split(',').any(|flag| flag == "SYN"));
        set(1) && set(2) && words.get(at.wrapping_sub(1)).is_none_or(|word| word != "!")
    })
}

impl TargetExtension for Tcpmss {
    fn check(&self, rule: &Rule, _: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        match rule.required_protocol() {
            Some(protocol::TCP) if takes_syn(rule) => Ok(()),
            _ => {
                Err(ErrorKind::NeedsProtocol { what: "target TCPMSS".to_owned(), protocol: "-p tcp --syn".to_owned() })
            }
        }
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        match *self {
            Self::Nothing => return Ok(()),
            Self::Size(size) => lowering.constant(Register::R1, size.to_be_bytes().to_vec()),
            Self::Clamp => {
                lowering.push(Rt { destination: Register::R1, key: Rt::TCPMSS });
                let (source, destination) = (Register::R1, Register::R1);
                lowering.push(Byteorder { source, destination, op: Byteorder::HTON, length: 2, size: 2 });
            }
        }
        let access = Some(Access::Store(Register::R1));
        lowering.push(Exthdr { op: Exthdr::TCP, kind: MAXSEG, offset: 2, length: 2, present: false, access });
        Ok(())
    }

    /// Where the rule takes packets with SYN only: others iptables does not let stand.
    fn lift(items: &[Item], rule: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Assign(OPTION, value))] = items else { return None };
        let found = match value {
            Value::Constant(size) => Self::Size(u16::from_be_bytes(size.as_slice().try_into().ok()?)),
            Value::Computed(Selector::Source(Source::Rt(Rt { key: Rt::TCPMSS, .. })), Some(Changed::Order(2))) => {
                Self::Clamp
            }
            Value::Computed(..) => return None,
        };
        (rule.required_protocol() == Some(protocol::TCP) && takes_syn(rule)).then_some(found)
    }
}
