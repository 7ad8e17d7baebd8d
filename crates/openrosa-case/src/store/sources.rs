//! Who points at a case.

use std::collections::BTreeSet;

use openrosa_xml::CaseId;

/// The cases with an index to one case: mostly one, which then needs no set of its own.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Sources {
    One(CaseId),
    /// More than one.
    Many(BTreeSet<CaseId>),
}

impl Sources {
    pub(super) fn insert(&mut self, source: CaseId) {
        match self {
            Self::One(one) if *one == source => {}
            Self::One(one) => *self = Self::Many(BTreeSet::from([one.clone(), source])),
            Self::Many(many) => {
                many.insert(source);
            }
        }
    }

    /// All but this one; `None` where none is left.
    pub(super) fn without(self, source: &CaseId) -> Option<Self> {
        match self {
            Self::One(one) => (one != *source).then_some(Self::One(one)),
            Self::Many(mut many) => {
                many.remove(source);
                match many.len() {
                    0 | 1 => many.pop_first().map(Self::One),
                    _ => Some(Self::Many(many)),
                }
            }
        }
    }

    /// In the order of their ids.
    pub(super) fn iter(&self) -> impl Iterator<Item = &CaseId> {
        let (one, many) = match self {
            Self::One(one) => (Some(one), None),
            Self::Many(many) => (None, Some(many)),
        };
        one.into_iter().chain(many.into_iter().flatten())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_a_set_that_is_gone_when_it_is_empty() {
        let mut sources = Sources::One("b".into());
        ["b", "a", "c", "a"].into_iter().for_each(|id| sources.insert(id.into()));
        assert_eq!(sources.iter().map(CaseId::as_str).collect::<Vec<_>>(), ["a", "b", "c"]);
        let sources = sources.without(&"b".into()).and_then(|sources| sources.without(&"x".into()));
        let sources = sources.and_then(|sources| sources.without(&"a".into())).expect("one is left");
        assert_eq!(sources, Sources::One("c".into()), "equal to one that was never more");
        assert_eq!(sources.without(&"c".into()), None);
    }
}
