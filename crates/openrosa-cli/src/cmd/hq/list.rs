//! What a project has, and single things of it.

use commcare_hq::endpoint::Endpoint;
use commcare_hq::paging::Paged;
use commcare_hq::{
    Client, account, applications, cases, device_logs, exports, forms, groups, locations, lookup_tables,
    messaging, reports, users, web_users,
};
use openrosa_http::transport::hyper::Hyper;
use serde::Serialize;

use super::{GetArgs, ListArgs, failed};
use crate::exit::{Exit, Failure};
use crate::target::wait;
use crate::terminal::say;

/// Rows of lookup tables come all at once unless a number is said.
const ROWS: u32 = 1000;

/// What can be listed.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum Of {
    Projects,
    Applications,
    Workers,
    WebUsers,
    Groups,
    Locations,
    LocationTypes,
    LookupTables,
    /// The rows of all lookup tables
    LookupRows,
    Reports,
    Exports,
    /// What phones note about themselves
    DeviceLogs,
    MessagingEvents,
}

/// What can be got.
#[derive(Clone, Copy, clap::ValueEnum)]
pub(crate) enum One {
    Form,
    Case,
    Worker,
    WebUser,
    Group,
    Application,
    Location,
    LookupTable,
    Report,
}

pub(crate) fn run(args: &ListArgs) -> Result<Exit, Failure> {
    let hq = args.account.open()?;
    wait(async {
        match args.what {
            Of::Projects => all(&hq, account::Domains::new()).await,
            Of::Applications => all(&hq, applications::List).await,
            Of::Workers => all(&hq, users::List::new()).await,
            Of::WebUsers => all(&hq, web_users::List::new()).await,
            Of::Groups => all(&hq, groups::List::new()).await,
            Of::Locations => all(&hq, locations::List::new()).await,
            Of::LocationTypes => all(&hq, locations::Types).await,
            Of::LookupTables => all(&hq, lookup_tables::Tables).await,
            Of::LookupRows => all(&hq, lookup_tables::Rows::new().limit(ROWS)).await,
            Of::Reports => all(&hq, reports::List).await,
            Of::Exports => all(&hq, exports::Exports).await,
            Of::DeviceLogs => all(&hq, device_logs::List::new()).await,
            Of::MessagingEvents => all(&hq, messaging::List::new()).await,
        }
    })
}

async fn all<E>(hq: &Client<Hyper>, list: E) -> Result<Exit, Failure>
where
    E: Endpoint,
    E::Answer: Paged,
    <E::Answer as Paged>::Item: Serialize,
{
    let mut walk = hq.walk(list).map_err(|error| failed(&error))?;
    while let Some(page) = walk.next_page().await.map_err(|error| failed(&error))? {
        page.into_items().iter().try_for_each(line)?;
    }
    Ok(Exit::Clean)
}

pub(crate) fn get(args: &GetArgs) -> Result<Exit, Failure> {
    let hq = args.account.open()?;
    let id = args.id.as_str();
    wait(async {
        match args.what {
            One::Form => one(&hq, forms::Get::new(id)).await,
            One::Case => one(&hq, cases::Get::new(id)).await,
            One::Worker => one(&hq, users::Get::new(id)).await,
            One::WebUser => one(&hq, web_users::Get::new(id)).await,
            One::Group => one(&hq, groups::Get::new(id)).await,
            One::LookupTable => one(&hq, lookup_tables::GetTable::new(id)).await,
            One::Report => one(&hq, reports::Get::new(id)).await,
            One::Application => one(&hq, applications::Get::new(id)).await,
            One::Location => one(&hq, locations::Get::new(id)).await,
        }
    })
}

async fn one<E: Endpoint<Answer: Serialize>>(hq: &Client<Hyper>, endpoint: E) -> Result<Exit, Failure> {
    let got = hq.call(&endpoint).await.map_err(|error| failed(&error))?;
    line(&got)?;
    Ok(Exit::Clean)
}

fn line(item: &impl Serialize) -> Result<(), Failure> {
    let line = serde_json::to_string(item).map_err(|error| Failure::new(error.to_string()))?;
    say(line);
    Ok(())
}
