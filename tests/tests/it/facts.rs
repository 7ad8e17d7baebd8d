//! Real files read as what independent readings of them say, and what is not well-formed is refused with a place.

use openrosa_tests::corpus::{self, SOUND_KINDS, Sample};
use openrosa_tests::facts;
use openrosa_xml::{Instance, ReadError, ReadErrorKind, xml};

fn samples(kinds: &[&str]) -> Vec<Sample> {
    let Some(corpus) = corpus::folder("reading real files and comparing with their facts") else {
        return Vec::new();
    };
    kinds.iter().flat_map(|kind| corpus::samples(&corpus, kind)).collect()
}

/// Reads the bytes of a sample as a form and gives the reading to `look`.
fn read<T>(sample: &Sample, look: impl FnOnce(&str, &Instance<'_>) -> T) -> Result<T, ReadError> {
    let text = xml::decode(&sample.bytes)?;
    Ok(look(&text, &Instance::read(&text)?))
}

/// names are resolved to namespaces, whatever the prefix, in every real document there is.
#[test]
fn every_sound_document_reads() {
    for sample in samples(&SOUND_KINDS) {
        assert!(sample.is_well_formed(), "{} is in a folder of sound documents", sample.name);
        let root = read(&sample, |_, instance| instance.root().name.clone().into_owned());
        let root = root.unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        assert_eq!(root.local_name(), sample.facts["root"]["local"], "{}", sample.name);
        assert_eq!(root.namespace(), sample.facts["root"]["xmlns"].as_str(), "{}", sample.name);
    }
}

/// the metadata block is found where an independent reading finds it.
/// every field of it is there, known or not.
/// C-025: blocks of any prefix or default declaration are the same.
/// C-026: blocks are found at any depth, in repeats, several per case.
#[test]
fn root_meta_and_cases_equal_the_facts() {
    for sample in samples(&["submission", "submission-legacy", "registration", "ledger", "restore"]) {
        let found =
            read(&sample, facts::of_instance).unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        let stated = facts::stated(&sample.facts);
        for member in ["root", "meta", "meta_info", "cases"] {
            assert_eq!(found.get(member), stated.get(member), "`{member}` of {}", sample.name);
        }
    }
}

/// the one sample with a document type declaration is refused for it, with a place.
#[test]
fn what_is_malformed_is_refused_with_a_place_and_the_rest_reads() {
    for sample in samples(&["malformed"]) {
        let read = read(&sample, |_, _| ());
        if sample.is_well_formed() && !sample.has_doctype() {
            assert_eq!(read, Ok(()), "{}", sample.name);
            continue;
        }
        let error = read.expect_err(&sample.name);
        let at = error.position();
        assert!(
            at.line >= 1 && at.column >= 1 && at.offset <= sample.bytes.len() as u64,
            "{}: {error}",
            sample.name
        );
        if sample.is_well_formed() {
            assert_eq!(error.kind(), &ReadErrorKind::Doctype, "{}: {error}", sample.name);
        }
    }
}
