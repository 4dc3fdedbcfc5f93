//! Ping against iputils' own: the same lines and exit codes for the same packets, times aside.

mod sandbox;

/// Runs both programs with the same words and prints what they say, each answer ended by its exit code.
const BOTH: &str = "
    $NSFW setup -q
    for name in test-1 test-2; do
        $NSFW -n $name addr add fd00::${name#test-}/64 dev eth0
        $NSFW -n $name sysctl net.ipv4.icmp_echo_ignore_broadcasts=0 >/dev/null
    done
    $NSFW -n test-2 addr add 192.168.1.2/24 dev eth0
    for try in $(seq 50); do $NSFW -n test-1 ping -c 1 -W .1 fd00::2 >/dev/null && break; sleep .1; done
    both() {
        echo '=== theirs'; set +e
        nsenter --net=/run/netns/test-1 ping \"$@\" 2>&1; echo \"exit $?\"
        echo '=== ours'
        $NSFW -n test-1 ping \"$@\" 2>&1; echo \"exit $?\"; set -e
    }
";

/// What both said, their times taken away.
fn compare(words: &[&str]) {
    let mut script = BOTH.to_owned();
    for words in words {
        script.push_str(&format!("both {words}\n"));
    }
    let Some(out) = sandbox::run(&script, &["ping", "nsenter"]) else { return };
    let answers: Vec<&str> = out.split("=== theirs\n").skip(1).collect();
    assert_eq!(answers.len(), words.len());
    for (answer, words) in answers.iter().zip(words) {
        let (theirs, ours) = answer.split_once("=== ours\n").expect("both answers");
        assert_eq!(without_times(ours), without_times(theirs), "ping {words}");
    }
}

/// Digits of times become `N`.
fn without_times(text: &str) -> String {
    let mut result = String::new();
    for line in text.lines() {
        let at = ["time=", ", time ", " = "].iter().filter_map(|mark| line.find(mark)).min().unwrap_or(line.len());
        let (kept, times) = line.split_at(at);
        result.push_str(kept);
        let mut digits = false;
        for character in times.chars() {
            let digit = character.is_ascii_digit() || (digits && character == '.');
            if !digit {
                result.push(character);
            } else if !digits {
                result.push('N');
            }
            digits = digit;
        }
        result.push('\n');
    }
    result
}

#[test]
fn replies_read_as_those_of_iputils() {
    compare(&[
        "-c 2 -i .2 192.168.2.1",
        "-n -c 1 192.168.2.1",
        "-c 1 -s 0 192.168.2.1",
        "-c 1 -s 3000 192.168.2.1",
        "-c 1 -q -t 1 192.168.2.1",
        "-c 1 -I eth0 192.168.2.1",
        "-c 1 -I 192.168.1.1 192.168.2.1",
        "-c 1 fd00::2",
        "-c 1 -6 -s 3000 fd00::2",
        "-c 3 -f 192.168.2.1",
        "-w 1 -c 1 127.0.0.1",
    ]);
}

#[test]
fn sources_and_groups_read_as_those_of_iputils() {
    compare(&[
        "-c 1 0",
        "-c 1 -I eth0 0.0.0.0",
        "-c 1 -W .2 -I lo 192.168.2.1",
        "-q -c 1 -W .2 -I lo 192.168.1.1",
        "-c 1 -I eth0 fd00::2",
        "-c 1 -I fd00::1 fd00::2",
        "-c 1 -I eth0 ff02::1",
        "-c 1 -I eth0 ff01::1",
        "-c 2 -i .3 ff02::1%eth0",
        "-c 2 -i .3 -I eth0 224.0.0.1",
    ]);
}

#[test]
fn failures_read_as_those_of_iputils() {
    compare(&["-c 1 -W .2 192.168.2.99", "-c 1 -W .2 -q fd00::99", "-c 1 -M do -s 2000 -W .2 192.168.2.1"]);
}

#[test]
fn errors_of_the_way_read_as_those_of_iputils() {
    let script = "
        $NSFW setup -q
        $NSFW -n test-2 sysctl net.ipv4.ip_forward=1 net.ipv4.conf.all.send_redirects=0 >/dev/null
        $NSFW -n test-2 sysctl net.ipv4.conf.eth0.send_redirects=0 net.ipv4.icmp_ratelimit=0 >/dev/null
        $NSFW -n test-1 route delete default; $NSFW -n test-1 route add default via 192.168.1.254 dev eth0
        $NSFW -n test-2 addr add 192.168.1.254/24 dev eth0
        $NSFW -n test-2 rule add FORWARD -d 10.1.0.0/16 -j REJECT --reject-with icmp-admin-prohibited
        $NSFW -n test-2 rule add FORWARD -d 10.2.0.0/16 -j REJECT --reject-with icmp-host-unreachable
        set +e
        for words in '-c 1 10.1.0.1' '-c 1 10.2.0.1' '-c 1 -t 1 10.3.0.1'; do
            nsenter --net=/run/netns/test-1 ping $words; echo \"exit $?\"; echo ===
            $NSFW -n test-1 ping $words; echo \"exit $?\"; echo ======
        done; true
    ";
    let Some(out) = sandbox::run(script, &["ping", "nsenter"]) else { return };
    for (pair, words) in out.split("======\n").zip(["Packet filtered", "Host Unreachable", "Time to live exceeded"]) {
        let (theirs, ours) = pair.split_once("===\n").expect("both answers");
        assert_eq!(without_times(ours), without_times(theirs));
        assert!(ours.contains(words) && ours.contains("exit 1"), "{ours}");
    }
}

#[test]
fn refusals_exit_with_2_and_help() {
    let script = "
        $NSFW setup -q; set +e
        for words in 'no.such.name.invalid' '-6 192.168.2.1' '-I nope 192.168.2.1' '-c 0 ::1' '-s 70000 ::1' '-W x ::1'; do
            $NSFW -n test-1 ping $words 2>&1; echo \"exit $?\"
        done
        $NSFW --netns test-1 route delete default; $NSFW ping --netns test-1 192.168.2.1 2>&1; echo \"exit $?\"
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out.matches("exit 2\n").count(), 7, "{out}");
    assert_eq!(out.matches("error: ").count(), 7, "{out}");
    assert!(out.contains("error: cannot reach 192.168.2.1: Network is unreachable\n"), "{out}");
}

#[test]
fn an_interrupt_ends_with_the_figures() {
    let script = "
        $NSFW setup -q
        $NSFW -n test-1 ping 192.168.2.1 >/run/out & victim=$!
        for try in $(seq 50); do grep -q seq=1 /run/out && break; sleep .1; done
        kill -INT $victim; wait $victim; echo \"exit $?\"; cat /run/out
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert!(out.starts_with("exit 0\n"), "{out}");
    assert!(out.contains("1 packets transmitted, 1 received, 0% packet loss"), "{out}");
}
