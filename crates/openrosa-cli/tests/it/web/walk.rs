//! Every view in a browser, with its script and without.

use super::super::site::Site;
use super::content::NAME;
use super::{Browser, browser, fill, fill_with_people, views};

/// What a person sees is there, nothing is wider than the screen, and the browser has nothing to complain of: no script or style
/// that the policy forbids, nothing from elsewhere.
fn look(browser: &Browser, url: &str, address: &str) {
    browser.go(&format!("{url}{address}"));
    assert!(!browser.text("h1").is_empty(), "{address}");
    let wider =
        browser.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth");
    assert_eq!(wider, 0, "{address} is wider than the screen");
    let elsewhere = browser.run(
        "return performance.getEntriesByType('resource').map(entry => entry.name).filter(name => !name.startsWith(location.origin))",
    );
    assert_eq!(elsewhere, serde_json::json!([]), "{address}");
    assert_eq!(browser.complaints(), [""; 0], "{address}");
    assert_eq!(browser.run("return window.hacked ?? null"), serde_json::Value::Null, "{address}");
}

#[test]
fn every_view_is_seen_with_script_and_without_on_a_phone_and_on_a_desk() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    fill_with_people(&site, &server);
    let views = views(&site, &server);
    for script in [true, false] {
        let Some(browser) = Browser::open() else { return };
        if !script {
            browser.without_script();
        }
        browser.sign_in(&server.url);
        for (width, dark) in [(390, false), (1280, true)] {
            browser.resize(width, 900);
            browser.dark(dark);
            views.iter().for_each(|address| look(&browser, &server.url, address));
        }
    }
}

#[test]
fn a_finding_is_under_its_line_and_says_what_to_do() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    fill(&site, &server, &[]);
    let Some(browser) = Browser::open() else { return };
    browser.go(&format!(
        "{}/look/1/submissions/find?form=http%3A%2F%2Fexample.org%2Fvisit&instance=wrong",
        server.url
    ));
    assert!(browser.text(".verdict").starts_with("quarantined"), "{}", browser.text(".verdict"));
    let found = browser.text(".xml .found");
    assert!(found.contains("case_id=''") && found.contains("the case id is empty"), "{found}");
    assert_eq!(browser.text(".xml .found mark"), "case_id=''");
}

#[test]
fn the_relatives_of_a_case_are_drawn_and_told() {
    let site = Site::new();
    let server = site.serve("");
    fill(&site, &server, &[]);
    let Some(browser) = Browser::open() else { return };
    browser.go(&format!("{}/look/1/case?id=neema", server.url));
    let count = |css: &str| browser.run(&format!("return document.querySelectorAll({css:?}).length"));
    assert_eq!(count(".drawing .node"), 4, "the case, its household, its brother, its referral");
    assert_eq!((count(".drawing .edge"), count(".drawing .edge.extension")), (3.into(), 1.into()));
    assert_eq!(count(".drawing .node.closed"), 1);
    browser.click("details summary");
    let table = browser.text("details table");
    assert!(table.contains("To the clinic host extension Neema"), "{table}");
}

/// Each product with what changed it last, which is not the same for all.
#[test]
fn what_a_case_has_in_stock_is_told_with_the_form_that_changed_it() {
    let site = Site::new();
    let server = site.serve("");
    fill(&site, &server, &[]);
    let Some(browser) = Browser::open() else { return };
    for (row, product, quantity, form) in [(1, "bandages", "4", "f6"), (2, "soap", "6", "f7")] {
        browser.go(&format!("{}/look/1/case?id=household", server.url));
        let line = format!("section:has([data-label=Product]) tbody tr:nth-child({row})");
        let cells = browser.text(&line);
        for what in ["cupboard", product, quantity] {
            assert!(cells.contains(what), "{what}: {cells}");
        }
        browser.follow(&format!("{line} a"));
        assert_eq!(browser.text(".facts div:nth-child(2) dd"), form, "{product}");
    }
    browser.go(&format!("{}/look/1/case?id=neema", server.url));
    assert!(!browser.text("main").contains("Stock"));
}

/// Users are only where there is somebody who may see them: with script and without, and whatever they are called.
#[test]
fn who_signs_in_sees_users_their_restores_and_what_was_refused() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    fill_with_people(&site, &server);
    for script in [true, false] {
        let Some(browser) = Browser::open() else { return };
        if !script {
            browser.without_script();
        }
        browser.resize(390, 900);
        browser.go(&format!("{}/look/1/people", server.url));
        assert_eq!(browser.text("h1"), "Sign in");
        browser.write("[name=name]", "boss");
        browser.write("[name=password]", "correct horse");
        browser.follow("main button");
        let people = browser.text("main table");
        assert!(people.contains("amina") && people.contains(NAME) && people.contains("never"), "{people}");
        browser.go(&format!("{}/look/1/person?name=amina", server.url));
        let person = browser.text("main");
        for what in ["clinic", "everything", "Neema", "f4"] {
            assert!(person.contains(what), "{what}: {person}");
        }
        browser.go(&format!("{}/look/1/refused", server.url));
        assert!(
            browser.text("main").contains("the name or the password was wrong"),
            "{}",
            browser.text("main")
        );
        browser.follow(".cards a");
        assert!(browser.text("main").contains("How it came"), "{}", browser.text("main"));
        browser.follow(".who button");
        assert_eq!(browser.text("h1"), "Sign in");
    }
}

/// Not a test of anything: what `OPENROSA_PICTURES` names gets a picture of each view, for somebody to look at.
#[test]
fn pictures_are_taken_where_somebody_wants_them() {
    let Some(folder) = browser::pictures() else { return };
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    fill_with_people(&site, &server);
    let views = views(&site, &server);
    let Some(browser) = Browser::open() else { return };
    browser.sign_in(&server.url);
    for (width, dark) in [(390, true), (390, false), (1280, true), (1280, false)] {
        for (at, address) in views.iter().enumerate() {
            browser.dark(dark);
            browser.resize(width, 900);
            browser.go(&format!("{}{address}", server.url));
            let height = browser.run("return document.documentElement.scrollHeight").as_u64().unwrap_or(900);
            browser.resize(width, u32::try_from(height.min(3_000)).expect("it is small"));
            let path = folder.join(format!("{at:02}-{width}-{}.png", if dark { "dark" } else { "light" }));
            std::fs::write(path, browser.picture()).expect("a picture");
        }
    }
}
