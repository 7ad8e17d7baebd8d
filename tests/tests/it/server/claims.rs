//! Cases that are sought and claimed, and submissions that are pulled.

use base64::Engine as _;
use http::Request;
use openrosa_http::server::{CheckPolicy, Policy};

use super::site::{Site, block, create, form};

async fn ask(site: &Site, method: &str, path: &str, body: &str) -> (u16, String) {
    let basic = base64::engine::general_purpose::STANDARD.encode("amy:secret");
    let request = Request::builder().method(method).uri(format!("http://server.example{path}"));
    let request = request
        .header("Authorization", format!("Basic {basic}"))
        .header("X-OpenRosa-Version", "1.0")
        .header("Content-Type", "application/x-www-form-urlencoded");
    let answer = site.ask(request.body(body.to_owned().into()).unwrap()).await;
    (answer.status().as_u16(), String::from_utf8(answer.into_body()).unwrap())
}

/// Amy, and some cases that are not hers.
async fn sites() -> Vec<Site> {
    let sites = Site::all().await;
    for site in &sites {
        site.add("amy", "team").await;
        let aged = |id: &str, age: u32| {
            create(id, 1, "bob", &format!("<update><age>{age}</age><seen>2024-0{age}-01</seen></update>"))
        };
        let blocks = aged("b1", 1) + &aged("b2", 2) + &aged("b3", 3) + &create("b4", 1, "bob", "<close/>");
        site.takes_for("demo", &form("f1", &blocks)).await;
        site.database.add_domain("other").await.unwrap();
        site.takes_for("other", &form("f1", &create("o1", 1, "bob", "<update><age>2</age></update>"))).await;
    }
    sites
}

fn found(body: &str) -> Vec<&str> {
    body.split("case_id=\"").skip(1).map(|rest| &rest[..2]).collect()
}

#[tokio::test]
async fn cases_are_found_by_what_they_are() {
    for site in sites().await {
        for (query, ids) in [
            ("case_type=patient", &["b1", "b2", "b3"][..]),
            ("case_type=patient&include_closed=True", &["b1", "b2", "b3", "b4"]),
            ("case_type=patient&age=2", &["b2"]),
            ("case_type=patient&age=2&age=3", &["b2", "b3"]),
            ("case_type=patient&seen=__range__2024-02-01__2024-12-31", &["b2", "b3"]),
            ("case_type=patient&owner_id=bob&case_name=b1", &["b1"]),
            ("case_type=patient&age=%00", &[]),
            ("case_type=nothing", &[]),
        ] {
            let (status, body) = ask(&site, "GET", &format!("/a/demo/phone/search/?{query}"), "").await;
            assert_eq!((status, found(&body).as_slice()), (200, ids), "{}: {query}: {body}", site.engine);
        }
        assert_eq!(ask(&site, "GET", "/a/demo/phone/search/?age=2", "").await.0, 400, "no type");
    }
}

/// S-099: a claim is answered with 201, 204, 400 or 410.
#[tokio::test]
async fn a_claimed_case_comes_with_the_next_restore() {
    for site in sites().await {
        let claim = async |body: &str| ask(&site, "POST", "/a/demo/phone/claim-case/", body).await.0;
        let restored = async || ask(&site, "GET", "/a/demo/phone/restore/?version=2.0", "").await.1;
        assert!(!restored().await.contains("case_id=\"b1\""));
        assert_eq!(claim("case_id=b1").await, 201, "{}", site.engine);
        assert!(restored().await.contains("case_id=\"b1\""), "{}: it comes now", site.engine);
        assert_eq!(claim("case_id=b1").await, 204, "{}: it is claimed already", site.engine);
        assert_eq!(claim("case_id=b2&case_id=b1").await, 201);
        assert_eq!(claim("case_type=patient").await, 400, "no case");
        assert_eq!(claim("case_id=b3&case_id=nothing").await, 410);
        assert_eq!(claim("case_id=o1").await, 410, "{}: another domain's", site.engine);
        assert!(
            !restored().await.contains("case_id=\"b3\""),
            "{}: nothing is claimed by halves",
            site.engine
        );
    }
}

/// S-099: nobody claims for another user, as nobody restores as one.
#[tokio::test]
async fn nobody_claims_as_another() {
    for site in sites().await {
        site.add("bob", "team").await;
        let claim = async |body: &str| ask(&site, "POST", "/a/demo/phone/claim-case/", body).await.0;
        for (other, status) in
            [("bob", 403), ("bob@demo.commcarehq.org", 403), ("amy@demo.commcarehq.org", 201)]
        {
            let asked = format!("case_id=b1&commcare_login_as={}", other.replace('@', "%40"));
            assert_eq!(claim(&asked).await, status, "{}: {other}", site.engine);
            assert_eq!(
                site.restored("amy").await.contains("case_id=\"b1\""),
                status == 201,
                "{}",
                site.engine
            );
        }
    }
}

/// S-099: a case that no link can name is not claimed, and the reason is said.
#[tokio::test]
async fn what_no_link_can_name_is_not_claimed() {
    for site in sites().await {
        // Counted as CommCare HQ counts, it is short enough.
        let long = "\u{1f600}".repeat(150);
        let odd = |id: &str| create("w", 1, "bob", "").replace("case_id='w'", &format!("case_id='{id}'"));
        let blocks = odd(" w") + &odd(&long);
        site.takes_for("demo", &form("odd", &blocks)).await;
        let long: String = url::form_urlencoded::byte_serialize(long.as_bytes()).collect();
        for (asked, reason) in [("%20w".to_owned(), "white space"), (long, "300 long")] {
            let asked = format!("case_id={asked}");
            let (status, body) = ask(&site, "POST", "/a/demo/phone/claim-case/", &asked).await;
            assert!(status == 400 && body.contains(reason), "{}: {status} {body}", site.engine);
        }
    }
}

/// S-099: however many claim at once, there is one claim; and another one after that was closed.
#[tokio::test(flavor = "multi_thread")]
async fn a_case_is_claimed_once() {
    for site in sites().await {
        let claims = async |closed: bool| {
            let of_claims = |case: &openrosa_case::Case| &*case.case_type == "commcare-case-claim";
            let cases = site.cases().await.into_iter().filter(of_claims);
            cases
                .filter(|case| case.closed == closed)
                .map(|case| case.case_id.to_string())
                .collect::<Vec<_>>()
        };
        let claim = async || ask(&site, "POST", "/a/demo/phone/claim-case/", "case_id=b1").await.0;
        for times in 0..2 {
            let answers = futures_util::future::join_all((0..8).map(|_| claim())).await;
            assert!(answers.contains(&201), "{}: {answers:?}", site.engine);
            assert!(answers.iter().all(|answer| matches!(answer, 201 | 204)), "{}: {answers:?}", site.engine);
            let open = claims(false).await;
            assert_eq!((open.len(), claims(true).await.len()), (1, times), "{}", site.engine);
            site.takes_for("demo", &form(&format!("close {times}"), &block(&open[0], 9, "<close/>"))).await;
        }
    }
}

/// What others have sent is for staff.
#[tokio::test]
async fn plain_users_pull_nothing() {
    for site in Site::all().await {
        site.takes(&form("f1", "")).await;
        let domain = site.database.domain(None).await.unwrap();
        site.promote("amy", None).await;
        site.database.set_staff(&domain, "amy", false).await.unwrap();
        let key = "http://example.org/visit[@version=null and @uiVersion=null]/data[@key=f1]";
        let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        for path in [
            "/view/submissionList?formId=http://example.org/visit".to_owned(),
            format!("/view/downloadSubmission?formId={key}"),
        ] {
            let (status, body) = ask(&site, "GET", &path, "").await;
            assert_eq!(status, 403, "{}: {path}: {body}", site.engine);
            site.database.set_staff(&domain, "amy", true).await.unwrap();
            assert_eq!(ask(&site, "GET", &path, "").await.0, 200, "{}: {path}", site.engine);
            site.database.set_staff(&domain, "amy", false).await.unwrap();
        }
    }
}

/// S-099: a device that has not got the claimed case yet is told so with 201, however often; by a token whose restore had it, 204.
#[tokio::test]
async fn a_claim_is_done_once_its_case_is_there() {
    for site in sites().await {
        let restored = async |query: &str| {
            let (_, body) =
                ask(&site, "GET", &format!("/a/demo/phone/restore/?version=2.0{query}"), "").await;
            let token = body.split_once("<restore_id>").unwrap().1;
            token[..token.find('<').unwrap()].to_owned()
        };
        let claim = async |token: &str| {
            let basic = base64::engine::general_purpose::STANDARD.encode("amy:secret");
            let request = Request::post("http://server.example/a/demo/phone/claim-case/")
                .header("Authorization", format!("Basic {basic}"))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .header("X-CommCareHQ-LastSyncToken", token);
            site.ask(request.body("case_id=b1".into()).unwrap()).await.status().as_u16()
        };
        let first = restored("").await;
        assert_eq!((claim(&first).await, claim(&first).await), (201, 201), "{}", site.engine);
        let second = restored(&format!("&since={first}")).await;
        assert_eq!(claim(&second).await, 204, "{}", site.engine);
    }
}

/// With what the next page is asked for.
fn cursor(body: &str) -> String {
    let cursor = body.split_once("<resumptionCursor>").unwrap().1;
    cursor[..cursor.find('<').unwrap()].to_owned()
}

#[tokio::test]
async fn submissions_are_pulled_page_by_page() {
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        site.promote("amy", None).await;
        for number in 1..=3 {
            site.takes(&form(&format!("f{number}"), &block("c1", number, "<update><n>1</n></update>"))).await;
        }
        site.archive(&domain, "f2").await.unwrap();
        let list = "/view/submissionList?formId=http://example.org/visit&numEntries=1";
        let (status, body) = ask(&site, "GET", list, "").await;
        assert!(
            status == 200 && body.contains("<id>f1</id>") && !body.contains("f3"),
            "{}: {body}",
            site.engine
        );
        let told = cursor(&body);
        let (_, body) = ask(&site, "GET", &format!("{list}&cursor={told}"), "").await;
        assert!(body.contains("<id>f3</id>") && !body.contains("f2"), "{}: {body}", site.engine);
        assert_eq!(ask(&site, "GET", &format!("{list}&cursor=nonsense"), "").await.0, 400);
        // What comes back is told of to those who have been told of all that came behind it.
        let told = cursor(&body);
        site.unarchive(&domain, "f2").await.unwrap();
        let (_, body) = ask(&site, "GET", &format!("{list}&cursor={told}"), "").await;
        assert!(body.contains("<id>f2</id>"), "{}: {body}", site.engine);
        let (status, body) = ask(&site, "GET", &format!("{list}&cursor={}", cursor(&body)), "").await;
        assert!(status == 200 && !body.contains("<id>"), "{}: {status} {body}", site.engine);
        let key = "http://example.org/visit[@version=null and @uiVersion=null]/data[@key=f3]";
        let key: String = url::form_urlencoded::byte_serialize(key.as_bytes()).collect();
        let (status, body) = ask(&site, "GET", &format!("/view/downloadSubmission?formId={key}"), "").await;
        assert!(status == 200 && body.contains("instanceID=\"f3\""), "{}: {status} {body}", site.engine);
    }
}

/// Whoever was told of a form by its return goes on where it has come back once more since: what came meanwhile is not missed, and
/// what is told of twice is known by its id.
#[tokio::test]
async fn whoever_was_told_of_a_form_goes_on_where_it_has_come_back_once_more() {
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        site.promote("amy", None).await;
        for id in ["f1", "f2", "f3"] {
            site.takes(&form(id, "<q>1</q>")).await;
        }
        site.archive(&domain, "f2").await.unwrap();
        site.unarchive(&domain, "f2").await.unwrap();
        let list = "/view/submissionList?formId=http://example.org/visit&numEntries=9";
        let (_, body) = ask(&site, "GET", list, "").await;
        let told = format!("{list}&cursor={}", cursor(&body));

        site.takes(&form("f4", "<q>1</q>")).await;
        site.archive(&domain, "f2").await.unwrap();
        site.unarchive(&domain, "f2").await.unwrap();
        let (status, body) = ask(&site, "GET", &told, "").await;
        let all = ["f4", "f2"].iter().all(|id| body.contains(&format!("<id>{id}</id>")));
        assert!(status == 200 && all && !body.contains("<id>f1</id>"), "{}: {status} {body}", site.engine);
        // Also while it is away again, and where it is the last that there is.
        let told_again = format!("{list}&cursor={}", cursor(&body));
        site.archive(&domain, "f2").await.unwrap();
        for told in [&told, &told_again] {
            let (status, body) = ask(&site, "GET", told, "").await;
            assert!(status == 200 && !body.contains("f2"), "{}: {status} {body}", site.engine);
        }
    }
}

/// What is in quarantine is not told of: where it is let in and the rules do not allow it, it is told of then.
#[tokio::test]
async fn what_is_let_in_and_declined_is_pulled_by_those_who_are_ahead_of_it() {
    for mut site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        site.promote("amy", None).await;
        site.receive(Policy { check: CheckPolicy::Quarantine, ..Policy::default() });
        site.takes(&form("f1", &create("c1", 1, "amy", ""))).await;
        // A device would refuse this block, as it has no date.
        let link = "<index><parent case_type='x'>nobody</parent></index>";
        let odd = block("c1", 1, link).replace(" date_modified='2024-05-01T10:00:00Z'", "");
        site.takes(&form("f2", &odd)).await;
        site.takes(&form("f3", &block("c1", 3, ""))).await;
        let list = "/view/submissionList?formId=http://example.org/visit&numEntries=9";
        let (_, body) = ask(&site, "GET", list, "").await;
        assert!(body.contains("<id>f3</id>") && !body.contains("f2"), "{}: {body}", site.engine);
        let list = format!("{list}&cursor={}", cursor(&body));

        assert!(site.database.release(&domain, "f2").await.unwrap().declined.is_some(), "{}", site.engine);
        let (_, body) = ask(&site, "GET", &list, "").await;
        assert!(body.contains("<id>f2</id>") && !body.contains("f3"), "{}: {body}", site.engine);
    }
}

/// As where a copy was put back: the places of forms that were received since are given again, perhaps to the same forms, but not in
/// the same order.
#[tokio::test]
async fn whoever_pulls_begins_anew_where_the_server_went_back_to_a_copy() {
    const GO_BACK: [&str; 2] =
        ["DELETE FROM forms WHERE seq > 1", "UPDATE domains SET head = 1 WHERE name = ''"];
    for site in Site::all().await {
        site.promote("amy", None).await;
        for id in ["f1", "f2", "f3"] {
            site.takes(&form(id, "<q>1</q>")).await;
        }
        let list = "/view/submissionList?formId=http://example.org/visit&numEntries=9";
        let (_, body) = ask(&site, "GET", list, "").await;
        let told = format!("{list}&cursor={}", cursor(&body));
        let (_, body) = ask(&site, "GET", &list.replace('9', "1"), "").await;
        let told_one = format!("{list}&cursor={}", cursor(&body));
        assert_eq!(ask(&site, "GET", &told, "").await.0, 200, "{}", site.engine);
        let pool = site.pool().await;
        for since in [&[][..], &["f4", "f5", "f6"], &["f2"], &["f4", "f3"]] {
            for statement in GO_BACK {
                sqlx::query(statement).execute(&pool).await.unwrap();
            }
            for id in since {
                site.takes(&form(id, "<q>1</q>")).await;
            }
            assert_eq!(ask(&site, "GET", &told, "").await.0, 400, "{}: {since:?}", site.engine);
            let (status, body) = ask(&site, "GET", &told_one, "").await;
            let all = since.iter().all(|id| body.contains(&format!("<id>{id}</id>")));
            assert!(status == 200 && all && !body.contains("<id>f1</id>"), "{}: {body}", site.engine);
        }
    }
}

/// A version before named the place alone.
#[tokio::test]
async fn a_cursor_of_a_version_before_is_taken() {
    for site in Site::all().await {
        site.promote("amy", None).await;
        for id in ["f1", "f2"] {
            site.takes(&form(id, "<q>1</q>")).await;
        }
        let list = "/view/submissionList?formId=http://example.org/visit&cursor=1";
        let (status, body) = ask(&site, "GET", list, "").await;
        assert!(status == 200 && body.contains("<id>f2</id>"), "{}: {status} {body}", site.engine);
        assert!(!body.contains("<id>f1</id>"), "{}: {body}", site.engine);
    }
}
