//! Start tags: names, attributes and namespace declarations.

use std::borrow::Cow;

use super::{Event, Reader, Start};
use crate::{
    error::ReadErrorKind,
    xml::{
        attributes::{Misplaced, RawAttribute, RawAttributes},
        chars::name_at,
        name::{Attribute, Declaration, Name},
        namespaces::{Scope, is_forbidden},
    },
};

impl<'a> Reader<'a> {
    pub(super) fn start_tag(&mut self) -> Result<Event<'a>, Misplaced> {
        let start = self.at;
        let (name_end, parts) = name_at(self.source, start + 1);
        if name_end == self.source.len() {
            return Err(self.cut("a tag"));
        }
        self.check_room(start)?;
        let written = &self.source[start + 1..name_end];
        let (prefix, local) = parts.ok_or_else(|| no_name(start, written))?;
        self.attributes.clear();
        self.declarations.clear();
        self.open.push(written);
        self.at = name_end;
        if self.source.as_bytes().get(name_end) == Some(&b'>') {
            self.at += 1;
        } else {
            self.rest_of_tag(start)?;
        }
        let namespace = match prefix {
            Some(prefix) => Some(self.scope.resolve(prefix).ok_or_else(|| (start + 1, undeclared(prefix)))?),
            None => self.scope.resolve(""),
        };
        let name = Name::resolved(namespace, Cow::Borrowed(local), prefix.map(Cow::Borrowed));
        Ok(Event::Start(Start { name, offset: self.origin.offset + start as u64 }))
    }

    fn check_room(&mut self, start: usize) -> Result<(), Misplaced> {
        if self.open.is_empty() && self.root_seen {
            return Err((start, ReadErrorKind::OutsideRoot { what: "a second element" }));
        }
        self.root_seen = true;
        self.elements += 1;
        let limit = |what, limit| Err((start, ReadErrorKind::Limit { what, limit }));
        if self.open.len() >= self.limits.depth {
            return limit("elements inside each other", self.limits.depth);
        }
        if self.elements > self.limits.elements {
            return limit("elements in one document", self.limits.elements);
        }
        Ok(())
    }

    /// Reads from the end of the name to the end of the tag.
    fn rest_of_tag(&mut self, start: usize) -> Result<(), Misplaced> {
        let name_end = self.at;
        self.at = self.read_attributes(start, name_end)?;
        match &self.source.as_bytes()[self.at..] {
            [b'>', ..] => self.at += 1,
            [b'/', b'>', ..] => {
                self.at += 2;
                self.closing = true;
            }
            [] | [b'/'] => return Err(self.cut("a tag")),
            _ => {
                return Err((self.at, ReadErrorKind::Tag { expected: "an attribute or the end of the tag" }));
            }
        }
        Ok(())
    }

    /// Two passes, since a declaration holds for attributes to its left as well.
    fn read_attributes(&mut self, start: usize, name_end: usize) -> Result<usize, Misplaced> {
        let mut attributes = RawAttributes::new(self.source, name_end);
        let mut prefixed = false;
        while let Some(attribute) = attributes.next()? {
            self.check_attribute(&attribute)?;
            let RawAttribute { at, name, parts, value } = attribute;
            match parts.ok_or_else(|| (at, bad_name(name)))? {
                (None, "xmlns") => self.declare(None, value, at)?,
                (Some("xmlns"), prefix) => self.declare(Some(prefix), value, at)?,
                (prefix, local) => {
                    prefixed |= prefix.is_some();
                    let name = Name::resolved(None, Cow::Borrowed(local), prefix.map(Cow::Borrowed));
                    self.attributes.push(Attribute { name, value });
                }
            }
        }
        let written = |n| written_attribute(RawAttributes::new(self.source, name_end), n);
        if prefixed && let Err((n, kind)) = resolve_attributes(&self.scope, &mut self.attributes) {
            return Err((written(n).map_or(start, |attribute| attribute.at), kind));
        }
        if let Some(RawAttribute { at, name, .. }) = find_duplicate(&self.attributes).and_then(written) {
            return Err((at, ReadErrorKind::DuplicateAttribute { name: name.to_owned() }));
        }
        Ok(attributes.end())
    }

    fn check_attribute(&self, attribute: &RawAttribute<'a>) -> Result<(), Misplaced> {
        let limit = |what, limit| Err((attribute.at, ReadErrorKind::Limit { what, limit }));
        if self.attributes.len() + self.declarations.len() >= self.limits.attributes {
            return limit("attributes on one element", self.limits.attributes);
        }
        if attribute.value.len() > self.limits.text {
            return limit("bytes in one attribute", self.limits.text);
        }
        Ok(())
    }

    fn declare(
        &mut self,
        prefix: Option<&'a str>,
        namespace: Cow<'a, str>,
        at: usize,
    ) -> Result<(), Misplaced> {
        let written = || prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
        if is_forbidden(prefix, &namespace) {
            let declaration = format!("{}=\"{namespace}\"", written());
            return Err((at, ReadErrorKind::ForbiddenDeclaration { declaration }));
        }
        let depth = self.open.len();
        if self.scope.is_declared_at(prefix.unwrap_or_default(), depth) {
            return Err((at, ReadErrorKind::DuplicateAttribute { name: written() }));
        }
        let declaration = Declaration { prefix: prefix.map(Cow::Borrowed), namespace };
        self.declarations.push(declaration.clone());
        self.scope.declare(declaration, depth);
        Ok(())
    }
}

/// Resolves prefixes; an error comes with the number of its attribute.
fn resolve_attributes<'a>(scope: &Scope<'a>, attributes: &mut [Attribute<'a>]) -> Result<(), Misplaced> {
    for (n, attribute) in attributes.iter_mut().enumerate() {
        if let Some(prefix) = attribute.name.prefix() {
            let namespace = scope.resolve(prefix).ok_or_else(|| (n, undeclared(prefix)))?;
            attribute.name.set_namespace(namespace);
        }
    }
    Ok(())
}

fn find_duplicate(attributes: &[Attribute<'_>]) -> Option<usize> {
    let is_twice = |n: &usize| attributes[..*n].iter().any(|other| other.name == attributes[*n].name);
    (1..attributes.len()).find(is_twice)
}

/// The n-th attribute that is no declaration, as written; looked up again because only errors want it.
fn written_attribute<'a>(mut attributes: RawAttributes<'a>, n: usize) -> Option<RawAttribute<'a>> {
    let mut left = n;
    while let Ok(Some(attribute)) = attributes.next() {
        let declares = attribute.name == "xmlns" || attribute.name.starts_with("xmlns:");
        match (declares, left) {
            (true, _) => {}
            (false, 0) => return Some(attribute),
            (false, _) => left -= 1,
        }
    }
    None
}

fn no_name(start: usize, written: &str) -> Misplaced {
    match written {
        "" => (start, ReadErrorKind::BareLessThan),
        _ => (start + 1, bad_name(written)),
    }
}

pub(super) fn bad_name(written: &str) -> ReadErrorKind {
    ReadErrorKind::Name { name: written.chars().take(40).collect() }
}

fn undeclared(prefix: &str) -> ReadErrorKind {
    ReadErrorKind::UndeclaredPrefix { prefix: prefix.to_owned() }
}
