//! `nsfw restore` beside other writers, and with more rules than a send buffer may hold: whole, or not at all.

mod saved;

use saved::run;

#[test]
fn two_files_at_once_end_in_one_of_them_whole() {
    let script = "
        for name in 1 2; do
            { echo '*filter'; for number in $(seq 200); do echo \"-A INPUT -s 10.0.$name.$number\"; done; echo COMMIT; } > /run/$name
        done
        for round in 1 2 3 4; do
            $NSFW restore /run/1 & $NSFW restore /run/2 & wait
            save | sed -n 's/.*-s 10.0.\\(.\\).*/\\1/p' | sort | uniq -c
        done";
    let Some(told) = run(script, &["ip", "seq", "sort", "uniq", "sed"]) else { return };
    for line in told.lines() {
        assert!(["200 1", "200 2"].contains(&line.trim()), "{told}");
    }
    assert_eq!(told.lines().count(), 4);
}

#[test]
fn a_file_that_adds_beside_another_writer_loses_nobody_s_rule() {
    let script = "
        for name in 1 2 3; do
            { echo '*filter'; for number in $(seq 100); do echo \"-A INPUT -s 10.0.$name.$number\"; done; echo COMMIT; } > /run/$name
        done
        ( for number in $(seq 60); do $NSFW rule add INPUT -s 10.1.0.$number; done ) &
        for name in 1 2 3; do $NSFW restore --noflush /run/$name & done
        wait; save | grep -c -e '-s 10.0'; save | grep -c -e '-s 10.1'; save | grep -e '-s 10' | sort | uniq -d";
    let Some(told) = run(script, &["ip", "seq", "sort", "uniq", "grep"]) else { return };
    assert_eq!(told, "300\n60\n");
}

#[test]
fn a_hundred_thousand_rules_are_loaded_whole_or_refused() {
    let script = "
        { echo '*filter'; echo ':INPUT ACCEPT [0:0]'; seq 0 99999 |
            awk '{ printf \"-A INPUT -s 10.%d.%d.%d -j ACCEPT\\n\", $1 / 65536, $1 / 256 % 256, $1 % 256 }'; echo COMMIT; } > /run/many
        if ! $NSFW restore /run/many 2>/run/told; then
            # Without root outside, the send buffer is the limit: refused with its name, and nothing is loaded.
            grep -q wmem_max /run/told && echo refused; save | grep -c -e '-A INPUT' || true
        else echo loaded; save | grep -c -e '-A INPUT'; fi";
    let Some(told) = run(script, &["ip", "seq", "awk", "grep"]) else { return };
    assert!(["loaded\n100000\n", "refused\n0\n"].contains(&told.as_str()), "{told}");
}
