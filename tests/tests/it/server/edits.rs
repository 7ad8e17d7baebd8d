//! Edits of edits, some of which were set apart: of all that descend from one form, one counts at most.

use std::collections::BTreeMap;

use openrosa_http::server::{CheckPolicy, Policy, UnknownPredecessor};
use openrosa_store::server::{FormRow, FormsAsked, State};

use super::site::{Site, create, form, status};

/// What becomes of a form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Counts,
    /// It links to a case that nobody knows.
    Declined,
    /// It has no date, which a device would not take.
    Quarantined,
}

use Kind::{Counts, Declined, Quarantined};

async fn sites() -> Vec<Site> {
    let mut sites = Site::all().await;
    for site in &mut sites {
        site.receive(Policy { check: CheckPolicy::Quarantine, ..Policy::default() });
    }
    sites
}

/// A form that brings so much stock to the case `c`, and notes there that it did.
fn brings(id: &str, amount: i64, kind: Kind) -> String {
    let note = format!("<update><by>{id}</by><by_{id}>{amount}</by_{id}></update>");
    let link = "<index><parent case_type='x'>nobody</parent></index>";
    let case = match kind {
        Counts => create("c", 1, "amy", &note),
        Declined => create("c", 1, "amy", &(note + link)),
        Quarantined => create("c", 1, "amy", &note).replace(" date_modified='2024-05-01T10:00:00Z'", ""),
    };
    let stock = format!(
        "<transfer xmlns='http://commcarehq.org/ledger/v1' dest='c' date='2024-05-01' section-id='s'>\
         <entry id='p' quantity='{amount}'/></transfer>"
    );
    form(id, &(case + &stock))
}

fn edit(of: &str, form: &str) -> String {
    form.replace("<instanceID>", &format!("<deprecatedID>{of}</deprecatedID><instanceID>"))
}

async fn rows(site: &Site) -> Vec<FormRow> {
    let domain = site.database.domain(None).await.unwrap();
    site.database.forms(&domain, &FormsAsked::default(), 1_000).await.unwrap()
}

async fn states(site: &Site) -> String {
    let rows = rows(site).await;
    let shown = rows.iter().map(|row| format!("{} {}", row.instance_id, row.state.as_str()));
    shown.collect::<Vec<_>>().join(", ")
}

async fn stock(site: &Site) -> i64 {
    let domain = site.database.domain(None).await.unwrap();
    let stock = site.database.stock(&domain, ["c"]).await.unwrap();
    stock.iter().map(|(_, quantity)| quantity.hundred_thousandths() / 100_000).sum()
}

/// What the case says.
async fn said(site: &Site) -> BTreeMap<String, String> {
    let domain = site.database.domain(None).await.unwrap();
    let Some(row) = site.database.case(&domain, &"c".into()).await.unwrap() else { return BTreeMap::new() };
    let properties = row.case.properties.iter();
    properties.map(|(name, value)| (name.to_owned(), value.text().into_owned())).collect()
}

/// an edit takes the place of the form in force, though what it edits was set apart and never did; what was passed over so
/// stays without effect.
#[tokio::test]
async fn an_edit_of_what_was_set_apart_takes_the_place_that_was_meant() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        site.takes_with(&brings("f1", 5, Counts), &[("a", "1")]).await;
        let failed = [edit("f1", &brings("f2", 6, Declined)), edit("f2", &brings("f3", 8, Quarantined))];
        drop(site.send(&failed[0], &[("b", "2")]).await);
        drop(site.send(&failed[1], &[]).await);
        assert_eq!(states(&site).await, "f1 normal, f2 error, f3 quarantined", "{}", site.engine);
        assert_eq!(stock(&site).await, 5, "{}", site.engine);

        site.takes(&edit("f3", &brings("f4", 7, Counts))).await;
        let now = "f1 deprecated, f2 deprecated, f3 deprecated, f4 normal";
        assert_eq!(states(&site).await, now, "{}", site.engine);
        assert_eq!(stock(&site).await, 7, "{}: one visit is counted once", site.engine);
        let row = site.database.form(&domain, "f4").await.unwrap();
        assert_eq!(row.log_id, "f1", "{}: histories name it as what it took the place of", site.engine);
        let files = site.database.files_of(&domain, &row).await.unwrap();
        let files: Vec<_> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(files, ["a", "b"], "{}: files come along by name", site.engine);

        for (id, again) in [("f2", &failed[0]), ("f3", &failed[1])] {
            let released = site.database.release(&domain, id).await.unwrap_err();
            assert_eq!(
                released.to_string(),
                format!("form `{id}` does not wait to be let in: an edit took its place")
            );
            drop(site.send(again, &[]).await);
            let of = edit(id, &brings("f5", 9, Counts));
            assert_eq!(status(&site.send(&of, &[]).await).unwrap(), 409, "{}: of `{id}`", site.engine);
        }
        assert_eq!((states(&site).await.as_str(), stock(&site).await), (now, 7), "{}", site.engine);
    }
}

/// what descends from a form that another edit has replaced is superseded with it.
#[tokio::test]
async fn an_edit_of_what_was_set_apart_and_overtaken_is_refused() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        site.takes(&brings("f1", 5, Counts)).await;
        drop(site.send(&edit("f1", &brings("f2", 6, Declined)), &[]).await);
        drop(site.send(&edit("f2", &brings("f3", 8, Quarantined)), &[]).await);
        site.takes(&edit("f1", &brings("f4", 9, Counts))).await;
        let refused = site.send(&edit("f2", &brings("f5", 7, Counts)), &[]).await;
        assert_eq!(status(&refused).unwrap(), 409, "{}", site.engine);
        let released = site.database.release(&domain, "f3").await.unwrap_err();
        assert!(released.is_too_late(), "{}: {released}", site.engine);
        assert_eq!(states(&site).await, "f1 deprecated, f2 error, f3 quarantined, f4 normal");
        assert_eq!(stock(&site).await, 9, "{}", site.engine);
    }
}

#[tokio::test]
async fn edits_are_let_in_one_after_the_other_or_the_last_alone() {
    for order in [&["f2", "f3"][..], &["f3"]] {
        for site in sites().await {
            let domain = site.database.domain(None).await.unwrap();
            site.takes(&brings("f1", 5, Counts)).await;
            drop(site.send(&edit("f1", &brings("f2", 6, Quarantined)), &[]).await);
            drop(site.send(&edit("f2", &brings("f3", 7, Quarantined)), &[]).await);
            for id in order {
                let log_id = site.database.form(&domain, id).await.unwrap().log_id;
                site.database.release(&domain, &log_id).await.unwrap();
            }
            assert_eq!(states(&site).await, "f1 deprecated, f2 deprecated, f3 normal", "{order:?}");
            assert_eq!(stock(&site).await, 7, "{}: {order:?}", site.engine);
        }
    }
}

/// The files of a form, and under which they lie.
async fn files(site: &Site, id: &str) -> BTreeMap<String, String> {
    let domain = site.database.domain(None).await.unwrap();
    let row = site.database.form(&domain, id).await.unwrap();
    let files = site.database.files_of(&domain, &row).await.unwrap();
    files.into_iter().map(|file| (file.name, file.object)).collect()
}

/// what came for a form after an edit of it was set apart comes along with what takes its place.
#[tokio::test]
async fn files_that_came_meanwhile_come_along() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        for [first, second, third] in [["f1", "f2", "f3"], ["f4", "f5", "f5"]] {
            let original = brings(first, 5, Counts);
            site.takes_with(&original, &[("a", "1"), ("b", "1")]).await;
            let set_apart = edit(first, &brings(second, 6, Quarantined));
            site.takes_with(&set_apart, &[("b", "2")]).await;
            site.takes_with(&original, &[("c", "1")]).await;
            site.takes_with(&set_apart, &[("d", "2")]).await;
            match second == third {
                true => drop(site.database.release(&domain, second).await.unwrap()),
                false => site.takes_with(&edit(second, &brings(third, 7, Counts)), &[("e", "3")]).await,
            }
            let (of_first, of_second) = (files(&site, first).await, files(&site, second).await);
            let mut expected = of_first.clone();
            expected.extend(
                [("b", &of_second), ("d", &of_second)].map(|(name, of)| (name.to_owned(), of[name].clone())),
            );
            let mut found = files(&site, third).await;
            if second != third {
                assert!(found.remove("e").is_some(), "{}", site.engine);
            }
            assert_eq!(found, expected, "{}: {third}", site.engine);
            assert_ne!(found["b"], of_first["b"], "{}: the later file", site.engine);
        }
    }
}

async fn sites_that_keep_any_edit() -> Vec<Site> {
    let mut sites = Site::all().await;
    for site in &mut sites {
        let (check, unknown_predecessor) = (CheckPolicy::Quarantine, UnknownPredecessor::KeepAsNew);
        site.receive(Policy { check, unknown_predecessor, ..Policy::default() });
    }
    sites
}

/// an edit stands though its original comes behind it: the visit counts once, with what was corrected.
#[tokio::test]
async fn an_original_that_comes_behind_its_edit_has_no_effect() {
    for kind in [Counts, Quarantined] {
        for site in sites_that_keep_any_edit().await {
            let domain = site.database.domain(None).await.unwrap();
            site.takes(&edit("f1", &brings("f2", 6, Counts))).await;
            site.takes_with(&edit("f2", &brings("f3", 7, Counts)), &[("a", "3")]).await;
            for _ in 0..2 {
                site.takes_with(&brings("f1", 5, kind), &[("a", "1"), ("b", "1")]).await;
            }
            let now = "f2 deprecated, f3 normal, f1 deprecated";
            assert_eq!(states(&site).await, now, "{}: {kind:?}", site.engine);
            assert_eq!((stock(&site).await, said(&site).await["by"].as_str()), (7, "f3"), "{}", site.engine);
            site.database.rebuild(&domain, &"c".into()).await.unwrap();
            assert_eq!((stock(&site).await, said(&site).await["by"].as_str()), (7, "f3"), "{}", site.engine);

            let (late, in_force) = (files(&site, "f1").await, files(&site, "f3").await);
            assert_eq!(in_force.keys().collect::<Vec<_>>(), ["a", "b"], "{}", site.engine);
            assert!(in_force["a"] != late["a"] && in_force["b"] == late["b"], "{}", site.engine);
            assert!(
                files(&site, "f2").await.is_empty(),
                "{}: what was replaced stays as it was",
                site.engine
            );
            let refused = site.send(&edit("f1", &brings("f4", 8, Counts)), &[]).await;
            assert_eq!(status(&refused).unwrap(), 409, "{}", site.engine);
            site.takes(&edit("f3", &brings("f4", 8, Counts))).await;
            assert_eq!(stock(&site).await, 8, "{}", site.engine);
        }
    }
}

#[tokio::test]
async fn an_original_that_comes_behind_an_edit_that_was_set_apart_counts() {
    for site in sites_that_keep_any_edit().await {
        let domain = site.database.domain(None).await.unwrap();
        site.takes(&edit("f1", &brings("f2", 6, Quarantined))).await;
        site.takes_with(&brings("f1", 5, Counts), &[("a", "1")]).await;
        assert_eq!((states(&site).await.as_str(), stock(&site).await), ("f2 quarantined, f1 normal", 5));
        site.database.release(&domain, "f2").await.unwrap();
        assert_eq!((states(&site).await.as_str(), stock(&site).await), ("f2 normal, f1 deprecated", 6));
        assert_eq!(files(&site, "f2").await, files(&site, "f1").await, "{}", site.engine);
    }
}

/// an edit that comes behind one of its own takes no place, and what it edits has none any more: in whatever order a form, its
/// edit and the edit of that come, the last is in force, with the files of all.
#[tokio::test]
async fn an_edit_that_comes_behind_its_own_edit_has_no_effect() {
    let forms =
        [brings("f1", 5, Counts), edit("f1", &brings("f2", 6, Counts)), edit("f2", &brings("f3", 7, Counts))];
    for order in [[0, 1, 2], [0, 2, 1], [2, 1, 0], [2, 0, 1]] {
        for site in sites_that_keep_any_edit().await {
            let domain = site.database.domain(None).await.unwrap();
            for at in order {
                site.takes_with(&forms[at], &[(&format!("of_{at}"), "1")]).await;
            }
            let mut states: Vec<_> =
                rows(&site).await.into_iter().map(|row| (row.instance_id, row.state.as_str())).collect();
            states.sort();
            let expected = [("f1", "deprecated"), ("f2", "deprecated"), ("f3", "normal")];
            assert_eq!(
                states,
                expected.map(|(id, state)| (id.to_owned(), state)),
                "{}: {order:?}",
                site.engine
            );
            for _ in 0..2 {
                let now = (stock(&site).await, said(&site).await["by"].clone());
                assert_eq!(now, (7, "f3".to_owned()), "{}: {order:?}", site.engine);
                site.database.rebuild(&domain, &"c".into()).await.unwrap();
            }
            let files = files(&site, "f3").await;
            assert_eq!(
                files.keys().collect::<Vec<_>>(),
                ["of_0", "of_1", "of_2"],
                "{}: {order:?}",
                site.engine
            );
            let row = site.database.form(&domain, "f1").await.unwrap();
            site.database.unarchive(&domain, &row).await.unwrap();
            assert_eq!(stock(&site).await, 7, "{}: what is replaced is not taken back", site.engine);
        }
    }
}

/// what came along by name is not the form's own, also where somebody let it in: its own file takes that place.
#[tokio::test]
async fn what_came_along_is_not_the_own_of_what_is_let_in() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        site.takes_with(&brings("f1", 5, Counts), &[("a", "old")]).await;
        let set_apart = edit("f1", &brings("f2", 6, Quarantined));
        site.takes(&set_apart).await;
        site.database.release(&domain, "f2").await.unwrap();
        assert_eq!(files(&site, "f2").await, files(&site, "f1").await, "{}", site.engine);
        site.takes_with(&set_apart, &[("a", "new")]).await;
        assert_ne!(files(&site, "f2").await, files(&site, "f1").await, "{}", site.engine);
    }
}

/// A form that is edited in the moment in which it is let in is let in before that, or not at all.
#[tokio::test]
async fn what_is_passed_over_meanwhile_is_not_told_to_count() {
    for site in sites().await {
        let domain = site.database.domain(None).await.unwrap();
        for round in 0..30 {
            let [first, second, third] = [0, 1, 2].map(|n| format!("f{}", round * 3 + n));
            site.takes(&brings(&first, 1, Counts)).await;
            site.takes(&edit(&first, &brings(&second, 1, Quarantined))).await;
            let third = edit(&second, &brings(&third, 1, Counts));
            let letting_in = async {
                tokio::time::sleep(std::time::Duration::from_micros(100 * round)).await;
                site.database.release(&domain, &second).await
            };
            let (released, ()) = tokio::join!(letting_in, site.takes(&third));
            match released {
                Ok(released) => assert!(released.did.changes > 0, "{}: {released:?}", site.engine),
                Err(error) => assert!(error.is_too_late(), "{}: {error}", site.engine),
            }
        }
    }
}

/// Nothing keeps a sender from naming forms in a circle, where unknown ones may be edited.
#[tokio::test]
async fn edits_in_a_circle_are_let_in() {
    for site in sites_that_keep_any_edit().await {
        let domain = site.database.domain(None).await.unwrap();
        for (id, of, amount) in [("f1", "f1", 5), ("f2", "f3", 6), ("f3", "f2", 7)] {
            drop(site.send(&edit(of, &brings(id, amount, Quarantined)), &[]).await);
        }
        for id in ["f1", "f2"] {
            site.database.release(&domain, id).await.unwrap();
        }
        assert_eq!(states(&site).await, "f1 normal, f2 normal, f3 deprecated", "{}", site.engine);
        assert_eq!(stock(&site).await, 11, "{}", site.engine);
    }
}

/// Numbers that are the same at every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn row(&mut self, rows: &[FormRow]) -> FormRow {
        rows[self.below(rows.len())].clone()
    }
}

/// No two forms bring the same, nor any other two together.
fn amount(id: &str) -> i64 {
    let number: u32 = id[1..].parse().unwrap();
    1 << (2 * number + u32::from(id.starts_with('l')))
}

/// The forms that are edited and have not come.
fn on_the_way(rows: &[FormRow]) -> Vec<String> {
    let edited = rows.iter().filter_map(|row| row.replaces.clone());
    edited.filter(|id| rows.iter().all(|row| row.instance_id != *id)).collect()
}

/// Something happens to one of the forms, or another comes.
async fn happens(site: &Site, dice: &mut Dice) -> String {
    let (domain, rows) = (site.database.domain(None).await.unwrap(), rows(site).await);
    let (new, row) = (format!("f{}", rows.len()), dice.row(&rows));
    let kind = [Counts, Counts, Declined, Quarantined][dice.below(4)];
    let sent = brings(&new, amount(&new), kind);
    match dice.below(12) {
        0 => {
            drop(site.send(&sent, &[]).await);
            format!("{new} comes: {kind:?}")
        }
        10 => {
            let of = format!("l{}", rows.len());
            drop(site.send(&edit(&of, &sent), &[]).await);
            format!("{new} edits {of}, which has not come: {kind:?}")
        }
        11 => {
            let late = on_the_way(&rows);
            let Some(late) = late.first() else { return "nothing".to_owned() };
            let of = [Some(row.instance_id.as_str()), None][dice.below(2)].filter(|of| of != late);
            let late_form = brings(late, amount(late), kind);
            drop(site.send(&of.map_or(late_form.clone(), |of| edit(of, &late_form)), &[]).await);
            format!("{late} comes late: {kind:?}, {of:?}")
        }
        1..=4 => {
            drop(site.send(&edit(&row.instance_id, &sent), &[]).await);
            format!("{new} edits {}: {kind:?}", row.instance_id)
        }
        5 => format!("archive {}: {:?}", row.instance_id, site.database.archive(&domain, &row).await.is_ok()),
        6 => {
            format!("restore {}: {:?}", row.instance_id, site.database.unarchive(&domain, &row).await.is_ok())
        }
        7 => {
            let xml = String::from_utf8(site.database.xml(&domain, &row).await.unwrap().to_vec()).unwrap();
            drop(site.send(&xml, &[]).await);
            format!("{} comes again", row.instance_id)
        }
        _ => {
            let released = site.database.release(&domain, &row.log_id).await;
            format!("release {}: {:?}", row.instance_id, released.map(|released| released.declined))
        }
    }
}

/// The forms that have a place, by the first of their line.
fn in_force(rows: &[FormRow]) -> BTreeMap<String, Vec<&FormRow>> {
    let mut lines: BTreeMap<String, Vec<&FormRow>> = BTreeMap::new();
    for row in rows.iter().filter(|row| matches!(row.state, State::Normal | State::Archived)) {
        let mut first = row;
        while let Some(before) =
            rows.iter().find(|before| first.replaces.as_ref() == Some(&before.instance_id))
        {
            first = before;
        }
        lines.entry(first.instance_id.clone()).or_default().push(row);
    }
    lines
}

/// whatever happens to a form and its edits, though they come before it, one of them is in force at most; what counts is in the
/// stock once, and nothing else is; and a case that is made anew is what it was.
#[tokio::test]
async fn one_of_a_line_of_edits_is_in_force() {
    let mut late = 0;
    for site in sites().await.into_iter().chain(sites_that_keep_any_edit().await) {
        let domain = site.database.domain(None).await.unwrap();
        let mut dice = Dice(7);
        let mut done = Vec::new();
        site.takes(&brings("f0", 1, Counts)).await;
        while rows(&site).await.len() < 22 {
            done.push(happens(&site, &mut dice).await);
            let rows = rows(&site).await;
            let told = || format!("{}: {done:#?}\n{rows:#?}", site.engine);
            assert!(in_force(&rows).values().all(|line| line.len() == 1), "{}", told());
            let counting = rows.iter().filter(|row| row.state == State::Normal);
            let counted: i64 = counting.map(|row| amount(&row.instance_id)).sum();
            let before = said(&site).await;
            assert_eq!(stock(&site).await, counted, "{}", told());
            site.database.rebuild(&domain, &"c".into()).await.unwrap();
            assert_eq!((stock(&site).await, said(&site).await), (counted, before), "{}", told());
        }
        late += rows(&site).await.iter().filter(|row| row.instance_id.starts_with('l')).count();
    }
    assert!(late > 0, "some come behind their edits");
}
