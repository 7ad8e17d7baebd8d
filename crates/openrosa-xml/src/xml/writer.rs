//! The only file that writes `<`. Escaping and namespace declarations live here once.

use std::{borrow::Cow, ops::Range};

use crate::{
    error::WriteError,
    xml::{
        chars::{care, care_for, first_illegal, is_ncname},
        name::{Declaration, Name, owned_namespace},
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

/// Where leaves are written that have the namespace and the prefix of one element: directly inside it. What its prefix is
/// bound to is asked once for all of them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kin<'n> {
    name: &'n Name<'n>,
    /// The prefix, where it stands for the namespace.
    bound: Option<&'n str>,
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
        // Room for an answer with a message, which is most of what is written by the thousand.
        let (out, names) = (String::with_capacity(256), String::with_capacity(64));
        let mut writer = Self { out, names, ..Self::new() };
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
        let prefix = wished_prefix(name);
        match self.scope.is_bound(prefix, name.namespace().unwrap_or_default()) {
            true => self.open_bound(prefix, name.local_name()),
            false => self.open_declaring(name, &[]),
        }
    }

    /// Opens an element that has nothing to declare.
    fn open_bound(&mut self, prefix: &str, local: &str) -> Result<(), WriteError> {
        check_name(local)?;
        self.end_tag();
        self.start_line();
        if let Some(parent) = self.open.last_mut() {
            parent.has_elements = true;
        }
        self.open.push(Open { name_start: self.names.len(), has_text: false, has_elements: false });
        self.push_name(prefix, local);
        Ok(())
    }

    /// Writes the tag of the element just opened, as far as the end of its name.
    fn push_name(&mut self, prefix: &str, local: &str) {
        if !prefix.is_empty() {
            self.names.push_str(prefix);
            self.names.push(':');
        }
        self.names.push_str(local);
        self.tag = true;
        self.out.push('<');
        self.push_open_name();
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
        self.push_name(&prefix, name.local_name());
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
            None => Cow::Borrowed(name.local_name()),
            Some(namespace) => {
                let prefix = self.prefix_for_attribute(namespace, name)?;
                Cow::Owned(format!("{prefix}:{}", name.local_name()))
            }
        };
        let written = |range: &Range<usize>| self.out[range.clone()] == *qualified;
        let twice =
            self.attributes.iter().any(written) || self.prefixed.iter().any(|prefixed| prefixed == name);
        if twice || qualified == "xmlns" {
            let element = self.current().to_owned();
            return Err(WriteError::DuplicateAttribute { name: qualified.into_owned(), element });
        }
        if name.namespace().is_some() {
            self.prefixed.push(name_of(name));
        }
        let care = check_characters(value, || qualified.to_string())?;
        self.push_attribute(&qualified, value, care);
        Ok(())
    }

    /// Writes an attribute in no namespace, unless there is no value for it.
    pub fn optional_attribute(&mut self, local: &str, value: Option<&str>) -> Result<(), WriteError> {
        value.map_or(Ok(()), |value| self.attribute(&Name::local(local), value))
    }

    /// Writes an attribute of ours, if there is a value for it: none of the open tag is called so yet.
    pub(crate) fn known_attribute(
        &mut self,
        local: &'static str,
        value: Option<&str>,
    ) -> Result<(), WriteError> {
        let Some(value) = value else { return Ok(()) };
        let care = check_characters(value, || local.to_owned())?;
        self.push_attribute(local, value, care);
        Ok(())
    }

    /// Writes text into the open element.
    pub fn text(&mut self, text: &str) -> Result<(), WriteError> {
        if text.is_empty() {
            return Ok(());
        }
        let care = check_characters(text, || self.current().to_owned())?;
        self.end_tag();
        if let Some(open) = self.open.last_mut() {
            open.has_text = true;
        }
        push_text(&mut self.out, text, care);
        Ok(())
    }

    /// Whether content that was read from well-formed XML may be written here as it stands there: whether every prefix of those
    /// around it means here what it meant there.
    pub(crate) fn lets_stand(&self, around: &[Declaration<'_>]) -> bool {
        self.indent.is_none() && !self.open.is_empty() && self.scope.has_all(around)
    }

    /// Writes content as it stands where it was read, if it may be; says whether it was.
    pub(crate) fn as_it_stands(&mut self, content: &str, around: &[Declaration<'_>]) -> bool {
        if !self.lets_stand(around) {
            return false;
        }
        self.end_tag();
        if let Some(open) = self.open.last_mut() {
            open.has_text = true;
        }
        if content.len() > self.out.len() {
            // It may be nearly all that will be written; for an end tag more, what grows by itself takes twice the room.
            const END_TAGS: usize = 1 << 10;
            self.out.reserve_exact(content.len() + END_TAGS);
        }
        self.out.push_str(content);
        true
    }

    /// Writes an element that holds only text.
    pub fn leaf(&mut self, name: &Name<'_>, text: &str) -> Result<(), WriteError> {
        let prefix = wished_prefix(name);
        if self.scope.is_bound(prefix, name.namespace().unwrap_or_default()) {
            return self.bound_leaf(prefix, name.local_name(), text);
        }
        self.open(name)?;
        self.text(text)?;
        self.close();
        Ok(())
    }

    /// The way to write leaves into the element just opened, under its own prefix.
    pub(crate) fn kin<'n>(&self, name: &'n Name<'_>) -> Kin<'n> {
        let prefix = wished_prefix(name);
        let is_bound = self.scope.is_bound(prefix, name.namespace().unwrap_or_default());
        Kin { name, bound: Some(prefix).filter(|_| is_bound) }
    }

    /// Writes an element that holds only text, named as its kin but for this.
    #[inline]
    pub(crate) fn leaf_of(&mut self, kin: Kin<'_>, local: &str, text: &str) -> Result<(), WriteError> {
        match kin.bound {
            Some(prefix) => self.bound_leaf(prefix, local, text),
            None => self.leaf(&kin.name.beside(local), text),
        }
    }

    /// Most of what is written: a leaf that has nothing to declare.
    fn bound_leaf(&mut self, prefix: &str, local: &str, text: &str) -> Result<(), WriteError> {
        check_name(local)?;
        let care = check_characters(text, || {
            if prefix.is_empty() { local.to_owned() } else { format!("{prefix}:{local}") }
        })?;
        self.end_tag();
        self.start_line();
        if let Some(parent) = self.open.last_mut() {
            parent.has_elements = true;
        }
        self.out.push('<');
        self.push_qualified(prefix, local);
        if text.is_empty() {
            self.out.push_str("/>");
            return Ok(());
        }
        self.out.push('>');
        push_text(&mut self.out, text, care);
        self.out.push_str("</");
        self.push_qualified(prefix, local);
        self.out.push('>');
        Ok(())
    }

    fn push_qualified(&mut self, prefix: &str, local: &str) {
        if !prefix.is_empty() {
            self.out.push_str(prefix);
            self.out.push(':');
        }
        self.out.push_str(local);
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
        if self.indent.is_some() && self.open.last().is_some_and(|open| !open.has_text) {
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
    fn prefix_for_element<'n>(
        &mut self,
        name: &'n Name<'_>,
    ) -> Result<(Cow<'n, str>, Option<Declaration<'static>>), WriteError> {
        let namespace = name.namespace().unwrap_or_default();
        let wished = wished_prefix(name);
        if self.scope.is_bound(wished, namespace) {
            return Ok((Cow::Borrowed(wished), None));
        }
        check_characters(namespace, || "xmlns".to_owned())?;
        if !self.is_free(wished, namespace)
            && let Some(bound) = self.scope.prefix_of(namespace)
        {
            return Ok((bound, None));
        }
        let is_free = self.is_free(wished, namespace);
        let prefix = if is_free { Cow::Borrowed(wished) } else { Cow::Owned(self.fresh_prefix()) };
        let declaration = self.declare(&prefix, namespace)?;
        Ok((prefix, Some(declaration)))
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
        if is_forbidden(named, namespace) {
            return Err(WriteError::Namespace { namespace: namespace.to_owned() });
        }
        let declaration = Declaration {
            prefix: named.map(|prefix| prefix.to_owned().into()),
            namespace: owned_namespace(Cow::Borrowed(namespace)),
        };
        self.scope.declare(declaration.clone(), self.open.len());
        Ok(declaration)
    }

    fn write_declaration(&mut self, declaration: &Declaration<'_>) {
        let prefix = declaration.prefix.as_ref();
        let name = prefix.map_or(Cow::Borrowed("xmlns"), |prefix| Cow::Owned(format!("xmlns:{prefix}")));
        self.push_attribute(&name, &declaration.namespace, care_for(&declaration.namespace));
    }

    fn push_attribute(&mut self, name: &str, value: &str, care: u8) {
        self.out.push(' ');
        let start = self.out.len();
        self.out.push_str(name);
        self.attributes.push(start..self.out.len());
        self.out.push_str("=\"");
        if care & care::ATTRIBUTE == 0 {
            self.out.push_str(value);
        } else {
            push_escaped_value(&mut self.out, value);
        }
        self.out.push('"');
    }
}

/// The prefix that a name asks for, empty for none; a name in no namespace cannot have one.
fn wished_prefix<'n>(name: &'n Name<'_>) -> &'n str {
    name.prefix().filter(|_| name.namespace().is_some()).unwrap_or_default()
}

/// A name to compare by; the prefix does not count.
fn name_of(name: &Name<'_>) -> Name<'static> {
    name.clone().into_owned()
}

// Called, it takes as long as what it mostly does.
#[inline(always)]
fn push_text(out: &mut String, text: &str, care: u8) {
    if care & care::TEXT == 0 { out.push_str(text) } else { push_escaped_text(out, text) }
}

#[cold]
fn push_escaped_text(out: &mut String, text: &str) {
    push_escaped(out, text, |c| match c {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        // Only `]]>` needs this, but every reader understands it and it keeps the rule short.
        b'>' => Some("&gt;"),
        // A reader would turn it into a line feed (XML 1.0, 2.11).
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

fn push_escaped_value(out: &mut String, value: &str) {
    push_escaped(out, value, |c| match c {
        b'&' => Some("&amp;"),
        b'<' => Some("&lt;"),
        b'>' => Some("&gt;"),
        b'"' => Some("&quot;"),
        // Without these a reader would make spaces of them (XML 1.0, 3.3.3).
        b'\t' => Some("&#9;"),
        b'\n' => Some("&#10;"),
        b'\r' => Some("&#13;"),
        _ => None,
    });
}

fn push_escaped(out: &mut String, text: &str, escape: impl Fn(u8) -> Option<&'static str>) {
    let mut done = 0;
    // What is escaped is ASCII, which is never part of another character.
    let escapes = text.bytes().enumerate().filter_map(|(at, byte)| Some((at, escape(byte)?)));
    for (at, escaped) in escapes {
        out.push_str(&text[done..at]);
        out.push_str(escaped);
        done = at + 1;
    }
    out.push_str(&text[done..]);
}

fn check_name(name: &str) -> Result<(), WriteError> {
    if is_ncname(name) { Ok(()) } else { Err(WriteError::Name { name: name.to_owned() }) }
}

/// Says what has to be done about the characters of the text, unless one of them cannot be written at all.
fn check_characters(text: &str, within: impl FnOnce() -> String) -> Result<u8, WriteError> {
    let care = care_for(text);
    if care & care::SUSPECT != 0
        && let Some((_, c)) = first_illegal(text)
    {
        return Err(WriteError::IllegalCharacter { code: c.into(), within: within() });
    }
    Ok(care)
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
    fn a_leaf_declares_what_it_needs_and_says_what_is_wrong_with_it() {
        let mut out = Writer::new();
        out.open(&Name::in_namespace("urn:a", "a")).unwrap();
        out.leaf(&Name::in_namespace("urn:a", "b"), "1 & \"2\"\r").unwrap();
        out.leaf(&Name::local("c"), "").unwrap();
        out.leaf(&Name::in_namespace("urn:d", "d").with_prefix("p"), "x").unwrap();
        insta::assert_snapshot!(out.leaf(&Name::in_namespace("urn:a", "b"), "\0").unwrap_err(), @"character U+0000 in `b` cannot be written in XML");
        insta::assert_snapshot!(out.leaf(&Name::in_namespace("urn:a", "b c"), "").unwrap_err(), @"`b c` cannot be an XML name");
        out.close();
        assert_eq!(
            out.finish(),
            "<a xmlns=\"urn:a\"><b>1 &amp; \"2\"&#13;</b><c xmlns=\"\"/><p:d xmlns:p=\"urn:d\">x</p:d></a>"
        );
    }

    /// What a prefix stands for is asked once for many leaves.
    #[test]
    fn leaves_beside_an_element_that_binds_their_prefix_anew_keep_their_namespace() {
        let mut out = Writer::new();
        let parent = name("urn:a", "a").with_prefix("p");
        out.open(&parent).unwrap();
        let kin = out.kin(&parent);
        out.leaf_of(kin, "b", "1").unwrap();
        let other = name("urn:other", "b").with_prefix("p");
        out.open(&other).unwrap();
        out.leaf_of(out.kin(&other), "b", "2").unwrap();
        // Here the prefix is another's.
        let inner = name("urn:a", "c").with_prefix("p");
        assert!(out.kin(&inner).bound.is_none());
        out.leaf_of(out.kin(&inner), "b", "3").unwrap();
        out.close();
        out.leaf_of(kin, "b", "4").unwrap();
        let none = Name::local("b").with_prefix("p");
        out.leaf_of(out.kin(&none), "b", "5").unwrap();
        assert!(out.leaf_of(kin, "p:b", "").is_err());
        out.close();
        let written = out.finish();
        let namespaces: Vec<_> = Element::read(&written)
            .unwrap()
            .elements()
            .map(|e| e.name.namespace().map(str::to_owned))
            .collect();
        let [a, other] = ["urn:a", "urn:other"].map(|uri| Some(uri.to_owned()));
        assert_eq!(namespaces, [a.clone(), other.clone(), a, None], "{written}");
        assert!(
            written.contains(r#"<p:b xmlns:p="urn:other"><p:b>2</p:b><p:b xmlns:p="urn:a">3</p:b></p:b>"#),
            "{written}"
        );
    }

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
