//! A command that is killed leaves nothing behind: SIGKILL a hundred times, at moments that look like chance.
//!
//! Experiments are run as root and, in turns, without the right to make networks; probes and live traces watch a lab that
//! stands. A copy of the program with a name of its own tells its processes from everybody else's.

mod sandbox;

/// Another seed is other moments.
const SEED: u64 = 20_261_126;

/// Commands with the number of times that each is killed.
const KILLS: [(&str, usize); 4] = [("run", 30), ("run_without_rights", 30), ("probe", 25), ("trace", 15)];

/// `killed COMMAND THOUSANDTHS…` kills it after so much of the time that it takes when nobody does; `left` prints what
/// a killed command could leave in this host and in the lab's nodes.
const FUNCTIONS: &str = r#"
    home=$(mktemp -d); mkdir "$home/tmp"; export TMPDIR="$home/tmp"; program="$home/killed"; cp "$NSFW" "$program"
    trap '"$NSFW" teardown --all >/dev/null; rm -rf "$home"' EXIT
    "$NSFW" setup -q
    # The first of them puts names where PATH finds them, and they stay.
    "$NSFW" exec test-1 -- true

    run() { exec "$program" run --jobs 2 rules/count.toml rules/bridge.toml; }
    run_without_rights() { exec setpriv --bounding-set=-sys_admin -- "$program" run --jobs 2 rules/count.toml rules/bridge.toml; }
    probe() { exec "$program" probe --from test-1 --to 192.168.2.1 tcp/22; }
    trace() { exec "$program" -n test-2 trace -c 1; }

    processes() { ls -l /proc/[0-9]*/exe 2>/dev/null | grep -c "$program" || true; }
    left() {
        ls -A /run /run/netns /run/nsfw "$TMPDIR"; cat /proc/self/mountinfo; cut -d: -f1 /proc/net/dev; nft list ruleset
        for node in test-1 test-2; do
            echo "$node"; "$NSFW" exec "$node" -- nft list ruleset; "$NSFW" exec "$node" -- cut -d: -f1 /proc/net/dev
        done
    }
    microseconds() { echo $(($(date +%s%N) / 1000)); }
    killed() {
        command=$1; shift
        begun=$(microseconds)
        if [ "$command" = trace ]; then (sleep 0.02; "$NSFW" exec test-1 -- "$NSFW" --host ping -q -c 1 192.168.2.1) >/dev/null & fi
        ($command) >"$home/out" 2>&1 || { cat "$home/out" >&2; exit 1; }
        takes=$(($(microseconds) - begun))
        for moment in "$@"; do
            ($command) >/dev/null 2>&1 & victim=$!
            sleep "$(printf '0.%06d' $((takes * moment / 1000)))"
            kill -KILL "$victim" 2>/dev/null || true
            code=0; wait "$victim" || code=$?
            # What it had started dies with it, though not before it.
            tries=0
            while [ "$(processes)" != 0 ]; do
                tries=$((tries + 1)); [ "$tries" -lt 200 ] || { echo "$command at $moment: processes are left" >&2; exit 1; }
                sleep 0.01
            done
            echo "$command $code"
        done
    }
"#;

/// The comparison; that it tells one that is alive; that a run and a probe still do what they did.
const LAST: &str = r#"
    left >"$home/after"; diff "$home/before" "$home/after" >&2
    (trace) >/dev/null 2>"$home/told" & alive=$!
    until grep -q tracing "$home/told"; do sleep 0.01; done
    left >"$home/during"; kill -KILL "$alive"
    diff "$home/before" "$home/during" | grep -q '> table inet nsfw-witness-' || { echo "left() sees nothing" >&2; exit 1; }
    (run) >/dev/null; (probe) >/dev/null
"#;

/// Numbers below a thousand (the minimal standard generator of Park and Miller).
fn moments() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(SEED), |state| Some(state * 48_271 % 0x7fff_ffff)).skip(1).map(|state| state % 1000)
}

#[test]
fn nothing_is_left() {
    let mut moments = moments();
    let mut script = format!("cd '{}'\n{FUNCTIONS}\nleft >\"$home/before\"\n", env!("CARGO_MANIFEST_DIR"));
    for (command, times) in KILLS {
        let these: Vec<_> = moments.by_ref().take(times).map(|moment| moment.to_string()).collect();
        script += &format!("killed {command} {}\n", these.join(" "));
    }
    script += LAST;
    let Some(out) = sandbox::run(&script, &["nft", "setpriv"]) else { return };
    let of = |ending: &str| out.lines().filter(|line| line.ends_with(ending)).count();
    // The rest was over before its moment came.
    assert_eq!(of(" 137") + of(" 0"), KILLS.iter().map(|row| row.1).sum::<usize>(), "{out}");
    assert!(of(" 137") >= 60, "only {} were hit:\n{out}", of(" 137"));
}
