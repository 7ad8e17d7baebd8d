//! What the log is told.

use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::auth::{Credentials, Secret, basic};
use crate::server::operation::Watch;
use crate::server::tests::{ask, form, post, request, xml};
use crate::server::{
    AccountList, Authentication, BasicOver, Front, MemoryBackend, MemoryForms, MemoryRestores, Rejection,
};

/// Everything of every level, fields and all.
#[derive(Clone, Default)]
struct Everything(Arc<Mutex<String>>);

impl Visit for Everything {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = writeln!(self.0.lock().unwrap(), "{field}={value:?}");
    }
}

impl Subscriber for Everything {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("openrosa")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let _ = writeln!(self.0.lock().unwrap(), "{}", event.metadata().level());
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// R-082: whatever a client calls, with tokens and passwords right and wrong, neither log nor metrics know them.
#[tokio::test]
async fn neither_log_nor_metrics_know_a_secret() {
    let accounts = AccountList::default().with_token("tablet 7", Secret::new("t0ken-right"));
    let authentication = Authentication::of("clinic", accounts).unwrap().with_basic(BasicOver::Any);
    let (front, watch) = (Front::new(authentication), Watch::new(9));
    let groups = front.forms(MemoryForms::new()).merge(front.restores(MemoryRestores::new()));
    let routes = watch.around(groups.merge(front.receiver(MemoryBackend::new()).standalone()));
    let heard = Everything::default();
    let _listening = tracing::subscriber::set_default(heard.clone());
    // What another test met for the first time just now may be taken for something that nobody listens to.
    ask(&routes, request("GET", "/formList").body(Body::empty()).unwrap()).await;
    tracing::callsite::rebuild_interest_cache();
    for token in ["t0ken-right", "t0ken-wrong"] {
        for path in [
            "/key/TOKEN/formList",
            "/v1/key/TOKEN/projects/7/submission",
            "/key/TOKEN/none",
            "/formList?st=TOKEN",
            "/phone/restore?st=TOKEN&since=TOKEN",
        ] {
            let path = path.replace("TOKEN", token);
            let password = basic::authorization(&Credentials::new("amina", "passw0rd")).unwrap();
            let get = request("GET", &path).header("Host", "h").header("Authorization", password);
            ask(&routes, get.body(Body::empty()).unwrap()).await;
            ask(&routes, post(&path, &[xml(&form("1", "a"))])).await;
        }
    }
    let log = heard.0.lock().unwrap().clone();
    assert!(log.contains(r#"route="/key/{token}/formList""#) && log.contains("status=403"), "{log}");
    let metrics = crate::server::tests::get(&watch.metrics(), "/metrics").await.body;
    assert!(metrics.contains(r#"route="/key/{token}/formList""#), "{metrics}");
    for secret in ["t0ken", "passw0rd", "amina"] {
        assert!(!log.contains(secret) && !metrics.contains(secret), "{secret}: {log}{metrics}");
    }
}

/// It is told with its cause, for whoever looks why devices come again.
#[test]
fn what_is_to_come_again_is_no_error() {
    let told = |rejection: &Rejection| {
        let heard = Everything::default();
        let _listening = tracing::subscriber::set_default(heard.clone());
        crate::server::log(rejection);
        heard.0.lock().unwrap().clone()
    };
    let (after, cause) = (Duration::from_secs(30), Some("it does not answer".into()));
    let log = told(&Rejection::Busy { after, cause });
    assert!(log.starts_with("WARN") && log.contains("cause=\"it does not answer\""), "{log}");
    assert!(told(&Rejection::internal("it is lost")).starts_with("ERROR"));
}
