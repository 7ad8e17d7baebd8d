//! The device's side: elements are acted on as they are met (case-xml.md 1.2–1.11, column S).

use std::ops::ControlFlow;

use super::{
    Content, Context, Creation, File, Link, Refusal, RefusalKind as Kind, Setting, Step, Understood, Work,
    part::{Child, Part, attribute_anywhere},
    refusal::beginning,
};
use crate::{
    case::{CaseBlock, Relationship},
    position::Mark,
    time::Timestamp,
    xml::chars::is_blank,
};

pub(super) fn understood<'b>(
    block: &'b CaseBlock<'_>,
    context: &Context<'_>,
) -> Result<Option<Understood<'b>>, Refusal> {
    let mark = block.tag.mark;
    let case_id = case_id(block).ok_or(Kind::CaseIdMissing.at(mark))?;
    let written = attribute(block, block.date_modified.as_ref().map(Timestamp::as_str), "date_modified")
        .ok_or(Kind::DateMissing.at(mark))?;
    let user = attribute(block, block.user_id.as_deref(), "user_id");

    let mut walk = Walk { case_id, user, steps: Vec::new(), work: Work::default() };
    refuse_loose(block.tag.name.local_name(), block.tag.text.as_deref(), mark)?;
    // Without an action nothing is loaded, so nothing is stored (case-xml.md 4.1).
    let _ended_early = walk.parts(Part::all_of(block).into_iter())?;
    if walk.steps.is_empty() {
        return Ok(None);
    }
    let modified = Timestamp::new(written)
        .instant_to_device(*context.now.offset())
        .map_err(|_| Kind::DateNull { written: beginning(written) }.at(mark))?;
    Ok(Some(Understood {
        case_id,
        modified,
        user,
        user_of_form: false,
        steps: walk.steps,
        needs_case: walk.work.needs_case,
        warnings: Vec::new(),
    }))
}

/// The same of a block that is refused, up to there: what it would have done behind that is not held against later blocks.
pub(super) fn work(block: &CaseBlock<'_>) -> Work {
    let case_id = case_id(block).unwrap_or_default();
    let user = attribute(block, block.user_id.as_deref(), "user_id");
    let mut walk = Walk { case_id, user, steps: Vec::new(), work: Work::default() };
    let is_refused = walk.parts(Part::all_of(block).into_iter()).is_err();
    Work { opens: walk.work.opens || is_refused, ..walk.work }
}

pub(super) fn case_id<'b>(block: &'b CaseBlock<'_>) -> Option<&'b str> {
    attribute(block, block.case_id.as_deref(), "case_id")
}

/// The device does not look at the namespace of an attribute.
fn attribute<'b>(block: &'b CaseBlock<'_>, own: Option<&'b str>, local: &str) -> Option<&'b str> {
    own.or_else(|| attribute_anywhere(&block.tag.attributes, local)).filter(|text| !text.is_empty())
}

/// The way through a block.
struct Walk<'b> {
    case_id: &'b str,
    user: Option<&'b str>,
    steps: Vec<Step<'b>>,
    work: Work,
}

impl<'b> Walk<'b> {
    fn parts(&mut self, parts: impl Iterator<Item = Part<'b>>) -> Result<ControlFlow<()>, Refusal> {
        for part in parts {
            if self.part(&part)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes one element; breaks where the device sees the end of the block.
    fn part(&mut self, part: &Part<'b>) -> Result<ControlFlow<()>, Refusal> {
        let name = part.name.local_name();
        let is = |action: &str| name.eq_ignore_ascii_case(action);
        let step = if is("update") {
            self.look_for_case("update", true);
            Step::Update(settings(part)?)
        } else if is("create") {
            self.work.opens = true;
            Step::Create(self.creation(part)?)
        } else if is("index") {
            self.look_for_case("index", !part.children.is_empty());
            Step::Index(self.links(part)?)
        } else if is("attachment") {
            let files: Vec<_> = part.children.iter().copied().map(file).collect();
            self.look_for_case("attachment", files.iter().any(File::is_removal));
            Step::Attachment(files)
        } else if is("close") {
            self.look_for_case("close", true);
            self.steps.push(Step::Close);
            return self.inside(part);
        } else if is("case") {
            // The end of an inner `case` is taken for the end of the outer one (1.11, inferred from code).
            return self.inside(part).map(|_| ControlFlow::Break(()));
        } else {
            return self.inside(part);
        };
        refuse_loose(name, part.text, part.mark)?;
        self.steps.push(step);
        Ok(ControlFlow::Continue(()))
    }

    /// 4.1: update and close look for the case, whatever is in them; the others where they would touch it.
    fn look_for_case(&mut self, action: &'static str, touches: bool) {
        if touches && !self.work.opens {
            self.work.needs_case = self.work.needs_case.or(Some(action));
        }
    }

    /// An element that the device does not know, and `close`, is not skipped: what is inside counts as if it stood
    /// around it (1.11, inferred from code).
    fn inside(&mut self, part: &Part<'b>) -> Result<ControlFlow<()>, Refusal> {
        refuse_loose(part.name.local_name(), part.text, part.mark)?;
        self.parts(part.children.iter().filter_map(|child| child.as_part()))
    }

    /// 1.4: three kinds of children, two of them mandatory, and an owner in the end.
    fn creation(&self, part: &Part<'b>) -> Result<Creation<'b>, Refusal> {
        let (mut case_type, mut case_name, mut owner_id) = (None, None, None);
        for child in &part.children {
            let field = match child.name() {
                "case_type" => &mut case_type,
                "case_name" => &mut case_name,
                "owner_id" => &mut owner_id,
                name => return Err(Kind::NotInCreate { name: name.to_owned() }.at(child.mark())),
            };
            *field = Some(text(*child)?);
        }
        let lacks = |name| Kind::CreateLacks { name }.at(part.mark);
        let case_type = case_type.ok_or_else(|| lacks("case_type"))?;
        let case_name = case_name.ok_or_else(|| lacks("case_name"))?;
        // An empty `owner_id` is an owner given, so `user_id` does not take its place.
        let owner = owner_id.or(self.user).filter(|owner| !owner.is_empty());
        let owner = owner.ok_or_else(|| Kind::NoOwner.at(part.mark))?;
        Ok(Creation {
            case_type: Some(Content::Text(case_type)),
            case_name: Some(Content::Text(case_name)),
            owner_id: Some(Content::Text(owner)),
            others: Vec::new(),
        })
    }

    fn links(&self, part: &Part<'b>) -> Result<Vec<Link<'b>>, Refusal> {
        part.children.iter().map(|child| self.link(*child)).collect()
    }

    fn link(&self, child: Child<'b>) -> Result<Link<'b>, Refusal> {
        let index = || child.name().to_owned();
        let relationship = match child.attribute_anywhere("relationship") {
            Some("") => return Err(Kind::RelationshipEmpty { index: index() }.at(child.mark())),
            None | Some("child") => Relationship::Child,
            Some("extension") => Relationship::Extension,
            Some(other) => Relationship::Other(other),
        };
        let target = text(child)?;
        if target == self.case_id {
            let case_id = self.case_id.to_owned();
            return Err(Kind::SelfIndex { index: index(), case_id }.at(child.mark()));
        }
        Ok(Link {
            name: child.name(),
            target: Some(target).filter(|target| !target.is_empty()),
            case_type: child.attribute_anywhere("case_type"),
            relationship,
            mark: child.mark(),
        })
    }
}

fn settings<'b>(part: &Part<'b>) -> Result<Vec<Setting<'b>>, Refusal> {
    // Made at once: a collection of what may fail begins small, and grows.
    let mut settings = Vec::with_capacity(part.children.len());
    for child in &part.children {
        let content = Content::Text(text(*child)?);
        settings.push(Setting { name: child.name(), content, mark: child.mark() });
    }
    Ok(settings)
}

fn file(child: Child<'_>) -> File<'_> {
    let attribute = |local| child.attribute_anywhere(local).filter(|text| !text.is_empty());
    File { name: child.name(), src: attribute("src"), from: attribute("from"), mark: child.mark() }
}

/// The text of a leaf, attributes ignored, trimmed as Java trims: of everything up to the space (1.10).
fn text(child: Child<'_>) -> Result<&str, Refusal> {
    match child.inside().nested() {
        None => Ok(trimmed(child.inside().leading_text())),
        Some(inner) => {
            let (name, inner_name) = (child.name().to_owned(), inner.name.local_name().to_owned());
            Err(Kind::Nested { name, inner: inner_name }.at(inner.mark))
        }
    }
}

fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [first, .., last] if *first > b' ' && *last > b' ' => text,
        _ => text.trim_matches(|c| c <= ' '),
    }
}

/// Stated for text directly in `case` (1.10); the same code reads the inside of every action.
fn refuse_loose(within: &str, text: Option<&str>, mark: Mark) -> Result<(), Refusal> {
    match text.filter(|text| !is_blank(text)) {
        None => Ok(()),
        Some(text) => {
            Err(Kind::LooseText { within: within.to_owned(), text: beginning(text.trim()) }.at(mark))
        }
    }
}
