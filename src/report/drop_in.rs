//! What the drop-in iptables prints beside its listings: its help, and with `-v` the rule that a command is about.

use std::fmt::Write as _;

use crate::rule::listing;
use crate::rule::registry::{OptionSpec, find_match, find_target};
use crate::rule::{IpFamily, Rule};

/// A rule as `iptables -v -A` shows it; a line feed ends it.
#[must_use]
pub fn echo(rule: &Rule, family: IpFamily) -> String {
    let [target, protocol, options, input, output, source, destination, details] =
        listing::columns(rule, family).fields();
    format!("{target}  {protocol} opt {options} in {input} out {output}  {source}  -> {destination}  {details}\n")
}

/// The help text of `name`, whose version line stands above it, and that of each of these matches and this target.
#[must_use]
pub fn help(name: &str, version: &str, matches: &[&str], target: Option<&str>) -> String {
    let mut text = main_help(name, version);
    for found in matches.iter().filter_map(|name| find_match(name)) {
        text += &extension_help(&format!("{} match", found.name), found.help, found.options);
    }
    if let Some(found) = target.and_then(find_target) {
        text += &extension_help(&format!("{} target", found.name), found.help, found.options);
    }
    text
}

fn extension_help(what: &str, help: &str, options: &[OptionSpec]) -> String {
    let mut text = format!("\n{what} options ({help}):\n");
    for option in options {
        let sign = if option.negatable { "[!]" } else { "   " };
        let names = std::iter::once(option.name).chain(option.aliases.iter().copied()).collect::<Vec<_>>().join(", ");
        let values = option.values.iter().map(|value| format!(" ({value})")).collect::<String>();
        // A string takes whatever is written to it.
        let _ = writeln!(text, "  {sign} {names}{values}\n        {}", option.help);
    }
    text
}

fn main_help(name: &str, version: &str) -> String {
    format!(
        "{version}

Usage: {name} -[ACD] chain rule-specification [options]
       {name} -I chain [rulenum] rule-specification [options]
       {name} -R chain rulenum rule-specification [options]
       {name} -D chain rulenum [options]
       {name} -[LS] [chain [rulenum]] [options]
       {name} -[FZ] [chain] [options]
       {name} -[NX] chain
       {name} -E old-chain-name new-chain-name
       {name} -P chain target [options]
       {name} -h (this page; behind -m MATCH and -j TARGET, their options too) or -V (the version)

Commands, in short or long form:
  -A, --append CHAIN             a rule at the chain's end
  -C, --check CHAIN              is there such a rule?
  -D, --delete CHAIN [NUM]       a rule, by its words or its number
  -I, --insert CHAIN [NUM]       a rule in front of rule NUM (1)
  -R, --replace CHAIN NUM        another rule in the place of rule NUM
  -L, --list [CHAIN [NUM]]       rules in columns
  -S, --list-rules [CHAIN [NUM]] rules as commands
  -F, --flush [CHAIN]            deletes all rules
  -Z, --zero [CHAIN [NUM]]       sets counters to zero
  -N, --new-chain CHAIN          makes a chain
  -X, --delete-chain [CHAIN]     deletes a chain
  -P, --policy CHAIN TARGET      what becomes of packets that no rule decided on
  -E, --rename-chain OLD NEW     another name for a chain

Options:
  -4, --ipv4  -6, --ipv6         only the rules of this family
  [!] -p, --protocol PROTO       [!] -s, --source ADDRESS[/MASK][,...]
  [!] -i, --in-interface NAME[+] [!] -d, --destination ADDRESS[/MASK][,...]
  [!] -o, --out-interface NAME[+] [!] -f, --fragment   second and later fragments (IPv4)
  -j, --jump TARGET              -g, --goto CHAIN
  -m, --match MATCH              -c, --set-counters PKTS BYTES
  -t, --table TABLE              filter, nat, mangle, raw or security
  -n, --numeric                  -v, --verbose
  -x, --exact                    --line-numbers
  -w, --wait [SECONDS]           accepted: every change is one transaction
  --approximate                  takes recent --hitcount in a form that comes near, and says so
"
    )
}
