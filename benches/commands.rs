//! Whole commands against their peers, in turns, in one run: the ratio of the medians holds when the machine's speed
//! drifts. `make bench` prints the figures that the docs quote.
//!
//! Everything happens in a user, mount and network namespace of the bench's own, with a /run of its own: it needs no
//! root, and the host sees nothing of it. A peer that is not installed is named and left out.

mod timing;

use std::fs;
use std::process::Command;

use nix::sched::{CloneFlags, setns};
use nix::sys::resource::{UsageWho, getrusage};

use timing::{enter_private_namespaces, installed_copy, median, succeed, words};

/// Counted rounds of each pair; one more before them is not counted.
const ROUNDS: usize = 31;

/// The set-up script of the story, with `ip`.
const SEED_SCRIPT: &str = "
ip netns add test-1
ip netns add test-2
ip link add myns-1-eth0 type veth peer name myns-2-eth0
ip link set myns-1-eth0 netns test-1
ip link set myns-2-eth0 netns test-2
ip netns exec test-1 ip link set myns-1-eth0 name eth0
ip netns exec test-2 ip link set myns-2-eth0 name eth0
ip netns exec test-1 ip addr add 192.168.1.1/24 dev eth0
ip netns exec test-2 ip addr add 192.168.2.1/24 dev eth0
ip netns exec test-1 ip link set lo up
ip netns exec test-1 ip link set eth0 up
ip netns exec test-2 ip link set lo up
ip netns exec test-2 ip link set eth0 up
ip netns exec test-1 ip route add default via 192.168.1.1 dev eth0
ip netns exec test-2 ip route add default via 192.168.2.1 dev eth0
";

/// One way to do a thing, and how to undo it between the rounds.
struct Way {
    name: &'static str,
    run: Vec<String>,
    undo: Vec<String>,
}

/// Runs both ways in turns and prints medians and ratio.
fn compare(what: &str, ours: &Way, theirs: &Way) {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        for (way, times) in [ours, theirs].into_iter().zip(&mut times) {
            let taken = succeed(&way.run);
            succeed(&way.undo);
            if round > 0 {
                times.push(taken);
            }
        }
    }
    let [ours_taken, theirs_taken] = times.map(median);
    let ratio = ours_taken.as_secs_f64() / theirs_taken.as_secs_f64();
    println!(
        "{what:<32} {:<32} {:>7.2} ms   {:<20} {:>7.2} ms   ratio {ratio:.3} (1/{:.1})",
        ours.name,
        ours_taken.as_secs_f64() * 1e3,
        theirs.name,
        theirs_taken.as_secs_f64() * 1e3,
        1.0 / ratio,
    );
}

/// Peak resident memory of one run, in KiB. The kernel keeps one maximum for all ended children of a process, so a fresh
/// process asks about this one child only.
fn peak_memory(line: &[String]) -> i64 {
    let output =
        Command::new("/proc/self/exe").arg("--peak-of").args(line).output().expect("the bench can start itself");
    String::from_utf8_lossy(&output.stdout).trim().parse().expect("the figure that --peak-of prints")
}

fn print_peak_of(line: &[String]) {
    succeed(line);
    println!("{}", getrusage(UsageWho::RUSAGE_CHILDREN).expect("getrusage(2)").max_rss());
}

fn installed(program: &str) -> bool {
    let found = std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).exists()));
    if !found {
        println!("{program} is not installed: left out");
    }
    found
}

/// The lab of the story with its rules; this process then stands in test-2, so that neither side of a comparison pays
/// for entering the namespace.
fn stand_in_the_lab(nsfw: &str) {
    for line in ["setup", "-n test-2 chain add COUNT", "-n test-2 rule add INPUT -j COUNT"] {
        succeed(&words(&format!("{nsfw} {line}")));
    }
    succeed(&words(&format!("{nsfw} -n test-2 rule add COUNT -d 192.168.2.1 -j RETURN")));
    let netns = fs::File::open("/run/netns/test-2").expect("the lab's namespace");
    setns(netns, CloneFlags::CLONE_NEWNET).expect("entering the lab's namespace");
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some((flag, line)) = arguments.split_first()
        && flag == "--peak-of"
    {
        return print_peak_of(line);
    }
    // `cargo test --benches` only asks whether it starts.
    if arguments.iter().any(|argument| argument == "--test") {
        return;
    }
    let nsfw = &installed_copy(env!("CARGO_BIN_EXE_nsfw"));
    enter_private_namespaces();
    fs::write("/run/seed.sh", SEED_SCRIPT).expect("the script can be written");

    let setup =
        Way { name: "nsfw setup", run: words(&format!("{nsfw} setup")), undo: words(&format!("{nsfw} teardown")) };
    if installed("ip") {
        let seed = Way {
            name: "sh seed.sh (ip)",
            run: words("sh -e /run/seed.sh"),
            undo: vec!["sh".into(), "-c".into(), "ip netns del test-1; ip netns del test-2".into()],
        };
        compare("the lab of the story", &setup, &seed);
    }

    stand_in_the_lab(nsfw);
    let table = words(&format!("{nsfw} --host counters"));
    if installed("iptables-nft") {
        let peer = Way { name: "iptables-nft -vnL", run: words("iptables-nft -vnL"), undo: Vec::new() };
        let ours = Way { name: "nsfw counters", run: table.clone(), undo: Vec::new() };
        compare("the counters of the story", &ours, &peer);
        let run = words(&format!("{nsfw} --host counters --format iptables"));
        let ours = Way { name: "nsfw counters --format iptables", run, undo: Vec::new() };
        compare("the same as iptables prints it", &ours, &peer);
    }
    println!("peak memory of nsfw counters: {} KiB", peak_memory(&table));
}
