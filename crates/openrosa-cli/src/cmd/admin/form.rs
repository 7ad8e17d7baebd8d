//! `openrosa admin form`.

mod show;

use std::path::PathBuf;

use chrono::Local;
use clap::{Subcommand, ValueEnum};
use openrosa_store::server::{Domain, FormRow, FormsAsked, State};
use serde_json::{Value as Json, json};

use super::{InDomain, Office, failed, of_domain};
use crate::exit::{Exit, Failure};
use crate::page::{counted, seen, typed_last, typed_option};
use crate::table::{self, Side};
use crate::terminal::{print, say};

/// How many forms of one id are named to whoever has to say which is meant.
const AT_MOST: u32 = 20;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Forms of a domain, the oldest first
    List {
        #[command(flatten)]
        domain: InDomain,
        #[command(flatten)]
        asked: Asked,
        /// How many at most
        #[arg(long, value_name = "NUMBER", default_value_t = 100)]
        limit: u32,
    },
    /// The XML of a form as it came, and with --out its files
    Show {
        #[command(flatten)]
        form: Named,
        /// Put XML and files into this folder, which is made
        #[arg(long, value_name = "FOLDER")]
        out: Option<PathBuf>,
    },
    /// Set a form aside: its cases become what they are without it
    Archive(Named),
    /// Let a form count again that `archive` has set aside
    Restore(Named),
    /// Let in a form that is in quarantine, or try one again that the rules declined: it counts from when it came
    Release(Named),
}

/// Which forms.
#[derive(clap::Args)]
#[group(skip)]
pub(super) struct Asked {
    /// In this state
    #[arg(long, value_name = "STATE", value_enum)]
    state: Option<In>,
    /// Of this blank form, by its id or namespace
    #[arg(long, value_name = "ID")]
    form: Option<String>,
    /// From this user
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
}

/// A form.
#[derive(clap::Args)]
pub(super) struct Named {
    /// Its `instanceID`
    id: String,
    /// Of this blank form, by its id or namespace: several may have an instance of the same id
    #[arg(long = "form", value_name = "ID")]
    of: Option<String>,
    #[command(flatten)]
    domain: InDomain,
}

/// What a form is to the server.
#[derive(Clone, Copy, ValueEnum)]
enum In {
    /// It counts
    Normal,
    /// It was set aside by hand
    Archived,
    /// An edit took its place
    Deprecated,
    /// The rules of cases do not allow what it says
    Error,
    /// Somebody is to look at it
    Quarantined,
}

impl From<In> for State {
    fn from(state: In) -> Self {
        match state {
            In::Normal => Self::Normal,
            In::Archived => Self::Archived,
            In::Deprecated => Self::Deprecated,
            In::Error => Self::Error,
            In::Quarantined => Self::Quarantined,
        }
    }
}

impl Asked {
    /// As the database is asked.
    pub(super) fn forms(&self) -> FormsAsked {
        let (form, user) = (self.form.clone(), self.user.clone());
        FormsAsked { form, user, state: self.state.map(State::from), after: None }
    }

    /// Whether all are meant.
    pub(super) fn is_everything(&self) -> bool {
        self.form.is_none() && self.user.is_none() && self.state.is_none()
    }
}

pub(super) async fn run(command: &Command, office: &Office) -> Result<Exit, Failure> {
    match command {
        Command::List { domain, asked, limit } => {
            list(&office.domain(domain).await?, asked, *limit, office).await
        }
        Command::Show { form, out } => {
            let domain = office.domain(&form.domain).await?;
            let form = find(form, &domain, office).await?;
            show::run(&form, &domain, out.as_deref(), office).await
        }
        Command::Archive(form) => archive(form, office).await,
        Command::Restore(form) => restore(form, office).await,
        Command::Release(form) => release(form, office).await,
    }
}

/// The one form that is meant: which of several it is, only who asks can say.
async fn find(named: &Named, domain: &Domain, office: &Office) -> Result<FormRow, Failure> {
    let found = match &named.of {
        Some(of) => office.database.submission_called(domain, of, &named.id).await.map(|form| vec![form]),
        None => office.database.forms_called(domain, &named.id, AT_MOST).await,
    };
    let mut found = match found {
        Err(error) if error.is_unknown() => Vec::new(),
        found => found.map_err(|error| failed(&error))?,
    };
    match found.pop() {
        Some(form) if found.is_empty() => Ok(form),
        Some(last) => {
            found.push(last);
            Err(several(named, &found))
        }
        None => {
            let of = named.of.as_ref().map(|of| format!(" of the blank form `{}`", seen(of)));
            let (id, of) = (seen(&named.id), of.unwrap_or_default());
            let failure = Failure::new(format!("there is no form `{id}`{of}{}", of_domain(domain)));
            Err(failure.remedy(office.command_in(domain, "form list")))
        }
    }
}

fn several(named: &Named, found: &[FormRow]) -> Failure {
    let blank: Vec<_> = found.iter().map(|form| format!("`{}`", seen(&form.form))).collect();
    let ways: Vec<_> = found.iter().map(|form| typed_option("--form", &form.form)).collect();
    let why = format!("several blank forms have an instance `{}`: {}", seen(&named.id), blank.join(", "));
    Failure::new(why).remedy(ways.join(", or "))
}

async fn archive(named: &Named, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(&named.domain).await?;
    let form = find(named, &domain, office).await?;
    if form.state != State::Normal && form.state != State::Archived {
        let why = format!("form `{}` has no effect to take back: {}", seen(&named.id), form.state.in_words());
        return Err(in_vain(&why, named, form.state, &domain, office));
    }
    let rebuilt = office.database.archive(&domain, &form).await.map_err(|error| failed(&error))?;
    told(&named.id, State::Archived, "archived", rebuilt.changes, office)
}

async fn restore(named: &Named, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(&named.domain).await?;
    let form = find(named, &domain, office).await?;
    if form.state != State::Normal && form.state != State::Archived {
        let why = format!("form `{}` was not set aside: {}", seen(&named.id), form.state.in_words());
        return Err(in_vain(&why, named, form.state, &domain, office));
    }
    let changes = match form.state {
        State::Normal => 0,
        _ => office.database.unarchive(&domain, &form).await.map_err(|error| failed(&error))?.changes,
    };
    told(&named.id, State::Normal, "counts again", changes, office)
}

async fn release(named: &Named, office: &Office) -> Result<Exit, Failure> {
    let domain = office.domain(&named.domain).await?;
    let form = find(named, &domain, office).await?;
    let released = office.database.release(&domain, &form.log_id).await;
    let released = released.map_err(|error| match form.state.is_set_apart() {
        true => failed(&error),
        false => in_vain(&error.to_string(), named, form.state, &domain, office),
    })?;
    let Some(reason) = released.declined else {
        return told(&named.id, State::Normal, "counts", released.did.changes, office);
    };
    office.told(
        format_args!("form {} is let in, and has no effect: {}", seen(&named.id), seen(&reason)),
        json!({"instance_id": named.id, "state": State::Error.as_str(), "changes": 0, "reason": reason}),
    );
    Ok(Exit::Clean)
}

/// What cannot be done with a form in its state, with what can.
fn in_vain(why: &str, named: &Named, state: State, domain: &Domain, office: &Office) -> Failure {
    let failure = Failure::new(why);
    let of = named.of.as_ref().map(|of| format!(" {}", typed_option("--form", of))).unwrap_or_default();
    let about_it = |way: &str| {
        let command = office.command_in(domain, &format!("form {way}"));
        format!("{command}{of} {}", typed_last(&named.id))
    };
    match state {
        State::Normal => failure,
        State::Archived => failure.remedy(format!("{}, and it counts again", about_it("restore"))),
        State::Deprecated => {
            let list = office.command_in(domain, "form list");
            failure.remedy(format!("look at the edit, which has an id of its own: {list}"))
        }
        State::Error => failure.remedy(format!(
            "{}, to look at it; {}, to try it again",
            about_it("show"),
            about_it("release")
        )),
        State::Quarantined => failure.remedy(format!(
            "{}, to look at it; {}, to let it in",
            about_it("show"),
            about_it("release")
        )),
    }
}

/// What became of a form, and how many changes that made.
fn told(id: &str, state: State, what: &str, changes: usize, office: &Office) -> Result<Exit, Failure> {
    office.told(
        format_args!("form {} {what}: {}", seen(id), counted(changes, "change")),
        json!({"instance_id": id, "state": state.as_str(), "changes": changes}),
    );
    Ok(Exit::Clean)
}

async fn list(domain: &Domain, asked: &Asked, limit: u32, office: &Office) -> Result<Exit, Failure> {
    let forms = office.database.forms(domain, &asked.forms(), limit.saturating_add(1)).await;
    let mut forms = forms.map_err(|error| failed(&error))?;
    let is_more = forms.len() > limit as usize;
    forms.truncate(limit as usize);
    if office.json {
        forms.iter().for_each(|form| say(facts(form)));
        return Ok(Exit::Clean);
    }
    let rows: Vec<_> = forms.iter().map(cells).collect();
    if !rows.is_empty() {
        let mut out = String::new();
        let headings = ["received", "instance", "form", "state", "user", "reason"];
        table::write(&mut out, &headings.map(|heading| (heading, Side::Left)), &rows);
        print(&out);
    }
    say(format_args!(
        "{}{}{}",
        counted(forms.len(), "form"),
        of_domain(domain),
        match is_more {
            true => office.and_more(domain, "forms"),
            false => String::new(),
        }
    ));
    if forms.iter().any(|form| form.state == State::Quarantined) {
        let ways = ["show", "release"].map(|way| office.command_in(domain, &format!("form {way} ID")));
        say(format_args!(
            "  what is in quarantine has no effect yet; look at it: {}\n  and let it in: {}",
            ways[0], ways[1]
        ));
    }
    Ok(Exit::Clean)
}

fn cells(form: &FormRow) -> Vec<String> {
    let known =
        |text: &Option<String>| text.as_deref().map(|text| seen(text).into_owned()).unwrap_or_default();
    vec![
        form.received_at.with_timezone(&Local).format("%Y-%m-%d %H:%M").to_string(),
        seen(&form.instance_id).into_owned(),
        seen(&form.form).into_owned(),
        form.state.as_str().to_owned(),
        known(&form.user),
        known(&form.reason),
    ]
}

/// What is known of a form, without its content.
pub(super) fn facts(form: &FormRow) -> Json {
    json!({
        "received_on": form.received_at,
        "instance_id": form.instance_id,
        "form_id": form.form,
        "version": form.version,
        "state": form.state.as_str(),
        "reason": form.reason,
        "replaces": form.replaces,
        "user": form.user,
        "device_id": form.device_id,
        "app_id": form.app_id,
    })
}
