//! What is no filled-in form, whatever else it is.

use std::fmt;

use crate::{ns, xml::Name};

/// A document of another kind than a filled-in form, as the name of its root tells beyond doubt.
///
/// Every other root may be a form's (openrosa.md 3.1), those without a namespace among them: a form may well be called
/// `manifest`. It displays as what it is, as in `an answer of a server, such as a restore`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherDocument {
    /// `OpenRosaResponse`, in whatever namespace: a restore, or the envelope of any other answer.
    Answer,
    /// `Registration`: the user of a restore, without the restore.
    Registration,
    /// `html` of XHTML: a form that nobody has filled in.
    BlankForm,
    /// `xforms`: which blank forms a server has.
    FormList,
    /// `manifest`: which files a blank form needs.
    Manifest,
}

impl OtherDocument {
    /// What a document with such a root is; `None` where it may be a filled-in form.
    ///
    /// ```
    /// use openrosa_xml::{Instance, instance::OtherDocument};
    ///
    /// let restore = Instance::read("<OpenRosaResponse xmlns='http://openrosa.org/http/response'/>")?;
    /// assert_eq!(OtherDocument::of(&restore.root().name), Some(OtherDocument::Answer));
    /// let form = Instance::read("<manifest id='packing'/>")?;
    /// assert_eq!(OtherDocument::of(&form.root().name), None);
    /// # Ok::<(), openrosa_xml::ReadError>(())
    /// ```
    #[must_use]
    pub fn of(root: &Name<'_>) -> Option<Self> {
        match (root.namespace(), root.local_name()) {
            (_, "OpenRosaResponse") => Some(Self::Answer),
            (Some(ns::REGISTRATION | ns::OLD_REGISTRATION), "Registration" | "registration") => {
                Some(Self::Registration)
            }
            (Some(ns::XHTML), "html") => Some(Self::BlankForm),
            (Some(ns::FORM_LIST), "xforms") => Some(Self::FormList),
            (Some(ns::MANIFEST), "manifest") => Some(Self::Manifest),
            _ => None,
        }
    }
}

impl fmt::Display for OtherDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Answer => "an answer of a server, such as a restore",
            Self::Registration => "the user of a restore",
            Self::BlankForm => "a blank form",
            Self::FormList => "a form list",
            Self::Manifest => "a manifest of a form's media",
        })
    }
}
