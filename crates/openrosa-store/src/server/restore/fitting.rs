//! What of a case a device takes.
//!
//! Cases are kept by the rules of CommCare HQ, which take more than a device does: names that are longer when they are counted as a
//! device counts them, texts that it cannot store, blank owners, years of six digits. A device that meets one of those refuses
//! the whole restore, so that one odd case would keep its user from all others. Such a text is sent as far as a device takes it;
//! here it stays as it is (case-xml.md 1.8, 1.14; S-060).

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use openrosa_xml::{UserId, case::Field};

/// The longest field of a case, in UTF-16 units.
const LONGEST_FIELD: usize = 255;

/// The property that a device takes for the owner, wherever it came from (case-xml.md 1.6, T-14).
pub(super) const OWNER: &str = "userid";

/// As much of a field as a device takes.
pub(super) fn field(text: &str) -> &str {
    cut(text, LONGEST_FIELD, char::len_utf16)
}

/// As much of a property as a device can store.
pub(super) fn text(text: &str) -> &str {
    cut(text, Field::MOST_BYTES, Field::bytes_on_device)
}

/// An id without white space around it; `None` for one of nothing else.
pub(in crate::server) fn id(text: &str) -> Option<&str> {
    let is_space = |c: char| c <= ' ' || c.is_whitespace();
    let id = field(text.trim_matches(is_space)).trim_end_matches(is_space);
    (!id.is_empty()).then_some(id)
}

/// Whose a device takes a case to be: its user's, where nobody else is named.
pub(in crate::server) fn owner<'t>(owner: &'t str, user: &'t UserId) -> &'t str {
    id(owner).unwrap_or(user.as_str())
}

/// The moment, or the nearest one whose year has four digits.
pub(super) fn moment(at: DateTime<Utc>) -> DateTime<Utc> {
    let first =
        |year| NaiveDate::from_ymd_opt(year, 1, 1).unwrap_or_default().and_time(NaiveTime::MIN).and_utc();
    at.clamp(first(1), first(10_000) - TimeDelta::microseconds(1))
}

/// Whether a link to a case of this id can be sent: a device trims it, and would look for another case. The id of a case itself it
/// takes as it is (case-xml.md 1.2, 1.8).
pub(in crate::server) fn is_target(case_id: &str) -> bool {
    id(case_id) == Some(case_id)
}

fn cut(text: &str, most: usize, length: impl Fn(char) -> usize) -> &str {
    let mut so_far = 0;
    let over = text.char_indices().find(|(_, c)| {
        so_far += length(*c);
        so_far > most
    });
    over.map_or(text, |(at, _)| &text[..at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_stays_as_it_is() {
        for whole in ["", "a", " a ", &"x".repeat(255), &"\u{1f600}".repeat(127)] {
            assert_eq!(field(whole), whole);
            assert_eq!(text(whole), whole);
        }
        assert_eq!(id("a b"), Some("a b"));
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters() {
        assert_eq!(field(&"x".repeat(256)).len(), 255);
        assert_eq!(field(&"\u{1f600}".repeat(128)), "\u{1f600}".repeat(127));
        assert_eq!(text(&"x".repeat(65_536)).len(), 65_535);
        assert_eq!(text(&"\u{1f600}".repeat(11_000)), "\u{1f600}".repeat(10_922));
    }

    #[test]
    fn a_year_has_four_digits() {
        assert_eq!(moment(DateTime::<Utc>::MAX_UTC).to_string(), "9999-12-31 23:59:59.999999 UTC");
        assert_eq!(moment(DateTime::<Utc>::MIN_UTC).to_string(), "0001-01-01 00:00:00 UTC");
        assert_eq!(moment(DateTime::<Utc>::UNIX_EPOCH), DateTime::<Utc>::UNIX_EPOCH);
    }

    #[test]
    fn an_id_has_no_space_around_it() {
        assert_eq!(id(" \t\u{a0}a\n"), Some("a"));
        assert_eq!(id(&format!("{} b", "x".repeat(254))), Some(&*"x".repeat(254)));
        assert_eq!(id(" \u{2003} "), None);
        let user = UserId::from("amy");
        assert_eq!(["", " ", "amy", " bob\n"].map(|named| owner(named, &user)), ["amy", "amy", "amy", "bob"]);
        assert!(is_target("c1") && !is_target(" c1") && !is_target("") && !is_target(&"x".repeat(256)));
    }
}
