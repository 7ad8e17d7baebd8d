//! Namespace names, each with the document that owns it.
//!
//! Most documents of the family are recognized by local name in the field (openrosa.md 0.3); these constants are what
//! we write, and what decides where the digests say that the namespace decides.

/// The response envelope. OpenRosa HTTP Request API 1.0, openrosa.md 1.2.
pub const RESPONSE: &str = "http://openrosa.org/http/response";

/// The metadata block as the standard spells it, usually prefixed `orx`. OpenRosa Metadata Schema 1.0, openrosa.md 3.2.
pub const METADATA: &str = "http://openrosa.org/xforms";

/// The metadata block as CommCare spells it, by habit prefixed `orx` as well. openrosa.md 3.4.
pub const COMMCARE_METADATA: &str = "http://openrosa.org/jr/xforms";

/// `appVersion` and `location` inside a CommCare metadata block. openrosa.md 3.4.
pub const COMMCARE: &str = "http://commcarehq.org/xforms";

/// Case XML 2.0: `case` and everything in it. case-xml.md 1.1.
pub const CASE: &str = "http://commcarehq.org/case/transaction/v2";

/// `balance` and `transfer`: stock that a case has. case-xml.md 3.2.
pub const LEDGER: &str = "http://commcarehq.org/ledger/v1";

/// `Registration`: a user, in a restore or sent to the server. ota-restore.md 2.6.
pub const REGISTRATION: &str = "http://openrosa.org/user/registration";

/// How `Registration` used to be called; readers take both, and any other. ota-restore.md 2.6.
pub const OLD_REGISTRATION: &str = "http://openrosa.org/user-registration";

/// `Sync`, the token of a restore. ota-restore.md 2.5.
pub const SYNC: &str = "http://commcarehq.org/sync";

/// The form list. OpenRosa Form Discovery (Listing) API 1.0, openrosa.md 4.2.
pub const FORM_LIST: &str = "http://openrosa.org/xforms/xformsList";

/// The media manifest of a form. OpenRosa Form Discovery (Listing) API 1.0, openrosa.md 4.3.
pub const MANIFEST: &str = "http://openrosa.org/xforms/xformsManifest";

/// `idChunk` and `submission` as servers send them; a documentation page prints another since a project was renamed.
/// openrosa.md 0.3, 6.
pub const SUBMISSIONS: &str = "http://opendatakit.org/submissions";

/// `submissionMetadata` as servers send it. openrosa.md 2.9.
pub const SUBMISSION_METADATA: &str = "http://www.opendatakit.org/xforms";

/// An encrypted submission as ODK Collect writes it; others use [`SUBMISSIONS`]. openrosa.md 7.3.
pub const ENCRYPTED: &str = "http://www.opendatakit.org/xforms/encrypted";

/// Entities that a form creates or updates (ODK XForms, Entities).
pub const ENTITIES: &str = "http://www.opendatakit.org/xforms/entities";

/// A device log; a `case` inside one is no transaction. case-xml.md 1.12.
pub const DEVICE_REPORT: &str = "http://code.javarosa.org/devicereport";

/// `jr:` attributes of blank forms: preloads and messages. openrosa.md 0.3.
pub const JAVAROSA: &str = "http://openrosa.org/javarosa";

/// XForms: model, binds and controls of a blank form. openrosa.md 3.1.
pub const XFORMS: &str = "http://www.w3.org/2002/xforms";

/// `html`, `head` and `body` of a blank form. openrosa.md 0.3.
pub const XHTML: &str = "http://www.w3.org/1999/xhtml";

/// The reserved namespace of `xml:lang` and its like, bound without being declared. Namespaces in XML 1.0, section 3.
pub const XML: &str = "http://www.w3.org/XML/1998/namespace";

/// The reserved namespace of `xmlns` attributes themselves. Namespaces in XML 1.0, section 3.
pub const XMLNS: &str = "http://www.w3.org/2000/xmlns/";

/// The constant that is this namespace, if it is one that case blocks and metadata are full of.
pub(crate) fn known(namespace: &str) -> Option<&'static str> {
    [CASE, COMMCARE_METADATA, METADATA, RESPONSE].into_iter().find(|&known| known == namespace)
}
