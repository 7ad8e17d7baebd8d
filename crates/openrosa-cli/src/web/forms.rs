//! Forms: how many submissions of which version came, and which blank ones devices can fetch.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::Response;
use openrosa_store::server::FormCount;
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::failed::Failed;
use super::frame::{Frame, page};
use super::said::Query;
use super::seen::{Seen, grouped, moment, query};

const PAGE: u32 = 100;

#[derive(Deserialize)]
pub(super) struct Asked {
    after: Option<String>,
}

struct Form {
    address: String,
    id: Seen,
    versions: Vec<Version>,
}

struct Version {
    version: Seen,
    forms: String,
    /// How many of them do not count, by state.
    apart: Vec<(String, &'static str)>,
    last: String,
}

struct Blank {
    id: Seen,
    name: Seen,
    version: Seen,
}

#[derive(Template)]
#[template(path = "forms.html")]
struct Forms {
    frame: Frame,
    forms: Vec<Form>,
    blank: Option<Vec<Blank>>,
    next: Option<String>,
}

pub(super) async fn show(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failed> {
    let domain = look.domain.number();
    let (counts, next) = web.database().forms_counted(&look.domain, asked.after.as_deref(), PAGE).await?;
    Ok(page(&Forms {
        frame: Frame::new(&web, &look, "forms", "Forms"),
        forms: gathered(&counts, domain),
        blank: blank(&web)?,
        next: next.map(|after| format!("/look/{domain}/forms{}", query(&[("after", &after)]))),
    }))
}

fn gathered(counts: &[FormCount], domain: i64) -> Vec<Form> {
    let mut forms: BTreeMap<&str, BTreeMap<&str, Vec<&FormCount>>> = BTreeMap::new();
    for count in counts {
        forms.entry(&count.form).or_default().entry(&count.version).or_default().push(count);
    }
    let form = |(id, versions): (&str, BTreeMap<&str, Vec<&FormCount>>)| Form {
        address: format!("/look/{domain}/arrivals{}", query(&[("form", id)])),
        id: Seen::of(id),
        versions: versions.into_iter().map(|(version, counts)| Version::of(version, &counts)).collect(),
    };
    forms.into_iter().map(form).collect()
}

impl Version {
    fn of(version: &str, counts: &[&FormCount]) -> Self {
        let apart = counts.iter().filter(|count| count.state != "normal");
        let word = |state: &str| match state {
            "archived" => "archived",
            "deprecated" => "replaced",
            "error" => "in error",
            _ => "quarantined",
        };
        Self {
            version: Seen::of(version),
            forms: grouped(counts.iter().map(|count| count.forms).sum()),
            apart: apart.map(|count| (grouped(count.forms), word(&count.state))).collect(),
            last: counts.iter().map(|count| count.last_at).max().map(moment).unwrap_or_default(),
        }
    }
}

/// What devices can fetch, where there is a folder for it.
fn blank(web: &Web) -> Result<Option<Vec<Blank>>, Failed> {
    let Some(folder) = &web.settings.forms else { return Ok(None) };
    let found = folder.look().map_err(|_| Failed::Inside)?;
    let blank = found.iter().map(|form| Blank {
        id: Seen::of(&form.listed.id),
        name: Seen::of(&form.listed.name),
        version: Seen::maybe(form.listed.version.as_deref()),
    });
    Ok(Some(blank.collect()))
}
