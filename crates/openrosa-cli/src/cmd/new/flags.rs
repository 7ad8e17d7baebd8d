//! The flags of `openrosa new`: a submission with one case.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::{DateTime, FixedOffset};

use super::description::{Case, Creation, Description, Link, Metadata, Relationship};
use super::form::needs_id;
use crate::exit::Failure;
use crate::state::moment;

/// One submission with one case.
#[derive(clap::Args)]
#[group(id = "flags", multiple = true)]
pub(super) struct Flags {
    /// Which form: its namespace and id
    #[arg(long, value_name = "ID")]
    form: Option<String>,
    #[arg(long, value_name = "TEXT", help = "The version of the form")]
    form_version: Option<String>,
    /// Who acts: the id of a user
    #[arg(long, value_name = "ID")]
    user: Option<String>,
    /// The name that the user signs in with
    #[arg(long, value_name = "NAME")]
    username: Option<String>,
    /// The device
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// Whose metadata block is written [default: commcare]
    #[arg(long, value_enum, value_name = "KIND")]
    metadata: Option<Metadata>,
    /// The id of the instance; a fresh one otherwise
    #[arg(long, value_name = "ID")]
    instance: Option<String>,
    /// The instance that this one replaces, for an edit
    #[arg(long, value_name = "ID")]
    replacing: Option<String>,
    /// When the form was saved, such as 2026-05-01T12:00:00+02:00; now otherwise
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<DateTime<FixedOffset>>,
    /// An answer outside the case; may be given several times
    #[arg(long = "answer", value_name = "NAME=TEXT")]
    answers: Vec<String>,
    /// The id of the case; a fresh one otherwise
    #[arg(long, value_name = "ID")]
    case: Option<String>,
    /// Create the case, with this type
    #[arg(long, value_name = "TYPE", requires = "case_name")]
    case_type: Option<String>,
    /// The name of the case
    #[arg(long, value_name = "NAME")]
    case_name: Option<String>,
    /// Who holds the case; the user otherwise
    #[arg(long, value_name = "ID")]
    owner: Option<String>,
    /// A property of the case; may be given several times
    #[arg(long = "property", short, value_name = "NAME=TEXT")]
    properties: Vec<String>,
    /// The id that another system knows the case by
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// Make the case a child of another
    #[arg(long = "child-of", value_name = "INDEX:TYPE:CASE")]
    parents: Vec<String>,
    /// Make the case an extension of another
    #[arg(long = "extension-of", value_name = "INDEX:TYPE:CASE")]
    hosts: Vec<String>,
    /// Attach a file to the case
    #[arg(long, value_name = "NAME=FILE")]
    attach: Vec<String>,
    /// Close the case
    #[arg(long)]
    close: bool,
}

impl Flags {
    pub(super) fn describe(&self) -> Result<Description, Failure> {
        let wanted = |flag: &Option<String>, name: &str| {
            let missing = || Failure::new(format!("`--{name}` is needed")).remedy("openrosa new --help");
            flag.clone().ok_or_else(missing)
        };
        let user = wanted(&self.user, "user")?;
        Ok(Description {
            form: wanted(&self.form, "form")?,
            version: self.form_version.clone(),
            username: self.username.clone(),
            device: self.device.clone(),
            metadata: self.metadata.unwrap_or_default(),
            instance: self.instance.clone(),
            replacing: self.replacing.clone(),
            at: self.at,
            answers: pairs(&self.answers, "--answer", |text| text)?,
            cases: self.case(&user)?.into_iter().collect(),
            user,
            ..Description::default()
        })
    }

    /// The case, if any flag speaks of one.
    fn case(&self, user: &str) -> Result<Option<Case>, Failure> {
        let one = [&self.case, &self.case_type, &self.case_name, &self.owner, &self.external_id];
        let several = [&self.properties, &self.parents, &self.hosts, &self.attach];
        let is_silent = one.iter().all(|flag| flag.is_none()) && several.iter().all(|flag| flag.is_empty());
        if is_silent && !self.close {
            return Ok(None);
        }
        if self.case.is_none() && self.case_type.is_none() {
            return Err(needs_id(
                "--case ID for one that exists, or --case-type and --case-name for a new one",
            ));
        }
        let owner = || self.owner.clone().unwrap_or_else(|| user.to_owned());
        let name = self.case_name.clone().unwrap_or_default();
        let create = self.case_type.clone().map(|case_type| Creation {
            case_type,
            name: name.clone(),
            owner: owner(),
        });
        let updates = create.is_none();
        let mut links = links(&self.parents, Relationship::Child, "--child-of")?;
        links.extend(self::links(&self.hosts, Relationship::Extension, "--extension-of")?);
        Ok(Some(Case {
            id: self.case.clone(),
            rename: self.case_name.clone().filter(|_| updates),
            assign: self.owner.clone().filter(|_| updates),
            create,
            external_id: self.external_id.clone(),
            properties: pairs(&self.properties, "--property", |text| text)?,
            links,
            attach: pairs(&self.attach, "--attach", PathBuf::from)?,
            close: self.close,
            ..Case::default()
        }))
    }
}

/// `NAME=VALUE`, each name once.
fn pairs<T>(
    given: &[String],
    flag: &str,
    value: impl Fn(String) -> T,
) -> Result<BTreeMap<String, T>, Failure> {
    let mut pairs = BTreeMap::new();
    for pair in given {
        let malformed = || Failure::new(format!("`{flag} {pair}` is not of the form NAME=VALUE"));
        let (name, text) = pair.split_once('=').ok_or_else(malformed)?;
        if pairs.insert(name.to_owned(), value(text.to_owned())).is_some() {
            return Err(Failure::new(format!("`{flag} {name}=…` is given twice")));
        }
    }
    Ok(pairs)
}

fn links(given: &[String], relationship: Relationship, flag: &str) -> Result<Vec<Link>, Failure> {
    let link = |text: &String| {
        let malformed = || Failure::new(format!("`{flag} {text}` is not of the form INDEX:TYPE:CASE"));
        // The id of a case may hold colons of its own.
        let mut parts = text.splitn(3, ':').map(str::to_owned);
        let mut part = || parts.next().ok_or_else(malformed);
        Ok(Link { name: part()?, case_type: part()?, to: Some(part()?), relationship })
    };
    given.iter().map(link).collect()
}
