//! Heartbeats and keys from outside.

use openrosa_xml::key_records::KeyRecord;
use openrosa_xml::{KeyRecords, Timestamp};

use super::super::{Caller, Front, Phones, Rejection};
use super::get;
use crate::api::{heartbeat, key_records};

struct Clinic;

impl Phones for Clinic {
    async fn heartbeat(
        &self,
        told: &heartbeat::Request,
        build_id: &str,
        _: &Caller,
    ) -> Result<Option<heartbeat::Response>, Rejection> {
        let wanted = heartbeat::Response {
            app_id: Some(told.app_id.clone()),
            force_logs: told.num_unsent_forms.is_some_and(|unsent| unsent > 100),
            ..heartbeat::Response::default()
        };
        Ok((build_id == "b1").then_some(wanted))
    }

    async fn keys(
        &self,
        asked: &key_records::Request,
        caller: &Caller,
    ) -> Result<KeyRecords<'static>, Rejection> {
        if asked.login_as.is_some() {
            return Err(Rejection::Forbidden { reason: "only administrators may do so".into() });
        }
        let [valid, expires] = ["2024-01-03T10:00:00Z", "2024-04-02T10:00:00Z"].map(Timestamp::new);
        let record = KeyRecord::new("6b1f", "QUJD", valid, expires);
        let domain = caller.domain.clone().unwrap_or_default();
        Ok(KeyRecords::of(domain, Timestamp::new("2024-02-02T10:00:00Z"), [record]))
    }
}

#[tokio::test]
async fn a_device_hears_what_is_wanted_of_it() {
    let routes = Front::default().phones(Clinic);
    let target = "/a/demo/phone/heartbeat/b1/?app_id=a1&device_id=d&app_version=-1&num_unsent_forms=101";
    let answer = get(&routes, target).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
    let said = heartbeat::Response::read(answer.body.as_bytes()).unwrap();
    assert_eq!((said.app_id.as_deref(), said.force_logs), (Some("a1"), true));
    assert_eq!(get(&routes, "/a/demo/phone/heartbeat/b2/?app_id=a1").await.status, 404);
}

#[tokio::test]
async fn a_device_gets_the_keys_of_its_project() {
    let routes = Front::default().phones(Clinic);
    let answer = get(&routes, "/a/demo/phone/keys/?device_id=d").await;
    let records = KeyRecords::read(&answer.body).unwrap();
    assert_eq!((records.domain(), records.strict().unwrap().len()), (Some("demo"), 1));
    assert_eq!(get(&routes, "/a/demo/phone/keys/?as=x").await.status, 403);
}
