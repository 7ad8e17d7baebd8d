//! The server with a database: forms in, cases out, on a port until it is stopped.

mod certificate;
mod greeting;
mod routes;

use std::net::SocketAddr;

use openrosa_http::server::operation::{self, Serving, Watch};
use openrosa_http::server::{Authentication, BasicOver, Front, Policy};
use openrosa_store::server::{Database, Tally};
use tokio::net::TcpListener;

use super::service::cannot_listen;
use super::{Args, Notice, log, stop_signal};
use crate::blank_forms::{FormsFolder, Unread};
use crate::exit::{Exit, Failure};
use crate::server_place::{self, Place};
use crate::terminal::say;
use routes::Doors;

/// How many requests there are at once; who comes then is asked to come again.
const ROOM: usize = 500;

/// What there was at the start, for the greeting.
struct Started {
    address: SocketAddr,
    /// Whether it speaks https.
    is_secret: bool,
    is_new: bool,
    tally: Tally,
    domains: Vec<String>,
    /// How many forms devices can fetch, if there is a folder for them.
    forms: Option<usize>,
}

pub(super) async fn serve(args: &Args, place: &Place, policy: Policy) -> Result<Exit, Failure> {
    log::begin(args.log.as_deref(), args.json)?;
    let stop = stop_signal()?;
    let tls = certificate::read(args)?;
    let is_new = place.is_missing();
    let files = place.files(args.files.as_ref())?;
    // Before anything is made: who mistyped a port has nothing to clean up.
    let listener = listen(args.listen).await?;
    let inside = match args.metrics {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let database = place.open(&files).await?;
    let forms = args.forms.as_ref().map(|folder| open_forms(folder, args.json)).transpose()?;
    let address = listener.local_addr().map_err(|error| cannot_listen(args.listen, &error))?;
    let mut started = started(&database, address, is_new, forms.as_ref()).await?;
    started.is_secret = tls.is_some();
    let watch = Watch::new(ROOM);
    if let Some(inside) = inside {
        tokio::spawn(operation::serve(inside, watch.metrics(), Serving::default(), std::future::pending()));
    }
    let routes = doors(args, &database, forms, policy)?.routes(&watch, &database);
    say(if args.json { started.json() } else { started.text(args, place, &files) });
    let json = args.json;
    let until = async move {
        stop.await;
        if !json {
            say("finishing what is on its way");
        }
    };
    match tls {
        Some(tls) => operation::serve_tls(listener, tls, routes, Serving::default(), until).await,
        None => operation::serve(listener, routes, Serving::default(), until).await,
    };
    database.close().await;
    Ok(Exit::Clean)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, Failure> {
    TcpListener::bind(address).await.map_err(|error| cannot_listen(address, &error))
}

fn open_forms(folder: &std::path::Path, json: bool) -> Result<FormsFolder, Failure> {
    FormsFolder::open(folder, move |unread: &Unread| say(if json { unread.json() } else { unread.line() }))
}

async fn started(
    database: &Database,
    address: SocketAddr,
    is_new: bool,
    forms: Option<&FormsFolder>,
) -> Result<Started, Failure> {
    let failed = |error: openrosa_store::Error| server_place::failure(&error);
    let tally = database.tally().await.map_err(failed)?;
    let domains = database.domains().await.map_err(failed)?.into_iter().map(|domain| domain.name);
    let domains = domains.filter(|name| !name.is_empty()).collect();
    let forms = forms.map(|forms| forms.look().map(|found| found.len())).transpose()?;
    Ok(Started { address, is_secret: false, is_new, tally, domains, forms })
}

/// Who may come in, and to what.
fn doors(
    args: &Args,
    database: &Database,
    forms: Option<FormsFolder>,
    policy: Policy,
) -> Result<Doors, Failure> {
    let users = Authentication::of("openrosa", database.clone());
    let users = users.map_err(|error| Failure::new(format!("cannot start: {error}")))?;
    let over = if args.behind_proxy { BasicOver::TrustedProxy } else { BasicOver::Any };
    let known_as = |front: Front| match &args.known_as {
        Some(address) => front.known_as(address.clone()),
        None => front,
    };
    let json = args.json;
    Ok(Doors {
        database: database.clone(),
        forms,
        policy,
        anybody: known_as(Front::default()),
        users: known_as(Front::new(users.with_basic(over))),
        show: std::sync::Arc::new(move |notice: Notice| {
            say(if json { notice.json() } else { notice.line() })
        }),
    })
}
