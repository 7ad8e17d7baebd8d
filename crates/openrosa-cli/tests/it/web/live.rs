//! Arrivals that show by themselves.

use std::thread::sleep;
use std::time::{Duration, Instant};

use super::super::site::Site;
use super::content::{form, send};
use super::{Browser, fill};

fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}");
        sleep(Duration::from_millis(50));
    }
}

#[test]
fn what_arrives_shows_by_itself_where_it_is_wanted() {
    let site = Site::new();
    let server = site.serve("");
    let (Some(browser), Some(other)) = (Browser::open(), Browser::open()) else { return };
    browser.go(&format!("{}/look/1/arrivals", server.url));
    other.go(&format!("{}/look/1/arrivals?form=another", server.url));
    until("it listens", || browser.text("#live").contains("by themselves"));
    until("it listens", || other.text("#live").contains("by themselves"));
    send(&site, &server, form("f1", ""), &[]);
    until("the form shows", || browser.text("#live") == "1 new arrival");
    assert!(browser.text("#arrivals tbody tr").contains("f1"));
    send(&site, &server, "<data><broken>", &[]);
    until("so does a refusal", || browser.text("#live") == "2 new arrivals");
    assert!(browser.text("#arrivals tbody tr").contains("the form cannot be read"));
    assert!(other.text("#live").contains("by themselves"), "who looks at another form is not told");
    assert_eq!(browser.complaints().into_iter().filter(|line| line.contains("Security Policy")).count(), 0);
    browser.follow("#arrivals tbody tr:last-child a");
    assert!(browser.url().contains("/look/1/submissions/"), "{}", browser.url());
}

#[test]
fn a_server_ends_though_somebody_looks() {
    let site = Site::new();
    let server = site.serve("");
    fill(&site, &server, &[]);
    let Some(browser) = Browser::open() else { return };
    browser.go(&format!("{}/look/1/arrivals", server.url));
    until("it listens", || browser.text("#live").contains("by themselves"));
    let begun = Instant::now();
    server.stop();
    assert!(begun.elapsed() < Duration::from_secs(20), "it waited for the reader");
}
