//! Something to look at: submissions of every outcome, cases with relatives, a photo, a user.

use std::fs;

use super::super::site::{Server, Site};
use super::Visitor;

const CASE: &str = "http://commcarehq.org/case/transaction/v2";

/// Every view of a server that was [filled](fill_with_people), but those of [what was refused](views).
const VIEWS: [&str; 25] = [
    "/look/1/overview",
    "/look/1/arrivals",
    "/look/1/arrivals?form=http%3A%2F%2Fexample.org%2Fvisit",
    "/look/1/arrivals?user=amina&state=normal",
    "/look/1/arrivals?state=error",
    "/look/1/submissions/1",
    "/look/1/submissions/2",
    "/look/1/submissions/find?form=http%3A%2F%2Fexample.org%2Fvisit&instance=wrong",
    "/look/1/submissions/find?form=http%3A%2F%2Fexample.org%2Fvisit&instance=lost",
    "/look/1/refused",
    "/look/1/forms",
    "/look/1/cases",
    "/look/1/cases?id=nobody",
    "/look/1/cases/list?type=patient",
    "/look/1/cases/list?type=patient&closed=1",
    "/look/1/cases/list?type=patient&name=nee",
    "/look/1/case?id=neema",
    "/look/1/case?id=household",
    "/look/1/people",
    "/look/1/people?after=juma",
    "/look/1/person?name=amina",
    "/look/1/person?name=juma",
    "/look/1/person?name=%3Cimg%2Fsrc%3Dx%2Fonerror%3Dwindow.hacked%3D1%3E",
    "/look/1/upload",
    "/look/sign-in",
];

/// A smallest picture.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\0\0\0\rIDATx\x9cc\xf8\xcf\xc0\xf0\
                     \x1f\0\x05\0\x01\xff\x89\x99=\x1d\0\0\0\0IEND\xaeB`\x82";

pub(crate) fn block(id: &str, actions: &str) -> String {
    format!(
        "<case xmlns='{CASE}' case_id='{id}' user_id='u1' date_modified='2026-05-01T10:00:00Z'>{actions}</case>"
    )
}

pub(crate) fn create(case_type: &str, name: &str, owner: &str, more: &str) -> String {
    format!(
        "<create><case_type>{case_type}</case_type><case_name>{name}</case_name><owner_id>{owner}</owner_id></create>{more}"
    )
}

pub(crate) fn form(instance: &str, body: &str) -> String {
    format!(
        "<data xmlns='http://example.org/visit' version='7'>{body}<meta xmlns='http://openrosa.org/jr/xforms'>\
         <timeEnd>2026-05-01T10:00:00Z</timeEnd><instanceID>{instance}</instanceID></meta></data>"
    )
}

/// Stock of the household: so much of each product of one section.
fn balance(products: &str) -> String {
    format!(
        "<balance xmlns='http://commcarehq.org/ledger/v1' entity-id='household' date='2026-05-01T10:00:00Z' \
         section-id='cupboard'>{products}</balance>"
    )
}

/// Sends a form; the status of the answer.
pub(crate) fn send(site: &Site, server: &Server, form: impl AsRef<[u8]>, more: &[&str]) -> String {
    fs::write(site.path().join("sent.xml"), form).expect("a file");
    let arguments = [&["--form", "xml_submission_file=@sent.xml"], more].concat();
    server.curl(site.path(), &arguments, "/submission").0
}

/// Sends one form of each kind. `more` is said with each request, such as who sends.
pub(crate) fn fill(site: &Site, server: &Server, more: &[&str]) {
    let send = |form: &str, also: &[&str]| send(site, server, form, &[more, also].concat());
    fs::write(site.path().join("photo.png"), PNG).expect("a file");
    fs::write(site.path().join("page.html"), "<script>window.hacked = 1</script>").expect("a file");
    let parent = "<index><parent case_type='household'>household</parent></index>";
    let host = "<index><host case_type='patient' relationship='extension'>neema</host></index>";
    let household =
        block("household", &create("household", "Juma", "u1", "<update><village>Kibaha</village></update>"));
    assert_eq!(send(&form("f1", &household), &[]), "201");
    let patients = block("neema", &create("patient", "Neema", "u1", parent))
        + &block("baraka", &create("patient", "Baraka", "u1", parent));
    let files = ["--form", "photo.png=@photo.png", "--form", "page.html=@page.html"];
    assert_eq!(send(&form("f2", &patients), &files), "201");
    assert_eq!(
        send(&form("f3", &block("referral", &create("referral", "To the clinic", "clinic", host))), &[]),
        "201"
    );
    assert_eq!(send(&form("f4", &block("baraka", "<close/>")), &[]), "201");
    assert_eq!(send(&form("f4", &block("baraka", "<close/>")), &[]), "201", "known already");
    assert_eq!(send(&form("f4", ""), &[]), "409");
    let edit =
        form("f5", "<village/>").replace("<instanceID>", "<deprecatedID>f1</deprecatedID><instanceID>");
    assert_eq!(send(&edit.replace("<village/>", &household), &[]), "201");
    let stock = balance("<entry id='soap' quantity='9'/><entry id='bandages' quantity='4'/>");
    assert_eq!(send(&form("f6", &stock), &[]), "201");
    assert_eq!(send(&form("f7", &balance("<entry id='soap' quantity='6'/>")), &[]), "201");
    let lost = block(
        "lost",
        &create("patient", "Lost", "u1", "<index><parent case_type='household'>gone</parent></index>"),
    );
    assert_eq!(send(&form("lost", &lost), &[]), "202");
    assert_eq!(send(&form("wrong", &block("", "<update><a>1</a></update>")), &[]), "202");
    assert_eq!(send("<data><broken>", &[]), "400");
}

/// One who sends all that and has synced, one who has not, one with a name to be careful with, and staff, called boss: all with the
/// same password. And an attempt with another.
pub(crate) fn fill_with_people(site: &Site, server: &Server) {
    site.admin("user add boss --staff --password-env P");
    site.admin("user add amina --id u1 --group clinic --password-env P");
    site.admin("user add juma --password-env P");
    site.admin(&format!("user add {NAME} --password-env P"));
    let amina = ["--user", "amina:correct horse"];
    fill(site, server, &amina);
    let wrong = ["--user", "amina:wrong horse", "--form", "xml_submission_file=@sent.xml"];
    assert_eq!(server.curl(site.path(), &wrong, "/submission").0, "401");
    assert_eq!(server.curl(site.path(), &amina, "/phone/restore/?version=2.0").0, "200");
}

/// A user whose name is markup.
pub(crate) const NAME: &str = "<img/src=x/onerror=window.hacked=1>";

/// The addresses of every view of a server that was [filled](fill_with_people).
pub(crate) fn views(site: &Site, server: &Server) -> Vec<String> {
    let visitor = Visitor::new(site, server);
    assert_eq!(visitor.sign_in("boss", "", "correct horse"), "303");
    let refused = visitor.refused();
    // What cannot be read, what contradicts what is there, and who was not known.
    assert_eq!(refused.len(), 3, "{refused:?}");
    VIEWS.iter().map(|view| (*view).to_owned()).chain(refused).collect()
}
