//! `iptables-save` and `ip6tables-save`: the built-in tables that are there, as a file that restores them.

use std::io::Write as _;

use super::complaint::Complaint;
use super::{Applet, enter};
use crate::cli::Globals;
use crate::cli::save::{Tables, gather, stamp};
use crate::report::save::Frame;
use crate::rule::BuiltinTable;

/// The options.
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
        eprintln!("# {unsaid} rules have no iptables syntax and stand as comments: use nft to keep them");
    }
    let written = match &options.file {
        Some(path) => std::fs::write(path, text),
        None => std::io::stdout().write_all(text.as_bytes()),
    };
    written.map_err(|error| Complaint::Plain(format!("cannot write the tables: {error}"), 1))
}

fn read(applet: Applet, words: &[String]) -> Result<Options, Complaint> {
    let mut options = Options::default();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (name, attached) = match word.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut value = || {
            attached
                .clone()
                .or_else(|| words.next().cloned())
                .ok_or_else(|| Complaint::Plain(format!("{}: option requires an argument -- '{name}'", applet.name), 1))
        };
        match name {
            "-c" | "--counters" => options.counters = true,
            "-d" | "--dump" | "-4" | "--ipv4" | "-6" | "--ipv6" => {}
            "-V" | "--version" => options.version = true,
            "-M" | "--modprobe" => drop(value()?),
            "-f" | "--file" => options.file = Some(value()?),
            "-t" | "--table" => {
                let name = value()?;
                let table = BuiltinTable::from_name(&name);
                options.table =
                    Some(table.ok_or_else(|| Complaint::Plain(format!("Table `{name}' does not exist"), 1))?);
            }
            _ => {
                let manual = format!("Look at manual page `{}.8' for more information.", applet.name);
                return Err(Complaint::Plain(format!("Unknown arguments found on commandline\n{manual}"), 1));
            }
        }
    }
    Ok(options)
}
