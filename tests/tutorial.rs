//! docs/tutorial.md says what the commands print: each one is run again, in the order of the page.
//!
//! `NSFW_BLESS=1` writes the page anew.

mod sandbox;

use std::fs;
use std::path::Path;

/// Stands alone on the line before each command's output.
const MARK: &str = "--8<-- the next command --8<--";

/// A piece of the page.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    /// Text, and the lines that open and close a block.
    Text(String),
    /// A command with the lines that are printed below it.
    Command { line: String, output: Vec<String> },
}

fn pieces(page: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut in_console = false;
    for line in page.lines() {
        if line.starts_with("```") {
            in_console = line == "```console";
            found.push(Piece::Text(line.to_owned()));
        } else if let Some(command) = line.strip_prefix("$ ").filter(|_| in_console) {
            found.push(Piece::Command { line: command.to_owned(), output: Vec::new() });
        } else if let Some(Piece::Command { output, .. }) = found.last_mut().filter(|_| in_console) {
            output.push(line.to_owned());
        } else {
            found.push(Piece::Text(line.to_owned()));
        }
    }
    found
}

fn page(pieces: &[Piece]) -> String {
    let lines = pieces.iter().flat_map(|piece| match piece {
        Piece::Text(line) => vec![line.clone()],
        Piece::Command { line, output } => std::iter::once(format!("$ {line}")).chain(output.clone()).collect(),
    });
    lines.map(|line| line + "\n").collect()
}

/// Takes away what differs from one run to the next: times, inode numbers, addresses made from a MAC (which also come
/// up late), and with them the width of columns.
fn settled(output: &[String]) -> Vec<String> {
    let lines = output.iter().filter(|line| !line.trim_start().starts_with("fe80:"));
    lines
        .map(|line| {
            let line = ["time=", ", time ", "rtt ", ", fe80:"]
                .iter()
                .filter_map(|varying| line.find(varying))
                .min()
                .map_or(line.as_str(), |at| &line[..at]);
            let inode = |word: &&str| word.len() >= 10 && word.bytes().all(|byte| byte.is_ascii_digit());
            let words = line.split_whitespace().map(|word| if inode(&word) { "INODE" } else { word });
            words.collect::<Vec<_>>().join(" ")
        })
        .collect()
}

/// The output as it is without the `--rootless` that the script puts into every command: refusals repeat the command.
fn without_rootless(output: &str) -> Vec<String> {
    const OPTION: &str = "--rootless ";
    let mut repeated = false;
    let mut lines = Vec::new();
    for line in output.lines() {
        let carets = line.get(OPTION.len()..).filter(|_| repeated);
        repeated = line.starts_with("  nsfw --rootless ");
        lines.push(carets.unwrap_or(line).replace(OPTION, ""));
    }
    lines
}

#[test]
fn the_tutorial_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tutorial.md");
    let mut pieces = pieces(&fs::read_to_string(&path).expect("the tutorial"));
    // As an ordinary user: in namespaces that a holder of the test's own keeps.
    let mut script = "
        mkdir -m 700 /run/runtime; export NSFW_RUNTIME_DIR=/run/runtime LC_ALL=C
        trap '$NSFW --rootless teardown --all >/dev/null' EXIT
        nsfw() { \"$NSFW\" --rootless \"$@\"; }
    "
    .to_owned();
    for piece in &pieces {
        if let Piece::Command { line, .. } = piece {
            script += &format!("echo '{MARK}'\n{{ {line}; }} 2>&1 || true\n");
        }
    }
    let Some(out) = sandbox::run(&script, &[]) else { return };
    let separator = format!("{MARK}\n");
    let mut printed = out.split(&separator).skip(1);
    let mut wrong = String::new();
    for piece in &mut pieces {
        let Piece::Command { line, output } = piece else { continue };
        let now = without_rootless(printed.next().unwrap_or_default());
        if settled(&now) != settled(output) {
            wrong += &format!("$ {line}\n--- printed\n{}\n--- on the page\n{}\n", now.join("\n"), output.join("\n"));
            *output = now;
        }
    }
    if std::env::var_os("NSFW_BLESS").is_some_and(|value| value == "1") {
        fs::write(&path, page(&pieces)).expect("the tutorial can be written");
    } else {
        assert!(wrong.is_empty(), "docs/tutorial.md is not true; NSFW_BLESS=1 writes it anew:\n{wrong}");
    }
}

#[test]
fn the_readmes_picture_is_one_of_the_tutorial() {
    let read = |name: &str| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a page");
    let readme = read("README.md");
    let picture = readme.split("```console\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a picture");
    assert!(read("docs/tutorial.md").contains(picture), "not in the tutorial:\n{picture}");
}

#[test]
fn a_page_is_put_together_as_it_was() {
    let text = "# A\n\n```console\n$ a b\nout\n\n$ c\n```\n$ not a command\n";
    assert_eq!(page(&pieces(text)), text);
    let commands = pieces(text).into_iter().filter(|piece| matches!(piece, Piece::Command { .. })).count();
    assert_eq!(commands, 2);
}
