//! Extensions without options: nothing is set, printed or missing.

use super::extension::Extension;
use super::spec::{Given, OptionSpec, Samples};
use crate::rule::IpFamily;
use crate::rule::error::ErrorKind;

/// What is left to say of one.
pub trait Bare: Default {
    /// [`Extension::NAME`].
    const NAME: &'static str;
    /// [`Extension::FAMILY`].
    const FAMILY: Option<IpFamily> = None;
    /// [`Extension::HELP`].
    const HELP: &'static str;
    /// [`Extension::SAMPLES`].
    const SAMPLES: Samples;
    /// [`Extension::list`].
    const LISTED: &'static str = "";
}

impl<T: Bare> Extension for T {
    const NAME: &'static str = T::NAME;
    const FAMILY: Option<IpFamily> = T::FAMILY;
    const HELP: &'static str = T::HELP;
    const OPTIONS: &'static [OptionSpec] = &[];
    const SAMPLES: Samples = T::SAMPLES;

    fn new(_: IpFamily) -> Self {
        Self::default()
    }

    fn set(&mut self, given: &Given<'_>) -> Result<(), ErrorKind> {
        // There is no option that could be given.
        Err(ErrorKind::UnexpectedWord(given.option.to_owned()))
    }

    fn render(&self) -> Vec<String> {
        Vec::new()
    }

    fn list(&self) -> String {
        T::LISTED.to_owned()
    }
}
