//! CommCare HQ's side: keys of a JSON object, looked up in a fixed order (case-xml.md 1.1–1.11, 4.2).

mod properties;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{
    Context, File, Link, Refusal, RefusalKind as Kind, Step, Understood, Warning, WarningKind,
    part::{Child, Part},
    refusal::beginning,
};
use crate::{
    case::{CaseBlock, Relationship},
    ns,
    position::Mark,
    xml::Name,
};

/// The actions, in the order in which they are taken (1.3).
const ACTIONS: [&str; 5] = ["create", "update", "close", "index", "attachment"];

pub(super) fn understood<'b>(
    block: &'b CaseBlock<'_>,
    context: &'b Context<'_>,
) -> Result<Option<Understood<'b>>, Refusal> {
    let mut keys = Keys::of(block);
    if block.tag.name.local_name() != "case" || (block.case_id.is_none() && !keys.has("case_id")) {
        return Ok(None);
    }
    // In the order in which the faults are met: on extraction, on parsing, on applying.
    let modified = modified(block, context)?;
    let case_id = keys.case_id(block, context)?;
    let steps = keys.steps()?;
    if case_id.is_empty() {
        return Err(Kind::CaseIdEmpty.at(block.tag.mark));
    }
    keys.refuse_referral()?;
    refuse_unknown_relationship(&steps)?;
    let [own, of_form] =
        [&block.user_id, &context.user_id].map(|user| user.as_deref().filter(|user| !user.is_empty()));
    let user_of_form = own.is_none() && of_form.is_some();
    Ok(Some(Understood {
        case_id,
        modified,
        user: own.or(of_form),
        user_of_form,
        steps,
        needs_case: None,
        warnings: keys.warnings,
    }))
}

fn modified(block: &CaseBlock<'_>, context: &Context<'_>) -> Result<DateTime<Utc>, Refusal> {
    match block.date_modified.as_ref().filter(|written| !written.as_str().is_empty()) {
        None => Ok(context.now.to_utc()),
        Some(written) => written
            .instant_to_hq()
            .map_err(|_| Kind::DateUnreadable { written: beginning(written.as_str()) }.at(block.tag.mark)),
    }
}

/// A block as its JSON: elements under their local names, one or several under each.
struct Keys<'b> {
    parts: Vec<Part<'b>>,
    /// The namespace of the block: one that differs from it is a key of its own.
    namespace: Option<&'b str>,
    warnings: Vec<Warning<'b>>,
}

/// What stands under a key.
enum Found<'p, 'b> {
    One(&'p Part<'b>),
    /// A list, in which nothing is found.
    Several,
}

impl<'b> Found<'_, 'b> {
    fn children(&self) -> &[Child<'b>] {
        match self {
            Self::One(part) => &part.children,
            Self::Several => &[],
        }
    }
}

impl<'b> Keys<'b> {
    fn of(block: &'b CaseBlock<'_>) -> Self {
        let parts = Part::all_of(block);
        let warnings = parts.iter().filter_map(passed_over).collect();
        Self { parts, namespace: block.tag.name.namespace(), warnings }
    }

    fn has(&self, name: &str) -> bool {
        self.parts.iter().any(|part| part.name.local_name() == name)
    }

    /// 1.1, 1.2: the block's own namespace says which version it is, and the version where the id must be.
    fn case_id(&self, block: &'b CaseBlock<'_>, context: &Context<'_>) -> Result<&'b str, Refusal> {
        let kind = match own_namespace(&block.tag.name, context.parent_namespace.as_deref()) {
            Some(ns::CASE) => match block.case_id.as_deref() {
                Some(case_id) => return Ok(case_id),
                None => Kind::CaseIdMisplaced { expected: "attribute" },
            },
            Some(other) => Kind::ForeignNamespace { namespace: other.to_owned() },
            None if self.has("case_id") => Kind::Legacy,
            None => Kind::CaseIdMisplaced { expected: "element" },
        };
        Err(kind.at(block.tag.mark))
    }

    fn steps(&mut self) -> Result<Vec<Step<'b>>, Refusal> {
        let mut steps = Vec::new();
        let mut warnings = Vec::new();
        if let Some(found) = self.find("create", &mut warnings) {
            steps.push(Step::Create(properties::creation(found.children(), &mut warnings)));
        }
        if let Some(found) = self.find("update", &mut warnings) {
            steps.push(Step::Update(properties::settings(found.children(), &mut warnings)));
        }
        // By its presence alone, however often.
        steps.extend(self.has("close").then_some(Step::Close));
        if let Some(found) = self.find("index", &mut warnings) {
            self.refuse_keys_of_index(&found)?;
            steps.push(Step::Index(links(found.children())?));
        }
        if let Some(found) = self.find("attachment", &mut warnings) {
            steps.push(Step::Attachment(found.children().iter().copied().map(file).collect()));
        }
        self.warnings.append(&mut warnings);
        Ok(steps)
    }

    /// The action of this name. An element without anything in it is the empty text, which counts as no action, while
    /// one of white space counts as one; several are a list, which counts as one too (1.3).
    fn find(&self, name: &'static str, warnings: &mut Vec<Warning<'b>>) -> Option<Found<'_, 'b>> {
        let mut parts = self.parts.iter().filter(|part| part.name.local_name() == name);
        let (first, second) = (parts.next()?, parts.next());
        if let Some(second) = second {
            warnings.push(WarningKind::ActionTwice(name).at(second.mark));
            return Some(Found::Several);
        }
        self.is_something(first).then_some(Found::One(first))
    }

    fn is_something(&self, part: &Part<'b>) -> bool {
        !part.is_bare() || own_namespace(part.name, self.namespace).is_some()
    }

    /// 1.11: the attributes of `index`, and a namespace of its own, are keys beside its entries, without a type.
    fn refuse_keys_of_index(&self, found: &Found<'_, 'b>) -> Result<(), Refusal> {
        let Found::One(part) = found else { return Ok(()) };
        let attribute = part.attributes.first().map(|attribute| attribute.name.local_name());
        match attribute.or_else(|| own_namespace(part.name, self.namespace).map(|_| "xmlns")) {
            None => Ok(()),
            Some(key) => Err(Kind::IndexUntyped { index: format!("@{key}") }.at(part.mark)),
        }
    }

    fn refuse_referral(&self) -> Result<(), Refusal> {
        let mut referrals = self.parts.iter().filter(|part| part.name.local_name() == "referral");
        match (referrals.next(), referrals.next()) {
            (Some(first), second) if second.is_some() || self.is_something(first) => {
                Err(Kind::Referral.at(first.mark))
            }
            _ => Ok(()),
        }
    }
}

/// What stands under a key that is no action's.
fn passed_over<'b>(part: &Part<'b>) -> Option<Warning<'b>> {
    let name = part.name.local_name();
    let kind = match ACTIONS.iter().find(|action| name.eq_ignore_ascii_case(action)) {
        Some(action) if *action == name => return None,
        Some(_) => WarningKind::ActionSpelling(name),
        None => WarningKind::UnknownAction(name),
    };
    Some(kind.at(part.mark))
}

/// The namespace of an element where the JSON shows one: it is there, and not its parent's (8.1).
fn own_namespace<'n>(name: &'n Name<'_>, parent: Option<&str>) -> Option<&'n str> {
    name.namespace().filter(|namespace| Some(*namespace) != parent)
}

fn links<'b>(children: &[Child<'b>]) -> Result<Vec<Link<'b>>, Refusal> {
    let mut seen = BTreeSet::new();
    let link = |child: &Child<'b>| match seen.insert(child.name()) {
        true => link(*child),
        false => Err(Kind::IndexTwice { index: child.name().to_owned() }.at(child.mark())),
    };
    children.iter().map(link).collect()
}

fn link(child: Child<'_>) -> Result<Link<'_>, Refusal> {
    let Some(case_type) = child.attribute("case_type") else {
        return Err(Kind::IndexUntyped { index: child.name().to_owned() }.at(child.mark()));
    };
    // White space is kept around a target; alone it is no `#text` at all (8.1), so the link is removed.
    let target = child.inside().leading_text();
    let relationship = match child.attribute("relationship") {
        None | Some("" | "child") => Relationship::Child,
        Some("extension") => Relationship::Extension,
        Some(other) => Relationship::Other(other),
    };
    Ok(Link {
        name: child.name(),
        target: Some(target).filter(|target| !target.trim().is_empty()),
        case_type: Some(case_type),
        relationship,
        mark: child.mark(),
    })
}

/// Removing a link looks nothing up.
fn refuse_unknown_relationship(steps: &[Step<'_>]) -> Result<(), Refusal> {
    let links = steps.iter().filter_map(|step| match step {
        Step::Index(links) => Some(links),
        _ => None,
    });
    for link in links.flatten().filter(|link| link.target.is_some()) {
        if let Relationship::Other(word) = link.relationship {
            let (index, relationship) = (link.name.to_owned(), word.to_owned());
            return Err(Kind::RelationshipUnknown { index, relationship }.at(link.mark));
        }
    }
    Ok(())
}

fn file(child: Child<'_>) -> File<'_> {
    let attribute = |local| child.attribute(local).filter(|text: &&str| !text.is_empty());
    File { name: child.name(), src: attribute("src"), from: attribute("from"), mark: child.mark() }
}

impl<'b> WarningKind<'b> {
    const fn at(self, mark: Mark) -> Warning<'b> {
        Warning { kind: self, mark }
    }
}
