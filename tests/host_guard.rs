//! The drop-ins in the host's namespace: they read its rules, and write them only where that is said.

mod skipped;

use std::process::{Command, Stdio};

/// Commands that would change nothing even if they were let through.
const WRITERS: [&[&str]; 4] = [
    &["iptables", "-Z", "NO-SUCH-CHAIN"],
    &["ip6tables", "-L", "NO-SUCH-CHAIN", "-Z"],
    &["iptables-restore", "-n"],
    &["ip6tables-restore", "--noflush", "--counters"],
];

#[test]
fn the_host_s_rules_are_written_only_where_that_is_said() {
    let run = |words: &[&str], global: &[&str], variable: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_nsfw"));
        let command = command.args(global).args(words).env("NSFW_HOST", variable).stdin(Stdio::null());
        let output = command.output().expect("it runs");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for words in WRITERS {
        for variable in ["", "0", "yes"] {
            let (code, told) = run(words, &[], variable);
            if !told.contains("NSFW_HOST=1") {
                skipped::say(&format!("these tests do not stand in the host's namespace: {told}"));
                return;
            }
            assert_eq!(code, Some(4), "{words:?}: {told}");
        }
        for (global, variable) in [(&["--host"][..], ""), (&[], "1")] {
            let (_, told) = run(words, global, variable);
            assert!(!told.contains("NSFW_HOST=1"), "{words:?}: {told}");
        }
    }
    let reads = [&["iptables", "-V"][..], &["iptables", "-h"], &["ip6tables-restore", "-V"], &["iptables-save", "-V"]];
    for words in reads {
        assert_eq!(run(words, &[], "").0, Some(0), "{words:?}");
    }
}
