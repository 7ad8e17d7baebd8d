//! Which prefix stands for which namespace, at one point of a document. Shared by the reader and the writer.

use std::borrow::Cow;

use crate::{
    ns,
    xml::name::{Declaration, owned},
};

/// The declarations in scope, innermost last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scope<'a> {
    bindings: Vec<Binding<'a>>,
}

#[derive(Clone, Debug)]
struct Binding<'a> {
    /// Empty for the default namespace.
    prefix: Cow<'a, str>,
    namespace: Cow<'a, str>,
    /// How many elements were open, the declaring one included.
    depth: usize,
}

impl<'a> Scope<'a> {
    /// Binds a prefix for the element at this depth and all inside it.
    pub(crate) fn declare(&mut self, declaration: Declaration<'a>, depth: usize) {
        let prefix = declaration.prefix.unwrap_or_default();
        self.bindings.push(Binding { prefix, namespace: declaration.namespace, depth });
    }

    /// Forgets everything but keeps the room.
    pub(crate) fn into_empty(mut self) -> Scope<'static> {
        self.bindings.clear();
        let owned = |b: Binding<'a>| Binding {
            prefix: owned(b.prefix),
            namespace: owned(b.namespace),
            depth: b.depth,
        };
        Scope { bindings: self.bindings.into_iter().map(owned).collect() }
    }

    /// The declarations that an element standing here would inherit, outermost first.
    pub(crate) fn declarations(&self) -> impl Iterator<Item = Declaration<'a>> + '_ {
        self.bindings.iter().map(|binding| Declaration {
            prefix: Some(binding.prefix.clone()).filter(|prefix| !prefix.is_empty()),
            namespace: binding.namespace.clone(),
        })
    }

    /// Forgets what the element at this depth declared.
    pub(crate) fn leave(&mut self, depth: usize) {
        while self.bindings.last().is_some_and(|binding| binding.depth >= depth) {
            self.bindings.pop();
        }
    }

    /// Whether the element at this depth, inside which nothing is open, declares anything.
    pub(crate) fn has_declarations_of(&self, depth: usize) -> bool {
        self.bindings.last().is_some_and(|binding| binding.depth >= depth)
    }

    /// The namespace of a prefix (empty for the default one); `None` when nothing declares it.
    pub(crate) fn resolve(&self, prefix: &str) -> Option<Cow<'a, str>> {
        match prefix {
            "xml" => Some(Cow::Borrowed(ns::XML)),
            _ => self.bindings.iter().rev().find(|b| is_same(&b.prefix, prefix)).map(|b| b.namespace.clone()),
        }
    }

    /// The namespace of a prefix as it was outside the element at this depth.
    pub(crate) fn resolve_outside(&self, prefix: &str, depth: usize) -> Option<Cow<'a, str>> {
        if prefix == "xml" {
            return Some(Cow::Borrowed(ns::XML));
        }
        let mut outer = self.bindings.iter().rev().filter(|binding| binding.depth < depth);
        outer.find(|binding| is_same(&binding.prefix, prefix)).map(|binding| binding.namespace.clone())
    }

    /// Whether a prefix (empty for the default one) stands for this namespace here. Undeclared means none.
    pub(crate) fn is_bound(&self, prefix: &str, namespace: &str) -> bool {
        match prefix {
            "xml" => namespace == ns::XML,
            _ => self
                .bindings
                .iter()
                .rev()
                .find(|b| is_same(&b.prefix, prefix))
                .map_or(prefix.is_empty() && namespace.is_empty(), |b| is_same(&b.namespace, namespace)),
        }
    }

    /// Whether every prefix of these declarations, outermost first, and the lack of one stands here for what it stands for under
    /// them.
    pub(crate) fn has_all(&self, declarations: &[Declaration<'_>]) -> bool {
        let mut there = Scope::default();
        for declaration in declarations {
            let (prefix, namespace) = (declaration.prefix.as_deref(), declaration.namespace.as_ref());
            there.declare(Declaration { prefix: prefix.map(Cow::Borrowed), namespace: namespace.into() }, 0);
        }
        let prefixes = there.bindings.iter().map(|binding| binding.prefix.as_ref());
        prefixes
            .chain([""])
            .all(|prefix| self.is_bound(prefix, there.resolve(prefix).unwrap_or_default().as_ref()))
    }

    /// Whether the element at this depth itself declares the prefix.
    pub(crate) fn is_declared_at(&self, prefix: &str, depth: usize) -> bool {
        self.bindings.iter().rev().take_while(|b| b.depth == depth).any(|b| is_same(&b.prefix, prefix))
    }

    /// A prefix other than the default that stands for this namespace here.
    pub(crate) fn prefix_of(&self, namespace: &str) -> Option<Cow<'a, str>> {
        if namespace == ns::XML {
            return Some(Cow::Borrowed("xml"));
        }
        let candidates =
            self.bindings.iter().rev().filter(|b| !b.prefix.is_empty() && b.namespace == namespace);
        candidates.map(|b| b.prefix.clone()).find(|prefix| self.is_bound(prefix, namespace))
    }
}

/// Whether the two are the same text. Most often they are one constant, or both the empty prefix, whose place in memory the
/// C library's comparison asks for nevertheless: where there is none, that takes longer than the rest of an element.
fn is_same(one: &str, other: &str) -> bool {
    std::ptr::eq(one, other) || (one.is_empty() && other.is_empty()) || one == other
}

/// Whether Namespaces in XML 1.0 (section 3) forbids the declaration.
pub(crate) fn is_forbidden(prefix: Option<&str>, namespace: &str) -> bool {
    match prefix {
        Some("xml") => namespace != ns::XML,
        Some("xmlns") => true,
        Some(_) if namespace.is_empty() => true,
        _ => namespace == ns::XML || namespace == ns::XMLNS,
    }
}
