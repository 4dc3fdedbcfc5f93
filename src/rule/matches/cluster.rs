//! `-m cluster`: which hosts of a cluster take a connection.
//!
//! Jenkins' hash of the address that opened the connection, as iptables hashes it. `iptables-translate` compares the hash
//! with the mask of a single node, which is the next node's number; here it is the node's own.

use crate::expr::meta::Access;
use crate::expr::{CmpOp, Ct, Element, Hash, Meta, Register, Set};
use crate::rule::address;
use crate::rule::ast::Rule;
use crate::rule::error::ErrorKind;
use crate::rule::lifting::Lifting;
use crate::rule::lower::LowerContext;
use crate::rule::lowering::Lowering;
use crate::rule::registry::{Extension, Given, MatchExtension, OptionSpec, Samples};
use crate::rule::values::number::parse_number;
use crate::rule::{Hook, IpFamily};

/// `-m cluster`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cluster {
    /// `--cluster-total-nodes`: 1 to 32.
    pub nodes: u32,
    /// `--cluster-local-node` or `--cluster-local-nodemask`: a bit for each node that this host is.
    pub mask: u32,
    /// `!`.
    pub negated: bool,
    /// `--cluster-hash-seed`.
    pub seed: Option<u32>,
}

const NODES: u32 = 32;

impl Extension for Cluster {
    const NAME: &'static str = "cluster";
    const HELP: &'static str = "which hosts of a cluster take a connection";
    const OPTIONS: &'static [OptionSpec] = &[
        OptionSpec::new("--cluster-total-nodes", &["1 to 32"], "how many hosts there are", "jhash … mod 4"),
        OptionSpec::new("--cluster-local-node", &["1 to 32"], "which one this is", "jhash … mod 4 seed 0x7 1")
            .negatable(),
        OptionSpec::new(
            "--cluster-local-nodemask",
            &["a mask"],
            "which ones this is",
            "jhash … mod 4 seed 0x7 { 0, 2 }",
        )
        .negatable(),
        OptionSpec::new("--cluster-hash-seed", &["a number"], "the same for all hosts", "seed 0x7"),
    ];
    const SAMPLES: Samples = Samples {
        accepted: &[
            (
                "-t mangle -m cluster --cluster-total-nodes 4 --cluster-local-node 3 --cluster-hash-seed 7",
                "-m cluster --cluster-local-nodemask 0x00000004 --cluster-total-nodes 4 --cluster-hash-seed 0x00000007",
            ),
            (
                "-t mangle -m cluster --cluster-total-nodes 4 ! --cluster-local-nodemask 0x5 --cluster-hash-seed 0xcafe",
                "-m cluster ! --cluster-local-nodemask 0x00000005 --cluster-total-nodes 4 --cluster-hash-seed 0x0000cafe",
            ),
            (
                "-t mangle -m cluster --cluster-total-nodes 2 --cluster-local-node 2 --cluster-hash-seed 1",
                "-m cluster --cluster-local-nodemask 0x00000002 --cluster-total-nodes 2 --cluster-hash-seed 0x00000001",
            ),
            (
                "-6 -t mangle -m cluster --cluster-total-nodes 1 --cluster-local-node 1 --cluster-hash-seed 0",
                "-m cluster --cluster-local-nodemask 0x00000001 --cluster-total-nodes 1 --cluster-hash-seed 0x00000000",
            ),
        ],
        refused: &[
            "-m cluster",
            "-m cluster --cluster-total-nodes 4 --cluster-hash-seed 3",
            "-m cluster --cluster-total-nodes 4 --cluster-local-node 2",
            "-m cluster --cluster-local-node 2 --cluster-hash-seed 3",
            "-m cluster --cluster-total-nodes 33 --cluster-local-node 2 --cluster-hash-seed 3",
            "-m cluster --cluster-total-nodes 4 --cluster-local-node 5 --cluster-hash-seed 3",
            "-m cluster --cluster-total-nodes 4 --cluster-local-nodemask 0x10 --cluster-hash-seed 3",
            "-m cluster --cluster-total-nodes 4 --cluster-local-nodemask 0 --cluster-hash-seed 3",
            "-m cluster --cluster-total-nodes 4 --cluster-local-node 1 --cluster-local-nodemask 2 --cluster-hash-seed 3",
            "-m cluster --cluster-total-nodes 4 --cluster-local-node 1 --cluster-hash-seed x",
        ],
    };

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        let node = |text: &str| parse_number(text).filter(|number| (1..=NODES).contains(number));
        match given.option {
            "--cluster-total-nodes" => self.nodes = given.read("a number from 1 to 32", node)?,
            "--cluster-hash-seed" => self.seed = Some(given.read("a number up to 4294967295", parse_number)?),
            option => {
                if self.mask != 0 {
                    return Err(ErrorKind::Conflict("--cluster-local-node", option));
                }
                self.negated = given.negated;
                self.mask = if option == "--cluster-local-node" {
                    1 << (given.read("a number from 1 to 32", node)? - 1)
                } else {
                    given.read("a mask that is not 0", |text| parse_number(text).filter(|&mask| mask > 0))?
                };
            }
        }
        Ok(())
    }

    fn finish(&self) -> Result<(), ErrorKind> {
        let missing = |options| ErrorKind::MissingOption { extension: "match cluster", options };
        if self.nodes == 0 {
            return Err(missing("--cluster-total-nodes"));
        }
        if self.mask == 0 {
            return Err(missing("--cluster-local-node or --cluster-local-nodemask"));
        }
        if self.seed.is_none() {
            return Err(missing("--cluster-hash-seed"));
        }
        if u64::from(self.mask) >> self.nodes == 0 {
            return Ok(());
        }
        let expected = "a mask of nodes up to --cluster-total-nodes";
        Err(ErrorKind::BadValue { value: format!("{:#x}", self.mask), expected })
    }

    fn render(&self) -> Vec<String> {
        let mut words: Vec<String> = self.negated.then(|| "!".to_owned()).into_iter().collect();
        let mut say = |option: &str, value: String| words.extend([option.to_owned(), value]);
        say("--cluster-local-nodemask", format!("{:#010x}", self.mask));
        say("--cluster-total-nodes", self.nodes.to_string());
        say("--cluster-hash-seed", format!("{:#010x}", self.seed.unwrap_or_default()));
        words
    }

    fn list(&self) -> String {
        let negation = if self.negated { "!" } else { "" };
        let (mask, nodes, seed) = (self.mask, self.nodes, self.seed.unwrap_or_default());
        format!("cluster {negation}node_mask={mask:#010x} total_nodes={nodes} hash_seed={seed:#010x}")
    }
}

impl MatchExtension for Cluster {
    /// Only in PREROUTING the kernel lets a packet's kind be changed. In a user chain it is changed, so that the chain is to
    /// come from there: in a table without, none does.
    fn check(&self, _: &Rule, context: &LowerContext<'_>) -> Result<(), ErrorKind> {
        let hooks = [Hook::Prerouting, Hook::Forward, Hook::Output, Hook::Postrouting];
        let comes_from_outside = context.table.chains().iter().any(|chain| chain.hook == Hook::Prerouting);
        if context.hook().is_none() && !comes_from_outside {
            let (option, chain) = ("match cluster".to_owned(), context.chain.to_owned());
            return Err(ErrorKind::NotInChain { option, chain });
        }
        context.require_hook(&hooks, "match cluster")
    }

    fn lower(&self, lowering: &mut Lowering) -> Result<(), ErrorKind> {
        const ORIGINAL: u8 = 0;
        const INTEGER: u32 = 4;
        let length = address::width(lowering.family);
        // Of a key whose length the family tells, nft 1.0.6 ends on an assertion.
        let key = if lowering.family == IpFamily::V4 { Ct::SOURCE_IPV4 } else { Ct::SOURCE_IPV6 };
        lowering.push(Ct { key, direction: Some(ORIGINAL), access: Access::Load(Register::R2) });
        lowering.push(Hash {
            source: Some(Register::R2),
            destination: Register::R1,
            length,
            modulus: self.nodes,
            seed: self.seed,
            offset: 0,
            kind: Hash::JENKINS,
        });
        let nodes: Vec<u32> = (0..NODES).filter(|node| self.mask >> node & 1 == 1).collect();
        if let [node] = nodes.as_slice() {
            lowering.compare(CmpOp::equal_unless(self.negated), &node.to_ne_bytes());
        } else {
            let elements = nodes.iter().map(|node| Element::key(node.to_ne_bytes())).collect();
            lowering.member(self.negated, Set { key_type: INTEGER, key_length: 4, elements, ..Set::default() });
        }
        // A frame to a group of hosts is taken for one to this host (`PACKET_HOST` of linux/if_packet.h). What is routed
        // on, or comes from this host, is of that kind already.
        if matches!(lowering.hook, None | Some(Hook::Prerouting | Hook::Input)) {
            lowering.constant(Register::R1, vec![0]);
            lowering.push(Meta::store(Meta::PKTTYPE));
        }
        Ok(())
    }

    /// The rule's own words tell.
    fn lift(_: &mut Lifting<'_>) -> Option<Self> {
        None
    }
}
