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

    /// The quantity as CommCare HQ has it: any number, white space around it or not, infinite where it has more digits than a number
    /// holds. It leaves out what is none, and says so in its log only.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        let written = self.quantity?.trim();
        // A word for what is no number, or an endless one, is no quantity.
        written.bytes().any(|byte| byte.is_ascii_digit()).then(|| written.parse().ok())?
    }

    /// Whether it is a number that would be kept as another one, so that it is refused.
    ///
    /// *Spec:* case-xml.md 3.2.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        const MOST: f64 = 92_233_720_368_547.0;
        self.number().is_some_and(|number| number.abs() > MOST)
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
            ("-Infinity", None, None),
            ("1_000", None, None),
            ("1e400", None, Some(f64::INFINITY)),
            ("-1e400", None, Some(f64::NEG_INFINITY)),
        ] {
            let said =
                Instruction { section_id: None, entry_id: None, quantity: Some(written), mark: Mark::none() };
            assert_eq!((said.units(), said.number()), (units, number), "{written}");
        }
        let is_too_large = |written| {
            Instruction { section_id: None, entry_id: None, quantity: Some(written), mark: Mark::none() }
                .is_too_large()
        };
        for large in ["92233720368548", "-92233720368548", "1e20", "1e400", "-1e400"] {
            assert!(is_too_large(large), "{large}");
        }
        for small in ["92233720368547", "-92233720368547", "1e-400", "inf", "many", ""] {
            assert!(!is_too_large(small), "{small}");
        }
        let absent = Instruction { section_id: None, entry_id: None, quantity: None, mark: Mark::none() };
        assert_eq!((absent.units(), absent.number()), (None, None));
    }
}
