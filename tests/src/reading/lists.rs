//! Form lists, manifests and their neighbors.

use std::fmt::Write as _;

use openrosa_xml::{
    EncryptedSubmission, FileHash, FormList, Integrity, KeyRecords, Manifest,
    briefcase::{DownloadedSubmission, IdChunk},
    form_list::{FormGroup, ListedForm},
    manifest::{MediaFile, MediaFileError},
    xml::Element,
};

/// The forms and groups of a list.
#[must_use]
pub fn form_list(list: &FormList<'_>) -> String {
    let mut out = String::new();
    for listed in list.forms() {
        match listed {
            Ok(listed) => form(&listed, &mut out),
            Err(error) => said("of no use:", Some(&error.to_string()), &mut out),
        }
    }
    for listed in list.groups() {
        match listed {
            Ok(listed) => group(&listed, &mut out),
            Err(error) => said("of no use:", Some(&error.to_string()), &mut out),
        }
    }
    for listed in list.legacy_forms() {
        match listed {
            Ok(form) => said("old form", Some(&format!("{}, at {}", form.name, form.url)), &mut out),
            Err(error) => said("of no use:", Some(&error.to_string()), &mut out),
        }
    }
    out
}

fn form(form: &ListedForm<'_>, out: &mut String) {
    let version = form.version.as_ref().map(|version| format!(", version {version}")).unwrap_or_default();
    let _ = writeln!(out, "form {}{version}: {}", form.form_id, form.name);
    hash(form.hash, out);
    said("  at", Some(&form.download_url), out);
    said("  its files at", form.manifest_url.as_deref(), out);
    said("  described as", form.description_text.as_deref(), out);
    said("  described at", form.description_url.as_deref(), out);
}

fn group(group: &FormGroup<'_>, out: &mut String) {
    let _ = writeln!(out, "group {}: {}", group.group_id, group.name);
    said("  listed at", Some(&group.list_url), out);
    said("  described as", group.description_text.as_deref(), out);
    said("  described at", group.description_url.as_deref(), out);
}

fn said(what: &str, said: Option<&str>, out: &mut String) {
    if let Some(said) = said {
        let _ = writeln!(out, "{what} {said}");
    }
}

fn hash(hash: Option<FileHash>, out: &mut String) {
    let hash = hash.map_or_else(|| "unknown".to_owned(), |hash| hash.to_string());
    let _ = writeln!(out, "  hash {hash}");
}

/// The files of a manifest.
#[must_use]
pub fn manifest(manifest: &Manifest<'_>) -> String {
    let mut out = String::new();
    manifest.files().for_each(|it| file(it, &mut out));
    out
}

fn file(file: Result<MediaFile<'_>, MediaFileError>, out: &mut String) {
    match file {
        Ok(file) => {
            let kind = if file.is_entity_list() { "entity list" } else { "file" };
            let _ = writeln!(out, "{kind} {}", file.path);
            hash(file.hash, out);
            said("  at", Some(&file.download_url), out);
            said("  deletions at", file.integrity_url.as_deref(), out);
        }
        Err(error) => said("of no use:", Some(&error.to_string()), out),
    }
}

/// The fate of each entity.
#[must_use]
pub fn integrity(integrity: &Integrity<'_>) -> String {
    let fate = |deleted| match deleted {
        Some(true) => "deleted",
        Some(false) => "there",
        None => "unknown",
    };
    integrity.entities().map(|entity| format!("entity {} {}\n", entity.id, fate(entity.deleted))).collect()
}

/// A page of ids, or a submission.
#[must_use]
pub fn briefcase(element: Element<'_>) -> String {
    let mut out = String::new();
    if element.name.local_name() == "idChunk" {
        let page = IdChunk::from(element);
        page.ids().for_each(|id| said("submission", Some(&id), &mut out));
        let next = page
            .next_cursor(None)
            .map_or_else(|| "nothing follows".into(), |next| format!("go on with {next}"));
        let _ = writeln!(out, "{next}");
        return out;
    }
    let submission = DownloadedSubmission::from(element);
    if let (Some(instance), Some(known)) = (submission.instance(), submission.metadata()) {
        let _ = writeln!(out, "instance {}", instance.name.local_name());
        said("  of form", known.form_id.as_deref(), &mut out);
        said("  version", known.version.as_deref(), &mut out);
        said("  id", known.instance_id.as_deref(), &mut out);
        said("  received", known.submission_date.as_ref().map(|date| date.as_str()), &mut out);
        said("  complete", known.is_complete().map(|complete| if complete { "yes" } else { "no" }), &mut out);
    }
    submission.files().for_each(|it| file(it, &mut out));
    out
}

/// Which keys there are and when they are good; never the keys.
#[must_use]
pub fn key_records(records: &KeyRecords<'_>) -> String {
    let mut out = String::new();
    if let (Some(domain), Some(issued)) = (records.domain(), records.issued()) {
        let _ = writeln!(out, "keys of {domain}, issued {issued}");
    }
    for record in records.records() {
        let _ = match record {
            Ok(record) => writeln!(
                out,
                "key {}, {}, good from {} {}",
                record.uuid,
                record.kind.as_deref().unwrap_or("of no kind"),
                record.valid,
                record.expires.map_or("for ever".to_owned(), |expires| format!("to {expires}")),
            ),
            Err(error) => writeln!(out, "bad: {error}"),
        };
    }
    out
}

/// What an encrypted submission consists of.
#[must_use]
pub fn encrypted(sent: &EncryptedSubmission<'_>) -> String {
    let mut out = format!("{}encrypted\n", if sent.is_encrypted() { "" } else { "not " });
    said("form", sent.form_id(), &mut out);
    said("version", sent.version(), &mut out);
    said("instance", sent.instance_id().as_deref(), &mut out);
    said("key", sent.encrypted_key().as_deref(), &mut out);
    sent.media_files().for_each(|file| said("media file", Some(&file), &mut out));
    said("form file", sent.form_file().as_deref(), &mut out);
    said("signature", sent.signature().as_deref(), &mut out);
    out
}
