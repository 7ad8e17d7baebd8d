//! Our client and our server, over a socket: whatever the one asks the other answers, with one signing in by Digest.

use std::time::Duration;

use axum::Router;
use openrosa_http::api::restore::{Pending, Progress};
use openrosa_http::api::submission::{Attachment, Request as Submission};
use openrosa_http::api::{case_search, claim, form_list, form_upload, integrity, restore, submission_list};
use openrosa_http::auth::Credentials;
use openrosa_http::client::BriefcaseUrls;
use openrosa_http::headers::Version;
use openrosa_http::server::{Authentication, Front, MemoryBackend, MemoryCases, MemoryForms, MemoryRestores};
use openrosa_http::transport::hyper::Hyper;
use openrosa_http::{Client, client};
use openrosa_tests::wire;
use openrosa_xml::briefcase::SubmissionKey;
use openrosa_xml::casedb::CaseView;
use openrosa_xml::manifest::RelativePath;
use url::Url;

struct Server {
    root: Url,
    forms: MemoryForms,
    restores: MemoryRestores,
    client: Client<Hyper>,
}

fn amina() -> Credentials {
    Credentials::new("amina", "correct horse")
}

fn server() -> Server {
    let front = Front::new(Authentication::accounts("clinic", [amina()]).expect("random bytes"));
    let (submissions, forms, restores) = (MemoryBackend::new(), MemoryForms::new(), MemoryRestores::new());
    let song = CaseView::new("c1", "song", "u1").with_property("case_name", "Tune");
    let routes = Router::new()
        .merge(front.receiver(submissions.clone()).router())
        .merge(front.briefcase(submissions))
        .merge(front.forms(forms.clone()))
        .merge(front.intake(forms.clone()))
        .merge(front.restores(restores.clone()))
        .merge(front.cases(MemoryCases::new([song])));
    let root: Url = format!("http://{}/", wire::serve(routes)).parse().expect("an address");
    let client = Client::new(Hyper::new().expect("a transport")).credentials(&root, amina()).device_id("d 1");
    Server { root, forms, restores, client }
}

impl Server {
    fn at(&self, path: &str) -> Url {
        self.root.join(path).expect("an address")
    }
}

/// a list of the server is one that the client reads to the end.
/// the client finds the hash of each form right.
/// the client finds each file of a manifest, and what became of each entity.
#[tokio::test]
async fn a_form_is_found_and_fetched_with_its_files() {
    let server = server();
    server.forms.publish("häuser & bäume/1 +x", Some("2"), "Häuser", "<form/>");
    let path = |name: &str| RelativePath::new(name.to_owned()).expect("a path");
    server.forms.attach("häuser & bäume/1 +x", path("audio/a b.mp3"), vec![7; 300_000]);
    let entities = [("e1".to_owned(), true)];
    server.forms.attach_entities("häuser & bäume/1 +x", path("people.csv"), "name\n", entities);
    let client = &server.client;
    let asked = form_list::Request { form_id: Some("häuser & bäume/1 +x".into()), ..Default::default() };
    let list = client.form_list(&server.at("formList"), &asked).await.expect("a list");
    let form = list.strict().expect("a strict list").remove(0);
    let address = form.download_url.parse().expect("an address");
    assert_eq!(client.form(&address, form.hash).await.expect("a form"), "<form/>");
    let address = form.manifest_url.as_deref().expect("a manifest").parse().expect("an address");
    let manifest = client.manifest(&address).await.expect("a manifest");
    let files = manifest.strict().expect("files");
    let folder = tempfile::tempdir().expect("a folder");
    for file in &files {
        client.media(file, folder.path()).await.expect("a file");
    }
    let fetched = std::fs::read(folder.path().join("audio").join("a b.mp3")).expect("the file is there");
    assert_eq!(fetched, vec![7; 300_000]);
    let address = files[1].integrity_url.as_deref().expect("a list of entities").parse().expect("an address");
    let asked = integrity::Request { ids: vec!["e1".into(), "e2".into()] };
    let told = client.integrity(&address, &asked).await.expect("an answer");
    assert_eq!(["e1", "e2"].map(|id| told.is_deleted(id)), [Some(true), None]);
}

/// what was pushed is pulled again, page by page, with its files.
#[tokio::test]
async fn what_is_pushed_is_pulled() {
    let server = server();
    let (client, urls) = (&server.client, BriefcaseUrls::below(&server.root));
    for id in ["uuid:1", "uuid:2", "uuid:3"] {
        let form = format!("<f id='f'><meta><instanceID>{id}</instanceID></meta></f>");
        let photo = Attachment::bytes("a.jpg", id.to_owned());
        let submission = Submission::new(form).attach(photo).expect("a free name");
        assert!(
            client.submit(&server.at("submission"), &submission).await.expect("a receipt").is_delivered()
        );
    }
    let mut first = submission_list::Request::new("f");
    first.entries = Some(2);
    let (mut walk, mut ids) = (submission_list::Walk::new(first), Vec::new());
    while let Some(asked) = walk.request() {
        let page = client.submission_list(&urls.submission_list, asked).await.expect("a page");
        ids.extend(page.ids().map(|id| id.into_owned()));
        walk.arrived(&page).expect("no circle");
    }
    assert_eq!(ids, ["uuid:1", "uuid:2", "uuid:3"]);
    let key = SubmissionKey::new("f", "f", "uuid:2");
    let submission = client.download_submission(&urls.download_submission, &key).await.expect("a submission");
    let file = submission.files().next().expect("a file").expect("a whole entry");
    let folder = tempfile::tempdir().expect("a folder");
    client.media(&file, folder.path()).await.expect("the file");
    assert_eq!(std::fs::read(folder.path().join("a.jpg")).expect("the file is there"), b"uuid:2");
}

const XFORM: &str = "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'><h:head><h:title>V</h:title>\
    <model><instance><data id='v'/></instance></model></h:head><h:body/></h:html>";

/// openrosa.md 6.3: a form with more files than one request holds is pushed; another under its name is not.
#[tokio::test]
async fn a_blank_form_is_pushed_once() {
    let server = server();
    let url = BriefcaseUrls::below(&server.root).form_upload;
    let file = |number: u8| Attachment::bytes(format!("{number}.png"), vec![number; 400_000]);
    let form = (0..150)
        .map(file)
        .try_fold(form_upload::Request::new(XFORM, "v.xml"), form_upload::Request::with_file);
    let form = form.expect("free names");
    for _ in 0..2 {
        assert!(server.client.upload_form(&url, &form).await.expect("a receipt").is_delivered());
    }
    let other = form_upload::Request::new(XFORM.replace(">V<", ">W<"), "v.xml");
    assert!(server.client.upload_form(&url, &other).await.expect_err("another form").is_conflict());
    let list = server.client.form_list(&server.at("formList"), &Default::default()).await.expect("a list");
    let address =
        list.strict().expect("forms")[0].manifest_url.clone().expect("files").parse().expect("an address");
    assert_eq!(server.client.manifest(&address).await.expect("a manifest").files().count(), 150);
}

/// S-098: a device that can wait waits, and gets its restore.
/// S-090: one whose token is not known starts over.
/// S-099: a case that was found is claimed, once.
#[tokio::test]
async fn a_device_restores_and_claims() {
    const RESTORE: &str = "<OpenRosaResponse xmlns='http://openrosa.org/http/response' items='1'>\
        <Sync xmlns='http://commcarehq.org/sync'><restore_id>t1</restore_id></Sync></OpenRosaResponse>";
    let server = server();
    let progress = Progress { done: 1, total: 2 };
    server.restores.hold_back(Some("amina"), Pending { after: Duration::from_secs(1), progress });
    let (url, asked) = (server.at("a/demo/phone/restore/"), restore::Request::new());
    let patience = Duration::from_secs(60);
    let client = Client::new(Hyper::new().expect("a transport")).credentials(&server.root, amina());
    let client = client.version(Version::COMMCARE_3);
    let mut told = Vec::new();
    let ready = |so_far| {
        told.push(so_far);
        server.restores.put(Some("amina"), "t1", RESTORE);
    };
    let restore = client.restore_within(&url, &asked, patience, ready).await.expect("a restore");
    assert!(!restore.starts_over());
    assert_eq!(told, [progress]);
    let hash = openrosa_xml::StateHash::from_digest("409c");
    let astray = asked.clone().holding("t0", &hash);
    let restore = client.restore_or_start_over(&url, &astray, patience, |_| {}).await.expect("a restore");
    assert!(restore.starts_over());
    let sought = case_search::Request::new("song");
    let found = client.case_search(&server.at("a/demo/phone/search/"), &sought).await.expect("cases");
    assert!(found.case("c1").is_some());
    let url = server.at("a/demo/phone/claim-case/");
    for expected in [claim::Answer::Claimed, claim::Answer::NothingToFetch] {
        assert_eq!(client.claim(&url, &claim::Request::new(["c1"])).await.expect("an answer"), expected);
    }
}

/// by an address with a token a client comes in that has no password, and follows the addresses that it is given.
#[tokio::test]
async fn an_address_with_a_token_is_enough() {
    use openrosa_http::auth::{AddressToken, Secret};
    use openrosa_http::server::AccountList;

    let token = "aB3!$".repeat(13)[..64].to_owned();
    let accounts = AccountList::default().with_token("tablet 7", Secret::new(&token));
    let forms = MemoryForms::new();
    forms.publish("v", None, "V", "<form/>");
    let front = Front::new(Authentication::of("clinic", accounts).expect("random bytes"));
    let root: Url = format!("http://{}/", wire::serve(front.forms(forms))).parse().expect("an address");
    let project = AddressToken::new(&token).expect("a token").project(&root, 7);
    let client = Client::new(Hyper::new().expect("a transport"));
    let list = client::form_list_url(&project);
    let list = client.form_list(&list, &Default::default()).await.expect("a list");
    let form = list.strict().expect("forms").remove(0);
    let address = form.download_url.parse().expect("an address");
    assert_eq!(client.form(&address, form.hash).await.expect("a form"), "<form/>");
}
