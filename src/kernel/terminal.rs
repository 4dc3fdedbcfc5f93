//! The terminal as a device: keys without Enter, its size, and its old mode back whatever happens (termios(3)).

use std::io::{IsTerminal, Write};
use std::sync::Mutex;

use nix::sys::termios::{self, LocalFlags, SetArg, SpecialCharacterIndices, Termios};

use super::KernelError;

/// The mode to go back to, where [`Raw`] has changed it. A panic hook reads it too, so it lives outside of [`Raw`].
static BEFORE: Mutex<Option<libc::termios>> = Mutex::new(None);

/// Hides the cursor (DECTCEM); [`SHOW_CURSOR`] is its inverse.
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";
const SHOW_CURSOR: &[u8] = b"\x1b[?25h";

/// Whether both keys and output are a terminal's.
#[must_use]
pub fn is_interactive() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Columns and rows of the terminal on standard output (TIOCGWINSZ); 80 and 24 where it does not say.
#[must_use]
pub fn size() -> (usize, usize) {
    terminal_size::terminal_size().map_or((80, 24), |(columns, rows)| (usize::from(columns.0), usize::from(rows.0)))
}

/// The terminal on standard input, giving each key as it is pressed, without showing it. Dropping it, and a panic, bring
/// the old mode back.
#[derive(Debug)]
pub struct Raw(());

impl Raw {
    /// Switches line editing, echo and signals by keys off, and hides the cursor.
    ///
    /// # Errors
    /// The errno of tcgetattr(3) or tcsetattr(3).
    pub fn enter() -> Result<Self, KernelError> {
        let refused = |errno| KernelError::new("set the terminal's mode", "", errno);
        let mut mode = termios::tcgetattr(std::io::stdin()).map_err(refused)?;
        if let Ok(mut before) = BEFORE.lock() {
            *before = Some(mode.clone().into());
        }
        let panic = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |information| {
            restore();
            panic(information);
        }));
        mode.local_flags.remove(LocalFlags::ICANON | LocalFlags::ECHO | LocalFlags::ISIG);
        mode.control_chars[SpecialCharacterIndices::VMIN as usize] = 0;
        mode.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        termios::tcsetattr(std::io::stdin(), SetArg::TCSANOW, &mode).map_err(refused)?;
        write(HIDE_CURSOR);
        Ok(Self(()))
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        restore();
    }
}

fn restore() {
    let before = BEFORE.lock().ok().and_then(|mut before| before.take());
    if let Some(before) = before {
        write(SHOW_CURSOR);
        // There is nobody left to tell.
        let _ = termios::tcsetattr(std::io::stdin(), SetArg::TCSANOW, &Termios::from(before));
    }
}

/// A terminal that is gone shows no cursor either.
fn write(sequence: &[u8]) {
    let mut out = std::io::stdout();
    let _ = out.write_all(sequence).and_then(|()| out.flush());
}
