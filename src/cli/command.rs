//! The subcommands: one list makes the enum, its definition for clap, its reading and its running.
//!
//! clap's own derive can define all subcommands only. Here those that are asked for are defined: see
//! [`super::Cli::try_parse_from`].

use crate::exit::ExitCode;

use std::mem::ManuallyDrop;

use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches as _};

use super::Globals;
use super::{
    addr, applet, capture, chain, completions, conntrack, counters, demo, doctor, echo, exec, experiment, flush, link,
    man, netns, ping, probe, restore, route, rule, ruleset, run, save, setup, shell, status, sysctl, teardown, trace,
    translate,
};
use crate::error::Error;

/// Adds one subcommand to `root`. Never inlined: in one frame, all subcommands together touch seven pages of stack.
#[inline(never)]
fn with<A: clap::Args>(root: clap::Command, name: &'static str, about: &'static str) -> clap::Command {
    root.subcommand(A::augment_args(clap::Command::new(name)).about(about).long_about(None))
}

/// Does one subcommand's part. Never inlined, for the same reason.
#[inline(never)]
fn apart<T>(part: impl FnOnce() -> T) -> T {
    part()
}

macro_rules! commands {
    ($($name:literal => $variant:ident($arguments:ty): $about:literal),+ $(,)?) => {
        /// A subcommand with its arguments.
        #[derive(Debug)]
        pub(super) enum Command {
            $(#[doc = $about] $variant($arguments),)+
        }

        impl Command {
            /// Adds the subcommands that `wanted` takes to `root`, in the order of the list.
            pub(super) fn define(root: clap::Command, wanted: impl Fn(&str) -> bool) -> clap::Command {
                $(let root = if wanted($name) { with::<$arguments>(root, $name, $about) } else { root };)+
                root
            }

            /// The subcommand that was matched: the inverse of [`Command::define`].
            pub(super) fn of_matches(matches: &mut ArgMatches) -> Result<Self, clap::Error> {
                // Not dropped: as the whole that it is taken from.
                let mut asked = ManuallyDrop::new(matches.remove_subcommand());
                match asked.as_mut().map(|(name, words)| (name.as_str(), words)) {
                    $(Some(($name, words)) => apart(|| <$arguments>::from_arg_matches_mut(words).map(Self::$variant)),)+
                    _ => Err(clap::Error::new(ErrorKind::MissingSubcommand)),
                }
            }

            /// Its name.
            pub(super) const fn name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $name,)+
                }
            }

            /// The program that it is a drop-in for.
            pub(super) fn applet(&self) -> Option<applet::Applet> {
                applet::Applet::named(self.name())
            }

            /// Runs it.
            pub(super) fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
                match self {
                    $(Self::$variant(command) => apart(|| command.run(globals)),)+
                }
            }
        }
    };
}

commands! {
    "setup" => Setup(setup::Setup): "Builds the lab",
    "teardown" => Teardown(teardown::Teardown): "Removes the lab, and only what the lab made",
    "status" => Status(status::Status): "Shows namespaces, links, addresses and routes",
    "netns" => Netns(netns::Netns): "Adds, deletes and lists namespaces",
    "link" => Link(link::Link): "Changes and lists links",
    "addr" => Addr(addr::Addr): "Changes and lists addresses",
    "route" => Route(route::Route): "Changes and lists routes",
    "sysctl" => Sysctl(sysctl::Sysctl): "Reads and writes the kernel's settings under /proc/sys/net",
    "echo" => Echo(echo::Echo): "Switches answers to echo requests on or off",
    "exec" => Exec(exec::Exec): "Runs a program in a namespace",
    "shell" => Shell(shell::Shell): "Opens a shell in a namespace",
    "ping" => Ping(ping::Ping): "Sends ICMP echo requests",
    "chain" => Chain(chain::Chain): "Adds, deletes, renames and lists chains, sets policies",
    "rule" => Rule(rule::Rule): "Adds, inserts, replaces, deletes, checks, explains and lists rules",
    "counters" => Counters(counters::Counters): "Shows every rule with its packets and bytes",
    "ruleset" => Ruleset(ruleset::Ruleset): "Shows everything in nf_tables, whoever made it",
    "save" => Save(save::Save): "Prints the rules as iptables-save does",
    "translate" => Translate(translate::Translate): "Says a rule in the words of nft",
    "restore" => Restore(restore::Restore): "Loads rules from a file as iptables-restore does",
    "run" => Run(run::Run): "Runs experiments: networks, packets, and what must happen",
    "experiment" => Experiment(experiment::Experiment): "Checks the files of experiments without running them",
    "trace" => Trace(trace::Trace): "Shows packets as they come, with every rule that they meet",
    "probe" => Probe(probe::Probe): "Sends one packet and shows its whole way through the rules",
    "flush" => Flush(flush::Flush): "Deletes all rules of a chain, or of a table",
    "conntrack" => Conntrack(conntrack::Conntrack): "Lists and flushes the connections that the kernel tracks",
    "capture" => Capture(capture::Capture): "Shows packets of an interface, one a line, and writes pcap files",
    "iptables" => Iptables(applet::Words<0>): "iptables(8), word for word, on nf_tables",
    "ip6tables" => Ip6tables(applet::Words<1>): "ip6tables(8), word for word, on nf_tables",
    "iptables-save" => IptablesSave(applet::Words<2>): "iptables-save(8), word for word, on nf_tables",
    "ip6tables-save" => Ip6tablesSave(applet::Words<3>): "ip6tables-save(8), word for word, on nf_tables",
    "iptables-translate" => IptablesTranslate(applet::Words<4>): "Prints a rule of iptables as a command of nft",
    "ip6tables-translate" => Ip6tablesTranslate(applet::Words<5>): "Prints a rule of ip6tables as a command of nft",
    "iptables-restore" => IptablesRestore(applet::Words<6>): "iptables-restore(8), word for word, on nf_tables",
    "ip6tables-restore" => Ip6tablesRestore(applet::Words<7>): "ip6tables-restore(8), word for word, on nf_tables",
    "iptables-restore-translate" => IptablesRestoreTranslate(applet::Words<8>): "Prints a save file as a script of nft",
    "ip6tables-restore-translate" => Ip6tablesRestoreTranslate(applet::Words<9>): "Prints a save file as a script of nft",
    "doctor" => Doctor(doctor::Doctor): "Tells what this host can and cannot do",
    "completions" => Completions(completions::Completions): "Prints a completion script for a shell",
    "man" => Man(man::Man): "Writes the man pages",
    "demo" => Demo(demo::Demo): "Plays the whole story in private namespaces",
}
