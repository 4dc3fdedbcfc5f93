//! `-m time`: the time of day, the day of the week, the date.
//!
//! nf_tables reckons hours and weekdays in the kernel's time zone, which is universal time unless somebody set another
//! one (settimeofday(2)): so the form is the same with `--kerneltz` and without. Days of the month it does not know.

use crate::expr::{Byteorder, CmpOp, Element, Meta, Register, Set};
use crate::rule::IpFamily;
use crate::rule::calendar::{civil, day};
use crate::rule::condition::{Condition, Selector, SetReference, Test};
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::host_range::HostRange;
use crate::rule::values::span::Span;

/// `-m time`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time {
    /// `--timestart` and `--timestop`: seconds of the day, both inclusive.
    pub hours: [u32; 2],
    /// `--weekdays`: a bit for each day, Monday is 1.
    pub weekdays: u8,
    /// `--datestart` and `--datestop`: seconds since 1970, both inclusive.
    pub dates: [u32; 2],
    /// `--kerneltz`.
    pub kernel_zone: bool,
    /// `--contiguous`: what begins before midnight belongs to the day on which it began.
    pub contiguous: bool,
}

const DAY: u32 = 86_400;
const NANOSECONDS: u64 = 1_000_000_000;
const LAST_DATE: u32 = i32::MAX as u32;
const WEEKDAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
/// Bits 1 to 7.
pub const ALL_DAYS: u8 = 0xfe;

/// The days of these bits, Monday's is 1.
#[must_use]
pub fn weekdays(bits: u8) -> String {
    let said = WEEKDAYS.iter().zip(1..).filter(|(_, bit)| bits >> bit & 1 == 1);
    said.map(|(name, _)| *name).collect::<Vec<_>>().join(",")
}

impl Extension for Time {
    const NAME: &'static str = "time";
    const HELP: &'static str = "the time of day, the day of the week, the date";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--timestart", &["hh:mm[:ss]"], "from this time of day", "meta hour \"08:00\"-\"18:30\""),
        OptionSpec::new("--timestop", &["hh:mm[:ss]"], "until then; before the start: over midnight", "meta hour …"),
        OptionSpec::new("--weekdays", &["a list such as Mon,Tue or 1,2"], "on these days", "meta day { 1, 2 }")
            .negatable(),
        OptionSpec::new("--monthdays", &["a list"], "no native form: refused", "(none)").negatable(),
        OptionSpec::new("--datestart", &["YYYY[-MM[-DD[Thh[:mm[:ss]]]]]"], "from this time", "meta time …"),
        OptionSpec::new("--datestop", &["YYYY[-MM[-DD[Thh[:mm[:ss]]]]]"], "until then; by itself 2038", "meta time …"),
        OptionSpec::new("--kerneltz", &[], "in the kernel's time zone: so nf_tables reckons anyway", "(nothing)"),
        OptionSpec::new("--utc", &[], "in universal time: the default", "(nothing)"),
        OptionSpec::new("--contiguous", &[], "over midnight, the day of the start; not with --weekdays", "(nothing)"),
    ];
    const SAMPLES: Samples = SAMPLES;

    fn new(_: IpFamily) -> Self {
        let (hours, dates) = ([0, DAY - 1], [0, LAST_DATE]);
        Self { hours, weekdays: ALL_DAYS, dates, kernel_zone: false, contiguous: false }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        const HOUR: &str = "a time of day such as 8:00 or 08:00:30";
        const DATE: &str = "a date from 1970 to 2038 such as 2030-12-31T23:59:59";
        match given.option {
            "--timestart" => self.hours[0] = given.read(HOUR, parse_hour)?,
            "--timestop" => self.hours[1] = given.read(HOUR, parse_hour)?,
            "--datestart" => self.dates[0] = given.read(DATE, parse_date)?,
            "--datestop" => self.dates[1] = given.read(DATE, parse_date)?,
            "--weekdays" => {
                let days = given.read("a list of days such as Mon,Tue or 1,2", parse_weekdays)?;
                self.weekdays = if given.negated { !days & ALL_DAYS } else { days };
            }
            "--monthdays" => {
                let (what, reason) = ("--monthdays", "nf_tables knows days of the week and dates, not days of a month");
                return Err(ErrorKind::NoNativeForm { what, reason, instead: "write --datestart and --datestop" });
            }
            "--kerneltz" => self.kernel_zone = true,
            "--utc" => self.kernel_zone = false,
            _ => self.contiguous = true,
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        if self.contiguous && self.hours[0] <= self.hours[1] {
            let expected = "of use only where --timestop is before --timestart";
            return Err(ErrorKind::BadValue { value: "--contiguous".to_owned(), expected });
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
        if self.asks_hours() {
            say("--timestart", hour(self.hours[0]));
            say("--timestop", hour(self.hours[1]));
        }
        if self.weekdays != ALL_DAYS {
            say("--weekdays", self.days());
        }
        if self.dates[0] != 0 {
            say("--datestart", date(self.dates[0], 'T'));
        }
        say("--datestop", date(self.dates[1], 'T'));
        words.extend(self.kernel_zone.then(|| "--kerneltz".to_owned()));
        words.extend(self.contiguous.then(|| "--contiguous".to_owned()));
        words
    }

    fn list(&self) -> String {
        let mut text = "TIME".to_owned();
        if self.asks_hours() {
            text += &format!(" from {} to {}", hour(self.hours[0]), hour(self.hours[1]));
        }
        if self.weekdays != ALL_DAYS {
            text += &format!(" on {}", self.days());
        }
        if self.dates[0] != 0 {
            text += &format!(" starting from {}", date(self.dates[0], ' '));
        }
        if self.dates[1] != LAST_DATE {
            text += &format!(" until date {}", date(self.dates[1], ' '));
        }
        text += if self.kernel_zone { "" } else { " UTC" };
        text + if self.contiguous { " contiguous" } else { "" }
    }
}

impl Time {
    fn asks_hours(&self) -> bool {
        self.hours != [0, DAY - 1]
    }

    fn days(&self) -> String {
        weekdays(self.weekdays)
    }

    fn lower_dates(&self, lowering: &mut Lowering) {
        lowering.load_meta(Meta::TIME);
        let (source, destination) = (Register::R1, Register::R1);
        lowering.push(Byteorder { source, destination, op: Byteorder::HTON, length: 8, size: 8 });
        let [from, to] = self.dates.map(|seconds| (u64::from(seconds) * NANOSECONDS).to_be_bytes());
        lowering.between(false, &from, &to);
    }

    fn lower_hours(&self, lowering: &mut Lowering) {
        let [start, stop] = self.hours;
        if start <= stop {
            lowering.load_meta(Meta::HOUR);
            lowering.host_between(false, start, stop);
        } else if stop + 1 < start {
            // What is left out is the time between; both ends belong to what is asked for.
            lowering.load_meta(Meta::HOUR);
            lowering.host_between(true, stop + 1, start - 1);
        }
    }

    fn lower_days(&self, lowering: &mut Lowering) {
        const DAY_TYPE: u32 = 45;
        // nf_tables begins with Sunday, which is iptables' last day.
        let days: Vec<u8> = (1..=7).filter(|bit| self.weekdays >> bit & 1 == 1).map(|bit| bit % 7).collect();
        lowering.load_meta(Meta::DAY);
        if let [only] = days.as_slice() {
            lowering.compare(CmpOp::Eq, &[*only]);
        } else {
            let elements = days.iter().map(|&day| Element::key([day])).collect();
            lowering.member(false, Set { key_type: DAY_TYPE, key_length: 1, elements, ..Set::default() });
        }
    }
}

/// What was lowered, read back.
impl Time {
    /// Whole seconds only.
    fn lift_dates(&mut self, condition: &Condition) -> Option<()> {
        let range = HostRange::lift(condition, 8).filter(|range| !range.negated)?;
        let second = |end: u64| u32::try_from(end / NANOSECONDS).ok().filter(|_| end.is_multiple_of(NANOSECONDS));
        self.dates = [second(range.from)?, second(range.to).filter(|&to| to <= LAST_DATE)?];
        Some(())
    }

    /// What is left out is the time from behind the end to before the start.
    fn lift_hours(&mut self, condition: &Condition) -> Option<()> {
        let Span { negated, from, to } = HostRange::lift(condition, 4)?.within(DAY - 1, 4)?;
        let hours = if negated { [to + 1, from.checked_sub(1)?] } else { [from, to] };
        (hours[0] < DAY).then(|| self.hours = hours)
    }

    fn lift_days(&mut self, condition: &Condition) -> Option<()> {
        let bit = |key: &[u8]| match key {
            &[day @ 0..=6] => Some(1_u8 << if day == 0 { 7 } else { day }),
            _ => None,
        };
        let (negated, days) = match (&condition.changed, &condition.test) {
            (None, Test::Compare(op, day)) => (op.is_negated_equality()?, bit(day)?),
            (None, Test::Member { negated, set: SetReference::Anonymous(set) }) if set.is_plain() => {
                let days = set.elements.iter().try_fold(0, |days, element| Some(days | bit(&element.key)?));
                (*negated, days?)
            }
            _ => return None,
        };
        let days = if negated { !days & ALL_DAYS } else { days };
        (days != ALL_DAYS && days != 0).then(|| self.weekdays = days)
    }
}

impl MatchExtension for Time {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        if self.contiguous && self.weekdays != ALL_DAYS {
            let reason = "nf_tables takes the day that it is, not the one on which the time began";
            let instead = "write two rules: until midnight, and from midnight on the day behind";
            return Err(ErrorKind::NoNativeForm { what: "--contiguous", reason, instead });
        }
        if self.dates != [0, LAST_DATE] {
            self.lower_dates(lowering);
        }
        if self.asks_hours() {
            self.lower_hours(lowering);
        }
        if self.weekdays != ALL_DAYS {
            self.lower_days(lowering);
        }
        Ok(())
    }

    /// Dates, hours, days, in any order and each once.
    fn lift(lifting: &mut Lifting<'_>) -> Option<Self> {
        let none = Self::new(lifting.family);
        let mut time = none;
        while let Some(condition) = lifting.condition() {
            let taken = match condition.selector {
                Selector::Meta(Meta::TIME) if time.dates == none.dates => time.lift_dates(condition),
                Selector::Meta(Meta::HOUR) if time.hours == none.hours => time.lift_hours(condition),
                Selector::Meta(Meta::DAY) if time.weekdays == none.weekdays => time.lift_days(condition),
                _ => None,
            };
            if taken.is_none() {
                break;
            }
            lifting.advance();
        }
        (time != none).then_some(time)
    }
}

/// Up to two digits, `most` at most.
fn two_digits(text: &str, most: u32) -> Option<u32> {
    let plain = (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&number| plain && number <= most)
}

fn parse_hour(text: &str) -> Option<u32> {
    let mut parts = text.splitn(3, ':');
    let (hours, minutes) = (two_digits(parts.next()?, 23)?, two_digits(parts.next()?, 59)?);
    let seconds = parts.next().map_or(Some(0), |text| two_digits(text, 59))?;
    Some(hours * 3600 + minutes * 60 + seconds)
}

/// The inverse of [`parse_hour`].
fn hour(seconds: u32) -> String {
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// What is left out is the first of its kind.
fn parse_date(text: &str) -> Option<u32> {
    let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
    let mut parts = date.splitn(3, '-');
    let year: u64 = parts.next().filter(|year| year.len() == 4)?.parse().ok()?;
    let (month, of_month) = (parts.next(), parts.next());
    if time.is_some() && of_month.is_none() {
        return None;
    }
    let number = |text: Option<&str>| text.map_or(Some(1), |text| two_digits(text, 31));
    let days = day(year, number(month)?.into(), number(of_month)?.into())?;
    let time = time
        .map_or(Some(0), |time| if time.contains(':') { parse_hour(time) } else { Some(two_digits(time, 23)? * 3600) });
    u32::try_from(days * u64::from(DAY) + u64::from(time?)).ok().filter(|&seconds| seconds <= LAST_DATE)
}

/// The inverse of [`parse_date`], with what stands between date and time.
fn date(seconds: u32, between: char) -> String {
    let (year, month, of_month) = civil((seconds / DAY).into());
    format!("{year:04}-{month:02}-{of_month:02}{between}{}", hour(seconds % DAY))
}

/// At least one.
fn parse_weekdays(text: &str) -> Option<u8> {
    const NAMES: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
    let mut days = 0;
    for word in text.split(',') {
        let lower = word.to_ascii_lowercase();
        let named = NAMES.iter().position(|name| lower.len() >= 2 && name.starts_with(&lower)).map(|index| index + 1);
        let number = named.or_else(|| word.parse().ok()).filter(|number| (1..=7).contains(number))?;
        days |= 1 << number;
    }
    Some(days)
}

const SAMPLES: Samples = Samples {
    accepted: &[
        (
            "-m time --timestart 8:00 --timestop 18:30",
            "-m time --timestart 08:00:00 --timestop 18:30:00 --datestop 2038-01-19T03:14:07",
        ),
        (
            "-m time --timestart 22:00:05 --timestop 6:00",
            "-m time --timestart 22:00:05 --timestop 06:00:00 --datestop 2038-01-19T03:14:07",
        ),
        ("-m time --weekdays Mo,Tue,5", "-m time --weekdays Mon,Tue,Fri --datestop 2038-01-19T03:14:07"),
        ("-m time ! --weekdays 1,2,3,4,5,6", "-m time --weekdays Sun --datestop 2038-01-19T03:14:07"),
        (
            "-m time --datestart 2024-02 --datestop 2024-02-29T12:30",
            "-m time --datestart 2024-02-01T00:00:00 --datestop 2024-02-29T12:30:00",
        ),
        (
            "-m time --kerneltz --timestop 12:00",
            "-m time --timestart 00:00:00 --timestop 12:00:00 --datestop 2038-01-19T03:14:07 --kerneltz",
        ),
        (
            "-m time --contiguous --timestart 23:00 --timestop 1:00",
            "-m time --timestart 23:00:00 --timestop 01:00:00 --datestop 2038-01-19T03:14:07 --contiguous",
        ),
        ("-6 -m time --utc --datestop 2030", "-m time --datestop 2030-01-01T00:00:00"),
        ("-m time", "-m time --datestop 2038-01-19T03:14:07"),
    ],
    refused: &[
        "-m time --timestart 24:00",
        "-m time --timestart 8",
        "-m time --timestop 8:60",
        "-m time --weekdays Foo",
        "-m time --weekdays 8",
        "-m time --monthdays 1",
        "-m time ! --monthdays 1",
        "-m time --datestart 2021-02-29",
        "-m time --datestart 1969",
        "-m time --datestop 2039",
        "-m time --contiguous",
        "-m time --contiguous --timestart 23:00 --timestop 1:00 --weekdays Mon",
        "-m time ! --timestart 8:00",
        "-m time --kerneltz x",
        "-m time --utc x",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::Range;
    use crate::rule::laws::lifted;

    #[test]
    fn dates_are_read_as_far_as_they_are_written() {
        for (text, seconds) in [
            ("1970", Some(0)),
            ("2000-03-01", Some(951_868_800)),
            ("2000-03-01T01", Some(951_872_400)),
            ("2000-03-01T1:2:3", Some(951_872_523)),
            ("2038-01-19T03:14:07", Some(LAST_DATE)),
            ("2038-01-19T03:14:08", None),
            ("2000-03T01", None),
            ("20000", None),
            ("", None),
        ] {
            assert_eq!(parse_date(text), seconds, "{text}");
        }
        assert_eq!(date(951_872_523, 'T'), "2000-03-01T01:02:03");
    }

    #[test]
    fn hours_that_are_left_out_lie_between_the_end_and_the_start() {
        let said = |negated: bool, from: u32, to: u32| {
            let (source, destination) = (Register::R1, Register::R1);
            lifted(vec![
                Meta::load(Meta::HOUR).into(),
                Byteorder { source, destination, op: Byteorder::HTON, length: 4, size: 4 }.into(),
                Range {
                    register: Register::R1,
                    negated,
                    from: from.to_be_bytes().to_vec(),
                    to: to.to_be_bytes().to_vec(),
                }
                .into(),
            ])
        };
        let time = |text: &str| Some(format!("-m time {text} --datestop 2038-01-19T03:14:07"));
        assert_eq!(said(false, 3600, 7200), time("--timestart 01:00:00 --timestop 02:00:00"));
        assert_eq!(said(true, 3600, 7200), time("--timestart 02:00:01 --timestop 00:59:59"));
        assert_eq!(said(true, 1, DAY - 2), time("--timestart 23:59:59 --timestop 00:00:00"));
        for (negated, from, to) in [(false, 0, DAY - 1), (false, 0, DAY), (true, 0, 5), (true, 5, DAY - 1)] {
            assert_eq!(said(negated, from, to), None, "{negated} {from} {to}");
        }
    }
}
