//! What a list lists: forms, groups of forms, and forms as they were listed before 1.0.

use std::borrow::Cow;

use crate::{
    document::{Incomplete, filled, required, trimmed, with_texts},
    hash::FileHash,
    xml::{Element, Name, chars::trim, name::owned},
};

/// One form of a list: everything that a client needs to decide whether to fetch it, and from where.
///
/// White space around the texts of a list that is read is not part of them.
///
/// *Wire:* `xform`. *Spec:* openrosa.md 4.2.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedForm<'a> {
    /// `formID`: the id that the root of the form's instances has (openrosa.md 3.1).
    pub form_id: Cow<'a, str>,
    /// `name`: what people call it.
    pub name: Cow<'a, str>,
    /// `version`, where the form has one.
    pub version: Option<Cow<'a, str>>,
    /// `hash` of what is at the download URL; `None` where there is none, and where it is of a kind that nobody knows.
    pub hash: Option<FileHash>,
    /// `downloadUrl`: where the form is. A client asks there with its credentials only if it would anyway.
    pub download_url: Cow<'a, str>,
    /// `manifestUrl`: where the list of its media files is, if it has any.
    pub manifest_url: Option<Cow<'a, str>>,
    /// `descriptionText`, only in a list that was asked to be verbose.
    pub description_text: Option<Cow<'a, str>>,
    /// `descriptionUrl`, likewise.
    pub description_url: Option<Cow<'a, str>>,
}

/// A group of forms, which are in a list of their own.
///
/// *Wire:* `xforms-group`, after all `xform`. No known server sends any. *Spec:* openrosa.md 4.2.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormGroup<'a> {
    /// `groupID`.
    pub group_id: Cow<'a, str>,
    /// `name`: what people call it.
    pub name: Cow<'a, str>,
    /// `listUrl`: where its list is; [`ListWalk`](super::ListWalk) follows such addresses safely.
    pub list_url: Cow<'a, str>,
    /// `descriptionText`.
    pub description_text: Option<Cow<'a, str>>,
    /// `descriptionUrl`.
    pub description_url: Option<Cow<'a, str>>,
}

/// A form of a list from before OpenRosa 1.0.
///
/// *Wire:* `<forms><form url="…">Name</form></forms>`, which ODK Aggregate sends to clients that do not state a version.
/// *Spec:* openrosa.md 4.2.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LegacyForm<'a> {
    /// What people call it; it may be empty.
    pub name: Cow<'a, str>,
    /// `@url`: where the form is.
    pub url: Cow<'a, str>,
}

impl<'a> ListedForm<'a> {
    /// A form without a version.
    pub fn new(
        form_id: impl Into<Cow<'a, str>>,
        name: impl Into<Cow<'a, str>>,
        hash: FileHash,
        download_url: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self {
            form_id: form_id.into(),
            name: name.into(),
            version: None,
            hash: Some(hash),
            download_url: download_url.into(),
            manifest_url: None,
            description_text: None,
            description_url: None,
        }
    }

    /// The same form in this version.
    #[must_use]
    pub fn with_version(self, version: impl Into<Cow<'a, str>>) -> Self {
        Self { version: Some(version.into()), ..self }
    }

    /// The same form, its media files being listed there.
    #[must_use]
    pub fn with_manifest(self, url: impl Into<Cow<'a, str>>) -> Self {
        Self { manifest_url: Some(url.into()), ..self }
    }

    /// The same form, described.
    #[must_use]
    pub fn with_description(self, text: impl Into<Cow<'a, str>>) -> Self {
        Self { description_text: Some(text.into()), ..self }
    }

    /// Takes an entry of a list for a form.
    pub fn of(entry: &'a Element<'_>) -> Result<Self, Incomplete> {
        let [form_id, name, download_url] = required(entry, ["formID", "name", "downloadUrl"])?;
        Ok(Self {
            form_id,
            name,
            version: filled(entry, "version"),
            hash: filled(entry, "hash").and_then(|text| FileHash::parse(&text)),
            download_url,
            manifest_url: filled(entry, "manifestUrl"),
            description_text: filled(entry, "descriptionText"),
            description_url: filled(entry, "descriptionUrl"),
        })
    }

    /// The entry of a list. `version` is there also when it is empty: it is one of the five that must be.
    pub(super) fn into_element(self, name: &Name<'a>) -> Element<'a> {
        with_texts(
            name,
            [
                ("formID", Some(self.form_id)),
                ("name", Some(self.name)),
                ("version", Some(self.version.unwrap_or_default())),
                ("hash", self.hash.map(|hash| hash.to_string().into())),
                ("descriptionText", self.description_text),
                ("descriptionUrl", self.description_url),
                ("downloadUrl", Some(self.download_url)),
                ("manifestUrl", self.manifest_url),
            ],
        )
    }

    /// The same form, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> ListedForm<'static> {
        ListedForm {
            form_id: owned(self.form_id),
            name: owned(self.name),
            version: self.version.map(owned),
            hash: self.hash,
            download_url: owned(self.download_url),
            manifest_url: self.manifest_url.map(owned),
            description_text: self.description_text.map(owned),
            description_url: self.description_url.map(owned),
        }
    }
}

impl<'a> FormGroup<'a> {
    /// A group whose forms are listed there.
    pub fn new(
        group_id: impl Into<Cow<'a, str>>,
        name: impl Into<Cow<'a, str>>,
        list_url: impl Into<Cow<'a, str>>,
    ) -> Self {
        Self {
            group_id: group_id.into(),
            name: name.into(),
            list_url: list_url.into(),
            description_text: None,
            description_url: None,
        }
    }

    /// Takes an entry of a list for a group.
    pub fn of(entry: &'a Element<'_>) -> Result<Self, Incomplete> {
        let [group_id, name, list_url] = required(entry, ["groupID", "name", "listUrl"])?;
        let (description_text, description_url) =
            (filled(entry, "descriptionText"), filled(entry, "descriptionUrl"));
        Ok(Self { group_id, name, list_url, description_text, description_url })
    }

    pub(super) fn into_element(self, name: &Name<'a>) -> Element<'a> {
        with_texts(
            name,
            [
                ("groupID", Some(self.group_id)),
                ("name", Some(self.name)),
                ("listUrl", Some(self.list_url)),
                ("descriptionText", self.description_text),
                ("descriptionUrl", self.description_url),
            ],
        )
    }

    /// The same group, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> FormGroup<'static> {
        FormGroup {
            group_id: owned(self.group_id),
            name: owned(self.name),
            list_url: owned(self.list_url),
            description_text: self.description_text.map(owned),
            description_url: self.description_url.map(owned),
        }
    }
}

impl<'a> LegacyForm<'a> {
    /// Takes an entry of a list from before 1.0 for a form.
    pub fn of(entry: &'a Element<'_>) -> Result<Self, Incomplete> {
        let name = trimmed(entry.text());
        match entry.attribute("url").map(trim).filter(|url| !url.is_empty()) {
            Some(url) => Ok(Self { name, url: url.into() }),
            None => Err(Incomplete {
                entry: entry.name.local_name().to_owned(),
                called: Some(name.into_owned()).filter(|name| !name.is_empty()),
                missing: vec!["url"],
                mark: entry.mark,
            }),
        }
    }
}
