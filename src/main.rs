//! The `nsfw` program: hands its arguments to [`nsfw::run`] and exits with what that returns.
#![no_main]

nsfw::entry_point!(|words| nsfw::run(words).number());
