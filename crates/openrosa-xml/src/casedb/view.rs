//! One case as a form sees it.

use std::borrow::Cow;

use crate::{
    case::{Attachment, Attachments, Index, Indices, Property, Relationship, Tag, Value},
    error::{ReadError, WriteError},
    position::Mark,
    text::Text,
    time::Timestamp,
    xml::{Name, Reader, Writer, name::Attribute, reader::Start},
};

/// One case of a case database or search result, as it was written.
///
/// *Wire:* a child of `casedb` or `results`. *Spec:* case-xml.md 3.3, 3.4.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CaseView<'a> {
    /// The element itself. The device also writes `external_id`, `category` and `state` as attributes, where the case has
    /// them.
    pub tag: Tag<'a>,
    /// `@case_id`.
    pub case_id: Option<Text<'a>>,
    /// `@case_type`.
    pub case_type: Option<Text<'a>>,
    /// `@owner_id`.
    pub owner_id: Option<Text<'a>>,
    /// `@status`: `open` or `closed`; see [`is_closed`](Self::is_closed).
    pub status: Option<Text<'a>>,
    /// The children, in document order.
    pub parts: Vec<Part<'a>>,
}

/// One child of a case.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Part<'a> {
    /// `case_name`, `date_opened`, `last_modified`, or a property of the app.
    Property(Property<'a>),
    /// `index`: the links to other cases.
    Index(Indices<'a>),
    /// `attachment`: the files of the case.
    Attachment(Attachments<'a>),
}

const ATTRIBUTES: [&str; 4] = ["case_id", "case_type", "owner_id", "status"];

impl<'a> CaseView<'a> {
    /// An open case. A device that takes the case in also demands a name: add the property `case_name`.
    pub fn new(
        case_id: impl Into<Text<'a>>,
        case_type: impl Into<Text<'a>>,
        owner_id: impl Into<Text<'a>>,
    ) -> Self {
        Self {
            tag: Tag::new(Name::local("case")),
            case_id: Some(case_id.into()),
            case_type: Some(case_type.into()),
            owner_id: Some(owner_id.into()),
            status: Some("open".into()),
            parts: Vec::new(),
        }
    }

    /// The same case, closed.
    #[must_use]
    pub fn closed(self) -> Self {
        Self { status: Some("closed".into()), ..self }
    }

    /// Adds a property.
    #[must_use]
    pub fn with_property(mut self, name: impl Into<Text<'a>>, value: impl Into<Text<'a>>) -> Self {
        self.parts.push(Part::Property(Property::new(name, value)));
        self
    }

    /// Adds the id of the case in another system, which the device writes both as an attribute and as a child.
    #[must_use]
    pub fn with_external_id(mut self, id: impl Into<Text<'a>>) -> Self {
        let id: Text<'a> = id.into();
        self.tag.attributes.push(Attribute { name: Name::local("external_id"), value: id.clone().into() });
        self.with_property("external_id", id)
    }

    /// Adds a link to another case. The relationship is written whichever it is, as the device does.
    #[must_use]
    pub fn with_index(
        mut self,
        name: impl Into<Text<'a>>,
        case_type: impl Into<Text<'a>>,
        relationship: Relationship<'a>,
        target: impl Into<Text<'a>>,
    ) -> Self {
        let entry = Index {
            name: name.into(),
            case_type: Some(case_type.into()),
            relationship: Some(word(relationship).into()),
            target: Value::Text(target.into()),
            mark: Mark::none(),
        };
        let index = self.parts.iter_mut().find_map(|part| match part {
            Part::Index(index) => Some(index),
            _ => None,
        });
        match index {
            Some(index) => index.entries.push(entry),
            None => {
                let tag = Tag::new(self.tag.name.sibling("index"));
                self.parts.push(Part::Index(Indices { tag, entries: vec![entry] }));
            }
        }
        self
    }

    /// Adds a file of this name, of which a form sees no more than that it is there.
    #[must_use]
    pub fn with_file(mut self, name: impl Into<Text<'a>>) -> Self {
        let entry = Attachment {
            name: name.into(),
            src: None,
            from: None,
            file_name: None,
            content: Value::Text("".into()),
            mark: Mark::none(),
        };
        let files = self.parts.iter_mut().find_map(|part| match part {
            Part::Attachment(files) => Some(files),
            _ => None,
        });
        match files {
            Some(files) => files.entries.push(entry),
            None => {
                let tag = Tag::new(self.tag.name.sibling("attachment"));
                self.parts.push(Part::Attachment(Attachments { tag, entries: vec![entry] }));
            }
        }
        self
    }

    /// Whether the case is closed: any status but the word `closed`, an absent one too, is open to the device.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.status.as_deref() == Some("closed")
    }

    /// The last property of this name, which is the one that counts.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Property<'a>> {
        self.parts.iter().rev().find_map(|part| match part {
            Part::Property(property) if property.name == name => Some(property),
            _ => None,
        })
    }

    /// The text of a property as an expression of a form sees it: one that the case does not have is empty.
    #[must_use]
    pub fn text(&self, name: &str) -> Cow<'_, str> {
        self.property(name).map_or(Cow::Borrowed(""), |property| property.value.text())
    }

    /// The link of this name.
    #[must_use]
    pub fn index(&self, name: &str) -> Option<&Index<'a>> {
        self.parts.iter().rev().find_map(|part| match part {
            Part::Index(index) => index.entry(name),
            _ => None,
        })
    }

    /// The target of a link as an expression of a form sees it: that of a link which the case does not have is empty.
    #[must_use]
    pub fn target(&self, name: &str) -> Cow<'_, str> {
        self.index(name).map_or(Cow::Borrowed(""), |index| index.target.text())
    }

    /// `date_opened`, a date.
    #[must_use]
    pub fn date_opened(&self) -> Option<Timestamp<'_>> {
        self.property("date_opened").map(|property| Timestamp::new(property.value.text()))
    }

    /// `last_modified`: a date from the device, a date-time from the server.
    #[must_use]
    pub fn last_modified(&self) -> Option<Timestamp<'_>> {
        self.property("last_modified").map(|property| Timestamp::new(property.value.text()))
    }

    /// Whether a search found the case only as a relative of one that was asked for.
    #[must_use]
    pub fn is_related(&self) -> bool {
        self.text("commcare_is_related_case") == "true"
    }

    /// The project in which a search found the case.
    #[must_use]
    pub fn project(&self) -> Option<Cow<'_, str>> {
        self.property("commcare_project").map(|property| property.value.text())
    }

    /// What a device demands of a case before it takes it into its storage, and does not find here: absent or blank.
    ///
    /// ```
    /// # use openrosa_xml::casedb::CaseView;
    /// assert_eq!(CaseView::new("C1", "patient", "").missing(), ["owner_id", "case_name"]);
    /// ```
    #[must_use]
    pub fn missing(&self) -> Vec<&'static str> {
        let attributes = [&self.case_id, &self.case_type, &self.owner_id, &self.status];
        let is_blank = |value: &Option<Text<'_>>| value.as_deref().is_none_or(str::is_empty);
        let named = ATTRIBUTES.into_iter().zip(attributes);
        let mut missing: Vec<_> = named.filter(|(_, value)| is_blank(value)).map(|(name, _)| name).collect();
        let case_name = self.property("case_name").map_or("", |name| name.value.last_text());
        if crate::xml::chars::is_blank(case_name) {
            missing.push("case_name");
        }
        missing
    }

    /// Reads the case whose start tag was just read, to its end.
    pub(super) fn read_from(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let [case_id, case_type, owner_id, status] =
            ATTRIBUTES.map(|name| reader.attribute(name).map(Text::from));
        let mut parts = Vec::new();
        let tag = Tag::read(reader, start, &ATTRIBUTES, |reader, tag, start| {
            parts.push(Part::read(reader, tag, start)?);
            Ok(())
        })?;
        Ok(Self { tag, case_id, case_type, owner_id, status, parts })
    }

    /// Writes the case where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.tag.name)?;
        let attributes = [&self.case_id, &self.case_type, &self.owner_id, &self.status];
        for (name, value) in ATTRIBUTES.into_iter().zip(attributes) {
            out.optional_attribute(name, value.as_deref())?;
        }
        self.tag.write_inside(out)?;
        for part in &self.parts {
            match part {
                Part::Property(property) => property.write_to(out.kin(&self.tag.name), out)?,
                Part::Index(index) => index.write_to(out)?,
                Part::Attachment(files) => files.write_to(out)?,
            }
        }
        out.close();
        Ok(())
    }

    /// The same case, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> CaseView<'static> {
        CaseView {
            tag: self.tag.into_owned(),
            case_id: self.case_id.map(Text::into_owned),
            case_type: self.case_type.map(Text::into_owned),
            owner_id: self.owner_id.map(Text::into_owned),
            status: self.status.map(Text::into_owned),
            parts: self.parts.into_iter().map(Part::into_owned).collect(),
        }
    }
}

impl<'a> Part<'a> {
    fn read(reader: &mut Reader<'a>, parent: &Tag<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        match start.name.local_name() {
            "index" => Indices::read(reader, start).map(Self::Index),
            "attachment" => Attachments::read(reader, start).map(Self::Attachment),
            _ => Property::read(reader, parent, start).map(Self::Property),
        }
    }

    fn into_owned(self) -> Part<'static> {
        match self {
            Self::Property(property) => Part::Property(property.into_owned()),
            Self::Index(index) => Part::Index(index.into_owned()),
            Self::Attachment(files) => Part::Attachment(files.into_owned()),
        }
    }
}

fn word(relationship: Relationship<'_>) -> &str {
    match relationship {
        Relationship::Child => "child",
        Relationship::Extension => "extension",
        Relationship::Other(word) => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::casedb::CaseDb;

    fn read(source: &str) -> CaseView<'static> {
        let list = CaseDb::read(source).unwrap().into_owned();
        list.cases().next().unwrap().clone()
    }

    /// C-107: case_id, case_type, owner_id, status and case_name are demanded, each named when absent or blank.
    #[test]
    fn what_a_device_demands_is_named_when_it_is_not_there() {
        let whole = "<casedb><case case_id='C' case_type='t' owner_id='o' status='open'><case_name>n</case_name></case></casedb>";
        assert!(read(whole).missing().is_empty());
        for (demanded, given) in [
            ("case_id", " case_id='C'"),
            ("case_type", " case_type='t'"),
            ("owner_id", " owner_id='o'"),
            ("status", " status='open'"),
            ("case_name", "<case_name>n</case_name>"),
        ] {
            assert_eq!(read(&whole.replace(given, "")).missing(), [demanded]);
            let blank =
                given.replace(">n<", "> <").replace("'C'", "''").replace("'t'", "''").replace("'o'", "''");
            assert_eq!(read(&whole.replace(given, &blank.replace("'open'", "''"))).missing(), [demanded]);
        }
    }

    /// C-109: the status is `open` or `closed`, the relationship is always there, and what is missing reads empty.
    #[test]
    fn a_form_sees_a_status_relationships_and_blanks() {
        let case = CaseView::new("C", "t", "o")
            .with_property("case_name", "n")
            .with_external_id("x")
            .with_index("parent", "p", Relationship::Child, "P")
            .with_index("host", "h", Relationship::Extension, "H");
        assert_eq!(
            (&*case.text("case_name"), &*case.text("nothing"), &*case.target("nothing")),
            ("n", "", "")
        );
        let list = CaseDb::new().with_case(case.clone()).with_case(case.clone().closed());
        let written = list.write().unwrap();
        let start = "<case case_id=\"C\" case_type=\"t\" owner_id=\"o\" status";
        assert!(
            written.contains(&format!("{start}=\"open\" external_id=\"x\"><case_name>n</case_name>")),
            "{written}"
        );
        assert!(written.contains(&format!("{start}=\"closed\"")), "{written}");
        let index = "<index><parent case_type=\"p\" relationship=\"child\">P</parent>\
             <host case_type=\"h\" relationship=\"extension\">H</host></index>";
        assert_eq!(written.matches(index).count(), 2, "{written}");
        let back = CaseDb::read(&written).unwrap();
        assert_eq!(back, list);
        assert_eq!(back.cases().map(CaseView::is_closed).collect::<Vec<_>>(), [false, true]);
    }

    #[test]
    fn the_files_of_a_case_stand_in_one_list() {
        let list = CaseDb::new().with_case(CaseView::new("C", "t", "o").with_file("a").with_file("b"));
        let written = list.write().unwrap();
        assert!(written.contains("<attachment><a/><b/></attachment>"), "{written}");
        assert_eq!(CaseDb::read(&written).unwrap(), list);
    }

    #[test]
    fn a_search_result_says_where_it_comes_from() {
        let case = read(
            "<results id='case'><case case_id='C'><commcare_project>demo</commcare_project>\
             <commcare_is_related_case>false</commcare_is_related_case><last_modified>2024-05-01T10:00:00Z</last_modified>\
             <date_opened>2024-05-01</date_opened></case></results>",
        );
        assert_eq!((case.project().as_deref(), case.is_related()), (Some("demo"), false));
        assert_eq!(case.last_modified().unwrap().as_str(), "2024-05-01T10:00:00Z");
        assert_eq!(case.date_opened().unwrap().as_str(), "2024-05-01");
    }
}
