//! Texts from outside, as they are shown: whatever steers or hides is made visible, and none is longer than a page bears.

use std::fmt;

use chrono::{DateTime, Utc};

use crate::page::steers;
pub(super) use crate::page::{counted, grouped};

/// Longer texts are cut, with a word on how long they were.
const LONGEST: usize = 2_000;

/// A text from outside. Templates escape it as any other, and put it between `<bdi>` and `</bdi>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Seen(String);

impl Seen {
    pub(super) fn of(text: impl AsRef<str>) -> Self {
        let text = text.as_ref();
        let mut seen: String = text.chars().take(LONGEST).map(|c| Mark(c).to_string()).collect();
        if let Some((cut, _)) = text.char_indices().nth(LONGEST) {
            let more = text[cut..].chars().count();
            seen.push_str(&format!("… and {} more characters", grouped(more as u64)));
        }
        Self(seen)
    }

    /// Of what may be missing.
    pub(super) fn maybe(text: Option<&str>) -> Self {
        Self::of(text.unwrap_or_default())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Bytes that are meant to be a text in UTF-8. Those that are none are shown by their numbers.
pub(super) fn legible(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|byte| format!("⟨0x{byte:02X}⟩")));
    }
    text
}

/// All of a text, line ends and tabs as they are.
pub(super) fn lines(text: &str) -> String {
    text.chars().map(|c| if matches!(c, '\n' | '\t') { c.to_string() } else { Mark(c).to_string() }).collect()
}

/// A character, or what stands for it.
struct Mark(char);

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // Unicode has pictures of them.
            c @ '\0'..='\u{1f}' => write!(f, "{}", char::from_u32(0x2400 + c as u32).unwrap_or('\u{FFFD}')),
            '\u{7f}' => f.write_str("\u{2421}"),
            c if steers(c) => write!(f, "⟨U+{:04X}⟩", c as u32),
            c => write!(f, "{c}"),
        }
    }
}

/// `?name=value&…` of those that say something.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs.iter().filter(|(_, value)| !value.is_empty()));
    let query = query.finish();
    if query.is_empty() { query } else { format!("?{query}") }
}

/// As in `2026-05-01 10:00:07`, in UTC.
pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// As in `512 B`, `1.2 MB`.
pub(super) fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let scaled = |unit: u64| bytes as f64 / unit as f64;
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", scaled(1_000)),
        _ => format!("{:.1} MB", scaled(1_000_000)),
    }
}

/// As in `850 µs`, `12 ms`, `3.4 s`.
pub(super) fn duration(micros: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        _ => format!("{:.1} s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_hides_is_seen() {
        assert_eq!(Seen::of("a\u{202e}b\u{0}c\u{200b}\r\n").to_string(), "a⟨U+202E⟩b␀c⟨U+200B⟩␍␊");
        assert_eq!(lines("a\n\tb\u{1b}"), "a\n\tb␛");
    }

    #[test]
    fn bytes_that_are_no_text_are_told_by_their_numbers() {
        assert_eq!(legible(b"<a>\xE9t\xC3\xA9\xFF</a>"), "<a>⟨0xE9⟩té⟨0xFF⟩</a>");
        assert_eq!(legible("ä".as_bytes().split_at(1).0), "⟨0xC3⟩", "cut in the middle");
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let seen = Seen::of("x".repeat(LONGEST + 1234)).to_string();
        assert!(seen.ends_with("x… and 1,234 more characters"), "{seen}");
    }

    #[test]
    fn what_goes_into_an_address_stays_one_value() {
        assert_eq!(query(&[("form", "a&b=c"), ("user", ""), ("to", "/x?y")]), "?form=a%26b%3Dc&to=%2Fx%3Fy");
    }
}
