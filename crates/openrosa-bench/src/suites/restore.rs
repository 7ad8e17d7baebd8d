//! A restore, read in every way we offer and in some that others do.

use std::{fs::File, io::Write, path::Path};

use openrosa_xml::{
    case::{Action, CaseBlock, Property, Tag, Value},
    restore::{RestoreItem, RestoreReader},
    xml::{Element, Event, Node},
};
use tempfile::NamedTempFile;

use super::{Contender, Suite, bare_loop};
use crate::{
    Failure,
    inputs::{Restore, Shape},
};

/// A restore in memory and in a file.
#[derive(Debug)]
pub struct Input {
    text: String,
    file: NamedTempFile,
}

impl Input {
    /// Makes the restore of this shape.
    pub fn new(shape: Shape) -> Result<Self, Failure> {
        let text = Restore::whole(shape);
        let mut file = NamedTempFile::new()?;
        file.write_all(text.as_bytes())?;
        Ok(Self { text, file })
    }

    /// The restore.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.file.path()
    }
}

/// All of them.
pub const SUITE: Suite<Input> = &[
    Contender { name: "quick-xml", run: |input| bare_loop(&input.text) },
    Contender { name: "restore", run: |input| visit_all(input.text.as_bytes(), visit_with_rows) },
    Contender { name: "restore-rows-unread", run: |input| visit_all(input.text.as_bytes(), visit) },
    Contender { name: "restore-file", run: |input| visit_all(open(input), visit_with_rows) },
    Contender { name: "restore-owned", run: |input| own_all(input.text.as_bytes()) },
    Contender { name: "events", run: |input| events(&input.text) },
    Contender { name: "quick-xml-namespaces", run: |input| namespaces(&input.text) },
    Contender { name: "roxmltree", run: |input| tree(&input.text) },
];

fn open(input: &Input) -> File {
    File::open(input.path()).expect("the file was just written")
}

fn visit_all(source: impl std::io::Read, visit: fn(&RestoreItem<'_>) -> u64) -> u64 {
    let mut reader = RestoreReader::new(source);
    let mut seen = 0;
    while let Some(values) = reader.next_with(|item| visit(&item.value)).expect("the inputs are well-formed")
    {
        seen += values;
    }
    seen
}

fn own_all(source: &[u8]) -> u64 {
    RestoreReader::new(source).map(|item| visit(&item.expect("the inputs are well-formed").value)).sum()
}

/// Looks at every value of every item; of a fixture, at its content as text.
pub(super) fn visit(item: &RestoreItem<'_>) -> u64 {
    match item {
        RestoreItem::Case(block) => visit_block(block),
        RestoreItem::Fixture(fixture) => look_at(fixture.id.as_deref()) + fixture.contents.len() as u64,
        RestoreItem::Message(message) => look_at(Some(&message.text)),
        RestoreItem::SyncToken(token) => visit_element(&token.element),
        RestoreItem::Schema(schema) => visit_element(&schema.element),
        RestoreItem::Other(element) => visit_element(element),
        _ => panic!("an item that nobody looks at would be one measured wrongly"),
    }
}

/// The same, and at every value inside the fixtures.
fn visit_with_rows(item: &RestoreItem<'_>) -> u64 {
    let RestoreItem::Fixture(fixture) = item else { return visit(item) };
    let mut reader = fixture.contents.reader();
    let mut seen = 0;
    while let Some(event) = reader.next().expect("a fixture's content is well-formed") {
        seen += match event {
            Event::Start(start) => {
                let attributes = reader.attributes().iter();
                look_at(Some(start.name.local_name()))
                    + attributes.map(|a| look_at(Some(&a.value))).sum::<u64>()
            }
            Event::Text(text) => look_at(Some(&text)),
            Event::End => 0,
        };
    }
    seen
}

pub(super) fn visit_block(block: &CaseBlock<'_>) -> u64 {
    let modified = block.date_modified.as_ref().map(openrosa_xml::Timestamp::as_str);
    let itself = visit_tag(&block.tag) + look_at(block.case_id.as_deref()) + look_at(modified);
    itself + look_at(block.user_id.as_deref()) + block.actions.iter().map(visit_action).sum::<u64>()
}

fn visit_action(action: &Action<'_>) -> u64 {
    match action {
        Action::Create(create) => visit_tag(&create.tag) + visit_properties(&create.properties),
        Action::Update(update) => visit_tag(&update.tag) + visit_properties(&update.properties),
        Action::Close(close) => visit_tag(&close.tag),
        Action::Index(indices) => indices.entries.iter().fold(visit_tag(&indices.tag), |seen, entry| {
            let attributes = look_at(entry.case_type.as_deref()) + look_at(entry.relationship.as_deref());
            seen + look_at(Some(&entry.name)) + attributes + visit_value(&entry.target)
        }),
        Action::Attachment(attachments) => attachments.entries.iter().fold(0, |seen, entry| {
            let attributes = look_at(entry.src.as_deref()) + look_at(entry.from.as_deref());
            seen + look_at(Some(&entry.name)) + attributes + visit_value(&entry.content)
        }),
        Action::Other(element) => visit_element(element),
        _ => panic!("an action that nobody looks at would be one measured wrongly"),
    }
}

fn visit_properties(properties: &[Property<'_>]) -> u64 {
    properties.iter().map(|property| look_at(Some(&property.name)) + visit_value(&property.value)).sum()
}

fn visit_tag(tag: &Tag<'_>) -> u64 {
    look_at(tag.name.namespace()) + look_at(tag.text.as_deref())
}

fn visit_value(value: &Value<'_>) -> u64 {
    match value {
        Value::Text(text) => look_at(Some(text)),
        Value::Element(element) => visit_element(element),
    }
}

fn visit_element(element: &Element<'_>) -> u64 {
    let attributes = element.attributes.iter().map(|attribute| look_at(Some(&attribute.value)));
    let children = element.children().iter().map(|node| match node {
        Node::Element(element) => visit_element(element),
        Node::Text(text) => look_at(Some(text)),
    });
    look_at(Some(element.name.local_name())) + attributes.chain(children).sum::<u64>()
}

/// Takes a value in hand; what is in it has been read already.
fn look_at(value: Option<&str>) -> u64 {
    std::hint::black_box(value).map_or(0, |text| text.len() as u64)
}

/// Our own events, from the whole text.
fn events(source: &str) -> u64 {
    let limits = openrosa_xml::Limits { elements: usize::MAX, ..openrosa_xml::Limits::default() };
    let mut reader = openrosa_xml::xml::Reader::within(source, &limits);
    let mut seen = 0;
    while let Some(event) = reader.next().expect("the inputs are well-formed") {
        seen += u64::from(!matches!(std::hint::black_box(event), Event::End));
    }
    seen
}

/// quick-xml with the namespace of every element resolved, but no text or attribute looked at.
fn namespaces(source: &str) -> u64 {
    use quick_xml::events::Event;
    let mut reader = quick_xml::NsReader::from_str(source);
    let mut seen = 0;
    loop {
        match reader.read_resolved_event().expect("the inputs are well-formed") {
            (_, Event::Eof) => return seen,
            resolved => seen += u64::from(!std::hint::black_box(resolved).1.is_empty()),
        }
    }
}

fn tree(source: &str) -> u64 {
    let options = roxmltree::ParsingOptions { nodes_limit: u32::MAX, ..roxmltree::ParsingOptions::default() };
    let document =
        roxmltree::Document::parse_with_options(source, options).expect("the inputs are well-formed");
    document.descendants().map(|node| look_at(node.text())).sum()
}
