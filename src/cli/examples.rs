//! What the help of each subcommand ends with: lines to try. A test reads every one of them as a command line.

use std::fmt::Write as _;

use clap::Command;

use crate::rule::registry;

/// A subcommand's words, and lines of it, each with what is to be said of it.
type Examples = (&'static str, &'static [(&'static str, &'static str)]);

const EXAMPLES: &[Examples] = &[
    (
        "",
        &[
            ("nsfw setup", "two namespaces, test-1 and test-2, and a wire between them"),
            ("nsfw -n test-1 ping -c 3 192.168.2.1", "packets from one to the other"),
            ("nsfw -n test-2 rule add INPUT -s 192.168.2.2 -j DROP", "a rule where they arrive"),
            ("nsfw -n test-2 counters --watch", "which rule they hit"),
            ("nsfw teardown", "all of it is gone"),
        ],
    ),
    (
        "setup",
        &[
            ("nsfw setup", "the lab of two namespaces, test-1 and test-2"),
            ("nsfw --lab second setup --nodes left,right", "another one beside it"),
            ("nsfw setup -f rules/nat-router.toml", "the network of an experiment, with its rules"),
        ],
    ),
    (
        "teardown",
        &[
            ("nsfw teardown", "the lab"),
            ("nsfw --lab second teardown", "another lab"),
            ("nsfw teardown --all", "every lab, and an ordinary user's holder"),
        ],
    ),
    ("status", &[("nsfw status", "every namespace of the lab"), ("nsfw -n test-1 status", "one namespace")]),
    ("netns", &[("nsfw netns add mine", ""), ("nsfw netns list", ""), ("nsfw netns delete mine", "")]),
    ("netns add", &[("nsfw netns add mine", "")]),
    ("netns delete", &[("nsfw netns delete mine test-1", "")]),
    ("netns list", &[("nsfw netns list", ""), ("nsfw netns list --names", "nothing but the names, for scripts")]),
    (
        "link",
        &[
            ("nsfw -n test-1 link set eth0 mtu 1400", ""),
            ("nsfw -n test-1 link set eth0 down", ""),
            ("nsfw -n test-1 link add a type veth peer b netns test-2", "another wire"),
            ("nsfw -n test-1 link list", ""),
        ],
    ),
    (
        "addr",
        &[
            ("nsfw -n test-1 addr add 10.0.0.1/24 dev eth0", ""),
            ("nsfw -n test-1 addr delete 10.0.0.1/24 dev eth0", ""),
            ("nsfw -n test-1 addr list eth0", ""),
        ],
    ),
    (
        "route",
        &[
            ("nsfw -n test-1 route add default via 192.168.2.1", ""),
            ("nsfw -n test-1 route set 10.0.0.0/8 dev eth0", "in the place of the one that is there"),
            ("nsfw -n test-1 route add blackhole 203.0.113.0/24", ""),
        ],
    ),
    (
        "sysctl",
        &[
            ("nsfw -n test-2 sysctl net.ipv4.ip_forward", "shows it"),
            ("nsfw -n test-2 sysctl net.ipv4.ip_forward=1", "changes it"),
            ("nsfw -n test-2 sysctl net.ipv4.conf.eth0", "shows all below it"),
        ],
    ),
    (
        "echo",
        &[
            ("nsfw -n test-2 echo off", "test-2 answers no ping"),
            ("nsfw -n test-2 echo on -6", "but those of IPv6"),
            ("nsfw echo", "every namespace of the lab"),
        ],
    ),
    ("exec", &[("nsfw exec test-1 -- ss -lnt", ""), ("nsfw -n test-1 exec -- nc -l 8080", "")]),
    ("shell", &[("nsfw shell test-1", "there, commands need no -n")]),
    (
        "ping",
        &[
            ("nsfw -n test-1 ping -c 3 192.168.2.1", ""),
            ("nsfw -n test-1 ping -c 100 -i 0.01 -q 192.168.2.1", "only the summary"),
            ("nsfw -n test-1 ping -M do -s 1472 -c 1 192.168.2.1", "the largest packet that fits unfragmented"),
        ],
    ),
    ("chain", &[("nsfw -n test-2 chain add COUNT", ""), ("nsfw -n test-2 chain list", "")]),
    ("chain add", &[("nsfw -n test-2 chain add COUNT", ""), ("nsfw -n test-2 chain add -6 -t mangle COUNT", "")]),
    (
        "chain delete",
        &[("nsfw -n test-2 chain delete COUNT", ""), ("nsfw -n test-2 chain delete", "all that are unused")],
    ),
    ("chain rename", &[("nsfw -n test-2 chain rename COUNT SEEN", "")]),
    ("chain list", &[("nsfw -n test-2 chain list", "of every family and table"), ("nsfw chain list -t nat", "")]),
    ("chain policy", &[("nsfw -n test-2 chain policy FORWARD DROP", "")]),
    ("rule", &[("nsfw -n test-2 rule add INPUT -p icmp -j DROP", ""), ("nsfw -n test-2 rule list", "")]),
    (
        "rule add",
        &[
            ("nsfw -n test-2 rule add INPUT -p icmp --icmp-type echo-request -j DROP", ""),
            ("nsfw -n test-2 rule add INPUT -p tcp --dport 22 -m conntrack --ctstate NEW -j ACCEPT", ""),
            ("nsfw -n test-2 rule add INPUT -s 192.168.2.2", "no target: it only counts"),
            ("nsfw -n test-2 rule add -6 INPUT -j REJECT --reject-with icmp6-adm-prohibited", ""),
        ],
    ),
    (
        "rule insert",
        &[
            ("nsfw -n test-2 rule insert INPUT -i lo -j ACCEPT", "the first one"),
            ("nsfw -n test-2 rule insert INPUT 3 -j LOG --log-prefix seen:", "in front of the third"),
        ],
    ),
    ("rule replace", &[("nsfw -n test-2 rule replace INPUT 1 -j DROP", "")]),
    (
        "rule delete",
        &[
            ("nsfw -n test-2 rule delete INPUT 1", "the first one"),
            ("nsfw -n test-2 rule delete INPUT -s 192.168.2.2", "the one that says this"),
        ],
    ),
    ("rule check", &[("nsfw -n test-2 rule check INPUT -j DROP", "")]),
    ("rule list", &[("nsfw -n test-2 rule list INPUT", ""), ("nsfw rule list -4 -t nat", "everywhere in the lab")]),
    (
        "counters",
        &[
            ("nsfw counters", "every rule of the lab"),
            ("nsfw -n test-2 counters INPUT --watch=0.5", "twice a second"),
            ("nsfw -n test-2 counters --zero INPUT 1", "shows the first rule's, and sets it to zero"),
            ("nsfw -n test-2 counters --format iptables -x", "as iptables -vnxL"),
            ("nsfw counters --format json", ""),
        ],
    ),
    ("ruleset", &[("nsfw -n test-2 ruleset", "")]),
    ("save", &[("nsfw -n test-2 save -c", "with counters"), ("nsfw -n test-2 save -t nat -6", "")]),
    (
        "translate",
        &[
            ("nsfw translate INPUT -p tcp --dport 22 -j ACCEPT", ""),
            ("nsfw translate -f rules/count.rules", "a save file"),
        ],
    ),
    (
        "restore",
        &[
            ("nsfw -n test-2 restore rules/count.rules", ""),
            ("nsfw -n test-2 restore --test rules/count.rules", "would it load?"),
        ],
    ),
    (
        "run",
        &[
            ("nsfw run rules/", "every experiment in a directory"),
            ("nsfw run rules/ --filter count", "those whose name holds a word"),
            ("nsfw run count.toml --record", "write the counters that were found into the file"),
            ("nsfw run count.toml --keep", "leave the network there, to look at by hand"),
            ("nsfw run tests/ --format junit", ""),
            ("nsfw run tests/ --shard 2/3", "the second third of them"),
        ],
    ),
    (
        "experiment",
        &[
            ("nsfw experiment check rules/count.toml", "all that is wrong, without a kernel"),
            ("nsfw experiment schema", "the JSON Schema of the files"),
        ],
    ),
    ("experiment check", &[("nsfw experiment check rules/count.toml", "")]),
    ("experiment schema", &[("nsfw experiment schema", "")]),
    (
        "trace",
        &[
            ("nsfw -n test-2 trace", "everything that comes, leaves or is made"),
            ("nsfw -n test-2 trace -p tcp --dport 22", "only that, of IPv4 and IPv6"),
            ("nsfw -n test-2 trace -c 3 -4 -s 192.168.1.0/24", "three packets from there"),
        ],
    ),
    (
        "probe",
        &[
            ("nsfw probe --from test-1 --to 192.168.2.1", "an echo request"),
            ("nsfw probe --from test-1 --to 192.168.2.1 tcp/22", "a SYN to port 22"),
            ("nsfw probe --from test-1 --to 192.168.2.1 tcp/22 --explain", "and why rules did not match"),
            ("nsfw -n test-1 probe --to 192.168.2.1 tcp/80 --flags ack", ""),
            ("nsfw -n test-1 probe --to 192.168.2.1 udp/53 --format json", ""),
        ],
    ),
    ("flush", &[("nsfw -n test-2 flush INPUT", ""), ("nsfw -n test-2 flush -t nat", "every chain of the table")]),
    ("conntrack", &[("nsfw -n test-2 conntrack list", ""), ("nsfw -n test-2 conntrack flush", "")]),
    (
        "conntrack list",
        &[("nsfw -n test-2 conntrack list -p tcp -s 192.168.2.2", ""), ("nsfw conntrack list --format json", "")],
    ),
    ("conntrack flush", &[("nsfw -n test-2 conntrack flush -p icmp", "")]),
    ("capture", &[("nsfw -n test-2 capture -i eth0 -c 10", ""), ("nsfw -n test-2 capture -i any -w seen.pcap", "")]),
    ("doctor", &[("nsfw doctor", "")]),
    ("completions", &[("nsfw completions bash", "for ~/.local/share/bash-completion/completions/nsfw")]),
    ("man", &[("nsfw man ~/.local/share/man/man1", "")]),
    ("demo", &[("nsfw demo", "")]),
];

/// Puts the examples, and for rules where their words are told, at the end of each help text.
pub fn add(root: Command) -> Command {
    end(root, "")
}

/// `path` is the words that lead to the subcommand.
fn end(command: Command, path: &str) -> Command {
    let command = command.mut_subcommands(|below| {
        let path = format!("{path} {}", below.get_name());
        end(below, path.trim_start())
    });
    let Some((_, lines)) = EXAMPLES.iter().find(|(wanted, _)| *wanted == path) else { return command };
    let notes = command.get_after_help().map(|notes| format!("{notes}\n\n")).unwrap_or_default();
    command.after_help(notes + &text(path, lines))
}

fn text(path: &str, lines: &[(&str, &str)]) -> String {
    let mut text = if takes_a_rule(path) { rule_words() } else { String::new() };
    text.push_str("Examples:");
    for (line, note) in lines {
        // Writing to a String cannot fail.
        let _ = match note.is_empty() {
            true => write!(text, "\n  {line}"),
            false => write!(text, "\n  {line}  # {note}"),
        };
    }
    text
}

/// Whether iptables' words follow.
fn takes_a_rule(path: &str) -> bool {
    path == "translate" || path.starts_with("rule ") && path != "rule list"
}

fn rule_words() -> String {
    format!(
        "Of a rule without -m: -p, -s, -d, -i, -o, -f; -j TARGET or -g CHAIN.\n\nMatches (-m): {}.\n\nTargets (-j): {}, or a \
         chain.\n\nWhat one of them takes: `nsfw iptables -m NAME -h`, `nsfw iptables -j NAME -h`.\n\n",
        registry::match_names().join(", "),
        registry::target_names().join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::applet::Applet;
    use crate::cli::rule_words::RuleWords;
    use crate::cli::{Cli, typed::Typed};
    use crate::rule;

    #[test]
    fn every_example_is_a_line_of_its_subcommand() {
        for (path, lines) in EXAMPLES {
            assert!(!lines.is_empty(), "{path}");
            for (line, _) in *lines {
                let words = rule::lexer::split_line(line).expect("quotes");
                assert!(Cli::try_parse_from(&words).is_ok(), "{line}");
                let words: Vec<_> = words.iter().map(Into::into).collect();
                let typed = Typed::new(&words);
                let behind = typed.behind_globals();
                assert!(behind.join(" ").starts_with(path), "{line}");
                if let ([_, action, rule @ ..], true) = (behind, path.starts_with("rule ") && takes_a_rule(path)) {
                    let numbered = action != "add" && action != "check";
                    assert!(RuleWords::read(rule, numbered, "").is_ok(), "{line}");
                }
            }
        }
    }

    #[test]
    fn every_subcommand_s_help_has_examples() {
        fn check(command: &Command, name: &str) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Examples:\n  nsfw "), "{name}");
            for below in command.get_subcommands().filter(|below| Applet::named(below.get_name()).is_none()) {
                check(below, &format!("{name} {}", below.get_name()));
            }
        }
        check(&Cli::definition(), "nsfw");
    }
}
