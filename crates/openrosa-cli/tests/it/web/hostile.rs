//! What comes from outside is shown as what it is: nothing of it runs, turns a page around or breaks it.

use std::fs;

use super::super::site::{PASSWORD, Site};
use super::content::{block, create, form, send};
use super::{Browser, Visitor, fill};

/// What each field is tried with. `NAME` is so that nothing is taken for something else.
const TEXTS: [&str; 6] = [
    "<script>window.hacked=1</script>",
    "\"><img src=x onerror=window.hacked=1>",
    "'-window.hacked-'{{7*7}}${7*7}",
    "javascript:window.hacked=1",
    "\u{202e}egnaro\u{2066}\u{200f} ابجد \u{2067}",
    "W\u{301}\u{302}\u{303}iiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiiii",
];

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;").replace('\'', "&apos;")
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

/// Everything that people or phones write is this text: form, version, instance, names and ids of cases, types, owners,
/// properties, indices, files, headers.
fn send_all_of(site: &Site, server: &super::super::site::Server, text: &str, at: usize) -> String {
    let (word, id) = (escaped(text), escaped(&format!("{text} {at}")));
    let property = format!("<update><note>{word}</note></update>");
    let case = block(&id, &create(&word, &word, &word, &property));
    let child = block(
        &format!("{id} child"),
        &create(&word, &word, &word, &format!("<index><parent case_type='{word}'>{id}</parent></index>")),
    );
    let xml = form(&id, &format!("{case}{child}"))
        .replace("http://example.org/visit", &word)
        .replace("version='7'", &format!("version='{word}'"));
    fs::write(site.path().join("f.bin"), "x").expect("a file");
    let name = text.replace(['"', ';', '/', '\\'], "_");
    let file = format!("{name}.html=@f.bin;filename=\"{name}.html\"");
    let headers = ["user-agent", "x-openrosa-deviceid", "accept-language", "x-forwarded-proto", "via"]
        .map(|name| format!("{name}: {text}"));
    let said = headers.iter().flat_map(|header| ["--header", header.as_str()]);
    let more: Vec<&str> = ["--form", &file].into_iter().chain(said).collect();
    let status = send(site, server, &xml, &more);
    assert!(["201", "202"].contains(&status.as_str()), "{status} for {text}");
    let refused = form(&id, "").replace("http://example.org/visit", &word);
    assert_eq!(send(site, server, &refused, &more), "409", "{text}");
    format!("{text} {at}")
}

#[test]
fn nothing_that_somebody_wrote_runs_or_breaks_a_page() {
    let site = Site::new();
    let server = site.serve(" --check record");
    fill(&site, &server, &[]);
    let ids: Vec<String> =
        TEXTS.iter().enumerate().map(|(at, text)| send_all_of(&site, &server, text, at)).collect();
    let Some(browser) = Browser::open() else { return };
    let mut addresses: Vec<String> =
        ["/overview", "/arrivals", "/refused", "/forms", "/cases", "/people", "/upload"]
            .map(|view| format!("/look/1{view}"))
            .into();
    for (text, id) in TEXTS.iter().zip(&ids) {
        let (text, id) = (encoded(text), encoded(id));
        addresses.push(format!("/look/1/submissions/find?form={text}&instance={id}"));
        addresses.push(format!("/look/1/case?id={id}"));
        addresses.push(format!("/look/1/cases/list?type={text}&name={text}"));
        addresses.push(format!("/look/1/arrivals?form={text}&user={text}&state={text}"));
        addresses.push(format!("/look/1/cases?id={text}"));
    }
    for width in [390, 1280] {
        browser.resize(width, 900);
        for address in &addresses {
            is_harmless(&browser, &server.url, address, width);
        }
    }
    browser.go(&format!("{}/look/1/case?id={}", server.url, encoded(&ids[4])));
    assert!(browser.text("h1").contains("⟨U+202E⟩egnaro"), "{}", browser.text("h1"));
}

/// Names of users, and of their groups, are somebody's writing, too.
#[test]
fn whatever_people_are_called_is_shown_as_it_is_written() {
    let site = Site::new();
    let server = site.serve("");
    site.admin("user add boss --staff --password-env P");
    let groups = TEXTS.map(|text| text.replace(' ', "_"));
    // A colon ends a name in Basic, and nobody gets a name with one.
    let names = groups.clone().map(|group| group.replace(':', "_"));
    for (at, (name, group)) in names.iter().zip(&groups).enumerate() {
        site.admin(&format!("user add {name} --group {group} --password-env P"));
        let case = block(&escaped(group), &create("patient", "Neema", &escaped(group), ""));
        let who = ["--user", &format!("{name}:{PASSWORD}")];
        assert_eq!(send(&site, &server, form(&format!("f{at}"), &case), &who), "201", "{name}");
    }
    let Some(browser) = Browser::open() else { return };
    browser.sign_in(&server.url);
    for width in [390, 1280] {
        browser.resize(width, 900);
        is_harmless(&browser, &server.url, "/look/1/people", width);
        for name in &names {
            let name = encoded(name);
            is_harmless(&browser, &server.url, &format!("/look/1/person?name={name}"), width);
            is_harmless(&browser, &server.url, &format!("/look/1/arrivals?user={name}"), width);
        }
        is_harmless(&browser, &server.url, "/look/1/overview", width);
    }
    browser.go(&format!("{}/look/1/person?name={}", server.url, encoded(&names[0])));
    assert_eq!(browser.text("h1"), names[0]);
}

/// What cannot be read may be any bytes: what is sent, and how its page shows it.
const UNREAD: [(&[u8], &str); 6] = [
    (b"<data><script>window.hacked=1</script>", "<script>window.hacked=1</script>"),
    (
        b"<data>\xE9t\xFF\0<img src=x onerror=window.hacked=1>",
        "⟨0xE9⟩t⟨0xFF⟩␀<img src=x onerror=window.hacked=1>",
    ),
    ("<data></bdi></code>\u{202e}egnaro\u{7}".as_bytes(), "</bdi></code>⟨U+202E⟩egnaro␇"),
    // UTF-16 that ends within a character.
    (b"\xFF\xFE<\0d\0>\0\x3C\xD8", "⟨0xFF⟩⟨0xFE⟩<␀d␀>␀<⟨0xD8⟩"),
    (b"<?xml version='1.0' encoding='nonsense'?><data>\xC0\xAF</data>", "<data>⟨0xC0⟩⟨0xAF⟩</data>"),
    (b"-->]]>&#x0;\r\n\x1B[2J", "-->]]>&#x0;"),
];

#[test]
fn a_form_that_cannot_be_read_is_shown_as_far_as_it_is_text() {
    let site = Site::new();
    let server = site.serve("");
    for (bytes, _) in UNREAD {
        assert_eq!(send(&site, &server, bytes, &[]), "400", "{}", bytes.escape_ascii());
    }
    // A character of two bytes is where it is cut.
    let long = format!("<a>{}", "é".repeat(100_000));
    assert_eq!(send(&site, &server, &long, &[]), "400");
    let refused = Visitor::new(&site, &server).refused();
    assert_eq!(refused.len(), UNREAD.len() + 1);
    let page = |address: &String| server.curl(site.path(), &[], address);
    let (status, last) = page(&refused[0]);
    assert_eq!(status, "200");
    assert!(last.contains("Its beginning, unchecked") && last.contains("ééé") && !last.contains('⟨'));
    assert!(!last.contains(&"é".repeat(32_768)), "no more than is to be kept");
    for address in &refused[1..] {
        let (status, page) = page(address);
        assert_eq!(status, "200", "{address}");
        assert!(!page.contains("<script>window") && !page.contains("<img src"), "{page}");
        assert!(page.contains("the form cannot be read"), "{page}");
    }
    let Some(browser) = Browser::open() else { return };
    for width in [390, 1280] {
        browser.resize(width, 900);
        for (address, (_, shown)) in refused.iter().rev().zip(UNREAD) {
            is_harmless(&browser, &server.url, address, width);
            let text = browser.run("return document.querySelector('.xml').textContent");
            assert!(text.as_str().is_some_and(|text| text.contains(shown)), "{shown}: {text}");
        }
        is_harmless(&browser, &server.url, &refused[0], width);
    }
}

/// Nothing of a page runs, breaks it or is complained of.
fn is_harmless(browser: &Browser, url: &str, address: &str, width: u32) {
    browser.go(&format!("{url}{address}"));
    assert_eq!(browser.run("return window.hacked ?? null"), serde_json::Value::Null, "{address}");
    let wider =
        browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert_eq!(wider, 0, "{address} at {width}");
    assert_eq!(browser.run("return document.querySelectorAll('main script, main img[onerror]').length"), 0);
    assert_eq!(browser.complaints(), [""; 0], "{address}");
}

/// What a phone calls a picture may be a page, and must not be one here.
#[test]
fn a_file_is_shown_only_if_its_bytes_are_a_picture() {
    let site = Site::new();
    let server = site.serve("");
    fill(&site, &server, &[]);
    let head = |name: &str| {
        let path = format!("/look/1/submissions/2/file?name={name}");
        server.curl(site.path(), &["--include", "--output", "-"], &path).1.to_ascii_lowercase()
    };
    let (picture, page) = (head("photo.png"), head("page.html"));
    assert!(picture.contains("content-type: image/png") && picture.contains("content-disposition: inline"));
    assert!(page.contains("content-type: application/octet-stream"), "{page}");
    assert!(page.contains("content-disposition: attachment; filename=\"page.html\""), "{page}");
    for head in [&picture, &page] {
        assert!(head.contains("content-security-policy: sandbox;"), "{head}");
        assert!(head.contains("x-content-type-options: nosniff"), "{head}");
    }
}
