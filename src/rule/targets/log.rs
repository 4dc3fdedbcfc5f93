//! `-j LOG`: a line in the kernel's log.

use std::fmt::Write as _;

use crate::expr;
use crate::rule::condition::{Item, Statement};
use crate::rule::error::ErrorKind;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, OptionSpec, Samples, TargetExtension};
use crate::rule::{IpFamily, Names, Rule};
use crate::rule::{identifier, lexer};

/// `-j LOG`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Log {
    /// `--log-prefix`.
    pub prefix: String,
    /// `--log-level`, 0 (emerg) to 7 (debug).
    pub level: u8,
    /// Bits of [`FLAGS`].
    pub flags: u32,
}

/// syslog's `LOG_WARNING`, the kernel's default too.
pub const DEFAULT_LEVEL: u8 = 4;
/// Both directions of level and name, other names behind.
pub const LEVELS: &[(&str, u32)] = &[
    ("emerg", 0),
    ("alert", 1),
    ("crit", 2),
    ("err", 3),
    ("warn", 4),
    ("notice", 5),
    ("info", 6),
    ("debug", 7),
    ("panic", 0),
    ("error", 3),
    ("warning", 4),
];
/// Options and their bits (`NF_LOG_*` of linux/netfilter/nf_log.h, the same as `IPT_LOG_*`).
pub const FLAGS: [(&str, u32); 5] = [
    ("--log-tcp-sequence", 0x01),
    ("--log-tcp-options", 0x02),
    ("--log-ip-options", 0x04),
    ("--log-uid", 0x08),
    ("--log-macdecode", 0x20),
];

const fn flag(name: &'static str, help: &'static str, native: &'static str) -> OptionSpec {
    OptionSpec::new(name, &[], help, native)
}

impl Extension for Log {
    const NAME: &'static str = "LOG";
    const HELP: &'static str = "writes a line to the kernel's log; the packet goes on";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new(
            "--log-prefix",
            &["a text"],
            "what the line begins with, up to 29 bytes",
            "log prefix \"text\"",
        )
        .told("beginning with \"{}\""),
        OptionSpec::new(
            "--log-level",
            &["a level"],
            "emerg, alert, crit, err, warn, notice, info, debug or their number; warn",
            "log level debug",
        )
        .told("at level {}"),
        flag("--log-tcp-sequence", "TCP sequence numbers too", "log flags tcp sequence"),
        flag("--log-tcp-options", "TCP options too", "log flags tcp options"),
        flag("--log-ip-options", "IP options too", "log flags ip options"),
        flag("--log-uid", "the sending process's user too", "log flags skuid"),
        flag("--log-macdecode", "addresses of the link layer taken apart", "log flags ether"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            ("-j LOG", "-j LOG"),
            ("-j LOG --log-prefix \"a b: \" --log-level debug", "-j LOG --log-prefix \"a b: \" --log-level 7"),
            ("-j LOG --log-level warning --log-uid", "-j LOG --log-uid"),
            (
                "-j LOG --log-macdecode --log-ip-options --log-tcp-options --log-tcp-sequence",
                "-j LOG --log-tcp-sequence --log-tcp-options --log-ip-options --log-macdecode",
            ),
        ],
        refused: &[
            "-j LOG --log-prefix",
            "-j LOG --log-prefix xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "-j LOG --log-level 8",
            "-j LOG --log-level loud",
            "--log-uid",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self { prefix: String::new(), level: DEFAULT_LEVEL, flags: 0 }
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let value = given.value();
        match given.option {
            "--log-prefix" => {
                identifier::check_text("log prefix", value, identifier::LOG_PREFIX_BYTES)?;
                value.clone_into(&mut self.prefix);
            }
            "--log-level" => {
                let named =
                    LEVELS.iter().find(|row| row.0.eq_ignore_ascii_case(value)).and_then(|row| row.1.try_into().ok());
                let level = named.or_else(|| value.parse().ok().filter(|&level| level <= 7));
                let expected = "a level: emerg, alert, crit, err, warn, notice, info, debug, or 0 to 7";
                self.level = level.ok_or_else(|| ErrorKind::BadValue { value: value.to_owned(), expected })?;
            }
            flag => self.flags |= FLAGS.iter().find(|row| row.0 == flag).map_or(0, |row| row.1),
        }
        Ok(())
    }

    fn render(&self) -> Vec<String> {
        let mut words = Vec::new();
        if !self.prefix.is_empty() {
            words.extend(["--log-prefix".to_owned(), self.prefix.clone()]);
        }
        if self.level != DEFAULT_LEVEL {
            words.extend(["--log-level".to_owned(), self.level.to_string()]);
        }
        words.extend(FLAGS.iter().filter(|row| self.flags & row.1 != 0).map(|row| row.0.to_owned()));
        words
    }

    fn list(&self) -> String {
        format!("LOG flags {} level {}{}", self.flags, self.level, self.list_prefix())
    }

    fn list_named(&self, _: &dyn Names, _: Option<u8>) -> String {
        let level = LEVELS.iter().find(|row| row.1 == u32::from(self.level)).map_or("", |row| row.0);
        let mut text = format!("LOG level {level}");
        for (option, _) in FLAGS.iter().filter(|row| self.flags & row.1 != 0) {
            let _ = write!(text, " {}", option.trim_start_matches("--log-"));
        }
        text + &self.list_prefix()
    }
}

impl Log {
    fn list_prefix(&self) -> String {
        if self.prefix.is_empty() { String::new() } else { format!(" prefix \"{}\"", lexer::printable(&self.prefix)) }
    }
}

impl TargetExtension for Log {
    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        lowering.push(expr::Log {
            prefix: (!self.prefix.is_empty()).then(|| self.prefix.clone()),
            level: Some(u32::from(self.level)),
            flags: (self.flags != 0).then_some(self.flags),
            ..expr::Log::default()
        });
        Ok(())
    }

    fn lift(items: &[Item], _: &Rule, _: IpFamily) -> Option<Self> {
        let [Item::Statement(Statement::Log(log))] = items else { return None };
        if log.group.is_some() || log.snap_length.is_some() || log.queue_threshold.is_some() {
            return None;
        }
        let prefix = log.prefix.clone().unwrap_or_default();
        identifier::check_text("log prefix", &prefix, identifier::LOG_PREFIX_BYTES).ok()?;
        let level = u8::try_from(log.level.unwrap_or(u32::from(DEFAULT_LEVEL))).ok().filter(|&level| level <= 7)?;
        let flags = log.flags.unwrap_or(0);
        let known: u32 = FLAGS.iter().map(|row| row.1).sum();
        (flags & !known == 0).then_some(Self { prefix, level, flags })
    }
}
