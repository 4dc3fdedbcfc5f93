//! `-m recent`: lists of addresses that packets fill.
//!
//! A list is a named set of the rule's table, shared by all rules that name it; `--seconds` is how long its elements
//! live. So a list has one `--seconds`, and what needs the times of single packets (`--hitcount`) or their TTL has no
//! form. The set tells neither `--reap` nor which rule asks for the seconds: the rule's own words do.

use std::net::IpAddr;

use crate::expr::{Dynset, Lookup, Register};
use crate::rule::IpFamily;
use crate::rule::address::{self, Side};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::shared_set::{Lifetime, SharedSet};

/// `-m recent`.
#[derive(Debug, Clone)]
pub struct Recent {
    /// What is done with the list; `None` until the option came.
    pub action: Option<Action>,
    /// `!` before it.
    pub negated: bool,
    /// `--seconds`: 1 and up.
    pub seconds: Option<u32>,
    /// `--reap`: forgets what is older, which the set does anyway.
    pub reap: bool,
    /// `--name`.
    pub name: String,
    /// `--mask`: what of the address is kept.
    pub mask: IpAddr,
    /// `--rsource` or `--rdest`.
    pub side: Side,
    /// Whether `--name` was said: it is by itself DEFAULT.
    named: bool,
}

/// The four things to do with a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// `--set`: puts the address there.
    Set,
    /// `--rcheck`: asks whether it is there.
    Check,
    /// `--update`: asks, and keeps it there anew.
    Update,
    /// `--remove`: asks, and takes it out.
    Remove,
}

/// Each with its option and its name in listings.
const ACTIONS: [(Action, &str, &str); 4] = [
    (Action::Set, "--set", "SET"),
    (Action::Check, "--rcheck", "CHECK"),
    (Action::Update, "--update", "UPDATE"),
    (Action::Remove, "--remove", "REMOVE"),
];

/// `XT_RECENT_NAME_LEN` of linux/netfilter/xt_recent.h, less its NUL.
const NAME_BYTES: usize = 199;

impl PartialEq for Recent {
    fn eq(&self, other: &Self) -> bool {
        let all = |recent: &Self| {
            let Self { action, negated, seconds, reap, mask, side, .. } = *recent;
            (action, negated, seconds, reap, mask, side)
        };
        all(self) == all(other) && self.name == other.name
    }
}

impl Eq for Recent {}

/// What would need the time of each packet.
const HIT_COUNT: ErrorKind = ErrorKind::NoNativeForm {
    what: "--hitcount",
    reason: "a set keeps when an address was last seen, not how often",
    instead: "limit the rate of each address: -m hashlimit --hashlimit-above N/minute --hashlimit-mode srcip",
};

impl Extension for Recent {
    const NAME: &'static str = "recent";
    const HELP: &'static str = "lists of addresses that packets fill";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--set", &[], "puts the address on the list", "update @recent_DEFAULT { ip saddr }")
            .negatable(),
        OptionSpec::new("--rcheck", &[], "the address is on the list", "ip saddr @recent_DEFAULT").negatable(),
        OptionSpec::new(
            "--update",
            &[],
            "as --rcheck, and its time begins anew",
            "ip saddr @recent_DEFAULT update @recent_DEFAULT { ip saddr }",
        )
        .negatable(),
        OptionSpec::new(
            "--remove",
            &[],
            "the address is on the list, and is taken off",
            "ip saddr @recent_DEFAULT delete @recent_DEFAULT { ip saddr }",
        )
        .negatable(),
        OptionSpec::new("--seconds", &["1 to 4294967295"], "seen within so many; one figure a list", "timeout 60s"),
        OptionSpec::new("--reap", &[], "forgets what is older: the set does so anyway", "(nothing)"),
        OptionSpec::new("--hitcount", &["N"], "seen so often: no native form, refused", "(none)"),
        OptionSpec::new("--rttl", &[], "seen with this TTL: no native form, refused", "(none)"),
        OptionSpec::new("--name", &["a name"], "the list; by itself DEFAULT", "@recent_NAME"),
        OptionSpec::new("--mask", &["a mask"], "keeps networks, not hosts", "ip saddr & 255.255.255.0"),
        OptionSpec::new("--rsource", &[], "the source address; by itself so", "ip saddr"),
        OptionSpec::new("--rdest", &[], "the destination address", "ip daddr"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-m recent --set", "-m recent --set --name DEFAULT --mask 255.255.255.255 --rsource"),
            (
                "-m recent --name knock --rdest --rcheck --seconds 9",
                "-m recent --rcheck --seconds 9 --name knock --mask 255.255.255.255 --rdest",
            ),
            (
                "-m recent --update --seconds 9 --reap --name w --mask 255.255.0.0 --rsource",
                "-m recent --update --seconds 9 --reap --name w --mask 255.255.0.0 --rsource",
            ),
            ("-m recent --remove", "-m recent --remove --name DEFAULT --mask 255.255.255.255 --rsource"),
            ("-m recent ! --rcheck", "-m recent ! --rcheck --name DEFAULT --mask 255.255.255.255 --rsource"),
            ("-m recent ! --update", "-m recent ! --update --name DEFAULT --mask 255.255.255.255 --rsource"),
            ("-m recent ! --set", "-m recent ! --set --name DEFAULT --mask 255.255.255.255 --rsource"),
            (
                "-m recent --rcheck --hitcount 0 --name z",
                "-m recent --rcheck --name z --mask 255.255.255.255 --rsource",
            ),
            (
                "-6 -m recent --set --name six --mask ffff:ffff::",
                "-m recent --set --name six --mask ffff:ffff:: --rsource",
            ),
        ],
        refused: &[
            "-m recent",
            "-m recent --name a",
            "-m recent --set --rcheck",
            "-m recent --set --seconds 5",
            "-m recent --remove --seconds 5",
            "-m recent --set --hitcount 5",
            "-m recent --set --rttl",
            "-m recent --rcheck --reap",
            "-m recent --rcheck --seconds 0",
            "-m recent --rcheck --seconds 4294967296",
            "-m recent --rcheck ! --seconds 5",
            "-m recent --rcheck --hitcount 3",
            "-m recent --rcheck --hitcount x",
            "-m recent --rcheck --rttl",
            "-m recent --rcheck --name a/b",
            "-m recent --rcheck --name a --name b",
            "-m recent --rcheck --mask ffff::",
            "-m recent --rcheck --rsource 1",
            "-m recent --rcheck ! --rdest",
            "-m recent ! --remove",
            "-m recent ! --update --seconds 5",
        ],
    };

    fn new(family: IpFamily) -> Self {
        let mask = if family == IpFamily::V4 { IpAddr::from([0xff; 4]) } else { IpAddr::from([0xff; 16]) };
        let (action, negated, seconds, reap, named) = (None, false, None, false, false);
        Self { action, negated, seconds, reap, name: "DEFAULT".to_owned(), mask, side: Side::Source, named }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if let Some(&(action, option, _)) = ACTIONS.iter().find(|row| row.1 == given.option) {
            if let Some(said) = self.action {
                return Err(ErrorKind::Conflict(row(said).1, option));
            }
            (self.action, self.negated) = (Some(action), given.negated);
            return Ok(());
        }
        match given.option {
            "--seconds" => {
                let parse = |text: &str| text.parse().ok().filter(|&seconds| seconds > 0);
                self.seconds = Some(given.read("a number from 1 to 4294967295", parse)?);
            }
            "--reap" => self.reap = true,
            // None at all is what 0 asks for.
            "--hitcount" => match given.read("a number up to 65535", |text| text.parse::<u16>().ok())? {
                0 => {}
                _ => return Err(HIT_COUNT),
            },
            "--rttl" => {
                let (what, reason) = ("--rttl", "a set keeps addresses, not the TTL that they came with");
                return Err(ErrorKind::NoNativeForm {
                    what,
                    reason,
                    instead: "leave it out, or match -m ttl beside it",
                });
            }
            "--name" => self.rename(given)?,
            "--mask" => {
                let same = |mask: &IpAddr| mask.is_ipv4() == self.mask.is_ipv4();
                self.mask = given.read("a mask", |text| text.parse().ok().filter(same))?;
            }
            option => self.side = if option == "--rsource" { Side::Source } else { Side::Destination },
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let options = "--set, --rcheck, --update or --remove";
        let action = self.action.ok_or(ErrorKind::MissingOption { extension: "match recent", options })?;
        if self.seconds.is_some() && matches!(action, Action::Set | Action::Remove) {
            return Err(ErrorKind::Conflict("--seconds", row(action).1));
        }
        if self.reap && self.seconds.is_none() {
            return Err(ErrorKind::MissingOption { extension: "option --reap", options: "--seconds" });
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let Some(action) = self.action else { return Vec::new() };
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        words.push(row(action).1.to_owned());
        if let Some(seconds) = self.seconds {
            words.extend(["--seconds".to_owned(), seconds.to_string()]);
        }
        if self.reap {
            words.push("--reap".to_owned());
        }
        let side = if self.side == Side::Source { "--rsource" } else { "--rdest" };
        words.extend(["--name", &self.name, "--mask", &self.mask.to_string(), side].map(str::to_owned));
        words
    }

    fn list(&self) -> String {
        let Some(action) = self.action else { return String::new() };
        let negation = if self.negated { "! " } else { "" };
        let seconds = self.seconds.map_or_else(String::new, |seconds| format!(" seconds: {seconds}"));
        let reap = if self.reap { " reap" } else { "" };
        let side = if self.side == Side::Source { "source" } else { "dest" };
        let (name, mask) = (&self.name, self.mask);
        format!("{negation}recent: {}{seconds}{reap} name: {name} side: {side} mask: {mask}", row(action).2)
    }
}

fn row(action: Action) -> &'static (Action, &'static str, &'static str) {
    ACTIONS.iter().find(|row| row.0 == action).unwrap_or(&ACTIONS[0])
}

impl Recent {
    fn rename(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        if self.named {
            return Err(ErrorKind::Repeated { option: "--name".to_owned(), of: Some((Self::NAME, "--name")) });
        }
        let fits = |name: &&str| !name.is_empty() && name.len() <= NAME_BYTES && !name.contains(['/', '\0']);
        let expected = "a list's name: 1 to 199 bytes without \"/\"";
        self.name = given.read(expected, |text| Some(text).filter(fits).map(str::to_owned))?;
        self.named = true;
        Ok(())
    }

    /// What a rule of this kind asks of the list.
    fn lifetime(&self) -> Lifetime {
        match (self.action, self.seconds) {
            (_, Some(seconds)) => Lifetime::Milliseconds(u64::from(seconds) * 1000),
            (Some(Action::Check | Action::Update), None) => Lifetime::Forever,
            _ => Lifetime::Any,
        }
    }

    /// What cannot be said with one question and one change, in this order.
    fn check_negation(&self) -> Result<(), ErrorKind> {
        let (what, reason) = match self.action {
            Some(Action::Remove) if self.negated => ("--remove", "negated, it takes off the list and does not match"),
            Some(Action::Update) if self.negated && self.seconds.is_some() => {
                ("--update", "negated, it puts back on the list what is there no more")
            }
            _ => return Ok(()),
        };
        Err(ErrorKind::NoNativeForm {
            what,
            reason,
            instead: "write two rules: one that changes the list, one that asks",
        })
    }
}

impl MatchExtension for Recent {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        self.check_negation()?;
        let (offset, length) = self.side.place(lowering.family);
        lowering.load_network(offset, length);
        let mask = address::octets(self.mask);
        if mask.iter().any(|&byte| byte != 0xff) {
            lowering.mask(&mask);
        }
        let shared = SharedSet::new(&self.name, address::nft_type(lowering.family), length, self.lifetime());
        let change = |op, inverted| Dynset {
            set: shared.set.name.clone(),
            set_id: 0,
            op,
            key: Register::R1,
            data: None,
            timeout: None,
            inverted,
            expressions: Vec::new(),
        };
        if self.action != Some(Action::Set) {
            let (set, inverted) = (shared.set.name.clone(), self.negated);
            lowering.push(Lookup { source: Register::R1, destination: None, set, set_id: 0, inverted });
        }
        match self.action {
            Some(Action::Set) => lowering.push(change(Dynset::UPDATE, self.negated)),
            // What is not there is not kept there anew.
            Some(Action::Update) if !self.negated => lowering.push(change(Dynset::UPDATE, false)),
            Some(Action::Remove) => lowering.push(change(Dynset::DELETE, false)),
            _ => {}
        }
        lowering.share(shared);
        Ok(())
    }

    /// Never: the set alone does not tell which rules ask for its seconds; the rule's own words do.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
