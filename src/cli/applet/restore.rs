//! `iptables-restore` and `ip6tables-restore`: a file's tables loaded, with iptables' options and messages.

use super::complaint::{Complaint, of_edit};
use super::getopt::{self, Found, Spec, attached, flag, value};
use super::{Applet, enter, progress};
use crate::cli::rules_file::{read, remember};
use crate::cli::{Globals, caution, line_errors};
use crate::firewall::edit::{Batches, LineError, LoadOptions, load_file};
use crate::firewall::{self, HostNames};
use crate::kernel::errno_of;
use crate::rule::save::{Entry, SaveFile, entry};
use crate::rule::{BuiltinTable, Command, Defaults, ErrorKind};

/// How long to wait for iptables-legacy's lock does not matter: the kernel's transactions need none. `-4` and `-6` stand
/// in the manual page, and no program takes them: its name says which it is.
const SPECS: &[Spec] = &[
    flag('b', ""),
    flag('c', "counters"),
    flag('v', "verbose"),
    flag('V', "version"),
    flag('t', "test"),
    flag('h', "help"),
    flag('n', "noflush"),
    attached('w', "wait"),
    attached('W', "wait-interval"),
    value('M', "modprobe"),
    value('T', "table"),
    flag(APPROXIMATE, "approximate"),
];
/// Stands for an option of ours, which has a long name only.
const APPROXIMATE: char = '\0';

/// What the words ask for.
#[derive(Debug, Default)]
struct Options {
    load: LoadOptions,
    verbose: bool,
    /// A table of this name only, be it none that there is: then nothing is loaded.
    table: Option<String>,
    file: Option<String>,
    answered: bool,
}

/// Loads the tables.
///
/// # Errors
/// Options that iptables-restore does not have, the first bad line, what the kernel refused, in iptables' words.
pub fn run(applet: Applet, words: &[String], globals: &Globals) -> Result<(), Complaint> {
    let options = options(applet, words)?;
    if options.answered {
        return Ok(());
    }
    let bytes = match &options.file {
        Some(path) => {
            read(path).map_err(|error| Complaint::plain(format!("Can't open {path}: {}", errno_of(&error).desc()), 1))
        }
        None => read("-").map_err(|error| Complaint::plain(format!("cannot read the file: {error}"), 1)),
    }?;
    enter(globals, true)?;
    let only = options.table.as_deref().map(BuiltinTable::from_name);
    if only == Some(None) {
        return Ok(());
    }
    let file = SaveFile::new(&bytes, only.flatten());
    let before = if options.verbose {
        progress::chains(&file, applet.family).map_err(|error| of_edit(error, None))?
    } else {
        Vec::new()
    };
    match load_file(&file, applet.family, options.load, Batches::OneATable, &HostNames::default()) {
        Ok(loaded) => {
            if loaded.faults.is_empty() {
                line_errors::tell_unsaid(options.file.as_deref().unwrap_or("-"), &file.unsaid);
            }
            caution::of_lines(options.file.as_deref().unwrap_or("-"), &loaded.cautions);
            loaded.faults.into_iter().next().map_or(Ok(()), |fault| Err(of_line(applet, &bytes, fault)))?;
        }
        Err(error) => {
            return Err(match error.into_line() {
                Ok(refused) => of_line(applet, &bytes, refused),
                Err(error) => of_edit(error, None),
            });
        }
    }
    if let Some(path) = &options.file {
        remember(path, &bytes, applet.family, options.load);
    }
    if options.verbose {
        print!("{}", progress::told(&bytes, applet.family, options.load, before));
    }
    Ok(())
}

/// What iptables-restore says of a bad line.
pub fn of_line(applet: Applet, bytes: &[u8], LineError { line, error }: LineError) -> Complaint {
    let name = applet.name;
    let text = bytes.split(|&byte| byte == b'\n').nth(line.saturating_sub(1)).unwrap_or_default();
    let text = String::from_utf8_lossy(text);
    let complaint = match &error {
        firewall::Error::Rule(error) => match &error.kind {
            ErrorKind::OutsideTable => return Complaint::plain(format!("{name}: line {line} failed"), 1),
            ErrorKind::NoCommit(table) if text.starts_with('*') && text.trim() != format!("*{table}") => {
                Complaint::bad_argument(text.trim())
            }
            ErrorKind::NoCommit(_) => {
                return Complaint::plain(format!("{name}: COMMIT expected at line {}", line + 1), 1);
            }
            ErrorKind::UnknownTable(table) if table.is_empty() => {
                Complaint::usage(format!("{name}: line {line} table name invalid"))
            }
            ErrorKind::UnknownTable(table) => {
                Complaint::usage(format!("{name}: line {line} table name '{table}' invalid"))
            }
            kind => of_words(name, line, &text, kind)
                .unwrap_or_else(|| of_edit(firewall::Error::Rule(error.clone()), command_of(&text, applet).as_ref())),
        },
        _ => of_edit(error, command_of(&text, applet).as_ref()),
    };
    Complaint::plain(complaint.of_line(applet, line).trim_end().to_owned(), complaint.exit_code())
}

/// What iptables-restore itself says, before it hands a line's words on.
fn of_words(name: &str, line: usize, text: &str, kind: &ErrorKind) -> Option<Complaint> {
    let text = text.trim();
    let first = text.split_whitespace().next().unwrap_or_default();
    Some(match kind {
        ErrorKind::BadPolicy(_) => Complaint::refused("Bad policy name."),
        ErrorKind::NoSingleCommand(_) => return Some(Complaint::plain(format!("{name}: line {line} failed"), 1)),
        ErrorKind::NoCommand if !first.starts_with(['-', '[']) => Complaint::bad_argument(first),
        ErrorKind::MissingValue { option, .. } if option == ":" => {
            let what = if text == ":" { "chain name" } else { "policy" };
            Complaint::usage(format!("{name}: line {line} {what} invalid"))
        }
        ErrorKind::BadValue { expected: "[packets:bytes]", .. } if text.starts_with(':') => {
            let chain = first.trim_start_matches(':');
            Complaint::usage(format!("invalid policy counters for chain '{chain}'"))
        }
        ErrorKind::BadValue { expected: "[packets:bytes]", value } => Complaint::usage(bad_counts(line, value)),
        _ => return None,
    })
}

/// `[PACKETS:BYTES]` in front of a rule.
fn bad_counts(line: usize, value: &str) -> String {
    let inner = value.strip_prefix('[').and_then(|value| value.strip_suffix(']'));
    match inner.and_then(|inner| inner.split_once(':')) {
        Some((packets, bytes)) if !packets.is_empty() && !bytes.is_empty() => {
            let is_number = packets.trim().parse::<u64>().is_ok();
            format!("-c {} counter not numeric", if is_number { "byte" } else { "packet" })
        }
        _ => format!("Bad line {line}: need ]"),
    }
}

/// The command that stands on a line.
fn command_of(text: &str, applet: Applet) -> Option<Command> {
    let defaults = Defaults::new(applet.family, BuiltinTable::Filter);
    match entry(text, defaults, &HostNames::default()) {
        Ok(Entry::Command { invocation, .. }) => invocation.command,
        _ => None,
    }
}

fn usage(applet: Applet) -> String {
    format!(
        "Usage: {} [-c] [-v] [-V] [-t] [-h] [-n] [-T table] [-M command] [-4] [-6] [file]\n\
         \t   [ --counters ]\n\t   [ --verbose ]\n\t   [ --version]\n\t   [ --test ]\n\t   [ --help ]\n\
         \t   [ --noflush ]\n\t   [ --table=<TABLE> ]\n\t   [ --modprobe=<command> ]\n\
         \t   [ --ipv4 ]\n\t   [ --ipv6 ]\n",
        applet.name
    )
}

fn options(applet: Applet, words: &[String]) -> Result<Options, Complaint> {
    let hint = format!("Try `{} -h' for more information.", applet.name);
    let mut options = Options::default();
    let mut words = getopt::Options::new(SPECS, words);
    while let Some(found) = words.next() {
        let refused = |message| Complaint::plain(format!("{}: {message}\n{hint}", applet.name), 1);
        match found.map_err(refused)? {
            Found::Option('b', _) => eprintln!("-b/--binary option is not implemented"),
            Found::Option(APPROXIMATE, _) => options.load.approximate = true,
            Found::Option('c', _) => options.load.counters = true,
            Found::Option('n', _) => options.load.noflush = true,
            Found::Option('t', _) => options.load.test = true,
            Found::Option('v', _) => options.verbose = true,
            Found::Option('T', table) => options.table = table.map(str::to_owned),
            Found::Option('w' | 'W', None) => drop(words.take_if(|word| !word.starts_with('-'))),
            Found::Option('V', _) => {
                println!("{}", applet.version());
                return Ok(Options { answered: true, ..options });
            }
            Found::Option('h', _) => {
                eprint!("{}", usage(applet));
                return Ok(Options { answered: true, ..options });
            }
            Found::Option(..) => {}
            Found::Operand(_) if options.file.is_some() => {
                return Err(Complaint::plain("Unknown arguments found on commandline", 1));
            }
            Found::Operand(path) => options.file = Some(path.to_owned()),
        }
    }
    Ok(options)
}
