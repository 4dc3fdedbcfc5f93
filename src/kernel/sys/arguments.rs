//! The memory that the program's arguments lie in: what ps(1) shows of a process (/proc/PID/cmdline, proc_pid_cmdline(5)).
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_int};
use std::slice;
use std::sync::OnceLock;

/// Where the arguments lie, one behind the other, each with its end mark.
#[derive(Debug, Clone, Copy)]
struct Area {
    begin: usize,
    /// Of the arguments alone, in bytes.
    length: usize,
    /// With the first variable of the environment, where that follows.
    room: usize,
}

static AREA: OnceLock<Area> = OnceLock::new();

/// Remembers where the arguments are.
///
/// # Safety
/// The two arguments of the C runtime's `main`, unchanged: `vector` holds `count` strings and a null, and behind that the
/// environment's strings and a null.
pub unsafe fn remember(count: c_int, vector: *mut *mut c_char) {
    let Ok(count @ 1..) = usize::try_from(count) else { return };
    // SAFETY: the caller's promise.
    let strings = unsafe { slice::from_raw_parts(vector, count) };
    let begin = strings[0] as usize;
    let mut end = begin;
    for string in strings {
        if *string as usize != end {
            // Not where the kernel put them: somebody has changed them.
            return;
        }
        // SAFETY: each is a C string, by the caller's promise.
        end += unsafe { CStr::from_ptr(*string) }.to_bytes_with_nul().len();
    }
    // SAFETY: behind the null that ends the arguments the environment begins, with a string or its own null.
    let variable = unsafe { *vector.add(count + 1) };
    let length = end - begin;
    let room = if variable as usize == end {
        // SAFETY: it is a C string, as it is not null.
        length + unsafe { CStr::from_ptr(variable) }.to_bytes_with_nul().len()
    } else {
        length
    };
    // A program has one `main`, which is called once.
    let _ = AREA.set(Area { begin, length, room });
}

/// Puts one name in the place of all arguments; cut off where there is too little room. Of the environment, the first
/// variable may be lost: for a process that reads no arguments and no environment any more.
pub fn replace(name: &CStr) {
    let Some(area) = AREA.get() else { return };
    let name = name.to_bytes_with_nul();
    let used = name.len().min(area.room);
    let length = area.length.max(used);
    // SAFETY: the kernel has made this memory for the program to write in, `length` bytes of it are those of strings that
    // lie one behind the other, and no reference to them is kept: the standard library copies what it is asked for.
    let bytes = unsafe { slice::from_raw_parts_mut(area.begin as *mut u8, length) };
    bytes.fill(0);
    // The end mark stays in any case.
    bytes[..used - 1].copy_from_slice(&name[..used - 1]);
}
