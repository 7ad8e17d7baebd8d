//! Which entities of a list were deleted, for a client that made some of them offline.

use std::borrow::Cow;

use crate::{
    document::document,
    xml::{Element, Name},
};

document! {
    /// The answer to the question which of some entities were deleted.
    ///
    /// An entity that is not listed is one that the server never knew, or does not tell of: it may be on its way there.
    ///
    /// *Wire:* `GET integrityUrl?id=a,b,c`; no namespace. *Spec:* openrosa.md 4.4.
    ///
    /// ```
    /// # use openrosa_xml::Integrity;
    /// let answer = Integrity::of([("a", true), ("b", false)]).write()?;
    /// let integrity = Integrity::read(&answer)?;
    /// assert_eq!(["a", "b", "c"].map(|id| integrity.is_deleted(id)), [Some(true), Some(false), None]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    Integrity
}

/// One entity and its fate.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EntityState<'a> {
    /// `@id`, as written.
    pub id: Cow<'a, str>,
    /// `deleted`; `None` where it is neither `true` nor `false`, to the letter.
    pub deleted: Option<bool>,
}

impl<'a> Integrity<'a> {
    /// The answer that lists these entities, and whether each was deleted.
    #[must_use]
    pub fn of<I: Into<Cow<'a, str>>>(entities: impl IntoIterator<Item = (I, bool)>) -> Self {
        let list = entities.into_iter().fold(Element::new(Name::local("entities")), |list, (id, deleted)| {
            let deleted =
                Element::new(Name::local("deleted")).with_text(if deleted { "true" } else { "false" });
            list.with_child(Element::new(Name::local("entity")).with_attribute("id", id).with_child(deleted))
        });
        Self { element: Element::new(Name::local("data")).with_child(list) }
    }

    /// The entities that have an id, in document order.
    pub fn entities(&self) -> impl Iterator<Item = EntityState<'_>> {
        let lists = self.element.elements().filter(|list| list.name.local_name() == "entities");
        let entities =
            lists.flat_map(Element::elements).filter(|entity| entity.name.local_name() == "entity");
        entities.filter_map(|entity| {
            let deleted = entity.child("deleted").map(Element::text);
            Some(EntityState {
                id: entity.attribute("id")?.into(),
                deleted: deleted.and_then(|text| text.parse().ok()),
            })
        })
    }

    /// Whether the entity was deleted; `None` when the server does not say.
    #[must_use]
    pub fn is_deleted(&self, id: &str) -> Option<bool> {
        self.entities().find(|entity| entity.id == id)?.deleted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// R-038: only `true` and `false` are accepted, and what is not listed is unknown.
    #[test]
    fn only_the_exact_words_tell_a_fate() {
        let source = "<data><note/><entities><entity id='a'><deleted>true</deleted></entity>\
             <entity id='b'><deleted>false</deleted></entity><entity id='c'><deleted>TRUE</deleted></entity>\
             <entity id='d'><deleted> true </deleted></entity><entity id='e'><deleted>1</deleted></entity>\
             <entity id='f'><deleted/></entity><entity id='g'/><entity><deleted>true</deleted></entity>\
             <other id='i'><deleted>true</deleted></other></entities></data>";
        let integrity = Integrity::read(source).unwrap();
        let told: Vec<_> = integrity.entities().filter(|entity| entity.deleted.is_some()).collect();
        assert_eq!(told.iter().map(|entity| &*entity.id).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!((integrity.is_deleted("a"), integrity.is_deleted("b")), (Some(true), Some(false)));
        for unknown in ["c", "d", "e", "f", "g", "i", "A", ""] {
            assert_eq!(integrity.is_deleted(unknown), None, "{unknown}");
        }
        assert_eq!(Integrity::read(&integrity.write().unwrap()).unwrap(), integrity);
    }

    #[test]
    fn an_answer_is_written_as_the_documentation_prints_it() {
        let answer = Integrity::of([("a&b", true), ("c", false)]);
        insta::assert_snapshot!(answer.write().unwrap(), @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <data><entities><entity id="a&amp;b"><deleted>true</deleted></entity><entity id="c"><deleted>false</deleted></entity></entities></data>
        "#);
        assert_eq!(answer.is_deleted("a&b"), Some(true));
        let empty = Integrity::of::<&str>([]);
        assert_eq!((empty.entities().count(), empty.is_deleted("a")), (0, None));
    }
}
