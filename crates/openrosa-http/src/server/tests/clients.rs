//! Requests as deployed clients write them, byte for byte as to what matters in them (openrosa.md 2.2).

use super::super::FileName;
use super::sockets::{exchange, serve};
use super::{Server, record};

const FORM: &str =
    "<data id=\"f\"><photo>b\u{e4}um 1.jpg</photo><meta><instanceID>1</instanceID></meta></data>";

/// One request, its lines ending as HTTP wants them, and what it brings.
struct Case {
    head: &'static str,
    body: String,
    files: &'static [&'static str],
}

fn cases() -> Vec<Case> {
    let lines = |text: &str| text.replace('\n', "\r\n").replace("FORM", FORM);
    vec![
        Case {
            head: "POST /v1/key/k$!/projects/1/submission?deviceID=collect%3Aabc HTTP/1.1\n\
                   X-OpenRosa-Version: 1.0\nDate: Tue, 24 Nov 2026 02:30:00 GMT\n\
                   Content-Type: multipart/form-data; boundary=58d0b04f-fefe-4089-9d5d-653c1463d764",
            body: lines(
                "--58d0b04f-fefe-4089-9d5d-653c1463d764\n\
                 Content-Disposition: form-data; name=\"xml_submission_file\"; filename=\"Site visit_2026.xml\"\n\
                 Content-Type: text/xml\n\nFORM\n\
                 --58d0b04f-fefe-4089-9d5d-653c1463d764\n\
                 Content-Disposition: form-data; name=\"b\u{e4}um 1.jpg\"; filename=\"b\u{e4}um 1.jpg\"\n\
                 Content-Type: image/jpeg\n\nphoto\n\
                 --58d0b04f-fefe-4089-9d5d-653c1463d764\n\
                 Content-Disposition: form-data; name=\"*isIncomplete*\"\n\nyes\n\
                 --58d0b04f-fefe-4089-9d5d-653c1463d764--\n",
            ),
            files: &["b\u{e4}um 1.jpg"],
        },
        Case {
            head: "POST /submission HTTP/1.1\nX-OpenRosa-Version: 1.0\n\
                   X-OpenRosa-Instance-Id: 1\nX-OpenRosa-Deprecated-Id: \n\
                   Content-Type: multipart/form-data; boundary=----WebKitFormBoundaryJdgXJ1gz",
            body: lines(
                "------WebKitFormBoundaryJdgXJ1gz\n\
                 Content-Disposition: form-data; name=\"xml_submission_file\"; filename=\"xml_submission_file\"\n\
                 Content-Type: text/xml\n\nFORM\n\
                 ------WebKitFormBoundaryJdgXJ1gz\n\
                 Content-Disposition: form-data; name=\"__csrf\"\n\ntoken\n\
                 ------WebKitFormBoundaryJdgXJ1gz\n\
                 Content-Disposition: form-data; name=\"a %22b%22.jpg\"; filename=\"a %22b%22.jpg\"\n\
                 Content-Type: image/jpeg\n\n\n\
                 ------WebKitFormBoundaryJdgXJ1gz--\n",
            ),
            files: &["a \"b\".jpg"],
        },
        Case {
            head: "POST /agg/submission HTTP/1.1\nX-OpenRosa-Version: 1.0\n\
                   Content-Type: multipart/form-data; boundary=wUlBgtPQbhvK3pi6f_2rl3vssJu5_qAj",
            body: lines(
                "--wUlBgtPQbhvK3pi6f_2rl3vssJu5_qAj\n\
                 Content-Disposition: form-data; name=\"xml_submission_file\"; filename=\"submission.xml\"\n\
                 Content-Type: application/xml\nContent-Transfer-Encoding: binary\n\nFORM\n\
                 --wUlBgtPQbhvK3pi6f_2rl3vssJu5_qAj\n\
                 Content-Disposition: form-data; name=\"b?um \\\"1\\\".jpg\"; filename=\"b?um \\\"1\\\".jpg\"\n\
                 Content-Type: image/jpeg\nContent-Transfer-Encoding: binary\n\nx\n\
                 --wUlBgtPQbhvK3pi6f_2rl3vssJu5_qAj--\n",
            ),
            files: &["b?um \"1\".jpg"],
        },
        Case {
            head: "POST /a/demo/receiver/secure/app/ HTTP/1.1\nX-OpenRosa-Version: 3.0\n\
                   x-openrosa-deviceid: commcare_1\nAuthorization: Basic dTpw\n\
                   Content-Type: multipart/form-data; boundary=ae34",
            body: lines(
                "--ae34\nContent-Disposition: form-data; name=\"1.jpg\"; filename=\"1.jpg\"\n\
                 Content-Type: application/octet-stream\nContent-Length: 3\n\nabc\n\
                 --ae34\nContent-Disposition: form-data; name=\"xml_submission_file\"; \
                 filename=\"xml_submission_file.xml\"\nContent-Type: text/xml\n\nFORM\n--ae34--\n",
            ),
            files: &["1.jpg"],
        },
        Case {
            head: "POST /a/demo/receiver/ HTTP/1.1\nX-OpenRosa-Version: 1.0\nContent-Type: text/xml",
            body: FORM.to_owned(),
            files: &[],
        },
    ]
}

/// ODK Collect, a browser under Enketo, Briefcase, Formplayer and a J2ME phone are all understood.
/// Briefcase's `application/xml` part and J2ME's raw body are.
/// the same bodies are taken in chunks, however small.
#[tokio::test]
async fn deployed_clients_are_understood() {
    for case in cases() {
        let whole = format!("Content-Length: {}\r\n\r\n{}", case.body.len(), case.body).into_bytes();
        for framed in [whole, chunked(&case.body)] {
            let server = Server::new();
            let address = serve(server.router.clone()).await;
            let head = case.head.replace('\n', "\r\n");
            let mut request = format!("{head}\r\nHost: h\r\nConnection: close\r\n").into_bytes();
            request.extend(framed);
            let answer = exchange(address, &request).await;
            assert!(answer.starts_with("HTTP/1.1 201 Created\r\n"), "{head}\n{answer}");
            let held = server.backend.held(&record("1")).unwrap();
            assert_eq!(held.files.keys().map(FileName::as_str).collect::<Vec<_>>(), case.files, "{head}");
            assert_eq!(server.backend.submission(&record("1")).unwrap().xml, FORM.as_bytes(), "{head}");
        }
    }
}

/// Seven bytes at a time, so that no delimiter arrives in one piece, nor every character.
fn chunked(body: &str) -> Vec<u8> {
    let mut framed = b"Transfer-Encoding: chunked\r\n\r\n".to_vec();
    for chunk in body.as_bytes().chunks(7) {
        framed.extend(format!("{:x}\r\n", chunk.len()).bytes());
        framed.extend(chunk);
        framed.extend(b"\r\n");
    }
    framed.extend(b"0\r\n\r\n");
    framed
}
