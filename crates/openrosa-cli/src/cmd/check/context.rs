//! What documents are held against: a blank form, the cases that exist, the files that go with a form.

use std::{
    collections::BTreeSet,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
};

use openrosa_xml::{
    XForm,
    case::CaseBlock,
    check::{Audiences, KnownCases, Options},
    restore::{RestoreItem, RestoreReader},
    xml::decode,
};

use super::Args;
use crate::{
    cmd::show::{Source, begins_answer},
    exit::Failure,
    folder::{Folder, file_name, parent},
    input::{Input, is_dash, title},
};

/// What was said on the command line, read.
pub(super) struct Context {
    audiences: Option<Audiences>,
    against: Option<XForm<'static>>,
    known: Option<KnownCases>,
    files: Option<Files>,
}

/// What lies where the files of the forms do.
struct Files {
    folder: PathBuf,
    names: BTreeSet<String>,
}

impl Context {
    pub(super) fn read(args: &Args) -> Result<Self, Failure> {
        let audiences = args.profile.iter().copied().map(Into::into).collect();
        Ok(Self {
            audiences: (!args.profile.is_empty()).then_some(audiences),
            against: args.against.as_deref().map(blank_form).transpose()?,
            known: args.cases.as_deref().map(known_cases).transpose()?,
            files: args.files.as_deref().map(Files::within).transpose()?,
        })
    }

    /// Whether somebody said which files go with the forms.
    pub(super) fn knows_files(&self) -> bool {
        self.files.is_some()
    }

    /// The names of the files that go with a form. Where none lie beside it nothing is known of them: a form that was copied to
    /// be looked at has no photo with it either.
    pub(super) fn files_of(&self, path: &Path) -> Option<BTreeSet<String>> {
        if let Some(files) = &self.files {
            return Some(files.of(path));
        }
        let folder = Folder::read(parent(path)).ok().filter(|_| !is_dash(path))?;
        let is_alone = folder.forms.len() == 1 && folder.forms[0].file_name() == path.file_name();
        let names: BTreeSet<_> = folder.others.iter().map(|path| file_name(path)).collect();
        (is_alone && !names.is_empty()).then_some(names)
    }

    pub(super) fn options<'o>(&'o self, files: Option<&'o BTreeSet<String>>) -> Options<'o> {
        Options {
            audiences: self.audiences,
            against: self.against.as_ref(),
            known: self.known.as_ref(),
            files,
            ..Options::default()
        }
    }
}

impl Files {
    fn within(folder: &Path) -> Result<Self, Failure> {
        let found = Folder::read(folder)?;
        let names = found.forms.iter().chain(&found.others).map(|path| file_name(path)).collect();
        Ok(Self { folder: folder.to_owned(), names })
    }

    /// Those of a form, which is no file of its own where it lies among them.
    fn of(&self, form: &Path) -> BTreeSet<String> {
        let mut names = self.names.clone();
        let is_among_them = !is_dash(form)
            && parent(form)
                .canonicalize()
                .is_ok_and(|folder| Some(folder) == self.folder.canonicalize().ok());
        if is_among_them {
            names.remove(&file_name(form));
        }
        names
    }
}

fn blank_form(path: &Path) -> Result<XForm<'static>, Failure> {
    let input = Input::open(path)?;
    let none = |why: &dyn std::fmt::Display| {
        let failure = Failure::new(format!("`{}` is no blank form: {why}", input.title()));
        failure.remedy("the form as a form list has it, which is filled in, not one that was")
    };
    let text = decode(&input.bytes).map_err(|error| none(&error))?;
    let form = XForm::read(&text).map_err(|error| none(&error))?;
    // Any document is read as one in which there is nothing.
    if form.primary().is_none() {
        return Err(none(&"it has no instance to fill in"));
    }
    Ok(form.into_owned())
}

/// The cases of a restore, which is not held in memory, unless it is in another encoding than UTF-8.
fn known_cases(path: &Path) -> Result<KnownCases, Failure> {
    let source = Source::open(path)?;
    let name = title(&source.name).to_owned();
    if source.is_answer() {
        return cases_in(BufReader::new(source.into_reader()), &name);
    }
    let bytes = source.into_input()?.bytes;
    match decode(&bytes) {
        Ok(text) if begins_answer(text.as_bytes()) => cases_in(text.as_bytes(), &name),
        _ => {
            let failure = Failure::new(format!("`{name}` is no restore"));
            Err(failure.remedy("a restore, as `openrosa restore --out FILE` saves it"))
        }
    }
}

fn cases_in(restore: impl BufRead, name: &str) -> Result<KnownCases, Failure> {
    let cannot =
        |error: &dyn std::fmt::Display| Failure::new(format!("cannot take the cases of `{name}`: {error}"));
    let mut restore = RestoreReader::new(restore);
    let mut known = KnownCases::default();
    let mut take = |item: RestoreItem<'_>| {
        if let RestoreItem::Case(block) = item {
            remember(&block, &mut known);
        }
    };
    while restore.next_with(|item| take(item.value)).map_err(|error| cannot(&error))?.is_some() {}
    Ok(known)
}

fn remember(block: &CaseBlock<'_>, known: &mut KnownCases) {
    let Some(case_id) = block.case_id.as_deref() else { return };
    let created = block.create().and_then(|create| create.property("case_type"));
    let case_type = block.update().and_then(|update| update.property("case_type")).or(created);
    known.insert(case_id, case_type.map(|property| property.value.text()).unwrap_or_default().trim());
}
