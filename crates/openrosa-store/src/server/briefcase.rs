//! Submissions handed out again, to those who may have all of a form.

use std::fmt;

use futures_util::TryStreamExt as _;
use openrosa_http::{
    api::submission_list,
    server::{Briefcase, Caller, Content, HeldAttachment, HeldSubmission, Rejection, SubmissionPage},
};
use openrosa_xml::{
    FileHash, Timestamp,
    briefcase::{SubmissionKey, SubmissionMetadata},
    manifest::RelativePath,
};
use sqlx::{Row as _, any::AnyRow};

use super::{
    Database, Domain, FileRow, FormRow, State,
    engine::{key, plain},
    upload::refused,
};
use crate::error::Error;

/// How many ids are on a page unless the client wants fewer.
const PAGE: u32 = 100;

/// For [staff](super::User::is_staff) only. The cursor is the place of the last form that was told of: the change that it came by,
/// or by which it came back; and which form that is, for a database that was put back from a copy gives the same places once more.
/// Forms that were replaced or set aside are not told of.
impl Briefcase for Database {
    async fn submissions(
        &self,
        asked: &submission_list::Request,
        caller: &Caller,
    ) -> Result<Option<SubmissionPage>, Rejection> {
        let after = asked.cursor.as_deref().map_or(Some(Told::NOTHING), Told::read);
        let nowhere = || Rejection::BadRequest { reason: "the cursor is none of this server's".into() };
        let after = after.ok_or_else(nowhere)?;
        let wanted = asked.entries.map_or(PAGE, |entries| entries.clamp(1, PAGE));
        let domain = self.of_staff(caller).await?;
        let after = self.found_again(&domain, &asked.form_id, after).await.map_err(refused)?;
        let after = after.ok_or_else(nowhere)?;
        self.page(&domain, &asked.form_id, after, wanted).await.map(Some).map_err(refused)
    }

    async fn submission(
        &self,
        key: &SubmissionKey<'_>,
        caller: &Caller,
    ) -> Result<Option<HeldSubmission>, Rejection> {
        let domain = self.of_staff(caller).await?;
        let Some(row) = self.named(&domain, key).await.map_err(refused)? else { return Ok(None) };
        let xml = self.xml(&domain, &row).await.map_err(refused)?;
        let files = self.files_of(&domain, &row).await.map_err(refused)?;
        let metadata = metadata(&row);
        Ok(Some(HeldSubmission { xml, metadata, files: files.iter().filter_map(handed_out).collect() }))
    }

    async fn attachment(
        &self,
        key: &SubmissionKey<'_>,
        path: &RelativePath<'_>,
        from: u64,
        caller: &Caller,
    ) -> Result<Option<Content>, Rejection> {
        let domain = self.of_staff(caller).await?;
        let Some(row) = self.named(&domain, key).await.map_err(refused)? else { return Ok(None) };
        let files = self.files_of(&domain, &row).await.map_err(refused)?;
        let Some(file) = files.into_iter().find(|file| file.name == path.as_str()) else { return Ok(None) };
        // What begins behind the end begins anew.
        let from = if from < file.size { from } else { 0 };
        let pieces = self.files.read_from(&file.object, from).await.map_err(refused)?;
        let content = Content::streamed(pieces).starting_at(from, file.size);
        Ok(Some(match file.content_type {
            Some(kind) => content.with_media_type(kind),
            None => content,
        }))
    }
}

impl Database {
    /// The domain, of which the caller may see everything.
    async fn of_staff(&self, caller: &Caller) -> Result<Domain, Rejection> {
        let domain = self.domain(caller.domain.as_deref()).await.map_err(refused)?;
        let is_staff = match caller.user.as_deref() {
            Some(name) => match self.user(&domain, name).await {
                Ok(user) => user.is_staff,
                Err(error) if error.is_unknown_user() => false,
                Err(error) => return Err(refused(error)),
            },
            None => false,
        };
        let private = || Rejection::Forbidden { reason: "only staff may fetch what others have sent".into() };
        is_staff.then_some(domain).ok_or_else(private)
    }

    /// Behind what to go on for whoever was told of this form last: `None` where it is not here. Where it has come back once more, its
    /// place of then is nobody's any more, or another's, as in a copy that was put back; it was told of behind the place at which it
    /// came first, and what stands behind that is told of, some of it again: clients know what they have by its id.
    async fn found_again(&self, domain: &Domain, form: &str, last: Told) -> Result<Option<Told>, Error> {
        const THERE: &str = "SELECT seq AS place, instance_id, received_at FROM forms \
             WHERE domain = $1 AND form_key = $2 AND seq = $3 UNION ALL \
             SELECT back AS place, instance_id, received_at FROM forms \
             WHERE domain = $1 AND form_key = $2 AND back = $3 UNION ALL \
             SELECT seq AS place, instance_id, received_at FROM forms \
             WHERE domain = $1 AND form_key = $2 AND back > $3 AND seq < $3";
        if last.form.is_none() {
            return Ok(Some(last));
        }
        let query = sqlx::query(THERE).bind(domain.number).bind(plain(form)).bind(last.place);
        let mut rows = query.fetch(&self.readers);
        let mut moved = None;
        while let Some(row) = rows.try_next().await? {
            let told = Told::of(domain, &row)?;
            match told.form == last.form {
                true if told.place == last.place => return Ok(Some(told)),
                true => moved = Some(told),
                false => {}
            }
        }
        Ok(moved)
    }

    async fn page(
        &self,
        domain: &Domain,
        form: &str,
        after: Told,
        wanted: u32,
    ) -> Result<SubmissionPage, Error> {
        const PAGE: &str = "SELECT place, instance_id, received_at FROM \
             (SELECT * FROM (SELECT seq AS place, instance_id, received_at FROM forms \
             WHERE domain = $1 AND form_key = $2 AND seq > $3 AND back IS NULL AND superseded = 0 \
             AND state IN ('normal', 'error') ORDER BY seq LIMIT $4) AS came UNION ALL \
             SELECT * FROM (SELECT back AS place, instance_id, received_at FROM forms \
             WHERE domain = $1 AND form_key = $2 AND back > $3 AND superseded = 0 \
             AND state IN ('normal', 'error') ORDER BY back LIMIT $4) AS came_back) AS told \
             ORDER BY place LIMIT $4";
        let query = sqlx::query(PAGE).bind(domain.number).bind(plain(form)).bind(after.place);
        let rows = query.bind(i64::from(wanted)).fetch_all(&self.readers).await?;
        let last = rows.last().map(|row| Told::of(domain, row)).transpose()?.unwrap_or(after);
        let ids = rows.iter().map(|row| row.try_get("instance_id")).collect::<Result<_, _>>()?;
        Ok(SubmissionPage { ids, cursor: Some(last.to_string()) })
    }

    async fn named(&self, domain: &Domain, key: &SubmissionKey<'_>) -> Result<Option<FormRow>, Error> {
        match self.form_of(domain, &key.form_id, &key.instance_id).await {
            Ok(row) => Ok(Some(row).filter(|row| matches!(row.state, State::Normal | State::Error))),
            Err(error) if error.is_unknown() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// A form that was told of, as a cursor names it.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    place: i64,
    /// Which form is there, and when it came: one that was lost and came again came behind others than before. A version before
    /// did not say.
    form: Option<i64>,
}

impl Told {
    const NOTHING: Self = Self { place: 0, form: None };

    fn of(domain: &Domain, row: &AnyRow) -> Result<Self, Error> {
        let (id, came): (String, i64) = (row.try_get("instance_id")?, row.try_get("received_at")?);
        let form = key(domain.number, "told", &[&id, &came.to_string()]);
        Ok(Self { place: row.try_get("place")?, form: Some(form) })
    }

    fn read(cursor: &str) -> Option<Self> {
        let (place, form) = match cursor.split_once('.') {
            Some((place, form)) => (place, Some(form.parse().ok()?)),
            None => (cursor, None),
        };
        Some(Self { place: place.parse().ok()?, form })
    }
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.form {
            Some(form) => write!(f, "{}.{form}", self.place),
            None => self.place.fmt(f),
        }
    }
}

fn metadata(row: &FormRow) -> SubmissionMetadata<'static> {
    let mut metadata = SubmissionMetadata::default();
    metadata.instance_id = Some(row.instance_id.clone().into());
    metadata.form_id = Some(row.form.clone().into());
    metadata.version = row.version.clone().map(Into::into);
    metadata.submission_date = Some(Timestamp::from_datetime(&row.received_at.fixed_offset()));
    metadata.complete = Some("true".into());
    metadata
}

/// A file whose name is no path cannot be handed out: a client would have nowhere to put it.
fn handed_out(file: &FileRow) -> Option<HeldAttachment> {
    let path = RelativePath::new(file.name.clone()).ok()?;
    Some(HeldAttachment { path, hash: FileHash::parse(&file.md5)? })
}
