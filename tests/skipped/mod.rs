//! What a test says that cannot run here.

use std::io::Write as _;

/// Says on standard error that this test is skipped, and why; with `NSFW_REQUIRE_NETNS=1` that is a failure.
pub fn say(reason: &str) {
    assert!(std::env::var_os("NSFW_REQUIRE_NETNS").is_none_or(|value| value != "1"), "cannot run: {reason}");
    let thread = std::thread::current();
    // Not `eprintln!`: what that prints is shown of tests that fail alone, and this one passes.
    let line = format!("*skipped* {}: {reason}\n", thread.name().unwrap_or_default());
    std::io::stderr().write_all(line.as_bytes()).expect("standard error is open");
}
