//! `u32`: words of the packet, found by arithmetic (linux/netfilter/xt_u32.h).

use std::fmt::Write as _;

use super::info::{Info, Options};

/// Parts of a test, and tests.
const MOST: usize = 11;
/// `struct xt_u32_location_element` and `struct xt_u32_value_element`.
const ELEMENT: usize = 8;
/// `struct xt_u32_test`.
const TEST: usize = 2 * MOST * ELEMENT + 4;
/// `enum xt_u32_ops`.
const OPERATORS: [&str; 4] = ["&", "<<", ">>", "@"];

/// `struct xt_u32`.
pub fn u32(info: &Info<'_>) -> Option<Vec<String>> {
    let (tests, negated) = (usize::from(info.u8(MOST * TEST)?), info.flag(MOST * TEST + 1)?);
    if tests == 0 || tests > MOST {
        return None;
    }
    let texts: Option<Vec<String>> = (0..tests).map(|index| test(info, index * TEST)).collect();
    let mut options = Options::default();
    options.value(negated, "--u32", texts?.join("&&"));
    Some(options.words())
}

/// `0x0>>0x16&0x3c@0x4=0x1,0x5:0x9`.
fn test(info: &Info<'_>, at: usize) -> Option<String> {
    let values = at + MOST * ELEMENT;
    let counts = values + MOST * ELEMENT;
    let (locations, ranges) = (usize::from(info.u8(counts)?), usize::from(info.u8(counts + 1)?));
    if locations == 0 || locations > MOST || ranges == 0 || ranges > MOST {
        return None;
    }
    let mut text = format!("{:#x}", info.u32(at)?);
    for index in 1..locations {
        let element = at + index * ELEMENT;
        let operator = OPERATORS.get(usize::from(info.u8(element + 4)?))?;
        // Writing to a String cannot fail.
        let _ = write!(text, "{operator}{:#x}", info.u32(element)?);
    }
    for index in 0..ranges {
        let (from, to) = (info.u32(values + index * ELEMENT)?, info.u32(values + index * ELEMENT + 4)?);
        text.push(if index == 0 { '=' } else { ',' });
        let _ = if from == to { write!(text, "{from:#x}") } else { write!(text, "{from:#x}:{to:#x}") };
    }
    Some(text)
}
