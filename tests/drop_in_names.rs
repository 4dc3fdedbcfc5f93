//! The names of iptables' programs: on PATH in `nsfw shell` and `nsfw exec` where the host has none.

mod sandbox;

/// The sandbox without any iptables: the folder of system programs is covered.
const WITHOUT: &str =
    "mount -t tmpfs none /usr/sbin; [ -e /sbin/iptables ] && { echo iptables is elsewhere too >&2; exit 77; }\n";

#[test]
fn commands_of_iptables_work_word_for_word_where_there_is_none() {
    let script = format!(
        "{WITHOUT}
        $NSFW setup >/run/made
        cat > /run/words <<'END'
iptables -N COUNT
iptables -A INPUT -j COUNT
iptables -A COUNT -d 192.168.2.1 -j RETURN
iptables -vnL COUNT
iptables-save -t filter > /run/saved
iptables -F; iptables -X
iptables-restore /run/saved && iptables -S COUNT
ip6tables -A INPUT -s ::1 && ip6tables-save | grep -c ::1
iptables-translate -A INPUT -j DROP
iptables-restore-translate -f /run/saved | grep COUNT
iptables -V
END
        $NSFW exec test-1 -- sh /run/words; echo ==
        $NSFW -n test-2 exec -- iptables -S; echo ==
        SHELL=/run/words.sh; printf '#!/bin/sh\\niptables -P INPUT DROP; iptables -S INPUT; echo $PATH' > $SHELL; chmod +x $SHELL
        export SHELL; $NSFW shell test-2 | sed 's,.*:,,'; echo ==
        ls -A /run/nsfw-bin | wc -l"
    );
    let Some(told) = sandbox::run(&script, &["sed", "grep", "ls", "wc"]) else { return };
    let parts: Vec<_> = told.split("==\n").collect();
    let words = "Chain COUNT (1 references)\n \
        pkts bytes target     prot opt in     out     source               destination         \n    \
        0     0 RETURN     all  --  *      *       0.0.0.0/0            192.168.2.1         \n\
        -N COUNT\n-A COUNT -d 192.168.2.1/32 -j RETURN\n1\nnft 'add rule ip filter INPUT counter drop'\n\
        add chain ip filter COUNT\nadd rule ip filter INPUT counter jump COUNT\n\
        add rule ip filter COUNT ip daddr 192.168.2.1 counter return\niptables v1.8.11 (nf_tables)\n";
    assert_eq!(parts[0], words);
    assert_eq!(parts[1], "-P INPUT ACCEPT\n-P FORWARD ACCEPT\n-P OUTPUT ACCEPT\n");
    assert_eq!(parts[2], "-P INPUT DROP\n/run/nsfw-bin\n");
    assert_eq!(parts[3], "0\n");
}

#[test]
fn watch_shows_the_counters() {
    let script = format!(
        "{WITHOUT}
        $NSFW setup >/run/made; export TERM=xterm COLUMNS=100 LINES=40
        $NSFW exec test-1 -- iptables -A INPUT -s 192.168.2.1 -j ACCEPT
        timeout 20 script -qec 'timeout --foreground 2 $NSFW exec test-1 -- watch -d iptables -vnL' /dev/null < /dev/null > /run/out || true
        grep -c '192.168.2.1' /run/out | sed 's/[1-9][0-9]*/some/'; grep -c 'not found' /run/out || true"
    );
    let Some(told) = sandbox::run(&script, &["watch", "script", "timeout", "grep", "sed"]) else { return };
    assert_eq!(told, "some\n0\n");
}

#[test]
fn a_host_that_has_iptables_keeps_its_own() {
    let script = "
        $NSFW setup >/run/made; $NSFW exec test-1 -- sh -c 'command -v iptables' | grep -c nsfw-bin || true
        $NSFW exec test-1 -- sh -c 'command -v nsfw; nsfw counters >/dev/null && echo counts'
        mkdir /run/own; ln -s $NSFW /run/own/nsfw; export PATH=/run/own:$PATH
        $NSFW exec test-1 -- sh -c 'command -v nsfw; echo $PATH' | grep -c nsfw-bin || true";
    let Some(told) = sandbox::run(script, &["iptables", "grep"]) else { return };
    assert_eq!(told, "0\n/run/nsfw-bin/nsfw\ncounts\n0\n");
}

/// Debian's ordinary users have no /usr/sbin on their PATH.
#[test]
fn iptables_that_is_not_on_the_path_is_none() {
    let script = "
        $NSFW setup >/run/made
        mkdir /run/few; for tool in sh ls; do ln -s $(command -v $tool) /run/few/$tool; done
        PATH=/run/few $NSFW exec test-1 -- iptables -V";
    let Some(told) = sandbox::run(script, &["iptables"]) else { return };
    assert_eq!(told, "iptables v1.8.11 (nf_tables)\n");
}
