//! Those who want to break in, bring it down, or learn what is not theirs to know.

use std::{
    fmt::Write as _,
    net::SocketAddr,
    path::Path,
    time::{Duration, Instant},
};

use base64::Engine as _;
use http::Request;
use openrosa_http::{
    auth::{Credentials, Secret},
    server::{Accounts as _, Admission, Limits, Policy, operation::Serving},
};
use openrosa_store::server::{FormsAsked, NewUser};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use super::site::{Site, create, form};

const BOUNDARY: &str = "----limit";

/// A submission whose file parts are called so, byte for byte.
fn multipart(xml: &str, names: &[&str]) -> Vec<u8> {
    let mut body = String::new();
    let mut part = |head: &str, content: &str| {
        write!(body, "--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n").unwrap();
    };
    part("name=\"xml_submission_file\"; filename=\"form.xml\"\r\nContent-Type: text/xml", xml);
    for name in names {
        part(&format!("name=\"{name}\"; filename=\"{name}\""), "content");
    }
    write!(body, "--{BOUNDARY}--\r\n").unwrap();
    body.into_bytes()
}

async fn posted(site: &Site, path: &str, body: Vec<u8>) -> u16 {
    let request = Request::post(format!("http://server.example{path}"))
        .header("X-OpenRosa-Version", "1.0")
        .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"));
    site.ask(request.body(body.into()).unwrap()).await.status().as_u16()
}

async fn get(site: &Site, user: &str, path: &str) -> (u16, String) {
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:secret"));
    let request = Request::get(format!("http://server.example{path}"))
        .header("Authorization", format!("Basic {basic}"))
        .header("X-OpenRosa-Version", "3.0");
    let answer = site.ask(request.body(bytes::Bytes::new()).unwrap()).await;
    (answer.status().as_u16(), String::from_utf8_lossy(answer.body()).into_owned())
}

async fn forms(site: &Site) -> usize {
    let domain = site.database.domain(None).await.unwrap();
    site.database.forms(&domain, &FormsAsked::default(), 10_000).await.unwrap().len()
}

/// What has no place in an index is told so, on both engines, and once and for all.
#[tokio::test]
async fn what_is_called_too_long_is_refused() {
    // Nothing that a database could make shorter.
    let long: String =
        (0..6_000_u32).map(|n| char::from(b'a' + (n * n % 25 + n * 7 % 23) as u8 % 26)).collect();
    let index = |name: &str, target: &str| {
        create("c1", 1, "amy", &format!("<index><{name} case_type='x'>{target}</{name}></index>"))
    };
    let balance = format!(
        "<balance xmlns='http://commcarehq.org/ledger/v1' entity-id='c1' date='2024-05-01' section-id='{long}'>\
         <entry id='p' quantity='1'/></balance>"
    );
    for site in Site::all().await {
        let odd = [
            multipart(&form(&long, ""), &[]),
            multipart(
                &form("f1", "")
                    .replace("</instanceID>", &format!("</instanceID><deprecatedID>{long}</deprecatedID>")),
                &[],
            ),
            multipart(&form("f1", "").replace("example.org/visit", &long), &[]),
            multipart(&form("f1", &create(&long, 1, "amy", "")), &[]),
            multipart(&form("f1", &index(&long, "c2")), &[]),
            multipart(&form("f1", &index("parent", &long)), &[]),
            multipart(&form("f1", &(create("c1", 1, "amy", "") + &balance)), &[]),
            multipart(&form("f1", ""), &[&long]),
        ];
        for (number, body) in odd.into_iter().enumerate() {
            let request = Request::post("http://server.example/submission")
                .header("X-OpenRosa-Version", "3.0")
                .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"));
            let answer = site.ask(request.body(body.into()).unwrap()).await;
            assert_eq!(answer.status(), 422, "{}: {number}", site.engine);
        }
        let told = Request::post("http://server.example/submission")
            .header("X-OpenRosa-Version", "3.0")
            .header("X-CommCareHQ-LastSyncToken", &long)
            .header("Content-Type", format!("multipart/form-data; boundary={BOUNDARY}"));
        let told = told.body(multipart(&form("f2", &create("c2", 1, "amy", "")), &[]).into()).unwrap();
        assert_eq!(site.ask(told).await.status(), 201, "{}: a token that is none", site.engine);
    }
}

/// Everything below a folder, but the word whose it is.
fn below(folder: &Path) -> Vec<String> {
    let mut ahead = vec![folder.to_owned()];
    let mut names = Vec::new();
    while let Some(folder) = ahead.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => ahead.push(entry.path()),
                false => names.push(entry.file_name().to_string_lossy().into_owned()),
            }
        }
    }
    names.retain(|name| name != "database");
    names
}

#[tokio::test]
async fn no_name_from_outside_is_the_name_of_a_file() {
    let long = "x".repeat(255);
    let names = [
        "../../../../tmp/evil",
        "/etc/passwd",
        "C:\\windows\\evil.exe",
        "..%2f..%2fevil",
        "server.db",
        "server.db-wal",
        "evil\u{202e}gpj.exe",
        "CON",
        ".bashrc",
        "a b",
        "%00",
        "evil.jpg;.exe",
        "~root",
        "$(evil)",
        long.as_str(),
    ];
    for site in Site::all().await {
        for (number, name) in names.iter().enumerate() {
            let sent = multipart(&form(&format!("f{number}"), ""), &[name]);
            assert_eq!(posted(&site, "/submission", sent).await, 201, "{}: {name}", site.engine);
        }
        for name in ["..", ".", "../", "a/..", "\u{7}"] {
            let sent = multipart(&form("bad", ""), &[name]);
            assert_eq!(posted(&site, "/submission", sent).await, 400, "{}: {name}", site.engine);
        }
        assert_eq!(forms(&site).await, names.len(), "{}", site.engine);
        let there = below(site.path());
        let ours = |name: &String| {
            name.starts_with("server.db") || (name.len() == 32 && name.chars().all(|c| c.is_ascii_hexdigit()))
        };
        assert!(there.iter().all(ours), "{}: {there:?}", site.engine);
        site.promote("amy", None).await;
        // And none comes out as one: what is no path of a file is no path in a manifest.
        let key = "http://example.org/visit[@version=null and @uiVersion=null]/data[@key=f0]";
        let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        let (status, manifest) = get(&site, "amy", &format!("/view/downloadSubmission?formId={key}")).await;
        assert!(status == 200 && !manifest.contains(".."), "{}: {manifest}", site.engine);
        for file in
            ["../server.db", "%2e%2e%2fserver.db", "/etc/passwd", "server.db", "..%5cserver.db", "%00"]
        {
            let path = format!("/view/submissionMedia?formId={key}&file={file}");
            let (status, _) = get(&site, "amy", &path).await;
            assert!(matches!(status, 400 | 404), "{}: {file}: {status}", site.engine);
        }
    }
}

#[tokio::test]
async fn no_document_is_a_bomb() {
    let deep = format!("{}{}", "<a>".repeat(100_000), "</a>".repeat(100_000));
    let attributes: String = (0..10_000).map(|number| format!(" a{number}='1'")).collect();
    let laughs = "<!DOCTYPE data [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;&b;&b;']>\
                  <data xmlns='http://example.org/visit'>&c;<meta><instanceID>f</instanceID></meta></data>";
    let outside = "<!DOCTYPE data [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>\
                   <data xmlns='http://example.org/visit'>&x;<meta><instanceID>f</instanceID></meta></data>";
    let bombs = [
        laughs.to_owned(),
        outside.to_owned(),
        "<!DOCTYPE data SYSTEM 'http://evil.example/x.dtd'><data/>".to_owned(),
        form("f", "&lol;"),
        form("f", &deep),
        form("f", &format!("<q{attributes}/>")),
        form("f", &"<!--".repeat(100_000)),
        form("f", "<q>\0</q>"),
        "\u{feff}".repeat(1_000),
        String::new(),
    ];
    for site in Site::all().await {
        for bomb in &bombs {
            let begun = Instant::now();
            let status = posted(&site, "/submission", multipart(bomb, &["a"])).await;
            let start: String = bomb.chars().take(60).collect();
            assert!((400..500).contains(&status), "{}: {status}: {start}", site.engine);
            assert!(begun.elapsed() < Duration::from_secs(20), "{}: {start}", site.engine);
        }
        assert_eq!(forms(&site).await, 0, "{}", site.engine);
        site.takes(&form("f", "")).await;
    }
}

#[tokio::test]
async fn thousands_of_parts_are_refused() {
    for site in Site::all().await {
        let names: Vec<String> = (0..3_000).map(|number| format!("f{number}.jpg")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let status = posted(&site, "/submission", multipart(&form("f", ""), &names)).await;
        assert!(matches!(status, 400 | 413), "{}: {status}", site.engine);
        assert_eq!(forms(&site).await, 0, "{}", site.engine);
    }
}

fn quick() -> Serving {
    Serving { head: Duration::from_millis(300), idle: Duration::from_millis(300), ..Serving::default() }
}

/// What the server says to these bytes until it hangs up.
async fn says(address: SocketAddr, sent: &[u8]) -> String {
    let mut socket = TcpStream::connect(address).await.unwrap();
    // It may hang up before it has heard all.
    let _ = socket.write_all(sent).await;
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(20), socket.read_to_end(&mut answer)).await;
    assert!(read.is_ok(), "it waits for ever");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn who_falls_silent_is_not_waited_for() {
    let mut site = Site::sqlite().await;
    let limits = Limits { idle: Duration::from_millis(300), ..Limits::default() };
    site.receive(Policy { limits, ..Policy::default() });
    let address = site.listen(quick()).await;
    says(address, b"POST /submission HTTP/1.1\r\nHost: h\r\nX-Slow").await;
    let head = format!(
        "POST /submission HTTP/1.1\r\nHost: h\r\nX-OpenRosa-Version: 1.0\r\nContent-Length: 100000\r\n\
         Content-Type: multipart/form-data; boundary={BOUNDARY}\r\n\r\n"
    );
    let some = multipart(&form("f", ""), &["a"]);
    for body in [&b""[..], &some[..40], &some[..some.len() - 8]] {
        let answer = says(address, &[head.as_bytes(), body].concat()).await;
        assert!(answer.starts_with("HTTP/1.1 408") || answer.is_empty(), "{answer}");
    }
    assert_eq!(forms(&site).await, 0);
    for _ in 0..200 {
        if below(&site.path().join("files")).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("something is left of what did not come whole");
}

#[tokio::test]
async fn no_head_is_too_large_to_be_refused() {
    let site = Site::sqlite().await;
    let address = site.listen(quick()).await;
    let huge = format!("GET / HTTP/1.1\r\nHost: h\r\nX: {}\r\n\r\n", "x".repeat(1_000_000));
    let many: String = (0..5_000).map(|number| format!("X-{number}: 1\r\n")).collect();
    for sent in [huge, format!("GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n")] {
        let answer = says(address, sent.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431") || answer.is_empty(), "{answer}");
    }
    let basic = "A".repeat(40_000);
    let answer = says(
        address,
        format!("GET /phone/restore HTTP/1.1\r\nHost: h\r\nConnection: close\r\nAuthorization: Basic {basic}\r\n\r\n")
            .as_bytes(),
    )
    .await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

/// Who is unknown, who mistyped a password and whose domain there is not get the same answer, after as much work.
#[tokio::test]
async fn nobody_learns_who_there_is() {
    for site in Site::all().await {
        let demo = site.database.add_domain("demo").await.unwrap();
        site.database.add_user(&demo, &NewUser::new("amina", Secret::new("right"))).await.unwrap();
        let mut fastest = Vec::new();
        for (name, domain) in [("amina", "demo"), ("nobody", "demo"), ("amina", "nowhere"), ("\0", "demo")] {
            let mut best = Duration::MAX;
            for _ in 0..4 {
                let begun = Instant::now();
                let asked = site.database.by_password(&Credentials::new(name, "wrong"), Some(domain)).await;
                best = best.min(begun.elapsed());
                assert_eq!(asked.unwrap(), Admission::Denied, "{}: {name} {domain}", site.engine);
            }
            fastest.push(best);
        }
        // A hash takes a thousand times as long as finding nobody, so that no load on the machine decides.
        assert!(fastest.iter().all(|time| *time > fastest[0] / 20), "{}: {fastest:?}", site.engine);
    }
}

/// Ids of another domain are ids that nobody knows.
#[tokio::test]
async fn what_is_another_domains_is_not_there() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        site.promote("amy", Some("demo")).await;
        site.promote("amy", None).await;
        site.database.add_domain("other").await.unwrap();
        site.takes_for("demo", &form("f1", &create("c1", 1, "amy", ""))).await;
        let sent = multipart(&form("o1", &create("o1", 1, "amy", "")), &["photo.jpg"]);
        assert_eq!(posted(&site, "/a/other/receiver/", sent).await, 201, "{}", site.engine);
        let (_, restored) = get(&site, "amy", "/a/demo/phone/restore/?version=2.0").await;
        assert!(!restored.contains("o1"), "{}", site.engine);
        let (_, found) = get(&site, "amy", "/a/demo/phone/search/?case_type=patient").await;
        assert!(found.contains("c1") && !found.contains("o1"), "{}: {found}", site.engine);
        let key = "http://example.org/visit[@version=null and @uiVersion=null]/data[@key=o1]";
        let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        for path in [
            format!("/a/demo/view/downloadSubmission?formId={key}"),
            format!("/a/demo/view/submissionMedia?formId={key}&file=photo.jpg"),
            format!("/view/downloadSubmission?formId={key}"),
        ] {
            assert_eq!(get(&site, "amy", &path).await.0, 404, "{}: {path}", site.engine);
        }
        let (_, list) =
            get(&site, "amy", "/a/demo/view/submissionList?formId=http://example.org/visit").await;
        assert!(list.contains("f1") && !list.contains("o1"), "{}: {list}", site.engine);
        // A form that edits one of another domain edits nothing.
        let edit = form("f2", "").replace("</instanceID>", "</instanceID><deprecatedID>o1</deprecatedID>");
        assert_eq!(posted(&site, "/a/demo/receiver/", multipart(&edit, &[])).await, 404, "{}", site.engine);
        // The same id is another case there.
        site.takes_for("demo", &form("f3", &create("o1", 2, "amy", "<close/>"))).await;
        let other = site.database.domain(Some("other")).await.unwrap();
        let theirs = site.database.case(&other, &"o1".into()).await.unwrap().unwrap();
        assert!(!theirs.case.closed, "{}", site.engine);
    }
}

/// A token is good for whom it was made, in the domain in which it was made.
#[tokio::test]
async fn a_token_is_nobody_elses() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        site.add("bob", "team").await;
        let other = site.database.add_domain("other").await.unwrap();
        let amy = NewUser::new("amy", Secret::new("secret")).with_id("amy");
        site.database.add_user(&other, &amy).await.unwrap();
        let (_, restored) = get(&site, "amy", "/a/demo/phone/restore/?version=2.0").await;
        let token = restored.split_once("<restore_id>").unwrap().1;
        let token = &token[..token.find('<').unwrap()];
        let asked =
            |domain: &str, token: &str| format!("/a/{domain}/phone/restore/?version=2.0&since={token}");
        assert_eq!(get(&site, "bob", &asked("demo", token)).await.0, 412, "{}", site.engine);
        assert_eq!(get(&site, "amy", &asked("other", token)).await.0, 412, "{}", site.engine);
        for forged in [token.to_uppercase(), format!("{token}0"), token[1..].to_owned(), "0".repeat(32)] {
            assert_eq!(get(&site, "amy", &asked("demo", &forged)).await.0, 412, "{}: {forged}", site.engine);
        }
        assert_eq!(get(&site, "amy", &asked("demo", token)).await.0, 200, "{}", site.engine);
    }
}
