//! `iptables-save` and `ip6tables-save`: the built-in tables that are there, as a file that restores them.

use std::io::Write as _;

use super::complaint::Complaint;
use super::getopt::{self, Found, Spec, flag, value};
use super::{Applet, enter};
use crate::cli::Globals;
use crate::cli::save::{Tables, are_comments, gather, stamp};
use crate::report::save::Frame;
use crate::rule::BuiltinTable;

/// `-4` and `-6` stand in the manual page; the program's name says the same.
const SPECS: &[Spec] = &[
    flag('c', "counters"),
    flag('d', "dump"),
    flag('V', "version"),
    flag('4', "ipv4"),
    flag('6', "ipv6"),
    value('M', "modprobe"),
    value('f', "file"),
    value('t', "table"),
];

/// What the words ask for.
#[derive(Debug, Default)]
struct Options {
    counters: bool,
    table: Option<BuiltinTable>,
    file: Option<String>,
    version: bool,
}

/// Prints the tables.
///
/// # Errors
/// Options that iptables-save does not have, what the kernel refused, in iptables' words.
pub fn run(applet: Applet, words: &[String], globals: &Globals) -> Result<(), Complaint> {
    let options = read(applet, words)?;
    if options.version {
        println!("{}", applet.version());
        return Ok(());
    }
    enter(globals, false)?;
    let wanted = Tables { family: applet.family, only: options.table };
    let (text, unsaid) = gather(wanted, options.counters, &Frame { program: &applet.version(), date: &stamp() })?;
    if unsaid > 0 {
        eprintln!("# {}: use nft to keep them", are_comments(unsaid));
    }
    match &options.file {
        Some(path) => std::fs::write(path, text).map_err(|error| {
            let errno = crate::kernel::errno_of(&error).desc();
            Complaint::plain(format!("Failed to open file, error: {errno}"), 1)
        }),
        None => std::io::stdout()
            .write_all(text.as_bytes())
            .map_err(|error| Complaint::plain(format!("cannot write the tables: {error}"), 1)),
    }
}

fn read(applet: Applet, words: &[String]) -> Result<Options, Complaint> {
    let manual = format!("Look at manual page `{}.8' for more information.", applet.name);
    let mut options = Options::default();
    for found in getopt::Options::new(SPECS, words) {
        let refused = |message| Complaint::plain(format!("{}: {message}\n{manual}", applet.name), 1);
        match found.map_err(refused)? {
            Found::Option('c', _) => options.counters = true,
            Found::Option('f', path) => options.file = path.map(str::to_owned),
            Found::Option('t', name) => {
                let name = name.unwrap_or_default();
                let table = BuiltinTable::from_name(name);
                options.table =
                    Some(table.ok_or_else(|| Complaint::plain(format!("Table `{name}' does not exist"), 1))?);
            }
            Found::Option('V', _) => return Ok(Options { version: true, ..options }),
            Found::Option(..) => {}
            Found::Operand(_) => return Err(Complaint::plain("Unknown arguments found on commandline", 1)),
        }
    }
    Ok(options)
}
