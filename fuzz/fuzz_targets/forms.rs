//! Blank forms, cases as a form sees them, and forms as JSON: anything is looked into without a panic, and what is written
//! reads back the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openrosa_xml::xml::{self, Element};
use openrosa_xml::{CaseDb, XForm, json};
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(form) = serde_json::from_slice(bytes) {
        of_json(&form);
    }
    let Ok(text) = xml::decode(bytes) else { return };
    let (form, list, element) = (XForm::read(&text), CaseDb::read(&text), Element::read(&text));
    assert_eq!(form.is_ok(), element.is_ok());
    assert_eq!(list.is_ok(), element.is_ok());
    if let Ok(form) = form {
        blank_form(&form);
    }
    if let Ok(list) = list {
        let written = list.write().expect("what was read can be written");
        assert_eq!(CaseDb::read(&written).expect("written documents read"), list);
    }
    if let Ok(element) = element {
        let form = Value::Object(json::convert(&element));
        let back = json::read_form(&form).expect("what was written is a form");
        assert_eq!(Value::Object(json::convert(&back)), form);
        let shown = json::write_form(&element);
        let mut again = shown.clone();
        json::normalize_times(&mut again);
        json::scrub_meta(&mut again);
        assert_eq!(again, shown);
    }
});

fn blank_form(form: &XForm<'_>) {
    for path in form.model().into_iter().flat_map(|model| &model.binds).filter_map(|bind| bind.nodeset()) {
        let _ = (form.node(path), form.bind(path).expect("it has just been met"));
    }
    assert!(
        form.media().all(|media| media.uri.starts_with("jr://") && media.uri.ends_with(media.file_name()))
    );
    assert!(form.uploads().count() <= form.controls.len());
    assert!(form.meta().is_none() || form.primary().is_some());
}

/// JSON that is a form gives the same form again, once numbers are texts.
fn of_json(form: &Value) {
    let Ok(element) = json::read_form(form) else { return };
    let Ok(written) = element.write() else { return };
    assert_eq!(Element::read(&written).expect("written documents read"), element);
}
