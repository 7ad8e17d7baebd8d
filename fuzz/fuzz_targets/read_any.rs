//! Any bytes end in a value, or in an error whose place lies inside the input. Never in a panic.
#![no_main]

use libfuzzer_sys::fuzz_target;
use openrosa_xml::instance::Heading;
use openrosa_xml::xml::{self, Element};
use openrosa_xml::{Envelope, Instance, ReadError};

fuzz_target!(|bytes: &[u8]| {
    let text = match xml::decode(bytes) {
        Ok(text) => text,
        Err(error) => return inside(&error, bytes.len()),
    };
    let element = Element::read(&text);
    let instance = Instance::read(&text);
    let envelope = Envelope::read(&text);
    let errors = [element.as_ref().err(), instance.as_ref().err(), envelope.as_ref().err()];
    for error in errors.into_iter().flatten() {
        inside(error, text.len());
    }
    // What one reader takes as well-formed, the other does not call malformed.
    assert_eq!(element.is_ok(), instance.is_ok());
    assert_eq!(Heading::read(&text).as_ref(), instance.as_ref().map(Instance::heading));
});

fn inside(error: &ReadError, length: usize) {
    let at = error.position();
    assert!(at.offset <= length as u64, "offset {} of {length}: {error}", at.offset);
    assert!(at.line >= 1 && at.column >= 1, "{error}");
}
