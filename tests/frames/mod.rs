//! Ethernet frames built by hand, and a wire that they go over: for what no ordinary program sends.

use nsfw::kernel::packet_socket::PacketSocket;

use super::sandbox;

/// Hardware addresses of the wire's two ends: who gets the frames, who sends them.
const ENDS: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
/// Makes it. Nothing but the frames goes from its second end to the first.
const WIRE: &str = "
    ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02
    echo 1 > /proc/sys/net/ipv6/conf/v1/disable_ipv6
    ip addr add 10.9.0.1/24 dev v0; ip addr add fd00:9::1/64 dev v0 nodad; ip link set v0 up; ip link set v1 up
";
/// Variables by which a test tells the sender what to do.
const FRAMES: &str = "TEST_FRAMES";
const INTERFACE: &str = "TEST_INTERFACE";

/// An Ethernet frame over the wire.
fn ethernet(kind: u16, packet: &[u8]) -> Vec<u8> {
    [&ENDS[0], &ENDS[1], kind.to_be_bytes().as_slice(), packet].concat()
}

/// A frame with an IPv4 packet from 10.9.0.2 to 10.9.0.1; `service` is its second byte.
pub fn ipv4(service: u8, protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).expect("a small packet").to_be_bytes();
    let mut header = [0x45, service, length[0], length[1], 0, 1, 0, 0, 64, protocol, 0, 0, 10, 9, 0, 2, 10, 9, 0, 1];
    let sum: u32 = header.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1])).sum();
    let folded = (sum & 0xffff) + (sum >> 16);
    let folded = u16::try_from((folded & 0xffff) + (folded >> 16)).expect("16 bits");
    header[10..12].copy_from_slice(&(!folded).to_be_bytes());
    ethernet(0x0800, &[&header, payload].concat())
}

/// A frame with an IPv6 packet from fd00:9::2 to fd00:9::1; `next` is the number of the header that `payload` begins with.
pub fn ipv6(class: u8, next: u8, payload: &[u8]) -> Vec<u8> {
    let address = |last| [0xfd, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
    let length = u16::try_from(payload.len()).expect("a small packet").to_be_bytes();
    let first = [0x60 | class >> 4, class << 4, 0, 0, length[0], length[1], next, 64];
    ethernet(0x86dd, &[&first[..], &address(2), &address(1), payload].concat())
}

/// A rule in nsfw's words, and the words in which iptables-legacy has it.
pub struct Pair {
    /// For nsfw.
    pub ours: &'static str,
    /// For iptables-legacy.
    pub theirs: &'static str,
}

/// The same words for both.
pub const fn same(words: &'static str) -> Pair {
    Pair { ours: words, theirs: words }
}

/// Which of the frames each rule counted, iptables-legacy's first: bit N for frame N. A frame is sent 2^N times, so that
/// the counts tell. `None` where this host cannot run it.
fn counted(flag: &str, rules: &[Pair], frames: &[Vec<u8>]) -> Option<Vec<(u64, u64)>> {
    assert!(frames.len() <= 13, "the last frame goes {} times", 1 << (frames.len() - 1));
    let legacy = if flag == "-6" { "ip6tables-legacy" } else { "iptables-legacy" };
    let mut script = WIRE.to_owned();
    for Pair { ours, theirs } in rules {
        script += &format!("$NSFW rule add {flag} -t mangle PREROUTING -i v0 {ours}\n");
        script += &format!("{legacy} -t mangle -A PREROUTING -i v0 {theirs}\n");
    }
    let lines: Vec<String> =
        frames.iter().map(|frame| frame.iter().map(|byte| format!("{byte:02x}")).collect()).collect();
    let sender = std::env::current_exe().expect("this program").display().to_string();
    script += &format!(
        "{FRAMES}={} {INTERFACE}=v1 '{sender}' --ignored --exact frames_are_sent >&2
         {legacy} -t mangle -vnxL PREROUTING | awk 'NR > 2 {{ print $1 }}'; echo ==
         $NSFW save -c {flag} -t mangle | grep -e '-A PREROUTING' | cut -d: -f1 | tr -d '['\n",
        lines.join(",")
    );
    let out = sandbox::run(&script, &["ip", legacy, "awk"])?;
    let (theirs, ours) = out.split_once("==\n").expect("two listings");
    let numbers = |text: &str| text.lines().map(|line| line.parse().expect("a count")).collect::<Vec<u64>>();
    let (theirs, ours) = (numbers(theirs), numbers(ours));
    assert_eq!((theirs.len(), ours.len()), (rules.len(), rules.len()), "{out}");
    Some(theirs.into_iter().zip(ours).collect())
}

/// Checks that both counted the same frames, and each rule those that `met` names (by number).
pub fn assert_counted(flag: &str, rules: &[(Pair, &[usize])], frames: &[Vec<u8>]) {
    let pairs: Vec<Pair> = rules.iter().map(|(pair, _)| Pair { ours: pair.ours, theirs: pair.theirs }).collect();
    let Some(found) = counted(flag, &pairs, frames) else { return };
    let numbers = |bits: u64| (0..frames.len()).filter(|number| bits & 1 << number != 0).collect::<Vec<_>>();
    for ((pair, met), (theirs, ours)) in rules.iter().zip(found) {
        assert_eq!(numbers(theirs), *met, "iptables-legacy: {}", pair.theirs);
        assert_eq!(numbers(ours), *met, "nsfw: {}", pair.ours);
    }
}

/// Sends the frames that [`FRAMES`] names, the N-th 2^N times.
pub fn send() {
    let (Ok(frames), Ok(interface)) = (std::env::var(FRAMES), std::env::var(INTERFACE)) else { return };
    let socket = PacketSocket::open(&interface).expect("a packet socket");
    for (number, line) in frames.split(',').enumerate() {
        let byte = |at: usize| u8::from_str_radix(&line[at..at + 2], 16).expect("hexadecimal");
        let frame: Vec<u8> = (0..line.len()).step_by(2).map(byte).collect();
        for _ in 0..1_u32 << number {
            nix::unistd::write(&socket, &frame).expect("a frame that fits");
        }
    }
}
