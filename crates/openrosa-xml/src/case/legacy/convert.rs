//! Case XML 1.0 becomes 2.0 (case-xml.md 2).

use std::fmt;

use super::LegacyCase;
use crate::{
    case::{Action, CaseBlock, Close, Create, Property, Tag, Update, Value},
    ns,
    text::Text,
    time::Timestamp,
    xml::{Element, Name, chars::is_blank},
};

/// A block of Case XML 2.0 and what had no place in it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Conversion<'a> {
    /// The block. It says no more than the old one did: where that lacked an id or a date, this lacks it too.
    pub block: CaseBlock<'a>,
    /// What was left out of it, in document order.
    pub left_out: Vec<LeftOut<'a>>,
}

/// An element that could not be converted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LeftOut<'a> {
    /// The element as it was.
    pub element: Element<'a>,
    /// Why it was left out.
    pub reason: LeftOutReason,
}

/// Why an element was left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum LeftOutReason {
    /// A referral, of which Case XML 2.0 knows nothing.
    Referral,
    /// A child of `case` that neither version knows.
    InCase,
    /// A child of `create` that neither version knows.
    InCreate,
    /// A second id, date or user, other than the first.
    Second,
}

impl fmt::Display for LeftOut<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.element.name.local_name();
        match self.reason {
            LeftOutReason::Referral => write!(f, "`{name}` is nothing that Case XML 2.0 knows"),
            LeftOutReason::InCase => write!(f, "`{name}` is no part of a `case`"),
            LeftOutReason::InCreate => write!(f, "`{name}` is no part of a `create`"),
            LeftOutReason::Second => write!(f, "`{name}` says something else than the one before"),
        }
    }
}

impl LeftOut<'_> {
    /// The same, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> LeftOut<'static> {
        LeftOut { element: self.element.into_owned(), reason: self.reason }
    }
}

impl<'a> LegacyCase<'a> {
    /// The block as Case XML 2.0 says it, and what that cannot say.
    ///
    /// `case_type_id` is `case_type` now; `external_id` of the `create` and `owner_id` of the `update` change places, since
    /// a device takes the first only in an `update` and wants the second in a `create`. The user is that of the block, or
    /// lacking one that of the `create`.
    #[must_use]
    pub fn into_v2(self) -> Conversion<'a> {
        let mut element = self.element;
        let mut work = Work::new(&element);
        let children = element.take_elements();
        work.block.tag = tag(&mut element, "case", children.is_empty());
        work.block
            .tag
            .attributes
            .retain(|attribute| !ATTRIBUTES.iter().any(|name| attribute.name.is(None, name)));
        for child in children {
            work.child(child);
        }
        work.done()
    }
}

/// What the old version says in elements. Attributes of these names would be taken for it now.
const ATTRIBUTES: [&str; 3] = ["case_id", "date_modified", "user_id"];

/// An attribute of the new block.
type Place<'a> = for<'s> fn(&'s mut CaseBlock<'a>) -> &'s mut Option<Text<'a>>;

/// A conversion under way.
struct Work<'a> {
    /// The namespace of the old block, whose elements move to the new one.
    old: Option<String>,
    block: CaseBlock<'a>,
    /// The properties of a `create` that belong into an `update`.
    moved: Vec<Property<'a>>,
    /// The user named in a `create`.
    creator: Option<Element<'a>>,
    left_out: Vec<LeftOut<'a>>,
}

impl<'a> Work<'a> {
    fn new(element: &Element<'a>) -> Self {
        Self {
            old: element.name.namespace().map(str::to_owned),
            block: CaseBlock::bare(v2("case")),
            moved: Vec::new(),
            creator: None,
            left_out: Vec::new(),
        }
    }

    fn child(&mut self, child: Element<'a>) {
        match child.name.local_name() {
            "case_id" => self.only(child, |block| &mut block.case_id),
            "user_id" => self.only(child, |block| &mut block.user_id),
            "date_modified" => self.date_modified(child),
            "create" => self.create(child),
            "update" => self.update(child),
            "close" => self.close(child),
            "referral" => self.leave_out(child, LeftOutReason::Referral),
            _ => self.leave_out(child, LeftOutReason::InCase),
        }
    }

    /// Takes the text of an element that should stand there once.
    fn only(&mut self, child: Element<'a>, place: Place<'a>) {
        let place = place(&mut self.block);
        match place {
            None => *place = Some(text_of(child)),
            Some(first) if *first == child.text() => {}
            Some(_) => self.leave_out(child, LeftOutReason::Second),
        }
    }

    fn date_modified(&mut self, child: Element<'a>) {
        match &self.block.date_modified {
            None => self.block.date_modified = Some(Timestamp::new(text_of(child))),
            Some(first) if first.as_str() == child.text() => {}
            Some(_) => self.leave_out(child, LeftOutReason::Second),
        }
    }

    fn create(&mut self, mut element: Element<'a>) {
        let children = element.take_elements();
        let tag = tag(&mut element, "create", children.is_empty());
        let mut properties = Vec::new();
        for child in children {
            match child.name.local_name() {
                "case_type_id" => properties.push(self.property(child, Some("case_type"))),
                "case_name" | "owner_id" => properties.push(self.property(child, None)),
                "external_id" => {
                    let property = self.property(child, None);
                    self.moved.push(property);
                }
                "user_id" if self.creator.is_none() => self.creator = Some(child),
                _ => self.leave_out(child, LeftOutReason::InCreate),
            }
        }
        self.block.actions.push(Action::Create(Create { tag, properties }));
    }

    fn update(&mut self, mut element: Element<'a>) {
        let children = element.take_elements();
        let tag = tag(&mut element, "update", children.is_empty());
        let properties = children.into_iter().map(|child| {
            let name = (child.name.local_name() == "case_type_id").then_some("case_type");
            self.property(child, name)
        });
        let properties = properties.collect();
        self.block.actions.push(Action::Update(Update { tag, properties }));
    }

    fn close(&mut self, mut element: Element<'a>) {
        let contents = element.take_elements();
        let tag = tag(&mut element, "close", contents.is_empty());
        let contents = contents.into_iter().map(|child| self.moved_over(child)).collect();
        self.block.actions.push(Action::Close(Close { tag, contents }));
    }

    fn leave_out(&mut self, element: Element<'a>, reason: LeftOutReason) {
        self.left_out.push(LeftOut { element, reason });
    }

    fn property(&self, element: Element<'a>, name: Option<&'static str>) -> Property<'a> {
        let mut element = self.moved_over(element);
        if let Some(name) = name {
            element.name = element.name.sibling(name);
        }
        property(element, Some(ns::CASE))
    }

    /// The element in the namespace of Case XML 2.0 wherever it was in that of the old block.
    fn moved_over(&self, element: Element<'a>) -> Element<'a> {
        element.with_names(&|name| match name.namespace() == self.old.as_deref() {
            true => Name::in_namespace(ns::CASE, name.take_local()),
            false => name,
        })
    }

    fn done(mut self) -> Conversion<'a> {
        self.place_owner();
        self.place_moved();
        if let Some(creator) = self.creator.take() {
            self.only(creator, |block| &mut block.user_id);
        }
        self.left_out.sort_by_key(|left_out| left_out.element.mark.span().map(|span| span.start));
        Conversion { block: self.block, left_out: self.left_out }
    }

    /// The owner that an `update` gives to a case that is being created is given in the `create`.
    fn place_owner(&mut self) {
        let Some(owner) = self.take_owner() else { return };
        if let Some(create) = self.block.actions.iter_mut().find_map(as_create) {
            create.properties.push(owner);
        }
        self.block.actions.retain(|action| !matches!(action, Action::Update(update) if is_empty(update)));
    }

    /// Takes the owner out of the first `update`, if there is a `create` that lacks one. The last of several counts, and
    /// the others with it are gone.
    fn take_owner(&mut self) -> Option<Property<'a>> {
        let is_owner = |property: &Property<'_>| property.name == "owner_id";
        let actions = &mut self.block.actions;
        if actions.iter_mut().find_map(as_create)?.properties.iter().any(is_owner) {
            return None;
        }
        let properties = &mut actions.iter_mut().find_map(as_update)?.properties;
        let owner = properties.iter().rposition(is_owner).map(|at| properties.remove(at));
        properties.retain(|property| !is_owner(property));
        owner
    }

    fn place_moved(&mut self) {
        let moved = std::mem::take(&mut self.moved);
        if moved.is_empty() {
            return;
        }
        let actions = &mut self.block.actions;
        if let Some(update) = actions.iter_mut().find_map(as_update) {
            update.properties.splice(0..0, moved);
            return;
        }
        let create = actions.iter().position(|action| matches!(action, Action::Create(_)));
        let update = Update { tag: Tag::new(v2("update")), properties: moved };
        actions.insert(create.map_or(0, |at| at + 1), Action::Update(update));
    }
}

const fn as_create<'s, 'a>(action: &'s mut Action<'a>) -> Option<&'s mut Create<'a>> {
    if let Action::Create(create) = action { Some(create) } else { None }
}

const fn as_update<'s, 'a>(action: &'s mut Action<'a>) -> Option<&'s mut Update<'a>> {
    if let Action::Update(update) = action { Some(update) } else { None }
}

/// Whether an `update` says nothing, not even to CommCare HQ.
const fn is_empty(update: &Update<'_>) -> bool {
    update.properties.is_empty() && update.tag.text.is_none()
}

fn v2(local: &'static str) -> Name<'static> {
    Name::in_namespace(ns::CASE, local)
}

/// What an element of the new block has in common with the old one, whose child elements have been taken out.
fn tag<'a>(element: &mut Element<'a>, local: &'static str, childless: bool) -> Tag<'a> {
    let text = element.take_only_text().unwrap_or_default();
    let mut tag = Tag::new(v2(local));
    tag.attributes = std::mem::take(&mut element.attributes);
    tag.text = Some(text).filter(|text| !text.is_empty() && (childless || !is_blank(text))).map(Text::from);
    tag.mark = element.mark;
    tag
}

/// The children of an action of the old block.
pub(super) fn properties<'a>(action: &Element<'a>) -> Vec<Property<'a>> {
    action.elements().map(|child| property(child.clone(), action.name.namespace())).collect()
}

fn property<'a>(mut element: Element<'a>, around: Option<&str>) -> Property<'a> {
    let (name, mark) = (element.name.local_text(), element.mark);
    let plain = element.attributes.is_empty() && element.name.namespace() == around;
    let text = if plain { element.take_only_text() } else { None }.map(Text::from);
    Property { name, value: text.map_or_else(|| Value::Element(Box::new(element)), Value::Text), mark }
}

fn text_of(mut element: Element<'_>) -> Text<'_> {
    element.take_only_text().map_or_else(|| element.text().into_owned().into(), Text::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The block written, and what was left out, a line each.
    fn converted(inside: &str) -> String {
        let source = format!("<f:case xmlns:f='urn:form' xmlns='urn:form'>{inside}</f:case>");
        let conversion = LegacyCase::read(&source).unwrap().into_v2();
        let written = conversion.block.write().unwrap();
        assert_eq!(CaseBlock::read(&written).unwrap(), conversion.block, "{written}");
        let left_out = conversion.left_out.iter().map(|left_out| format!("\n{left_out}"));
        let written = written.replace(" xmlns=\"http://commcarehq.org/case/transaction/v2\"", "");
        written + &left_out.collect::<String>()
    }

    /// C-118: everything goes where case-xml.md 2 has it.
    #[test]
    fn a_block_that_says_all_it_can() {
        insta::assert_snapshot!(converted(
            "<case_id>C</case_id><date_modified>2011-02-17T18:05:53</date_modified>
             <create><case_type_id>t</case_type_id><user_id>U</user_id><case_name>n</case_name><external_id>X</external_id></create>
             <update><owner_id>O</owner_id><date_opened>2011-02-11</date_opened><a>1</a></update><close/>"
        ), @r#"<case case_id="C" date_modified="2011-02-17T18:05:53" user_id="U"><create><case_type>t</case_type><case_name>n</case_name><owner_id>O</owner_id></create><update><external_id>X</external_id><date_opened>2011-02-11</date_opened><a>1</a></update><close/></case>"#);
    }

    /// C-118: an update keeps what it says, and a type under its new name.
    #[test]
    fn an_update_without_a_create_keeps_its_owner() {
        insta::assert_snapshot!(converted(
            "<case_id>C</case_id><user_id>U</user_id><update><case_type_id>t</case_type_id><owner_id>O</owner_id></update>"
        ), @r#"<case case_id="C" user_id="U"><update><case_type>t</case_type><owner_id>O</owner_id></update></case>"#);
    }

    #[test]
    fn what_moves_makes_room_for_itself() {
        insta::assert_snapshot!(converted("<create><external_id>X</external_id></create><close/>"), @r#"<case><create/><update><external_id>X</external_id></update><close/></case>"#);
        insta::assert_snapshot!(converted("<create/><update><owner_id>1</owner_id><owner_id>2</owner_id></update>"), @r#"<case><create><owner_id>2</owner_id></create></case>"#);
    }

    /// C-118: a referral cannot be converted, and is told.
    #[test]
    fn what_has_no_place_is_told() {
        insta::assert_snapshot!(converted(
            "<referral><referral_id>R</referral_id></referral><case_id>C</case_id><case_id>D</case_id><user_id>U</user_id>
             <create><user_id>V</user_id><village>v</village></create><index/><date_modified>1</date_modified>
             <date_modified>2</date_modified>"
        ), @r#"
        <case case_id="C" date_modified="1" user_id="U"><create/></case>
        `referral` is nothing that Case XML 2.0 knows
        `case_id` says something else than the one before
        `user_id` says something else than the one before
        `village` is no part of a `create`
        `index` is no part of a `case`
        `date_modified` says something else than the one before
        "#);
    }

    #[test]
    fn what_is_more_than_text_stays_so_in_the_new_namespace() {
        insta::assert_snapshot!(converted(
            "<update>loose<a x='1'>1</a><b><c xmlns='urn:other'/><d/></b><e xmlns='urn:other'>2</e></update><close> <x/></close>"
        ), @r#"<case><update>loose<a x="1">1</a><b><c xmlns="urn:other"/><d/></b><e xmlns="urn:other">2</e></update><close><x/></close></case>"#);
    }

    #[test]
    fn marks_lead_to_the_old_block() {
        let source = "<case><update><a>1</a></update><referral/></case>";
        let conversion = LegacyCase::read(source).unwrap().into_v2();
        let text = |mark: crate::Mark| {
            let span = mark.span().unwrap();
            &source[span.start as usize..span.end as usize]
        };
        assert_eq!(text(conversion.block.update().unwrap().properties[0].mark), "<a>1</a>");
        assert_eq!(text(conversion.block.tag.mark), source);
        assert_eq!(text(conversion.left_out[0].element.mark), "<referral/>");
        assert_eq!(conversion.left_out[0].clone().into_owned(), conversion.left_out[0]);
    }
}
