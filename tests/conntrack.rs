//! Connections as the kernel tracks them, against conntrack-tools.

mod sandbox;

const TRACKED: &str = "
    $NSFW setup -q
    $NSFW -n test-2 rule add INPUT -m conntrack --ctstate NEW,ESTABLISHED
    $NSFW -n test-2 sysctl net.netfilter.nf_conntrack_acct=1 >/dev/null
    $NSFW -n test-1 ping -q -c 1 192.168.2.1 >/dev/null
";

#[test]
fn lists_what_conntrack_lists() {
    let script = format!(
        "{TRACKED}
        nsenter --net=/run/netns/test-2 conntrack -L 2>/dev/null; echo ===
        $NSFW -n test-2 conntrack list"
    );
    let Some(out) = sandbox::run(&script, &["conntrack", "nsenter"]) else { return };
    let (theirs, ours) = out.split_once("===\n").expect("both lists");
    // The third column counts seconds down.
    let steady = |text: &str| {
        let without = |line: &str| {
            line.split_whitespace()
                .enumerate()
                .filter(|(at, _)| *at != 2)
                .map(|(_, w)| w.to_owned())
                .collect::<Vec<_>>()
        };
        text.lines().map(without).collect::<Vec<_>>()
    };
    assert_eq!(steady(ours), steady(theirs));
    assert_eq!(ours.lines().count(), 1, "{ours}");
    assert!(ours.contains("src=192.168.1.1 dst=192.168.2.1 type=8") && ours.contains("packets=1 bytes=84"), "{ours}");
}

#[test]
fn flushes_what_fits_and_then_all() {
    let script = format!(
        "{TRACKED}
        lines() {{ $NSFW -n test-2 conntrack list $* | wc -l; }}
        lines; lines -p udp; lines -6; lines -s 192.168.1.0/24
        $NSFW -n test-2 conntrack flush -p udp; lines
        $NSFW -n test-2 conntrack flush -d 192.168.2.1; lines
        $NSFW -n test-1 ping -q -c 1 192.168.2.1 >/dev/null; lines
        $NSFW -n test-2 conntrack list --format json
        $NSFW -n test-2 conntrack flush; lines"
    );
    let Some(out) = sandbox::run(&script, &[]) else { return };
    let (json, lines): (Vec<&str>, Vec<&str>) = out.lines().partition(|line| line.starts_with('{'));
    assert_eq!(lines, ["1", "0", "0", "1", "1", "0", "1", "0"]);
    let value: serde_json::Value = serde_json::from_str(json[0]).expect("JSON");
    assert_eq!(value["schema"], "nsfw.conntrack/1");
    assert_eq!(value["netns"][0]["connections"][0]["original"]["source"], "192.168.1.1");
}
