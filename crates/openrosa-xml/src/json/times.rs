//! Date-times as CommCare HQ rewrites them.

use serde_json::Value;

pub use crate::time::normal_time;

/// Rewrites every date-time among the strings of a value, at any depth: answers, attributes and case properties alike.
///
/// The stored XML keeps the text that the device wrote; only the JSON has the rewritten one. A case property with a
/// date-time therefore changes its text on the device at the next sync.
pub fn normalize_times(value: &mut Value) {
    match value {
        Value::String(text) => {
            if let Some(normal) = normal_time(text) {
                *text = normal;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(normalize_times),
        Value::Object(members) => members.values_mut().for_each(normalize_times),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// C-114: date-times become UTC with microseconds and `Z`, whatever shape they had.
    #[test]
    fn date_times_take_one_shape() {
        for (written, normal) in [
            ("2024-05-01T12:00:00.000+02", "2024-05-01T10:00:00.000000Z"),
            ("2024-05-01T12:00:00.000+02:00", "2024-05-01T10:00:00.000000Z"),
            ("2024-05-01T00:30:00.1234-0530", "2024-05-01T06:00:00.123400Z"),
            ("2024-01-01 01:00+02:00", "2023-12-31T23:00:00.000000Z"),
            ("2010-07-22T13:54:27.971", "2010-07-22T13:54:27.971000Z"),
            ("20240501T100000Z", "2024-05-01T10:00:00.000000Z"),
            ("2024-05-01T10:00\n", "2024-05-01T10:00:00.000000Z"),
            ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ] {
            assert_eq!(normal_time(written).as_deref(), Some(normal), "{written:?}");
        }
    }

    /// C-114: a date without a time stays as it is, and so does what is no date-time.
    #[test]
    fn anything_else_stays_as_it_is() {
        for text in [
            "",
            "2024-05-01",
            "2024-05-01T",
            "2024-05-01T10",
            "2024-02-30T10:00",
            "2024-05-01T24:00",
            "12:00:00",
            "2024-05-01t10:00",
            "2024-05-01T10:00z",
            " 2024-05-01T10:00",
            "2024-05-01T10:00 ",
            "2024-05-01T10:00:",
            "2024-05-01T10:00:60",
            "2024-05-01T10:00:00.12",
            "2024-05-01T10:00:00.1234567",
            "2024-05-01T10:00.500",
            "2013-04-19T16:52:41.077 05:30",
            "2024-05-01T10:00+2",
            "2024-05-01T10:00+24:00",
            "2024-05-01T10:00+02:60",
            "2024-05-01T10:00:00+02:00x",
            "0001-01-01T00:00+01",
            "0000-01-01T00:00",
            "9999-12-31T23:59-01",
            "٢٠٢٤-05-01T10:00",
        ] {
            assert_eq!(normal_time(text), None, "{text:?}");
        }
    }

    /// C-114: attributes, properties and lists at any depth are rewritten.
    #[test]
    fn every_string_of_a_form_is_looked_at() {
        let mut form =
            json!({"@t": "2024-05-01T10:00", "a": [{"#text": "2024-05-01 10:00Z"}, "2024-05-01", 1, null]});
        normalize_times(&mut form);
        let normal = "2024-05-01T10:00:00.000000Z";
        assert_eq!(form, json!({"@t": normal, "a": [{"#text": normal}, "2024-05-01", 1, null]}));
    }

    proptest! {
        /// C-114: rewriting twice is rewriting once.
        #[test]
        fn what_was_rewritten_stays(text in "[12][0-9]{3}-?(0[1-9]|1[0-2])-?[0-3][0-9][T ][0-2][0-9]:?[0-5][0-9](:?[0-5][0-9]([.,][0-9]{3,6})?)?(Z|[+-][01][0-9](:?[0-5][0-9])?)?\n?") {
            if let Some(normal) = normal_time(&text) {
                prop_assert_eq!(normal_time(&normal), Some(normal));
            }
        }

        #[test]
        fn any_text_gets_an_answer(text in "\\PC{0,40}") {
            let _ = normal_time(&text);
        }
    }
}
