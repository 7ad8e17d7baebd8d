//! Everything that a restore can be written of.

use chrono::{DateTime, NaiveDate};
use openrosa_xml::{
    build::CaseSnapshot,
    fixture::{Fixture, Schema},
    ledger::Ledger,
    registration::Registration,
    restore::Version,
    xml::{Element, Name, Node},
};
use proptest::{collection::vec, option, prelude::*, sample::select};

use super::{element, ledgers, text};

/// What a restore is made of.
#[derive(Clone, Debug)]
pub struct Parts {
    /// What the user is told.
    pub message: String,
    /// The token of this restore.
    pub token: String,
    /// Whose restore it is, if it says.
    pub user: Option<Registration<'static>>,
    /// The version of the payload.
    pub version: Version,
    /// Each fixture with its root, and its schema if it has one.
    pub fixtures: Vec<(Fixture<'static>, Element<'static>, Option<Schema<'static>>)>,
    /// The stock.
    pub ledgers: Vec<Ledger<'static>>,
    /// Each case, and whether the device holds it.
    pub cases: Vec<(CaseSnapshot, bool)>,
}

/// A restore of any parts.
pub fn parts() -> impl Strategy<Value = Parts> {
    let version = select(vec![Version::V1, Version::V2, Version::V2, Version::V3]);
    let opening = (text(), text(), option::of(ledgers::registration()), version);
    let contents =
        (vec(fixture(), 0..3), vec(ledgers::ledger(), 0..3), vec((snapshot(), any::<bool>()), 0..3));
    (opening, contents).prop_map(|((message, token, user, version), (fixtures, ledgers, cases))| Parts {
        message,
        token,
        user,
        version,
        fixtures,
        ledgers,
        cases,
    })
}

type NewFixture = (Fixture<'static>, Element<'static>, Option<Schema<'static>>);

fn fixture() -> impl Strategy<Value = NewFixture> {
    let ids = select(vec!["item-list:a", "item-list:b", "user-groups", "x"]);
    let indices = option::of(vec("[a-zA-Z0-9@_.,-]{1,8}", 0..3));
    // In a namespace of its own or in none throughout: what is in none takes that of the root.
    let home = select(vec![None, Some("urn:a")]);
    (ids, option::of(text()), option::of(text()), element(), home, indices).prop_map(
        |(id, user_id, indexed, root, home, indices)| {
            let root = moved(root, home);
            let mut fixture = Fixture::new(id, &root).expect("the names are names");
            fixture.user_id = user_id.map(Into::into);
            fixture.indexed = indexed.map(Into::into);
            (fixture, root, indices.map(|indices| Schema::new(id, indices)))
        },
    )
}

/// The element with all names of elements in one namespace, or in none. Generated elements are a few levels deep.
#[must_use]
pub fn moved(element: Element<'static>, namespace: Option<&'static str>) -> Element<'static> {
    let local = element.name.local_name().to_owned();
    let name =
        namespace.map_or_else(|| Name::local(local.clone()), |uri| Name::in_namespace(uri, local.clone()));
    let mut new = Element::new(name);
    new.attributes = element.attributes.clone();
    for child in element.children() {
        new.push(match child {
            Node::Element(child) => Node::Element(moved(child.clone(), namespace)),
            other => other.clone(),
        });
    }
    new
}

/// A case as a server knows it, with everything that one can have.
pub fn snapshot() -> impl Strategy<Value = CaseSnapshot> {
    let base = ("[a-zA-Z0-9-]{1,12}", "[a-z]{1,8}", text(), "[a-zA-Z0-9-]{1,12}");
    let more = (option::of("[a-z]{1,5}"), option::of(text()), option::of(0_i32..20_000));
    let properties = vec((select(vec!["village", "имя", "x-1", "phone_number"]), text()), 0..4);
    let links = vec((select(vec!["parent", "host", "mother"]), 0..3), 0..3);
    (base, more, properties, links, any::<bool>(), 0_i64..4_000_000_000).prop_map(
        |((id, case_type, name, owner), (user, external_id, opened), properties, links, closed, seconds)| {
            let modified = DateTime::from_timestamp(seconds, 0).expect("a moment before the year 2100");
            let mut case = CaseSnapshot::new(id, case_type, name, owner, modified);
            case = user.into_iter().fold(case, CaseSnapshot::modified_by);
            case = external_id.into_iter().fold(case, CaseSnapshot::external_id);
            let day = opened.and_then(NaiveDate::from_epoch_days);
            case = day.into_iter().fold(case, CaseSnapshot::opened_on);
            case = properties.into_iter().fold(case, |case, (name, text)| case.property(name, text));
            for (index, kind) in links {
                case = match kind {
                    0 => case.child_of(index, "household", "another case"),
                    1 => case.extension_of(index, "household", "another case"),
                    _ => case.unlinked(index, "household"),
                };
            }
            if closed { case.closed() } else { case }
        },
    )
}
