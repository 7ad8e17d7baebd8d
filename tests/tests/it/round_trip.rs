//! What is written reads back equal, and what was read is written so that it says the same to any other reader.

use openrosa_tests::corpus::{self, Sample};
use openrosa_tests::{plain_xml, strategies};
use openrosa_xml::ReadError;
use openrosa_xml::xml::{self, Element};
use proptest::prelude::*;

/// The kinds of the corpus in which every file is well-formed.
const SOUND_KINDS: [&str; 10] = [
    "submission",
    "submission-legacy",
    "registration",
    "ledger",
    "restore",
    "openrosa-response",
    "form-list",
    "manifest",
    "xform",
    "encrypted",
];

fn sound_samples() -> Vec<Sample> {
    let Some(corpus) = corpus::folder("writing back what was read from real files") else {
        return Vec::new();
    };
    let samples = SOUND_KINDS.iter().flat_map(|kind| corpus::samples(&corpus, kind));
    samples.filter(Sample::is_well_formed).collect()
}

#[track_caller]
fn assert_inside(error: &ReadError, length: usize) {
    let at = error.position();
    assert!(
        at.offset <= length as u64,
        "offset {} of {length}: {error}",
        at.offset
    );
    assert!(at.line >= 1 && at.column >= 1, "{error}");
}

proptest! {
    #![proptest_config(strategies::config())]

    /// written elements are well-formed and read back equal, whatever names and texts they carry.
    #[test]
    fn a_written_element_reads_back_equal(element in strategies::element()) {
        let written = element.write().unwrap();
        prop_assert_eq!(&Element::read(&written).unwrap(), &element, "{}", &written);
        plain_xml::pieces(&written).unwrap();
    }

    #[test]
    fn any_bytes_end_in_a_value_or_an_error_inside_the_input(bytes: Vec<u8>) {
        match xml::decode(&bytes) {
            Err(error) => assert_inside(&error, bytes.len()),
            Ok(text) => if let Err(error) = Element::read(&text) { assert_inside(&error, text.len()) },
        }
    }

    #[test]
    fn a_document_cut_or_spoiled_anywhere_is_read_or_refused_with_a_place(
        element in strategies::element(), cut: prop::sample::Index, spoil: Option<u8>
    ) {
        let mut bytes = element.write().unwrap().into_bytes();
        let at = cut.index(bytes.len());
        match spoil {
            Some(byte) => bytes[at] = byte,
            None => bytes.truncate(at),
        }
        let spoiled = String::from_utf8_lossy(&bytes);
        match Element::read(&spoiled) {
            Err(error) => assert_inside(&error, spoiled.len()),
            Ok(read) => plain_xml::assert_same(&spoiled, &read.write().unwrap(), "what was still well-formed"),
        }
    }
}

/// what we do not model is written as it was read.
#[test]
fn every_real_document_is_written_to_say_the_same() {
    for Sample { name, bytes, .. } in sound_samples() {
        let text = xml::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let element = Element::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let written = element.write().unwrap_or_else(|error| panic!("{name}: {error}"));
        plain_xml::assert_same(&text, &written, &name);
        assert_eq!(Element::read(&written).unwrap(), element, "{name}");
    }
}
