//! Two devices and a server, with a network between them that loses what it likes: in the end all hold the same.

mod draw;
mod server;

use std::{
    cell::RefCell,
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard},
    task::Poll,
};

use openrosa_case::Case;
use openrosa_http::{
    auth::Credentials, client::Client, headers::AcceptLength, headers::Version, transport::Transport,
};
use openrosa_store::{
    Error,
    device::{Database, Effect, Fault as Flaw, Syncing, Way, outbox::NewForm},
};
use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};

use super::{cases, run, wait};
use crate::server::Site;
use draw::{Draw, draw};
use server::{Fault, Meanwhile, Seen, Server, answer};

/// Who has a device; there is a third one, who works at the server, and a team that both belong to.
const USERS: [&str; 2] = ["amy", "bob"];

#[derive(Clone, Debug)]
enum Step {
    /// A form is filled in.
    Form { device: usize, blocks: Vec<Draw> },
    /// A form is filled in at the server.
    Web(Vec<Draw>),
    Sync {
        device: usize,
        faults: Vec<Fault>,
        /// The process ends after so many steps of its own.
        killed: Option<u16>,
        /// A form that is filled in while the restore is on its way.
        meanwhile: Vec<Draw>,
    },
    /// A form that creates a case is filled in and given up.
    Stray(usize),
    /// A user leaves the team, or comes back.
    Regroup(usize),
    /// The server forgets what devices hold.
    Forget,
}

struct Device {
    user: &'static str,
    _folder: tempfile::TempDir,
    database: Database,
}

struct World {
    server: Arc<Mutex<Server>>,
    devices: Vec<Device>,
}

impl World {
    async fn new(site: Option<Site>) -> Self {
        let mut devices = Vec::new();
        for user in USERS {
            let (folder, database) = super::device().await;
            devices.push(Device { user, _folder: folder, database });
        }
        if let Some(site) = &site {
            for user in USERS {
                site.add(user, "team").await;
            }
        }
        Self { server: Arc::new(Mutex::new(Server::asking(site))), devices }
    }

    fn site(&self) -> Option<Site> {
        self.server().site.clone()
    }

    /// All cases of the server.
    async fn cases(&self) -> Vec<Case> {
        match self.site() {
            Some(site) => site.cases().await,
            None => self.server().cases(),
        }
    }

    async fn web_form(&self, draws: &[Draw]) {
        let held = self.cases().await;
        let form = self.server().draw("cara", &held, draws);
        if let Some(form) = form {
            self.server().web_form(&form);
            if let Some(site) = self.site() {
                site.takes_for("demo", &form).await;
            }
        }
    }

    async fn regroup(&self, user: &'static str) {
        self.server().regroup(user);
        if let Some(site) = self.site() {
            let has_left = self.server().has_left(user);
            site.regroup(user, "team", has_left).await;
        }
    }

    async fn forget(&self) {
        self.server().forget();
        if let Some(site) = self.site() {
            site.forget().await;
        }
    }

    async fn every_form_once(&self) {
        match self.site() {
            None => self.server().every_form_once(),
            Some(site) => {
                let kept = site.forms().await;
                let kept: BTreeMap<_, _> =
                    kept.into_iter().map(|form| (server::instance_id(&form), form)).collect();
                assert_eq!(&kept, self.server().filled_in_so_far());
            }
        }
    }

    fn server(&self) -> MutexGuard<'_, Server> {
        self.server.lock().unwrap()
    }

    fn client(&self, user: &str) -> Client<impl Transport + use<>> {
        let server = Arc::clone(&self.server);
        let transport = move |request| answer(Arc::clone(&server), request);
        let client = Client::new(transport).version(Version::COMMCARE_3).preemptive_basic();
        let site = "https://hq.example/".parse().unwrap();
        let client = client.credentials(&site, Credentials::new(user, "secret"));
        client.without_preflight(AcceptLength(1_000_000))
    }

    async fn step(&self, step: &Step) {
        wait(chrono::TimeDelta::minutes(1));
        match step {
            Step::Form { device, blocks } => {
                if let Some(form) = self.form(&self.devices[*device], blocks).await {
                    submit(&self.devices[*device].database, &form).await;
                    self.server().filled_in(&form);
                }
            }
            Step::Web(blocks) => self.web_form(blocks).await,
            Step::Sync { device, faults, killed, meanwhile } => {
                let device = &self.devices[*device];
                let form = self.form(device, meanwhile).await;
                let meanwhile = form.map(|form| Meanwhile { database: device.database.clone(), form });
                self.server().expect(faults, meanwhile);
                let syncing = at_most(killed.unwrap_or(u16::MAX), self.sync(device)).await;
                let filling_in = self.server().filling_in();
                if let Some(filling_in) = filling_in {
                    filling_in.await.unwrap();
                }
                if let Some(Err(error)) = syncing {
                    assert!(error.http().is_some(), "{error}");
                }
                self.server().expect(&[], None);
            }
            Step::Stray(device) => {
                let database = &self.devices[*device].database;
                let form = self.server().draw(self.devices[*device].user, &[], &[Draw::STRAY]).unwrap();
                let number = submit(database, &form).await;
                database.outbox().drop(number).await.unwrap();
            }
            Step::Regroup(user) => self.regroup(USERS[*user]).await,
            Step::Forget => self.forget().await,
        }
    }

    async fn form(&self, device: &Device, blocks: &[Draw]) -> Option<String> {
        let held = cases(&device.database).await;
        self.server().draw(device.user, &held, blocks)
    }

    async fn sync(&self, device: &Device) -> Result<Syncing, Error> {
        // Whatever has to wait has waited.
        wait(chrono::TimeDelta::hours(3));
        let url = |path: &str| format!("https://hq.example/a/demo/{path}/").parse().unwrap();
        let way = Way::new(url("receiver"), url("phone/restore")).user_id(device.user);
        device.database.sync(&self.client(device.user), &way, |_| ()).await
    }

    /// Both sync until there is nothing more to say: once each for what is unsent, once each for what the other sent.
    async fn settle(&self) {
        for round in 0..3 {
            for device in &self.devices {
                let syncing = self.sync(device).await.unwrap();
                let Syncing::Done(synced) = syncing else { panic!("round {round}: {syncing:?}") };
                let touched = synced.restored.created + synced.restored.updated;
                assert!(round < 2 || touched == 0, "something was left to say: {synced:?}");
            }
        }
    }

    async fn agree(&self, device: &Device) {
        let user = device.user;
        let counts = device.database.outbox().counts().await.unwrap();
        assert_eq!((counts.waiting, counts.quarantined, counts.conflict), (0, 0, 0));
        let token = device.database.sync_state().await.unwrap().unwrap().token.unwrap();
        let hash = device.database.state_hash().await.unwrap();
        if self.site().is_none() {
            assert_eq!(self.server().hash(&token), hash, "the hash of {user}");
        }
        let held: BTreeMap<_, _> = cases(&device.database).await.iter().map(server::content).collect();
        let all = self.cases().await;
        assert_eq!(held, self.server().live(user, &all), "the cases of {user}");
        let faults = device.database.check().await.unwrap().faults;
        assert!(faults.iter().all(|fault| matches!(fault, Flaw::Stock { .. })), "{faults:?}");
    }
}

async fn submit(database: &Database, form: &str) -> i64 {
    let form = NewForm::new(form.to_owned()).unwrap();
    database.submit(&form, Effect::AtOnce).await.unwrap().added.number
}

/// Lets somebody do so much, and no more.
pub(crate) async fn at_most<T>(mut polls: u16, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        if polls == 0 {
            return Poll::Ready(None);
        }
        polls = polls.saturating_sub(u16::from(polls < u16::MAX));
        work.as_mut().poll(context).map(Some)
    })
    .await
}

async fn converges(steps: &[Step], site: Option<Site>) -> Seen {
    let world = World::new(site).await;
    for step in steps {
        world.step(step).await;
    }
    world.settle().await;
    for device in &world.devices {
        world.agree(device).await;
    }
    world.every_form_once().await;
    world.server().seen
}

fn fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        1 => Just(Fault::NoWay),
        1 => Just(Fault::RequestLost),
        3 => Just(Fault::AnswerLost),
        1 => select(vec![500, 503]).prop_map(Fault::Says),
        1 => Just(Fault::SaysBehind(500)),
        2 => (0..100_u8).prop_map(Fault::Cut),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let device = || 0..USERS.len();
    let form = (device(), vec(draw(), 1..4)).prop_map(|(device, blocks)| Step::Form { device, blocks });
    let faults = prop_oneof![1 => Just(Vec::new()), 1 => vec(fault(), 1..5)];
    let meanwhile = prop_oneof![1 => Just(Vec::new()), 1 => vec(draw(), 1..3)];
    let sync = (device(), faults, prop::option::weighted(0.2, 0..400_u16), meanwhile);
    let sync =
        sync.prop_map(|(device, faults, killed, meanwhile)| Step::Sync { device, faults, killed, meanwhile });
    prop_oneof![
        8 => form,
        2 => vec(draw(), 1..4).prop_map(Step::Web),
        6 => sync,
        1 => device().prop_map(Step::Stray),
        1 => device().prop_map(Step::Regroup),
        1 => Just(Step::Forget),
    ]
}

/// A form that comes twice, and a server that forgets what a device has: of either, few schedules may by chance have none.
fn known() -> [Step; 5] {
    let sync = |faults| Step::Sync { device: 0, faults, killed: None, meanwhile: Vec::new() };
    let form = Step::Form { device: 0, blocks: vec![Draw::create("team")] };
    [form, sync(vec![Fault::AnswerLost]), sync(Vec::new()), Step::Forget, sync(Vec::new())]
}

/// How many schedules are tried.
fn schedules() -> u32 {
    std::env::var("OPENROSA_SCHEDULES").ok().and_then(|number| number.parse().ok()).unwrap_or(40)
}

/// Whatever was filled in, lost, repeated, interrupted and forgotten: after two syncs each, both devices hold what the server
/// has for them, no more and no less, by one hash; and the server has every form once.
#[test]
fn two_devices_and_a_server_come_to_the_same() {
    let config = ProptestConfig { cases: schedules(), ..openrosa_tests::strategies::config() };
    let seen = RefCell::new(run(converges(&known(), None)));
    let tried = TestRunner::new(config).run(&vec(step(), 0..30), |steps| {
        seen.borrow_mut().add(run(converges(&steps, None)));
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    println!("{} schedules: {seen:?}", schedules());
    assert!(seen.faults > 0 && seen.repeated > 0 && seen.started_over > 0 && seen.meanwhile > 0, "{seen:?}");
}

/// The same with the real server, on each engine that is there.
/// S-095: own edits are not echoed, those of others are; what was given away or closed is sent once.
/// S-096: what a device sends by a token is believed to be on it.
#[test]
fn two_devices_and_the_real_server_come_to_the_same() {
    let schedules = schedules() / 4;
    let config = ProptestConfig { cases: schedules, ..openrosa_tests::strategies::config() };
    let seen = RefCell::new(Seen::default());
    let converge = |steps: &[Step]| {
        run(async {
            for site in Site::all().await {
                let all = converges(steps, Some(site)).await;
                seen.borrow_mut().add(all);
            }
        });
    };
    converge(&known());
    let tried = TestRunner::new(config).run(&vec(step(), 0..30), |steps| {
        converge(&steps);
        Ok(())
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    let seen = seen.into_inner();
    println!("{schedules} schedules: {seen:?}");
    assert!(seen.faults > 0 && seen.repeated > 0 && seen.started_over > 0, "{seen:?}");
}

/// The server does not know yet what is filled in while it answers, and its answer must not undo that: the server will take it
/// for something that the device did on top of the answer, and not send it again.
#[test]
fn a_restore_does_not_undo_what_is_filled_in_while_it_comes() {
    let sync = |device, meanwhile| Step::Sync { device, faults: Vec::new(), killed: None, meanwhile };
    for change in [Draw::set("village", 2), Draw::assign("amy")] {
        let steps = [
            Step::Form { device: 0, blocks: vec![Draw::create("team")] },
            sync(0, Vec::new()),
            sync(1, Vec::new()),
            Step::Form { device: 1, blocks: vec![Draw::set("village", 1)] },
            sync(1, Vec::new()),
            sync(0, vec![change]),
        ];
        assert_eq!(run(converges(&steps, None)).meanwhile, 1);
    }
}
