//! The ledger blocks of a form.

use crate::{
    case::{Action, CaseBlock, Value},
    error::ReadError,
    ledger::{Ledger, is_ledger},
    xml::{
        Element, Reader,
        reader::{Event, Surroundings},
    },
};

/// The ledger blocks inside a case block that was just read. There hardly ever are any, so the block is looked through
/// first and read again only then.
pub(super) fn inside(reader: &Reader<'_>, block: &CaseBlock<'_>) -> Result<Vec<Ledger<'static>>, ReadError> {
    match block.tag.mark.span() {
        Some(span) if holds_ledger(block) => read_again(reader, &reader.surroundings(), span.start),
        _ => Ok(Vec::new()),
    }
}

/// The same for a block of Case XML 1.0.
pub(super) fn inside_element(
    reader: &Reader<'_>,
    block: &Element<'_>,
) -> Result<Vec<Ledger<'static>>, ReadError> {
    match block.mark.span() {
        Some(span) if is_at_or_in(block) => read_again(reader, &reader.surroundings(), span.start),
        _ => Ok(Vec::new()),
    }
}

fn read_again(
    reader: &Reader<'_>,
    surroundings: &Surroundings,
    start: u64,
) -> Result<Vec<Ledger<'static>>, ReadError> {
    let mut again = reader.again_from(start, surroundings);
    let outside = again.depth();
    let mut found = Vec::new();
    while let Some(event) = again.next()? {
        match event {
            Event::Start(start) if is_ledger(&start.name) => {
                found.push(Ledger::read_from(&mut again, start)?.into_owned());
            }
            Event::End if again.depth() == outside => break,
            _ => {}
        }
    }
    Ok(found)
}

/// Whether a ledger stands where a case block keeps elements whole, as it does whatever it does not know.
fn holds_ledger(block: &CaseBlock<'_>) -> bool {
    block.actions.iter().any(|action| match action {
        Action::Create(create) => create.properties.iter().any(|property| is_in(&property.value)),
        Action::Update(update) => update.properties.iter().any(|property| is_in(&property.value)),
        Action::Index(index) => index.entries.iter().any(|entry| is_in(&entry.target)),
        Action::Attachment(files) => files.entries.iter().any(|entry| is_in(&entry.content)),
        Action::Close(close) => close.contents.iter().any(is_at_or_in),
        Action::Other(element) => is_at_or_in(element),
    })
}

fn is_in(value: &Value<'_>) -> bool {
    match value {
        Value::Text(_) => false,
        Value::Element(element) => is_at_or_in(element),
    }
}

fn is_at_or_in(element: &Element<'_>) -> bool {
    let mut rest = vec![element];
    while let Some(element) = rest.pop() {
        if is_ledger(&element.name) {
            return true;
        }
        rest.extend(element.elements());
    }
    false
}
