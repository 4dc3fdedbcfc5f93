//! The docs say what the commands print, and that is so.

mod page;
mod sandbox;

use std::collections::BTreeSet;

#[test]
fn the_tutorial_is_true() {
    page::is_true("docs/tutorial.md");
}

#[test]
fn the_guide_to_probes_is_true() {
    page::is_true("docs/probe.md");
}

#[test]
fn the_samples_of_json_are_true() {
    page::is_true("docs/run-json.md");
}

#[test]
fn the_guide_to_experiments_is_true() {
    page::is_true("docs/experiments.md");
}

#[test]
fn the_readmes_pictures_are_of_these_pages() {
    let read = |name: &str| {
        std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect("a page")
    };
    let pages = ["docs/tutorial.md", "docs/probe.md", "docs/experiments.md"].map(read);
    let readme = read("README.md");
    let pictures: Vec<_> = readme.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!pictures.is_empty());
    for picture in pictures {
        assert!(pages.iter().any(|page| page.contains(picture)), "on none of the pages:\n{picture}");
    }
}

/// The keys of all objects in a document.
fn keys(document: &serde_json::Value, found: &mut BTreeSet<String>) {
    match document {
        serde_json::Value::Object(fields) => fields.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        serde_json::Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn the_fields_of_json_are_those_of_the_samples() {
    let name = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/run-json.md");
    let text = std::fs::read_to_string(name).expect("a page");
    let mut sampled = BTreeSet::new();
    for piece in page::pieces(&text) {
        let page::Piece::Command { output, .. } = piece else { continue };
        let json = output.iter().skip_while(|line| !line.starts_with('{')).fold(String::new(), |all, line| all + line);
        let documents = serde_json::Deserializer::from_str(&json).into_iter::<serde_json::Value>();
        documents.for_each(|document| keys(&document.expect("JSON"), &mut sampled));
    }
    // The second column of the tables.
    let rows = text.lines().filter(|line| line.starts_with('|')).filter_map(|line| line.split('|').nth(2));
    let told: BTreeSet<String> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).map(str::to_owned).collect();
    assert_eq!(told, sampled);
}

#[test]
fn a_page_is_put_together_as_it_was() {
    let text = "# A\n\n```console\n$ a b\nout\n\n$ c\n```\n$ not a command\n";
    assert_eq!(page::page(&page::pieces(text)), text);
    let commands = page::pieces(text).into_iter().filter(|piece| matches!(piece, page::Piece::Command { .. })).count();
    assert_eq!(commands, 2);
}
