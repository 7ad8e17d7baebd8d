//! Who may look, and what nobody can make somebody else's browser do.

use std::fs;

use super::super::site::{Server, Site};
use super::{Visitor, fill};

const AMINA: &str = "user add amina --id u1 --password-env P";
const BOSS: &str = "user add boss --staff --password-env P";

#[test]
fn without_users_this_machine_may_look_and_nobody_else() {
    let site = Site::new();
    let server = site.serve("");
    let status = |arguments: &[&str]| server.curl(site.path(), arguments, "/look/1/overview").0;
    assert_eq!(status(&[]), "200");
    let people = server.curl(site.path(), &[], "/look/1/people").1;
    assert!(
        people.contains("<code>openrosa admin --database server.db user add NAME --staff</code>"),
        "{people}"
    );
    for header in ["Host: evil.example", "X-Forwarded-For: 10.0.0.1", "Forwarded: for=10.0.0.1"] {
        assert_eq!(status(&["--header", header]), "303", "{header}");
    }
    let (status, page) = server.curl(site.path(), &["--header", "Host: evil.example"], "/look/sign-in");
    assert_eq!(status, "403");
    assert!(page.contains("openrosa admin --database PLACE user add NAME --staff"), "{page}");
    assert!(!page.contains("server.db"), "where the database is, strangers are not told: {page}");
}

/// Of a user who is in a domain, the domain is named, too.
#[test]
fn what_is_advised_about_a_domain_names_it() {
    let site = Site::new();
    let server = site.serve(" --files photos");
    site.admin("--files photos domain add demo");
    let people = server.curl(site.path(), &[], "/look/2/people").1;
    let command =
        "<code>openrosa admin --database server.db --files photos user add NAME --staff --domain demo</code>";
    assert!(people.contains(command), "{people}");
}

#[test]
fn behind_a_proxy_nobody_looks_without_a_name() {
    let site = Site::new();
    let server = site.serve(" --behind-proxy");
    assert_eq!(server.curl(site.path(), &[], "/look/1/overview").0, "303");
}

#[test]
fn staff_may_look_and_other_users_may_not() {
    let site = Site::new();
    let server = site.serve("");
    let visitor = Visitor::new(&site, &server);
    site.admin(AMINA);
    assert_eq!(visitor.get("/look/1/overview").0, "303", "users shut the door behind them");
    assert!(visitor.get("/look/sign-in").1.contains("user staff NAME"));
    site.admin(BOSS);
    assert_eq!(visitor.sign_in("amina", "", "correct horse"), "403");
    assert_eq!(visitor.sign_in("boss", "", "wrong horse"), "403");
    assert_eq!(visitor.sign_in("nobody", "", "correct horse"), "403");
    assert_eq!(visitor.get("/look/1/overview").0, "303");
    assert_eq!(visitor.sign_in("boss", "", "correct horse"), "303");
    let (status, page) = visitor.get("/look/1/people");
    assert_eq!(status, "200");
    assert!(page.contains("amina") && page.contains("Sign out"), "{page}");
    site.admin("user unstaff boss");
    assert_eq!(visitor.get("/look/1/people").0, "303", "at once");
    site.admin("user staff boss");
    assert_eq!(visitor.get("/look/1/people").0, "200");
    site.admin("user password boss --password-env P");
    assert_eq!(visitor.get("/look/1/people").0, "303", "whoever knew the password before is out");
    assert_eq!(visitor.sign_in("boss", "", "correct horse"), "303");
    let token = visitor.token("/look/1/upload");
    assert_eq!(visitor.post("/look/sign-out", &[("token", &token)], &[]).0, "303");
    assert_eq!(visitor.get("/look/1/people").0, "303");
}

/// A copy of the cookie, as of a machine that people share, is worth nothing from then on, also to a server that was started anew;
/// where the same user is signed in elsewhere, nothing changes.
#[test]
fn who_signs_out_is_out_with_every_copy_of_the_cookie() {
    let site = Site::new();
    let server = site.serve("");
    site.admin(BOSS);
    let visitor = Visitor::new(&site, &server);
    let jar = |name: &str| site.path().join(name);
    assert_eq!(visitor.sign_in("boss", "", "correct horse"), "303");
    fs::rename(jar("jar"), jar("elsewhere")).expect("there are cookies");
    assert_eq!(visitor.sign_in("boss", "", "correct horse"), "303");
    fs::copy(jar("jar"), jar("copy")).expect("there are cookies");
    let statuses = |server: &Server| {
        ["copy", "elsewhere"].map(|jar| server.curl(site.path(), &["--cookie", jar], "/look/1/people").0)
    };
    assert_eq!(statuses(&server), ["200", "200"]);
    let token = visitor.token("/look/1/upload");
    assert_eq!(visitor.post("/look/sign-out", &[("token", &token)], &[]).0, "303");
    assert_eq!(statuses(&server), ["303", "200"]);
    server.stop();
    assert_eq!(statuses(&site.serve("")), ["303", "200"]);
}

#[test]
fn staff_of_a_domain_sees_that_domain() {
    let site = Site::new();
    let server = site.serve("");
    site.admin("domain add demo");
    site.admin("domain add other");
    site.admin(&format!("{BOSS} --domain demo"));
    let visitor = Visitor::new(&site, &server);
    assert_eq!(visitor.sign_in("boss", "", "correct horse"), "403");
    assert_eq!(visitor.sign_in("boss", "demo", "correct horse"), "303");
    assert_eq!(visitor.get("/look/2/overview").0, "200");
    assert_eq!(visitor.get("/look/1/overview").0, "303", "to the domain that there is for it");
    for path in ["/look/3/overview", "/look/3/arrivals", "/look/3/live", "/look/99/overview"] {
        assert_eq!(visitor.get(path).0, "404", "{path}");
    }
}

#[test]
fn a_change_wants_a_token_and_a_page_of_ours() {
    let site = Site::new();
    let server = site.serve("");
    fill(&site, &server, &[]);
    let visitor = Visitor::new(&site, &server);
    let token = visitor.token("/look/1/submissions/3");
    let archive = |token: &str, more: &[&str]| {
        visitor.post("/look/1/submissions/3/archive", &[("token", token)], more).0
    };
    assert_eq!(archive("", &[]), "403");
    assert_eq!(archive(&token.to_ascii_uppercase(), &[]), "403");
    assert_eq!(archive(&token, &["--header", "Origin: https://evil.example"]), "403");
    assert_eq!(archive(&token, &["--header", "Sec-Fetch-Site: cross-site"]), "403");
    assert!(site.admin("form list --state archived").starts_with("0 forms"));
    let origin = format!("Origin: {}", server.url);
    assert_eq!(archive(&token, &["--header", &origin]), "303");
    assert!(site.admin("form list --state archived").ends_with("1 form\n"));
    let (_, page) = server.curl(site.path(), &["--include"], "/look/1/overview");
    for header in [
        "content-security-policy: default-src 'none'",
        "httponly; samesite=strict",
        "cache-control: no-store",
    ] {
        assert!(page.to_ascii_lowercase().contains(header), "{header}");
    }
}

#[test]
fn whoever_guesses_has_to_wait() {
    let site = Site::new();
    let server = site.serve("");
    site.admin(BOSS);
    let visitor = Visitor::new(&site, &server);
    for _ in 0..5 {
        assert_eq!(visitor.sign_in("boss", "", "wrong"), "403");
    }
    assert_eq!(visitor.sign_in("boss", "", "correct horse"), "403", "right, and too soon");
}

/// Addresses of devices are not those of pages, and the other way round.
#[test]
fn devices_find_what_is_theirs() {
    let site = Site::new();
    let server = site.serve("");
    assert_eq!(server.curl(site.path(), &[], "/").0, "303");
    assert_eq!(server.curl(site.path(), &[], "/formList").0, "404", "there is no folder of forms");
    assert_eq!(server.curl(site.path(), &["--head"], "/submission").0, "204");
    assert_eq!(
        server.curl(site.path(), &["--head"], "/look/submission").0,
        "204",
        "a user of KoBoToolbox called `look`"
    );
}

/// The door between users and nobody: `X-Forwarded-Proto` of a proxy that is trusted, which speaks http with this server.
#[test]
fn a_cookie_goes_by_https_where_the_browser_came_so() {
    let site = Site::new();
    let cookie = |server: &Server, said: &[&str]| {
        let page = server.curl(site.path(), &[&["--include"], said].concat(), "/look/sign-in").1;
        let page = page.to_ascii_lowercase();
        page.lines().find(|line| line.starts_with("set-cookie:")).expect("a cookie").contains("; secure")
    };
    let (https, http) = (["--header", "X-Forwarded-Proto: https"], ["--header", "X-Forwarded-Proto: http"]);
    let server = site.serve(" --behind-proxy");
    assert!(cookie(&server, &https));
    assert!(!cookie(&server, &http) && !cookie(&server, &[]));
    server.stop();
    let server = site.serve("");
    assert!(!cookie(&server, &https), "who is nobody's proxy is not believed");
    server.stop();
    assert!(cookie(&site.serve(" --behind-proxy --known-as https://forms.example"), &http));
}

/// Signing in, too, and signing out.
#[test]
fn so_does_the_cookie_of_who_signed_in() {
    let site = Site::new();
    let server = site.serve(" --behind-proxy");
    site.admin(BOSS);
    let said = ["--include", "--header", "X-Forwarded-Proto: https"];
    let (_, page) = server.curl(site.path(), &said, "/look/sign-in");
    let after = |page: &str, begin: &str, end: char| {
        let rest = page.split_once(begin).unwrap_or_else(|| panic!("{begin}: {page}")).1;
        rest.split_once(end).expect("it ends").0.to_owned()
    };
    let jar = format!("Cookie: {}", after(&page, "set-cookie: ", ';'));
    let token = format!("token={}", after(&page, "name=\"token\" value=\"", '"'));
    let fields = ["--header", &jar, "--data-urlencode", &token, "--data", "to=&name=boss"];
    let password = ["--data-urlencode", "password=correct horse"];
    let (status, page) = server.curl(site.path(), &[&said[..], &fields, &password].concat(), "/look/sign-in");
    assert_eq!(status, "303", "{page}");
    assert!(page.contains("HttpOnly; SameSite=Strict; Secure"), "{page}");
}
