//! One case: what it is, how it came to be so, what hangs together with it, on whose phone it is and why.

mod graph;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Extension, State};
use axum::response::Response;
use openrosa_case::Case;
use openrosa_case::case::Transaction;
use openrosa_store::server::{Reason, StockLine};
use openrosa_xml::UserId;
use serde::Deserialize;

use super::Web;
use super::access::Look;
use super::failed::Failed;
use super::frame::{Frame, page};
use super::portion::Portion;
use super::said::Query;
use super::seen::{Seen, moment, query};
use crate::changes::link;
use crate::page::typed_last;
use graph::Graph;

/// How many relatives are drawn.
const RELATIVES: usize = 60;
/// How many entries of the history are shown, the last ones.
const HISTORY: usize = 200;
/// How many products are shown.
const STOCK: u32 = 200;
/// Of how many users the names are looked up.
const NAMES: usize = 50;

#[derive(Deserialize)]
pub(super) struct Of {
    id: String,
}

struct Entry {
    at: String,
    by: Seen,
    form: Option<String>,
    did: String,
    is_revoked: bool,
}

/// So much of a product.
struct Stock {
    section: Seen,
    product: Seen,
    quantity: String,
    /// What changed it last, as far as that was looked for.
    last: Option<Entry>,
}

struct OnPhone {
    user: Seen,
    address: String,
    why: Option<Seen>,
}

#[derive(Template)]
#[template(path = "case.html")]
struct View {
    frame: Frame,
    id: Seen,
    raw_id: String,
    name: Seen,
    case_type: Seen,
    status: &'static str,
    facts: Vec<(&'static str, Seen)>,
    properties: Vec<(Seen, Seen)>,
    links: Vec<(Seen, Seen, String)>,
    files: Vec<(Seen, Seen)>,
    stock: Vec<Stock>,
    /// The command that lists all of it, where there is more.
    more_stock: Option<String>,
    history: Vec<Entry>,
    older: usize,
    graph: Graph,
    phones: Vec<OnPhone>,
    is_whole: bool,
    json: String,
}

pub(super) async fn show(
    State(web): State<Web>,
    Extension(look): Extension<Look>,
    Query(of): Query<Of>,
) -> Result<Response, Failed> {
    let (database, domain) = (web.database(), &look.domain);
    let number = domain.number();
    let case = database.case(domain, &of.id.as_str().into()).await?.ok_or(Failed::NotThere)?.case;
    let around = database.surroundings(domain, &case.case_id, RELATIVES).await?;
    let reasons = database.reasons(domain, &around).await?;
    let names = names(&web, &look, &case).await?;
    let stock =
        Portion::ask(STOCK, async |at_most| database.stock_lines(domain, &case, at_most).await).await?;
    let history = &case.hq.transactions;
    let name = if case.name.is_empty() { "(no name)" } else { &case.name };
    Ok(page(&View {
        frame: Frame::new(&web, &look, "cases", format!("{} · case", Seen::of(name))),
        id: Seen::of(&of.id),
        raw_id: of.id.clone(),
        name: Seen::of(name),
        case_type: Seen::of(&*case.case_type),
        status: status(&case),
        facts: facts(&case, &names),
        properties: case
            .properties
            .iter()
            .map(|(name, value)| (Seen::of(name), Seen::of(value.text())))
            .collect(),
        links: links(&case, number),
        files: case.attachments.iter().map(|(name, file)| (Seen::of(name), Seen::of(&file.src))).collect(),
        more_stock: stock
            .last_before_more()
            .map(|_| format!("{} {}", web.command_in(domain, "stock list"), typed_last(&of.id))),
        stock: stock.rows.iter().map(|line| Stock::of(line, &names, number)).collect(),
        history: history.iter().rev().take(HISTORY).map(|did| entry(did, &names, number)).collect(),
        older: history.len().saturating_sub(HISTORY),
        graph: Graph::of(&around, number),
        phones: reasons.iter().map(|reason| OnPhone::of(reason, number)).collect(),
        is_whole: around.is_whole,
        json: format!("/look/{number}/case/json{}", query(&[("id", &of.id)])),
    }))
}

fn status(case: &Case) -> &'static str {
    match (&case.hq.deleted, case.closed) {
        (Some(_), _) => "deleted",
        (None, true) => "closed",
        (None, false) => "open",
    }
}

/// What the users in a case's history are called.
async fn names(web: &Web, look: &Look, case: &Case) -> Result<BTreeMap<UserId, String>, Failed> {
    let mut names = BTreeMap::new();
    let hq = &case.hq;
    let users = hq.transactions.iter().rev().filter_map(|did| did.user_id.as_ref());
    let owner = UserId::from(case.owner_id.to_string());
    let about = [Some(&owner), hq.opened_by.as_ref(), hq.modified_by.as_ref(), hq.closed_by.as_ref()];
    for id in about.into_iter().flatten().chain(users) {
        if names.len() < NAMES && !names.contains_key(id) {
            let user = web.database().user_of(&look.domain, id).await?;
            names.insert(id.clone(), user.map_or_else(|| id.to_string(), |user| user.username));
        }
    }
    Ok(names)
}

fn facts(case: &Case, names: &BTreeMap<UserId, String>) -> Vec<(&'static str, Seen)> {
    let hq = &case.hq;
    let named = |id: &UserId| {
        let name = names.get(id).map_or(id.as_str(), String::as_str);
        if name == id.as_str() { Seen::of(name) } else { Seen::of(format!("{name} ({id})")) }
    };
    let owner = UserId::from(case.owner_id.to_string());
    let mut facts = vec![("Owner", named(&owner))];
    let mut add = |label, text: Option<Seen>| facts.extend(text.map(|text| (label, text)));
    add("External id", case.external_id.as_ref().map(|text| Seen::of(&**text)));
    add("Location id", hq.location_id.as_ref().map(|text| Seen::of(&**text)));
    add("Opened", case.date_opened.map(|at| Seen::of(moment(at))));
    add("Opened by", hq.opened_by.as_ref().map(named));
    add("Changed, by the phone's clock", Some(Seen::of(moment(case.last_modified))));
    add("Changed, by the server's", hq.server_modified_on.map(|at| Seen::of(moment(at))));
    add("Changed by", hq.modified_by.as_ref().map(named));
    add("Closed", hq.closed_on.map(|at| Seen::of(moment(at))));
    add("Closed by", hq.closed_by.as_ref().map(named));
    facts
}

fn links(case: &Case, domain: i64) -> Vec<(Seen, Seen, String)> {
    let one = |(name, index): (&str, &openrosa_case::case::Index)| {
        let address = format!("/look/{domain}/case{}", query(&[("id", index.target.as_str())]));
        (Seen::of(name), Seen::of(link(index)), address)
    };
    case.indices.iter().map(one).collect()
}

fn entry(did: &Transaction, names: &BTreeMap<UserId, String>, domain: i64) -> Entry {
    let by = did.user_id.as_ref().map(|id| names.get(id).map_or(id.as_str(), String::as_str));
    let words = [
        (did.did.create, "created"),
        (did.did.block && !did.did.create && !did.did.close, "changed"),
        (did.did.close, "closed"),
        (did.did.index, "linked"),
        (did.did.attachment, "file"),
        (did.did.ledger, "stock"),
    ];
    let words = words.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect::<Vec<_>>();
    Entry {
        at: moment(did.server_date),
        by: Seen::maybe(by),
        form: did
            .form_id
            .as_ref()
            .map(|id| format!("/look/{domain}/submissions/find{}", query(&[("log", id.as_str())]))),
        did: if words.is_empty() { "made anew".to_owned() } else { words.join(", ") },
        is_revoked: did.revoked,
    }
}

impl Stock {
    fn of(line: &StockLine, names: &BTreeMap<UserId, String>, domain: i64) -> Self {
        Self {
            section: Seen::of(&line.key.section_id),
            product: Seen::of(&line.key.entry_id),
            quantity: line.quantity.to_string(),
            last: line.last.as_ref().map(|last| entry(last, names, domain)),
        }
    }
}

impl OnPhone {
    fn of(reason: &Reason, domain: i64) -> Self {
        Self {
            user: Seen::of(&reason.user.username),
            address: format!("/look/{domain}/person{}", query(&[("name", &reason.user.username)])),
            why: reason.why.as_ref().map(Seen::of),
        }
    }
}
