//! Forms as they are filled in with the cases at hand.

use std::collections::BTreeMap;

use openrosa_case::Case;
use openrosa_xml::{
    CaseId,
    build::{Author, NewCase, NewForm, NewMeta},
};
use proptest::{prelude::*, sample::select};

/// A block, as far as it can be said before the cases are known.
#[derive(Clone, Debug)]
pub(super) struct Draw {
    what: What,
    /// Which of the cases.
    case: usize,
    /// Which of the others, for a link.
    target: usize,
}

#[derive(Clone, Copy, Debug)]
enum What {
    Create(&'static str, Option<bool>),
    /// A case of which the server will never know.
    Stray,
    Set(&'static str, u8),
    Assign(&'static str),
    Rename(u8),
    Close,
    Link(&'static str, bool),
    Unlink(&'static str),
}

pub(super) fn draw() -> impl Strategy<Value = Draw> {
    let owner = || select(vec!["amy", "amy", "bob", "bob", "cara", "team"]);
    let index = || select(vec!["parent", "host"]);
    let what = prop_oneof![
        6 => (owner(), any::<Option<bool>>()).prop_map(|(owner, link)| What::Create(owner, link)),
        6 => (select(vec!["village", "weight"]), any::<u8>()).prop_map(|(name, value)| What::Set(name, value)),
        3 => owner().prop_map(What::Assign),
        1 => any::<u8>().prop_map(What::Rename),
        2 => Just(What::Close),
        3 => (index(), any::<bool>()).prop_map(|(index, extension)| What::Link(index, extension)),
        1 => index().prop_map(What::Unlink),
    ];
    (what, 0..1000_usize, 0..1000_usize).prop_map(|(what, case, target)| Draw { what, case, target })
}

impl Draw {
    pub(super) const fn create(owner: &'static str) -> Self {
        Self { what: What::Create(owner, None), case: 0, target: 0 }
    }

    /// Sets a property of the first case.
    pub(super) const fn set(name: &'static str, value: u8) -> Self {
        Self { what: What::Set(name, value), case: 0, target: 0 }
    }

    /// Gives the first case to somebody.
    pub(super) const fn assign(owner: &'static str) -> Self {
        Self { what: What::Assign(owner), case: 0, target: 0 }
    }

    pub(super) const STRAY: Self = Self { what: What::Stray, case: 0, target: 0 };

    /// The block; `None` where there is no such case. Links lead to cases that are older, so that no circle comes about.
    fn block(&self, held: &[&Case], author: &Author, fresh: &mut u32) -> Option<(CaseId, NewCase)> {
        if let What::Create(owner, link) = self.what {
            *fresh += 1;
            let id = CaseId::from(format!("case-{fresh:04}"));
            let case = NewCase::create(id.clone(), "t", "new", owner, author);
            let target = link.and_then(|_| Self::nth(held, self.target));
            let case = match (link, target) {
                (Some(extension), Some(target)) => linked(case, "parent", extension, target),
                _ => case,
            };
            return Some((id, case));
        }
        if let What::Stray = self.what {
            *fresh += 1;
            let id = CaseId::from(format!("stray-{fresh}"));
            return Some((id.clone(), NewCase::create(id, "t", "new", "amy", author)));
        }
        let id = Self::nth(held, self.case)?;
        let case = NewCase::update(id.clone(), author);
        let case = match self.what {
            What::Create(..) | What::Stray => return None,
            What::Set(name, value) => case.property(name, value.to_string()),
            What::Assign(owner) => case.assign(owner),
            What::Rename(name) => case.rename(name.to_string()),
            What::Close => case.close(),
            What::Link(index, extension) => {
                let older: Vec<&Case> = held.iter().filter(|other| other.case_id < id).copied().collect();
                linked(case, index, extension, Self::nth(&older, self.target)?)
            }
            What::Unlink(index) => case.unlink(index, "t"),
        };
        Some((id, case))
    }

    fn nth(held: &[&Case], number: usize) -> Option<CaseId> {
        Some(held.get(number.checked_rem(held.len())?)?.case_id.clone())
    }
}

fn linked(case: NewCase, index: &str, extension: bool, target: CaseId) -> NewCase {
    match extension {
        true => case.extension_of(index, "t", target),
        false => case.child_of(index, "t", target),
    }
}

/// A form of these blocks; `None` where there is none to write.
pub(super) fn form(
    user: &str,
    held: &[Case],
    draws: &[Draw],
    number: usize,
    fresh: &mut u32,
) -> Option<String> {
    let author = Author::new(user, super::super::now());
    let held: Vec<&Case> = held.iter().filter(|case| !case.case_id.as_str().starts_with("stray")).collect();
    // One block a case.
    let blocks: BTreeMap<CaseId, NewCase> =
        draws.iter().filter_map(|draw| draw.block(&held, &author, fresh)).collect();
    if blocks.is_empty() {
        return None;
    }
    let meta = NewMeta::commcare(format!("form-{number}"), &author, "device", author.at);
    let form = blocks.into_values().fold(NewForm::new("http://example.org/visit", meta), NewForm::case);
    Some(form.write().unwrap())
}
