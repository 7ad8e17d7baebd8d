//! Forms with two case changes made durable in SQLite: one after the other, and many at once.

use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::future::join_all;
use openrosa_http::server::{Backend, Caller, Policy, Submission, Upload};
use openrosa_store::server::{Database, Files};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::{Contender, Suite};
use crate::Failure;

/// Stored at each run.
pub const FORMS: u64 = 1_000;
/// How many come at once.
const GROUP: u64 = 100;

/// A database, and the number of the next form.
#[derive(Debug)]
pub struct Input {
    database: Database,
    next: AtomicU64,
    forms: u64,
    runtime: Runtime,
    _folder: TempDir,
}

/// One after the other is the measure.
pub const SUITE: Suite<Input> = &[
    Contender { name: "stored-one-by-one", run: |input| input.store(1).into() },
    Contender { name: "stored-in-groups", run: |input| input.store(GROUP).into() },
];

impl Input {
    /// Makes the database.
    pub fn new(forms: u64) -> Result<Self, Failure> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let folder = tempfile::tempdir()?;
        let files = Files::in_folder(folder.path().join("files"))?;
        let database = runtime.block_on(Database::open(folder.path().join("server.db"), files))?;
        Ok(Self { database, next: AtomicU64::new(0), forms, runtime, _folder: folder })
    }

    fn store(&self, at_once: u64) -> u64 {
        let mut stored = 0;
        for _ in 0..self.forms.div_ceil(at_once) {
            let group = (0..at_once).map(|_| self.one(self.next.fetch_add(1, Ordering::Relaxed)));
            stored += self.runtime.block_on(join_all(group)).into_iter().sum::<u64>();
        }
        stored
    }

    async fn one(&self, number: u64) -> u64 {
        let read = Submission::read(form(number).into(), Caller::default(), &Policy::default());
        let submission = read.expect("the form is one");
        let upload = self.database.begin(&Caller::default()).await.expect("an upload begins");
        let stored = upload.commit(submission).await.expect("the form is stored");
        u64::from(stored.unprocessed.is_none())
    }
}

/// A form that creates a case and changes one that is there.
fn form(number: u64) -> String {
    let case = |id: u64, actions: &str| {
        format!(
            "<case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"case-{id}\" user_id=\"u1\" \
             date_modified=\"2024-05-01T10:00:00.000000Z\">{actions}</case>"
        )
    };
    let create = "<create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>u1</owner_id></create>\
                  <update><village>Kibaha</village><age>34</age></update>";
    let update = format!("<update><visits>{number}</visits></update>");
    format!(
        "<data xmlns=\"http://example.org/visit\">{}{}<meta xmlns=\"http://openrosa.org/jr/xforms\">\
         <instanceID>uuid:{number}</instanceID></meta></data>",
        case(number, create),
        case(number.saturating_sub(1), &update),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_stored() {
        let input = Input::new(10).unwrap();
        assert_eq!([input.store(1), input.store(5)], [10, 10]);
    }
}
