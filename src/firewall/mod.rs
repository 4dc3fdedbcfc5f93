//! Where kernel and rule language meet: views of what is there, edits of it.

pub mod model;
mod names;
pub mod view;

pub use names::HostNames;
