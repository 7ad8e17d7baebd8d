//! An automated audit of accessibility, by axe-core.

use std::fs;
use std::path::PathBuf;

use super::super::site::Site;
use super::content::{block, form};
use super::{Browser, fill_with_people, views};

/// The audit's script: what `npm pack axe-core` brings, unpacked into `target/axe`.
fn script() -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/axe/package/axe.min.js");
    let script = fs::read_to_string(path).ok();
    if script.is_none() {
        eprintln!("skipped: there is no axe-core in target/axe; npm pack axe-core, and unpack it there");
    }
    script
}

#[test]
fn an_automated_audit_finds_nothing_in_any_view() {
    let (Some(axe), Some(browser)) = (script(), Browser::open()) else { return };
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    fill_with_people(&site, &server);
    let views = views(&site, &server);
    browser.sign_in(&server.url);
    for (width, dark) in [(390, false), (1280, false), (1280, true)] {
        browser.resize(width, 900);
        browser.dark(dark);
        for address in views.iter().map(String::as_str).chain(["/look/1/submissions/999"]) {
            browser.go(&format!("{}{address}", server.url));
            audit(&browser, &axe, &format!("{address} at {width}, dark: {dark}"));
        }
        for (name, text) in [("checked.xml", form("f99", &block("", ""))), ("broken.xml", "<data>".into())] {
            let path = site.path().join(name);
            fs::write(&path, text).expect("a file");
            browser.go(&format!("{}/look/1/upload", server.url));
            browser.write("input[type=file]", &path.display().to_string());
            browser.follow("main form button");
            assert!(browser.text("h1").contains("hecked"), "{}", browser.text("main"));
            audit(&browser, &axe, &format!("{name}, uploaded, at {width}, dark: {dark}"));
        }
    }
}

#[test]
fn it_finds_nothing_where_there_is_nothing_yet() {
    let (Some(axe), Some(browser)) = (script(), Browser::open()) else { return };
    let site = Site::new();
    let server = site.serve("");
    for view in ["overview", "arrivals", "refused", "forms", "cases", "people", "upload"] {
        browser.go(&format!("{}/look/1/{view}", server.url));
        audit(&browser, &axe, view);
    }
}

/// What is before the browser is nothing to complain of.
fn audit(browser: &Browser, axe: &str, what: &str) {
    // Closed parts are a page's, too.
    browser.run("document.querySelectorAll('details').forEach(part => part.open = true)");
    browser.run(axe);
    let found = browser.wait_for(
        "const done = arguments[arguments.length - 1]; \
         axe.run(document, {resultTypes: ['violations']}).then(result => done(result.violations.map(v => \
         v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | '))))",
    );
    assert_eq!(found, serde_json::json!([]), "{what}");
}
