//! Networks of namespaces: what they look like, how they are built, how nothing of them is left.

pub mod build;
mod error;
pub mod plan;
pub mod presence;
pub mod route_view;
pub mod spec;
pub mod state;
pub mod teardown;
pub mod view;

pub use build::Building;
pub use error::LabError;
pub use spec::Topology;
pub use state::Store;
