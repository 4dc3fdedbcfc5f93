//! `-j NFQUEUE`: a program decides about the packet.

use crate::expr::{Action, Queue};
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::values::number::parse_number;
use crate::rule::{IpFamily, Rule};

/// `-j NFQUEUE`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nfqueue {
    /// The first queue; 0 where no option said one.
    pub first: Option<u16>,
    /// The last one, behind the first.
    pub last: Option<u16>,
    /// `--queue-bypass`.
    pub bypass: bool,
    /// `--queue-cpu-fanout`.
    pub fanout: bool,
}

/// As they are written the same, they are the same.
impl PartialEq for Nfqueue {
    fn eq(&self, other: &Self) -> bool {
        self.said() == other.said()
    }
}

impl Eq for Nfqueue {}

/// The last queue of a balance that names none. With queue 0 as the first, one more would be more than the kernel counts.
const LAST: u16 = u16::MAX - 1;

fn number(text: &str) -> Option<u16> {
    parse_number(text).and_then(|number| u16::try_from(number).ok())
}

impl Nfqueue {
    /// `4:6`, `4:` and `:6`.
    fn balance(text: &str) -> Option<(u16, u16)> {
        let (first, last) = text.split_once(':')?;
        let end = |text: &str, default| if text.is_empty() { Some(default) } else { number(text) };
        let (first, last) = (end(first, 0)?, end(last, LAST)?);
        (first < last && last - first < u16::MAX).then_some((first, last))
    }

    /// Its words; of listings, without dashes.
    fn said(&self) -> Vec<String> {
        let first = self.first.unwrap_or(0);
        let mut words = match self.last {
            Some(last) => vec!["--queue-balance".to_owned(), format!("{first}:{last}")],
            None => vec!["--queue-num".to_owned(), first.to_string()],
        };
        words.extend(self.bypass.then(|| "--queue-bypass".to_owned()));
        words.extend(self.fanout.then(|| "--queue-cpu-fanout".to_owned()));
        words
    }
}

impl Extension for Nfqueue {
    const NAME: &'static str = "NFQUEUE";
    const HELP: &'static str = "a program decides about the packet; needs a kernel with CONFIG_NFT_QUEUE";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--queue-num", &["0 to 65535"], "the queue; 0", "queue num 5").told("queue {}"),
        OptionSpec::new("--queue-balance", &["FIRST:LAST"], "several queues, by connection", "queue num 0-6")
            .told("queues {}"),
        OptionSpec::new("--queue-bypass", &[], "packets pass where no program listens", "queue num 5 bypass"),
        OptionSpec::new(
            "--queue-cpu-fanout",
            &[],
            "with --queue-balance: the processor chooses the queue",
            "queue num 0-6 fanout",
        ),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-j NFQUEUE", "-j NFQUEUE --queue-num 0"),
            ("-j NFQUEUE --queue-num 0x10", "-j NFQUEUE --queue-num 16"),
            ("-j NFQUEUE --queue-bypass", "-j NFQUEUE --queue-num 0 --queue-bypass"),
            ("-j NFQUEUE --queue-balance 3:5", "-j NFQUEUE --queue-balance 3:5"),
            ("-j NFQUEUE --queue-balance :4", "-j NFQUEUE --queue-balance 0:4"),
            ("-j NFQUEUE --queue-balance 4:", "-j NFQUEUE --queue-balance 4:65534"),
            ("-j NFQUEUE --queue-balance 9:65535", "-j NFQUEUE --queue-balance 9:65535"),
            (
                "-j NFQUEUE --queue-cpu-fanout --queue-bypass --queue-balance 0:6",
                "-j NFQUEUE --queue-balance 0:6 --queue-bypass --queue-cpu-fanout",
            ),
        ],
        refused: &[
            "-j NFQUEUE --queue-num 65536",
            "-j NFQUEUE --queue-num 0:6",
            "-j NFQUEUE ! --queue-num 5",
            "-j NFQUEUE --queue-balance 4",
            "-j NFQUEUE --queue-balance 4:4",
            "-j NFQUEUE --queue-balance 4:3",
            "-j NFQUEUE --queue-balance 0:65535",
            "-j NFQUEUE --queue-balance 0-6",
            "-j NFQUEUE --queue-num 5 --queue-balance 0:6",
            "-j NFQUEUE --queue-num 5 --queue-cpu-fanout",
            "-j NFQUEUE --queue-bypass 1",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        match given.option {
            "--queue-num" | "--queue-balance" if self.first.is_some() => {
                return Err(ErrorKind::Conflict("--queue-num", "--queue-balance"));
            }
            "--queue-num" => self.first = Some(given.read("a queue from 0 to 65535", number)?),
            "--queue-balance" => {
                let (first, last) = given.read("a range of at most 65535 queues, such as 0:6", Self::balance)?;
                (self.first, self.last) = (Some(first), Some(last));
            }
            "--queue-bypass" => self.bypass = true,
            _ => self.fanout = true,
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        if self.fanout && self.last.is_none() {
            let extension = "option --queue-cpu-fanout";
            return Err(ErrorKind::MissingOption { extension, options: "--queue-balance" });
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        self.said()
    }

    fn list(&self) -> String {
        let words = self.said();
        let plain = |word: &String| word.trim_start_matches("--queue-").to_owned();
        format!("NFQUEUE {}", words.iter().map(plain).collect::<Vec<_>>().join(" "))
    }
}

impl TargetExtension for Nfqueue {
    const FATE: &'static str = "no later rule of this chain sees the packet unless the program says so";

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        let first = self.first.unwrap_or(0);
        let flag = |said: bool, flag: u16| if said { flag } else { 0 };
        lowering.push(Queue {
            number: Some(first),
            total: Some(self.last.map_or(1, |last| last - first + 1)),
            flags: flag(self.bypass, Queue::BYPASS) | flag(self.fanout, Queue::FANOUT),
            source: None,
        });
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Act(act))] = items else { return None };
        let Action::Queue(Queue { number, total, flags, source: None }) = act.action else { return None };
        let first = number.unwrap_or(0);
        let last = match total.unwrap_or(1) {
            0 => return None,
            1 => None,
            total => Some(first.checked_add(total - 1)?),
        };
        let (bypass, fanout) = (flags & Queue::BYPASS != 0, flags & Queue::FANOUT != 0);
        let known = flags & !(Queue::BYPASS | Queue::FANOUT) == 0;
        (known && (last.is_some() || !fanout)).then_some(Self { first: Some(first), last, bypass, fanout })
    }
}
