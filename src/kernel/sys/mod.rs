//! Every `unsafe` line of the project, behind functions that are safe to call.

pub mod host_name;
pub mod sockopt;
