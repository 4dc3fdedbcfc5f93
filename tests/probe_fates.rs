//! Where a probe ends that no rule keeps and nobody takes, and what programs say in answer to it.

mod sandbox;

/// A lab of two nodes, behind the second of which nobody watches: a wire leads to the namespace of the sandbox.
const LAB: &str = r#"
    cd "$(mktemp -d)"; $NSFW setup -q; exec 9</proc/self/ns/net
    far() { $NSFW exec test-2 -- "$@"; }
    far sh -c 'ip link add up0 type veth peer name far0; ip link set far0 netns /proc/self/fd/9; ip link set up0 up
        ip addr add 203.0.113.1/24 dev up0; ip neigh add 203.0.113.9 lladdr 02:00:00:00:00:01 dev up0'
    ip link set far0 up; $NSFW -n test-2 sysctl net.ipv4.ip_forward=1 >/dev/null
    $NSFW exec test-1 -- ip route add 203.0.113.0/24 via 192.168.2.1 dev eth0 onlink
    probe() { $NSFW probe --from test-1 "$@" && echo 0 || echo $?; }
"#;

fn in_lab(script: &str, tools: &[&str]) -> Option<String> {
    sandbox::run(&format!("{LAB}\n{script}"), &[&["ip"], tools].concat())
}

#[test]
fn what_leaves_the_lab_is_not_lost() {
    let script = r#"
        probe --to 203.0.113.9 udp/5 | tail -2; probe --to 203.0.113.9 udp/5 --format json | grep outcome
        far ip neigh del 203.0.113.9 dev up0; probe --to 203.0.113.9 tcp/5 | tail -2
    "#;
    let Some(out) = in_lab(script, &[]) else { return };
    let left = "left the lab by test-2:up0: what is beyond is not watched\n1\n";
    assert_eq!(out, format!("{left}  \"outcome\": \"left\",\n{left}"));
}

#[test]
fn what_a_queue_gets_is_not_lost() {
    let script = r#"
        far iptables-nft -A INPUT -p udp -j NFQUEUE --queue-num 7 2>/dev/null || { echo "no queues in this kernel" >&2; exit 77; }
        probe --to 192.168.2.1 udp/5 | tail -3; probe --to 192.168.2.1 udp/5 --format json | grep outcome
    "#;
    let Some(out) = in_lab(script, &["iptables-nft"]) else { return };
    let expected = "    >   1 -p udp -j NFQUEUE --queue-num 7  queue 7
queued by test-2: rule 1 of INPUT: a program decides
1
  \"outcome\": \"queued\",
";
    assert_eq!(out, expected);
}

#[test]
fn why_a_probe_is_lost_is_told() {
    let script = r#"
        probe --to 203.0.113.9 icmp --ttl 1 | tail -4; $NSFW -n test-2 sysctl net.ipv4.ip_forward=0 >/dev/null
        probe --to 203.0.113.9 icmp | tail -2
    "#;
    let Some(out) = in_lab(script, &[]) else { return };
    let lost = "lost: it got no further in test-2 behind PREROUTING, though no rule kept it";
    let other =
        format!("{lost}: it is for another host, and this one does not forward, as test-2 counted (InAddrErrors)\n1\n");
    assert!(out.ends_with(&other), "{out}");
    let script = "probe --to 203.0.113.9 icmp --ttl 1";
    let Some(out) = in_lab(script, &[]) else { return };
    let time = format!("{lost}: its time to live was over, as test-2 told the sender (icmp type 11 code 0)\n");
    assert!(
        out.contains(&time) && out.contains("in answer\n  icmp 192.168.2.1 -> 192.168.1.1 type 11 code 0"),
        "{out}"
    );
}

/// A server of UDP that says something else than it hears, after a while; `until_it_listens` waits for it.
const SERVER: &str = r#"
    cat > server.py <<END
import socket, sys, time
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("0.0.0.0", int(sys.argv[1])))
server.settimeout(20)
open("ready", "w").close()
while True:
    data, client = server.recvfrom(2000)
    time.sleep(0.05)
    server.sendto(b"something else", client)
END
    until_it_listens() { until [ -e ready ]; do sleep 0.02; done; }
"#;

#[test]
fn what_a_program_says_in_a_datagram_is_an_answer() {
    let script = r#"
        $NSFW exec test-2 -- python3 server.py 53 >/dev/null 2>&1 & server=$!; trap 'kill $server' EXIT; until_it_listens
        probe --to 192.168.2.1 udp/53 | sed -n '/^accepted/,$p'
        $NSFW -n test-1 rule add INPUT -p udp --sport 53 -j DROP
        probe --to 192.168.2.1 udp/53 --source-port 4711 | tail -3
        # Another port: it is the one behind a translation that tells.
        $NSFW -n test-2 rule add -t nat PREROUTING -p udp --dport 5353 -j REDIRECT --to-ports 53
        probe --to 192.168.2.1 udp/5353 | grep -A 2 answer
    "#;
    let Some(out) = in_lab(&format!("{SERVER}\n{script}"), &["python3"]) else { return };
    let expected = "\
accepted by test-2

in answer
  udp 192.168.2.1:53 -> 192.168.1.1:40000
  test-2
    ip filter OUTPUT out eth0
      >     policy accept
  test-1
    ip filter INPUT in eth0
      >     policy accept
  accepted by test-1
0
      >   1 -p udp -m udp --sport 53 -j DROP  drop
  dropped by test-1: rule 1 of INPUT
0
in answer
  udp 192.168.2.1:53 -> 192.168.1.1:40000
  test-2
";
    assert_eq!(out, expected);
}
