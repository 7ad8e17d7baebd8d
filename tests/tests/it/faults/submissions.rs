//! A client sends forms over a network that does all that networks do; whatever it does, no form is lost, none is doubled, and no
//! outcome says more than is true.

use std::time::Duration;

use openrosa_http::api::submission::{Attachment, Request};
use openrosa_http::client::{Client, Verdict};
use openrosa_http::server::{MemoryBackend, Receiver, RecordId};
use openrosa_http::transport::hyper::Hyper;
use openrosa_tests::{
    faults::{Fault, Proxy},
    wire,
};
use url::Url;

use super::Dice;

/// How many schedules are tried.
const SCHEDULES: u64 = 2_000;

/// A server, a network before it, and what the server holds.
struct World {
    backend: MemoryBackend,
    proxy: Proxy,
    url: Url,
}

impl World {
    fn new() -> Self {
        let backend = MemoryBackend::new();
        let server = wire::serve(Receiver::new(backend.clone()).router());
        let proxy = Proxy::before(server);
        let url = format!("http://{}/submission", proxy.address).parse().expect("an address");
        Self { backend, proxy, url }
    }

    fn holds(&self, form: &Form) -> bool {
        let record = RecordId::new(Some("http://example.org/visit".to_owned()), &*form.id);
        let held = self.backend.submission(&record);
        let is_whole = |held: &openrosa_http::server::Submission| {
            held.xml == form.xml.as_bytes() && held.files.len() == form.files
        };
        held.as_ref().is_some_and(is_whole)
    }
}

struct Form {
    id: String,
    xml: String,
    files: usize,
}

impl Form {
    fn new(number: u64, files: u64) -> Self {
        let id = format!("uuid:{number}");
        let names: String = (0..files).map(|file| format!("<photo>{file}.jpg</photo>")).collect();
        let xml = format!(
            "<data xmlns='http://example.org/visit'>{names}<meta xmlns='http://openrosa.org/xforms'>\
             <instanceID>{id}</instanceID></meta></data>"
        );
        Self { id, xml, files: usize::try_from(files).expect("it is small") }
    }

    fn request(&self) -> Request {
        (0..self.files).fold(Request::new(self.xml.clone()), |request, file| {
            let photo = Attachment::bytes(format!("{file}.jpg"), vec![b'x'; 200 * (file + 1)]);
            request.attach(photo).expect("each name once")
        })
    }
}

/// Sends a form until it is delivered, as an outbox does; says what each attempt came to.
async fn deliver(world: &World, client: &Client<Hyper>, form: &Form) -> Vec<Verdict> {
    let (request, mut verdicts) = (form.request(), Vec::new());
    while verdicts.last() != Some(&Verdict::Delivered) && verdicts.len() < 40 {
        let outcome = client.submit(&world.url, &request).await;
        let verdict = outcome.as_ref().map_or_else(|error| error.verdict(), |receipt| receipt.verdict());
        match verdict {
            Verdict::Delivered => assert!(world.holds(form), "delivered, and not there: {outcome:?}"),
            Verdict::Refused => panic!("nothing is wrong with the form: {outcome:?}"),
            // The server does not have it, unless an attempt before this one may have brought it there.
            Verdict::TryAgain { after } => {
                let brought = verdicts.contains(&Verdict::Unknown);
                assert!(brought || !world.holds(form), "not delivered, and there: {outcome:?}");
                assert!(after.is_none_or(|after| after <= Duration::from_secs(7)), "{outcome:?}");
            }
            Verdict::Unknown => {}
        }
        verdicts.push(verdict);
    }
    verdicts
}

/// whatever a network does, the form is there once, and each answer is taken for what
/// it proves.
#[test]
fn no_network_loses_or_doubles_a_form() {
    let world = World::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let transport = Hyper::new().expect("a transport");
    let mut seen = [0_u64; 3];
    for number in 0..SCHEDULES {
        let mut dice = Dice(number);
        let faults: Vec<Fault> = dice.faults(6, 700);
        let form = Form::new(number, dice.below(3));
        world.proxy.schedule(&faults);
        let client = Client::new(transport.clone());
        let verdicts = runtime.block_on(deliver(&world, &client, &form));
        assert_eq!(verdicts.last(), Some(&Verdict::Delivered), "schedule {number}: {faults:?}, {verdicts:?}");
        assert_eq!(world.backend.len() as u64, number + 1, "schedule {number}: {faults:?}, {verdicts:?}");
        for verdict in verdicts {
            let kind = match verdict {
                Verdict::Delivered => 0,
                Verdict::TryAgain { .. } => 1,
                _ => 2,
            };
            seen[kind] += 1;
        }
    }
    assert_eq!(world.proxy.strayed(), [""; 0], "no form is sent elsewhere");
    let [delivered, again, unknown] = seen;
    assert!(delivered == SCHEDULES && again > 500 && unknown > 500, "each outcome comes up: {seen:?}");
}
