//! Stock: how much of a product a case has in a section.

use std::{fmt, ops};

use openrosa_xml::CaseId;

/// Where a quantity belongs.
///
/// *Spec:* case-xml.md 3.2.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(clippy::exhaustive_structs, reason = "three names are all there are")]
pub struct LedgerKey {
    /// The case whose stock it is; a device asks no questions about it.
    pub entity_id: CaseId,
    /// The section.
    pub section_id: String,
    /// The product.
    pub entry_id: String,
}

/// A quantity, exact to five places, which is what CommCare HQ stores. On a device it is a whole number. The largest is
/// 92,233,720,368,547.75807.
///
/// ```
/// # use openrosa_case::ledger::Quantity;
/// let sum = Quantity::from(0.1) + Quantity::from(0.2);
/// assert_eq!((sum, sum.to_string()), (Quantity::from(0.3), "0.3".to_owned()));
/// assert_eq!((Quantity::from(-2) - Quantity::from(0.5)).to_string(), "-2.5");
/// let most = Quantity::of_hundred_thousandths(i64::MAX);
/// assert_eq!((most + sum, most.checked_add(sum)), (most, None), "where it does not matter, a sum ends there");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(i64);

const PLACES: i64 = 100_000;

impl Quantity {
    /// As a count of hundred-thousandths, which is all there is to it: for storing it.
    ///
    /// ```
    /// # use openrosa_case::ledger::Quantity;
    /// let some = Quantity::from(2.5);
    /// assert_eq!(some.hundred_thousandths(), 250_000);
    /// assert_eq!(Quantity::of_hundred_thousandths(250_000), some);
    /// ```
    #[must_use]
    pub const fn hundred_thousandths(self) -> i64 {
        self.0
    }

    /// The quantity of this count.
    #[must_use]
    pub const fn of_hundred_thousandths(count: i64) -> Self {
        Self(count)
    }

    /// The sum, unless that is more than a quantity can be.
    #[must_use]
    pub const fn checked_add(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }

    /// The difference, unless that is more or less than a quantity can be.
    #[must_use]
    pub const fn checked_sub(self, other: Self) -> Option<Self> {
        match self.0.checked_sub(other.0) {
            Some(difference) => Some(Self(difference)),
            None => None,
        }
    }

    /// Whether a device could hold so much: as a whole number of 32 bits.
    pub(crate) fn is_on_device(self) -> bool {
        i32::try_from(self.truncated()).is_ok()
    }

    /// What whole numbers of 32 bits, which wrap around, make of a sum of two of them.
    #[expect(clippy::cast_possible_truncation, reason = "so does the device")]
    pub(crate) fn wrapped(self) -> Self {
        Self::from(self.truncated() as i32)
    }

    /// Whether it is within what is kept where it is written out (case-xml.md 3.2).
    pub(crate) const fn is_kept(self) -> bool {
        const MOST: i64 = 92_233_720_368_547 * PLACES;
        -MOST <= self.0 && self.0 <= MOST
    }

    /// The whole part, towards zero, as restores send it.
    ///
    /// ```
    /// use openrosa_case::ledger::Quantity;
    ///
    /// assert_eq!([2.5, -2.5].map(|quantity| Quantity::from(quantity).truncated()), [2, -2]);
    /// ```
    #[must_use]
    pub const fn truncated(self) -> i64 {
        self.0 / PLACES
    }
}

impl From<i32> for Quantity {
    fn from(units: i32) -> Self {
        Self(i64::from(units) * PLACES)
    }
}

impl From<f64> for Quantity {
    /// Beyond what fits, the nearest that does; what is no number is nothing.
    #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
    fn from(number: f64) -> Self {
        // Each part by itself: together they would have more digits than such a number holds.
        let (whole, rest) = (number.trunc(), number.fract());
        let places = (rest * 100_000.0).round() as i64;
        Self((whole as i64).saturating_mul(PLACES).saturating_add(places))
    }
}

impl ops::Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl ops::Sub for Quantity {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 100_000, self.0.unsigned_abs() % 100_000);
        let places = format!("{rest:05}");
        match places.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            places => write!(f, "{sign}{whole}.{places}"),
        }
    }
}

impl fmt::Display for LedgerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` of section `{}` at case `{}`", self.entry_id, self.section_id, self.entity_id)
    }
}
