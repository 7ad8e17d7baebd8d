//! What a submission is to say, as a file or the flags put it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, NaiveDate};
use openrosa_xml::json::keeps_its_digits;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Unexpected, Visitor};
use toml::value::Datetime;

use crate::exit::Failure;
use crate::input::Input;
use crate::state::moment;

/// A whole submission. Unknown members are refused: they would be a misspelling whose meaning is lost.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Description {
    /// Which form; written as the root's namespace and its `id`.
    pub(super) form: String,
    pub(super) version: Option<String>,
    pub(super) name: Option<String>,
    /// Who acts.
    pub(super) user: String,
    pub(super) username: Option<String>,
    /// On what device; this program when absent.
    pub(super) device: Option<String>,
    #[serde(default)]
    pub(super) metadata: Metadata,
    /// A fresh one when absent.
    pub(super) instance: Option<String>,
    /// The instance that this one replaces.
    pub(super) replacing: Option<String>,
    /// When the form was saved; now when absent.
    #[serde(default, deserialize_with = "at")]
    pub(super) at: Option<DateTime<FixedOffset>>,
    /// Written in alphabetical order.
    #[serde(default, deserialize_with = "values")]
    pub(super) answers: BTreeMap<String, String>,
    #[serde(default, rename = "case")]
    pub(super) cases: Vec<Case>,
    /// Where file names start from.
    #[serde(skip)]
    pub(super) folder: PathBuf,
}

/// Whose metadata block is written.
#[derive(Clone, Copy, Debug, Default, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub(super) enum Metadata {
    /// In CommCare's namespace; a fresh instance id is bare
    #[default]
    Commcare,
    /// In the standard's namespace; a fresh instance id has `uuid:` before it
    Openrosa,
}

/// One case block.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Case {
    /// A fresh one when absent, which only makes sense with `create`.
    pub(super) id: Option<String>,
    pub(super) create: Option<Creation>,
    pub(super) rename: Option<String>,
    pub(super) retype: Option<String>,
    pub(super) assign: Option<String>,
    pub(super) external_id: Option<String>,
    #[serde(default, deserialize_with = "date_opened")]
    pub(super) date_opened: Option<NaiveDate>,
    #[serde(default, deserialize_with = "values")]
    pub(super) properties: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) links: Vec<Link>,
    /// Names of files by the names under which the case holds them.
    #[serde(default, deserialize_with = "files")]
    pub(super) attach: BTreeMap<String, PathBuf>,
    #[serde(default)]
    pub(super) detach: Vec<String>,
    #[serde(default)]
    pub(super) close: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Creation {
    #[serde(rename = "type")]
    pub(super) case_type: String,
    pub(super) name: String,
    pub(super) owner: String,
}

/// A link to another case; without `to` it is removed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Link {
    pub(super) name: String,
    #[serde(rename = "type")]
    pub(super) case_type: String,
    pub(super) to: Option<String>,
    #[serde(default)]
    pub(super) relationship: Relationship,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Relationship {
    #[default]
    Child,
    Extension,
}

/// The text of the value of this name, of TOML or JSON.
struct ValueOf<'n>(&'n str);

impl<'de> DeserializeSeed<'de> for ValueOf<'_> {
    type Value = String;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<String, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for ValueOf<'_> {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "a text in quotes, a number, true or false as the value of `{}`", self.0)
    }

    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_bool<E>(self, yes: bool) -> Result<String, E> {
        Ok(yes.to_string())
    }

    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }

    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }

    /// A decimal, or a whole number of JSON that no other type holds.
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<String, E> {
        match keeps_its_digits(number) {
            true => Ok(number.to_string()),
            false => {
                Err(E::custom(format_args!("not every digit of `{}` is kept: write it in quotes", self.0)))
            }
        }
    }

    /// TOML has dates of its own, which come as a map.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<String, A::Error> {
        let date = Datetime::deserialize(MapAccessDeserializer::new(map));
        date.map(|date| date.to_string()).map_err(|_| A::Error::invalid_type(Unexpected::Map, &self))
    }
}

/// The same of a member that may be left out; `null` leaves it out.
struct PerhapsOf<'n>(&'n str);

impl<'de> Visitor<'de> for PerhapsOf<'_> {
    type Value = Option<String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        ValueOf(self.0).expecting(f)
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, value: D) -> Result<Self::Value, D::Error> {
        ValueOf(self.0).deserialize(value).map(Some)
    }
}

/// Values by their names.
struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = BTreeMap<String, String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("names with their values")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut values = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value_seed(ValueOf(&name))?;
            if values.contains_key(&name) {
                return Err(A::Error::custom(format_args!("`{name}` is there twice")));
            }
            values.insert(name, value);
        }
        Ok(values)
    }
}

fn values<'de, D: Deserializer<'de>>(members: D) -> Result<BTreeMap<String, String>, D::Error> {
    members.deserialize_map(Values)
}

fn files<'de, D: Deserializer<'de>>(members: D) -> Result<BTreeMap<String, PathBuf>, D::Error> {
    Ok(values(members)?.into_iter().map(|(name, file)| (name, file.into())).collect())
}

fn at<'de, D: Deserializer<'de>>(value: D) -> Result<Option<DateTime<FixedOffset>>, D::Error> {
    let text = value.deserialize_option(PerhapsOf("at"))?;
    text.map(|text| moment(&text).map_err(D::Error::custom)).transpose()
}

fn date_opened<'de, D: Deserializer<'de>>(value: D) -> Result<Option<NaiveDate>, D::Error> {
    let text = value.deserialize_option(PerhapsOf("date_opened"))?;
    let read =
        |text: String| text.parse().map_err(|_| D::Error::custom("a date is written as in 2026-05-01"));
    text.map(read).transpose()
}

impl Description {
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let shown = path.display();
        let input = Input::open_small(path)?;
        let text = input.text()?;
        // No TOML begins so. Standard input has no extension.
        let is_json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
            || text.trim_start().starts_with('{');
        let parsed = match is_json {
            true => serde_json::from_str(text).map_err(|error| error.to_string()),
            false => toml::from_str(text).map_err(|error| error.to_string()),
        };
        let description: Self = parsed.map_err(|reason| {
            let failure = Failure::new(format!("`{shown}` is no description of a submission: {reason}"));
            failure.remedy("openrosa new --help, which shows one")
        })?;
        // Files are named from where the description lies, so that it can be run from anywhere.
        Ok(Self { folder: path.parent().map(Path::to_owned).unwrap_or_default(), ..description })
    }
}
