//! A restore, read in every way we offer and in some that others do.

use std::{fs::File, io::Write, path::Path};

use chrono::DateTime;
use openrosa_case::{
    apply, device,
    store::{Memory, Staging, Store},
};
use openrosa_xml::{
    case::kept::{Kept, Names},
    restore::{RestoreItem, RestoreReader},
    xml::Event,
};
use tempfile::NamedTempFile;

use super::{
    Contender, Done, Suite, bare_loop,
    visit::{look_at, visit, visit_with_rows},
};
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
    Contender { name: "quick-xml", run: |input| bare_loop(&input.text).into() },
    Contender { name: "restore", run: |input| visit_all(input.text.as_bytes(), visit_with_rows).into() },
    Contender { name: "restore-rows-unread", run: |input| visit_all(input.text.as_bytes(), visit).into() },
    Contender { name: "restore-file", run: |input| visit_all(open(input), visit_with_rows).into() },
    Contender { name: "restore-owned", run: |input| own_all(input.text.as_bytes()).into() },
    Contender { name: "restore-kept", run: |input| (keep_all(input.text.as_bytes()).1.len() as u64).into() },
    Contender { name: "restore-applied", run: |input| applied(input.text.as_bytes()) },
    Contender {
        name: "restore-applied-and-dropped",
        run: |input| applied(input.text.as_bytes()).seen.into(),
    },
    Contender { name: "events", run: |input| events(&input.text).into() },
    Contender { name: "quick-xml-namespaces", run: |input| namespaces(&input.text).into() },
    Contender { name: "roxmltree", run: |input| tree(&input.text).into() },
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

/// All cases at once.
#[must_use]
pub fn keep_all(source: &[u8]) -> (Names, Vec<Kept>) {
    let (mut reader, mut names, mut cases) = (RestoreReader::new(source), Names::new(), Vec::new());
    let mut keep = |item: &RestoreItem<'_>| {
        if let RestoreItem::Case(block) = item {
            cases.push(Kept::of(block, &mut names));
        }
    };
    while reader.next_with(|item| keep(&item.value)).expect("the inputs are well-formed").is_some() {}
    (names, cases)
}

/// The state after the whole restore, staged and then written, as a device takes it; and how many changes that were.
pub fn apply_all(state: &mut Memory, source: impl std::io::Read) -> u64 {
    let mut session = device::Restore::new(DateTime::UNIX_EPOCH.fixed_offset());
    let (mut reader, mut staging, mut changes) = (RestoreReader::new(source), Staging::new(), 0);
    let mut take = |item: &RestoreItem<'_>| {
        let applied = apply::stage(state, &mut staging, &mut session.step(item));
        changes += applied.expect("the device refuses nothing of it").changes.len() as u64;
    };
    while reader.next_with(|item| take(&item.value)).expect("the inputs are well-formed").is_some() {}
    state.commit(staging.take_writes()).expect("memory does not fail");
    changes
}

/// The state after the whole restore.
pub(super) fn applied(source: impl std::io::Read) -> Done {
    let mut state = Memory::new();
    let changes = apply_all(&mut state, source);
    Done::with(state, changes)
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
