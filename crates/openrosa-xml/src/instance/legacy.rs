//! Which elements called `case` are blocks of Case XML 1.0.

use crate::{
    error::ReadError,
    xml::reader::{Event, Reader, Start},
};

/// What reading ahead found: blocks of Case XML 1.0 have a child `case_id`, groups of questions have none. Both can stand
/// inside others, so the outermost one is looked through once for all that are in it.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    /// The offset up to which has been looked.
    end: u64,
    /// The offsets of the blocks, in order.
    blocks: Vec<u64>,
}

/// An open element called `case`.
struct Open {
    depth: usize,
    offset: u64,
}

impl Ahead {
    /// Whether the `case` just opened has a child `case_id`.
    pub(super) fn is_block(&mut self, reader: &Reader<'_>, start: &Start<'_>) -> Result<bool, ReadError> {
        if start.offset >= self.end {
            *self = Self::look(reader.clone(), start.offset)?;
        }
        Ok(self.blocks.binary_search(&start.offset).is_ok())
    }

    fn look(mut reader: Reader<'_>, offset: u64) -> Result<Self, ReadError> {
        let outermost = reader.depth();
        let mut open = vec![Open { depth: outermost, offset }];
        let mut blocks = Vec::new();
        while reader.depth() >= outermost {
            match reader.next()? {
                Some(Event::Start(start)) => {
                    let depth = reader.depth();
                    let around = open.last().filter(|case| case.depth + 1 == depth);
                    blocks.extend(
                        around.filter(|_| start.name.local_name() == "case_id").map(|case| case.offset),
                    );
                    if start.name.local_name() == "case" {
                        open.push(Open { depth, offset: start.offset });
                    }
                }
                Some(Event::End) => open.retain(|case| case.depth <= reader.depth()),
                Some(Event::Text(_)) => {}
                None => break,
            }
        }
        blocks.sort_unstable();
        Ok(Self { end: reader.offset(), blocks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether each `case` of a document is a block, and up to where had been looked when that was asked.
    fn asked(source: &str) -> Vec<(bool, u64)> {
        let mut reader = Reader::new(source);
        let mut ahead = Ahead::default();
        let mut answers = Vec::new();
        while let Some(event) = reader.next().unwrap() {
            match event {
                Event::Start(start) if start.name.local_name() == "case" => {
                    answers.push((ahead.is_block(&reader, &start).unwrap(), ahead.end));
                }
                _ => {}
            }
        }
        answers
    }

    #[test]
    fn what_stands_inside_is_not_looked_through_again() {
        let source = "<f><case><q/><case><case_id/><case/></case><case_id/></case><case/></f>";
        let (first, second) = (source.find("<case/></f>").unwrap() as u64, source.len() as u64 - 4);
        assert_eq!(asked(source), [(true, first), (true, first), (false, first), (false, second)]);
    }

    #[test]
    fn only_a_child_makes_a_block() {
        let is_block = |inside: &str| asked(&format!("<case>{inside}</case>"))[0].0;
        assert!(is_block("<a/>x<x:case_id xmlns:x='urn:x'>1</x:case_id>"));
        assert!(!is_block("<a><case_id/></a>") && !is_block("") && !is_block("<case><case_id/></case>"));
    }
}
