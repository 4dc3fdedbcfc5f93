//! How a refusal is told: `error:`, the command line with a caret under the word that is to blame, `help:`.

use std::ffi::OsString;
use std::io::Write;

use nix::errno::Errno;

use super::typed::Typed;
use super::{Globals, near};
use crate::error::Error;
use crate::exit::ExitCode;
use crate::firewall;
use crate::kernel::KernelError;
use crate::report::terminal::{Palette, Style, escape_controls};
use crate::rule;
use crate::rule::registry::without_form;

/// Tells on standard error why a command was refused, and returns what to exit with.
pub fn tell(error: &Error, words: &[OsString], globals: &Globals) -> ExitCode {
    let typed = Typed::new(words);
    let mut text = format!("error: {}\n", told(error));
    text += &excerpt(error, &typed);
    if let Some(help) = help(error, &typed) {
        text += &format!("help: {}\n", escape_controls(&shortened(typed.complete(&help, globals))));
    }
    let palette = globals.palette_of(&std::io::stderr());
    // There is nobody left to tell if even this cannot be written.
    let _ = std::io::stderr().write_all(painted(&text, palette).as_bytes());
    ExitCode::from(error.exit_code())
}

/// The error's words; those about a file are over several lines.
fn told(error: &Error) -> String {
    match error {
        Error::Run(error) => error.to_string().lines().map(escape_controls).collect::<Vec<_>>().join("\n"),
        error => escape_controls(&shortened(error.to_string())).into_owned(),
    }
}

/// The words that lines begin with, and the carets, in colour.
fn painted(text: &str, palette: Palette) -> String {
    let mut painted = String::with_capacity(text.len() + 64);
    for line in text.split_inclusive('\n') {
        let carets = line.trim();
        let style = if line.starts_with("help:") { Style::Cyan } else { Style::Red };
        let word = match line.split_once(": ") {
            Some((word @ ("error" | "help"), _)) => word.len() + 1,
            _ if !carets.is_empty() && carets.bytes().all(|byte| byte == b'^') => line.trim_end().len(),
            _ => 0,
        };
        let (word, rest) = line.split_at(word);
        if !word.is_empty() {
            painted.push_str(&palette.paint(style, word).to_string());
        }
        painted.push_str(rest);
    }
    painted
}

/// What names of any length stand in is cut to what one may read.
fn shortened(text: String) -> String {
    /// In characters.
    const LONGEST: usize = 1000;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn excerpt(error: &Error, typed: &Typed) -> String {
    let in_rule = match error {
        Error::Firewall { error, words } => match &**error {
            firewall::Error::Rule(error) => typed.place_of_part(words, &error.span),
            _ => None,
        },
        _ => None,
    };
    let place = in_rule.or_else(|| typed.place(&error.blame()));
    place.map_or_else(String::new, |place| rule::excerpt(&typed.line(), place))
}

fn help(error: &Error, typed: &Typed) -> Option<String> {
    if let Error::Firewall { error, .. } = error
        && let firewall::Error::NoChain { chain, table } = &**error
    {
        return Some(no_chain(chain, table, typed));
    }
    if let Some(option) = own_option(error) {
        return Some(format!("{option} is nsfw's own and not a rule's: write it in front of the subcommand"));
    }
    error.help().or_else(|| error.kernel().map(kernel_help))
}

/// An option of nsfw's among a rule's words.
fn own_option(error: &Error) -> Option<&str> {
    const OWN: [&str; 6] = ["-n", "--netns", "--host", "--lab", "--rootless", "--color"];
    let Error::Firewall { error, .. } = error else { return None };
    match &**error {
        firewall::Error::Rule(rule::Error { kind: rule::ErrorKind::UnknownOption { option, .. }, .. }) => {
            OWN.into_iter().find(|own| own == option)
        }
        _ => None,
    }
}

/// A chain that is not there is to be made only by who wants to add to it or jump to it.
fn no_chain(chain: &str, table: &str, typed: &Typed) -> String {
    let words: Vec<&str> = typed.behind_globals().iter().map(String::as_str).collect();
    let jump = words.windows(2).any(|pair| matches!(pair[0], "-j" | "-g" | "--jump" | "--goto") && pair[1] == chain);
    let adds = matches!(words.get(..2), Some(["rule", "add" | "insert"]));
    if !jump && !adds {
        return near::no_chain_help(chain, Some(table));
    }
    let mut names = near::chains(Some(table));
    if let Some(instead) = without_form::instead_of_stranger(chain).filter(|_| jump) {
        let made = format!("`nsfw chain add {chain}` makes a chain of that name");
        return format!("if you mean the target {chain}, which no kernel has by itself: {instead}; {made}");
    }
    if jump {
        names.extend(rule::registry::target_names().into_iter().map(str::to_owned));
    }
    format!("{}make it with `nsfw chain add {}`", near::did_you_mean(&near::closest(chain, &names)), rule::quote(chain))
}

/// What an errno alone says about what to do next.
fn kernel_help(error: &KernelError) -> String {
    match error.errno {
        Errno::EPERM | Errno::EACCES => "`nsfw doctor` tells what this user may do here",
        Errno::EEXIST | Errno::EBUSY => "`nsfw status` shows what is there already",
        Errno::ENOENT | Errno::ESRCH | Errno::ENODEV | Errno::EADDRNOTAVAIL => "`nsfw status` shows what is there",
        Errno::ENETUNREACH | Errno::EHOSTUNREACH => {
            "the gateway has to be in a network of a link that is up: `nsfw addr list`, `nsfw link list`"
        }
        Errno::EINVAL | Errno::ERANGE => "the kernel takes other values here; `nsfw status` shows what is set",
        Errno::ENETDOWN => "set the link up first: `nsfw link set DEV up`",
        _ => "`nsfw doctor` tells what this host can and cannot do",
    }
    .to_owned()
}
