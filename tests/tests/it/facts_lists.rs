//! Real form lists, manifests, encrypted submissions and their neighbors read as what independent readings of them say.

use openrosa_tests::corpus::{self, Sample};
use openrosa_tests::plain_xml;
use openrosa_xml::{
    EncryptedSubmission, FileHash, FormList, Integrity, Manifest,
    briefcase::IdChunk,
    form_list::{FormGroup, ListedForm},
    manifest::MediaFile,
    xml,
};
use serde_json::{Map, Value, json};

fn samples(kind: &str) -> Vec<Sample> {
    let corpus = corpus::folder("reading real lists and manifests and comparing with their facts");
    corpus.map_or_else(Vec::new, |corpus| corpus::samples(&corpus, kind))
}

fn text(sample: &Sample) -> String {
    xml::decode(&sample.bytes).unwrap_or_else(|error| panic!("{}: {error}", sample.name)).into_owned()
}

/// An object of what is there.
fn present<const N: usize>(members: [(&str, Option<&str>); N]) -> Value {
    let present = members.into_iter().filter_map(|(name, text)| Some((name.to_owned(), json!(text?))));
    present.collect::<Map<_, _>>().into()
}

fn form(form: &ListedForm<'_>) -> Value {
    let hash = form.hash.map(|hash| hash.to_string());
    present([
        ("formID", Some(&form.form_id)),
        ("name", Some(&form.name)),
        ("version", form.version.as_deref()),
        ("hash", hash.as_deref()),
        ("downloadUrl", Some(&form.download_url)),
        ("manifestUrl", form.manifest_url.as_deref()),
        ("descriptionText", form.description_text.as_deref()),
        ("descriptionUrl", form.description_url.as_deref()),
    ])
}

fn group(group: &FormGroup<'_>) -> Value {
    present([
        ("groupID", Some(&group.group_id)),
        ("name", Some(&group.name)),
        ("listUrl", Some(&group.list_url)),
        ("descriptionText", group.description_text.as_deref()),
        ("descriptionUrl", group.description_url.as_deref()),
    ])
}

fn media_file(file: &MediaFile<'_>) -> Value {
    let hash = file.hash.map(|hash| hash.to_string());
    present([
        ("filename", Some(file.path.as_str())),
        ("hash", hash.as_deref()),
        ("downloadUrl", Some(&file.download_url)),
        ("integrityUrl", file.integrity_url.as_deref()),
        ("@type", file.kind.as_deref()),
    ])
}

/// The facts without the texts that our reader takes for none: blank ones, and hashes that are placeholders of a template.
fn stated(facts: &Value) -> Value {
    let mut stated = facts.clone();
    for entry in stated.as_array_mut().expect("the facts list entries") {
        entry.as_object_mut().expect("an entry is an object").retain(|member, text| {
            let text = text.as_str().expect("a member is a text");
            !text.trim().is_empty() && (member != "hash" || FileHash::parse(text).is_some())
        });
    }
    stated
}

/// every real form list gives the forms that stand in it, whatever their order and whatever is missing.
#[test]
fn form_lists_equal_the_facts() {
    for sample in samples("form-list") {
        let source = text(&sample);
        let list = FormList::read(&source).unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        assert!(list.is_form_list(), "{}", sample.name);
        let facts = &sample.facts["formlist"];
        let forms = list.strict().unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        assert_eq!(forms.iter().map(form).collect::<Value>(), stated(&facts["forms"]), "{}", sample.name);
        let groups = list.groups().map(|it| group(&it.expect("real groups have what they need")));
        assert_eq!(groups.collect::<Value>(), stated(&facts["groups"]), "{}", sample.name);
        plain_xml::assert_same(&source, &list.write().unwrap(), &sample.name);
    }
}

/// the names in real manifests, some with a folder, stay in theirs.
#[test]
fn manifests_equal_the_facts() {
    for sample in samples("manifest") {
        let source = text(&sample);
        let manifest = Manifest::read(&source).unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        let files = manifest.strict().unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        let found = files.iter().map(media_file).collect::<Value>();
        assert_eq!(found, stated(&sample.facts["manifest"]), "{}", sample.name);
        plain_xml::assert_same(&source, &manifest.write().unwrap(), &sample.name);
    }
}

/// every real manifest is read, in either namespace, with its files in one `media` or in several.
#[test]
fn encrypted_submissions_equal_the_facts() {
    for sample in samples("encrypted") {
        let source = text(&sample);
        let read =
            EncryptedSubmission::read(&source).unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        assert!(read.is_encrypted(), "{}", sample.name);
        let characters = |text: Option<std::borrow::Cow<'_, str>>| text.map(|text| text.chars().count());
        let found = json!({
            "id": read.form_id(),
            "version": read.version(),
            "encrypted": read.element.attribute("encrypted"),
            "key_chars": characters(read.encrypted_key()),
            "encrypted_xml": read.form_file(),
            "signature_chars": characters(read.signature()),
            "media": read.media_files().collect::<Value>(),
            "media_elements": read.element.elements().filter(|e| e.name.local_name() == "media").count(),
        });
        assert_eq!(found, sample.facts["encrypted"], "{}", sample.name);
        assert_eq!(json!(read.instance_id()), sample.facts["meta"]["instanceID"], "{}", sample.name);
        plain_xml::assert_same(&source, &read.write().unwrap(), &sample.name);
    }
}

fn response(name: &str) -> Option<String> {
    let name = format!("openrosa-response/{name}");
    samples("openrosa-response").iter().find(|sample| sample.name == name).map(text)
}

/// a page as a server sends it, and one as the documentation prints it, lead on until they repeat themselves.
#[test]
fn real_pages_of_ids_are_read_in_both_namespaces() {
    for (name, ids, cursor) in
        [("kobocat-submissionList.xml", 4, "{{resumptionCursor}}"), ("odkdocs-idchunk.xml", 2, "opaquedata")]
    {
        let Some(source) = response(name) else { return };
        let page = IdChunk::read(&source).unwrap();
        assert_eq!(page.ids().count(), ids, "{name}");
        assert!(page.ids().all(|id| id.starts_with("uuid:")), "{name}");
        assert_eq!(page.next_cursor(None).as_deref(), Some(cursor), "{name}");
        assert_eq!(page.next_cursor(Some(cursor)), None, "{name}");
        plain_xml::assert_same(&source, &page.write().unwrap(), name);
    }
}

/// the documentation's answer tells which of two entities was deleted, and nothing of a third.
#[test]
fn the_integrity_of_the_documentation_is_read() {
    let Some(source) = response("odkdocs-integrity.xml") else { return };
    let integrity = Integrity::read(&source).unwrap();
    assert_eq!(integrity.is_deleted("24b47424-ccf8-4f4b-b4cd-34ff5c71eddd"), Some(true));
    assert_eq!(integrity.is_deleted("9e32d18f-d51a-4826-a8b2-e9b1c6d10b58"), Some(false));
    assert_eq!(integrity.is_deleted("e5aa4247-cfb8-4cc5-87cd-52fbfe491b13"), None);
}
