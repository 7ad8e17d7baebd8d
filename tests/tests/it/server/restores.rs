//! Restores, as devices ask for them.

use base64::Engine as _;
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, StatusCode};
use openrosa_case::hash::StateHash;
use openrosa_xml::restore::{RestoreItem, RestoreReader};

use super::site::{Site, block, create, form};

/// What a restore holds.
#[derive(Debug, Default)]
pub(super) struct Held {
    pub(super) token: String,
    items: Option<String>,
    /// Id, and the local names of the actions.
    pub(super) cases: Vec<(String, Vec<String>)>,
    balances: Vec<(String, String)>,
    user: String,
    groups: Vec<String>,
}

pub(super) async fn ask(site: &Site, user: &str, query: &str) -> http::Response<Vec<u8>> {
    let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:secret"));
    let request = Request::get(format!("http://server.example/a/demo/phone/restore/?version=2.0{query}"));
    let request =
        request.header("Authorization", format!("Basic {basic}")).header("X-OpenRosa-Version", "3.0");
    site.ask(request.body(bytes::Bytes::new()).unwrap()).await
}

pub(super) async fn restore(site: &Site, user: &str, query: &str) -> Held {
    let answer = ask(site, user, query).await;
    let body = String::from_utf8(answer.body().clone()).unwrap();
    assert_eq!(answer.status(), 200, "{}: {body}", site.engine);
    // By its length a device sees that a restore was cut (T-01).
    assert_eq!(answer.headers()["Content-Length"], body.len().to_string());
    read(&body)
}

fn read(body: &str) -> Held {
    let mut held = Held { items: attribute(body, "items"), ..Held::default() };
    for item in RestoreReader::new(body.as_bytes()) {
        match item.unwrap().value {
            RestoreItem::SyncToken(token) => held.token = token.restore_id().unwrap().to_string(),
            RestoreItem::Case(block) => {
                let actions = block.actions.iter().map(|action| action.name().local_name().to_owned());
                held.cases.push((block.case_id.as_deref().unwrap().to_owned(), actions.collect()));
            }
            RestoreItem::Ledger(openrosa_xml::ledger::Ledger::Balance(balance)) => {
                let entry = &balance.sheet.entries[0];
                let quantity = entry.quantity.as_deref().unwrap_or_default().to_owned();
                held.balances.push((balance.entity_id.as_deref().unwrap().to_owned(), quantity));
            }
            RestoreItem::Registration(registration) => {
                held.user = registration.username().unwrap().into_owned()
            }
            RestoreItem::Fixture(fixture) => {
                assert_eq!(fixture.id.as_deref(), Some("user-groups"));
                let groups = fixture.root().unwrap().unwrap();
                held.groups =
                    groups.elements().map(|group| group.attribute("id").unwrap().to_owned()).collect();
            }
            _ => {}
        }
    }
    held.cases.sort();
    held
}

fn attribute(body: &str, name: &str) -> Option<String> {
    let root = &body[..body.find('>')?];
    let value = root.split_once(&format!("{name}=\""))?.1;
    Some(value[..value.find('"')?].to_owned())
}

pub(super) fn ids(held: &Held) -> Vec<&str> {
    held.cases.iter().map(|(id, _)| id.as_str()).collect()
}

/// The rest of what is asked by a device with this token and these cases.
pub(super) fn since(token: &str, held: &[&str]) -> String {
    format!("&since={token}&state=ccsh%3A{}", StateHash::of(held.iter().copied()))
}

/// A form comes from the device that has this token.
pub(super) async fn submit(site: &Site, token: &str, form: &str) {
    let request = Request::post("http://server.example/a/demo/receiver/")
        .header("Content-Type", "text/xml")
        .header("X-CommCareHQ-LastSyncToken", token);
    assert_eq!(
        site.ask(request.body(form.to_owned().into()).unwrap()).await.status(),
        201,
        "{}",
        site.engine
    );
}

/// A server on which Amy has two cases, one of them with stock and linked to one of Bob's.
pub(super) async fn sites() -> Vec<Site> {
    let sites = Site::all().await;
    for site in &sites {
        site.add("amy", "team").await;
        site.add("bob", "team").await;
        let stock = "<balance xmlns='http://commcarehq.org/ledger/v1' entity-id='c1' date='2024-05-01' \
                     section-id='stock'><entry id='p1' quantity='9'/></balance>";
        let link = "<index><parent case_type='patient'>b1</parent></index>";
        let blocks = create("b1", 1, "bob", "") + &create("c1", 1, "amy", link) + &create("c2", 1, "amy", "");
        site.takes_for("demo", &form("f1", &(blocks + stock))).await;
    }
    sites
}

/// S-094: every restore makes a log, whose id is its token.
/// S-051: `items` counts the children of the root.
#[tokio::test]
async fn an_initial_restore_has_what_is_the_users() {
    for site in sites().await {
        let held = restore(&site, "amy", "&items=true").await;
        assert_eq!(ids(&held), ["b1", "c1", "c2"], "{}: what a case of hers points at, too", site.engine);
        assert!(held.cases.iter().all(|(_, actions)| actions[0] == "create"), "{held:?}");
        assert_eq!(held.balances, [("c1".to_owned(), "9".to_owned())]);
        assert_eq!((held.user.as_str(), &held.groups[..]), ("amy", &["team".to_owned()][..]));
        // Message, token, user, groups, three cases and a balance.
        assert_eq!(held.items.as_deref(), Some("8"));
        assert_eq!(restore(&site, "amy", "").await.items, None);
        let again = restore(&site, "amy", "").await;
        assert_ne!(again.token, held.token, "each is a log of its own");
    }
}

/// What is said of a user to its device comes with each restore, as it is by then.
#[tokio::test]
async fn a_device_is_told_what_else_is_known_of_its_user() {
    for site in sites().await {
        let demo = site.database.domain(Some("demo")).await.unwrap();
        for value in ["Amina", "Zoë & Co"] {
            let data = std::collections::BTreeMap::from([("first_name".to_owned(), value.to_owned())]);
            site.database.set_data(&demo, "amy", &data).await.unwrap();
            let written = format!(r#"<data key="first_name">{}</data>"#, value.replace('&', "&amp;"));
            assert!(site.restored("amy").await.contains(&written), "{}: {value}", site.engine);
        }
    }
}

/// S-095: foreign edits to held cases are sent, own ones are not; what is given away is sent once.
#[tokio::test]
async fn an_incremental_restore_has_what_is_new() {
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        let all = ["b1", "c1", "c2"];
        let nothing = restore(&site, "amy", &since(&first.token, &all)).await;
        assert_eq!(ids(&nothing), [""; 0], "{}", site.engine);

        submit(&site, &nothing.token, &form("own", &block("c2", 2, "<update><age>7</age></update>"))).await;
        site.takes_for("demo", &form("other", &block("c1", 2, "<update><age>8</age></update>"))).await;
        let second = restore(&site, "amy", &since(&nothing.token, &all)).await;
        assert_eq!(ids(&second), ["c1"], "{}", site.engine);
        assert_eq!(second.cases[0].1[0], "update", "{second:?}");

        site.takes_for("demo", &form("away", &block("c2", 3, "<update><owner_id>bob</owner_id></update>")))
            .await;
        let third = restore(&site, "amy", &since(&second.token, &all)).await;
        assert_eq!(ids(&third), ["c2"], "{}: it is told to whom it went", site.engine);
        let fourth = restore(&site, "amy", &since(&third.token, &["b1", "c1"])).await;
        assert_eq!(ids(&fourth), [""; 0], "{}", site.engine);
    }
}

/// S-095: a form with another user's token is a foreign edit to that user's device.
#[tokio::test]
async fn what_comes_with_anothers_token_is_told_to_that_other() {
    for mut site in sites().await {
        site.ask_names();
        let send = async |user: &str, token: &str, id: &str, age: u32| {
            let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:secret"));
            let form = form(id, &block("c1", 2, &format!("<update><age>{age}</age></update>")));
            let request = Request::post("http://server.example/a/demo/receiver/")
                .header("Authorization", format!("Basic {basic}"))
                .header("Content-Type", "text/xml")
                .header("X-CommCareHQ-LastSyncToken", token);
            assert_eq!(site.ask(request.body(form.into()).unwrap()).await.status(), 201, "{}", site.engine);
        };
        let first = restore(&site, "amy", "").await;
        let all = ["b1", "c1", "c2"];
        send("amy", &first.token, "own", 7).await;
        let second = restore(&site, "amy", &since(&first.token, &all)).await;
        assert_eq!(ids(&second), [""; 0], "{}", site.engine);
        send("bob", &second.token, "others", 8).await;
        let third = restore(&site, "amy", &since(&second.token, &all)).await;
        assert_eq!(ids(&third), ["c1"], "{}", site.engine);
    }
}

/// S-090: a token that is unknown, another user's or expired is answered with 412.
/// S-091: so is another state; without a state none is looked at; one that is no state is a bad request.
/// S-092: an illegal version is a bad request.
#[tokio::test]
async fn a_device_that_went_astray_is_told_so() {
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        let bobs = restore(&site, "bob", "").await;
        let status = async |query: &str| ask(&site, "amy", query).await.status();
        for token in ["nonsense", &bobs.token, "%27%3B%20DROP%20TABLE%20forms%3B%20--", "%00", "%F0%9F%92%A9"]
        {
            let answer = ask(&site, "amy", &format!("&since={token}")).await;
            assert_eq!(answer.status(), StatusCode::PRECONDITION_FAILED, "{}: {token}", site.engine);
            assert!(String::from_utf8_lossy(answer.body()).contains("ota_restore_error"));
        }
        let since = format!("&since={}", first.token);
        assert_eq!(status(&since).await, 200, "{}: no state, no check", site.engine);
        let first = restore(&site, "amy", "").await;
        let since = format!("&since={}", first.token);
        assert_eq!(status(&format!("{since}&state=ccsh%3A0123")).await, 412);
        assert_eq!(status(&format!("{since}&state=0123")).await, 400);
        assert_eq!(status("&user_id=somebody").await, 412, "the user was made anew");
        assert_eq!(status("&user_id=amy").await, 200);
        assert_eq!(status("&as=bob").await, 403);
        site.forget().await;
        assert_eq!(status(&since).await, 412, "{}: expired", site.engine);
        let answer = Request::get("http://server.example/a/demo/phone/restore/?version=7.0");
        let basic = base64::engine::general_purpose::STANDARD.encode("amy:secret");
        let answer =
            answer.header("Authorization", format!("Basic {basic}")).body(bytes::Bytes::new()).unwrap();
        assert_eq!(site.ask(answer).await.status(), 400);
    }
}

fn in_an_hour() -> DateTime<Utc> {
    Utc::now() + TimeDelta::hours(1)
}

fn next_year() -> DateTime<Utc> {
    Utc::now() + TimeDelta::days(365)
}

/// Also once it is right again: nobody has to wait until it would be as late as it was then.
#[tokio::test]
async fn what_devices_hold_by_a_clock_that_was_ahead_is_forgotten() {
    for mut site in sites().await {
        let demo = site.database.domain(Some("demo")).await.unwrap();
        for clock in [Utc::now, in_an_hour, next_year] {
            site.stand_still(clock);
            restore(&site, "amy", "").await;
        }
        site.stand_still(Utc::now);
        let forget = async |days| {
            let since = Utc::now() - TimeDelta::days(days);
            site.database.forget_devices(&demo, since).await.unwrap()
        };
        assert_eq!(forget(63).await, 1, "{}: an hour is no harm", site.engine);
        assert_eq!((forget(0).await, forget(0).await), (2, 0), "{}", site.engine);
    }
}

/// S-096: a restore by a token proves that the restore of that token arrived: the one before is not needed any more.
#[tokio::test]
async fn the_restore_before_may_go_once_its_successor_is_known_to_have_come() {
    for site in sites().await {
        let first = restore(&site, "amy", "").await;
        let second = restore(&site, "amy", &format!("&since={}", first.token)).await;
        // The answer may have been lost: the device asks by the old token again.
        assert_eq!(ask(&site, "amy", &format!("&since={}", first.token)).await.status(), 200);
        let third = restore(&site, "amy", &format!("&since={}", second.token)).await;
        assert_eq!(
            ask(&site, "amy", &format!("&since={}", first.token)).await.status(),
            412,
            "{}",
            site.engine
        );
        assert_eq!(ask(&site, "amy", &format!("&since={}", third.token)).await.status(), 200);
    }
}

/// Cases of another domain are not there, whatever they are called.
#[tokio::test]
async fn domains_do_not_mix() {
    for site in sites().await {
        site.database.add_domain("other").await.unwrap();
        site.takes_for("other", &form("f1", &create("c1", 1, "amy", "<update><age>99</age></update>"))).await;
        site.takes_for("other", &form("f9", &create("c9", 1, "amy", ""))).await;
        let held = restore(&site, "amy", "").await;
        assert_eq!(ids(&held), ["b1", "c1", "c2"], "{}", site.engine);
        let demo = site.database.domain(Some("demo")).await.unwrap();
        let case = site.database.case(&demo, &"c1".into()).await.unwrap().unwrap().case;
        assert!(case.properties.get("age").is_none());
        assert!(site.database.case(&demo, &"c9".into()).await.unwrap().is_none());
    }
}
