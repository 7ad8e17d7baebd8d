//! Small values that HQ writes in more than one way.

use chrono::{DateTime, NaiveDateTime, Utc};
use openrosa_xml::Timestamp;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;

/// A moment as HQ's documents want it written: UTC, six fraction digits, `Z`.
///
/// ```
/// let at = chrono::DateTime::parse_from_rfc3339("2026-02-03T11:10:11.5+02:00").unwrap();
/// assert_eq!(commcare_hq::values::moment(&at.to_utc()).as_str(), "2026-02-03T09:10:11.500000Z");
/// ```
///
/// *Spec*: commcare-hq-api.md 1.4.
pub fn moment(at: &DateTime<Utc>) -> Timestamp<'static> {
    Timestamp::stable(&at.fixed_offset())
}

/// A moment as the `*_start` and `*_end` of the first versions take it: without an offset, and without `Z`, which they refuse
/// behind seconds.
pub(crate) fn bound(at: NaiveDateTime) -> String {
    at.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()
}

/// A case id, an owner id or any other that the client makes: RFC 4122, version 4.
///
/// Ids that come from HQ have other forms as well, and are texts to be left as they are.
pub fn new_id() -> String {
    openrosa_xml::CaseId::random().as_str().to_owned()
}

/// A node that is an array where it occurs more than once, and a plain value where it occurs once.
///
/// ```
/// use commcare_hq::values::one_or_many;
/// use serde_json::json;
///
/// let form = json!({"kid": {"name": "A"}, "visits": [{"n": "1"}, {"n": "2"}]});
/// assert_eq!(one_or_many(&form, "kid").len(), 1);
/// assert_eq!(one_or_many(&form, "visits").len(), 2);
/// assert!(one_or_many(&form, "absent").is_empty());
/// ```
///
/// *Spec*: commcare-hq-api.md 2, R18.
pub fn one_or_many<'v>(parent: &'v Value, name: &str) -> &'v [Value] {
    match parent.get(name) {
        None | Some(Value::Null) => &[],
        Some(Value::Array(many)) => many,
        Some(one) => std::slice::from_ref(one),
    }
}

/// A degree of latitude or longitude: HQ writes texts, numbers and nulls, and takes texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Degree(String);

impl Degree {
    /// The decimal digits, as they were written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number.
    pub fn value(&self) -> Option<f64> {
        self.0.trim().parse().ok()
    }
}

impl From<f64> for Degree {
    fn from(degree: f64) -> Self {
        Self(degree.to_string())
    }
}

impl<'de> Deserialize<'de> for Degree {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Value::deserialize(from)? {
            Value::String(text) => Ok(Self(text)),
            Value::Number(number) => Ok(Self(number.to_string())),
            _ => Err(D::Error::custom("a degree is a text or a number")),
        }
    }
}

/// A null, where a list or an object is meant, is an empty one.
pub(crate) fn or_default<'de, D, V>(from: D) -> Result<V, D::Error>
where
    D: Deserializer<'de>,
    V: DeserializeOwned + Default,
{
    Ok(Option::deserialize(from)?.unwrap_or_default())
}

/// A version or a number, also where it is written as a text.
pub(crate) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(from)? {
        Value::Null => Ok(None),
        Value::String(text) => Ok(Some(text)),
        other => Ok(Some(other.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// H-036: every form of date parses: no zone, bare dates, a space, fractions, offsets, and the `1900-01-01` of the unknown.
    #[test]
    fn dates_are_read_as_they_come() {
        let utc =
            |text: &str| Timestamp::new(text.to_owned()).moment().map(|moment| moment.utc().to_rfc3339());
        for (written, meant) in [
            ("2026-02-03T09:10:11.120000Z", "2026-02-03T09:10:11.120+00:00"),
            ("2026-02-03T09:10:11.120000", "2026-02-03T09:10:11.120+00:00"),
            ("2026-02-03T09:10:11", "2026-02-03T09:10:11+00:00"),
            ("2026-02-03T09:10:11.1+02", "2026-02-03T07:10:11.100+00:00"),
            ("2026-02-03T09:10:11+05:30", "2026-02-03T03:40:11+00:00"),
            ("2026-02-03 09:10:11", "2026-02-03T09:10:11+00:00"),
            ("2026-02-03", "2026-02-03T00:00:00+00:00"),
            ("1900-01-01", "1900-01-01T00:00:00+00:00"),
        ] {
            assert_eq!(utc(written).as_deref(), Ok(meant), "{written}");
        }
    }

    /// H-037: what is emitted is UTC with six fraction digits and `Z`.
    #[test]
    fn moments_have_six_digits_and_z() {
        let at = DateTime::from_timestamp(1_770_109_811, 0).unwrap();
        assert_eq!(moment(&at).as_str(), "2026-02-03T09:10:11.000000Z");
    }

    /// H-038: bounds of the first versions have neither an offset nor `Z` behind seconds.
    #[test]
    fn bounds_have_no_zone() {
        let at = DateTime::from_timestamp_micros(1_770_109_811_120_000).unwrap();
        assert_eq!(bound(at.naive_utc()), "2026-02-03T09:10:11.120000");
    }

    /// H-039: ids that are generated are RFC 4122, version 4.
    #[test]
    fn new_ids_are_version_4() {
        let id = new_id();
        let parts: Vec<_> = id.split('-').map(str::len).collect();
        assert_eq!(parts, [8, 4, 4, 4, 12]);
        assert!(id[14..].starts_with('4') && matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
    }

    /// H-040: coordinates are read from texts, numbers and null, and written as decimal texts.
    #[test]
    fn degrees_are_texts_and_numbers() {
        let read = |value: Value| serde_json::from_value::<Option<Degree>>(value).unwrap();
        assert_eq!(read(json!("12.5000000000")).unwrap().value(), Some(12.5));
        assert_eq!(read(json!(-1.25)).unwrap().as_str(), "-1.25");
        assert_eq!(read(json!(null)), None);
        assert_eq!(serde_json::to_value(Degree::from(-1.25)).unwrap(), json!("-1.25"));
    }

    /// H-066: a node that is an object here and an array there reads uniformly.
    #[test]
    fn one_node_and_many_read_alike() {
        let names = |form: &Value| {
            one_or_many(form, "kid")
                .iter()
                .map(|kid| kid["n"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&json!({"kid": {"n": "A"}})), ["A"]);
        assert_eq!(names(&json!({"kid": [{"n": "A"}, {"n": "B"}]})), ["A", "B"]);
        assert!(names(&json!({"kid": null})).is_empty());
    }
}
