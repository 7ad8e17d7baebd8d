//! Names of elements and attributes, resolved to their namespaces.

use std::borrow::Cow;

use crate::{ns, text::Text};

/// The name of an element or attribute: a namespace, or none, and a local name.
///
/// The prefix is remembered so that a document looks after writing as it did before, but means nothing: two names are
/// equal when namespace and local name are.
///
/// ```
/// # use openrosa_xml::xml::Name;
/// let name = Name::in_namespace("urn:example", "thing");
/// assert_eq!(name, Name::in_namespace("urn:example", "thing").with_prefix("ex"));
/// assert_ne!(name, Name::local("thing"));
/// ```
#[derive(Clone, Debug)]
pub struct Name<'a> {
    namespace: Option<Cow<'a, str>>,
    local: Cow<'a, str>,
    prefix: Option<Cow<'a, str>>,
}

impl<'a> Name<'a> {
    /// A name in no namespace.
    pub fn local(local: impl Into<Cow<'a, str>>) -> Self {
        Self { namespace: None, local: local.into(), prefix: None }
    }

    /// A name in a namespace; the empty string means none.
    pub fn in_namespace(namespace: impl Into<Cow<'a, str>>, local: impl Into<Cow<'a, str>>) -> Self {
        Self::resolved(Some(namespace.into()), local.into(), None)
    }

    #[inline]
    pub(crate) fn resolved(
        namespace: Option<Cow<'a, str>>,
        local: Cow<'a, str>,
        prefix: Option<Cow<'a, str>>,
    ) -> Self {
        Self { namespace: namespace.filter(|uri| !uri.is_empty()), local, prefix }
    }

    /// The same name, to be written with this prefix where the surroundings allow it.
    #[must_use]
    pub fn with_prefix(self, prefix: impl Into<Cow<'a, str>>) -> Self {
        Self { prefix: Some(prefix.into()), ..self }
    }

    /// The namespace, `None` for a name in none.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The part that is compared almost everywhere in the field.
    #[must_use]
    pub fn local_name(&self) -> &str {
        &self.local
    }

    /// The prefix it was written with.
    #[must_use]
    pub fn prefix(&self) -> Option<&str> {
        self.prefix.as_deref()
    }

    /// Whether the name is exactly this one.
    #[must_use]
    pub fn is(&self, namespace: Option<&str>, local: &str) -> bool {
        self.local == local && self.namespace() == namespace
    }

    /// A sibling or child name in the same namespace, written with the same prefix.
    #[must_use]
    pub fn sibling(&self, local: impl Into<Cow<'a, str>>) -> Self {
        Self { local: local.into(), ..self.clone() }
    }

    /// The same as [`sibling`](Self::sibling), borrowing all of it.
    pub(crate) fn beside<'s>(&'s self, local: &'s str) -> Name<'s> {
        let borrow = |text: &'s Option<Cow<'a, str>>| text.as_deref().map(Cow::Borrowed);
        Name { namespace: borrow(&self.namespace), local: Cow::Borrowed(local), prefix: borrow(&self.prefix) }
    }

    /// The same as [`local_name`](Self::local_name), to be kept.
    #[inline]
    pub(crate) fn local_text(&self) -> Text<'a> {
        self.local.clone().into()
    }

    pub(crate) fn take_local(self) -> Cow<'a, str> {
        self.local
    }

    pub(crate) fn set_namespace(&mut self, namespace: Cow<'a, str>) {
        self.namespace = Some(namespace);
    }

    /// The same name, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Name<'static> {
        Name {
            namespace: self.namespace.map(owned_namespace),
            local: owned_local(self.local),
            prefix: self.prefix.map(owned),
        }
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.local == other.local && self.namespace == other.namespace
    }
}

impl Eq for Name<'_> {}

/// An attribute and its value, references resolved and white space normalized as XML 1.0 section 3.3.3 says.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "XML attributes have a name and a value")]
pub struct Attribute<'a> {
    /// The name; unprefixed attributes are in no namespace.
    pub name: Name<'a>,
    /// The value.
    pub value: Cow<'a, str>,
}

impl Attribute<'_> {
    /// The same attribute, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Attribute<'static> {
        Attribute { name: self.name.into_owned(), value: owned(self.value) }
    }
}

/// An `xmlns` attribute: a prefix, or none for the default, and the namespace it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "a declaration binds one prefix to one namespace")]
pub struct Declaration<'a> {
    /// `None` for `xmlns="…"`.
    pub prefix: Option<Cow<'a, str>>,
    /// The namespace; empty only in `xmlns=""`.
    pub namespace: Cow<'a, str>,
}

impl Declaration<'_> {
    /// The same declaration, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Declaration<'static> {
        Declaration { prefix: self.prefix.map(owned), namespace: owned(self.namespace) }
    }
}

/// The namespace, borrowing nothing but constants: nearly all names of a document are in a few that we know.
pub(crate) fn owned_namespace(namespace: Cow<'_, str>) -> Cow<'static, str> {
    match ns::known(&namespace) {
        Some(known) => Cow::Borrowed(known),
        None => owned(namespace),
    }
}

/// The local name, borrowing nothing but what the elements of case blocks are called.
fn owned_local(local: Cow<'_, str>) -> Cow<'static, str> {
    const KNOWN: [&str; 6] = ["update", "create", "case", "index", "close", "attachment"];
    match KNOWN.into_iter().find(|&known| known == local) {
        Some(known) => Cow::Borrowed(known),
        None => owned(local),
    }
}

/// The text, borrowing nothing.
pub(crate) fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}
