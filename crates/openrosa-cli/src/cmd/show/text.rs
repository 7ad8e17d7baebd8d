//! What is inside a file, for a person.

use std::fmt::Write;

use openrosa_xml::{
    Envelope,
    case::{Action, Attachment, Index, Property, Value},
    instance::Meta,
};

use super::{
    block::{Block, Form},
    document::{Document, trim},
    listing::{self, Listing, Section},
    notes::notes,
};
use crate::{
    input::Input,
    page::{NOTE, Page, TITLE, counted, escaped, grouped, seen},
};

/// The column of labels about the whole document.
const HEAD: usize = 9;
/// The column of action names.
const ACTION: usize = 10;

/// Everything worth seeing in a document.
pub(super) fn document(input: &Input, document: &Document<'_>, page: &Page) -> String {
    let mut text = Text { out: String::new(), page: *page };
    text.head(input, document);
    if let Some(meta) = document.instance.meta() {
        text.meta(meta);
    }
    for section in document.listing.iter().flat_map(Listing::sections) {
        text.section(&section);
    }
    text.blocks(document);
    for section in listing::ledgers(&document.instance) {
        text.section(&section);
    }
    text.notes(&notes(input, document));
    text.out
}

/// One block on its own; all but the first stand apart from what is above them.
pub(super) fn block(block: &Block<'_>, line: u64, page: &Page, is_first: bool) -> String {
    let mut text = Text { out: String::new(), page: *page };
    text.block(block, usize::try_from(line).unwrap_or(usize::MAX));
    if is_first { text.out.trim_start_matches('\n').to_owned() } else { text.out }
}

struct Text {
    out: String,
    page: Page,
}

impl Text {
    fn head(&mut self, input: &Input, document: &Document<'_>) {
        let root = document.instance.root();
        let (name, bytes) = (escaped(input.title()), grouped(input.bytes.len() as u64));
        let _ =
            writeln!(self.out, "{TITLE}{name}{TITLE:#} · {bytes} bytes · {TITLE}{}{TITLE:#}", document.kind);
        let namespace = root.name.namespace().map(|namespace| format!(", namespace {}", seen(namespace)));
        self.fact("root", &format!("{}{}", root.name.local_name(), namespace.unwrap_or_default()));
        if document.kind.is_form() {
            self.identity(document);
        }
        if let Some(envelope) = document.envelope() {
            self.messages(&envelope);
        }
        if let Some(listing) = &document.listing {
            self.fact("holds", &listing.summary());
        }
    }

    fn identity(&mut self, document: &Document<'_>) {
        let instance = &document.instance;
        let key = instance.form_key();
        if let Some(id) = key.id {
            let version = key.version.map(|version| format!(", version {}", seen(&version)));
            self.fact("form", &format!("{}{}", seen(&id), version.unwrap_or_default()));
        }
        if let Some(name) = instance.root().attribute("name") {
            self.fact("name", &seen(name));
        }
        if let Some(id) = instance.instance_id() {
            self.fact("instance", &seen(id.as_written()));
        }
        if let Some(id) = instance.deprecated_id() {
            self.fact("replaces", &seen(id.as_written()));
        }
    }

    fn messages(&mut self, envelope: &Envelope<'_>) {
        for message in envelope.messages() {
            let nature = message.nature.as_deref().map(|nature| format!(" (nature {})", seen(nature)));
            self.fact("message", &format!("{}{}", seen(trim(&message.text)), nature.unwrap_or_default()));
        }
    }

    fn fact(&mut self, label: &str, value: &str) {
        self.page.row(&mut self.out, 2, (label, HEAD), value);
    }

    fn title(&mut self, title: &str, aside: &str) {
        let _ = writeln!(self.out);
        self.page.wrapped(&mut self.out, "", "  ", &format!("{TITLE}{title}{TITLE:#}{aside}"));
    }

    fn meta(&mut self, meta: &Meta<'_>) {
        let namespace = meta.name.namespace().map_or("in no namespace".into(), seen);
        self.title("Metadata", &format!(" · {namespace}"));
        let names = meta.fields.iter().map(|field| field.name.local_name().chars().count());
        let column = names.max().unwrap_or(0).clamp(HEAD, 24);
        for field in &meta.fields {
            self.page.row(&mut self.out, 2, (field.name.local_name(), column), &value(&field.value));
        }
    }

    fn section(&mut self, section: &Section) {
        self.title(&section.title, "");
        for (label, value) in &section.rows {
            self.row(label, value);
        }
    }

    fn blocks(&mut self, document: &Document<'_>) {
        if document.blocks.len() > 1 {
            self.title(&counted(document.blocks.len(), "case block"), "");
        }
        for block in &document.blocks {
            self.block(block, document.line(block.block.tag.mark));
        }
    }

    fn block(&mut self, block: &Block<'_>, line: usize) {
        let id = block.case_id().map_or("without an id".into(), |id| seen(&id).into_owned());
        let form = match block.form {
            Form::V2 => "",
            Form::Unqualified => " · outside the Case XML 2.0 namespace",
            Form::Legacy => " · Case XML 1.0",
        };
        self.title(&format!("Case {id}"), form);
        self.row("where", &format!("line {}, {}", grouped(line as u64), block.path));
        if let Some(date) = block.date_modified() {
            self.row("modified", &seen(&date));
        }
        if let Some(user) = block.user_id() {
            self.row("by", &seen(&user));
        }
        for action in block.actions() {
            self.action(action);
        }
        if block.actions().next().is_none() {
            self.row("actions", "none");
        }
    }

    /// The lines of one action; its name stands beside the first.
    fn action(&mut self, action: &Action<'_>) {
        let mut lines = match action {
            Action::Create(create) => create.properties.iter().map(assignment).collect(),
            Action::Update(update) => update.properties.iter().map(assignment).collect(),
            Action::Index(index) => index.entries.iter().map(link).collect(),
            Action::Attachment(attachment) => attachment.entries.iter().map(file).collect(),
            Action::Close(_) => vec!["the case is closed".to_owned()],
            Action::Other(element) => vec![content(element)],
            _ => Vec::new(),
        };
        if lines.is_empty() {
            lines.push("(nothing inside)".to_owned());
        }
        let mut name = action.name().local_name();
        for line in lines {
            self.row(name, &line);
            name = "";
        }
    }

    fn row(&mut self, label: &str, value: &str) {
        self.page.row(&mut self.out, 2, (label, ACTION), value);
    }

    fn notes(&mut self, notes: &[String]) {
        if notes.is_empty() {
            return;
        }
        self.title("Worth knowing", "");
        for note in notes {
            self.page.wrapped(&mut self.out, &format!("  {NOTE}-{NOTE:#} "), "    ", note);
        }
    }
}

fn assignment(property: &Property<'_>) -> String {
    format!("{} = {}", property.name, value(&property.value))
}

fn value(value: &Value<'_>) -> String {
    match value {
        Value::Text(text) => seen(text).into_owned(),
        Value::Element(element) => content(element),
    }
}

/// An element that is more than text: its attributes, its text, and how much there is inside.
fn content(element: &openrosa_xml::xml::Element<'_>) -> String {
    let attribute = |attribute: &openrosa_xml::xml::Attribute<'_>| {
        format!("@{}={}", attribute.name.local_name(), seen(&attribute.value))
    };
    let mut parts: Vec<_> = element.attributes.iter().map(attribute).collect();
    let text = element.text();
    let inside: Vec<_> = element.elements().map(|inside| inside.name.local_name()).collect();
    if !inside.is_empty() {
        parts.push(format!("holds {}", seen(&inside.join(", "))));
    }
    if inside.is_empty() || !trim(&text).is_empty() {
        parts.insert(0, seen(&text).into_owned());
    }
    parts.join(" ")
}

fn link(index: &Index<'_>) -> String {
    let target = index.target.text();
    if target.is_empty() {
        return format!("{} → removed", index.name);
    }
    let case_type = index.case_type.as_deref().map(seen).unwrap_or("a case of unnamed type".into());
    let relationship = index.relationship.as_deref().map_or("child by default".into(), seen);
    format!("{} → {case_type} {} ({relationship})", index.name, seen(&target))
}

fn file(attachment: &Attachment<'_>) -> String {
    if attachment.is_removal() {
        return format!("{} → removed", attachment.name);
    }
    let from = attachment.from.as_deref().map(|from| format!(" ({})", seen(from))).unwrap_or_default();
    let inline = attachment.content.text().len() as u64;
    let source = match (&attachment.src, inline) {
        (Some(src), _) => seen(src).into_owned(),
        (None, 0) => "no source".to_owned(),
        (None, inline) => format!("{} characters of base64", grouped(inline)),
    };
    format!("{} ← {source}{from}", attachment.name)
}
