//! Bodies of every shape.

use axum::body::Body;
use bytes::Bytes;

use super::super::{AttachmentIdentity, Limits, MissingInstanceId, Policy};
use super::{Server, file, form, multipart, part, post, record, request, text, xml};

/// R-067: the XML part is found first or last, whatever its file name, with a charset or without a type.
/// R-068: `text/xml` and `application/xml` are both taken, as is a part that says neither.
#[tokio::test]
async fn the_xml_part_is_found_wherever_and_however() {
    let content = form("1", "a");
    let named = |names, kind| part(names, kind, &content);
    let rows = [
        vec![xml(&content), file("1.jpg", "x")],
        vec![
            file("1.jpg", "x"),
            named(r#"name="xml_submission_file"; filename="xml_submission_file.xml""#, "text/xml"),
        ],
        vec![named(r#"name="xml_submission_file"; filename="xml_submission_file""#, "text/xml")],
        vec![named(r#"name="xml_submission_file"; filename="submission.xml""#, "application/xml")],
        vec![named(r#"name="xml_submission_file"; filename="a.xml""#, "text/xml; charset=UTF-8")],
        vec![named(r#"name=xml_submission_file; filename=a.xml"#, "application/octet-stream")],
        vec![text("xml_submission_file", &content)],
    ];
    for parts in rows {
        let server = Server::new();
        assert_eq!(server.post(&parts).await.status, 201, "{parts:?}");
        assert_eq!(server.backend.submission(&record("1")).unwrap().xml, content.as_bytes());
    }
}

/// R-067: without an XML part, or with two, the answer is 400 with an envelope.
#[tokio::test]
async fn one_xml_part_and_one_only() {
    let server = Server::new();
    let other_case = part(r#"name="XML_SUBMISSION_FILE"; filename="a.xml""#, "text/xml", &form("1", "a"));
    for (parts, message) in [
        (vec![], "the part `xml_submission_file` is missing"),
        (vec![file("1.jpg", "x")], "the part `xml_submission_file` is missing"),
        (vec![other_case], "the part `xml_submission_file` is missing"),
        (
            vec![xml(&form("1", "a")), xml(&form("1", "a"))],
            "there is more than one part `xml_submission_file`",
        ),
    ] {
        let answer = server.post(&parts).await;
        assert_eq!((answer.status, answer.message().as_str()), (400, message), "{parts:?}");
    }
    assert!(server.backend.is_empty());
}

/// R-068: a raw XML body is a submission where the policy says so.
#[tokio::test]
async fn a_raw_body_is_taken_when_enabled() {
    for (raw_xml, status) in [(true, 201), (false, 415)] {
        let server = Server::with(Policy { raw_xml, ..Policy::default() });
        for kind in ["text/xml", "application/xml; charset=utf-8"] {
            let mut raw = request("POST", "/submission").body(Body::from(form("1", "a"))).unwrap();
            raw.headers_mut().insert("Content-Type", kind.parse().unwrap());
            assert_eq!(server.send(raw).await.status, status, "{kind}");
        }
        assert_eq!(server.backend.len(), usize::from(raw_xml));
    }
}

/// R-069: text fields are handed on and change nothing, however long.
#[tokio::test]
async fn text_fields_are_exposed_and_never_fatal() {
    let server = Server::new();
    let long = "x".repeat(10_000);
    let parts =
        [text("__csrf", "t"), xml(&form("1", "a")), text("*isIncomplete*", "yes"), text("long", &long)];
    assert_eq!(server.post(&parts).await.status, 201);
    let submission = server.backend.submission(&record("1")).unwrap();
    let fields: Vec<_> =
        submission.fields.iter().map(|field| (field.name.as_str(), field.value.len())).collect();
    assert_eq!(fields, [("__csrf", 1), ("*isIncomplete*", 3), ("long", 4096)]);
    assert_eq!(submission.fields[1].value, "yes");
    assert!(submission.files.is_empty());
}

/// R-070: an attachment goes by its field name, its file name, or the better of both; path parts are stripped.
#[tokio::test]
async fn the_identity_of_an_attachment_is_a_choice() {
    use AttachmentIdentity::{Either, FieldName, FileName};
    let rows = [
        (FieldName, r#"name="a.jpg"; filename="b.jpg""#, "a.jpg"),
        (FileName, r#"name="a.jpg"; filename="b.jpg""#, "b.jpg"),
        (Either, r#"name="a.jpg"; filename="b.jpg""#, "b.jpg"),
        (Either, r#"name="a.jpg"; filename="""#, "a.jpg"),
        (Either, r#"name="a.jpg""#, "a.jpg"),
        (FieldName, r#"name="../../etc/a.jpg"; filename="b.jpg""#, "a.jpg"),
        (FieldName, r#"name="C:\fakepath\a.jpg"; filename="b.jpg""#, "a.jpg"),
        (FileName, r#"name="a.jpg"; filename="../../etc/b.jpg""#, "b.jpg"),
        (FileName, r#"name="a.jpg"; filename="C:\fakepath\b.jpg""#, "b.jpg"),
    ];
    for (attachments, names, expected) in rows {
        let server = Server::with(Policy { attachments, ..Policy::default() });
        assert_eq!(server.post(&[xml(&form("1", "a")), part(names, "image/jpeg", "x")]).await.status, 201);
        assert_eq!(server.names("1"), expected, "{attachments:?} {names}");
    }
}

#[tokio::test]
async fn a_file_without_a_usable_name_is_refused_and_nothing_kept() {
    let server = Server::new();
    for names in [r#"name="..""#, r#"name="a%0Ab""#, r#"filename="/""#] {
        let answer = server.post(&[xml(&form("1", "a")), part(names, "image/jpeg", "x")]).await;
        assert_eq!(answer.status, 400, "{names}");
    }
    let nameless = "Content-Type: image/jpeg\r\n\r\nx".to_owned();
    assert_eq!(server.post(&[xml(&form("1", "a")), nameless]).await.message(), "a file came without a name");
    assert!(server.backend.is_empty());
}

#[tokio::test]
async fn bodies_that_are_not_what_they_say_are_refused_in_words() {
    let server = Server::new();
    let whole = multipart(&[xml(&form("1", "a"))]);
    let bare_lines = whole.replace("\r\n", "\n");
    for body in ["", "no delimiter at all", whole.trim_end_matches("--b--\r\n"), &bare_lines] {
        let answer =
            server.send(request("POST", "/submission").body(Body::from(body.to_owned())).unwrap()).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().starts_with("the multipart body cannot be read: "), "{}", answer.message());
    }
    for (kind, status) in
        [("multipart/form-data", 400), ("application/json", 415), ("text/plain", 415), ("", 415)]
    {
        let mut post = post("/submission", &[xml(&form("1", "a"))]);
        post.headers_mut().insert("Content-Type", kind.parse().unwrap());
        assert_eq!(server.send(post).await.status, status, "{kind}");
    }
    let mut gzip = post("/submission", &[xml(&form("1", "a"))]);
    gzip.headers_mut().insert("Content-Encoding", "gzip".parse().unwrap());
    assert_eq!(server.send(gzip).await.message(), "the body must not be encoded as `gzip`");
    let encoded = format!("Content-Transfer-Encoding: base64\r\n{}", file("1.jpg", "eA=="));
    assert_eq!(server.post(&[xml(&form("1", "a")), encoded]).await.status, 400);
    assert!(server.backend.is_empty());
}

#[tokio::test]
async fn text_around_the_parts_is_passed_over() {
    let body = format!("a preamble\r\n{}an epilogue", multipart(&[xml(&form("1", "a"))]));
    let answer = Server::new().send(request("POST", "/submission").body(Body::from(body)).unwrap()).await;
    assert_eq!(answer.status, 201);
}

/// R-106: a DTD is refused with 400.
/// R-107: a BOM and declared encodings are read; what does not decode is 400.
/// R-108: characters XML 1.0 does not have are refused with 400.
#[tokio::test]
async fn xml_that_cannot_be_read_says_where() {
    let server = Server::new();
    let bomb = "<!DOCTYPE f [<!ENTITY a 'b'>]><f id='f'>&a;</f>";
    for broken in
        [bomb, "<f id='f'>\u{1}</f>", "<f id='f'>&#0;</f>", "<f id='f'>", "", " ", "<f id='f'/><g/>"]
    {
        let answer = server.post(&[xml(broken)]).await;
        assert_eq!(answer.status, 400, "{broken}");
        assert!(answer.message().starts_with("the form cannot be read: line "), "{}", answer.message());
    }
    let answer = server.post(&[xml("<f id='f'>\n  <a></b>\n</f>")]).await;
    assert_eq!(
        answer.message(),
        "the form cannot be read: line 2, column 6, inside f/a: `</b>` closes `<a>`"
    );

    let latin = b"<?xml version='1.0' encoding='ISO-8859-1'?><f id='f'><q>\xe4</q></f>".as_slice();
    let undecodable = b"<?xml version='1.0' encoding='UTF-8'?><f id='f'><q>\xe4</q></f>".as_slice();
    let unheard_of = b"<?xml version='1.0' encoding='x-unheard-of'?><f id='f'/>".as_slice();
    let marked = "\u{feff}<f id='f'/>".as_bytes();
    for (bytes, status) in [(latin, 201), (undecodable, 400), (unheard_of, 400), (marked, 201)] {
        let mut raw = request("POST", "/submission").body(Body::from(bytes.to_vec())).unwrap();
        raw.headers_mut().insert("Content-Type", "text/xml".parse().unwrap());
        assert_eq!(server.send(raw).await.status, status, "{}", bytes.escape_ascii());
    }
    assert_eq!(server.backend.len(), 2);
}

#[tokio::test]
async fn limits_below_that_of_the_body_hold_too() {
    let limits = Limits { xml: 200, parts: 3, headers: 40_000, ..Limits::default() };
    let server = Server::with(Policy { limits, ..Policy::default() });
    let large = xml(&form("1", &"x".repeat(200)));
    assert_eq!(
        server.post(std::slice::from_ref(&large)).await.message(),
        "the form is larger than the 200 bytes this server takes"
    );
    let many = [xml(&form("1", "a")), text("a", ""), text("b", ""), text("c", "")];
    assert_eq!(server.post(&many).await.status, 413);
    let endless = format!("X: {}\r\n{}", "x".repeat(100_000), file("1.jpg", "x"));
    assert_eq!(server.post(&[xml(&form("1", "a")), endless]).await.status, 400);
    let preamble = "x".repeat(100_000) + &multipart(&[xml(&form("1", "a"))]);
    let preamble = request("POST", "/submission").body(Body::from(preamble)).unwrap();
    assert_eq!(server.send(preamble).await.status, 400);
    assert!(server.backend.is_empty());
    assert_eq!(server.post(&[xml(&form("1", "a")), file("1.jpg", &"x".repeat(300_000))]).await.status, 201);
    assert_eq!(server.content("1", "1.jpg").unwrap().len(), 300_000);
}

/// A limit is the largest that is taken, and one more is too much: of the body, announced or not, of the form, in parts or alone, and
/// of the parts.
#[tokio::test]
async fn what_is_as_large_as_a_limit_allows_is_taken() {
    let content = form("1", "a");
    let parts = [xml(&content), text("a", ""), file("1.jpg", &"x".repeat(40_000))];
    let whole = multipart(&parts).len() as u64;
    let status = async |limits, request| {
        Server::with(Policy { limits, ..Policy::default() }).send(request).await.status
    };
    for (less, expected) in [(0, 201), (1, 413)] {
        let body = Limits { body: whole - less, ..Limits::default() };
        assert_eq!(status(body.clone(), post("/submission", &parts)).await, expected);
        let mut announced = post("/submission", &parts);
        announced.headers_mut().insert("Content-Length", whole.into());
        assert_eq!(status(body, announced).await, expected);

        let size = content.len() as u64 - less;
        let alone = || {
            let mut alone = request("POST", "/submission").body(Body::from(content.clone())).unwrap();
            alone.headers_mut().insert("Content-Type", "text/xml".parse().unwrap());
            alone
        };
        let form = Limits { xml: size, ..Limits::default() };
        assert_eq!(status(form.clone(), post("/submission", &parts)).await, expected);
        assert_eq!(status(form, alone()).await, expected);
        assert_eq!(status(Limits { body: size, ..Limits::default() }, alone()).await, expected);

        let count = Limits { parts: parts.len() - usize::try_from(less).unwrap(), ..Limits::default() };
        assert_eq!(status(count, post("/submission", &parts)).await, expected);
    }
    for (length, kept) in [(7, 7), (8, 8), (9, 8)] {
        let limits = Limits { field: 8, ..Limits::default() };
        let server = Server::with(Policy { limits, ..Policy::default() });
        server.post(&[xml(&content), text("a", &"x".repeat(length))]).await;
        let submission = server.backend.submission(&record("1")).unwrap();
        assert_eq!(submission.fields[0].value.len(), kept);
    }
}

/// A form that came in one piece is a slice of it, which is not kept for a form's sake.
#[tokio::test]
async fn what_is_held_in_memory_is_not_all_that_came() {
    for kind in ["multipart/form-data; boundary=b", "text/xml"] {
        let server = Server::new();
        let body = if kind == "text/xml" { form("1", "a") } else { multipart(&[xml(&form("1", "a"))]) };
        let came = Bytes::from(body);
        let mut request = post("/submission", &[]);
        request.headers_mut().insert("Content-Type", kind.parse().unwrap());
        *request.body_mut() = Body::from(came.clone());
        assert_eq!(server.send(request).await.status, 201);
        assert!(came.is_unique(), "{kind}");
        assert_eq!(server.backend.submission(&record("1")).unwrap().xml, form("1", "a"));
    }
}

#[tokio::test]
async fn an_instance_without_an_id_goes_by_its_bytes() {
    let server = Server::new();
    for (body, count) in
        [("<f id='f'><q>1</q></f>", 1), ("<f id='f'><q>1</q></f>", 1), ("<f id='f'><q>2</q></f>", 2)]
    {
        assert_eq!(server.post(&[xml(body)]).await.status, 201);
        assert_eq!(server.backend.len(), count);
    }
    let strict = Policy { missing_instance_id: MissingInstanceId::Refuse, ..Policy::default() };
    let answer = Server::with(strict).post(&[xml("<f id='f'/>")]).await;
    assert_eq!((answer.status, answer.message().as_str()), (400, "the form has no `instanceID`"));
}
