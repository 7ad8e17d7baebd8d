//! Whose cases belong on a device.

use std::{collections::BTreeSet, sync::Arc};

use openrosa_xml::{OwnerId, ReadError, fixture::Fixture};

/// The owners whose cases a user works on: on a device every user it knows and every group of their `user-groups` fixtures; on
/// CommCare HQ the user, groups that share cases, and locations that own some.
///
/// *Spec:* case-xml.md 5.1, ota-restore.md 3.1 and 3.8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owners(Kind);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Kind {
    Everyone,
    These(Arc<BTreeSet<OwnerId>>),
}

impl Owners {
    /// Everything is owned: what a device makes of no list at all.
    #[must_use]
    pub const fn everyone() -> Self {
        Self(Kind::Everyone)
    }

    /// The ids of users and of the groups in a `user-groups` fixture, as a device puts them together.
    pub fn of_device<T: Into<OwnerId>>(
        users: impl IntoIterator<Item = T>,
        groups: &Fixture<'_>,
    ) -> Result<Self, ReadError> {
        let mut owners: BTreeSet<_> = users.into_iter().map(Into::into).collect();
        for group in groups.row_ids() {
            owners.insert(group?.into());
        }
        Ok(Self(Kind::These(Arc::new(owners))))
    }

    /// The owners, in order; `None` when everything is owned.
    #[must_use]
    pub fn listed(&self) -> Option<impl ExactSizeIterator<Item = &OwnerId>> {
        match &self.0 {
            Kind::Everyone => None,
            Kind::These(owners) => Some(owners.iter()),
        }
    }

    /// Whether a case of this owner is owned.
    #[must_use]
    pub fn own(&self, owner: &str) -> bool {
        match &self.0 {
            Kind::Everyone => true,
            Kind::These(owners) => owners.contains(owner),
        }
    }
}

impl<T: Into<OwnerId>> FromIterator<T> for Owners {
    fn from_iter<I: IntoIterator<Item = T>>(owners: I) -> Self {
        Self(Kind::These(Arc::new(owners.into_iter().map(Into::into).collect())))
    }
}

#[cfg(test)]
mod tests {
    use openrosa_xml::xml::Element;

    use super::*;

    /// S-044: the owners of a purge are the ids of users and those of the groups in `user-groups`.
    #[test]
    fn users_and_groups_own() {
        let groups = Element::read("<groups><group id='team'/><group/><group id='ward'/></groups>").unwrap();
        let fixture = Fixture::new("user-groups", &groups).unwrap();
        let owners = Owners::of_device(["nurse", "demo"], &fixture).unwrap();
        assert_eq!(owners, Owners::from_iter(["demo", "nurse", "team", "ward"]));
        let listed: Vec<_> = owners.listed().unwrap().map(OwnerId::as_str).collect();
        assert_eq!(listed, ["demo", "nurse", "team", "ward"]);
        assert!(owners.own("team") && !owners.own("tea") && !owners.own(""));
    }

    #[test]
    fn nobody_owns_nothing_and_everyone_owns_all() {
        assert!(!Owners::from_iter([""; 0]).own("-"));
        assert!(Owners::everyone().own("-") && Owners::everyone().listed().is_none());
    }
}
