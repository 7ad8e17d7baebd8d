//! What a page for people asks of the store: counts that are kept, lists that go on, reasons that a restore agrees with.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use openrosa_store::server::{
    ArrivalsAsked, CasesAsked, CasesLooked, Exchange, FormsAsked, Note, Refusal, State,
};
use openrosa_tests::postgres;

use super::site::{Site, block, create, form};

/// Submissions of three forms in every state.
async fn filled() -> Vec<Site> {
    let sites = Site::all().await;
    for site in &sites {
        for number in 0..40 {
            let case = create(&format!("case {number:02}"), 1, "amy", "");
            let other =
                form(&format!("f{number}"), &case).replace("org/visit", &format!("org/{}", number % 3));
            site.takes(&other).await;
        }
        let unknown = block(
            "lost",
            2,
            "<create><case_type>patient</case_type><case_name>Lost</case_name><owner_id>amy</owner_id></create><index><parent case_type='x'>gone</parent></index>",
        );
        drop(site.send(&form("lost", &unknown), &[]).await);
        let close = form("close", &block("case 03", 3, "<close/>"));
        site.takes(&close).await;
        let edit = form("edit", &block("case 04", 3, "<close/>"))
            .replace("<instanceID>", "<deprecatedID>close</deprecatedID><instanceID>");
        site.takes(&edit).await;
        let main = site.database.domain(None).await.unwrap();
        for id in ["f7", "f8"] {
            let row = site.database.form(&main, id).await.unwrap();
            site.database.archive(&main, &row).await.unwrap();
        }
        let row = site.database.form(&main, "f8").await.unwrap();
        site.database.unarchive(&main, &row).await.unwrap();
    }
    sites
}

#[tokio::test]
async fn what_is_kept_as_count_is_what_is_counted() {
    for site in filled().await {
        let main = site.database.domain(None).await.unwrap();
        let forms = site.database.forms(&main, &FormsAsked::default(), 1_000).await.unwrap();
        let mut counted = BTreeMap::new();
        for form in &forms {
            *counted.entry((form.form.clone(), form.state.as_str().to_owned())).or_insert(0) += 1;
        }
        let (kept, next) = site.database.forms_counted(&main, None, 100).await.unwrap();
        let kept: BTreeMap<_, u64> =
            kept.into_iter().map(|count| ((count.form, count.state), count.forms)).collect();
        assert_eq!((kept, next), (counted.clone(), None), "{}", site.engine);
        let days = site.database.days(&main, NaiveDate::default()).await.unwrap();
        let by_day: u64 = days.iter().map(|count| count.forms).sum();
        assert_eq!(by_day, counted.values().sum::<u64>(), "{}", site.engine);
        assert!(days.iter().any(|count| count.state == "archived" && count.forms == 1), "{days:?}");
        let asked = CasesAsked { closed: true, ..CasesAsked::default() };
        let cases = site.database.cases(&main, &asked, 1_000).await.unwrap();
        let closed = cases.iter().filter(|row| row.case.closed).count() as u64;
        let types = site.database.case_types(&main, None, 10).await.unwrap();
        let found: Vec<_> =
            types.iter().map(|count| (count.case_type.as_str(), count.open, count.closed)).collect();
        assert_eq!(found, [("patient", cases.len() as u64 - closed, closed)], "{}", site.engine);
        assert_eq!(
            (cases.len(), closed),
            (39, 1),
            "the case of an archived form is gone, the edit closes another"
        );
    }
}

#[tokio::test]
async fn a_list_of_forms_goes_on_where_it_was_cut() {
    for site in filled().await {
        let main = site.database.domain(None).await.unwrap();
        let (mut seen, mut after) = (Vec::new(), None);
        loop {
            let (counts, next) = site.database.forms_counted(&main, after.as_deref(), 2).await.unwrap();
            seen.extend(counts.into_iter().map(|count| (count.form, count.state)));
            after = next;
            if after.is_none() {
                break;
            }
        }
        let (whole, _) = site.database.forms_counted(&main, None, 100).await.unwrap();
        let whole: Vec<_> = whole.into_iter().map(|count| (count.form, count.state)).collect();
        // A form of more than two states is cut; all the others are there, once.
        let forms =
            |all: &[(String, String)]| all.iter().map(|(form, _)| form.clone()).collect::<BTreeSet<_>>();
        assert_eq!(forms(&seen), forms(&whole), "{}", site.engine);
    }
}

#[tokio::test]
async fn arrivals_go_on_page_by_page_whatever_is_asked_for() {
    for site in filled().await {
        let main = site.database.domain(None).await.unwrap();
        let forms = site.database.forms(&main, &FormsAsked::default(), 1_000).await.unwrap();
        for (wanted_form, wanted_state) in [
            (None, None),
            (Some("http://example.org/1"), None),
            (None, Some(State::Archived)),
            (Some("http://example.org/1"), Some(State::Normal)),
            (Some("http://example.org/visit"), Some(State::Error)),
        ] {
            let mut asked = ArrivalsAsked {
                form: wanted_form.map(str::to_owned),
                state: wanted_state,
                ..ArrivalsAsked::default()
            };
            let mut seen = Vec::new();
            loop {
                let page = site.database.arrivals(&main, &asked, 7).await.unwrap();
                seen.extend(page.rows.iter().map(|row| row.seq));
                asked.before = page.next;
                if page.next.is_none() {
                    break;
                }
            }
            let is = |row: &&openrosa_store::server::FormRow| {
                wanted_form.is_none_or(|form| row.form == form)
                    && wanted_state.is_none_or(|state| row.state == state)
            };
            let expected: Vec<_> = forms.iter().rev().filter(is).map(|row| row.seq).collect();
            assert_eq!(seen, expected, "{}: {wanted_form:?} {wanted_state:?}", site.engine);
        }
    }
}

#[tokio::test]
async fn cases_are_found_by_how_their_names_begin_and_go_on_behind_the_last() {
    for site in filled().await {
        let main = site.database.domain(None).await.unwrap();
        let mut asked =
            CasesLooked { case_type: "patient".into(), name: "CASE 1".into(), ..CasesLooked::default() };
        let mut seen = Vec::new();
        loop {
            let page = site.database.cases_of_type(&main, &asked, 4).await.unwrap();
            let Some(last) = page.last() else { break };
            asked.after = Some((last.name.clone(), last.case_id.clone()));
            seen.extend(page.into_iter().map(|case| case.name));
        }
        let expected: Vec<_> = (10..20).map(|number| format!("case {number}")).collect();
        assert_eq!(seen, expected, "{}", site.engine);
        let closed = CasesLooked { case_type: "patient".into(), closed: true, ..CasesLooked::default() };
        let closed = site.database.cases_of_type(&main, &closed, 4).await.unwrap();
        assert_eq!(closed.iter().map(|case| &*case.name).collect::<Vec<_>>(), ["case 04"], "{}", site.engine);
    }
}

/// One rule decides what a restore holds and what the page says of a case.
#[tokio::test]
async fn the_reason_why_a_case_is_on_a_phone_agrees_with_the_restore() {
    for site in Site::all().await {
        for (user, group) in [("amy", "north"), ("bob", "south"), ("cara", "south")] {
            site.add(user, group).await;
        }
        let demo = site.database.domain(Some("demo")).await.unwrap();
        let index = |name: &str, target: &str, more: &str| {
            format!("<index><{name} case_type='patient' {more}>{target}</{name}></index>")
        };
        let blocks = create("mother", 1, "bob", "")
            + &create("child", 1, "amy", &index("parent", "mother", ""))
            + &create("visit", 1, "south", &index("host", "child", "relationship='extension'"))
            + &create("alone", 1, "north", "")
            + &block(
                "done",
                1,
                "<create><case_type>patient</case_type><case_name>Done</case_name><owner_id>amy</owner_id></create><close/>",
            );
        site.takes_for("demo", &form("f1", &blocks)).await;
        for user in ["amy", "bob", "cara"] {
            let restored = restored(&site, user).await;
            for case in ["mother", "child", "visit", "alone", "done"] {
                let around = site.database.surroundings(&demo, &case.into(), 60).await.unwrap();
                assert!(around.is_whole);
                let reasons = site.database.reasons(&demo, &around).await.unwrap();
                let told = reasons
                    .iter()
                    .find(|reason| reason.user.username == user)
                    .and_then(|reason| reason.why.as_ref());
                assert_eq!(
                    told.is_some(),
                    restored.contains(case),
                    "{}: {case} for {user}: {told:?}",
                    site.engine
                );
            }
        }
    }
}

/// The cases in the first restore of a user.
async fn restored(site: &Site, user: &str) -> BTreeSet<String> {
    let credentials =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("{user}:secret"));
    let request = http::Request::get("http://server.example/a/demo/phone/restore/?version=2.0")
        .header("authorization", format!("Basic {credentials}"));
    let answer = site.ask(request.body(bytes::Bytes::new()).unwrap()).await;
    let text = String::from_utf8(answer.into_body()).unwrap();
    text.split("case_id=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn how_large_a_restore_was_is_known() {
    for site in Site::all().await {
        site.add("amy", "north").await;
        let demo = site.database.domain(Some("demo")).await.unwrap();
        site.takes_for("demo", &form("f1", &create("child", 1, "amy", ""))).await;
        let before = site.database.people(&demo, None, 10).await.unwrap();
        assert_eq!(before[0].last, None);
        restored(&site, "amy").await;
        let people = site.database.people(&demo, None, 10).await.unwrap();
        let last = people[0].last.as_ref().unwrap();
        assert_eq!(last.cases, Some(1), "{}", site.engine);
        assert!(last.bytes.is_some_and(|bytes| bytes > 500), "{last:?}");
        let syncs = site.database.syncs(&demo, &people[0].user.user_id, 5).await.unwrap();
        assert_eq!(syncs.first(), Some(last), "{}", site.engine);
    }
}

fn exchange(at: DateTime<Utc>) -> Exchange {
    Exchange { at, status: 400, micros: 1, bytes: 1, headers: Vec::new() }
}

/// What came while the clock was ahead makes room for what comes after that.
#[tokio::test]
async fn a_clock_that_was_ahead_hides_nothing_that_comes_later() {
    let now: DateTime<Utc> = "2026-06-01T00:00:00Z".parse().unwrap();
    let ahead = |second: i64| now + TimeDelta::days(2_000) + TimeDelta::seconds(second);
    for site in Site::all().await {
        let domain = site.database.domain(None).await.unwrap();
        let refused = |at| {
            let (reason, none) = ("not a form".to_owned(), None);
            let [form, instance_id, user, device_id] = [none.clone(), none.clone(), none.clone(), none];
            let refusal =
                Refusal { exchange: exchange(at), reason, form, instance_id, user, device_id, xml: None };
            Note::Refused { domain: domain.clone(), refusal }
        };
        let notes: Vec<_> = (0..1_000).map(|second| refused(ahead(second))).chain([refused(now)]).collect();
        site.database.note(&notes).await.unwrap();
        let kept = site.database.refusals(&domain, None, 2_000).await.unwrap();
        assert_eq!(kept.len(), 1_000, "{}", site.engine);
        assert_eq!(kept.last().unwrap().exchange.at, now, "{}: the first of those ahead went", site.engine);

        site.takes(&form("f1", "")).await;
        let row = site.database.form(&domain, "f1").await.unwrap();
        let taken = |at| Note::Taken {
            domain: domain.clone(),
            form: row.form.clone(),
            instance_id: "f1".to_owned(),
            outcome: "duplicate",
            filled_at: None,
            exchange: exchange(at),
        };
        let notes: Vec<_> = (0..20).map(|second| taken(ahead(second))).chain([taken(now)]).collect();
        site.database.note(&notes).await.unwrap();
        let kept = site.database.exchanges(&domain, &row).await.unwrap();
        assert_eq!((kept.len(), kept.last().unwrap().1.at), (20, now), "{}", site.engine);
    }
}

/// Many rows, of which no view may read more than it shows.
const MANY: [&str; 6] = [
    "INSERT INTO forms (domain, seq, log_id, form_key, version, instance_id, state, replaces, superseded, received_at, counts_at, \
     user_name, sha256, xml) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
     SELECT 1, i, 'l' || i, 'form ' || (i % 20), '7', 'i' || i, CASE WHEN i % 50 = 0 THEN 'error' ELSE 'normal' END, \
     CASE WHEN i % 90 = 0 THEN 'i' || (i - 20) END, 0, CAST(i AS BIGINT) * 60000000, i, 'user ' || (i % 30), '', CAST('' AS BYTES) FROM n",
    "INSERT INTO cases (domain, case_id, seq, case_type, name, owner_id, closed, deleted, modified_at, body) \
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
     SELECT 1, 'c' || i, i, 'type ' || (i % 7), 'Name ' || (i % 5000), 'o' || (i % 100), i % 10 / 9, 0, i, '{}' FROM n",
    "INSERT INTO links (domain, source, name, target, relationship) \
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) \
     SELECT 1, 'c' || i, 'parent', 'c' || (i / 3), 'child' FROM n",
    "INSERT INTO users (domain, user_id, username, password, active, data, joined_at) \
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) SELECT 1, 'u' || i, 'user ' || i, '', 1, '{}', 0 FROM n",
    "INSERT INTO sync_logs (token, domain, user_id, seq, made_at, body) \
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT 't' || i, 1, 'u' || (i % 5000), i, i, '' FROM n",
    "INSERT INTO ledgers (domain, entity_id, section_id, entry_id, quantity) \
     WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT 1, 'c' || (i / 10), 'stock', 'p' || i, i FROM n",
];

/// The tables that grow with use.
const LARGE: [&str; 7] = ["forms", "cases", "links", "users", "sync_logs", "logs", "ledgers"];

async fn run(url: &str, bytes: &str) {
    sqlx::any::install_default_drivers();
    let pool = sqlx::AnyPool::connect(url).await.unwrap();
    for statement in MANY {
        let statement = sqlx::AssertSqlSafe(statement.replace("BYTES", bytes));
        sqlx::query(statement).execute(&pool).await.unwrap();
    }
    pool.close().await;
}

async fn analyze(url: &str) {
    let pool = sqlx::AnyPool::connect(url).await.unwrap();
    sqlx::query("ANALYZE").execute(&pool).await.unwrap();
    pool.close().await;
}

/// The index that knows the few rows which are meant, where another would do and read more.
const BEST: [(&str, &str); 3] = [
    ("what replaced a form", "forms_by_predecessor"),
    ("arrivals of a form", "forms_by_form"),
    ("cases of a type by name", "cases_by_name"),
];

/// SQLite knows nothing of its rows until somebody has it look: it must do right before that as well.
#[tokio::test]
async fn no_view_reads_more_than_it_shows_in_sqlite() {
    let site = Site::sqlite().await;
    let url = format!("sqlite://{}", site.path().join("server.db").display());
    run(&url, "BLOB").await;
    sqlite_plans(&site).await;
    analyze(&url).await;
    sqlite_plans(&site).await;
}

async fn sqlite_plans(site: &Site) {
    for plan in site.database.query_plans().await.unwrap() {
        for table in LARGE {
            let is_scan = |step: &str| {
                step.strip_prefix("SCAN ").is_some_and(|rest| rest.split(' ').next() == Some(table))
            };
            assert!(!plan.steps.lines().any(is_scan), "{}:\n{}", plan.question, plan.steps);
        }
        let best = BEST.iter().find(|(question, _)| *question == plan.question);
        assert!(
            best.is_none_or(|(_, index)| plan.steps.contains(index)),
            "{}:\n{}",
            plan.question,
            plan.steps
        );
        let sorts = plan.steps.contains("TEMP B-TREE FOR ORDER BY");
        // These sort what they have found by ids, no more of it than is asked for.
        let may_sort = [
            "the links from cases",
            "the links to cases",
            "users and their last restores",
            "what an edit replaced",
            "what replaced a form",
        ];
        assert!(!sorts || may_sort.contains(&plan.question), "{}:\n{}", plan.question, plan.steps);
    }
}

#[tokio::test]
async fn no_view_reads_more_than_it_shows_in_postgresql() {
    let Some(url) = postgres::database().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let files = openrosa_store::server::Files::in_folder(folder.path()).unwrap();
    // Of twenty thousand rows all may be read as soon as some by an index; of a million, not. So it is asked whether an index serves.
    let planning = format!("{url}&options[enable_seqscan]=off");
    let database = openrosa_store::server::Database::connect(&planning, files).await.unwrap();
    run(&url, "BYTEA").await;
    for plan in database.query_plans().await.unwrap() {
        // A list in a join is made for each row that it is held against, as long as nothing is known of how many these are.
        assert!(!plan.steps.contains("Semi Join"), "{}:\n{}", plan.question, plan.steps);
    }
    analyze(&url).await;
    for plan in database.query_plans().await.unwrap() {
        for table in LARGE {
            assert!(
                !plan.steps.contains(&format!("Seq Scan on {table} ")),
                "{}:\n{}",
                plan.question,
                plan.steps
            );
        }
    }
}

/// An edit has a place of its own behind what it takes the place of: read page by page, both would be there, or, from the newest on,
/// neither.
#[tokio::test]
async fn what_is_read_at_length_is_of_one_state() {
    for site in Site::all().await {
        let (main, database) = (site.database.domain(None).await.unwrap(), &site.database);
        for number in 1..=4 {
            site.takes(&form(&format!("f{number}"), &create(&format!("c{number}"), 1, "amy", ""))).await;
        }
        let (mut old, mut new) = (database.snapshot().await.unwrap(), database.snapshot().await.unwrap());
        let mut asked = FormsAsked { state: Some(State::Normal), ..FormsAsked::default() };
        let mut newest = ArrivalsAsked { state: Some(State::Normal), ..ArrivalsAsked::default() };
        let mut cases = CasesAsked { closed: true, ..CasesAsked::default() };
        let (mut read, mut read_back, mut read_cases) = (Vec::new(), Vec::new(), Vec::new());
        for page in 0..2 {
            let rows = old.forms(&main, &asked, 2).await.unwrap();
            asked.after = rows.last().map(|row| row.seq);
            read.extend(rows.into_iter().map(|row| row.instance_id));
            let arrivals = new.arrivals(&main, &newest, 2).await.unwrap();
            newest.before = arrivals.next;
            read_back.extend(arrivals.rows.into_iter().map(|row| row.instance_id));
            let rows = old.cases(&main, &cases, 2).await.unwrap();
            cases.after = rows.last().map(|row| row.case.case_id.to_string());
            read_cases.extend(rows.into_iter().map(|row| row.case.name));
            if page == 0 {
                let named = create("c4", 1, "amy", "").replace("<case_name>c4", "<case_name>edited");
                for (of, edit, blocks) in [("f1", "e1", create("c1", 1, "amy", "")), ("f4", "e4", named)] {
                    let deprecated = format!("<deprecatedID>{of}</deprecatedID><instanceID>");
                    site.takes(&form(edit, &blocks).replace("<instanceID>", &deprecated)).await;
                }
            }
        }
        assert_eq!(read, ["f1", "f2", "f3", "f4"], "{}", site.engine);
        assert_eq!(read_back, ["f4", "f3", "f2", "f1"], "{}", site.engine);
        assert_eq!(read_cases, ["c1", "c2", "c3", "c4"], "{}", site.engine);
        drop((old, new));
        let now =
            database.snapshot().await.unwrap().forms(&main, &FormsAsked { after: None, ..asked }, 9).await;
        let now: Vec<String> = now.unwrap().into_iter().map(|row| row.instance_id).collect();
        assert_eq!(now, ["f2", "f3", "e1", "e4"], "{}", site.engine);
    }
}
