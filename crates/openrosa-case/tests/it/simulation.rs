//! A server and devices that know nothing of this crate's logs: only restores and forms pass between them.

use std::collections::{BTreeMap, BTreeSet};

use openrosa_case::{
    graph::{CaseGraph, GraphBuilder, Relationship},
    hash::StateHash,
    purge::{Owners, Spread},
    sync::{CaseChange, Plan, Restore, SyncLog, Transaction},
};
use proptest::prelude::*;

use crate::oracle;

const NAMES: [&str; 2] = ["parent", "host"];
const OWNERS: [&str; 4] = ["ann", "ben", "team", "-"];

#[derive(Clone, Debug)]
struct Case {
    owner: &'static str,
    open: bool,
    indices: BTreeMap<&'static str, (u32, Relationship)>,
}

type Cases = BTreeMap<u32, Case>;

/// The oracle's view of cases.
fn seen_by(cases: &Cases, owners: &BTreeSet<&'static str>) -> oracle::Cases {
    let case = |case: &Case| oracle::Case {
        owned: owners.contains(case.owner),
        open: case.open,
        indices: case.indices.values().copied().collect(),
    };
    cases.iter().map(|(&id, held)| (id, case(held))).collect()
}

/// A case by its written id.
fn number(id: &str) -> u32 {
    id.strip_prefix("case-").and_then(|digits| digits.parse().ok()).expect("an id of the simulation")
}

#[derive(Default)]
struct Server {
    cases: Cases,
    next_case: u32,
    now: u64,
    tokens: u32,
    transactions: Vec<(String, u64, Option<String>)>,
    logs: BTreeMap<String, SyncLog>,
}

#[derive(Clone)]
struct Device {
    user: &'static str,
    /// As the server has it; the device learns of it with the next restore.
    in_team: bool,
    owners: BTreeSet<&'static str>,
    token: Option<String>,
    cases: Cases,
}

/// What a form does to one case.
#[derive(Clone, Copy, Debug)]
enum Edit {
    Own(&'static str),
    Close,
    Index(&'static str, u32, Relationship),
    Unindex(&'static str),
}

#[derive(Clone, Debug)]
enum Step {
    /// Somebody creates a case.
    Create {
        device: usize,
        owner: &'static str,
        target: u32,
        relationship: Relationship,
    },
    /// A device edits one of its cases.
    Edit {
        device: usize,
        case: u32,
        edit: Edit,
    },
    Sync {
        device: usize,
        lost: bool,
    },
    Regroup {
        device: usize,
    },
    /// The server alone.
    Delete {
        case: u32,
    },
    Reopen {
        case: u32,
    },
}

fn apply(case: &mut Case, edit: Edit) {
    match edit {
        Edit::Own(owner) => case.owner = owner,
        Edit::Close => case.open = false,
        Edit::Index(name, target, relationship) => _ = case.indices.insert(name, (target, relationship)),
        Edit::Unindex(name) => _ = case.indices.remove(name),
    }
}

impl Server {
    fn ids(&self) -> Vec<String> {
        (0..self.next_case).map(|id| format!("case-{id}")).collect()
    }

    fn graph<'a>(&self, ids: &'a [String]) -> CaseGraph<'a> {
        let mut graph = GraphBuilder::default();
        for (&id, case) in &self.cases {
            let source = graph.case(&ids[id as usize], case.owner, case.open);
            for (name, &(target, relationship)) in &case.indices {
                graph.index(source, name, &ids[target as usize], relationship);
            }
        }
        graph.build()
    }

    fn touch(&mut self, case: u32, token: Option<String>) {
        self.now += 1;
        self.transactions.push((format!("case-{case}"), self.now, token));
    }

    /// What a device holds that the server still has.
    fn common(&self, device: &Device) -> Vec<u32> {
        device.cases.keys().copied().filter(|id| self.cases.contains_key(id)).collect()
    }

    fn create(&mut self, device: &mut Device, owner: &'static str, target: u32, relationship: Relationship) {
        let id = self.next_case;
        self.next_case += 1;
        let case = Case { owner, open: true, indices: BTreeMap::new() };
        self.cases.insert(id, case.clone());
        device.cases.insert(id, case);
        self.submit(device, id, Edit::Own(owner));
        self.edit(device, id, Edit::Index("parent", target, relationship));
    }

    /// An edit as drawn: its target is one of those that both have, and older, so that no circle comes about.
    fn edit(&mut self, device: &mut Device, case: u32, edit: Edit) {
        let Edit::Index(name, target, relationship) = edit else { return self.submit(device, case, edit) };
        let targets: Vec<u32> = self.common(device).into_iter().filter(|&id| id < case).collect();
        if !targets.is_empty() {
            let target = targets[target as usize % targets.len()];
            self.submit(device, case, Edit::Index(name, target, relationship));
        }
    }

    /// A form, filled in on the device and received at once.
    fn submit(&mut self, device: &mut Device, case: u32, edit: Edit) {
        apply(device.cases.get_mut(&case).expect("the device has it"), edit);
        apply(self.cases.get_mut(&case).expect("the server has it"), edit);
        self.touch(case, device.token.clone());
        let Some(log) = device.token.as_ref().and_then(|token| self.logs.get_mut(token)) else { return };
        let (id, mut target_id) = (format!("case-{case}"), String::new());
        let change = CaseChange::to(&id);
        log.submitted([match edit {
            Edit::Own(owner) => change.owned_by(owner),
            Edit::Close => change.closing(),
            Edit::Index(name, target, relationship) => {
                target_id.push_str(&format!("case-{target}"));
                change.indexing(name, &target_id, relationship)
            }
            Edit::Unindex(name) => change.without_index(name),
        }]);
    }

    /// The device purges, asks, and gets an answer, if it is not lost on the way.
    fn sync(&mut self, device: &mut Device, lost: bool) {
        device.purge();
        let owners = device.owners_by_the_server();
        self.tokens += 1;
        let token = format!("token-{}", self.tokens);
        let ids = self.ids();
        let graph = self.graph(&ids);
        let restore =
            Restore::new(&graph, Owners::from_iter(owners.iter().copied()), token.clone(), self.now);
        let plan = match &device.token {
            None => restore.initial(),
            Some(since) => {
                let log = self.logs.get_mut(since).expect("logs are kept");
                log.agree(Some(&device.hash().to_string()), Spread::Whole).expect("device and server agree");
                let transactions = self.transactions.iter();
                let news =
                    transactions.map(|(case, at, token)| Transaction::new(case, *at, token.as_deref()));
                restore.since(log, news)
            }
        };
        if !lost {
            device.receive(&graph, &plan);
            device.owners = owners;
            device.token = Some(token.clone());
        }
        self.logs.insert(token, plan.log);
    }

    fn live(&self, device: &Device) -> BTreeSet<u32> {
        oracle::live(&oracle::passing_over_missing(&seen_by(&self.cases, &device.owners_by_the_server())))
    }
}

impl Device {
    fn of(user: &'static str) -> Self {
        Self { user, in_team: true, owners: BTreeSet::new(), token: None, cases: Cases::new() }
    }

    fn owners_by_the_server(&self) -> BTreeSet<&'static str> {
        let team = self.in_team.then_some("team");
        [self.user].into_iter().chain(team).collect()
    }

    fn kept(&self) -> BTreeSet<u32> {
        oracle::live(&oracle::without_missing(&seen_by(&self.cases, &self.owners)))
    }

    fn purge(&mut self) {
        if self.token.is_some() {
            let kept = self.kept();
            self.cases.retain(|id, _| kept.contains(id));
        }
    }

    fn hash(&self) -> StateHash {
        self.cases.keys().map(|id| format!("case-{id}")).collect()
    }

    /// Takes in a restore as a device does: nothing opens what is closed, indices that are not named stay.
    fn receive(&mut self, graph: &CaseGraph<'_>, plan: &Plan<'_>) {
        if self.token.is_none() {
            self.cases.clear();
        }
        for sent in &plan.cases {
            let owner = graph.owner(sent.node).expect("it is there");
            let owner = OWNERS.into_iter().find(|&other| other == owner).expect("an owner of the simulation");
            let new = Case { owner, open: true, indices: BTreeMap::new() };
            let case = self.cases.entry(number(sent.id)).or_insert(new);
            case.owner = owner;
            case.open &= !sent.closes;
            case.indices.retain(|name, _| !sent.unset.contains(&Box::from(*name)));
            for &link in &sent.indices {
                let name = NAMES.into_iter().find(|&name| name == graph.name(link)).expect("a name in use");
                let target = number(graph.id(graph.target(link)));
                case.indices.insert(name, (target, graph.relationship(link)));
            }
        }
        for id in &plan.withdrawn {
            self.cases.get_mut(&number(id.as_str())).expect("the device has it").open = false;
        }
    }
}

fn run(steps: &[Step]) -> (Server, [Device; 3]) {
    let mut server = Server::default();
    // The third one is a second device of the first one's user.
    let mut devices = [Device::of("ann"), Device::of("ben"), Device::of("ann")];
    for step in steps {
        match *step {
            Step::Create { device, owner, target, relationship } => {
                server.create(&mut devices[device], owner, target, relationship);
            }
            Step::Edit { device, case, edit } => {
                let common = server.common(&devices[device]);
                if !common.is_empty() {
                    server.edit(&mut devices[device], common[case as usize % common.len()], edit);
                }
            }
            Step::Sync { device, lost } => server.sync(&mut devices[device], lost),
            Step::Regroup { device } => devices[device].in_team ^= true,
            Step::Delete { case } => _ = server.cases.remove(&case),
            Step::Reopen { case } => {
                if let Some(closed) = server.cases.get_mut(&case) {
                    closed.open = true;
                    server.touch(case, None);
                }
            }
        }
    }
    (server, devices)
}

fn relationship() -> impl Strategy<Value = Relationship> {
    prop_oneof![Just(Relationship::Child), Just(Relationship::Extension)]
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => prop::sample::select(&OWNERS[..]).prop_map(Edit::Own),
        2 => Just(Edit::Close),
        4 => (prop::sample::select(&NAMES[..]), any::<u32>(), relationship())
            .prop_map(|(name, target, relationship)| Edit::Index(name, target, relationship)),
        1 => prop::sample::select(&NAMES[..]).prop_map(Edit::Unindex),
    ]
}

/// What devices and their users do, and deletions.
fn step() -> impl Strategy<Value = Step> {
    let create = (0..3_usize, prop::sample::select(&OWNERS[..]), any::<u32>(), relationship());
    prop_oneof![
        4 => create.prop_map(|(device, owner, target, relationship)| Step::Create { device, owner, target, relationship }),
        6 => (0..3_usize, any::<u32>(), edit()).prop_map(|(device, case, edit)| Step::Edit { device, case, edit }),
        4 => (0..3_usize, prop::bool::weighted(0.1)).prop_map(|(device, lost)| Step::Sync { device, lost }),
        1 => (0..3_usize).prop_map(|device| Step::Regroup { device }),
        1 => (0..20_u32).prop_map(|case| Step::Delete { case }),
    ]
}

fn steps(step: impl Strategy<Value = Step>) -> impl Strategy<Value = Vec<Step>> {
    prop::collection::vec(step, 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    /// C-097: whatever happened, a sync brings a device to what is live for its user, and both sides to one hash.
    /// S-095: what was taken away or closed is sent, and gone after the next purge.
    #[test]
    fn a_sync_brings_a_device_to_what_is_live(steps in steps(step())) {
        let (mut server, mut devices) = run(&steps);
        for device in &mut devices {
            server.sync(device, false);
            prop_assert_eq!(device.kept(), server.live(device));
            // Once more, and there is nothing to be sent.
            server.sync(device, false);
            prop_assert_eq!(device.cases.keys().copied().collect::<BTreeSet<_>>(), server.live(device));
        }
    }

    /// A case that the server opens again stays closed on a device that holds it, and comes back as a new one later.
    #[test]
    fn cases_opened_again_come_to_the_devices_in_the_end(
        steps in steps(prop_oneof![9 => step(), 1 => (0..20_u32).prop_map(|case| Step::Reopen { case })])
    ) {
        let (mut server, mut devices) = run(&steps);
        for device in &mut devices {
            for _ in 0..3 {
                server.sync(device, false);
            }
            prop_assert_eq!(device.kept(), server.live(device));
        }
    }
}
