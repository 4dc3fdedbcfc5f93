//! Rules in a kernel: what nsfw writes is what other programs read, writers at once lose nothing, a refused edit leaves
//! everything as it was, and batches and listings may be larger than a socket buffer.

mod sandbox;

/// Rules and chains of which every part must read the same for nsfw and for iptables-nft. (Native `ct state` and sets are
/// beyond iptables-nft 1.8.9, whoever wrote them.)
const EDITS: &str = r#"
    $NSFW chain add COUNT
    $NSFW rule add INPUT -j COUNT
    $NSFW rule add COUNT -d 192.168.2.1 -j RETURN
    $NSFW rule add COUNT ! -s 10.0.0.0/8 -i eth+ -p udp --dport 53 -j DROP
    $NSFW rule add INPUT -p tcp --dport 22:25 -j ACCEPT
    $NSFW rule add INPUT -m comment --comment "two words" -j ACCEPT
    $NSFW rule insert INPUT 2 -s 10.0.0.0/8,11.0.0.0/8 -j ACCEPT
    $NSFW rule insert INPUT -s 1.1.1.1,2.2.2.2 -j ACCEPT
    $NSFW rule replace INPUT 1 -s 3.3.3.3 -j DROP
    $NSFW rule delete INPUT 2
    $NSFW chain policy FORWARD DROP
    $NSFW chain rename COUNT COUNTED
"#;

#[test]
fn iptables_nft_reads_the_rules_that_were_meant() {
    let script = format!("{EDITS}\n iptables-nft -S; echo ==; $NSFW rule list -4 -t filter");
    let Some(out) = sandbox::run(&script, &["iptables-nft"]) else { return };
    let (theirs, ours) = out.split_once("==\n").expect("two listings");
    assert_eq!(ours, theirs);
    assert_eq!(ours.lines().filter(|line| line.starts_with("-A")).count(), 8);
}

#[test]
fn what_iptables_nft_wrote_is_read_back() {
    let script = "
        iptables-nft -N X
        iptables-nft -A INPUT -p tcp -s 10.0.0.0/8 -j X
        iptables-nft -A X -i lo -j RETURN
        iptables-nft -A INPUT -j DROP
        iptables-nft -A INPUT -i + -j DROP
        iptables-nft -A FORWARD -i + -o + -j ACCEPT
        iptables-nft -A FORWARD -i + -s 1.2.3.4 -o lo -j ACCEPT
        iptables-nft -S; echo ==; $NSFW rule list -4 -t filter
        $NSFW rule check INPUT -p tcp -s 10.0.0.0/8 -j X
        $NSFW rule delete INPUT -j DROP
        $NSFW rule delete INPUT -j DROP
        $NSFW rule check INPUT -j DROP && exit 9; test $? = 1
    ";
    let Some(out) = sandbox::run(script, &["iptables-nft"]) else { return };
    let (theirs, ours) = out.split_once("==\n").expect("two listings");
    // iptables lists base chains that nobody has made yet as well.
    let made = |line: &&str| *line != "-P OUTPUT ACCEPT";
    assert_eq!(ours.lines().collect::<Vec<_>>(), theirs.lines().filter(made).collect::<Vec<_>>());
}

#[test]
fn a_chain_is_listed_without_the_tables_that_lack_it() {
    let script = "
        $NSFW chain add ONE
        $NSFW rule add -t raw PREROUTING -j ACCEPT
        $NSFW rule add -t mangle INPUT -j ACCEPT
        $NSFW rule list ONE
        $NSFW rule list PREROUTING
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    let mangle = "# -: ip mangle\n-P PREROUTING ACCEPT\n";
    assert!(out.starts_with("# -: ip filter\n-N ONE\n# -: ip raw\n-P PREROUTING ACCEPT\n"), "{out}");
    assert!(out.ends_with(mangle), "{out}");
}

#[test]
fn twenty_writers_at_once_lose_nothing() {
    let script = "
        for writer in $(seq 20); do
            ( for rule in $(seq 50); do $NSFW rule add INPUT -s 10.0.$writer.$rule -j ACCEPT; done ) &
        done
        wait
        $NSFW rule list INPUT | grep -c -e -A
        $NSFW rule list INPUT | sort -u | grep -c -e -A
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out, "1000\n1000\n");
}

#[test]
fn a_batch_and_a_listing_may_be_larger_than_a_socket_buffer() {
    let script = "
        list() { for high in $(seq 25); do for low in $(seq 200); do printf 10.9.$high.$low,; done; done; }
        $NSFW rule add INPUT -s $(list | sed 's/,$//') -j ACCEPT
        $NSFW rule list INPUT | grep -c -e -A
        $NSFW flush
        $NSFW rule list INPUT | grep -c -e -A || true
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    assert_eq!(out, "5000\n0\n");
}

#[test]
fn a_refused_edit_says_why_and_changes_nothing() {
    let script = "
        $NSFW chain add A; $NSFW chain add B; $NSFW rule add A -j B; $NSFW rule add INPUT -j A
        $NSFW rule list > /run/before
        refuse() { \"$@\" 2>/run/error && exit 9; echo \"$?: $(head -1 /run/error)\"; }
        refuse $NSFW rule add INPUT -j NOPE
        refuse $NSFW rule add B -j A
        refuse $NSFW rule delete INPUT 2
        refuse $NSFW rule delete INPUT -j B
        refuse $NSFW rule insert INPUT 3 -j B
        refuse $NSFW chain add A
        refuse $NSFW chain delete A
        refuse $NSFW chain delete B
        refuse $NSFW chain delete INPUT
        refuse $NSFW chain rename A B
        refuse $NSFW chain policy A DROP
        refuse $NSFW flush C
        $NSFW rule list | cmp - /run/before
    ";
    let Some(out) = sandbox::run(script, &[]) else { return };
    let expected = "\
2: error: chain NOPE does not exist in table ip filter
2: error: the rule makes the chains jump in a loop, or too deep, from chain B
2: error: chain INPUT has no rule 2: it has 1
2: error: chain INPUT has no such rule
2: error: chain INPUT has no rule 3: it has 1
2: error: chain A exists already in table ip filter
2: error: chain A is not empty: it has 1 rule
2: error: chain B is in use: chain A jumps to it
2: error: INPUT is a base chain: it cannot be deleted
2: error: chain B exists already in table ip filter
2: error: A is a user chain: only base chains have a policy
2: error: chain C does not exist in table ip filter
";
    assert_eq!(out, expected);
}

#[test]
fn what_iptables_cannot_say_is_shown_and_kept() {
    let script = "
        $NSFW rule add INPUT -j ACCEPT
        nft add rule ip filter INPUT ip id 3 counter drop
        nft add table inet other
        nft add chain inet other c '{ type filter hook input priority 5; policy drop; }'
        $NSFW rule list
        $NSFW rule delete INPUT 1
        $NSFW rule list INPUT -4 -t filter
    ";
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    let nft = "# nft: add rule ip filter INPUT ip id 3 counter packets 0 bytes 0 drop\n";
    assert!(out.ends_with(&format!("-P INPUT ACCEPT\n{nft}")), "{out}");
    assert!(out.contains("inet other\n-P c DROP\n"), "{out}");
    assert_eq!(out.matches(nft).count(), 2, "{out}");
}

#[test]
fn base_chains_without_counters_get_them_with_a_policy() {
    let script = "
        iptables-nft -A INPUT -j ACCEPT
        $NSFW chain policy INPUT DROP
        $NSFW chain policy INPUT ACCEPT
    ";
    let Some(out) = sandbox::run(script, &["iptables-nft"]) else { return };
    assert_eq!(out, "INPUT had no counters and has them from now on\n");
}

#[test]
fn verdict_maps_refer_to_the_chains_they_jump_to() {
    let script = "
        $NSFW chain add A; $NSFW chain add B; $NSFW chain add C; $NSFW rule add INPUT -j C
        nft add rule ip filter INPUT tcp dport vmap '{ 22 : jump A, 23 : goto A, 24 : jump B, 25 : drop }'
        nft add map ip filter m '{ type inet_service : verdict; elements = { 80 : jump B }; }'
        $NSFW counters --format iptables | grep references
        for chain in A B C; do $NSFW chain delete $chain 2>&1 | head -1; done
        $NSFW rule list INPUT | grep -c vmap
    ";
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    let expected = "\
Chain A (2 references)
Chain B (2 references)
Chain C (1 references)
error: chain A is in use: chain INPUT jumps to it
error: chain B is in use: chain INPUT jumps to it
error: chain C is in use: chain INPUT jumps to it
1
";
    assert_eq!(out, expected);
}

#[test]
fn a_set_with_comments_is_shown_with_them() {
    let script = "
        $NSFW rule add INPUT -j ACCEPT
        nft add rule ip filter INPUT ip saddr '{ 10.0.0.1 comment \"ours\", 10.0.0.2 }' drop
        nft add rule ip filter INPUT ip saddr '{ 10.0.0.1, 10.0.0.2 }' drop
        $NSFW rule list INPUT | grep saddr
    ";
    let Some(out) = sandbox::run(script, &["nft"]) else { return };
    let expected = "\
# nft: add rule ip filter INPUT ip saddr { 10.0.0.1 comment \"ours\", 10.0.0.2 } drop
# nft: add rule ip filter INPUT ip saddr { 10.0.0.1, 10.0.0.2 } drop
";
    assert_eq!(out, expected);
}

#[test]
fn every_rule_and_chain_is_listed_with_nfts_handle() {
    let Some(out) = sandbox::run(
        "nft -f - <<'END'
         table ip filter { chain INPUT { type filter hook input priority 0; counter accept
             ip saddr . tcp dport { 1.1.1.1 . 5 } drop
             tcp dport 7 jump { drop; }
         }
         chain X { return; }
         }
         table inet own { chain c { counter; } ; }
END
         nft -a list ruleset | grep -v '^table' | grep -o '# handle .*' | sort; echo '='
         $NSFW --host rule list --handles | grep -v '^# -' | grep -o '# handle .*' | sort; echo '='
         $NSFW --host rule list -a -t filter -4",
        &["nft"],
    ) else {
        return;
    };
    let [theirs, ours, listing] = out.splitn(3, "=\n").collect::<Vec<_>>()[..] else { panic!("{out}") };
    assert_eq!((theirs, theirs.lines().count()), (ours, 8));
    let lines: Vec<_> = listing.lines().collect();
    assert!(lines.contains(&"-N X # handle 2"), "{listing}");
    let in_nft = lines.iter().filter(|line| line.starts_with("# nft: add rule ip filter INPUT "));
    assert!(in_nft.clone().count() == 2 && in_nft.clone().all(|line| line.contains(" # handle ")), "{listing}");
}
