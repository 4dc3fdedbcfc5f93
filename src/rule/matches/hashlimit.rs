//! `-m hashlimit`: a token bucket for each host, network or port.
//!
//! Each rule has buckets of its own, in an anonymous set that the kernel frees with the rule; without a mode there is one
//! bucket and no set. The set tells neither its own name for certain nor the figures of iptables' hash table: the rule's
//! own words do.

use crate::expr::{Bitwise, Expression, PayloadBase, Register, Set};
use crate::rule::IpFamily;
use crate::rule::address::{self, Side};
use crate::rule::condition::Meter;
use crate::rule::error::ErrorKind;
use crate::rule::identifier::is_list_name;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_whole;
use crate::rule::values::rate::Rate;

mod amount;
mod key;

use amount::{Amount, Burst};
use key::Mode;

/// `-m hashlimit`.
#[derive(Debug, Clone)]
pub struct Hashlimit {
    /// What runs into each bucket, `None` until the option came.
    pub amount: Option<Amount>,
    /// Matches what exceeds it, else what does not.
    pub above: bool,
    /// `--hashlimit-burst`: what a full bucket lets through.
    pub burst: Option<Burst>,
    /// `--hashlimit-mode`: what has buckets of its own.
    pub mode: Mode,
    /// `--hashlimit-srcmask`, `--hashlimit-dstmask`: prefix lengths.
    pub prefixes: [u8; 2],
    /// `--hashlimit-name`.
    pub name: String,
    /// `--hashlimit-htable-size`, `-max`, `-gcinterval`, `-expire` as they were said. But for the last one the kernel sees
    /// to these by itself.
    pub table: [Option<u32>; 4],
}

impl PartialEq for Hashlimit {
    fn eq(&self, other: &Self) -> bool {
        let said =
            |rule: &Self| (rule.amount.map(Amount::canonical), rule.above, rule.mode, rule.prefixes, rule.table());
        let burst = |rule: &Self| rule.amount.and_then(|amount| amount.burst(rule.burst));
        said(self) == said(other) && burst(self) == burst(other) && self.name == other.name
    }
}

impl Eq for Hashlimit {}

/// The options of [`Hashlimit::table`], in their order.
const TABLE: [&str; 4] =
    ["--hashlimit-htable-size", "--hashlimit-htable-max", "--hashlimit-htable-gcinterval", "--hashlimit-htable-expire"];
const EXPIRE: usize = 3;
/// What iptables takes for an option of [`TABLE`] that was not said; the last one depends on the rate.
const TABLE_DEFAULTS: [u32; 3] = [0, 0, 1000];
/// Milliseconds. Of a bucket that is kept so long, nft's text tells no timeout.
const UNTOLD_EXPIRE: u32 = 1000;
/// `NAME_MAX` of linux/limits.h, less what the kernel's own file names add.
const NAME_BYTES: usize = 254;

/// What each second brings is not what these ask for.
const RATE_MATCH: ErrorKind = ErrorKind::NoNativeForm {
    what: "--hashlimit-rate-match",
    reason: "nf_tables has buckets, not rates that it measures",
    instead: "leave it out: the bucket runs over at the same rate",
};

impl Extension for Hashlimit {
    const NAME: &'static str = "hashlimit";
    const HELP: &'static str = "a token bucket for each host, network or port";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--hashlimit-upto",
            &["a rate such as 3/hour or 512kb/s"],
            "what does not exceed the rate",
            "meter NAME { ip saddr limit rate 3/second }",
        )
        .aliases(&["--hashlimit"])
        .negatable(),
        OptionSpec::new(
            "--hashlimit-above",
            &["a rate such as 3/hour or 512kb/s"],
            "what exceeds the rate",
            "meter NAME { ip saddr limit rate over 3/second }",
        )
        .negatable(),
        OptionSpec::new(
            "--hashlimit-burst",
            &["packets, or bytes such as 1mb"],
            "what passes before the rate holds; 5 packets",
            "limit rate 3/second burst 7 packets",
        ),
        OptionSpec::new(
            "--hashlimit-mode",
            &["srcip,srcport,dstip,dstport"],
            "what has buckets of its own; by itself there is one bucket",
            "meter NAME { ip daddr . tcp dport . ip saddr . tcp sport … }",
        ),
        OptionSpec::new(
            "--hashlimit-srcmask",
            &["a prefix length"],
            "buckets for networks of sources",
            "meter NAME { ip saddr & 255.255.255.0 … }",
        ),
        OptionSpec::new(
            "--hashlimit-dstmask",
            &["a prefix length"],
            "buckets for networks of destinations",
            "meter NAME { ip daddr & 255.255.255.0 … }",
        ),
        OptionSpec::new("--hashlimit-name", &["a name"], "must be there; each rule counts for itself", "meter NAME"),
        OptionSpec::new(
            "--hashlimit-htable-size",
            &["N"],
            "kept in the rule's words: a set grows by itself",
            "(nothing)",
        ),
        OptionSpec::new("--hashlimit-htable-max", &["N"], "kept in the rule's words: a set has 65535", "(nothing)"),
        OptionSpec::new("--hashlimit-htable-gcinterval", &["milliseconds"], "kept in the rule's words", "(nothing)"),
        OptionSpec::new(
            "--hashlimit-htable-expire",
            &["milliseconds"],
            "an idle bucket is forgotten after so long; one unit of the rate",
            "meter NAME { ip saddr timeout 60s … }",
        ),
        OptionSpec::new("--hashlimit-rate-match", &[], "no native form: refused", "(none)"),
        OptionSpec::new(
            "--hashlimit-rate-interval",
            &["seconds"],
            "means nothing without --hashlimit-rate-match",
            "(nothing)",
        ),
    ];
    const SAMPLES: Samples = SAMPLES;

    fn new(family: IpFamily) -> Self {
        let width = if family == IpFamily::V4 { 32 } else { 128 };
        let (amount, above, burst, mode) = (None, false, None, Mode::default());
        Self { amount, above, burst, mode, prefixes: [width; 2], name: String::new(), table: [None; 4] }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--hashlimit-upto" | "--hashlimit-above" => {
                if self.amount.is_some() {
                    return Err(ErrorKind::Conflict("--hashlimit-upto", "--hashlimit-above"));
                }
                self.amount = Some(given.read("a rate such as 3/hour or 512kb/s, up to 1000000/sec", Amount::parse)?);
                self.above = (given.option == "--hashlimit-above") != given.negated;
            }
            "--hashlimit-burst" => {
                self.burst = Some(given.read("packets up to 1000000, or bytes such as 1mb", Burst::parse)?);
            }
            "--hashlimit-mode" => self.mode = given.read("a list of srcip, srcport, dstip, dstport", Mode::parse)?,
            "--hashlimit-srcmask" | "--hashlimit-dstmask" => {
                let width = Self::new(given.family).prefixes[0];
                let prefix = given.read("a prefix length", |text| parse_whole(text).filter(|bits| *bits <= width))?;
                self.prefixes[usize::from(given.option == "--hashlimit-dstmask")] = prefix;
            }
            "--hashlimit-name" => {
                let fits = |name: &&str| is_list_name(name, NAME_BYTES);
                self.name = given.read("a name without \"/\"", |text| Some(text).filter(fits).map(str::to_owned))?;
            }
            "--hashlimit-rate-match" => return Err(RATE_MATCH),
            "--hashlimit-rate-interval" => {
                given.read("a number of seconds", |text| parse_whole::<u32>(text).filter(|&seconds| seconds > 0))?;
            }
            option => self.set_table(option, given)?,
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        const EXTENSION: &str = "match hashlimit";
        let options = "--hashlimit-upto or --hashlimit-above";
        let amount = self.amount.ok_or(ErrorKind::MissingOption { extension: EXTENSION, options })?;
        if self.name.is_empty() {
            return Err(ErrorKind::MissingOption { extension: EXTENSION, options: "--hashlimit-name" });
        }
        amount.check_burst(self.burst)
    }

    fn render(&self) -> Vec<String> {
        let Some(amount) = self.amount else { return Vec::new() };
        let mut words =
            vec![if self.above { "--hashlimit-above" } else { "--hashlimit-upto" }.to_owned(), amount.render()];
        let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
        if let Some(burst) = amount.render_burst(self.burst) {
            say("--hashlimit-burst", burst);
        }
        if !self.mode.is_empty() {
            say("--hashlimit-mode", self.mode.render(","));
        }
        say("--hashlimit-name", self.name.clone());
        for (option, value) in self.table_said(amount) {
            say(TABLE[option], value.to_string());
        }
        for (option, prefix) in self.prefixes_said() {
            say(option, prefix.to_string());
        }
        words
    }

    fn list(&self) -> String {
        let Some(amount) = self.amount else { return String::new() };
        let mut text = format!("limit: {} {}", if self.above { "above" } else { "up to" }, amount.render());
        let mut say = |what: &str, value: String| text += &format!(" {what} {value}");
        if let Some(burst) = amount.render_burst(self.burst) {
            say("burst", burst);
        }
        if !self.mode.is_empty() {
            say("mode", self.mode.render("-"));
        }
        for (option, value) in self.table_said(amount) {
            say(TABLE[option].trim_start_matches("--hashlimit-"), value.to_string());
        }
        for (option, prefix) in self.prefixes_said() {
            say(option.trim_start_matches("--hashlimit-"), prefix.to_string());
        }
        text
    }

    fn cautions(&self) -> Vec<&'static str> {
        let text = "every byte counts, and a packet larger than the burst is never within the limit; iptables' kernel counts \
                    in units of 16 bytes, and no packet costs more than a second brings";
        matches!(self.amount, Some(Amount::Bytes(_))).then_some(text).into_iter().collect()
    }
}

impl Hashlimit {
    fn set_table(&mut self, option: &str, given: &Given<'_>) -> Result<(), ErrorKind> {
        let index = TABLE.iter().position(|known| *known == option).unwrap_or_default();
        // Sizes of 0 are the kernel's own choice; times of 0 are refused.
        let value = given.read("a number up to 4294967295, for times from 1", |text| {
            parse_whole(text).filter(|&value: &u32| index < 2 || value > 0)
        })?;
        self.table[index] = Some(value);
        Ok(())
    }

    /// Milliseconds after which an idle bucket is forgotten.
    fn expire(&self, amount: Amount) -> u32 {
        self.table[EXPIRE].unwrap_or_else(|| amount.typed_expire(self.burst))
    }

    /// The figures of iptables' hash table, those included that were not said.
    fn table(&self) -> [u32; 4] {
        let [size, max, interval] = [0, 1, 2].map(|index| self.table[index].unwrap_or(TABLE_DEFAULTS[index]));
        [size, max, interval, self.amount.map_or(0, |amount| self.expire(amount))]
    }

    /// What is written of [`Hashlimit::table`]: all that is not what iptables would take by itself.
    fn table_said(&self, amount: Amount) -> impl Iterator<Item = (usize, u32)> {
        let [size, max, interval] = TABLE_DEFAULTS;
        let defaults = [size, max, interval, amount.shown_expire(self.burst)];
        let said = self.table().into_iter().zip(defaults).enumerate();
        said.filter(|(_, (value, default))| value != default).map(|(index, (value, _))| (index, value))
    }

    fn prefixes_said(&self) -> impl Iterator<Item = (&'static str, u8)> {
        let width = if self.prefixes.iter().any(|&prefix| prefix > 32) { 128 } else { 32 };
        let named = [("--hashlimit-srcmask", self.prefixes[0]), ("--hashlimit-dstmask", self.prefixes[1])];
        named.into_iter().filter(move |(_, prefix)| *prefix != width)
    }

    /// The set's name: as nft's text has it, where that is a name for nft.
    fn set_name(&self) -> String {
        let letter = |first: char| first.is_ascii_alphabetic();
        let plain = self.name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-'));
        if plain && self.name.starts_with(letter) { self.name.clone() } else { "__set%d".to_owned() }
    }
}

impl MatchExtension for Hashlimit {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let Some(amount) = self.amount else { return Ok(()) };
        let limit = amount.limit(self.burst, self.above);
        let parts = self.mode.parts(lowering.required_protocol())?;
        if parts.is_empty() {
            lowering.push(limit);
            return Ok(());
        }
        let (mut slot, mut key_type) = (0, 0);
        for part in &parts {
            let (base, offset, length) = part.place(lowering.family);
            let register = Register::slot(slot);
            lowering.load_part(register, base, offset, length);
            let prefix = self.prefixes[usize::from(part.side() == Side::Destination)];
            if base == PayloadBase::Network && u32::from(prefix) < length * 8 {
                let mask = address::prefix_mask(u32::from(prefix), length as usize);
                lowering.push(Bitwise { source: register, destination: register, ..Bitwise::and(mask) });
            }
            slot += length.div_ceil(4);
            key_type = key_type << 6 | part.nft_type(lowering.family);
        }
        // One part is as long as it is; of several, each takes whole registers.
        let key_length = if let [only] = parts.as_slice() { only.place(lowering.family).2 } else { slot * 4 };
        let set = Set { name: self.set_name(), key_type, key_length, ..Set::default() };
        let expire = self.expire(amount);
        let timeout = (expire != UNTOLD_EXPIRE && expire >= 1000).then(|| u64::from(expire / 1000) * 1000);
        lowering.meter(set, timeout, limit);
        Ok(())
    }

    /// A meter of nft's; its name is the list's, and of iptables' hash table only the time of idle buckets is told.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let Meter { name, parts, timeout, expression: Expression::Limit(limit) } = lifting.meter()? else {
            return None;
        };
        let (amount, burst) = Amount::lift(limit)?;
        let mut found = Self { amount: Some(amount), above: limit.inverted, burst, ..Self::new(lifting.family) };
        for part in parts {
            let (side, prefix) = found.mode.take(part, lifting)?;
            let place = &mut found.prefixes[usize::from(side == Side::Destination)];
            *place = prefix.unwrap_or(*place);
        }
        if let Some(timeout) = timeout {
            let whole = timeout.is_multiple_of(1000) && *timeout != u64::from(UNTOLD_EXPIRE);
            found.table[EXPIRE] = u32::try_from(*timeout).ok().filter(|&expire| whole && expire > 0);
            found.table[EXPIRE]?;
        } else if found.expire(amount) != UNTOLD_EXPIRE {
            return None;
        }
        found.name.clone_from(name);
        if found.set_name() != *name || !is_list_name(name, NAME_BYTES) {
            return None;
        }
        lifting.advance();
        lifting.remember();
        Some(found)
    }
}

const SAMPLES: Samples = Samples {
    accepted: &[
        (
            "-m hashlimit --hashlimit-name a --hashlimit 9/min",
            "-m hashlimit --hashlimit-upto 9/min --hashlimit-burst 5 --hashlimit-name a",
        ),
        (
            "-m hashlimit --hashlimit-name b --hashlimit-mode srcip --hashlimit-above 4/s --hashlimit-burst 6",
            "-m hashlimit --hashlimit-above 4/sec --hashlimit-burst 6 --hashlimit-mode srcip --hashlimit-name b",
        ),
        (
            "-p udp -m hashlimit --hashlimit-name c ! --hashlimit-above 120/m --hashlimit-mode dstport,srcip,dstip,srcport",
            "-p udp -m hashlimit --hashlimit-upto 2/sec --hashlimit-burst 5 \
             --hashlimit-mode srcip,srcport,dstip,dstport --hashlimit-name c --hashlimit-htable-expire 60000",
        ),
        (
            "-m hashlimit --hashlimit-name d ! --hashlimit-upto 3/h --hashlimit-mode srcip,dstip --hashlimit-srcmask 20 \
             --hashlimit-dstmask 9",
            "-m hashlimit --hashlimit-above 3/hour --hashlimit-burst 5 --hashlimit-mode srcip,dstip --hashlimit-name d \
             --hashlimit-srcmask 20 --hashlimit-dstmask 9",
        ),
        (
            "-m hashlimit --hashlimit-name e --hashlimit-upto 64kb/s --hashlimit-mode dstip",
            "-m hashlimit --hashlimit-upto 64kb/s --hashlimit-mode dstip --hashlimit-name e",
        ),
        (
            "-m hashlimit --hashlimit-name f --hashlimit-above 2mb/s --hashlimit-burst 5mb --hashlimit-mode dstip",
            "-m hashlimit --hashlimit-above 2mb/s --hashlimit-burst 6mb --hashlimit-mode dstip --hashlimit-name f",
        ),
        (
            "-m hashlimit --hashlimit-name g --hashlimit-above 5/s --hashlimit-mode srcip --hashlimit-htable-size 99 \
             --hashlimit-htable-max 999 --hashlimit-htable-gcinterval 500 --hashlimit-htable-expire 7000",
            "-m hashlimit --hashlimit-above 5/sec --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name g \
             --hashlimit-htable-size 99 --hashlimit-htable-max 999 --hashlimit-htable-gcinterval 500 \
             --hashlimit-htable-expire 7000",
        ),
        (
            "-6 -p tcp -m hashlimit --hashlimit-name h --hashlimit-upto 5/s --hashlimit-mode srcip,dstport,dstip \
             --hashlimit-srcmask 64",
            "-p tcp -m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 5 --hashlimit-mode srcip,dstip,dstport \
             --hashlimit-name h --hashlimit-srcmask 64",
        ),
        (
            "-m hashlimit --hashlimit-name i --hashlimit-upto 5/s --hashlimit-rate-interval 3",
            "-m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 5 --hashlimit-name i",
        ),
    ],
    refused: &[
        "-m hashlimit",
        "-m hashlimit --hashlimit-name a",
        "-m hashlimit --hashlimit-upto 1/s",
        "-m hashlimit --hashlimit-name a/b --hashlimit-upto 1/s",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-above 1/s",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 0/s",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/fortnight",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1000001/s",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-burst 0",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-burst 1000001",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1mb/s --hashlimit-burst 1000",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-mode srcip,foo",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-mode dstport",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-srcmask 33",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s ! --hashlimit-dstmask 3",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-htable-size x",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-htable-max x",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-htable-gcinterval 0",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-htable-expire 0",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-rate-match",
        "-m hashlimit --hashlimit-name a --hashlimit-upto 1/s --hashlimit-rate-interval x",
    ],
};
