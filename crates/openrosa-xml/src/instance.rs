//! A form instance: one filled-in form, seen as what a server must know of it.

mod heading;
mod ledgers;
mod legacy;
mod meta;
mod other;

use std::borrow::Cow;

use crate::{
    case::{CaseBlock, legacy::LegacyCase},
    error::ReadError,
    ids::InstanceId,
    ledger::{Ledger, is_ledger},
    limits::Limits,
    ns,
    position::Mark,
    xml::{
        Name, Reader, Scratch,
        chars::trim,
        name::{Attribute, owned},
        reader::{Declaring, Event, Passed, Start},
    },
};

pub use heading::Heading;
use heading::is_of_heading;
use legacy::Ahead;
pub(crate) use meta::the_one_that_counts;
pub use meta::{Field, Meta};
pub use other::OtherDocument;

/// What a filled-in form says about itself, and every case block in it.
///
/// The answers themselves are passed over; [`Element::read`](crate::xml::Element::read) gives the whole document as a
/// value. Any well-formed document reads as an instance, whatever its root; [`OtherDocument`] knows the roots that are none of a
/// form's.
///
/// *Spec:* openrosa.md 3; case-xml.md 1.12, 7.
///
/// ```
/// # use openrosa_xml::Instance;
/// let instance = Instance::read(
///     "<data xmlns='http://example.org/visit' version='3'>
///        <weight>12</weight>
///        <case xmlns='http://commcarehq.org/case/transaction/v2' case_id='C1'><close/></case>
///        <orx:meta xmlns:orx='http://openrosa.org/xforms'><orx:instanceID>uuid:1</orx:instanceID></orx:meta>
///      </data>",
/// )?;
/// assert_eq!(instance.instance_id().unwrap().trimmed(), "uuid:1");
/// assert_eq!(instance.form_key().id.as_deref(), Some("http://example.org/visit"));
/// assert_eq!(instance.cases()[0].block.case_id.as_deref(), Some("C1"));
/// # Ok::<(), openrosa_xml::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Instance<'a> {
    heading: Heading<'a>,
    blocks: Blocks<'a>,
}

/// The blocks of a form, but for the metadata in its place.
#[derive(Clone, Debug, Default, PartialEq)]
struct Blocks<'a> {
    metas_elsewhere: Vec<Meta<'a>>,
    cases: Vec<FoundCase<'a>>,
    device_cases: Vec<FoundCase<'a>>,
    legacy_cases: Vec<FoundLegacyCase<'a>>,
    ledgers: Vec<FoundLedger<'a>>,
}

/// The root element, without what is in it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Root<'a> {
    /// The name; its local part is free, its namespace names the form in CommCare.
    pub name: Name<'a>,
    /// All attributes, in document order.
    pub attributes: Vec<Attribute<'a>>,
}

/// A case block and what surrounded it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FoundCase<'a> {
    /// The block.
    pub block: CaseBlock<'a>,
    /// Whether an ancestor is a device log, in which a `case` is no transaction (C-028).
    pub in_device_report: bool,
    /// Whether an ancestor is called `case` and is no block, such as a group of questions: CommCare HQ does not look into it
    /// (case-xml.md 1.12).
    pub in_case_group: bool,
    /// The namespace of the element around the block. CommCare HQ sees that of the block itself only where the two differ
    /// (case-xml.md 1.1).
    pub parent_namespace: Option<Cow<'a, str>>,
}

/// A block of Case XML 1.0 and what surrounded it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FoundLegacyCase<'a> {
    /// The block.
    pub block: LegacyCase<'a>,
    /// Whether an ancestor is a device log, in which a `case` is no transaction (C-028).
    pub in_device_report: bool,
    /// Whether an ancestor is called `case` and is no block, such as a group of questions: CommCare HQ does not look into it
    /// (case-xml.md 1.12).
    pub in_case_group: bool,
    /// The namespace of the element around the block.
    pub parent_namespace: Option<Cow<'a, str>>,
}

/// A ledger block and what surrounded it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct FoundLedger<'a> {
    /// The block.
    pub block: Ledger<'a>,
    /// Whether an ancestor is a device log.
    pub in_device_report: bool,
    /// Whether it stands inside a case block, where CommCare HQ finds it and the device does not (case-xml.md 1.11).
    pub in_case: bool,
}

/// Which blank form an instance belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct FormKey<'a> {
    /// `@id` of the root, in any namespace; lacking it, the root's namespace.
    pub id: Option<Cow<'a, str>>,
    /// `@version` of the root, in any namespace. Absent differs from every text, the empty one included.
    pub version: Option<Cow<'a, str>>,
}

/// The id of an instance as it was written; two are equal when they are but for white space around them.
///
/// ```
/// # use openrosa_xml::instance::InstanceIdText;
/// let written = InstanceIdText::new(" uuid:1\n");
/// assert_eq!(written, InstanceIdText::new("uuid:1"));
/// assert_eq!((written.as_written(), written.trimmed()), (" uuid:1\n", "uuid:1"));
/// assert_eq!(InstanceIdText::new(" ").into_trimmed(), None);
/// ```
#[derive(Clone, Debug)]
pub struct InstanceIdText<'a>(Cow<'a, str>);

impl<'a> InstanceIdText<'a> {
    /// The id with exactly this text.
    pub fn new(text: impl Into<Cow<'a, str>>) -> Self {
        Self(text.into())
    }

    /// The text as it stands in the document.
    #[must_use]
    pub fn as_written(&self) -> &str {
        &self.0
    }

    /// The text without white space around it.
    #[must_use]
    pub fn trimmed(&self) -> &str {
        trim(&self.0)
    }

    /// The text without white space around it; `None` where nothing is left. A blank id names nothing: forms that have one are
    /// not the same form for that.
    #[must_use]
    pub fn into_trimmed(self) -> Option<String> {
        let trimmed = self.trimmed();
        (!trimmed.is_empty()).then(|| trimmed.to_owned())
    }

    /// The id itself.
    #[must_use]
    pub fn to_id(&self) -> InstanceId {
        InstanceId::new(self.trimmed())
    }
}

impl PartialEq for InstanceIdText<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.trimmed() == other.trimmed()
    }
}

impl Eq for InstanceIdText<'_> {}

impl<'a> Instance<'a> {
    /// Reads a whole document.
    pub fn read(source: &'a str) -> Result<Self, ReadError> {
        Self::read_within(source, &Limits::default())
    }

    /// Reads a whole document within other limits.
    pub fn read_within(source: &'a str, limits: &Limits) -> Result<Self, ReadError> {
        Self::read_with(source, limits, &mut Scratch::default())
    }

    /// Reads a whole document with the memory of an earlier reader, which saves a small form a good part of its time.
    pub fn read_with(source: &'a str, limits: &Limits, scratch: &mut Scratch) -> Result<Self, ReadError> {
        let mut reader = Reader::reusing(source, limits, std::mem::take(scratch));
        let read = Self::read_from(&mut reader);
        *scratch = reader.into_scratch();
        read
    }

    fn read_from(reader: &mut Reader<'a>) -> Result<Self, ReadError> {
        let start = reader.root()?;
        let heading = Heading::of_root(&start, reader.attributes().to_vec());
        let mut walk = Walk {
            heading,
            blocks: Blocks::default(),
            last_meta: Mark::none(),
            device_reports: Vec::new(),
            case_groups: Vec::new(),
            ahead: Ahead::default(),
        };
        walk.document(reader, start)?;
        Ok(Self { heading: walk.heading, blocks: walk.blocks })
    }

    /// What the form says about itself.
    #[must_use]
    pub const fn heading(&self) -> &Heading<'a> {
        &self.heading
    }

    /// The root element.
    #[must_use]
    pub const fn root(&self) -> &Root<'a> {
        self.heading.root()
    }

    /// Every case block, at any depth and with any prefix, in document order. A block inside a block is part of the
    /// outer one (see [`Action::Other`](crate::case::Action::Other)).
    #[must_use]
    pub fn cases(&self) -> &[FoundCase<'a>] {
        &self.blocks.cases
    }

    /// Every element that is a case block to the device alone, in document order: one called `Case` or `CASE`, and one called
    /// `case` that has neither the namespace nor an id, such as a group of questions, on which the device refuses the form. Of
    /// those inside one another, the outermost. What else is found inside is in the other lists too: CommCare HQ looks into all
    /// but a `case` (case-xml.md 1.1, 1.12).
    #[must_use]
    pub fn device_cases(&self) -> &[FoundCase<'a>] {
        &self.blocks.device_cases
    }

    /// The one of the [`device_cases`](Self::device_cases) inside which something stood.
    #[must_use]
    pub fn device_case_around(&self, mark: Mark) -> Option<&FoundCase<'a>> {
        let (own, span) = (mark.span()?, |found: &FoundCase<'_>| found.block.tag.mark.span());
        let cases = self.device_cases();
        let before = cases.partition_point(|found| span(found).is_some_and(|span| span.start < own.start));
        let around = cases[..before].last()?;
        span(around).is_some_and(|span| own.start < span.end).then_some(around)
    }

    /// Every block of Case XML 1.0, in document order: an element `case` that is not in the namespace of 2.0, has no
    /// attribute `case_id` and has a child of that name. Versions may be mixed in one form.
    #[must_use]
    pub fn legacy_cases(&self) -> &[FoundLegacyCase<'a>] {
        &self.blocks.legacy_cases
    }

    /// The blocks of Case XML 1.0, to be converted.
    #[must_use]
    pub fn into_legacy_cases(self) -> Vec<FoundLegacyCase<'a>> {
        self.blocks.legacy_cases
    }

    /// Every ledger block, at any depth and with any prefix, in document order. What is inside a ledger block is part of
    /// it.
    #[must_use]
    pub fn ledgers(&self) -> &[FoundLedger<'a>] {
        &self.blocks.ledgers
    }

    /// The metadata block: a child of the root called `meta`, or `Meta` as old CommCare wrote it. Of several the first one counts
    /// that holds anything, and `Meta` goes before `meta`.
    ///
    /// *Spec:* case-xml.md 7.
    #[must_use]
    pub fn meta(&self) -> Option<&Meta<'a>> {
        self.heading.meta()
    }

    /// The first metadata block at any depth, for servers that look for it there (openrosa.md 3.5).
    #[must_use]
    pub fn meta_at_any_depth(&self) -> Option<&Meta<'a>> {
        self.metas().next()
    }

    /// Every element called `meta` or `Meta` that is not inside another, in document order.
    pub fn metas(&self) -> impl Iterator<Item = &Meta<'a>> {
        let mut metas: Vec<_> = self.heading.metas.iter().chain(&self.blocks.metas_elsewhere).collect();
        metas.sort_by_key(|meta| meta.mark.span().map(|span| span.start));
        metas.into_iter()
    }

    /// The id of this instance: from `meta/instanceID`, else `meta/uid` (old CommCare), else a child `instanceID` of the
    /// root, else its attribute `instanceID`. A blank one counts as there.
    #[must_use]
    pub fn instance_id(&self) -> Option<InstanceIdText<'_>> {
        self.heading.instance_id()
    }

    /// The id of the version that this instance replaces: `meta/deprecatedID`.
    #[must_use]
    pub fn deprecated_id(&self) -> Option<InstanceIdText<'_>> {
        self.heading.deprecated_id()
    }

    /// Which form this is.
    #[must_use]
    pub fn form_key(&self) -> FormKey<'_> {
        self.heading.form_key()
    }

    /// The same instance, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Instance<'static> {
        Instance { heading: self.heading.into_owned(), blocks: self.blocks.into_owned() }
    }
}

impl Blocks<'_> {
    fn into_owned(self) -> Blocks<'static> {
        Blocks {
            metas_elsewhere: self.metas_elsewhere.into_iter().map(Meta::into_owned).collect(),
            cases: self.cases.into_iter().map(FoundCase::into_owned).collect(),
            device_cases: self.device_cases.into_iter().map(FoundCase::into_owned).collect(),
            legacy_cases: self.legacy_cases.into_iter().map(FoundLegacyCase::into_owned).collect(),
            ledgers: self.ledgers.into_iter().map(FoundLedger::into_owned).collect(),
        }
    }
}

impl FoundCase<'_> {
    /// The same block and surroundings, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> FoundCase<'static> {
        FoundCase {
            block: self.block.into_owned(),
            in_device_report: self.in_device_report,
            in_case_group: self.in_case_group,
            parent_namespace: self.parent_namespace.map(owned),
        }
    }
}

impl FoundLegacyCase<'_> {
    /// The namespace of the block, where it is not that of the element around it. CommCare HQ refuses such a block with a
    /// `CaseGenerationException`, whichever namespace it is.
    #[must_use]
    pub fn own_namespace(&self) -> Option<&str> {
        let own = self.block.element.name.namespace();
        own.filter(|_| own != self.parent_namespace.as_deref())
    }

    /// The same block and surroundings, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> FoundLegacyCase<'static> {
        FoundLegacyCase {
            block: self.block.into_owned(),
            in_device_report: self.in_device_report,
            in_case_group: self.in_case_group,
            parent_namespace: self.parent_namespace.map(owned),
        }
    }
}

impl FoundLedger<'_> {
    /// The same block and surroundings, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> FoundLedger<'static> {
        FoundLedger { block: self.block.into_owned(), ..self }
    }
}

impl Root<'_> {
    /// The value of an attribute in no namespace.
    #[must_use]
    pub fn attribute(&self, local: &str) -> Option<&str> {
        self.attributes.iter().find(|a| a.name.is(None, local)).map(|a| a.value.as_ref())
    }

    /// The value of an attribute in no namespace or, lacking that, in any.
    fn attribute_anywhere(&self, local: &str) -> Option<&str> {
        let namespaced = || self.attributes.iter().find(|a| a.name.local_name() == local);
        self.attribute(local).or_else(|| namespaced().map(|a| a.value.as_ref()))
    }

    fn into_owned(self) -> Root<'static> {
        Root {
            name: self.name.into_owned(),
            attributes: self.attributes.into_iter().map(Attribute::into_owned).collect(),
        }
    }
}

/// The walk through a document that fills an instance.
struct Walk<'a> {
    heading: Heading<'a>,
    blocks: Blocks<'a>,
    /// The metadata found last.
    last_meta: Mark,
    /// The depths of the open device logs.
    device_reports: Vec<usize>,
    /// The depths of the open elements called `case` that are no blocks.
    case_groups: Vec<usize>,
    /// What is known of elements called `case` that are still to come.
    ahead: Ahead,
}

impl<'a> Walk<'a> {
    fn document(&mut self, reader: &mut Reader<'a>, root: Start<'a>) -> Result<(), ReadError> {
        self.element(reader, root)?;
        loop {
            if self.is_among_questions(reader) {
                reader.pass(1, Declaring::NotPassed, is_question);
            }
            match reader.next()? {
                Some(Event::Start(start)) => self.element(reader, start)?,
                Some(Event::End) => self.leave(reader),
                Some(Event::Text(_)) => {}
                None => return Ok(()),
            }
        }
    }

    /// Whether an element without a prefix can be found by its name alone here.
    fn is_among_questions(&self, reader: &Reader<'a>) -> bool {
        let is_found = |namespace| reader.is_default_namespace(namespace);
        self.device_reports.is_empty()
            && self.case_groups.is_empty()
            && !is_found(ns::LEDGER)
            && !is_found(ns::DEVICE_REPORT)
    }

    /// Forgets what ended before the reader's place.
    fn leave(&mut self, reader: &Reader<'a>) {
        for open in [&mut self.device_reports, &mut self.case_groups] {
            open.retain(|&depth| depth <= reader.depth());
        }
    }

    fn element(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        if start.name.namespace() == Some(ns::DEVICE_REPORT) {
            self.device_reports.push(reader.depth());
        }
        if is_ledger(&start.name) {
            return self.ledger(reader, start);
        }
        match start.name.local_name() {
            "case" if is_case_block(reader, &start) => self.case(reader, start),
            "case" if self.ahead.is_block(reader, &start)? => self.legacy_case(reader, start),
            // A block inside a block would be read once for each level around it.
            "meta" | "Meta" if !self.is_inside_meta(&start) => self.meta(reader, start),
            "instanceID" if reader.depth() == 2 => self.id_child(reader),
            // The device does not ask what the root is called, and it is no key of CommCare HQ's JSON.
            name if is_called_case(name.as_bytes()) && reader.depth() > 1 => self.called_case(reader, start),
            _ => Ok(()),
        }
    }

    /// What is called a case and is a block to the device alone.
    fn called_case(&mut self, reader: &Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let is_group = start.name.local_name() == "case";
        if !self.is_inside_device_case(&start) {
            self.device_case(reader, start)?;
        }
        // The group is not inside itself.
        if is_group {
            self.case_groups.push(reader.depth());
        }
        Ok(())
    }

    fn case(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let [in_device_report, in_case_group] = self.surroundings();
        let parent_namespace = reader.parent_namespace();
        let block = CaseBlock::read_from(reader, start)?;
        let inside = ledgers::inside(reader, &block)?;
        let found = inside.into_iter().map(|block| FoundLedger { block, in_device_report, in_case: true });
        self.blocks.ledgers.extend(found);
        self.blocks.cases.push(FoundCase { block, in_device_report, in_case_group, parent_namespace });
        self.leave(reader);
        Ok(())
    }

    /// Reads a block from a copy of the reader's state, so that what is inside is met by the walk as anywhere else.
    fn device_case(&mut self, reader: &Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let [in_device_report, in_case_group] = self.surroundings();
        let parent_namespace = reader.parent_namespace();
        let block = CaseBlock::read_from(&mut reader.clone(), start)?;
        self.blocks.device_cases.push(FoundCase { block, in_device_report, in_case_group, parent_namespace });
        Ok(())
    }

    /// The device takes what stands inside a block for a part of it.
    fn is_inside_device_case(&self, start: &Start<'a>) -> bool {
        let span = self.blocks.device_cases.last().and_then(|found| found.block.tag.mark.span());
        span.is_some_and(|span| start.offset < span.end)
    }

    /// Whether a device log is open, and a group called `case`.
    fn surroundings(&self) -> [bool; 2] {
        [&self.device_reports, &self.case_groups].map(|open| !open.is_empty())
    }

    fn legacy_case(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let [in_device_report, in_case_group] = self.surroundings();
        let parent_namespace = reader.parent_namespace();
        let block = LegacyCase::read_from(reader, start)?;
        let inside = ledgers::inside_element(reader, &block.element)?;
        let found = inside.into_iter().map(|block| FoundLedger { block, in_device_report, in_case: true });
        self.blocks.ledgers.extend(found);
        self.blocks.legacy_cases.push(FoundLegacyCase {
            block,
            in_device_report,
            in_case_group,
            parent_namespace,
        });
        self.leave(reader);
        Ok(())
    }

    fn ledger(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let in_device_report = !self.device_reports.is_empty();
        let block = Ledger::read_from(reader, start)?;
        self.blocks.ledgers.push(FoundLedger { block, in_device_report, in_case: false });
        self.leave(reader);
        Ok(())
    }

    fn meta(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let meta = Meta::look_at(reader, start)?;
        self.leave(reader);
        self.last_meta = meta.mark;
        let place = if meta.depth == 1 { &mut self.heading.metas } else { &mut self.blocks.metas_elsewhere };
        place.push(meta);
        Ok(())
    }

    fn is_inside_meta(&self, start: &Start<'a>) -> bool {
        self.last_meta.span().is_some_and(|span| start.offset < span.end)
    }

    fn id_child(&mut self, reader: &mut Reader<'a>) -> Result<(), ReadError> {
        self.heading.take_id_child(reader)?;
        self.leave(reader);
        Ok(())
    }
}

/// Whether an element of this name is none that is [looked for](Walk::element). What a prefix stands for is not asked.
fn is_question(tag: &Passed<'_>) -> bool {
    !tag.has_prefix && !is_called_case(tag.local) && !is_of_heading(tag.local)
}

/// As the device sees it (case-xml.md 1.1).
const fn is_called_case(local: &[u8]) -> bool {
    local.eq_ignore_ascii_case(b"case")
}

/// A `case` is a block in its own namespace, and in any other one when it has the id; else it is a block of the legacy
/// version, or a question group of that name.
fn is_case_block(reader: &Reader<'_>, start: &Start<'_>) -> bool {
    start.name.namespace() == Some(ns::CASE) || reader.attribute("case_id").is_some()
}

#[cfg(test)]
mod tests;
