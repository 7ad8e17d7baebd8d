//! By the API of cases: a batch is one form that CommCare HQ makes.

use commcare_hq::Client;
use commcare_hq::cases::{Change, WriteMany};
use commcare_hq::endpoint::Endpoint as _;
use openrosa_http::transport::hyper::Hyper;

use super::super::{UpsertArgs, failed};
use super::{columns, plan::Step};
use crate::exit::{Exit, Failure, complain};
use crate::page::{counted, seen};
use crate::terminal::say;

/// The batches, none of which would be refused before it is sent.
pub(super) fn batches(
    args: &UpsertArgs,
    hq: &Client<Hyper>,
    steps: Vec<Step>,
) -> Result<Vec<WriteMany>, Failure> {
    let batches = WriteMany::split(steps.into_iter().map(|step| change(args, step)).collect());
    for batch in &batches {
        batch.request(hq.site()).map_err(|error| failed(&error))?;
    }
    Ok(batches)
}

/// New ones as upserts: one that was made meanwhile is changed then, and not made again.
fn change(args: &UpsertArgs, step: Step) -> Change {
    match step {
        Step::Make { external_id, name, owner, properties } => {
            let new = Change::upsert(external_id).case_type(&*args.case_type).case_name(name).owner_id(owner);
            properties.into_iter().fold(new, columns::by_api)
        }
        Step::Change { case_id, cells } => cells.into_iter().fold(Change::update(case_id), columns::by_api),
    }
}

/// A batch is done or it is not; those behind one that was refused are sent all the same.
pub(super) async fn send(hq: &Client<Hyper>, batches: Vec<WriteMany>) -> Result<Exit, Failure> {
    let mut exit = Exit::Clean;
    for (number, batch) in (1..).zip(batches) {
        let count = counted(batch.0.len(), "case");
        match hq.call(&batch).await {
            Ok(written) => {
                say(format_args!("batch {number}: {count}, form {}", written.form_id.unwrap_or_default()))
            }
            Err(error) if error.refusal().is_some() && !error.may_have_landed() => {
                complain(&format!("batch {number}, {count}: {}", seen(&error.to_string())));
                exit = Exit::Findings;
            }
            Err(error) => return Err(failed(&error)),
        }
    }
    Ok(exit)
}
