//! `nsfw restore` in namespaces of its own: what is loaded, what is refused, and that a refusal changes nothing.

mod saved;

use saved::run;

const FILE: &str = "
cat > /run/rules <<'END'
# Ours
*filter
:INPUT DROP [5:60]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [7:70]
:WEB - [0:0]
[3:180] -A INPUT -s 10.0.0.0/8 -j WEB
-A INPUT -i lo -j ACCEPT
-A WEB -p tcp -m tcp --dport 80 -m comment --comment \"two words\" -j ACCEPT
COMMIT
*nat
-A POSTROUTING -o eth0 -j MASQUERADE
COMMIT
END
";

#[test]
fn a_file_is_loaded_as_iptables_legacy_loads_it() {
    let Some(told) = run(
        &format!(
            "{FILE}
            $NSFW restore -c /run/rules; save -c -t filter; echo ==
            $NSFW restore /run/rules; save -c -t filter; echo ==
            $NSFW save -c | $NSFW restore -c -; save -c -t filter; echo ==
            iptables-legacy-restore -c /run/rules 2>/run/why || {{ cat /run/why >&2; exit 77; }}
            iptables-legacy-save -c -t filter | grep -v '^#'; echo ==
            iptables-legacy-restore /run/rules; iptables-legacy-save -c -t filter | grep -v '^#'"
        ),
        &["iptables-legacy-restore", "iptables-legacy-save", "ip"],
    ) else {
        return;
    };
    let parts: Vec<_> = told.split("==\n").collect();
    assert_eq!((parts[0], parts[1], parts[1]), (parts[3], parts[2], parts[4]));
}

#[test]
fn commands_are_carried_out_in_order() {
    let script = "
        $NSFW restore - <<'END'
*filter
:A - [0:0]
:GONE -
-A A -s 10.0.0.1
-I A -s 10.0.0.2
-I A 2 -s 10.0.0.3,10.0.0.4
-A A -s 10.0.0.5
-D A -s 10.0.0.1
-R A 1 -s 10.0.0.6
-D A 4
-C A -s 10.0.0.4
-N B
-A B -j A
-F B
-X GONE
-P FORWARD DROP
-6 -A INPUT -s ::1
COMMIT
END
        save";
    let Some(told) = run(script, &["ip"]) else { return };
    let expected = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\n:A - [0:0]\n:B - [0:0]\n\
                    -A A -s 10.0.0.6/32\n-A A -s 10.0.0.4/32\n-A A -s 10.0.0.3/32\nCOMMIT\n";
    assert_eq!(told, expected);
}

#[test]
fn without_flushing_only_declared_user_chains_are_emptied() {
    let script = format!(
        "{FILE}
        $NSFW restore /run/rules
        $NSFW chain add KEPT; $NSFW rule add KEPT -s 10.1.0.1
        $NSFW restore --noflush - <<'END'
*filter
:WEB - [0:0]
:NEW - [0:0]
-I INPUT 2 -s 10.0.0.9 -j NEW
-D INPUT -i lo -j ACCEPT
COMMIT
*filter
-A NEW -s 10.0.0.8
COMMIT
END
        save -t filter"
    );
    let Some(told) = run(&script, &["ip"]) else { return };
    let rules: Vec<_> = told.lines().filter(|line| line.starts_with("-A")).collect();
    let expected = [
        "-A INPUT -s 10.0.0.0/8 -j WEB",
        "-A INPUT -s 10.0.0.9/32 -j NEW",
        "-A KEPT -s 10.1.0.1/32",
        "-A NEW -s 10.0.0.8/32",
    ];
    assert_eq!(rules, expected);
    assert!(told.contains(":INPUT DROP"));
}

#[test]
fn every_bad_line_is_told_and_nothing_is_changed() {
    let script = format!(
        "{FILE}
        $NSFW restore -c /run/rules; save -c > /run/before
        cat > /run/bad <<'END'
*nat
-A PREROUTING -s 10.0.0.1
COMMIT
*filter
:INPUT REJECT
-A INPUT -s 1.2.3.x
-A NOPE -s 10.0.0.1
-A INPUT -j LATER
  -A OUTPUT -i eth0
-Z NOWHERE
-D INPUT 4
-A INPUT -m nonesuch
END
        for options in '' -t --noflush '-T filter'; do
            status=0; $NSFW restore $options /run/bad 2>/run/told || status=$?
            echo $status $(grep -c ^help: /run/told); save -c | cmp - /run/before
        done
        sed 's,/run/,,' /run/told | grep ^error:
        printf '*filter\\n:A -\\n:B -\\n-A A -j B\\n-A B -j A\\n-A INPUT -j A\\nCOMMIT\\n' > /run/loop
        $NSFW restore /run/loop 2>&1 | head -1 || true; save -c | cmp - /run/before"
    );
    let Some(told) = run(&script, &["ip", "cmp", "sed", "grep"]) else { return };
    let expected = "2 9\n2 9\n2 9\n2 9\n\
        error: bad:5:8: \"REJECT\" is not a policy\n\
        error: bad:6:13: \"1.2.3.x\" is neither an address nor a host that is known here\n\
        error: bad:7:4: chain NOPE does not exist in table ip filter\n\
        error: bad:8:13: chain LATER does not exist in table ip filter\n\
        error: bad:9:13: -i cannot be used in OUTPUT\n\
        error: bad:10:4: chain NOWHERE does not exist in table ip filter\n\
        error: bad:11:10: chain INPUT has no rule 4: it has 0\n\
        error: bad:12:13: unknown match \"nonesuch\"\n\
        error: bad:12:1: table filter has no COMMIT\n\
        error: /run/loop:6:4: the rule makes the chains jump in a loop, or too deep, from chain INPUT\n";
    assert_eq!(told, expected);
}

#[test]
fn a_file_renames_chains_and_sets_counters_to_zero() {
    let script = "
        printf '%s\\n' '*filter' ':OLD -' '[5:50] -A OLD -s 10.0.0.1' '[6:60] -A INPUT -j OLD' COMMIT | $NSFW restore -c -
        printf '%s\\n' '*filter' '-Z OLD' '-E OLD NEW' COMMIT | $NSFW restore --noflush - || echo $?
        save -c -t filter | grep -e -A
        printf '%s\\n' '*filter' '-E NEW OLD' COMMIT | $NSFW restore --noflush -
        printf '%s\\n' '*filter' '-Z OLD' '-A OLD -s 10.0.0.2' COMMIT | $NSFW restore --noflush -
        save -c -t filter | grep -e -A";
    let Some(told) = run(script, &["ip", "grep"]) else { return };
    let renamed = "[6:60] -A INPUT -j NEW\n[0:0] -A NEW -s 10.0.0.1/32\n";
    let back = "[6:60] -A INPUT -j OLD\n[0:0] -A OLD -s 10.0.0.1/32\n[0:0] -A OLD -s 10.0.0.2/32\n";
    assert_eq!(told, format!("{renamed}{back}"));
}

#[test]
fn a_chain_with_rules_is_not_deleted() {
    let script = "
        $NSFW chain add A; $NSFW rule add A -s 10.0.0.1
        for lines in '-X A' '-X' ':B -\\n-A B -s 10.0.0.2\\n-X B' '-A INPUT -j A\\n-F A\\n-X A'; do
            status=0; printf \"*filter\n$lines\nCOMMIT\n\" | $NSFW restore --noflush - 2>/run/told || status=$?
            echo $status $(head -1 /run/told)
        done
        printf '*filter\n-F A\n-X A\nCOMMIT\n' | $NSFW restore --noflush -; save | grep -c '[ :]A ' || true";
    let Some(told) = run(script, &["ip", "head", "grep"]) else { return };
    let busy = |line: u32, chain: &str| {
        format!("3 error: -:{line}:4: cannot delete chain ip filter {chain}: Device or resource busy\n")
    };
    let expected = format!(
        "{}{}{}{}0\n",
        busy(2, "A"),
        "3 error: -:2:1: cannot delete chain ip filter A: Device or resource busy\n",
        busy(4, "B"),
        busy(4, "A")
    );
    assert_eq!(told, expected);
}

#[test]
fn a_test_finds_what_only_the_kernel_knows_and_changes_nothing() {
    let script = "
        $NSFW rule add INPUT -s 10.0.0.1; save > /run/before
        printf '*filter\n:A -\n:B -\n-A A -j B\n-A B -j A\n-A INPUT -j A\nCOMMIT\n' > /run/loop
        printf '*filter\n:A -\n-A A -s 10.0.0.2 -j ACCEPT\n-A INPUT -j A\nCOMMIT\n' > /run/good
        printf '*nat\n-A OUTPUT -j DNAT --to 10.0.0.1\nCOMMIT\n' | cat - /run/loop > /run/second
        try() { status=0; \"$@\" 2>/run/told || status=$?; echo $status $(head -1 /run/told); save | cmp - /run/before; }
        for file in loop good second; do
            try $NSFW restore --test /run/$file; try $NSFW restore --test --noflush --atomic /run/$file
        done
        try $NSFW restore /run/second; try $NSFW restore --atomic /run/second
        try $NSFW iptables-restore -t /run/loop; try $NSFW iptables-restore --test /run/good
        nft list ruleset | grep -c table";
    let Some(told) = run(script, &["ip", "nft", "head", "cmp", "grep"]) else { return };
    let looped = |file: &str, line: u32| {
        format!(
            "2 error: /run/{file}:{line}:4: the rule makes the chains jump in a loop, or too deep, from chain INPUT\n"
        )
    };
    let (once, second) = (looped("loop", 6), looped("second", 9));
    let expected = format!(
        "{once}{once}0\n0\n{second}{second}{second}{second}\
         4 iptables-restore v1.8.11 (nf_tables):\n0\n1\n"
    );
    assert_eq!(told, expected);
}

#[test]
fn all_tables_change_at_once_or_one_after_another() {
    let script = "
        generation() { nft monitor & monitor=$!; sleep 0.3; \"$@\"; sleep 0.3; kill $monitor; }
        printf '*filter\n-A INPUT -s 10.0.0.1\nCOMMIT\n*nat\n-A OUTPUT -j ACCEPT\nCOMMIT\n*filter\n-A INPUT -s 10.0.0.2\nCOMMIT\n' > /run/rules
        for option in '' --atomic; do generation $NSFW restore $option /run/rules | grep -c 'new generation'; done
        save";
    let Some(told) = run(script, &["ip", "nft", "grep"]) else { return };
    let tables = "*filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n-A INPUT -s 10.0.0.2/32\nCOMMIT\n\
        *nat\n:PREROUTING ACCEPT [0:0]\n:INPUT ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n:POSTROUTING ACCEPT [0:0]\n\
        -A OUTPUT -j ACCEPT\nCOMMIT\n";
    assert_eq!(told, format!("3\n1\n{tables}"));
}

#[test]
fn what_is_no_file_of_rules_is_refused_whole() {
    let script = "
        $NSFW rule add INPUT -s 10.0.0.1; save > /run/before
        try() { for options in '' --noflush --atomic; do
            status=0; $NSFW restore $options /run/bad >/run/out 2>/run/told || status=$?
            echo $status $(head -1 /run/told); save | cmp - /run/before; done | uniq -c; }
        printf '*filter\n-A INPUT -s 10.0.0.2\n' > /run/bad; try
        printf '*filter\n-A INPUT -s 10.0.0.2\nCOMM' > /run/bad; try
        printf '*filter\n-A INPUT -s 10.0.0.2\nCOMMIT\n*nat\n-A OUTPUT -j AC' > /run/bad; try
        printf '*filter\n-A IN\\0PUT\nCOMMIT\n' > /run/bad; try
        printf '*filter\n-A INPUT -m comment --comment \\377\nCOMMIT\n' > /run/bad; try
        printf '*filter\n-A INPUT -m comment --comment \"open\nCOMMIT\n' > /run/bad; try
        head -c 2000000 /dev/urandom > /run/bad; status=0
        $NSFW restore /run/bad 2>/dev/null || status=$?; echo $status; save | cmp - /run/before
        { echo '*filter'; printf -- '-A INPUT -s 10.0.0.1'; for n in $(seq 6000); do printf ',10.1.0.0/16'; done; echo; echo COMMIT; } > /run/long
        wc -c < /run/long; $NSFW restore /run/long; save | grep -c -e '-s 10'";
    let Some(told) = run(script, &["ip", "head", "cmp", "seq", "grep", "uniq", "wc"]) else { return };
    let expected = [
        "3 2 error: /run/bad:2:1: table filter has no COMMIT",
        "3 2 error: /run/bad:3:1: unexpected word \"COMM\"",
        "3 2 error: /run/bad:5:14: chain AC does not exist in table ip nat",
        "3 2 error: /run/bad:2:1: the line holds a NUL",
        "3 2 error: /run/bad:2:1: the line holds bytes that are not UTF-8",
        "3 2 error: /run/bad:2:31: a quote is left open",
        "2",
        "72036",
        "6001",
    ];
    assert_eq!(told.lines().map(str::trim).collect::<Vec<_>>(), expected);
}

#[test]
fn what_has_no_form_here_is_left_out_only_if_asked() {
    let script = "
        printf '*filter\\n-A INPUT -m nonesuch\\n-A INPUT -s 10.0.0.1\\nCOMMIT\\n' > /run/rules
        status=0; $NSFW restore --skip-unsupported /run/rules 2>&1 | head -1; $NSFW restore --skip-unsupported /run/rules \
            2>/dev/null || echo $?
        save -t filter | grep -- ^-A";
    let Some(told) = run(script, &["ip", "grep"]) else { return };
    assert_eq!(told, "left out: /run/rules:2:13: unknown match \"nonesuch\"\n1\n-A INPUT -s 10.0.0.1/32\n");
}

/// Of what a kernel lacks all lines are told, beside those that are wrong in themselves, and can be left out.
#[test]
fn what_the_kernel_lacks_is_told_whole_or_left_out() {
    let script = "
        $NSFW rule add INPUT -j NFQUEUE 2>/dev/null && { echo this kernel has the expression queue >&2; exit 77; }
        cat > /run/rules <<'END'
*filter
-A INPUT -j NFQUEUE --queue-num 1
-A INPUT -p tcp -m conntrack --ctstate NEW -j NFQUEUE --queue-num 2
-A INPUT -p udp -m conntrack --ctstate NEW -j ACCEPT
-A OUTPUT -p udp -j CHECKSUM --checksum-fill
COMMIT
*nat
-A POSTROUTING -j NFQUEUE
COMMIT
END
        grep -v CHECKSUM /run/rules > /run/lacking
        try() { status=0; $NSFW restore \"$@\" 2>&1 || status=$?; echo $status; }
        told() { grep -e '^[0-9]' -e '^[lew].*:' | sed 's/: this kernel.*//;s/: CHECKSUM.*//'; }
        try /run/rules | told; save | wc -l
        try /run/lacking | told; save | wc -l
        try --skip-unsupported /run/rules | told; save | grep ^-A
        try --skip-unsupported --test /run/lacking | told";
    let Some(out) = run(script, &["grep", "sed", "wc"]) else { return };
    let lines = |label: &str, file: &str, places: &[&str]| -> String {
        places.iter().map(|place| format!("{label}: /run/{file}:{place}\n")).collect()
    };
    let rules = ["2:1", "3:1", "5:21", "8:1"];
    let lacking = ["2:1", "3:1", "7:1"];
    assert_eq!(
        out,
        lines("error", "rules", &rules)
            + "2\n0\n"
            + &lines("error", "lacking", &lacking)
            + "3\n0\n"
            + &lines("left out", "rules", &rules)
            + "warning: 4 lines were left out; the rest was loaded\n1\n"
            + "-A INPUT -p udp -m conntrack --ctstate NEW -j ACCEPT\n"
            + &lines("left out", "lacking", &lacking)
            + "warning: 3 lines were left out; the rest was checked\n1\n"
    );
}

#[test]
fn comments_are_utf_8_and_may_hold_tabs() {
    let script = r#"
        printf '*filter\n-A INPUT -m comment --comment caf\351\n-A INPUT -m comment --comment "a\tb"\nCOMMIT\n' > /run/rules
        try() { status=0; "$@" 2>&1 || status=$?; echo $status; }
        try $NSFW restore /run/rules | grep -v '^  '
        try $NSFW restore --skip-unsupported /run/rules | grep -v '^  '
        save -t filter | grep ^-A; save | $NSFW restore; save -t filter | grep ^-A
        nft list chain ip filter INPUT | grep -o 'comment.*'
        $NSFW rule check INPUT -m comment --comment "$(printf 'a\tb')"; iptables-nft -S INPUT | grep ^-A"#;
    let Some(told) = run(script, &["ip", "grep", "nft", "iptables-nft"]) else { return };
    let rule = "-A INPUT -m comment --comment \"a\tb\"\n";
    let bytes = "/run/rules:2:1: the line holds bytes that are not UTF-8\n\
                 help: write it in UTF-8: comments are kept as text here\n";
    assert_eq!(
        told,
        format!(
            "error: {bytes}2\nleft out: {bytes}warning: 1 line was left out; the rest was loaded\n1\n{rule}{rule}\
             comment \"a\tb\"\n{rule}"
        )
    );
}

/// What a saved file holds as comments is told by who saves it and by who restores it.
#[test]
fn what_stands_in_a_file_as_a_comment_is_told() {
    let script = "
        $NSFW rule add OUTPUT -j DROP
        nft 'add rule ip filter INPUT ip daddr & 0.0.0.1 < 0.0.0.1 counter accept'
        nft 'add rule ip filter INPUT counter meta priority set 1:10'
        nft 'add chain ip filter extra { type filter hook output priority 5; policy drop; }'
        nft 'add rule ip filter extra counter accept'
        try() { status=0; \"$@\" 2>&1 || status=$?; echo $status; }
        status=0; $NSFW save -t filter > /run/rules 2>/run/told || status=$?; echo $status; cat /run/told
        grep -v '^# [GC]' /run/rules | sed 's/rule ip filter INPUT ip .*/RULE/'
        try $NSFW restore /run/rules; save | grep -c ^-A
        try $NSFW restore -t /run/rules; try $NSFW iptables-restore /run/rules; try $NSFW iptables-restore < /run/rules";
    let Some(told) = run(script, &["nft", "grep", "sed"]) else { return };
    let warning = |file: &str| {
        format!(
            "warning: {file}: lines 6, 7, 8, 10 hold as a comment, in nft's syntax, what has none in iptables': that is not \
             restored\n"
        )
    };
    let (file, stdin) = (warning("/run/rules"), warning("-"));
    assert_eq!(
        told,
        format!(
            "1\nwarning: 4 rules or chains are none that iptables has and stand as comments: `nsfw ruleset` has them\n\
             *filter\n:INPUT ACCEPT [0:0]\n:FORWARD ACCEPT [0:0]\n:OUTPUT ACCEPT [0:0]\n\
             # nft: add chain ip filter extra {{ type filter hook output priority filter + 5; policy drop; }}\n\
             # nft: add RULE\n# nft: add rule ip filter INPUT counter packets 0 bytes 0 meta priority set 1:10\n\
             -A OUTPUT -j DROP\n# nft: add rule ip filter extra counter packets 0 bytes 0 accept\nCOMMIT\n\
             {file}1\n1\n{file}1\n{file}0\n{stdin}0\n"
        )
    );
}

#[test]
fn the_drop_in_speaks_as_iptables_restore_does() {
    let script = "
        try() { status=0; printf -- \"$1\" | $NSFW iptables-restore $2 2>&1 || status=$?; echo $status; }
        try '*filter\\n-A INPUT --bad\\nCOMMIT\\n' -n
        try '-A INPUT\\n' ''
        try '*filter\\n-A INPUT\\n' -nc
        try '*filter\\n-A X\\nCOMMIT\\n' '-w 5 --noflush'
        try '*filter\\n-A INPUT -s 10.0.0.1\\nCOMMIT\\n' '-t'
        ln -s $NSFW /run/ip6tables-restore
        printf '*filter\\n-A INPUT -s ::1\\nCOMMIT\\n' | /run/ip6tables-restore --table=filter; save -6 | grep -- ^-A";
    let Some(told) = run(script, &["ip", "grep", "ln"]) else { return };
    let expected = "iptables-restore v1.8.11 (nf_tables): unknown option \"--bad\"\nError occurred at line: 2\n\
        Try `iptables-restore -h' or 'iptables-restore --help' for more information.\n2\n\
        iptables-restore: line 1 failed\n1\n\
        iptables-restore: COMMIT expected at line 3\n1\n\
        iptables-restore: line 2 failed: No chain/target/match by that name.\n1\n0\n-A INPUT -s ::1/128\n";
    assert_eq!(told, expected);
}

#[test]
fn the_files_that_come_with_it_are_loaded() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/rules");
    let files = std::fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("an entry").path());
    // Experiments lie beside them.
    for file in files.filter(|file| file.extension().is_some_and(|end| end == "rules")) {
        let text = std::fs::read_to_string(&file).expect("text");
        let Some(told) = run(&format!("$NSFW restore '{}'; save", file.display()), &["ip"]) else { return };
        let rules =
            |text: &str| text.lines().filter(|line| line.starts_with("-A")).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(rules(&told), rules(&text), "{}", file.display());
    }
}
