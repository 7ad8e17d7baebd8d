//! Places as answers hold them: a text of up to four numbers, and lines of such.

use std::{fmt, str::FromStr};

use thiserror::Error;

use crate::xml::chars::trim;

/// A place on the earth, as far as the device knew it.
///
/// *Wire:* `lat lon altitude accuracy` in degrees and meters, the last or the last two of which may be missing: the answer to
/// a question of type `geopoint`, and `location` of CommCare's metadata. *Spec:* openrosa.md 3.3, 3.4.
///
/// ```
/// # use openrosa_xml::Geopoint;
/// let place: Geopoint = "-6.7924 39.2083 15.5 4".parse()?;
/// assert_eq!((place.latitude, place.longitude, place.accuracy()), (-6.7924, 39.2083, Some(4.0)));
/// assert_eq!(place.to_string(), "-6.7924 39.2083 15.5 4");
/// # Ok::<(), openrosa_xml::geopoint::GeopointError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct Geopoint {
    /// Degrees north of the equator.
    pub latitude: f64,
    /// Degrees east of Greenwich.
    pub longitude: f64,
    altitude: Option<f64>,
    accuracy: Option<f64>,
}

/// A line from place to place, or the border of an area.
///
/// *Wire:* geopoints joined by `;`: the answer to a question of type `geotrace` or `geoshape`. *Spec:* openrosa.md 3.3.
///
/// ```
/// # use openrosa_xml::geopoint::Polyline;
/// let border: Polyline = "0 0 0 0; 0 1 0 0; 1 1 0 0; 0 0 0 0;".parse()?;
/// assert_eq!((border.points.len(), border.is_closed()), (4, true));
/// # Ok::<(), openrosa_xml::geopoint::GeopointError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::exhaustive_structs, reason = "a line is its points")]
pub struct Polyline {
    /// The places in order.
    pub points: Vec<Geopoint>,
}

/// A text that is no place.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum GeopointError {
    /// There are fewer than two numbers or more than four.
    #[error("a place has 2, 3 or 4 numbers, `{text}` has {found}")]
    Count {
        /// The text.
        text: String,
        /// How many there are.
        found: usize,
    },
    /// Something is not a finite decimal number.
    #[error("`{part}` in `{text}` is no number")]
    Number {
        /// The text.
        text: String,
        /// What should have been a number.
        part: String,
    },
}

impl Geopoint {
    /// A place by its degrees.
    #[must_use]
    pub const fn new(latitude: f64, longitude: f64) -> Self {
        Self { latitude, longitude, altitude: None, accuracy: None }
    }

    /// The same place, this many meters above the sea.
    #[must_use]
    pub const fn with_altitude(self, meters: f64) -> Self {
        Self { altitude: Some(meters), ..self }
    }

    /// The same place, known to this many meters. Since the altitude comes before it on the wire, one that is not known is
    /// written as 0.
    #[must_use]
    pub fn with_accuracy(self, meters: f64) -> Self {
        Self { altitude: self.altitude.or(Some(0.0)), accuracy: Some(meters), ..self }
    }

    /// Meters above the sea.
    #[must_use]
    pub const fn altitude(&self) -> Option<f64> {
        self.altitude
    }

    /// The radius in meters within which the place is.
    #[must_use]
    pub const fn accuracy(&self) -> Option<f64> {
        self.accuracy
    }

    /// Whether there is such a place: degrees beyond the poles or once around are read like any others.
    #[must_use]
    pub fn is_on_earth(&self) -> bool {
        (-90.0..=90.0).contains(&self.latitude) && (-180.0..=180.0).contains(&self.longitude)
    }
}

impl FromStr for Geopoint {
    type Err = GeopointError;

    fn from_str(text: &str) -> Result<Self, GeopointError> {
        let numbers = text.split_ascii_whitespace().map(|part| number(text, part));
        match numbers.collect::<Result<Vec<_>, _>>()?[..] {
            [latitude, longitude] => Ok(Self::new(latitude, longitude)),
            [latitude, longitude, altitude] => Ok(Self::new(latitude, longitude).with_altitude(altitude)),
            [latitude, longitude, altitude, accuracy] => {
                Ok(Self::new(latitude, longitude).with_altitude(altitude).with_accuracy(accuracy))
            }
            ref other => Err(GeopointError::Count { text: text.to_owned(), found: other.len() }),
        }
    }
}

fn number(text: &str, part: &str) -> Result<f64, GeopointError> {
    let finite = part.parse().ok().filter(|number: &f64| number.is_finite());
    finite.ok_or_else(|| GeopointError::Number { text: text.to_owned(), part: part.to_owned() })
}

impl fmt::Display for Geopoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.latitude, self.longitude)?;
        self.altitude.into_iter().chain(self.accuracy).try_for_each(|number| write!(f, " {number}"))
    }
}

impl Polyline {
    /// Whether it ends where it began, as the border of an area does.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(&self.points[..], [first, _, .., last]
            if (first.latitude, first.longitude) == (last.latitude, last.longitude))
    }
}

impl FromStr for Polyline {
    type Err = GeopointError;

    /// A `;` after the last place is usual; a text without places is a line without points.
    fn from_str(text: &str) -> Result<Self, GeopointError> {
        let text = trim(text);
        let places = trim(text.strip_suffix(';').unwrap_or(text));
        if places.is_empty() {
            return Ok(Self::default());
        }
        let points = places.split(';').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Self { points })
    }
}

impl fmt::Display for Polyline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, point) in self.points.iter().enumerate() {
            write!(f, "{}{point}", if index == 0 { "" } else { "; " })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> Result<Geopoint, String> {
        text.parse().map_err(|error: GeopointError| error.to_string())
    }

    /// R-112: a place has 2, 3 or 4 numbers.
    #[test]
    fn a_place_has_two_three_or_four_numbers() {
        let here = Geopoint::new(-6.79, 39.2);
        assert_eq!(place("-6.79 39.2"), Ok(here));
        assert_eq!(place("-6.79 39.2 15"), Ok(here.with_altitude(15.0)));
        assert_eq!(place(" -6.79\t39.2  15\n4.5 "), Ok(here.with_altitude(15.0).with_accuracy(4.5)));
        assert_eq!((here.altitude(), here.accuracy()), (None, None));
        let told = ["", "1", "1 2 3 4 5", "1 b", "1,5 2", "1 NaN", "inf 2", "1e999 2", "1\u{a0}2"]
            .map(|text| place(text).unwrap_err());
        insta::assert_snapshot!(told.join("\n"), @"
        a place has 2, 3 or 4 numbers, `` has 0
        a place has 2, 3 or 4 numbers, `1` has 1
        a place has 2, 3 or 4 numbers, `1 2 3 4 5` has 5
        `b` in `1 b` is no number
        `1,5` in `1,5 2` is no number
        `NaN` in `1 NaN` is no number
        `inf` in `inf 2` is no number
        `1e999` in `1e999 2` is no number
        `1 2` in `1 2` is no number
        ");
    }

    #[test]
    fn a_place_is_written_as_it_is_read() {
        for text in ["-6.79 39.2", "0.1 0.2 15", "1 2 0 4.000001", "-0 180 1.5 12345678.9"] {
            assert_eq!(place(text).unwrap().to_string(), text);
        }
        assert_eq!(Geopoint::new(1.0, 2.0).with_accuracy(5.0).to_string(), "1 2 0 5");
    }

    #[test]
    fn what_is_not_on_earth_is_read_and_told_apart() {
        assert!(place("90 -180").unwrap().is_on_earth());
        assert!(!place("90.1 0").unwrap().is_on_earth());
        assert!(!place("0 181").unwrap().is_on_earth());
    }

    /// R-112: each place of a line has 2, 3 or 4 numbers.
    #[test]
    fn a_line_is_places_between_semicolons() {
        let line = |text: &str| text.parse::<Polyline>();
        for (text, points) in [("", 0), (" ; ", 0), ("1 2", 1), ("1 2;", 1), ("1 2; 3 4 5;6 7 8 9 ;\n", 3)] {
            let read = line(text).unwrap();
            assert_eq!(read.points.len(), points, "{text}");
            assert_eq!(line(&read.to_string()).unwrap(), read, "{text}");
        }
        insta::assert_snapshot!(line("1 2;;3 4").unwrap_err(), @"a place has 2, 3 or 4 numbers, `` has 0");
    }

    #[test]
    fn a_border_ends_where_it_began() {
        let closed = |text: &str| text.parse::<Polyline>().unwrap().is_closed();
        assert!(closed("0 0 1; 0 1; 1 1; 0 0 2"));
        assert!(!closed("0 0; 0 1; 1 1"));
        assert!(!closed("0 0") && !closed(""));
    }
}
