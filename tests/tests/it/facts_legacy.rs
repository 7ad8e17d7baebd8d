//! Real blocks of Case XML 1.0 read as what independent readings of them say, and become blocks of 2.0 that say the same.

use openrosa_tests::{
    corpus::{self, SOUND_KINDS},
    facts,
};
use openrosa_xml::{Instance, case::legacy::upgrade, xml};

fn samples() -> Vec<corpus::Sample> {
    let Some(corpus) = corpus::folder("reading real Case XML 1.0 and comparing with its facts") else {
        return Vec::new();
    };
    SOUND_KINDS.iter().flat_map(|kind| corpus::samples(&corpus, kind)).collect()
}

/// C-048: what Case XML 1.0 says in elements is what an independent reading finds.
/// C-050: each block of a form has its own version.
#[test]
fn legacy_cases_equal_the_facts() {
    let mut blocks = 0;
    let samples = samples();
    for sample in &samples {
        let text = xml::decode(&sample.bytes).expect(&sample.name);
        let instance = Instance::read(&text).expect(&sample.name);
        let stated = facts::stated_legacy_cases(&sample.facts);
        assert_eq!(facts::legacy_cases(&text, &instance), stated, "{}", sample.name);
        blocks += instance.legacy_cases().len();
    }
    assert!(samples.is_empty() || blocks > 30, "{blocks} blocks were met");
}

/// C-118: each block becomes one of 2.0 with the same id, date and properties; what is left out is a referral or known.
#[test]
fn legacy_cases_become_cases_that_say_the_same() {
    for sample in samples().iter().filter(|sample| sample.name.starts_with("submission-legacy/")) {
        let text = xml::decode(&sample.bytes).expect(&sample.name);
        let before = Instance::read(&text).expect(&sample.name);
        let upgraded = upgrade(&text).expect(&sample.name);
        let after = Instance::read(&upgraded.text).expect(&sample.name);
        assert!(after.legacy_cases().is_empty(), "{}", sample.name);
        assert_eq!(upgraded.blocks, before.legacy_cases().len(), "{}", sample.name);
        assert_eq!(after.meta(), before.meta(), "{}", sample.name);
        for (old, new) in before.legacy_cases().iter().zip(after.cases()) {
            let (old, new) = (&old.block, &new.block);
            assert!(new.is_v2(), "{}", sample.name);
            assert_eq!(new.case_id.as_deref(), old.case_id().as_deref(), "{}", sample.name);
            assert_eq!(new.date_modified, old.date_modified(), "{}", sample.name);
            assert_eq!(new.close().is_some(), old.closes(), "{}", sample.name);
            for property in old.update().unwrap_or_default() {
                let name = if property.name == "case_type_id" { "case_type" } else { &*property.name };
                let kept = new.update().and_then(|update| update.property(name));
                assert_eq!(
                    kept.map(|kept| kept.value.text()),
                    Some(property.value.text()),
                    "{}",
                    sample.name
                );
            }
        }
        let referrals: usize =
            before.legacy_cases().iter().map(|found| found.block.referrals().count()).sum();
        let names = upgraded.left_out.iter().map(|left_out| left_out.element.name.local_name());
        assert_eq!(names.filter(|name| *name == "referral").count(), referrals, "{}", sample.name);
    }
}
