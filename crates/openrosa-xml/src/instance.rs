//! A form instance: one filled-in form, seen as what a server must know of it.

mod ledgers;
mod legacy;
mod meta;

use std::borrow::Cow;

use crate::{
    case::{CaseBlock, legacy::LegacyCase},
    error::ReadError,
    ids::InstanceId,
    ledger::{Ledger, is_ledger},
    limits::Limits,
    ns,
    xml::{
        Name, Reader, Scratch,
        chars::trim,
        name::{Attribute, owned},
        reader::{Event, Leaf, Start},
    },
};

use legacy::Ahead;
pub use meta::{Field, Meta};

/// What a filled-in form says about itself, and every case block in it.
///
/// The answers themselves are passed over; [`Element::read`](crate::xml::Element::read) gives the whole document as a
/// value. Any well-formed document reads as an instance, whatever its root.
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
    root: Root<'a>,
    metas: Vec<Meta<'a>>,
    /// The text of a root child called `instanceID`.
    id_child: Option<Cow<'a, str>>,
    cases: Vec<FoundCase<'a>>,
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
        let root = reader.root()?;
        let mut instance = Self {
            root: Root { name: root.name.clone(), attributes: reader.attributes().to_vec() },
            metas: Vec::new(),
            id_child: None,
            cases: Vec::new(),
            legacy_cases: Vec::new(),
            ledgers: Vec::new(),
        };
        Walk { instance: &mut instance, device_reports: Vec::new(), ahead: Ahead::default() }
            .document(reader, root)?;
        Ok(instance)
    }

    /// The root element.
    #[must_use]
    pub const fn root(&self) -> &Root<'a> {
        &self.root
    }

    /// Every case block, at any depth and with any prefix, in document order. A block inside a block is part of the
    /// outer one (see [`Action::Other`](crate::case::Action::Other)).
    #[must_use]
    pub fn cases(&self) -> &[FoundCase<'a>] {
        &self.cases
    }

    /// Every block of Case XML 1.0, in document order: an element `case` that is not in the namespace of 2.0, has no
    /// attribute `case_id` and has a child of that name. Versions may be mixed in one form.
    #[must_use]
    pub fn legacy_cases(&self) -> &[FoundLegacyCase<'a>] {
        &self.legacy_cases
    }

    /// The blocks of Case XML 1.0, to be converted.
    #[must_use]
    pub fn into_legacy_cases(self) -> Vec<FoundLegacyCase<'a>> {
        self.legacy_cases
    }

    /// Every ledger block, at any depth and with any prefix, in document order. What is inside a ledger block is part of
    /// it.
    #[must_use]
    pub fn ledgers(&self) -> &[FoundLedger<'a>] {
        &self.ledgers
    }

    /// The metadata block: the first child of the root called `meta`, or `Meta` as old CommCare wrote it.
    #[must_use]
    pub fn meta(&self) -> Option<&Meta<'a>> {
        self.metas.iter().find(|meta| meta.depth == 1)
    }

    /// The first metadata block at any depth, for servers that look for it there (openrosa.md 3.5).
    #[must_use]
    pub fn meta_at_any_depth(&self) -> Option<&Meta<'a>> {
        self.metas.first()
    }

    /// Every element called `meta` or `Meta` that is not inside another, in document order.
    #[must_use]
    pub fn metas(&self) -> &[Meta<'a>] {
        &self.metas
    }

    /// The id of this instance: from `meta/instanceID`, else `meta/uid` (old CommCare), else a child `instanceID` of the
    /// root, else its attribute `instanceID`. A blank one counts as there.
    #[must_use]
    pub fn instance_id(&self) -> Option<InstanceIdText<'_>> {
        let in_meta = self.meta().and_then(|meta| meta.text("instanceID").or_else(|| meta.text("uid")));
        let found = in_meta
            .or_else(|| self.id_child.as_deref().map(Cow::Borrowed))
            .or_else(|| self.root.attribute("instanceID").map(Cow::Borrowed));
        found.map(InstanceIdText)
    }

    /// The id of the version that this instance replaces: `meta/deprecatedID`.
    #[must_use]
    pub fn deprecated_id(&self) -> Option<InstanceIdText<'_>> {
        self.meta().and_then(|meta| meta.text("deprecatedID")).map(InstanceIdText)
    }

    /// Which form this is.
    #[must_use]
    pub fn form_key(&self) -> FormKey<'_> {
        let id = self.root.attribute_anywhere("id").or_else(|| self.root.name.namespace());
        FormKey {
            id: id.map(Cow::Borrowed),
            version: self.root.attribute_anywhere("version").map(Cow::Borrowed),
        }
    }

    /// The same instance, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Instance<'static> {
        Instance {
            root: Root {
                name: self.root.name.into_owned(),
                attributes: self.root.attributes.into_iter().map(Attribute::into_owned).collect(),
            },
            metas: self.metas.into_iter().map(Meta::into_owned).collect(),
            id_child: self.id_child.map(owned),
            cases: self.cases.into_iter().map(FoundCase::into_owned).collect(),
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
}

/// The walk through a document that fills an instance.
struct Walk<'i, 'a> {
    instance: &'i mut Instance<'a>,
    /// The depths of the open device logs.
    device_reports: Vec<usize>,
    /// What is known of elements called `case` that are still to come.
    ahead: Ahead,
}

impl<'a> Walk<'_, 'a> {
    fn document(&mut self, reader: &mut Reader<'a>, root: Start<'a>) -> Result<(), ReadError> {
        self.element(reader, root)?;
        loop {
            if self.is_among_questions(reader) && reader.pass(is_question) {
                continue;
            }
            match reader.next()? {
                Some(Event::Start(start)) => self.element(reader, start)?,
                Some(Event::End) => self.device_reports.retain(|&depth| depth <= reader.depth()),
                Some(Event::Text(_)) => {}
                None => return Ok(()),
            }
        }
    }

    /// Whether an element without a prefix can be found by its name alone here.
    fn is_among_questions(&self, reader: &Reader<'a>) -> bool {
        let is_found = |namespace| reader.is_default_namespace(namespace);
        self.device_reports.is_empty() && !is_found(ns::LEDGER) && !is_found(ns::DEVICE_REPORT)
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
            _ => Ok(()),
        }
    }

    fn case(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let in_device_report = !self.device_reports.is_empty();
        let parent_namespace = reader.parent_namespace();
        let block = CaseBlock::read_from(reader, start)?;
        self.device_reports.retain(|&depth| depth <= reader.depth());
        let inside = ledgers::inside(reader, &block)?;
        let found = inside.into_iter().map(|block| FoundLedger { block, in_device_report, in_case: true });
        self.instance.ledgers.extend(found);
        self.instance.cases.push(FoundCase { block, in_device_report, parent_namespace });
        Ok(())
    }

    fn legacy_case(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let in_device_report = !self.device_reports.is_empty();
        let parent_namespace = reader.parent_namespace();
        let block = LegacyCase::read_from(reader, start)?;
        self.device_reports.retain(|&depth| depth <= reader.depth());
        let inside = ledgers::inside_element(reader, &block.element)?;
        let found = inside.into_iter().map(|block| FoundLedger { block, in_device_report, in_case: true });
        self.instance.ledgers.extend(found);
        self.instance.legacy_cases.push(FoundLegacyCase { block, in_device_report, parent_namespace });
        Ok(())
    }

    fn ledger(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let in_device_report = !self.device_reports.is_empty();
        let block = Ledger::read_from(reader, start)?;
        self.device_reports.retain(|&depth| depth <= reader.depth());
        self.instance.ledgers.push(FoundLedger { block, in_device_report, in_case: false });
        Ok(())
    }

    /// Reads a metadata block from a copy of the reader's state, so that case blocks and further blocks inside it, odd as
    /// they are, are met by the walk as anywhere else.
    fn meta(&mut self, reader: &mut Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let mut ahead = reader.clone();
        let meta = Meta::read_from(&mut ahead, start)?;
        if meta.is_plain() {
            *reader = ahead;
            self.device_reports.retain(|&depth| depth <= reader.depth());
        }
        self.instance.metas.push(meta);
        Ok(())
    }

    fn is_inside_meta(&self, start: &Start<'a>) -> bool {
        let last = self.instance.metas.last().and_then(|meta| meta.mark.span());
        last.is_some_and(|span| start.offset < span.end)
    }

    fn id_child(&mut self, reader: &mut Reader<'a>) -> Result<(), ReadError> {
        let (Leaf::Text(text) | Leaf::Opened(text)) = reader.leaf()?;
        self.device_reports.retain(|&depth| depth <= reader.depth());
        self.instance.id_child.get_or_insert(text);
        Ok(())
    }
}

/// Whether an element of this name is none that is [looked for](Walk::element).
fn is_question(local: &str) -> bool {
    !matches!(local, "case" | "meta" | "Meta" | "instanceID")
}

/// A `case` is a block in its own namespace, and in any other one when it has the id; else it is a block of the legacy
/// version, or a question group of that name.
fn is_case_block(reader: &Reader<'_>, start: &Start<'_>) -> bool {
    start.name.namespace() == Some(ns::CASE) || reader.attribute("case_id").is_some()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Elements in each other, of the names and namespaces that matter and of others.
    fn elements() -> impl Strategy<Value = String> {
        const LEAVES: [&str; 12] = [
            "1",
            "&amp;",
            "<q>1</q>",
            "<q/>",
            "<q a='1'/>",
            "<instanceID>i</instanceID>",
            "<case/>",
            "<case case_id='c'/>",
            "<case_id>c</case_id>",
            "<balance/>",
            "<l:balance entity-id='e'/>",
            "<Meta/>",
        ];
        const AROUND: [(&str, &str); 10] = [
            ("<q>", "</q>"),
            ("<q> ", "</q >"),
            ("<case>", "</case>"),
            ("<case case_id='c' date_modified='d'>", "</case>"),
            ("<meta>", "</meta>"),
            ("<q xmlns=''>", "</q>"),
            ("<x:q xmlns='http://commcarehq.org/ledger/v1'>", "</x:q>"),
            ("<x:q xmlns='http://code.javarosa.org/devicereport'><q>", "</q></x:q>"),
            ("<r:q xmlns:r='http://code.javarosa.org/devicereport'>", "</r:q>"),
            ("<x:q xmlns='http://commcarehq.org/case/transaction/v2'>", "</x:q>"),
        ];
        let leaf = prop::sample::select(&LEAVES[..]).prop_map(str::to_owned);
        leaf.prop_recursive(4, 24, 4, |inner| {
            let inside = prop::collection::vec(inner, 0..4).prop_map(|inside| inside.concat());
            (prop::sample::select(&AROUND[..]), inside)
                .prop_map(|((start, end), inside)| [start, &inside, end].concat())
        })
    }

    proptest! {
        /// Comments mean nothing, and before every tag they leave nothing that could be passed over.
        #[test]
        fn what_is_passed_over_holds_nothing(inside in elements()) {
            let source = format!("<data xmlns:x='u' xmlns:l='http://commcarehq.org/ledger/v1'>{inside}</data>");
            let commented = source.replace('<', "<!----><");
            let (short, long) = (Instance::read(&source), Instance::read(&commented));
            let found = |instance: Instance<'_>| {
                let metas: Vec<_> = instance.metas().iter().map(|meta| {
                    let fields = meta.fields.iter().map(|field| (field.name.clone().into_owned(), field.value.text().into_owned()));
                    (meta.depth, fields.collect::<Vec<_>>())
                }).collect();
                let id = instance.instance_id().map(|id| id.as_written().to_owned());
                let cases: Vec<_> = instance.cases().iter().map(|case| (case.in_device_report, case.block.actions.len())).collect();
                let ledgers: Vec<_> = instance.ledgers().iter().map(|ledger| (ledger.in_device_report, ledger.in_case)).collect();
                (metas, id, cases, instance.legacy_cases().len(), ledgers)
            };
            prop_assert_eq!(short.map(found).ok(), long.map(found).ok());
        }
    }

    #[test]
    fn a_case_block_that_is_the_whole_document_may_hold_a_ledger() {
        let source = "<case case_id='c'><update><a><balance xmlns='http://commcarehq.org/ledger/v1'/></a></update></case>";
        let instance = Instance::read(source).unwrap();
        assert_eq!((instance.cases().len(), instance.ledgers().len()), (1, 1));
        assert!(instance.ledgers()[0].in_case);
    }

    fn read(source: &str) -> Instance<'_> {
        Instance::read(source).unwrap()
    }

    fn id(source: &str) -> Option<String> {
        read(source).instance_id().map(|id| id.as_written().to_owned())
    }

    /// R-100: any prefix works, and names are found by local name where the namespace is odd.
    #[test]
    fn meta_is_found_under_any_prefix_and_namespace() {
        for meta in [
            "<meta><instanceID>i</instanceID></meta>",
            "<x:meta xmlns:x='http://openrosa.org/xforms'><x:instanceID>i</x:instanceID></x:meta>",
            "<m xmlns:y='urn:other'/><y:meta xmlns:y='urn:other'><instanceID>i</instanceID></y:meta>",
        ] {
            assert_eq!(id(&format!("<data>{meta}</data>")).as_deref(), Some("i"), "{meta}");
        }
    }

    /// R-101: meta is a direct child, `Meta` too; at any depth on request.
    #[test]
    fn a_deeper_meta_counts_only_on_request() {
        let nested = read("<data><g><meta><instanceID>deep</instanceID></meta></g></data>");
        assert!(nested.meta().is_none());
        assert_eq!(nested.meta_at_any_depth().unwrap().text("instanceID").as_deref(), Some("deep"));
        assert_eq!(id("<data><Meta><instanceID>old</instanceID></Meta></data>").as_deref(), Some("old"));
    }

    /// R-102: meta/instanceID, then meta/uid, then the root's child, then the root's attribute, then nothing.
    #[test]
    fn the_instance_id_is_looked_for_in_order() {
        let all = "<data instanceID='4'><instanceID>3</instanceID><meta><uid>2</uid><instanceID>1</instanceID></meta></data>";
        assert_eq!(id(all).as_deref(), Some("1"));
        assert_eq!(id(&all.replace("<instanceID>1</instanceID>", "")).as_deref(), Some("2"));
        assert_eq!(id("<data instanceID='4'><instanceID>3</instanceID><meta/></data>").as_deref(), Some("3"));
        assert_eq!(id("<data instanceID='4'><meta/></data>").as_deref(), Some("4"));
        assert_eq!(id("<data><meta/></data>"), None);
    }

    /// R-103: the raw and the trimmed value are both there, and equality uses the trimmed one.
    #[test]
    fn white_space_around_an_id_is_kept_but_does_not_count() {
        let instance = read("<data><meta><instanceID> a&#10;</instanceID></meta></data>");
        let written = instance.instance_id().unwrap();
        assert_eq!((written.as_written(), written.trimmed()), (" a\n", "a"));
        assert_eq!(written, InstanceIdText::new("a"));
        assert_ne!(written, InstanceIdText::new("A"));
    }

    /// R-104: references are resolved in ids, versions and names alike.
    #[test]
    fn references_are_resolved_everywhere() {
        let instance = read(
            "<data id='a&amp;b' version='&lt;1&#x3E;' name='&quot;'><meta><instanceID>c&amp;d</instanceID></meta></data>",
        );
        let key = instance.form_key();
        assert_eq!((key.id.as_deref(), key.version.as_deref()), (Some("a&b"), Some("<1>")));
        assert_eq!(instance.root().attribute("name"), Some("\""));
        assert_eq!(instance.instance_id().unwrap().as_written(), "c&d");
    }

    /// R-105: `@id` in any namespace, else the root's namespace; version likewise; absent is not empty.
    #[test]
    fn a_form_is_known_by_id_or_namespace_and_version() {
        let key = |source| {
            let instance = read(source).into_owned();
            let key = instance.form_key();
            (key.id.map(Cow::into_owned), key.version.map(Cow::into_owned))
        };
        let owned = |id: Option<&str>, version: Option<&str>| (id.map(Into::into), version.map(Into::into));
        assert_eq!(key("<data xmlns='urn:x' id='f' version=''/>"), owned(Some("f"), Some("")));
        assert_eq!(key("<data xmlns='urn:x'/>"), owned(Some("urn:x"), None));
        assert_eq!(key("<data xmlns:o='urn:o' o:id='f' o:version='2'/>"), owned(Some("f"), Some("2")));
        assert_eq!(key("<data xmlns:o='urn:o' o:id='g' id='f'/>"), owned(Some("f"), None));
        assert_eq!(key("<data/>"), owned(None, None));
    }

    /// C-026: blocks are found at any depth, in repeats, several for one case, in document order.
    #[test]
    fn blocks_are_found_wherever_they_stand() {
        let case =
            |id: &str| format!("<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}'/>");
        let source = format!(
            "<data><r>{}</r><q/><r><g>{}</g></r>{}<meta><x>{}</x>{}</meta></data>",
            case("1"),
            case("2"),
            case("1"),
            case("3"),
            case("4"),
        );
        let instance = read(&source);
        let ids: Vec<_> =
            instance.cases().iter().filter_map(|found| found.block.case_id.as_deref()).collect();
        assert_eq!(ids, ["1", "2", "1", "3", "4"]);
    }

    #[test]
    fn a_group_called_case_is_not_a_block_but_may_hold_one() {
        let instance = read("<data><case><q/><case case_id='C'/></case></data>");
        assert_eq!(instance.cases().len(), 1);
    }

    /// C-027: a block inside a block is not a block of its own.
    #[test]
    fn a_block_is_not_searched_for_further_blocks() {
        let instance =
            read("<data><case case_id='outer'><case case_id='inner'><close/></case></case></data>");
        assert_eq!(instance.cases().len(), 1);
        assert_eq!(instance.cases()[0].block.case_id.as_deref(), Some("outer"));
    }

    #[test]
    fn a_block_comes_with_the_namespace_around_it() {
        let v2 = ns::CASE;
        let source = format!(
            "<p:data xmlns:p='urn:p'><case xmlns='{v2}' xmlns:p='urn:q' case_id='1'/>\
             <g xmlns='{v2}'><case case_id='2'/></g><g><case case_id='3'/></g></p:data>"
        );
        let instance = read(&source);
        let around: Vec<_> = instance.cases().iter().map(|found| found.parent_namespace.as_deref()).collect();
        assert_eq!(around, [Some("urn:p"), Some(v2), None]);
    }

    /// C-028: a block under a device log is told apart, and one after it is not.
    #[test]
    fn blocks_of_a_device_log_are_marked() {
        let instance = read(
            "<data><log xmlns='http://code.javarosa.org/devicereport'><a><case case_id='1'/></a></log><case case_id='2'/></data>",
        );
        let marked: Vec<_> = instance.cases().iter().map(|found| found.in_device_report).collect();
        assert_eq!(marked, [true, false]);
    }

    /// C-051: ledgers are found by their namespace at any depth, in case blocks and metadata too.
    #[test]
    fn ledgers_are_found_wherever_they_stand() {
        let l = ns::LEDGER;
        let source = format!(
            "<data xmlns:l='{l}'><l:balance entity-id='1'/><g><g><n:transfer xmlns:n='{l}' src='2'/></g></g>\
             <balance entity-id='no'/><case case_id='C'><update><l:balance entity-id='3'/></update><x>\
             <balance xmlns='{l}' entity-id='4'><entry/></balance></x></case><meta><l:balance/></meta>\
             <log xmlns='{}'><l:balance entity-id='6'/></log><l:other/></data>",
            ns::DEVICE_REPORT
        );
        let instance = read(&source);
        let found: Vec<_> = instance
            .ledgers()
            .iter()
            .map(|found| {
                let id = match &found.block {
                    Ledger::Balance(balance) => balance.entity_id.as_deref().unwrap_or("none"),
                    Ledger::Transfer(transfer) => transfer.src.as_deref().unwrap_or("none"),
                    Ledger::Other(_) => "other",
                };
                (id, found.in_case, found.in_device_report)
            })
            .collect();
        let (inside, log) = (true, true);
        assert_eq!(
            found,
            [
                ("1", false, false),
                ("2", false, false),
                ("3", inside, false),
                ("4", inside, false),
                ("none", false, false),
                ("6", false, log),
                ("other", false, false)
            ]
        );
        let Ledger::Balance(balance) = &instance.ledgers()[3].block else { panic!() };
        let span = balance.tag.mark.span().unwrap();
        assert!(source[span.start as usize..].starts_with("<balance xmlns="));
        assert_eq!(instance.clone().into_owned(), instance);
    }

    /// C-050: each block has its own version; a group without an id is neither, and may hold either.
    /// C-049: a block in a namespace of its own is told apart, as an error to CommCare HQ.
    #[test]
    fn each_block_has_its_own_version() {
        let instance = read(
            "<data xmlns='urn:f'><case><case_id>1</case_id></case><case><case><case_id>2</case_id><case><case_id>in 2</case_id></case>\
             </case><q><case_id>no</case_id></q><case case_id='3'/></case><case xmlns='urn:own'><a/><case_id/></case>\
             <case xmlns='http://commcarehq.org/case/transaction/v2'><case_id>5</case_id></case>\
             <case><a><case_id/></a></case></data>",
        );
        let old: Vec<_> = instance
            .legacy_cases()
            .iter()
            .map(|found| (found.block.case_id().unwrap_or_default().into_owned(), found.own_namespace()))
            .collect();
        let own = |id: &str, namespace| (id.to_owned(), namespace);
        assert_eq!(old, [own("1", None), own("2", None), own("", Some("urn:own"))]);
        let new: Vec<_> = instance.cases().iter().map(|found| found.block.case_id.as_deref()).collect();
        assert_eq!(new, [Some("3"), None]);
        assert_eq!(instance.clone().into_owned(), instance);
    }

    #[test]
    fn old_blocks_of_a_device_log_are_marked_and_ledgers_in_old_blocks_are_found() {
        let instance = read(
            "<data><log xmlns='http://code.javarosa.org/devicereport'><case><case_id>1</case_id></case></log>\
             <case><case_id>2</case_id><l:balance xmlns:l='http://commcarehq.org/ledger/v1' entity-id='2'/></case></data>",
        );
        let marked: Vec<_> = instance.legacy_cases().iter().map(|found| found.in_device_report).collect();
        assert_eq!(marked, [true, false]);
        assert!(instance.ledgers().len() == 1 && instance.ledgers()[0].in_case);
    }
}
