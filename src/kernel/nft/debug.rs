//! Expressions as `nft --debug=netlink` shows them.

use crate::expr::Expression;
use crate::kernel::sys::nftnl_expression::NftnlExpression;

/// `[ meta load mark => reg 1 ]`; of one that cannot be sent its name alone. No kernel is asked.
#[must_use]
pub fn debug_text(expression: &Expression) -> String {
    let parts = NftnlExpression::new(expression).map(|filled| filled.text()).unwrap_or_default();
    if parts.is_empty() { format!("[ {} ]", expression.name()) } else { format!("[ {} {parts} ]", expression.name()) }
}
