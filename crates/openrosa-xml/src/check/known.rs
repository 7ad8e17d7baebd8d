//! The cases that exist already.

use std::collections::BTreeMap;

/// Which cases exist, and of which type: what a form's updates and links are held against.
///
/// ```
/// use openrosa_xml::check::KnownCases;
/// let mut known = KnownCases::default();
/// known.insert("c-1", "patient");
/// assert_eq!(known.case_type("c-1"), Some("patient"));
/// assert_eq!(known.case_type("c-2"), None);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KnownCases(BTreeMap<Box<str>, Box<str>>);

impl KnownCases {
    /// Adds a case; its type may be empty where nothing says it.
    pub fn insert(&mut self, case_id: &str, case_type: &str) {
        self.0.insert(case_id.into(), case_type.into());
    }

    /// The type of a case that exists.
    #[must_use]
    pub fn case_type(&self, case_id: &str) -> Option<&str> {
        self.0.get(case_id).map(AsRef::as_ref)
    }

    /// Whether the case exists.
    #[must_use]
    pub fn contains(&self, case_id: &str) -> bool {
        self.0.contains_key(case_id)
    }
}
