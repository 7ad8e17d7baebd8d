//! Forms that are kept first, and sent from where they are kept.

use std::{path::Path, slice};

use chrono::Utc;
use openrosa_http::client::Client;
use openrosa_http::transport::Transport;
use openrosa_store::device::{
    Database, Effect,
    outbox::{Form, Outbox, Sending},
};
use serde_json::Value;
use url::Url;

use super::find::Found;
use super::outcome::{Outcome, Sent, Tally};
use super::{Manner, load};
use crate::cmd::outbox::{
    add, send,
    telling::{self, Again, Outlook},
};
use crate::database::{DatabaseArgs, failure};
use crate::exit::{Exit, Failure};
use crate::terminal::say;

/// Where forms are kept, and the name of the server that they are for, if it has one.
#[derive(Clone, Copy)]
pub(super) struct Kept<'a> {
    pub(super) path: &'a Path,
    pub(super) args: &'a DatabaseArgs,
    pub(super) server: Option<&'a str>,
}

/// Keeps all forms, sends what is due of the whole outbox, and tells what became of these.
pub(super) async fn send_all<T: Transport>(
    at: Kept<'_>,
    client: &Client<T>,
    manner: Manner,
    to: &Url,
    forms: &[Found],
) -> Result<Exit, Failure> {
    let (failure, again) = (|error| at.args.failure(&error), Again::new(at.args, at.server));
    let database = Database::open(at.path).await.map_err(failure)?;
    // What is meant for another server is not to lie among what goes to this.
    database.expect_home(client, to).await.map_err(failure)?;
    let (outbox, mut tally) = (database.outbox(), Tally::default());
    let mut kept = Vec::new();
    for form in forms {
        match keep(&database, manner, form).await? {
            Ok(number) => kept.push((form, number)),
            Err(outcome) => {
                let unsent = Sent::new(form, *outcome);
                say(if manner.json { unsent.json() } else { unsent.line() });
                tally.count(&unsent);
            }
        }
    }
    send::begin_anew(&outbox).await?;
    let sending = outbox.send(client, to).await.map_err(failure)?;
    for (form, number) in kept {
        let form = tell(&outbox, manner, form, number, again).await?;
        tally.count_word(form.state.word(), form.is_unprocessed());
    }
    if !manner.json {
        say(tally.summary());
    }
    tell_more(&outbox, manner, &sending, again).await?;
    database.close().await;
    Ok(if tally.is_all_well() { Exit::Clean } else { Exit::Findings })
}

/// Its number in the outbox, or why it has none.
async fn keep(
    database: &Database,
    manner: Manner,
    form: &Found,
) -> Result<Result<i64, Box<Outcome>>, Failure> {
    if let Err(outcome) = load(form, manner.check) {
        return Ok(Err(outcome));
    }
    let kept = match add::new(form, false) {
        Ok(new) => add::keep(database, &new, Effect::None).await?,
        Err(reason) => Err(reason),
    };
    Ok(kept.map(|added| added.number).map_err(|reason| Box::new(Outcome::Unreadable { reason })))
}

async fn tell(
    outbox: &Outbox,
    manner: Manner,
    found: &Found,
    number: i64,
    again: Again<'_>,
) -> Result<Form, Failure> {
    let gone = || Failure::new(format!("form {number} is not in the outbox any more"));
    let form = outbox.show(number).await.map_err(failure)?.ok_or_else(gone)?.form;
    let outlook = Outlook::of(outbox, slice::from_ref(&form), again).await?;
    if manner.json {
        let mut object = telling::json(&form, &outlook);
        object.insert("form".to_owned(), found.name().into());
        say(Value::from(object));
    } else {
        say(telling::line(&form, &found.name(), &outlook));
    }
    Ok(form)
}

/// Why not all went, if so.
async fn tell_more(
    outbox: &Outbox,
    manner: Manner,
    sending: &Sending,
    again: Again<'_>,
) -> Result<(), Failure> {
    if matches!(sending, Sending::Elsewhere) {
        match manner.json {
            true => say(telling::elsewhere_json()),
            false => say("somebody else is sending, and sends these too"),
        }
    }
    if let Some(pause) = outbox.paused().await.map_err(failure)? {
        match manner.json {
            true => say(telling::pause_json(&pause, again)),
            false => say(telling::pause(&pause, Utc::now(), again)),
        }
    }
    Ok(())
}
