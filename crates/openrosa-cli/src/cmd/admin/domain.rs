//! `openrosa admin domain`.

use clap::Subcommand;
use serde_json::json;

use super::{InDomain, Office, failed};
use crate::exit::{Exit, Failure};
use crate::page::seen;
use crate::terminal::say;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Add a domain: devices find it below /a/NAME/
    Add {
        /// As it stands in addresses: letters, digits, `-`, `_` and `.`
        name: String,
    },
    /// All domains
    List,
    /// Say how a domain works
    Set {
        #[command(flatten)]
        domain: InDomain,
        /// Whether extensions of cases that forms close are closed with them, all the way, as in projects of CommCare HQ that have
        /// that feature
        #[arg(long, value_name = "YES|NO", action = clap::ArgAction::Set, value_parser = yes_or_no)]
        close_extensions: bool,
    },
}

pub(super) async fn run(command: &Command, office: &Office) -> Result<Exit, Failure> {
    match command {
        Command::Add { name } => add(name, office).await,
        Command::List => list(office).await,
        Command::Set { domain, close_extensions } => set(domain, *close_extensions, office).await,
    }
}

fn yes_or_no(text: &str) -> Result<bool, &'static str> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("yes or no"),
    }
}

async fn set(domain: &InDomain, closes: bool, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(domain).await?;
    let set = office.database.set_closes_extensions(&domain, closes).await;
    set.map_err(|error| failed(&error))?;
    let words = match closes {
        true => "extensions are closed with what they extend, from the next form on",
        false => "extensions stay open when what they extend is closed",
    };
    office.told(words, json!({"domain": domain.name, "close_extensions": closes}));
    Ok(Exit::Clean)
}

async fn add(name: &str, office: &Office) -> Result<Exit, Failure> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    // `.` and `..` in an address are the folder itself and the one above.
    if matches!(name, "" | "." | "..") || !name.chars().all(fits) {
        let failure = Failure::new(format!("`{}` cannot stand in an address as it is", seen(name)));
        return Err(failure.remedy("letters, digits, `-`, `_` and `.`"));
    }
    let is_known = office.database.domain(Some(name)).await.is_ok();
    office.database.add_domain(name).await.map_err(|error| failed(&error))?;
    let words = match is_known {
        true => format!("there is a domain {name} already"),
        false => {
            let next = office.command(&format!("user add NAME --domain {name}"));
            format!("added domain {name}: devices send to /a/{name}/receiver/\n  next: {next}")
        }
    };
    office.told(words, json!({"domain": name, "new": !is_known}));
    Ok(Exit::Clean)
}

async fn list(office: &Office) -> Result<Exit, Failure> {
    for domain in office.database.domains().await.map_err(|error| failed(&error))? {
        match (office.json, domain.name.as_str()) {
            (true, name) => say(json!({ "domain": name })),
            (false, "") => say("(none)  for addresses without a domain"),
            (false, name) => say(format_args!("{}  below /a/{0}/", seen(name))),
        }
    }
    Ok(Exit::Clean)
}
