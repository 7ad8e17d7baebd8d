//! Whatever the router answers is in some test's list.

use std::fs;
use std::path::{Path, PathBuf};

use super::super::site::Site;
use super::{Visitor, fill_with_people, views};

/// What is no page, of a server that was filled with people: how each begins, or a word of it.
const FILES: [(&str, &str); 8] = [
    ("/look/1/arrivals.csv", "received,instance_id,form"),
    ("/look/1/submissions/3/xml", "<data xmlns"),
    ("/look/1/submissions/3/json", "\"instance_id\":\"f3\""),
    ("/look/1/submissions/2/file?name=page.html", "<script>"),
    ("/look/1/cases/csv?type=patient", "case_id,case_type,case_name"),
    ("/look/1/case/json?id=neema", "\"case_name\":\"Neema\""),
    ("/look/assets/mark.svg", "<svg"),
    // It goes on: what it says at once is nothing.
    ("/look/1/live", ""),
];

/// The addresses below `/look/` to which the router answers by this method, as it is written.
fn routes(method: &str) -> Vec<&'static str> {
    let written = include_str!("../../../src/web.rs").split(".route(").skip(1);
    let address = |route: &'static str| route.split('"').nth(1).expect("an address");
    let routes = written.filter(|route| route.contains(method)).map(address);
    routes.filter(|address| address.starts_with("/look/")).collect()
}

/// The route that answers there: of those that fit, the one that leaves the least open.
fn route_of<'r>(routes: &[&'r str], address: &str) -> Option<&'r str> {
    let path = address.split('?').next().unwrap_or_default();
    let fits = |route: &&&str| {
        let pairs = route.split('/').zip(path.split('/'));
        route.split('/').count() == path.split('/').count()
            && pairs.into_iter().all(|(pattern, part)| pattern.starts_with('{') || pattern == part)
    };
    routes.iter().filter(fits).min_by_key(|route| route.matches('{').count()).copied()
}

/// The files of a folder and of those in it.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn every_address_of_the_router_is_in_a_list() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    fill_with_people(&site, &server);
    let (routes, visitor) = (routes("get("), Visitor::new(&site, &server));
    assert!(routes.len() > 20, "{routes:?}");
    let views = views(&site, &server);
    let mut missed = routes.clone();
    let mut seen = |address: &str| {
        let route = route_of(&routes, address).unwrap_or_else(|| panic!("{address} is nowhere"));
        missed.retain(|other| *other != route);
    };
    for address in &views {
        let (status, page) = visitor.get(address);
        let is_moved = address.contains("/find?") && status == "303";
        assert!(is_moved || status == "200" && page.contains("<h1>"), "{address}: {status} {page}");
        seen(address);
    }
    for (address, what) in FILES {
        // One of them does not end.
        let (status, text) = visitor.get_for(address, 1);
        assert!(status == "200" && text.contains(what), "{address}: {status} {text}");
        seen(address);
    }
    assert_eq!(
        missed, [""; 0],
        "these are in no list: views are walked and audited, the others are in FILES"
    );
}

/// Whoever signed in has a cookie, which a page of somebody else's cannot read, and neither can it make up the token.
#[test]
fn no_change_is_made_without_the_token_of_a_page() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    fill_with_people(&site, &server);
    let visitor = Visitor::new(&site, &server);
    assert_eq!(visitor.sign_in("boss", "", "correct horse"), "303");
    let before = site.admin("form list --json");
    let changes = routes("post(");
    assert!(changes.len() > 7, "{changes:?}");
    // All that any of them asks for.
    let fields = [
        ("id", "neema"),
        ("xml", "PGEvPg=="),
        ("to", ""),
        ("name", "boss"),
        ("password", "correct horse"),
        ("text", "<a/>"),
    ];
    for route in changes {
        let path = route.replace("{domain}", "1").replace("{seq}", "3");
        let status = match path.ends_with("/upload") {
            true => visitor.send(&path, &[("token", "wrong"), ("text", "<a/>")]),
            false => visitor.post(&path, &[&[("token", "wrong")][..], &fields].concat(), &[]).0,
        };
        assert_eq!(status, "403", "{path}");
    }
    assert_eq!(site.admin("form list --json"), before);
    assert_eq!(visitor.get("/look/1/overview").0, "200", "nobody was signed out");
}

/// A link that a message has cut off, a number of somebody's own, a form that an extension of the browser has sent.
#[test]
fn what_cannot_be_meant_is_answered_by_a_page() {
    let site = Site::new();
    let server = site.serve("");
    let visitor = Visitor::new(&site, &server);
    let get = |path: &str| {
        let (status, page) = visitor.get_for(path, 1);
        let is_page = page.contains("<h1>") && ["403", "404"].contains(&status.as_str());
        assert!(status == "200" || is_page, "{path}: {status} {page}");
        status
    };
    for route in routes("get(") {
        for number in ["abc", "9223372036854775808", "%FF"] {
            let path = route.replace("{domain}", "1").replace("{seq}", number).replace("{number}", number);
            get(&path.replace("{name}", number));
            get(&format!("{path}?before={number}&id&type=%00"));
        }
    }
    assert_eq!(get("/look/1/arrivals?before=abc"), "404");
    assert_eq!(get("/look/1/case"), "404");
    for route in routes("post(") {
        let path = route.replace("{domain}", "1").replace("{seq}", "1");
        let (status, page) = visitor.post(&path, &[("id", "c1")], &[]);
        assert!(status == "403" && page.contains("<h1>"), "{path}: {status} {page}");
    }
    let large = format!("token={}", "x".repeat(100_000));
    fs::write(site.path().join("large"), large).expect("a file");
    let (status, page) = visitor.post("/look/sign-in", &[], &["--data", "@large"]);
    assert!(status == "409" && page.contains("<h1>"), "{status} {page}");
}

/// Whoever cuts an address short or mistypes it is a person, and gets no XML.
#[test]
fn an_address_that_is_none_is_answered_by_a_page() {
    let site = Site::new();
    let server = site.serve("");
    let visitor = Visitor::new(&site, &server);
    for short in ["/look", "/look/", "/look/1", "/look/1/"] {
        assert_eq!(visitor.get(short).0, "303", "{short}");
    }
    let none = ["/look/1/nothing", "/look/1/overview/", "/look/7/people"];
    let not_to_be_seen = ["/look/sign-out", "/look/1/submissions/1/archive", "/look/1/case/rebuild"];
    for (addresses, told) in [(&none[..], "404"), (&not_to_be_seen, "405")] {
        for address in addresses {
            let (status, page) = visitor.get(address);
            assert!(status == told && page.contains("<h1>Nothing here"), "{address}: {status} {page}");
        }
    }
    assert_eq!(visitor.get("/look/formList").0, "404", "that of a user of KoBoToolbox called `look`");
    assert!(!visitor.get("/look/formList").1.contains("<h1>"));
    let (status, sheet) = visitor.get("/look/1/cases/csv");
    assert!(status == "200" && sheet.starts_with("case_id,"), "{status} {sheet}");
}

#[test]
fn all_addresses_are_written_in_one_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web");
    for path in sources(&folder).iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs")) {
        let source = fs::read_to_string(path).expect("a file");
        assert!(!source.contains(".route("), "{}", path.display());
    }
}
