//! Whatever is wrong in an experiment's file is told with line, column and caret: each refusal of the design, provoked once.
//!
//! tests/golden/experiment-refusals.txt holds pieces of files, each behind a line `---`, followed by what is told behind a
//! line `=>`. `NSFW_BLESS=1` writes the page anew.

mod sandbox;

use nsfw::experiment::design::Design;
use nsfw::experiment::source::Source;
use nsfw::rule::NoNames;

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/experiment-refusals.txt");
/// Stands in front of pieces that begin with a step.
const PAIR: &str =
    "[nodes.a]\n[nodes.b]\n[[links]]\nendpoints = [\"a:e\", \"b:e\"]\naddresses = [\"10.0.0.1/24\", \"10.0.0.2/24\"]\n";

/// What is told of a piece; nothing where there is nothing wrong.
fn told(piece: &str) -> String {
    let pair = if piece.starts_with("[[steps]]") { PAIR } else { "" };
    let source = Source { path: "/nonexistent/x.toml".into(), text: format!("{pair}{piece}") };
    let faults = Design::new(&source, &NoNames).err().unwrap_or_default();
    faults.iter().map(|fault| fault.show("x.toml", &source.text, str::to_owned)).collect()
}

#[test]
fn refusals_are_what_the_golden_page_says() {
    let golden = std::fs::read_to_string(GOLDEN).expect("the golden page");
    let (mut page, mut untold) = (String::new(), String::new());
    for block in golden.split("---\n").skip(1) {
        let piece = block.split("=>\n").next().unwrap_or_default();
        let told = told(piece);
        if !told.starts_with("error: x.toml:") || !told.contains('^') {
            untold += piece;
        }
        page += &format!("---\n{piece}=>\n{told}");
    }
    assert!(untold.is_empty(), "nothing, or no place, is told of\n{untold}");
    if std::env::var_os("NSFW_BLESS").is_some_and(|value| value == "1") {
        std::fs::write(GOLDEN, &page).expect("writable");
    } else {
        assert_eq!(page, golden, "NSFW_BLESS=1 writes it anew");
    }
}

#[test]
fn what_is_no_file_is_refused_at_once() {
    let script = r#"
        cd "$(mktemp -d)"; mkfifo pipe.toml pipe; mkdir folder; ln -s . folder/again; echo '[nodes.a]' >folder/x.toml
        rules() { printf '[nodes.a]\nrules = "%s"\n' "$1" >x.toml; echo x.toml; }
        replay() { printf '[nodes.a]\n[nodes.b]\n[[links]]\nendpoints = ["a:e", "b:e"]\n[[steps]]\nreplay = { file = "%s", onto = "a:e" }\n' "$1" >x.toml; echo x.toml; }
        told() { code=0; timeout 5 "$NSFW" run "$@" 2>&1 || code=$?; echo "code $code"; }
        for what in pipe.toml /dev/zero; do told "$what" | grep -E '^(error|code)'; done
        for what in pipe folder /dev/zero; do
            told "$(rules $what)" | grep -oE 'x.toml:2:.*|^code.*'; told "$(replay $what)" | grep -oE 'x.toml:6:.*|^code.*'
        done
        rm x.toml pipe.toml; told folder | grep -c 'ok   folder/x.toml'
        truncate -s 17M long.toml; told long.toml | grep -oE 'it is longer.*|^code.*'
    "#;
    let Some(out) = sandbox::run(script, &[]) else { return };
    let refused = |place: &str, name: &str, what: &str| {
        format!("x.toml:{place}: cannot read \"{name}\": it is a {what}, not a file\ncode 2\n")
    };
    let mut expected = "error: cannot read pipe.toml: it is a pipe, not a file\ncode 2\n\
                        error: cannot read /dev/zero: it is a device, not a file\ncode 2\n"
        .to_owned();
    for (name, what) in [("pipe", "pipe"), ("folder", "directory"), ("/dev/zero", "device")] {
        expected += &refused("2:9", name, what);
        expected += &refused("6:19", name, what);
    }
    expected += "1\nit is longer than 16 MiB\ncode 2\n";
    assert_eq!(out, expected);
}
