//! By forms of our own, with a case block for each case: what every server of the family takes, and what shows in HQ as a submission
//! of this program.

use std::time::Duration;

use chrono::Utc;
use commcare_hq::Client;
use commcare_hq::account::{Account, Identity};
use commcare_hq::submissions::Submission;
use commcare_hq::values::new_id;
use openrosa_http::client::{Receipt, Verdict};
use openrosa_http::transport::hyper::Hyper;
use openrosa_xml::build::{Author, BuildError, NewCase, NewForm, NewMeta};
use openrosa_xml::{CaseId, InstanceId};

use super::super::{UpsertArgs, failed};
use super::{columns, plan::Step};
use crate::exit::{Exit, Failure, complain};
use crate::page::{counted, seen};
use crate::terminal::say;

/// What these forms are called.
const FORM_ID: &str = "http://openrosa.org/openrosa-cli/upsert";
/// As many as the API takes in one of its own.
const AT_ONCE: usize = 100;
const SHORTEST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(60);

/// A form, and how many cases it is about.
pub(super) struct Batch {
    form: Submission,
    instance_id: String,
    cases: usize,
}

/// The forms, whole before the first of them is sent.
pub(super) async fn batches(
    args: &UpsertArgs,
    hq: &Client<Hyper>,
    steps: &[Step],
) -> Result<Vec<Batch>, Failure> {
    if steps.is_empty() {
        return Ok(Vec::new());
    }
    let account = hq.call(&Identity).await.map_err(|error| failed(&error))?;
    steps.chunks(AT_ONCE).map(|steps| batch(args, &account, steps)).collect()
}

fn batch(args: &UpsertArgs, account: &Account, steps: &[Step]) -> Result<Batch, Failure> {
    // As CommCare writes it: HQ takes the text for the id of the form, prefix and all.
    let instance_id = InstanceId::from(new_id());
    let form = form(args, account, &instance_id, steps);
    let form = form.map_err(|error| Failure::new(error.to_string()))?;
    let form = Submission::new(form).map_err(|error| failed(&error))?;
    Ok(Batch { form, instance_id: instance_id.as_str().to_owned(), cases: steps.len() })
}

fn form(
    args: &UpsertArgs,
    account: &Account,
    instance_id: &InstanceId,
    steps: &[Step],
) -> Result<String, BuildError> {
    let now = Utc::now().fixed_offset();
    let author = Author::new(account.id.as_str(), now);
    let meta = NewMeta::commcare(instance_id.clone(), &author, "openrosa", now);
    let meta = meta.username(account.username.as_str());
    let form = NewForm::new(FORM_ID, meta).name("Cases out of a sheet");
    steps.iter().fold(form, |form, step| form.case(block(args, &author, step))).write()
}

fn block(args: &UpsertArgs, author: &Author, step: &Step) -> NewCase {
    match step {
        Step::Make { external_id, name, owner, properties } => {
            let (case_type, name, owner) = (&*args.case_type, name.as_str(), owner.as_str());
            let new = NewCase::create(CaseId::random(), case_type, name, owner, author);
            properties.iter().fold(new.external_id(external_id), columns::by_form)
        }
        Step::Change { case_id, cells } => {
            cells.iter().fold(NewCase::update(case_id.as_str(), author), columns::by_form)
        }
    }
}

/// A form is done or it is not; those behind one that was refused are sent all the same.
pub(super) async fn send(
    args: &UpsertArgs,
    hq: &Client<Hyper>,
    batches: Vec<Batch>,
) -> Result<Exit, Failure> {
    let mut exit = Exit::Clean;
    for (number, batch) in (1..).zip(batches) {
        let count = counted(batch.cases, "case");
        match deliver(args, hq, &batch.form).await? {
            None => say(format_args!("batch {number}: {count}, form {}", batch.instance_id)),
            Some(why) => {
                complain(&format!("batch {number}, {count}: {}", seen(&why)));
                exit = Exit::Findings;
            }
        }
    }
    Ok(exit)
}

/// Why the server will not have a form, or `None`: it has it. While that is open the same bytes go again, by which a server knows
/// a form that it has.
async fn deliver(
    args: &UpsertArgs,
    hq: &Client<Hyper>,
    form: &Submission,
) -> Result<Option<String>, Failure> {
    let begun = tokio::time::Instant::now();
    let mut wait = SHORTEST;
    loop {
        let (verdict, said) = match hq.submit(None, form).await {
            Ok(receipt) => (stored(&receipt), said(&receipt)),
            Err(error) if error.is_auth() => {
                let remedy = "an account that may send forms (mobile access, Edit Data), or --through api";
                return Err(Failure::new(seen(&error.to_string())).remedy(remedy));
            }
            Err(error) => (error.verdict(), error.to_string()),
        };
        let after = match verdict {
            Verdict::Delivered => return Ok(None),
            Verdict::Refused => return Ok(Some(said)),
            Verdict::TryAgain { after } => after.unwrap_or_default(),
            Verdict::Unknown => Duration::ZERO,
        };
        let pause = wait.max(after);
        if begun.elapsed().saturating_add(pause) > args.account.patience() {
            return Err(
                Failure::new(seen(&said)).remedy("the same again later: it looks first at what is there")
            );
        }
        tokio::time::sleep(pause).await;
        wait = (wait * 2).min(LONGEST);
    }
}

/// A form that is stored as an error has changed no case, unless it is an error for being there already, which servers say that do
/// not know version 3.
fn stored(receipt: &Receipt) -> Verdict {
    match receipt.nature() {
        Some("submit_error") if receipt.is_unprocessed() => Verdict::Refused,
        _ => receipt.verdict(),
    }
}

fn said(receipt: &Receipt) -> String {
    match receipt {
        Receipt::Stored(envelope) | Receipt::Accepted(envelope) => {
            envelope.message().unwrap_or_default().to_owned()
        }
        Receipt::Unconfirmed(unconfirmed) => {
            format!("the answer is no receipt ({}): {}", unconfirmed.status, unconfirmed.said)
        }
        _ => String::new(),
    }
}
