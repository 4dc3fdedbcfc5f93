//! No helper program is run: the whole story goes by with nothing in PATH, and execve(2) is called for nsfw alone.

mod sandbox;

/// The story's commands, each by its full path; `$RUN` stands before each.
const STORY: &str = "
    $RUN $NSFW setup >/dev/null
    $RUN $NSFW -n test-2 chain add COUNT
    $RUN $NSFW -n test-2 rule add INPUT -j COUNT
    $RUN $NSFW -n test-2 rule add COUNT -d 192.168.2.1 -j RETURN
    $RUN $NSFW -n test-2 echo on >/dev/null
    $RUN $NSFW -n test-1 ping -q -c 3 -i 0.2 192.168.2.1 >/dev/null
    $RUN $NSFW -n test-2 counters --format csv
    $RUN $NSFW -n test-2 rule list >/dev/null
    $RUN $NSFW status >/dev/null
    $RUN $NSFW -n test-2 flush
    $RUN $NSFW -n test-2 chain delete COUNT
    $RUN $NSFW netns list >/dev/null
    $RUN $NSFW teardown
";

fn check_counts(out: &str) {
    assert!(out.contains("test-2,ip,filter,INPUT,1,5,3,252,COUNT,"), "{out}");
    assert!(out.ends_with("lab default: removed test-1, test-2\n"), "{out}");
}

#[test]
fn an_empty_path_is_enough() {
    let Some(out) = sandbox::run(&format!("RUN=; mkdir /run/empty; PATH=/run/empty\n{STORY}"), &[]) else { return };
    check_counts(&out);
}

#[test]
fn only_nsfw_is_executed() {
    let traced = format!(
        "RUN='strace -f -qq -e trace=execve -e signal=none -A -o /run/trace'\n{STORY}
        echo; grep execve /run/trace"
    );
    let Some(out) = sandbox::run(&traced, &["strace"]) else { return };
    let (story, trace) = out.split_once("\n\n").expect("the trace stands behind the story");
    check_counts(&format!("{story}\n"));
    let commands = STORY.matches("$NSFW").count();
    let executed: Vec<&str> = trace.lines().filter(|line| line.contains("execve(")).collect();
    let program = format!("execve(\"{}\"", env!("CARGO_BIN_EXE_nsfw"));
    let others: Vec<&&str> = executed.iter().filter(|line| !line.contains(&program)).collect();
    assert!(others.is_empty(), "{others:#?}");
    assert_eq!(executed.len(), commands, "{executed:#?}");
}
