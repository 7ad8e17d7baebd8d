//! The documents by which a rule shows itself.

use super::known::{CaseState, KnownCases};

/// A document, or a part of one that stands in an ordinary document of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Example {
    /// The whole document.
    Document(&'static str),
    /// What stands in a CommCare form, in front of its metadata.
    Form(&'static str),
    /// What stands in an ODK form, in front of its metadata.
    OdkForm(&'static str),
    /// The items that follow message, token and user in a restore.
    Restore(&'static str),
    /// What stands in a CommCare form, in front of its metadata, where [these cases](Self::known) exist.
    Known(&'static str),
    /// There is none, and why.
    None(&'static str),
}

const FORM: (&str, &str) = (
    "<data xmlns=\"http://example.org/visit\" version=\"3\" uiVersion=\"1\" name=\"Visit\">",
    "  <meta xmlns=\"http://openrosa.org/jr/xforms\">\n    \
       <deviceID>phone-1</deviceID>\n    \
       <timeStart>2024-05-01T09:50:00.000Z</timeStart>\n    \
       <timeEnd>2024-05-01T10:00:00.000Z</timeEnd>\n    \
       <username>amina</username>\n    \
       <userID>u1</userID>\n    \
       <instanceID>6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>\n  \
     </meta>\n</data>\n",
);

const ODK_FORM: (&str, &str) = (
    "<data id=\"household\" version=\"7\">",
    "  <orx:meta xmlns:orx=\"http://openrosa.org/xforms\">\n    \
       <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>\n  \
     </orx:meta>\n</data>\n",
);

const RESTORE: (&str, &str) = (
    "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\">\n  \
       <message nature=\"ota_restore_success\">Welcome back, amina</message>\n  \
       <Sync xmlns=\"http://commcarehq.org/sync\"><restore_id>0f3c</restore_id></Sync>\n  \
       <Registration xmlns=\"http://openrosa.org/user/registration\">\n    \
         <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>\n    \
         <user_data><data key=\"commcare_first_name\">Amina</data></user_data>\n  \
       </Registration>",
    "</OpenRosaResponse>\n",
);

impl Example {
    /// What is shown of it, without blank lines around it.
    #[must_use]
    pub fn shown(&self) -> Option<&'static str> {
        match self {
            Self::Document(text)
            | Self::Form(text)
            | Self::Known(text)
            | Self::OdkForm(text)
            | Self::Restore(text) => Some(text.trim_matches('\n')),
            Self::None(_) => None,
        }
    }

    /// The whole document.
    #[must_use]
    pub fn document(&self) -> Option<String> {
        let shown = self.shown()?;
        let (before, after) = match self {
            Self::Form(_) | Self::Known(_) => FORM,
            Self::OdkForm(_) => ODK_FORM,
            Self::Restore(_) => RESTORE,
            Self::Document(_) | Self::None(_) => return Some(format!("{shown}\n")),
        };
        Some(format!("{before}\n{shown}\n{after}"))
    }

    /// The cases that exist: a household, and patients that are open, closed, deleted and of another project.
    #[must_use]
    pub fn known(&self) -> Option<KnownCases> {
        let Self::Known(_) = self else { return None };
        let mut known = KnownCases::default();
        known.insert("h1", "household");
        known.insert("p1", "patient");
        known.insert_in("x1", "patient", CaseState::Closed);
        known.insert_in("d1", "patient", CaseState::Deleted);
        known.insert_in("f1", "patient", CaseState::Foreign);
        Some(known)
    }
}
