//! A case block of either version, as it is shown.

use std::borrow::Cow;

use openrosa_xml::{
    case::{Action, Attachment, CaseBlock, Index, Property},
    instance::FoundCase,
    xml::Element,
};

/// How a block says which case it is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// Case XML 2.0: by its attribute, in its own namespace.
    V2,
    /// By the same attribute, in some other namespace.
    Unqualified,
    /// Case XML 1.0: by a child element, in some other namespace.
    Legacy,
}

/// A case block and where it stands.
pub(super) struct Block<'a> {
    pub(super) block: CaseBlock<'a>,
    pub(super) form: Form,
    pub(super) in_device_report: bool,
    /// Such as `/data[1]/child[3]/case[1]`.
    pub(super) path: String,
}

impl<'a> Block<'a> {
    pub(super) fn new(block: CaseBlock<'a>, form: Form, in_device_report: bool) -> Self {
        Self { block, form, in_device_report, path: String::new() }
    }

    pub(super) fn found(found: &FoundCase<'a>) -> Self {
        let form = if found.block.is_v2() { Form::V2 } else { Form::Unqualified };
        Self::new(found.block.clone(), form, found.in_device_report)
    }

    pub(super) fn offset(&self) -> u64 {
        self.block.tag.mark.span().map_or(0, |span| span.start)
    }

    pub(super) fn case_id(&self) -> Option<Cow<'_, str>> {
        self.head("case_id", self.block.case_id.as_deref())
    }

    pub(super) fn user_id(&self) -> Option<Cow<'_, str>> {
        self.head("user_id", self.block.user_id.as_deref())
    }

    pub(super) fn date_modified(&self) -> Option<Cow<'_, str>> {
        self.head("date_modified", self.block.date_modified.as_ref().map(|date| date.as_str()))
    }

    /// What a block says about itself: in an attribute, in the legacy version in a child element.
    fn head<'s>(&'s self, local: &str, attribute: Option<&'s str>) -> Option<Cow<'s, str>> {
        match self.form {
            Form::V2 | Form::Unqualified => attribute.map(Cow::Borrowed),
            Form::Legacy => self.child(local).map(Element::text),
        }
    }

    fn child(&self, local: &str) -> Option<&Element<'a>> {
        self.block.actions.iter().find_map(|action| match action {
            Action::Other(element) if element.name.local_name() == local => Some(element),
            _ => None,
        })
    }

    /// What the block does, in document order; the head of a legacy block left out.
    pub(super) fn actions(&self) -> impl Iterator<Item = &Action<'a>> {
        let is_head = |local: &str| {
            self.form == Form::Legacy && matches!(local, "case_id" | "user_id" | "date_modified")
        };
        self.block.actions.iter().filter(move |action| !is_head(action.name().local_name()))
    }

    /// The children of every `create`, and whether there is one at all.
    pub(super) fn created(&self) -> Option<Vec<&Property<'a>>> {
        gathered(self.actions(), |action| match action {
            Action::Create(create) => Some(&create.properties),
            _ => None,
        })
    }

    /// The children of every `update`, and whether there is one at all.
    pub(super) fn updated(&self) -> Option<Vec<&Property<'a>>> {
        gathered(self.actions(), |action| match action {
            Action::Update(update) => Some(&update.properties),
            _ => None,
        })
    }

    /// The children of every `index`, and whether there is one at all.
    pub(super) fn indices(&self) -> Option<Vec<&Index<'a>>> {
        gathered(self.actions(), |action| match action {
            Action::Index(index) => Some(&index.entries),
            _ => None,
        })
    }

    /// The children of every `attachment`, and whether there is one at all.
    pub(super) fn attachments(&self) -> Option<Vec<&Attachment<'a>>> {
        gathered(self.actions(), |action| match action {
            Action::Attachment(attachment) => Some(&attachment.entries),
            _ => None,
        })
    }

    /// The `referral` elements of the legacy version.
    pub(super) fn referrals(&self) -> Vec<&Element<'a>> {
        let others = self.block.actions.iter().filter_map(|action| match action {
            Action::Other(element) => Some(element),
            _ => None,
        });
        others.filter(|element| element.name.local_name() == "referral").collect()
    }
}

fn gathered<'b, A: 'b, T: 'b>(
    actions: impl Iterator<Item = &'b A>,
    entries: impl Fn(&'b A) -> Option<&'b Vec<T>>,
) -> Option<Vec<&'b T>> {
    let mut found = actions.filter_map(entries).peekable();
    found.peek()?;
    Some(found.flatten().collect())
}
