//! One walk through a document for what `Instance` passes over: how many elements there are, where every `meta` stands,
//! and case blocks of the legacy version.

use openrosa_xml::{
    ReadError,
    case::{Action, CaseBlock},
    ns,
    xml::{Event, Reader, Start},
};

use super::block::{Block, Form};

/// What the walk found.
#[derive(Default)]
pub(super) struct Survey<'a> {
    pub(super) elements: u64,
    /// The offsets of all elements called `meta` or `Meta`.
    pub(super) metas: Vec<u64>,
    /// Blocks of Case XML 1.0: a `case` in another namespace whose id is a child element (case-xml.md 7).
    pub(super) legacy: Vec<Block<'a>>,
    /// Elements called `case` that are no block of any version.
    pub(super) no_blocks: u64,
    /// The depth of the outermost open device log.
    device_report: Option<usize>,
    /// Where the last legacy block ends.
    legacy_end: u64,
}

impl<'a> Survey<'a> {
    pub(super) fn of(source: &'a str) -> Result<Self, ReadError> {
        let mut survey = Self::default();
        let mut reader = Reader::new(source);
        while let Some(event) = reader.next()? {
            match event {
                Event::Start(start) => survey.element(&reader, start)?,
                Event::End => {
                    survey.device_report = survey.device_report.filter(|&depth| depth <= reader.depth());
                }
                Event::Text(_) => {}
            }
        }
        Ok(survey)
    }

    fn element(&mut self, reader: &Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        self.elements += 1;
        if start.name.namespace() == Some(ns::DEVICE_REPORT) {
            self.device_report.get_or_insert(reader.depth());
        }
        match start.name.local_name() {
            "meta" | "Meta" => self.metas.push(start.offset),
            "case" if start.name.namespace() != Some(ns::CASE) && reader.attribute("case_id").is_none() => {
                self.perhaps_legacy(reader, start)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn perhaps_legacy(&mut self, reader: &Reader<'a>, start: Start<'a>) -> Result<(), ReadError> {
        let block = if start.offset < self.legacy_end {
            None
        } else {
            Some(CaseBlock::read_from(&mut reader.clone(), start)?).filter(has_id_child)
        };
        match block {
            Some(block) => {
                self.legacy_end = block.tag.mark.span().map_or(0, |span| span.end);
                self.legacy.push(Block::new(block, Form::Legacy, self.device_report.is_some()));
            }
            None => self.no_blocks += 1,
        }
        Ok(())
    }
}

fn has_id_child(block: &CaseBlock<'_>) -> bool {
    let is_id = |action: &Action<'_>| action.name().local_name() == "case_id";
    block.actions.iter().any(is_id)
}
