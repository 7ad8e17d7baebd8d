use chrono::{DateTime, FixedOffset, TimeDelta};

use super::{outbox::Sending, *};
use crate::device::Fault;

async fn sync(phone: &Database, script: &Script, way: &Way) -> Syncing {
    phone.sync(&script.client(), way, |_| ()).await.unwrap()
}

fn done(syncing: Syncing) -> Synced {
    match syncing {
        Syncing::Done(synced) => *synced,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn forms_go_first_and_the_next_restore_is_asked_by_token_and_hash() {
    let (_folder, phone) = phone().await;
    let script = Script::default().restore(200, restore("t1", &case("a", "")));
    let synced = done(sync(&phone, &script, &way()).await);
    assert_eq!((synced.restored.created, synced.restored.token.as_deref()), (1, Some("t1")));
    assert_eq!(script.heard(), ["version=2.0&items=true"]);

    phone.submit(&form("uuid:1", &case("b", "")), Effect::AtOnce).await.unwrap();
    let script = Script::default().restore(200, restore("t2", ""));
    let synced = done(sync(&phone, &script, &way().user_id("u1")).await);
    assert_eq!((synced.sent.delivered, synced.restored.created), (1, 0));
    let state = openrosa_case::hash::StateHash::of(["a", "b"]);
    let asked = format!("version=2.0&user_id=u1&since=t1&state=ccsh%3A{state}&items=true");
    assert_eq!(script.heard(), ["POST t1".to_owned(), asked]);
    assert_eq!(ids(&phone).await, ["a", "b"]);
}

/// Token and hash are those of the backup, which the server knows, and the value that came since is never sent again.
#[tokio::test]
async fn a_backup_that_was_put_back_is_fetched_anew() {
    let (folder, phone) = phone().await;
    let (path, backup) = (folder.path().join("phone.db"), folder.path().join("backup.db"));
    let later = case("a", "<update><village>Kibaha</village></update>");
    let script = Script::default()
        .restore(200, restore("t1", &case("a", "")))
        .restore(200, restore("t2", &later))
        .restore(200, restore("t3", &later));
    done(sync(&phone, &script, &way()).await);
    phone.close().await;
    std::fs::copy(&path, &backup).unwrap();
    let phone = Database::open(&path).await.unwrap();
    done(sync(&phone, &script, &way()).await);
    phone.close().await;
    std::fs::copy(&backup, &path).unwrap();
    let phone = Database::open(&path).await.unwrap();
    script.heard();
    let synced = done(sync(&phone, &script, &way().anew()).await);
    assert_eq!(script.heard(), ["version=2.0&items=true"], "no token");
    assert!(synced.restored.started_over);
    let case = phone.case(&"a".into()).await.unwrap().unwrap();
    assert_eq!((&*case.properties["village"].text(), token(&phone).await.as_deref()), ("Kibaha", Some("t3")));
}

/// Whatever ends it: forms that are left, a server that is too busy, an answer that never comes.
#[tokio::test]
async fn a_sync_anew_that_comes_to_no_restore_is_gone_on_with() {
    for way in [way().anew(), way().anew().forced()] {
        let (_folder, phone) = phone().await;
        done(sync(&phone, &Script::default().restore(200, restore("t1", &case("a", ""))), &way).await);
        phone.submit(&form("uuid:1", &update("a", "village", "x")), Effect::AtOnce).await.unwrap();
        let script = Script::default().form(500).restore(503, "").restore(200, restore("t2", ""));
        let syncing = sync(&phone, &script, &way).await;
        assert!(matches!(syncing, Syncing::Unsent { .. } | Syncing::Busy { .. }), "{syncing:?}");
        script.heard();
        let script = if way.forced { script } else { Script::default().restore(200, restore("t2", "")) };
        let synced = done(sync(&phone, &script, &super::way().forced()).await);
        assert!(
            synced.restored.started_over && script.heard().contains(&"version=2.0&items=true".to_owned())
        );
    }
}

/// What it takes the place of need not be readable.
#[tokio::test]
async fn a_sync_anew_mends_what_cannot_be_read() {
    let items = format!(
        "{}<fixture id='fruit'><list><fruit/></list></fixture>
         <fixture id='user-groups' user_id='u1'><groups><group id='g1'><name>g</name></group></groups></fixture>",
        case("a", "")
    );
    for damage in [
        "UPDATE contents SET properties = '{'",
        "UPDATE cases SET indices = '{'",
        "UPDATE users SET properties = '{'",
        "UPDATE fixtures SET source = '<f'",
    ] {
        let (_folder, phone) = phone().await;
        phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
        sqlx::query(damage).execute(&phone.writer).await.unwrap();
        let faults = phone.check().await.unwrap().faults;
        assert!(!faults.is_empty() && faults.iter().all(Fault::is_mended_by_restore), "{damage}: {faults:?}");
        let script = Script::default().restore(200, restore("t2", &items));
        done(sync(&phone, &script, &way().anew()).await);
        assert_eq!(phone.check().await.unwrap().faults, [], "{damage}");
        assert_eq!((ids(&phone).await, token(&phone).await.as_deref()), (vec!["a".to_owned()], Some("t2")));
    }
}

/// A server that belongs to somebody else makes nothing be fetched anew.
#[tokio::test]
async fn a_sync_anew_with_another_server_changes_nothing() {
    let (_folder, phone) = phone().await;
    done(sync(&phone, &Script::default().restore(200, restore("t1", "")), &way()).await);
    let url = |path: &str| format!("https://other.example/a/demo/{path}").parse().unwrap();
    let elsewhere = Way::new(url("receiver/"), url("phone/restore/")).anew();
    let error = phone.sync(&Script::default().client(), &elsewhere, |_| ()).await.unwrap_err();
    assert!(error.is_at_home_elsewhere());
    assert_eq!(token(&phone).await.as_deref(), Some("t1"));
}

/// Else the home would be of the one, and the cases of the other.
#[tokio::test]
async fn forms_and_restore_are_not_of_two_servers() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case("a", "")), Effect::AtOnce).await.unwrap();
    for restore_url in
        ["https://other.example/a/demo/phone/restore/", "https://hq.example/a/other/phone/restore/"]
    {
        let script = Script::default().restore(200, restore("t1", ""));
        let apart = Way { restore_url: restore_url.parse().unwrap(), ..way().anew() };
        let error = phone.sync(&script.client(), &apart, |_| ()).await.unwrap_err();
        assert!(error.is_of_two_servers(), "{error}");
        assert_eq!((script.heard(), phone.home().await.unwrap()), (vec![], None));
    }
}

/// S-070: the server is told whose cases are here. Where it sends what is new for somebody else all the same, nothing of it is
/// done: only everything may come in the place of all that is here.
#[tokio::test]
async fn what_is_new_for_another_user_is_not_mixed_in() {
    let (_folder, phone) = phone().await;
    done(sync(&phone, &Script::default().restore(200, restore("t1", &case("a", ""))), &way()).await);
    let of_bob = restore("t2", &case_of("b", "u2", "")).replace("<uuid>u1</uuid>", "<uuid>u2</uuid>");
    let script = Script::default().restore(200, of_bob.clone()).restore(200, of_bob);
    let error = phone.sync(&script.client(), &way(), |_| ()).await.unwrap_err();
    assert!(error.is_other_user(), "{error}");
    let heard = script.heard();
    assert!(heard[0].contains("user_id=u1&since=t1"), "{heard:?}");
    assert_eq!((ids(&phone).await, token(&phone).await.as_deref()), (vec!["a".to_owned()], Some("t1")));
    assert_eq!(phone.users().await.unwrap().len(), 1);

    done(sync(&phone, &script, &way().anew()).await);
    assert_eq!(script.heard(), ["version=2.0&items=true"], "whoever it is");
    assert_eq!(ids(&phone).await, ["b"]);

    // Both users are here from then on (ota-restore.md 1.8), and the cases are those of the last.
    assert_eq!(phone.users().await.unwrap().len(), 2);
    let script = Script::default().restore(200, restore("t3", &case("c", "")));
    let error = phone.sync(&script.client(), &way(), |_| ()).await.unwrap_err();
    assert!(error.is_other_user(), "{error}");
    let heard = script.heard();
    assert!(heard[0].contains("user_id=u2&since=t2"), "{heard:?}");
    assert_eq!(ids(&phone).await, ["b"]);
}

/// ota-restore.md 1.2: `user_id` is that of who signs in, which is another than whose cases come.
#[tokio::test]
async fn who_asks_in_the_name_of_another_does_not_name_that_one() {
    let (_folder, phone) = phone().await;
    let mut way = way();
    way.restore_url.set_query(Some("as=amina@demo.commcarehq.org"));
    let script = Script::default().restore(200, restore("t1", "")).restore(200, restore("t2", ""));
    done(sync(&phone, &script, &way).await);
    done(sync(&phone, &script, &way).await);
    assert!(script.heard().iter().all(|asked| !asked.contains("user_id")));
}

/// S-078: the pull is not started while unsent forms remain, unless it is forced.
#[tokio::test]
async fn no_restore_while_forms_wait() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case("b", "")), Effect::AtOnce).await.unwrap();
    let script = Script::default().form(500).form(500).restore(200, restore("t1", ""));
    match sync(&phone, &script, &way()).await {
        Syncing::Unsent { sent, counts } => assert_eq!((sent.attempts, counts.waiting), (1, 1)),
        other => panic!("{other:?}"),
    }
    assert_eq!(script.heard(), ["POST"], "no restore was asked for");

    let synced = done(sync(&phone, &script, &way().forced()).await);
    assert_eq!((synced.counts.waiting, synced.restored.started_over), (1, true));
    assert_eq!(ids(&phone).await, ["b"], "what the form did is done again");
}

/// S-078: a form that waits for a person is no unsent one; else one form that is refused would end all syncs.
#[tokio::test]
async fn a_form_in_quarantine_does_not_stand_in_the_way() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case("b", "")), Effect::AtOnce).await.unwrap();
    let script = Script::default().form(400).restore(200, restore("t1", ""));
    let synced = done(sync(&phone, &script, &way()).await);
    assert_eq!((synced.sent.stopped, synced.counts.quarantined), (1, 1));
}

/// S-078: nor are forms that have to wait for one that waits for a person; and what they do is not done again either, as cases
/// that are only theirs would make every sync start over.
#[tokio::test]
async fn forms_behind_one_in_quarantine_do_not_stand_in_the_way() {
    let (_folder, phone) = phone().await;
    for (id, blocks) in [("uuid:1", case("a", "")), ("uuid:2", update("a", "village", "x") + &case("b", ""))]
    {
        phone.submit(&form(id, &blocks), Effect::AtOnce).await.unwrap();
    }
    phone.submit(&form("uuid:3", &update("b", "village", "y")), Effect::AtOnce).await.unwrap();
    let script = Script::default().form(400).restore(200, restore("t1", ""));
    let synced = done(sync(&phone, &script, &way()).await);
    assert_eq!((synced.counts.quarantined, synced.counts.waiting, synced.counts.stuck), (1, 2, 2));
    assert_eq!((ids(&phone).await, token(&phone).await.as_deref()), (vec![], Some("t1")));

    // A person has put it right: all three go, without the token, so that the server says what it made of them.
    phone.outbox().retry(1).await.unwrap();
    let script = Script::default().restore(200, restore("t2", &case("a", "")));
    assert_eq!(done(sync(&phone, &script, &way()).await).sent.delivered, 3);
    assert_eq!(script.heard()[..3], ["POST", "POST", "POST"]);
}

/// A network's login page may well be XML, and any root is one of a restore (S-001).
#[tokio::test]
async fn what_is_no_restore_takes_the_place_of_nothing() {
    let (_folder, phone) = phone().await;
    done(sync(&phone, &Script::default().restore(200, restore("t1", &case("a", ""))), &way()).await);
    for page in [
        "<WISPAccessGatewayParam><Redirect/></WISPAccessGatewayParam>",
        "<OpenRosaResponse><message nature='ota_restore_error'>No.</message></OpenRosaResponse>",
        "<OpenRosaResponse><message nature='ota_restore_pending'>Wait</message>\
           <Sync xmlns='http://commcarehq.org/sync'><progress done='1' total='10'/></Sync></OpenRosaResponse>",
    ] {
        for script in
            [Script::default().restore(200, page), Script::default().restore(412, "").restore(200, page)]
        {
            let error = phone.sync(&script.client(), &way(), |_| ()).await.unwrap_err();
            assert!(
                error.is_no_restore() && error.to_string().starts_with("what came is no restore"),
                "{error}"
            );
            assert_eq!(
                (token(&phone).await.as_deref(), ids(&phone).await),
                (Some("t1"), vec!["a".to_owned()])
            );
        }
    }
}

/// A client to which something happens on the phone while a restore is asked for.
fn meanwhile<H: Future<Output = ()> + Send>(
    script: &Script,
    happens: impl Fn() -> H + Clone + Send + std::marker::Sync + 'static,
) -> Client<impl Transport> {
    let script = script.clone();
    let transport = move |request: Request<Body>| {
        let (script, happens) = (script.clone(), happens.clone());
        async move {
            if request.method() == Method::GET {
                happens().await;
            }
            Ok(script.answer(&request).map(Body::from))
        }
    };
    Client::new(transport).without_preflight(AcceptLength::DEFAULT)
}

/// A full restore takes the place of all cases: of what was sent while it was made, too. What waited meanwhile is sent at the end,
/// whatever becomes of the restore.
#[tokio::test]
async fn nothing_is_sent_while_a_restore_is_on_its_way_and_what_waited_is_sent_at_its_end() {
    let whole = restore("t1", &case("a", ""));
    let cut = whole.replace("</OpenRosaResponse>", "");
    for (status, body, heard) in [(200, &whole, "POST t1"), (200, &cut, "POST"), (503, &whole, "POST")] {
        let (_folder, phone) = phone().await;
        let script = Script::default().restore(status, body);
        let (other, server) = (phone.clone(), script.clone());
        let client = meanwhile(&script, move || {
            let (other, server) = (other.clone(), server.clone());
            async move {
                other.submit(&form("uuid:1", &case("b", "")), Effect::AtOnce).await.unwrap();
                let sending = other.outbox().send(&server.client(), &way().submission_url).await.unwrap();
                assert_eq!(sending, Sending::Elsewhere);
            }
        });
        let synced = phone.sync(&client, &way(), |_| ()).await;
        assert_eq!(phone.outbox().counts().await.unwrap().delivered, 1, "{synced:?}");
        assert_eq!(script.heard(), ["version=2.0&items=true", heard]);
        assert!(ids(&phone).await.contains(&"b".to_owned()));
    }
}

/// A person gives a form up while the restore comes that does not know of it: the next is a full one all the same.
#[tokio::test]
async fn a_token_that_is_forgotten_on_the_way_is_not_kept() {
    let (_folder, phone) = phone().await;
    done(sync(&phone, &Script::default().restore(200, restore("t1", &case("a", ""))), &way()).await);
    phone.submit(&form("uuid:1", &update("a", "village", "x")), Effect::AtOnce).await.unwrap();
    let script = Script::default().form(400).restore(200, restore("t2", ""));
    let other = phone.clone();
    let client = meanwhile(&script, move || {
        let other = other.clone();
        async move {
            other.outbox().drop(1).await.unwrap();
            assert!(other.leave_home().await.unwrap_err().is_busy());
        }
    });
    let synced = done(phone.sync(&client, &way(), |_| ()).await.unwrap());
    assert_eq!((synced.restored.token, token(&phone).await), (None, None));
}

/// S-079: the token is stored atomically with the data.
#[tokio::test]
async fn token_and_data_come_together_or_not_at_all() {
    let (_folder, phone) = phone().await;
    done(sync(&phone, &Script::default().restore(200, restore("t1", &case("a", ""))), &way()).await);
    let broken = [
        restore(
            "t2",
            &format!("{}{}", case("b", ""), "<case case_id='c' date_modified='2024-05-01'><close/></case>"),
        ),
        restore("t2", &case("b", "")).replace("</OpenRosaResponse>", ""),
        restore("t2", "<fixture/>"),
    ];
    for broken in broken {
        let script = Script::default().restore(200, &broken);
        assert!(phone.sync(&script.client(), &way(), |_| ()).await.is_err(), "{broken}");
        assert_eq!((token(&phone).await.as_deref(), ids(&phone).await), (Some("t1"), vec!["a".to_owned()]));
    }
}

/// Who is killed right behind the restore has cases and a token, and must not be taken for one that belongs to nobody.
#[tokio::test]
async fn a_restore_that_is_there_has_its_home() {
    let (_folder, phone) = phone().await;
    let mut notices = phone.notices();
    let script = Script::default().restore(200, restore("t1", &case("a", "")));
    let client = script.client();
    let way = way();
    let mut syncing = std::pin::pin!(phone.sync(&client, &way, |_| ()));
    tokio::select! {
        biased;
        notice = notices.recv() => drop(notice.unwrap()),
        synced = &mut syncing => drop(synced.unwrap()),
    }
    assert!(phone.home().await.unwrap().is_some());
}

/// S-080: a server on which nothing has changed still gives a new token, which is stored.
#[tokio::test]
async fn nothing_new_but_the_token() {
    let (_folder, phone) = phone().await;
    let script =
        Script::default().restore(200, restore("t1", &case("a", ""))).restore(200, restore("t2", ""));
    done(sync(&phone, &script, &way()).await);
    let synced = done(sync(&phone, &script, &way()).await);
    assert_eq!((synced.restored.created, synced.restored.updated), (0, 0));
    assert_eq!(token(&phone).await.as_deref(), Some("t2"));
    assert!(script.heard()[1].contains("since=t1"));
}

/// S-074: after 412 one full restore, without `since` and `state`, takes the place of all cases; a second 412 is an error, and
/// all is as it was.
#[tokio::test]
async fn a_device_that_has_gone_astray_starts_over() {
    let (_folder, phone) = phone().await;
    let stock =
        "<balance xmlns='http://commcarehq.org/ledger/v1' entity-id='a' date='2024-05-01' section-id='s'>
                   <entry id='p' quantity='3'/></balance>";
    let script = Script::default().restore(200, restore("t1", &format!("{}{stock}", case("a", ""))));
    done(sync(&phone, &script, &way()).await);

    let script = Script::default().restore(412, "").restore(412, "");
    let error = phone.sync(&script.client(), &way(), |_| ()).await.unwrap_err();
    assert!(error.http().unwrap().is_gone_astray());
    assert_eq!((token(&phone).await.as_deref(), ids(&phone).await), (Some("t1"), vec!["a".to_owned()]));

    let script = Script::default().restore(412, "").restore(200, restore("t2", &case("b", "")));
    let synced = done(sync(&phone, &script, &way()).await);
    assert!(synced.restored.started_over);
    let heard = script.heard();
    assert!(heard[0].contains("since=t1") && !heard[1].contains("since") && !heard[1].contains("state"));
    assert_eq!((token(&phone).await.as_deref(), ids(&phone).await), (Some("t2"), vec!["b".to_owned()]));
    assert_eq!(phone.ledgers_of(&"a".into()).await.unwrap(), []);
}

#[tokio::test]
async fn cases_in_a_circle_make_the_device_start_over() {
    let (_folder, phone) = phone().await;
    let to = |target: &str| format!("<index><parent case_type='patient'>{target}</parent></index>");
    let circle = format!("{}{}", case("a", &to("b")), case("b", &to("a")));
    phone.apply_restore(Restore::of(restore("t1", &circle))).await.unwrap();
    assert!(phone.purge().await.unwrap_err().is_cycle());
    let script = Script::default().restore(200, restore("t2", &case("c", "")));
    assert!(done(sync(&phone, &script, &way()).await).restored.started_over);
    assert_eq!(script.heard(), ["version=2.0&items=true"]);
    assert_eq!(ids(&phone).await, ["c"]);
}

fn noon() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2024-05-01T12:00:00+02:00").unwrap()
}

/// S-076: 429 and 503 can be tried again later, and `Retry-After` is honored; R-026 for restores.
#[tokio::test]
async fn a_busy_server_is_left_alone() {
    for status in [429, 503] {
        let (_folder, phone) = phone().await;
        let phone = phone.clock(noon);
        let script = Script::default().restore(status, "").restore(status, "");
        let Syncing::Busy { until, .. } = sync(&phone, &script, &way()).await else { panic!("{status}") };
        assert!(until >= noon() + TimeDelta::seconds(120));
        assert_eq!(script.heard().len(), 1);

        let Syncing::Busy { until: again, .. } = sync(&phone, &script, &way()).await else {
            panic!("{status}")
        };
        assert_eq!((again, script.heard().len()), (until, 0), "it is not asked before");

        let Syncing::Busy { .. } = sync(&phone, &script, &way().forced()).await else { panic!("{status}") };
        assert_eq!(script.heard().len(), 1, "unless it is forced");

        let phone = phone.clock(|| noon() + TimeDelta::hours(2));
        done(sync(&phone, &script.clone().restore(200, restore("t1", "")), &way()).await);
    }
}

/// That the old server was too busy, for restores or for forms, is nothing to the new one.
#[tokio::test]
async fn a_device_that_moves_leaves_the_pauses_behind() {
    let (_folder, phone) = phone().await;
    let phone = phone.clock(noon);
    phone.submit(&form("uuid:1", &case("a", "")), Effect::AtOnce).await.unwrap();
    let busy = Script::default().form(503).restore(503, "");
    let Syncing::Busy { .. } = sync(&phone, &busy, &way().forced()).await else { panic!("it is busy") };
    assert!(phone.outbox().paused().await.unwrap().is_some());
    phone.leave_home().await.unwrap();
    let url = |path: &str| format!("https://other.example/a/demo/{path}").parse().unwrap();
    let elsewhere = Way::new(url("receiver/"), url("phone/restore/"));
    let script = Script::default().restore(200, restore("t1", &case("a", "")));
    assert_eq!(done(sync(&phone, &script, &elsewhere).await).sent.delivered, 1);
}

#[tokio::test]
async fn what_does_not_belong_here_goes_before_and_after() {
    let (_folder, phone) = phone().await;
    done(sync(&phone, &Script::default().restore(200, restore("t1", &case("a", ""))), &way()).await);
    phone.submit(&form("uuid:1", &case_of("b", "u2", "")), Effect::AtOnce).await.unwrap();
    let gone =
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='a' date_modified='2024-06-01'>
                  <update><owner_id>u2</owner_id></update></case>";
    let script = Script::default().restore(200, restore("t2", gone));
    let synced = done(sync(&phone, &script, &way()).await);
    let purged: Vec<_> = synced.purged.cases.iter().map(|id| id.as_str()).collect();
    assert_eq!(purged, ["b", "a"]);
    let state = openrosa_case::hash::StateHash::of(["a"]);
    assert!(script.heard()[1].contains(&format!("ccsh%3A{state}")), "the hash is of what is left");
}

#[tokio::test]
async fn one_syncs_at_a_time() {
    let (_folder, phone) = phone().await;
    let _other = crate::lock::Lock::take(&phone.path, "sync").unwrap().unwrap();
    assert_eq!(sync(&phone, &Script::default(), &way()).await, Syncing::Elsewhere);
}

#[tokio::test]
async fn a_restore_leaves_nothing_beside_the_database() {
    let (folder, phone) = phone().await;
    let script = Script::default().restore(200, restore("t1", "")).restore(200, "<r><fixture/></r>");
    done(sync(&phone, &script, &way()).await);
    assert!(phone.sync(&script.client(), &way(), |_| ()).await.is_err());
    let left: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains("restore")), "{left:?}");
}

#[tokio::test]
async fn steps_are_told() {
    let (_folder, phone) = phone().await;
    let steps = Mutex::new(Vec::new());
    let script = Script::default().restore(200, restore("t1", ""));
    let told = |step| steps.lock().unwrap().push(step);
    let _ = phone.sync(&script.client(), &way(), told).await.unwrap();
    let steps = steps.into_inner().unwrap();
    assert!(matches!(steps[..], [Step::Sending, Step::Receiving(_), .., Step::Applying]), "{steps:?}");
}

#[tokio::test]
async fn forms_that_went_are_told_before_the_restore_fails() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case("a", "")), Effect::AtOnce).await.unwrap();
    let steps = Mutex::new(Vec::new());
    let script = Script::default().restore(200, "<r><fixture/></r>".to_owned());
    let told = |step| steps.lock().unwrap().push(step);
    assert!(phone.sync(&script.client(), &way(), told).await.is_err());
    let sent = Step::Sent { delivered: 1, unprocessed: 0 };
    assert_eq!(steps.into_inner().unwrap()[..2], [Step::Sending, sent]);
}

/// Reading what was saved needs that thread again and again, while the database is written to.
#[test]
fn a_restore_is_applied_where_a_runtime_has_one_thread_for_what_blocks() {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().max_blocking_threads(1).build().unwrap();
    runtime.block_on(async {
        let (_folder, phone) = phone().await;
        let items: String = (0..5_000).map(|n| case(&format!("c{n}"), "")).collect();
        let script = Script::default().restore(200, restore("t1", &items));
        let synced = tokio::time::timeout(Duration::from_secs(60), sync(&phone, &script, &way())).await;
        assert_eq!(done(synced.expect("no two wait for each other")).restored.created, 5_000);
    });
}
