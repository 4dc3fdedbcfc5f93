//! Command lines that clap refuses, told in this program's own form.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory as _};

use super::typed::Typed;
use super::{Cli, Globals, near};
use crate::error::{Blame, Error};

/// What is wrong, which word is to blame, what to write instead.
pub fn explain(misuse: &clap::Error, words: &[OsString]) -> Error {
    let typed = Typed::new(words);
    let path = Path::of(&typed);
    let argument = first(misuse, ContextKind::InvalidArg);
    let value = first(misuse, ContextKind::InvalidValue);
    let option = argument.split([' ', '=', '[']).next().unwrap_or_default().to_owned();
    let (message, blame, help) = match misuse.kind() {
        ErrorKind::InvalidValue if value.is_empty() => {
            (format!("{argument} needs a value"), Blame::Missing, choices(misuse).or_else(|| usage(misuse)))
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let message = format!("{argument} cannot be \"{value}\"{}", reason(misuse, &value));
            (message, Blame::Word(value), choices(misuse))
        }
        ErrorKind::UnknownArgument => {
            let what = if argument.starts_with('-') { "option" } else { "word" };
            let message = format!("unexpected {what} \"{argument}\"");
            let help = misplaced(&typed, &option).or_else(|| numeric_ping(&typed)).or_else(|| suggestion(misuse));
            (message, Blame::Word(typed.holding(&argument)), help)
        }
        ErrorKind::InvalidSubcommand => {
            let word = first(misuse, ContextKind::InvalidSubcommand);
            let help = path.near(&word).or_else(|| suggestion(misuse)).or_else(|| Some(path.subcommands()));
            (format!("{} has no subcommand \"{word}\"", path.name), Blame::Word(word), help)
        }
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            ("a subcommand is missing".to_owned(), Blame::Missing, Some(path.subcommands()))
        }
        ErrorKind::MissingRequiredArgument => {
            let missing = strings(misuse, ContextKind::InvalidArg);
            let verb = if missing.len() > 1 { "are" } else { "is" };
            (format!("{} {verb} missing", missing.join(" and ")), Blame::Missing, usage(misuse))
        }
        ErrorKind::ArgumentConflict => {
            let other = strings(misuse, ContextKind::PriorArg).join(" and ");
            let named = |argument: &str| argument.split([' ', '=', '[']).next().unwrap_or_default().to_owned();
            let blame = [option, named(&other)].map(|option| path.as_typed(option, &typed));
            let blame = blame.into_iter().find(|option| typed.has(option)).unwrap_or_default();
            if argument == other {
                (format!("{argument} is given twice"), Blame::Word(blame), Some("give it once".to_owned()))
            } else {
                let message = format!("{argument} and {other} exclude each other");
                (message, Blame::Word(blame), Some("leave one of them out".to_owned()))
            }
        }
        ErrorKind::InvalidUtf8 => {
            let bad = words.iter().find(|word| word.to_str().is_none());
            let blame = bad.map_or(Blame::Nothing, |word| Blame::Word(word.to_string_lossy().into_owned()));
            ("a word is no text: it is not UTF-8".to_owned(), blame, Some("write it in UTF-8".to_owned()))
        }
        _ => {
            let text = misuse.to_string();
            let line = text.lines().next().unwrap_or_default();
            (line.trim_start_matches("error: ").to_owned(), Blame::Word(value), usage(misuse))
        }
    };
    let help = help.unwrap_or_else(|| format!("`{} --help` tells what it takes", path.name));
    Error::Usage { message, blame, help: Some(help) }
}

/// The subcommand that the words lead to.
struct Path {
    name: String,
    command: Command,
}

impl Path {
    fn of(typed: &Typed) -> Self {
        let mut path = Self { name: "nsfw".to_owned(), command: Cli::definition() };
        for word in typed.behind_globals() {
            let Some(below) = path.command.find_subcommand(word).cloned() else { break };
            path = Self { name: format!("{} {}", path.name, below.get_name()), command: below };
        }
        path
    }

    /// A question that names the subcommands which are a slip of the finger away from the word.
    fn near(&self, word: &str) -> Option<String> {
        let names: Vec<_> = self.command.get_subcommands().map(|command| command.get_name().to_owned()).collect();
        let near = near::did_you_mean(&near::closest(word, &names));
        (!near.is_empty()).then(|| near.trim_end().to_owned())
    }

    /// The option as it stands in the line: by its short name, where that is the one that was typed.
    fn as_typed(&self, option: String, typed: &Typed) -> String {
        let globals = Globals::command();
        let arguments = self.command.get_arguments().chain(globals.get_arguments());
        let same = |argument: &&clap::Arg| argument.get_long().is_some_and(|long| option == format!("--{long}"));
        let mut short = arguments.filter(same).filter_map(clap::Arg::get_short).map(|short| format!("-{short}"));
        if typed.has(&option) { option } else { short.find(|short| typed.has(short)).unwrap_or(option) }
    }

    fn subcommands(&self) -> String {
        let names: Vec<_> = self.command.get_subcommands().map(Command::get_name).collect();
        format!("write one of: {}; `{} --help` tells more", names.join(", "), self.name)
    }
}

fn strings(misuse: &clap::Error, kind: ContextKind) -> Vec<String> {
    match misuse.get(kind) {
        Some(ContextValue::String(text)) => vec![text.clone()],
        Some(ContextValue::Strings(texts)) => texts.clone(),
        _ => Vec::new(),
    }
}

fn first(misuse: &clap::Error, kind: ContextKind) -> String {
    strings(misuse, kind).into_iter().next().unwrap_or_default()
}

/// Why a value was refused, in the words of whoever reads it.
fn reason(misuse: &clap::Error, value: &str) -> String {
    let Some(source) = std::error::Error::source(misuse) else { return String::new() };
    match source.to_string() {
        // The standard library's words for a number that is none, to a reader of numbers without a sign.
        text if text.starts_with("invalid digit") && value.parse::<i128>().is_ok() => ": it is below 0".to_owned(),
        text if text.starts_with("invalid digit") => ": it is no whole number".to_owned(),
        text => match text.split_once(" is not in ").and_then(|(_, range)| range.split_once("..")) {
            Some((least, "" | "18446744073709551615")) => format!(": it must be {least} or more"),
            Some((least, most)) => format!(": it must be from {least} to {}", most.trim_start_matches('=')),
            None => format!(": {text}"),
        },
    }
}

fn choices(misuse: &clap::Error) -> Option<String> {
    let valid = strings(misuse, ContextKind::ValidValue);
    (!valid.is_empty()).then(|| format!("write one of: {}", valid.join(", ")))
}

fn suggestion(misuse: &clap::Error) -> Option<String> {
    let near: Vec<_> = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand]
        .into_iter()
        .flat_map(|kind| strings(misuse, kind))
        .map(|word| format!("`{word}`"))
        .collect();
    (!near.is_empty()).then(|| format!("did you mean {}?", near.join(" or ")))
}

/// The line of clap's that shows how the subcommand is written.
fn usage(misuse: &clap::Error) -> Option<String> {
    let ContextValue::StyledStr(text) = misuse.get(ContextKind::Usage)? else { return None };
    let text = text.to_string();
    let line = text.lines().next()?.trim_start_matches("Usage: ").trim();
    Some(format!("write it as `{line}`"))
}

fn with_value(option: &str) -> String {
    if option.starts_with("-t") || option.starts_with("--t") { format!("{option} TABLE") } else { option.to_owned() }
}

/// Behind `ping`, -n is that of ping(8), which no name follows.
fn numeric_ping(typed: &Typed) -> Option<String> {
    let words = typed.behind_globals();
    (words.first().is_some_and(|name| name == "ping") && words.iter().any(|word| word == "-n"))
        .then(|| "behind `ping`, -n only means: no names; write `nsfw -n NETNS ping DEST`".to_owned())
}

/// Options that iptables takes anywhere, but that belong to some subcommands here.
fn misplaced(typed: &Typed, option: &str) -> Option<String> {
    let site = ["-t", "--table", "-4", "--ipv4", "-6", "--ipv6"].contains(&option);
    (site && typed.has_in_front(option))
        .then(|| format!("write {option} behind the subcommand, as in `nsfw rule list {}`", with_value(option)))
}
