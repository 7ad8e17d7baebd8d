//! What is listed, for a machine. Form lists, manifests and encrypted submissions are stated as the facts files of the
//! project's corpus state them: by the names of the elements, whatever these are.

use openrosa_xml::{EncryptedSubmission, FormList, xml::Element};
use serde_json::{Map, Value as Json, json};

use super::{super::document::trimmed, Listing};

impl Listing<'_> {
    /// The member that states what is listed.
    pub(in super::super) fn facts(&self) -> (&'static str, Json) {
        match self {
            Self::Forms(list) => ("formlist", form_list(list)),
            Self::MediaFiles(manifest) => ("manifest", entries(&manifest.element, "mediaFile")),
            Self::SubmissionIds(page) => {
                let ids: Vec<_> = page.ids().collect();
                ("idchunk", json!({ "ids": ids, "resumptionCursor": page.resumption_cursor() }))
            }
            Self::Submission(it) => {
                ("submission", json!({ "mediaFiles": entries(&it.element, "mediaFile") }))
            }
            Self::Entities(it) => {
                ("integrity", it.entities().map(|it| json!({ "id": it.id, "deleted": it.deleted })).collect())
            }
            Self::Encrypted(sent) => ("encrypted", encrypted(sent)),
            Self::User(user) => ("registration", super::user::facts(user)),
        }
    }
}

fn form_list(list: &FormList<'_>) -> Json {
    let forms = entries(&list.element, "xform");
    let groups = entries(&list.element, "xforms-group");
    let legacy = list.legacy_forms().flatten().map(|form| json!({ "name": form.name, "url": form.url }));
    let mut facts = json!({ "forms": forms, "groups": groups });
    if list.element.name.local_name() == "forms" {
        facts["legacy"] = legacy.collect();
    }
    facts
}

fn entries(parent: &Element<'_>, local: &str) -> Json {
    parent.elements().filter(|entry| entry.name.local_name() == local).map(entry).collect()
}

/// The texts of an entry by the names of their elements, and its attributes.
fn entry(entry: &Element<'_>) -> Json {
    let mut members = Map::new();
    for child in entry.elements() {
        let (name, text) = (child.name.local_name(), child.text());
        if let Some(trimmed) = trimmed(&text).filter(|_| !members.contains_key(name)) {
            members.insert(format!("{name}_trimmed"), trimmed.into());
        }
        members.entry(name).or_insert_with(|| text.into());
    }
    for attribute in &entry.attributes {
        members.insert(format!("@{}", attribute.name.local_name()), json!(attribute.value));
    }
    members.into()
}

fn encrypted(sent: &EncryptedSubmission<'_>) -> Json {
    let characters = |text: Option<std::borrow::Cow<'_, str>>| text.map(|text| text.chars().count());
    let media = sent.element.elements().filter(|element| element.name.local_name() == "media");
    json!({
        "id": sent.form_id(),
        "version": sent.version(),
        "encrypted": sent.element.attribute("encrypted"),
        "key_chars": characters(sent.encrypted_key()),
        "encrypted_xml": sent.form_file(),
        "signature_chars": characters(sent.signature()),
        "media": sent.media_files().collect::<Vec<_>>(),
        "media_elements": media.count(),
    })
}
