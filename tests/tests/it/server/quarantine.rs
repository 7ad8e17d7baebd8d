//! Forms that are set apart to be looked at, and let in.

use openrosa_http::server::{CheckPolicy, Policy};
use openrosa_store::server::State;

use super::site::{Site, block, create, form};

/// A device would refuse this block, as it has no date; CommCare HQ takes the present time.
fn odd(case_id: &str, actions: &str) -> String {
    block(case_id, 1, actions).replace(" date_modified='2024-05-01T10:00:00Z'", "")
}

async fn sites() -> Vec<Site> {
    let mut sites = Site::all().await;
    for site in &mut sites {
        let (check, plain) = (CheckPolicy::Quarantine, Policy::default());
        site.receive(Policy { check, ..plain });
        site.takes(&form("f1", &create("c1", 1, "amy", "<update><age>7</age></update>"))).await;
    }
    sites
}

async fn property(site: &Site, case: &str, name: &str) -> Option<String> {
    let domain = site.database.domain(None).await.unwrap();
    let row = site.database.case(&domain, &case.into()).await.unwrap()?;
    row.case.properties.get(name).map(|value| value.text().into_owned())
}

async fn state(site: &Site, id: &str) -> State {
    let domain = site.database.domain(None).await.unwrap();
    site.database.form(&domain, id).await.unwrap().state
}

#[tokio::test]
async fn what_is_let_in_counts_from_when_it_came() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        site.takes_with(
            &form("f2", &odd("c1", "<update><age>8</age><hair>red</hair></update>")),
            &[("a", "1")],
        )
        .await;
        site.takes(&form("f3", &block("c1", 3, "<update><age>9</age></update>"))).await;
        assert_eq!(state(&site, "f2").await, State::Quarantined, "{}", site.engine);
        assert_eq!(property(&site, "c1", "hair").await, None, "{}: it has no effect yet", site.engine);

        let released = site.database.release(&domain, "f2").await.unwrap();
        assert!(released.declined.is_none() && released.did.changes > 0, "{released:?}");
        assert_eq!(state(&site, "f2").await, State::Normal, "{}", site.engine);
        assert_eq!(property(&site, "c1", "hair").await.as_deref(), Some("red"), "{}", site.engine);
        assert_eq!(
            property(&site, "c1", "age").await.as_deref(),
            Some("9"),
            "{}: f3 came later",
            site.engine
        );
        let row = site.database.form(&domain, "f2").await.unwrap();
        assert_eq!(
            (row.reason.as_deref(), site.database.files_of(&domain, &row).await.unwrap().len()),
            (None, 1)
        );

        let again = site.database.release(&domain, "f2").await.unwrap_err();
        assert_eq!(again.to_string(), "form `f2` does not wait to be let in: it counts");
        assert!(site.database.release(&domain, "f9").await.unwrap_err().is_unknown());
        // It is a form like any other from now on.
        site.archive(&domain, "f2").await.unwrap();
        assert_eq!(property(&site, "c1", "hair").await, None, "{}", site.engine);
    }
}

#[tokio::test]
async fn what_the_rules_do_not_allow_is_told() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        let link = "<index><parent case_type='x'>nobody</parent></index>";
        site.takes(&form("f2", &odd("c1", link))).await;
        let released = site.database.release(&domain, "f2").await.unwrap();
        assert!(released.declined.is_some(), "{}", site.engine);
        assert_eq!(state(&site, "f2").await, State::Error, "{}", site.engine);
    }
}

#[tokio::test]
async fn an_edit_that_is_let_in_takes_its_place() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        let edit = |id: &str, age: u32, block: &dyn Fn(&str) -> String| {
            let create = "<create><case_type>patient</case_type><case_name>A</case_name><owner_id>amy</owner_id></create>";
            form(id, &block(&format!("{create}<update><age>{age}</age></update>")))
                .replace("</instanceID>", "</instanceID><deprecatedID>f1</deprecatedID>")
        };
        site.takes(&edit("f2", 8, &|actions| odd("c1", actions))).await;
        site.takes(&edit("f3", 9, &|actions| odd("c1", actions))).await;
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("7"), "{}", site.engine);
        site.database.release(&domain, "f2").await.unwrap();
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("8"), "{}", site.engine);
        assert_eq!((state(&site, "f1").await, state(&site, "f2").await), (State::Deprecated, State::Normal));
        let overtaken = site.database.release(&domain, "f3").await.unwrap_err();
        assert_eq!(
            overtaken.to_string(),
            "the form that `f3` was to take the place of has another successor by now"
        );
        assert_eq!(property(&site, "c1", "age").await.as_deref(), Some("8"), "{}", site.engine);
    }
}
