//! How much one document may ask of its reader.

/// The bounds within which a document is read; past one of them reading stops with a place, as for malformed XML.
///
/// The defaults let through everything seen in the field with an order of magnitude to spare, and keep what a hostile
/// document can make us hold to a small multiple of its own size.
///
/// ```
/// # use openrosa_xml::{xml::Element, Limits};
/// let shallow = Limits { depth: 2, ..Limits::default() };
/// assert!(Element::read_within("<a><b/></a>", &shallow).is_ok());
/// assert!(Element::read_within("<a><b><c/></b></a>", &shallow).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "callers set one bound and take the others from the default")]
pub struct Limits {
    /// Elements open at one time. Default 200; the deepest real form seen has fewer than 40.
    pub depth: usize,
    /// Attributes on one element, namespace declarations included. Default 256.
    pub attributes: usize,
    /// Bytes in one attribute value or in the text of one element. Default 16 MiB: an inline attachment (case-xml.md
    /// 1.9) of a phone photo fits.
    pub text: usize,
    /// Elements in one document that is read whole. Default 1,000,000.
    pub elements: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 200, attributes: 256, text: 16 << 20, elements: 1_000_000 }
    }
}
