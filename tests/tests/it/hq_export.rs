//! Everything that a CommCare HQ has, read exactly through a network that does what networks do, by somebody who is stopped
//! again and again and goes on from what was written down.

mod kills;

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use commcare_hq::client::patience::Patience;
use commcare_hq::paging::{Dated, Window, window::WindowState};
use commcare_hq::{Client, cases, forms, site::Site};
use openrosa_http::auth::Credentials;
use openrosa_http::transport::hyper::Hyper;
use openrosa_tests::faults::{Fault, Proxy};
use openrosa_tests::hq_site::HqSite;
use openrosa_tests::wire;

/// Short waits: the server on the loopback is not to be spared.
const PATIENCE: Patience = Patience {
    deadline: Duration::from_millis(30),
    floor: Duration::from_millis(1),
    first: Duration::from_millis(1),
    throttled: Duration::from_millis(1),
};

/// What happens to some of the exchanges. None of it is to be taken for the end of a list.
const FAULTS: [Fault; 12] = [
    Fault::None,
    Fault::Closed,
    Fault::None,
    Fault::RequestCut(40),
    Fault::NoAnswer,
    Fault::None,
    Fault::AnswerCut(200),
    Fault::AnswerShort(1),
    Fault::Twice,
    Fault::Portal(200),
    Fault::Gateway(503, Some(0)),
    Fault::GatewayBehind(502),
];

fn client(proxy: &Proxy, transport: Hyper) -> Client<Hyper> {
    let site = Site::parse(&format!("http://{}/a/riverside/", proxy.address)).expect("an address");
    Client::new(transport, site).password(Credentials::new("ada", "secret")).patience(PATIENCE)
}

/// Reads all pages, each in a window of its own, out of what was written down of the one before.
async fn read<D: Dated>(
    proxy: &Proxy,
    list: &D,
    version: fn(&D::Item) -> (String, u64),
) -> (BTreeMap<String, u64>, usize) {
    let transport = Hyper::new().expect("a transport");
    let mut written: Option<String> = None;
    let (mut kept, mut failures) = (BTreeMap::new(), 0);
    loop {
        let client = client(proxy, transport.clone());
        let mut window = match &written {
            None => Window::new(&client, list.clone()).expect("a window"),
            Some(written) => {
                let state: WindowState = serde_json::from_str(written).expect("what was written");
                Window::resumed(&client, list.clone(), state).expect("the same list")
            }
        };
        match window.next_page().await {
            Ok(Some(page)) => kept.extend(page.iter().map(version)),
            Ok(None) => return (kept, failures),
            Err(error) => {
                let known = error.is_transport()
                    || error.is_rate_limited()
                    || error.is_login_page()
                    || error.is_unreadable()
                    || error.status().is_some_and(|status| status.is_server_error());
                assert!(known, "{error:?}");
                failures += 1;
                assert!(failures < 5000, "it does not end: {error}");
            }
        }
        written = Some(serde_json::to_string(window.state()).expect("JSON"));
    }
}

/// How many schedules there are: what `OPENROSA_EXPORTS` says, or so many.
fn schedules(usually: u64) -> u64 {
    env::var("OPENROSA_EXPORTS").map_or(usually, |number| number.parse().expect("a number"))
}

fn faults(seed: usize) -> Vec<Fault> {
    (0..400).map(|at| FAULTS[(at * 7 + seed * 5 + at / 11) % FAULTS.len()]).collect()
}

/// H-030: pages that wander and moments that fill a page lose nothing.
/// H-032: no fault is taken for the end.
/// H-033: an export that is stopped after every page, and at every fault, comes to the same.
#[tokio::test]
async fn everything_is_exported_exactly() {
    let mut failures = 0;
    for seed in 0..usize::try_from(schedules(4)).expect("it fits") {
        let site = HqSite::new(seed as u64 + 3, 90, 40);
        let proxy = Proxy::before(wire::serve(site.routes()));
        proxy.schedule(&faults(seed));
        let list = forms::List::new().limit(8);
        let (kept, failed) = read(&proxy, &list, |form| {
            (form.id.clone(), form.version.as_deref().unwrap_or_default().parse().unwrap_or(u64::MAX))
        })
        .await;
        assert_eq!(kept, site.forms(), "seed {seed}");
        failures += failed;

        proxy.schedule(&faults(seed + 1));
        let list = cases::List::new().limit(8);
        let (kept, failed) = read(&proxy, &list, |case| {
            (case.case_id.as_str().to_owned(), case.other["version"].as_u64().unwrap_or(u64::MAX))
        })
        .await;
        assert_eq!(kept, site.cases(), "seed {seed}");
        failures += failed;
    }
    assert!(failures > 20, "only {failures} failures: the network was too kind");
}
