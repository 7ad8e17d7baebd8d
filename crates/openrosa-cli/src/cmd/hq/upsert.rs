//! Cases out of a sheet.

mod by_api;
mod by_form;
mod columns;
mod plan;
mod rows;

use super::UpsertArgs;
use crate::exit::{Exit, Failure};
use crate::page::counted;
use crate::target::wait;
use crate::terminal::say;
use plan::Plan;

/// By which way cases are written.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Through {
    /// The API of cases, version 2
    Api,
    /// Forms with case blocks, sent to the receiver as phones do
    Form,
}

pub(crate) fn run(args: &UpsertArgs) -> Result<Exit, Failure> {
    let rows = rows::read(&args.sheet, &args.id)?;
    let hq = args.account.open()?;
    wait(async {
        let plan = Plan::of(args, &hq, &rows).await?;
        let what = summary(&plan);
        match args.through {
            Through::Api => {
                let batches = by_api::batches(args, &hq, plan.steps)?;
                if is_wanted(args, &what) { by_api::send(&hq, batches).await } else { Ok(Exit::Clean) }
            }
            Through::Form => {
                let batches = by_form::batches(args, &hq, &plan.steps).await?;
                if is_wanted(args, &what) { by_form::send(args, &hq, batches).await } else { Ok(Exit::Clean) }
            }
        }
    })
}

fn summary(plan: &Plan) -> String {
    format!("{} to make or change, {} as they are to be", counted(plan.steps.len(), "case"), plan.same)
}

/// Says what there is to do, and whether to do it.
fn is_wanted(args: &UpsertArgs, what: &str) -> bool {
    match args.send {
        true => say(what),
        false => say(format_args!("{what}; nothing was sent, --send does")),
    }
    args.send
}
