//! Case search and claim from outside.

use axum::Router;
use axum::body::Body;
use http::Request;
use openrosa_xml::CaseDb;
use openrosa_xml::casedb::CaseView;

use super::super::{Front, MemoryCases};
use super::{Answer, ask, get};

fn routes() -> Router {
    let songs = ["c1", "c2"].map(|id| CaseView::new(id, "song", "u1").with_property("mood", id));
    Front::default().cases(MemoryCases::new(songs))
}

async fn post(routes: &Router, target: &str, form: &str) -> Answer {
    let request = Request::post(target).header("Content-Type", "application/x-www-form-urlencoded");
    ask(routes, request.body(Body::from(form.to_owned())).unwrap()).await
}

fn found(answer: &Answer) -> Vec<String> {
    let found = CaseDb::read(&answer.body).unwrap();
    found.cases().map(|case| case.case_id.as_deref().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn cases_are_found_by_address_and_by_form() {
    let routes = routes();
    let all = get(&routes, "/a/demo/phone/search/?case_type=song").await;
    assert_eq!((all.status, all.header("content-type")), (200, "text/xml; charset=utf-8"));
    assert!(all.body.contains("<results id=\"case\">"), "{}", all.body);
    assert_eq!(found(&all), ["c1", "c2"]);
    let one = post(&routes, "/a/demo/phone/search/app1/?case_type=song", "mood=c2").await;
    assert_eq!(found(&one), ["c2"]);
    assert!(found(&get(&routes, "/phone/search?case_type=album").await).is_empty());
    let senseless = get(&routes, "/phone/search?mood=c1").await;
    assert_eq!((senseless.status, senseless.body.as_str()), (400, "`case_type` is missing"));
}

/// S-099: 201 where something was claimed, 204 where the device has it all, 400 without an id, 410 for one that is not known.
#[tokio::test]
async fn a_claim_is_answered_by_its_status() {
    let routes = routes();
    for (form, status) in [
        ("", 400),
        ("case_id=", 400),
        ("case_id=c9", 410),
        ("case_id=c1&case_id=c9", 410),
        ("case_id=c1", 201),
        ("case_id=c1", 204),
        ("case_id=c1&case_id=c2&case_type=song&case_name=Tune", 201),
    ] {
        let answer = post(&routes, "/a/demo/phone/claim-case/", form).await;
        assert_eq!(answer.status, status, "{form}: {}", answer.body);
    }
    assert_eq!(get(&routes, "/phone/claim-case").await.header("allow"), "POST");
}

/// A form of a few fields is not taken for a place to put gigabytes.
#[tokio::test]
async fn a_form_of_fields_is_small() {
    let form = "case_id=c1&".repeat(30_000);
    assert_eq!(post(&routes(), "/phone/claim-case", &form).await.status, 413);
}
