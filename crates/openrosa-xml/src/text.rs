//! The texts of a case block: ids, names, values.

use std::{
    borrow::{Borrow, Cow},
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    ops::Deref,
};

use smol_str::SmolStr;

/// A text that stands in a document, or by itself.
///
/// It derefs to `str`, compares with every other kind of text and shows itself as one. What sets it apart from a
/// `Cow<str>` is what happens when it is cut loose from its document: up to 23 bytes, which is nearly every name and most
/// values of the field, are kept in place, and a longer text is shared by its clones. It cannot be changed.
///
/// ```
/// # use openrosa_xml::Text;
/// let document = String::from("Amina");
/// let name = Text::from(&document);
/// assert_eq!(name, "Amina");
/// assert_eq!(name.to_uppercase(), "AMINA");
/// let kept: Text<'static> = name.into_owned();
/// drop(document);
/// assert_eq!(kept, "Amina");
/// ```
#[derive(Clone)]
pub struct Text<'a>(Held<'a>);

/// The enum and its one-byte tag take no more room than a `String` of 64 bits: the compiler puts the borrowed text beside the tag of
/// the other.
#[derive(Clone)]
enum Held<'a> {
    Borrowed(&'a str),
    Owned(SmolStr),
}

impl<'a> Text<'a> {
    /// The empty text.
    pub const EMPTY: Self = Self::borrowed("");

    /// A text that stands elsewhere.
    #[must_use]
    #[inline]
    pub const fn borrowed(text: &'a str) -> Self {
        Self(Held::Borrowed(text))
    }

    /// The text.
    #[must_use]
    #[inline]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Held::Borrowed(text) => text,
            Held::Owned(text) => text,
        }
    }

    /// The same text, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Text<'static> {
        Text(Held::Owned(match self.0 {
            Held::Borrowed(text) => SmolStr::new(text),
            Held::Owned(text) => text,
        }))
    }
}

impl Deref for Text<'_> {
    type Target = str;

    #[inline]
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Default for Text<'_> {
    #[inline]
    fn default() -> Self {
        Self::EMPTY
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.as_str(), f)
    }
}

impl AsRef<str> for Text<'_> {
    fn as_ref(&self) -> &str {
        self
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self
    }
}

impl PartialEq for Text<'_> {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text<'_> {}

impl PartialOrd for Text<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Text<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

/// As `str` does, so that a map of texts is searched by any `&str`.
impl Hash for Text<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

macro_rules! compares_with {
    ($($other:ty)*) => {$(
        impl PartialEq<$other> for Text<'_> {
            #[inline]
            fn eq(&self, other: &$other) -> bool {
                let other: &str = other.as_ref();
                self.as_str() == other
            }
        }

        impl PartialEq<Text<'_>> for $other {
            #[inline]
            fn eq(&self, other: &Text<'_>) -> bool {
                other == self
            }
        }
    )*};
}

compares_with! { str &str String Cow<'_, str> }

impl<'a> From<&'a str> for Text<'a> {
    #[inline]
    fn from(text: &'a str) -> Self {
        Self::borrowed(text)
    }
}

impl<'a> From<&'a String> for Text<'a> {
    fn from(text: &'a String) -> Self {
        Self::borrowed(text)
    }
}

impl<'a> From<&'a Text<'_>> for Text<'a> {
    fn from(text: &'a Text<'_>) -> Self {
        Self::borrowed(text)
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        Self(Held::Owned(text.into()))
    }
}

impl From<Box<str>> for Text<'_> {
    fn from(text: Box<str>) -> Self {
        Self(Held::Owned(text.into()))
    }
}

impl From<char> for Text<'_> {
    fn from(c: char) -> Self {
        let mut bytes = [0; 4];
        Self(Held::Owned(SmolStr::new(c.encode_utf8(&mut bytes))))
    }
}

impl<'a> From<Cow<'a, str>> for Text<'a> {
    #[inline]
    fn from(text: Cow<'a, str>) -> Self {
        match text {
            Cow::Borrowed(text) => Self::borrowed(text),
            Cow::Owned(text) => text.into(),
        }
    }
}

impl<'a> From<Text<'a>> for Cow<'a, str> {
    fn from(text: Text<'a>) -> Self {
        match text.0 {
            Held::Borrowed(text) => Cow::Borrowed(text),
            Held::Owned(text) => Cow::Owned(text.into()),
        }
    }
}

impl<'a> From<&'a Text<'_>> for Cow<'a, str> {
    fn from(text: &'a Text<'_>) -> Self {
        Cow::Borrowed(text)
    }
}

impl From<Text<'_>> for String {
    fn from(text: Text<'_>) -> Self {
        match text.0 {
            Held::Borrowed(text) => text.to_owned(),
            Held::Owned(text) => text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Where places in memory have 64 bits: what is kept in place has 24 bytes everywhere.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn it_takes_no_more_room_than_a_string() {
        assert_eq!(size_of::<Text<'_>>(), size_of::<String>());
        assert_eq!(size_of::<Option<Text<'_>>>(), size_of::<String>());
        assert_eq!(size_of::<crate::case::Value<'_>>(), size_of::<String>());
    }

    #[test]
    fn short_or_long_it_outlives_its_document() {
        for length in [0, 1, 22, 23, 24, 25, 1000] {
            let document = "é".repeat(length);
            let text = Text::from(&document[..]).into_owned();
            assert_eq!(text, document);
            assert_eq!(text, Text::from(document.clone()));
            assert_eq!(String::from(text), document);
        }
    }

    #[test]
    fn it_shows_and_compares_as_its_text() {
        let text = Text::from("a\"b");
        assert_eq!(format!("{text} {text:?} {text:>5}"), "a\"b \"a\\\"b\"   a\"b");
        let (string, cow) = (String::from("a\"b"), Cow::Borrowed("a\"b"));
        assert!(text == *"a\"b" && "a\"b" == text && text == string && cow == text);
        let other = Text::from("b").into_owned();
        assert!(text < other && text != other);
    }

    #[test]
    fn a_map_of_texts_is_searched_by_any_text() {
        let map = HashMap::from([(Text::from("weight").into_owned(), 12)]);
        assert_eq!(map.get("weight"), Some(&12));
        assert_eq!(map.get(&Text::from("weight")), Some(&12));
    }
}
