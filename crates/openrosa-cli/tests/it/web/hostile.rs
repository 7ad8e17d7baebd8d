//! What comes from outside is shown as what it is: nothing of it runs, turns a page around or breaks it.

use std::fs;

use super::super::site::Site;
use super::content::{block, create, form, send};
use super::{Browser, fill};

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
    let agent = format!("User-Agent: {text}");
    let device = format!("x-openrosa-deviceid: {text}");
    let more = ["--form", &file, "--header", &agent, "--header", &device];
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
            browser.go(&format!("{}{address}", server.url));
            assert_eq!(browser.run("return window.hacked ?? null"), serde_json::Value::Null, "{address}");
            let wider = browser
                .run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
            assert_eq!(wider, 0, "{address} at {width}");
            assert_eq!(
                browser.run("return document.querySelectorAll('main script, main img[onerror]').length"),
                0
            );
            assert_eq!(browser.complaints(), [""; 0], "{address}");
        }
    }
    browser.go(&format!("{}/look/1/case?id={}", server.url, encoded(&ids[4])));
    assert!(browser.text("h1").contains("⟨U+202E⟩egnaro"), "{}", browser.text("h1"));
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
