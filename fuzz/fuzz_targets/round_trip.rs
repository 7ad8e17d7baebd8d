//! Whatever reads can be written, and reads back equal.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openrosa_xml::case::CaseBlock;
use openrosa_xml::case::kept::{Kept, Names};
use openrosa_xml::case::legacy::{LegacyCase, upgrade};
use openrosa_xml::ledger::Ledger;
use openrosa_xml::xml::{self, Element};
use openrosa_xml::{Envelope, Instance};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = xml::decode(bytes) else { return };
    let Ok(element) = Element::read(&text) else { return };
    let written = element.write().expect("what was read can be written");
    assert_eq!(Element::read(&written).expect("written elements read"), element, "{written}");

    let envelope = Envelope::read(&text).expect("any well-formed document reads as an envelope");
    let written = envelope.write().expect("what was read can be written");
    assert_eq!(Envelope::read(&written).expect("written envelopes read"), envelope, "{written}");

    let instance = Instance::read(&text).expect("any well-formed document reads as an instance");
    let root = CaseBlock::read(&text).expect("any well-formed document reads as a case block");
    let found = instance.cases().iter().map(|found| &found.block);
    let mut names = Names::new();
    for block in found.chain([&root]) {
        let kept = Kept::of(block, &mut names);
        assert_eq!(&kept.with(&names).block(), block);
        let written = block.write().expect("what was read can be written");
        assert_eq!(&CaseBlock::read(&written).expect("written blocks read"), block, "{written}");
    }

    let root = Ledger::read(&text).expect("any well-formed document reads as a ledger");
    let found = instance.ledgers().iter().map(|found| &found.block);
    for block in found.chain([&root]) {
        let written = block.write().expect("what was read can be written");
        assert_eq!(&Ledger::read(&written).expect("written blocks read"), block, "{written}");
    }

    let root = LegacyCase::read(&text).expect("any well-formed document reads as an old case block");
    let block = root.into_v2().block;
    let written = block.write().expect("what was converted can be written");
    assert_eq!(CaseBlock::read(&written).expect("written blocks read"), block, "{written}");
    let upgraded = upgrade(&text).expect("what was read can be brought up to date");
    let again = Instance::read(&upgraded.text).expect("what was brought up to date reads");
    let is_old = |found: &openrosa_xml::instance::FoundLegacyCase<'_>| !found.in_device_report;
    assert!(!again.legacy_cases().iter().any(is_old), "{}", upgraded.text);
});
