//! Checking: anything is checked without a panic, places lie inside the document in order, a fix gives a document that still
//! reads where the first one did.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openrosa_xml::{
    check::{self, Audiences, Options},
    xml::{self, Element},
};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = xml::decode(bytes) else { return };
    let options = Options { audiences: Some(Audiences::ALL), ..Options::default() };
    let report = check::document(&text, &options);
    for finding in report.findings() {
        let places =
            std::iter::once(finding.place).chain(finding.related.iter().map(|related| related.place));
        for place in places {
            assert!(
                place.start.offset <= place.end.offset && place.end.offset <= text.len() as u64,
                "{finding:?}"
            );
        }
        let named = finding.rule.message.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        for (name, _) in named {
            assert!(finding.value(name).is_some(), "{finding:?} has no `{name}`");
        }
    }
    let fixed = check::apply(&text, report.findings().iter().filter_map(|finding| finding.fix.as_ref()));
    assert!(Element::read(&text).is_err() || Element::read(&fixed).is_ok(), "{fixed}");
});
