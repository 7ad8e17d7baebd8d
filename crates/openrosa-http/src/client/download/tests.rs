//! Lists, forms and files from a server that is made up.

use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};

use openrosa_xml::manifest::RelativePath;

use super::super::tests::{Answer, Seen, amina, answer, server, trail};
use super::*;
use crate::client::restore::Outcome;
use crate::transport;

const LIST: &str = "https://odk.example/formList";

fn url(text: &str) -> Url {
    text.parse().unwrap()
}

fn xml(body: &str) -> Answer {
    answer(200, &[("X-OpenRosa-Version", "1.0"), ("Content-Type", "text/xml; charset=utf-8")], body)
}

fn md5(content: &str) -> FileHash {
    FileHash::from_md5(Md5::digest(content).into())
}

fn listed(content: &str) -> MediaFile<'static> {
    let path = RelativePath::new("icons/badge.png").unwrap();
    MediaFile::new(path, md5(content), "https://odk.example/media/1")
}

#[tokio::test]
async fn a_list_is_asked_for_with_its_arguments() {
    let body = "<xforms xmlns='http://openrosa.org/xforms/xformsList'><xform><formID>f</formID><name>F</name><version/>\
        <hash>md5:0123456789abcdef0123456789abcdef</hash><downloadUrl>https://odk.example/f</downloadUrl></xform></xforms>";
    let (server, seen) = server(move |_: &Seen| xml(body));
    let client = Client::new(server).device_id("d 1");
    let asked = form_list::Request { form_id: Some("f&g".to_owned()), verbose: true, ..Default::default() };
    let list = client.form_list(&url(LIST), &asked).await.unwrap();
    assert_eq!(list.strict().unwrap()[0].form_id, "f");
    assert_eq!(trail(&seen), [format!("GET {LIST}?formID=f%26g&verbose=true&deviceID=d%201")]);
    assert_eq!(seen.lock().unwrap()[0].headers["X-OpenRosa-Version"], "1.0");
}

#[tokio::test]
async fn what_is_no_list_is_said_to_be_none() {
    for (body, words) in [
        (
            "<html><body>Log in</body></html>",
            "what the server answered is no form list; does this network want a login first?",
        ),
        (
            "<xforms><xform>",
            "the form list cannot be read: line 1, column 16, inside xforms/xform: the document ends inside an element",
        ),
    ] {
        let (server, _) = server(move |_: &Seen| xml(body));
        let error =
            Client::new(server).form_list(&url(LIST), &form_list::Request::default()).await.unwrap_err();
        assert_eq!(error.to_string(), words);
    }
    let (empty, _) = server(|_: &Seen| answer(404, &[], "no such project"));
    let error = Client::new(empty).form_list(&url(LIST), &form_list::Request::default()).await.unwrap_err();
    assert_eq!(
        (error.to_string().as_str(), error.status()),
        ("the server answered 404: no such project", Some(StatusCode::NOT_FOUND))
    );
}

/// a list in the encoding of its content type, which it does not declare itself, is read.
#[tokio::test]
async fn a_list_may_be_labeled() {
    let list = b"<xforms xmlns='http://openrosa.org/xforms/xformsList'><xform><formID>f</formID><name>\xC9t\xE9</name>\
        <version/><hash>md5:0123456789abcdef0123456789abcdef</hash><downloadUrl>https://odk.example/f</downloadUrl></xform></xforms>";
    let labeled = |kind: &'static str| async move {
        let server = move |_: http::Request<Body>| {
            let answer = http::Response::builder().header("Content-Type", kind);
            std::future::ready(Ok::<_, transport::Error>(answer.body(Body::from(&list[..])).unwrap()))
        };
        let asked = form_list::Request::default();
        Client::new(server)
            .form_list(&url(LIST), &asked)
            .await
            .map(|list| list.strict().unwrap()[0].name.to_string())
    };
    for kind in ["text/xml; charset=iso-8859-1", "text/xml;x=y; Charset=\"ISO-8859-1\""] {
        assert_eq!(labeled(kind).await.unwrap(), "Été", "{kind}");
    }
    assert!(labeled("text/xml").await.is_err() && labeled("text/xml; charset=utf-8").await.is_err());
}

/// A portal's page is none of what is asked for, be it called XML, or not well-formed; also where a hash is known.
#[tokio::test]
async fn a_portals_page_is_said_to_be_one() {
    for begin in [
        "<!DOCTYPE html>",
        "<?xml version='1.0'?>\n<!-- v2 --><!doctype HTML PUBLIC '-//W3C//DTD XHTML 1.0'>",
        "",
    ] {
        let body = format!("{begin}<html><body>Log in<br></html>");
        let client = Client::new(server(move |_: &Seen| xml(&body)).0);
        let list = client.form_list(&url(LIST), &form_list::Request::default()).await.unwrap_err();
        let manifest = client.manifest(&url(LIST)).await.unwrap_err();
        let form = client.form(&url(LIST), None).await.unwrap_err();
        let hashed = client.form(&url(LIST), Some(md5("<form/>"))).await.unwrap_err();
        assert!(
            [&list, &manifest, &form, &hashed].iter().all(|error| error.is_captive_portal()),
            "{begin}: {form}"
        );
    }
}

/// Forms are written in XHTML: what is wrong with one is told.
#[tokio::test]
async fn a_broken_form_is_no_page() {
    let broken =
        "<html xmlns='http://www.w3.org/1999/xhtml'><head><model xmlns='http://www.w3.org/2002/xforms'>";
    let client = Client::new(server(move |_: &Seen| xml(broken)).0);
    let error = client.form(&url(LIST), None).await.unwrap_err();
    assert!(error.to_string().starts_with("the form cannot be read"), "{error}");
}

/// Where the request was sent on, it is said to where: an object store has the file, a network's login has not.
#[tokio::test]
async fn the_host_that_it_was_sent_on_to_is_named() {
    let portal = async |request: http::Request<Body>| match request.uri().host() {
        Some("odk.example") => {
            Ok(answer(302, &[("Location", "http://login.example/?to=odk")], "").map(Body::from))
        }
        _ => Ok(answer(200, &[], "<html>Log in<br></html>").map(Body::from)),
    };
    let error =
        Client::new(portal).form_list(&url("http://odk.example/"), &Default::default()).await.unwrap_err();
    assert!(error.is_captive_portal());
    insta::assert_snapshot!(error, @"what `login.example` answered, to which the request was sent on, is no form list; does this network want a login first?");

    let unresolved = async |request: http::Request<Body>| match request.uri().host() {
        Some("odk.example") => {
            Ok(answer(302, &[("Location", "http://login.example/?to=odk")], "").map(Body::from))
        }
        _ => Err(transport::Error::new(transport::Sent::No, "dns error")),
    };
    let error = Client::new(unresolved)
        .form_list(&url("http://odk.example/"), &Default::default())
        .await
        .unwrap_err();
    assert!(error.is_transport());
    insta::assert_snapshot!(error, @"the request was sent on to `login.example`: no connection to the server: dns error; does this network want a login first?");
}

/// A list, a file and a restore of which a byte comes now and then are not waited for: one pace is for all.
#[tokio::test(start_paused = true)]
async fn what_drips_is_fetched_by_nobody() {
    let dripping = async |_: http::Request<Body>| {
        let drops = futures_util::stream::unfold((), |()| async {
            tokio::time::sleep(std::time::Duration::from_secs(59)).await;
            Some((Ok(Bytes::from_static(b" ")), ()))
        });
        Ok(http::Response::new(Body::from_stream(None, drops)))
    };
    let (client, folder) = (Client::new(dripping), tempfile::tempdir().unwrap());
    let list = client.form_list(&url(LIST), &Default::default()).await.unwrap_err();
    let file = client.media(&listed("picture"), folder.path()).await.unwrap_err();
    let Outcome::Ready(mut restore) = client.restore(&url(LIST), &Default::default()).await.unwrap() else {
        panic!()
    };
    for error in [list, file, restore.next().await.unwrap_err()] {
        assert!(error.is_transport() && error.to_string().ends_with("100 bytes a second"), "{error}");
    }
}

/// a legacy list is recognized, and yields names and addresses.
#[tokio::test]
async fn a_list_of_the_time_before_is_a_list() {
    let (server, _) = server(|_: &Seen| xml("<forms><form url='https://odk.example/f'>F</form></forms>"));
    let list = Client::new(server).form_list(&url(LIST), &form_list::Request::default()).await.unwrap();
    assert_eq!(list.legacy_forms().next().unwrap().unwrap().name, "F");
}

/// a downloaded form is verified against its hash; a mismatch is fetched once more, and is an error then.
#[tokio::test]
async fn a_form_with_another_hash_is_fetched_once_more() {
    for (right_at, expected) in [(0, Ok(1)), (1, Ok(2)), (2, Err(2))] {
        let asked = AtomicUsize::new(0);
        let (server, seen) = server(move |_: &Seen| {
            let times = asked.fetch_add(1, Ordering::Relaxed);
            xml(if times == right_at { "<form/>" } else { "<damaged/>" })
        });
        let outcome = Client::new(server).form(&url("https://odk.example/f"), Some(md5("<form/>"))).await;
        let times = trail(&seen).len();
        match outcome {
            Ok(form) => assert_eq!((form.as_ref(), Ok(times)), (&b"<form/>"[..], expected)),
            Err(error) => assert_eq!((error.is_hash(), Err(times)), (true, expected)),
        }
    }
}

/// so are media.
#[tokio::test]
async fn a_file_with_another_hash_is_fetched_once_more() {
    for (right_at, expected) in [(0, Ok(1)), (1, Ok(2)), (2, Err(2))] {
        let folder = tempfile::tempdir().unwrap();
        let asked = AtomicUsize::new(0);
        let (server, seen) = server(move |_: &Seen| {
            let times = asked.fetch_add(1, Ordering::Relaxed);
            answer(200, &[], if times == right_at { "picture" } else { "damaged" })
        });
        let outcome = Client::new(server).media(&listed("picture"), folder.path()).await;
        let times = trail(&seen).len();
        assert!(seen.lock().unwrap().iter().all(|seen| !seen.headers.contains_key("Range")));
        match outcome {
            Ok(_) => assert_eq!(Ok(times), expected),
            Err(error) => assert_eq!((error.is_hash(), Err(times)), (true, expected)),
        }
    }
}

/// media are verified against their hash, those of an entity list are not.
#[tokio::test]
async fn a_file_lies_in_its_place_when_it_is_whole_and_right() {
    let folder = tempfile::tempdir().unwrap();
    let (server, _) = server(|_: &Seen| answer(200, &[], "picture"));
    let client = Client::new(server);
    let path = client.media(&listed("picture"), folder.path()).await.unwrap();
    assert_eq!(path, folder.path().join("icons").join("badge.png"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "picture");

    let error = client.media(&listed("another"), folder.path()).await.unwrap_err();
    assert!(error.is_hash(), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "picture", "the file that was there stays");
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "nothing else is left");

    let entities = listed("another").as_entity_list("https://odk.example/integrity");
    client.media(&entities, folder.path()).await.unwrap();
}

/// A server that sends half of what it has and breaks off, unless it is asked for the rest.
/// What is written beside it has a name, too.
#[test]
fn a_long_name_leaves_room_for_its_spare() {
    let spare = |name: &str| beside(Path::new(name)).to_string_lossy().into_owned();
    assert_eq!(spare("a.png"), ".a.png.part");
    assert_eq!(spare(&"x".repeat(249)), format!(".{}.part", "x".repeat(249)));
    for name in ["x".repeat(250), "x".repeat(255), "\u{915}".repeat(84)] {
        assert!(spare(&name).len() < 200, "{name}");
    }
    let pages = ["a", "b"].map(|first| spare(&format!("{first}{}.html", "x".repeat(250))));
    assert!(pages[0] != pages[1] && pages[0].ends_with(".html.part"), "{pages:?}");
}

#[tokio::test]
async fn a_file_that_broke_off_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let transport = |request: http::Request<Body>| async move {
        let range =
            request.headers().get(http::header::RANGE).map(|range| range.to_str().unwrap().to_owned());
        let answer = match range.as_deref() {
            Some("bytes=3-") => http::Response::builder()
                .status(206)
                .header("Content-Range", "bytes 3-6/7")
                .body(Body::from("ture")),
            Some(other) => panic!("{other}"),
            None => {
                let chunks =
                    futures_util::stream::iter([Ok(Bytes::from("pic")), Err(io::Error::other("cut"))]);
                http::Response::builder().status(200).body(Body::from_stream(Some(7), chunks))
            }
        };
        Ok(answer.unwrap())
    };
    let client = Client::new(transport);
    let error = client.media(&listed("picture"), folder.path()).await.unwrap_err();
    assert!(error.is_transport(), "{error}");
    assert!(!folder.path().join("icons/badge.png").exists());
    let path = client.media(&listed("picture"), folder.path()).await.unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "picture");
}

/// A range is asked for once: where that brings no range, the file is asked for.
#[tokio::test]
async fn a_server_without_ranges_sends_all_of_a_file() {
    let from_0 = ("Content-Range", "bytes 0-6/7");
    for (status, headers) in
        [(206, &[from_0][..]), (206, &[]), (204, &[]), (400, &[]), (403, &[]), (404, &[]), (500, &[])]
    {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("icons")).unwrap();
        std::fs::write(folder.path().join("icons/.badge.png.part"), "pict").unwrap();
        let (server, seen) = server(move |seen: &Seen| match seen.headers.contains_key("Range") {
            true => answer(status, headers, "picture"),
            false => answer(200, &[], "picture"),
        });
        let path = Client::new(server).media(&listed("picture"), folder.path()).await.unwrap();
        assert_eq!(std::fs::read_to_string(path).unwrap(), "picture", "{status}");
        assert_eq!(trail(&seen).len(), 2, "{status}");
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("icons")).unwrap();
    let part = folder.path().join("icons/.badge.png.part");
    std::fs::write(&part, "pict").unwrap();
    let (server, seen) = server(|_: &Seen| answer(404, &[], "no such file"));
    assert!(Client::new(server).media(&listed("picture"), folder.path()).await.unwrap_err().is_not_found());
    assert_eq!((trail(&seen).len(), std::fs::read_to_string(part).unwrap()), (2, "pict".to_owned()));
}

/// A part that nobody asked for, or that ends before the file does, is not the file; what is held of it stays.
#[tokio::test]
async fn a_part_of_a_file_is_not_all_of_it() {
    let entities = || listed("picture").as_entity_list("https://odk.example/integrity");
    for (range, sent) in
        [("bytes 0-3/7", "pict"), ("bytes 0-3/*", "pict"), ("bytes 0-6/7", "pict"), ("bytes 4-6/7", "ure")]
    {
        for file in [listed("picture"), entities()] {
            let folder = tempfile::tempdir().unwrap();
            let (server, _) = server(move |_: &Seen| answer(206, &[("Content-Range", range)], sent));
            Client::new(server).media(&file, folder.path()).await.unwrap_err();
            assert!(!folder.path().join("icons/badge.png").exists(), "{range}");
        }
    }
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("icons")).unwrap();
    let part = folder.path().join("icons/.badge.png.part");
    std::fs::write(&part, "pic").unwrap();
    let (short, seen) = server(|_: &Seen| answer(206, &[("Content-Range", "bytes 3-4/7")], "tu"));
    let error = Client::new(short).media(&listed("picture"), folder.path()).await.unwrap_err();
    assert_eq!(error.to_string(), "the server sent a part of the file (206), and all of it was asked for");
    assert_eq!((trail(&seen).len(), std::fs::read_to_string(part).unwrap()), (2, "pic".to_owned()));

    let (all, _) = server(|_: &Seen| answer(206, &[("Content-Range", "bytes 0-6/7")], "picture"));
    Client::new(all).media(&entities(), folder.path()).await.unwrap();
}

/// Whose word a refusal is: an object store's is not the server's.
#[tokio::test]
async fn who_refused_is_known() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |address: &'static str, status: u16| {
        let folder = folder.path().to_owned();
        async move {
            let (server, _) = server(move |seen: &Seen| match seen.uri.contains("sent-on") {
                true => answer(302, &[("Location", "https://store.example/a")], ""),
                false => answer(status, &[], "no"),
            });
            let file = MediaFile::new(RelativePath::new("a").unwrap(), md5(""), address);
            let error = Client::new(server).media(&file, &folder).await.unwrap_err();
            assert_eq!(error.status().unwrap().as_u16(), status);
            assert!(!format!("{error:?}").contains("secret"), "{error:?}");
            error.is_from_elsewhere(&url("http://odk.example/v1"))
        }
    };
    for status in [401, 404, 503] {
        for own in ["http://odk.example/key/secret/1", "https://odk.example/key/secret/1"] {
            assert!(!refused(own, status).await, "{own}");
        }
        for other in [
            "http://odk.example:9000/key/secret/1",
            "https://store.example/1?signature=secret",
            "http://odk.example/sent-on",
        ] {
            assert!(refused(other, status).await, "{other}");
        }
    }
}

/// what lies there is what was received: nobody else writes into it meanwhile.
#[tokio::test]
async fn two_do_not_fetch_a_file_to_one_place() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("icons")).unwrap();
    let part = folder.path().join("icons/.badge.png.part");
    let other = std::fs::File::create(&part).unwrap();
    other.lock().unwrap();
    let (server, seen) = server(|_: &Seen| answer(200, &[], "picture"));
    let client = Client::new(server);
    let error = client.media(&listed("picture"), folder.path()).await.unwrap_err();
    assert!(error.is_elsewhere());
    assert_eq!(error.to_string(), format!("another program is writing `{}`", part.display()));
    assert_eq!(trail(&seen).len(), 0);
    drop(other);
    client.media(&listed("picture"), folder.path()).await.unwrap();
}

/// What broke off lies there when the error is told: no write comes after it.
#[tokio::test]
async fn what_came_of_a_file_is_on_disk_when_it_broke_off() {
    let folder = tempfile::tempdir().unwrap();
    let transport = |_: http::Request<Body>| async move {
        let chunks = [Ok(Bytes::from(vec![b'x'; 1 << 20])), Err(io::Error::other("cut"))];
        Ok(http::Response::new(Body::from_stream(None, futures_util::stream::iter(chunks))))
    };
    let client = Client::new(transport);
    assert!(client.media(&listed("picture"), folder.path()).await.unwrap_err().is_transport());
    let part = std::fs::metadata(folder.path().join("icons/.badge.png.part")).unwrap();
    assert_eq!(part.len(), 1 << 20);
}

#[tokio::test]
async fn a_portal_s_page_is_no_file() {
    let page = |kind| move |_: &Seen| answer(200, &[("Content-Type", kind)], "\n<html>Log in</html>");
    let entities = |name| {
        let file = MediaFile::new(RelativePath::new(name).unwrap(), md5(""), "https://odk.example/media/1");
        file.as_entity_list("https://odk.example/integrity")
    };
    let folder = tempfile::tempdir().unwrap();
    let client = Client::new(server(page("text/html; charset=utf-8")).0);
    let error = client.media(&entities("people.csv"), folder.path()).await.unwrap_err();
    assert!(error.is_captive_portal(), "{error}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);

    std::fs::create_dir(folder.path().join("icons")).unwrap();
    let part = folder.path().join("icons/.badge.png.part");
    std::fs::write(&part, "pict").unwrap();
    assert!(client.media(&listed("picture"), folder.path()).await.unwrap_err().is_captive_portal());
    assert_eq!(std::fs::read_to_string(&part).unwrap(), "pict", "what is held stays");

    // A page may be what is wanted, and markup need not be a page.
    client.media(&entities("help.HTML"), folder.path()).await.unwrap();
    let client = Client::new(server(page("text/xml")).0);
    client.media(&entities("people.xml"), folder.path()).await.unwrap();
    let calls_all_html = |_: &Seen| answer(200, &[("Content-Type", "text/html")], "name,age");
    Client::new(server(calls_all_html).0).media(&entities("people.csv"), folder.path()).await.unwrap();
}

/// However the network cuts it, a page is one; and what is none comes whole.
#[tokio::test]
async fn a_page_is_known_by_its_beginning_not_by_its_first_chunk() {
    const PAGES: [&[&[u8]]; 3] = [
        &[b"\n", b"", b"  \r\n", b"<html>Log in</html>"],
        &[b"\xEF\xBB", b"\xBF", b"\n<", b"html>"],
        &[b"<", b"html>"],
    ];
    const FILES: [&[&[u8]]; 4] = [&[b" ", b"\n", b"name,age"], &[b"\xEF\xBB", b"\xBFname"], &[b"  "], &[]];
    let in_chunks = |chunks: &'static [&'static [u8]]| {
        move |_: http::Request<Body>| async move {
            let chunks = futures_util::stream::iter(chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk))));
            let answer = http::Response::builder().header("Content-Type", "text/html");
            Ok(answer.body(Body::from_stream(None, chunks)).unwrap())
        }
    };
    for page in PAGES {
        let folder = tempfile::tempdir().unwrap();
        let error = Client::new(in_chunks(page)).media(&listed("x"), folder.path()).await.unwrap_err();
        assert!(error.is_captive_portal(), "{page:?}: {error}");
    }
    for file in FILES {
        let folder = tempfile::tempdir().unwrap();
        let whole = file.concat();
        let wanted = listed(std::str::from_utf8(&whole).unwrap());
        let path = Client::new(in_chunks(file)).media(&wanted, folder.path()).await.unwrap();
        assert_eq!(std::fs::read(path).unwrap(), whole);
    }
}

/// Without a hash, the XML alone says what has come.
#[tokio::test]
async fn a_form_without_a_hash_is_a_form_and_ends() {
    let form = "<html xmlns='http://www.w3.org/1999/xhtml'><head><model xmlns='http://www.w3.org/2002/xforms'/></head></html>";
    let came = |body: &'static str| async move {
        let outcome = Client::new(server(move |_: &Seen| xml(body)).0).form(&url(LIST), None).await;
        outcome.map_err(|error| (error.is_captive_portal(), error.to_string()))
    };
    assert_eq!(came(form).await.unwrap(), form);
    assert!(came("<html><body>Log in</body></html>").await.unwrap_err().0);
    let (is_portal, words) = came(&form[..90]).await.unwrap_err();
    assert!(!is_portal && words.starts_with("the form cannot be read: "), "{words}");
}

/// Where its content type alone says in which encoding it is, a form is kept in one that needs no label; one with a hash as it is.
#[tokio::test]
async fn a_form_that_needs_its_label_is_read() {
    let form = b"<html xmlns='http://www.w3.org/1999/xhtml'><head><title>\xE9t\xE9</title><model xmlns='http://www.w3.org/2002/xforms'/></head></html>";
    let server = |_: http::Request<Body>| async {
        let answer = http::Response::builder().header("Content-Type", "text/xml; charset=ISO-8859-1");
        Ok(answer.body(Body::from(&form[..])).unwrap())
    };
    let client = Client::new(server);
    let read = client.form(&url(LIST), None).await.unwrap();
    assert!(std::str::from_utf8(&read).unwrap().contains("<title>été</title>"));
    let hash = FileHash::from_md5(Md5::digest(form).into());
    assert_eq!(client.form(&url(LIST), Some(hash)).await.unwrap(), &form[..]);
}

/// a part that was compressed is of no use; the file comes from its beginning.
#[tokio::test]
async fn a_part_that_is_compressed_is_not_put_to_what_is_held() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("icons")).unwrap();
    std::fs::write(folder.path().join("icons/.badge.png.part"), "pict").unwrap();
    let server = async |request: http::Request<Body>| match request.headers().contains_key("range") {
        true => {
            let part = [("Content-Range", "bytes 4-6/7"), ("Content-Encoding", "gzip")];
            let damaged = futures_util::stream::iter([Err(io::ErrorKind::InvalidData.into())]);
            Ok(answer(206, &part, "").map(|_| Body::from_stream(None, damaged)))
        }
        false => Ok(answer(200, &[], "picture").map(Body::from)),
    };
    let path = Client::new(server).media(&listed("picture"), folder.path()).await.unwrap();
    assert_eq!(std::fs::read_to_string(path).unwrap(), "picture");
}

/// credentials are sent to the server they were set for, and to no other.
#[tokio::test]
async fn a_file_in_an_object_store_is_fetched_without_credentials() {
    let folder = tempfile::tempdir().unwrap();
    let store = "https://store.example/a?signature=x%2Fy";
    let (server, seen) = server(move |seen: &Seen| match seen.uri.starts_with("https://odk.example/") {
        true => answer(302, &[("Location", store)], ""),
        false => answer(200, &[], "picture"),
    });
    let client = Client::new(server)
        .credentials(&url("https://odk.example"), amina())
        .preemptive_basic()
        .device_id("d");
    client.media(&listed("picture"), folder.path()).await.unwrap();
    assert_eq!(
        trail(&seen),
        ["GET https://odk.example/media/1?deviceID=d".to_owned(), format!("GET {store}")]
    );
    let seen = seen.lock().unwrap();
    assert_eq!(seen.iter().map(|seen| seen.authorization().is_empty()).collect::<Vec<_>>(), [false, true]);
}

/// unlisted ids are unknown.
#[tokio::test]
async fn entities_are_asked_after() {
    let body = "<data><entities><entity id='a'><deleted>true</deleted></entity></entities></data>";
    let (server, seen) = server(move |_: &Seen| xml(body));
    let asked = integrity::Request { ids: vec!["a".to_owned(), "b".to_owned()] };
    let answered = Client::new(server).integrity(&url("https://odk.example/i"), &asked).await.unwrap();
    assert_eq!((answered.is_deleted("a"), answered.is_deleted("b")), (Some(true), None));
    assert_eq!(trail(&seen), ["GET https://odk.example/i?id=a%2Cb"]);
}

#[tokio::test]
async fn a_manifest_is_a_manifest() {
    let body = "<manifest xmlns='http://openrosa.org/xforms/xformsManifest'/>";
    let (host, _) = server(move |_: &Seen| xml(body));
    assert_eq!(Client::new(host).manifest(&url("https://odk.example/m")).await.unwrap().files().count(), 0);
    let (server, _) = server(|_: &Seen| xml("<form/>"));
    assert!(
        Client::new(server).manifest(&url("https://odk.example/m")).await.unwrap_err().is_captive_portal()
    );
}

#[tokio::test]
async fn an_answer_shorter_than_announced_is_cut() {
    let transport = |_: http::Request<Body>| async move {
        let chunks = futures_util::stream::iter([Ok(Bytes::from("<form"))]);
        Ok(http::Response::new(Body::from_stream(Some(9), chunks)))
    };
    let error = Client::new(transport).form(&url("https://odk.example/f"), None).await.unwrap_err();
    assert_eq!(error.to_string(), "the answer broke off after 5 of 9 bytes");
}
