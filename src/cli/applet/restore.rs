//! `iptables-restore` and `ip6tables-restore`: a file's tables loaded, with iptables' options and messages.

use super::complaint::Complaint;
use super::{Applet, enter};
use crate::cli::Globals;
use crate::cli::restore::{load, read};
use crate::firewall;
use crate::firewall::edit::{LineError, LoadOptions};
use crate::rule::save::SaveFile;
use crate::rule::{BuiltinTable, ErrorKind};

/// The options.
#[derive(Debug, Default)]
struct Options {
    load: LoadOptions,
    table: Option<BuiltinTable>,
    file: Option<String>,
    help: bool,
    version: bool,
}

/// Loads the tables.
///
/// # Errors
/// Options that iptables-restore does not have, the first bad line, what the kernel refused, in iptables' words.
pub fn run(applet: Applet, words: &[String], globals: &Globals) -> Result<(), Complaint> {
    let options = options(applet, words)?;
    if options.version {
        println!("{}", applet.version());
        return Ok(());
    }
    if options.help {
        print!("{}", usage(applet));
        return Ok(());
    }
    let path = options.file.as_deref().unwrap_or("-");
    let bytes = read(path).map_err(|error| {
        let error = nix::errno::Errno::from_raw(error.raw_os_error().unwrap_or_default()).desc();
        Complaint::Plain(format!("Can't open {path}: {error}"), 1)
    })?;
    enter(globals, true)?;
    let file = SaveFile::new(&bytes, options.table);
    match load(&file, applet.family, options.load) {
        Ok(loaded) => loaded.faults.into_iter().next().map_or(Ok(()), |fault| Err(of_line(applet, fault))),
        Err(firewall::Error::InLine { line, error }) => Err(of_line(applet, LineError { line, error: *error })),
        Err(error) => Err(error.into()),
    }
}

/// What iptables-restore says of a bad line.
fn of_line(applet: Applet, LineError { line, error }: LineError) -> Complaint {
    let name = applet.name;
    if let firewall::Error::Rule(error) = &error {
        match &error.kind {
            ErrorKind::OutsideTable => return Complaint::Plain(format!("{name}: line {line} failed"), 1),
            ErrorKind::NoCommit(_) => {
                return Complaint::Plain(format!("{name}: COMMIT expected at line {}", line + 1), 1);
            }
            ErrorKind::UnknownTable(table) => {
                let message = format!("{name}: line {line} table name '{table}' invalid");
                return of_usage(applet, line, &Complaint::Usage(message));
            }
            _ => {}
        }
    }
    match Complaint::from(error) {
        Complaint::Refused(message) => Complaint::Plain(format!("{name}: line {line} failed: {message}"), 1),
        Complaint::Kernel(message) => {
            Complaint::Plain(format!("{}: \nline {line}: {}", applet.version(), message.trim_start()), 4)
        }
        Complaint::Plain(message, code) => Complaint::Plain(message, code),
        usage => of_usage(applet, line, &usage),
    }
}

/// The line's number stands between the message and the hint.
fn of_usage(applet: Applet, line: usize, usage: &Complaint) -> Complaint {
    let text = usage.text(applet);
    let text = text.trim_end();
    let (message, hint) = text.rsplit_once('\n').unwrap_or((text, ""));
    Complaint::Plain(format!("{}\nError occurred at line: {line}\n{hint}", message.trim_end()), usage.exit_code())
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
    let mut options = Options::default();
    let mut words = words.iter().peekable();
    while let Some(word) = words.next() {
        if let Some(long) = word.strip_prefix("--") {
            let (name, attached) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            let letter = match name {
                "counters" => 'c',
                "verbose" => 'v',
                "version" => 'V',
                "test" => 't',
                "help" => 'h',
                "noflush" => 'n',
                "table" => 'T',
                "modprobe" => 'M',
                "wait" => 'w',
                "wait-interval" => 'W',
                "ipv4" => '4',
                "ipv6" => '6',
                _ => return Err(unrecognized(applet, &format!("unrecognized option '{word}'"))),
            };
            options.take(applet, letter, attached, &mut words)?;
        } else if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            for (at, letter) in letters.char_indices() {
                let rest = &letters[at + letter.len_utf8()..];
                if options.take(applet, letter, Some(rest).filter(|rest| !rest.is_empty()), &mut words)? {
                    break;
                }
            }
        } else if options.file.is_none() {
            options.file = Some(word.clone());
        } else {
            return Err(Complaint::Plain(format!("Unknown arguments found on commandline\n{}", usage(applet)), 1));
        }
    }
    Ok(options)
}

impl Options {
    /// Takes an option; whether it took the value that is attached to it.
    fn take<'a>(
        &mut self,
        applet: Applet,
        letter: char,
        attached: Option<&str>,
        words: &mut std::iter::Peekable<impl Iterator<Item = &'a String>>,
    ) -> Result<bool, Complaint> {
        match letter {
            'c' => self.load.counters = true,
            'n' => self.load.noflush = true,
            't' => self.load.test = true,
            'h' => self.help = true,
            'V' => self.version = true,
            'v' | '4' | '6' => {}
            'w' | 'W' => {
                // The kernel's transactions need no lock: how long to wait for one does not matter.
                if attached.is_none() {
                    words.next_if(|word| word.parse::<u32>().is_ok());
                }
                return Ok(true);
            }
            'T' | 'M' => {
                let value = attached.map(str::to_owned).or_else(|| words.next().cloned());
                let value =
                    value.ok_or_else(|| unrecognized(applet, &format!("option requires an argument -- '{letter}'")))?;
                if letter == 'T' {
                    let table = BuiltinTable::from_name(&value);
                    self.table =
                        Some(table.ok_or_else(|| Complaint::Plain(format!("Table `{value}' does not exist"), 1))?);
                }
                return Ok(true);
            }
            _ => return Err(unrecognized(applet, &format!("invalid option -- '{letter}'"))),
        }
        Ok(false)
    }
}

fn unrecognized(applet: Applet, message: &str) -> Complaint {
    let hint = format!("Try `{0} -h' for more information.", applet.name);
    Complaint::Plain(format!("{}: {message}\n{hint}", applet.name), 1)
}
