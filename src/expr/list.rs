//! Lists of expressions as rules, sets and elements carry them: `NFTA_LIST_ELEM` each, with name and data inside.

use super::{Attributes, Expression};

const LIST_ELEM: u16 = 1;
/// `NFTA_EXPR_*`.
const NAME: u16 = 1;
const DATA: u16 = 2;

/// A list of expressions, still in the bytes that it came in; every one of them has a name.
#[derive(Debug, Clone, Copy)]
pub struct ExpressionList<'a>(Attributes<'a>);

impl<'a> ExpressionList<'a> {
    /// Takes a list; `None` where it is torn, holds anything but expressions, or one without a readable name: nothing of
    /// it is passed over.
    #[must_use]
    pub fn read(list: Attributes<'a>) -> Option<Self> {
        let named =
            |mut list: Attributes<'a>| list.all(|item| item.kind == LIST_ELEM && parts(item.nested()).is_some());
        (list.is_whole() && named(list)).then_some(Self(list))
    }

    /// The expressions, decoded.
    #[must_use]
    pub fn decode(self) -> Vec<Expression> {
        // `read` has seen that each has a name.
        self.0.filter_map(|element| Expression::decode_element(element.nested())).collect()
    }
}

/// Name and data of one expression. Some (`notrack`) have no data.
fn parts(expression: Attributes<'_>) -> Option<(&str, &[u8])> {
    Some((expression.get(NAME)?.str()?, expression.get(DATA).map_or(&[][..], |data| data.payload)))
}

impl Expression {
    /// Reads one expression: the attributes `NFTA_EXPR_NAME` and `NFTA_EXPR_DATA`. `None` where there is no readable name.
    #[must_use]
    pub fn decode_element(element: Attributes<'_>) -> Option<Self> {
        let (name, data) = parts(element)?;
        Some(Self::decode(name, data))
    }

    /// Reads a list of expressions: the inverse of [`super::Sink::expressions`]. `None` where [`ExpressionList::read`]
    /// refuses it.
    #[must_use]
    pub fn decode_list(list: Attributes<'_>) -> Option<Vec<Self>> {
        ExpressionList::read(list).map(ExpressionList::decode)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expr::attribute::Bytes;

    fn list(name: &[u8]) -> Vec<u8> {
        let mut bytes = Bytes::default();
        bytes.nest(LIST_ELEM, |element| element.put(NAME, b"notrack\0"));
        bytes.nest(LIST_ELEM, |element| element.put(NAME, name));
        bytes.0
    }

    #[test]
    fn a_list_is_read_whole_or_not_at_all() {
        let read = |bytes: &[u8]| Expression::decode_list(Attributes::new(bytes));
        let bytes = list(b"masq\0");
        let found = read(&bytes).expect("a list");
        assert_eq!(found.iter().map(Expression::name).collect::<Vec<_>>(), ["notrack", "masq"]);
        assert_eq!(read(&list(b"\xff\0")), None);
        assert_eq!(read(&bytes[..bytes.len() - 5]), None);
        let mut other = Bytes(bytes);
        other.put(7, b"x");
        assert_eq!(read(&other.0), None);
    }
}
