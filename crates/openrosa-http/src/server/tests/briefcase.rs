//! Submissions handed out again.

use axum::Router;
use openrosa_xml::FileHash;
use openrosa_xml::briefcase::{DownloadedSubmission, IdChunk, SubmissionKey};

use super::super::{Front, MemoryBackend};
use super::{ask, edit, file, form, get, post, target, xml};
use crate::api::ARGUMENT;
use percent_encoding::utf8_percent_encode;

async fn server() -> Router {
    let (backend, front) = (MemoryBackend::new(), Front::default());
    let routes = front.receiver(backend.clone()).router().merge(front.briefcase(backend));
    for parts in [
        vec![xml(&form("uuid:1", "a")), file("a.jpg", "photo")],
        vec![xml(&form("uuid:2", "b"))],
        vec![xml(&form("uuid:3", "c"))],
        vec![xml(&edit("uuid:4", "uuid:2", "d"))],
    ] {
        assert_eq!(ask(&routes, post("/submission", &parts)).await.status, 201);
    }
    routes
}

async fn page(routes: &Router, cursor: &str) -> (Vec<String>, String) {
    let target = format!("/view/submissionList?formId=f&numEntries=2&cursor={cursor}");
    let answer = get(routes, &target).await;
    assert!(
        answer.body.contains("<idChunk xmlns=\"http://opendatakit.org/submissions\">"),
        "{}",
        answer.body
    );
    let page = IdChunk::read(&answer.body).unwrap();
    (page.ids().map(Into::into).collect(), page.resumption_cursor().unwrap().into_owned())
}

/// pages in the namespace on the wire, with a cursor of the server's own; the walk ends.
#[tokio::test]
async fn the_ids_of_a_form_come_page_by_page() {
    let routes = server().await;
    let (first, cursor) = page(&routes, "").await;
    assert_eq!(first, ["uuid:1", "uuid:3"]);
    let (second, cursor) = page(&routes, &cursor).await;
    assert_eq!(second, ["uuid:4"], "an edit took the place of `uuid:2`");
    let (last, end) = page(&routes, &cursor).await;
    assert_eq!((last, end), (vec![], cursor));
    assert_eq!(get(&routes, "/view/submissionList").await.status, 400);
    assert_eq!(get(&routes, "/view/submissionList?formId=f&cursor=x").await.status, 400);
}

/// a submission names its files by `filename`, and they are there.
#[tokio::test]
async fn a_submission_comes_with_its_files() {
    let routes = server().await;
    let written = SubmissionKey::new("f", "f", "uuid:1").to_string();
    let key = utf8_percent_encode(&written, ARGUMENT);
    let answer = get(&routes, &format!("/a/demo/view/downloadSubmission/?formId={key}")).await;
    assert!(answer.body.contains("<filename>a.jpg</filename>"), "{}", answer.body);
    let submission = DownloadedSubmission::read(&answer.body).unwrap();
    let metadata = submission.metadata().unwrap();
    assert_eq!((metadata.form_id.as_deref(), metadata.instance_id.as_deref()), (Some("f"), Some("uuid:1")));
    let photo = submission.files().next().unwrap().unwrap();
    assert_eq!(photo.hash, FileHash::parse("md5:5ae0c1c8a5260bc7b6648f6fbd115c35"));
    assert!(
        photo.download_url.starts_with("http://h/a/demo/view/submissionMedia?"),
        "{}",
        photo.download_url
    );
    assert_eq!(get(&routes, &target(&photo.download_url)).await.body, "photo");
    for (query, status) in
        [("", 400), ("?formId=f", 400), ("?formId=f%5B%40version%3Dnull%5D%2Ff%5B%40key%3Dx%5D", 404)]
    {
        assert_eq!(get(&routes, &format!("/view/downloadSubmission{query}")).await.status, status, "{query}");
    }
    let elsewhere = format!("/view/submissionMedia?formId={key}&file=..%2Fa.jpg");
    assert_eq!(get(&routes, &elsewhere).await.status, 404);
}
