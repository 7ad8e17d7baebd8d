//! The form list: which blank forms a server has, and where to get them.

mod entry;
mod query;
mod walk;

use crate::{
    document::{Incomplete, document},
    ns,
    xml::{Element, Name},
};

pub use entry::{FormGroup, LegacyForm, ListedForm};
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

#[cfg(test)]
mod tests;
