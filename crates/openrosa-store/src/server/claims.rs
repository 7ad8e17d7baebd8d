//! Cases that are sought by those who do not have them, and claimed.

use std::collections::VecDeque;

use chrono::FixedOffset;
use futures_util::{StreamExt, stream};
use openrosa_case::{Case, case::Relationship, hq};
use openrosa_http::{
    api::{case_search, claim},
    server::{Caller, Cases, Listing, Policy, Rejection, Submission},
};
use openrosa_xml::{
    CaseId, UserId,
    build::{Author, NewForm, NewMeta},
    casedb::CaseView,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    CaseRow, CasesAsked, Database, Domain,
    batch::{Arriving, Task},
    sync_logs,
    upload::refused,
};
use crate::error::Error;

/// How many cases are looked at at once.
const PAGE: u32 = 200;
/// What CommCare HQ calls a claim.
const CLAIM: &str = "commcare-case-claim";
/// The form of claims that are made here.
const CLAIM_FORM: &str = "http://openrosa.example/case-claim";

impl Cases for Database {
    async fn search(
        &self,
        sought: &case_search::Request,
        caller: &Caller,
    ) -> Result<Listing<CaseView<'static>>, Rejection> {
        let sought = Sought::read(sought)?;
        let domain = self.domain(caller.domain.as_deref()).await.map_err(refused)?;
        Ok(Search { database: self.clone(), domain, sought, found: VecDeque::new(), ended: false }.listing())
    }

    async fn claim(&self, claimed: &claim::Request, caller: &Caller) -> Result<claim::Answer, Rejection> {
        let (domain, user) = self.who(caller, claimed.login_as.as_deref()).await?;
        let user = user.user_id;
        let mut cases = Vec::new();
        for id in &claimed.case_ids {
            let row = self.case(&domain, &id.as_str().into()).await.map_err(refused)?;
            let row = row.filter(|row| row.case.hq.deleted.is_none());
            let gone = || Rejection::Gone { reason: format!("there is no case `{id}`") };
            cases.push(row.ok_or_else(gone)?);
        }
        if self.claim_for(&domain, &user, &cases).await? {
            // The next restore has the case, whatever was kept before; one that is still being made may lack it.
            self.drop_kept_of(&domain, &user).await.map_err(refused)?;
            return Ok(claim::Answer::Claimed);
        }
        match self.lacks(&domain, &user, claimed.sync_token.as_deref(), &cases).await.map_err(refused)? {
            true => Ok(claim::Answer::Claimed),
            false => Ok(claim::Answer::NothingToFetch),
        }
    }
}

impl Database {
    /// Claims those that are not the user's yet; whether there were any.
    async fn claim_for(&self, domain: &Domain, user: &UserId, cases: &[CaseRow]) -> Result<bool, Rejection> {
        let held = self.claims(domain, user).await.map_err(refused)?;
        let mut new = cases.iter().map(|row| &row.case);
        let new: Vec<&Case> = new
            .by_ref()
            .filter(|case| case.owner_id.as_str() != user.as_str() && !held.contains(&case.case_id))
            .collect();
        if new.is_empty() {
            return Ok(false);
        }
        let author = Author::new(user.clone(), self.now().fixed_offset());
        let meta = NewMeta::commcare(Uuid::new_v4().simple().to_string(), &author, "server", author.at);
        let mut form = NewForm::new(CLAIM_FORM, meta);
        for case in new {
            let id = self.claim_id(domain, user, &case.case_id).await.map_err(refused)?;
            form = form.case(hq::claim(case, id, &author));
        }
        // A link to a case of an odd id leads nowhere on the device that would have it (T-15).
        let xml = form.write().map_err(|error| Rejection::BadRequest { reason: error.to_string() })?;
        let mut caller = Caller::default();
        caller.domain = Some(domain.name.clone()).filter(|name| !name.is_empty());
        let submission = Submission::read(xml.into(), caller, &Policy::default())?;
        let arriving = Arriving::alone(domain.number, submission, self.now());
        let done = self.lanes.take(Task::Arrival(Box::new(arriving))).await?;
        match done.declined {
            None => Ok(true),
            Some(reason) => Err(Rejection::BadRequest { reason }),
        }
    }

    /// What the claim is called: always the same, so that several at once are one; another where it was closed, or deleted.
    async fn claim_id(&self, domain: &Domain, user: &UserId, host: &CaseId) -> Result<CaseId, Error> {
        let mut times = 0;
        loop {
            let id = claim_id(domain, user, host, times);
            match self.case(domain, &id).await? {
                Some(row) if row.case.closed || row.case.hq.deleted.is_some() => times += 1,
                _ => return Ok(id),
            }
        }
    }

    /// The cases that the user has claimed.
    async fn claims(&self, domain: &Domain, user: &UserId) -> Result<Vec<CaseId>, Error> {
        let mut asked = CasesAsked {
            case_type: Some(CLAIM.to_owned()),
            owner_id: Some(user.to_string()),
            ..CasesAsked::default()
        };
        let mut hosts = Vec::new();
        loop {
            let rows = self.cases(domain, &asked, PAGE).await?;
            let Some(last) = rows.last() else { return Ok(hosts) };
            asked.after = Some(last.case.case_id.to_string());
            let indices = rows.iter().flat_map(|row| row.case.indices.values());
            let extended = indices.filter(|index| index.relationship == Relationship::Extension);
            hosts.extend(extended.map(|index| index.target.clone()));
        }
    }

    /// Whether the device that was sent this token lacks one of the cases, or what has become of it since.
    async fn lacks(
        &self,
        domain: &Domain,
        user: &UserId,
        token: Option<&str>,
        cases: &[CaseRow],
    ) -> Result<bool, Error> {
        let Some(token) = token else { return Ok(false) };
        let mut tx = self.read().await?;
        let Some(log) = sync_logs::find(&mut tx, domain, user, token).await? else { return Ok(true) };
        let is_new = |row: &CaseRow| {
            log.case(row.case.case_id.as_str()).is_none() || row.seq.unsigned_abs() > log.at()
        };
        Ok(cases.iter().any(is_new))
    }
}

/// Made of whose it is, and of how many there were before.
fn claim_id(domain: &Domain, user: &UserId, host: &CaseId, times: u64) -> CaseId {
    let mut hash = Sha256::new();
    hash.update(times.to_be_bytes());
    for part in [CLAIM, &domain.name, user.as_str(), host.as_str()] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let [id @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _]: [u8; 32] = hash.finalize().into();
    Uuid::from_bytes(id).simple().to_string().into()
}

/// What is sought.
struct Sought {
    asked: CasesAsked,
    /// Values that a property may have, each under its name.
    properties: Vec<(String, Vec<String>)>,
}

impl Sought {
    fn read(sought: &case_search::Request) -> Result<Self, Rejection> {
        let mut all = Self { asked: CasesAsked::default(), properties: Vec::new() };
        for (name, value) in &sought.keys {
            match name.as_str() {
                "case_type" => all.asked.case_type = Some(value.clone()),
                "owner_id" => all.asked.owner_id = Some(value.clone()),
                "include_closed" => all.asked.closed = value == "True",
                _ => match all.properties.iter_mut().find(|(known, _)| known == name) {
                    Some((_, values)) => values.push(value.clone()),
                    None => all.properties.push((name.clone(), vec![value.clone()])),
                },
            }
        }
        let untyped = || Rejection::BadRequest { reason: "a search names a `case_type`".into() };
        if all.asked.case_type.as_deref().unwrap_or_default().is_empty() {
            return Err(untyped());
        }
        Ok(all)
    }

    /// Of the values of one name one must be right, of the names all.
    fn is(&self, case: &Case) -> bool {
        self.properties.iter().all(|(name, values)| {
            let has = case.read(name, FixedOffset::east_opt(0).expect("no offset is an offset"));
            values.iter().any(|value| is_value(&has, value))
        })
    }
}

/// `__range__A__B` is everything from A to B, as texts of dates compare.
fn is_value(has: &str, wanted: &str) -> bool {
    match wanted.strip_prefix("__range__").and_then(|range| range.split_once("__")) {
        Some((first, last)) => !has.is_empty() && (first..=last).contains(&has),
        None => has == wanted,
    }
}

/// A search on its way: page by page, as its reader takes the cases.
struct Search {
    database: Database,
    domain: Domain,
    sought: Sought,
    found: VecDeque<Case>,
    ended: bool,
}

impl Search {
    fn listing(self) -> Listing<CaseView<'static>> {
        let utc = FixedOffset::east_opt(0).expect("no offset is an offset");
        let views = stream::try_unfold(self, move |mut search| async move {
            Ok(search.next().await.map_err(refused)?.map(|case| (case.view(utc), search)))
        });
        views.boxed()
    }

    async fn next(&mut self) -> Result<Option<Case>, Error> {
        while self.found.is_empty() && !self.ended {
            let rows = self.database.cases(&self.domain, &self.sought.asked, PAGE).await?;
            self.ended = rows.is_empty();
            if let Some(last) = rows.last() {
                self.sought.asked.after = Some(last.case.case_id.to_string());
            }
            self.found.extend(rows.into_iter().map(|row| row.case).filter(|case| self.sought.is(case)));
        }
        Ok(self.found.pop_front())
    }
}
