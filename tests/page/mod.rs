//! Pages that say what the commands print: each one is run again, in the order of the page.
//!
//! `NSFW_BLESS=1` writes a page anew.

use std::fs;
use std::path::Path;

use crate::sandbox;

/// Stands alone on the line before each command's output.
const MARK: &str = "--8<-- the next command --8<--";

/// A piece of the page.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// Text, and the lines that open and close a block.
    Text(String),
    /// A command with the lines that are printed below it.
    Command { line: String, output: Vec<String> },
}

/// Takes a page apart.
pub fn pieces(page: &str) -> Vec<Piece> {
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

/// Puts a page together.
pub fn page(pieces: &[Piece]) -> String {
    let lines = pieces.iter().flat_map(|piece| match piece {
        Piece::Text(line) => vec![line.clone()],
        Piece::Command { line, output } => std::iter::once(format!("$ {line}")).chain(output.clone()).collect(),
    });
    lines.map(|line| line + "\n").collect()
}

/// Takes away what differs from one run to the next: times, inode numbers, ports that the kernel finds, addresses made
/// from a MAC (which also come up late), and with them the width of columns.
fn settled(output: &[String]) -> Vec<String> {
    let lines = output.iter().filter(|line| !line.trim_start().starts_with("fe80:"));
    lines
        .map(|line| {
            let line = ["time=", ", time ", "rtt ", ", fe80:", " checks, ", "\"micros\": "]
                .iter()
                .filter_map(|varying| line.find(varying))
                .min()
                .map_or(line.as_str(), |at| &line[..at]);
            line.split_whitespace().map(settled_word).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn settled_word(word: &str) -> &str {
    let is_number = |word: &str| word.bytes().all(|byte| byte.is_ascii_digit());
    if word.len() >= 10 && is_number(word) {
        return "INODE";
    }
    // The kernel's own ports have five digits (net.ipv4.ip_local_port_range).
    match word.rsplit_once(':') {
        Some((address, port)) if port.len() == 5 && is_number(port) => address,
        _ => word,
    }
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

/// Runs the commands of a page of the docs, and compares.
pub fn is_true(name: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let mut pieces = pieces(&fs::read_to_string(&path).expect("a page"));
    // As an ordinary user: in namespaces that a holder of the test's own keeps.
    let mut script = format!(
        "
        mkdir -m 700 /run/runtime; export NSFW_RUNTIME_DIR=/run/runtime LC_ALL=C
        trap '$NSFW --rootless teardown --all >/dev/null' EXIT
        nsfw() {{ \"$NSFW\" --rootless \"$@\"; }}
        mkdir /run/here; cd /run/here; ln -s '{}/rules' rules
        ",
        env!("CARGO_MANIFEST_DIR")
    );
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
        fs::write(&path, page(&pieces)).expect("the page can be written");
    } else {
        assert!(wrong.is_empty(), "{name} is not true; NSFW_BLESS=1 writes it anew:\n{wrong}");
    }
}
