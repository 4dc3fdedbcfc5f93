//! `-m recent`: lists of addresses that packets fill.
//!
//! A list is a named set of the rule's table, shared by all rules that name it; `--seconds` is how long its elements
//! live. So a list has one `--seconds`, and what needs the times of single packets (`--hitcount`) or their TTL has no
//! exact form. The set tells neither `--reap` nor which rule asks for the seconds: the rule's own words do.
//!
//! With `--approximate`, `--hitcount N` is a bucket for each address of the list, in a set that goes with the rule: it holds
//! N - 1 packets and fills within `--seconds`; what runs over matches.

use std::net::IpAddr;

use crate::expr::{Dynset, Limit, LimitKind, Lookup, Register, Set};
use crate::rule::IpFamily;
use crate::rule::address::{self, Side};
use crate::rule::error::ErrorKind;
use crate::rule::identifier::is_list_name;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::shared_set::{Lifetime, SharedSet};
use crate::rule::values::number::parse_whole;

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
    /// `--hitcount`; none at all is what 0 asks for.
    pub hits: Option<u16>,
    /// `--approximate`, where that says something.
    pub approximate: bool,
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
            let Self { action, negated, seconds, reap, hits, approximate, mask, side, .. } = *recent;
            (action, negated, seconds, reap, hits, approximate, mask, side)
        };
        all(self) == all(other) && self.name == other.name
    }
}

impl Eq for Recent {}

/// What would need the time of each packet.
const HIT_COUNT: ErrorKind = ErrorKind::NoNativeForm {
    what: "--hitcount",
    reason: "a set keeps when an address was last seen, not how often",
    instead: "say --approximate for a bucket that runs over at this rate, with --seconds; or limit the rate of each address: \
              -m hashlimit --hashlimit-above N/minute --hashlimit-mode srcip",
};

/// No bucket fills in no time.
const HIT_COUNT_FOR_EVER: ErrorKind = ErrorKind::NoNativeForm {
    what: "--hitcount",
    reason: "without --seconds it counts for ever, and a bucket fills up in some time",
    instead: "give --seconds, with --approximate",
};

/// Units of a rate that nft has words for, the shortest first: seconds.
const UNITS: [u64; 5] = [1, 60, 3_600, 86_400, 604_800];

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
        OptionSpec::new(
            "--hitcount",
            &["N"],
            "seen so often: no exact form, refused; with --approximate and --seconds a bucket of N - 1 for each address",
            "meter { ip saddr timeout 60s limit rate over 3/minute burst 3 packets }",
        ),
        OptionSpec::new(
            "--approximate",
            &[],
            "takes --hitcount in a form that comes near; the whole rule's",
            "see there",
        )
        .repeatable(),
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
                "-m recent --rcheck --seconds 9 --hitcount 1 --name y",
                "-m recent --rcheck --seconds 9 --hitcount 1 --name y --mask 255.255.255.255 --rsource",
            ),
            (
                "-m recent --update --seconds 60 --hitcount 4 --name x --approximate",
                "-m recent --update --seconds 60 --hitcount 4 --approximate --name x --mask 255.255.255.255 --rsource",
            ),
            (
                "--approximate -m recent --rcheck --seconds 17123 --hitcount 348 --rdest",
                "-m recent --rcheck --seconds 17123 --hitcount 348 --approximate --name DEFAULT \
                 --mask 255.255.255.255 --rdest",
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
            "-m recent --rcheck --seconds 5 --hitcount 3",
            "-m recent --rcheck --hitcount 3 --approximate",
            "-m recent ! --rcheck --seconds 5 --hitcount 3 --approximate",
            "-m recent --set --hitcount 3 --approximate",
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
        let (action, negated, seconds, reap, hits, approximate, named) = (None, false, None, false, None, false, false);
        Self {
            action,
            negated,
            seconds,
            reap,
            hits,
            approximate,
            name: "DEFAULT".to_owned(),
            mask,
            side: Side::Source,
            named,
        }
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
                let parse = |text: &str| parse_whole(text).filter(|&seconds| seconds > 0);
                self.seconds = Some(given.read("a number from 1 to 4294967295", parse)?);
            }
            "--reap" => self.reap = true,
            "--hitcount" => {
                let hits: u16 = given.read("a number up to 65535", parse_whole)?;
                self.hits = Some(hits).filter(|&hits| hits > 0);
            }
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
        if self.hits.is_some() {
            if matches!(action, Action::Set | Action::Remove) {
                return Err(ErrorKind::Conflict("--hitcount", row(action).1));
            }
            match (self.several_hits(), self.approximate, self.seconds) {
                (Some(_), false, _) => return Err(HIT_COUNT),
                (Some(_), true, None) => return Err(HIT_COUNT_FOR_EVER),
                _ => {}
            }
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
        if let Some(hits) = self.hits {
            words.extend(["--hitcount".to_owned(), hits.to_string()]);
        }
        words.extend(self.approximate.then(|| "--approximate".to_owned()));
        let side = if self.side == Side::Source { "--rsource" } else { "--rdest" };
        words.extend(["--name", &self.name, "--mask", &self.mask.to_string(), side].map(str::to_owned));
        words
    }

    fn list(&self) -> String {
        let Some(action) = self.action else { return String::new() };
        let negation = if self.negated { "! " } else { "" };
        let seconds = self.seconds.map_or_else(String::new, |seconds| format!(" seconds: {seconds}"));
        let reap = if self.reap { " reap" } else { "" };
        let hits = self.hits.map_or_else(String::new, |hits| format!(" hit_count: {hits}"));
        let approximate = if self.approximate { " approximate" } else { "" };
        let side = if self.side == Side::Source { "source" } else { "dest" };
        let (name, mask) = (&self.name, self.mask);
        format!(
            "{negation}recent: {}{seconds}{reap}{hits}{approximate} name: {name} side: {side} mask: {mask}",
            row(action).2
        )
    }

    fn cautions(&self) -> Vec<&'static str> {
        let text = "--hitcount is approximated: counted are packets that reach this rule, in a bucket that fills up within \
                    --seconds; of a sender that does not stop, N - 1 packets in --seconds do not match";
        self.approximate.then_some(text).into_iter().collect()
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
        let fits = |name: &&str| is_list_name(name, NAME_BYTES);
        let expected = "a list's name: 1 to 199 bytes without \"/\"";
        self.name = given.read(expected, |text| Some(text).filter(fits).map(str::to_owned))?;
        self.named = true;
        Ok(())
    }

    /// More hits than the one that every address of the list has had.
    fn several_hits(&self) -> Option<u16> {
        self.hits.filter(|&hits| hits > 1)
    }

    /// What a rule of this kind asks of the list.
    fn lifetime(&self) -> Lifetime {
        match (self.action, self.seconds) {
            // The bucket sees to the time; the list has to have the address that long.
            (_, Some(seconds)) if self.several_hits().is_some() => Lifetime::AtLeast(u64::from(seconds) * 1000),
            (_, Some(seconds)) => Lifetime::Milliseconds(u64::from(seconds) * 1000),
            (Some(Action::Check | Action::Update), None) => Lifetime::Forever,
            _ => Lifetime::Any,
        }
    }

    /// What cannot be said with one question and one change, in this order.
    fn check_negation(&self) -> Result<(), ErrorKind> {
        let (what, reason) = match self.action {
            _ if self.negated && self.several_hits().is_some() => {
                ("--hitcount", "negated, it matches addresses that are not on the list, too")
            }
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

impl Recent {
    /// What runs over with the last of so many packets within `seconds`.
    fn bucket(hits: u16, seconds: u32) -> Limit {
        let (tokens, seconds) = (u64::from(hits) - 1, u64::from(seconds));
        let exact = UNITS.into_iter().find(|unit| (tokens * unit).is_multiple_of(seconds));
        let unit = exact.unwrap_or(UNITS[UNITS.len() - 1]);
        let rate = (tokens * unit + seconds / 2) / seconds;
        Limit { rate: rate.max(1), unit, burst: u32::from(hits) - 1, kind: LimitKind::Packets, inverted: true }
    }
}

impl MatchExtension for Recent {
    fn approximate(&mut self) {
        self.approximate = self.several_hits().is_some();
    }

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
        if let (Some(hits), Some(seconds)) = (self.several_hits(), self.seconds) {
            let (key_type, name) = (shared.set.key_type, "__set%d".to_owned());
            let meter = Set { name, key_type, key_length: length, ..Set::default() };
            lowering.meter(meter, Some(u64::from(seconds) * 1000), Self::bucket(hits, seconds));
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
