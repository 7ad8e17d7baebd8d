//! What fuzzing and property tests found, each as a small document of its own.

use openrosa_xml::xml::{Attribute, Element, Name};
use openrosa_xml::{Instance, ReadErrorKind};

/// Found by `read_any`: the second mark shifted every offset, and reading panicked.
#[test]
fn a_second_byte_order_mark_is_text_outside_the_root() {
    let error = Instance::read("\u{feff}\u{feff}<a>\n</a>\r\n").unwrap_err();
    assert_eq!(error.kind(), &ReadErrorKind::OutsideRoot { what: "text" });
    assert_eq!((error.position().offset, error.position().line), (3, 1));
}

/// Found by `a_written_element_reads_back_equal`: the second attribute bound `ns1` anew, on the very element where the
/// first one had just used it in its outer meaning.
#[test]
fn two_attributes_of_one_local_name_never_share_a_prefix() {
    let name = |uri| Name::in_namespace(uri, "x");
    let attribute = |name| Attribute { name, value: "".into() };
    let mut inner = Element::new(Name::local("inner"));
    inner.attributes = vec![attribute(name("urn:outer")), attribute(name("urn:inner").with_prefix("ns1"))];
    let outer = Element::new(name("urn:outer").with_prefix("ns1")).with_child(inner);
    let written = outer.write().unwrap();
    assert_eq!(Element::read(&written).unwrap(), outer, "{written}");
}

/// Found by `round_trip`: the end of the first value and its closing quote look like the second attribute.
#[test]
fn a_value_that_looks_like_the_next_attribute_is_not_taken_for_it() {
    let element = Element::new(Name::local("a"))
        .with_attribute("x", "1 date_modified=")
        .with_attribute("date_modified", "2");
    let written = element.write().unwrap();
    assert_eq!(Element::read(&written).unwrap(), element, "{written}");
}

/// Found by comparing with another strict reader: the declaration has its three attributes and nothing else.
#[test]
fn a_declaration_with_something_else_in_it_is_refused() {
    for declaration in [
        "<?xml version='1.0' l?>",
        "<?xml version='1.0' l='1'?>",
        "<?xml version='1.0'standalone='yes'?>",
        "<?xml version='1.0' standalone='maybe'?>",
        "<?xml version='1.+7'?>",
        "<?xml version='1.'?>",
    ] {
        let error = Instance::read(&format!("{declaration}<a/>")).unwrap_err();
        assert_eq!(error.kind(), &ReadErrorKind::Declaration, "{declaration}");
    }
    for declaration in ["<?xml version='1.300'?>", "<?xml version='1.0' standalone='no'?>"] {
        assert!(Instance::read(&format!("{declaration}<a/>")).is_ok(), "{declaration}");
    }
}
