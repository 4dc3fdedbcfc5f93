//! `nsfw iptables` and `nsfw ip6tables`: every command of iptables(8).

use super::complaint::Complaint;
use super::listing::{self, Wanted};
use super::{Applet, enter};
use crate::cli::Globals;
use crate::firewall;
use crate::firewall::HostNames;
use crate::firewall::edit::{self, Site};
use crate::firewall::model::Policy;
use crate::report::drop_in::{echo, help};
use crate::report::terminal::escape;
use crate::rule::{self, BuiltinTable, Command, Defaults, Invocation};

/// Runs a command line.
///
/// # Errors
/// What is wrong with it, or what the kernel refused, in iptables' words.
pub fn run(applet: Applet, words: &[String], globals: &Globals) -> Result<(), Complaint> {
    let defaults = Defaults { family: applet.family, table: BuiltinTable::Filter };
    let invocation = rule::parse_command(words, defaults, &HostNames::default()).map_err(|error| error.kind)?;
    if invocation.wait_interval {
        eprintln!("Ignoring deprecated --wait-interval option.");
    }
    let Some(command) = &invocation.command else { return Err(Complaint::Usage("no command specified".to_owned())) };
    if !matches!(command, Command::Help | Command::Version) {
        fits(command, &invocation)?;
    }
    match command {
        Command::Help => print!("{}", help(applet.name, &applet.version())),
        Command::Version => println!("{}", applet.version()),
        Command::List(..) | Command::ListRules(..) | Command::Check(_) => {
            enter(globals, invocation.zero)?;
            read(command, &invocation)?;
        }
        _ => {
            enter(globals, true)?;
            write(command, &invocation)?;
        }
    }
    Ok(())
}

const fn site(invocation: &Invocation) -> Site {
    Site { family: invocation.line.family, table: invocation.line.table }
}

const fn writes_rule(command: &Command) -> bool {
    matches!(command, Command::Append(_) | Command::Delete(_) | Command::Insert(..) | Command::Replace(..))
}

/// iptables refuses options that a command has no use for.
fn fits(command: &Command, invocation: &Invocation) -> Result<(), Complaint> {
    let illegal = |option: &str| Err(Complaint::Usage(format!("Illegal option `{option}' with this command")));
    let lists = matches!(command, Command::List(..));
    let rules = writes_rule(command) || matches!(command, Command::Check(_));
    for (given, option) in
        [(invocation.numeric, "-n"), (invocation.exact, "-x"), (invocation.line_numbers, "--line-numbers")]
    {
        if given && !lists {
            return illegal(option);
        }
    }
    if !rules && invocation.line.rules.iter().any(|found| *found != rule::Rule::default()) {
        let word = invocation.line.rules[0].words().into_iter().find(|word| word.starts_with('-'));
        return illegal(&word.unwrap_or_default());
    }
    if invocation.line.counts.is_some() && !rules {
        return illegal("-c");
    }
    if invocation.wait_interval && !invocation.wait {
        return Err(Complaint::Usage("--wait-interval only makes sense with --wait\n".to_owned()));
    }
    Ok(())
}

fn read(command: &Command, invocation: &Invocation) -> Result<(), Complaint> {
    let site = site(invocation);
    match command {
        Command::Check(chain) => {
            if !edit::check(site, chain, &invocation.line.rules)? {
                return Err(firewall::Error::NoSuchRule(chain.clone()).into());
            }
            echo_rules(invocation);
            Ok(())
        }
        Command::List(chain, number) => {
            listing::list(site, &Wanted { chain: chain.as_deref(), number: *number }, invocation)
        }
        Command::ListRules(chain, number) => {
            listing::list_rules(site, &Wanted { chain: chain.as_deref(), number: *number }, invocation)
        }
        _ => Ok(()),
    }
}

fn write(command: &Command, invocation: &Invocation) -> Result<(), Complaint> {
    let site = site(invocation);
    let rules = &invocation.line.rules;
    if writes_rule(command) {
        echo_rules(invocation);
    }
    let counts = invocation.line.counts.unwrap_or_default();
    match command {
        Command::Append(chain) => {
            edit::append(site, chain, rules, counts).map_err(|error| elsewhere(error, chain))?;
        }
        Command::Insert(chain, number) => {
            edit::insert(site, chain, *number, rules, counts).map_err(|error| too_big(error, chain, "insertion"))?;
        }
        Command::Replace(chain, number) => {
            edit::replace(site, chain, *number, rules, counts).map_err(|error| too_big(error, chain, "replacement"))?;
        }
        Command::Delete(chain) => edit::delete_rule(site, chain, rules)?,
        Command::DeleteNumber(chain, number) => {
            edit::delete_number(site, chain, *number).map_err(|error| too_big(error, chain, "deletion"))?;
        }
        Command::Flush(chain) => {
            tell_chains(invocation, "Flushing", chain.as_deref())?;
            edit::flush(site, chain.as_deref())?;
        }
        Command::Zero(chain, number) => {
            let zeroed = edit::zero(site, chain.as_deref(), *number)?;
            if let Some(refused) = zeroed.into_refused() {
                return Err(refused.into());
            }
            if number.is_none() {
                tell_chains(invocation, "Zeroing", chain.as_deref())?;
            }
        }
        Command::NewChain(chain) => edit::new_chain(site, chain)?,
        Command::DeleteChain(Some(chain)) => {
            edit::delete_chain(site, chain)?;
            tell(invocation, "Deleting", std::slice::from_ref(chain));
        }
        Command::DeleteChain(None) => tell(invocation, "Deleting", &edit::delete_user_chains(site)?),
        Command::RenameChain(old, new) => rename(site, old, new)?,
        Command::Policy(chain, policy) => set_policy(site, chain, policy)?,
        _ => {}
    }
    Ok(())
}

/// With `-v`, the rules that a command is about.
fn echo_rules(invocation: &Invocation) {
    if invocation.verbose > 0 {
        invocation.line.rules.iter().for_each(|found| print!("{}", echo(found, invocation.line.family)));
    }
}

/// With `-v`, the chains that a command is about.
fn tell(invocation: &Invocation, verb: &str, chains: &[String]) {
    if invocation.verbose > 0 {
        chains.iter().for_each(|chain| println!("{verb} chain `{}'", escape(chain)));
    }
}

/// As [`tell`], for the one chain that is named, or all that there are.
fn tell_chains(invocation: &Invocation, verb: &str, named: Option<&str>) -> Result<(), Complaint> {
    if invocation.verbose == 0 {
        return Ok(());
    }
    let all = edit::chain_names(site(invocation))?;
    let chosen: Vec<String> = all.into_iter().filter(|chain| named.is_none_or(|named| named == chain)).collect();
    tell(invocation, verb, &chosen);
    Ok(())
}

/// A chain that is missing may be the one that the rule jumps to: then the rule is off.
fn elsewhere(error: firewall::Error, chain: &str) -> Complaint {
    match error {
        firewall::Error::NoChain { chain: missing, .. } if missing != chain => {
            Complaint::Usage(format!("Chain '{missing}' does not exist"))
        }
        other => other.into(),
    }
}

fn too_big(error: firewall::Error, chain: &str, what: &str) -> Complaint {
    match error {
        firewall::Error::NoRule { .. } => Complaint::Refused(format!("Index of {what} too big.")),
        other => elsewhere(other, chain),
    }
}

fn rename(site: Site, old: &str, new: &str) -> Result<(), Complaint> {
    edit::rename_chain(site, old, new).map_err(|error| match error {
        firewall::Error::ChainExists { .. } => Complaint::Refused("File exists.".to_owned()),
        other => other.into(),
    })
}

fn set_policy(site: Site, chain: &str, policy: &str) -> Result<(), Complaint> {
    if !site.table.chains().iter().any(|known| known.name == chain) {
        return Err(Complaint::Refused("Bad built-in chain name.".to_owned()));
    }
    let policy = match policy {
        "ACCEPT" => Policy::Accept,
        "DROP" => Policy::Drop,
        _ => return Err(Complaint::Refused("Bad policy name. Run `dmesg' for more information.".to_owned())),
    };
    edit::set_policy(site, chain, policy).map(drop).map_err(Complaint::from)
}
