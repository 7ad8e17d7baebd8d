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
    /// Elements open at one time. Default 200; the deepest real form seen has fewer than 40. More than [`Limits::DEEPEST`] counts
    /// as that.
    pub depth: usize,
    /// Attributes on one element, namespace declarations included. Default 256.
    pub attributes: usize,
    /// Bytes in one attribute value or in the text of one element. Default 16 MiB: an inline attachment (case-xml.md
    /// 1.9) of a phone photo fits.
    pub text: usize,
    /// Elements in one document that is read whole. Default 1,000,000.
    pub elements: usize,
}

impl Limits {
    /// The largest depth there is. What is read is copied, written and dropped from element to element, each inside the other on
    /// the stack: this many are still at home on the 2 MiB that a thread has, in a program that is not optimized.
    pub const DEEPEST: usize = 500;

    /// The same, none of them beyond what a stack holds.
    pub(crate) fn within_the_stack(self) -> Self {
        Self { depth: self.depth.min(Self::DEEPEST), ..self }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 200, attributes: 256, text: 16 << 20, elements: 1_000_000 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::xml::Element;

    fn nested(depth: usize) -> String {
        format!("{}{}", "<g a='1'>".repeat(depth), "</g>".repeat(depth))
    }

    /// Whatever depth is allowed, no document takes more stack than a thread has: tests run on one of the usual size.
    #[test]
    fn the_deepest_document_is_at_home_on_the_stack_of_a_thread() {
        let limits = Limits { depth: 10_000_000, ..Limits::default() };
        let source = nested(Limits::DEEPEST);
        let element = Element::read_within(&source, &limits).unwrap();
        let copy = element.clone().into_owned();
        assert!(copy == element);
        assert_eq!(Element::read_within(&copy.write().unwrap(), &limits).unwrap(), element);
        let error = Element::read_within(&nested(Limits::DEEPEST + 1), &limits).unwrap_err();
        assert!(error.to_string().contains("more than 500 elements inside each other"), "{error}");
    }
}
