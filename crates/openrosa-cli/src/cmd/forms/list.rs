//! The forms of a server, a line each.

use openrosa_http::api::form_list::Request;
use openrosa_http::client::form_list_url;
use openrosa_http::peer::COMMCARE_HQ;
use openrosa_xml::form_list::{ListWalk, ListedForm, NotFollowed};
use serde_json::json;
use url::Url;

use super::ListArgs;
use crate::exit::{Exit, Failure, complain};
use crate::page::{counted, seen};
use crate::servers::address;
use crate::table::{self, Side};
use crate::target::{Opened, wait};
use crate::terminal::{print, say};
use crate::unfetched::Unfetched;

pub(super) fn run(args: &ListArgs) -> Result<Exit, Failure> {
    let server = args.target.open()?;
    let listed = wait(all(&server))?;
    for form in &listed.forms {
        if args.json {
            say(json!({
                "form_id": form.form_id, "name": form.name, "version": form.version,
                "hash": form.hash.map(|hash| hash.to_string()), "download_url": address::shown(&form.download_url),
                "manifest_url": form.manifest_url.as_deref().map(address::shown),
            }));
        }
    }
    if !args.json {
        print(&text(&listed.forms));
    }
    for fault in &listed.faults {
        complain(fault);
    }
    Ok(if listed.faults.is_empty() { Exit::Clean } else { Exit::Findings })
}

/// What a server lists.
pub(super) struct Listed {
    pub(super) forms: Vec<ListedForm<'static>>,
    /// What is of no use in it, and what could not be fetched.
    pub(super) faults: Vec<String>,
}

/// The forms of the list, and of the lists of its groups.
pub(super) async fn all(server: &Opened) -> Result<Listed, Failure> {
    if *server.peer == COMMCARE_HQ {
        let failure = Failure::new("CommCare HQ has no form list: its forms come with an app");
        return Err(failure.remedy("another --kind, if it is another server"));
    }
    let (mut forms, mut faults) = (Vec::new(), Vec::new());
    let mut walk = ListWalk::new(form_list_url(&server.url).to_string());
    let mut is_first = true;
    while let Some(url) = walk.next_url() {
        let fetched = match url.parse::<Url>() {
            Ok(url) => server.client.form_list(&url, &Request::default()).await.map_err(Unfetched::from),
            Err(error) => Err(Unfetched::fault(error)),
        };
        match fetched {
            Ok(list) => {
                faults.extend(walk.arrived(&list).into_iter().map(not_followed));
                for form in list.forms() {
                    match form {
                        Ok(form) => forms.push(form.into_owned()),
                        Err(error) => faults.push(error.to_string()),
                    }
                }
                if list.forms().next().is_none() && list.legacy_forms().next().is_some() {
                    faults.push("the list is of the time before OpenRosa 1.0, and has no hashes".to_owned());
                }
            }
            Err(error) if is_first => return Err(error.into_failure_at_once()),
            Err(error) => faults.push(format!("the list of a group: {error}")),
        }
        is_first = false;
    }
    Ok(Listed { forms, faults })
}

/// Addresses of lists may have the token of an app user in them.
fn not_followed(mut why: NotFollowed) -> String {
    match &mut why {
        NotFollowed::Again { url } | NotFollowed::TooDeep { url, .. } | NotFollowed::TooMany { url, .. } => {
            *url = address::shown(url);
        }
        _ => {}
    }
    why.to_string()
}

fn text(forms: &[ListedForm<'_>]) -> String {
    let mut out = String::new();
    let headings = ["form", "version", "name", "files"].map(|heading| (heading, Side::Left));
    let row = |form: &ListedForm<'_>| {
        vec![
            seen(&form.form_id).into_owned(),
            form.version.as_deref().map_or_else(|| "none".to_owned(), |version| seen(version).into_owned()),
            seen(&form.name).into_owned(),
            if form.manifest_url.is_some() { "yes" } else { "no" }.to_owned(),
        ]
    };
    if !forms.is_empty() {
        table::write(&mut out, &headings, &forms.iter().map(row).collect::<Vec<_>>());
    }
    out + &counted(forms.len(), "form") + "\n"
}
