//! Forms that were set apart to be looked at, and are let in after all.

use openrosa_http::server::{Caller, FileName, MissingInstanceId, Policy, Rejection, Submission};
use sqlx::Row as _;

use super::{
    Database, Domain, FormRow, Rebuilt,
    batch::{Arriving, Done, Task},
    files::Stored,
};
use crate::{
    error::{Error, Kind},
    server::ServerKind,
};

/// What became of a form that was let in.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Released {
    /// What it did to cases and stock.
    pub did: Rebuilt,
    /// Why the rules do not allow what it says; it is in [`State::Error`](super::State::Error) then.
    pub declined: Option<String>,
}

impl Database {
    /// Lets in a form that is in quarantine, or tries one again that the rules declined: it takes effect as if it had just come,
    /// and counts from when it came, so that its cases are what they would be had it been let in at once. The form is named as
    /// [`FormRow::log_id`] has it.
    ///
    /// One that is to take the place of a form of which an edit was let in meanwhile stays where it is. One that was edited itself,
    /// by an edit that counts, is deprecated, and not let in any more.
    pub async fn release(&self, domain: &Domain, log_id: &str) -> Result<Released, Error> {
        let row = self.form_logged(domain, log_id).await?;
        if !row.state.is_set_apart() {
            let state = row.state;
            return Err(ServerKind::NotSetApart { id: row.instance_id, state }.into());
        }
        let arriving = self.once_more(domain, &row).await?;
        let done = self.done(Task::Arrival(Box::new(arriving))).await?;
        self.told(domain, row, done).await
    }

    async fn told(&self, domain: &Domain, row: FormRow, done: Done) -> Result<Released, Error> {
        if done.had_turn {
            return Ok(Released { did: Rebuilt { changes: done.changed }, declined: done.declined });
        }
        let now = self.form_of(domain, &row.form, &row.instance_id).await?;
        match now.state.is_set_apart() {
            true => Err(ServerKind::Overtaken { id: row.instance_id }.into()),
            // Somebody else was at it between the look at it and now.
            false => Err(ServerKind::NotSetApart { id: row.instance_id, state: now.state }.into()),
        }
    }

    /// The form as it came, files and sender too.
    async fn once_more(&self, domain: &Domain, row: &FormRow) -> Result<Arriving, Error> {
        let xml = self.xml(domain, row).await?;
        let policy = Policy { missing_instance_id: MissingInstanceId::Derive, ..Policy::default() };
        let submission = Submission::read(xml, self.sender(domain, row).await?, &policy);
        let mut submission = submission.map_err(|error| match error {
            Rejection::NoForm(_) => {
                Error::from(ServerKind::NoForm { id: row.instance_id.clone(), why: error.to_string() })
            }
            _ => Kind::Damaged(error.to_string()).into(),
        })?;
        let mut objects = Vec::new();
        // What came along by name does so again, and is not the form's own.
        let own = self.files_of(domain, row).await?.into_iter().filter(|file| !file.carried);
        for file in own {
            let (file, stored) = held(file)?;
            submission.files.push(file);
            objects.push(stored);
        }
        let released = Some(self.now());
        Ok(Arriving { objects, released, ..Arriving::alone(domain.number, submission, row.received_at) })
    }

    async fn sender(&self, domain: &Domain, row: &FormRow) -> Result<Caller, Error> {
        let query = sqlx::query("SELECT sync_token FROM forms WHERE domain = $1 AND seq = $2");
        let found = query.bind(domain.number).bind(row.seq).fetch_one(&self.readers).await?;
        let mut caller = Caller::default();
        caller.domain = Some(domain.name.clone()).filter(|name| !name.is_empty());
        caller.user.clone_from(&row.user);
        caller.device_id.clone_from(&row.device_id);
        caller.app_id.clone_from(&row.app_id);
        caller.sync_token = found.try_get("sync_token")?;
        Ok(caller)
    }
}

fn held(file: super::FileRow) -> Result<(openrosa_http::server::File, Stored), Error> {
    use openrosa_http::server::{File, Fingerprint};
    let name = FileName::new(&file.name).map_err(|error| Kind::Damaged(error.to_string()))?;
    let fingerprint = Fingerprint::from_hex(&file.sha256);
    let fingerprint = fingerprint.ok_or_else(|| Kind::Damaged("a hash that is none".to_owned()))?;
    let (content_type, length) = (file.content_type, file.size);
    let same = File { name, field_name: None, file_name: None, content_type, length, fingerprint };
    Ok((same, Stored { object: file.object, md5: file.md5 }))
}
