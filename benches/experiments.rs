//! What an experiment costs who runs it: one of the story's size, a hundred of them, a packet with its trace. Each figure
//! has the most that it may be; `make bench` prints both, and fails where one is more.
//!
//! Medians of whole commands. A packet with its trace is what one packet more makes a run take longer, in all: it is sent,
//! followed through two nodes and two rules, judged, and told.

mod timing;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use timing::{enter_private_namespaces, installed_copy, median, succeed, words};

/// Counted rounds of each figure; one more before them is not counted.
const ROUNDS: usize = 31;
/// Of a hundred experiments.
const LONG_ROUNDS: usize = 5;
const COPIES: u32 = 100;
/// Packets beyond the first.
const FURTHER: u32 = 50;

/// A network with rules on the way, and some packets.
fn packets(count: u32) -> String {
    let rules = "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p tcp -j DROP\n-A INPUT -p icmp -j ACCEPT\nCOMMIT\n";
    format!(
        "[nodes.a]\n[nodes.b]\nrules = '''\n{rules}'''\n[[links]]\nendpoints = [\"a:eth0\", \"b:eth0\"]\n\
         addresses = [\"10.0.0.1/24\", \"10.0.0.2/24\"]\n[[steps]]\nfrom = \"a\"\n\
         ping = {{ to = \"10.0.0.2\", count = {count} }}\nexpect = {{ outcome = \"accepted\", replies = {count} }}\n"
    )
}

fn time_of(line: &str, rounds: usize) -> Duration {
    let line = words(line);
    succeed(&line);
    median((0..rounds).map(|_| succeed(&line)).collect())
}

/// Prints a figure, and whether it is as small as it must be.
fn tell(what: &str, taken: Duration, most: Duration) -> bool {
    let milliseconds = |time: Duration| time.as_secs_f64() * 1e3;
    println!("{what:<48} {:>9.2} ms   at most {:>7.0} ms", milliseconds(taken), milliseconds(most));
    taken <= most
}

fn main() -> ExitCode {
    // `cargo test --benches` only asks whether it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return ExitCode::SUCCESS;
    }
    let nsfw = &installed_copy(env!("CARGO_BIN_EXE_nsfw"));
    let story = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/count.toml");
    enter_private_namespaces();
    fs::create_dir("/run/copies").expect("a folder");
    for copy in 0..COPIES {
        fs::copy(story, format!("/run/copies/{copy:03}.toml")).expect("a copy");
    }
    for count in [1, 1 + FURTHER] {
        fs::write(format!("/run/{count}.toml"), packets(count)).expect("an experiment");
    }
    let few = time_of(&format!("{nsfw} run /run/1.toml"), ROUNDS);
    let many = time_of(&format!("{nsfw} run /run/{}.toml", 1 + FURTHER), ROUNDS);
    let one = time_of(&format!("{nsfw} run {story}"), ROUNDS);
    let all = time_of(&format!("{nsfw} run --jobs 2 /run/copies"), LONG_ROUNDS);
    let told = [
        tell("an experiment of the story's size", one, Duration::from_millis(30)),
        tell("a hundred of them, two at once", all, Duration::from_secs(2)),
        tell("a packet with its trace", many.saturating_sub(few) / FURTHER, Duration::from_millis(1)),
    ];
    if told.contains(&false) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
