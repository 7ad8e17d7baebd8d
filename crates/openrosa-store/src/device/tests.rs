//! The database of a device, from the outside but for what only damage brings about.

mod opening;
mod reading;
mod restoring;
mod submitting;
mod syncing;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use http::{Method, Request, Response};
use openrosa_http::{
    client::{Client, restore::Restore},
    headers::AcceptLength,
    transport::{Body, Transport},
};
use tempfile::TempDir;

use super::*;

const SAVED: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Saved.</message></OpenRosaResponse>";

async fn phone() -> (TempDir, Database) {
    let folder = tempfile::tempdir().unwrap();
    let phone = Database::open(folder.path().join("phone.db")).await.unwrap();
    (folder, phone)
}

/// A restore for the user `u1`, with this token and these items.
fn restore(token: &str, items: &str) -> String {
    format!(
        "<OpenRosaResponse xmlns='http://openrosa.org/http/response'><message>Welcome.</message>
           <Sync xmlns='http://commcarehq.org/sync'><restore_id>{token}</restore_id></Sync>
           <Registration xmlns='http://openrosa.org/user/registration'>
             <username>amina</username><password>sha1$x</password><uuid>u1</uuid><date>2024-02-01</date><user_data/>
           </Registration>{items}
         </OpenRosaResponse>"
    )
}

/// A block that creates a case of `u1`.
fn case(id: &str, more: &str) -> String {
    case_of(id, "u1", more)
}

fn case_of(id: &str, owner: &str, more: &str) -> String {
    format!(
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='2024-05-01T10:00:00Z'>
           <create><case_type>patient</case_type><case_name>{id}</case_name><owner_id>{owner}</owner_id></create>{more}
         </case>"
    )
}

/// A block that gives a case a property.
fn update(id: &str, name: &str, value: &str) -> String {
    format!(
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='2024-06-01T10:00:00Z'>
           <update><{name}>{value}</{name}></update></case>"
    )
}

fn form(instance_id: &str, blocks: &str) -> outbox::NewForm {
    let xml = format!(
        "<data xmlns='http://example.org/visit'>{blocks}
           <meta xmlns='http://openrosa.org/jr/xforms'><instanceID>{instance_id}</instanceID></meta></data>"
    );
    outbox::NewForm::new(xml).unwrap()
}

async fn ids(phone: &Database) -> Vec<String> {
    let page = phone.cases(&CaseQuery::new(), 1000).await.unwrap();
    let mut ids: Vec<_> = page.cases.iter().map(|case| case.case_id.to_string()).collect();
    ids.sort();
    ids
}

async fn token(phone: &Database) -> Option<String> {
    phone.sync_state().await.unwrap().and_then(|sync| sync.token)
}

/// A server by a script: each answer is used once, in turn; forms are taken until the script says otherwise.
#[derive(Clone, Default)]
struct Script {
    restores: Arc<Mutex<VecDeque<Response<String>>>>,
    forms: Arc<Mutex<VecDeque<Response<String>>>>,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Script {
    fn restore(self, status: u16, body: impl Into<String>) -> Self {
        self.restores.lock().unwrap().push_back(answer(status, body));
        self
    }

    fn form(self, status: u16) -> Self {
        self.forms.lock().unwrap().push_back(answer(status, SAVED));
        self
    }

    /// What was asked since the last look: `POST` with the sync token, or the query of a restore.
    fn heard(&self) -> Vec<String> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    fn client(&self) -> Client<impl Transport + use<>> {
        let script = self.clone();
        let transport = move |request: Request<Body>| {
            let answer = script.answer(&request);
            async { Ok(answer.map(Body::from)) }
        };
        Client::new(transport).without_preflight(AcceptLength::DEFAULT)
    }

    fn answer(&self, request: &Request<Body>) -> Response<String> {
        let mut heard = self.heard.lock().unwrap();
        if request.method() == Method::POST {
            let token = request.headers().get("X-CommCareHQ-LastSyncToken");
            heard.push(token.map_or("POST".to_owned(), |token| format!("POST {}", token.to_str().unwrap())));
            return self.forms.lock().unwrap().pop_front().unwrap_or_else(|| answer(201, SAVED));
        }
        heard.push(request.uri().query().unwrap_or_default().to_owned());
        self.restores.lock().unwrap().pop_front().expect("the script foresees this restore")
    }
}

fn answer(status: u16, body: impl Into<String>) -> Response<String> {
    Response::builder().status(status).header("Retry-After", "120").body(body.into()).unwrap()
}

fn way() -> Way {
    let url = |path: &str| format!("https://hq.example/a/demo/{path}").parse().unwrap();
    Way::new(url("receiver/"), url("phone/restore/"))
}
