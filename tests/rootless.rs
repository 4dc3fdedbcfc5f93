//! Without root: one holder a user, started afresh when it died, its state directory believed only if it is the user's.
//!
//! As an ordinary user these tests run as that user, as root they drop to a user that owns nothing. Each has a runtime
//! directory of its own, and so a holder of its own.

mod skipped;

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{PoisonError, RwLock};

use tempfile::TempDir;

/// Written to while a program is copied. A child that another test starts meanwhile holds the copy open for writing until
/// it runs its own program, and a file that is open for writing cannot be run (ETXTBSY).
static COPYING: RwLock<()> = RwLock::new(());

/// Starts the command; it runs its own program when this returns.
fn spawn(command: &mut Command) -> Child {
    let _copied = COPYING.read().unwrap_or_else(PoisonError::into_inner);
    command.spawn().expect("it starts")
}

fn output(command: &mut Command) -> Output {
    spawn(command).wait_with_output().expect("it ends")
}

/// Nobody's number.
const UID: u32 = 54321;

/// A user with a runtime directory and no holder yet.
struct User {
    home: TempDir,
    program: PathBuf,
}

impl User {
    /// None, after saying so, where this host has no user namespaces for ordinary users; with `NSFW_REQUIRE_NETNS=1`
    /// that is a failure.
    fn new() -> Option<Self> {
        let home = tempfile::tempdir().expect("a temporary directory");
        fs::set_permissions(home.path(), Permissions::from_mode(0o755)).expect("chmod");
        let program = home.path().join("program");
        // The build's own directory may be closed to others.
        {
            let _alone = COPYING.write().unwrap_or_else(PoisonError::into_inner);
            fs::copy(env!("CARGO_BIN_EXE_nsfw"), &program).expect("copy the program");
        }
        let runtime = home.path().join("runtime");
        fs::create_dir(&runtime).expect("mkdir");
        fs::set_permissions(&runtime, Permissions::from_mode(0o700)).expect("chmod");
        if nix::unistd::geteuid().is_root() {
            chown(&runtime, Some(UID), Some(UID)).expect("chown");
        }
        let user = Self { home, program };
        if user.nsfw(&["netns", "list"]).status.success() {
            return Some(user);
        }
        skipped::say("this host does not allow user namespaces to ordinary users");
        None
    }

    fn state(&self) -> PathBuf {
        self.home.path().join("runtime/nsfw")
    }

    fn command(&self, program: &Path, words: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(words).current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env("NSFW_RUNTIME_DIR", self.home.path().join("runtime"));
        if nix::unistd::geteuid().is_root() {
            command.uid(UID).gid(UID);
        }
        command
    }

    fn nsfw(&self, words: &[&str]) -> Output {
        output(&mut self.command(&self.program, words))
    }

    /// The holder's process id, if its record is there.
    fn holder(&self) -> Option<String> {
        let record = fs::read_to_string(self.state().join("holder")).ok()?;
        record.lines().find_map(|line| line.strip_prefix("pid ")).map(str::to_owned)
    }

    /// The holders of this test: those that were started from its copy of the program.
    fn holders(&self) -> usize {
        let Ok(entries) = fs::read_dir("/proc") else { return 0 };
        let ours = |path: PathBuf| fs::read_link(path.join("exe")).is_ok_and(|exe| exe == self.program);
        entries.flatten().filter(|entry| ours(entry.path())).count()
    }

    fn kill_holder(&self) {
        let pid = self.holder().expect("a holder").parse().expect("a number");
        let pid = nix::unistd::Pid::from_raw(pid);
        nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).expect("kill");
        for _ in 0..500 {
            if self.holders() == 0 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("the holder does not die");
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if self.holder().is_some() {
            self.nsfw(&["teardown", "--all"]);
        }
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn first_commands_at_once_start_one_holder() {
    let Some(user) = User::new() else { return };
    let names: Vec<_> = (0..12).map(|number| format!("n{number}")).collect();
    let add = |name: &String| spawn(&mut user.command(&user.program, &["netns", "add", name]));
    let commands: Vec<_> = names.iter().map(add).collect();
    for command in commands {
        let output = command.wait_with_output().expect("wait");
        assert!(output.status.success(), "{}", said(&output));
    }
    assert_eq!(user.holders(), 1);
    let list = user.nsfw(&["netns", "list"]);
    assert_eq!(String::from_utf8_lossy(&list.stdout).lines().count(), 1 + names.len());
}

#[test]
fn what_makes_nothing_starts_no_holder() {
    let Some(user) = User::new() else { return };
    for (words, code) in [
        ("translate INPUT -j DROP", 0),
        ("iptables-translate -A INPUT -j DROP", 0),
        ("netns list", 0),
        ("teardown", 0),
        ("teardown --all", 0),
        ("status", 3),
        ("counters", 3),
        ("-n nope counters", 3),
        ("-n nope rule add INPUT -j DROP", 3),
        ("rule add INPUT -j DROP", 2),
        ("rule add INPUT -j FOO --bad", 2),
        ("exec nope -- true", 3),
        ("netns delete nope", 3),
        ("netns add ..", 2),
        ("setup --nodes a/b,c", 2),
        ("--lab .. setup", 2),
    ] {
        let output = user.nsfw(&words.split(' ').collect::<Vec<_>>());
        assert_eq!(output.status.code(), Some(code), "{words}: {}", said(&output));
        assert_eq!(user.holders(), 0, "{words}");
        assert!(!user.state().exists(), "{words}");
    }
}

#[test]
fn a_holder_does_not_go_by_the_words_of_the_command_that_started_it() {
    let Some(user) = User::new() else { return };
    // The second is shorter than the name of a holder, and the environment follows it at once.
    for words in [["netns", "add", "a-name-of-many-letters"].as_slice(), ["setup"].as_slice()] {
        let mut command = user.command(&user.program, words);
        command.arg0("n").env_clear().env("NSFW_RUNTIME_DIR", user.home.path().join("runtime"));
        let output = output(&mut command);
        assert!(output.status.success(), "{}", said(&output));
        let process = PathBuf::from("/proc").join(user.holder().expect("a holder"));
        let shown = fs::read_to_string(process.join("cmdline")).expect("its arguments");
        assert_eq!(shown.trim_end_matches('\0'), "nsfw-holder");
        assert_eq!(fs::read_to_string(process.join("comm")).expect("its name"), "nsfw-holder\n");
        user.nsfw(&["teardown", "--all"]);
    }
}

#[test]
fn the_lab_outlives_its_command_and_ends_with_the_holder() {
    let Some(user) = User::new() else { return };
    let built = user.nsfw(&["setup"]);
    assert!(built.status.success(), "{}", said(&built));
    assert!(user.nsfw(&["exec", "test-1", "--", "true"]).status.success());
    let first = user.holder();
    user.kill_holder();
    let gone = user.nsfw(&["exec", "test-1", "--", "true"]);
    assert_eq!(gone.status.code(), Some(3));
    assert!(
        said(&gone).starts_with("warning: the rootless holder had died, and its labs with it\n"),
        "{}",
        said(&gone)
    );
    assert_eq!((user.holder(), user.holders()), (None, 0));
    assert_eq!(said(&user.nsfw(&["netns", "list"])), "");
    assert_eq!(said(&user.nsfw(&["setup"])), "");
    assert_ne!(user.holder(), first);
    user.kill_holder();
    let again = said(&user.nsfw(&["setup"]));
    assert!(again.starts_with("warning: the rootless holder had died") && again.contains("started another"), "{again}");
    assert_eq!(user.holders(), 1);
}

#[test]
fn teardown_of_all_ends_the_holder() {
    let Some(user) = User::new() else { return };
    assert!(user.nsfw(&["setup"]).status.success());
    assert_eq!(user.holders(), 1);
    assert!(user.nsfw(&["netns", "add", "spare"]).status.success());
    let down = user.nsfw(&["teardown", "--all"]);
    let told = "lab default: removed test-1, test-2\nremoved what no lab made: spare\nended the rootless holder\n";
    assert_eq!(String::from_utf8_lossy(&down.stdout), told, "{}", said(&down));
    assert_eq!((user.holder(), user.holders()), (None, 0));
    assert!(user.nsfw(&["setup", "-q"]).status.success());
    assert_eq!(user.nsfw(&["teardown", "--all", "-q"]).stdout, b"");
    assert_eq!((user.holder(), user.holders()), (None, 0));
    assert!(!user.state().exists());
    let again = user.nsfw(&["teardown", "--all"]);
    assert!(again.status.success(), "{}", said(&again));
    assert!(String::from_utf8_lossy(&again.stdout).contains("there is no rootless holder"));
    assert_eq!((user.holder(), user.holders()), (None, 0));
}

#[test]
fn nothing_is_built_where_the_holder_has_ended() {
    let Some(user) = User::new() else { return };
    assert!(user.nsfw(&["setup"]).status.success());
    let script = "$0 teardown --all; $0 --lab x setup --nodes a,b; echo $?; $0 netns add c; echo $?; $0 netns list";
    let program = user.program.display().to_string();
    let output = user.nsfw(&["exec", "test-1", "--", "sh", "-c", script, &program]);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains("ended the rootless holder") && text.ends_with("\n3\n3\n"), "{text}{}", said(&output));
    assert_eq!(said(&output).matches("help: it has ended, and what is made in it would be lost").count(), 2);
}

#[test]
fn a_lab_that_was_built_while_the_holder_was_ended_is_there_or_was_removed() {
    let Some(user) = User::new() else { return };
    for round in 0..20 {
        // The directory goes with the holder: whoever waits for its lock makes another one.
        let (setup, teardown) = (["setup"].as_slice(), ["teardown", "--all"].as_slice());
        let [setup, teardown] = [setup, teardown].map(|words| spawn(&mut user.command(&user.program, words)));
        let (setup, teardown) = (setup.wait_with_output().expect("wait"), teardown.wait_with_output().expect("wait"));
        assert!(teardown.status.success(), "round {round}: {}", said(&teardown));
        let removed = String::from_utf8_lossy(&teardown.stdout).contains("removed test-1, test-2");
        let there = user.nsfw(&["exec", "test-1", "--", "true"]).status.success();
        assert_eq!(setup.status.success(), removed || there, "round {round}: {}{}", said(&setup), said(&teardown));
        user.nsfw(&["teardown", "--all"]);
    }
}

#[test]
fn teardown_of_all_forgets_a_dead_holder() {
    let Some(user) = User::new() else { return };
    assert!(user.nsfw(&["setup"]).status.success());
    user.kill_holder();
    let down = user.nsfw(&["teardown", "--all"]);
    assert!(down.status.success(), "{}", said(&down));
    assert_eq!((user.holder(), user.holders()), (None, 0));
    assert_eq!(said(&user.nsfw(&["netns", "list"])), "");
}

#[test]
fn a_record_of_another_process_is_stale() {
    let Some(user) = User::new() else { return };
    assert!(user.nsfw(&["netns", "add", "a"]).status.success());
    let record = fs::read_to_string(user.state().join("holder")).expect("a record");
    user.kill_holder();
    // As if the number had gone to this process.
    let pid = record.lines().find(|line| line.starts_with("pid ")).expect("a pid").to_owned();
    let forged = record.replace(&pid, &format!("pid {}", std::process::id()));
    fs::write(user.state().join("holder"), forged).expect("write");
    let output = user.nsfw(&["netns", "add", "a"]);
    assert!(output.status.success(), "{}", said(&output));
    assert_eq!(user.holders(), 1);
}

#[test]
fn a_record_that_cannot_be_read_starts_no_second_holder() {
    let Some(user) = User::new() else { return };
    assert!(user.nsfw(&["setup"]).status.success());
    let path = user.state().join("holder");
    let record = fs::read_to_string(&path).expect("a record");
    for (text, reason) in [
        (record.replacen("nsfw-holder 1", "nsfw-holder 2", 1), "of version 2, which this nsfw does not know"),
        (String::new(), "nsfw did not write it"),
        (record[..record.len() / 2].to_owned(), "of version 1"),
    ] {
        fs::write(&path, text).expect("write");
        for words in [["netns", "list"], ["teardown", "--all"]] {
            let output = user.nsfw(&words);
            assert_eq!(output.status.code(), Some(3), "{}", said(&output));
            assert!(said(&output).contains(reason), "{}", said(&output));
            assert_eq!(user.holders(), 1);
        }
    }
    fs::write(&path, &record).expect("write");
    assert!(user.nsfw(&["exec", "test-1", "--", "true"]).status.success());
    // A link, even to the record itself, is not what nsfw writes.
    let moved = path.with_file_name("moved");
    fs::rename(&path, &moved).expect("rename");
    symlink(&moved, &path).expect("symlink");
    assert_eq!(user.nsfw(&["netns", "list"]).status.code(), Some(3));
    assert_eq!(user.holders(), 1);
    fs::rename(&moved, &path).expect("rename");
}

#[test]
fn a_holder_that_cannot_be_seen_is_not_taken_for_dead() {
    let Some(user) = User::new() else { return };
    assert!(user.nsfw(&["setup"]).status.success());
    let record = fs::read(user.state().join("holder")).expect("a record");
    let program = user.program.display().to_string();
    let apart =
        ["--user", "--map-root-user", "--pid", "--fork", "--mount-proc", &program, "--rootless", "netns", "list"];
    let output = output(&mut user.command(Path::new("unshare"), &apart));
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("a holder lives that cannot be seen from here"), "{}", said(&output));
    assert_eq!(fs::read(user.state().join("holder")).ok(), Some(record));
    assert!(user.nsfw(&["exec", "test-1", "--", "true"]).status.success());
}

#[test]
fn a_command_that_is_killed_anywhere_leaves_one_holder_at_most() {
    let Some(user) = User::new() else { return };
    for round in 0..20 {
        if round % 4 == 0 {
            user.nsfw(&["teardown", "--all"]);
        }
        let mut victim = spawn(&mut user.command(&user.program, &["setup"]));
        std::thread::sleep(std::time::Duration::from_micros(400 * round));
        victim.kill().expect("kill");
        victim.wait().expect("wait");
        let down = user.nsfw(&["teardown"]);
        assert!(down.status.success(), "{}", said(&down));
        assert!(user.holders() <= 1, "round {round}");
        let list = user.nsfw(&["netns", "list"]);
        assert!(!String::from_utf8_lossy(&list.stdout).contains("test-"), "round {round}");
        let built = user.nsfw(&["setup"]);
        assert!(built.status.success(), "round {round}: {}", said(&built));
        assert_eq!(user.holders(), 1, "round {round}");
    }
}

/// Runs a script as root of a user namespace of the user's, with /tmp and /run of its own and no XDG_RUNTIME_DIR; the
/// program is `$p`.
fn apart(user: &User, script: &str) -> Output {
    let script = format!(
        "exec 3<{}; p=/proc/$$/fd/3
         mount -t tmpfs none /tmp; mount -t tmpfs none /run; unset XDG_RUNTIME_DIR NSFW_RUNTIME_DIR; {script}",
        user.program.display()
    );
    let words = ["--user", "--map-root-user", "--net", "--mount", "sh", "-ec", &script];
    output(&mut user.command(Path::new("unshare"), &words))
}

#[test]
fn a_runtime_directory_is_used_only_if_it_is_the_users() {
    let Some(user) = User::new() else { return };
    let script = "
        look() { $p --rootless netns add a; ls -d /tmp/*/nsfw /tmp/nsfw-0 /run/user/0/nsfw 2>/dev/null || true
                 $p --rootless teardown --all | tail -1; rm -rf /tmp/*/nsfw /tmp/nsfw-0 /run/user/0/nsfw; }
        look
        mkdir -m 777 /tmp/open; export XDG_RUNTIME_DIR=/tmp/open; look
        mkdir -p -m 700 /run/user/0; look
        ln -s /tmp/open /tmp/link; chmod 700 /tmp/open; export XDG_RUNTIME_DIR=/tmp/link; look
        export XDG_RUNTIME_DIR=tmp/open; look; export XDG_RUNTIME_DIR=/proc/self/stat; look
    ";
    let output = apart(&user, script);
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let used: Vec<_> = text.split("ended the rootless holder\n").map(str::trim).collect();
    let (tmp, usual) = ("/tmp/nsfw-0", "/run/user/0/nsfw");
    assert_eq!(used, [tmp, tmp, usual, "/tmp/link/nsfw\n/tmp/open/nsfw", usual, usual, ""], "{}", said(&output));
}

#[test]
fn a_shell_that_knows_of_another_directory_finds_the_same_holder() {
    let Some(user) = User::new() else { return };
    let script = "
        $p --rootless netns add first
        mkdir -m 700 /tmp/runtime; export XDG_RUNTIME_DIR=/tmp/runtime
        $p --rootless netns add second; $p --rootless netns list | cut -c 3-8; ls -d /tmp/*/nsfw /tmp/nsfw-0 || true
        $p --rootless teardown --all | tail -1
        $p --rootless setup -q; unset XDG_RUNTIME_DIR; mkdir -p -m 700 /run/user/0; rmdir /tmp/runtime 2>/dev/null || true
        XDG_RUNTIME_DIR=/tmp/runtime $p --rootless exec test-1 -- true && echo found; ls -d /run/user/0/nsfw || true
        XDG_RUNTIME_DIR=/tmp/runtime $p --rootless teardown --all | tail -1
    ";
    let output = apart(&user, script);
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let ended = "ended the rootless holder";
    assert_eq!(lines, ["NETNS", "first", "second", "/tmp/nsfw-0", ended, "found", ended], "{}", said(&output));
}

#[test]
fn a_namespace_of_roots_is_told_to_be_roots() {
    let Some(user) = User::new() else { return };
    let script = "
        mkdir /run/netns; : > /run/netns/theirs
        $p --rootless netns add mine
        for words in 'exec theirs -- true' 'netns delete theirs' 'netns delete nobodys' 'netns list'; do
            $p --rootless $words 2>&1 | grep -e ^error -e ^help -e ^note
        done
        $p --rootless teardown --all | tail -1
    ";
    let output = apart(&user, script);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let help = "help: it is root's, not one of your own: run nsfw as root, or build a lab of your own with `nsfw --rootless setup`";
    let expected = format!(
        "error: cannot open network namespace theirs: Operation not permitted\n{help}\n\
         error: cannot delete network namespace theirs: Operation not permitted\n{help}\n\
         error: cannot delete network namespace nobodys: No such file or directory\n\
         help: `nsfw --rootless netns list` shows those that there are\n\
         note: root has 1 namespace that is not yours: run nsfw as root and without --rootless to see it\n\
         ended the rootless holder\n"
    );
    assert_eq!(text, expected, "{}", said(&output));
}

#[test]
fn a_full_or_closed_disk_is_named() {
    let Some(user) = User::new() else { return };
    let script = "
        code() { set +e; \"$@\" 2>&1; echo \"exit $?\"; set -e; }
        mkdir /tmp/full; mount -t tmpfs -o size=16k,mode=700 none /tmp/full; export XDG_RUNTIME_DIR=/tmp/full
        head -c 100000 /dev/zero > /tmp/full/fill 2>/dev/null || true; code $p --rootless netns add a
        mount -t tmpfs -o ro,mode=700 none /tmp/full; code $p --rootless netns add a
    ";
    let output = apart(&user, script);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(text.matches("exit 3").count(), 2, "{text}{}", said(&output));
    assert!(text.contains("cannot write the record of the rootless holder: No space left on device"), "{text}");
    assert!(text.contains("help: make room"), "{text}");
    assert!(text.contains("cannot use the state directory /tmp/full/nsfw: Read-only file system"), "{text}");
}

#[test]
fn a_user_namespace_without_maps_is_named() {
    let Some(user) = User::new() else { return };
    let program = user.program.display().to_string();
    let output = output(&mut user.command(Path::new("unshare"), &["--user", &program, "netns", "list"]));
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    assert!(said(&output).contains("maps no users"), "{}", said(&output));
}

#[test]
fn a_linked_or_open_state_directory_is_refused() {
    let Some(user) = User::new() else { return };
    assert!(user.nsfw(&["netns", "add", "a"]).status.success());
    user.kill_holder();
    let state = user.state();
    let moved = state.with_file_name("moved");
    fs::rename(&state, &moved).expect("rename");
    symlink(&moved, &state).expect("symlink");
    let output = user.nsfw(&["netns", "list"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(said(&output).contains("no symbolic link"), "{}", said(&output));
    fs::remove_file(&state).expect("unlink");
    fs::rename(&moved, &state).expect("rename");
    fs::set_permissions(&state, Permissions::from_mode(0o770)).expect("chmod");
    assert_eq!(user.nsfw(&["netns", "list"]).status.code(), Some(3));
    assert_eq!(user.holders(), 0);
}

#[test]
fn the_switch_that_forbids_namespaces_is_named() {
    let Some(user) = User::new() else { return };
    let script =
        format!("echo 0 > /proc/sys/user/max_user_namespaces; exec {} --rootless netns list", user.program.display());
    let words = ["--user", "--map-root-user", "sh", "-c", &script];
    let output = output(&mut user.command(Path::new("unshare"), &words));
    assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    let said = said(&output);
    assert!(said.contains("user.max_user_namespaces is 0"), "{said}");
    assert!(said.contains("sysctl -w user.max_user_namespaces="), "{said}");
}
