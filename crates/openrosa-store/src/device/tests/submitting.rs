use super::*;

const CLOSE_UNKNOWN: &str = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='x' date_modified='2024-05-01'><close/></case>";

async fn send(phone: &Database, script: &Script) {
    let _ = phone.outbox().send(&script.client(), &way().submission_url).await.unwrap();
}

#[tokio::test]
async fn a_form_that_cannot_be_applied_is_not_kept() {
    let (_folder, phone) = phone().await;
    let blocks = format!("{}{CLOSE_UNKNOWN}", case("a", ""));
    let error = phone.submit(&form("uuid:1", &blocks), Effect::AtOnce).await.unwrap_err();
    assert!(error.declined().is_some());
    assert_eq!((ids(&phone).await, phone.outbox().counts().await.unwrap().waiting), (vec![], 0));
    phone.submit(&form("uuid:1", &blocks), Effect::None).await.unwrap();
    assert_eq!((ids(&phone).await, phone.outbox().counts().await.unwrap().waiting), (vec![], 1));
}

#[tokio::test]
async fn the_same_form_takes_effect_once() {
    let (_folder, phone) = phone().await;
    let stock = "<transfer xmlns='http://commcarehq.org/ledger/v1' dest='a' date='2024-05-01' section-id='s'>
                   <entry id='p' quantity='3'/></transfer>";
    let form = form("uuid:1", &format!("{}{stock}", case("a", "")));
    for is_new in [true, false] {
        assert_eq!(phone.submit(&form, Effect::AtOnce).await.unwrap().added.is_new, is_new);
    }
    send(&phone, &Script::default()).await;
    assert!(!phone.submit(&form, Effect::AtOnce).await.unwrap().added.is_new, "also after it was delivered");
    assert_eq!(phone.ledgers_of(&"a".into()).await.unwrap()[0].1, 3.into());
}

#[tokio::test]
async fn some_forms_take_effect_once_the_server_has_them() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case("a", "")), Effect::OnDelivery).await.unwrap();
    phone.submit(&form("uuid:2", CLOSE_UNKNOWN), Effect::OnDelivery).await.unwrap();
    phone.submit(&form("uuid:3", &case("c", "")), Effect::None).await.unwrap();
    assert_eq!(ids(&phone).await, [""; 0]);
    send(&phone, &Script::default().form(500)).await;
    assert_eq!(
        ids(&phone).await,
        [""; 0],
        "the first was not taken, the second cannot be applied, the third is not to be"
    );
    phone.outbox().retry(1).await.unwrap();
    send(&phone, &Script::default()).await;
    assert_eq!(ids(&phone).await, ["a"]);
    assert_eq!(phone.outbox().counts().await.unwrap().delivered, 3);
}

#[tokio::test]
async fn after_starting_over_unsent_forms_are_done_again_in_their_order() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("old", "")))).await.unwrap();
    let update = |id: &str, n: u32| {
        format!(
            "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='2024-06-0{n}'>
               <update><n>{n}</n></update></case>"
        )
    };
    phone.submit(&form("uuid:1", &case("new", "")), Effect::AtOnce).await.unwrap();
    phone.submit(&form("uuid:2", &update("new", 2)), Effect::AtOnce).await.unwrap();
    phone.submit(&form("uuid:3", &update("old", 3)), Effect::AtOnce).await.unwrap();
    phone.submit(&form("uuid:4", &update("new", 4)), Effect::AtOnce).await.unwrap();
    let restore = Restore::of(restore("t2", "")).starting_over();
    let restored = phone.apply_restore(restore).await.unwrap();
    assert_eq!((restored.token, token(&phone).await), (None, None), "the next restore will be a full one");
    assert_eq!(ids(&phone).await, ["new"], "the form about `old` has nothing to change any more");
    let new = phone.case(&"new".into()).await.unwrap().unwrap();
    assert_eq!(new.properties["n"].text(), "4");
}

fn told(id: &str, n: u32) -> String {
    format!(
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}' date_modified='2024-06-0{n}'>
           <update><n>{n}</n></update></case>"
    )
}

async fn n_of(phone: &Database, id: &str) -> String {
    phone.case(&id.into()).await.unwrap().unwrap().properties["n"].text().into_owned()
}

#[tokio::test]
async fn a_form_on_its_way_comes_after_the_restore_and_one_in_quarantine_does_not() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", "")))).await.unwrap();
    phone.submit(&form("uuid:1", &told("a", 1)), Effect::AtOnce).await.unwrap();
    phone.apply_restore(Restore::of(restore("t2", &told("a", 2)))).await.unwrap();
    assert_eq!(n_of(&phone, "a").await, "1", "the server will say the same once it has the form");
    send(&phone, &Script::default().form(400)).await;
    assert_eq!(phone.outbox().counts().await.unwrap().quarantined, 1);
    assert_eq!(n_of(&phone, "a").await, "1", "until the server says otherwise");
    phone.apply_restore(Restore::of(restore("t3", &told("a", 3)))).await.unwrap();
    assert_eq!(n_of(&phone, "a").await, "3");
}

#[tokio::test]
async fn a_case_of_a_form_in_quarantine_goes_when_the_device_starts_over() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case("b", "")), Effect::AtOnce).await.unwrap();
    send(&phone, &Script::default().form(400)).await;
    phone.apply_restore(Restore::of(restore("t1", &case("a", ""))).starting_over()).await.unwrap();
    assert_eq!(ids(&phone).await, ["a"], "the server would find the device astray at every sync");
}
