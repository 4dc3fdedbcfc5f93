//! The drop-ins against iptables-nft, command line by command line: tests/drop_in/lines.txt.

mod sandbox;

use std::fmt::Write as _;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/drop_in/lines.txt");
/// The version whose differences from 1.8.11 are marked on the page.
const MARKED: &str = "v1.8.9 ";
/// As the page shows every version.
const SHOWN: &str = "v1.8.11 ";

/// Both kinds of programs under iptables' names, names of hosts and networks that are known, and `all`, which each side
/// runs: every line with what it answers.
const BEGIN: &str = r#"
    set +e; mkdir /run/theirs /run/ours
    for name in iptables ip6tables iptables-save ip6tables-save iptables-restore ip6tables-restore; do
        ln -s "$(command -v xtables-nft-multi)" /run/theirs/$name; ln -s "$NSFW" /run/ours/$name
    done
    cp /etc/hosts /run/hosts; printf '10.9.8.7 filer.example\n2001:db8::7 six.example\n' >>/run/hosts
    printf 'lan 10.20.0.0\n' >/run/networks
    printf 'hosts: files\nnetworks: files\nservices: files\nprotocols: files\n' >/run/nsswitch.conf
    for file in hosts networks nsswitch.conf; do
        if ! [ -e /etc/$file ] || ! mount --bind /run/$file /etc/$file; then echo "no /etc/$file" >&2; exit 77; fi
    done
    body() { grep -v '^#'; }
    try() {
        echo "@@@"; eval "$1" </dev/null >/run/out 2>/run/err; code=$?
        cat /run/out; grep -v '^help: ' /run/err | sed 's/^/[stderr] /'; echo "[exit $code]"
    }
"#;

/// A command line on the page.
#[derive(Debug)]
struct Line {
    words: String,
    /// Why it is answered otherwise.
    reason: Option<String>,
    /// How it is answered then.
    answer: String,
    /// Whether a scene begins with it.
    first: bool,
}

fn lines(page: &str) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut first = false;
    for text in page.lines() {
        if text.starts_with("## ") {
            first = true;
        } else if let Some(words) = text.strip_prefix("$ ") {
            lines.push(Line { words: words.to_owned(), reason: None, answer: String::new(), first });
            first = false;
        } else if let (Some(line), Some(reason)) = (lines.last_mut(), text.strip_prefix("~ ")) {
            line.reason = Some(reason.to_owned());
        } else if let (Some(line), Some(answer)) = (lines.last_mut(), text.strip_prefix("| ")) {
            line.answer += &format!("{}\n", answer.trim_end_matches('|'));
        }
    }
    lines
}

fn script(lines: &[Line]) -> String {
    let mut script = format!("{BEGIN}\n all() {{\n");
    for line in lines {
        if line.first {
            script.push_str("nft flush ruleset\n");
        }
        writeln!(script, "try '{}'", line.words.replace('\'', "'\\''")).expect("a string grows");
    }
    script + "}\nPATH=/run/theirs:$PATH; iptables -V; all; echo @=@; PATH=/run/ours:$PATH; all\n"
}

/// The page with these answers below the lines that are marked. A `|` ends what would else end in a blank.
fn blessed(page: &str, answers: &[String]) -> String {
    let mut answers = answers.iter();
    let (mut text, mut answer) = (String::new(), None);
    for line in page.lines().filter(|line| !line.starts_with("| ")) {
        text += &format!("{line}\n");
        if line.starts_with("$ ") {
            answer = answers.next();
        } else if let (true, Some(answer)) = (line.starts_with("~ "), answer) {
            let ended = |line: &str| if line.ends_with(' ') { format!("| {line}|\n") } else { format!("| {line}\n") };
            text.extend(answer.lines().map(ended));
        }
    }
    text
}

#[test]
fn command_lines_are_answered_as_iptables_nft_answers_them() {
    let page = std::fs::read_to_string(PAGE).expect("the page");
    let lines = lines(&page);
    assert!(lines.len() >= 400, "{} lines", lines.len());
    let Some(out) = sandbox::run(&script(&lines), &["xtables-nft-multi", "nft"]) else { return };
    let (theirs, ours) = out.split_once("@=@\n").expect("two sides");
    let answers = |side: &str| side.split("@@@\n").skip(1).map(str::to_owned).collect::<Vec<_>>();
    let is_marked_version = theirs.lines().next().is_some_and(|version| version.contains(MARKED));
    let (theirs, ours) = (answers(&theirs.replace(MARKED, SHOWN)), answers(ours));
    assert_eq!((theirs.len(), ours.len()), (lines.len(), lines.len()));
    if std::env::var_os("NSFW_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(PAGE, blessed(&page, &ours)).expect("writable");
        return;
    }
    let mut wrong = String::new();
    for ((line, theirs), ours) in lines.iter().zip(&theirs).zip(&ours) {
        let expected = if line.reason.is_some() { &line.answer } else { theirs };
        if ours != expected {
            wrong += &format!("$ {}\nexpected:\n{expected}found:\n{ours}\n", line.words);
        } else if is_marked_version && line.reason.is_some() && ours == theirs {
            wrong += &format!("$ {}\nis answered alike: take the mark away\n", line.words);
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
