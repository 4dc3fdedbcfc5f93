//! The readers keep their laws for hostile input, a bounded run of what `fuzz/` does without end: each committed seed, as
//! it is and in some hundred mutations. The laws are the fuzzer's own.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

#[path = "../fuzz/src/lib.rs"]
mod laws;

/// Of all seeds of a law together, unless `NSFW_MUTATIONS` is another number.
const MUTATIONS: usize = 1_000;
/// Longer inputs only take longer.
const LONGEST: usize = 4_096;

/// Numbers that look like chance and are the same in every run (Marsaglia's xorshift64).
struct Chance(u64);

impl Chance {
    /// One below `bound`, or 0.
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        let number = usize::try_from(self.0 >> 33).expect("31 bits");
        number.checked_rem(bound).unwrap_or(0)
    }

    fn byte(&mut self) -> u8 {
        // Bytes that lengths, quotes and lines turn on, as often as any others.
        const TELLING: &[u8] = b"\0\x01\x04\x08\x7f\x80\xff \t\n\"'\\!:,-/=[]%0@";
        if self.below(2) == 0 {
            return TELLING[self.below(TELLING.len())];
        }
        u8::try_from(self.below(256)).expect("a byte")
    }

    /// A few changes to an input; `other` is one to take pieces from.
    fn mutate(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(4) {
            let at = self.below(bytes.len() + 1);
            let end = (at + 1 + self.below(8)).min(bytes.len()).max(at);
            match self.below(6) {
                0 => bytes.truncate(at),
                1 => drop(bytes.drain(at..end)),
                2 => bytes.insert(at, self.byte()),
                3 => {
                    let piece = bytes[at..end].to_vec();
                    bytes.splice(at..at, piece);
                }
                4 => {
                    let from = self.below(other.len() + 1);
                    let to = (from + self.below(32)).min(other.len());
                    bytes.splice(at..end, other[from..to].iter().copied());
                }
                _ => bytes.iter_mut().skip(at).take(1).for_each(|byte| *byte = self.byte()),
            }
        }
        bytes.truncate(LONGEST);
        bytes
    }
}

/// In the order of their names, so that every run is the same.
fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = files.map(|file| file.expect("an entry").path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).expect("a seed can be read")).collect()
}

fn keeps(name: &str, law: laws::Law, input: &[u8]) {
    if catch_unwind(AssertUnwindSafe(|| law(input))).is_err() {
        let place = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("broken-{name}"));
        fs::write(&place, input).expect("written");
        panic!("the law of {name} is broken by {}: b\"{}\"", place.display(), input.escape_ascii());
    }
}

#[test]
fn laws_hold_for_seeds_and_mutations() {
    let wanted = std::env::var("NSFW_MUTATIONS").ok();
    let mutations = wanted.map_or(MUTATIONS, |wanted| wanted.parse().expect("NSFW_MUTATIONS is a number"));
    for (name, law) in laws::LAWS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seeds");
        seeds.iter().for_each(|seed| keeps(name, law, seed));
        let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
        for _ in 0..mutations {
            let (seed, other) = (chance.below(seeds.len()), chance.below(seeds.len()));
            keeps(name, law, &chance.mutate(&seeds[seed], &seeds[other]));
        }
    }
}
