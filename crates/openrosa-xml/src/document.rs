//! What the small documents have in common: each is kept whole, and looked into as typed values.

use std::{borrow::Cow, fmt};

use thiserror::Error;

use crate::{
    position::Mark,
    xml::{Element, Name, chars::trim},
};

/// Defines a document that is kept whole, with its reader and writer.
macro_rules! document {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub struct $name<'a> {
            /// The document, kept whole: what nobody asks for survives reading and writing.
            pub element: $crate::xml::Element<'a>,
        }

        impl<'a> $name<'a> {
            /// Reads a whole document, whatever its root is called.
            pub fn read(source: &'a str) -> Result<Self, $crate::ReadError> {
                $crate::xml::Element::read(source).map(Self::from)
            }

            /// Reads a whole document within other limits.
            pub fn read_within(source: &'a str, limits: &$crate::Limits) -> Result<Self, $crate::ReadError> {
                $crate::xml::Element::read_within(source, limits).map(Self::from)
            }

            /// Writes the document in UTF-8.
            pub fn write(&self) -> Result<String, $crate::WriteError> {
                let mut out = $crate::xml::Writer::document();
                self.element.write_to(&mut out)?;
                Ok(out.finish())
            }

            /// The same document, borrowing nothing.
            #[must_use]
            pub fn into_owned(self) -> $name<'static> {
                $name { element: self.element.into_owned() }
            }
        }

        impl<'a> From<$crate::xml::Element<'a>> for $name<'a> {
            fn from(element: $crate::xml::Element<'a>) -> Self {
                Self { element }
            }
        }
    };
}
pub(crate) use document;

/// An entry of a list that lacks something without which it is of no use.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("`{entry}`{} lacks {}", Named(.called), Listed(.missing))]
#[non_exhaustive]
pub struct Incomplete {
    /// What the element is called: `xform`, `xforms-group`, `mediaFile`, …
    pub entry: String,
    /// By what a person knows the entry, as far as it says.
    pub called: Option<String>,
    /// The parts that are absent or blank.
    pub missing: Vec<&'static str>,
    /// Where the entry stood.
    pub mark: Mark,
}

struct Named<'e>(&'e Option<String>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |name| write!(f, " of `{name}`"))
    }
}

struct Listed<'e>(&'e [&'static str]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.0.iter().enumerate() {
            write!(f, "{}`{part}`", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// The text of the first child of this local name, without white space around it. A blank one counts as absent, as ODK
/// Collect has it: templates write `<version></version>` for none (openrosa.md 4.6).
pub(crate) fn filled<'e>(element: &'e Element<'_>, local: &str) -> Option<Cow<'e, str>> {
    element.child(local).map(|child| trimmed(child.text())).filter(|text| !text.is_empty())
}

pub(crate) fn trimmed(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(trim(text)),
        Cow::Owned(text) if trim(&text).len() == text.len() => Cow::Owned(text),
        Cow::Owned(text) => Cow::Owned(trim(&text).to_owned()),
    }
}

/// The required parts of an entry, or which of them it lacks. An entry is called by the first part that it has and that is no
/// address: whoever has that may come in by it (openrosa.md 5.2).
pub(crate) fn required<'e, const N: usize>(
    element: &'e Element<'_>,
    parts: [&'static str; N],
) -> Result<[Cow<'e, str>; N], Incomplete> {
    let texts = parts.map(|part| filled(element, part));
    if texts.iter().all(Option::is_some) {
        return Ok(texts.map(Option::unwrap_or_default));
    }
    let missing = parts.iter().zip(&texts).filter(|(_, text)| text.is_none()).map(|(part, _)| *part);
    let mut names = parts.iter().zip(&texts).filter(|(part, _)| !part.ends_with("Url"));
    Err(Incomplete {
        entry: element.name.local_name().to_owned(),
        missing: missing.collect(),
        called: names.find_map(|(_, text)| text.as_deref()).map(str::to_owned),
        mark: element.mark,
    })
}

/// An element with these texts inside, each in an element of its own; one without a text is left out.
pub(crate) fn with_texts<'a, const N: usize>(
    name: &Name<'a>,
    texts: [(&'static str, Option<Cow<'a, str>>); N],
) -> Element<'a> {
    let present = texts.into_iter().filter_map(|(local, text)| Some((local, text?)));
    present.fold(Element::new(name.clone()), |element, (local, text)| {
        element.with_child(Element::new(name.sibling(local)).with_text(text))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_by_local_name_and_blank_counts_as_absent() {
        let element =
            Element::read("<a xmlns:p='urn:p'><p:b lang='en'> 1 &amp;\n2 </p:b><b>3</b><c> </c><d/></a>")
                .unwrap();
        assert_eq!(filled(&element, "b").as_deref(), Some("1 &\n2"));
        for blank in ["c", "d", "e"] {
            assert_eq!(filled(&element, blank), None, "{blank}");
        }
    }

    #[test]
    fn what_is_lacking_is_said_with_what_is_there() {
        let element = Element::read("<xform><name>Visit</name><hash/></xform>").unwrap();
        let error = required(&element, ["formID", "name", "downloadUrl"]).unwrap_err();
        insta::assert_snapshot!(error, @"`xform` of `Visit` lacks `formID`, `downloadUrl`");
        let error = required(&Element::new(Name::local("form")), ["url"]).unwrap_err();
        insta::assert_snapshot!(error, @"`form` lacks `url`");
    }

    #[test]
    fn nothing_is_called_by_an_address_that_lets_in_who_has_it() {
        let element = Element::read(
            "<mediaFile><downloadUrl>https://odk.example/v1/key/0f3c/projects/7/a?st=0f3c</downloadUrl></mediaFile>",
        );
        let error = required(&element.unwrap(), ["filename", "downloadUrl"]).unwrap_err();
        insta::assert_snapshot!(error, @"`mediaFile` lacks `filename`");
        assert!(!format!("{error:?}").contains("0f3c"), "{error:?}");
    }
}
