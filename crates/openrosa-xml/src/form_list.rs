//! The form list: which blank forms a server has, and where to get them.

mod query;
mod walk;

use std::borrow::Cow;

use crate::{
    document::{Incomplete, document, filled, required, trimmed, with_texts},
    hash::FileHash,
    ns,
    xml::{Element, Name, chars::trim, name::owned},
};

pub use query::ListQuery;
pub use walk::{ListWalk, NotFollowed};

document! {
    /// A form list as a server sent it, or as one is to send it.
    ///
    /// Elements are matched by local name; those that are not known are passed over and kept. An entry that lacks what it
    /// cannot do without is an error of its own and does not spoil the others; [`strict`](Self::strict) is for those who
    /// refuse the whole list for it, as ODK Collect does.
    ///
    /// *Wire:* the answer to `GET formList`. *Spec:* openrosa.md 4.2.
    ///
    /// ```
    /// # use openrosa_xml::FormList;
    /// let list = FormList::read(
    ///     "<xforms xmlns='http://openrosa.org/xforms/xformsList'>
    ///        <xform><formID>visit</formID><name>Visit</name><version/>
    ///          <downloadUrl>https://example.org/visit.xml</downloadUrl></xform>
    ///        <xform><name>Nameless</name></xform>
    ///      </xforms>",
    /// )?;
    /// let forms: Vec<_> = list.forms().filter_map(Result::ok).collect();
    /// assert_eq!((&*forms[0].form_id, forms[0].version.as_deref()), ("visit", None));
    /// assert_eq!(list.strict().unwrap_err().to_string(), "`xform` of `Nameless` lacks `formID`, `downloadUrl`");
    /// # Ok::<(), openrosa_xml::ReadError>(())
    /// ```
    FormList
}

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
    /// `listUrl`: where its list is; [`ListWalk`] follows such addresses safely.
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

impl<'a> FormList<'a> {
    /// A list without forms.
    #[must_use]
    pub fn new() -> Self {
        Self { element: Element::new(Name::in_namespace(ns::FORM_LIST, "xforms")) }
    }

    /// Adds a form.
    #[must_use]
    pub fn with_form(self, form: ListedForm<'a>) -> Self {
        let entry = form.into_element(&self.element.name.sibling("xform"));
        Self { element: self.element.with_child(entry) }
    }

    /// Adds a group; all forms come before all groups.
    #[must_use]
    pub fn with_group(self, group: FormGroup<'a>) -> Self {
        let entry = group.into_element(&self.element.name.sibling("xforms-group"));
        Self { element: self.element.with_child(entry) }
    }

    /// Whether the root is that of a form list, 1.0 or older, and not, say, of a gateway's page.
    #[must_use]
    pub fn is_form_list(&self) -> bool {
        matches!(self.element.name.local_name(), "xforms" | "forms")
    }

    /// The forms in document order, those that are of no use as the reason why.
    pub fn forms(&self) -> impl Iterator<Item = Result<ListedForm<'_>, Incomplete>> {
        self.entries("xforms", "xform").map(ListedForm::of)
    }

    /// All forms, unless one is of no use.
    pub fn strict(&self) -> Result<Vec<ListedForm<'_>>, Incomplete> {
        self.forms().collect()
    }

    /// The groups in document order, those that are of no use as the reason why.
    pub fn groups(&self) -> impl Iterator<Item = Result<FormGroup<'_>, Incomplete>> {
        self.entries("xforms", "xforms-group").map(FormGroup::of)
    }

    /// The forms of a list from before 1.0, those that are of no use as the reason why.
    pub fn legacy_forms(&self) -> impl Iterator<Item = Result<LegacyForm<'_>, Incomplete>> {
        self.entries("forms", "form").map(LegacyForm::of)
    }

    fn entries(&self, root: &str, local: &'static str) -> impl Iterator<Item = &Element<'_>> {
        let inside = (self.element.name.local_name() == root).then(|| self.element.elements());
        inside.into_iter().flatten().filter(move |entry| entry.name.local_name() == local)
    }
}

impl Default for FormList<'_> {
    fn default() -> Self {
        Self::new()
    }
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

    /// The entry of a list. `version` is there also when it is empty: it is one of the five that must be (R-084).
    fn into_element(self, name: &Name<'a>) -> Element<'a> {
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

    fn into_element(self, name: &Name<'a>) -> Element<'a> {
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

#[cfg(test)]
mod tests;
