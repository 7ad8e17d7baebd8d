//! Where in an element something stands, told before the text is looked at again.
//!
//! Values know the bytes of their element and no more. A finding is rare, so the part of the element that it is about, such as
//! one attribute, is looked up in the text only when there is a finding.

use std::cell::{Cell, RefCell};

use super::finding::Place;
use crate::position::{Position, Span};

/// A part of an element that was read.
#[derive(Clone, Debug)]
pub(super) struct Spot {
    pub(super) element: Span,
    part: Part,
}

#[derive(Clone, Debug)]
enum Part {
    Whole,
    Name,
    Attribute(String),
    AttributeValue(String),
    Content,
    Known(Place),
}

impl Spot {
    /// All of it, from `<` on.
    pub(super) const fn whole(element: Span) -> Self {
        Self { element, part: Part::Whole }
    }

    /// The name in its start tag: for what the element lacks, or should not be.
    pub(super) const fn name(element: Span) -> Self {
        Self { element, part: Part::Name }
    }

    /// An attribute with its value, by its local name, one without a prefix before any other; the element's name where it has none of that name.
    pub(super) fn attribute(element: Span, local: &str) -> Self {
        Self { element, part: Part::Attribute(local.to_owned()) }
    }

    /// What stands between the quotes of an attribute.
    pub(super) fn attribute_value(element: Span, local: &str) -> Self {
        Self { element, part: Part::AttributeValue(local.to_owned()) }
    }

    /// A place that was looked up while its text was there.
    pub(super) const fn known(place: Place) -> Self {
        Self { element: place.span(), part: Part::Known(place) }
    }

    /// What stands between its tags; its name where it has none.
    pub(super) const fn content(element: Span) -> Self {
        Self { element, part: Part::Content }
    }
}

/// The text that a finding is about, and where it begins in the document.
pub(super) struct Text<'s> {
    text: &'s str,
    origin: Position,
    /// The last position that was asked for: most are asked for in the order of the document, so that lines are counted once.
    last: Cell<Position>,
    /// Positions on the way, a [stride](STRIDE) apart: whoever asks for what came before begins there to count.
    passed: RefCell<Vec<Position>>,
}

/// In bytes.
const STRIDE: u64 = 16 << 10;

impl<'s> Text<'s> {
    /// A text that begins here in the document.
    pub(super) const fn new(text: &'s str, origin: Position) -> Self {
        Self { text, origin, last: Cell::new(origin), passed: RefCell::new(Vec::new()) }
    }

    /// The lines and columns of a spot.
    pub(super) fn place_of(&self, spot: &Spot) -> Place {
        match spot.part {
            Part::Known(place) => place,
            _ => self.place(self.find(spot)),
        }
    }

    /// A stretch of the text as lines and columns.
    pub(super) fn place(&self, span: Span) -> Place {
        Place { start: self.position(span.start), end: self.position(span.end) }
    }

    /// The last position that was asked for.
    pub(super) const fn last(&self) -> Position {
        self.last.get()
    }

    fn position(&self, offset: u64) -> Position {
        let last = self.last.get();
        let is_ahead = last.offset <= offset && offset - last.offset < STRIDE;
        let position = self.after(if is_ahead { last } else { self.before(offset) }, offset);
        self.last.set(position);
        position
    }

    /// The last of the passed positions before an offset, up to which they are counted first.
    fn before(&self, offset: u64) -> Position {
        let mut passed = self.passed.borrow_mut();
        let mut last = passed.last().copied().unwrap_or(self.origin);
        while last.offset + STRIDE <= offset {
            last = self.after(last, last.offset + STRIDE);
            passed.push(last);
        }
        let behind = passed.partition_point(|passed| passed.offset <= offset);
        behind.checked_sub(1).map_or(self.origin, |at| passed[at])
    }

    fn after(&self, from: Position, offset: u64) -> Position {
        let rest = self.slice(Span { start: from.offset, end: self.origin.offset + self.text.len() as u64 });
        from.then(Position::of(rest, offset.saturating_sub(from.offset)))
    }

    /// The bytes of a spot.
    pub(super) fn find(&self, spot: &Spot) -> Span {
        let element = spot.element;
        if let Part::Known(_) = spot.part {
            return element;
        }
        let whole = self.slice(element);
        let Some(tag) = StartTag::of(whole) else { return element };
        let found = match &spot.part {
            Part::Whole | Part::Known(_) => 0..whole.len(),
            Part::Name => tag.name(),
            Part::Attribute(local) => tag.attribute(local).map_or(tag.name(), |attribute| attribute.all),
            Part::AttributeValue(local) => {
                tag.attribute(local).map_or(tag.name(), |attribute| attribute.value)
            }
            Part::Content => tag.content(whole).unwrap_or(tag.name()),
        };
        Span { start: element.start + found.start as u64, end: element.start + found.end as u64 }
    }

    fn slice(&self, span: Span) -> &'s str {
        let local = |offset: u64| usize::try_from(offset.saturating_sub(self.origin.offset)).ok();
        let range = local(span.start).zip(local(span.end)).map(|(start, end)| start..end);
        range.and_then(|range| self.text.get(range)).unwrap_or_default()
    }
}

type Range = std::ops::Range<usize>;

/// The start tag of an element that was read before, so that it is known to be well-formed.
struct StartTag<'s> {
    text: &'s str,
    end: usize,
    attributes: Vec<Attribute<'s>>,
}

struct Attribute<'s> {
    local: &'s str,
    has_prefix: bool,
    all: Range,
    value: Range,
}

impl<'s> StartTag<'s> {
    fn of(element: &'s str) -> Option<Self> {
        let name_end = element.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/')?;
        let (mut attributes, mut at) = (Vec::new(), name_end);
        loop {
            at += leading_space(&element[at..]);
            if element[at..].starts_with(['>', '/']) {
                let end = at + element[at..].find('>')? + 1;
                return Some(Self { text: &element[..end], end, attributes });
            }
            let attribute = Attribute::at(element, at)?;
            at = attribute.all.end;
            attributes.push(attribute);
        }
    }

    fn name(&self) -> Range {
        let end = self.text.find(|c: char| c.is_ascii_whitespace() || c == '>' || c == '/');
        1.min(self.end)..end.unwrap_or(self.end)
    }

    fn attribute(&self, local: &str) -> Option<Attribute<'s>> {
        let of_name = || self.attributes.iter().filter(|attribute| attribute.local == local);
        let found = of_name().find(|attribute| !attribute.has_prefix).or_else(|| of_name().next())?;
        Some(Attribute {
            local: found.local,
            has_prefix: found.has_prefix,
            all: found.all.clone(),
            value: found.value.clone(),
        })
    }

    fn content(&self, element: &str) -> Option<Range> {
        let end = element.rfind("</").filter(|_| !self.text.ends_with("/>"))?;
        (self.end < end).then_some(self.end..end)
    }
}

impl<'s> Attribute<'s> {
    fn at(element: &'s str, start: usize) -> Option<Self> {
        let equals = start + element[start..].find('=')?;
        let name = element[start..equals].trim_ascii_end();
        let quote_at = equals + 1 + leading_space(&element[equals + 1..]);
        let quote = element[quote_at..].chars().next()?;
        let end = quote_at + 1 + element[quote_at + 1..].find(quote)?;
        let local = name.rsplit_once(':').map_or(name, |(_, local)| local);
        Some(Self {
            local,
            has_prefix: local.len() < name.len(),
            all: start..end + 1,
            value: quote_at + 1..end,
        })
    }
}

fn leading_space(text: &str) -> usize {
    text.len() - text.trim_ascii_start().len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str, spot: impl Fn(Span) -> Spot) -> &str {
        let text = Text::new(source, Position::START);
        let span = text.find(&spot(Span { start: 0, end: source.len() as u64 }));
        &source[span.start as usize..span.end as usize]
    }

    #[test]
    fn parts_of_an_element_are_found_again() {
        let source = "<p:a b = \"x>y\"\n q:c='/'  >text<b/></p:a>";
        assert_eq!(found(source, Spot::name), "p:a");
        assert_eq!(found(source, |e| Spot::attribute(e, "b")), "b = \"x>y\"");
        assert_eq!(found(source, |e| Spot::attribute_value(e, "c")), "/");
        assert_eq!(found(source, |e| Spot::attribute(e, "none")), "p:a");
        assert_eq!(found(source, Spot::content), "text<b/>");
    }

    #[test]
    fn an_element_without_content_is_found_by_its_name() {
        assert_eq!(found("<a />", Spot::content), "a");
        assert_eq!(found("<a></a>", Spot::content), "a");
    }

    /// In whichever order they are asked for, and wherever the text begins in its document.
    #[test]
    fn positions_are_those_of_the_whole_text() {
        let line = |n: usize| "bäum ".repeat(n % 97) + if n.is_multiple_of(5) { "\n" } else { "" };
        let source: String = (0..900).map(line).collect();
        let beginning = 5_001;
        let whole = |offset: u64| Position::of(&source, offset);
        let text = Text::new(&source[beginning..], whole(beginning as u64));
        let mut offset = 0;
        for _ in 0..300 {
            offset = (offset * 7_919 + 104_729) % (source.len() - beginning) as u64;
            let at = beginning as u64 + offset;
            assert_eq!(text.position(at), whole(at), "{at}");
        }
        assert!(text.passed.borrow().len() > 3);
    }
}
