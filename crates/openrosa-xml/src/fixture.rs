//! Fixtures: lookup data that travels beside the cases, and the schemas that say what is indexed in it.

mod kind;
mod locations;
mod view;

use std::{borrow::Cow, fmt};

use crate::{
    error::{ReadError, WriteError},
    limits::Limits,
    position::Mark,
    xml::{
        Element, Event, Fragment, Name, Reader, Writer,
        name::{Attribute, owned},
        reader::Start,
    },
};

pub use kind::FixtureKind;
pub use locations::{Location, NewLocations};
pub use view::{Group, Item, Product, Program, Report, ReportRow};

/// `<fixture id="…">`: one document of lookup data, replaced as a whole by the next of the same id and user.
///
/// The content is kept as text until somebody asks; see [`Fragment`].
///
/// *Wire:* directly below the root of a restore. *Spec:* ota-restore.md 2.7.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fixture<'a> {
    /// The element as written.
    pub name: Name<'a>,
    /// `@id`.
    pub id: Option<Cow<'a, str>>,
    /// `@user_id`: whose fixture it is; nobody's, and so everybody's, when absent or empty.
    pub user_id: Option<Cow<'a, str>>,
    /// `@indexed` as written; see [`is_indexed`](Self::is_indexed).
    pub indexed: Option<Cow<'a, str>>,
    /// Other attributes.
    pub attributes: Vec<Attribute<'a>>,
    /// What is inside: one element, by the rules.
    pub contents: Fragment<'a>,
    /// Where it stood.
    pub mark: Mark,
}

impl<'a> Fixture<'a> {
    /// A fixture with this element inside.
    pub fn new(id: impl Into<Cow<'a, str>>, root: &Element<'_>) -> Result<Self, WriteError> {
        Ok(Self {
            name: Name::local("fixture"),
            id: Some(id.into()),
            user_id: None,
            indexed: None,
            attributes: Vec::new(),
            contents: Fragment::of(root)?,
            mark: Mark::none(),
        })
    }

    /// Whether the rows are to be indexed: only the exact text `true` says so.
    #[must_use]
    pub fn is_indexed(&self) -> bool {
        self.indexed.as_deref() == Some("true")
    }

    /// By what a device keeps it apart from others: its id and its user.
    #[must_use]
    pub fn identity(&self) -> (Option<&str>, &str) {
        (self.id.as_deref(), self.user_id.as_deref().unwrap_or_default())
    }

    /// The element inside, built whole; the first, should there be several.
    pub fn root(&self) -> Result<Option<Element<'_>>, ReadError> {
        self.contents.elements().next().transpose()
    }

    /// An attribute of the element inside, such as `last_sync` of a report.
    #[must_use]
    pub fn root_attribute(&self, local: &str) -> Option<String> {
        let mut reader = self.contents.reader();
        while let Ok(Some(event)) = reader.next() {
            if let Event::Start(_) = event {
                return reader.attribute(local).map(Cow::into_owned);
            }
        }
        None
    }

    /// The ids of the rows: of groups, of which a device makes owners, of products, programs and locations.
    pub fn row_ids(&self) -> impl Iterator<Item = Result<String, ReadError>> {
        let id = |row: Element<'_>| row.attribute("id").map(str::to_owned);
        self.rows().filter_map(move |row| row.map(id).transpose())
    }

    /// Whether more than one element is inside; a device takes only the first for the fixture's.
    #[must_use]
    pub fn has_more_than_a_root(&self) -> bool {
        self.contents.roots() > 1
    }

    /// The rows of an indexed fixture: those children of the root that are called like the first, one built at a time.
    #[must_use]
    pub fn rows(&self) -> Rows<'_> {
        Rows::of(&self.contents)
    }

    /// Reads a document whose root is the fixture.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Self::read_within(source, &Limits::default())
    }

    /// Reads a document whose root is the fixture, within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        let mut reader = Reader::within(source, limits);
        let root = reader.root()?;
        let fixture = Self::read_from(&mut reader, root)?;
        reader.finish()?;
        Ok(fixture)
    }

    /// Reads the fixture whose start tag was just read, to its end.
    pub fn read_from(reader: &mut Reader<'a>, start: Start<'a>) -> Result<Self, ReadError> {
        let (id, user_id, indexed) =
            (reader.attribute("id"), reader.attribute("user_id"), reader.attribute("indexed"));
        let attributes = reader.take_attributes_except(&["id", "user_id", "indexed"]);
        let contents = Fragment::skip(reader)?;
        let mark = Mark::at(start.offset, reader.offset());
        Ok(Self { name: start.name, id, user_id, indexed, attributes, contents, mark })
    }

    /// Writes the fixture where the writer stands.
    pub fn write_to(&self, out: &mut Writer) -> Result<(), WriteError> {
        self.open(out)?;
        self.contents.write_to(out)?;
        out.close();
        Ok(())
    }

    /// The fixture as text, in parts that follow each other: the content is one of them and not copied, where it may stand as it
    /// is, since a fixture can be most of a restore.
    ///
    /// ```
    /// # use openrosa_xml::fixture::Fixture;
    /// let fixture = Fixture::read("<fixture id='f'><rows><row n='1'/></rows></fixture>")?;
    /// assert_eq!(fixture.parts()?, [r#"<fixture id="f">"#, "<rows><row n='1'/></rows>", "</fixture>"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn parts(&self) -> Result<Vec<Cow<'_, str>>, WriteError> {
        let mut out = Writer::new();
        self.open(&mut out)?;
        let mut parts = Vec::new();
        match self.contents.as_it_stands_in(&out) {
            Some(content) => parts.extend([Cow::Owned(out.take()), Cow::Borrowed(content)]),
            None => self.contents.write_to(&mut out)?,
        }
        out.close();
        parts.push(Cow::Owned(out.finish()));
        Ok(parts)
    }

    fn open(&self, out: &mut Writer) -> Result<(), WriteError> {
        out.open(&self.name)?;
        out.optional_attribute("id", self.id.as_deref())?;
        out.optional_attribute("user_id", self.user_id.as_deref())?;
        out.optional_attribute("indexed", self.indexed.as_deref())?;
        self.attributes.iter().try_for_each(|attribute| out.attribute(&attribute.name, &attribute.value))
    }

    /// The same fixture, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Fixture<'static> {
        Fixture {
            name: self.name.into_owned(),
            id: self.id.map(owned),
            user_id: self.user_id.map(owned),
            indexed: self.indexed.map(owned),
            attributes: self.attributes.into_iter().map(Attribute::into_owned).collect(),
            contents: self.contents.into_owned(),
            mark: self.mark,
        }
    }
}

/// The rows of a fixture; see [`Fixture::rows`].
pub struct Rows<'a> {
    reader: Reader<'a>,
    called: Option<String>,
    inside: usize,
}

impl<'a> Rows<'a> {
    fn of(contents: &'a Fragment<'_>) -> Self {
        let reader = contents.reader();
        let inside = reader.depth() + 1;
        Self { reader, called: None, inside }
    }

    fn row(&mut self) -> Result<Option<Element<'a>>, ReadError> {
        match self.start()? {
            Some(start) => Element::read_from(&mut self.reader, start).map(Some),
            None => Ok(None),
        }
    }

    /// Opens the next row.
    fn start(&mut self) -> Result<Option<Start<'a>>, ReadError> {
        while let Some(event) = self.reader.next()? {
            match event {
                // The root itself.
                Event::Start(_) if self.reader.depth() == self.inside => {}
                Event::Start(start) => {
                    let called = self.called.get_or_insert_with(|| start.name.local_name().to_owned());
                    if *called == start.name.local_name() {
                        return Ok(Some(start));
                    }
                    self.reader.skip()?;
                }
                // What comes after the root is no row of it.
                Event::End => return Ok(None),
                Event::Text(_) => {}
            }
        }
        Ok(None)
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Result<Element<'a>, ReadError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.row().transpose()
    }

    /// Counts without building a row.
    fn count(mut self) -> usize {
        let mut count = 0;
        while matches!(self.start(), Ok(Some(_))) {
            count += 1;
            if self.reader.skip().is_err() {
                break;
            }
        }
        count
    }
}

impl fmt::Debug for Rows<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").field("called", &self.called).finish_non_exhaustive()
    }
}

/// `<schema id="…">`: what a device indexes in the fixture of the same id.
///
/// *Wire:* before its fixture. *Spec:* ota-restore.md 2.7.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Schema<'a> {
    /// The element, kept whole.
    pub element: Element<'a>,
}

impl<'a> Schema<'a> {
    /// A schema of the fixture of this id.
    #[must_use]
    pub fn new(
        id: impl Into<Cow<'a, str>>,
        indices: impl IntoIterator<Item = impl Into<Cow<'a, str>>>,
    ) -> Self {
        let index = |text: Cow<'a, str>| Element::new(Name::local("index")).with_text(text);
        let all = indices
            .into_iter()
            .fold(Element::new(Name::local("indices")), |all, text| all.with_child(index(text.into())));
        Self { element: Element::new(Name::local("schema")).with_attribute("id", id).with_child(all) }
    }

    /// `@id`: the fixture that is meant.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.element.attribute("id")
    }

    /// The texts of `indices/index`, empty ones left out: `name` is a child of each row, `@name` an attribute, `a,b` both
    /// together.
    pub fn indices(&self) -> impl Iterator<Item = Cow<'_, str>> {
        let indices = self.element.child("indices").into_iter().flat_map(Element::elements);
        indices.map(Element::text).filter(|text| !text.is_empty())
    }

    /// What one index is made of: `a,b` of `a` and `b` together.
    pub fn columns(index: &str) -> impl Iterator<Item = &str> {
        index.split(',').filter(|column| !column.is_empty())
    }

    /// Whether a device takes the text for an index: letters, digits and `, @ _ . -` only.
    #[must_use]
    pub fn is_index(text: &str) -> bool {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || ",@_.-".contains(c))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restore::{RestoreItem, RestoreReader};

    fn fixture(source: &str) -> Fixture<'static> {
        let restore = format!("<r>{source}</r>");
        let mut items = RestoreReader::new(restore.as_bytes());
        match items.next().unwrap().unwrap().value {
            RestoreItem::Fixture(fixture) => {
                assert_eq!(fixture, Fixture::read(source).unwrap());
                fixture
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_fixture_by_itself_is_read_to_its_end() {
        for source in ["<fixture id='a'><x>", "<fixture id='a'/><fixture/>", ""] {
            assert!(Fixture::read(source).is_err(), "{source}");
        }
        let limits = Limits { depth: 2, ..Limits::default() };
        assert!(Fixture::read_within("<fixture><a/></fixture>", &limits).is_ok());
        assert!(Fixture::read_within("<fixture><a><b/></a></fixture>", &limits).is_err());
    }

    /// S-017: a fixture is known by id and user, an absent user being the empty one.
    /// S-019: only the exact `true` makes a fixture indexed.
    #[test]
    fn identity_and_index_are_read_as_written() {
        let plain = fixture("<fixture id='a'/>");
        assert_eq!(plain.identity(), (Some("a"), ""));
        assert_eq!(fixture("<fixture id='a' user_id=''/>").identity(), plain.identity());
        for (written, indexed) in [("true", true), ("True", false), ("1", false), (" true", false)] {
            assert_eq!(
                fixture(&format!("<fixture indexed='{written}'/>")).is_indexed(),
                indexed,
                "{written}"
            );
        }
    }

    /// S-022: rows are the children called like the first, in document order; an empty root has none.
    #[test]
    fn rows_are_called_like_the_first() {
        let rows = |source| {
            let counted = fixture(source).rows().count();
            let fixture = fixture(source);
            let rows = fixture.rows().map(|row| row.unwrap().text().into_owned()).collect::<Vec<_>>();
            assert_eq!(counted, rows.len());
            rows
        };
        assert_eq!(
            rows("<fixture><t>\n<r>1</r><other>x</other><r>2</r></t><t><r>3</r></t></fixture>"),
            ["1", "2"]
        );
        assert!(rows("<fixture><t/></fixture>").is_empty());
        assert!(rows("<fixture/>").is_empty());
    }

    /// S-016: an empty fixture has no root to store.
    /// S-018: what comes after the first element is told, and stays inside the fixture.
    #[test]
    fn the_root_is_the_first_element() {
        assert!(fixture("<fixture id='a'> </fixture>").root().unwrap().is_none());
        let two = fixture("<fixture id='a'><x/><case case_id='c'/></fixture>");
        assert_eq!(two.root().unwrap().unwrap().name.local_name(), "x");
        assert!(two.has_more_than_a_root());
        assert!(!fixture("<fixture><x/></fixture>").has_more_than_a_root());
    }

    #[test]
    fn content_keeps_the_namespaces_from_around_it() {
        let restore =
            "<r xmlns='urn:d' xmlns:p='urn:p'><fixture id='a'><p:x><y p:z='1'/></p:x></fixture></r>";
        let item = RestoreReader::new(restore.as_bytes()).next().unwrap().unwrap();
        let RestoreItem::Fixture(fixture) = item.value else { panic!("{item:?}") };
        let root = fixture.root().unwrap().unwrap();
        assert_eq!(root.name, Name::in_namespace("urn:p", "x"));
        assert_eq!(root.child("y").unwrap().name.namespace(), Some("urn:d"));
        let written = r#"<fixture xmlns="urn:d" id="a"><p:x xmlns:p="urn:p"><y p:z="1"/></p:x></fixture>"#;
        assert_eq!(write(&fixture), written);
        assert_eq!(
            fixture.parts().unwrap(),
            [written],
            "the prefix means nothing where the content would stand"
        );
    }

    #[test]
    fn parts_are_what_is_written() {
        for (source, parts) in [
            ("<fixture id='a' b='&lt;'><x y='1'/> z</fixture>", 3),
            ("<fixture id='a'> </fixture>", 3),
            ("<fixture id='a'></fixture>", 1),
            ("<p:fixture xmlns:p='urn:p'><p:x/></p:fixture>", 3),
            ("<fixture xmlns:p='urn:p'><p:x/></fixture>", 1),
        ] {
            let fixture = fixture(source);
            assert_eq!(fixture.parts().unwrap().concat(), write(&fixture), "{source}");
            assert_eq!(fixture.parts().unwrap().len(), parts, "{source}");
        }
    }

    fn write(fixture: &Fixture<'_>) -> String {
        let mut out = Writer::new();
        fixture.write_to(&mut out).unwrap();
        out.finish()
    }

    #[test]
    fn a_fixture_that_was_built_is_looked_into_like_one_that_was_read() {
        let root = Element::read("<t><r>1</r><r>2</r></t>").unwrap();
        let built = Fixture::new("a", &root).unwrap();
        assert_eq!(built.root().unwrap(), Some(root));
        assert_eq!(built.rows().map(|row| row.unwrap().text().into_owned()).collect::<Vec<_>>(), ["1", "2"]);
        assert!(!built.contents.is_empty() && !built.has_more_than_a_root());
    }

    #[test]
    fn the_groups_of_a_user_are_known_by_their_ids() {
        let groups = fixture(
            "<fixture id='user-groups'><groups last_sync='x'><group id='g'/><group/><group id='h'/></groups></fixture>",
        );
        assert_eq!(groups.row_ids().collect::<Result<Vec<_>, _>>().unwrap(), ["g", "h"]);
        assert_eq!(groups.root_attribute("last_sync").as_deref(), Some("x"));
        assert_eq!(groups.root_attribute("id"), None);
        assert_eq!(fixture("<fixture id='a'/>").root_attribute("id"), None);
    }

    #[test]
    fn a_schema_lists_its_indices() {
        let schema = Schema::new("item-list:fruit", ["name", "@id", "a,b"]);
        assert_eq!(schema.id(), Some("item-list:fruit"));
        assert_eq!(schema.indices().collect::<Vec<_>>(), ["name", "@id", "a,b"]);
        assert!(Schema::is_index("@a_b.c-d,e") && !Schema::is_index("a b") && !Schema::is_index(""));
    }
}
