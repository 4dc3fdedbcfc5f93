//! The `nsfw` program: hands its arguments to [`nsfw::run`] and exits with what that returns.

use std::process::ExitCode;

fn main() -> ExitCode {
    nsfw::run(std::env::args_os())
}
