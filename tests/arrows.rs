//! The house's rules about itself: every arrow points down, `unsafe` stays in its room, every module says what it is
//! for. Read from the sources, so that a new file is held to them without being named anywhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// For each room: the rooms that it may use. `error` is the top error, which every command returns.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("expr", &["expr"]),
    ("rule", &["rule", "expr"]),
    ("kernel", &["kernel", "expr"]),
    ("firewall", &["firewall", "kernel", "rule", "expr"]),
    ("lab", &["lab", "kernel", "expr"]),
    ("traffic", &["traffic", "kernel", "expr"]),
    ("doctor", &["doctor", "kernel", "expr"]),
    ("way", &["way", "lab", "traffic", "firewall", "kernel", "rule", "expr"]),
    ("experiment", &["experiment", "way", "lab", "traffic", "firewall", "kernel", "rule", "expr"]),
    ("report", &["report", "experiment", "way", "doctor", "lab", "traffic", "firewall", "rule", "expr"]),
    ("exit", &["exit"]),
    (
        "cli",
        &[
            "cli",
            "error",
            "exit",
            "report",
            "experiment",
            "way",
            "doctor",
            "lab",
            "traffic",
            "firewall",
            "kernel",
            "rule",
            "expr",
        ],
    ),
    ("error", &["error", "experiment", "way", "lab", "traffic", "firewall", "kernel", "rule", "expr"]),
];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the source folder can be read") {
        let path = entry.expect("an entry of the source folder").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// Path below src/ and text of every source file.
fn tree() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&root)
        .into_iter()
        .map(|path| {
            let below = path.strip_prefix(&root).expect("a source lies below src").display().to_string();
            (below, fs::read_to_string(&path).expect("a source can be read"))
        })
        .collect()
}

/// Code lines with their numbers: comments and doc comments do not make arrows.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line.trim_start())).filter(|(_, line)| !line.starts_with("//"))
}

/// The modules that the file below src/ is in: `["rule", "nft", "field"]`.
fn modules(file: &str) -> Vec<&str> {
    let path = file.trim_end_matches(".rs");
    path.strip_suffix("/mod").unwrap_or(path).split('/').collect()
}

/// The rooms that code names, with the number of the line: behind `crate::`, behind as many `super::` as lead out of
/// the room, and each one of `crate::{a, b}` though it goes over several lines. In a module inside of the file one
/// `super` leads less far than it seems to here: whoever writes one too many there is not found out.
fn rooms_named(text: &str, file: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let lines: Vec<(usize, &str)> = code(text).collect();
    let joined: String = lines.iter().map(|(_, line)| format!("{line}\n")).collect();
    let out = "super::".repeat(modules(file).len());
    for root in ["crate::", out.as_str()] {
        for (at, _) in joined.match_indices(root) {
            // The tail of a longer name, or of more `super`s.
            if joined[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':') {
                continue;
            }
            let number = lines[joined[..at].matches('\n').count()].0;
            found.extend(heads(&joined[at + root.len()..]).into_iter().map(|name| (number, name)));
        }
    }
    found
}

/// The first word of a path, or of each path in braces.
fn heads(rest: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(list) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut parts) = (0, vec![String::new()]);
    for c in list.chars() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => parts.push(String::new()),
            other if depth == 0 => parts.last_mut().expect("never empty").push(other),
            _ => {}
        }
    }
    parts.iter().map(|part| word(part.trim())).filter(|name| !name.is_empty()).collect()
}

#[test]
fn every_arrow_points_down() {
    let mut wrong = Vec::new();
    for (file, text) in tree() {
        let room = file.split('/').next().unwrap_or(&file).trim_end_matches(".rs").to_owned();
        let Some((_, allowed)) = MAY_USE.iter().find(|(name, _)| *name == room) else {
            assert!(["lib", "main"].contains(&room.as_str()), "src/{file} is in no room of the design");
            continue;
        };
        for (line, named) in rooms_named(&text, &file) {
            let is_room = MAY_USE.iter().any(|(name, _)| *name == named);
            if is_room && !allowed.contains(&named.as_str()) {
                wrong.push(format!("src/{file}:{line}: {room} uses {named}"));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point up:\n{}", wrong.join("\n"));
}

#[test]
fn the_arrow_check_sees_arrows() {
    let named = |text| rooms_named(text, "rule/nft/field.rs").into_iter().map(|found| found.1).collect::<Vec<_>>();
    assert_eq!(named("use crate::report::table;"), ["report"]);
    assert_eq!(named("use crate::{cli, kernel::netns};"), ["cli", "kernel"]);
    assert_eq!(named("use crate::{\n    expr::{Ct, Meta},\n    // kernel,\n    lab,\n};"), ["expr", "lab"]);
    assert_eq!(named("let x = crate::lab::build(crate::expr::Set::new());"), ["lab", "expr"]);
    assert_eq!(named("use super::super::super::kernel::nft;"), ["kernel"]);
    assert_eq!(named("use super::super::{lexer, kernel}; use super::report;"), [""; 0]);
    let line = rooms_named("//! A comment.\n\nuse crate::cli;", "rule/mod.rs");
    assert_eq!(line, [(3, "cli".to_owned())]);
    assert_eq!(rooms_named("use super::cli;", "rule/mod.rs"), [(1, "cli".to_owned())]);
}

/// Whether the line begins an `unsafe` block or implementation; a declaration (`unsafe fn`, `unsafe extern`) promises
/// nothing, who calls it does.
fn promises(line: &str) -> bool {
    line.contains("unsafe {") || line.contains("unsafe impl") || line.contains("#[unsafe(")
}

/// Lines that begin an `unsafe` block for which no `// SAFETY:` stands right above, nor above the statement that it is
/// in.
fn unexplained(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let explained = |at: usize| {
        let statement = (0..at).rev().take_while(|&above| {
            let line = lines[above];
            let ends = line.is_empty() || line.ends_with([';', '}']) || promises(line);
            line.starts_with("//") || !ends
        });
        statement.into_iter().any(|above| lines[above].starts_with("// SAFETY:"))
    };
    let starts = (0..lines.len()).filter(|&at| !lines[at].starts_with("//") && promises(lines[at]));
    starts.filter(|&at| !explained(at)).map(|at| at + 1).collect()
}

#[test]
fn the_safety_check_sees_each_block() {
    let good = "// SAFETY: one\n// goes on.\nlet a = unsafe { f() };\n// SAFETY: two\nlet b =\n    unsafe { g() };";
    assert_eq!(unexplained(good), [0; 0]);
    assert_eq!(unexplained("// SAFETY: one\nunsafe { f() };\nunsafe { g() };"), [3]);
    assert_eq!(unexplained("// SAFETY: far\nlet a = 1;\nunsafe { g() };"), [3]);
}

#[test]
fn unsafe_stays_in_its_room() {
    let mut wrong = Vec::new();
    for (file, text) in tree() {
        let allowed = file.starts_with("kernel/sys/");
        for (line, code) in code(&text) {
            let named = code.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == "unsafe");
            if named && !allowed {
                wrong.push(format!("src/{file}:{line}: {code}"));
            }
        }
        if allowed {
            let unexplained = unexplained(&text);
            assert!(unexplained.is_empty(), "src/{file}: unsafe without `// SAFETY:` in lines {unexplained:?}");
        }
    }
    assert!(wrong.is_empty(), "unsafe outside of kernel/sys:\n{}", wrong.join("\n"));
}

#[test]
fn every_module_says_what_it_is_for() {
    let silent: Vec<String> = tree()
        .into_iter()
        .filter(|(_, text)| !text.starts_with("//!"))
        .map(|(file, _)| format!("src/{file}"))
        .collect();
    assert!(silent.is_empty(), "modules without //!:\n{}", silent.join("\n"));
}

#[test]
fn only_exec_starts_programs() {
    let mut wrong = Vec::new();
    for (file, text) in tree() {
        for (line, code) in code(&text) {
            let code = code.replace("clap::Command", "");
            let starts = ["Command::new", "execv", "posix_spawn"].iter().any(|call| code.contains(call));
            if starts && !["cli/exec.rs", "cli/shell.rs", "cli/demo.rs"].contains(&file.as_str()) {
                wrong.push(format!("src/{file}:{line}: {code}"));
            }
        }
    }
    assert!(wrong.is_empty(), "programs started outside of exec, shell and demo:\n{}", wrong.join("\n"));
}
