//! `nsfw iptables` and `nsfw ip6tables`: every command of iptables(8).

use super::complaint::{Complaint, of_edit};
use super::listing::{self, Wanted};
use super::{Applet, enter};
use crate::cli::worded::Worded;
use crate::cli::{Globals, caution};
use crate::expr::Policy;
use crate::firewall;
use crate::firewall::HostNames;
use crate::firewall::edit::{self, Site};
use crate::firewall::view;
use crate::report::drop_in::{echo, help};
use crate::report::terminal::escape;
use crate::rule::registry::Target;
use crate::rule::targets::verdict::Verdict;
use crate::rule::{self, BuiltinTable, Command, Defaults, Invocation};

/// Runs a command line.
///
/// # Errors
/// What is wrong with it, or what the kernel refused, in iptables' words.
pub fn run(applet: Applet, words: &[String], globals: &Globals) -> Result<(), Complaint> {
    let defaults = Defaults::new(applet.family, BuiltinTable::Filter);
    let invocation = match rule::parse_command(words, defaults, &HostNames::default()) {
        Ok(invocation) => invocation,
        Err(error) => return worded(applet, words, globals, error),
    };
    if invocation.wait_interval {
        eprintln!("Ignoring deprecated --wait-interval option.");
    }
    invocation.check()?;
    let Some(command) = &invocation.command else { return Ok(()) };
    if invocation.wait_interval && !invocation.wait && !matches!(command, Command::Help(..) | Command::Version) {
        return Err(Complaint::usage("--wait-interval only makes sense with --wait\n"));
    }
    if drops_in_nat(command, &invocation) {
        return Err(Complaint::usage(
            "\nThe \"nat\" table is not intended for filtering, the use of DROP is therefore inhibited.\n\n",
        ));
    }
    match command {
        Command::Help(matches, target) => print!("{}", help(applet.name, &applet.version(), matches, *target)),
        Command::Version => println!("{}", applet.version()),
        Command::List(..) | Command::ListRules(..) | Command::Check(_) => {
            enter(globals, invocation.zero)?;
            read(command, &invocation)?;
        }
        _ => {
            enter(globals, true)?;
            write(command, &invocation).map_err(|error| of_search(error, command, &invocation))?;
        }
    }
    Ok(())
}

/// A rule of others may be looked for in words that none is made of here.
fn worded(applet: Applet, words: &[String], globals: &Globals, error: rule::Error) -> Result<(), Complaint> {
    let read = |commands: &[&str]| Worded::read(words, commands, applet.family, &error);
    let (deleted, checked) = (read(&["-D", "--delete"]), read(&["-C", "--check"]));
    let found = match (&deleted, &checked) {
        (Some(worded), None) => {
            enter(globals, true)?;
            worded.delete()
        }
        (None, Some(worded)) => {
            enter(globals, false)?;
            worded.check()
        }
        _ => return Err(error.kind.into()),
    };
    match found {
        Ok(true) => Ok(()),
        // Where there is none, what is said is why there can be none.
        Ok(false) | Err(firewall::Error::NoChain { .. }) if error.kind.is_unsupported() => {
            let none = firewall::Error::NoSuchRule(String::new());
            Err(of_edit(none, None).with_help(error.kind.to_string()))
        }
        Ok(false) | Err(firewall::Error::NoChain { .. }) => Err(error.kind.into()),
        Err(error) => Err(of_edit(error, None)),
    }
}

/// iptables refuses this on a command line; nf_tables takes it, so that `nsfw rule` and files may have it.
fn drops_in_nat(command: &Command, invocation: &Invocation) -> bool {
    let dropped = Some(Target::Verdict(Verdict::Drop));
    let by_rule = command.takes_rule() && invocation.line.rules.iter().any(|rule| rule.target == dropped);
    let by_policy = matches!(command, Command::SetPolicy(_, Policy::Drop));
    invocation.line.table == BuiltinTable::Nat && (by_rule || by_policy)
}

const fn site(invocation: &Invocation) -> Site {
    Site { family: invocation.line.family, table: invocation.line.table }
}

/// What is said of an error. A rule that jumps to a chain that is not there is off, where it would not be found either.
fn of_search(error: firewall::Error, command: &Command, invocation: &Invocation) -> Complaint {
    let Some(Target::Verdict(Verdict::Jump(chain) | Verdict::Goto(chain))) =
        invocation.line.rules.first().and_then(|rule| rule.target.as_ref())
    else {
        return of_edit(error, Some(command));
    };
    let searched = matches!(
        error,
        firewall::Error::NoSuchRule(_) | firewall::Error::NoRule { .. } | firewall::Error::NoChain { .. }
    );
    match view::chain_names(site(invocation)) {
        Ok(names) if searched && !names.contains(chain) => Complaint::usage(format!("Chain '{chain}' does not exist")),
        _ => of_edit(error, Some(command)),
    }
}

fn read(command: &Command, invocation: &Invocation) -> Result<(), Complaint> {
    let site = site(invocation);
    match command {
        Command::Check(chain) => {
            let found = edit::check(site, chain, &invocation.line.rules)
                .and_then(|found| if found { Ok(()) } else { Err(firewall::Error::NoSuchRule(chain.clone())) });
            found.map_err(|error| of_search(error, command, invocation))?;
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

fn write(command: &Command, invocation: &Invocation) -> Result<(), firewall::Error> {
    let site = site(invocation);
    let rules = &invocation.line.rules;
    if command.takes_rule() {
        echo_rules(invocation);
    }
    let counts = invocation.line.counts.unwrap_or_default();
    match command {
        Command::Append(chain) => edit::append(site, chain, rules, counts).map(|cautions| caution::of_rules(&cautions)),
        Command::Insert(chain, number) => {
            edit::insert(site, chain, *number, rules, counts).map(|cautions| caution::of_rules(&cautions))
        }
        Command::Replace(chain, number) => {
            edit::replace(site, chain, *number, rules, counts).map(|cautions| caution::of_rules(&cautions))
        }
        Command::Delete(chain) => edit::delete_rule(site, chain, rules),
        Command::DeleteNumber(chain, number) => edit::delete_number(site, chain, *number),
        Command::Flush(chain) => {
            tell_chains(invocation, "Flushing", chain.as_deref())?;
            edit::flush(site, chain.as_deref())
        }
        Command::Zero(chain, number) => {
            edit::zero(site, chain.as_deref(), *number)?.into_refused().map_or(Ok(()), Err)?;
            if number.is_none() {
                tell_chains(invocation, "Zeroing", chain.as_deref())?;
            }
            Ok(())
        }
        Command::NewChain(chain) => edit::new_chain(site, chain),
        Command::DeleteChain(Some(chain)) => {
            edit::delete_chain(site, chain)?;
            tell(invocation, "Deleting", std::slice::from_ref(chain));
            Ok(())
        }
        Command::DeleteChain(None) => {
            let mut deleted = edit::delete_user_chains(site)?;
            deleted.sort_unstable();
            tell(invocation, "Deleting", &deleted);
            Ok(())
        }
        Command::RenameChain(old, new) => edit::rename_chain(site, old, new),
        Command::SetPolicy(chain, policy) => edit::set_policy(site, chain, *policy, invocation.line.counts).map(drop),
        _ => Ok(()),
    }
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
fn tell_chains(invocation: &Invocation, verb: &str, named: Option<&str>) -> Result<(), firewall::Error> {
    if invocation.verbose == 0 {
        return Ok(());
    }
    let all = view::chain_names(site(invocation))?;
    let chosen: Vec<String> = all.into_iter().filter(|chain| named.is_none_or(|named| named == chain)).collect();
    tell(invocation, verb, &chosen);
    Ok(())
}
