//! A case as the forms on a device see it.

use chrono::{DateTime, FixedOffset, Utc};
use openrosa_xml::{
    Timestamp, case,
    casedb::CaseView,
    xml::{Attribute, Name},
};

use super::{Case, Relationship};

impl Case {
    /// The case as an entry of the instance `casedb`, its dates as days in the zone of the device.
    ///
    /// Fields without a value are not there, so that a form reads them as the empty text; `category` and `state` show
    /// their fallbacks.
    ///
    /// *Spec:* case-xml.md 1.6, 3.3.
    #[must_use]
    pub fn view(&self, zone: FixedOffset) -> CaseView<'static> {
        let [id, case_type, owner] = [self.case_id.as_str(), &*self.case_type, self.owner_id.as_str()];
        let mut view = CaseView::new(id.to_owned(), case_type.to_owned(), owner.to_owned());
        if self.closed {
            view = view.closed();
        }
        view = view
            .with_property("case_name", self.name.to_string())
            .with_property("date_opened", self.date_opened.map_or_else(String::new, |at| day(at, zone)))
            .with_property("last_modified", day(self.last_modified, zone))
            .with_property("userid", owner.to_owned());
        for (name, value) in self.properties.iter() {
            view = view.with_property(name.to_owned(), value.text().into_owned());
        }
        self.with_links_and_files(self.with_fields(view))
    }

    /// Fields that show both as an attribute and as a child, where they have a value.
    fn with_fields(&self, mut view: CaseView<'static>) -> CaseView<'static> {
        let (category, state) = (self.category(), self.state());
        let external_id = self.external_id.as_deref();
        for (name, value) in
            [("external_id", external_id), ("state", state.as_deref()), ("category", category.as_deref())]
        {
            if let Some(value) = value.map(str::to_owned) {
                let attribute = Attribute { name: Name::local(name), value: value.clone().into() };
                view.tag.attributes.push(attribute);
                view = view.with_property(name, value);
            }
        }
        view
    }

    fn with_links_and_files(&self, mut view: CaseView<'static>) -> CaseView<'static> {
        for (name, index) in self.indices.iter() {
            let (case_type, target) = (index.case_type.to_string(), index.target.to_string());
            view = match &index.relationship {
                Relationship::Child => {
                    view.with_index(name.to_owned(), case_type, case::Relationship::Child, target)
                }
                Relationship::Extension => {
                    view.with_index(name.to_owned(), case_type, case::Relationship::Extension, target)
                }
                Relationship::Other(word) => {
                    let other = case::Relationship::Other(word);
                    view.with_index(name.to_owned(), case_type, other, target).into_owned()
                }
            };
        }
        self.attachments.keys().fold(view, |view, name| view.with_file(name.to_owned()))
    }

    /// What a form reads under a name directly below the case: the empty text where there is nothing.
    #[must_use]
    pub fn read(&self, name: &str, zone: FixedOffset) -> String {
        self.view(zone).text(name).into_owned()
    }
}

fn day(at: DateTime<Utc>, zone: FixedOffset) -> String {
    Timestamp::from_date(at.with_timezone(&zone).date_naive()).to_string()
}
