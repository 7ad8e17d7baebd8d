//! How times may be written oddly. One text has one oddity, so that one rule speaks of it.

use super::{Form, field};
use crate::{instance::Field, time::Timestamp, xml::chars::trim};

/// What is odd about a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    /// No reader takes it.
    Unreadable(String),
    /// Its plus sign became a space in a form or address; with it, it would read so.
    PlusLost(String),
    /// A `t` or `z`; in capitals it would read so.
    LetterCase(String),
    /// An offset without a colon; with it, it would read so.
    OffsetColon(String),
    /// No offset, perhaps no time at all.
    NoOffset,
}

/// The times of the metadata that are odd: field, text, oddity.
pub(super) fn odd<'f>(form: &Form<'f>) -> impl Iterator<Item = (&'f Field<'f>, String, Oddity)> {
    ["timeStart", "timeEnd"].into_iter().filter_map(|local| {
        let field = field(form, local)?;
        let text = trim(&field.value.text()).to_owned();
        let oddity = oddity(&text)?;
        Some((field, text, oddity))
    })
}

/// Nothing is odd about a blank time here: it counts as absent.
fn oddity(text: &str) -> Option<Oddity> {
    if text.is_empty() {
        return None;
    }
    match Timestamp::new(text).moment() {
        Ok(moment) if moment.offset.is_none() => Some(Oddity::NoOffset),
        Ok(_) if text.ends_with('z') => Some(Oddity::LetterCase(text.to_uppercase())),
        Ok(_) => with_colon(text).map(Oddity::OffsetColon),
        Err(error) => Some(mended(text).unwrap_or_else(|| Oddity::Unreadable(error.to_string()))),
    }
}

fn mended(text: &str) -> Option<Oddity> {
    let is_read = |text: &String| Timestamp::new(text.as_str()).moment().is_ok();
    let with_plus = text.rsplit_once(' ').map(|(time, offset)| format!("{}+{offset}", time.trim_ascii_end()));
    let capital = text.to_ascii_uppercase();
    let plus = with_plus.filter(is_read).map(Oddity::PlusLost);
    plus.or_else(|| Some(capital).filter(is_read).map(Oddity::LetterCase))
}

/// The same time where the offset is four digits without a colon.
fn with_colon(text: &str) -> Option<String> {
    let (time, offset) = text.split_at(text.rfind(['+', '-'])?);
    let (sign, digits) = offset.split_at(1);
    let is_four = digits.len() == 4 && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_four.then(|| format!("{time}{sign}{}:{}", &digits[..2], &digits[2..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_time_has_one_oddity() {
        let mended = |text: &str| text.to_owned();
        for (text, expected) in [
            ("", None),
            ("2024-05-01T10:00:00.000+05:30", None),
            ("2018-04-17T22:59:27.493-04", None),
            ("2024-05-01T10:00:00Z", None),
            ("2024-05-01", Some(Oddity::NoOffset)),
            ("2024-05-01T10:00", Some(Oddity::NoOffset)),
            ("2024-05-01T10:00:00z", Some(Oddity::LetterCase(mended("2024-05-01T10:00:00Z")))),
            ("2024-05-01t10:00:00Z", Some(Oddity::LetterCase(mended("2024-05-01T10:00:00Z")))),
            ("2024-05-01T10:00:00+0530", Some(Oddity::OffsetColon(mended("2024-05-01T10:00:00+05:30")))),
            (
                "2013-04-19T16:52:41.077 05:30",
                Some(Oddity::PlusLost(mended("2013-04-19T16:52:41.077+05:30"))),
            ),
        ] {
            assert_eq!(oddity(text), expected, "{text}");
        }
        assert!(matches!(oddity("yesterday"), Some(Oddity::Unreadable(_))));
        assert!(matches!(oddity("2024-05-01T10:00:00+15:00"), Some(Oddity::Unreadable(_))));
    }
}
