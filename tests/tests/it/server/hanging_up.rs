//! Callers who hang up while the server begins to look something up.

use futures_util::future::join_all;
use openrosa_store::server::CasesAsked;

use super::site::{Site, create, form};
use crate::device::converge::at_most;

/// How many cases there are, as each of the connections to the database sees it.
async fn counts(site: &Site) -> Vec<usize> {
    let domain = site.database.domain(None).await.unwrap();
    let asked = CasesAsked::default();
    let all = (0..32).map(|_| site.database.cases(&domain, &asked, 10));
    join_all(all).await.into_iter().map(|cases| cases.unwrap().len()).collect()
}

/// A connection that stayed in the transaction of who hung up would show what was there then.
#[tokio::test(flavor = "multi_thread")]
async fn who_hangs_up_leaves_nobody_behind_in_the_past() {
    for site in Site::all().await {
        for polls in 0..40 {
            drop(at_most(polls % 8, site.database.snapshot()).await);
        }
        assert_eq!(counts(&site).await, [0; 32], "{}", site.engine);
        site.takes(&form("f1", &create("c1", 1, "amy", ""))).await;
        assert_eq!(counts(&site).await, [1; 32], "{}", site.engine);
    }
}
