//! The lab in a kernel: it equals what the first script built with `ip`, it is all or nothing, and it touches nothing
//! that it did not make.

mod sandbox;

use serde_json::Value;

const SCRIPT: &str = "
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

/// What `ip` says of both nodes, one JSON document a line, once links and addresses have settled.
const LOOK: &str = "
    for node in test-1 test-2; do
        for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
            ip -n $node -o addr show scope link | grep -q fe80 &&
                ! ip -n $node -o addr | grep -q tentative && break
            sleep 0.3
        done
        ip -n $node -j addr
        ip -n $node -j link
        ip -n $node -j route
        ip -n $node -j -6 route
    done
";

/// Takes away what differs from one set-up to the next.
fn settle(value: &mut Value) {
    const VARIES: [&str; 7] = [
        "ifindex",
        "link_index",
        "link_netnsid",
        "address",
        "valid_life_time",
        "preferred_life_time",
        "link_pointtopoint",
    ];
    match value {
        Value::Array(items) => items.iter_mut().for_each(settle),
        Value::Object(fields) => {
            fields.retain(|name, _| !VARIES.contains(&name.as_str()));
            // A link-local address is made from the MAC.
            if fields.get("local").and_then(Value::as_str).is_some_and(|local| local.starts_with("fe80:")) {
                fields.insert("local".to_owned(), Value::from("fe80::"));
            }
            fields.values_mut().for_each(settle);
        }
        _ => {}
    }
}

fn settled(text: &str) -> Vec<Value> {
    text.lines()
        .map(|line| {
            let mut value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            settle(&mut value);
            value
        })
        .collect()
}

#[test]
fn equals_what_the_script_builds() {
    let Some(theirs) = sandbox::run(&format!("{SCRIPT}{LOOK}"), &["ip"]) else { return };
    let Some(ours) = sandbox::run(&format!("$NSFW setup >/dev/null\n{LOOK}"), &["ip"]) else { return };
    let (ours, theirs) = (settled(&ours), settled(&theirs));
    assert_eq!(ours.len(), 8);
    assert_eq!(ours, theirs);
}

#[test]
fn teardown_leaves_nothing_and_may_be_repeated() {
    let script = "
        $NSFW setup; $NSFW teardown; $NSFW teardown
        test -z \"$(ls /run/netns)\"; test \"$(ls /run/nsfw)\" = lock
        $NSFW --lab other setup --nodes a,b; $NSFW setup
        $NSFW netns add spare; $NSFW --lab other teardown; $NSFW netns list; $NSFW teardown -q --lab none
        $NSFW teardown --all; $NSFW netns list
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert!(out.contains("lab default: removed test-1, test-2\nthere is no lab default\n"), "{out}");
    assert!(out.contains("lab other: removed a, b\n"), "{out}");
    assert!(out.lines().any(|line| line.contains("test-2") && line.ends_with("default")), "{out}");
    let (_, end) = out.rsplit_once("lab default: removed test-1, test-2\nleft what no lab made: spare\n").expect("all");
    assert_eq!(end.lines().filter(|line| line.contains("spare")).count(), 1, "{out}");
}

#[test]
fn what_others_made_is_not_touched() {
    let script = "
        code() { set +e; \"$@\" 2>&1; echo \"exit $?\"; set -e; }
        $NSFW netns add test-2
        before=$(stat -c %i -L /run/netns/test-2)
        code $NSFW setup
        test \"$(ls /run/netns)\" = test-2
        $NSFW netns delete test-2; $NSFW setup -q
        $NSFW netns delete test-1; $NSFW setup 2>&1 | head -1 || true
        umount /run/netns/test-2; rm /run/netns/test-2; $NSFW netns add test-2
        $NSFW teardown; $NSFW netns list
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert!(out.contains("error: the network namespace test-2 exists already"), "{out}");
    assert!(out.contains("exit 3"), "{out}");
    assert!(out.contains("left test-2 alone"), "{out}");
    assert!(out.lines().last().is_some_and(|line| line.contains("test-2") && line.ends_with('-')), "{out}");
}

#[test]
fn a_set_up_that_is_killed_anywhere_is_cleaned_up() {
    let script = "
        for round in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19; do
            $NSFW setup -q & victim=$!
            sleep 0.00$((round / 2))$((round % 2 * 5)); kill -KILL $victim 2>/dev/null || true
            wait $victim 2>/dev/null || true
            if test $((round % 2)) = 0; then $NSFW teardown >/dev/null; $NSFW setup -q
            else $NSFW setup -q 2>/dev/null || { $NSFW teardown >/dev/null; $NSFW setup -q; }; fi
            $NSFW teardown
            test -z \"$(ls /run/netns)\"; test \"$(ls /run/nsfw | grep -v draft)\" = lock
        done
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out, "lab default: removed test-1, test-2\n".repeat(20));
}

#[test]
fn two_at_once_do_not_mix() {
    let script = "
        for n in 1 2 3 4 5 6 7 8; do $NSFW setup -q 2>/dev/null & done
        wait; ls /run/netns; $NSFW teardown
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out, "test-1\ntest-2\nlab default: removed test-1, test-2\n");
}

#[test]
fn a_lab_that_lost_a_namespace_shows_what_is_left() {
    // Without a name, a holder's own namespace shows the lab as the host's does.
    let script = "
        n() { $NSFW --rootless \"$@\"; }
        code() { set +e; n \"$@\" 2>&1; echo \"exit $?\"; set -e; }
        mkdir /run/mine; export NSFW_RUNTIME_DIR=/run/mine; trap 'n teardown --all >/dev/null' EXIT
        n setup | tail -1; n netns add spare
        lose() { n exec spare -- sh -c \"umount /run/netns/$1; rm /run/netns/$1\"; }
        lose test-2; code status | grep -v fe80; code chain list; n status --format json | tail -8
        lose test-1; n netns add test-1; code status; code chain list; code --lab other status
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    let (one, all) = out.split_once("  ],\n  \"lost\": [").expect("a document");
    let next = "next: nsfw --rootless -n test-1 ping -c 3 192.168.2.1; nsfw --rootless -n test-2 counters\n";
    let one = one.strip_prefix(next).unwrap_or_else(|| panic!("{out}"));
    assert!(one.starts_with("test-1\n  LINK ") && one.contains("  lo    up "), "{out}");
    assert!(one.contains("\ntest-2\n  the lab's namespace test-2 is gone\nexit 3\n"), "{out}");
    assert!(one.contains("warning: the lab's namespace test-2 is gone\n# test-1: ip filter\n"), "{out}");
    let expected = "
    {
      \"name\": \"test-2\",
      \"reason\": \"gone\"
    }
  ]
}
test-1
  test-1 is not the namespace that the lab made: -n test-1 shows it

test-2
  the lab's namespace test-2 is gone
exit 3
error: nothing is left of the lab default
help: `nsfw --rootless teardown` forgets it; `nsfw --rootless setup` builds it anew
exit 3
error: there is no lab other
  nsfw --rootless --lab other status
                        ^^^^^
help: build it with `nsfw --rootless --lab other setup`, or name one that is there with --lab: default
exit 3
";
    assert_eq!(all, expected);
}

#[test]
fn what_is_pinned_is_listed_whatever_it_is() {
    let script = "
        $NSFW setup -q
        printf x > /run/netns/$(printf 'b\\377d'); ln -s /nowhere /run/netns/link; mkfifo /run/netns/pipe
        ln -s test-2 /run/netns/again
        $NSFW netns list
        ! $NSFW exec b -- true 2>&1; : > /run/netns/b; ! $NSFW exec b -- true 2>&1
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    for name in ["b\u{fffd}d", "link", "pipe", "again", "test-1", "test-2"] {
        assert!(out.lines().any(|line| line.split_whitespace().any(|word| word == name)), "{name}: {out}");
    }
    assert_eq!(out.matches("\nhelp: ").count(), 2, "{out}");
    assert!(out.contains("\nhelp: its file is none"), "{out}");
}

#[test]
fn a_file_that_took_a_name_is_left_alone() {
    let script = "
        $NSFW setup -q
        umount /run/netns/test-1; echo mine > /run/netns/test-1
        umount /run/netns/test-2; rm /run/netns/test-2; ln -s /nowhere /run/netns/test-2
        $NSFW teardown; ls /run/netns; cat /run/netns/test-1
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert!(out.contains("left test-1 alone") && out.contains("left test-2 alone"), "{out}");
    assert!(out.ends_with("test-1\ntest-2\nmine\n"), "{out}");
}

#[test]
fn echoes_are_switched_for_one_family_or_both() {
    let script = "
        $NSFW netns add a; $NSFW -n a echo off -4; $NSFW -n a echo; $NSFW -n a echo off; $NSFW -n a echo on -6
        $NSFW -n a echo; $NSFW -n a echo -4; $NSFW -n a sysctl net.ipv4.icmp_echo_ignore_all
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    let expected = "\
a: echo replies IPv4 off
a: echo replies IPv4 off, IPv6 on
a: echo replies IPv4 off, IPv6 off
a: echo replies IPv6 on
a: echo replies IPv4 off, IPv6 on
a: echo replies IPv4 off
net.ipv4.icmp_echo_ignore_all = 1
";
    assert_eq!(out, expected);
}

#[test]
fn a_program_runs_where_the_word_or_the_option_says() {
    let script = r#"
        $NSFW netns add a; show='echo $NSFW_NETNS "$@"'
        $NSFW exec a -- sh -c "$show" - -n x -- y; $NSFW exec a sh -c "$show" - --
        $NSFW -n a exec -- sh -c "$show" - -n x -- y; $NSFW -n a exec sh -c "$show" - --
        SHELL=/usr/bin/env $NSFW -n a shell | grep NSFW_NETNS
    "#;
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out, "a -n x -- y\na --\na -n x -- y\na --\nNSFW_NETNS=a\n");
}

#[test]
fn a_program_sees_the_files_of_its_namespace() {
    let script = "
        mount -t tmpfs none /etc; mkdir -p /etc/netns/a; echo theirs > /etc/netns/a/hosts; touch /etc/netns/a/gone
        echo ours > /etc/hosts; $NSFW netns add a; $NSFW netns add b
        $NSFW exec a -- cat /etc/hosts 2>&1; $NSFW exec b -- cat /etc/hosts 2>&1
        rm -r /etc/netns/a; echo > /etc/netns/a; $NSFW exec a -- cat /etc/hosts 2>&1
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines.len(), 5, "{out}");
    assert_eq!(lines[0], "warning: cannot lay the namespace's file over /etc/gone: No such file or directory");
    assert_eq!((lines[1], lines[2]), ("theirs", "ours"));
    assert_eq!(lines[3], "warning: cannot lay the namespace's files over /etc from /etc/netns/a: Not a directory");
    assert_eq!(lines[4], "ours");
}

#[test]
fn a_state_directory_that_is_not_private_is_refused() {
    let script = "
        code() { set +e; \"$@\" 2>&1; echo \"exit $?\"; set -e; }
        mkdir -m 755 /run/nsfw; code $NSFW setup; code $NSFW teardown; code $NSFW netns list
        rmdir /run/nsfw; mkdir -m 700 /run/other; ln -s other /run/nsfw; code $NSFW setup; ls -A /run/other
        rm /run/nsfw; mkdir -m 700 /run/nsfw; mkfifo /run/nsfw/default.json; code $NSFW netns list
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out.matches("exit 3").count(), 5, "{out}");
    assert_eq!(out.matches("error: cannot use the state directory /run/nsfw").count(), 4, "{out}");
    assert_eq!(out.matches("help: ").count(), 5, "{out}");
}

#[test]
fn a_full_disk_leaves_nothing_half_done() {
    let script = "
        fill() { head -c 100000 /dev/zero > /run/fill 2>/dev/null || true; }
        code() { set +e; \"$@\" 2>&1; echo \"exit $?\"; set -e; }
        mount -t tmpfs -o size=16k none /run
        fill; code $NSFW setup; ls -A /run/nsfw; rm /run/fill
        $NSFW setup -q; fill; code $NSFW teardown; ls -A /run/netns /run/nsfw
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    let expected = "error: cannot write the lab's state /run/nsfw/default.json: No space left on device
help: make room on the file system that it is on: see `df -h`, `df -i`
exit 3
lock
lab default: removed test-1, test-2
exit 0
/run/netns:

/run/nsfw:
lock
";
    assert_eq!(out, expected);
}

#[test]
fn nothing_is_deleted_by_hand_under_a_state_that_cannot_be_read() {
    let script = "
        $NSFW setup -q; cp /run/nsfw/default.json /run/saved; : > /run/nsfw/default.json
        ! $NSFW netns delete test-1 2>/dev/null; ls /run/netns
        cp /run/saved /run/nsfw/default.json; $NSFW netns delete test-1; $NSFW teardown
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out, "test-1\ntest-2\nlab default: removed test-2\n");
}
