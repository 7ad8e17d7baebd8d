//! Submissions, as they are found again.

use bytes::Bytes;
use chrono::{DateTime, Utc};
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{
    Database, Domain,
    engine::{Values, plain},
    record,
};
use crate::{error::Error, server::ServerKind};

/// What a form is to the server. Only a normal one has an effect on cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "these are the states that a form can be in")]
pub enum State {
    /// It counts.
    Normal,
    /// Set aside by hand, and can come back.
    Archived,
    /// An edit took its place.
    Deprecated,
    /// The rules of cases do not allow what it says. The same form may come again.
    Error,
    /// It is to be looked at first.
    Quarantined,
}

impl State {
    /// As it is stored, and as people call it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Archived => "archived",
            Self::Deprecated => "deprecated",
            Self::Error => "error",
            Self::Quarantined => "quarantined",
        }
    }

    /// What that means for a form, in a sentence about it.
    #[must_use]
    pub const fn in_words(self) -> &'static str {
        match self {
            Self::Normal => "it counts",
            Self::Archived => "it was set aside",
            Self::Deprecated => "an edit took its place",
            Self::Error => "the rules of cases do not allow what it says",
            Self::Quarantined => "it is in quarantine, for somebody to look at",
        }
    }

    /// Whether it is kept without effect until somebody lets it in.
    #[must_use]
    pub const fn is_set_apart(self) -> bool {
        matches!(self, Self::Error | Self::Quarantined)
    }

    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let all = [Self::Normal, Self::Archived, Self::Deprecated, Self::Error, Self::Quarantined];
        let found = all.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| record::damaged(&format_args!("a form in the state `{text}`")))
    }
}

/// Which forms are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "a table of conditions, written with `..FormsAsked::default()`"
)]
pub struct FormsAsked {
    /// Instances of this blank form.
    pub form: Option<String>,
    /// From this user.
    pub user: Option<String>,
    /// In this state.
    pub state: Option<State>,
    /// Behind this one: [`FormRow::seq`].
    pub after: Option<i64>,
}

/// A submission.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FormRow {
    /// Its place among the changes of its domain.
    pub seq: i64,
    /// How the histories of cases name it: its `instanceID`, unless an edit has taken that place or another form has it.
    pub log_id: String,
    /// The form it is an instance of; empty where it does not say.
    pub form: String,
    /// That form's version.
    pub version: Option<String>,
    /// What it calls itself.
    pub instance_id: String,
    /// What it is to the server.
    pub state: State,
    /// Why it is set apart.
    pub reason: Option<String>,
    /// The instance that it says it takes the place of.
    pub replaces: Option<String>,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// Who sent it.
    pub user: Option<String>,
    /// From which device.
    pub device_id: Option<String>,
    /// Of which application.
    pub app_id: Option<String>,
}

/// A file of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct FileRow {
    /// What it is called.
    pub name: String,
    /// Under which [`Files`](super::Files) has it.
    pub object: String,
    /// In bytes.
    pub size: u64,
    /// Of its bytes, in hex.
    pub sha256: String,
    /// Of its bytes, as Briefcase writes it.
    pub md5: String,
    /// As its sender called it.
    pub content_type: Option<String>,
    /// It came with the form whose place this one was to take, and along by name.
    pub carried: bool,
}

/// Everything that a [`FormRow`] is read from.
macro_rules! form_rows {
    ($conditions:literal) => {
        concat!(
            "SELECT seq, log_id, form_key, version, instance_id, state, reason, replaces, received_at, user_name, ",
            "device_id, app_id FROM forms WHERE domain = $1 AND ",
            $conditions
        )
    };
}

impl Database {
    /// Some forms of a domain, the oldest first.
    pub async fn forms(
        &self,
        domain: &Domain,
        asked: &FormsAsked,
        at_most: u32,
    ) -> Result<Vec<FormRow>, Error> {
        some(&mut *self.readers.acquire().await?, domain, asked, at_most).await
    }

    /// The form of this `instanceID`, the one in force of those that have it.
    pub async fn form(&self, domain: &Domain, instance_id: &str) -> Result<FormRow, Error> {
        const FORM: &str = form_rows!("instance_id = $2 ORDER BY superseded, seq LIMIT 1");
        self.one(sqlx::query(FORM).bind(domain.number).bind(plain(instance_id)), instance_id).await
    }

    /// Some of the forms of this `instanceID`, each an instance of another blank form, the oldest first.
    pub async fn forms_called(
        &self,
        domain: &Domain,
        instance_id: &str,
        at_most: u32,
    ) -> Result<Vec<FormRow>, Error> {
        const FORMS: &str = form_rows!("instance_id = $2 ORDER BY seq LIMIT $3");
        let query = sqlx::query(FORMS).bind(domain.number).bind(plain(instance_id)).bind(i64::from(at_most));
        query.fetch_all(&self.readers).await?.iter().map(read).collect()
    }

    /// The form of this `instanceID` that is an instance of that blank form.
    pub(super) async fn form_of(
        &self,
        domain: &Domain,
        form: &str,
        instance_id: &str,
    ) -> Result<FormRow, Error> {
        const FORM: &str = form_rows!("form_key = $2 AND instance_id = $3");
        let query = sqlx::query(FORM).bind(domain.number).bind(plain(form)).bind(plain(instance_id));
        self.one(query, instance_id).await
    }

    /// The form that histories name so.
    pub(super) async fn form_logged(&self, domain: &Domain, log_id: &str) -> Result<FormRow, Error> {
        const FORM: &str = form_rows!("log_id = $2");
        self.one(sqlx::query(FORM).bind(domain.number).bind(plain(log_id)), log_id).await
    }

    async fn one(&self, query: Values, instance_id: &str) -> Result<FormRow, Error> {
        let row = query.fetch_optional(&self.readers).await?;
        let unknown = || ServerKind::NoSuchRecord { id: instance_id.to_owned() };
        read(row.as_ref().ok_or_else(unknown)?)
    }

    /// Its XML, byte for byte as it came.
    pub async fn xml(&self, domain: &Domain, form: &FormRow) -> Result<Bytes, Error> {
        xml(&mut *self.readers.acquire().await?, domain, form).await
    }

    /// Its files, by name.
    pub async fn files_of(&self, domain: &Domain, form: &FormRow) -> Result<Vec<FileRow>, Error> {
        files_of(&mut *self.readers.acquire().await?, domain, form).await
    }
}

pub(super) async fn some(
    connection: &mut AnyConnection,
    domain: &Domain,
    asked: &FormsAsked,
    at_most: u32,
) -> Result<Vec<FormRow>, Error> {
    const FORMS: &str = form_rows!(
        "seq > $2 AND ($3 = '' OR form_key = $3) AND ($4 = '' OR user_name = $4) \
         AND ($5 = '' OR state = $5) ORDER BY seq LIMIT $6"
    );
    let rows = sqlx::query(FORMS)
        .bind(domain.number)
        .bind(asked.after.unwrap_or(0))
        .bind(plain(asked.form.as_deref().unwrap_or_default()))
        .bind(plain(asked.user.as_deref().unwrap_or_default()))
        .bind(asked.state.map_or("", State::as_str))
        .bind(i64::from(at_most))
        .fetch_all(connection)
        .await?;
    rows.iter().map(read).collect()
}

pub(super) async fn xml(
    connection: &mut AnyConnection,
    domain: &Domain,
    form: &FormRow,
) -> Result<Bytes, Error> {
    let query = sqlx::query_scalar("SELECT xml FROM forms WHERE domain = $1 AND seq = $2");
    let xml: Vec<u8> = query.bind(domain.number).bind(form.seq).fetch_one(connection).await?;
    Ok(xml.into())
}

pub(super) async fn files_of(
    connection: &mut AnyConnection,
    domain: &Domain,
    form: &FormRow,
) -> Result<Vec<FileRow>, Error> {
    let query = "SELECT name, object, size, sha256, md5, content_type, carried FROM files WHERE domain = $1 AND form = $2 ORDER BY name";
    let rows = sqlx::query(query).bind(domain.number).bind(form.seq).fetch_all(connection).await?;
    let file = |row: &AnyRow| {
        Ok(FileRow {
            name: row.try_get("name")?,
            object: row.try_get("object")?,
            size: row.try_get::<i64, _>("size")?.unsigned_abs(),
            sha256: row.try_get("sha256")?,
            md5: row.try_get("md5")?,
            content_type: row.try_get("content_type")?,
            carried: row.try_get::<i64, _>("carried")? != 0,
        })
    };
    rows.iter().map(file).collect()
}

pub(super) fn read(row: &AnyRow) -> Result<FormRow, Error> {
    Ok(FormRow {
        seq: row.try_get("seq")?,
        log_id: row.try_get("log_id")?,
        form: row.try_get("form_key")?,
        version: row.try_get("version")?,
        instance_id: row.try_get("instance_id")?,
        state: State::read(&row.try_get::<String, _>("state")?)?,
        reason: row.try_get("reason")?,
        replaces: row.try_get("replaces")?,
        received_at: record::moment(row.try_get("received_at")?)?,
        user: row.try_get("user_name")?,
        device_id: row.try_get("device_id")?,
        app_id: row.try_get("app_id")?,
    })
}
