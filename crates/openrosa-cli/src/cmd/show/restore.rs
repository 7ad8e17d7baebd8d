//! A restore, or another answer of a server: read item by item as it comes, never whole in memory.

mod case_list;
mod fixture;
mod one_case;
mod summary;
mod tally;

use std::io::{self, Read, Write};

use openrosa_xml::{
    Position, ReadError,
    restore::{Located, RestoreError, RestoreItem, RestoreReader},
    xml::{Attribute, Name},
};

use super::{
    Format,
    source::{Source, Wide},
};
use crate::{
    exit::{Failure, report},
    input::title,
    page::{Page, seen},
};
use case_list::CaseList;
use fixture::OneFixture;
use one_case::OneCase;
use summary::Summary;

/// What is asked of a restore.
pub(super) enum Asked<'a> {
    /// What is in it, in numbers.
    Summary,
    /// Each case block on a line.
    Cases,
    /// The blocks of one case.
    Case(&'a str),
    /// What is in one fixture.
    Fixture(&'a str),
}

/// Where and how to show.
pub(super) struct Show<'a> {
    pub(super) name: &'a str,
    /// What it is: a part of a form is shown as well.
    pub(super) kind: &'a str,
    pub(super) was: Option<Wide>,
    pub(super) format: Format,
    pub(super) page: Page,
}

/// How showing ended.
pub(super) enum Ended {
    /// All was read.
    Whole,
    /// Something is wrong with the restore.
    Wrong,
}

/// What looks at items one by one and says something on the way or in the end.
trait View {
    /// Looks at an item; whether it wants to be told where that stood.
    fn item(&mut self, item: &Located<RestoreItem<'_>>) -> bool;

    /// The item that it looked at last began here; what is to be said at once goes to `out`.
    fn placed(&mut self, at: Position, out: &mut String);

    /// All was read, or as much as could be. Fails where what was asked for is not there.
    fn end(&mut self, seen: &Seen<'_>, out: &mut String) -> Result<(), Failure>;
}

/// What is known of the restore in the end.
struct Seen<'s> {
    show: &'s Show<'s>,
    bytes: u64,
    root: Option<Root>,
    announced: Option<u64>,
    stopped: Option<ReadError>,
}

/// The root of the restore.
struct Root {
    name: Name<'static>,
    attributes: Vec<Attribute<'static>>,
}

impl Root {
    fn attribute(&self, local: &str) -> Option<&str> {
        let mut named = self.attributes.iter().filter(|attribute| attribute.name.is(None, local));
        named.next().map(|attribute| attribute.value.as_ref())
    }

    fn in_words(&self) -> String {
        let namespace = self.name.namespace().map(|namespace| format!(", namespace {}", seen(namespace)));
        format!("{}{}", self.name.local_name(), namespace.unwrap_or_default())
    }
}

/// Shows what is asked, writing as it reads.
pub(super) fn show(
    source: Source,
    asked: &Asked<'_>,
    show: &Show<'_>,
    out: &mut impl Write,
) -> Result<io::Result<Ended>, Failure> {
    let mut view: Box<dyn View + '_> = match asked {
        Asked::Summary => Box::new(Summary::default()),
        Asked::Cases => Box::new(CaseList::new(show.format)),
        Asked::Case(id) => Box::new(OneCase::new(id, show)),
        Asked::Fixture(id) => Box::new(OneFixture::new(id, show)),
    };
    let mut items = RestoreReader::new(source.into_reader());
    let mut text = String::new();
    let stopped = loop {
        match next(&mut items, view.as_mut(), &mut text) {
            Ok(true) => {}
            Ok(false) => break None,
            Err(RestoreError::Read(error)) => break Some(error),
            Err(error) => return Err(Failure::new(format!("cannot read `{}`: {error}", title(show.name)))),
        }
        if let Err(error) = out.write_all(std::mem::take(&mut text).as_bytes()) {
            return Ok(Err(error));
        }
    };
    let parser = items.parser();
    let seen = Seen {
        show,
        bytes: show.was.as_ref().map_or(parser.offset(), |was| was.bytes),
        root: parser
            .root()
            .map(|name| Root { name: name.clone(), attributes: parser.root_attributes().to_vec() }),
        announced: parser.items(),
        stopped,
    };
    let ended = view.end(&seen, &mut text);
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match (seen.stopped, ended) {
        (None, ended) => ended.map(|()| written.map(|()| Ended::Whole)),
        // It may be in what could not be read.
        (Some(_), ended) => {
            if let Err(missing) = ended {
                report(Err(missing));
            }
            Ok(written.map(|()| Ended::Wrong))
        }
    }
}

/// Shows the next item to the view; false when there is none.
fn next<R: Read>(
    items: &mut RestoreReader<R>,
    view: &mut (dyn View + '_),
    text: &mut String,
) -> Result<bool, RestoreError> {
    let looked = items.next_with(|item| view.item(&item).then_some(item.span.start))?;
    if let Some(at) = looked.flatten().and_then(|start| items.parser().position_of(start)) {
        view.placed(at, text);
    }
    Ok(looked.is_some())
}
