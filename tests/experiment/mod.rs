//! Experiments that a test writes, run by the program in namespaces of their own.

#[path = "../sandbox/mod.rs"]
pub mod sandbox;

use std::path::Path;

/// The output and exit code of `nsfw run`; none where this host allows no namespaces.
pub fn run(arguments: &str) -> Option<(String, i32)> {
    let root = env!("CARGO_MANIFEST_DIR");
    let script = format!("cd '{root}'; code=0; \"$NSFW\" run {arguments} 2>&1 || code=$?; echo \"code $code\"");
    let out = sandbox::run(&script, &[])?;
    let (text, code) = out.trim_end().rsplit_once("code ").expect("the script tells the code");
    Some((text.to_owned(), code.parse().expect("a number")))
}

/// Runs an experiment that is written here. No two tests give it the same name.
pub fn run_text(name: &str, text: &str, options: &str) -> Option<(String, i32)> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("experiments");
    std::fs::create_dir_all(&folder).expect("a folder");
    let file = folder.join(format!("{name}.toml"));
    std::fs::write(&file, text).expect("written");
    run(&format!("'{}' {options}", file.display()))
}
