//! `nsfw addr`: changes and lists addresses, in the words of ip-address(8).
// Doc comments of arguments are help texts: brackets in them mean "may be left out".
#![allow(rustdoc::broken_intra_doc_links)]

use crate::exit::ExitCode;
use std::net::IpAddr;

use clap::Args;
use ipnet::IpNet;

use super::words::Words;
use super::{Globals, link, list};
use crate::error::Error;
use crate::kernel::netlink::Address;
use crate::report::status;
use crate::report::terminal::escape;

const USAGE: &[&str] = &["addr list [DEV]", "addr add|set|delete ADDRESS/LENGTH dev DEV"];

/// Arguments of `nsfw addr`.
#[derive(Debug, Args)]
pub struct Addr {
    /// list [DEV] | add ADDRESS/LENGTH dev DEV | set ADDRESS/LENGTH dev DEV (there or not) | delete ADDRESS/LENGTH dev
    /// DEV
    #[arg(value_name = "WORDS", trailing_var_arg = true)]
    words: Vec<String>,
}

/// What to do with an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    /// Whether it is there or not.
    Set,
    Delete,
}

/// What the words ask for.
#[derive(Debug, PartialEq, Eq)]
enum Action {
    List(Option<String>),
    Change(Verb, IpNet, String),
}

impl Addr {
    /// Runs the command.
    ///
    /// # Errors
    /// Words that do not fit, a link that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        match parse(&self.words)? {
            Action::List(only) => {
                list::show(globals, only.as_deref(), |node, out| status::addresses(&node.links, out))?;
            }
            Action::Change(verb, net, name) => {
                let mut socket = link::open(globals)?;
                let address = Address { link: socket.link(&name)?.index, net };
                let request = match verb {
                    Verb::Add => address.add()?,
                    Verb::Set => address.set()?,
                    Verb::Delete => address.delete()?,
                };
                socket.send(&[request])?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn parse(words: &[String]) -> Result<Action, Error> {
    let mut words = Words::new(words, USAGE);
    let verb = match words.next() {
        None | Some("list" | "show") => {
            words.skip("dev");
            let only = words.next().map(str::to_owned);
            words.end()?;
            return Ok(Action::List(only));
        }
        Some("add") => Verb::Add,
        Some("set" | "replace") => Verb::Set,
        Some("delete" | "del") => Verb::Delete,
        Some(word) => return Err(words.unknown(word)),
    };
    let (net, link) = net_and_link(&mut words)?;
    words.end()?;
    Ok(Action::Change(verb, net, link))
}

fn net_and_link(words: &mut Words<'_>) -> Result<(IpNet, String), Error> {
    let word = words.need("the address")?;
    let net =
        prefix(word).ok_or_else(|| words.wrong(format!("`{}` is no address such as 192.168.1.1/24", escape(word))))?;
    words.keyword("dev")?;
    Ok((net, words.need("the link's name")?.to_owned()))
}

/// An address with the length of its prefix; without one it stands alone, as in `ip`.
pub(super) fn prefix(word: &str) -> Option<IpNet> {
    word.parse().ok().or_else(|| word.parse::<IpAddr>().ok().map(IpNet::from))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_ip_are_understood_and_nothing_else() {
        let parsed = |line: &str| parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>());
        let change = |verb, net: &str| Action::Change(verb, net.parse().expect("a prefix"), "eth0".to_owned());
        for (line, expected) in [
            ("", Action::List(None)),
            ("show dev eth0", Action::List(Some("eth0".to_owned()))),
            ("add 10.0.0.1/24 dev eth0", change(Verb::Add, "10.0.0.1/24")),
            ("add 2001:db8::1/64 dev eth0", change(Verb::Add, "2001:db8::1/64")),
            ("set 10.0.0.1/24 dev eth0", change(Verb::Set, "10.0.0.1/24")),
            ("del 10.0.0.1 dev eth0", change(Verb::Delete, "10.0.0.1/32")),
        ] {
            assert_eq!(parsed(line).ok(), Some(expected), "{line}");
        }
        for line in
            ["add", "add 10.0.0.1/33 dev eth0", "add 10.0.0.1/24", "add 10.0.0.1/24 eth0", "add x dev y", "frob"]
        {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
