use super::*;
use crate::headers::Version as OpenRosa;

fn preamble() -> Preamble {
    let mut preamble = Preamble::new(OpenRosa::COMMCARE_3, SystemTime::UNIX_EPOCH);
    preamble.device_id = Some("commcare 1".to_owned());
    preamble
}

fn written(asked: &Request, uri: &'static str) -> http::Request<()> {
    asked.write(&preamble(), &Uri::from_static(uri)).unwrap()
}

fn read(uri: &'static str) -> Request {
    let (parts, ()) = http::Request::builder()
        .uri(uri)
        .header(crate::headers::COMMCARE_SYNC_TOKEN, "of the header")
        .body(())
        .unwrap()
        .into_parts();
    Request::read(&parts)
}

/// S-070: version 2.0 unless the address has one, the device, `items`, the user when known; `since` and `state` only with a
/// token.
#[test]
fn a_device_asks_for_what_it_lacks() {
    let first = written(&Request::new(), "https://hq.example/restore/?version=3.0&x=a%2fb");
    assert_eq!(first.uri().query(), Some("version=3.0&x=a%2fb&device_id=commcare%201&items=true"));
    assert!(!first.headers().contains_key("X-CommCareHQ-LastSyncToken"));

    let without_token =
        Request { state: Some("ccsh:1".to_owned()), since: Some(String::new()), ..Request::new() };
    let query = written(&without_token, "https://hq.example/restore/");
    assert_eq!(query.uri().query(), Some("version=2.0&device_id=commcare%201&items=true"));

    let all = Request {
        user_id: Some("u&1".to_owned()),
        login_as: Some("amina@demo.commcarehq.org".to_owned()),
        overwrite_cache: true,
        skip_fixtures: true,
        ..Request::new()
    };
    let all = all.holding("t 1", &StateHash::from_digest("0f"));
    let later = written(&all, "https://hq.example/restore/");
    assert_eq!(
        later.uri().query(),
        Some(
            "version=2.0&device_id=commcare%201&user_id=u%261&since=t%201&state=ccsh%3A0f&items=true\
             &as=amina%40demo.commcarehq.org&overwrite_cache=true&skip_fixtures=true"
        )
    );
    let header = |name: &str| later.headers()[name].to_str().unwrap().to_owned();
    assert_eq!(header("X-CommCareHQ-LastSyncToken"), "t 1");
    assert_eq!(header("X-OpenRosa-DeviceID"), "commcare 1");
    assert_eq!(header("X-OpenRosa-Version"), "3.0");

    let expected = Request { device_id: Some("commcare 1".to_owned()), ..all };
    assert_eq!(Request::read(&later.into_parts().0), expected);
}

#[test]
fn a_token_that_no_header_holds_is_still_asked_by() {
    let asked = Request { since: Some("a\nb".to_owned()), ..Request::default() };
    let request = written(&asked, "https://hq.example/restore/");
    assert_eq!(request.uri().query(), Some("device_id=commcare%201&since=a%0Ab"));
    assert!(!request.headers().contains_key("X-CommCareHQ-LastSyncToken"));
}

#[test]
fn a_server_goes_by_the_arguments_alone() {
    assert_eq!(read("/restore/?case_sync=livequery&since=&items=True&skip_fixtures=1"), Request::default());
    assert_eq!(read("/restore/?since=a&items=true").since.as_deref(), Some("a"));
    let payload = |uri| read(uri).payload();
    assert_eq!(payload("/restore/"), Some(Version::V2));
    assert_eq!(payload("/restore/?version=1.0"), Some(Version::V1));
    assert_eq!(payload("/restore/?version=3.0"), Some(Version::V3));
    assert_eq!(payload("/restore/?version=2"), None);
}

#[test]
fn the_version_spoken_is_that_of_the_header_or_else_of_the_address() {
    let asked = Request { openrosa_version: Some("2.1".to_owned()), ..Request::default() };
    let request = written(&asked, "https://hq.example/restore/");
    assert_eq!(request.uri().query(), Some("device_id=commcare%201&openrosa_version=2.1"));
    let asked = Request::read(&request.into_parts().0);
    let mut headers = HeaderMap::new();
    let version = |text| Announced::Version(openrosa::Version::parse(text).unwrap());
    assert_eq!(asked.spoken(&headers), version("2.1"));
    assert_eq!(Request::default().spoken(&headers), Announced::Absent);
    assert_eq!(read("/restore/?openrosa_version=new").spoken(&headers), Announced::Unreadable);
    headers.insert(OPENROSA_VERSION, HeaderValue::from_static("3.0"));
    assert_eq!(asked.spoken(&headers), version("3.0"));
}

fn pending(after: Option<&str>, body: &str) -> Result<Pending, PendingError> {
    let mut answer = http::Response::builder().status(202);
    if let Some(after) = after {
        answer = answer.header("Retry-After", after);
    }
    Pending::read(&answer.body(()).unwrap().into_parts().0, body.as_bytes())
}

/// S-073: an integer `Retry-After` of at least 1 is required, and progress is read.
#[test]
fn a_pending_restore_says_when_to_come_again() {
    let body = "<progress><x><y:PROGRESS xmlns:y='urn:y' done=' 250' total='9000' retry-after='x'/></x>\
        <progress done='1' total='1'/></progress>";
    let expected = Pending { after: Duration::from_secs(5), progress: Progress { done: 250, total: 9000 } };
    assert_eq!(pending(Some("5"), body), Ok(expected));
    for after in
        [None, Some("0"), Some("-1"), Some("1.5"), Some("soon"), Some("Thu, 01 Jan 2099 00:00:00 GMT")]
    {
        assert_eq!(pending(after, body), Err(PendingError::RetryAfter), "{after:?}");
    }
    for body in [
        "",
        "<progress done='1' total='2'/>",
        "<r><progress done='1'/></r>",
        "<r><progress done='-1' total='x'/></r>",
    ] {
        assert_eq!(pending(Some("5"), body), Err(PendingError::Progress), "{body}");
    }
}

#[test]
fn a_pending_restore_is_written_as_it_is_read() {
    let told = Pending { after: Duration::from_millis(5_900), progress: Progress { done: 0, total: 7 } };
    let (parts, body) = told.write("Working on it", SystemTime::UNIX_EPOCH).unwrap().into_parts();
    assert_eq!((parts.status.as_u16(), &parts.headers["Retry-After"]), (202, &HeaderValue::from(5)));
    insta::assert_snapshot!(std::str::from_utf8(&body).unwrap(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <OpenRosaResponse xmlns="http://openrosa.org/http/response"><message nature="ota_restore_pending">Working on it</message><Sync xmlns="http://commcarehq.org/sync"><progress done="0" total="7" retry-after="5"/></Sync></OpenRosaResponse>
    "#);
    assert_eq!(Pending::read(&parts, &body), Ok(Pending { after: Duration::from_secs(5), ..told }));

    let at_once = Pending { after: Duration::ZERO, ..told };
    assert_eq!(at_once.write("", SystemTime::UNIX_EPOCH).unwrap().headers()["Retry-After"], "1");
}

#[test]
fn who_went_astray_is_told_so() {
    let (parts, body) = gone_astray("No such sync log").write(SystemTime::UNIX_EPOCH).unwrap().into_parts();
    let read = Response::read(&parts, &body);
    assert_eq!(
        (read.status.as_u16(), &*read.message(), read.nature()),
        (412, "No such sync log", Some("ota_restore_error"))
    );
}

#[test]
fn the_head_of_a_restore_names_type_and_length() {
    let head = write_head(Some(7), SystemTime::UNIX_EPOCH);
    assert_eq!(head.headers()["Content-Type"], "text/xml; charset=utf-8");
    assert_eq!(head.headers()["Content-Length"], "7");
    assert!(!write_head(None, SystemTime::UNIX_EPOCH).headers().contains_key("Content-Length"));
}
