//! What people change by the page, in a browser.

use std::fs;

use super::super::site::Site;
use super::content::{block, create, form, send};
use super::{Browser, fill};

#[test]
fn a_submission_is_archived_and_taken_back() {
    let site = Site::new();
    let server = site.serve("");
    fill(&site, &server, &[]);
    let Some(browser) = Browser::open() else { return };
    browser.go(&format!("{}/look/1/submissions/3", server.url));
    browser.follow("form[action$=archive] button");
    assert!(browser.text(".verdict").starts_with("archived"), "{}", browser.text(".verdict"));
    assert!(!site.admin("case list").contains("referral"), "its case is gone");
    browser.follow("form[action$=restore] button");
    assert!(browser.text(".verdict").starts_with("received"));
    assert!(site.admin("case list").contains("referral"));
}

#[test]
fn what_was_in_error_counts_once_its_reason_is_gone() {
    let site = Site::new();
    let server = site.serve("");
    fill(&site, &server, &[]);
    let Some(browser) = Browser::open() else { return };
    let address =
        format!("{}/look/1/submissions/find?form=http%3A%2F%2Fexample.org%2Fvisit&instance=lost", server.url);
    browser.go(&address);
    browser.follow("form[action$=retry] button");
    assert!(browser.text("main").contains("`gone`, which is not known"), "{}", browser.text("main"));
    send(&site, &server, form("f9", &block("gone", &create("household", "Gone", "u1", ""))), &[]);
    browser.go(&address);
    browser.follow("form[action$=retry] button");
    assert!(browser.text(".verdict").starts_with("received"), "{}", browser.text(".verdict"));
    assert!(site.admin("case list").contains("Lost"));
}

#[test]
fn what_is_in_quarantine_counts_if_somebody_says_so() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    let case = block(
        "neema",
        &create("patient", "Neema", "u1", "<index><parent case_type='patient'>neema</parent></index>"),
    );
    let status =
        send(&site, &server, form("f1", &(case + &block("asha", &create("patient", "Asha", "u1", "")))), &[]);
    assert_eq!(status, "202");
    assert!(!site.admin("case list").contains("Asha"));
    assert!(!site.admin("form list --state quarantined").starts_with("0 forms"));
    let Some(browser) = Browser::open() else { return };
    browser.go(&format!("{}/look/1/arrivals?state=quarantined", server.url));
    browser.follow("#arrivals tbody a");
    browser.follow("form[action$=retry] button");
    // The answer is there then.
    assert!(!browser.text("main").is_empty());
    // What was found may be nothing that the rules of cases allow, either: then it is in error, and in quarantine no more.
    assert!(site.admin("form list --state quarantined").starts_with("0 forms"));
}

#[test]
fn a_case_is_made_anew() {
    let site = Site::new();
    let server = site.serve("");
    fill(&site, &server, &[]);
    let Some(browser) = Browser::open() else { return };
    browser.go(&format!("{}/look/1/case?id=neema", server.url));
    browser.follow("form[action$=rebuild] button");
    assert_eq!(browser.text("h1"), "Neema");
}

#[test]
fn a_form_is_seen_checked_before_it_is_stored() {
    let site = Site::new();
    let server = site.serve(" --forms forms");
    let Some(browser) = Browser::open() else { return };
    let upload = |browser: &Browser, text: &str| {
        fs::write(site.path().join("up.xml"), text).expect("a file");
        browser.go(&format!("{}/look/1/upload", server.url));
        browser.write("input[type=file]", &site.path().join("up.xml").display().to_string());
        browser.follow("main form button");
    };
    let xml = form("f1", "\n<note>two\nlines</note>\r\n");
    upload(&browser, &xml);
    assert!(browser.text("main").contains("Checked, not stored yet"), "{}", browser.text("main"));
    assert!(site.admin("form list").starts_with("0 forms"));
    browser.follow("form[action$=store] button");
    assert!(browser.text(".verdict").starts_with("received"), "{}", browser.text("main"));
    site.admin("form show f1 --out got");
    assert_eq!(fs::read_to_string(site.path().join("got/form.xml")).expect("a file"), xml, "to the byte");
    upload(&browser, "<data><broken>");
    assert!(browser.text("main").contains("it cannot be stored"), "{}", browser.text("main"));
    let blank = "<h:html xmlns='http://www.w3.org/2002/xforms' xmlns:h='http://www.w3.org/1999/xhtml'><h:head><h:title>Visit</h:title>\
                 <model><instance><data id='visit' version='7'/></instance></model></h:head></h:html>";
    upload(&browser, blank);
    assert!(browser.text("main").contains("a blank form"), "{}", browser.text("main"));
    browser.follow("form[action$=store] button");
    assert!(browser.text("main").contains("Visit"), "{}", browser.text("main"));
    assert!(site.out(&format!("forms list --url {}", server.url)).contains("visit"));
}

#[test]
fn what_people_take_with_them_is_what_there_is() {
    let site = Site::new();
    let server = site.serve("");
    fill(&site, &server, &[]);
    let get = |path: &str| server.curl(site.path(), &[], path);
    let (status, xml) = get("/look/1/submissions/3/xml");
    assert_eq!(status, "200");
    assert!(xml.starts_with("<data") && xml.contains("referral"), "{xml}");
    let json: serde_json::Value = serde_json::from_str(&get("/look/1/submissions/3/json").1).expect("JSON");
    assert_eq!(json["form"]["case"]["@case_id"], "referral");
    let json: serde_json::Value = serde_json::from_str(&get("/look/1/case/json?id=neema").1).expect("JSON");
    assert_eq!(json["case_name"], "Neema");
    let sheet = get("/look/1/cases/csv?type=patient").1;
    assert!(sheet.starts_with("case_id,case_type,case_name") && sheet.lines().count() == 3, "{sheet}");
    let sheet = get("/look/1/arrivals.csv").1;
    assert!(sheet.lines().count() > 5 && sheet.contains("lost"), "{sheet}");
}
