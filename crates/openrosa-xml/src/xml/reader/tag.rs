//! Start tags: names, attributes and namespace declarations.

use std::borrow::Cow;

use super::{Event, Reader, Start};
use crate::{
    error::ReadErrorKind,
    xml::{
        attributes::{Misplaced, RawAttributes},
        chars::{is_ncname, is_space},
        name::{Attribute, Declaration, Name},
        namespaces::is_forbidden,
    },
};

impl<'a> Reader<'a> {
    pub(super) fn enter(&mut self, start: usize, tag: &'a str) -> Result<Event<'a>, Misplaced> {
        self.check_room(start)?;
        let name_end = tag.bytes().position(is_space).unwrap_or(tag.len());
        let written = &tag[..name_end];
        let (prefix, local) = split_name(written).ok_or_else(|| (start + 1, bad_name(written)))?;
        self.attributes.clear();
        self.declarations.clear();
        self.open.push(written);
        if name_end < tag.len() {
            self.read_attributes(tag, name_end).map_err(|(at, kind)| (start + 1 + at, kind))?;
        }
        let namespace = match prefix {
            Some(prefix) => Some(self.scope.resolve(prefix).ok_or_else(|| (start + 1, undeclared(prefix)))?),
            None => self.scope.resolve(""),
        };
        let name = Name::resolved(namespace, Cow::Borrowed(local), prefix.map(Cow::Borrowed));
        Ok(Event::Start(Start { name, offset: start as u64 }))
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

    /// Two passes, since a declaration holds for attributes to its left as well.
    fn read_attributes(&mut self, tag: &'a str, name_end: usize) -> Result<(), Misplaced> {
        let mut prefixed = false;
        for attribute in RawAttributes::new(tag, name_end) {
            let attribute = attribute?;
            let at = attribute.at;
            if self.attributes.len() + self.declarations.len() >= self.limits.attributes {
                let limit = self.limits.attributes;
                return Err((at, ReadErrorKind::Limit { what: "attributes on one element", limit }));
            }
            if attribute.value.len() > self.limits.text {
                return Err((
                    at,
                    ReadErrorKind::Limit { what: "bytes in one attribute", limit: self.limits.text },
                ));
            }
            let (prefix, local) = split_name(attribute.name).ok_or_else(|| (at, bad_name(attribute.name)))?;
            match (prefix, local) {
                (None, "xmlns") => self.declare(None, attribute.value, at)?,
                (Some("xmlns"), prefix) => self.declare(Some(prefix), attribute.value, at)?,
                _ => {
                    prefixed |= prefix.is_some();
                    let prefix = prefix.map(Cow::Borrowed);
                    let name = Name::resolved(None, Cow::Borrowed(local), prefix);
                    self.attributes.push(Attribute { name, value: attribute.value });
                }
            }
        }
        if prefixed {
            self.resolve_attributes().map_err(|(n, kind)| (written_attribute(tag, name_end, n).0, kind))?;
        }
        match self.find_duplicate() {
            None => Ok(()),
            Some(n) => {
                let (at, name) = written_attribute(tag, name_end, n);
                Err((at, ReadErrorKind::DuplicateAttribute { name: name.to_owned() }))
            }
        }
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

    /// An error comes with the number of its attribute.
    fn resolve_attributes(&mut self) -> Result<(), Misplaced> {
        for (n, attribute) in self.attributes.iter_mut().enumerate() {
            if let Some(prefix) = attribute.name.prefix() {
                let namespace = self.scope.resolve(prefix).ok_or_else(|| (n, undeclared(prefix)))?;
                attribute.name.set_namespace(namespace);
            }
        }
        Ok(())
    }

    fn find_duplicate(&self) -> Option<usize> {
        let is_twice =
            |n: &usize| self.attributes[..*n].iter().any(|other| other.name == self.attributes[*n].name);
        (1..self.attributes.len()).find(is_twice)
    }
}

/// The n-th attribute that is no declaration, as written; looked up again because only errors want it.
fn written_attribute(tag: &str, name_end: usize, n: usize) -> (usize, &str) {
    let mut written = RawAttributes::new(tag, name_end)
        .filter_map(Result::ok)
        .filter(|a| a.name != "xmlns" && !a.name.starts_with("xmlns:"));
    written.nth(n).map_or((name_end, ""), |attribute| (attribute.at, attribute.name))
}

pub(super) fn split_name(written: &str) -> Option<(Option<&str>, &str)> {
    match written.split_once(':') {
        Some((prefix, local)) => (is_ncname(prefix) && is_ncname(local)).then_some((Some(prefix), local)),
        None => is_ncname(written).then_some((None, written)),
    }
}

pub(super) fn bad_name(written: &str) -> ReadErrorKind {
    ReadErrorKind::Name { name: written.chars().take(40).collect() }
}

fn undeclared(prefix: &str) -> ReadErrorKind {
    ReadErrorKind::UndeclaredPrefix { prefix: prefix.to_owned() }
}
