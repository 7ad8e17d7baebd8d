//! Extensions of what is closed.

use openrosa_store::server::FormsAsked;

use super::site::{Site, block, create, form};

fn link(relationship: &str, to: &str) -> String {
    format!("<index><host case_type='patient' relationship='{relationship}'>{to}</host></index>")
}

/// A host; an extension, and one of that; one behind a closed one; a child.
async fn sites() -> Vec<Site> {
    let sites = Site::all().await;
    for site in &sites {
        let blocks = [
            create("host", 1, "amy", ""),
            create("e1", 1, "-", &link("extension", "host")),
            create("e2", 1, "-", &link("extension", "e1")),
            create("gone", 1, "-", &(link("extension", "host") + "<close/>")),
            create("behind", 1, "-", &link("extension", "gone")),
            create("child", 1, "amy", &link("child", "host")),
        ];
        site.takes(&form("f1", &blocks.concat())).await;
    }
    sites
}

async fn closed(site: &Site) -> Vec<String> {
    let domain = site.database.domain(None).await.unwrap();
    let mut closed = Vec::new();
    for id in ["behind", "child", "e1", "e2", "gone", "host"] {
        let row = site.database.case(&domain, &id.into()).await.unwrap().unwrap();
        closed.extend(row.case.closed.then(|| id.to_owned()));
    }
    closed
}

async fn forms(site: &Site) -> usize {
    let domain = site.database.domain(None).await.unwrap();
    site.database.forms(&domain, &FormsAsked::default(), 100).await.unwrap().len()
}

/// C-099: a chain is closed through open extensions only, all the way, without what is closed already.
#[tokio::test]
async fn a_domain_may_want_extensions_closed_with_their_host() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        site.takes(&form("f2", &block("host", 2, "<update><age>7</age></update>"))).await;
        site.database.set_closes_extensions(&domain, true).await.unwrap();
        let closes = form("f3", &block("host", 3, "<close/>"));
        site.takes(&closes).await;
        assert_eq!(closed(&site).await, ["e1", "e2", "gone", "host"], "{}", site.engine);
        assert_eq!(forms(&site).await, 4, "{}: by one form of the server's own", site.engine);
        let rows = site.database.forms(&domain, &FormsAsked::default(), 100).await.unwrap();
        assert_eq!(rows[3].device_id.as_deref(), Some("SubmissionPost-f3-close_extensions"));
        assert_eq!(rows[3].form, "http://commcarehq.org/case");

        site.takes(&closes).await;
        site.takes(&form("f4", &block("host", 4, "<update><age>8</age></update>"))).await;
        assert_eq!(forms(&site).await, 5, "{}: there is nothing to close any more", site.engine);
    }
}

#[tokio::test]
async fn other_domains_leave_them_open() {
    for site in sites().await {
        site.takes(&form("f2", &block("host", 2, "<close/>"))).await;
        assert_eq!(closed(&site).await, ["gone", "host"], "{}", site.engine);
    }
}

/// An extension that no form can name stays open, and its host is closed all the same.
#[tokio::test]
async fn an_odd_id_keeps_no_host_open() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        site.database.set_closes_extensions(&domain, true).await.unwrap();
        for (number, odd) in ["e ", &"\u{1f600}".repeat(150)].iter().enumerate() {
            let block = create("odd", 1, "-", &link("extension", "host"))
                .replace("case_id='odd'", &format!("case_id='{odd}'"));
            site.takes(&form(&format!("odd {number}"), &block)).await;
        }
        site.takes(&form("f2", &block("host", 2, "<close/>"))).await;
        assert_eq!(closed(&site).await, ["e1", "e2", "gone", "host"], "{}", site.engine);
        for odd in ["e ", &"\u{1f600}".repeat(150)] {
            let row = site.database.case(&domain, &odd.into()).await.unwrap().unwrap();
            assert!(!row.case.closed, "{}", site.engine);
        }
    }
}

/// Forms that close and forms that change what is closed with it, on two processes at once: nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_chain_is_closed_while_others_work_on_it() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        site.database.set_closes_extensions(&domain, true).await.unwrap();
        let twin = site.twin().await;
        let mut sent = Vec::new();
        for number in 0..20 {
            let about = ["e1", "e2", "host"][number % 3];
            let update = format!("<update><p{number}>x</p{number}></update>");
            let actions = if number == 10 { "<close/>".to_owned() } else { update };
            let id = if number == 10 { "host" } else { about };
            let form = form(&format!("n{number}"), &block(id, 2, &actions));
            let site = if number % 2 == 0 { site.clone() } else { twin.clone() };
            sent.push(tokio::spawn(async move { site.takes(&form).await }));
        }
        for sent in sent {
            sent.await.unwrap();
        }
        assert_eq!(closed(&site).await, ["e1", "e2", "gone", "host"], "{}", site.engine);
        let mut changes = 0;
        for id in ["e1", "e2", "host"] {
            let row = site.database.case(&domain, &id.into()).await.unwrap().unwrap();
            changes += row.case.properties.keys().filter(|name| name.starts_with('p')).count();
        }
        assert_eq!(changes, 19, "{}", site.engine);
    }
}
