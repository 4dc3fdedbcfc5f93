//! Captures: the lines, the pcap file as tcpdump reads it, the end.

mod sandbox;

use std::process::Command;

/// Starts a capture with these words in test-2, and lets `traffic` run once it listens.
fn script(words: &str, traffic: &str) -> String {
    format!(
        "$NSFW setup -q; set +e
        $NSFW -n test-2 capture {words} >/run/out 2>/run/err & victim=$!
        for try in $(seq 50); do grep -q capturing /run/err && break; sleep .1; done
        {traffic}
        wait $victim; code=$?
        cat /run/out; cat /run/err; echo \"exit $code\""
    )
}

const PING: &str = "$NSFW -n test-1 ping -q -c 1 192.168.2.1 >/dev/null";

/// A line without its time.
fn words(line: &str) -> &str {
    line.split_once(' ').map_or(line, |(_, words)| words)
}

#[test]
fn shows_a_ping_and_ends_on_an_interrupt() {
    let traffic =
        format!("{PING}\nfor try in $(seq 50); do grep -q reply /run/out && break; sleep .1; done\nkill -INT $victim");
    let Some(out) = sandbox::run(&script("-i eth0", &traffic), &[]) else { return };
    assert!(out.contains(" IP 192.168.1.1 > 192.168.2.1: ICMP echo request, id "), "{out}");
    assert!(out.contains(" IP 192.168.2.1 > 192.168.1.1: ICMP echo reply, id "), "{out}");
    assert!(out.contains(" captured, 0 dropped by the kernel\nexit 0\n"), "{out}");
}

#[test]
fn counts_and_names_the_interfaces_of_any() {
    // Each link sends packets of its own; a ping of oneself is heard once.
    let traffic = "$NSFW -n test-2 ping -q -c 9 -i .1 127.0.0.1 >/dev/null";
    let Some(out) = sandbox::run(&script("-i any -c 6", traffic), &[]) else { return };
    assert!(out.contains(" lo In IP 127.0.0.1 > 127.0.0.1: ICMP echo request, id "), "{out}");
    assert!(!out.contains(" lo Out "), "{out}");
    assert!(out.contains("6 packets captured, "), "{out}");
}

/// Outside of the namespaces: as root tcpdump becomes another user, which a user namespace does not let it.
fn read_with_tcpdump(base64: &str) -> String {
    let script = "echo \"$1\" | base64 -d | tcpdump -nS -r - 2>/dev/null";
    let output = Command::new("sh").args(["-c", script, "sh", base64.trim()]).output().expect("a shell");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn tcpdump_reads_the_file_as_the_same_lines() {
    let traffic = format!(
        "{PING}
        $NSFW -n test-2 rule add INPUT -p tcp -j REJECT --reject-with tcp-reset
        nsenter --net=/run/netns/test-1 bash -c 'exec 3<>/dev/tcp/192.168.2.1/81' 2>/dev/null
        nsenter --net=/run/netns/test-1 bash -c 'echo hello >/dev/udp/192.168.2.1/9'
        for try in $(seq 50); do grep -q 'port 9 unreachable' /run/out && break; sleep .1; done
        kill -TERM $victim; wait $victim
        echo '=== theirs'; base64 -w0 /run/file.pcap; echo; echo '=== ours'"
    );
    let Some(out) =
        sandbox::run(&script("-i eth0 -w /run/file.pcap", &traffic), &["tcpdump", "nsenter", "bash", "base64"])
    else {
        return;
    };
    let (_, rest) = out.split_once("=== theirs\n").expect("the file");
    let (file, ours) = rest.split_once("=== ours\n").expect("the lines");
    let theirs = read_with_tcpdump(file);
    let ours: Vec<&str> = ours.lines().take_while(|line| !line.starts_with("capturing")).collect();
    assert_eq!(ours, theirs.lines().collect::<Vec<_>>());
    for expected in ["Flags [S], seq ", "Flags [R.], seq 0, ack ", "UDP, length 6", "udp port 9 unreachable"] {
        assert!(ours.iter().any(|line| words(line).contains(expected)), "{expected}: {ours:#?}");
    }
}

#[test]
fn refusals_say_what_to_do() {
    let script = "
        $NSFW setup -q; set +e
        code() { \"$@\" 2>&1; echo \"exit $?\"; }
        code $NSFW -n test-1 capture -i nope
        $NSFW -n test-1 link set eth0 down; code $NSFW -n test-1 capture -i eth0
        code $NSFW -n test-1 capture -i lo -w /no/such/file
        code $NSFW -n test-1 capture
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert!(out.contains("error: cannot capture on nope: No such device\n"), "{out}");
    assert!(out.contains("help: `nsfw -n test-1 link list` shows"), "{out}");
    assert!(out.contains("error: cannot capture on eth0: Network is down\n"), "{out}");
    assert!(out.contains("help: `nsfw -n test-1 link set eth0 up`"), "{out}");
    assert!(out.contains("error: cannot write /no/such/file: "), "{out}");
    assert_eq!(out.matches("exit 3\n").count(), 2, "{out}");
    assert_eq!(out.matches("exit 2\n").count(), 2, "{out}");
}
