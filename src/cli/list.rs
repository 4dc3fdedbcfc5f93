//! What `link list`, `addr list` and `route list` have in common: each namespace under its heading.

use std::io::{self, Write};

use super::{Globals, status};
use crate::error::Error;
use crate::kernel::KernelError;
use crate::lab::view::NodeView;
use crate::report::terminal::{Style, escape};

/// Shows one part of every namespace that a reading command is about; `only` keeps one link.
///
/// # Errors
/// A link that is in none of them, what the kernel refused.
pub fn show(
    globals: &Globals,
    only: Option<&str>,
    part: impl Fn(&NodeView, &mut Vec<u8>) -> io::Result<()>,
) -> Result<(), Error> {
    let mut nodes = status::view(globals)?;
    if let Some(only) = only {
        for node in &mut nodes {
            node.links.retain(|link| link.name == only);
            node.routes.retain(|route| route.leaves_by(only));
        }
        nodes.retain(|node| !node.links.is_empty());
        if nodes.is_empty() {
            let error = KernelError::new("find link", only, nix::errno::Errno::ENODEV);
            return Err(error.with_help("`nsfw status` shows the links that there are").into());
        }
    }
    let mut text = Vec::new();
    let headings = nodes.len() > 1;
    for node in &nodes {
        if headings {
            writeln!(text, "{}", globals.palette().paint(Style::Bold, escape(&node.name))).map_err(Error::Output)?;
        }
        part(node, &mut text).map_err(Error::Output)?;
    }
    io::stdout().write_all(&text).map_err(Error::Output)
}
