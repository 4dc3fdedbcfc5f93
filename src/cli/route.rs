//! `nsfw route`: changes and lists routes of the main table, in the words of ip-route(8).
// Doc comments of arguments are help texts: brackets in them mean "may be left out".
#![allow(rustdoc::broken_intra_doc_links)]

use crate::exit::ExitCode;
use std::net::IpAddr;

use clap::Args;
use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use super::words::Words;
use super::{Globals, addr, link, list};
use crate::error::Error;
use crate::kernel::netlink::{Route as KernelRoute, RouteKind};
use crate::report::status;
use crate::report::terminal::escape;

const USAGE: &[&str] = &[
    "route list [DEV]",
    "route add|set|delete [-6] [blackhole|unreachable|prohibit|throw] default|PREFIX [via ADDRESS] [dev DEV] [src ADDRESS] \
     [metric N]",
];

/// Arguments of `nsfw route`.
#[derive(Debug, Args)]
pub struct Route {
    /// `default` means IPv6's
    #[arg(short = '6', long = "ipv6")]
    six: bool,
    /// list [DEV] | add|set|delete [KIND] default|PREFIX [via ADDRESS] [dev DEV] [src ADDRESS] [metric N]; `set` puts it
    /// in the place of the one with the same PREFIX and metric, if there is one
    #[arg(value_name = "WORDS", trailing_var_arg = true)]
    words: Vec<String>,
}

/// What to do with a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    /// Put it in the place of the one with its destination and metric, whether there is one or not.
    Set,
    Delete,
}

/// What the words ask for; the link is still a name.
#[derive(Debug, PartialEq, Eq)]
enum Action {
    List(Option<String>),
    Change(Verb, KernelRoute, Option<String>),
}

impl Route {
    /// Runs the command.
    ///
    /// # Errors
    /// Words that do not fit, a link that is not there, what the kernel refused.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        match parse(&self.words, self.six)? {
            Action::List(only) => list::show(globals, only.as_deref(), |node, out| status::routes(&node.routes, out))?,
            Action::Change(verb, mut route, name) => {
                let mut socket = link::open(globals)?;
                route.link = name.map(|name| socket.link(&name)).transpose()?.map(|link| link.index);
                let request = match verb {
                    Verb::Add => route.add()?,
                    Verb::Set => route.set()?,
                    Verb::Delete => route.delete()?,
                };
                socket.send(&[request])?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn parse(words: &[String], six: bool) -> Result<Action, Error> {
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
    change(&mut words, verb, six)
}

fn change(words: &mut Words<'_>, verb: Verb, mut six: bool) -> Result<Action, Error> {
    let mut word = words.need("the destination")?;
    if let "-6" | "--ipv6" = word {
        six = true;
        word = words.need("the destination")?;
    }
    let kind = RouteKind::from_word(word);
    if kind.is_some() {
        word = words.need("the destination")?;
    }
    let prefix = match word {
        "default" => None,
        word => Some(
            addr::prefix(word)
                .ok_or_else(|| words.wrong(format!("`{}` is no prefix such as 10.0.0.0/8", escape(word))))?,
        ),
    };
    if let Some(prefix) = prefix.filter(|prefix| prefix.trunc() != *prefix) {
        return Err(words.wrong(format!("{prefix} has bits beyond its length; {} is meant?", prefix.trunc())));
    }
    let (mut gateway, mut link, mut source, mut metric): (Option<IpAddr>, _, Option<IpAddr>, _) =
        (None, None, None, None);
    while let Some(word) = words.next() {
        match word {
            "via" => gateway = Some(words.value("the gateway", "an address")?),
            "dev" => link = Some(words.need("the link's name")?.to_owned()),
            "src" => source = Some(words.value("the source address", "an address")?),
            "metric" => metric = Some(words.value("the metric", "a number")?),
            _ => return Err(words.unknown(word)),
        }
    }
    let is_six = prefix.map(|prefix| prefix.addr()).or(gateway).or(source).map_or(six, |address| address.is_ipv6());
    let destination = prefix.unwrap_or(if is_six { Ipv6Net::default().into() } else { Ipv4Net::default().into() });
    if six && !is_six || gateway.into_iter().chain(source).any(|address| address.is_ipv6() != is_six) {
        return Err(words.wrong("the addresses are of different families".to_owned()));
    }
    let kind = kind.unwrap_or_default();
    if verb != Verb::Delete && kind == RouteKind::Unicast && gateway.is_none() && link.is_none() {
        return Err(words.lacks("a route leads somewhere: `via ADDRESS`, `dev DEV` or both".to_owned()));
    }
    let destination: IpNet = destination;
    let route = KernelRoute { kind, destination, gateway, link: None, source, metric };
    Ok(Action::Change(verb, route, link))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Action, Error> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), false)
    }

    #[test]
    fn the_words_of_ip_are_understood() {
        let Ok(Action::Change(Verb::Add, route, Some(link))) = parsed("add default via 10.0.0.1 dev eth0 metric 5")
        else {
            panic!("not understood");
        };
        assert_eq!((route.destination.to_string().as_str(), link.as_str()), ("0.0.0.0/0", "eth0"));
        assert_eq!((route.gateway, route.metric), ("10.0.0.1".parse().ok(), Some(5)));
        let Ok(Action::Change(Verb::Delete, route, None)) = parsed("del blackhole 2001:db8::/32") else {
            panic!("not understood");
        };
        assert_eq!(route.kind, RouteKind::Blackhole);
        for (line, destination) in [
            ("set default via fe80::1 dev eth0", "::/0"),
            ("replace default dev eth0", "0.0.0.0/0"),
            ("set -6 default dev eth0", "::/0"),
        ] {
            let Ok(Action::Change(Verb::Set, route, _)) = parsed(line) else { panic!("not understood: {line}") };
            assert_eq!(route.destination.to_string(), destination);
        }
    }

    #[test]
    fn everything_else_is_refused() {
        for line in [
            "add",
            "add default",
            "add 10.0.0.1/24 dev eth0",
            "add default via x",
            "add default via fe80::1 src 10.0.0.1",
            "add 10.0.0.0/8 via fe80::1",
            "add default dev",
            "add -6 10.0.0.0/8 dev eth0",
            "add default dev eth0 frob",
            "frob",
        ] {
            assert!(parsed(line).is_err(), "{line}");
        }
    }
}
