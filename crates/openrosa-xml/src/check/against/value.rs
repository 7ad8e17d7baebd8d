//! Whether a text is a value of a type.

use crate::{
    geopoint::{Geopoint, Polyline},
    time::Timestamp,
};

/// What is wrong with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is none of its type, which people call so.
    No(&'static str),
    /// It is a place, and nowhere.
    OffEarth,
}

/// What is wrong with a text as a value of a bind's type. Types that are texts for a server have none wrong.
pub(super) fn fault(kind: &str, text: &str) -> Option<Fault> {
    let no = |is_one: bool, name| (!is_one).then_some(Fault::No(name));
    match kind {
        "int" | "integer" | "long" => no(is_integer(text), "whole number"),
        "decimal" | "double" | "float" => no(is_decimal(text), "number"),
        "boolean" => no(matches!(text, "true" | "false" | "1" | "0"), "`true` or `false`"),
        "date" => no(Timestamp::new(text).moment().is_ok_and(|moment| moment.time.is_none()), "date"),
        "dateTime" => no(Timestamp::new(text).moment().is_ok(), "date and time"),
        "time" => no(Timestamp::new(format!("2024-05-01T{text}")).moment().is_ok(), "time"),
        "geopoint" => place(text),
        "geotrace" | "geoshape" => line(text),
        _ => None,
    }
}

fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

/// `inf` and `NaN` are numbers to Rust, and to nobody who reads forms.
fn is_decimal(text: &str) -> bool {
    text.parse::<f64>().is_ok_and(f64::is_finite)
}

fn place(text: &str) -> Option<Fault> {
    match text.parse::<Geopoint>() {
        Ok(place) if place.is_on_earth() => None,
        Ok(_) => Some(Fault::OffEarth),
        Err(_) => Some(Fault::No("place")),
    }
}

fn line(text: &str) -> Option<Fault> {
    match text.parse::<Polyline>() {
        Ok(line) if line.points.iter().all(Geopoint::is_on_earth) => None,
        Ok(_) => Some(Fault::OffEarth),
        Err(_) => Some(Fault::No("line of places")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// a place has 2, 3 or 4 numbers.
    #[test]
    fn values_are_held_to_their_types() {
        for (kind, fine, wrong) in [
            ("int", &["0", "-12", "007"][..], &["1.0", "", "twelve", "-"][..]),
            ("decimal", &["1", "-1.5", ".5", "1e3"], &["1,5", "inf", "NaN", "x"]),
            ("boolean", &["true", "0"], &["yes", "TRUE"]),
            ("date", &["2024-02-29"], &["2024-02-30", "2024-05-01T10:00:00Z", "today"]),
            ("dateTime", &["2024-05-01T10:00:00.000+02:00", "2024-05-01"], &["10:00"]),
            ("time", &["10:00", "10:00:00.000+02:00"], &["10", "25:00"]),
            ("geopoint", &["1 2", "1 2 3", "1 2 3 4"], &["1", "1, 2", "1 2 3 4 5", "91 0"]),
            ("geoshape", &["1 2; 3 4", "1 2 0 0;"], &["1 2; x", "0 181"]),
            ("string", &["anything"], &[]),
        ] {
            assert!(fine.iter().all(|text| fault(kind, text).is_none()), "{kind}");
            assert!(wrong.iter().all(|text| fault(kind, text).is_some()), "{kind}");
        }
    }
}
