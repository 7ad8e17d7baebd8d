//! The corpus of submissions, received: the cases are those that the rules make in memory.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use openrosa_case::{
    apply::{self, Failure},
    hq::{Project, Submission},
    store::Memory,
};
use openrosa_store::server::CasesAsked;
use openrosa_tests::corpus;
use openrosa_xml::{Instance, xml};

use super::site::Site;

fn moment() -> DateTime<Utc> {
    DateTime::from_timestamp(1_717_149_600, 0).unwrap()
}

/// What comes out of the rules alone: each form that is not refused, in the order of the files.
fn in_memory(forms: &[String]) -> Memory {
    let (mut memory, project) = (Memory::new(), Project::new(""));
    for (number, source) in forms.iter().enumerate() {
        let form = Instance::read(source).unwrap();
        let mut work = Submission::new(&project, &form, source, format!("fresh-{number}"), moment());
        match apply::apply(&mut memory, &mut work) {
            Ok(_) | Err(Failure::Declined(_)) => {}
            Err(Failure::Store(never)) => match never {},
        }
    }
    memory
}

#[tokio::test]
async fn the_corpus_ends_in_the_same_cases() {
    let Some(forms) = forms() else { return };
    let memory = in_memory(&forms);
    assert!(memory.cases().len() > 30, "{} cases", memory.cases().len());
    for mut site in Site::all().await {
        site.stand_still(moment);
        for form in &forms {
            drop(site.send(form, &[]).await);
        }
        let domain = site.database.domain(None).await.unwrap();
        let asked = CasesAsked { closed: true, ..CasesAsked::default() };
        let rows = site.database.cases(&domain, &asked, 100_000).await.unwrap();
        let held: BTreeMap<_, _> = rows.into_iter().map(|row| (row.case.case_id.clone(), row.case)).collect();
        let expected = memory.cases().filter(|case| case.hq.deleted.is_none());
        let expected: BTreeMap<_, _> = expected.map(|case| (case.case_id.clone(), case.clone())).collect();
        assert_eq!(held.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{}", site.engine);
        for (id, case) in &expected {
            assert_eq!(held[id], *case, "{}", site.engine);
        }
    }
}

/// Forms with an id of their own, each id once, and no edits: these the rules in memory know by other signs.
fn forms() -> Option<Vec<String>> {
    let folder = corpus::folder("receiving the submissions of the corpus")?;
    let mut seen = BTreeSet::new();
    let mut forms = Vec::new();
    for sample in corpus::samples(&folder, "submission") {
        let Ok(source) = xml::decode(&sample.bytes) else { continue };
        let Ok(form) = Instance::read(&source) else { continue };
        let id = form.instance_id().map(|id| id.trimmed().to_owned()).filter(|id| !id.is_empty());
        let is_new = form.deprecated_id().is_none() && id.is_some_and(|id| seen.insert(id));
        if is_new && std::str::from_utf8(&sample.bytes).is_ok() {
            forms.push(source.to_string());
        }
    }
    Some(forms)
}
