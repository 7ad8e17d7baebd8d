//! One quantity, wherever it is written.

use crate::position::Mark;

/// So much of a product in a section, as both layouts say it.
///
/// *Spec:* case-xml.md 3.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Instruction<'s> {
    /// The section.
    pub section_id: Option<&'s str>,
    /// The product.
    pub entry_id: Option<&'s str>,
    /// The quantity as written; see [`units`](Self::units) and [`number`](Self::number).
    pub quantity: Option<&'s str>,
    /// Where it stood.
    pub mark: Mark,
}

impl Instruction<'_> {
    /// The quantity as the device has it: a whole number of 32 bits without white space. Anything else is an error to it.
    ///
    /// ```
    /// use openrosa_xml::{Profile, Timestamp, ledger::{Entry, Sheet}};
    /// let mut entry = Entry::new("soap", 0);
    /// entry.quantity = Some("9.5".into());
    /// let sheet = Sheet::new(Timestamp::new("2024-05-01")).in_section("stock").with_entry(entry);
    /// let said = sheet.instructions(Profile::Hq)[0];
    /// assert_eq!((said.units(), said.number()), (None, Some(9.5)));
    /// ```
    #[must_use]
    pub fn units(&self) -> Option<i32> {
        self.quantity?.parse().ok()
    }

    /// The quantity as CommCare HQ has it: any number, white space around it or not. It leaves out what is none, and says
    /// so in its log only.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        self.quantity?.trim().parse().ok().filter(|number: &f64| number.is_finite())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantity_is_a_whole_number_to_the_device_and_any_to_hq() {
        for (written, units, number) in [
            ("9", Some(9), Some(9.0)),
            ("-3", Some(-3), Some(-3.0)),
            ("+3", Some(3), Some(3.0)),
            ("100.0", None, Some(100.0)),
            (" 9", None, Some(9.0)),
            ("2147483648", None, Some(2_147_483_648.0)),
            ("1e2", None, Some(100.0)),
            ("", None, None),
            ("many", None, None),
            ("nan", None, None),
        ] {
            let said =
                Instruction { section_id: None, entry_id: None, quantity: Some(written), mark: Mark::none() };
            assert_eq!((said.units(), said.number()), (units, number), "{written}");
        }
        let absent = Instruction { section_id: None, entry_id: None, quantity: None, mark: Mark::none() };
        assert_eq!((absent.units(), absent.number()), (None, None));
    }
}
