//! Any forms over any cases with any outcomes: the order rule holds at every moment, and every form ends somewhere.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_http::transport::Sent;
use openrosa_store::device::outbox::State;
use proptest::prelude::*;

use super::{Answer, Device, HALF_PROCESSED, SAVED, UNPROCESSED, case, form, wait};

/// What a form is about: the cases that it changes, and those that it points at.
type About = (BTreeSet<u8>, BTreeSet<u8>);

#[derive(Clone, Debug)]
enum Step {
    Add(About),
    Send(Vec<Answer>),
    Wait(i64),
    Retry(usize),
    Drop(usize),
    Resume,
    Kill,
}

fn about() -> impl Strategy<Value = About> {
    let some = |most| prop::collection::btree_set(0_u8..5, 0..most);
    (some(3), some(3))
}

fn answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        4 => Just(Answer::Says(201, SAVED)),
        1 => Just(Answer::Says(202, SAVED)),
        1 => Just(Answer::Says(200, "<html>")),
        1 => Just(Answer::Says(401, "")),
        1 => Just(Answer::Says(400, "bad")),
        1 => Just(Answer::Says(409, "conflict")),
        1 => Just(Answer::Says(422, UNPROCESSED)),
        1 => Just(Answer::Says(422, HALF_PROCESSED)),
        1 => Just(Answer::Says(500, "")),
        1 => Just(Answer::Wants(503, 30)),
        1 => Just(Answer::Breaks(Sent::No)),
        1 => Just(Answer::Breaks(Sent::Perhaps)),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => about().prop_map(Step::Add),
        4 => prop::collection::vec(answer(), 0..5).prop_map(Step::Send),
        2 => (0_i64..4000).prop_map(Step::Wait),
        1 => (0_usize..8).prop_map(Step::Retry),
        1 => (0_usize..8).prop_map(Step::Drop),
        1 => Just(Step::Resume),
        1 => Just(Step::Kill),
    ]
}

/// What is known of the forms without asking the outbox.
#[derive(Default)]
struct Model {
    about: BTreeMap<u32, About>,
    /// Those that the server said it has, and those that were given up.
    done: BTreeSet<u32>,
    delivered: BTreeSet<u32>,
    /// Those of which an attempt left open whether the server has them.
    uncertain: BTreeSet<u32>,
}

impl Model {
    /// The order rule, as the words have it.
    fn blocker(&self, form: u32) -> Option<u32> {
        let (changes, points) = &self.about[&form];
        let builds_upon = |ahead: &&u32| {
            let (ahead, _) = &self.about[*ahead];
            ahead.iter().any(|case| changes.contains(case) || points.contains(case) && !changes.is_empty())
        };
        self.about
            .keys()
            .filter(|ahead| **ahead < form && !self.done.contains(ahead))
            .find(builds_upon)
            .copied()
    }

    fn xml(&self, id: u32) -> String {
        let (changes, points) = &self.about[&id];
        let name = |case: &u8| format!("c{case}");
        let targets: Vec<String> = points.iter().map(name).collect();
        let targets: Vec<&str> = targets.iter().map(String::as_str).collect();
        form(id, &changes.iter().map(|changed| case(&name(changed), &targets)).collect::<String>())
    }
}

/// What came to the server was allowed to come, in that order; what it said decides what may come next.
fn judge(model: &mut Model, got: &[u32], answers: &[Answer]) {
    let yes = Answer::Says(201, SAVED);
    for (at, form) in got.iter().enumerate() {
        assert!(!model.done.contains(form), "{form} was sent again");
        assert_eq!(model.blocker(*form), None, "{form} was sent before what it builds upon");
        match answers.get(at).unwrap_or(&yes) {
            Answer::Says(201 | 202, _) => {
                model.done.insert(*form);
                model.delivered.insert(*form);
                model.uncertain.remove(form);
            }
            Answer::Says(200 | 500, _) | Answer::Breaks(Sent::Perhaps) => {
                model.uncertain.insert(*form);
            }
            _ => {}
        }
    }
}

async fn run(steps: Vec<Step>) {
    let (mut device, mut model) = (Device::new().await, Model::default());
    for step in steps {
        take(&mut device, &mut model, step).await;
        agree(&device, &model).await;
    }
    // The network and the server are well again, and a person sees to what needs one.
    for round in 0.. {
        wait(100_000);
        device.outbox().resume().await.unwrap();
        for stopped in device.outbox().list(None, 0, 100).await.unwrap() {
            if stopped.state.needs_a_person() {
                device.outbox().retry(stopped.number).await.unwrap();
            }
        }
        device.send().await;
        judge(&mut model, &device.server.got(), &[]);
        if model.done.len() == model.about.len() {
            break;
        }
        assert!(round < 3, "{}", device.stands().await);
    }
    agree(&device, &model).await;
}

async fn take(device: &mut Device, model: &mut Model, step: Step) {
    let number = |at: usize| 1 + at as i64;
    match step {
        Step::Add(about) => {
            let id = 1 + model.about.len() as u32;
            model.about.insert(id, about);
            assert_eq!(device.add(&model.xml(id)).await, i64::from(id));
        }
        Step::Send(answers) => {
            device.server.will(answers.clone());
            device.send().await;
            let got = device.server.got();
            judge(model, &got, &answers);
            device.server.0.lock().unwrap().answers.clear();
        }
        Step::Wait(seconds) => wait(seconds),
        // What is settled or not there stays so.
        Step::Retry(at) => drop(device.outbox().retry(number(at)).await),
        Step::Drop(at) => {
            if device.outbox().drop(number(at)).await.is_ok() {
                assert!(model.done.insert(1 + at as u32), "what is settled cannot be dropped");
            }
        }
        Step::Resume => device.outbox().resume().await.unwrap(),
        Step::Kill => device.killed().await,
    }
}

/// The outbox says of each form what is so, and why it waits.
async fn agree(device: &Device, model: &Model) {
    let forms = device.outbox().list(None, 0, 100).await.unwrap();
    assert_eq!(forms.len(), model.about.len(), "none is lost");
    for form in forms {
        let id = u32::try_from(form.number).unwrap();
        assert_eq!(form.state == State::Delivered, model.delivered.contains(&id), "{form:?}");
        assert_eq!(form.state.is_final(), model.done.contains(&id), "{form:?}");
        assert_eq!(form.may_have_arrived(), model.uncertain.contains(&id), "{form:?}");
        if form.state.needs_a_person() {
            assert!(form.told.is_some_and(|told| !told.words.is_empty()), "a reason");
        }
        if !form.state.is_final() {
            assert_eq!(form.waits_for, model.blocker(id).map(i64::from), "{id}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// nothing is sent before what it builds upon or after it was delivered, nothing is lost, and once the
    /// server and a person do their part everything is delivered once.
    #[test]
    fn no_history_breaks_the_order_or_loses_a_form(steps in prop::collection::vec(step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(run(steps));
    }
}
