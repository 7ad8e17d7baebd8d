//! Forms of the outbox in words: where each stands, why it waits, what the server said, what to do.

use std::{fmt, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use openrosa_store::device::outbox::{Counts, Form, Outbox, Pause, Reason, State};
use serde_json::{Map, Value, json};

use crate::{
    cmd::submit::{IN_PART, unprocessed, visible},
    database::{DatabaseArgs, failure},
    exit::Failure,
    page::{ERROR, NOTE, RIGHT, counted, grouped, span, typed_option},
};

/// How a person would ask for more of this outbox and its server: what the command line said of them is said again.
#[derive(Clone, Copy)]
pub(in crate::cmd) struct Again<'a> {
    database: &'a DatabaseArgs,
    server: Option<&'a str>,
}

impl<'a> Again<'a> {
    /// About this database, and a server with a name, if that is how the forms go.
    pub(in crate::cmd) const fn new(database: &'a DatabaseArgs, server: Option<&'a str>) -> Self {
        Self { database, server }
    }

    /// As in `openrosa outbox show 2 --database field.db`.
    pub(in crate::cmd) fn outbox(&self, words: impl fmt::Display) -> String {
        self.database.command(format_args!("outbox {words}"))
    }

    /// What sends.
    fn send(&self) -> String {
        self.outbox(format_args!("send {}", self.to()))
    }

    /// What sends without waiting.
    fn send_now(&self) -> String {
        self.outbox(format_args!("send {} --now", self.to()))
    }

    fn to(&self) -> String {
        self.server.map_or_else(|| "--to URL".to_owned(), |name| typed_option("--server", name))
    }
}

/// What of the outbox a form's fate depends on besides the form.
pub(in crate::cmd) struct Outlook<'a> {
    again: Again<'a>,
    now: DateTime<Utc>,
    pub(super) pause: Option<Pause>,
    /// Whether somebody is sending what is under way.
    is_sending: bool,
}

impl<'a> Outlook<'a> {
    /// That of these forms, as they were read before.
    pub(in crate::cmd) async fn of(
        outbox: &Outbox,
        forms: &[Form],
        again: Again<'a>,
    ) -> Result<Self, Failure> {
        let is_any_under_way = forms.iter().any(|form| form.is_under_way);
        let is_sending = is_any_under_way && outbox.is_sending().map_err(failure)?;
        Ok(Self { again, now: Utc::now(), pause: outbox.paused().await.map_err(failure)?, is_sending })
    }

    /// The pause that a form waits for, unless it waits longer for its own time.
    fn pause_of(&self, form: &Form) -> Option<&Pause> {
        self.pause.as_ref().filter(|pause| pause.until.is_none_or(|until| form.due_at <= until))
    }
}

/// Why a form waits.
pub(super) enum Why<'a> {
    /// For a form ahead of it.
    Ahead(i64),
    /// For a form ahead of it, and for a person to look at that one, or at the one that it waits for in turn.
    Stuck { ahead: i64, behind: i64 },
    /// It is being sent.
    Sending,
    /// Nothing is sent for now.
    Paused(&'a Pause),
    /// For somebody to send it.
    Due,
    /// For its time.
    Later(Duration),
}

impl<'a> Why<'a> {
    /// Why this one waits, if it does.
    pub(super) fn of(form: &Form, outlook: &'a Outlook<'_>) -> Option<Self> {
        let why = match (form.waits_for, form.stuck_behind) {
            _ if form.state != State::Waiting => return None,
            (Some(ahead), Some(behind)) => Self::Stuck { ahead, behind },
            (Some(ahead), None) => Self::Ahead(ahead),
            _ if form.is_under_way && outlook.is_sending => Self::Sending,
            _ if let Some(pause) = outlook.pause_of(form) => Self::Paused(pause),
            _ if form.due_at <= outlook.now => Self::Due,
            _ => Self::Later((form.due_at - outlook.now).to_std().unwrap_or_default()),
        };
        Some(why)
    }

    /// The word for it that a program reads.
    const fn word(&self) -> &'static str {
        match self {
            Self::Ahead(_) => "ahead",
            Self::Stuck { .. } => "stuck",
            Self::Sending => "sending",
            Self::Paused(_) => "paused",
            Self::Due => "due",
            Self::Later(_) => "later",
        }
    }

    fn advice(&self, form: &Form, again: Again<'_>) -> Option<String> {
        match self {
            Self::Ahead(_) | Self::Sending => None,
            Self::Stuck { behind, .. } => {
                let show = again.outbox(format_args!("show {behind}"));
                Some(format!("{show} says what to do about form {behind}"))
            }
            Self::Paused(pause) => Some(pause_advice(pause, again)),
            Self::Due if form.may_have_arrived() => {
                Some(format!("{} sends it again: a server that has it knows it by its bytes", again.send()))
            }
            Self::Due => Some(again.send()),
            Self::Later(_) => Some(format!("{} does not wait", again.send_now())),
        }
    }
}

impl fmt::Display for Why<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ahead(ahead) => write!(f, "waits for form {ahead}"),
            Self::Stuck { ahead, behind } if ahead == behind => {
                write!(f, "waits for form {ahead}, which a person has to look at")
            }
            Self::Stuck { ahead, behind } => {
                write!(f, "waits for form {ahead}, and a person has to look at form {behind}")
            }
            Self::Sending => f.write_str("being sent"),
            Self::Paused(pause) => write!(f, "paused, {}", pause.reason),
            Self::Due => f.write_str("is due"),
            Self::Later(time) => write!(f, "again in {}", span(*time)),
        }
    }
}

/// As in `   2  quarantined  visit.xml  the server answered 422: no such case; see openrosa outbox show 2`.
pub(in crate::cmd) fn line(form: &Form, name: &str, outlook: &Outlook<'_>) -> String {
    line_with(form, name, outlook, todo(form, outlook.again))
}

/// The same above all that is told of a form: there is no more to see of it.
pub(super) fn heading(form: &Form, outlook: &Outlook<'_>) -> String {
    line_with(form, &form.file_name, outlook, None)
}

fn line_with(form: &Form, name: &str, outlook: &Outlook<'_>, todo: Option<String>) -> String {
    let style = match form.state {
        _ if form.is_unprocessed() => ERROR,
        State::Delivered => RIGHT,
        State::Quarantined | State::Conflict => ERROR,
        State::Waiting | State::Dropped => NOTE,
    };
    let line = format!("{:>4}  {style}{:11}{style:#}  {}", form.number, form.state.word(), visible(name));
    let why = Why::of(form, outlook).map(|why| why.to_string());
    let told =
        [left(form, outlook), why, said(form), todo].into_iter().flatten().collect::<Vec<_>>().join("; ");
    format!("{line}  {told}").trim_end().to_owned()
}

/// What is told of a form of which an attempt has begun that nobody is about, and of one that an attempt has brought there in part.
fn left(form: &Form, outlook: &Outlook<'_>) -> Option<String> {
    let is_left = form.is_under_way && !outlook.is_sending;
    arrival(form, outlook).filter(|_| is_left || form.is_there_in_part).map(str::to_owned)
}

/// What is told of a form that may have arrived, though it is not delivered.
pub(super) fn arrival(form: &Form, outlook: &Outlook<'_>) -> Option<&'static str> {
    match form.may_have_arrived() {
        false => None,
        _ if form.is_there_in_part => Some(IN_PART),
        _ if form.is_under_way && outlook.is_sending => Some("it is being sent: the server may have it"),
        _ if form.is_under_way => {
            Some("it was under way when the program ended, and no answer came: the server may have it")
        }
        _ => Some("of an attempt nobody knows what came of it: the server may have it"),
    }
}

/// The server's words, or ours where it had none.
fn said(form: &Form) -> Option<String> {
    let told = form.told.as_ref()?;
    let words = visible(&told.words);
    match (form.state, told.status) {
        _ if form.is_unprocessed() => Some(unprocessed(&words)),
        (State::Delivered, _) | (_, None) => Some(words).filter(|words| !words.is_empty()),
        (_, Some(200..=299)) => Some(words),
        (_, Some(status)) => Some(format!("the server answered {status}: {words}")),
    }
}

/// What a person can do.
fn todo(form: &Form, again: Again<'_>) -> Option<String> {
    (form.state.needs_a_person() || form.is_unprocessed())
        .then(|| format!("see {}", again.outbox(format_args!("show {}", form.number))))
}

/// What to do about a form.
pub(super) fn advice(form: &Form, outlook: &Outlook<'_>) -> Option<String> {
    let again = outlook.again;
    let [retry, drop] = ["retry", "drop"].map(|way| again.outbox(format_args!("{way} {}", form.number)));
    let ways = format!("{retry}, then {}, sends it again; {drop} gives it up", again.send());
    match (form.state, form.told.as_ref().and_then(|told| told.status)) {
        (State::Waiting, _) => Why::of(form, outlook)?.advice(form, again),
        (State::Conflict, _) => Some(format!(
            "the server has another form of this instanceID, perhaps from an earlier attempt: compare the two; {ways}"
        )),
        (State::Quarantined, None) => {
            let back = format!("put the file back as it was, then {retry}; or ");
            let back = if form.refers_to_files { &*back } else { "" };
            Some(format!("{back}{drop}, then add the form again from where it came"))
        }
        (State::Quarantined, Some(403)) => Some(format!("ask for the right to send this form; {ways}")),
        (State::Quarantined, Some(404)) => {
            Some(format!("look whether the server has the blank form and, for an edit, what it replaces; {ways}"))
        }
        (State::Quarantined, Some(413)) => Some(format!("a file is too large for the server; {ways}")),
        (State::Quarantined, Some(_)) => {
            Some(format!("show the server's words to whoever made the blank form; {ways}"))
        }
        (State::Delivered, _) if form.is_unprocessed() => Some(
            "show the server's words to whoever looks after it; sent again it would not fare better, and is not"
                .to_owned(),
        ),
        (State::Delivered | State::Dropped, _) => None,
    }
}

/// The same for a program; what is not known is left out.
pub(in crate::cmd) fn json(form: &Form, outlook: &Outlook<'_>) -> Map<String, Value> {
    let waits = form.state == State::Waiting;
    let told = form.told.as_ref();
    let fields = [
        ("number", Some(json!(form.number))),
        ("state", Some(json!(form.state.word()))),
        ("file_name", Some(json!(form.file_name))),
        ("instance_id", Some(json!(form.instance_id))),
        ("form_id", form.form_id.as_deref().map(Value::from)),
        ("attempts", Some(json!(form.attempts))),
        ("added_at", Some(moment(form.added_at))),
        ("under_way", (waits && form.is_under_way).then_some(Value::Bool(true))),
        ("may_have_arrived", form.may_have_arrived().then_some(Value::Bool(true))),
        ("in_part", form.is_there_in_part.then_some(Value::Bool(true))),
        ("due_at", waits.then(|| moment(form.due_at))),
        ("waits_for", form.waits_for.map(Value::from)),
        ("why", Why::of(form, outlook).map(|why| why.word().into())),
        ("stuck_behind", form.stuck_behind.filter(|_| waits).map(Value::from)),
        ("status", told.and_then(|told| told.status).map(Value::from)),
        ("nature", told.and_then(|told| told.nature.as_deref()).map(Value::from)),
        ("message", told.map(|told| json!(told.words))),
        ("told_at", told.map(|told| moment(told.at))),
        ("unprocessed", form.is_unprocessed().then_some(Value::Bool(true))),
        ("advice", advice(form, outlook).map(Value::from)),
    ];
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn moment(at: DateTime<Utc>) -> Value {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true).into()
}

/// As in `4 forms: 1 delivered, 2 waiting (1 for a form ahead), 1 quarantined`.
pub(super) fn summary(counts: &Counts) -> String {
    let delivered = match counts.unprocessed {
        0 => "delivered".to_owned(),
        unprocessed => format!("delivered ({} not processed)", grouped(unprocessed)),
    };
    let waiting = match counts.held_back {
        0 => "waiting".to_owned(),
        held => format!("waiting ({} for a form ahead)", grouped(held)),
    };
    let all = [
        (counts.delivered, &*delivered),
        (counts.waiting, &*waiting),
        (counts.quarantined, "quarantined"),
        (counts.conflict, "in conflict"),
        (counts.dropped, "dropped"),
    ];
    let forms = all.iter().map(|(count, _)| count).sum::<u64>();
    let some = all.iter().filter(|(count, _)| *count > 0);
    let told: Vec<String> = some.map(|(count, what)| format!("{} {what}", grouped(*count))).collect();
    let forms = counted(forms, "form");
    if told.is_empty() { forms } else { format!("{forms}: {}", told.join(", ")) }
}

/// Why nothing is sent, and what to do.
pub(in crate::cmd) fn pause(pause: &Pause, now: DateTime<Utc>, again: Again<'_>) -> String {
    let until = pause.until.map_or(String::new(), |until| format!(" for {} more", span_until(until, now)));
    let todo = pause_advice(pause, again);
    format!("{NOTE}paused{until}, {}{NOTE:#}: {}; {todo}", pause.reason, visible(&pause.words))
}

fn pause_advice(pause: &Pause, again: Again<'_>) -> String {
    let send = again.send();
    match pause.reason {
        Reason::Offline | Reason::Blocked => format!("{send} tries again at once"),
        Reason::Busy => format!("the server is left alone so long; {} does not wait", again.send_now()),
        Reason::Unauthorized => {
            format!("set the credentials right (over plain http also --allow-basic-over-http), then {send}")
        }
        Reason::Inactive => format!("ask who looks after the users of the server, then {send}"),
        _ => send,
    }
}

/// The same for a program.
pub(in crate::cmd) fn pause_json(pause: &Pause, again: Again<'_>) -> Value {
    let mut object = Map::from_iter([
        ("paused".to_owned(), pause.reason.word().into()),
        ("message".to_owned(), pause.words.as_str().into()),
    ]);
    object.extend(pause.until.map(|until| ("until".to_owned(), moment(until))));
    object.insert("advice".to_owned(), pause_advice(pause, again).into());
    object.into()
}

/// That another sends, for a program.
pub(in crate::cmd) fn elsewhere_json() -> Value {
    json!({"elsewhere": true})
}

/// How long it is until then; nothing, when it is past.
pub(in crate::cmd) fn span_until(until: DateTime<Utc>, now: DateTime<Utc>) -> String {
    span((until - now).to_std().unwrap_or_default())
}
