//! Tokens in addresses, bearer tokens, users who may not work any more, and users of other projects.

use axum::Router;
use axum::body::Body;
use http::Request;
use openrosa_xml::FormList;

use super::super::{
    AccountList, Accounts, Admission, Authentication, BasicOver, Caller, DigestAccount, Front, MemoryBackend,
    MemoryForms, Rejection, RestoreCall, Restored, Restores,
};
use super::{Answer, ask, form, get, post, record, request, target, xml};
use crate::api::inactive::Inactive;
use crate::auth::digest::verifier::DigestSecret;
use crate::auth::{Credentials, Secret, basic, bearer};

const TOKEN: &str = "s3cr3t!$";

fn front() -> Front {
    let accounts =
        AccountList::new([Credentials::new("amina", "x")]).with_token("tablet 7", Secret::new(TOKEN));
    Front::new(Authentication::of("clinic", accounts).unwrap().with_basic(BasicOver::Any))
}

fn forms() -> MemoryForms {
    let forms = MemoryForms::new();
    forms.publish("visit", None, "Visit", "<visit/>");
    forms
}

/// R-082: a token opens the door from the path and from the query, to its exact value; the addresses in a list have it again,
/// as their reader has nothing else to show there.
#[tokio::test]
async fn a_token_in_the_address_opens_the_door() {
    let routes = front().forms(forms());
    let escaped = "s3cr3t%21%24";
    for address in [
        format!("/key/{TOKEN}/formList"),
        format!("/key/{escaped}/formList/"),
        format!("/v1/key/{TOKEN}/projects/7/formList"),
        format!("/formList?st={escaped}"),
        format!("/v1/projects/7/formList?deviceID=d&st={TOKEN}"),
    ] {
        let answer = get(&routes, &address).await;
        assert_eq!(answer.status, 200, "{address}");
        let list = FormList::read(&answer.body).unwrap();
        let form = list.forms().next().unwrap().unwrap();
        assert_eq!(get(&routes, &target(&form.download_url)).await.body, "<visit/>", "{}", form.download_url);
    }
}

/// R-082: a wrong token is refused without a challenge, whoever else the caller may be, and is not repeated to anybody.
#[tokio::test]
async fn a_wrong_token_is_not_made_good_by_a_password() {
    let routes = front().forms(forms()).merge(front().receiver(MemoryBackend::new()).router());
    let right = basic::authorization(&Credentials::new("amina", "x")).unwrap();
    for wrong in ["S3cr3t!$", "s3cr3t!", "s3cr3t!$$", "%00", "a%2Fb"] {
        for address in [
            format!("/key/{wrong}/formList"),
            format!("/formList?st={wrong}"),
            format!("/submission?st={wrong}"),
            format!("/v1/key/{wrong}/projects/7/submission"),
        ] {
            let method = if address.contains("/submission") { "HEAD" } else { "GET" };
            let request = request(method, &address).header("Authorization", right.clone());
            let answer = ask(&routes, request.body(Body::empty()).unwrap()).await;
            assert_eq!((answer.status, answer.header("www-authenticate")), (403, ""), "{address}");
            let told = format!("{:?}{}", answer.headers, answer.body);
            assert!(
                !told.to_lowercase().contains("s3cr3t") && answer.header("location").is_empty(),
                "{told}"
            );
        }
    }
}

/// R-082: the receiver knows who came by a token.
#[tokio::test]
async fn a_submission_may_come_by_token() {
    let backend = MemoryBackend::new();
    let routes = front().receiver(backend.clone()).router();
    let sent = post(&format!("/v1/key/{TOKEN}/projects/7/submission"), &[xml(&form("1", "a"))]);
    assert_eq!(ask(&routes, sent).await.status, 201);
    let sender = backend.submission(&record("1")).unwrap().sender;
    assert_eq!((sender.user.as_deref(), sender.domain.as_deref()), (Some("tablet 7"), Some("7")));
    assert!(!format!("{sender:?}").contains(TOKEN));
}

#[tokio::test]
async fn a_bearer_token_goes_where_passwords_go() {
    let knock = async |front: Front, token: &str| {
        let authorization = bearer::authorization(&Secret::new(token)).unwrap();
        let request = request("HEAD", "/formList").header("Authorization", authorization);
        ask(&front.forms(forms()), request.body(Body::empty()).unwrap()).await.status
    };
    assert_eq!(knock(front(), TOKEN).await, 204);
    assert_eq!(knock(front(), "s3cr3t").await, 401);
    let accounts = AccountList::default().with_token("tablet 7", Secret::new(TOKEN));
    let open = Front::new(Authentication::of("clinic", accounts).unwrap());
    assert_eq!(knock(open, TOKEN).await, 401, "it would be heard");
}

/// Users by project. Only hashes are kept of one, who therefore has no Digest.
struct Projects;

impl Accounts for Projects {
    async fn by_password(&self, given: &Credentials, domain: Option<&str>) -> Result<Admission, Rejection> {
        Ok(match (given.user(), given.expose_password(), domain) {
            ("amina@north.commcarehq.org", "x", Some("north")) => Admission::Granted("amina".into()),
            ("musa@north.commcarehq.org", "x", Some("north")) => {
                Admission::Inactive(Inactive::new("user.deactivated", "Musa may not work any more"))
            }
            _ => Admission::Denied,
        })
    }
}

/// Hands the name of its caller out.
struct Names;

impl Restores for Names {
    async fn restore(&self, _: &RestoreCall, caller: &Caller) -> Result<Restored, Rejection> {
        Ok(Restored::GoneAstray(format!("{:?} of {:?}", caller.user, caller.domain)))
    }
}

async fn restore(domain: &str, user: &str, password: &str) -> Answer {
    let authentication = Authentication::of("clinic", Projects).unwrap();
    let routes: Router = Front::new(authentication.with_basic(BasicOver::Any)).restores(Names);
    let authorization = basic::authorization(&Credentials::new(user, password)).unwrap();
    let request = Request::get(format!("/a/{domain}/phone/restore/")).header("Authorization", authorization);
    ask(&routes, request.body(Body::empty()).unwrap()).await
}

/// The host is told who was let in, by the host's own name, and into which project; a user of another one is nobody there.
#[tokio::test]
async fn users_are_at_home_in_their_project() {
    let let_in = restore("north", "amina@north.commcarehq.org", "x").await;
    assert_eq!(let_in.message(), r#"Some("amina") of Some("north")"#);
    assert_eq!(restore("south", "amina@north.commcarehq.org", "x").await.status, 401);
}

/// ota-restore.md 1.6: who has proved to be a deactivated user gets 406, in JSON; nobody else learns of it.
#[tokio::test]
async fn who_may_not_work_any_more_is_told_so() {
    let answer = restore("north", "musa@north.commcarehq.org", "x").await;
    assert_eq!((answer.status, answer.header("content-type")), (406, "application/json"));
    assert!(Inactive::read(&answer.body).is_some(), "{}", answer.body);
    assert_eq!(restore("north", "musa@north.commcarehq.org", "y").await.status, 401);
}

/// What is answered to an unknown name, to a wrong password and to a user of another project is the same to the byte.
#[tokio::test]
async fn no_answer_tells_which_names_exist() {
    let plain = |mut answer: Answer| {
        answer.headers.remove("date");
        format!("{answer:?}")
    };
    let unknown = plain(restore("north", "nobody", "x").await);
    assert_eq!(unknown, plain(restore("north", "amina@north.commcarehq.org", "wrong").await));
    assert_eq!(unknown, plain(restore("north", "musa@north.commcarehq.org", "wrong").await));
    assert_eq!(
        unknown,
        plain(restore("south", "amina@north.commcarehq.org", "x").await).replace("south", "north")
    );
}

/// Where only hashes are kept there is no Digest to offer.
#[tokio::test]
async fn digest_is_offered_by_who_can_check_it() {
    let authentication = Authentication::of("clinic", Projects).unwrap().with_basic(BasicOver::Any);
    let answer = get(&Front::new(authentication).restores(Names), "/phone/restore").await;
    assert_eq!(answer.headers.get_all("www-authenticate").iter().count(), 1);
    assert!(answer.header("www-authenticate").starts_with("Basic "));
}

/// A user whom Digest knows, and who may not work any more.
struct Retired;

impl Accounts for Retired {
    async fn by_password(&self, _: &Credentials, _: Option<&str>) -> Result<Admission, Rejection> {
        Ok(Admission::Denied)
    }

    fn has_digest(&self) -> bool {
        true
    }

    async fn digest_account(&self, user: &str, _: Option<&str>) -> Result<Option<DigestAccount>, Rejection> {
        let inactive = Inactive::new("user.deleted", "gone");
        let secret = DigestSecret::of_password("x");
        Ok((user == "musa").then_some(DigestAccount { secret, admission: Admission::Inactive(inactive) }))
    }
}

#[tokio::test]
async fn digest_too_proves_who_may_not_work_any_more() {
    let routes = Front::new(Authentication::of("clinic", Retired).unwrap()).restores(Names);
    for (password, status) in [("x", 406), ("wrong", 401)] {
        let asked = get(&routes, "/phone/restore").await;
        let mut nonce = super::signing_in::nonce(&asked.headers);
        let credentials = Credentials::new("musa", password);
        let client_nonce = crate::auth::digest::ClientNonce::fixed("0a4f113b");
        let answer = nonce.authorization(&credentials, &http::Method::GET, "/phone/restore", &client_nonce);
        let request = request("GET", "/phone/restore").header("Authorization", answer.unwrap());
        assert_eq!(ask(&routes, request.body(Body::empty()).unwrap()).await.status, status);
    }
}
