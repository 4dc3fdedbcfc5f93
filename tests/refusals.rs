//! Every refusal says what is wrong, points at the word that is to blame, and says what to do next.
//!
//! tests/golden/refusals.txt holds command lines with what they print on standard error and exit with; they are run one
//! after another in one sandbox. `NSFW_BLESS=1` writes the page anew.

mod sandbox;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/refusals.txt");
const PROMPT: &str = "$ nsfw ";
/// `exec` and `ping` hand on exit codes of their own kind.
const CODES: [&str; 5] = ["[exit 1]", "[exit 2]", "[exit 3]", "[exit 126]", "[exit 127]"];

#[test]
fn refusals_are_what_the_golden_page_says() {
    let golden = std::fs::read_to_string(GOLDEN).expect("the golden page");
    // A directory that the caller may not search would make "not found" a "not permitted" (execvp(3)).
    let mut script =
        String::from("PATH=/usr/sbin:/usr/bin:/sbin:/bin; nsfw() { \"$NSFW\" \"$@\" 2>&1 </dev/null || code=$?; }\n");
    for line in golden.lines().filter_map(|line| line.strip_prefix(PROMPT)) {
        assert!(!line.contains('\''), "{line}");
        script += &format!("printf '%s\\n' '{PROMPT}{line}'; code=0; nsfw {line}; echo \"[exit $code]\"; echo\n");
    }
    let Some(out) = sandbox::run(&script, &[]) else { return };
    if std::env::var_os("NSFW_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(GOLDEN, &out).expect("writable");
    } else {
        let wrong = out.split("\n\n").zip(golden.split("\n\n")).find(|(now, then)| now != then);
        assert_eq!(out, golden, "NSFW_BLESS=1 writes it anew; the first difference: {wrong:#?}");
    }
    for block in out.split("\n\n").filter(|block| !block.trim().is_empty()) {
        let refused = block.lines().any(|line| line.starts_with("error: "));
        assert_eq!(refused, block.lines().last().is_some_and(|line| CODES.contains(&line)), "{block}");
        assert!(!refused || block.lines().any(|line| line.starts_with("help: ")), "no help: {block}");
    }
}

#[test]
fn words_that_are_no_text_or_very_long_are_refused_calmly() {
    let script = r#"
        refuse() { "$NSFW" "$@" >/run/error 2>&1 && exit 9; test $? -le 3; tail -c 600 /run/error | head -4; test $(wc -c </run/error) -lt 20000; }
        refuse "$(printf 'a\377b')"
        refuse rule add INPUT -j "$(printf '\033[2J\377')"
        refuse chain add "$(printf '%0100000d' 0)"
        refuse rule add INPUT -s "$(printf '%08000d' 0 | sed 's/0/1.1.1.1,/g')x" -j ACCEPT
        refuse ""
        refuse -n "" status
        refuse chain add ""
        refuse -n
        refuse --netns=
        refuse -n a
    "#;
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert!(!out.contains('\u{1b}'), "{out}");
}

#[test]
fn a_control_character_looks_the_same_wherever_it_is_told() {
    let script = r#"
        bad=$(printf 'a\033[31m\\')
        set +e; $NSFW chain add "$bad" 2>&1; $NSFW link add "$bad" type veth peer b 2>&1; $NSFW flush "$bad" 2>&1
        $NSFW rule add INPUT -s "$bad" 2>&1; $NSFW setup --nodes "$bad,b" 2>&1; $NSFW -n "$bad" status 2>&1; true
    "#;
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out.matches("error: ").count(), 6, "{out}");
    let lines: Vec<_> = out.lines().filter(|line| line.contains("31m")).collect();
    assert!(lines.len() >= 12, "each error and each excerpt: {out}");
    for line in lines {
        assert!(line.contains("a\\x1b[31m\\") && !line.contains("\\\\x1b"), "{line}");
    }
}

#[test]
fn errors_are_coloured_where_that_is_asked_for() {
    let script =
        "set +e; $NSFW --color=always -n nope status 2>&1; $NSFW --color always frob 2>&1; $NSFW frob 2>&1; true";
    let Some(out) = sandbox::run(script, &[]) else { return };
    let (coloured, plain) = out.split_at(out.rfind("error:").expect("an error"));
    assert_eq!(coloured.matches("\x1b[31merror:\x1b[0m ").count(), 2, "{out}");
    assert_eq!(coloured.matches("\x1b[36mhelp:\x1b[0m ").count(), 2, "{out}");
    assert!(coloured.contains("\n\x1b[31m                         ^^^^\x1b[0m\n"), "{out}");
    assert!(!plain.contains('\x1b'), "{out}");
}
