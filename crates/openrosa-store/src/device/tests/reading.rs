use openrosa_case::store::FixtureKey;

use super::*;

const EMPTY: [&str; 0] = [];

async fn found(phone: &Database, query: CaseQuery) -> Vec<String> {
    let page = phone.cases(&query, 100).await.unwrap();
    assert_eq!(phone.count_cases(&query).await.unwrap(), page.cases.len() as u64);
    page.cases.iter().map(|case| case.case_id.to_string()).collect()
}

#[tokio::test]
async fn cases_are_found_by_what_they_are_and_have() {
    let (_folder, phone) = phone().await;
    let village =
        |name: &str| format!("<update><village>{name}</village><external_id>e-{name}</external_id></update>");
    let items = [
        case("a", &village("Moshi")),
        case_of("b", "u2", &village("Moshi")),
        case("c", &format!("{}<close/>", village("it's \"quoted\""))),
        case("d", ""),
    ];
    phone.apply_restore(Restore::of(restore("t1", &items.concat()))).await.unwrap();
    let all = CaseQuery::new;
    assert_eq!(found(&phone, all()).await, ["a", "b", "c", "d"]);
    assert_eq!(found(&phone, all().of_type("patient").of_owner("u1")).await, ["a", "c", "d"]);
    assert_eq!(found(&phone, all().of_type("house")).await, EMPTY);
    assert_eq!(found(&phone, all().open().of_owner("u1")).await, ["a", "d"]);
    assert_eq!(found(&phone, all().with("village", "Moshi")).await, ["a", "b"]);
    assert_eq!(
        found(&phone, all().with("village", "Moshi").with("external_id", "e-Moshi").of_owner("u2")).await,
        ["b"]
    );
    assert_eq!(found(&phone, all().with("village", "it's \"quoted\"")).await, ["c"]);
    assert_eq!(found(&phone, all().with("village", "")).await, ["d"], "what a case does not have is empty");
    assert_eq!(found(&phone, all().with("case_name", "d")).await, ["d"]);
    assert_eq!(found(&phone, all().with("external_id", "")).await, ["d"]);
}

#[tokio::test]
async fn pages_follow_each_other_also_while_cases_go() {
    let (_folder, phone) = phone().await;
    let items: String = (0..10).map(|n| case(&format!("c{n}"), "")).collect();
    phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    let first = phone.cases(&CaseQuery::new(), 4).await.unwrap();
    sqlx::query("DELETE FROM cases WHERE case_id = 'c3'").execute(&phone.writer).await.unwrap();
    let second = phone.cases(&CaseQuery::new().after(first.next.unwrap()), 4).await.unwrap();
    let third = phone.cases(&CaseQuery::new().after(second.next.unwrap()), 4).await.unwrap();
    let ids = [first.cases, second.cases, third.cases].concat();
    assert_eq!(ids.iter().map(|case| case.case_id.as_str()).collect::<String>(), "c0c1c2c3c4c5c6c7c8c9");
    assert_eq!(third.next, None);
}

#[tokio::test]
async fn relatives_are_found_from_both_ends() {
    let (_folder, phone) = phone().await;
    let to = |links: &[(&str, &str)]| {
        let links =
            links.iter().map(|(name, target)| format!("<{name} case_type='patient'>{target}</{name}>"));
        format!("<index>{}</index>", links.collect::<String>())
    };
    let child = case("child", &to(&[("father", "missing"), ("mother", "mother")]));
    let items = format!("{}{child}", case("mother", ""));
    phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    let child = phone.case(&"child".into()).await.unwrap().unwrap();
    let targets = phone.targets(&child).await.unwrap();
    let seen: Vec<_> = targets.iter().map(|relative| (&*relative.index, relative.case.is_some())).collect();
    assert_eq!(seen, [("father", false), ("mother", true)]);
    for target in ["mother", "missing"] {
        assert_eq!(phone.sources(&target.into()).await.unwrap(), std::slice::from_ref(&child), "{target}");
    }
    let unlink =
        "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='child' date_modified='2024-06-01'>
                    <index><mother case_type='patient'/></index></case>";
    phone.submit(&form("uuid:1", unlink), Effect::AtOnce).await.unwrap();
    assert_eq!(phone.sources(&"mother".into()).await.unwrap(), []);
}

#[tokio::test]
async fn a_fixture_is_its_users_or_the_only_one() {
    let (_folder, phone) = phone().await;
    let fixture = |id: &str, user: &str| format!("<fixture id='{id}' user_id='{user}'><list/></fixture>");
    let items = [fixture("one", "u9"), fixture("two", "u1"), fixture("two", "u2")].concat();
    phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    let of = async |id: &str, user: &str| phone.fixture_of(id, user).await.unwrap().map(|key| key.user_id);
    assert_eq!(of("one", "u1").await.as_deref(), Some("u9"));
    assert_eq!(of("two", "u2").await.as_deref(), Some("u2"));
    assert_eq!(of("two", "u3").await, None);
    assert_eq!(of("three", "u1").await, None);
    assert_eq!(phone.fixtures().await.unwrap().len(), 3);
}

#[tokio::test]
async fn rows_come_in_pages() {
    let (_folder, phone) = phone().await;
    let rows: String = (0..700).map(|n| format!("<row id='{n}'><even>{}</even></row>", n % 2 == 0)).collect();
    let items = format!(
        "<schema id='t'><indices><index>even</index><index>@id</index></indices></schema>
         <fixture id='t' indexed='true'><rows>{rows}</rows></fixture>"
    );
    phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    let key = FixtureKey { id: "t".to_owned(), user_id: String::new() };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = phone.fixture_rows(&key, &[("even", "true")], after, 100).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        seen.extend(page.iter().map(|(_, row)| row.attribute("id").unwrap().parse::<u32>().unwrap()));
    }
    assert!(seen.iter().copied().eq((0..700).step_by(2)));
    let one = phone.fixture_rows(&key, &[("@id", "7"), ("even", "false")], None, 9).await.unwrap();
    assert_eq!(one.len(), 1);
    // The next of its id takes its place, rows and all.
    phone
        .apply_restore(Restore::of(restore("t2", "<fixture id='t' indexed='true'><rows/></fixture>")))
        .await
        .unwrap();
    assert_eq!(phone.fixture_rows(&key, &[], None, 9).await.unwrap(), []);
}

/// A long one is kept in pieces, none of them large, and read as it came; of one that it takes the place of nothing is left.
#[tokio::test]
async fn a_long_fixture_is_kept_in_pieces() {
    let (_folder, phone) = phone().await;
    let text = "Ф£🜨 ".repeat(100_000);
    let long = format!("<fixture id='t'><rows><row>{text}</row></rows></fixture>");
    phone.apply_restore(Restore::of(restore("t1", &long))).await.unwrap();
    let key = FixtureKey { id: "t".to_owned(), user_id: String::new() };
    let kept = phone.fixture(&key).await.unwrap().unwrap();
    let rows = kept.contents.elements().next().unwrap().unwrap();
    assert!(rows.child("row").unwrap().text() == text);
    assert!(phone.in_memory().await.unwrap().fixtures().eq([(&key, &*kept)]));
    let longest = "SELECT max(length(CAST(source AS BLOB)))
                     FROM (SELECT source FROM fixtures UNION ALL SELECT source FROM fixture_rest)";
    let longest: i64 = sqlx::query_scalar(longest).fetch_one(&phone.writer).await.unwrap();
    assert!(longest <= 64 << 10, "{longest}");

    phone.apply_restore(Restore::of(restore("t2", "<fixture id='t'><rows/></fixture>"))).await.unwrap();
    let left: i64 =
        sqlx::query_scalar("SELECT count(*) FROM fixture_rest").fetch_one(&phone.writer).await.unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn a_fixture_is_read_again_whatever_the_case_of_its_name() {
    let (_folder, phone) = phone().await;
    phone.apply_restore(Restore::of(restore("t1", "<Fixture id='t'><rows/></Fixture>"))).await.unwrap();
    let key = FixtureKey { id: "t".to_owned(), user_id: String::new() };
    let kept = phone.fixture(&key).await.unwrap().unwrap();
    assert_eq!((kept.name.local_name(), kept.rows().count()), ("Fixture", 0));
    assert_eq!(phone.check().await.unwrap().faults, []);
}

#[tokio::test]
async fn users_own_and_so_do_their_groups() {
    let (_folder, phone) = phone().await;
    phone.submit(&form("uuid:1", &case_of("early", "u2", "")), Effect::AtOnce).await.unwrap();
    assert_eq!(phone.purge().await.unwrap().cases, [], "nobody is known whose cases would belong here");
    let groups = "<fixture id='user-groups' user_id='u1'><groups><group id='team'><name>T</name></group></groups></fixture>";
    let items = format!("{groups}{}{}", case_of("mine", "u1", ""), case_of("ours", "team", ""));
    phone
        .apply_restore(Restore::of(restore("t1", &format!("{items}{}", case_of("theirs", "u2", "")))))
        .await
        .unwrap();
    assert_eq!(phone.owners().await.unwrap(), ["team", "u1"].into_iter().collect());
    assert_eq!(phone.purge().await.unwrap().cases, ["early".into(), "theirs".into()]);
    assert_eq!(ids(&phone).await, ["mine", "ours"]);
}

#[tokio::test]
async fn the_last_page_says_that_it_is_the_last() {
    let (_folder, phone) = phone().await;
    let items: String = (0..4).map(|n| case(&format!("c{n}"), "")).collect();
    phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    for (limit, sizes) in [(2, &[2, 2][..]), (3, &[3, 1]), (4, &[4]), (5, &[4])] {
        let (mut query, mut pages) = (CaseQuery::new(), Vec::new());
        loop {
            let page = phone.cases(&query, limit).await.unwrap();
            pages.push(page.cases.len());
            let Some(next) = page.next else { break };
            query = query.after(next);
        }
        assert_eq!(pages, sizes, "{limit}");
    }
    let none = phone.cases(&CaseQuery::new(), 0).await.unwrap();
    assert_eq!(phone.cases(&CaseQuery::new().after(none.next.unwrap()), 9).await.unwrap().cases.len(), 4);
}

/// A list that somebody is reading goes on in what took its place.
#[tokio::test]
async fn no_case_is_missed_by_who_reads_while_the_device_starts_over() {
    let (_folder, phone) = phone().await;
    let items = case("a", "") + &case("b", "");
    phone.apply_restore(Restore::of(restore("t1", &items))).await.unwrap();
    let read = phone.cases(&CaseQuery::new(), 1).await.unwrap();
    let items = case("c", "") + &items;
    phone.apply_restore(Restore::of(restore("t2", &items)).starting_over()).await.unwrap();
    let rest = phone.cases(&CaseQuery::new().after(read.next.unwrap()), 9).await.unwrap();
    let rest: Vec<_> = rest.cases.iter().map(|case| case.case_id.as_str()).collect();
    assert_eq!(rest, ["c", "a", "b"]);
}
