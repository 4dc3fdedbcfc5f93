//! `nsfw iptables` and its kin: drop-in programs with iptables' own options, messages and exit codes.
//!
//! They answer to their names as subcommands and as names of the program itself (symlinks). They act where they stand,
//! as iptables does, and write the host's rules only with `--host` or NSFW_HOST=1.

mod complaint;
mod getopt;
mod listing;
mod progress;
mod restore;
mod rules;
mod save;
mod translate;

use std::ffi::{OsStr, OsString};
use std::path::Path;

use clap::Args;

use self::complaint::Complaint;
use super::{Globals, scope};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::rule::IpFamily;

/// Which program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `iptables`.
    Rules,
    /// `iptables-save`.
    Save,
    /// `iptables-restore`.
    Restore,
    /// `iptables-translate`.
    Translate,
    /// `iptables-restore-translate`.
    TranslateFile,
}

/// A program under one of its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Applet {
    /// As messages show it.
    pub name: &'static str,
    /// Whose rules.
    pub family: IpFamily,
    /// What it does.
    pub role: Role,
}

/// All of them. `-nft` is what Debian calls those that work on nf_tables.
pub const APPLETS: &[Applet] = &[
    Applet { name: "iptables", family: IpFamily::V4, role: Role::Rules },
    Applet { name: "ip6tables", family: IpFamily::V6, role: Role::Rules },
    Applet { name: "iptables-save", family: IpFamily::V4, role: Role::Save },
    Applet { name: "ip6tables-save", family: IpFamily::V6, role: Role::Save },
    Applet { name: "iptables-translate", family: IpFamily::V4, role: Role::Translate },
    Applet { name: "ip6tables-translate", family: IpFamily::V6, role: Role::Translate },
    Applet { name: "iptables-restore", family: IpFamily::V4, role: Role::Restore },
    Applet { name: "ip6tables-restore", family: IpFamily::V6, role: Role::Restore },
    Applet { name: "iptables-restore-translate", family: IpFamily::V4, role: Role::TranslateFile },
    Applet { name: "ip6tables-restore-translate", family: IpFamily::V6, role: Role::TranslateFile },
];

impl Applet {
    /// The program of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        APPLETS.iter().find(|applet| applet.name == name).copied()
    }

    /// `iptables v1.8.11 (nf_tables)`: scripts look for it.
    #[must_use]
    pub fn version(self) -> String {
        format!("{} v1.8.11 (nf_tables)", self.name)
    }
}

/// A drop-in's words, whatever they look like.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, disable_version_flag = true)]
pub struct Words<const INDEX: usize> {
    /// Options and rules as the program of this name takes them
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGS")]
    words: Vec<String>,
}

impl<const INDEX: usize> Words<INDEX> {
    /// Runs the program.
    ///
    /// # Errors
    /// None: what goes wrong is told in iptables' words.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        let applet = APPLETS[INDEX];
        let done = match applet.role {
            Role::Rules => rules::run(applet, &self.words, globals),
            Role::Restore => restore::run(applet, &self.words, globals),
            Role::Save => save::run(applet, &self.words, globals),
            Role::Translate => translate::rule(applet, &self.words),
            Role::TranslateFile => translate::file(applet, &self.words),
        };
        Ok(ExitCode::from(match done {
            Ok(()) => 0,
            Err(complaint) => {
                eprint!("{}", complaint.text(applet));
                complaint.exit_code()
            }
        }))
    }
}

/// Puts `--` behind a drop-in's name, so that none of its options is taken for one of nsfw's; a program that was called
/// by a drop-in's name gets the words that `nsfw NAME` would have had.
#[must_use]
pub fn set_apart(words: Vec<OsString>) -> Vec<OsString> {
    let called = words.first().and_then(|word| Path::new(word).file_name()).and_then(OsStr::to_str);
    if let Some(applet) = called.and_then(Applet::named) {
        let mut apart = vec![OsString::from("nsfw"), applet.name.into(), "--".into()];
        apart.extend(words.into_iter().skip(1));
        return apart;
    }
    let Some(at) = subcommand(&words) else { return words };
    if words[at].to_str().and_then(Applet::named).is_none() {
        return words;
    }
    let mut apart = words;
    apart.insert(at + 1, "--".into());
    apart
}

/// Where the subcommand is: behind the global options and their values.
fn subcommand(words: &[OsString]) -> Option<usize> {
    const WITH_VALUE: [&str; 4] = ["-n", "--netns", "--lab", "--color"];
    let mut at = 1;
    while let Some(word) = words.get(at) {
        match word.to_str() {
            Some(word) if WITH_VALUE.contains(&word) => at += 2,
            Some(word) if word.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
    None
}

/// Enters the namespace that a drop-in acts on. To read, the host's will do.
fn enter(globals: &Globals, writes: bool) -> Result<(), Complaint> {
    const GUARDED: &str = "in a namespace: `nsfw exec NAME -- iptables …` or `nsfw -n NAME iptables …`; \
        if you do mean the host's rules, set NSFW_HOST=1, or write `nsfw --host iptables …`";
    if globals.netns.is_none() && !writes {
        return Ok(());
    }
    let allowed = globals.host || std::env::var_os("NSFW_HOST").is_some_and(|value| value == "1");
    let globals = Globals { host: allowed && globals.netns.is_none(), ..globals.clone() };
    let place = scope::writing(&globals).map_err(|error| match error {
        Error::Usage { .. } => Complaint::from(error).with_help(GUARDED),
        other => other.into(),
    })?;
    place.enter().map_err(Complaint::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn apart(words: &str) -> String {
        let words = set_apart(words.split(' ').map(OsString::from).collect());
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_of_a_drop_in_are_its_own() {
        assert_eq!(apart("nsfw iptables -n -L"), "nsfw iptables -- -n -L");
        assert_eq!(apart("nsfw -n ns --host ip6tables -S"), "nsfw -n ns --host ip6tables -- -S");
        assert_eq!(apart("/sbin/iptables -V"), "nsfw iptables -- -V");
        assert_eq!(apart("nsfw -n iptables rule list"), "nsfw -n iptables rule list");
    }
}
