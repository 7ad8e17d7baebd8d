//! Restores that take long: made once, kept for a while, and given again only where that is right.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use base64::Engine as _;
use futures_util::future::join_all;
use http::Request;
use openrosa_http::api::restore::Pending;
use openrosa_store::server::Keeping;

use super::site::{Site, block, create, form};

/// Nobody is given a restore before it was kept: each takes longer than this.
fn at_once() -> Keeping {
    Keeping { patience: Duration::ZERO, ..Keeping::default() }
}

/// Amy, her case, and one of Bob's; from the first on her restores are told to take long.
async fn sites(keeping: Keeping) -> Vec<Site> {
    let mut sites = Site::all().await;
    for site in &mut sites {
        site.keep(keeping.clone());
        site.add("amy", "team").await;
        site.takes_for("demo", &form("f1", &create("c1", 1, "amy", ""))).await;
    }
    sites
}

/// By one and the same device, unless it says another.
async fn call(site: &Site, query: &str, version: &str) -> http::Response<Vec<u8>> {
    let device = match (query.contains("device_id="), query.contains('?')) {
        (true, _) => "",
        (false, true) => "&device_id=phone",
        (false, false) => "?device_id=phone",
    };
    let query = format!("{query}{device}");
    let basic = base64::engine::general_purpose::STANDARD.encode("amy:secret");
    let request = Request::get(format!("http://server.example/a/demo/phone/restore/{query}"));
    let request =
        request.header("Authorization", format!("Basic {basic}")).header("X-OpenRosa-Version", version);
    site.ask(request.body(bytes::Bytes::new()).unwrap()).await
}

/// Comes again for as long as it is told to; how often that was.
async fn waits(site: &Site, query: &str, version: &str) -> (String, usize) {
    for times in 0..2_000 {
        let answer = call(site, query, version).await;
        let (head, body) = answer.into_parts();
        if head.status == 200 {
            assert_eq!(head.headers["Content-Length"], body.len().to_string());
            return (String::from_utf8(body).unwrap(), times);
        }
        assert_eq!(head.status, 202, "{}: {}", site.engine, String::from_utf8_lossy(&body));
        let told = Pending::read(&head, &body).unwrap();
        assert!(told.progress.done <= told.progress.total, "{told:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("{}: it is never ready", site.engine)
}

async fn restored(site: &Site, query: &str) -> String {
    waits(site, query, "3.0").await.0
}

fn token(body: &str) -> &str {
    let rest = body.split_once("<restore_id>").unwrap().1;
    &rest[..rest.find('<').unwrap()]
}

/// A form that makes a case of hers, by a device that holds this token.
async fn sends(site: &Site, id: &str, token: Option<&str>, device: &str) {
    post(site, form(id, &create(&format!("of-{id}"), 2, "amy", "")), token, device).await;
}

async fn post(site: &Site, sent: String, token: Option<&str>, device: &str) {
    let mut request = Request::post("http://server.example/a/demo/receiver/")
        .header("Content-Type", "text/xml")
        .header("x-openrosa-deviceid", device);
    if let Some(token) = token {
        request = request.header("X-CommCareHQ-LastSyncToken", token);
    }
    assert_eq!(site.ask(request.body(sent.into()).unwrap()).await.status(), 201, "{}", site.engine);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_again_is_given_what_was_made_for_it() {
    for site in sites(at_once()).await {
        let (first, times) = waits(&site, "?version=2.0", "3.0").await;
        assert!(times > 0 && first.contains("case_id=\"c1\""), "{}: {first}", site.engine);
        let (again, times) = waits(&site, "?version=2.0", "3.0").await;
        assert_eq!((again, times), (first, 0), "{}: the answer may have been lost", site.engine);
        let quick = call(&site, "?version=2.0&device_id=old", "1.0").await;
        assert_eq!(quick.status(), 200, "{}: who cannot be told to come again waits", site.engine);
    }
}

/// S-098: 202 has `Retry-After`, a whole number of at least 1, and one `progress`; who speaks less than OpenRosa 2.0 never gets
/// one.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_told_to_come_again_is_told_when() {
    for site in sites(at_once()).await {
        for version in ["2.0", "2.1", "3.0"] {
            let answer = call(&site, &format!("?version=2.0&device_id={version}"), version).await;
            assert_eq!(answer.status(), 202, "{}: {version}", site.engine);
            let after = answer.headers()["Retry-After"].to_str().unwrap();
            assert!(after.parse::<u32>().unwrap() >= 1, "{}: {after}", site.engine);
            let body = String::from_utf8(answer.into_body()).unwrap();
            assert_eq!(body.matches("<progress ").count(), 1, "{}: {body}", site.engine);
            assert_eq!(body.matches("ota_restore_pending").count(), 1, "{}: {body}", site.engine);
        }
        for version in ["1.0", "x"] {
            let answer = call(&site, &format!("?version=2.0&device_id={version}"), version).await;
            assert_eq!(answer.status(), 200, "{}: {version}", site.engine);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_quick_is_given_at_once_and_not_kept() {
    for site in sites(Keeping::default()).await {
        let (first, second) = (restored(&site, "").await, restored(&site, "").await);
        assert_ne!(token(&first), token(&second), "{}", site.engine);
    }
}

/// However many ask, and whichever process: one token, so one restore was made.
#[tokio::test(flavor = "multi_thread")]
async fn a_restore_is_made_once() {
    for mut site in sites(at_once()).await {
        let mut blocks = String::new();
        for number in 0..300 {
            blocks += &create(&format!("more-{number}"), 1, "amy", "");
        }
        site.takes_for("demo", &form("many", &blocks)).await;
        let mut twin = site.twin().await;
        twin.keep(at_once());
        site.keep(at_once());
        let asked = (0..16).map(|number| {
            let site = if number % 2 == 0 { site.clone() } else { twin.clone() };
            tokio::spawn(async move { restored(&site, "?version=2.0&items=true").await })
        });
        let bodies: BTreeSet<String> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(
            bodies.len(),
            1,
            "{}: {:?}",
            site.engine,
            bodies.iter().map(|body| token(body)).collect::<Vec<_>>()
        );
    }
}

/// S-094: who does not say which device asks may be another each time: each gets a log of its own, quick or slow, whichever process
/// is asked.
#[tokio::test(flavor = "multi_thread")]
async fn devices_that_are_not_named_share_no_token() {
    for keeping in [at_once(), Keeping::default()] {
        for site in sites(keeping.clone()).await {
            let mut twin = site.twin().await;
            twin.keep(keeping.clone());
            let asked = (0..6).map(|number| {
                let site = if number % 2 == 0 { site.clone() } else { twin.clone() };
                let version = if number < 4 { "3.0" } else { "1.0" };
                tokio::spawn(async move { waits(&site, "?version=2.0&device_id=", version).await.0 })
            });
            let bodies: Vec<String> = join_all(asked).await.into_iter().map(Result::unwrap).collect();
            let tokens: BTreeSet<&str> = bodies.iter().map(|body| token(body)).collect();
            assert_eq!(tokens.len(), 6, "{}: {keeping:?}", site.engine);
        }
    }
}

/// S-097: a submission by the same user, token and device drops what was kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_device_has_sent_is_in_what_it_gets() {
    for site in sites(at_once()).await {
        let query = "?version=2.0&device_id=d1";
        let first = restored(&site, query).await;
        sends(&site, "f2", None, "d2").await;
        // By nobody known, and so perhaps by her; but not from this device.
        assert_eq!(restored(&site, query).await, first, "{}: another device's", site.engine);
        sends(&site, "f3", None, "d1").await;
        let second = restored(&site, query).await;
        assert!(token(&second) != token(&first) && second.contains("of-f3"), "{}: {second}", site.engine);

        let since = format!("{query}&since={}", token(&second));
        let third = restored(&site, &since).await;
        sends(&site, "f4", Some("another"), "d1").await;
        assert_eq!(restored(&site, &since).await, third, "{}: another token's", site.engine);
        sends(&site, "f5", Some(token(&second)), "d1").await;
        let fourth = restored(&site, &since).await;
        assert_ne!(token(&fourth), token(&third), "{}", site.engine);
        assert!(!fourth.contains("of-f5"), "{}: what it has made itself it has", site.engine);
        let state = openrosa_case::hash::StateHash::of(["c1", "of-f2", "of-f3", "of-f4", "of-f5"]);
        let next = format!("{query}&since={}&state=ccsh:{state}", token(&fourth));
        assert!(restored(&site, &next).await.contains("restore_id"), "{}: both agree", site.engine);
    }
}

/// S-097: a submission by another user leaves what was kept.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_user_has_sent_drops_nothing() {
    for mut site in sites(at_once()).await {
        site.ask_names();
        let signed_in = async |user: &str, id: &str| {
            let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:secret"));
            let request = Request::post("http://server.example/a/demo/receiver/")
                .header("Content-Type", "text/xml")
                .header("Authorization", format!("Basic {basic}"));
            let sent = form(id, &create(&format!("of-{id}"), 2, "amy", ""));
            assert_eq!(site.ask(request.body(sent.into()).unwrap()).await.status(), 201, "{}", site.engine);
        };
        let first = restored(&site, "").await;
        signed_in("bob", "f2").await;
        assert_eq!(restored(&site, "").await, first, "{}", site.engine);
        signed_in("amy", "f3").await;
        assert_ne!(token(&restored(&site, "").await), token(&first), "{}: her own", site.engine);
    }
}

/// T-25: a device that was wiped gets no restore whose token was used already.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_was_used_is_not_given_again() {
    for site in sites(at_once()).await {
        let first = restored(&site, "").await;
        restored(&site, &format!("?since={}", token(&first))).await;
        let wiped = restored(&site, "").await;
        assert_ne!(token(&wiped), token(&first), "{}", site.engine);
        sends(&site, "f2", Some(token(&wiped)), "phone").await;
        assert_ne!(token(&restored(&site, "").await), token(&wiped), "{}", site.engine);
        let last = restored(&site, "").await;
        site.forget().await;
        assert_ne!(token(&restored(&site, "").await), token(&last), "{}: its log is forgotten", site.engine);
    }
}

/// S-100: whatever changes the bytes is part of what is asked.
#[tokio::test(flavor = "multi_thread")]
async fn another_question_has_another_answer() {
    for site in sites(at_once()).await {
        let since = restored(&site, "?device_id=base").await;
        let since = token(&since);
        let mut tokens = BTreeSet::new();
        let questions = [
            ("?version=2.0".to_owned(), "3.0"),
            ("?version=2.0&items=true".to_owned(), "3.0"),
            ("?version=1.0".to_owned(), "3.0"),
            ("?version=3.0".to_owned(), "3.0"),
            ("?version=2.0".to_owned(), "2.0"),
            ("?version=2.0".to_owned(), "2.1"),
            ("?version=2.0&device_id=d".to_owned(), "3.0"),
            ("app_1/?version=2.0".to_owned(), "3.0"),
            (format!("?version=2.0&since={since}"), "3.0"),
            (format!("?version=2.0&since={since}&skip_fixtures=true"), "3.0"),
        ];
        for (query, version) in &questions {
            let (body, _) = waits(&site, query, version).await;
            assert_eq!(body.contains("items=\""), query.contains("items="), "{query}");
            // By them a device knows whose cases to keep (S-044).
            assert_eq!(body.contains("user-groups"), !query.contains("version=1.0"), "{query}");
            assert!(tokens.insert(token(&body).to_owned()), "{}: {query} at {version}", site.engine);
        }
        // The one of which `since` was used is not given any more; the others are as they were.
        for (query, version) in &questions[..8] {
            let (body, times) = waits(&site, query, version).await;
            assert!(times == 0 && tokens.contains(token(&body)), "{}: {query}", site.engine);
        }
        site.regroup("amy", "others", false).await;
        assert!(
            !tokens.contains(token(&restored(&site, "?version=2.0").await)),
            "{}: other groups",
            site.engine
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_it_anew_gets_it_anew_and_once() {
    for site in sites(at_once()).await {
        let kept = restored(&site, "").await;
        let anew = "?overwrite_cache=true";
        let (first, second) = (restored(&site, anew).await, restored(&site, anew).await);
        let after = restored(&site, "").await;
        let tokens = BTreeSet::from([token(&kept), token(&first), token(&second), token(&after)]);
        assert_eq!(tokens.len(), 4, "{}", site.engine);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_in_the_next_restore() {
    for site in sites(at_once()).await {
        site.takes_for("demo", &form("bobs", &create("b1", 1, "bob", ""))).await;
        let since = format!("?since={}", token(&restored(&site, "").await));
        assert!(!restored(&site, &since).await.contains("case_id=\"b1\""));
        let basic = base64::engine::general_purpose::STANDARD.encode("amy:secret");
        let claim = Request::post("http://server.example/a/demo/phone/claim-case/")
            .header("Authorization", format!("Basic {basic}"))
            .header("Content-Type", "application/x-www-form-urlencoded");
        assert_eq!(site.ask(claim.body("case_id=b1".into()).unwrap()).await.status(), 201);
        assert!(restored(&site, &since).await.contains("case_id=\"b1\""), "{}", site.engine);
    }
}

/// How many are kept, how much, and for how long.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_kept_is_bounded() {
    let bounds = [
        Keeping { count: 2, ..at_once() },
        Keeping { bytes: 2_000, ..at_once() },
        // The last is kept, or its device would never get it.
        Keeping { bytes: 1, ..at_once() },
        Keeping { age: Duration::ZERO, ..at_once() },
    ];
    for keeping in bounds {
        // Each is about a thousand bytes.
        for site in sites(keeping.clone()).await {
            let mut said = String::new();
            for device in 0..5 {
                // Nobody is given anything but what it waited for, which one without any age is not kept for.
                let quick = call(&site, &format!("?device_id=d{device}"), "1.0").await;
                assert_eq!(quick.status(), 200, "{}", site.engine);
                write!(said, "{} ", quick.body().len()).unwrap();
            }
            let kept = match &keeping {
                Keeping { age: Duration::ZERO, .. } => 0,
                Keeping { bytes: 1, .. } => 1,
                _ => 2,
            };
            let mut there = usize::MAX;
            for _ in 0..200 {
                there = site.files();
                if there <= kept {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            assert_eq!(there, kept, "{}: {keeping:?}: {said}", site.engine);
        }
    }
}

/// What is kept outlives what others do: that comes with the restore after it.
#[tokio::test(flavor = "multi_thread")]
async fn what_others_do_comes_with_the_next_restore() {
    for site in sites(at_once()).await {
        let first = restored(&site, "?device_id=d1").await;
        let edit = form("f3", &block("c1", 3, "<update><age>7</age></update>"));
        post(&site, edit, Some("of-another"), "d2").await;
        assert_eq!(restored(&site, "?device_id=d1").await, first, "{}", site.engine);
        let next = restored(&site, &format!("?device_id=d1&since={}", token(&first))).await;
        assert!(next.contains("<age>7</age>"), "{}: {next}", site.engine);
    }
}

/// Of several processes one makes it; they go by the clock of their database, as their own may not agree.
#[tokio::test(flavor = "multi_thread")]
async fn receivers_whose_clocks_do_not_agree_give_what_one_of_them_has_made() {
    for site in sites(at_once()).await.iter().filter(|site| site.engine == "PostgreSQL") {
        let mut ahead = site.twin().await;
        ahead.stand_still(|| "2099-06-01T00:00:00Z".parse().unwrap());
        ahead.keep(at_once());
        let mut given = Vec::new();
        for _ in 0..100 {
            for receiver in [&ahead, site] {
                let answer = call(receiver, "?version=2.0", "3.0").await;
                if answer.status() == 200 {
                    given.push(token(&String::from_utf8_lossy(answer.body())).to_owned());
                }
            }
            if given.len() > 3 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        given.dedup();
        assert_eq!(given.len(), 1, "{given:?}");
    }
}

/// Its maker is gone, and the moment at which it was heard of last is not there yet.
#[tokio::test(flavor = "multi_thread")]
async fn who_died_while_the_clock_was_ahead_keeps_nobody_waiting() {
    for site in sites(at_once()).await {
        let mut ahead = site.twin().await;
        ahead.stand_still(|| "2099-06-01T00:00:00Z".parse().unwrap());
        ahead.keep(at_once());
        waits(&ahead, "?version=2.0", "3.0").await;
        let pool = site.pool().await;
        let unmade =
            "UPDATE restores SET object = NULL, token = NULL, seq = NULL, heard_at = 4083955200000000";
        assert_eq!(sqlx::query(unmade).execute(&pool).await.unwrap().rows_affected(), 1, "{}", site.engine);
        let body = restored(&site, "?version=2.0").await;
        assert!(body.contains("case_id=\"c1\""), "{}: {body}", site.engine);
    }
}
