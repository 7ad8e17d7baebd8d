//! A user, as it was sent to a server.

use openrosa_xml::{Timestamp, registration::Registration};
use serde_json::{Value as Json, json};

use super::Section;
use crate::page::seen;

pub(super) fn section(user: &Registration<'_>) -> Section {
    let date = user.date();
    let texts = [
        ("username", user.username()),
        ("id", user.user_id()),
        ("joined", date.as_ref().map(|date| date.as_str().into())),
        ("phone", user.registering_phone_id()),
    ];
    let told = texts.into_iter().filter_map(|(label, text)| Some((label, seen(&text?).into_owned())));
    let data = user.user_data().map(|datum| {
        let key = datum.key.map_or("(no key)".into(), seen);
        ("data", format!("{key} = {}", seen(&datum.value)))
    });
    Section { title: "User".to_owned(), rows: told.chain(data).collect() }
}

/// Under the names of the elements; the password is nobody's business.
pub(super) fn facts(user: &Registration<'_>) -> Json {
    json!({
        "xmlns": user.element.name.namespace(),
        "username": user.username(),
        "uuid": user.user_id(),
        "date": user.date().as_ref().map(Timestamp::as_str),
        "registering_phone_id": user.registering_phone_id(),
        "user_data": user.user_data().map(|datum| json!([datum.key, datum.value])).collect::<Vec<_>>(),
    })
}
