//! Room for what only CommCare HQ keeps, where there is any.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use super::OnHq;

/// What CommCare HQ keeps of a case, read and written as if it were here.
///
/// On a device nothing is ever written to it, and it takes no more room than a pointer.
///
/// ```
/// use openrosa_case::case::Case;
///
/// let mut case = Case::new("c1".into(), chrono::DateTime::UNIX_EPOCH);
/// assert_eq!(case.hq.domain, "");
/// case.hq.domain = "demo".to_owned();
/// assert_eq!(case.hq.domain, "demo");
/// ```
#[derive(Clone, Default)]
pub struct HqPart(Option<Box<OnHq>>);

static NOTHING: OnHq = OnHq {
    domain: String::new(),
    opened_by: None,
    modified_by: None,
    closed_by: None,
    closed_on: None,
    server_modified_on: None,
    location_id: None,
    deleted: None,
    transactions: Vec::new(),
};

impl Deref for HqPart {
    type Target = OnHq;

    fn deref(&self) -> &OnHq {
        self.0.as_deref().unwrap_or(&NOTHING)
    }
}

impl DerefMut for HqPart {
    fn deref_mut(&mut self) -> &mut OnHq {
        self.0.get_or_insert_default()
    }
}

impl PartialEq for HqPart {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl fmt::Debug for HqPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_without_anything_in_it_is_nothing() {
        let mut part = HqPart::default();
        assert_eq!(*part, OnHq::default());
        part.domain.clear();
        assert_eq!(part, HqPart::default());
        part.domain.push('d');
        assert_ne!(part, HqPart::default());
    }
}
