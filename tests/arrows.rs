//! The house's rules about itself: every arrow points down, `unsafe` stays in its room, every module says what it is
//! for. Read from the sources, so that a new file is held to them without being named anywhere.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// For each room: the rooms that it may use. `error` is the top error, which every command returns.
const MAY_USE: [(&str, &[&str]); 10] = [
    ("expr", &["expr"]),
    ("rule", &["rule", "expr"]),
    ("kernel", &["kernel", "expr"]),
    ("firewall", &["firewall", "kernel", "rule", "expr"]),
    ("lab", &["lab", "kernel", "expr"]),
    ("traffic", &["traffic", "kernel", "expr"]),
    ("report", &["report", "lab", "traffic", "firewall", "rule", "expr"]),
    ("exit", &["exit"]),
    ("cli", &["cli", "error", "exit", "report", "lab", "traffic", "firewall", "kernel", "rule", "expr"]),
    ("error", &["error", "lab", "traffic", "firewall", "kernel", "rule", "expr"]),
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

/// The rooms that a line names behind `crate::`, with `crate::{a, b}` taken apart.
fn rooms_named(line: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    line.split("crate::")
        .skip(1)
        .flat_map(|rest| match rest.strip_prefix('{') {
            Some(list) => list.split('}').next().unwrap_or(list).split(',').map(|part| word(part.trim())).collect(),
            None => vec![word(rest)],
        })
        .filter(|name| !name.is_empty())
        .collect()
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
        for (line, code) in code(&text) {
            for named in rooms_named(code) {
                let is_room = MAY_USE.iter().any(|(name, _)| *name == named);
                if is_room && !allowed.contains(&named.as_str()) {
                    wrong.push(format!("src/{file}:{line}: {room} uses {named}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that point up:\n{}", wrong.join("\n"));
}

#[test]
fn the_arrow_check_sees_arrows() {
    assert_eq!(rooms_named("use crate::report::table;"), ["report"]);
    assert_eq!(rooms_named("use crate::{cli, kernel::netns};"), ["cli", "kernel"]);
    assert_eq!(rooms_named("let x = crate::lab::build(crate::expr::Set::new());"), ["lab", "expr"]);
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
            let blocks = text.matches("unsafe {").count() + text.matches("unsafe impl").count();
            let reasons = text.matches("SAFETY:").count();
            assert!(reasons >= blocks, "src/{file}: {blocks} unsafe blocks, {reasons} reasons (`// SAFETY:`)");
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
