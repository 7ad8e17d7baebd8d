//! Blank forms pushed by Briefcase.

use axum::Router;
use openrosa_xml::FormList;

use super::super::{Front, MemoryForms};
use super::{Answer, ask, call, file, get, part, post};

fn routes() -> Router {
    let (front, forms) = (Front::default(), MemoryForms::new());
    front.intake(forms.clone()).merge(front.forms(forms))
}

fn xform(label: &str) -> String {
    format!(
        "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'><h:head><h:title>{label}</h:title>\
         <model><instance><data id='visit' version='3'/></instance></model></h:head><h:body/></h:html>"
    )
}

async fn push(routes: &Router, form: &str, files: &[String]) -> Answer {
    let form = part(r#"name="form_def_file"; filename="visit.xml""#, "text/xml", form);
    ask(routes, post("/formUpload", &[&[form], files].concat())).await
}

/// openrosa.md 6.3: HEAD is 204 with what is taken; a form and its files are taken in several requests; another form of the
/// same version is 409.
#[tokio::test]
async fn a_form_comes_with_its_files_in_as_many_requests_as_it_takes() {
    let routes = routes();
    for path in ["/formUpload", "/upload/", "/a/demo/upload"] {
        let head = call(&routes, "HEAD", path).await;
        assert_eq!(
            (head.status, head.header("x-openrosa-accept-content-length")),
            (204, "100000000"),
            "{path}"
        );
    }
    for (files, status) in [
        (vec![file("a.png", "one")], 201),
        (vec![file("b.png", "two")], 201),
        (vec![file("b.png", "two")], 201),
        (vec![file("b.png", "other"), file("c.png", "three")], 409),
    ] {
        assert_eq!(push(&routes, &xform("Visit"), &files).await.status, status);
    }
    let other = push(&routes, &xform("Another"), &[]).await;
    assert_eq!((other.status, other.message().contains("`visit`")), (409, true));
    let list = get(&routes, "/formList").await.body;
    let list = FormList::read(&list).unwrap();
    let forms = list.strict().unwrap();
    assert_eq!((forms.len(), &*forms[0].name, forms[0].version.as_deref()), (1, "Visit", Some("3")));
    for (name, content) in [("a.png", "one"), ("b.png", "two"), ("c.png", "")] {
        let there = get(&routes, &format!("/xformsMedia?formId=visit&version=3&file={name}")).await;
        assert_eq!(there.status == 200 && there.body == content, !content.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn what_is_no_form_is_refused() {
    let routes = routes();
    for form in ["<h:html", "<data/>", "", &xform("a").replace("id='visit'", "id=''")] {
        let answer = push(&routes, form, &[]).await;
        assert_eq!((answer.status, answer.nature().as_str()), (400, "error"), "{form}");
    }
    let missing = ask(&routes, post("/formUpload", &[file("a.png", "one")])).await;
    assert_eq!((missing.status, missing.message().as_str()), (400, "the part `form_def_file` is missing"));
    let doubled = part(r#"name="form_def_file"; filename="a""#, "text/xml", &xform("a"));
    assert_eq!(push(&routes, &xform("a"), &[doubled]).await.status, 400);
    assert_eq!(push(&routes, &xform("a"), &[file("..", "one")]).await.status, 400);
    let raw = super::request("POST", "/upload").header("Content-Type", "text/xml");
    let mut raw = raw.body(xform("a").into()).unwrap();
    raw.headers_mut().insert("content-type", "text/xml".parse().unwrap());
    assert_eq!(ask(&routes, raw).await.status, 415);
    assert_eq!(call(&routes, "GET", "/formUpload").await.header("allow"), "HEAD, POST");
    assert!(!get(&routes, "/formList").await.body.contains("xform>"), "nothing of it is kept");
}

/// The name of a file is stripped of its folders, and too many of them are not taken.
#[tokio::test]
async fn files_are_bounded_and_have_no_folders() {
    let routes = routes();
    assert_eq!(push(&routes, &xform("Visit"), &[file("../../etc/a.png", "one")]).await.status, 201);
    assert_eq!(get(&routes, "/xformsMedia?formId=visit&file=a.png").await.body, "one");
    let many: Vec<_> = (0..5_000).map(|number| file(&number.to_string(), "x")).collect();
    assert_eq!(push(&routes, &xform("Visit"), &many).await.status, 413);
    assert_eq!(get(&routes, "/xformsMedia?formId=visit&file=7").await.status, 404);
}
