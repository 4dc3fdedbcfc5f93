//! The program's entry point, called by the C runtime and not by Rust's.
//!
//! Before `main`, Rust's runtime reads /proc/self/maps and prepares a stack for a handler of stack overflows: a tenth of
//! what the shortest commands take. Of what it does besides, the part that matters is done here. Unlike there, SIGPIPE
//! keeps its default, so that `nsfw counters | head` ends as other programs do.
#![allow(unsafe_code)]

use std::ffi::{OsString, c_char, c_int};
use std::io::Write;

use super::arguments;

/// Descriptors 0, 1 and 2 are open: a socket that got one of these numbers would be taken for the output.
fn open_standard_descriptors() {
    for number in 0..=2 {
        // SAFETY: F_GETFD takes no pointer; of a number that is not open it says EBADF.
        if unsafe { libc::fcntl(number, libc::F_GETFD) } == -1 {
            // SAFETY: the path is a C string that lives for ever. The lowest free number is the one just asked about.
            let opened = unsafe { libc::open(c"/dev/null".as_ptr(), libc::O_RDWR) };
            if opened != number {
                std::process::abort();
            }
        }
    }
}

/// Runs `run` with the program's arguments and returns what the process exits with.
///
/// # Safety
/// `count` and `vector` are the two arguments of the C runtime's `main`, unchanged.
pub unsafe fn enter(run: fn(Vec<OsString>) -> u8, count: c_int, vector: *mut *mut c_char) -> c_int {
    open_standard_descriptors();
    // SAFETY: the caller's promise.
    unsafe { arguments::remember(count, vector) };
    let code = run(std::env::args_os().collect());
    // Rust's runtime would do this. A reader that is gone needs no more of it.
    let _ = std::io::stdout().flush();
    c_int::from(code)
}

/// Makes the C runtime's `main` of a function from arguments to an exit code. The crate is `#![no_main]`.
#[macro_export]
macro_rules! entry_point {
    ($run:expr) => {
        // SAFETY: no other `main` is linked: the crate has none of Rust's own (`#![no_main]`).
        #[unsafe(no_mangle)]
        extern "C" fn main(count: ::std::ffi::c_int, vector: *mut *mut ::std::ffi::c_char) -> ::std::ffi::c_int {
            // SAFETY: this is what the C runtime calls, with what it hands over.
            unsafe { $crate::kernel::sys::entry::enter($run, count, vector) }
        }
    };
}
