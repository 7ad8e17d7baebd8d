//! What a document says once prefixes, quotes, references, CDATA and comments are taken away: a plain reading by
//! another road than ours (the tokenizer's own namespace resolution), to compare documents by.
//!
//! White space in content is kept: two documents that differ in it differ.

use std::borrow::Cow;
use std::collections::BTreeMap;

use quick_xml::XmlVersion::Explicit1_0 as XML_1_0;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::attributes::Attribute;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::{QName, ResolveResult};
use quick_xml::reader::NsReader;

/// A namespace, if any, and a local name.
pub type ExpandedName = (Option<String>, String);

/// One piece of a document's content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// An element begins. Attributes are a set; namespace declarations are none of them.
    Open(ExpandedName, BTreeMap<ExpandedName, String>),
    /// Text, merged across references, CDATA and comments; never empty.
    Text(String),
    /// The innermost element ends.
    Close,
}

/// The pieces of a document, or why it has none.
pub fn pieces(document: &str) -> Result<Vec<Piece>, String> {
    let document = document.strip_prefix('\u{feff}').unwrap_or(document);
    let mut reader = NsReader::from_str(document);
    reader.config_mut().expand_empty_elements = true;
    let (mut pieces, mut depth) = (Vec::new(), 0_usize);
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => {
                depth += 1;
                pieces.push(open(&reader, &start)?);
            }
            Event::End(_) => {
                depth -= 1;
                pieces.push(Piece::Close);
            }
            Event::Text(text) if depth > 0 => add_text(&mut pieces, &text.xml10_content()),
            Event::CData(text) => add_text(&mut pieces, &text.xml10_content()),
            Event::GeneralRef(reference) => add_text(&mut pieces, &resolved(&reference)?),
            Event::Eof => return Ok(pieces),
            _ => {}
        }
    }
}

fn open(reader: &NsReader<&[u8]>, start: &BytesStart<'_>) -> Result<Piece, String> {
    let (namespace, local) = reader.resolver().resolve_element(start.name());
    let name = expanded(namespace, local.as_ref())?;
    let mut attributes = BTreeMap::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|error| error.to_string())?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let (namespace, local) = reader.resolver().resolve_attribute(attribute.key);
        let value = attribute.normalized_value(XML_1_0).map_err(|error| error.to_string())?;
        attributes.insert(expanded(namespace, local.as_ref())?, value.into_owned());
    }
    Ok(Piece::Open(name, attributes))
}

fn expanded(namespace: ResolveResult<'_>, local: &str) -> Result<ExpandedName, String> {
    let namespace = match namespace {
        // The tokenizer compares declarations as written; their values are normalized like any attribute's.
        ResolveResult::Bound(namespace) => Some(normalized(namespace.as_ref())?),
        ResolveResult::Unbound => None,
        ResolveResult::Unknown(prefix) => return Err(format!("prefix {prefix:?} is not declared")),
    };
    Ok((namespace, local.to_owned()))
}

fn normalized(written: &str) -> Result<String, String> {
    let declaration = Attribute { key: QName("xmlns"), value: Cow::Borrowed(written) };
    let value = declaration.normalized_value(XML_1_0);
    value.map(Cow::into_owned).map_err(|error| error.to_string())
}

fn resolved(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference.resolve_char_ref().map_err(|error| error.to_string())? {
        return Ok(character.into());
    }
    let name = reference.xml10_content();
    resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| format!("unknown entity `{name}`"))
}

fn add_text(pieces: &mut Vec<Piece>, text: &str) {
    match pieces.last_mut() {
        _ if text.is_empty() => {}
        Some(Piece::Text(before)) => before.push_str(text),
        _ => pieces.push(Piece::Text(text.to_owned())),
    }
}

/// The same pieces without layout: text of white space alone that stands beside an element. What is left in an element
/// that holds nothing else is no layout but its value.
pub fn without_layout(pieces: Vec<Piece>) -> Vec<Piece> {
    let is_value = |at: usize| {
        let alone_from = at.checked_sub(1).is_some_and(|before| matches!(pieces[before], Piece::Open(..)));
        alone_from && matches!(pieces.get(at + 1), Some(Piece::Close))
    };
    let is_layout = |at: usize, piece: &Piece| {
        matches!(piece, Piece::Text(text) if text.chars().all(|c| " \t\r\n".contains(c))) && !is_value(at)
    };
    let kept = pieces.iter().enumerate().filter(|(at, piece)| !is_layout(*at, piece));
    kept.map(|(_, piece)| piece.clone()).collect()
}

/// Panics, naming the first difference, unless both documents say the same.
#[track_caller]
pub fn assert_same(left: &str, right: &str, what: &str) {
    let plain = |document, side| pieces(document).unwrap_or_else(|error| panic!("{what}: {side}: {error}"));
    let (before, after) = (plain(left, "the first document"), plain(right, "the second document"));
    if before == after {
        return;
    }
    let at = before.iter().zip(&after).take_while(|(left, right)| left == right).count();
    panic!("{what}: piece {at} differs\n first: {:?}\nsecond: {:?}", before.get(at), after.get(at));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(left: &str, right: &str) -> bool {
        pieces(left).unwrap() == pieces(right).unwrap()
    }

    #[test]
    fn prefixes_quotes_order_references_and_cdata_do_not_matter() {
        assert!(same(
            "<p:a xmlns:p='u' y='&lt;' x=\"1\">&amp;<!-- c -->b</p:a>",
            "<a xmlns='u' x='1' y='&#60;'><![CDATA[&b]]></a>"
        ));
        assert!(same("<a/>\n", "<?xml version='1.0'?>\n<a></a>"));
        assert!(same("<a>x\r\ny</a>", "<a>x\ny</a>"));
    }

    #[test]
    fn namespaces_white_space_and_attribute_namespaces_matter() {
        assert!(!same("<a xmlns='u'/>", "<a/>"));
        assert!(!same("<a xmlns='u'><b xmlns=''/></a>", "<a xmlns='u'><b/></a>"));
        assert!(!same("<a> <b/></a>", "<a><b/></a>"));
        assert!(!same("<a xmlns:p='u' p:x='1'/>", "<a xmlns:p='u' x='1'/>"));
        assert!(!same("<a>x&#13;y</a>", "<a>x\ny</a>"));
    }

    #[test]
    fn layout_is_what_stands_beside_elements() {
        let left = |document| without_layout(pieces(document).unwrap());
        assert_eq!(left("<a>\n <b> </b>\n</a>"), pieces("<a><b> </b></a>").unwrap());
        assert_eq!(left("<a> x <b/></a>"), pieces("<a> x <b/></a>").unwrap());
    }

    #[test]
    #[should_panic(expected = "sample: piece 1 differs")]
    fn the_first_difference_is_named() {
        assert_same("<a>x</a>", "<a>y</a>", "sample");
    }
}
