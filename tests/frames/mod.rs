//! Ethernet frames built by hand, and a wire that they go over: for what no ordinary program sends.

use nsfw::kernel::packet_socket::PacketSocket;

/// Hardware addresses of the wire's two ends: who gets the frames, who sends them.
const ENDS: [[u8; 6]; 2] = [[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]];
/// Makes it. Nothing but the frames goes from its second end to the first.
pub const WIRE: &str = "
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

/// A line for the shell that sends the frames over the wire, the N-th 2^N times: it runs the test `frames_are_sent` of this
/// program, and shows what that one says.
pub fn sending(frames: &[Vec<u8>]) -> String {
    assert!(frames.len() <= 13, "the last frame goes {} times", 1 << (frames.len() - 1));
    let hexadecimal = |frame: &Vec<u8>| frame.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let lines: Vec<String> = frames.iter().map(hexadecimal).collect();
    let sender = std::env::current_exe().expect("this program").display().to_string();
    format!(
        "{FRAMES}={} {INTERFACE}=v1 '{sender}' --ignored --exact frames_are_sent --nocapture 2>&1 >/dev/null\n",
        lines.join(",")
    )
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
