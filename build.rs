//! Links a release for a quick start: libnftnl and the stack unwinder from their archives, where those are installed, and
//! the program at a fixed address.
//!
//! Most commands live one millisecond; shared objects and relocations cost a third of that before `main`
//! (docs/decisions/0007-fewer-shared-objects.md). Without the archives the shared objects serve as well.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        for (library, folder) in [("nftnl", libnftnl()), ("gcc_eh", unwinder())] {
            prefer_archive(library, folder.as_deref());
        }
        // What stands at a fixed address needs no relocation; what an archive has is nobody else's to look up.
        println!("cargo::rustc-link-arg-bins=-no-pie");
        println!("cargo::rustc-link-arg-bins=-Wl,--exclude-libs,ALL");
    }
}

/// Archives stand before shared objects in the linker's line: what an archive gives, no shared object is needed for.
fn prefer_archive(library: &str, folder: Option<&Path>) {
    let Some(folder) = folder.filter(|folder| folder.join(format!("lib{library}.a")).is_file()) else { return };
    println!("cargo::rustc-link-search=native={}", folder.display());
    println!("cargo::rustc-link-lib=static={library}");
}

/// Where libnftnl is installed; it is also what its crate is told (`LIBNFTNL_LIB_DIR`).
fn libnftnl() -> Option<PathBuf> {
    println!("cargo::rerun-if-env-changed=LIBNFTNL_LIB_DIR");
    let told = env::var("LIBNFTNL_LIB_DIR").or_else(|_| pkg_config::get_variable("libnftnl", "libdir").map_err(|_| ()));
    told.ok().map(PathBuf::from)
}

/// Where the C compiler that links has its unwinder; it answers with the bare name of a file that it has not.
fn unwinder() -> Option<PathBuf> {
    let linker = env::var("RUSTC_LINKER").unwrap_or_else(|_| "cc".to_owned());
    let answer = Command::new(linker).arg("-print-file-name=libgcc_eh.a").output().ok()?;
    let file = PathBuf::from(String::from_utf8(answer.stdout).ok()?.trim());
    file.is_absolute().then(|| file.parent().map(Path::to_owned))?
}
