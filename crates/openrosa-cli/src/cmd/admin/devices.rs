//! `openrosa admin devices`.

use std::collections::BTreeMap;

use chrono::Local;
use openrosa_store::server::{Device, Domain};
use serde_json::json;

use super::{InDomain, Office, failed, of_domain};
use crate::exit::{Exit, Failure};
use crate::page::{counted, seen};
use crate::table::{self, Side};
use crate::terminal::{print, say};

/// The devices of a domain, as they were when they were last heard of: who works on each, which app it has, when it last got a
/// restore, and what it has not sent yet.
///
/// Devices of CommCare say so by a heartbeat, once a day or when they sync.
#[derive(clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    domain: InDomain,
}

/// By the ids of users.
type Names = BTreeMap<String, String>;

pub(super) async fn run(args: &Args, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(&args.domain).await?;
    let devices = office.database.devices(&domain).await.map_err(|error| failed(&error))?;
    let names = names(&domain, office).await?;
    if office.json {
        devices.iter().for_each(|device| say(facts(device, &names)));
        return Ok(Exit::Clean);
    }
    if !devices.is_empty() {
        let mut out = String::new();
        let rows: Vec<_> = devices.iter().map(|device| cells(device, &names)).collect();
        table::write(&mut out, &HEADINGS, &rows);
        print(&out);
    }
    say(format_args!("{}{}", counted(devices.len(), "device"), of_domain(&domain)));
    Ok(Exit::Clean)
}

const HEADINGS: [(&str, Side); 8] = [
    ("heard of", Side::Left),
    ("user", Side::Left),
    ("device", Side::Left),
    ("app", Side::Left),
    ("version", Side::Right),
    ("CommCare", Side::Left),
    ("synced", Side::Left),
    ("unsent", Side::Left),
];

async fn names(domain: &Domain, office: &Office) -> Result<Names, Failure> {
    let users = office.database.users(domain).await.map_err(|error| failed(&error))?;
    Ok(users.into_iter().map(|user| (user.user_id.to_string(), user.username)).collect())
}

/// The name of who works on it; of a user without one, the id.
fn user<'n>(device: &'n Device, names: &'n Names) -> &'n str {
    let id = device.user_id.as_str();
    names.get(id).map_or(id, String::as_str)
}

fn cells(device: &Device, names: &Names) -> Vec<String> {
    let text = |text: &str| seen(text).into_owned();
    let maybe = |said: &Option<String>| said.as_deref().map(text).unwrap_or_default();
    vec![
        device.heard_at.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string(),
        text(user(device, names)),
        text(&device.device_id),
        text(&device.app_id),
        device.app_version.map(|version| version.to_string()).unwrap_or_default(),
        maybe(&device.cc_version),
        maybe(&device.synced_at),
        unsent(device),
    ]
}

/// Those that wait, and those that no server has taken.
fn unsent(device: &Device) -> String {
    match (device.unsent, device.quarantined) {
        (None, None) => String::new(),
        (waiting, None | Some(0)) => waiting.unwrap_or_default().to_string(),
        (waiting, Some(kept)) => format!("{}, {kept} refused", waiting.unwrap_or_default()),
    }
}

fn facts(device: &Device, names: &Names) -> serde_json::Value {
    json!({
        "user": names.get(device.user_id.as_str()), "user_id": device.user_id.as_str(), "device_id": device.device_id,
        "app_id": device.app_id, "build_id": device.build_id, "app_version": device.app_version,
        "commcare_version": device.cc_version, "heard_at": device.heard_at, "synced_at": device.synced_at,
        "unsent": device.unsent, "quarantined": device.quarantined,
    })
}
