//! What a submission is to say, as a file or the flags put it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, NaiveDate};
use serde::Deserialize;

use crate::exit::Failure;
use crate::input::Input;

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
    pub(super) at: Option<DateTime<FixedOffset>>,
    /// Written in alphabetical order.
    #[serde(default)]
    pub(super) answers: BTreeMap<String, Scalar>,
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
    pub(super) date_opened: Option<NaiveDate>,
    #[serde(default)]
    pub(super) properties: BTreeMap<String, Scalar>,
    #[serde(default)]
    pub(super) links: Vec<Link>,
    /// Names of files by the names under which the case holds them.
    #[serde(default)]
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

/// A value of TOML or JSON that has an obvious text.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Yes(bool),
    Whole(i64),
    Decimal(f64),
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Yes(yes) => yes.fmt(f),
            Self::Whole(number) => number.fmt(f),
            Self::Decimal(number) => number.fmt(f),
        }
    }
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
