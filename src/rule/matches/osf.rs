//! `-m osf`: which operating system sent a SYN, guessed by its form with the fingerprints that nfnl_osf loads.
//!
//! nf_tables tells the first system whose fingerprint fits, and `unknown` where none does. iptables asks whether one of
//! this system fits, and of `!` it makes nothing where none does: so only the plain question is the same.

use crate::expr::{CmpOp, Osf as OsfExpression, Register, Source};
use crate::rule::ast::Rule;
use crate::rule::condition::Selector;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_byte;
use crate::rule::{Hook, IpFamily, protocol};

/// `-m osf`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Osf {
    /// `--genre`; empty until it was given.
    pub genre: String,
    /// `--ttl`: how hops are compared, 0 exactly, 1 less, 2 not at all.
    pub ttl: Option<u8>,
}

/// `NFT_OSF_MAXGENRELEN` of linux/netfilter/nf_tables.h, its NUL included.
const GENRE_BYTES: usize = 16;
/// What nf_tables calls a system without a fingerprint, and no fingerprint does.
const UNKNOWN: &str = "unknown";

const NEGATED: ErrorKind = ErrorKind::NoNativeForm {
    what: "--genre",
    reason: "negated, iptables still asks for a fingerprint that fits, and nf_tables does not",
    instead: "return the system in a rule before it, and match what is left",
};
const NEVER: ErrorKind = ErrorKind::NoNativeForm {
    what: "--genre",
    reason: "iptables finds no system of this name, and nf_tables calls those so that have no fingerprint",
    instead: "write it with nft, if these are meant: osf name \"unknown\"",
};
const LOG: ErrorKind = ErrorKind::NoNativeForm {
    what: "--log",
    reason: "the expression does not log, and with --log iptables matches every system with a fingerprint",
    instead: "leave it out, and log what matched with -j LOG",
};

impl Extension for Osf {
    const NAME: &'static str = "osf";
    const FAMILY: Option<IpFamily> = Some(IpFamily::V4);
    const HELP: &'static str = "which operating system sent a SYN, by the fingerprints of nfnl_osf";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--genre",
            &["a name of up to 15 bytes"],
            "the system; negated, or unknown: no native form, refused",
            "osf name \"Linux\"",
        )
        .negatable(),
        OptionSpec::new(
            "--ttl",
            &["0, 1 or 2"],
            "hops are compared exactly, may be fewer, do not matter",
            "osf ttl loose name \"Linux\", osf ttl skip name \"Linux\"",
        ),
        OptionSpec::new("--log", &["0, 1 or 2"], "no native form: refused", "(none)"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-p tcp -m osf --genre Linux", "-p tcp -m osf --genre Linux"),
            ("-p tcp -m osf --ttl 0 --genre Linux", "-p tcp -m osf --genre Linux --ttl 0"),
            ("-p tcp -m osf --genre Windows --ttl 1", "-p tcp -m osf --genre Windows --ttl 1"),
            ("-p tcp -m osf --genre Linux --ttl 2", "-p tcp -m osf --genre Linux --ttl 2"),
        ],
        refused: &[
            "-p tcp -m osf",
            "-p tcp -m osf --ttl 1",
            "-m osf --genre Linux",
            "-p udp -m osf --genre Linux",
            "-p tcp -m osf ! --genre Linux",
            "-p tcp -m osf --genre unknown",
            "-p tcp -m osf --genre \"\"",
            "-p tcp -m osf --genre 0123456789abcdef",
            "-p tcp -m osf --genre Linux --ttl 3",
            "-p tcp -m osf --genre Linux ! --ttl 1",
            "-p tcp -m osf --genre Linux --log 0",
            "-p tcp -m osf --genre Linux --log 3",
            "-6 -p tcp -m osf --genre Linux",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let level = || given.read("0, 1 or 2", |text| parse_byte(text).filter(|&level| level <= 2));
        match given.option {
            "--genre" if given.negated => return Err(NEGATED),
            "--genre" => {
                let fits = |text: &str| !text.is_empty() && text.len() < GENRE_BYTES && !text.contains('\0');
                self.genre = given.read("a name of 1 to 15 bytes", |text| fits(text).then(|| text.to_owned()))?;
                if self.genre == UNKNOWN {
                    return Err(NEVER);
                }
            }
            "--ttl" => self.ttl = Some(level()?),
            _ => return level().and(Err(LOG)),
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = ErrorKind::MissingOption { extension: "match osf", options: "--genre" };
        if self.genre.is_empty() { Err(missing) } else { Ok(()) }
    }

    fn render(&self) -> Vec<String> {
        let mut words = vec!["--genre".to_owned(), self.genre.clone()];
        words.extend(self.ttl.into_iter().flat_map(|ttl| ["--ttl".to_owned(), ttl.to_string()]));
        words
    }

    fn list(&self) -> String {
        format!("OS fingerprint match {}", self.genre)
    }
}

impl MatchExtension for Osf {
    fn check(&self, rule: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        if rule.required_protocol() != Some(protocol::TCP) {
            return Err(ErrorKind::NeedsProtocol { what: "match osf".to_owned(), protocol: "-p tcp".to_owned() });
        }
        context.require_hook(&[Hook::Prerouting, Hook::Input, Hook::Forward], "osf")
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let mut name = self.genre.as_bytes().to_vec();
        name.resize(GENRE_BYTES, 0);
        lowering.push(OsfExpression { destination: Register::R1, ttl: self.ttl.unwrap_or(0), flags: 0 });
        lowering.compare(CmpOp::Eq, &name);
        Ok(())
    }

    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        lifting.protocol().filter(|&number| number == protocol::TCP)?;
        let condition = lifting.condition()?;
        let Selector::Source(Source::Osf(OsfExpression { ttl: ttl @ 0..=2, flags: 0, .. })) = condition.selector else {
            return None;
        };
        let (CmpOp::Eq, bytes) = condition.plain()? else { return None };
        let end = bytes.iter().position(|&byte| byte == 0)?;
        let (name, rest) = bytes.split_at(end);
        let genre = std::str::from_utf8(name).ok().filter(|name| !name.is_empty() && *name != UNKNOWN)?.to_owned();
        let whole = bytes.len() == GENRE_BYTES && rest.iter().all(|&byte| byte == 0);
        whole.then(|| lifting.advance())?;
        Some(Self { genre, ttl: Some(ttl).filter(|&ttl| ttl > 0) })
    }
}
