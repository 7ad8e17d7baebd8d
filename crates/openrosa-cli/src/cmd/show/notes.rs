//! Facts about a document that are easily overlooked. Whether they are mistakes is for checks to say.

use openrosa_xml::{
    Mark, Timestamp,
    case::{Action, Value},
};

use super::{
    block::{Block, Form},
    document::{Document, trim},
    kind::Kind,
};
use crate::{
    input::Input,
    page::{counted, seen},
};

/// More notes than a person would read are counted instead.
const MOST: usize = 40;

/// What is worth knowing about a document, each with its line where it has one.
pub(super) fn notes(input: &Input, document: &Document<'_>) -> Vec<String> {
    let mut notes = Notes { document, notes: Vec::new(), more: 0 };
    notes.about_the_file(input);
    if document.kind.is_form() {
        notes.about_the_form();
    }
    for block in &document.blocks {
        notes.about_block(block);
    }
    if notes.more > 0 {
        notes.notes.push(format!("and {}", counted(notes.more, "more note")));
    }
    notes.notes
}

struct Notes<'d, 'a> {
    document: &'d Document<'a>,
    notes: Vec<String>,
    more: usize,
}

impl Notes<'_, '_> {
    fn say(&mut self, note: impl Into<String>) {
        if self.notes.len() < MOST {
            self.notes.push(note.into());
        } else {
            self.more += 1;
        }
    }

    fn say_at(&mut self, mark: Mark, note: &str) {
        let line = self.document.line(mark);
        self.say(format!("line {line}: {note}"));
    }

    fn about_the_file(&mut self, input: &Input) {
        if input.has_bom() {
            self.say("the file begins with a byte order mark");
        }
        let encoding = self.document.declaration.as_ref().and_then(|declaration| declaration.encoding);
        if let Some(encoding) = encoding.filter(|encoding| !encoding.eq_ignore_ascii_case("utf-8")) {
            self.say(format!("the declared encoding is {}", seen(encoding)));
        }
        if self.document.no_blocks > 0 && self.document.kind != Kind::BlankForm {
            let elements = counted(self.document.no_blocks, "element");
            self.say(format!("{elements} called `case` without a `case_id`: no case block"));
        }
    }

    fn about_the_form(&mut self) {
        let instance = &self.document.instance;
        if instance.meta().is_none() {
            self.say("the root has no child `meta`");
        }
        match instance.instance_id() {
            None => self.say("there is no instance id: a resend cannot be told from a second form"),
            Some(id) if id.trimmed().is_empty() => self.say("the instance id is blank"),
            Some(id) if id.trimmed() != id.as_written() => {
                self.say("the instance id has white space around it")
            }
            Some(_) => {}
        }
        if self.document.meta_paths.len() > 1 {
            let count = counted(self.document.meta_paths.len(), "element");
            self.say(format!("{count} called `meta`; the first child of the root counts"));
        }
        if instance.form_key().id.is_none() {
            self.say("the root has neither a namespace nor an `id`: nothing says which form this is");
        }
    }

    fn about_block(&mut self, block: &Block<'_>) {
        let mark = block.block.tag.mark;
        if block.in_device_report {
            self.say_at(mark, "the block is inside a device log, where it changes no case");
        }
        self.about_the_head(block);
        self.about_repeats(block);
        for action in block.actions() {
            self.about_action(action, block);
        }
    }

    fn about_the_head(&mut self, block: &Block<'_>) {
        let mark = block.block.tag.mark;
        match block.case_id() {
            None => self.say_at(mark, "the block has no `case_id`"),
            Some(id) if trim(&id).is_empty() => self.say_at(mark, "the `case_id` is blank"),
            Some(_) => {}
        }
        match block
            .date_modified()
            .map(|date| Timestamp::new(date).moment().map_err(|error| error.to_string()))
        {
            None => self.say_at(mark, "the block has no `date_modified`"),
            Some(Err(error)) => self.say_at(mark, &format!("`date_modified`: {error}")),
            Some(Ok(_)) => {}
        }
        if block.user_id().is_none() && block.form == Form::V2 {
            self.say_at(mark, "the block has no `user_id`");
        }
    }

    /// CommCare HQ takes one of each kind and drops several without a word (case-xml.md 1.3).
    fn about_repeats(&mut self, block: &Block<'_>) {
        for name in ["create", "update", "index", "attachment"] {
            let count = block.actions().filter(|action| action.name().local_name() == name).count();
            if count > 1 {
                let note =
                    format!("the block has {count} `{name}` elements; CommCare HQ applies none of them");
                self.say_at(block.block.tag.mark, &note);
            }
        }
    }

    fn about_action(&mut self, action: &Action<'_>, block: &Block<'_>) {
        let name = action.name().local_name();
        match action {
            Action::Create(create) => {
                self.about_create(create.tag.mark, |wanted| create.property(wanted).is_some(), block.form);
                self.about_properties(&create.properties);
            }
            Action::Update(update) => self.about_properties(&update.properties),
            Action::Index(index) => self.about_links(&index.entries, block),
            Action::Other(element) if block.form != Form::Legacy => {
                self.say_at(element.mark, &format!("`{name}` is no action of a case block"));
            }
            _ => {}
        }
        if !matches!(action, Action::Other(_)) && name != name.to_ascii_lowercase() {
            self.say_at(
                mark_of(action),
                &format!("`{name}` is an action for the device, not for CommCare HQ"),
            );
        }
    }

    fn about_create(&mut self, mark: Mark, has: impl Fn(&str) -> bool, form: Form) {
        let wanted = if form == Form::Legacy { "case_type_id" } else { "case_type" };
        for wanted in [wanted, "case_name"] {
            if !has(wanted) {
                self.say_at(mark, &format!("`create` names no `{wanted}`"));
            }
        }
    }

    fn about_properties(&mut self, properties: &[openrosa_xml::case::Property<'_>]) {
        for property in properties {
            if matches!(property.value, Value::Element(_)) {
                let note = format!("`{}` is more than text, on which readers disagree", property.name);
                self.say_at(property.mark, &note);
            }
        }
    }

    fn about_links(&mut self, links: &[openrosa_xml::case::Index<'_>], block: &Block<'_>) {
        let id = block.case_id();
        for link in links {
            let target = link.target.text();
            if !target.is_empty() && Some(&target) == id.as_ref() {
                self.say_at(link.mark, &format!("the case names itself in `{}`", link.name));
            }
            if link.case_type.is_none() {
                self.say_at(link.mark, &format!("the index `{}` has no `case_type`", link.name));
            }
        }
    }
}

fn mark_of(action: &Action<'_>) -> Mark {
    match action {
        Action::Create(create) => create.tag.mark,
        Action::Update(update) => update.tag.mark,
        Action::Close(close) => close.tag.mark,
        Action::Index(index) => index.tag.mark,
        Action::Attachment(attachment) => attachment.tag.mark,
        Action::Other(element) => element.mark,
        _ => Mark::none(),
    }
}
