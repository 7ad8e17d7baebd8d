//! Lists, manifests and their neighbors: anything is looked into without a panic and written as it was read, and what is of
//! use is written so that it reads back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openrosa_xml::briefcase::{DownloadedSubmission, IdChunk, SubmissionKey, SubmissionMetadata};
use openrosa_xml::geopoint::Polyline;
use openrosa_xml::{
    EncryptedSubmission, FileHash, FormList, Integrity, KeyRecords, Manifest, Timestamp, xml,
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = xml::decode(bytes) else { return };
    texts(&text);
    let Ok(list) = FormList::read(&text) else { return };
    lists(&list);
    let manifest = Manifest::from(list.element.clone());
    manifests(&manifest);
    let written = list.write().expect("what was read can be written");
    let page = IdChunk::read(&written).expect("written documents read");
    assert_eq!(page.element, list.element);
    assert!(page.next_cursor(None).is_none_or(|cursor| page.next_cursor(Some(&*cursor)).is_none()));
    let submission = DownloadedSubmission::from(page.element);
    if let Some(metadata) = submission.metadata() {
        assert_eq!(SubmissionMetadata::of(&metadata.to_element()), metadata);
    }
    let integrity = Integrity::from(submission.element);
    let known: Vec<_> =
        integrity.entities().filter_map(|entity| Some((entity.id, entity.deleted?))).collect();
    assert_eq!(Integrity::of(known.clone()).entities().count(), known.len());
    let keys = KeyRecords::read(&written).expect("written documents read");
    let of_use: Vec<_> = keys.records().flatten().collect();
    let issued = keys.issued().unwrap_or_else(|| Timestamp::new(""));
    let again =
        KeyRecords::of(keys.domain().unwrap_or_default(), issued, of_use.clone()).write().expect("as above");
    assert_eq!(KeyRecords::read(&again).expect("written keys read").strict().expect("keys of use"), of_use);
    let encrypted = EncryptedSubmission::from(integrity.element);
    assert!(encrypted.files().all(|file| !file.is_empty()));
});

/// Forms and groups of use make a list of the same.
fn lists(list: &FormList<'_>) {
    let forms: Vec<_> = list.forms().flatten().collect();
    let groups: Vec<_> = list.groups().flatten().collect();
    let again = forms.iter().cloned().fold(FormList::new(), FormList::with_form);
    let again = groups
        .iter()
        .cloned()
        .fold(again, FormList::with_group)
        .write()
        .expect("texts that were read are written");
    let again = FormList::read(&again).expect("written lists read");
    assert_eq!(again.strict().expect("forms of use"), forms);
    assert_eq!(again.groups().flatten().collect::<Vec<_>>(), groups);
    assert!(list.legacy_forms().flatten().all(|form| !form.url.is_empty()));
}

/// Files of use make a manifest of the same, and stay in their folder.
fn manifests(manifest: &Manifest<'_>) {
    let files: Vec<_> = manifest.files().flatten().collect();
    for file in &files {
        assert!(!file.path.as_str().starts_with('/') && file.path.parts().all(|part| part != ".."));
    }
    let again = files.iter().cloned().fold(Manifest::new(), Manifest::with_file).write().expect("as above");
    assert_eq!(
        Manifest::read(&again).expect("written manifests read").strict().expect("files of use"),
        files
    );
}

/// What is of use without being a document.
fn texts(text: &str) {
    if let Ok(key) = SubmissionKey::parse(text) {
        let written = key.to_string();
        assert_eq!(
            SubmissionKey::parse(&written).expect("a written key is one").instance_id,
            key.instance_id
        );
    }
    if let Some(hash) = FileHash::parse(text) {
        assert_eq!(FileHash::parse(&hash.to_string()), Some(hash));
    }
    if let Ok(line) = text.parse::<Polyline>() {
        assert_eq!(line.to_string().parse(), Ok(line));
    }
}
