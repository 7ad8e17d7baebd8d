//! A pull over a network that does all that networks do: no submission is missing, none is half.

use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use axum::body::Bytes;
use http::{Response, request::Parts};
use openrosa_http::api::{downloaded_submission, submission_list};
use openrosa_http::client::{BriefcaseUrls, Client};
use openrosa_http::transport::hyper::Hyper;
use openrosa_tests::faults::{Fault, SAME_HOST};
use openrosa_xml::briefcase::{IdChunk, SubmissionKey};

use super::{Dice, site::Site};

/// How many schedules are tried.
const SCHEDULES: u64 = 200;

/// So many submissions, handed out in pages of this size.
#[derive(Clone, Copy, Default)]
struct Held {
    submissions: usize,
    page: usize,
}

impl Held {
    fn answer(self, asked: &Parts) -> Response<Bytes> {
        match submission_list::Request::read(asked) {
            Some(list) if asked.uri.path().ends_with("submissionList") => self.page(list.cursor.as_deref()),
            _ => submission(&downloaded_submission::key(asked).expect("a key")),
        }
    }

    fn page(self, cursor: Option<&str>) -> Response<Bytes> {
        let from = cursor.map_or(0, |cursor| cursor.parse().expect("a cursor of ours"));
        let to = self.submissions.min(from + self.page);
        let page = IdChunk::of((from..to).map(id)).with_cursor(to.to_string());
        submission_list::write(&page, SystemTime::now()).expect("it can be written")
    }
}

fn id(number: usize) -> String {
    format!("uuid:{number}")
}

/// The submission of a key, whole.
fn document(id: &str) -> String {
    let notes = "<note>Kibaha</note>".repeat(id.len() * 9);
    format!(
        "<submission xmlns='http://opendatakit.org/submissions'><data><visit id='visit' instanceID='{id}'>{notes}\
         </visit></data></submission>"
    )
}

fn submission(key: &str) -> Response<Bytes> {
    let key = SubmissionKey::parse(key).expect("a key of ours");
    Response::builder()
        .header("Content-Type", "text/xml")
        .body(document(&key.instance_id).into())
        .expect("an answer")
}

fn faults(dice: &mut Dice) -> Vec<Fault> {
    let mut faults = dice.faults(3, 2_500);
    if dice.below(20) == 0 {
        faults.push(Fault::Elsewhere(302, SAME_HOST));
    }
    faults
}

/// The ids of all submissions, page by page, and each of them.
async fn pull(site: &Site, client: &Client<Hyper>, dice: &mut Dice) -> Vec<String> {
    let urls = BriefcaseUrls::below(&site.url("/"));
    let mut walk = submission_list::Walk::new(submission_list::Request::new("visit"));
    let mut ids = Vec::new();
    while let Some(asked) = walk.request() {
        let list = async || client.submission_list(&urls.submission_list, asked).await;
        let page = site.insist(&faults(dice), list).await;
        ids.extend(page.ids().map(std::borrow::Cow::into_owned));
        walk.arrived(&page).expect("no circle");
    }
    for id in &ids {
        let key = SubmissionKey::new("visit", "visit", id.as_str());
        let download = async || client.download_submission(&urls.download_submission, &key).await;
        let got = site.insist(&faults(dice), download).await;
        let expected = downloaded_submission::read(document(id).as_bytes()).expect("a document of ours");
        assert!(got == expected, "{id} is not what was sent: {got:?}");
    }
    ids
}

/// whatever a network does, every submission of the list is fetched, whole.
#[test]
fn no_network_loses_a_submission_of_a_pull() {
    let held = Arc::<Mutex<Held>>::default();
    let holds = Arc::clone(&held);
    let site = Site::new(move |asked| holds.lock().expect("no panic").answer(asked));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    for number in 0..SCHEDULES {
        let mut dice = Dice(number);
        let now = Held { submissions: dice.size(9), page: 1 + dice.size(5) };
        *held.lock().expect("no panic") = now;
        let client = site.client(&mut dice);
        let ids = runtime.block_on(pull(&site, &client, &mut dice));
        assert_eq!(ids, (0..now.submissions).map(id).collect::<Vec<_>>(), "schedule {number}");
    }
    assert_eq!(site.strayed(), 0, "submissions are asked for at their own host only");
}
