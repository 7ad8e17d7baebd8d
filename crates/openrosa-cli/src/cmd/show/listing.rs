//! Documents that list things: forms, media files, submissions, entities, the files of an encrypted submission.

mod facts;
mod stock;
mod user;

pub(super) use stock::sections as ledgers;

use openrosa_xml::{
    EncryptedSubmission, FileHash, FormList, Integrity, Manifest, ReadError,
    briefcase::{DownloadedSubmission, IdChunk},
    form_list::{FormGroup, LegacyForm, ListedForm},
    manifest::{MediaFile, MediaFileError},
    registration::Registration,
};

use super::kind::Kind;
use crate::page::{counted, seen};

/// A list, whatever it lists.
pub(super) enum Listing<'a> {
    Forms(FormList<'a>),
    MediaFiles(Manifest<'a>),
    SubmissionIds(IdChunk<'a>),
    Submission(DownloadedSubmission<'a>),
    Entities(Integrity<'a>),
    Encrypted(EncryptedSubmission<'a>),
    User(Registration<'a>),
}

/// One thing that is listed: what it is, and what is said of it.
pub(super) struct Section {
    pub(super) title: String,
    pub(super) rows: Vec<(&'static str, String)>,
}

impl<'a> Listing<'a> {
    /// Reads what a document lists, if it is of a kind that lists something.
    pub(super) fn read(kind: Kind, source: &'a str) -> Result<Option<Self>, ReadError> {
        Ok(Some(match kind {
            Kind::FormList => Self::Forms(FormList::read(source)?),
            Kind::Manifest => Self::MediaFiles(Manifest::read(source)?),
            Kind::SubmissionIds => Self::SubmissionIds(IdChunk::read(source)?),
            Kind::DownloadedSubmission => Self::Submission(DownloadedSubmission::read(source)?),
            Kind::Integrity => Self::Entities(Integrity::read(source)?),
            Kind::EncryptedForm => Self::Encrypted(EncryptedSubmission::read(source)?),
            Kind::Registration => Self::User(Registration::read(source)?),
            _ => return Ok(None),
        }))
    }

    /// What there is, in numbers.
    pub(super) fn summary(&self) -> String {
        match self {
            Self::Forms(list) => {
                let forms = counted(list.forms().count() + list.legacy_forms().count(), "form");
                match list.groups().count() {
                    0 => forms,
                    groups => format!("{forms}, {}", counted(groups, "group")),
                }
            }
            Self::MediaFiles(manifest) => counted(manifest.files().count(), "file"),
            Self::SubmissionIds(page) => counted(page.ids().count(), "submission"),
            Self::Submission(submission) => {
                format!("an instance and {}", counted(submission.files().count(), "file"))
            }
            Self::Entities(integrity) => {
                format!("the fate of {}", counted(integrity.entities().count(), "id"))
            }
            Self::User(_) => "a user".to_owned(),
            Self::Encrypted(sent) => {
                format!("the names of {}", counted(sent.files().count(), "encrypted file"))
            }
        }
    }

    /// Everything that is listed.
    pub(super) fn sections(&self) -> Vec<Section> {
        match self {
            Self::Forms(list) => {
                let forms = list.forms().map(|entry| entry.map_or_else(of_no_use, |it| form(&it)));
                let groups = list.groups().map(|entry| entry.map_or_else(of_no_use, |it| group(&it)));
                let legacy =
                    list.legacy_forms().map(|entry| entry.map_or_else(of_no_use, |it| legacy_form(&it)));
                forms.chain(groups).chain(legacy).collect()
            }
            Self::MediaFiles(manifest) => manifest.files().map(file).collect(),
            Self::SubmissionIds(page) => vec![page_of_ids(page)],
            Self::Submission(it) => {
                it.instance().map(|_| submission(it)).into_iter().chain(it.files().map(file)).collect()
            }
            Self::Entities(integrity) => vec![entities(integrity)],
            Self::Encrypted(sent) => vec![encrypted(sent)],
            Self::User(user) => vec![user::section(user)],
        }
    }
}

impl Section {
    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), rows: Vec::new() }
    }

    fn with(self, label: &'static str, value: &str) -> Self {
        self.with_some(label, Some(value))
    }

    fn with_some(mut self, label: &'static str, value: Option<&str>) -> Self {
        self.rows.extend(value.map(|value| (label, seen(value).into_owned())));
        self
    }

    fn with_hash(self, hash: Option<FileHash>) -> Self {
        match hash {
            Some(hash) => self.with("hash", &hash.to_string()),
            None => self.with("hash", "none that is known"),
        }
    }
}

fn of_no_use(error: impl ToString) -> Section {
    Section::new("Entry of no use").with("because", &error.to_string())
}

fn form(form: &ListedForm<'_>) -> Section {
    Section::new(format!("Form {}", seen(&form.form_id)))
        .with("name", &form.name)
        .with_some("version", form.version.as_deref())
        .with_hash(form.hash)
        .with("at", &form.download_url)
        .with_some("files at", form.manifest_url.as_deref())
        .with_some("about", form.description_text.as_deref())
        .with_some("about at", form.description_url.as_deref())
}

fn group(group: &FormGroup<'_>) -> Section {
    Section::new(format!("Group {}", seen(&group.group_id)))
        .with("name", &group.name)
        .with("list at", &group.list_url)
        .with_some("about", group.description_text.as_deref())
        .with_some("about at", group.description_url.as_deref())
}

fn legacy_form(form: &LegacyForm<'_>) -> Section {
    Section::new(format!("Form {}", seen(&form.name))).with("at", &form.url)
}

fn file(file: Result<MediaFile<'_>, MediaFileError>) -> Section {
    match file {
        Ok(file) => Section::new(format!("File {}", seen(file.path.as_str())))
            .with_some("type", file.kind.as_deref())
            .with_hash(file.hash)
            .with("at", &file.download_url)
            .with_some("deletions", file.integrity_url.as_deref()),
        Err(error) => of_no_use(error),
    }
}

fn page_of_ids(page: &IdChunk<'_>) -> Section {
    let section = page.ids().fold(Section::new("Submissions"), |section, id| section.with("id", &id));
    match page.next_cursor(None) {
        Some(cursor) => section.with("go on with", &cursor),
        None => section.with("go on with", "nothing: this page is the last"),
    }
}

fn submission(submission: &DownloadedSubmission<'_>) -> Section {
    let known = submission.metadata().unwrap_or_default();
    Section::new("Submission")
        .with_some("form", known.form_id.as_deref())
        .with_some("version", known.version.as_deref())
        .with_some("instance", known.instance_id.as_deref())
        .with_some("received", known.submission_date.as_ref().map(|date| date.as_str()))
        .with_some("complete", known.complete.as_deref())
        .with_some("encrypted", known.encrypted.as_deref())
}

fn entities(integrity: &Integrity<'_>) -> Section {
    integrity.entities().fold(Section::new("Entities"), |section, entity| {
        let fate = match entity.deleted {
            Some(true) => "deleted",
            Some(false) => "there",
            None => "unknown",
        };
        section.with(fate, &entity.id)
    })
}

fn encrypted(sent: &EncryptedSubmission<'_>) -> Section {
    let length = |text: Option<std::borrow::Cow<'_, str>>| match text {
        Some(text) => counted(text.chars().count(), "character"),
        None => "none".to_owned(),
    };
    let section = Section::new("Encrypted files");
    let section = sent.media_files().fold(section, |section, file| section.with("media file", &file));
    section
        .with_some("form", sent.form_file().as_deref())
        .with("key", &length(sent.encrypted_key()))
        .with("signature", &length(sent.signature()))
}
