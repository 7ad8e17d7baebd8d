//! A readable document: what `openrosa-xml` makes of it, with the place of everything that is shown.

use std::collections::HashMap;

use openrosa_xml::{Envelope, Instance, Mark, ReadError, xml::paths};

use super::{block::Block, kind::Kind, listing::Listing, survey::Survey};

/// A document and what was found in it.
pub(super) struct Document<'a> {
    source: &'a str,
    pub(super) kind: Kind,
    pub(super) declaration: Option<Declaration<'a>>,
    pub(super) instance: Instance<'a>,
    /// What the document lists, if it is of a kind that lists something.
    pub(super) listing: Option<Listing<'a>>,
    /// How many elements there are.
    pub(super) elements: u64,
    /// Every case block, legacy ones among them, in document order.
    pub(super) blocks: Vec<Block<'a>>,
    /// The paths of the ledger blocks, in their order.
    pub(super) ledger_paths: Vec<String>,
    /// Elements called `case` that are no case block.
    pub(super) no_blocks: u64,
    /// The paths of all elements called `meta` or `Meta`.
    pub(super) meta_paths: Vec<String>,
    /// The offset at which each line starts: a restore has lines and cases by the hundred thousand.
    line_starts: Vec<u64>,
}

/// The XML declaration.
pub(super) struct Declaration<'a> {
    pub(super) version: &'a str,
    pub(super) encoding: Option<&'a str>,
    pub(super) standalone: bool,
}

impl<'a> Document<'a> {
    pub(super) fn read(source: &'a str) -> Result<Self, ReadError> {
        let instance = Instance::read(source)?;
        let kind = Kind::of(&instance, source);
        let survey = Survey::of(source)?;
        let mut blocks: Vec<_> = instance.cases().iter().map(Block::found).collect();
        blocks.extend(survey.legacy);
        if kind == Kind::CaseDb {
            // They are cases, and no blocks about any.
            blocks.clear();
        }
        blocks.sort_by_key(Block::offset);
        let ledgers = instance.ledgers().iter().map(|found| found.block.mark());
        let ledgers: Vec<u64> = ledgers.map(|mark| mark.span().map_or(0, |span| span.start)).collect();
        let others = survey.metas.iter().chain(&ledgers).copied();
        let mut places: Vec<_> = blocks.iter().map(Block::offset).chain(others).collect();
        places.sort_unstable();
        let found = paths(source, &places)?.into_iter().map(Option::unwrap_or_default);
        let paths: HashMap<_, _> = places.into_iter().zip(found).collect();
        let path_at = |offset: &u64| paths.get(offset).cloned().unwrap_or_default();
        for block in &mut blocks {
            block.path = path_at(&block.offset());
        }
        Ok(Self {
            source,
            kind,
            listing: Listing::read(kind, source)?,
            declaration: Declaration::of(source),
            instance,
            elements: survey.elements,
            blocks,
            ledger_paths: ledgers.iter().map(path_at).collect(),
            no_blocks: survey.no_blocks,
            meta_paths: survey.metas.iter().map(path_at).collect(),
            line_starts: line_starts(source),
        })
    }

    /// The line on which something starts.
    pub(super) fn line(&self, mark: Mark) -> usize {
        let offset = mark.span().map_or(0, |span| span.start);
        self.line_starts.partition_point(|&start| start <= offset)
    }

    /// The document as a server's response, if it is one.
    pub(super) fn envelope(&self) -> Option<Envelope<'a>> {
        (self.kind == Kind::Envelope).then(|| Envelope::read(self.source).ok()).flatten()
    }

    /// The path of the first metadata block, which is a child of the root.
    pub(super) fn meta_path(&self) -> Option<&str> {
        self.meta_paths.iter().find(|path| path.matches('/').count() == 2).map(String::as_str)
    }
}

impl<'a> Declaration<'a> {
    /// Takes the declaration apart. The document was read, so whatever stands there is well-formed.
    fn of(source: &'a str) -> Option<Self> {
        let text = source.strip_prefix('\u{FEFF}').unwrap_or(source);
        let inside = text.strip_prefix("<?xml")?.split_once("?>")?.0;
        Some(Self {
            version: quoted_after(inside, "version")?,
            encoding: quoted_after(inside, "encoding"),
            standalone: quoted_after(inside, "standalone") == Some("yes"),
        })
    }
}

fn line_starts(source: &str) -> Vec<u64> {
    let after_feeds = source.bytes().zip(1..).filter(|&(byte, _)| byte == b'\n').map(|(_, after)| after);
    std::iter::once(0).chain(after_feeds).collect()
}

fn quoted_after<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = text.split_once(name)?;
    let quoted = after.trim_start().strip_prefix('=')?.trim_start();
    let quote = quoted.chars().next()?;
    quoted[quote.len_utf8()..].split_once(quote).map(|(value, _)| value)
}

/// White space as XML counts it, taken off both ends.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\n', '\r'])
}

/// The text without white space around it, where that is another text.
pub(super) fn trimmed(text: &str) -> Option<&str> {
    Some(trim(text)).filter(|trimmed| trimmed.len() < text.len())
}
