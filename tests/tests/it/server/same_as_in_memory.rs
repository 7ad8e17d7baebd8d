//! The corpus of submissions, received: the cases are those that the rules make in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use chrono::{DateTime, Utc};
use openrosa_case::{
    Case,
    apply::{self, Failure},
    hq::{Project, Submission},
    store::Memory,
};
use openrosa_store::server::{CasesAsked, Database, Files};
use openrosa_tests::command::{Server, submit};
use openrosa_tests::{corpus, repository_root};
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

/// By our command, and by `curl` as `docs/serving.md` has it.
#[test]
fn the_corpus_ends_in_the_same_cases_whoever_sends_it() {
    let Some(forms) = forms() else { return };
    let memory = in_memory(&forms);
    let expected: BTreeMap<_, _> =
        memory.cases().filter(|case| case.hq.deleted.is_none()).map(without_moments).collect();
    assert!(expected.len() > 30, "{} cases", expected.len());
    let sent = tempfile::tempdir().unwrap();
    for (number, form) in forms.iter().enumerate() {
        fs::write(sent.path().join(format!("{number:04}.xml")), form).unwrap();
    }
    for send in [by_command, by_curl] {
        let data = tempfile::tempdir().unwrap();
        let database = data.path().join("server.db");
        let server = Server::start(&database);
        send(sent.path(), server.url());
        assert_eq!(held(&database), expected);
    }
}

fn by_command(folder: &Path, url: &str) {
    let sent = submit(folder, url).wait_with_output().unwrap();
    assert!(sent.status.success(), "{}", String::from_utf8_lossy(&sent.stdout));
}

fn by_curl(folder: &Path, url: &str) {
    let documented = fs::read_to_string(repository_root().join("docs/serving.md")).unwrap();
    let (_, command) = documented.split_once("```sh\ncurl ").unwrap();
    let (command, _) = command.split_once("```").unwrap();
    let [file, address] = [" --form 'photo.jpg=@photo.jpg'", "http://127.0.0.1:8080/submission"];
    assert!(command.contains("@visit.xml;") && command.contains(file) && command.contains(address));
    let command = command.replace(file, "").replace(address, url);
    let mut forms: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    forms.sort();
    for form in forms {
        let command = command.replace("visit.xml", form.to_str().unwrap());
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("curl --silent {command}")]).env("PASSWORD", "").current_dir(folder);
        let answer = shell.output().unwrap();
        assert!(answer.status.success(), "{form:?}: {}", String::from_utf8_lossy(&answer.stdout));
    }
}

/// What a server of this database has, read by another process than it.
#[tokio::main(flavor = "current_thread")]
async fn held(database: &Path) -> BTreeMap<String, Told> {
    let files = Files::in_folder(database.with_file_name("server.db-files")).unwrap();
    let database = Database::open(database, files).await.unwrap();
    let domain = database.domain(None).await.unwrap();
    let asked = CasesAsked { closed: true, ..CasesAsked::default() };
    let rows = database.cases(&domain, &asked, 100_000).await.unwrap();
    let held = rows.iter().map(|row| without_moments(&row.case)).collect();
    database.close().await;
    held
}

type Told = (String, BTreeMap<String, String>, BTreeMap<String, String>);

/// A case but for what follows from when its forms came: what it is, its properties and its links.
fn without_moments(case: &Case) -> (String, Told) {
    let Case { case_type, name, owner_id, external_id, closed, .. } = case;
    let is = format!("{case_type} {name:?} of {owner_id}, {external_id:?}, closed: {closed}");
    let properties = case.properties.iter().map(|(name, value)| (name.to_string(), format!("{value:?}")));
    let links = case.indices.iter().map(|(name, link)| (name.to_string(), format!("{link:?}")));
    (case.case_id.to_string(), (is, properties.collect(), links.collect()))
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
