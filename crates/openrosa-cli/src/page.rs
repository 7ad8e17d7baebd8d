//! Text for a person: labels beside values, wrapped to a terminal, colored on one, and nothing from a file that could
//! steer the terminal.

mod typed;

use std::{borrow::Cow, fmt::Write, time::Duration};

use anstyle::{AnsiColor, Style};
use terminal_size::{Width, terminal_size_of};
use textwrap::{Options, WordSplitter};

pub(crate) use typed::{typed, typed_last, typed_option, typed_path};

pub(crate) const TITLE: Style = Style::new().bold();
pub(crate) const LABEL: Style = Style::new().dimmed();
pub(crate) const NOTE: Style = AnsiColor::Yellow.on_default();
pub(crate) const ERROR: Style = AnsiColor::Red.on_default().bold();
pub(crate) const OTHER: Style = AnsiColor::Cyan.on_default();
pub(crate) const RIGHT: Style = AnsiColor::Green.on_default();

/// Longer texts are cut, with a word on how long they were.
const LONGEST: usize = 400;

/// A value in fewer columns is no text but a row of letters.
const NARROWEST: usize = 20;

/// How wide the reader's page is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Page {
    /// `None` where lines may be as long as they are: in a file or a pipe.
    width: Option<usize>,
}

impl Page {
    /// As wide as said, whatever standard output is.
    pub(crate) const fn of_width(width: Option<usize>) -> Self {
        Self { width }
    }

    /// As wide as the terminal, if standard output is one.
    pub(crate) fn for_stdout() -> Self {
        let width = terminal_size_of(std::io::stdout()).map(|(Width(width), _)| usize::from(width));
        Self { width: width.map(|width| width.max(40)) }
    }

    /// The width, or what suits people where there is no terminal.
    pub(crate) fn width_or(self, otherwise: usize) -> usize {
        self.width.unwrap_or(otherwise)
    }

    /// A label in a column of its own and a value beside it, in as many lines as it takes; below it on a page that is too narrow.
    pub(crate) fn row(self, out: &mut String, indent: usize, label: (&str, usize), value: &str) {
        let (label, column) = label;
        let padding = " ".repeat(column.saturating_sub(label.chars().count()));
        let first = format!("{:indent$}{LABEL}{label}{LABEL:#}", "");
        let beside = indent + column.max(label.chars().count()) + 1;
        if self.width.is_some_and(|width| width < beside + NARROWEST) {
            let below = " ".repeat(indent + 2);
            if !label.is_empty() {
                let _ = writeln!(out, "{first}");
            }
            return self.wrapped(out, &below, &below, value);
        }
        self.wrapped(out, &format!("{first}{padding} "), &" ".repeat(beside), value);
    }

    /// A value behind one beginning for its first line and another for the lines after it.
    pub(crate) fn wrapped(self, out: &mut String, first: &str, rest: &str, value: &str) {
        let Some(width) = self.width else {
            let _ = writeln!(out, "{first}{value}");
            return;
        };
        let options = Options::new(width).initial_indent(first).subsequent_indent(rest);
        for line in textwrap::wrap(value, options.word_splitter(WordSplitter::NoHyphenation)) {
            let _ = writeln!(out, "{line}");
        }
    }
}

/// A text from a file, fit to be seen: quoted where white space at its ends or its absence would be overlooked, what steers a terminal
/// or hides written out, cut where it is very long.
pub(crate) fn seen(text: &str) -> Cow<'_, str> {
    let cut = text.char_indices().nth(LONGEST).map(|(end, _)| end);
    let visible = escaped(&text[..cut.unwrap_or(text.len())]);
    if cut.is_some() {
        return format!("{visible}… ({} characters)", grouped(text.chars().count() as u64)).into();
    }
    let is_bounded = |c: Option<char>| c.is_some_and(|c| !c.is_whitespace());
    match is_bounded(text.chars().next()) && is_bounded(text.chars().next_back()) {
        true => visible,
        false => format!("\"{visible}\"").into(),
    }
}

/// The text with every character written out that a terminal would obey or hide rather than show.
pub(crate) fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    let escape = |c: char| match steers(c) {
        true => c.escape_default().to_string(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect::<String>().into()
}

/// JSON with every character written out that a terminal would obey or hide: it says the same as before. Those of ASCII are written out
/// already, but for one; as white space around values they stay.
///
/// A text that was [`escaped`] has none of them.
pub(crate) fn inert(json: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c > '~' && steers(c);
    if !json.contains(obeyed) {
        return Cow::Borrowed(json);
    }
    let mut written = String::with_capacity(json.len());
    for c in json.chars() {
        match obeyed(c) {
            true => written.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
            false => written.push(c),
        }
    }
    written.into()
}

/// Control characters, those that turn the direction of the text around them, and those that are not seen at all: two texts that
/// differ by them would look the same. The two joiners (U+200C, U+200D) are letters of a kind: names in Persian and in Sinhala have
/// them.
pub(crate) fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

/// `1234567` as `1,234,567`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 case block`, `2 case blocks`.
pub(crate) fn counted(number: impl TryInto<u64>, noun: &str) -> String {
    let number = number.try_into().unwrap_or(u64::MAX);
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", grouped(number))
}

/// As in `40 s`, `12 min`, `3 h`, `2 days`; rounded up, so that it is not too early then.
pub(crate) fn span(span: Duration) -> String {
    let seconds = span.as_millis().div_ceil(1000);
    match seconds {
        0..=120 => format!("{seconds} s"),
        121..=7200 => format!("{} min", seconds.div_ceil(60)),
        7201..=172_800 => format!("{} h", seconds.div_ceil(3600)),
        _ => format!("{} days", seconds.div_ceil(86_400)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_be_overlooked_is_quoted() {
        assert_eq!(seen("Kibaha"), "Kibaha");
        assert_eq!(seen(""), "\"\"");
        assert_eq!(seen(" a\n"), "\" a\\n\"");
    }

    #[test]
    fn a_file_cannot_steer_the_terminal() {
        assert_eq!(seen("a\u{9b}31mb\u{202e}c"), "a\\u{9b}31mb\\u{202e}c");
    }

    #[test]
    fn what_hides_is_written_out() {
        let hidden = "a\u{ad}\u{200b}\u{2060}\u{feff}\u{e0041}b";
        assert_eq!(seen(hidden), r"a\u{ad}\u{200b}\u{2060}\u{feff}\u{e0041}b");
        assert_eq!(inert("\"a\u{feff}\u{e0041}\""), r#""a\ufeff\udb40\udc41""#);
    }

    #[test]
    fn json_steers_no_terminal_and_says_the_same() {
        let text = "C:\\new \u{1b}[2J\u{9b}31m\u{7f}\u{85}\u{202e}é\u{a0}\u{e0041}";
        let json = serde_json::json!({ text: [text, 1] });
        for written in [json.to_string(), serde_json::to_string_pretty(&json).unwrap()] {
            let shown = inert(&written);
            assert!(!shown.contains(|c: char| steers(c) && c != '\n'), "{shown}");
            assert!(shown.contains(r"\u009b31m\u007f\u0085\u202eé"), "{shown}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), json);
        }
        assert_eq!(inert("{\"é\":\t1}\n"), "{\"é\":\t1}\n");
    }

    #[test]
    fn a_very_long_text_is_cut() {
        let shown = seen(&"é".repeat(12_345)).into_owned();
        assert!(shown.ends_with("é… (12,345 characters)"), "{shown}");
        assert!(shown.chars().count() < 450);
    }

    #[test]
    fn values_wrap_beside_their_label() {
        let mut out = String::new();
        Page::of_width(Some(30)).row(&mut out, 2, ("update", 7), "village = far away from here");
        assert_eq!(
            anstream::adapter::strip_str(&out).to_string(),
            "  update  village = far away\n          from here\n"
        );
    }

    #[test]
    fn values_stand_below_where_there_is_no_room_beside() {
        let mut out = String::new();
        Page::of_width(Some(40)).row(
            &mut out,
            2,
            ("restore-too-many-ids", 30),
            "more ids than a device takes in",
        );
        Page::of_width(Some(40)).row(&mut out, 0, ("", 30), "docs/protocol");
        assert_eq!(
            anstream::adapter::strip_str(&out).to_string(),
            "  restore-too-many-ids\n    more ids than a device takes in\n  docs/protocol\n"
        );
    }

    #[test]
    fn spans_are_never_too_short() {
        let told = |millis| span(Duration::from_millis(millis));
        assert_eq!([told(0), told(1), told(59_001), told(120_000)], ["0 s", "1 s", "60 s", "120 s"]);
        assert_eq!([told(120_001), told(900_000), told(7_200_000)], ["3 min", "15 min", "120 min"]);
        assert_eq!([told(7_200_001), told(172_800_000), told(172_800_001)], ["3 h", "48 h", "3 days"]);
    }

    #[test]
    fn thousands_are_grouped() {
        assert_eq!(
            [grouped(0), grouped(999), grouped(1_000), grouped(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
    }

    #[test]
    fn what_names_are_written_with_is_seen_as_it_is() {
        for name in ["ශ්\u{200d}රී", "می\u{200c}خواهم", "Zoë", "नेमा", "أمينة"] {
            assert_eq!(seen(name), name);
        }
        for hidden in ['\u{200b}', '\u{202e}', '\u{feff}', '\u{ad}', '\u{e0041}', '\u{1b}'] {
            assert_ne!(seen(&format!("a{hidden}b")), format!("a{hidden}b"), "{hidden:?}");
        }
    }
}
