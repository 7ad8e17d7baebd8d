//! What a restore holds, in numbers.

use std::{borrow::Cow, fmt::Write};

use openrosa_xml::{
    Position,
    case::{Action, CaseBlock},
    fixture::Fixture,
    ledger::Ledger,
    registration::Registration,
    restore::{Located, Progress, RestoreItem, Strict, SyncToken},
};
use serde_json::{Map, Value as Json, json};

use super::{
    super::{Format, facts},
    Seen, View,
    tally::Tally,
};
use crate::{
    excerpt,
    exit::Failure,
    input::title,
    page::{NOTE, Page, TITLE, counted, escaped, grouped, seen},
    table::{self, Side},
};

/// More refusals than a person would read are counted instead.
const MOST: usize = 10;
const HEAD: usize = 9;

/// What was counted so far.
#[derive(Default)]
pub(super) struct Summary {
    items: u64,
    messages: Vec<(String, Option<String>)>,
    tokens: Vec<String>,
    progress: Option<Progress>,
    users: Vec<User>,
    schemas: u64,
    fixtures: Vec<FixtureFacts>,
    more_fixtures: u64,
    cases: u64,
    types: Tally<Counts>,
    owners: Tally<u64>,
    balances: u64,
    transfers: u64,
    others: Tally<u64>,
    strict: Strict,
    /// Why the device does not take the last item.
    refusal: Option<String>,
    refused: Vec<(Position, String)>,
    more_refused: u64,
}

struct User {
    username: Option<String>,
    user_id: Option<String>,
    data: usize,
}

struct FixtureFacts {
    id: String,
    user_id: Option<String>,
    indexed: bool,
    rows: u64,
    bytes: u64,
}

impl User {
    fn in_words(&self) -> String {
        let data = if self.data == 1 { "entry" } else { "entries" };
        let shown = |text: &Option<String>| text.as_deref().map_or("(none)".to_owned(), seen_text);
        let (username, user_id) = (shown(&self.username), shown(&self.user_id));
        format!("{username}, id {user_id}, {} {data} of user data", self.data)
    }
}

#[derive(Default)]
struct Counts {
    blocks: u64,
    created: u64,
    closed: u64,
}

impl View for Summary {
    fn item(&mut self, item: &Located<RestoreItem<'_>>) -> bool {
        self.items += 1;
        self.refusal = self.strict.check(&item.value).err().map(|refusal| refusal.to_string());
        match &item.value {
            RestoreItem::Message(message) => {
                self.messages
                    .push((message.text.clone().into_owned(), message.nature.as_deref().map(str::to_owned)));
            }
            RestoreItem::SyncToken(token) => self.token(token),
            RestoreItem::Registration(user) => self.user(user),
            RestoreItem::Schema(_) => self.schemas += 1,
            RestoreItem::Fixture(fixture) => self.fixture(fixture, item.span.end - item.span.start),
            RestoreItem::Case(block) => self.case(block),
            RestoreItem::Ledger(Ledger::Balance(_)) => self.balances += 1,
            RestoreItem::Ledger(Ledger::Transfer(_)) => self.transfers += 1,
            other => count(&mut self.others, other.name().local_name()),
        }
        self.refusal.is_some()
    }

    fn placed(&mut self, at: Position, _: &mut String) {
        let Some(refusal) = self.refusal.take() else { return };
        if self.refused.len() < MOST {
            self.refused.push((at, refusal));
        } else {
            self.more_refused += 1;
        }
    }

    fn end(&mut self, all: &Seen<'_>, out: &mut String) -> Result<(), Failure> {
        match all.show.format {
            Format::Text => self.write(all, out),
            Format::Json => out.push_str(&facts::line(&self.facts(all))),
        }
        Ok(())
    }
}

fn count(tally: &mut Tally<u64>, name: &str) {
    if let Some(count) = tally.of(name) {
        *count += 1;
    }
}

impl Summary {
    fn token(&mut self, token: &SyncToken<'_>) {
        self.progress = self.progress.or_else(|| token.progress());
        self.tokens.extend(token.restore_id().map(|id| id.trim().to_owned()));
    }

    fn user(&mut self, user: &Registration<'_>) {
        self.users.push(User {
            username: user.username().map(Cow::into_owned),
            user_id: user.user_id().map(Cow::into_owned),
            data: user.user_data().count(),
        });
    }

    fn fixture(&mut self, fixture: &Fixture<'_>, bytes: u64) {
        if self.fixtures.len() >= 1000 {
            self.more_fixtures += 1;
            return;
        }
        self.fixtures.push(FixtureFacts {
            id: fixture.id.as_deref().unwrap_or_default().to_owned(),
            user_id: fixture.user_id.as_deref().map(str::to_owned),
            indexed: fixture.is_indexed(),
            rows: fixture.rows().count() as u64,
            bytes,
        });
    }

    fn case(&mut self, block: &CaseBlock<'_>) {
        self.cases += 1;
        let told = |name: &str| {
            let created = block.create().and_then(|create| create.property(name));
            let updated = || block.update().and_then(|update| update.property(name));
            created.or_else(updated).map(|property| property.value.text().trim().to_owned())
        };
        if let Some(counts) = self.types.of(&told("case_type").unwrap_or_default()) {
            counts.blocks += 1;
            counts.created += u64::from(block.create().is_some());
            counts.closed += u64::from(block.actions.iter().any(|action| matches!(action, Action::Close(_))));
        }
        if let Some(owner) = told("owner_id") {
            count(&mut self.owners, &owner);
        }
    }

    /// Nothing but what any answer may have.
    fn is_plain_answer(&self) -> bool {
        let messages = self.messages.len() as u64 + self.others.iter().map(|(_, count)| count).sum::<u64>();
        self.items == messages
    }

    fn kind(&self) -> &'static str {
        match (self.progress, self.is_plain_answer()) {
            (Some(_), _) => "restore that is still being prepared",
            (None, true) => "server response",
            (None, false) => "restore",
        }
    }

    fn write(&self, all: &Seen<'_>, out: &mut String) {
        let page = &all.show.page;
        let (name, bytes) = (escaped(title(all.show.name)), grouped(all.bytes));
        let _ = writeln!(out, "{TITLE}{name}{TITLE:#} · {bytes} bytes · {TITLE}{}{TITLE:#}", self.kind());
        let mut fact = |label: &str, value: &str| page.row(out, 2, (label, HEAD), value);
        if let Some(root) = &all.root {
            fact("root", &root.in_words());
        }
        if let Some(was) = &all.show.was {
            fact("encoding", &format!("{}, which no device reads", was.encoding));
        }
        for (text, nature) in &self.messages {
            let nature = nature.as_ref().map(|nature| format!(" (nature {})", seen_text(nature)));
            fact("message", &format!("{}{}", seen_text(text.trim()), nature.unwrap_or_default()));
        }
        for token in &self.tokens {
            fact("token", &seen_text(token));
        }
        if let Some(progress) = self.progress {
            fact("progress", &in_words(progress));
        }
        for user in &self.users {
            fact("user", &user.in_words());
        }
        fact("items", &self.items_in_words(all));
        self.write_cases(out, page);
        self.write_fixtures(out);
        self.write_notes(all, out);
    }

    fn items_in_words(&self, all: &Seen<'_>) -> String {
        let came = grouped(self.items);
        match all.announced {
            Some(announced) if announced != self.items => {
                format!("{came}; the server announced {}", grouped(announced))
            }
            Some(_) => format!("{came}, as announced"),
            None => came,
        }
    }

    fn write_cases(&self, out: &mut String, page: &Page) {
        if self.balances + self.transfers > 0 {
            let balances = counted(self.balances, "balance");
            let transfers = counted(self.transfers, "transfer");
            page.row(out, 2, ("ledgers", HEAD), &format!("{balances}, {transfers}"));
        }
        if self.schemas > 0 {
            page.row(out, 2, ("schemas", HEAD), &grouped(self.schemas));
        }
        for (name, count) in self.others.iter() {
            page.row(out, 2, ("other", HEAD), &format!("{} × {}", seen(name), grouped(*count)));
        }
        if self.cases == 0 {
            return;
        }
        let owners = match (self.owners.len(), self.owners.others()) {
            (0, _) => "no owner told".to_owned(),
            (owners, 0) => counted(owners, "owner"),
            (owners, _) => format!("more than {}", counted(owners, "owner")),
        };
        let cases = counted(self.cases, "case block");
        let _ = writeln!(out, "\n{TITLE}{cases}{TITLE:#} · {owners}");
        let mut rows: Vec<_> = self.types.iter().map(|(name, counts)| type_row(name, counts)).collect();
        if self.types.others() > 0 {
            rows.push(vec!["(further types)".to_owned(), grouped(self.types.others())]);
        }
        let headings = [
            ("type", Side::Left),
            ("blocks", Side::Right),
            ("creating", Side::Right),
            ("closing", Side::Right),
        ];
        table::write(out, &headings, &rows);
    }

    fn write_fixtures(&self, out: &mut String) {
        if self.fixtures.is_empty() {
            return;
        }
        let bytes = self.fixtures.iter().map(|fixture| fixture.bytes).sum();
        let count = counted(self.fixtures.len() as u64 + self.more_fixtures, "fixture");
        let _ = writeln!(out, "\n{TITLE}{count}{TITLE:#} · {}", size(bytes));
        let headings = [
            ("id", Side::Left),
            ("rows", Side::Right),
            ("size", Side::Right),
            ("user", Side::Left),
            ("indexed", Side::Left),
        ];
        table::write(out, &headings, &self.fixtures.iter().map(fixture_row).collect::<Vec<_>>());
    }

    fn write_notes(&self, all: &Seen<'_>, out: &mut String) {
        let (page, name) = (&all.show.page, title(all.show.name));
        // Nobody applies an answer that only says how far a restore is.
        let is_applied = self.progress.is_none();
        if is_applied && !self.refused.is_empty() {
            let _ = writeln!(out, "\n{TITLE}The device refuses this restore{TITLE:#}");
        }
        for (at, reason) in self.refused.iter().filter(|_| is_applied) {
            let place = format!("line {}, column {}", grouped(at.line), grouped(at.column));
            page.wrapped(
                out,
                &format!("  {NOTE}-{NOTE:#} "),
                "    ",
                &format!("{place}: {}", escaped(reason)),
            );
        }
        if self.more_refused > 0 {
            let more = counted(self.more_refused, "more item");
            page.wrapped(out, &format!("  {NOTE}-{NOTE:#} "), "    ", &format!("and {more}"));
        }
        if let Some(error) = &all.stopped {
            let _ = writeln!(out);
            excerpt::stopped(out, name, error, page);
        }
    }

    /// Names and shapes are those of the facts files of the project's corpus, and more.
    fn facts(&self, all: &Seen<'_>) -> Json {
        json!({
            "file": all.show.name,
            "kind": self.kind(),
            "bytes": all.bytes,
            "encoding": all.show.was.as_ref().map(|was| &was.encoding),
            "wellformed": all.stopped.is_none(),
            "error": all.stopped.as_ref().map(ToString::to_string),
            "root": all.root.as_ref().map(|root| facts::root_of(&root.name, &root.attributes)),
            "restore": {
                "items": all.root.as_ref().and_then(|root| root.attribute("items")),
                "came": self.items,
                "restore_id": self.tokens.last(),
                "user_id": self.users.last().map(|user| &user.user_id),
                "username": self.users.last().map(|user| &user.username),
                "messages": self.messages.iter().map(message_facts).collect::<Vec<_>>(),
                "progress": self.progress.map(progress_facts),
                "fixtures": self.fixtures.iter().map(FixtureFacts::facts).collect::<Vec<_>>(),
                "schemas": self.schemas,
                "case_count": self.cases,
                "case_types": self.types.iter().map(type_facts).collect::<Map<_, _>>(),
                "owners": self.owners.len(),
                "balances": self.balances,
                "transfers": self.transfers,
                "others": self.others.iter().map(|(name, count)| (name.to_owned(), json!(count))).collect::<Map<_, _>>(),
                "refused_by_the_device": self.refused.iter().map(refusal_facts).collect::<Vec<_>>(),
            },
        })
    }
}

impl FixtureFacts {
    fn facts(&self) -> Json {
        json!({
            "id": self.id,
            "user_id": self.user_id,
            "indexed": self.indexed,
            "rows": self.rows,
            "bytes": self.bytes,
        })
    }
}

fn message_facts((text, nature): &(String, Option<String>)) -> Json {
    json!({ "nature": nature, "text": text })
}

fn progress_facts(progress: Progress) -> Json {
    json!({ "done": progress.done, "total": progress.total, "retry_after": progress.retry_after })
}

fn type_facts((name, counts): (&str, &Counts)) -> (String, Json) {
    let facts = json!({ "blocks": counts.blocks, "creating": counts.created, "closing": counts.closed });
    (name.to_owned(), facts)
}

fn refusal_facts((at, reason): &(Position, String)) -> Json {
    json!({ "line": at.line, "column": at.column, "reason": reason })
}

fn seen_text(text: &str) -> String {
    seen(text).into_owned()
}

fn type_row(name: &str, counts: &Counts) -> Vec<String> {
    let name = if name.is_empty() { "(type not told)".to_owned() } else { seen_text(name) };
    vec![name, grouped(counts.blocks), grouped(counts.created), grouped(counts.closed)]
}

fn fixture_row(fixture: &FixtureFacts) -> Vec<String> {
    let user = fixture
        .user_id
        .as_deref()
        .filter(|user| !user.is_empty())
        .map_or("everybody's".to_owned(), seen_text);
    let indexed = if fixture.indexed { "yes" } else { "" };
    vec![seen_text(&fixture.id), grouped(fixture.rows), size(fixture.bytes), user, indexed.to_owned()]
}

fn in_words(progress: Progress) -> String {
    let number = |number: Option<u64>| number.map_or("?".to_owned(), grouped);
    let prepared = format!("{} of {} prepared", number(progress.done), number(progress.total));
    match progress.retry_after {
        Some(seconds) => format!("{prepared}; ask again in {}", counted(seconds, "second")),
        None => prepared,
    }
}

/// `1.2 MB`: thousands of bytes, as file managers count.
pub(super) fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 3] = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1000, "kB")];
    match UNITS.into_iter().find(|(unit, _)| bytes >= *unit) {
        Some((unit, name)) => format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit),
        None => format!("{bytes} B"),
    }
}
