//! `openrosa admin case`.

use chrono::{Local, Offset as _};
use clap::Subcommand;
use openrosa_case::Case;
use openrosa_store::server::{CasesAsked, Domain};
use serde_json::json;

use super::{InDomain, Office, failed, of_domain, stock};
use crate::cmd::cases::json::facts;
use crate::cmd::cases::list::status;
use crate::cmd::cases::one;
use crate::exit::{Exit, Failure};
use crate::page::{Page, counted, seen};
use crate::table::{self, Side};
use crate::terminal::{print, say};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Cases of a domain, in the order of their ids
    List {
        #[command(flatten)]
        domain: InDomain,
        #[command(flatten)]
        asked: Asked,
        /// Closed ones too
        #[arg(long)]
        closed: bool,
        /// How many at most
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: u32,
    },
    /// One case, whole
    Show(Named),
    /// Make a case anew from its forms, as after a repair
    Rebuild(Named),
}

/// Which cases.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Asked {
    /// Of this type
    #[arg(long = "type", value_name = "TYPE")]
    case_type: Option<String>,
    /// Of this owner: the id of a user or a group
    #[arg(long, value_name = "ID")]
    owner: Option<String>,
}

/// A case.
#[derive(clap::Args)]
pub(super) struct Named {
    /// Its `case_id`
    id: String,
    #[command(flatten)]
    pub(super) domain: InDomain,
}

impl Asked {
    /// As the database is asked.
    pub(super) fn cases(&self, closed: bool) -> CasesAsked {
        CasesAsked { case_type: self.case_type.clone(), owner_id: self.owner.clone(), closed, after: None }
    }

    /// Whether all are meant.
    pub(super) fn is_everything(&self) -> bool {
        self.case_type.is_none() && self.owner.is_none()
    }
}

pub(super) async fn run(command: &Command, office: &Office) -> Result<Exit, Failure> {
    match command {
        Command::List { domain, asked, closed, limit } => {
            let domain = office.domain(domain).await?;
            list(&domain, &asked.cases(*closed), *limit, office).await
        }
        Command::Show(named) => show(named, office).await,
        Command::Rebuild(named) => rebuild(named, office).await,
    }
}

pub(super) async fn find(named: &Named, domain: &Domain, office: &Office) -> Result<Case, Failure> {
    let found = office.database.case(domain, &named.id.as_str().into()).await;
    let row = found.map_err(|error| failed(&error))?;
    row.map(|row| row.case).ok_or_else(|| {
        let failure = Failure::new(format!("there is no case `{}`{}", seen(&named.id), of_domain(domain)));
        failure.remedy(office.command_in(domain, "case list"))
    })
}

async fn show(named: &Named, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(&named.domain).await?;
    let case = find(named, &domain, office).await?;
    let stock = office.database.stock(&domain, [&case.case_id]).await.map_err(|error| failed(&error))?;
    if office.json {
        let mut facts = facts(&case);
        facts["stock"] = stock::json(&stock);
        say(facts);
        return Ok(Exit::Clean);
    }
    let stock: Vec<_> =
        stock.iter().map(|(key, quantity)| (stock::label(key), quantity.to_string())).collect();
    print(&one::text(&case, None, &stock, Local::now().offset().fix(), Page::for_stdout()));
    Ok(Exit::Clean)
}

async fn rebuild(named: &Named, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(&named.domain).await?;
    let case = find(named, &domain, office).await?;
    let rebuilt = office.database.rebuild(&domain, &case.case_id).await.map_err(|error| failed(&error))?;
    office.told(
        format_args!("case {} made anew: {}", seen(&named.id), counted(rebuilt.changes, "change")),
        json!({"case_id": named.id, "changes": rebuilt.changes}),
    );
    Ok(Exit::Clean)
}

async fn list(domain: &Domain, asked: &CasesAsked, limit: u32, office: &Office) -> Result<Exit, Failure> {
    let rows = office.database.cases(domain, asked, limit.saturating_add(1)).await;
    let mut rows = rows.map_err(|error| failed(&error))?;
    let is_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    if office.json {
        rows.iter().for_each(|row| say(facts(&row.case)));
        return Ok(Exit::Clean);
    }
    if !rows.is_empty() {
        let mut out = String::new();
        let headings = ["case", "type", "name", "owner", "status", "modified"];
        let cells: Vec<_> = rows.iter().map(|row| cells(&row.case)).collect();
        table::write(&mut out, &headings.map(|heading| (heading, Side::Left)), &cells);
        print(&out);
    }
    say(format_args!(
        "{}{}{}",
        counted(rows.len(), "case"),
        of_domain(domain),
        match is_more {
            true => office.and_more(domain, "cases"),
            false => String::new(),
        }
    ));
    Ok(Exit::Clean)
}

fn cells(case: &Case) -> Vec<String> {
    let modified = case.last_modified.with_timezone(&Local).date_naive().to_string();
    let texts = [case.case_id.as_str(), case.case_type.as_str(), case.name.as_str(), case.owner_id.as_str()];
    let texts = texts.map(|text| seen(text).into_owned());
    texts.into_iter().chain([status(case).to_owned(), modified]).collect()
}
