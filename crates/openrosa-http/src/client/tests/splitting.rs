//! A form and its files in several POSTs.

use super::*;

fn three_files() -> Request {
    let attach = |form: Request, name| form.attach(Attachment::bytes(name, vec![b'x'; 100])).unwrap();
    ["1", "2", "3"].into_iter().fold(Request::new(XML), attach)
}

/// split POSTs are strictly sequential, the first failure stops them, and sending again sends all with
/// the same XML.
/// no byte of it is rewritten between attempts.
#[tokio::test]
async fn a_split_stops_at_its_first_failure() {
    let (server, seen) = server(|seen: &Seen| match &seen.body {
        body if body.contains("name=\"2\"") => answer(500, &[], ""),
        _ => stored(),
    });
    let client = Client::new(server).without_preflight(AcceptLength(100));
    for _ in 0..2 {
        let error = client.submit(&url(), &three_files()).await.unwrap_err();
        assert_eq!(error.verdict(), Verdict::Unknown);
        assert!(error.is_in_part(), "the first has come");
    }
    let seen = seen.lock().unwrap();
    let files: Vec<_> = seen
        .iter()
        .map(|seen| ["1", "2", "3"].map(|name| seen.body.contains(&format!("filename=\"{name}\""))))
        .collect();
    let (first, second) = ([true, false, false], [false, true, false]);
    assert_eq!(files, [first, second, first, second]);
    assert!(seen.iter().all(|seen| seen.body.contains(XML)));
}

/// one POST is answered before the next is begun.
#[tokio::test]
async fn split_posts_never_overlap() {
    let under_way = Arc::new(Mutex::new(0));
    let server = {
        let under_way = Arc::clone(&under_way);
        move |_: http::Request<Body>| {
            let under_way = Arc::clone(&under_way);
            async move {
                *under_way.lock().unwrap() += 1;
                tokio::time::sleep(Duration::from_millis(5)).await;
                let now = std::mem::replace(&mut *under_way.lock().unwrap(), 0);
                assert_eq!(now, 1);
                Ok(stored().map(Body::from))
            }
        }
    };
    let client = Client::new(server).without_preflight(AcceptLength(100));
    assert!(client.submit(&url(), &three_files()).await.unwrap().is_delivered());
}

/// Which of three files go in a POST, as `1 2`.
fn files(seen: &Seen) -> String {
    let named = |name: &&str| seen.body.contains(&format!("filename=\"{name}\""));
    ["1", "2", "3"].into_iter().filter(named).collect::<Vec<_>>().join(" ")
}

/// A server that takes bodies of so many bytes, tells that or not in refusing others, and announces more.
fn taking(limit: usize, told: Option<&'static str>) -> impl Fn(&Seen) -> Answer {
    let told: Vec<_> = told.map(|told| ("X-OpenRosa-Accept-Content-Length", told)).into_iter().collect();
    move |seen| match seen.method == Method::HEAD {
        true => ready(),
        false if seen.body.len() > limit => answer(413, &told, ""),
        false => stored(),
    }
}

/// a refusal that tells a lower limit is planned by at once, and from then on.
#[tokio::test]
async fn a_limit_that_a_refusal_tells_is_kept_to() {
    let (server, seen) = server(taking(800, Some("800")));
    let client = Client::new(server);
    for _ in 0..2 {
        assert!(client.submit(&url(), &three_files()).await.unwrap().is_delivered());
    }
    let posted: Vec<_> = seen.lock().unwrap().iter().map(files).collect();
    assert_eq!(posted, ["", "1 2 3", "1 2", "3", "1 2", "3"]);
}

/// files go alone with the form before a POST is given up as too large.
#[tokio::test]
async fn what_can_be_smaller_is_not_refused() {
    for told in [None, Some("many"), Some("790")] {
        let (server, seen) = server(taking(500, told));
        assert!(Client::new(server).submit(&url(), &three_files()).await.unwrap().is_delivered());
        let seen = seen.lock().unwrap();
        let posted: Vec<_> = seen.iter().filter(|seen| seen.method == Method::POST).map(files).collect();
        assert_eq!(posted[posted.len() - 3..], ["1", "2", "3"], "{told:?}: {posted:?}");
        assert!(posted.len() <= 5, "{told:?}: {posted:?}");
    }
    let (server, seen) = server(taking(300, None));
    let error = Client::new(server).submit(&url(), &three_files()).await.unwrap_err();
    assert_eq!((error.verdict(), trail(&seen).len()), (Verdict::Refused, 3), "now it is for a person");

    let (server, seen) = self::server(taking(300, Some("300")));
    let client = Client::new(server).for_peer(&crate::peer::COMMCARE_HQ);
    let error = client.submit(&url(), &three_files()).await.unwrap_err();
    assert_eq!((error.verdict(), trail(&seen).len()), (Verdict::Refused, 1), "it is not to be split");
}
