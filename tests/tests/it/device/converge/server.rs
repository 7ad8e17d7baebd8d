//! The server: CommCare HQ's rules for what comes in, a sync log for what goes out.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
    time::SystemTime,
};

use http::{Method, request::Parts};
use openrosa_case::{
    Case, apply,
    case::Index,
    form::FormState,
    graph::{CaseGraph, GraphBuilder, Relationship},
    hash::StateHash,
    hq::{Project, Submission},
    live::Live,
    purge::{Owners, Spread},
    store::Memory,
    sync::{CaseChange, Plan, Restore, Sent as Planned, SyncLog, Transaction},
};
use openrosa_http::{
    api::{restore, submission},
    headers::COMMCARE_SYNC_TOKEN,
    transport::{Body, Error, Sent},
};
use openrosa_store::device::{Database, Effect, outbox::NewForm};
use openrosa_xml::{
    Envelope, Instance, Profile, StateHash as Written,
    build::CaseSnapshot,
    case::understood::{Context, Step},
    fixture::Fixture,
    registration::Registration,
    restore::{Opening, RestoreWriter},
    xml::{Element, Name},
};
use tokio::{sync::oneshot, task::JoinHandle};

use super::super::now;
use super::draw::{self, Draw};
use crate::server::Site;

/// What happens to one exchange.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    None,
    /// There is no way to the server.
    NoWay,
    /// The request does not arrive, and nobody knows.
    RequestLost,
    /// The request arrives, the answer does not.
    AnswerLost,
    /// Something in front of the server answers.
    Says(u16),
    /// The same, after the server has got the request.
    SaysBehind(u16),
    /// So many hundredths of the answer arrive.
    Cut(u8),
}

/// A form that is filled in while a restore is on its way.
pub(super) struct Meanwhile {
    pub(super) database: Database,
    pub(super) form: String,
}

/// What came to pass.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) forms: u32,
    pub(super) repeated: u32,
    pub(super) restores: u32,
    pub(super) started_over: u32,
    pub(super) faults: u32,
    pub(super) meanwhile: u32,
}

impl Seen {
    pub(super) fn add(&mut self, other: Self) {
        self.forms += other.forms;
        self.repeated += other.repeated;
        self.restores += other.restores;
        self.started_over += other.started_over;
        self.faults += other.faults;
        self.meanwhile += other.meanwhile;
    }
}

pub(super) struct Server {
    project: Project,
    memory: Memory,
    /// The number of the last transaction.
    at: u64,
    tokens: u32,
    transactions: Vec<(String, u64, Option<String>)>,
    logs: BTreeMap<String, SyncLog>,
    /// Who has left the team.
    left: BTreeSet<&'static str>,
    /// Forms by id, as they were filled in and as they came.
    filled_in: BTreeMap<String, String>,
    received: BTreeMap<String, String>,
    drawn: (usize, u32),
    ahead: VecDeque<Fault>,
    meanwhile: Option<Meanwhile>,
    /// Who fills that form in.
    filling_in: Option<JoinHandle<()>>,
    pub(super) seen: Seen,
    /// The real server, where that is asked in its place.
    pub(super) site: Option<Site>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            project: Project::new("demo"),
            memory: Memory::new(),
            at: 0,
            tokens: 0,
            transactions: Vec::new(),
            logs: BTreeMap::new(),
            left: BTreeSet::new(),
            filled_in: BTreeMap::new(),
            received: BTreeMap::new(),
            drawn: (0, 0),
            ahead: VecDeque::new(),
            meanwhile: None,
            filling_in: None,
            seen: Seen::default(),
            site: None,
        }
    }
}

/// What happens when a device asks something.
pub(super) async fn answer(
    server: Arc<Mutex<Server>>,
    request: http::Request<Body>,
) -> Result<http::Response<Body>, Error> {
    let (head, body) = request.into_parts();
    let body = body.read_up_to(usize::MAX).await.unwrap();
    let fault = server.lock().unwrap().next();
    let status = |status: u16| Ok(http::Response::builder().status(status).body(Body::empty()).unwrap());
    match fault {
        Fault::NoWay => return Err(Error::new(Sent::No, "no network")),
        Fault::RequestLost => return Err(Error::new(Sent::Perhaps, "the request is lost")),
        Fault::Says(code) => return status(code),
        _ => {}
    }
    let site = server.lock().unwrap().site.clone();
    let answer = match site {
        None => server.lock().unwrap().asked(&head, &body),
        Some(site) => {
            let answer = site.ask(http::Request::from_parts(head.clone(), body)).await;
            server.lock().unwrap().answered(&head, &answer);
            answer
        }
    };
    if head.method == Method::GET {
        fill_in_meanwhile(&server).await;
    }
    match fault {
        Fault::AnswerLost => Err(Error::new(Sent::Perhaps, "the answer is lost")),
        Fault::SaysBehind(code) => status(code),
        Fault::Cut(hundredths) => Ok(answer.map(|body| {
            let length = body.len() * usize::from(hundredths) / 100;
            body[..length].to_vec().into()
        })),
        _ => Ok(answer.map(Into::into)),
    }
}

/// In a task of its own: whoever ends the sync in the middle still learns whether the form is there.
async fn fill_in_meanwhile(server: &Arc<Mutex<Server>>) {
    let meanwhile = server.lock().unwrap().meanwhile.take();
    let Some(Meanwhile { database, form }) = meanwhile else { return };
    let (done, filled_in) = oneshot::channel();
    let told = Arc::clone(server);
    let filling_in = tokio::spawn(async move {
        // It may be about a case that was dropped when the sync began.
        match database.submit(&NewForm::new(form.clone()).unwrap(), Effect::AtOnce).await {
            Ok(_) => told.lock().unwrap().filled_in_meanwhile(&form),
            Err(error) => assert!(error.declined().is_some(), "{error}"),
        }
        // Nobody listens where the sync has ended.
        let _ = done.send(());
    });
    server.lock().unwrap().filling_in = Some(filling_in);
    filled_in.await.unwrap();
}

impl Server {
    /// One that passes on what it is asked, if there is somebody to pass it on to.
    pub(super) fn asking(site: Option<Site>) -> Self {
        Self { site, ..Self::default() }
    }

    pub(super) fn expect(&mut self, faults: &[Fault], meanwhile: Option<Meanwhile>) {
        self.ahead = faults.iter().copied().collect();
        self.meanwhile = meanwhile;
    }

    /// Whoever fills in a form while a restore is on its way.
    pub(super) fn filling_in(&mut self) -> Option<JoinHandle<()>> {
        self.filling_in.take()
    }

    fn next(&mut self) -> Fault {
        let fault = self.ahead.pop_front().unwrap_or(Fault::None);
        self.seen.faults += u32::from(!matches!(fault, Fault::None));
        fault
    }

    pub(super) fn draw(&mut self, user: &str, held: &[Case], draws: &[Draw]) -> Option<String> {
        let form = draw::form(user, held, draws, self.drawn.0, &mut self.drawn.1)?;
        self.drawn.0 += 1;
        Some(form)
    }

    pub(super) fn filled_in(&mut self, form: &str) {
        self.seen.forms += 1;
        self.filled_in.insert(instance_id(form), form.to_owned());
    }

    fn filled_in_meanwhile(&mut self, form: &str) {
        self.seen.meanwhile += 1;
        self.filled_in(form);
    }

    pub(super) fn cases(&self) -> Vec<Case> {
        self.memory.cases().cloned().collect()
    }

    pub(super) fn web_form(&mut self, form: &str) {
        self.filled_in(form);
        if self.site.is_none() {
            self.receive(form, None);
        }
    }

    pub(super) fn regroup(&mut self, user: &'static str) {
        if !self.left.remove(user) {
            self.left.insert(user);
        }
    }

    pub(super) fn forget(&mut self) {
        self.logs.clear();
    }

    fn asked(&mut self, head: &Parts, body: &[u8]) -> http::Response<Vec<u8>> {
        let now = SystemTime::UNIX_EPOCH;
        if head.method == Method::GET {
            return self.restore(&restore::Request::read(head));
        }
        let body = std::str::from_utf8(body).unwrap();
        let begin = body.find("\r\n\r\n").unwrap() + 4;
        let end = begin + body[begin..].find("\r\n--").unwrap();
        let token = head.headers.get(COMMCARE_SYNC_TOKEN).map(|token| token.to_str().unwrap().to_owned());
        self.receive(&body[begin..end], token);
        let thanks = Envelope::new("Thanks.".to_owned()).with_nature("submit_success");
        submission::Response::new(http::StatusCode::CREATED, thanks)
            .write(now)
            .unwrap()
            .map(|body| body.to_vec())
    }

    /// What the real server has answered.
    fn answered(&mut self, head: &Parts, answer: &http::Response<Vec<u8>>) {
        let said = String::from_utf8_lossy(answer.body());
        match (&head.method, answer.status().as_u16()) {
            (&Method::GET, 200) => self.seen.restores += 1,
            (&Method::GET, 412) => self.seen.started_over += 1,
            (&Method::POST, 201 | 202) => self.seen.repeated += u32::from(said.contains("already")),
            (method, status) => panic!("{method}: {status}: {said}"),
        }
    }

    /// A form that has come before is that form.
    fn receive(&mut self, source: &str, token: Option<String>) {
        let form = Instance::read(source).unwrap();
        let fresh = format!("fresh-{}", self.at);
        let mut submission = Submission::new(&self.project, &form, source, fresh, now().to_utc());
        if let Some(token) = &token {
            submission = submission.since(token.clone());
        }
        let before = self.memory.clone();
        apply::apply(&mut self.memory, &mut submission).unwrap();
        if let Some(first) = self.received.get(&instance_id(source)) {
            assert_eq!(first, source, "another form of the same id");
            assert!(self.memory.cases().eq(before.cases()), "a form that came twice did something twice");
            self.seen.repeated += 1;
            return;
        }
        self.received.insert(instance_id(source), source.to_owned());
        for found in form.cases() {
            self.at += 1;
            let id = found.block.case_id_on_device().unwrap();
            self.transactions.push((id.to_owned(), self.at, token.clone()));
        }
        if let Some(log) = token.and_then(|token| self.logs.get_mut(&token)) {
            submitted(log, &form);
        }
    }

    fn owners(&self, user: &str) -> Owners {
        [user].into_iter().chain((!self.left.contains(user)).then_some("team")).collect()
    }

    fn restore(&mut self, asked: &restore::Request) -> http::Response<Vec<u8>> {
        self.seen.restores += 1;
        self.tokens += 1;
        let user = asked.user_id.as_deref().unwrap();
        let (token, owners) = (format!("token-{}", self.tokens), self.owners(user));
        let graph = graph(self.memory.cases());
        let restore = Restore::new(&graph, owners, token.clone(), self.at);
        let plan = match &asked.since {
            None => restore.initial(),
            Some(since) => {
                let state = Written::parse(asked.state.as_deref().unwrap()).unwrap();
                let log = self.logs.get_mut(since);
                let agree = |log: &mut SyncLog| log.agree(Some(state.digest()), Spread::Whole).is_ok();
                if !log.is_some_and(agree) {
                    self.seen.started_over += 1;
                    let told = restore::gone_astray("start over").write(SystemTime::UNIX_EPOCH);
                    return told.unwrap().map(|body| body.to_vec());
                }
                let log = &self.logs[since];
                let news = self.transactions.iter();
                restore
                    .since(log, news.map(|(case, at, token)| Transaction::new(case, *at, token.as_deref())))
            }
        };
        assert!(plan.withdrawn.is_empty(), "nothing is ever deleted here");
        let written = self.write(user, &token, &graph, &plan);
        self.logs.insert(token, plan.log);
        http::Response::new(written)
    }

    fn write(&self, user: &str, token: &str, graph: &CaseGraph<'_>, plan: &Plan<'_>) -> Vec<u8> {
        let opening =
            Opening::new("Welcome.", token).registration(Registration::new(user, "", user, "2024-05-01"));
        let team = Element::new(Name::local("group")).with_attribute("id", "team");
        let groups = Element::new(Name::local("groups"));
        let groups = if self.left.contains(user) { groups } else { groups.with_child(team) };
        let mut fixture = Fixture::new("user-groups", &groups).unwrap();
        fixture.user_id = Some(user.to_owned().into());
        let mut restore = RestoreWriter::begin(Vec::new(), &opening).unwrap();
        restore.fixture(&fixture).unwrap();
        let mut cases = restore.cases();
        for sent in &plan.cases {
            let held = sent.action == openrosa_case::sync::Action::Update;
            cases.write(&snapshot(self.memory.get(sent.id).unwrap(), graph, sent), held).unwrap();
        }
        cases.finish().unwrap()
    }

    /// The hash of the cases on a device, by its log.
    pub(super) fn hash(&self, token: &str) -> StateHash {
        let mut log = self.logs[token].clone();
        log.purge(Spread::Whole).unwrap();
        log.state_hash()
    }

    /// What a user must hold.
    pub(super) fn live(&self, user: &str, cases: &[Case]) -> BTreeMap<String, Content> {
        let (graph, owners) = (graph(cases), self.owners(user));
        let live = Live::of(&graph, &owners);
        let named = |id: &str| cases.iter().find(|case| case.case_id.as_str() == id).unwrap();
        live.cases().map(|node| content(named(graph.id(node)))).collect()
    }

    pub(super) fn has_left(&self, user: &str) -> bool {
        self.left.contains(user)
    }

    pub(super) fn filled_in_so_far(&self) -> &BTreeMap<String, String> {
        &self.filled_in
    }

    pub(super) fn every_form_once(&self) {
        assert_eq!(self.received, self.filled_in);
        let kept = self.memory.forms().filter(|form| form.state == FormState::Normal);
        let kept: Vec<_> = kept.map(|form| form.form_id.to_string()).collect();
        assert_eq!(kept, self.filled_in.keys().cloned().collect::<Vec<_>>());
    }
}

/// What device and server have of a case in common: type, name, owner, whether it is closed, properties, links.
pub(super) type Content = (String, String, String, bool, Vec<(String, String)>, Vec<(String, Index)>);

pub(super) fn content(case: &Case) -> (String, Content) {
    let properties = case.properties.iter();
    let properties = properties.map(|(name, value)| (name.to_owned(), value.text().into_owned())).collect();
    let indices = case.indices.iter().map(|(name, index)| (name.to_owned(), index.clone())).collect();
    let (case_type, name) = (case.case_type.to_string(), case.name.to_string());
    (case.case_id.to_string(), (case_type, name, case.owner_id.to_string(), case.closed, properties, indices))
}

pub(super) fn instance_id(source: &str) -> String {
    Instance::read(source).unwrap().instance_id().unwrap().to_id().to_string()
}

fn graph<'c>(cases: impl IntoIterator<Item = &'c Case>) -> CaseGraph<'c> {
    let mut graph = GraphBuilder::default();
    for case in cases {
        let node = graph.case(case.case_id.as_str(), case.owner_id.as_str(), case.is_open());
        for (name, index) in case.indices.iter() {
            let relationship = Relationship::named(index.relationship.as_str());
            graph.index(node, name, index.target.as_str(), relationship);
        }
    }
    graph.build()
}

/// What a form does to the cases of a device, into its log.
fn submitted(log: &mut SyncLog, form: &Instance<'_>) {
    let context = Context::new(now());
    for found in form.cases() {
        let understood = found.block.understood_by(Profile::Hq, &context).unwrap().unwrap();
        let mut change = CaseChange::to(understood.case_id);
        for step in &understood.steps {
            match step {
                Step::Create(creation) => {
                    change.owner = creation.owner_id.and_then(|owner| owner.text()).or(change.owner);
                }
                Step::Update(settings) => {
                    let owner = settings.iter().rfind(|setting| setting.name == "owner_id");
                    change.owner = owner.and_then(|owner| owner.content.text()).or(change.owner);
                }
                Step::Close => change.closes = true,
                Step::Index(links) => {
                    for link in links {
                        let relationship = match link.relationship {
                            openrosa_xml::case::Relationship::Extension => Relationship::Extension,
                            _ => Relationship::Child,
                        };
                        change.indices.push((link.name, link.target.map(|target| (target, relationship))));
                    }
                }
                _ => {}
            }
        }
        log.submitted([change]);
    }
}

fn snapshot(case: &Case, graph: &CaseGraph<'_>, sent: &Planned<'_>) -> CaseSnapshot {
    let mut snapshot = CaseSnapshot::new(
        case.case_id.clone(),
        &*case.case_type,
        &*case.name,
        case.owner_id.clone(),
        case.last_modified,
    );
    for (name, value) in case.properties.iter() {
        snapshot = snapshot.property(name, value.text());
    }
    for link in &sent.indices {
        let (name, target) = (graph.name(*link), graph.id(graph.target(*link)));
        snapshot = match graph.relationship(*link) {
            Relationship::Extension => snapshot.extension_of(name, "t", target),
            _ => snapshot.child_of(name, "t", target),
        };
    }
    for name in &sent.unset {
        snapshot = snapshot.unlinked(&**name, "t");
    }
    if sent.closes { snapshot.closed() } else { snapshot }
}
