//! An automated audit of accessibility, by axe-core.

use std::fs;
use std::path::PathBuf;

use super::super::site::Site;
use super::{ADDRESSES, Browser, fill};

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
    fill(&site, &server, &[]);
    for (width, dark) in [(390, false), (1280, false), (1280, true)] {
        browser.resize(width, 900);
        browser.dark(dark);
        for address in ADDRESSES {
            browser.go(&format!("{}{address}", server.url));
            // Closed parts are a page's, too.
            browser.run("document.querySelectorAll('details').forEach(part => part.open = true)");
            browser.run(&axe);
            let found = browser.wait_for(
                "const done = arguments[arguments.length - 1]; \
                 axe.run(document, {resultTypes: ['violations']}).then(result => done(result.violations.map(v => \
                 v.id + ': ' + v.nodes.map(n => n.html.slice(0, 160) + ' ' + n.failureSummary).join(' | '))))",
            );
            assert_eq!(found, serde_json::json!([]), "{address} at {width}, dark: {dark}");
        }
    }
}
