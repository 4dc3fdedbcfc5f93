//! `nsfw translate` needs no kernel, no namespace and no right: it runs as it stands.

use std::process::Command;

fn translate(words: &str) -> (String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nsfw"));
    let out = command.arg("translate").args(words.split_whitespace()).output().expect("it runs");
    let text = if out.status.success() { out.stdout } else { out.stderr };
    (String::from_utf8(text).expect("text"), out.status.code())
}

#[test]
fn a_rule_becomes_a_command_of_nft() {
    for (words, expected) in [
        ("INPUT -p tcp --dport 22 -j ACCEPT", "add rule ip filter INPUT tcp dport 22 counter accept\n"),
        (
            "-6 -t mangle PREROUTING -s ::1,::2 -j MARK --set-mark 5",
            "add rule ip6 mangle PREROUTING ip6 saddr ::1 counter meta mark set 0x00000005\n\
             add rule ip6 mangle PREROUTING ip6 saddr ::2 counter meta mark set 0x00000005\n",
        ),
        (
            "OUTPUT -m owner --uid-owner 1000-1999 -m statistic --mode nth --every 3 --packet 0",
            "add rule ip filter OUTPUT meta skuid 1000-1999 numgen inc mod 3 0 counter\n",
        ),
        (
            "-t nat PREROUTING -j NETMAP --to 10.1.0.0/16",
            "add rule ip nat PREROUTING counter dnat prefix to 10.1.0.0/16\n",
        ),
    ] {
        assert_eq!(translate(words), (expected.to_owned(), Some(0)), "{words}");
    }
}

#[test]
fn what_has_no_form_is_refused_with_the_reason() {
    let (text, code) = translate("INPUT -j CHECKSUM --checksum-fill");
    assert!(text.starts_with("error: CHECKSUM has no exact nf_tables form"), "{text}");
    assert!(text.contains("\nhelp: "), "{text}");
    assert_eq!(code, Some(2));
}
