//! The cases that exist already.

use std::{collections::BTreeMap, io};

use crate::{
    case::{Action, CaseBlock},
    restore::{Located, RestoreError, RestoreItem, RestoreReader},
    xml::chars::trim,
};

/// Which cases exist, of which type and in which state: what a form's updates and links are held against.
///
/// A case takes little more than its id: types, of which there are few, are kept once.
///
/// ```
/// use openrosa_xml::check::{CaseState, KnownCases};
/// let mut known = KnownCases::default();
/// known.insert("c-1", "patient");
/// known.insert_in("c-2", "patient", CaseState::Closed);
/// assert_eq!(known.case_type("c-1"), Some("patient"));
/// assert_eq!(known.state("c-2"), Some(CaseState::Closed));
/// assert!(!known.contains("c-3"));
/// ```
#[derive(Clone, Debug, Default)]
pub struct KnownCases {
    cases: BTreeMap<Box<str>, Known>,
    types: Vec<Box<str>>,
    by_type: BTreeMap<Box<str>, u32>,
}

/// The order in which types were met does not count.
impl PartialEq for KnownCases {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for KnownCases {}

/// What is known of one case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Known {
    case_type: u32,
    state: CaseState,
}

/// How a case is that exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum CaseState {
    /// It is open.
    #[default]
    Open,
    /// It is closed. Forms may still change it; none opens it again.
    Closed,
    /// A person deleted it on the server. CommCare HQ still takes forms for it, and it stays deleted (C-060).
    Deleted,
    /// The id belongs to another project, in which no form of this one may touch it (C-060).
    Foreign,
}

impl KnownCases {
    /// The cases of a restore: what a device holds that got it on an empty storage.
    ///
    /// It streams: memory follows the number of cases, not what they say.
    ///
    /// ```
    /// use openrosa_xml::check::{CaseState, KnownCases};
    /// let restore = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'>
    ///   <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c-1' date_modified='2024-05-01'>
    ///     <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>
    ///     <close/>
    ///   </case>
    /// </OpenRosaResponse>";
    /// let known = KnownCases::from_restore(restore.as_bytes())?;
    /// assert_eq!(known.case_type("c-1"), Some("patient"));
    /// assert_eq!(known.state("c-1"), Some(CaseState::Closed));
    /// # Ok::<(), openrosa_xml::restore::RestoreError>(())
    /// ```
    pub fn from_restore<R: io::Read>(restore: R) -> Result<Self, RestoreError> {
        let (mut reader, mut known) = (RestoreReader::new(restore), Self::default());
        let mut take = |item: Located<RestoreItem<'_>>| {
            if let RestoreItem::Case(block) = &item.value {
                known.apply(block);
            }
        };
        while reader.next_with(&mut take)?.is_some() {}
        Ok(known)
    }

    /// Takes in what a block says of its case, as the device does: the last block and the last type count.
    pub fn apply(&mut self, block: &CaseBlock<'_>) {
        let Some(case_id) = block.case_id.as_deref().filter(|id| !id.is_empty()) else { return };
        for action in &block.actions {
            match action {
                Action::Create(create) => {
                    let case_type = create.property("case_type").map(|property| property.value.text());
                    self.set_type(case_id, trim(&case_type.unwrap_or_default()));
                }
                Action::Update(update) => {
                    let case_type = update.property("case_type").map(|property| property.value.text());
                    match case_type {
                        Some(case_type) => self.set_type(case_id, trim(&case_type)),
                        None => self.meet(case_id),
                    }
                }
                Action::Close(_) => {
                    self.meet(case_id);
                    self.set_state(case_id, CaseState::Closed);
                }
                Action::Index(_) | Action::Attachment(_) | Action::Other(_) => self.meet(case_id),
            }
        }
    }

    /// Adds an open case; its type may be empty where nothing says it.
    pub fn insert(&mut self, case_id: &str, case_type: &str) {
        self.insert_in(case_id, case_type, CaseState::Open);
    }

    /// Adds a case in this state.
    pub fn insert_in(&mut self, case_id: &str, case_type: &str, state: CaseState) {
        let case_type = self.type_number(case_type);
        self.cases.insert(case_id.into(), Known { case_type, state });
    }

    /// The type of a case that exists.
    #[must_use]
    pub fn case_type(&self, case_id: &str) -> Option<&str> {
        let known = self.cases.get(case_id)?;
        self.types.get(usize::try_from(known.case_type).ok()?).map(AsRef::as_ref)
    }

    /// The state of a case that exists.
    #[must_use]
    pub fn state(&self, case_id: &str) -> Option<CaseState> {
        self.cases.get(case_id).map(|known| known.state)
    }

    /// Whether the case exists, in whatever state.
    #[must_use]
    pub fn contains(&self, case_id: &str) -> bool {
        self.cases.contains_key(case_id)
    }

    /// How many cases exist.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cases.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cases.is_empty()
    }

    fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>, CaseState)> {
        self.cases.iter().map(|(id, known)| (id.as_ref(), self.case_type(id), known.state))
    }

    fn meet(&mut self, case_id: &str) {
        if !self.contains(case_id) {
            self.insert(case_id, "");
        }
    }

    fn set_type(&mut self, case_id: &str, case_type: &str) {
        let state = self.state(case_id).unwrap_or_default();
        self.insert_in(case_id, case_type, state);
    }

    fn set_state(&mut self, case_id: &str, state: CaseState) {
        if let Some(known) = self.cases.get_mut(case_id) {
            known.state = state;
        }
    }

    /// The number of a type, which it gets where it is met first.
    fn type_number(&mut self, case_type: &str) -> u32 {
        if let Some(&number) = self.by_type.get(case_type) {
            return number;
        }
        // More types than this are none: the last number stands for all that follow.
        let number = u32::try_from(self.types.len()).unwrap_or(u32::MAX);
        self.types.push(case_type.into());
        self.by_type.insert(case_type.into(), number);
        number
    }
}
