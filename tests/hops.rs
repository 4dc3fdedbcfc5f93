//! Hops that a rule counts up or down: the new number is there, and so is the checksum that covers it.

mod sandbox;

/// The kernel drops a packet with a wrong checksum on its way in.
#[test]
fn hops_are_counted_up_and_down_with_a_right_checksum() {
    let script = "
        ip link set lo up
        for change in 'dec 3 61' 'inc 9 73' 'dec 200 0' 'inc 250 255'; do
            set -- $change
            for family in -4 -6; do $NSFW flush $family -t mangle; $NSFW flush $family; done
            $NSFW rule add -4 -t mangle OUTPUT -j TTL --ttl-$1 $2
            $NSFW rule add -6 -t mangle OUTPUT -j HL --hl-$1 $2
            $NSFW rule add -4 INPUT -p icmp -m ttl --ttl-eq $3
            $NSFW rule add -6 INPUT -p icmpv6 -m hl --hl-eq $3
            for host in 127.0.0.1 ::1; do ping -c 1 -W 1 $host > /dev/null || true; done
            { $NSFW save -c; $NSFW save -c -6; } | grep -e '-eq' | cut -d: -f1
        done
    ";
    let Some(out) = sandbox::run(script, &["ip", "ping"]) else { return };
    // Each with its answer, for both families.
    assert_eq!(out.split_whitespace().collect::<Vec<_>>(), ["[2"; 8], "{out}");
}
