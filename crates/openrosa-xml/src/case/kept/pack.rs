//! From a block to its fields and back.

use super::{
    Form, Names,
    fields::{Field, Kind, push},
};
use crate::{
    case::{
        Action, Attachment, Attachments, CaseBlock, Close, Create, Index, Indices, Property, Tag, Update,
        Value,
    },
    ns,
    position::Mark,
    time::Timestamp,
    xml::Name,
};

/// Whether a block is made of nothing but what has a [`Kind`].
pub(super) fn is_usual(block: &CaseBlock<'_>) -> bool {
    is_bare(&block.tag, "case") && block.actions.iter().all(is_usual_action)
}

fn is_usual_action(action: &Action<'_>) -> bool {
    let are_texts = |properties: &[Property<'_>]| properties.iter().all(|property| is_text(&property.value));
    match action {
        Action::Create(create) => is_bare(&create.tag, "create") && are_texts(&create.properties),
        Action::Update(update) => is_bare(&update.tag, "update") && are_texts(&update.properties),
        Action::Close(close) => is_bare(&close.tag, "close") && close.contents.is_empty(),
        Action::Index(index) => {
            is_bare(&index.tag, "index") && index.entries.iter().all(|entry| is_text(&entry.target))
        }
        Action::Attachment(files) => {
            is_bare(&files.tag, "attachment") && files.entries.iter().all(|entry| is_text(&entry.content))
        }
        Action::Other(_) => false,
    }
}

fn is_bare(tag: &Tag<'_>, local: &str) -> bool {
    tag.name.is(Some(ns::CASE), local) && tag.attributes.is_empty() && tag.text.is_none()
}

const fn is_text(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(_))
}

/// Packs a usual block.
pub(super) fn pack(block: &CaseBlock<'_>, names: &mut Names) -> Form {
    names.texts.clear();
    names.fields.clear();
    let mut pack = Pack { names };
    pack.optional(Kind::CaseId, block.case_id.as_deref());
    pack.optional(Kind::DateModified, block.date_modified.as_ref().map(Timestamp::as_str));
    pack.optional(Kind::UserId, block.user_id.as_deref());
    for action in &block.actions {
        pack.action(action);
    }
    Form::Packed { texts: names.texts.as_str().into(), fields: names.fields.as_slice().into() }
}

struct Pack<'n> {
    names: &'n mut Names,
}

impl Pack<'_> {
    fn action(&mut self, action: &Action<'_>) {
        match action {
            Action::Create(create) => self.properties(Kind::Create, &create.properties),
            Action::Update(update) => self.properties(Kind::Update, &update.properties),
            Action::Close(_) => self.push(Kind::Close, 0, ""),
            Action::Index(index) => {
                self.push(Kind::Index, 0, "");
                index.entries.iter().for_each(|entry| self.link(entry));
            }
            Action::Attachment(files) => {
                self.push(Kind::Attachment, 0, "");
                files.entries.iter().for_each(|entry| self.file(entry));
            }
            Action::Other(_) => {}
        }
    }

    fn properties(&mut self, kind: Kind, properties: &[Property<'_>]) {
        self.push(kind, 0, "");
        for property in properties {
            self.named(Kind::Property, &property.name, &property.value);
        }
    }

    fn link(&mut self, index: &Index<'_>) {
        self.named(Kind::Link, &index.name, &index.target);
        self.optional(Kind::CaseType, index.case_type.as_deref());
        self.optional(Kind::Relationship, index.relationship.as_deref());
    }

    fn file(&mut self, file: &Attachment<'_>) {
        self.named(Kind::File, &file.name, &file.content);
        self.optional(Kind::Src, file.src.as_deref());
        self.optional(Kind::From, file.from.as_deref());
        self.optional(Kind::FileName, file.file_name.as_deref());
    }

    fn named(&mut self, kind: Kind, name: &str, value: &Value<'_>) {
        let number = self.names.take_in(name);
        if let Value::Text(text) = value {
            self.push(kind, number, text);
        }
    }

    fn optional(&mut self, kind: Kind, text: Option<&str>) {
        if let Some(text) = text {
            self.push(kind, 0, text);
        }
    }

    fn push(&mut self, kind: Kind, number: u32, text: &str) {
        push(&mut self.names.fields, kind, number, text.len());
        self.names.texts.push_str(text);
    }
}

/// The block that was packed.
pub(super) fn unpack<'k>(fields: impl Iterator<Item = Field<'k>>, names: &'k Names) -> CaseBlock<'k> {
    let mut block = CaseBlock::bare(Name::in_namespace(ns::CASE, "case"));
    for Field { kind, number, text } in fields {
        match kind {
            Kind::CaseId => block.case_id = Some(text.into()),
            Kind::DateModified => block.date_modified = Some(Timestamp::new(text)),
            Kind::UserId => block.user_id = Some(text.into()),
            Kind::Create | Kind::Update | Kind::Close | Kind::Index | Kind::Attachment => {
                block.actions.extend(opened(kind));
            }
            inside => {
                if let Some(action) = block.actions.last_mut() {
                    put(action, inside, names.name(number), text);
                }
            }
        }
    }
    block
}

fn opened<'k>(kind: Kind) -> Option<Action<'k>> {
    let tag = |local| Tag::new(Name::in_namespace(ns::CASE, local));
    Some(match kind {
        Kind::Create => Action::Create(Create { tag: tag("create"), properties: Vec::new() }),
        Kind::Update => Action::Update(Update { tag: tag("update"), properties: Vec::new() }),
        Kind::Close => Action::Close(Close { tag: tag("close"), contents: Vec::new() }),
        Kind::Index => Action::Index(Indices { tag: tag("index"), entries: Vec::new() }),
        Kind::Attachment => Action::Attachment(Attachments { tag: tag("attachment"), entries: Vec::new() }),
        _ => return None,
    })
}

/// Puts a text where it was, which is in the last action, and there in the last entry.
fn put<'k>(action: &mut Action<'k>, kind: Kind, name: &'k str, text: &'k str) {
    let (value, mark) = (Value::Text(text.into()), Mark::none());
    match (action, kind) {
        (Action::Create(Create { properties, .. }) | Action::Update(Update { properties, .. }), _) => {
            properties.push(Property { name: name.into(), value, mark });
        }
        (Action::Index(index), Kind::Link) => {
            let (name, target) = (name.into(), value);
            index.entries.push(Index { name, case_type: None, relationship: None, target, mark });
        }
        (Action::Index(index), kind) => {
            let Some(entry) = index.entries.last_mut() else { return };
            match kind {
                Kind::CaseType => entry.case_type = Some(text.into()),
                _ => entry.relationship = Some(text.into()),
            }
        }
        (Action::Attachment(files), Kind::File) => {
            let (name, content) = (name.into(), value);
            files.entries.push(Attachment { name, src: None, from: None, file_name: None, content, mark });
        }
        (Action::Attachment(files), kind) => {
            let Some(entry) = files.entries.last_mut() else { return };
            match kind {
                Kind::Src => entry.src = Some(text.into()),
                Kind::From => entry.from = Some(text.into()),
                _ => entry.file_name = Some(text.into()),
            }
        }
        (Action::Close(_) | Action::Other(_), _) => {}
    }
}
