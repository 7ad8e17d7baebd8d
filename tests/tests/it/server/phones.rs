//! Devices, as they say how they are and get the keys that lock them.

use base64::Engine as _;
use chrono::{DateTime, TimeZone as _, Utc};
use http::Request;
use openrosa_http::api::heartbeat;
use openrosa_xml::KeyRecords;

use super::site::Site;

async fn get(site: &Site, path: &str, user: Option<&str>) -> (u16, String) {
    let mut request = Request::get(format!("http://server.example/a/demo/phone/{path}"));
    if let Some(user) = user {
        let basic = base64::engine::general_purpose::STANDARD.encode(format!("{user}:secret"));
        request = request.header("Authorization", format!("Basic {basic}"));
    }
    let answer = site.ask(request.body(bytes::Bytes::new()).unwrap()).await;
    (answer.status().as_u16(), String::from_utf8(answer.into_body()).unwrap())
}

#[tokio::test]
async fn a_heartbeat_is_noted_and_its_app_named_again() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        let beat = "heartbeat/b1/?app_id=a1&device_id=d1&app_version=7&num_unsent_forms=3&cc_version=2.55%00";
        assert_eq!(get(&site, beat, None).await.0, 401, "{}", site.engine);
        for _ in 0..2 {
            let (status, body) = get(&site, beat, Some("amy")).await;
            let wanted = heartbeat::Response::read(body.as_bytes()).unwrap();
            assert_eq!((status, wanted.app_id.as_deref(), wanted.force_logs), (200, Some("a1"), false));
        }
        get(&site, "heartbeat/b1/?app_id=a1&device_id=d2&app_version=-1", Some("amy")).await;
        let demo = site.database.domain(Some("demo")).await.unwrap();
        let mut devices = site.database.devices(&demo).await.unwrap();
        devices.sort_by(|one, other| one.device_id.cmp(&other.device_id));
        let known: Vec<_> = devices
            .iter()
            .map(|device| (device.device_id.as_str(), device.app_version, device.unsent))
            .collect();
        assert_eq!(known, [("d1", Some(7), Some(3)), ("d2", None, None)], "{}", site.engine);
        assert_eq!(devices[0].cc_version.as_deref(), Some("2.55\u{FFFD}"));
        let nowhere = site.database.domain(None).await.unwrap();
        assert!(site.database.devices(&nowhere).await.unwrap().is_empty());
    }
}

fn february() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2024, 2, 2, 10, 0, 0).unwrap()
}

fn may() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2024, 5, 2, 10, 0, 0).unwrap()
}

async fn keys(site: &Site, query: &str, user: &str) -> KeyRecords<'static> {
    let (status, body) = get(site, &format!("keys/?device_id=d1{query}"), Some(user)).await;
    assert_eq!(status, 200, "{}: {body}", site.engine);
    KeyRecords::read(&body).unwrap().into_owned()
}

/// ota-restore.md 2.12: a new key begins 30 days back; the one before comes along where the last was issued in its time.
#[tokio::test]
async fn a_key_is_good_for_a_while_and_its_predecessor_is_not_lost() {
    for mut site in Site::all().await {
        site.stand_still(february);
        site.add("amy", "team").await;
        site.add("bob", "team").await;
        let answer = keys(&site, "", "amy").await;
        let first = answer.strict().unwrap();
        assert_eq!((first.len(), answer.domain()), (1, Some("demo")), "{}", site.engine);
        assert_eq!(first[0].valid.as_str(), "2024-01-03T10:00:00Z");
        assert_eq!(first[0].expires.as_ref().unwrap().as_str(), "2024-04-02T10:00:00Z");
        let bytes = base64::engine::general_purpose::STANDARD.decode(first[0].key.as_bytes()).unwrap();
        assert_eq!(bytes.len(), 32);
        assert_eq!(keys(&site, "", "amy").await.strict().unwrap()[0].key, first[0].key, "{}", site.engine);
        assert_ne!(keys(&site, "", "bob").await.strict().unwrap()[0].key, first[0].key);

        site.stand_still(may);
        let answer = keys(&site, "&last_issued=2024-02-02T10:00:00Z", "amy").await;
        let both = answer.strict().unwrap();
        assert_eq!(both.len(), 2, "{}", site.engine);
        assert_eq!(both[0].valid.as_str(), "2024-04-02T10:00:00Z");
        assert_eq!(both[1].key, first[0].key, "{}", site.engine);
        assert_eq!(keys(&site, "", "amy").await.strict().unwrap().len(), 1);
        assert_eq!(get(&site, "keys/?as=bob", Some("amy")).await.0, 403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_twice_at_once_gets_one_key() {
    for site in Site::all().await {
        site.add("amy", "team").await;
        let asked = (0..8).map(|_| {
            let site = site.clone();
            tokio::spawn(async move { keys(&site, "", "amy").await.strict().unwrap()[0].key.to_string() })
        });
        let mut keys: Vec<String> =
            futures_util::future::join_all(asked).await.into_iter().map(Result::unwrap).collect();
        keys.dedup();
        assert_eq!(keys.len(), 1, "{}", site.engine);
    }
}
