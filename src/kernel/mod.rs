//! The only room that talks to Linux: namespaces, netlink sockets, nf_tables.
//!
//! It knows neither rule syntax nor reports nor subcommands. All `unsafe` of the project is in [`sys`].

pub mod conntrack;
pub mod error;
pub mod extack;
pub mod icmp_socket;
pub mod interface;
pub mod message;
pub mod mountns;
pub mod netfilter;
pub mod netlink;
pub mod netns;
pub mod nft;
pub mod packet_socket;
pub mod private_dir;
pub mod raw_socket;
pub mod receive_buffer;
pub mod regular_file;
pub mod signals;
pub mod source_address;
pub mod sys;
pub mod sysctl;
pub mod tallies;
pub mod terminal;
pub mod userns;

pub use error::{KernelError, errno_of};
