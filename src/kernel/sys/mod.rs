//! Every `unsafe` line of the project, behind functions that are safe to call.

pub mod arguments;
pub mod entry;
pub mod host_name;
pub mod local_time;
pub mod netlink_socket;
pub mod nftnl_batch;
pub mod nftnl_expression;
pub mod nftnl_object;
pub mod nsfs;
pub mod process;
pub mod sockopt;
