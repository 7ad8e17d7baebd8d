//! Real encrypted submissions, held against a key that is not theirs. Theirs are not part of the corpus.

use openrosa_http::encryption::{DecryptError, PrivateKey};
use openrosa_tests::corpus;
use openrosa_xml::{EncryptedSubmission, xml};

/// A key of no form.
const KEY: &str = include_str!("../../../crates/openrosa-http/src/encryption/tests/private-pkcs8.pem");

#[test]
fn real_manifests_get_as_far_as_their_key() {
    let Some(corpus) = corpus::folder("opening real encrypted submissions with another key") else { return };
    let key = PrivateKey::from_pem(KEY).unwrap();
    for sample in corpus::samples(&corpus, "encrypted") {
        let source = xml::decode(&sample.bytes).unwrap();
        let manifest = EncryptedSubmission::read(&source).unwrap();
        let has_id = sample.facts["meta"]["instanceID"] != "";
        match key.open(&manifest).unwrap_err() {
            DecryptError::WrongKey => assert!(has_id, "{}", sample.name),
            DecryptError::Lacks { name: "instanceID" } => assert!(!has_id, "{}", sample.name),
            other => panic!("{}: {other}", sample.name),
        }
    }
}
