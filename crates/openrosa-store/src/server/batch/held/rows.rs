//! How forms and their files are read from the database and written to it.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_case::{
    form::{Form, FormState},
    store::Written,
};
use openrosa_http::server::{File, FileName, Fingerprint, Held, HeldFile, HeldFiles};
use openrosa_xml::InstanceId;
use sqlx::{AnyConnection, Row as _, any::AnyRow};

use super::{Key, New, Record, Records, Seq};
use crate::{
    error::Error,
    server::{
        engine::{Engine, Insert, Values, list, plain},
        files::Stored,
        forms::State,
        record,
    },
};

/// Everything that a [`Record`] is read from.
macro_rules! records {
    () => {
        "SELECT seq, place, log_id, instance_id, state, reason, replaces, superseded, sha256, counts_at, \
         edited_at FROM forms "
    };
}

/// Those of a blank form that are called so.
pub(super) const OF_IDS: &str =
    concat!(records!(), "WHERE domain = $1 AND instance_id IN {texts} AND form_key = $3");
/// Those of a blank form that say that they take the place of one that is called so.
pub(super) const REPLACING: &str =
    concat!(records!(), "WHERE domain = $1 AND replaces IN {texts} AND form_key = $3");

const FORMS: Insert = Insert {
    into: "forms (domain, seq, log_id, form_key, version, instance_id, state, reason, replaces, superseded, \
           received_at, counts_at, edited_at, user_name, device_id, app_id, sync_token, sha256, xml, place)",
    columns: 20,
    otherwise: "",
};

const FILES: Insert = Insert {
    into: "files (domain, form, name, object, size, sha256, md5, content_type, field_name, file_name, carried)",
    columns: 11,
    otherwise: "",
};

impl Records {
    /// Loads forms, unless they are, and says what they are called.
    pub(super) async fn fetch(
        &mut self,
        engine: Engine,
        tx: &mut AnyConnection,
        query: &'static str,
        form_key: &str,
        ids: &BTreeSet<String>,
    ) -> Result<BTreeSet<String>, Error> {
        let query = engine.query(query).bind(self.domain).bind(list(ids)).bind(form_key.to_owned());
        let mut found = BTreeSet::new();
        for row in &query.fetch_all(&mut *tx).await? {
            let id: String = row.try_get("instance_id")?;
            let key = (form_key.to_owned(), id.clone());
            if self.record(&key).is_none() {
                let record = self.read(tx, row).await?;
                self.known.insert(key, Some(record));
            }
            found.insert(id);
        }
        Ok(found)
    }

    /// Which of these names histories know.
    pub(super) async fn load_names(&mut self, engine: Engine, tx: &mut AnyConnection) -> Result<(), Error> {
        if self.named.is_empty() {
            return Ok(());
        }
        let query = engine.query("SELECT log_id FROM forms WHERE domain = $1 AND log_id IN {texts}");
        for row in &query.bind(self.domain).bind(list(self.named.keys())).fetch_all(tx).await? {
            self.named.insert(row.try_get("log_id")?, true);
        }
        Ok(())
    }

    pub(super) async fn load(&mut self, tx: &mut AnyConnection, key: &Key) -> Result<(), Error> {
        if self.known.contains_key(key) {
            return Ok(());
        }
        const FIND: &str = concat!(records!(), "WHERE domain = $1 AND form_key = $2 AND instance_id = $3");
        let query = sqlx::query(FIND).bind(self.domain).bind(key.0.clone()).bind(key.1.clone());
        let record = match query.fetch_optional(&mut *tx).await? {
            None => None,
            Some(row) => Some(self.read(tx, &row).await?),
        };
        self.known.insert(key.clone(), record);
        Ok(())
    }

    async fn read(&self, tx: &mut AnyConnection, row: &AnyRow) -> Result<Record, Error> {
        let seq: i64 = row.try_get("seq")?;
        let (files, objects) = files(tx, self.domain, seq).await?;
        let xml = fingerprint(&row.try_get::<String, _>("sha256")?)?;
        let superseded = row.try_get::<i64, _>("superseded")? != 0;
        Ok(Record {
            seq: Seq::Stored(seq),
            place: Seq::Stored(row.try_get::<Option<i64>, _>("place")?.unwrap_or(seq)),
            log_id: row.try_get("log_id")?,
            state: State::read(&row.try_get::<String, _>("state")?)?,
            reason: row.try_get("reason")?,
            replaces: row.try_get("replaces")?,
            held: Held { xml, superseded, files },
            objects,
            counts_at: record::moment(row.try_get("counts_at")?)?,
            edited_at: row.try_get::<Option<i64>, _>("edited_at")?.map(record::moment).transpose()?,
            new: None,
            is_changed: false,
            has_new_files: false,
        })
    }

    /// Writes what has changed. `forms` is what the rules have made of them.
    pub(in super::super) async fn write(
        &mut self,
        engine: Engine,
        tx: &mut AnyConnection,
        forms: &Written<InstanceId, Form>,
        seq: &impl Fn(usize) -> i64,
    ) -> Result<(), Error> {
        self.ruled(tx, forms).await?;
        let number = |place: Seq| match place {
            Seq::Stored(number) => number,
            Seq::New(change) => seq(change),
        };
        // Who made room comes first: no two may be named the same at any moment.
        let changed =
            || self.known.values().flatten().filter(|record| record.is_changed && record.new.is_none());
        for superseded in [true, false] {
            for record in changed().filter(|record| record.held.superseded == superseded) {
                self.update(tx, record, &number).await?;
            }
        }
        let new = self.known.iter().filter_map(|(key, record)| Some((key, record.as_ref()?)));
        let mut new: Vec<_> =
            new.filter_map(|(key, record)| Some((key, record, record.new.as_ref()?))).collect();
        new.sort_by_key(|(_, record, _)| number(record.seq));
        let domain = self.domain;
        engine.insert(tx, &FORMS, &new, |row, new| bind(row, domain, &number, new)).await?;
        for (log_id, change) in &self.back {
            const BACK: &str = "UPDATE forms SET back = $3 WHERE domain = $1 AND log_id = $2";
            let query = sqlx::query(BACK).bind(domain).bind(log_id.clone()).bind(seq(*change));
            query.execute(&mut *tx).await?;
        }
        self.write_files(engine, tx, &number).await
    }

    /// Takes over what the rules say. A form that only they know is one that was set aside or taken back.
    async fn ruled(
        &mut self,
        tx: &mut AnyConnection,
        forms: &Written<InstanceId, Form>,
    ) -> Result<(), Error> {
        for form in forms.iter().filter_map(|(_, form)| form.as_deref()) {
            let state = State::of(form.state);
            let known =
                self.known.values_mut().flatten().find(|record| record.log_id == form.form_id.as_str());
            if let Some(record) = known {
                record.state = state;
                record.is_changed = true;
            } else {
                const SET: &str = "UPDATE forms SET state = $3 WHERE domain = $1 AND log_id = $2";
                let query = sqlx::query(SET).bind(self.domain).bind(form.form_id.to_string());
                query.bind(state.as_str()).execute(&mut *tx).await?;
            }
        }
        Ok(())
    }

    async fn update(
        &self,
        tx: &mut AnyConnection,
        record: &Record,
        number: &impl Fn(Seq) -> i64,
    ) -> Result<(), Error> {
        const UPDATE: &str = "UPDATE forms SET log_id = $3, state = $4, reason = $5, superseded = $6, counts_at = $7, \
                              edited_at = $8, place = $9 WHERE domain = $1 AND seq = $2";
        sqlx::query(UPDATE)
            .bind(self.domain)
            .bind(number(record.seq))
            .bind(record.log_id.clone())
            .bind(record.state.as_str())
            .bind(record.reason.as_deref().map(plain))
            .bind(i64::from(record.held.superseded))
            .bind(record.counts_at.timestamp_micros())
            .bind(record.edited_at.map(|at| at.timestamp_micros()))
            .bind(record.other_place().map(number))
            .execute(tx)
            .await?;
        Ok(())
    }

    async fn write_files(
        &self,
        engine: Engine,
        tx: &mut AnyConnection,
        number: &impl Fn(Seq) -> i64,
    ) -> Result<(), Error> {
        let changed = self.known.values().flatten().filter(|record| record.has_new_files);
        let mut rows = Vec::new();
        for record in changed {
            if record.new.is_none() {
                let query = sqlx::query("DELETE FROM files WHERE domain = $1 AND form = $2");
                query.bind(self.domain).bind(number(record.seq)).execute(&mut *tx).await?;
            }
            let (form, files) = (number(record.seq), record.held.files.iter());
            rows.extend(files.map(|(name, held)| (form, held, record.objects.get(name))));
        }
        let domain = self.domain;
        engine
            .insert(tx, &FILES, &rows, |row, (form, held, object)| {
                let file = &held.file;
                row.bind(domain)
                    .bind(*form)
                    .bind(file.name.to_string())
                    .bind(object.map(|object| object.object.clone()).unwrap_or_default())
                    .bind(i64::try_from(file.length).unwrap_or(i64::MAX))
                    .bind(file.fingerprint.to_string())
                    .bind(object.map(|object| object.md5.clone()).unwrap_or_default())
                    .bind(file.content_type.as_deref().map(plain))
                    .bind(file.field_name.as_deref().map(plain))
                    .bind(file.file_name.as_deref().map(plain))
                    .bind(i64::from(held.carried))
            })
            .await
    }
}

impl Record {
    /// Where it stands, if that is not its own place.
    fn other_place(&self) -> Option<Seq> {
        Some(self.place).filter(|place| *place != self.seq)
    }
}

impl State {
    const fn of(state: FormState) -> Self {
        match state {
            FormState::Normal => Self::Normal,
            FormState::Archived => Self::Archived,
            FormState::Deprecated => Self::Deprecated,
            _ => Self::Error,
        }
    }
}

fn bind(
    row: Values,
    domain: i64,
    number: &impl Fn(Seq) -> i64,
    (key, record, new): &(&Key, &Record, &New),
) -> Values {
    row.bind(domain)
        .bind(number(record.seq))
        .bind(record.log_id.clone())
        .bind(key.0.clone())
        .bind(new.version.clone())
        .bind(key.1.clone())
        .bind(record.state.as_str())
        .bind(record.reason.as_deref().map(plain))
        .bind(record.replaces.clone())
        .bind(i64::from(record.held.superseded))
        .bind(new.received_at.timestamp_micros())
        .bind(record.counts_at.timestamp_micros())
        .bind(record.edited_at.map(|at| at.timestamp_micros()))
        .bind(new.sender.user.as_deref().map(plain))
        .bind(new.sender.device_id.as_deref().map(plain))
        .bind(new.sender.app_id.as_deref().map(plain))
        .bind(new.sender.sync_token.as_deref().map(plain))
        .bind(record.held.xml.to_string())
        .bind(new.xml.to_vec())
        .bind(record.other_place().map(number))
}

/// The files of a form, and under which they lie.
async fn files(
    tx: &mut AnyConnection,
    domain: i64,
    form: i64,
) -> Result<(HeldFiles, BTreeMap<FileName, Stored>), Error> {
    let query = sqlx::query("SELECT * FROM files WHERE domain = $1 AND form = $2").bind(domain).bind(form);
    let (mut files, mut objects) = (HeldFiles::new(), BTreeMap::new());
    for row in &query.fetch_all(tx).await? {
        let name: String = row.try_get("name")?;
        let name = FileName::new(&name).map_err(|error| record::damaged(&error))?;
        let file = File {
            name: name.clone(),
            field_name: row.try_get("field_name")?,
            file_name: row.try_get("file_name")?,
            content_type: row.try_get("content_type")?,
            length: row.try_get::<i64, _>("size")?.unsigned_abs(),
            fingerprint: fingerprint(&row.try_get::<String, _>("sha256")?)?,
        };
        objects.insert(name.clone(), Stored { object: row.try_get("object")?, md5: row.try_get("md5")? });
        files.insert(name, HeldFile { file, carried: row.try_get::<i64, _>("carried")? != 0 });
    }
    Ok((files, objects))
}

fn fingerprint(hex: &str) -> Result<Fingerprint, Error> {
    Fingerprint::from_hex(hex).ok_or_else(|| record::damaged(&"a hash that is none"))
}
