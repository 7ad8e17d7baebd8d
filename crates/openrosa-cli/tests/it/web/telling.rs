//! What each view is there to tell.

use super::super::site::Site;
use super::{Visitor, fill_with_people};

/// Of a server that was filled with people.
const TOLD: [(&str, &[&str]); 9] = [
    (
        "/look/1/overview",
        &[
            "Arrivals a day",
            "<rect class=\"normal\"",
            "From phone to server",
            "To be looked at",
            "Last arrivals",
        ],
    ),
    // It was edited.
    ("/look/1/submissions/1", &["Its place was taken by", "<bdi>f5</bdi>", "An edit took its place"]),
    (
        "/look/1/submissions/2",
        &[
            "neema",
            "<img src=\"/look/1/submissions/2/file?name=photo.png\"",
            "page.html",
            "answered 201 in",
            "user-agent",
        ],
    ),
    (
        "/look/1/refused",
        &[
            "In quarantine",
            "the case id is empty",
            "which is not known",
            "the name or the password was wrong",
            "the form cannot be read",
            "another password: openrosa admin --database server.db user password NAME<",
        ],
    ),
    ("/look/1/forms", &["<bdi>http://example.org/visit</bdi>", "data-label=\"Version\"><bdi>7</bdi>"]),
    ("/look/1/case?id=baraka", &["middle closed\"", "nothing that this user has open leads to it", "closed"]),
    (
        "/look/1/case?id=household",
        &["owned, open and available", "created</span> by <bdi>amina</bdi>", "soap"],
    ),
    ("/look/1/people", &["amina", "never", "staff"]),
    ("/look/1/person?name=amina", &["<bdi>clinic</bdi>", "everything", "Neema", "f4"]),
];

#[test]
fn each_view_tells_what_it_is_there_for() {
    let site = Site::new();
    let server = site.serve(" --check quarantine");
    fill_with_people(&site, &server);
    let visitor = Visitor::new(&site, &server);
    assert_eq!(visitor.sign_in("boss", "", "correct horse"), "303");
    visitor.refused();
    for (address, told) in TOLD {
        let (status, page) = visitor.get(address);
        assert_eq!(status, "200", "{address}");
        for what in told {
            assert!(page.contains(what), "{address} does not say {what}: {page}");
        }
    }
}
