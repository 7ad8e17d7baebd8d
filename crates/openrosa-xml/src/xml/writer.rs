//! The only file that writes `<`. Escaping and namespace declarations live here once.

use std::ops::Range;

use crate::{
    error::WriteError,
    xml::{
        chars::{is_char, is_ncname},
        name::{Declaration, Name},
        namespaces::{Scope, is_forbidden},
    },
};

/// Writes one well-formed document, element by element.
///
/// Names carry their namespaces; the writer declares each namespace on the element that first needs it and uses the
/// prefix that the name asks for where it can. Unprefixed elements take the default namespace.
///
/// ```
/// use openrosa_xml::{ns, xml::{Name, Writer}};
/// let mut out = Writer::new();
/// out.open(&Name::in_namespace(ns::CASE, "case"))?;
/// out.attribute(&Name::local("case_id"), "a\"b")?;
/// out.leaf(&Name::in_namespace(ns::CASE, "close"), "")?;
/// out.close();
/// assert_eq!(
///     out.finish(),
///     r#"<case xmlns="http://commcarehq.org/case/transaction/v2" case_id="a&quot;b"><close/></case>"#,
/// );
/// # Ok::<(), openrosa_xml::WriteError>(())
/// ```
#[derive(Debug, Default)]
pub struct Writer {
    out: String,
    /// The qualified names of the open elements, one after the other.
    names: String,
    open: Vec<Open>,
    scope: Scope<'static>,
    /// Whether the last start tag still takes attributes.
    tag: bool,
    /// Where the names of its attributes stand in what was written.
    attributes: Vec<Range<usize>>,
    /// Its prefixed attributes, since two prefixes may mean one namespace.
    prefixed: Vec<Name<'static>>,
    indent: Option<usize>,
}

#[derive(Debug)]
struct Open {
    name_start: usize,
    has_text: bool,
    has_elements: bool,
}

impl Writer {
    /// A writer of a document, or of a part of one, without an XML declaration or added layout.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A writer of a document that begins with an XML declaration.
    #[must_use]
    pub fn document() -> Self {
        let mut writer = Self::new();
        writer.out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        writer
    }

    /// The same writer, putting each element that has no text beside it on a line of its own.
    #[must_use]
    pub fn indented(mut self) -> Self {
        self.indent = Some(2);
        self
    }

    /// Opens an element; it takes attributes until text, another element or its end is written.
    pub fn open(&mut self, name: &Name<'_>) -> Result<(), WriteError> {
        self.open_declaring(name, &[])
    }

    /// Opens an element that declares namespaces beyond those it needs itself. A declaration that contradicts the
    /// element's own name, or that XML forbids, is left out.
    pub fn open_declaring(
        &mut self,
        name: &Name<'_>,
        declarations: &[Declaration<'_>],
    ) -> Result<(), WriteError> {
        check_name(name.local_name())?;
        self.end_tag();
        self.start_line();
        if let Some(parent) = self.open.last_mut() {
            parent.has_elements = true;
        }
        self.open.push(Open { name_start: self.names.len(), has_text: false, has_elements: false });
        let asked = self.declare_asked(name, declarations)?;
        let (prefix, needed) = self.prefix_for_element(name)?;
        if !prefix.is_empty() {
            self.names.push_str(&prefix);
            self.names.push(':');
        }
        self.names.push_str(name.local_name());
        self.tag = true;
        self.out.push('<');
        self.push_open_name();
        for declaration in asked.iter().chain(&needed) {
            self.write_declaration(declaration);
        }
        Ok(())
    }

    /// Writes an attribute of the element just opened.
    ///
    /// # Panics
    ///
    /// When no start tag is open, which is a mistake of the caller's and not of any input.
    pub fn attribute(&mut self, name: &Name<'_>, value: &str) -> Result<(), WriteError> {
        assert!(self.tag, "an attribute is written right after its element is opened");
        check_name(name.local_name())?;
        let qualified = match name.namespace() {
            None => name.local_name().to_owned(),
            Some(namespace) => {
                format!("{}:{}", self.prefix_for_attribute(namespace, name)?, name.local_name())
            }
        };
        let written = |range: &Range<usize>| self.out[range.clone()] == *qualified;
        let twice = self.attributes.iter().any(written) || self.prefixed.contains(&name_of(name));
        if twice || qualified == "xmlns" {
            let element = self.current().to_owned();
            return Err(WriteError::DuplicateAttribute { name: qualified, element });
        }
        if name.namespace().is_some() {
            self.prefixed.push(name_of(name));
        }
        check_characters(value, || qualified.clone())?;
        self.push_attribute(&qualified, value);
        Ok(())
    }

    /// Writes an attribute in no namespace, unless there is no value for it.
    pub fn optional_attribute(&mut self, local: &str, value: Option<&str>) -> Result<(), WriteError> {
        value.map_or(Ok(()), |value| self.attribute(&Name::local(local), value))
    }

    /// Writes text into the open element.
    pub fn text(&mut self, text: &str) -> Result<(), WriteError> {
        if text.is_empty() {
            return Ok(());
        }
        check_characters(text, || self.current().to_owned())?;
        self.end_tag();
        if let Some(open) = self.open.last_mut() {
            open.has_text = true;
        }
        push_escaped(&mut self.out, text, |c| match c {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            // Only `]]>` needs this, but every reader understands it and it keeps the rule short.
            '>' => Some("&gt;"),
            // A reader would turn it into a line feed (XML 1.0, 2.11).
            '\r' => Some("&#13;"),
            _ => None,
        });
        Ok(())
    }

    /// Writes an element that holds only text.
    pub fn leaf(&mut self, name: &Name<'_>, text: &str) -> Result<(), WriteError> {
        self.open(name)?;
        self.text(text)?;
        self.close();
        Ok(())
    }

    /// Closes the innermost open element.
    ///
    /// # Panics
    ///
    /// When none is open, which is a mistake of the caller's and not of any input.
    pub fn close(&mut self) {
        let depth = self.open.len();
        let open = self.open.pop().expect("an element is closed once for each time one is opened");
        if std::mem::take(&mut self.tag) {
            self.out.push_str("/>");
        } else {
            if open.has_elements && !open.has_text {
                self.new_line(depth - 1);
            }
            self.out.push_str("</");
            self.out.push_str(&self.names[open.name_start..]);
            self.out.push('>');
        }
        self.attributes.clear();
        self.prefixed.clear();
        self.names.truncate(open.name_start);
        self.scope.leave(depth);
    }

    /// The document.
    ///
    /// # Panics
    ///
    /// When an element is still open, which is a mistake of the caller's and not of any input.
    #[must_use]
    pub fn finish(mut self) -> String {
        assert!(self.open.is_empty(), "`{}` is closed before the document is finished", self.current());
        if self.indent.is_some() {
            self.out.push('\n');
        }
        self.out
    }

    /// What is written so far, handed over so that it can be sent before the rest is there. An element that was just
    /// opened takes no more attributes.
    #[must_use]
    pub fn take(&mut self) -> String {
        self.end_tag();
        std::mem::take(&mut self.out)
    }

    fn current(&self) -> &str {
        self.open.last().map_or("", |open| &self.names[open.name_start..])
    }

    fn push_open_name(&mut self) {
        if let Some(open) = self.open.last() {
            self.out.push_str(&self.names[open.name_start..]);
        }
    }

    fn end_tag(&mut self) {
        if std::mem::take(&mut self.tag) {
            self.out.push('>');
            self.attributes.clear();
            self.prefixed.clear();
        }
    }

    fn start_line(&mut self) {
        if self.open.last().is_some_and(|open| !open.has_text) {
            self.new_line(self.open.len());
        }
    }

    fn new_line(&mut self, depth: usize) {
        if let Some(indent) = self.indent {
            self.out.push('\n');
            self.out.extend(std::iter::repeat_n(' ', indent * depth));
        }
    }

    fn declare_asked(
        &mut self,
        name: &Name<'_>,
        declarations: &[Declaration<'_>],
    ) -> Result<Vec<Declaration<'static>>, WriteError> {
        let depth = self.open.len();
        let mut asked = Vec::new();
        for declaration in declarations {
            let prefix = declaration.prefix.as_deref();
            let contradicts =
                prefix.is_none() && name.namespace().is_none() && !declaration.namespace.is_empty();
            let twice = self.scope.is_declared_at(prefix.unwrap_or_default(), depth);
            if contradicts || twice || prefix == Some("xml") || is_forbidden(prefix, &declaration.namespace) {
                continue;
            }
            prefix.map_or(Ok(()), check_name)?;
            check_characters(&declaration.namespace, || "xmlns".to_owned())?;
            asked.push(declaration.clone().into_owned());
            self.scope.declare(declaration.clone().into_owned(), depth);
        }
        Ok(asked)
    }

    /// The prefix to write (empty for none), and the declaration that it needs on this very element.
    fn prefix_for_element(
        &mut self,
        name: &Name<'_>,
    ) -> Result<(String, Option<Declaration<'static>>), WriteError> {
        let namespace = name.namespace().unwrap_or_default();
        let wished = name.prefix().filter(|_| !namespace.is_empty()).unwrap_or_default();
        if self.scope.is_bound(wished, namespace) {
            return Ok((wished.to_owned(), None));
        }
        check_characters(namespace, || "xmlns".to_owned())?;
        if !self.is_free(wished, namespace)
            && let Some(bound) = self.scope.prefix_of(namespace)
        {
            return Ok((bound.into_owned(), None));
        }
        let prefix = if self.is_free(wished, namespace) { wished.to_owned() } else { self.fresh_prefix() };
        Ok((prefix.clone(), Some(self.declare(&prefix, namespace)?)))
    }

    fn prefix_for_attribute(&mut self, namespace: &str, name: &Name<'_>) -> Result<String, WriteError> {
        let wished = name.prefix().unwrap_or_default();
        if !wished.is_empty() && self.scope.is_bound(wished, namespace) {
            return Ok(wished.to_owned());
        }
        if let Some(bound) = self.scope.prefix_of(namespace) {
            return Ok(bound.into_owned());
        }
        check_characters(namespace, || "xmlns".to_owned())?;
        // The element and its other attributes may already use a prefix that is bound outside, so it stays as it is.
        let unused = self.scope.resolve(wished).is_none();
        let usable = !wished.is_empty() && unused && self.is_free(wished, namespace);
        let prefix = if usable { wished.to_owned() } else { self.fresh_prefix() };
        let declaration = self.declare(&prefix, namespace)?;
        self.write_declaration(&declaration);
        Ok(prefix)
    }

    /// Whether the element just opened may still bind the prefix to the namespace.
    fn is_free(&self, prefix: &str, namespace: &str) -> bool {
        let prefix_or_default = Some(prefix).filter(|prefix| !prefix.is_empty());
        !self.scope.is_declared_at(prefix, self.open.len())
            && prefix != "xml"
            && !is_forbidden(prefix_or_default, namespace)
    }

    fn fresh_prefix(&self) -> String {
        let mut numbers = 1..;
        loop {
            let prefix = format!("ns{}", numbers.next().unwrap_or(0));
            if self.scope.resolve(&prefix).is_none() {
                return prefix;
            }
        }
    }

    fn declare(&mut self, prefix: &str, namespace: &str) -> Result<Declaration<'static>, WriteError> {
        let named = Some(prefix).filter(|prefix| !prefix.is_empty());
        named.map_or(Ok(()), check_name)?;
        let declaration = Declaration {
            prefix: named.map(|prefix| prefix.to_owned().into()),
            namespace: namespace.to_owned().into(),
        };
        self.scope.declare(declaration.clone(), self.open.len());
        Ok(declaration)
    }

    fn write_declaration(&mut self, declaration: &Declaration<'_>) {
        let name = declaration.prefix.as_ref().map_or_else(|| "xmlns".to_owned(), |p| format!("xmlns:{p}"));
        self.push_attribute(&name, &declaration.namespace);
    }

    fn push_attribute(&mut self, name: &str, value: &str) {
        self.out.push(' ');
        let start = self.out.len();
        self.out.push_str(name);
        self.attributes.push(start..self.out.len());
        self.out.push_str("=\"");
        push_escaped(&mut self.out, value, |c| match c {
            '&' => Some("&amp;"),
            '<' => Some("&lt;"),
            '>' => Some("&gt;"),
            '"' => Some("&quot;"),
            // Without these a reader would make spaces of them (XML 1.0, 3.3.3).
            '\t' => Some("&#9;"),
            '\n' => Some("&#10;"),
            '\r' => Some("&#13;"),
            _ => None,
        });
        self.out.push('"');
    }
}

/// A name to compare by; the prefix does not count.
fn name_of(name: &Name<'_>) -> Name<'static> {
    name.clone().into_owned()
}

fn push_escaped(out: &mut String, text: &str, escape: impl Fn(char) -> Option<&'static str>) {
    let mut done = 0;
    for (at, c) in text.char_indices() {
        if let Some(escaped) = escape(c) {
            out.push_str(&text[done..at]);
            out.push_str(escaped);
            done = at + c.len_utf8();
        }
    }
    out.push_str(&text[done..]);
}

fn check_name(name: &str) -> Result<(), WriteError> {
    if is_ncname(name) { Ok(()) } else { Err(WriteError::Name { name: name.to_owned() }) }
}

fn check_characters(text: &str, within: impl FnOnce() -> String) -> Result<(), WriteError> {
    match text.chars().find(|&c| !is_char(c)) {
        None => Ok(()),
        Some(c) => Err(WriteError::IllegalCharacter { code: c.into(), within: within() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Element;

    fn name(namespace: &'static str, local: &'static str) -> Name<'static> {
        Name::in_namespace(namespace, local)
    }

    /// R-109: writers escape `<`, `&` and `"`, and what comes back is what was written.
    #[test]
    fn every_awkward_character_survives_in_text_and_attribute() {
        let awkward = "<&>\"' \t\n\r]]>\u{85}é😀";
        let element = Element::new(Name::local("a")).with_attribute("b", awkward).with_text(awkward);
        let written = element.write().unwrap();
        assert_eq!(Element::read(&written).unwrap(), element, "{written}");
    }

    /// R-109: a namespace is declared on the element that needs it, and only there.
    #[test]
    fn namespaces_are_declared_where_they_begin() {
        let mut out = Writer::new();
        out.open(&name("urn:a", "root")).unwrap();
        out.leaf(&name("urn:a", "same"), "").unwrap();
        out.leaf(&name("urn:b", "other").with_prefix("b"), "").unwrap();
        out.leaf(&Name::local("none"), "").unwrap();
        out.open(&name("urn:a", "with")).unwrap();
        out.attribute(&name("urn:b", "x"), "1").unwrap();
        out.close();
        out.close();
        assert_eq!(
            out.finish(),
            r#"<root xmlns="urn:a"><same/><b:other xmlns:b="urn:b"/><none xmlns=""/><with xmlns:ns1="urn:b" ns1:x="1"/></root>"#
        );
    }

    #[test]
    fn a_prefix_that_means_something_else_here_is_declared_anew_or_replaced() {
        let mut out = Writer::new();
        out.open(&name("urn:a", "r").with_prefix("p")).unwrap();
        out.open(&name("urn:b", "s").with_prefix("p")).unwrap();
        out.attribute(&name("urn:a", "x").with_prefix("p"), "1").unwrap();
        out.close();
        out.open(&name("urn:a", "t").with_prefix("p")).unwrap();
        out.attribute(&name("urn:b", "x").with_prefix("p"), "1").unwrap();
        out.close();
        out.close();
        let written = out.finish();
        assert_eq!(
            written,
            r#"<p:r xmlns:p="urn:a"><p:s xmlns:p="urn:b" xmlns:ns1="urn:a" ns1:x="1"/><p:t xmlns:ns1="urn:b" ns1:x="1"/></p:r>"#
        );
        Element::read(&written).unwrap();
    }

    /// R-108: characters that XML cannot hold are refused, never dropped.
    #[test]
    fn what_xml_cannot_hold_is_refused() {
        let error = Element::new(Name::local("a")).with_text("x\u{1}").write().unwrap_err();
        insta::assert_snapshot!(error, @"character U+0001 in `a` cannot be written in XML");
        let error = Element::new(Name::local("a b")).write().unwrap_err();
        insta::assert_snapshot!(error, @"`a b` cannot be an XML name");
        let error = Element::new(Name::local("a")).with_attribute("b", "").with_attribute("b", "").write();
        insta::assert_snapshot!(error.unwrap_err(), @"attribute `b` of `a` would be written twice");
    }

    #[test]
    fn a_document_can_be_taken_away_while_it_is_written() {
        let mut out = Writer::new();
        out.open(&name("urn:a", "r")).unwrap();
        assert_eq!(out.take(), r#"<r xmlns="urn:a">"#);
        out.leaf(&name("urn:a", "b"), "1").unwrap();
        assert_eq!(out.take(), "<b>1</b>");
        out.close();
        assert_eq!(out.finish(), "</r>");
    }

    #[test]
    fn layout_is_added_only_where_there_is_no_text() {
        let mut out = Writer::new().indented();
        out.open(&Name::local("a")).unwrap();
        out.leaf(&Name::local("b"), "1").unwrap();
        out.open(&Name::local("c")).unwrap();
        out.text("x").unwrap();
        out.leaf(&Name::local("d"), "").unwrap();
        out.close();
        out.close();
        assert_eq!(out.finish(), "<a>\n  <b>1</b>\n  <c>x<d/></c>\n</a>\n");
    }
}
