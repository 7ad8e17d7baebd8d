//! What a client asks of a form list, and what a server therefore lists.

use std::{borrow::Cow, collections::HashSet};

use super::{FormList, ListedForm};

/// The arguments of a request for a form list.
///
/// *Spec:* openrosa.md 4.1.
///
/// ```
/// # use openrosa_xml::{FileHash, form_list::{ListQuery, ListedForm}};
/// let hash = FileHash::from_md5([0; 16]);
/// let visit = |version| ListedForm::new("visit", "Visit", hash, "https://example.org/visit").with_version(version);
/// let hosted = [visit("2"), visit("1")];
/// assert_eq!(ListQuery::default().answer(hosted.clone()).forms().count(), 1);
/// let all = ListQuery { list_all_versions: true, ..ListQuery::default() };
/// assert_eq!(all.answer(hosted).forms().count(), 2);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "these are the arguments that the standard has")]
pub struct ListQuery<'a> {
    /// `formID`: this form only.
    pub form_id: Option<Cow<'a, str>>,
    /// `verbose=true`: with descriptions, which no list may have otherwise.
    pub verbose: bool,
    /// `listAllVersions`, whatever its value: every version that the server has, and not only the current ones.
    pub list_all_versions: bool,
}

impl ListQuery<'_> {
    /// The list that answers this, out of all forms that the server has. Of the versions of a form the first is the
    /// current one.
    pub fn answer<'a>(&self, hosted: impl IntoIterator<Item = ListedForm<'a>>) -> FormList<'a> {
        let mut listed = HashSet::new();
        let mut list = FormList::new();
        for form in hosted {
            let asked_for = self.form_id.as_ref().is_none_or(|id| *id == form.form_id);
            if asked_for && (self.list_all_versions || listed.insert(form.form_id.clone())) {
                list = list.with_form(if self.verbose { form } else { without_description(form) });
            }
        }
        list
    }
}

fn without_description(form: ListedForm<'_>) -> ListedForm<'_> {
    ListedForm { description_text: None, description_url: None, ..form }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::FileHash;

    fn hosted() -> Vec<ListedForm<'static>> {
        let form = |id, version: &'static str| {
            let form = ListedForm::new(id, "A form", FileHash::from_md5([1; 16]), "https://example.org/f");
            form.with_version(version).with_description("What it is for")
        };
        vec![form("a", "2"), form("b", "1"), form("a", "1")]
    }

    fn listed(query: &ListQuery<'_>) -> Vec<(String, String, bool)> {
        let list = query.answer(hosted());
        let row = |form: ListedForm<'_>| {
            (form.form_id.into(), form.version.unwrap_or_default().into(), form.description_text.is_some())
        };
        list.strict().unwrap().into_iter().map(row).collect()
    }

    fn row(id: &str, version: &str, described: bool) -> (String, String, bool) {
        (id.to_owned(), version.to_owned(), described)
    }

    /// What a list shows of R-083, which says also how the server answers `HEAD`.
    #[test]
    fn descriptions_and_old_versions_are_listed_only_on_request() {
        assert_eq!(listed(&ListQuery::default()), [row("a", "2", false), row("b", "1", false)]);
        let verbose = ListQuery { verbose: true, ..ListQuery::default() };
        assert_eq!(listed(&verbose), [row("a", "2", true), row("b", "1", true)]);
        let all = ListQuery { list_all_versions: true, ..ListQuery::default() };
        assert_eq!(listed(&all), [row("a", "2", false), row("b", "1", false), row("a", "1", false)]);
    }

    #[test]
    fn one_form_is_listed_when_one_is_asked_for() {
        let one = |id| ListQuery { form_id: Some(Cow::Borrowed(id)), ..ListQuery::default() };
        assert_eq!(listed(&one("a")), [row("a", "2", false)]);
        assert_eq!(listed(&one("A")), []);
        let all = ListQuery { list_all_versions: true, ..one("a") };
        assert_eq!(listed(&all), [row("a", "2", false), row("a", "1", false)]);
    }
}
