//! `nsfw capture`: shows packets of an interface, one a line, and writes pcap files.

use crate::exit::ExitCode;
use std::fs::File;
use std::io::{IsTerminal as _, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use nix::sys::signal::Signal;

use super::{Globals, scope};
use crate::error::Error;
use crate::kernel::KernelError;
use crate::kernel::interface;
use crate::kernel::packet_socket::PacketSocket;
use crate::kernel::signals::Signals;
use crate::kernel::sys::local_time::time_of_day;
use crate::report::capture::{self as report, Printer};
use crate::report::terminal::escape;
use crate::traffic::capture::{self, Frame, Framing};
use crate::traffic::pcap::Writer;

/// Arguments of `nsfw capture`.
#[derive(Debug, Args)]
pub struct Capture {
    /// The interface to listen on; `any` listens on all
    #[arg(short, long, value_name = "IF")]
    interface: String,
    /// Also write the packets to FILE, in pcap format with nanoseconds; `-` is standard output, without the lines
    #[arg(short, long, value_name = "FILE.pcap", value_hint = clap::ValueHint::FilePath)]
    write: Option<PathBuf>,
    /// Stop after N packets
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,
}

impl Capture {
    /// Runs the command.
    ///
    /// # Errors
    /// An interface that is not there or goes down, a file that cannot be written, a socket that the kernel refuses.
    pub fn run(&self, globals: &Globals) -> Result<ExitCode, Error> {
        scope::writing(globals)?.enter()?;
        // Held before the socket is open, so that whoever reads the first line may end it well.
        let signals = Signals::hold(&[Signal::SIGINT, Signal::SIGTERM, Signal::SIGHUP])?;
        let mut socket = PacketSocket::open(&self.interface)?;
        let framing = socket.framing();
        let mut file = self.open_file(framing)?;
        let mut printer = Printer::new(framing, &time_of_day, &interface::name, std::io::stdout().lock());
        let printed = self.write.as_deref() != Some(Path::new("-"));
        eprintln!("capturing on {}", escape(&self.interface));
        let mut tell = |frame: &Frame<'_>| {
            if let Some(file) = &mut file {
                file.packet(frame)?;
            }
            if printed { printer.packet(frame) } else { Ok(()) }
        };
        let (counts, result) = capture::run(&mut socket, self.count, &signals, &mut tell);
        report::end(&counts, &mut std::io::stderr()).map_err(Error::Output)?;
        result?;
        Ok(ExitCode::SUCCESS)
    }

    fn open_file(&self, framing: Framing) -> Result<Option<Writer<Box<dyn Write>>>, Error> {
        let Some(path) = &self.write else { return Ok(None) };
        let output: Box<dyn Write> = if path == Path::new("-") {
            let output = std::io::stdout();
            if output.is_terminal() {
                let help = "redirect the output, or name a file behind -w";
                return Err(Error::word("-", "a pcap file is not for a terminal", help));
            }
            Box::new(output)
        } else {
            Box::new(File::create(path).map_err(|error| {
                let reason = KernelError::from_io("write", path.to_string_lossy(), &error);
                Error::word(path.to_string_lossy(), reason.to_string(), "name a file that can be written behind -w")
            })?)
        };
        Writer::begin(framing, output).map(Some).map_err(Error::Output)
    }
}
