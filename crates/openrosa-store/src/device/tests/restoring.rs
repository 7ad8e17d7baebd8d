use std::collections::BTreeSet;

use super::*;

#[tokio::test]
async fn a_restore_without_a_token_leaves_none() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", ""))).await.unwrap();
    // S-009's two cases, as they are kept.
    let restored = phone.apply_restore(Restore::of(restore("", ""))).await.unwrap();
    assert_eq!((restored.token.as_deref(), token(&phone).await.as_deref()), (Some(""), Some("")));
    let bare = format!("<OpenRosaResponse>{}</OpenRosaResponse>", case("a", ""));
    let restored = phone.apply_restore(Restore::of(bare)).await.unwrap();
    assert_eq!((restored.token, token(&phone).await), (None, None));
    assert!(phone.sync_state().await.unwrap().is_some());
}

/// ota-restore.md 2.5: of several tokens the last is kept.
#[tokio::test]
async fn of_several_tokens_the_last_is_kept() {
    let (_folder, phone) = phone().await;
    let later = "<Sync xmlns='http://commcarehq.org/sync'><restore_id>t2</restore_id></Sync>";
    phone.apply_restore(Restore::of(restore("t1", later))).await.unwrap();
    assert_eq!(token(&phone).await.as_deref(), Some("t2"));
}

#[tokio::test]
async fn readers_see_the_old_state_until_all_of_the_new_is_there() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    let items: String = (0..2_000).map(|n| case(&format!("b{n}"), "")).collect();
    let whole = restore("t2", &items);
    let (sender, body) = tokio::sync::mpsc::channel::<std::io::Result<bytes::Bytes>>(1);
    let chunks = futures_util::stream::unfold(body, |mut body| async { Some((body.recv().await?, body)) });
    let applying = tokio::spawn({
        let phone = phone.clone();
        async move { phone.apply_restore(Restore::of(Body::from_stream(None, chunks)).starting_over()).await }
    });
    let (begin, end) = whole.split_at(whole.len() - 100);
    sender.send(Ok(begin.to_owned().into())).await.unwrap();
    // Twice: the first is taken from the channel while the second waits in it.
    sender.send(Ok(bytes::Bytes::new())).await.unwrap();
    assert_eq!((ids(&phone).await, token(&phone).await.as_deref()), (vec!["a".to_owned()], Some("t1")));
    sender.send(Ok(end.to_owned().into())).await.unwrap();
    drop(sender);
    assert_eq!(applying.await.unwrap().unwrap().created, 2_000);
    assert_eq!(phone.count_cases(&CaseQuery::new()).await.unwrap(), 2_000);
}

#[tokio::test]
async fn a_restore_that_is_dropped_on_its_way_leaves_nothing() {
    let (_folder, phone) = phone().await;
    let items: String = (0..2_000).map(|n| case(&format!("b{n}"), "")).collect();
    let (_sender, body) = tokio::sync::mpsc::channel::<std::io::Result<bytes::Bytes>>(1);
    let begun = bytes::Bytes::from(restore("t2", &items).replace("</OpenRosaResponse>", ""));
    let chunks = futures_util::stream::unfold((Some(begun), body), |(begun, mut body)| async {
        match begun {
            Some(begun) => Some((Ok(begun), (None, body))),
            None => Some((body.recv().await?, (None, body))),
        }
    });
    let applying = phone.apply_restore(Restore::of(Body::from_stream(None, chunks)));
    let waited = tokio::time::timeout(Duration::from_millis(500), applying).await;
    assert!(waited.is_err(), "it waits for the rest");
    assert_eq!(ids(&phone).await, [""; 0]);
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    assert_eq!(ids(&phone).await, ["a"]);
}

/// What is put in order at the end is there, whatever came in which order and how often.
#[tokio::test]
async fn a_restore_that_starts_over_leaves_every_index_and_link() {
    let (_folder, phone) = phone().await;
    let indices = "SELECT name || coalesce(sql, '') FROM sqlite_schema WHERE type = 'index' ORDER BY name";
    let before: Vec<String> = sqlx::query_scalar(indices).fetch_all(&phone.writer).await.unwrap();
    let link = |n: u32, to: u32| {
        let index = format!("<index><parent case_type='x'>c{to}</parent></index>");
        format!("<case case_id='c{n}' date_modified='2024-06-01'>{index}</case>")
    };
    let created = (0..1_500).map(|n| case(&format!("c{n}"), ""));
    let items: String = created
        .chain((0..1_500).map(|n| link(n, n + 1)))
        .chain((0..700).map(|n| link(n, 3_000 + n)))
        .collect();
    for _ in 0..2 {
        let restored = phone.apply_restore(Restore::of(restore("t1", &items)).starting_over()).await.unwrap();
        assert_eq!((restored.created, restored.updated), (1_500, 2_200));
        let links: Vec<(String, String)> = sqlx::query_as(
            "SELECT case_id, target FROM links JOIN cases ON number = source ORDER BY case_id",
        )
        .fetch_all(&phone.writer)
        .await
        .unwrap();
        let target = |n| if n < 700 { 3_000 + n } else { n + 1 };
        let expected: BTreeSet<_> =
            (0..1_500).map(|n| (format!("c{n}"), format!("c{}", target(n)))).collect();
        assert_eq!(links, expected.into_iter().collect::<Vec<_>>());
        let after: Vec<String> = sqlx::query_scalar(indices).fetch_all(&phone.writer).await.unwrap();
        assert_eq!(after, before);
        assert_eq!(phone.check().await.unwrap().faults, []);
    }
}

#[tokio::test]
async fn changes_are_told_once_they_are_there() {
    let (_folder, phone) = phone().await;
    let mut notices = phone.notices();
    let before = phone.version().await.unwrap();
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), Notice::Restored);
    phone.submit(&form("uuid:1", &case("b", "")), Effect::AtOnce).await.unwrap();
    assert_eq!(notices.recv().await.unwrap(), Notice::Cases(vec!["b".into()]));
    phone.apply_restore(Restore::of("<r><fixture/></r>")).await.unwrap_err();
    assert!(notices.try_recv().is_err(), "nothing has changed");
    let other = Database::open(&phone.path).await.unwrap();
    assert_eq!(other.version().await.unwrap(), before + 2, "another process sees that something has");
}

#[tokio::test]
async fn a_restore_of_many_pieces_is_as_one() {
    let (_folder, phone) = phone().await;
    let update = |n: u32| {
        format!(
            "<case case_id='c{}' date_modified='2024-06-{:02}'><update><n>{n}</n></update></case>",
            n % 7,
            n % 28 + 1
        )
    };
    let items: String = (0..7).map(|n| case(&format!("c{n}"), "")).chain((0..3_000).map(update)).collect();
    let restored = phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    assert_eq!((restored.created, restored.updated, restored.items), (7, 3_000, 3_010));
    for n in 0..7_u32 {
        let case = phone.case(&format!("c{n}").into()).await.unwrap().unwrap();
        let last = (0..3_000).rev().find(|other| other % 7 == n).unwrap();
        assert_eq!(case.properties["n"].text(), last.to_string());
    }
}

/// Where the parts of a sync are done one by one.
#[tokio::test]
async fn what_has_come_since_a_token_is_of_one_user_and_goes_on_from_what_is_here() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    let others = restore("t2", &case("b", "")).replace("<uuid>u1</uuid>", "<uuid>u2</uuid>");
    let error = phone.apply_restore_since(Restore::of(others.clone()), "t1").await.unwrap_err();
    assert!(error.is_other_user(), "{error}");
    assert_eq!((ids(&phone).await, token(&phone).await.as_deref()), (vec!["a".to_owned()], Some("t1")));

    let added = phone.submit(&form("uuid:1", &update("a", "n", "1")), Effect::AtOnce).await.unwrap().added;
    phone.outbox().drop(added.number).await.unwrap();
    let restored = phone.apply_restore_since(Restore::of(restore("t2", "")), "t1").await.unwrap();
    assert_eq!((restored.token, token(&phone).await), (None, None), "the next one undoes what was dropped");
    let restored = phone.apply_restore(Restore::of(others).starting_over()).await.unwrap();
    assert_eq!((restored.token.as_deref(), ids(&phone).await), (Some("t2"), vec!["b".to_owned()]));
}

/// Fixtures stay where a restore starts over, and where there were no cases.
#[tokio::test]
async fn lookup_data_that_is_here_is_not_new_again() {
    let (_folder, phone) = phone().await;
    let fixture =
        |id: &str, row: &str| format!("<fixture id='{id}' user_id='u1'><rows>{row}</rows></fixture>");
    let of = async |id: &str| {
        let key = phone.fixture_of(id, "u1").await.unwrap().unwrap();
        let fixture = phone.fixture(&key).await.unwrap().unwrap();
        fixture.root().unwrap().unwrap().text().into_owned()
    };
    // Far enough apart to be written one after the other.
    let cases: String = (0..500).map(|n| case(&format!("c{n}"), "")).collect();
    let items = [fixture("a", "1"), fixture("b", "1"), cases, fixture("a", "1"), fixture("b", "2")].concat();
    let restored = phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    assert_eq!((restored.fixtures, of("a").await, of("b").await), (3, "1".into(), "2".into()));

    let items = [fixture("a", "1"), fixture("b", "3"), fixture("c", "1")].concat();
    let anew = Restore::of(restore("t2", &items)).starting_over();
    assert_eq!(phone.apply_restore(anew).await.unwrap().fixtures, 2);
    assert_eq!((of("a").await, of("b").await, ids(&phone).await.len()), ("1".into(), "3".into(), 0));
    let restored = phone.apply_restore(Restore::of(restore("t3", &items))).await.unwrap();
    assert_eq!((restored.fixtures, phone.fixtures().await.unwrap().len()), (0, 3));
}
