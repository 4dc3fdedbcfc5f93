//! Rules by their number in a chain, counted from 1.

use crate::firewall::error::Error;

/// Where rule `number` is among the `rules` of a chain.
///
/// # Errors
/// [`Error::NoRule`].
pub fn index_of(chain: &str, number: u32, rules: usize) -> Result<usize, Error> {
    let index = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
    let index = index.filter(|index| *index < rules);
    index.ok_or_else(|| Error::NoRule { chain: chain.to_owned(), number, rules })
}

/// Where a rule goes that shall be rule `number`: one behind the last is a place too.
///
/// # Errors
/// [`Error::NoRule`].
pub fn index_for(chain: &str, number: u32, rules: usize) -> Result<usize, Error> {
    index_of(chain, number, rules + 1).map_err(|_| Error::NoRule { chain: chain.to_owned(), number, rules })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_begin_at_1_and_end_at_the_last_rule() {
        let none = |number| Err(Error::NoRule { chain: "X".to_owned(), number, rules: 2 });
        for (number, rule, place) in
            [(0, none(0), none(0)), (1, Ok(0), Ok(0)), (2, Ok(1), Ok(1)), (3, none(3), Ok(2)), (4, none(4), none(4))]
        {
            assert_eq!(index_of("X", number, 2), rule);
            assert_eq!(index_for("X", number, 2), place);
        }
        assert!(index_of("X", u32::MAX, 0).is_err() && index_for("X", 1, 0).is_ok());
    }
}
