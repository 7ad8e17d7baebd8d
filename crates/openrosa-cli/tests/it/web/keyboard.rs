//! Without a mouse.

use super::super::site::Site;
use super::{Browser, fill_with_people};

const TAB: &str = "\u{e004}";
const ENTER: &str = "\u{e007}";

/// Everything on a page that does something, as far as it is seen.
const ACTIVE: &str = "const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, \
                      summary, [tabindex=\"0\"]')].filter(one => one.checkVisibility());";

#[test]
fn everything_is_reached_and_seen_by_keys_alone() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    fill_with_people(&site, &server);
    let Some(browser) = Browser::open() else { return };
    browser.resize(1280, 900);
    browser.go(&format!("{}/look/1/case?id=neema", server.url));
    browser.write("[name=name]", "boss");
    browser.press(TAB);
    browser.write(":focus", "correct horse");
    browser.press(ENTER);
    assert_eq!(browser.text("h1"), "Neema", "it goes on where it was going");
    for view in ["case?id=neema", "arrivals", "submissions/2", "upload", "overview"] {
        browser.go(&format!("{}/look/1/{view}", server.url));
        browser.press(TAB);
        assert_eq!(browser.text(":focus"), "To the content", "{view}");
        let count = browser.run(&format!("{ACTIVE} return all.length")).as_u64().expect("a number");
        browser.run("window.reached = new Set([document.activeElement]); window.unseen = []");
        for _ in 0..count + 5 {
            browser.press(TAB);
            browser.run(
                "window.reached.add(document.activeElement); const style = getComputedStyle(document.activeElement); \
                 if (document.activeElement !== document.body && style.outlineStyle === 'none') \
                 window.unseen.push(document.activeElement.outerHTML)",
            );
        }
        let missed =
            format!("{ACTIVE} return all.filter(one => !window.reached.has(one)).map(one => one.outerHTML)");
        assert_eq!(browser.run(&missed), serde_json::json!([]), "{view}: no key leads there");
        assert_eq!(
            browser.run("return window.unseen"),
            serde_json::json!([]),
            "{view}: nobody sees where one is"
        );
    }
    browser.go(&format!("{}/look/1/cases", server.url));
    browser.press(TAB);
    browser.press(ENTER);
    assert_eq!(browser.run("return document.activeElement.id"), "main", "past the menu");
}
