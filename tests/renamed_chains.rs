//! Chains that get another name: in a file that speaks of them by both, and under rules that jump there.

mod saved;

use saved::run;

#[test]
fn a_file_speaks_of_chains_by_the_names_that_it_gave_them() {
    let script = "
        $NSFW chain add OLD; $NSFW rule add OLD -c 5 50 -s 10.0.0.1; $NSFW rule add INPUT -c 6 60 -j OLD
        $NSFW restore --noflush - <<'END'
*filter
-E OLD NEW
-A NEW -s 10.0.0.2
-D NEW -s 10.0.0.1
-A OUTPUT -j NEW
:MADE -
[7:70] -A MADE -s 10.0.0.3
-A FORWARD -g MADE
-E MADE AGAIN
-I AGAIN -s 10.0.0.4
-E AGAIN LAST
-A LAST -j NEW
-N MADE
-A MADE -s 10.0.0.5
COMMIT
END
        save -c -t filter | grep -e -A -e ^:[LMNO]
        $NSFW rule add LAST -c 8 80 -s 10.0.0.6
        $NSFW restore --noflush -c - <<'END'
*filter
:INPUT ACCEPT [9:90]
[4:40] -A MADE -s 10.0.0.7
-Z MADE
[3:30] -A MADE -s 10.0.0.8
-Z LAST 4
-Z
:OUTPUT ACCEPT [2:20]
[1:10] -A MADE -s 10.0.0.9
COMMIT
END
        echo ==; save -c -t filter | grep -e -A -e ^:[IO]
        printf '*filter\n-E LAST X\n-N LAST\nCOMMIT\n' | $NSFW restore --noflush - 2>&1 | grep -v ^help: || true";
    let Some(told) = run(script, &["ip", "grep"]) else { return };
    let (named, zeroed) = told.split_once("==\n").expect("two parts");
    let expected = ":OUTPUT ACCEPT [0:0]\n:LAST - [0:0]\n:MADE - [0:0]\n:NEW - [0:0]\n\
        [6:60] -A INPUT -j NEW\n[0:0] -A FORWARD -g LAST\n[0:0] -A OUTPUT -j NEW\n\
        [0:0] -A LAST -s 10.0.0.4/32\n[7:70] -A LAST -s 10.0.0.3/32\n[0:0] -A LAST -j NEW\n\
        [0:0] -A MADE -s 10.0.0.5/32\n[0:0] -A NEW -s 10.0.0.2/32\n";
    assert_eq!(named, expected.replace("[7:70]", "[0:0]"));
    let zero = expected.replace("[6:60]", "[0:0]").replace("[7:70]", "[0:0]");
    let rules: Vec<&str> = zero.lines().filter(|line| line.contains("-A")).collect();
    let mut wanted = vec![":INPUT ACCEPT [0:0]", ":OUTPUT ACCEPT [2:20]"];
    for rule in rules {
        wanted.push(rule);
        match rule {
            "[0:0] -A LAST -j NEW" => wanted.push("[0:0] -A LAST -s 10.0.0.6/32"),
            "[0:0] -A MADE -s 10.0.0.5/32" => wanted.extend([
                "[0:0] -A MADE -s 10.0.0.7/32",
                "[0:0] -A MADE -s 10.0.0.8/32",
                "[1:10] -A MADE -s 10.0.0.9/32",
            ]),
            _ => {}
        }
    }
    let (rules, refused) = zeroed.split_once("error:").expect("an error");
    assert_eq!(rules.lines().collect::<Vec<_>>(), wanted);
    assert!(refused.contains("is not done from a file"), "{refused}");
}

/// Rules whose own words are kept jump to a chain that is renamed: by a command, by nft, and within a file.
#[test]
fn words_outlive_another_name_of_the_chain() {
    let script = "
        $NSFW chain add a
        $NSFW rule add OUTPUT -m owner --uid-owner 0 -j a
        $NSFW rule add OUTPUT -p tcp -m multiport --dports 80,22 -g a
        $NSFW rule add OUTPUT -m recent --rcheck --name k -j a
        $NSFW chain rename a b; save > /run/b
        $NSFW restore /run/b; save | grep OUTPUT; echo ==
        nft rename chain ip filter b c; save | grep OUTPUT; echo ==
        $NSFW restore --noflush - <<'END'
*filter
-E c d
-D OUTPUT -m owner --uid-owner 0 -j d
-R OUTPUT 1 -p tcp -m multiport --dports 80,22 -j d
-E d e
COMMIT
END
        save | grep OUTPUT; echo ==
        $NSFW restore - <<'END'
*filter
-N a
-I OUTPUT -m owner --uid-owner 0 -j a
-E a b
-C OUTPUT -m owner --uid-owner 0 -j b
COMMIT
END
        save | grep OUTPUT
    ";
    let Some(told) = run(script, &["nft"]) else { return };
    let rules = |chain: &str| {
        format!(
            ":OUTPUT ACCEPT [0:0]\n-A OUTPUT -m owner --uid-owner 0 -j {chain}\n\
             -A OUTPUT -p tcp -m multiport --dports 80,22 -g {chain}\n\
             -A OUTPUT -m recent --rcheck --name k --mask 255.255.255.255 --rsource -j {chain}\n==\n"
        )
    };
    let in_a_file = ":OUTPUT ACCEPT [0:0]\n-A OUTPUT -p tcp -m multiport --dports 80,22 -j e\n\
        -A OUTPUT -m recent --rcheck --name k --mask 255.255.255.255 --rsource -j e\n==\n\
        :OUTPUT ACCEPT [0:0]\n-A OUTPUT -m owner --uid-owner 0 -j b\n";
    assert_eq!(told, rules("b") + &rules("c") + in_a_file);
}
