//! Networks of namespaces: what they look like, how they are built, how nothing of them is left.

pub mod build;
mod error;
pub mod loaded;
pub mod network;
pub mod plan;
pub mod presence;
pub mod quiet;
pub mod route_view;
pub mod segment;
pub mod spec;
pub mod standing;
pub mod state;
pub mod teardown;
pub mod view;

pub use build::Building;
pub use error::LabError;
pub use network::Network;
pub use plan::Plan;
pub use spec::Topology;
pub use standing::{Standing, Wires};
pub use state::Store;
