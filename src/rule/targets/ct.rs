//! `-j CT`: how the connection is tracked.
//!
//! Table raw stands before connection tracking. There nf_tables gives a packet to a zone, or to no connection at all; a
//! helper, a timeout policy and masks of events it gives to a connection that exists already, which is none there.

use crate::expr::{Action, Ct as CtExpression, Meta, Notrack, Register, meta::Access};
use crate::rule::condition::{Item, Selector, Statement, Value};
use crate::rule::error::ErrorKind;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::number::parse_number;
use crate::rule::{BuiltinTable, Hook, IpFamily, Rule};

/// `-j CT`.
#[derive(Debug, Clone, Default)]
pub struct Ct {
    /// `--notrack`: nothing else then has an effect.
    pub notrack: bool,
    /// `--helper`; empty where there is none.
    pub helper: String,
    /// `--timeout`; empty where there is none.
    pub timeout: String,
    /// `--ctevents`: a bit for each of [`EVENTS`].
    pub events: u16,
    /// `--expevents new`.
    pub expectations: bool,
    /// `--zone`, `--zone-orig`, `--zone-reply`: the number that came last.
    pub zone: u16,
    /// `mark` in its place.
    pub zone_of_mark: bool,
    /// Which of `--zone-orig` and `--zone-reply` were said; both or neither is `--zone`.
    pub directions: [bool; 2],
}

/// As they are written the same, they are the same.
impl PartialEq for Ct {
    fn eq(&self, other: &Self) -> bool {
        self.render() == other.render()
    }
}

impl Eq for Ct {}

/// Changes of a connection that are told, in the order in which iptables writes them.
pub const EVENTS: [&str; 10] =
    ["new", "related", "destroy", "reply", "assured", "protoinfo", "helper", "mark", "natseqinfo", "secmark"];
/// `NF_CT_HELPER_NAME_LEN` and `sizeof(xt_ct_target_info_v1.timeout)`, less their NUL.
const HELPER_BYTES: usize = 15;
const TIMEOUT_BYTES: usize = 31;
/// What `ct` calls `original` and `reply`.
const ORIGINAL: u8 = 0;
const REPLY: u8 = 1;

impl Ct {
    /// The direction of which the zone is; `None` where of both.
    const fn direction(&self) -> Option<u8> {
        match self.directions {
            [true, false] => Some(ORIGINAL),
            [false, true] => Some(REPLY),
            _ => None,
        }
    }

    /// Options and values that were said, as they are written; of listings, without dashes.
    fn said(&self) -> Vec<(&'static str, String)> {
        let events = || (0..).zip(EVENTS).filter(|(bit, _)| self.events >> bit & 1 == 1).map(|(_, name)| name);
        let zone = match self.direction() {
            Some(ORIGINAL) => "--zone-orig",
            Some(_) => "--zone-reply",
            None => "--zone",
        };
        let zone_value = if self.zone_of_mark { "mark".to_owned() } else { self.zone.to_string() };
        let all = [
            (self.notrack, "--notrack", String::new()),
            (!self.helper.is_empty(), "--helper", self.helper.clone()),
            (!self.timeout.is_empty(), "--timeout", self.timeout.clone()),
            (self.events != 0, "--ctevents", events().collect::<Vec<_>>().join(",")),
            (self.expectations, "--expevents", EVENTS[0].to_owned()),
            (self.zone_of_mark || self.zone != 0, zone, zone_value),
        ];
        all.into_iter().filter(|row| row.0).map(|(_, option, value)| (option, value)).collect()
    }

    /// What needs a connection.
    fn late(&self) -> Option<&'static str> {
        let late = ["--helper", "--timeout", "--ctevents", "--expevents"];
        self.said().into_iter().map(|row| row.0).find(|option| late.contains(option))
    }
}

impl Extension for Ct {
    const NAME: &'static str = "CT";
    const HELP: &'static str = "how the connection is tracked; only in table raw";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--notrack", &[], "the packet belongs to no connection", "notrack"),
        OptionSpec::new(
            "--helper",
            &["a name"],
            "the connection's helper: nft gives it behind connection tracking only, refused",
            "none in table raw: ct helper set",
        ),
        OptionSpec::new(
            "--timeout",
            &["a name"],
            "the connection's policy of timeouts: refused likewise",
            "none in table raw: ct timeout set",
        ),
        OptionSpec::new(
            "--ctevents",
            &["new,related,destroy,…"],
            "which changes of the connection are told: refused likewise",
            "none in table raw: ct event set",
        ),
        OptionSpec::new("--expevents", &["new"], "which expectations are told: refused likewise", "(none)"),
        OptionSpec::new("--zone", &["a number, or mark"], "the zone that the connection is in", "ct zone set 5"),
        OptionSpec::new(
            "--zone-orig",
            &["a number, or mark"],
            "the zone of the original direction",
            "ct original zone set 5",
        ),
        OptionSpec::new("--zone-reply", &["a number, or mark"], "the zone of the replies", "ct reply zone set 5"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-t raw -j CT --notrack", "-j CT --notrack"),
            ("-t raw -j CT --zone 5", "-j CT --zone 5"),
            ("-t raw -j CT --zone-orig 0x10", "-j CT --zone-orig 16"),
            ("-t raw -j CT --zone-reply 65535", "-j CT --zone-reply 65535"),
            ("-t raw -j CT --zone-orig 5 --zone-reply 6", "-j CT --zone 6"),
            ("-t raw -j CT --zone 5 --zone-orig 6", "-j CT --zone-orig 6"),
            ("-t raw -j CT --zone mark", "-j CT --zone mark"),
            ("-t raw -j CT --zone-reply mark", "-j CT --zone-reply mark"),
            ("-t raw -j CT --zone 0", "-j CT"),
            ("-t raw -j CT", "-j CT"),
            (
                "-t raw -j CT --expevents new --ctevents destroy,new --timeout t --helper ftp --zone 5 --notrack",
                "-j CT --notrack --helper ftp --timeout t --ctevents new,destroy --expevents new --zone 5",
            ),
        ],
        refused: &[
            "-j CT --notrack",
            "-t mangle -j CT --zone 5",
            "-t raw -j CT ! --notrack",
            "-t raw -p tcp -j CT --helper ftp",
            "-t raw -j CT --notrack --helper xxxxxxxxxxxxxxxx",
            "-t raw -j CT --timeout t",
            "-t raw -j CT --notrack --timeout xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "-t raw -j CT --ctevents new",
            "-t raw -j CT --notrack --ctevents old",
            "-t raw -j CT --expevents new",
            "-t raw -j CT --notrack --expevents destroy",
            "-t raw -j CT --zone 65536",
            "-t raw -j CT --zone -1",
            "-t raw -j CT --zone-orig x",
            "-t raw -j CT --zone-reply",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let name = |most: usize, expected| {
            let fits = |text: &str| text.len() <= most && !text.contains('\0');
            given.read(expected, |text| fits(text).then(|| text.to_owned()))
        };
        match given.option {
            "--notrack" => self.notrack = true,
            "--helper" => self.helper = name(HELPER_BYTES, "a helper's name of up to 15 bytes")?,
            "--timeout" => self.timeout = name(TIMEOUT_BYTES, "a policy's name of up to 31 bytes")?,
            "--ctevents" => {
                let expected =
                    "a list of new, related, destroy, reply, assured, protoinfo, helper, mark, natseqinfo, secmark";
                let bit = |name: &str| EVENTS.iter().position(|known| *known == name).map(|bit| 1 << bit);
                let bits = |text: &str| text.split(',').try_fold(0, |bits, name| Some(bits | bit(name)?));
                self.events = given.read(expected, bits)?;
            }
            "--expevents" => self.expectations = given.read("new", |text| (text == EVENTS[0]).then_some(true))?,
            option => {
                if given.value().eq_ignore_ascii_case("mark") {
                    self.zone_of_mark = true;
                } else {
                    let number = |text: &str| parse_number(text).and_then(|number| u16::try_from(number).ok());
                    self.zone = given.read("a number up to 65535, or mark", number)?;
                }
                self.directions[0] |= option == "--zone-orig";
                self.directions[1] |= option == "--zone-reply";
            }
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let words = self.said().into_iter().flat_map(|(option, value)| [option.to_owned(), value]);
        words.filter(|word| !word.is_empty()).collect()
    }

    fn list(&self) -> String {
        let words: Vec<String> = self.render();
        let words = words.iter().map(|word| word.trim_start_matches("--"));
        std::iter::once("CT").chain(words).collect::<Vec<_>>().join(" ")
    }
}

impl TargetExtension for Ct {
    fn check(&self, _: &Rule, context: &LowerContext<'_>, _: Option<Hook>) -> Result<(), ErrorKind> {
        context.require_table(BuiltinTable::Raw, Self::NAME)
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if self.notrack {
            lowering.push(Notrack {});
            return Ok(());
        }
        if let Some(what) = self.late() {
            return Err(ErrorKind::NoNativeForm {
                what,
                reason: "table raw stands before connection tracking, and nf_tables gives this to a connection that \
                         exists already",
                instead: "write it with nft in a chain behind that, of priority -199 for example: ct helper set, \
                          ct timeout set, ct event set",
            });
        }
        if self.zone_of_mark {
            // The register's first two bytes are the zone: the lower half of the mark where the lowest byte comes first.
            if cfg!(target_endian = "big") {
                let reason = "the mark's lower half is not where this machine looks for the zone";
                return Err(ErrorKind::NoNativeForm { what: "mark", reason, instead: "write a rule for each mark" });
            }
            lowering.load_meta(Meta::MARK);
        } else {
            lowering.constant(Register::R1, self.zone.to_ne_bytes().to_vec());
        }
        let (key, access) = (CtExpression::ZONE, Access::Store(Register::R1));
        lowering.push(CtExpression { key, direction: self.direction(), access });
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        match items {
            [Item::Statement(Statement::Act(act))] if matches!(act.action, Action::Notrack(_)) => {
                Some(Self { notrack: true, ..Self::default() })
            }
            [Item::Statement(Statement::Assign(Selector::Ct(CtExpression::ZONE, direction), value))] => {
                let directions = [ORIGINAL, REPLY].map(|each| *direction == Some(each));
                let (zone, zone_of_mark) = match value {
                    Value::Constant(bytes) => (u16::from_ne_bytes(bytes.as_slice().try_into().ok()?), false),
                    Value::Computed(Selector::Meta(Meta::MARK), None) => (0, true),
                    Value::Computed(..) => return None,
                };
                // Zone 0 of one direction has no words of its own.
                (zone != 0 || zone_of_mark || direction.is_none()).then(|| Self {
                    zone,
                    zone_of_mark,
                    directions,
                    ..Self::default()
                })
            }
            _ => None,
        }
    }
}
