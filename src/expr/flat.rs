//! Expressions whose attributes are numbers, registers and names, one attribute a field: most of them.
//!
//! [`flat!`] makes the struct, `encode` and `decode` from one list, so that the two directions cannot drift apart. An
//! expression with attributes inside of attributes, or with choices, writes both by hand instead.

use super::{Attribute, Field, Register, Sink};

/// What a field of a flat expression may be.
pub(super) trait Scalar: Sized {
    /// Names the attribute to `sink`.
    fn write(&self, sink: &mut dyn Sink, field: Field);
    /// The inverse of [`Scalar::write`].
    fn read(attribute: &Attribute<'_>) -> Option<Self>;
    /// What it is where the attribute is missing; `None` where it may not be.
    fn absent() -> Option<Self> {
        None
    }
}

macro_rules! number {
    ($($type:ident),+) => {$(
        impl Scalar for $type {
            fn write(&self, sink: &mut dyn Sink, field: Field) {
                sink.$type(field, *self);
            }

            fn read(attribute: &Attribute<'_>) -> Option<Self> {
                attribute.$type()
            }
        }
    )+};
}

number!(u8, u16, u32, u64);

impl Scalar for Register {
    fn write(&self, sink: &mut dyn Sink, field: Field) {
        sink.u32(field, self.0);
    }

    fn read(attribute: &Attribute<'_>) -> Option<Self> {
        attribute.u32().map(Self)
    }
}

impl Scalar for String {
    fn write(&self, sink: &mut dyn Sink, field: Field) {
        sink.string(field, self);
    }

    fn read(attribute: &Attribute<'_>) -> Option<Self> {
        attribute.str().map(str::to_owned)
    }
}

impl Scalar for Vec<u8> {
    fn write(&self, sink: &mut dyn Sink, field: Field) {
        sink.bytes(field, self);
    }

    fn read(attribute: &Attribute<'_>) -> Option<Self> {
        Some(attribute.payload.to_vec())
    }
}

impl<T: Scalar> Scalar for Option<T> {
    fn write(&self, sink: &mut dyn Sink, field: Field) {
        if let Some(value) = self {
            value.write(sink, field);
        }
    }

    fn read(attribute: &Attribute<'_>) -> Option<Self> {
        T::read(attribute).map(Some)
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

/// `pub field: type = (kernel's number, libnftnl's number) or default,`: with a default, the attribute is left out where
/// the field has it, as the kernel does; `padding N` names the attribute that only pads.
macro_rules! flat {
    (@write $self:ident, $sink:ident, $field:ident, $number:expr,) => {
        $crate::expr::flat::Scalar::write(&$self.$field, $sink, $number);
    };
    (@write $self:ident, $sink:ident, $field:ident, $number:expr, $default:literal) => {
        if $self.$field != $default {
            $crate::expr::flat::Scalar::write(&$self.$field, $sink, $number);
        }
    };
    (@absent $type:ty,) => {
        <$type as $crate::expr::flat::Scalar>::absent()
    };
    (@absent $type:ty, $default:literal) => {
        Some($default)
    };
    (
        $(#[$doc:meta])*
        pub struct $name:ident {
            $($(#[$field_doc:meta])* pub $field:ident: $type:ty = ($kernel:literal, $nftnl:literal) $(or $default:literal)?,)*
        }
        $(padding $padding:literal)?
    ) => {
        $(#[$doc])*
        pub struct $name {
            $($(#[$field_doc])* pub $field: $type,)*
        }

        impl $name {
            /// Names every attribute, in the order of the kernel's policy.
            #[allow(unused_variables, clippy::allow_attributes, reason = "an expression may have no attributes")]
            pub fn encode(&self, sink: &mut dyn $crate::expr::Sink) {
                $($crate::expr::flat::flat!(
                    @write self, sink, $field, $crate::expr::Field::new($kernel, $nftnl), $($default)?
                );)*
            }

            /// The inverse of `encode`; `None` where an attribute is missing, unknown or of another size.
            #[must_use]
            #[allow(clippy::never_loop, clippy::allow_attributes, reason = "an expression may have no attributes")]
            pub fn decode(attributes: $crate::expr::Attributes<'_>) -> Option<Self> {
                $(let mut $field: Option<$type> = None;)*
                for attribute in attributes {
                    match attribute.kind {
                        $($kernel => $field = Some(<$type as $crate::expr::flat::Scalar>::read(&attribute)?),)*
                        $($padding => {})?
                        _ => return None,
                    }
                }
                Some(Self {
                    $($field: match $field {
                        Some(value) => value,
                        None => $crate::expr::flat::flat!(@absent $type, $($default)?)?,
                    },)*
                })
            }
        }
    };
}

pub(super) use flat;
