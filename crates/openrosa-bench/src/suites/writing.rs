//! Case blocks, written from values by us and by quick-xml's writer, which checks neither names nor characters.

use openrosa_xml::{
    WriteError,
    case::{Action, CaseBlock, Property, Value},
    restore::{RestoreItem, RestoreReader},
    xml::{Name, Writer},
};
use quick_xml::events::{BytesEnd, BytesStart, BytesText, Event};

use super::{Contender, Suite};
use crate::{
    Failure,
    inputs::{Restore, Scale, Shape},
};

/// The blocks, and how often they are written.
///
/// They are few, so that they stay in the processor's cache, as a block does that was just made or read. Were they many,
/// both sides would wait for memory most of the time.
#[derive(Debug)]
pub struct Input {
    blocks: Vec<CaseBlock<'static>>,
    times: usize,
}

impl Input {
    /// A thousand blocks.
    pub fn new(scale: Scale) -> Result<Self, Failure> {
        let blocks = blocks(Shape { cases: 1_000, ledgers: 0, fixtures: 0, fixture_bytes: 0 })?;
        Ok(Self { blocks, times: if scale == Scale::Full { 100 } else { 3 } })
    }

    fn write(&self, write: impl Fn(&[CaseBlock<'_>]) -> u64) -> u64 {
        (0..self.times).map(|_| write(&self.blocks)).sum()
    }
}

fn blocks(shape: Shape) -> Result<Vec<CaseBlock<'static>>, Failure> {
    let mut blocks = Vec::new();
    for item in RestoreReader::new(Restore::new(shape)) {
        if let RestoreItem::Case(block) = item?.value {
            blocks.push(block);
        }
    }
    Ok(blocks)
}

/// All of them, into one document.
pub const SUITE: Suite<Input> = &[
    Contender {
        name: "quick-xml-writer",
        run: |input| input.write(|blocks| by_quick_xml(blocks).expect("what was read can be written")).into(),
    },
    Contender {
        name: "writing",
        run: |input| input.write(|blocks| by_us(blocks).expect("what was read can be written")).into(),
    },
];

fn by_us(blocks: &[CaseBlock<'_>]) -> Result<u64, WriteError> {
    let mut out = Writer::new();
    out.open(&Name::local("blocks"))?;
    for block in blocks {
        block.write_to(&mut out)?;
    }
    out.close();
    Ok(std::hint::black_box(out.finish()).len() as u64)
}

type Out = quick_xml::Writer<Vec<u8>>;

fn by_quick_xml(blocks: &[CaseBlock<'_>]) -> Result<u64, std::io::Error> {
    let mut out = quick_xml::Writer::new(Vec::new());
    out.write_event(Event::Start(BytesStart::new("blocks")))?;
    for block in blocks {
        write_block(&mut out, block)?;
    }
    out.write_event(Event::End(BytesEnd::new("blocks")))?;
    Ok(std::hint::black_box(out.into_inner()).len() as u64)
}

fn write_block(out: &mut Out, block: &CaseBlock<'_>) -> Result<(), std::io::Error> {
    let mut start = BytesStart::new("case");
    push(&mut start, "xmlns", block.tag.name.namespace());
    push(&mut start, "case_id", block.case_id.as_deref());
    push(&mut start, "date_modified", block.date_modified.as_ref().map(openrosa_xml::Timestamp::as_str));
    push(&mut start, "user_id", block.user_id.as_deref());
    out.write_event(Event::Start(start))?;
    for action in &block.actions {
        let name = action.name().local_name();
        out.write_event(Event::Start(BytesStart::new(name)))?;
        write_action(out, action)?;
        out.write_event(Event::End(BytesEnd::new(name)))?;
    }
    out.write_event(Event::End(BytesEnd::new("case")))
}

fn write_action(out: &mut Out, action: &Action<'_>) -> Result<(), std::io::Error> {
    match action {
        Action::Create(create) => write_properties(out, &create.properties),
        Action::Update(update) => write_properties(out, &update.properties),
        Action::Index(indices) => indices.entries.iter().try_for_each(|entry| {
            let mut start = BytesStart::new(&*entry.name);
            push(&mut start, "case_type", entry.case_type.as_deref());
            push(&mut start, "relationship", entry.relationship.as_deref());
            write_leaf(out, start, &entry.target)
        }),
        Action::Attachment(attachments) => attachments.entries.iter().try_for_each(|entry| {
            let mut start = BytesStart::new(&*entry.name);
            push(&mut start, "src", entry.src.as_deref());
            push(&mut start, "from", entry.from.as_deref());
            out.write_event(Event::Empty(start))
        }),
        _ => panic!("the generator makes no other action with anything in it"),
    }
}

fn write_properties(out: &mut Out, properties: &[Property<'_>]) -> Result<(), std::io::Error> {
    properties
        .iter()
        .try_for_each(|property| write_leaf(out, BytesStart::new(&*property.name), &property.value))
}

fn write_leaf(out: &mut Out, start: BytesStart<'_>, value: &Value<'_>) -> Result<(), std::io::Error> {
    let Value::Text(text) = value else { panic!("the generator makes plain values only") };
    if text.is_empty() {
        return out.write_event(Event::Empty(start));
    }
    let end = start.to_end().into_owned();
    out.write_event(Event::Start(start))?;
    out.write_event(Event::Text(BytesText::new(text)))?;
    out.write_event(Event::End(end))
}

fn push(start: &mut BytesStart<'_>, name: &str, value: Option<&str>) {
    if let Some(value) = value {
        start.push_attribute((name, value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_write_the_same_cases() {
        let blocks = blocks(Shape { cases: 60, ledgers: 0, fixtures: 0, fixture_bytes: 0 }).unwrap();
        let mut out = quick_xml::Writer::new(Vec::new());
        for block in &blocks {
            write_block(&mut out, block).unwrap();
        }
        let by_quick_xml = String::from_utf8(out.into_inner()).unwrap();
        let by_us: String = blocks.iter().map(|block| block.write().unwrap()).collect();
        let read = |documents: &str| {
            let root = openrosa_xml::xml::Element::read(&format!("<r>{documents}</r>"))
                .map(|root| root.into_owned());
            root.unwrap()
        };
        assert_eq!(read(&by_us), read(&by_quick_xml));
    }
}
