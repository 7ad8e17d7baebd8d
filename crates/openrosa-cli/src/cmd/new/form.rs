//! From a description to a form and the files that go with it.

use std::path::{Path, PathBuf};

use chrono::{DateTime, FixedOffset, Local};
use openrosa_xml::build::{Author, BuildError, NewCase, NewForm, NewMeta};
use openrosa_xml::check::{self, Options, Severity};
use openrosa_xml::{CaseId, InstanceId};

use super::description::{Case, Description, Link, Metadata, Relationship};
use crate::exit::Failure;

/// A form and its files.
pub(super) struct Built {
    pub(super) xml: String,
    pub(super) instance_id: InstanceId,
    /// Where each file is, and the name that it has in the form.
    pub(super) files: Vec<(PathBuf, String)>,
}

pub(super) fn build(description: &Description) -> Result<Built, Failure> {
    let at = description.at.unwrap_or_else(|| Local::now().fixed_offset());
    let author = Author::new(description.user.as_str(), at);
    let meta = meta(description, &author, at);
    let mut form = NewForm::new(description.form.as_str(), meta);
    if let Some(version) = &description.version {
        form = form.version(version);
    }
    if let Some(name) = &description.name {
        form = form.name(name);
    }
    for (name, answer) in &description.answers {
        form = form.answer(name, answer);
    }
    let mut files = Vec::new();
    for case in &description.cases {
        form = form.case(block(case, &author, &description.folder, &mut files)?);
    }
    let xml = form.write_indented().map_err(|error| refused(&error))?;
    check(&xml, &files)?;
    Ok(Built { xml, instance_id: form.instance_id().clone(), files })
}

/// What the builders let through is held against all that is known of readers.
fn check(xml: &str, files: &[(PathBuf, String)]) -> Result<(), Failure> {
    let files = files.iter().map(|(_, name)| name.clone()).collect();
    let report = check::document(xml, &Options { files: Some(&files), ..Options::default() });
    let error = report.findings().iter().find(|finding| finding.severity == Severity::Error);
    error.map_or(Ok(()), |error| {
        let failure =
            Failure::new(format!("the form would be refused: {} ({})", error.message(), error.code()));
        Err(failure.remedy(error.rule.remedy))
    })
}

/// What is to be used in place of a reserved name is told by the names that it has here, not by those of the library.
fn refused(error: &BuildError) -> Failure {
    let failure = |error: &BuildError| {
        Failure::new(format!("not every server and phone would take this form as it is meant: {error}"))
    };
    match error {
        BuildError::Reserved { name, instead: Some(instead) } => {
            failure(&BuildError::Reserved { name: name.clone(), instead: None }).remedy(in_place(instead))
        }
        _ => failure(error),
    }
}

fn in_place(instead: &str) -> String {
    let flag = match instead.trim_matches('`') {
        "assign" => "--owner, or ",
        "close" => "--close, or ",
        "external_id" => "--external-id, or ",
        "rename" => "--case-name, or ",
        "retype" => "--case-type of a case that is created, or ",
        _ => "",
    };
    format!("{flag}{instead} of a case in a description (--from)")
}

fn meta(description: &Description, author: &Author, at: DateTime<FixedOffset>) -> NewMeta {
    let given = description.instance.clone().map(InstanceId::from);
    let device = description.device.as_deref().unwrap_or("openrosa-cli");
    let mut meta = match description.metadata {
        Metadata::Commcare => {
            NewMeta::commcare(given.unwrap_or_else(InstanceId::random_bare), author, device, at)
        }
        Metadata::Openrosa => NewMeta::openrosa(given.unwrap_or_else(InstanceId::random), author, device, at),
    };
    if let Some(username) = &description.username {
        meta = meta.username(username);
    }
    if let Some(previous) = &description.replacing {
        meta = meta.replacing(previous.as_str());
    }
    meta
}

fn block(
    case: &Case,
    author: &Author,
    folder: &Path,
    files: &mut Vec<(PathBuf, String)>,
) -> Result<NewCase, Failure> {
    let mut block = begun(case, author)?;
    block = with(block, case.rename.as_deref(), NewCase::rename);
    block = with(block, case.retype.as_deref(), NewCase::retype);
    block = with(block, case.assign.as_deref(), NewCase::assign);
    block = with(block, case.external_id.as_deref(), NewCase::external_id);
    block = with(block, case.date_opened, NewCase::date_opened);
    for (name, value) in &case.properties {
        block = block.property(name, value.as_str());
    }
    for link in &case.links {
        block = linked(block, link);
    }
    for (name, path) in &case.attach {
        let path = folder.join(path);
        let file_name = file_name(&path)?;
        if files.iter().any(|(other, taken)| *taken == file_name && *other != path) {
            return Err(Failure::new(format!("two files are called `{file_name}`")));
        }
        block = block.attach(name, &file_name);
        files.push((path, file_name));
    }
    for name in &case.detach {
        block = block.detach(name);
    }
    Ok(if case.close { block.close() } else { block })
}

fn begun(case: &Case, author: &Author) -> Result<NewCase, Failure> {
    match (&case.create, &case.id) {
        (Some(create), id) => {
            let id = id.clone().map_or_else(CaseId::random, CaseId::from);
            Ok(NewCase::create(id, &create.case_type, &create.name, create.owner.as_str(), author))
        }
        (None, Some(id)) => Ok(NewCase::update(id.as_str(), author)),
        (None, None) => Err(needs_id("an `id` for one that exists, or a `create` for a new one")),
    }
}

/// That nothing says which case is meant.
pub(super) fn needs_id(remedy: &'static str) -> Failure {
    Failure::new("a case that is not created needs its id").remedy(remedy)
}

fn with<T>(block: NewCase, given: Option<T>, set: impl FnOnce(NewCase, T) -> NewCase) -> NewCase {
    match given {
        Some(value) => set(block, value),
        None => block,
    }
}

fn linked(block: NewCase, link: &Link) -> NewCase {
    let (name, case_type) = (link.name.as_str(), link.case_type.as_str());
    match (&link.to, link.relationship) {
        (None, _) => block.unlink(name, case_type),
        (Some(to), Relationship::Child) => block.child_of(name, case_type, to.as_str()),
        (Some(to), Relationship::Extension) => block.extension_of(name, case_type, to.as_str()),
    }
}

/// The name that the file has in the form; it has to be there already, so that what is missing is told before anything
/// is built on it.
fn file_name(path: &Path) -> Result<String, Failure> {
    if !path.is_file() {
        return Err(Failure::new(format!("there is no file `{}`", path.display())));
    }
    let name = path.file_name().and_then(|name| name.to_str());
    let unusable = || Failure::new(format!("`{}` has a name that cannot be written in XML", path.display()));
    name.map(str::to_owned).ok_or_else(unusable)
}
