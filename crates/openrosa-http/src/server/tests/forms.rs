//! Form discovery from outside: list, form, manifest, media, deleted entities.

use axum::Router;
use axum::body::Body;
use futures_util::stream::{self, StreamExt as _};
use http::Request;
use md5::{Digest as _, Md5};
use openrosa_xml::form_list::ListedForm;
use openrosa_xml::manifest::{MediaFile, RelativePath};
use openrosa_xml::{FileHash, FormList, Integrity, Manifest};

use super::super::{BlankForm, Caller, Content, FormFile, FormVersion, Forms, Listing, Rejection};
use super::super::{Front, MemoryForms, VersionPolicy};
use super::{ask, call, get, request, target};
use crate::api::form_list;

fn path(name: &str) -> RelativePath<'static> {
    RelativePath::new(name.to_owned()).unwrap()
}

const AWKWARD: &str = "häuser & bäume/../1 +x";

fn forms() -> MemoryForms {
    let forms = MemoryForms::new();
    forms.publish("visit", Some("6"), "Visit", "<visit version='6'/>");
    forms.publish("visit", Some("7"), "Visit", "<visit version='7'/>");
    forms.describe("visit", "Whom we visit");
    forms.attach("visit", path("z.png"), "zzz");
    forms.attach("visit", path("audio/a b.mp3"), "0123456789");
    let entities = [("e1".to_owned(), false), ("e2".to_owned(), true)];
    forms.attach_entities("visit", path("people.csv"), "name\n", entities);
    forms.publish(AWKWARD, None, "Häuser & <Bäume>", "<f/>");
    forms
}

fn routes() -> Router {
    Front::default().forms(forms())
}

async fn list(routes: &Router, target: &str) -> Vec<ListedForm<'static>> {
    let answer = get(routes, target).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "text/xml; charset=utf-8"), "{target}");
    let list = FormList::read(&answer.body).unwrap();
    list.strict().unwrap().into_iter().map(ListedForm::into_owned).collect()
}

async fn files(routes: &Router, form: &ListedForm<'_>) -> Vec<MediaFile<'static>> {
    let answer = get(routes, &target(form.manifest_url.as_deref().unwrap())).await;
    let manifest = Manifest::read(&answer.body).unwrap();
    manifest.strict().unwrap().into_iter().map(MediaFile::into_owned).collect()
}

fn ids_and_versions<'f>(forms: &'f [ListedForm<'_>]) -> Vec<(&'f str, Option<&'f str>)> {
    forms.iter().map(|form| (&*form.form_id, form.version.as_deref())).collect()
}

/// the list honours `formID`, descriptions need `verbose`, old versions need `listAllVersions`, HEAD is 204.
#[tokio::test]
async fn a_list_says_what_was_asked_for() {
    let routes = routes();
    let all = list(&routes, "/formList?deviceID=d").await;
    assert_eq!(ids_and_versions(&all), [(AWKWARD, None), ("visit", Some("7"))]);
    assert!(all.iter().all(|form| form.description_text.is_none()));
    let one = list(&routes, "/formList?formID=visit&verbose=true").await;
    assert_eq!(ids_and_versions(&one), [("visit", Some("7"))]);
    assert_eq!(one[0].description_text.as_deref(), Some("Whom we visit"));
    let old = list(&routes, "/formList?formID=visit&listAllVersions").await;
    assert_eq!(ids_and_versions(&old), [("visit", Some("6")), ("visit", Some("7"))]);
    assert_eq!(list(&routes, "/formList?formID=none").await, []);

    let head = call(&routes, "HEAD", "/formList").await;
    assert_eq!((head.status, head.header("x-openrosa-version"), head.body.as_str()), (204, "1.0", ""));
    assert_eq!((head.header("location"), head.header("x-openrosa-accept-content-length")), ("", ""));
}

/// each entry is complete, and its hash is the MD5 of exactly the bytes at `downloadUrl`, old versions included.
#[tokio::test]
async fn what_is_listed_is_what_is_there() {
    let routes = routes();
    for form in list(&routes, "/formList?listAllVersions=1").await {
        assert!(form.download_url.starts_with("http://h/"), "{}", form.download_url);
        let answer = get(&routes, &target(&form.download_url)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "text/xml; charset=utf-8"));
        assert_eq!(form.hash, Some(FileHash::from_md5(Md5::digest(&answer.body).into())));
        assert_eq!(answer.header("content-length"), answer.body.len().to_string());
    }
    let files_of = list(&routes, "/formList").await;
    assert_eq!(files_of.iter().map(|form| form.manifest_url.is_some()).collect::<Vec<_>>(), [false, true]);
}

/// the order of a manifest is that of the paths; its files are there; a list of entities has an `integrityUrl`.
#[tokio::test]
async fn a_manifest_lists_what_is_there_in_one_order() {
    let routes = routes();
    let visit = list(&routes, "/formList?formID=visit").await.remove(0);
    let listed = files(&routes, &visit).await;
    let names: Vec<_> = listed.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(names, ["audio/a b.mp3", "people.csv", "z.png"]);
    for file in &listed {
        let answer = get(&routes, &target(&file.download_url)).await;
        assert_eq!(answer.status, 200, "{}", file.download_url);
        assert_eq!(file.hash, Some(FileHash::from_md5(Md5::digest(&answer.body).into())));
        assert_eq!(file.integrity_url.is_some(), file.is_entity_list());
    }
    let integrity = target(listed[1].integrity_url.as_deref().unwrap());
    for (asked, told) in [("", vec!["e1", "e2"]), ("&id=e2%2C%20e9", vec!["e2"])] {
        let answer = get(&routes, &format!("{integrity}{asked}")).await;
        let integrity = Integrity::read(&answer.body).unwrap();
        assert_eq!(integrity.entities().map(|entity| entity.id.into_owned()).collect::<Vec<_>>(), told);
        assert_eq!((integrity.is_deleted("e2"), answer.header("x-openrosa-version")), (Some(true), "1.0"));
    }
}

/// a list without forms is a list.
#[tokio::test]
async fn a_list_of_nothing_is_a_list() {
    assert_eq!(list(&Front::default().forms(MemoryForms::new()), "/formList").await, []);
}

#[tokio::test]
async fn a_download_that_was_cut_goes_on() {
    let routes = routes();
    let visit = list(&routes, "/formList?formID=visit").await.remove(0);
    let audio = target(&files(&routes, &visit).await[0].download_url);
    let part = async |range: &str| {
        let request = request("GET", &audio).header("Range", range).header("Host", "h");
        ask(&routes, request.body(Body::empty()).unwrap()).await
    };
    let rest = part("bytes=4-").await;
    assert_eq!((rest.status, rest.body.as_str()), (206, "456789"));
    assert_eq!((rest.header("content-range"), rest.header("content-length")), ("bytes 4-9/10", "6"));
    let beyond = part("bytes=10-").await;
    assert_eq!((beyond.status, beyond.header("content-range")), (416, "bytes */10"));
    for passed_over in ["bytes=0-", "bytes=-3", "bytes=1-2", "bytes=1-2,4-", "lines=3-", "bytes=+1-"] {
        let whole = part(passed_over).await;
        assert_eq!((whole.status, whole.body.as_str()), (200, "0123456789"), "{passed_over}");
    }
}

/// the list is found where each kind of client looks for it, and names addresses beside itself.
#[tokio::test]
async fn a_list_is_where_clients_look_for_it() {
    let routes = routes();
    for place in ["", "/amina", "/a/demo", "/v1/projects/7", "/key/t", "/v1/key/t/projects/7"] {
        for slash in ["", "/"] {
            let forms = list(&routes, &format!("{place}/formList{slash}")).await;
            let there = format!("http://h{place}/formXml?formId=visit&version=7");
            assert_eq!(forms[1].download_url, there);
            assert_eq!(get(&routes, &target(&there)).await.status, 200, "{there}");
        }
    }
}

#[tokio::test]
async fn addresses_are_those_by_which_the_server_is_known() {
    let first = async |routes: &Router, request: Request<Body>| {
        let answer = ask(routes, request).await;
        let list = FormList::read(&answer.body).unwrap();
        list.forms().next().unwrap().unwrap().download_url.into_owned()
    };
    let asked = |target: &str| request("GET", target).header("Host", "odk.example:8443");
    let proxied = asked("/formList").header("X-Forwarded-Proto", "https").body(Body::empty()).unwrap();
    assert!(first(&routes(), proxied).await.starts_with("https://odk.example:8443/formXml?"));
    let nested = Router::new().nest("/odk", routes());
    let request = asked("/odk/formList").body(Body::empty()).unwrap();
    assert!(first(&nested, request).await.starts_with("http://odk.example:8443/odk/formXml?"));
    let known = Front::default().known_as("https://forms.example.org/x/".parse().unwrap()).forms(forms());
    let request = asked("/key/t/formList").body(Body::empty()).unwrap();
    assert!(first(&known, request).await.starts_with("https://forms.example.org/x/key/t/formXml?"));
}

#[tokio::test]
async fn who_names_no_server_gets_no_list() {
    let of_nobody = || request("GET", "/formList");
    for request in [of_nobody(), of_nobody().header("Host", "a:b@h"), of_nobody().header("Host", "a b")] {
        let answer = ask(&routes(), request.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status, answer.nature().as_str()), (400, "error"));
    }
}

/// refusals of every kind carry version and `Date`.
#[tokio::test]
async fn what_is_not_there_is_said_in_an_envelope() {
    let routes = Front::default().with_version(VersionPolicy::One).forms(forms());
    let unversioned = Request::get("/formList").body(Body::empty()).unwrap();
    let rows = [
        (request("GET", "/formXml?formId=visit&version=5").body(Body::empty()).unwrap(), 404),
        (request("GET", "/formXml").body(Body::empty()).unwrap(), 404),
        (request("GET", "/xformsManifest?formId=none").header("Host", "h").body(Body::empty()).unwrap(), 404),
        (request("GET", "/entityIntegrity?formId=visit&file=z.png").body(Body::empty()).unwrap(), 404),
        (request("POST", "/formList").body(Body::from("x")).unwrap(), 405),
        (unversioned, 400),
    ];
    for (request, status) in rows {
        let answer = ask(&routes, request).await;
        assert_eq!((answer.status, answer.nature().as_str()), (status, "error"), "{answer:?}");
        assert_eq!((answer.header("x-openrosa-version"), answer.header("date").is_empty()), ("1.0", false));
    }
}

/// A name from the wire leads nowhere but to a file of the form.
#[tokio::test]
async fn names_that_lead_elsewhere_are_names_of_nothing() {
    for name in ["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "a%5Cb", "C%3Ax", "a%00", ".", "", "none.png"] {
        let answer = get(&routes(), &format!("/xformsMedia?formId=visit&file={name}")).await;
        assert_eq!(answer.status, 404, "{name}");
    }
}

/// What was uploaded as a picture is not opened as a page of this server.
#[tokio::test]
async fn files_are_no_pages() {
    let answer = get(&routes(), "/xformsMedia?formId=visit&file=z.png").await;
    assert_eq!(
        (answer.header("x-content-type-options"), answer.header("content-security-policy")),
        ("nosniff", "sandbox")
    );
}

/// Lists a form, then another, and fails.
struct Failing {
    after: usize,
}

impl Forms for Failing {
    async fn list(&self, _: &form_list::Request, _: &Caller) -> Result<Listing<BlankForm>, Rejection> {
        let hash = FileHash::from_md5([0; 16]);
        let form = move |id: usize| BlankForm {
            id: id.to_string(),
            name: String::new(),
            version: None,
            hash,
            description: None,
            has_files: false,
        };
        let forms = (0..self.after).map(move |id| Ok(form(id)));
        Ok(stream::iter(forms.chain([Err(Rejection::internal("the disk is gone"))])).boxed())
    }

    async fn form(&self, _: &FormVersion, _: &Caller) -> Result<Option<Content>, Rejection> {
        Ok(None)
    }

    async fn files(&self, _: &FormVersion, _: &Caller) -> Result<Option<Vec<FormFile>>, Rejection> {
        Ok(None)
    }

    async fn file(
        &self,
        _: &FormVersion,
        _: &RelativePath<'_>,
        _: u64,
        _: &Caller,
    ) -> Result<Option<Content>, Rejection> {
        Ok(None)
    }
}

/// A list is not held in memory: what comes first is sent first, and a failure behind it breaks the answer off.
#[tokio::test]
async fn a_list_that_fails_is_no_shorter_list() {
    let at_once = get(&Front::default().forms(Failing { after: 0 }), "/formList").await;
    assert_eq!(
        (at_once.status, at_once.message().as_str()),
        (500, "something failed on the server; please try again later")
    );
    let request = request("GET", "/formList").header("Host", "h").body(Body::empty()).unwrap();
    let later =
        tower::ServiceExt::oneshot(Front::default().forms(Failing { after: 2 }), request).await.unwrap();
    assert_eq!(later.status(), 200);
    let mut pieces = later.into_body().into_data_stream();
    let mut seen = Vec::new();
    while let Some(piece) = pieces.next().await {
        seen.push(piece.map(|piece| String::from_utf8(piece.to_vec()).unwrap()));
    }
    assert!(
        matches!(&*seen, [Ok(first), Ok(second), Err(_)] if first.contains(">0<") && second.contains(">1<")),
        "{seen:?}"
    );
}
