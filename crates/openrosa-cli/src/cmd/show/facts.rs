//! What is inside a file, for a machine: one JSON document a file.
//!
//! Names and shapes are those of the facts files of the project's corpus. `null` means absent and `""` present and empty;
//! texts are as written, with a twin trimmed of XML white space where that differs.

use openrosa_xml::{
    ReadError, ReadErrorKind,
    case::{Action, Attachment, Index, Property, Value},
    instance::{Meta, Root},
    xml::{Attribute, Element, Name},
};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value as Json, json};

mod stock;

use stock::ledgers;

use super::{
    block::{Block, Form},
    document::{Declaration, Document, trimmed},
    listing::Listing,
};
use crate::input::Input;
use crate::page::inert;

/// One line of output.
pub(super) fn line(facts: &impl Serialize) -> String {
    let json = serde_json::to_string(facts).expect("facts have text for keys and nothing that JSON lacks");
    format!("{}\n", inert(&json))
}

/// What a well-formed document holds.
#[derive(Serialize)]
pub(super) struct Readable<'d> {
    file: &'d str,
    kind: String,
    bytes: usize,
    sha256: String,
    bom: bool,
    wellformed: bool,
    declaration: Json,
    doctype: bool,
    elements: u64,
    root: Json,
    meta: Option<Map<String, Json>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    meta_trimmed: Map<String, Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta_info: Option<Json>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    meta_paths: &'d [String],
    cases: Vec<Case<'d>>,
    ledgers: Vec<Json>,
    #[serde(skip_serializing_if = "is_zero")]
    case_elements_that_are_no_case: u64,
    /// What is listed, under a name that says what that is.
    #[serde(flatten)]
    listing: Map<String, Json>,
}

impl<'d> Readable<'d> {
    pub(super) fn of(input: &'d Input, document: &'d Document<'_>) -> Self {
        let meta = document.instance.meta();
        Self {
            file: &input.name,
            kind: document.kind.to_string(),
            bytes: input.bytes.len(),
            sha256: input.sha256(),
            bom: input.has_bom(),
            wellformed: true,
            declaration: declaration(document.declaration.as_ref()),
            // A document type declaration is refused, so what is readable has none.
            doctype: false,
            elements: document.elements,
            root: root(document.instance.root()),
            meta: meta.map(meta_fields),
            meta_trimmed: meta.map(meta_trimmed).unwrap_or_default(),
            meta_info: meta.map(|meta| meta_info(meta, document)),
            meta_paths: if document.meta_paths.len() > 1 { &document.meta_paths } else { &[] },
            cases: document.blocks.iter().map(Case::of).collect(),
            ledgers: ledgers(document),
            case_elements_that_are_no_case: document.no_blocks,
            listing: document.listing.iter().map(listed_facts).collect(),
        }
    }
}

fn listed_facts(listing: &Listing<'_>) -> (String, Json) {
    let (name, facts) = listing.facts();
    (name.to_owned(), facts)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What is known of a document that could not be read.
#[derive(Serialize)]
pub(super) struct Unreadable<'d> {
    file: &'d str,
    bytes: usize,
    sha256: String,
    bom: bool,
    /// `null` where we stopped for a reason of our own, such as a limit or a document type declaration.
    wellformed: Option<bool>,
    error: String,
    position: Json,
    inside: &'d [String],
}

impl<'d> Unreadable<'d> {
    pub(super) fn of(input: &'d Input, error: &'d ReadError) -> Self {
        let at = error.position();
        Self {
            file: &input.name,
            bytes: input.bytes.len(),
            sha256: input.sha256(),
            bom: input.has_bom(),
            wellformed: is_about_the_document(error.kind()).then_some(false),
            error: error.to_string(),
            position: json!({ "line": at.line, "column": at.column, "offset": at.offset }),
            inside: error.inside(),
        }
    }
}

fn is_about_the_document(kind: &ReadErrorKind) -> bool {
    use ReadErrorKind::{Doctype, Limit, UnknownEncoding};
    !matches!(kind, Doctype | Limit { .. } | UnknownEncoding { .. })
}

/// What stands in the declaration, or what its absence means: XML 1.0 in UTF-8.
fn declaration(declaration: Option<&Declaration<'_>>) -> Json {
    json!({
        "version": declaration.map_or("1.0", |declaration| declaration.version),
        "encoding": declaration.and_then(|declaration| declaration.encoding).unwrap_or("UTF-8"),
        "standalone": declaration.map(|declaration| declaration.standalone),
    })
}

fn root(root: &Root<'_>) -> Json {
    root_of(&root.name, &root.attributes)
}

/// A root by its name and attributes.
pub(super) fn root_of(name: &Name<'_>, all: &[Attribute<'_>]) -> Json {
    let attribute =
        |local| all.iter().find(|attribute| attribute.name.is(None, local)).map(|attribute| &attribute.value);
    json!({
        "local": name.local_name(),
        "xmlns": name.namespace(),
        "name": attribute("name"),
        "version": attribute("version"),
        "uiVersion": attribute("uiVersion"),
        "id": attribute("id"),
        "attrs": attributes(all),
    })
}

fn attributes(attributes: &[Attribute<'_>]) -> Json {
    attributes.iter().map(|attribute| json!([expanded(&attribute.name), attribute.value])).collect()
}

/// A name with its namespace in braces, where it has one.
fn expanded(name: &Name<'_>) -> String {
    match name.namespace() {
        Some(namespace) => format!("{{{namespace}}}{}", name.local_name()),
        None => name.local_name().to_owned(),
    }
}

/// Field to text, the first of each name.
fn meta_fields(meta: &Meta<'_>) -> Map<String, Json> {
    let mut fields = Map::new();
    for field in &meta.fields {
        fields.entry(field.name.local_name()).or_insert_with(|| field.value.text().into());
    }
    fields
}

fn meta_trimmed(meta: &Meta<'_>) -> Map<String, Json> {
    trimmed_members(&meta_fields(meta))
}

fn trimmed_members(texts: &Map<String, Json>) -> Map<String, Json> {
    let trim = |text: &Json| text.as_str().and_then(trimmed).map(Json::from);
    texts.iter().filter_map(|(name, text)| Some((name.clone(), trim(text)?))).collect()
}

fn meta_info(meta: &Meta<'_>, document: &Document<'_>) -> Json {
    let field = |field: &openrosa_xml::instance::Field<'_>| {
        with_twin(vec![json!(field.name.local_name()), json!(field.name.namespace())], &field.value.text())
    };
    json!({
        "path": document.meta_path(),
        "local": meta.name.local_name(),
        "xmlns": meta.name.namespace(),
        "fields": meta.fields.iter().map(field).collect::<Vec<_>>(),
        "root_meta_count": document.instance.metas().filter(|meta| meta.depth == 1).count(),
    })
}

/// The members with a text after them, and its trimmed twin after that where it differs.
fn with_twin(mut members: Vec<Json>, text: &str) -> Json {
    members.push(text.into());
    members.extend(trimmed(text).map(Json::from));
    members.into()
}

/// One case block.
#[derive(Serialize)]
pub(super) struct Case<'d> {
    path: &'d str,
    form: Form,
    xmlns: Option<&'d str>,
    case_id: Option<String>,
    user_id: Option<String>,
    date_modified: Option<String>,
    actions: Vec<&'d str>,
    create: Option<Map<String, Json>>,
    #[serde(skip_serializing_if = "Map::is_empty")]
    create_trimmed: Map<String, Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    create_list: Option<Json>,
    update: Option<Vec<Json>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_attrs: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    update_nested: Option<Json>,
    close: bool,
    index: Option<Vec<Json>>,
    attachment: Option<Vec<Json>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    referral: Vec<Json>,
    in_devicereport: bool,
}

impl<'d> Case<'d> {
    pub(super) fn of(block: &'d Block<'_>) -> Self {
        let (created, updated) = (block.created(), block.updated());
        let create = created.as_deref().map(last_of_each);
        Self {
            path: &block.path,
            form: block.form,
            xmlns: block.block.tag.name.namespace(),
            case_id: block.case_id().map(Into::into),
            user_id: block.user_id().map(Into::into),
            date_modified: block.date_modified().map(Into::into),
            actions: block.actions().map(|action| action.name().local_name()).collect(),
            create_trimmed: create.as_ref().map(trimmed_members).unwrap_or_default(),
            create_list: created.as_deref().filter(|created| has_repeats(created)).map(pairs).map(Json::from),
            create,
            update_attrs: updated.as_deref().and_then(update_attributes),
            update_nested: updated.as_deref().and_then(update_nested),
            update: updated.as_deref().map(pairs),
            close: block.actions().any(|action| matches!(action, Action::Close(_))),
            index: block.indices().map(|entries| entries.into_iter().map(index).collect()),
            attachment: block.attachments().map(|entries| entries.into_iter().map(attachment).collect()),
            referral: block.referrals().into_iter().map(nested).collect(),
            in_devicereport: block.in_device_report,
        }
    }
}

impl Serialize for Form {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::V2 => "v2",
            Self::Unqualified => "unqualified",
            Self::Legacy => "legacy",
        })
    }
}

fn last_of_each(properties: &[&Property<'_>]) -> Map<String, Json> {
    properties.iter().map(|property| (property.name.to_string(), property.value.text().into())).collect()
}

fn has_repeats(properties: &[&Property<'_>]) -> bool {
    last_of_each(properties).len() < properties.len()
}

/// Name and text of each, and the trimmed text where it differs.
fn pairs(properties: &[&Property<'_>]) -> Vec<Json> {
    properties.iter().map(|property| with_twin(vec![json!(property.name)], &property.value.text())).collect()
}

/// Of the properties that have attributes: name, and name and value of each attribute.
fn update_attributes(properties: &[&Property<'_>]) -> Option<Json> {
    listed(properties, |value| match value {
        Value::Element(element) if !element.attributes.is_empty() => Some(attributes(&element.attributes)),
        _ => None,
    })
}

/// Of the properties that hold elements: name, and those elements.
fn update_nested(properties: &[&Property<'_>]) -> Option<Json> {
    listed(properties, |value| match value {
        Value::Element(element) if element.elements().next().is_some() => Some(nested(element)),
        _ => None,
    })
}

fn listed(properties: &[&Property<'_>], of: impl Fn(&Value<'_>) -> Option<Json>) -> Option<Json> {
    let listed = properties.iter().filter_map(|property| Some(json!([property.name, of(&property.value)?])));
    Some(listed.collect::<Vec<_>>()).filter(|listed| !listed.is_empty()).map(Json::from)
}

/// The elements inside an element: name and text of each, or name and the elements inside it.
fn nested(element: &Element<'_>) -> Json {
    let member = |inside: &Element<'_>| match inside.elements().next() {
        None => with_twin(vec![json!(inside.name.local_name())], &inside.text()),
        Some(_) => json!([inside.name.local_name(), nested(inside)]),
    };
    element.elements().map(member).collect()
}

fn index(index: &Index<'_>) -> Json {
    let mut facts = json!({
        "name": index.name,
        "case_type": index.case_type,
        "relationship": index.relationship,
    });
    add_value(&mut facts, &index.target);
    facts
}

fn attachment(attachment: &Attachment<'_>) -> Json {
    let mut facts = json!({
        "name": attachment.name,
        "src": attachment.src,
        "from": attachment.from,
        "name_attr": attachment.file_name,
    });
    add_value(&mut facts, &attachment.content);
    facts
}

fn add_value(facts: &mut Json, value: &Value<'_>) {
    let text = value.text();
    facts["value"] = json!(text);
    if let Some(trimmed) = trimmed(&text) {
        facts["value_trimmed"] = json!(trimmed);
    }
}
