//! Where kernel and rule language meet: views of what is there, edits of it.

pub mod balance;
mod bound;
pub mod edit;
pub mod error;
pub mod line_errors;
pub mod model;
mod names;
pub mod passage;
pub mod path;
mod sets;
pub mod snapshot;
pub mod stand;
pub mod unmade;
pub mod view;
pub mod with_chains;
pub mod witness;

pub use error::Error;
pub use names::HostNames;
