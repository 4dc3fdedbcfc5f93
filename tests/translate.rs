//! `nsfw translate` needs no kernel, no namespace and no right: it runs as it stands.

use std::io::Write as _;
use std::process::{Command, Stdio};

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

/// What `nsfw` prints for these words with this on standard input, and its exit code.
fn piped(words: &[&str], input: &str) -> (String, String, Option<i32>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_nsfw"));
    command.args(words).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("it reads");
    let out = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
    (text(out.stdout), text(out.stderr), out.status.code())
}

#[test]
fn a_file_becomes_a_script_of_nft() {
    let file = "*filter\n:INPUT DROP [0:0]\n-A INPUT -p tcp --dport 22 -j ACCEPT\n-A INPUT -j CHECKSUM\nCOMMIT\n";
    let (out, told, code) = piped(&["translate", "-6", "-f", "-"], file);
    let lines: Vec<_> = out.lines().collect();
    assert!(lines[0].starts_with(&format!("# Translated by nsfw v{} on ", env!("CARGO_PKG_VERSION"))), "{out}");
    let expected = [
        "add table ip6 filter",
        "add chain ip6 filter INPUT { type filter hook input priority 0; policy drop; }",
        "add rule ip6 filter INPUT tcp dport 22 counter accept",
        "# -t filter -A INPUT -j CHECKSUM ",
    ];
    assert_eq!(&lines[1..5], expected);
    assert!(lines[5].starts_with("# Completed on "), "{out}");
    assert!(told.starts_with("error: -:4:13: CHECKSUM has no exact nf_tables form"), "{told}");
    assert_eq!(code, Some(1));
}

#[test]
fn every_bad_line_of_a_file_is_told_and_nothing_printed() {
    let (out, told, code) = piped(&["translate", "-"], "*filter\n-A INPUT --bad\n-A INPUT -s x.y.z.invalid/8x\n");
    let errors: Vec<_> = told.lines().filter(|line| line.starts_with("error:")).collect();
    assert_eq!((out.as_str(), code), ("", Some(2)));
    assert_eq!(
        errors,
        [
            "error: -:2:10: unknown option \"--bad\"",
            "error: -:3:13: \"8x\" is not a prefix length or mask",
            "error: -:3:1: table filter has no COMMIT",
        ]
    );
}

#[test]
fn what_has_no_form_is_refused_with_the_reason() {
    let (text, code) = translate("INPUT -j CHECKSUM --checksum-fill");
    assert!(text.starts_with("error: CHECKSUM has no exact nf_tables form"), "{text}");
    assert!(text.contains("\nhelp: "), "{text}");
    assert_eq!(code, Some(2));
}
