//! Types of expressions: a rule with a sample of each, added to a chain that no packet reaches.

use nix::errno::Errno;

use super::samples::{DYNAMIC_SET, OBJECT, SAMPLES, SET, Sample, Value, put_expression};
use super::{Finding, Group};
use crate::expr::Family;
use crate::expr::attribute::Bytes;
use crate::kernel::KernelError;
use crate::kernel::nft::batch::Mode;
use crate::kernel::nft::message::Kind;
use crate::kernel::nft::{Batch, NftSocket, TableName};

const TABLE: &str = "doctor";
const CHAIN: &str = "unreached";
/// `NFTA_RULE_*`, `NFTA_LIST_ELEM`.
const RULE_TABLE: u16 = 1;
const RULE_CHAIN: u16 = 2;
const RULE_EXPRESSIONS: u16 = 4;
const LIST_ELEM: u16 = 1;
/// `NFTA_SET_*`: table, name, flags, type and length of the key, the number within the batch.
const SET_TABLE: u16 = 1;
const SET_NAME: u16 = 2;
const SET_FLAGS: u16 = 3;
const SET_KEY_TYPE: u16 = 4;
const SET_KEY_LENGTH: u16 = 5;
const SET_ID: u16 = 10;
/// `NFT_SET_TIMEOUT | NFT_SET_EVAL`.
const DYNAMIC: u32 = 0x30;
/// `NFTA_OBJ_*`; a counter is type 1.
const OBJECT_TABLE: u16 = 1;
const OBJECT_NAME: u16 = 2;
const OBJECT_TYPE: u16 = 3;
const OBJECT_DATA: u16 = 4;

/// To be called in a namespace of the doctor's own.
pub fn examine(tell: &mut dyn FnMut(Finding)) {
    for sample in &SAMPLES {
        let trials = sample.families.iter().map(|&family| (family, try_in(family, sample)));
        tell(finding(sample, &trials.collect::<Vec<_>>()));
    }
}

fn finding(sample: &Sample, trials: &[(Family, Result<(), KernelError>)]) -> Finding {
    let refused: Vec<_> = trials.iter().filter_map(|(family, trial)| Some((family, trial.as_ref().err()?))).collect();
    let Some((_, first)) = refused.first() else {
        return Finding {
            required: sample.required,
            ..Finding::ok(Group::Expressions, sample.name, format!("for {}", sample.serves))
        };
    };
    let reason = if first.errno == Errno::ENOENT { "the kernel has none" } else { first.errno.desc() };
    let detail = if refused.len() == trials.len() {
        reason.to_owned()
    } else {
        let families: Vec<_> = refused.iter().map(|(family, _)| family.name()).collect();
        format!("{reason} for {}", families.join(", "))
    };
    let finding = Finding::missing(Group::Expressions, sample.name, detail)
        .remedy(format!("a kernel with {}; needed for {}", sample.config, sample.serves));
    Finding { required: sample.required, ..finding }
}

/// Commits a table, a chain and a rule with the sample, and what it refers to.
fn try_in(family: Family, sample: &Sample) -> Result<(), KernelError> {
    let table = TableName { family, name: TABLE };
    let mut socket = NftSocket::open()?;
    let mut batch = Batch::new(table.to_string(), None)?;
    batch.add_table(table)?;
    socket.commit(batch)?;
    let mut batch = Batch::new(table.to_string(), None)?;
    // The chain and the rest go with the table, so that every sample begins afresh.
    batch.delete_table(table)?;
    batch.add_table(table)?;
    batch.add_chain(table, CHAIN)?;
    for (_, value) in sample.attributes {
        match value {
            Value::Text(name @ SET) => add_set(&mut batch, family, name, 0)?,
            Value::Text(name @ DYNAMIC_SET) => add_set(&mut batch, family, name, DYNAMIC)?,
            Value::Text(name @ OBJECT) => add_counter(&mut batch, family, name)?,
            _ => {}
        }
    }
    batch.add_encoded("add rule", Kind::NewRule, family, Mode::Append, rule(family, sample))?;
    socket.commit(batch)
}

fn rule(family: Family, sample: &Sample) -> Bytes {
    let mut bytes = Bytes::default();
    bytes.put_str(RULE_TABLE, TABLE);
    bytes.put_str(RULE_CHAIN, CHAIN);
    bytes.nest(RULE_EXPRESSIONS, |list| {
        let registers: &[u32] = if sample.loaded { &[1, 2] } else { &[] };
        for &register in registers {
            let load = [(1, Value::U32(register)), (2, Value::Data(&[0; 16]))];
            list.nest(LIST_ELEM, |element| put_expression(element, family, "immediate", &load));
        }
        list.nest(LIST_ELEM, |element| put_expression(element, family, sample.expression, sample.attributes));
    });
    bytes
}

fn add_set(batch: &mut Batch, family: Family, name: &str, flags: u32) -> Result<(), KernelError> {
    let mut bytes = Bytes::default();
    bytes.put_str(SET_TABLE, TABLE);
    bytes.put_str(SET_NAME, name);
    // The key's type is for whoever prints the set.
    for (kind, value) in [(SET_FLAGS, flags), (SET_KEY_TYPE, 0), (SET_KEY_LENGTH, 4), (SET_ID, 1)] {
        bytes.put(kind, &value.to_be_bytes());
    }
    batch.add_encoded("add set", Kind::NewSet, family, Mode::Create, bytes)
}

fn add_counter(batch: &mut Batch, family: Family, name: &str) -> Result<(), KernelError> {
    let mut bytes = Bytes::default();
    bytes.put_str(OBJECT_TABLE, TABLE);
    bytes.put_str(OBJECT_NAME, name);
    bytes.put(OBJECT_TYPE, &1_u32.to_be_bytes());
    bytes.nest(OBJECT_DATA, |_| {});
    batch.add_encoded("add object", Kind::NewObject, family, Mode::Create, bytes)
}

#[cfg(test)]
mod tests {
    use super::super::State;
    use super::*;

    #[test]
    fn what_lacks_in_one_family_is_said_of_that_one() {
        let sample = SAMPLES.iter().find(|sample| sample.name == "fib").expect("fib is a sample");
        let lacking = || Err(KernelError::new("add rule", "", Errno::ENOENT));
        let found = finding(sample, &[(Family::Ip, Ok(())), (Family::Ip6, lacking())]);
        assert_eq!((found.state, found.detail.as_str()), (State::Missing, "the kernel has none for ip6"));
        let found = finding(sample, &[(Family::Ip, lacking()), (Family::Ip6, lacking())]);
        assert_eq!(found.detail, "the kernel has none");
        assert!(found.remedy.is_some_and(|remedy| remedy.contains("CONFIG_NFT_FIB_IPV4")));
        assert_eq!(finding(sample, &[(Family::Ip, Ok(()))]).state, State::Ok);
    }

    #[test]
    fn samples_have_names_of_their_own() {
        for (at, sample) in SAMPLES.iter().enumerate() {
            assert!(SAMPLES[..at].iter().all(|other| other.name != sample.name), "{}", sample.name);
        }
    }
}
