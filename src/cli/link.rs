//! `nsfw link`: changes and lists links, in the words of ip-link(8).
// Doc comments of arguments are help texts: brackets in them mean "may be left out".
#![allow(rustdoc::broken_intra_doc_links)]

use crate::exit::ExitCode;
use std::os::fd::AsFd;

use clap::Args;

use super::words::Words;
use super::{Globals, list, netns_name, scope};
use crate::error::Error;
use crate::kernel::interface;
use crate::kernel::netlink::{End, LinkChange, Socket, Veth};
use crate::kernel::netns::Netns;
use crate::report::status;
use crate::report::terminal::escape;

const USAGE: &[&str] = &[
    "link list [DEV]",
    "link set DEV [up|down] [mtu N] [name NEW] [address MAC]",
    "link add A type veth peer B [netns NETNS]",
    "link delete DEV",
];

/// Arguments of `nsfw link`.
#[derive(Debug, Args)]
pub struct Link {
    /// list [DEV] | set DEV [up|down] [mtu N] [name NEW] [address MAC] | add A type veth peer B [netns NETNS] | delete
    /// DEV
    #[arg(value_name = "WORDS", trailing_var_arg = true)]
    words: Vec<String>,
}

/// What the words ask for.
#[derive(Debug, PartialEq, Eq)]
enum Action {
    List(Option<String>),
    Set(String, LinkChange),
    Add { name: String, peer: String, netns: Option<String> },
    Delete(String),
}

impl Link {
    /// Runs the command.
    ///
    /// # Errors
    /// Words that do not fit, a link that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        match parse(&self.words)? {
            Action::List(only) => list::show(globals, only.as_deref(), |node, out| status::links(&node.links, out))?,
            Action::Set(name, change) => {
                let mut socket = open(globals)?;
                let index = socket.link(&name)?.index;
                socket.send(&[change.request(index, &name)?])?;
            }
            Action::Add { name, peer, netns } => {
                let netns = netns.as_deref().map(Netns::named).transpose()?;
                let far = netns.as_ref().map(Netns::as_fd);
                let veth = Veth {
                    outer: End { name: &name, netns: None, hardware: None, index: None },
                    peer: End { name: &peer, netns: far, hardware: None, index: None },
                    up: false,
                    mtu: None,
                    whole: false,
                };
                open(globals)?.send(&[veth.request()?])?;
            }
            Action::Delete(name) => {
                let mut socket = open(globals)?;
                let link = socket.link(&name)?;
                socket.delete_link(&link).map_err(|error| match link.loopback {
                    true => error.with_help("the loopback is there as long as its namespace"),
                    false => error,
                })?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// A socket in the namespace that a command may write in.
pub(super) fn open(globals: &Globals) -> Result<Socket, Error> {
    scope::writing(globals)?.enter()?;
    Ok(Socket::open()?)
}

fn parse(words: &[String]) -> Result<Action, Error> {
    let mut words = Words::new(words, USAGE);
    let action = match words.next() {
        None | Some("list" | "show") => {
            words.skip("dev");
            Action::List(words.next().map(str::to_owned))
        }
        Some("set") => {
            words.skip("dev");
            let name = words.need("the link's name")?.to_owned();
            Action::Set(name, change(&mut words)?)
        }
        Some("add") => add(&mut words)?,
        Some("delete" | "del") => {
            words.skip("dev");
            Action::Delete(words.need("the link's name")?.to_owned())
        }
        Some(word) => return Err(words.unknown(word)),
    };
    words.end()?;
    Ok(action)
}

fn change(words: &mut Words<'_>) -> Result<LinkChange, Error> {
    let mut change = LinkChange::default();
    while let Some(word) = words.next() {
        match word {
            "up" => change.up = Some(true),
            "down" => change.up = Some(false),
            "mtu" => change.mtu = Some(words.value("the MTU", "a number of bytes")?),
            "name" => change.name = Some(interface(words)?),
            "address" => change.hardware = Some(hardware(words)?),
            _ => return Err(words.unknown(word)),
        }
    }
    if change == LinkChange::default() {
        return Err(words.lacks("nothing to set".to_owned()));
    }
    Ok(change)
}

fn add(words: &mut Words<'_>) -> Result<Action, Error> {
    words.skip("name");
    let name = interface(words)?;
    words.keyword("type")?;
    words.keyword("veth")?;
    words.keyword("peer")?;
    words.skip("name");
    let peer = interface(words)?;
    let netns = match words.next() {
        None => None,
        Some("netns") => {
            let name = words.need("the namespace")?;
            let checked = netns_name(name);
            Some(checked.map_err(|bad| words.wrong(format!("the namespace cannot be `{}`: {bad}", escape(name))))?)
        }
        Some(word) => return Err(words.unknown(word)),
    };
    Ok(Action::Add { name, peer, netns })
}

fn interface(words: &mut Words<'_>) -> Result<String, Error> {
    match words.need("the link's name")? {
        name if interface::is_name(name) => Ok(name.to_owned()),
        name => Err(words
            .wrong(format!("`{}` cannot be a link's name: 1 to 15 bytes, no `/`, `:`, `%` or blank", escape(name)))),
    }
}

fn hardware(words: &mut Words<'_>) -> Result<Vec<u8>, Error> {
    let word = words.need("the hardware address")?;
    let octets: Option<Vec<u8>> = word
        .split(':')
        .map(|octet| u8::from_str_radix(octet, 16).ok().filter(|_| octet.len() == 2 && !octet.starts_with('+')))
        .collect();
    octets
        .filter(|octets| octets.len() == 6)
        .ok_or_else(|| words.wrong(format!("`{}` is no hardware address such as 02:00:00:00:00:01", escape(word))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Action, Error> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_words_of_ip_are_understood() {
        let set = |change| Action::Set("eth0".to_owned(), change);
        let add = |netns: Option<&str>| Action::Add {
            name: "a".to_owned(),
            peer: "b".to_owned(),
            netns: netns.map(str::to_owned),
        };
        for (line, expected) in [
            ("", Action::List(None)),
            ("show dev eth0", Action::List(Some("eth0".to_owned()))),
            ("set eth0 up", set(LinkChange { up: Some(true), ..LinkChange::default() })),
            (
                "set dev eth0 down mtu 1400",
                set(LinkChange { up: Some(false), mtu: Some(1400), ..LinkChange::default() }),
            ),
            (
                "set eth0 address 02:00:00:00:00:ff",
                set(LinkChange { hardware: Some(vec![2, 0, 0, 0, 0, 255]), ..LinkChange::default() }),
            ),
            ("add a type veth peer b", add(None)),
            ("add name a type veth peer name b netns n", add(Some("n"))),
            ("del eth0", Action::Delete("eth0".to_owned())),
        ] {
            assert_eq!(parsed(line).ok(), Some(expected), "{line}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for line in [
            "set",
            "set eth0",
            "set eth0 mtu",
            "set eth0 mtu -1",
            "set eth0 left",
            "add a",
            "add a type dummy",
            "add a/b type veth peer c",
            "add a type veth peer b netns",
            "add a type veth peer b netns ../c",
            "delete",
            "delete a b",
            "frob",
            "set eth0 address +2:00:00:00:00:00",
            "list a b",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
