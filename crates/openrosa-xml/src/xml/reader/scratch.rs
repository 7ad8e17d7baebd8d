//! Memory that one reader leaves to the next.

use std::fmt;

use crate::xml::{
    name::{Attribute, Declaration},
    namespaces::Scope,
};

/// The buffers of a reader, empty but with their room, for whoever reads many small documents.
///
/// ```
/// # use openrosa_xml::{Instance, Limits, xml::Scratch};
/// let mut scratch = Scratch::default();
/// for form in ["<data id='a'/>", "<data id='b'/>"] {
///     let instance = Instance::read_with(form, &Limits::default(), &mut scratch)?;
///     assert!(instance.form_key().id.is_some());
/// }
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Default)]
pub struct Scratch {
    pub(super) open: Vec<&'static str>,
    pub(super) scope: Scope<'static>,
    pub(super) attributes: Vec<Attribute<'static>>,
    pub(super) declarations: Vec<Declaration<'static>>,
}

impl Scratch {
    /// Empties buffers that borrowed from a document; the standard library keeps the room of a vector collected from
    /// another of the same layout.
    pub(super) fn of<'a>(
        mut open: Vec<&'a str>,
        scope: Scope<'a>,
        mut attributes: Vec<Attribute<'a>>,
        mut declarations: Vec<Declaration<'a>>,
    ) -> Self {
        open.clear();
        attributes.clear();
        declarations.clear();
        Self {
            open: open.into_iter().map(|_| "").collect(),
            scope: scope.into_empty(),
            attributes: attributes.into_iter().map(Attribute::into_owned).collect(),
            declarations: declarations.into_iter().map(Declaration::into_owned).collect(),
        }
    }
}

impl fmt::Debug for Scratch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scratch").finish_non_exhaustive()
    }
}
