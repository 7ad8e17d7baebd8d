//! Histories of forms, applied in one way and another.
#![expect(clippy::unwrap_used, reason = "helpers of tests state their expectations as tests do")]

use std::{cell::RefCell, collections::BTreeSet, convert::Infallible};

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta, Utc};
use openrosa_case::{
    Case,
    apply::{self, Failure, Work},
    device::DeviceForm,
    diverge::{Sent, diverge},
    hq::{Archive, Project, Rebuild, Submission},
    store::{Memory, Staging, Store},
};
use openrosa_tests::strategies::{config, history};
use openrosa_xml::{
    CaseId, Instance, InstanceId,
    build::{Author, NewCase, NewForm, NewMeta},
};
use proptest::prelude::*;

fn now() -> DateTime<FixedOffset> {
    DateTime::parse_from_rfc3339("2024-05-31T12:00:00+02:00").unwrap()
}

fn received(number: usize) -> DateTime<Utc> {
    now().to_utc() + TimeDelta::hours(i64::try_from(number).unwrap())
}

/// How a form is taken by one of the two, in a staging.
type Take<'t> = &'t dyn Fn(&Memory, &mut Staging, usize, &str) -> bool;

fn on_device(memory: &Memory, staging: &mut Staging, _: usize, source: &str) -> bool {
    let form = Instance::read(source).unwrap();
    taken(apply::stage(memory, staging, &mut DeviceForm::new(&form, now())))
}

fn on_hq(project: &Project) -> impl Fn(&Memory, &mut Staging, usize, &str) -> bool {
    on_hq_noting(project, |_| {})
}

/// The same, and passes on the cases of which the server logs something.
fn on_hq_noting(
    project: &Project,
    logged: impl Fn(CaseId),
) -> impl Fn(&Memory, &mut Staging, usize, &str) -> bool {
    move |memory, staging, number, source| {
        let form = Instance::read(source).unwrap();
        let fresh = format!("fresh-{number}");
        let mut submission = Submission::new(project, &form, source, fresh, received(number));
        let done = apply::stage(memory, staging, &mut submission);
        done.iter()
            .flat_map(|applied| &applied.logged)
            .filter_map(|error| error.case_id.clone())
            .for_each(&logged);
        taken(done)
    }
}

fn taken<T>(done: Result<T, Failure<Infallible>>) -> bool {
    done.is_ok()
}

/// The state after a history, written after every so many forms, and which forms were taken.
fn applied(history: &[String], take: Take<'_>, batch: usize) -> (Memory, Vec<bool>) {
    let (mut memory, mut staging) = (Memory::new(), Staging::new());
    let mut verdicts = Vec::new();
    for (number, source) in history.iter().enumerate() {
        verdicts.push(take(&memory, &mut staging, number, source));
        if (number + 1) % batch == 0 {
            memory.commit(staging.take_writes()).unwrap();
        }
    }
    memory.commit(staging.take_writes()).unwrap();
    (memory, verdicts)
}

fn agrees(history: &[String], take: Take<'_>) -> Result<(), TestCaseError> {
    let singly = applied(history, take, 1);
    for batch in [2, 3, usize::MAX] {
        prop_assert_eq!(&applied(history, take, batch), &singly, "in batches of {}", batch);
    }
    Ok(())
}

fn projects() -> [Project; 2] {
    [Project::new("demo"), Project::new("demo").sorting_out_of_order()]
}

/// A case without what a rebuild leaves behind.
fn content(case: &Case) -> Case {
    let mut case = case.clone();
    case.hq.server_modified_on = None;
    case.hq.transactions.retain(|touched| touched.form_id.is_some() && !touched.revoked);
    case
}

fn do_work(memory: &mut Memory, work: &mut impl Work) {
    apply::apply(memory, work).unwrap();
}

/// CommCare HQ logs that the forms of a case cannot be ordered any more, and leaves the case alone: what an earlier order has
/// made of it stays, until somebody makes it anew (case-xml.md 4.5).
#[test]
fn a_case_whose_forms_cannot_be_ordered_any_more_stays_as_it_was() {
    let block = |date: &str, inside: &str| {
        format!(
            "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='b' date_modified='{date}' user_id='bob'>{inside}</case>"
        )
    };
    let create = "<create><case_type>t</case_type><case_name>a</case_name></create>";
    let history = [
        history::form("f0", &block("2024-05-03", "<update><x>1</x></update>")),
        history::form("f1", &block("2024-05-02", create)),
        history::form("f2", &block("2024-05-01", "")),
    ];
    let project = Project::new("demo").sorting_out_of_order();
    let logged = RefCell::new(Vec::new());
    let (mut memory, _) = applied(&history, &on_hq_noting(&project, |id| logged.borrow_mut().push(id)), 1);
    assert_eq!(*logged.borrow(), [CaseId::from("b")]);
    let opened = |memory: &Memory| memory.get("b").unwrap().date_opened.unwrap().date_naive().to_string();
    assert_eq!(
        opened(&memory),
        "2024-05-02",
        "since the form that creates came first, in the order of dates"
    );
    do_work(&mut memory, &mut Rebuild::new(&project, "b", received(100)));
    assert_eq!(opened(&memory), "2024-05-03", "in the order of arrival");
}

proptest! {
    #![proptest_config(config())]

    /// A history ends the same whether it is written singly, in batches or at once.
    #[test]
    fn a_history_ends_the_same_in_any_batches(history in history::history()) {
        agrees(&history, &on_device)?;
        for project in projects() {
            agrees(&history, &on_hq(&project))?;
        }
    }

    /// A form that is declined leaves the state as it was, in the staging and behind it.
    #[test]
    fn a_declined_form_leaves_no_trace(history in history::history()) {
        let project = Project::new("demo");
        let hq = on_hq(&project);
        for take in [&on_device as Take<'_>, &hq] {
            let mut memory = Memory::new();
            for (number, source) in history.iter().enumerate() {
                let (before, mut staging) = (memory.clone(), Staging::new());
                let was_taken = take(&memory, &mut staging, number, source);
                memory.commit(staging.take_writes()).unwrap();
                prop_assert!(was_taken || memory == before);
            }
        }
    }

    /// A case made anew from its forms is the case that was there, edits and duplicates among them or not; but for one whose
    /// forms could not be ordered any more, see below.
    #[test]
    fn the_log_gives_the_state(history in history::history()) {
        for project in projects() {
            let unordered = RefCell::new(BTreeSet::new());
            let note = |id| _ = unordered.borrow_mut().insert(id);
            let (mut memory, _) = applied(&history, &on_hq_noting(&project, note), 1);
            let before = memory.clone();
            for case in before.cases().filter(|case| !unordered.borrow().contains(&case.case_id)) {
                do_work(&mut memory, &mut Rebuild::new(&project, case.case_id.clone(), received(100)));
                prop_assert_eq!(content(memory.get(case.case_id.as_str()).unwrap()), content(case));
            }
            let stock = |of: &Memory| of.ledgers().map(|(key, quantity)| (key.clone(), quantity)).collect::<Vec<_>>();
            prop_assert_eq!(stock(&memory), stock(&before));
        }
    }

    /// A form that is set aside and taken back has never been away.
    #[test]
    fn what_comes_back_is_as_it_was(history in history::history()) {
        let project = Project::new("demo");
        let (mut memory, _) = applied(&history, &on_hq(&project), 1);
        let before = memory.clone();
        let forms: Vec<InstanceId> = before.forms().map(|form| form.form_id.clone()).collect();
        for id in &forms {
            do_work(&mut memory, &mut Archive::new(&project, id.clone(), received(100)));
        }
        prop_assert!(memory.cases().all(|case| case.hq.deleted.is_some()));
        for id in &forms {
            do_work(&mut memory, &mut Archive::undo(&project, id.clone(), received(101)));
        }
        prop_assert_eq!(memory.forms().collect::<Vec<_>>(), before.forms().collect::<Vec<_>>());
        // A case that had no form left but stock, and then got one, is alive for the first time.
        let alive = |case: &Case| {
            let mut case = content(case);
            let has_block = case.hq.transactions.iter().any(|touched| touched.did.block);
            case.hq.deleted = case.hq.deleted.filter(|_| !has_block);
            case
        };
        prop_assert_eq!(memory.cases().map(content).collect::<Vec<_>>(), before.cases().map(alive).collect::<Vec<_>>());
        prop_assert_eq!(memory.ledgers().collect::<Vec<_>>(), before.ledgers().collect::<Vec<_>>());
    }

    /// Where the two sides part, and no form was refused, there is a rule to blame.
    #[test]
    fn every_difference_has_a_rule(history in history::history()) {
        let read: Vec<_> = history.iter().map(|source| Instance::read(source).unwrap()).collect();
        let sent: Vec<_> = read.iter().zip(&history).map(|(form, source)| Sent::new(form, source, now())).collect();
        for parted in diverge(&Project::new("demo"), &sent) {
            prop_assert!(parted.device != parted.hq, "{parted:?}");
            prop_assert!(parted.rule.is_some(), "{parted:?}");
        }
    }

    /// What the builders make is the same to both.
    #[test]
    fn built_forms_never_part_the_two(cases in prop::collection::vec((0..5_u8, any::<[bool; 5]>(), 0..3_u8), 0..8)) {
        let sources = built(&cases);
        let read: Vec<_> = sources.iter().map(|source| Instance::read(source).unwrap()).collect();
        let filled_in = now().with_timezone(&FixedOffset::east_opt(0).unwrap());
        let sent: Vec<_> = read.iter().zip(&sources).map(|(form, source)| Sent::new(form, source, filled_in)).collect();
        prop_assert_eq!(diverge(&Project::new("demo"), &sent), []);
    }
}

/// Forms in which what is there is updated, linked and closed, and what is not is created.
fn built(cases: &[(u8, [bool; 5], u8)]) -> Vec<String> {
    let mut there: Vec<CaseId> = Vec::new();
    let mut sources = Vec::new();
    for (number, (id, [sets, links, closes, renames, dates], day)) in cases.iter().enumerate() {
        let id = CaseId::from(format!("c{id}"));
        let minutes = TimeDelta::minutes(i64::try_from(number).unwrap());
        let author =
            Author::new("amy", DateTime::parse_from_rfc3339("2024-05-01T10:00:00Z").unwrap() + minutes);
        let known = there.contains(&id);
        let mut case = match known {
            true => NewCase::update(id.clone(), &author),
            false => {
                NewCase::create(id.clone(), "patient", "Amina", "amy", &author).property("village", "Kibaha")
            }
        };
        // A block that says nothing is one of the things on which the two differ.
        case = case.property("weight", number.to_string());
        case = if *sets { case.moment("seen", &author.at) } else { case };
        if let Some(target) = there.iter().find(|other| **other != id).filter(|_| *links) {
            case = case.extension_of("host", "patient", target.clone()).unlink("parent", "patient");
        }
        if *dates {
            case = case.date_opened(NaiveDate::from_ymd_opt(2024, 4, 1 + u32::from(*day)).unwrap());
        }
        case = if *closes { case.close() } else { case };
        case = if *renames && known { case.rename("Juma").assign("bob").external_id("x") } else { case };
        let meta = NewMeta::commcare(format!("f{number}"), &author, "device", author.at);
        sources.push(NewForm::new("http://example.org/visit", meta).case(case).write().unwrap());
        if !known {
            there.push(id);
        }
    }
    sources
}
