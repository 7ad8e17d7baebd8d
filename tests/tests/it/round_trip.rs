//! What is written reads back equal, and what was read is written so that it says the same to any other reader.

use openrosa_tests::corpus::{self, SOUND_KINDS, Sample};
use openrosa_tests::plain_xml::{self, Piece};
use openrosa_tests::strategies;
use openrosa_xml::case::CaseBlock;
use openrosa_xml::case::kept::{Kept, Names};
use openrosa_xml::instance::FoundCase;
use openrosa_xml::xml::{self, Element};
use openrosa_xml::{Envelope, Instance, ReadError};
use proptest::prelude::*;

fn sound_samples() -> Vec<Sample> {
    let Some(corpus) = corpus::folder("writing back what was read from real files") else {
        return Vec::new();
    };
    let samples = SOUND_KINDS.iter().flat_map(|kind| corpus::samples(&corpus, kind));
    samples.filter(Sample::is_well_formed).collect()
}

fn without_layout(document: &str) -> Vec<Piece> {
    plain_xml::without_layout(
        plain_xml::pieces(document).unwrap_or_else(|error| panic!("{error}: {document}")),
    )
}

#[track_caller]
fn assert_inside(error: &ReadError, length: usize) {
    let at = error.position();
    assert!(at.offset <= length as u64, "offset {} of {length}: {error}", at.offset);
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

    /// a block is written so that any reader finds in it what was read, but for layout.
    #[test]
    fn a_case_block_however_odd_reads_back_equal_and_says_the_same(element in strategies::case_element()) {
        let source = element.write().unwrap();
        let block = CaseBlock::read(&source).unwrap();
        let written = block.write().unwrap();
        prop_assert_eq!(&CaseBlock::read(&written).unwrap(), &block, "{}", &written);
        prop_assert_eq!(without_layout(&written), without_layout(&source));
        let mut names = Names::new();
        let kept = Kept::of(&block, &mut names);
        prop_assert_eq!(kept.with(&names).block(), block);
    }

    #[test]
    fn an_envelope_of_any_payloads_reads_back_equal_and_says_the_same(
        payloads in prop::collection::vec(strategies::element(), 0..4), text in strategies::text()
    ) {
        let envelope = payloads.into_iter().fold(Envelope::new(text), Envelope::with_payload);
        let written = envelope.write().unwrap();
        let read = Envelope::read(&written).unwrap();
        prop_assert_eq!(&read, &envelope, "{}", &written);
        prop_assert_eq!(without_layout(&read.write().unwrap()), without_layout(&written));
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

/// every real case block is written so that any reader finds in it what stands in its form, but for layout.
#[test]
fn every_real_case_block_is_written_to_say_the_same() {
    for Sample { name, bytes, .. } in sound_samples() {
        let text = xml::decode(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let instance = Instance::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let document = Element::read(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for FoundCase { block, .. } in instance.cases() {
            let start = block.tag.mark.span().expect("what was read has a place").start;
            let element =
                standing_at(&document, start).unwrap_or_else(|| panic!("{name}: no element at {start}"));
            let written = block.write().unwrap();
            assert_eq!(
                without_layout(&written),
                without_layout(&element.write().unwrap()),
                "{name} at {start}"
            );
            assert_eq!(&CaseBlock::read(&written).unwrap(), block, "{name} at {start}");
        }
    }
}

fn standing_at<'e>(element: &'e Element<'e>, start: u64) -> Option<&'e Element<'e>> {
    if element.mark.span().is_some_and(|span| span.start == start) {
        return Some(element);
    }
    element.elements().find_map(|inner| standing_at(inner, start))
}
