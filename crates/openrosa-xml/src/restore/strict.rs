//! What the device refuses in a restore.

mod ledger;
mod registration;

use std::{collections::BTreeSet, fmt};

use chrono::DateTime;
use thiserror::Error;

use super::{RestoreItem, SyncToken};
use crate::{
    case::{
        CaseBlock, Field,
        understood::{self, Content, Context, Creation, Setting, Step, Understood, too_large_on_device},
    },
    fixture::{Fixture, Schema},
    position::Mark,
    profile::Profile,
};

/// Says of each item of a restore, in turn, whether the device takes it.
///
/// Reading is neutral, so a restore can be read to its end however wrong it is. The device stops at the first item that it
/// does not take and keeps nothing of the restore; to do the same, pass each item through here and stop likewise. Whoever
/// would rather have the rest may leave the refused item out and go on.
///
/// ```
/// use openrosa_xml::restore::{RestoreReader, Strict};
///
/// let restore = "<r><fixture><rows/></fixture><case case_id='1' date_modified='2024-05-01'><close/></case></r>";
/// let mut strict = Strict::new();
/// let mut refused = Vec::new();
/// for item in RestoreReader::new(restore.as_bytes()) {
///     if let Err(refusal) = strict.check(&item?.value) {
///         refused.push(refusal.to_string());
///     }
/// }
/// assert_eq!(refused, ["a fixture has no `id`"]);
/// # Ok::<(), openrosa_xml::restore::RestoreError>(())
/// ```
///
/// It remembers which fixtures have come by, and nothing else. What depends on the cases that a device holds, such as an
/// update of one that it does not, is decided where items are applied.
#[derive(Clone, Debug)]
pub struct Strict {
    context: Context<'static>,
    fixtures: BTreeSet<String>,
}

/// The device would refuse the item, and with it the whole restore (ota-restore.md 2.13).
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct Refusal {
    /// What is wrong.
    pub kind: RefusalKind,
    /// Where.
    pub mark: Mark,
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RefusalKind {
    /// The first child of `Sync` is another element, or there is none.
    #[error("`Sync` does not begin with `restore_id`")]
    NoRestoreId,
    /// An answer with status 202: there is no restore yet (ota-restore.md 1.7).
    #[error("the answer says that the restore is still being made; it has to be asked for again")]
    Pending,
    /// A fixture without an id.
    #[error("a fixture has no `id`")]
    FixtureUnnamed,
    /// A schema without an id.
    #[error("a schema has no `id`")]
    SchemaUnnamed,
    /// A schema without `indices`.
    #[error("the schema of `{id}` has no `indices`")]
    NoIndices {
        /// The fixture.
        id: String,
    },
    /// An index that is not made of the letters that the device takes.
    #[error("`{index}` cannot be an index of fixture `{id}`")]
    Index {
        /// The fixture.
        id: String,
        /// The text.
        index: String,
    },
    /// A schema that comes too late.
    #[error("the schema of `{id}` stands after its fixture")]
    SchemaLate {
        /// The fixture.
        id: String,
    },
    /// A registration that lacks a child, or has one where another must stand.
    #[error("{} stands in the registration where `{expected}` must", Found(.found))]
    Registration {
        /// What stands there; `None` where the registration ends.
        found: Option<String>,
        /// What must.
        expected: &'static str,
    },
    /// A child that the device does not know.
    #[error("`{name}` is nothing that a registration holds")]
    RegistrationChild {
        /// Its name.
        name: String,
    },
    /// Something other than `data`.
    #[error("`{name}` stands in `user_data`, which takes `data` only")]
    UserData {
        /// Its name.
        name: String,
    },
    /// A `data` without a key.
    #[error("a `data` of the user has no `key`")]
    DataUnnamed,
    /// An element where text must stand alone.
    #[error("`{name}` stands in `{within}` where only text may")]
    NotText {
        /// The element.
        name: String,
        /// Around it.
        within: String,
    },
    /// Another element of the ledger namespace.
    #[error("`{name}` is neither `balance` nor `transfer`")]
    LedgerKind {
        /// Its name.
        name: String,
    },
    /// An attribute that the device needs.
    #[error("`{element}` has no `{attribute}`")]
    LedgerAttribute {
        /// `balance`, `transfer`, `entry` or `value`.
        element: &'static str,
        /// What it lacks, or has empty where it must say something.
        attribute: &'static str,
    },
    /// A transfer from nowhere to nowhere.
    #[error("`transfer` has neither `src` nor `dest`")]
    TransferEnds,
    /// A quantity that is no whole number of 32 bits.
    #[error("`{quantity}` is no whole number, which a quantity is to the device")]
    Quantity {
        /// The text.
        quantity: String,
    },
    /// A case block.
    #[error(transparent)]
    Case(#[from] understood::RefusalKind),
    /// A text of a case that is longer than the device takes.
    #[error("`{name}` is {length} long, 255 at most is taken")]
    TooLong {
        /// `case_type`, `case_name`, `owner_id` or `external_id`.
        name: &'static str,
        /// Its length in UTF-16 units.
        length: usize,
    },
    /// A text of a case that is larger than the device can store.
    #[error("`{name}` takes up {bytes} bytes, 65535 at most can be stored")]
    TooLarge {
        /// The property, the index or `case_id`; the beginning of a name that is itself too long.
        name: String,
        /// Its bytes, as the device counts them.
        bytes: usize,
    },
}

struct Found<'k>(&'k Option<String>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(name) => write!(f, "`{name}`"),
            None => f.write_str("nothing"),
        }
    }
}

impl Default for Strict {
    fn default() -> Self {
        Self::new()
    }
}

impl Strict {
    /// Nothing has come by.
    #[must_use]
    pub fn new() -> Self {
        // Which moment a date is does not decide whether it is one, so any zone will do.
        let context = Context::new(DateTime::UNIX_EPOCH.fixed_offset());
        Self { context, fixtures: BTreeSet::new() }
    }

    /// Looks at the next item.
    pub fn check(&mut self, item: &RestoreItem<'_>) -> Result<(), Refusal> {
        match item {
            RestoreItem::SyncToken(token) => check_token(token),
            RestoreItem::Schema(schema) => self.check_schema(schema),
            RestoreItem::Fixture(fixture) => self.note_fixture(fixture),
            RestoreItem::Case(block) => self.check_case(block),
            RestoreItem::Registration(user) => registration::check(user),
            RestoreItem::Ledger(ledger) => ledger::check(ledger),
            RestoreItem::Message(_) | RestoreItem::Other(_) => Ok(()),
        }
    }

    /// A schema must come before its fixture, and need not have one (ota-restore.md 2.7).
    fn check_schema(&self, schema: &Schema<'_>) -> Result<(), Refusal> {
        let mark = schema.element.mark;
        let id = schema.id().ok_or(RefusalKind::SchemaUnnamed.at(mark))?.to_owned();
        if self.fixtures.contains(&id) {
            return Err(RefusalKind::SchemaLate { id }.at(mark));
        }
        if schema.element.child("indices").is_none() {
            return Err(RefusalKind::NoIndices { id }.at(mark));
        }
        match schema.indices().find(|index| !Schema::is_index(index)) {
            Some(index) => Err(RefusalKind::Index { id, index: index.into_owned() }.at(mark)),
            None => Ok(()),
        }
    }

    /// Looks at a fixture, and remembers that it has come by.
    pub(super) fn note_fixture(&mut self, fixture: &Fixture<'_>) -> Result<(), Refusal> {
        let id = fixture.id.as_deref().ok_or(RefusalKind::FixtureUnnamed.at(fixture.mark))?;
        self.fixtures.insert(id.to_owned());
        Ok(())
    }

    fn check_case(&self, block: &CaseBlock<'_>) -> Result<(), Refusal> {
        match block.understood_by(Profile::Device, &self.context) {
            Err(refusal) => Err(RefusalKind::Case(refusal.kind).at(refusal.mark)),
            Ok(None) => Ok(()),
            Ok(Some(understood)) => check_lengths(&understood, block.tag.mark)
                .and_then(|()| check_stored(&understood, block.tag.mark)),
        }
    }
}

impl RefusalKind {
    const fn at(self, mark: Mark) -> Refusal {
        Refusal { kind: self, mark }
    }
}

fn check_token(token: &SyncToken<'_>) -> Result<(), Refusal> {
    match token.restore_id() {
        Some(_) => Ok(()),
        None if token.progress().is_some() => Err(RefusalKind::Pending.at(token.element.mark)),
        None => Err(RefusalKind::NoRestoreId.at(token.element.mark)),
    }
}

/// The device looks after each `create` and each `update` (case-xml.md 1.14).
fn check_lengths(understood: &Understood<'_>, block: Mark) -> Result<(), Refusal> {
    understood.steps.iter().try_for_each(|step| match step {
        Step::Create(creation) => check_fields(|field| created(creation, field).map(|set| (set, block))),
        Step::Update(settings) if settings.iter().any(|setting| is_long(setting.content)) => {
            check_fields(|field| last_set(settings, field).map(|set| (set.content, set.mark)))
        }
        _ => Ok(()),
    })
}

/// And at every text where it writes the case.
fn check_stored(understood: &Understood<'_>, block: Mark) -> Result<(), Refusal> {
    let refused = |name: &str, bytes, mark| {
        Err(RefusalKind::TooLarge { name: name.chars().take(80).collect(), bytes }.at(mark))
    };
    if let Some(bytes) = Field::too_large(understood.case_id, Profile::Device) {
        return refused("case_id", bytes, block);
    }
    match too_large_on_device(&understood.steps).first() {
        Some(text) => refused(text.name, text.bytes, text.mark),
        None => Ok(()),
    }
}

fn check_fields<'b>(set: impl Fn(Field) -> Option<(Content<'b>, Mark)>) -> Result<(), Refusal> {
    Field::LIMITED.into_iter().try_for_each(|(field, name)| {
        let Some((content, mark)) = set(field) else { return Ok(()) };
        match Field::too_long(content.text().unwrap_or_default(), Profile::Device) {
            Some(length) => Err(RefusalKind::TooLong { name, length }.at(mark)),
            None => Ok(()),
        }
    })
}

fn is_long(content: Content<'_>) -> bool {
    content.text().is_some_and(|text| Field::too_long(text, Profile::Device).is_some())
}

const fn created<'b>(creation: &Creation<'b>, field: Field) -> Option<Content<'b>> {
    match field {
        Field::CaseType => creation.case_type,
        Field::Owner => creation.owner_id,
        Field::Name => creation.case_name,
        _ => None,
    }
}

/// The last one that sets the field counts (case-xml.md 1.11).
fn last_set<'s, 'b>(settings: &'s [Setting<'b>], field: Field) -> Option<&'s Setting<'b>> {
    settings.iter().rev().find(|setting| Field::set_by(setting.name, Profile::Device).contains(&field))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::restore::RestoreReader;

    /// What is said of each item of a restore; the empty text where it is taken.
    fn verdicts(items: &str) -> Vec<String> {
        let restore = format!("<r>{items}</r>");
        let mut strict = Strict::new();
        let verdict = |item: RestoreItem<'_>| match strict.check(&item) {
            Ok(()) => String::new(),
            Err(refusal) => {
                assert!(refusal.mark.span().is_some(), "{refusal} has a place");
                refusal.to_string()
            }
        };
        RestoreReader::new(restore.as_bytes()).map(|item| item.unwrap().value).map(verdict).collect()
    }

    pub(super) fn verdict(item: &str) -> String {
        verdicts(item).concat()
    }

    fn case(inside: &str) -> String {
        verdict(&format!("<case case_id='C' date_modified='2024-05-01T10:00:00.000Z'>{inside}</case>"))
    }

    /// S-007: the first bad item ends the restore, and with it goes what came before.
    #[test]
    fn a_restore_is_taken_whole_or_not_at_all() {
        let taken = |restore: &str| -> Result<Vec<String>, Box<dyn std::error::Error>> {
            let mut strict = Strict::new();
            let ids = RestoreReader::new(restore.as_bytes()).map(|item| {
                let item = item?.value;
                strict.check(&item)?;
                Ok(if let RestoreItem::Case(block) = item {
                    String::from(block.case_id.unwrap())
                } else {
                    String::new()
                })
            });
            ids.collect()
        };
        let good = "<case case_id='1' date_modified='2024-05-01'><close/></case>";
        assert_eq!(taken(&format!("<r>{good}</r>")).unwrap(), ["1"]);
        let error = taken(&format!("<r>{good}<case case_id='2'><close/></case>{good}</r>")).unwrap_err();
        assert_eq!(error.to_string(), "attribute `date_modified` is missing or empty");
    }

    /// S-008: whoever goes on past a bad item has all its neighbors, those of the same name too.
    #[test]
    fn a_bad_item_leaves_its_neighbors_alone() {
        let good = "<case case_id='1' date_modified='2024-05-01'><close/></case>";
        let bad = "<case date_modified='2024-05-01'><close/></case>";
        let missing = "attribute `case_id` is missing or empty";
        assert_eq!(
            verdicts(&[good, bad, good, bad, bad, good].concat()),
            ["", missing, "", missing, missing, ""]
        );
    }

    /// S-010: a `Sync` must begin with the token.
    #[test]
    fn a_sync_begins_with_its_token() {
        let sync =
            |inside: &str| verdict(&format!("<Sync xmlns='http://commcarehq.org/sync'>{inside}</Sync>"));
        assert_eq!(sync("<restore_id/><x/>"), "");
        assert_eq!(sync("<x/><restore_id>a</restore_id>"), "`Sync` does not begin with `restore_id`");
        assert_eq!(sync(""), "`Sync` does not begin with `restore_id`");
        let pending = "the answer says that the restore is still being made; it has to be asked for again";
        assert_eq!(sync("<progress total='100' done='25' retry-after='25'/>"), pending);
        assert_eq!(verdict("<Sync/>"), "", "in another namespace it is nothing that the device knows");
    }

    #[test]
    fn a_fixture_needs_an_id_and_nothing_else() {
        assert_eq!(verdict("<fixture><a/></fixture>"), "a fixture has no `id`");
        assert_eq!(verdict("<fixture id=''/>"), "");
    }

    /// S-020: a schema after its fixture is an error, either without the other is none.
    #[test]
    fn a_schema_comes_before_its_fixture() {
        let schema = "<schema id='a'><indices><index>x</index></indices></schema>";
        assert_eq!(verdicts(&[schema, "<fixture id='b'/>", "<fixture id='a'/>"].concat()), [""; 3]);
        assert_eq!(
            verdicts(&["<fixture id='a'/>", schema].concat()),
            ["", "the schema of `a` stands after its fixture"]
        );
        assert_eq!(verdict("<schema id='a'/>"), "the schema of `a` has no `indices`");
        assert_eq!(verdict("<schema/>"), "a schema has no `id`");
    }

    /// S-021: an index is made of certain letters, a composite one of columns with commas between.
    #[test]
    fn an_index_is_made_of_certain_letters() {
        let schema = |index: &str| {
            verdict(&format!("<schema id='a'><indices><index>{index}</index></indices></schema>"))
        };
        assert_eq!([schema("@a-b_c.d,E9"), schema("")], ["", ""]);
        assert_eq!(schema("a b"), "`a b` cannot be an index of fixture `a`");
        assert_eq!(schema("é"), "`é` cannot be an index of fixture `a`");
        assert_eq!(Schema::columns("@a,b").collect::<Vec<_>>(), ["@a", "b"]);
    }

    /// S-024: a case without id or date is an error; so is one with a date that is none, unless nothing is done on that date.
    #[test]
    fn a_case_needs_an_id_and_a_date() {
        let of = |attributes: &str| verdict(&format!("<case {attributes}><close/></case>"));
        assert_eq!(of("case_id='' date_modified='2024-05-01'"), "attribute `case_id` is missing or empty");
        assert_eq!(of("case_id='C' date_modified=''"), "attribute `date_modified` is missing or empty");
        assert_eq!(
            of("case_id='C' date_modified='today'"),
            "`today` in `date_modified` is no date to the device"
        );
        assert_eq!(of("case_id='C' date_modified='2024-05-01'"), "");
        assert_eq!(verdict("<case case_id='C' date_modified='today'/>"), "");
    }

    /// S-025: a `create` has a type, a name and an owner, and nothing else.
    #[test]
    fn a_create_is_complete_and_holds_nothing_else() {
        let create = |inside: &str| case(&format!("<create>{inside}</create>"));
        let whole = "<case_type/><case_name/><owner_id>O</owner_id>";
        assert_eq!(create(whole), "");
        assert_eq!(
            create(&format!("{whole}<x/>")),
            "`x` stands in `create`, which takes `case_type`, `case_name` and `owner_id` only"
        );
        assert_eq!(create("<case_type/><owner_id>O</owner_id>"), "`create` has no `case_name`");
        assert_eq!(create("<case_name/><owner_id>O</owner_id>"), "`create` has no `case_type`");
        assert_eq!(create("<case_type/><case_name/>"), "`create` gives the case no owner");
    }

    /// S-028: an unknown action is no action; what is in it is none of the block's, and counts to the device.
    #[test]
    fn an_unknown_action_is_passed_over_and_its_content_is_not() {
        let inside = "<x><close/><update><a>1</a></update></x>";
        assert_eq!(case(inside), "");
        let source = format!("<case case_id='C' date_modified='2024-05-01'>{inside}</case>");
        let block = CaseBlock::read(&source).unwrap();
        assert!(block.close().is_none() && block.update().is_none());
        assert_eq!(block.actions.len(), 1);
        let context = Strict::new().context;
        let understood = block.understood_by(Profile::Device, &context).unwrap().unwrap();
        assert!(matches!(understood.steps[..], [Step::Close, Step::Update(_)]));
    }

    /// S-029: a blank index removes and an absent relationship is child, a blank one and a self index are errors of
    /// their own.
    #[test]
    fn an_index_has_a_relationship_and_another_case() {
        let index = |entry: &str| case(&format!("<index>{entry}</index>"));
        assert_eq!([index("<parent/>"), index("<parent>D</parent>")], ["", ""]);
        assert_eq!(index("<p relationship=''>D</p>"), "index `p` has an empty `relationship`");
        assert_eq!(index("<p> C </p>"), "case `C` names itself in index `p`");
        let source = "<case case_id='C' date_modified='2024-05-01'><index><a> </a><b>D</b></index></case>";
        let block = CaseBlock::read(source).unwrap();
        let context = Strict::new().context;
        let understood = block.understood_by(Profile::Device, &context).unwrap().unwrap();
        let [Step::Index(links)] = &understood.steps[..] else { panic!("{understood:?}") };
        assert_eq!(links.iter().map(|link| link.target).collect::<Vec<_>>(), [None, Some("D")]);
        assert!(links.iter().all(|link| link.relationship == crate::case::Relationship::Child));
    }

    /// S-030: the text of a property is trimmed, a blank one kept as such, and an element in it an error.
    #[test]
    fn a_property_holds_text_only() {
        assert_eq!(case("<update><a><b/></a></update>"), "`b` stands in `a` where only text may");
        let source =
            "<case case_id='C' date_modified='2024-05-01'><update><a> x\n</a><b> </b></update></case>";
        let block = CaseBlock::read(source).unwrap();
        let context = Strict::new().context;
        let understood = block.understood_by(Profile::Device, &context).unwrap().unwrap();
        let [Step::Update(settings)] = &understood.steps[..] else { panic!("{understood:?}") };
        let texts: Vec<_> = settings.iter().map(|setting| setting.content.text()).collect();
        assert_eq!(texts, [Some("x"), Some("")]);
    }

    /// C-018: whatever the device stores has its limit in bytes.
    #[test]
    fn texts_that_cannot_be_stored_are_refused() {
        let update = |text: &str| case(&format!("<update><village>{text}</village></update>"));
        assert_eq!(update(&"x".repeat(65_535)), "");
        let refusal = "`village` takes up 65536 bytes, 65535 at most can be stored";
        assert_eq!(update(&"x".repeat(65_536)), refusal);
        let of = |id: usize| {
            verdict(&format!("<case case_id='{}' date_modified='2024-05-01'><close/></case>", "x".repeat(id)))
        };
        let refusal = "`case_id` takes up 65536 bytes, 65535 at most can be stored";
        assert_eq!([of(65_535), of(65_536)], ["", refusal]);
    }

    /// S-031: 255 characters at most, counted in UTF-16 units, on four fields.
    #[test]
    fn four_fields_have_a_limit() {
        let update = |name: &str, text: &str| case(&format!("<update><{name}>{text}</{name}></update>"));
        for (_, name) in Field::LIMITED {
            assert_eq!(update(name, &"é".repeat(255)), "");
            let refusal = format!("`{name}` is 256 long, 255 at most is taken");
            assert_eq!(update(name, &"é".repeat(256)), refusal);
            assert_eq!(update(name, &"😀".repeat(128)), refusal);
        }
        for name in ["village", "name", "hq_user_id"] {
            assert_eq!(update(name, &"é".repeat(256)), "", "{name} is a property to the device");
        }
        assert_eq!(update("userid", &"x".repeat(256)), "`owner_id` is 256 long, 255 at most is taken");
        let long = "x".repeat(300);
        let twice = format!("<update><case_name>{long}</case_name><case_name>n</case_name></update>");
        assert_eq!(case(&twice), "", "the last one counts");
        assert_eq!(
            case(&format!(
                "<create><case_type>{long}</case_type><case_name/><owner_id>O</owner_id></create>"
            )),
            "`case_type` is 300 long, 255 at most is taken"
        );
        let create = format!("<create><case_type>t</case_type><case_name>{long}</case_name></create>");
        let by = |user: &str| {
            verdict(&format!("<case case_id='C' date_modified='2024-05-01' user_id='{user}'>{create}</case>"))
        };
        assert_eq!(by("u"), "`case_name` is 300 long, 255 at most is taken");
        assert_eq!(
            by(&"u".repeat(256)),
            "`owner_id` is 256 long, 255 at most is taken",
            "it stands in for the owner"
        );
    }

    /// C-053: of several the device names the first in the order type, owner, name, external id.
    #[test]
    fn the_first_of_the_long_fields_is_named() {
        let long = "x".repeat(300);
        let of = |fields: &[&str]| {
            fields.iter().map(|field| format!("<{field}>{long}</{field}>")).collect::<String>()
        };
        let all = ["external_id", "case_name", "owner_id", "case_type"];
        for (least, name) in ["external_id", "case_name", "owner_id", "case_type"].into_iter().enumerate() {
            let refusal = format!("`{name}` is 300 long, 255 at most is taken");
            assert_eq!(case(&format!("<update>{}</update>", of(&all[..=least]))), refusal);
        }
        let create = format!("<create><case_type>t</case_type>{}</create>", of(&["case_name", "owner_id"]));
        assert_eq!(case(&create), "`owner_id` is 300 long, 255 at most is taken");
    }
}
