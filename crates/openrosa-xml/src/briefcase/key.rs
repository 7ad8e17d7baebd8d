//! The key by which one submission is asked for.

use std::{borrow::Cow, fmt};

use thiserror::Error;

/// Which submission to download.
///
/// *Wire:* `formId` of `GET view/downloadSubmission`, such as `visit[@version=7 and @uiVersion=null]/data[@key=uuid:1]`.
/// *Spec:* openrosa.md 6.2.
///
/// ```
/// # use openrosa_xml::briefcase::SubmissionKey;
/// let key = SubmissionKey::new("visit", "data", "uuid:1").with_version("7");
/// let written = "visit[@version=7 and @uiVersion=null]/data[@key=uuid:1]";
/// assert_eq!(key.to_string(), written);
/// assert_eq!(SubmissionKey::parse(written)?, key);
/// # Ok::<(), openrosa_xml::briefcase::SubmissionKeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SubmissionKey<'a> {
    /// The id of the form, which may hold brackets and slashes.
    pub form_id: Cow<'a, str>,
    /// The version of the form; `null` stands for none. ODK Aggregate does not look at it.
    pub version: Option<Cow<'a, str>>,
    /// The `uiVersion` of the form; all that is known to write any writes `null`.
    pub ui_version: Option<Cow<'a, str>>,
    /// The name of the instance's root; `data` for an encrypted submission.
    pub top_element: Cow<'a, str>,
    /// The id of the instance.
    pub instance_id: Cow<'a, str>,
}

/// A text that is no submission key.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{text}` is no submission key: `{expected}` expected")]
#[non_exhaustive]
pub struct SubmissionKeyError {
    /// The text.
    pub text: String,
    /// The first thing that is not there.
    pub expected: &'static str,
}

const VERSION: &str = "[@version=";
const UI_VERSION: &str = " and @uiVersion=";
const END_OF_FORM: &str = "]/";
const KEY: &str = "[@key=";

impl<'a> SubmissionKey<'a> {
    /// The key of an instance of a form without a version.
    pub fn new(
        form_id: impl Into<Cow<'a, str>>,
        top_element: impl Into<Cow<'a, str>>,
        instance_id: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self {
            form_id: form_id.into(),
            version: None,
            ui_version: None,
            top_element: top_element.into(),
            instance_id: instance_id.into(),
        }
    }

    /// The same key, of a form in this version.
    #[must_use]
    pub fn with_version(self, version: impl Into<Cow<'a, str>>) -> Self {
        Self { version: Some(version.into()), ..self }
    }

    /// Takes a key apart. The id of the form ends at the last `[@version=`, since it may hold brackets itself; all that
    /// follows `[@key=`, but for the last bracket, is the id of the instance, since that may hold anything.
    pub fn parse(text: &'a str) -> Result<Self, SubmissionKeyError> {
        let expected = |expected| move || SubmissionKeyError { text: text.to_owned(), expected };
        let (form_id, rest) = text.rsplit_once(VERSION).ok_or_else(expected(VERSION))?;
        let (versions, rest) = rest.split_once(END_OF_FORM).ok_or_else(expected(END_OF_FORM))?;
        let (top_element, rest) = rest.split_once(KEY).ok_or_else(expected(KEY))?;
        let instance_id = rest.strip_suffix(']').ok_or_else(expected("]"))?;
        let (version, ui_version) = versions.split_once(UI_VERSION).unwrap_or((versions, "null"));
        Ok(Self {
            form_id: form_id.into(),
            version: version_of(version),
            ui_version: version_of(ui_version),
            top_element: top_element.into(),
            instance_id: instance_id.into(),
        })
    }

    /// The same key, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> SubmissionKey<'static> {
        let owned = crate::xml::name::owned;
        SubmissionKey {
            form_id: owned(self.form_id),
            version: self.version.map(owned),
            ui_version: self.ui_version.map(owned),
            top_element: owned(self.top_element),
            instance_id: owned(self.instance_id),
        }
    }
}

/// ODK Briefcase prints its optional version as its language does: `Optional[7]`, `Optional.empty` (openrosa.md 6.2).
fn version_of(text: &str) -> Option<Cow<'_, str>> {
    let printed = text.strip_prefix("Optional[").and_then(|text| text.strip_suffix(']'));
    match text {
        "null" | "Optional.empty" => None,
        _ => Some(printed.unwrap_or(text).into()),
    }
}

impl fmt::Display for SubmissionKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { form_id, version, ui_version, top_element, instance_id } = self;
        let [version, ui_version] = [version, ui_version].map(|version| version.as_deref().unwrap_or("null"));
        write!(
            f,
            "{form_id}{VERSION}{version}{UI_VERSION}{ui_version}{END_OF_FORM}{top_element}{KEY}{instance_id}]"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_may_hold_what_the_key_is_made_of() {
        for form_id in ["visit", "a[@version=1]/b", "http://example.org/f]/g", "ä & b"] {
            for instance_id in ["uuid:1", "a/b]", "a[@key=b]", ""] {
                for version in [None, Some("7"), Some("v 1 [encrypted:AXBggUDR]"), Some("")] {
                    let key = SubmissionKey::new(form_id, "data", instance_id);
                    let key =
                        version.map_or_else(|| key.clone(), |version| key.clone().with_version(version));
                    let written = key.to_string();
                    assert_eq!(SubmissionKey::parse(&written).as_ref(), Ok(&key), "{written}");
                    assert_eq!(key.clone().into_owned(), key);
                }
            }
        }
    }

    #[test]
    fn the_keys_of_briefcase_are_understood() {
        let version = |slot| {
            let written = format!("f[@version={slot}]/data[@key=uuid:1]");
            SubmissionKey::parse(&written).unwrap().version.map(Cow::into_owned)
        };
        assert_eq!(version("Optional[7] and @uiVersion=null").as_deref(), Some("7"));
        assert_eq!(version("Optional.empty and @uiVersion=null"), None);
        assert_eq!(version("7").as_deref(), Some("7"));
        assert_eq!(version("null"), None);
    }

    #[test]
    fn what_is_no_key_is_refused_with_what_is_lacking() {
        let told: Vec<_> = ["", "f[@version=1", "f[@version=1]/data", "f[@version=1]/data[@key=uuid:1"]
            .into_iter()
            .map(|text| SubmissionKey::parse(text).unwrap_err().to_string())
            .collect();
        insta::assert_snapshot!(told.join("\n"), @"
        `` is no submission key: `[@version=` expected
        `f[@version=1` is no submission key: `]/` expected
        `f[@version=1]/data` is no submission key: `[@key=` expected
        `f[@version=1]/data[@key=uuid:1` is no submission key: `]` expected
        ");
    }
}
