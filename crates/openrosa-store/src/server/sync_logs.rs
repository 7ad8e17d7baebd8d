//! Sync logs: what each device is believed to hold since its last restore.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_case::{
    graph::Relationship,
    purge::Owners,
    sync::{CaseChange, HeldCase, HeldIndex, SyncLog},
};
use openrosa_xml::{
    Instance, OwnerId, Profile, Text, UserId,
    case::{
        self,
        understood::{Context, Step, Understood},
    },
    xml::decode,
};
use serde::{Deserialize, Serialize};
use sqlx::{AnyConnection, AnyPool, Row as _};

use super::{
    Domain,
    engine::{Engine, list, plain},
    record, restore,
};
use crate::error::Error;

/// Owners, and the cases by id.
#[derive(Deserialize, Serialize)]
struct Body {
    owners: Vec<String>,
    cases: BTreeMap<String, Held>,
}

/// A case: its owner, whether it is open, and its links: name, target, relationship.
#[derive(Deserialize, Serialize)]
struct Held(String, bool, Vec<(String, String, String)>);

/// The log of this token, if it is this user's; with what the device has sent since.
pub(super) async fn find(
    tx: &mut AnyConnection,
    domain: &Domain,
    user: &UserId,
    token: &str,
) -> Result<Option<SyncLog>, Error> {
    const FIND: &str =
        "SELECT previous, seq, body FROM sync_logs WHERE token = $1 AND domain = $2 AND user_id = $3";
    let query = sqlx::query(FIND).bind(plain(token)).bind(domain.number).bind(user.to_string());
    let Some(row) = query.fetch_optional(&mut *tx).await? else { return Ok(None) };
    let body: Body = record::json(&row.try_get::<String, _>("body")?)?;
    let owners = body.owners.into_iter().map(OwnerId::from).collect::<Owners>();
    let seq: i64 = row.try_get("seq")?;
    let cases = body.cases.into_iter().map(|(id, held)| (id.into(), held.read())).collect();
    let mut log = SyncLog::new(token, seq.unsigned_abs(), owners, cases)
        .after(row.try_get::<Option<String>, _>("previous")?.map(String::into_boxed_str));
    submitted(tx, domain, token, &mut log).await?;
    Ok(Some(log))
}

/// Whether the log of this token is another user's.
pub(super) async fn is_of_another(
    readers: &AnyPool,
    domain: &Domain,
    username: &str,
    token: &str,
) -> Result<bool, Error> {
    const FIND: &str =
        "SELECT username FROM sync_logs JOIN users USING (domain, user_id) WHERE token = $1 AND domain = $2";
    let query = sqlx::query_scalar(FIND).bind(plain(token)).bind(domain.number);
    let whose: Option<String> = query.fetch_optional(readers).await?;
    Ok(whose.is_some_and(|whose| whose != username))
}

/// Keeps a new log.
pub(super) async fn keep(
    tx: &mut AnyConnection,
    domain: &Domain,
    user: &UserId,
    log: &SyncLog,
    made_at: i64,
) -> Result<(), Error> {
    let owners = log.owners().listed().map(|owners| owners.map(ToString::to_string).collect());
    let held = log.cases().filter_map(|id| Some((id.to_string(), Held::of(log.case(id.as_str())?))));
    let body = Body { owners: owners.unwrap_or_default(), cases: held.collect() };
    const KEEP: &str = "INSERT INTO sync_logs (token, domain, user_id, previous, seq, made_at, body, cases) \
                        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    sqlx::query(KEEP)
        .bind(log.token().to_owned())
        .bind(domain.number)
        .bind(user.to_string())
        .bind(log.previous().map(str::to_owned))
        .bind(i64::try_from(log.at()).unwrap_or(i64::MAX))
        .bind(made_at)
        .bind(serde_json::to_string(&body).expect("texts are JSON"))
        .bind(i64::try_from(body.cases.len()).unwrap_or(i64::MAX))
        .execute(tx)
        .await?;
    Ok(())
}

/// How many bytes the restore of a log has.
pub(super) async fn measured(
    tx: &mut AnyConnection,
    domain: &Domain,
    token: &str,
    bytes: u64,
) -> Result<(), Error> {
    let query = sqlx::query("UPDATE sync_logs SET bytes = $3 WHERE token = $1 AND domain = $2");
    let query = query.bind(token.to_owned()).bind(domain.number);
    query.bind(i64::try_from(bytes).unwrap_or(i64::MAX)).execute(tx).await?;
    Ok(())
}

/// That a device uses a token proves that it has got it, and does not need the one before any more.
pub(super) async fn forget_before(
    tx: &mut AnyConnection,
    domain: &Domain,
    log: &SyncLog,
) -> Result<(), Error> {
    if let Some(previous) = log.previous() {
        let query = sqlx::query("DELETE FROM sync_logs WHERE token = $1 AND domain = $2");
        query.bind(previous.to_owned()).bind(domain.number).execute(tx).await?;
    }
    Ok(())
}

/// The same of forms that came with these tokens.
pub(super) async fn forget_all_before(
    engine: Engine,
    tx: &mut AnyConnection,
    domain: i64,
    tokens: &BTreeSet<String>,
) -> Result<(), Error> {
    if tokens.is_empty() {
        return Ok(());
    }
    let query = engine.query(
        "DELETE FROM sync_logs WHERE domain = $1 AND token IN \
         (SELECT previous FROM sync_logs WHERE domain = $1 AND token IN {texts})",
    );
    query.bind(domain).bind(list(tokens)).execute(tx).await?;
    Ok(())
}

/// What the device's own forms did to its cases, in the order in which they came.
async fn submitted(
    tx: &mut AnyConnection,
    domain: &Domain,
    token: &str,
    log: &mut SyncLog,
) -> Result<(), Error> {
    const FORMS: &str = "SELECT xml, received_at FROM forms WHERE domain = $1 AND sync_token = $2 \
                         AND state NOT IN ('error', 'quarantined') ORDER BY seq";
    let query = sqlx::query(FORMS).bind(domain.number).bind(plain(token));
    for row in &query.fetch_all(tx).await? {
        let xml: Vec<u8> = row.try_get("xml")?;
        let source = decode(&xml).map_err(|error| record::damaged(&error))?;
        let form = Instance::read(&source).map_err(|error| record::damaged(&error))?;
        let mut context = Context::new(record::moment(row.try_get("received_at")?)?.fixed_offset());
        let meta = form.meta();
        context.user_id =
            meta.and_then(|meta| meta.user_id().or_else(|| meta.text("chw_id"))).map(Text::from);
        for found in form.cases() {
            // What the server has taken, it understands.
            if let Ok(Some(understood)) = found.block.understood_by(Profile::Hq, &context) {
                log.submitted([change(&understood)]);
            }
        }
    }
    Ok(())
}

/// As a device reads it; none at all where nothing is left.
fn trimmed(owner: &str) -> &str {
    restore::id(owner).unwrap_or_default()
}

fn change<'b>(understood: &'b Understood<'b>) -> CaseChange<'b> {
    let mut change = CaseChange::to(understood.case_id);
    for step in &understood.steps {
        match step {
            // A device, too, makes the user the owner where a new case is given none.
            Step::Create(creation) => {
                let owner = creation.owner_id.as_ref().and_then(|owner| owner.text()).map(trimmed);
                change.owner = owner.filter(|owner| !owner.is_empty()).or(understood.user).or(change.owner);
            }
            Step::Update(settings) => {
                let owner = settings.iter().rfind(|setting| setting.name == "owner_id");
                change.owner = owner.and_then(|owner| owner.content.text()).map(trimmed).or(change.owner);
            }
            Step::Close => change.closes = true,
            Step::Index(links) => {
                for link in links {
                    let relationship = match link.relationship {
                        case::Relationship::Extension => Relationship::Extension,
                        _ => Relationship::Child,
                    };
                    let target = link.target.map(|target| target.trim_matches(|c| c <= ' '));
                    let target = target.filter(|target| !target.is_empty());
                    change.indices.push((link.name, target.map(|target| (target, relationship))));
                }
            }
            _ => {}
        }
    }
    change
}

impl Held {
    fn of(case: &HeldCase) -> Self {
        let indices = case.indices.iter().map(|(name, index)| {
            let relationship = match index.relationship {
                Relationship::Extension => "extension",
                _ => "child",
            };
            (name.to_string(), index.target.to_string(), relationship.to_owned())
        });
        Self(case.owner.to_string(), case.open, indices.collect())
    }

    fn read(self) -> HeldCase {
        let mut case = HeldCase::new(self.0, self.1);
        for (name, target, relationship) in self.2 {
            let relationship = Relationship::named(&relationship);
            case.indices.insert(name.into(), HeldIndex { target: target.into(), relationship });
        }
        case
    }
}
