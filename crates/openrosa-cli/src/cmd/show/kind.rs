//! What a document is, as far as its root tells.

use std::fmt;

use openrosa_xml::{Instance, ns};

/// The kinds of document that people hand to `show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Form,
    EncryptedForm,
    DeviceReport,
    CaseBlock,
    Envelope,
    BlankForm,
    FormList,
    Manifest,
    Registration,
}

impl Kind {
    /// Recognizes the documents of the family by their root; every other root may be a form's (openrosa.md 3.1).
    pub(super) fn of(instance: &Instance<'_>) -> Self {
        let root = instance.root();
        match (root.name.namespace(), root.name.local_name()) {
            (Some(ns::CASE), "case") => Self::CaseBlock,
            // Sent with the response namespace or without any; clients go by the local name (openrosa.md 1.2).
            (_, "OpenRosaResponse") => Self::Envelope,
            (Some("http://www.w3.org/1999/xhtml"), "html") => Self::BlankForm,
            (Some("http://openrosa.org/xforms/xformsList"), "xforms") => Self::FormList,
            (Some("http://openrosa.org/xforms/xformsManifest"), "manifest") => Self::Manifest,
            (Some("http://openrosa.org/user/registration"), _) => Self::Registration,
            (Some(ns::DEVICE_REPORT), _) => Self::DeviceReport,
            _ if root.attribute("encrypted") == Some("yes") => Self::EncryptedForm,
            _ => Self::Form,
        }
    }

    /// Whether metadata belongs into it.
    pub(super) fn is_form(self) -> bool {
        matches!(self, Self::Form | Self::EncryptedForm)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Form => "form instance",
            Self::EncryptedForm => "encrypted form instance",
            Self::DeviceReport => "device log",
            Self::CaseBlock => "case block on its own",
            Self::Envelope => "server response",
            Self::BlankForm => "blank form (XForm definition)",
            Self::FormList => "form list",
            Self::Manifest => "media manifest",
            Self::Registration => "user registration",
        })
    }
}
