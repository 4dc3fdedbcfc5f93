//! The demonstration: every figure is right, several at once do not meet, an existing lab is not touched, and nothing
//! stays when it is killed.

mod sandbox;

#[test]
fn every_figure_is_right() {
    let Some(out) = sandbox::run("$NSFW demo || echo \"exit $?\"", &[]) else { return };
    assert!(out.ends_with("\n22 of 22 figures are right\n"), "{out}");
    assert!(!out.contains('\x1b'), "colours without a terminal: {out}");
}

#[test]
fn several_at_once_do_not_meet_and_touch_no_lab() {
    let script = "
        $NSFW setup -q; $NSFW -n test-2 counters --format json >/run/before
        for n in 1 2 3 4; do ($NSFW demo >/run/demo-$n || echo \"exit $?\" >>/run/demo-$n) & done; wait
        tail -qn 1 /run/demo-*
        $NSFW -n test-2 counters --format json | cmp - /run/before
        $NSFW teardown
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out, "22 of 22 figures are right\n".repeat(4) + "lab default: removed test-1, test-2\n");
}

#[test]
fn nothing_stays_when_it_is_killed() {
    // Every process of the demonstration has the mark in its environment. The command that is being played when the
    // demonstration dies ends by itself: three requests take less than a second.
    let script = "
        mark=DEMO_MARK=$(readlink /proc/self/ns/net)
        marked() { grep -lzxF \"$mark\" /proc/[0-9]*/environ 2>/dev/null || true; }
        env \"$mark\" $NSFW demo >/run/out 2>&1 & demo=$!
        sleep 0.5; test -n \"$(marked)\"; kill -KILL $demo; wait $demo || true
        for try in 1 2 3 4 5 6 7 8 9 10; do test -z \"$(marked)\" && break; sleep 0.3; done
        marked; ls -A /run | grep -v out || true
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out, "");
}
