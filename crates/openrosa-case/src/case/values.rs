//! What a case has been told, under the names by which it was.

use std::{borrow::Cow, iter};

use chrono::{DateTime, SecondsFormat, Utc};
use openrosa_xml::Text;

use super::{Case, Value};

/// The names under which [`Case::values`] has fields.
pub(crate) const FIELDS: [&str; 7] =
    ["case_name", "case_type", "category", "date_opened", "external_id", "location_id", "state"];

impl Case {
    /// Every value under the name that an update would give it, by name; a field hides the property of its name, and the owner
    /// is none of them.
    ///
    /// ```
    /// use openrosa_case::case::{Case, Value};
    ///
    /// let mut case = Case::new("c1".into(), chrono::DateTime::UNIX_EPOCH);
    /// case.name = "Amina".into();
    /// case.properties.insert("village", Value::from("Kibaha"));
    /// let values: Vec<_> = case.values().map(|(name, value)| format!("{name}: {}", value.text())).collect();
    /// assert_eq!(values, ["case_name: Amina", "village: Kibaha"]);
    /// ```
    pub fn values(&self) -> impl Iterator<Item = (&str, Cow<'_, Value>)> {
        let text = |text: &Text<'static>| Cow::Owned(Value::Text(text.clone()));
        let unless_empty = |some: &Text<'static>| (!some.is_empty()).then(|| text(some));
        let fields = [
            unless_empty(&self.name),
            unless_empty(&self.case_type),
            self.category.as_ref().map(text),
            self.date_opened.map(|at| Cow::Owned(Value::from(written(at)))),
            self.external_id.as_ref().map(text),
            self.hq.location_id.as_ref().map(text),
            self.state.as_ref().map(text),
        ];
        let mut fields =
            FIELDS.into_iter().zip(fields).filter_map(|(name, value)| Some((name, value?))).peekable();
        let mut properties = self.properties.iter().peekable();
        iter::from_fn(move || {
            let property =
                properties.next_if(|(name, _)| fields.peek().is_none_or(|(field, _)| name < field));
            if let Some((name, value)) = property {
                return Some((name, Cow::Borrowed(value)));
            }
            let field = fields.next()?;
            properties.next_if(|(name, _)| *name == field.0);
            Some(field)
        })
    }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_named_in_order_and_a_field_hides_a_property() {
        let mut after = Case::new("c".into(), DateTime::UNIX_EPOCH);
        for (name, text) in [("a", "1"), ("case_name", "hidden"), ("state", "x"), ("zone", "2")] {
            after.properties.insert(name, Value::from(text));
        }
        after.name = "Amina".into();
        after.external_id = Some(Text::EMPTY);
        let named: Vec<_> = after.values().map(|(name, value)| (name, value.text().into_owned())).collect();
        let expected =
            [("a", "1"), ("case_name", "Amina"), ("external_id", ""), ("state", "x"), ("zone", "2")];
        assert_eq!(named, expected.map(|(name, text)| (name, text.to_owned())));
    }
}
