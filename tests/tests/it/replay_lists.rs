//! Lists, manifests and integrity answers that real servers sent, and the keys that a real client asked by.

use std::path::Path;

use openrosa_tests::{corpus, exchange};
use openrosa_xml::{FormList, Integrity, Manifest, briefcase::SubmissionKey, xml};
use url::Url;

/// The names and bodies of all recorded answers that are documents with this root.
fn documents(corpus: &Path, root: &str) -> Vec<(String, String)> {
    let exchanges = exchange::peers(corpus).into_iter().flat_map(|peer| exchange::with_peer(corpus, &peer));
    let mut documents = Vec::new();
    for exchange in exchanges {
        let Some(answer) = exchange.parsed_answer().filter(|answer| answer.status == 200) else { continue };
        let Ok(text) = xml::decode(&answer.body) else { continue };
        if xml::Element::read(&text).is_ok_and(|element| element.name.local_name() == root) {
            documents.push((exchange.name, text.into_owned()));
        }
    }
    documents
}

/// the lists of real servers are read whole.
/// a server was made to list a form without an address: that entry is told.
#[test]
fn recorded_form_lists_are_of_use() {
    let Some(corpus) = corpus::folder("reading recorded form lists") else { return };
    let (mut lists, mut forms) = (0, 0);
    for (name, source) in documents(&corpus, "xforms") {
        let list = FormList::read(&source).unwrap();
        let told: Vec<_> = list.forms().filter_map(Result::err).map(|error| error.to_string()).collect();
        if name.ends_with("formlist-loose.http") {
            assert_eq!(told, ["`xform` of `well-check` lacks `downloadUrl`"], "{name}");
            continue;
        }
        for form in list.strict().unwrap_or_else(|error| panic!("{name}: {error}")) {
            assert!(form.hash.is_some(), "{name}: {}", form.form_id);
            forms += 1;
        }
        lists += 1;
    }
    assert!(lists > 10 && forms > lists, "{lists} lists of {forms} forms");
}

/// the names of real media files are names to follow.
/// real lists of entities are told from other files.
#[test]
fn recorded_manifests_are_of_use() {
    let Some(corpus) = corpus::folder("reading recorded manifests") else { return };
    let (mut files, mut entity_lists) = (0, 0);
    for (name, source) in documents(&corpus, "manifest") {
        let manifest = Manifest::read(&source).unwrap();
        for file in manifest.strict().unwrap_or_else(|error| panic!("{name}: {error}")) {
            files += 1;
            entity_lists += usize::from(file.is_entity_list() && file.integrity_url.is_some());
        }
    }
    assert!(
        files > entity_lists && entity_lists > 0,
        "{files} files, {entity_lists} of them lists of entities"
    );
}

/// a real server tells `true` and `false`, and leaves out what it does not know.
#[test]
fn recorded_integrity_answers_are_read() {
    let Some(corpus) = corpus::folder("reading recorded integrity answers") else { return };
    let fates = |(_, source): (String, String)| {
        let integrity = Integrity::read(&source).unwrap();
        integrity.entities().map(|entity| entity.deleted).collect::<Vec<_>>()
    };
    let fates: Vec<_> = documents(&corpus, "data").into_iter().map(fates).collect();
    for expected in [vec![], vec![Some(true)], vec![Some(false)]] {
        assert!(fates.contains(&expected), "{expected:?} in {fates:?}");
    }
}

/// the key by which ODK Briefcase asks for a submission is taken apart, and put together the same.
#[test]
fn the_key_of_a_recorded_request_is_understood() {
    let Some(corpus) = corpus::folder("reading the keys of recorded requests") else { return };
    let asked = exchange::with_peer(&corpus, "odk-briefcase");
    let asked = asked.iter().find(|exchange| exchange.target().contains("downloadSubmission")).unwrap();
    let url = Url::parse(&format!("https://example.org{}", asked.target())).unwrap();
    let (_, form_id) = url.query_pairs().find(|(name, _)| name == "formId").unwrap();
    let key = SubmissionKey::parse(&form_id).unwrap();
    assert_eq!((&*key.form_id, key.version.as_deref(), &*key.top_element), ("site-visit", Some("7"), "data"));
    assert_eq!(&*key.instance_id, "uuid:44444444-1111-4111-8111-111111111111");
    assert_eq!(key.to_string(), form_id);
}
