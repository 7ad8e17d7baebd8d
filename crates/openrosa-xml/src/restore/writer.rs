//! A restore as a server sends it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use chrono::{DateTime, Utc};
use thiserror::Error;

use super::{RefusalKind, RestoreItem, Strict, SyncToken};
use crate::{
    build::{BuildError, CaseSnapshot},
    case::{Action, CaseBlock, Close, Tag},
    envelope::Message,
    error::WriteError,
    fixture::{Fixture, Schema},
    ids::CaseId,
    ledger::Ledger,
    ns,
    position::Mark,
    registration::Registration,
    time::Timestamp,
    xml::{Element, Name, Writer},
};

/// Writes a restore piece by piece, holding no more than one item.
///
/// What comes first is given at once: the message, the token, the user. Then come fixtures, and after
/// [`cases`](Self::cases) the cases, so that the order that readers know is the only one there is. An item that cannot be
/// written leaves nothing behind, and the next one can be.
///
/// Do not send the status line before the restore is written to its end: a device that reads a cut one may take the part for
/// the whole.
///
/// *Spec:* ota-restore.md 5; statements S-050…S-060.
///
/// ```
/// use chrono::DateTime;
/// use openrosa_xml::{build::CaseSnapshot, restore::{Opening, RestoreWriter}};
///
/// let modified = DateTime::parse_from_rfc3339("2024-05-01T10:00:00Z")?.to_utc();
/// let opening = Opening::new("Karibu, Amina & co", "0f3c");
/// let mut cases = RestoreWriter::begin(Vec::new(), &opening)?.cases();
/// cases.write(&CaseSnapshot::new("C", "patient", "Juma", "U", modified), false)?;
/// let restore = String::from_utf8(cases.finish()?)?;
/// assert!(restore.starts_with(
///     "<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\">\
///      <message nature=\"ota_restore_success\">Karibu, Amina &amp; co</message>\
///      <Sync xmlns=\"http://commcarehq.org/sync\"><restore_id>0f3c</restore_id></Sync>"
/// ));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct RestoreWriter<W> {
    frame: Frame<W>,
    /// The ids of the fixtures written, by the name of the table that a device keeps their rows in.
    tables: BTreeMap<String, String>,
    /// What a device has seen so far: it refuses a schema behind a fixture of its id.
    strict: Strict,
}

/// Writes the cases of a restore, after its fixtures.
#[derive(Debug)]
pub struct CaseWriter<W> {
    frame: Frame<W>,
    among: Option<BTreeSet<CaseId>>,
}

/// What a restore begins with.
#[derive(Clone, Debug)]
pub struct Opening<'a> {
    message: &'a str,
    token: &'a str,
    registration: Option<Registration<'a>>,
    items: Option<u64>,
    version: Version,
}

/// The version of the payload that a device asks for.
///
/// *Wire:* the query argument `version`. *Spec:* ota-restore.md 1.2, 2.9.6.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Version {
    /// Case XML 1.0, without fixtures, links or files.
    V1,
    /// What every device in use wants.
    #[default]
    V2,
    /// The same as 2.0.
    V3,
}

/// Why a restore could not be written on.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RestoreWriteError {
    /// The item cannot be put into XML.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A device would not understand the case.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A device would delete the case for it.
    #[error("case `{case_id}` is linked by `{index}` to case `{target}`, which the device will not hold")]
    TargetAbsent {
        /// The case.
        case_id: String,
        /// The link.
        index: String,
        /// The case it points at.
        target: String,
    },
    /// A device would refuse the item.
    #[error("a device refuses it: {0}")]
    Refused(RefusalKind),
    /// A fixture or schema without an id.
    #[error("a fixture has no `id`")]
    FixtureUnnamed,
    /// A fixture that holds no element, or several: the first is not stored, of the second only a part.
    #[error("fixture `{id}` does not hold one element")]
    FixtureRoot {
        /// The fixture.
        id: String,
    },
    /// A schema beside a fixture of another id.
    #[error("the schema of `{schema}` stands before fixture `{fixture}`")]
    SchemaOfAnother {
        /// The id of the schema.
        schema: String,
        /// The id of the fixture.
        fixture: String,
    },
    /// An index that a device refuses.
    #[error("`{index}` cannot be an index of fixture `{id}`")]
    Index {
        /// The fixture.
        id: String,
        /// The text of the index.
        index: String,
    },
    /// Two indexed fixtures whose rows a device keeps in one table, since `:`, `.` and `-` are one to it.
    #[error("the rows of fixtures `{first}` and `{second}` would be kept in one table")]
    OneTable {
        /// The one.
        first: String,
        /// The other.
        second: String,
    },
    /// There are more or fewer items than `items` said.
    #[error("{announced} items were announced and {written} written")]
    Items {
        /// As the root says.
        announced: u64,
        /// As it came out.
        written: u64,
    },
    /// The destination failed.
    #[error("the restore could not be written: {0}")]
    Io(#[from] io::Error),
}

impl<'a> Opening<'a> {
    /// A restore with this message for the user and this token.
    #[must_use]
    pub const fn new(message: &'a str, token: &'a str) -> Self {
        Self { message, token, registration: None, items: None, version: Version::V2 }
    }

    /// The user whose restore it is.
    #[must_use]
    pub fn registration(mut self, registration: Registration<'a>) -> Self {
        self.registration = Some(registration);
        self
    }

    /// How many items there will be, message, token and user among them; to be left out where it is not known.
    #[must_use]
    pub const fn items(mut self, items: u64) -> Self {
        self.items = Some(items);
        self
    }

    /// Another version of the payload.
    #[must_use]
    pub const fn version(mut self, version: Version) -> Self {
        self.version = version;
        self
    }
}

impl<W: io::Write> RestoreWriter<W> {
    /// Begins a restore.
    pub fn begin(out: W, opening: &Opening<'_>) -> Result<Self, RestoreWriteError> {
        let mut frame = Frame::open(out, opening)?;
        // Without a namespace of its own it takes that of the root.
        frame.item(&RestoreItem::Message(Message {
            name: Name::local("message"),
            nature: Some("ota_restore_success".into()),
            text: opening.message.into(),
            mark: Mark::none(),
        }))?;
        frame.item(&RestoreItem::SyncToken(SyncToken::new(opening.token)))?;
        if let Some(registration) = &opening.registration {
            frame.taken_item(&RestoreItem::Registration(registration.clone()))?;
        }
        Ok(Self { frame, tables: BTreeMap::new(), strict: Strict::new() })
    }

    /// Writes a fixture. Version 1.0 has none, so there nothing is written.
    ///
    /// Names in no namespace take that of the root, as CommCare HQ leaves them.
    pub fn fixture(&mut self, fixture: &Fixture<'_>) -> Result<(), RestoreWriteError> {
        self.check_fixture(fixture)?;
        self.write_fixture(None, fixture)
    }

    /// Writes a schema and the fixture that it is of.
    pub fn fixture_with_schema(
        &mut self,
        schema: &Schema<'_>,
        fixture: &Fixture<'_>,
    ) -> Result<(), RestoreWriteError> {
        let id = self.check_fixture(fixture)?;
        check_schema(schema, id)?;
        self.write_fixture(Some(schema), fixture)
    }

    /// Ends the fixtures.
    #[must_use]
    pub fn cases(self) -> CaseWriter<W> {
        CaseWriter { frame: self.frame, among: None }
    }

    /// Ends a restore without cases and gives back what it was written to.
    pub fn finish(self) -> Result<W, RestoreWriteError> {
        self.frame.finish()
    }

    fn check_fixture<'f>(&self, fixture: &'f Fixture<'_>) -> Result<&'f str, RestoreWriteError> {
        let id =
            fixture.id.as_deref().filter(|id| !id.is_empty()).ok_or(RestoreWriteError::FixtureUnnamed)?;
        if fixture.contents.first().is_none() || fixture.has_more_than_a_root() {
            return Err(RestoreWriteError::FixtureRoot { id: id.to_owned() });
        }
        match self.tables.get(&table_of(id)).filter(|first| fixture.is_indexed() && *first != id) {
            Some(first) => Err(RestoreWriteError::OneTable { first: first.clone(), second: id.to_owned() }),
            None => Ok(id),
        }
    }

    fn write_fixture(
        &mut self,
        schema: Option<&Schema<'_>>,
        fixture: &Fixture<'_>,
    ) -> Result<(), RestoreWriteError> {
        if self.frame.version == Version::V1 {
            return Ok(());
        }
        if let Some(schema) = schema {
            let item = RestoreItem::Schema(schema.clone());
            self.strict.check(&item).map_err(|refusal| RestoreWriteError::Refused(refusal.kind))?;
            self.frame.item(&item)?;
        }
        if let Some(id) = fixture.id.as_deref().filter(|_| fixture.is_indexed()) {
            self.tables.insert(table_of(id), id.to_owned());
        }
        self.frame.write(|out| fixture.write_to(out))?;
        self.strict.note_fixture(fixture).map_err(|refusal| RestoreWriteError::Refused(refusal.kind))
    }
}

impl<W: io::Write> CaseWriter<W> {
    /// Refuses links to cases that are not among these, all that the device will hold: it deletes a case whose link leads
    /// nowhere.
    #[must_use]
    pub fn among(mut self, cases: impl IntoIterator<Item = CaseId>) -> Self {
        self.among = Some(cases.into_iter().collect());
        self
    }

    /// Writes a case: created where the device does not hold it, updated where it does.
    pub fn write(&mut self, case: &CaseSnapshot, is_held: bool) -> Result<(), RestoreWriteError> {
        self.check_targets(case)?;
        match (self.frame.version, is_held) {
            (Version::V1, _) => self.frame.item(&RestoreItem::Other(case.legacy_block(is_held)?)),
            (_, true) => self.frame.item(&RestoreItem::Case(case.block_for_held_case()?)),
            (_, false) => self.frame.item(&RestoreItem::Case(case.block_for_new_case()?)),
        }
    }

    /// Closes a case that the device holds and that is not there any more, of which no more can be said: the device lets go of it
    /// at its next purge. No word of a restore deletes a case.
    pub fn withdraw(&mut self, case_id: &CaseId, at: DateTime<Utc>) -> Result<(), RestoreWriteError> {
        self.frame.item(&match self.frame.version {
            Version::V1 => RestoreItem::Other(legacy_withdrawal(case_id, at)),
            _ => RestoreItem::Case(withdrawal(case_id, at)),
        })
    }

    /// Writes the stock of a case. CommCare HQ writes it before the case itself, a balance for each section.
    pub fn ledger(&mut self, ledger: &Ledger<'_>) -> Result<(), RestoreWriteError> {
        self.frame.taken_item(&RestoreItem::Ledger(ledger.clone()))
    }

    /// Ends the restore and gives back what it was written to.
    pub fn finish(self) -> Result<W, RestoreWriteError> {
        self.frame.finish()
    }

    fn check_targets(&self, case: &CaseSnapshot) -> Result<(), RestoreWriteError> {
        let Some(among) = &self.among else { return Ok(()) };
        match case.targets().find(|(_, target)| !among.contains(target.as_str())) {
            None => Ok(()),
            Some((index, target)) => Err(RestoreWriteError::TargetAbsent {
                case_id: case.case_id().to_string(),
                index: index.to_owned(),
                target: target.to_string(),
            }),
        }
    }
}

/// The root, and what stands in it so far.
#[derive(Debug)]
struct Frame<W> {
    out: W,
    root: Writer,
    version: Version,
    announced: Option<u64>,
    written: u64,
}

impl<W: io::Write> Frame<W> {
    fn open(mut out: W, opening: &Opening<'_>) -> Result<Self, RestoreWriteError> {
        let mut root = Writer::new();
        root.open(&Name::in_namespace(ns::RESPONSE, "OpenRosaResponse"))?;
        let items = opening.items.map(|items| items.to_string());
        root.optional_attribute("items", items.as_deref())?;
        out.write_all(root.take().as_bytes())?;
        Ok(Self { out, root, version: opening.version, announced: opening.items, written: 0 })
    }

    fn item(&mut self, item: &RestoreItem<'_>) -> Result<(), RestoreWriteError> {
        self.write(|out| item.write_to(out))
    }

    /// Writes an item, unless a device refuses it.
    fn taken_item(&mut self, item: &RestoreItem<'_>) -> Result<(), RestoreWriteError> {
        Strict::new().check(item).map_err(|refusal| RestoreWriteError::Refused(refusal.kind))?;
        self.item(item)
    }

    /// Writes an item on its own first, so that one that fails leaves nothing behind, and so that it declares its own
    /// namespaces and stays in the root's where it has none.
    fn write(
        &mut self,
        item: impl FnOnce(&mut Writer) -> Result<(), WriteError>,
    ) -> Result<(), RestoreWriteError> {
        let mut alone = Writer::new();
        item(&mut alone)?;
        self.out.write_all(alone.finish().as_bytes())?;
        self.written += 1;
        Ok(())
    }

    fn finish(mut self) -> Result<W, RestoreWriteError> {
        if let Some(announced) = self.announced.filter(|&announced| announced != self.written) {
            return Err(RestoreWriteError::Items { announced, written: self.written });
        }
        self.root.close();
        self.out.write_all(self.root.finish().as_bytes())?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn withdrawal(case_id: &CaseId, at: DateTime<Utc>) -> CaseBlock<'static> {
    let name = |local| Name::in_namespace(ns::CASE, local);
    let mut block = CaseBlock::bare(name("case"));
    block.case_id = Some(case_id.to_string().into());
    block.date_modified = Some(Timestamp::stable(&at.fixed_offset()));
    block.actions = vec![Action::Close(Close { tag: Tag::new(name("close")), contents: Vec::new() })];
    block
}

fn legacy_withdrawal(case_id: &CaseId, at: DateTime<Utc>) -> Element<'static> {
    let named = |local: &'static str| Element::new(Name::local(local));
    let at = Timestamp::stable(&at.fixed_offset()).to_string();
    named("case")
        .with_child(named("case_id").with_text(case_id.to_string()))
        .with_child(named("date_modified").with_text(at))
        .with_child(named("close"))
}

fn check_schema(schema: &Schema<'_>, fixture: &str) -> Result<(), RestoreWriteError> {
    let id = schema.id().unwrap_or_default();
    if id != fixture {
        let (schema, fixture) = (id.to_owned(), fixture.to_owned());
        return Err(RestoreWriteError::SchemaOfAnother { schema, fixture });
    }
    match schema.indices().find(|index| !Schema::is_index(index)) {
        Some(index) => Err(RestoreWriteError::Index { id: id.to_owned(), index: index.into_owned() }),
        None => Ok(()),
    }
}

/// The name of the table that a device keeps the rows in (ota-restore.md 2.7).
fn table_of(id: &str) -> String {
    id.replace([':', '.', '-'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        ledger::{Balance, Entry, Sheet},
        restore::RestoreReader,
    };

    fn modified() -> DateTime<Utc> {
        DateTime::parse_from_rfc3339("2024-05-01T10:00:00Z").unwrap().to_utc()
    }

    fn case(id: &str) -> CaseSnapshot {
        CaseSnapshot::new(id, "patient", "Juma", "U", modified()).property("village", "Kibaha")
    }

    fn lookup(id: &'static str) -> Fixture<'static> {
        let row =
            Element::new(Name::local("fruit")).with_child(Element::new(Name::local("name")).with_text("fig"));
        Fixture::new(id, &Element::new(Name::local("fruit_list")).with_child(row)).unwrap()
    }

    fn indexed(id: &'static str) -> Fixture<'static> {
        let mut fixture = lookup(id);
        fixture.indexed = Some("true".into());
        fixture
    }

    fn begun(opening: &Opening<'_>) -> RestoreWriter<Vec<u8>> {
        RestoreWriter::begin(Vec::new(), opening).unwrap()
    }

    /// The text, which our reader reads and whose every item the device takes.
    fn accepted(written: Vec<u8>) -> String {
        let mut strict = Strict::new();
        for item in RestoreReader::new(&written[..]) {
            strict.check(&item.unwrap().value).unwrap();
        }
        String::from_utf8(written).unwrap()
    }

    fn items_in(restore: &str) -> u64 {
        RestoreReader::new(restore.as_bytes()).count() as u64
    }

    fn everything(version: Version) -> String {
        let user = Registration::new("amina", "", "U", "");
        let opening = Opening::new("<Karibu> & co", "0f3c").registration(user).version(version);
        let mut restore = begun(&opening);
        restore
            .fixture_with_schema(&Schema::new("item-list:fruit", ["name"]), &indexed("item-list:fruit"))
            .unwrap();
        restore.fixture(&lookup("user-groups")).unwrap();
        let mut cases = restore.cases();
        cases.write(&case("C").child_of("parent", "household", "H"), false).unwrap();
        cases.write(&case("H").closed(), true).unwrap();
        accepted(cases.finish().unwrap())
    }

    /// S-050: message, token and user come first.
    /// S-055: a schema stands before its fixture.
    #[test]
    fn the_order_is_that_of_commcare_hq() {
        let written = everything(Version::V2).replace("><", ">\n<");
        insta::assert_snapshot!(written, @r#"
        <OpenRosaResponse xmlns="http://openrosa.org/http/response">
        <message nature="ota_restore_success">&lt;Karibu&gt; &amp; co</message>
        <Sync xmlns="http://commcarehq.org/sync">
        <restore_id>0f3c</restore_id>
        </Sync>
        <Registration xmlns="http://openrosa.org/user/registration">
        <username>amina</username>
        <password/>
        <uuid>U</uuid>
        <date/>
        <user_data/>
        </Registration>
        <schema id="item-list:fruit">
        <indices>
        <index>name</index>
        </indices>
        </schema>
        <fixture id="item-list:fruit" indexed="true">
        <fruit_list>
        <fruit>
        <name>fig</name>
        </fruit>
        </fruit_list>
        </fixture>
        <fixture id="user-groups">
        <fruit_list>
        <fruit>
        <name>fig</name>
        </fruit>
        </fruit_list>
        </fixture>
        <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="C" date_modified="2024-05-01T10:00:00.000000Z">
        <create>
        <case_type>patient</case_type>
        <case_name>Juma</case_name>
        <owner_id>U</owner_id>
        </create>
        <update>
        <village>Kibaha</village>
        </update>
        <index>
        <parent case_type="household">H</parent>
        </index>
        </case>
        <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="H" date_modified="2024-05-01T10:00:00.000000Z">
        <update>
        <case_type>patient</case_type>
        <case_name>Juma</case_name>
        <owner_id>U</owner_id>
        <village>Kibaha</village>
        </update>
        <close/>
        </case>
        </OpenRosaResponse>
        "#);
    }

    /// S-051: `items` is the number of the root's children, and absent where it was not given.
    #[test]
    fn items_are_counted_and_never_guessed() {
        assert!(!everything(Version::V2).contains("items="));
        let written = begun(&Opening::new("", "t").items(2)).finish().unwrap();
        let written = accepted(written);
        assert!(written.contains(" items=\"2\""));
        assert_eq!(items_in(&written), 2);
        let error = begun(&Opening::new("", "t").items(3)).finish().unwrap_err();
        insta::assert_snapshot!(error, @"3 items were announced and 2 written");
    }

    /// S-056: markup in a value is a value.
    #[test]
    fn markup_in_any_value_comes_back() {
        let awkward = "<a>&amp;\"']]>\r\n";
        let mut restore = begun(&Opening::new(awkward, awkward));
        let root = Element::new(Name::local("a")).with_attribute("b", awkward).with_text(awkward);
        restore.fixture(&Fixture::new(awkward, &root).unwrap()).unwrap();
        let mut cases = restore.cases();
        cases.write(&case("C").property("note", awkward), false).unwrap();
        let written = accepted(cases.finish().unwrap());
        let items: Vec<_> = RestoreReader::new(written.as_bytes()).map(|item| item.unwrap().value).collect();
        let [
            RestoreItem::Message(message),
            RestoreItem::SyncToken(token),
            RestoreItem::Fixture(fixture),
            RestoreItem::Case(block),
        ] = &items[..]
        else {
            panic!("{items:?}")
        };
        assert_eq!((message.text.as_ref(), token.restore_id().as_deref()), (awkward, Some(awkward)));
        assert_eq!(fixture.id.as_deref(), Some(awkward));
        assert_eq!(fixture.root().unwrap().unwrap().text(), awkward);
        assert_eq!(block.update().unwrap().property("note").unwrap().value.text(), awkward);
    }

    /// S-058: version 1.0 has neither fixtures nor links nor files, and 2.0 and 3.0 are one.
    #[test]
    fn the_first_version_has_cases_only() {
        assert_eq!(everything(Version::V2), everything(Version::V3));
        let mut restore = begun(&Opening::new("Karibu", "t").version(Version::V1));
        restore.fixture_with_schema(&Schema::new("a", ["name"]), &lookup("a")).unwrap();
        let mut cases = restore.cases();
        cases.write(&case("C").child_of("parent", "household", "H"), false).unwrap();
        let written = String::from_utf8(cases.finish().unwrap()).unwrap();
        assert!(written.contains("<case><case_id>C</case_id>"), "{written}");
        for absent in ["fixture", "schema", "index", "household", "attachment"] {
            assert!(!written.contains(absent), "{absent} in {written}");
        }
        assert_eq!(items_in(&written), 3);
    }

    #[test]
    fn what_is_gone_is_closed_and_nothing_else() {
        let withdrawn = |version| {
            let mut cases = begun(&Opening::new("", "t").version(version)).cases();
            cases.withdraw(&"C".into(), modified()).unwrap();
            cases.finish().unwrap()
        };
        let from_case = |written: String| written[written.find("<case").unwrap()..].to_owned();
        insta::assert_snapshot!(from_case(accepted(withdrawn(Version::V2))), @r#"<case xmlns="http://commcarehq.org/case/transaction/v2" case_id="C" date_modified="2024-05-01T10:00:00.000000Z"><close/></case></OpenRosaResponse>"#);
        // Current devices take no cases of this version.
        insta::assert_snapshot!(from_case(String::from_utf8(withdrawn(Version::V1)).unwrap()), @"<case><case_id>C</case_id><date_modified>2024-05-01T10:00:00.000000Z</date_modified><close/></case></OpenRosaResponse>");
    }

    /// S-060: a link to a case that the device will not hold is refused where that is asked for.
    #[test]
    fn a_link_that_leads_nowhere_is_refused() {
        let linked = case("C").child_of("parent", "household", "H").unlinked("old", "household");
        let cases = || begun(&Opening::new("", "t")).cases();
        cases().write(&linked, false).unwrap();
        cases().among(["C".into(), "H".into()]).write(&linked, false).unwrap();
        let error = cases().among(["C".into()]).write(&linked, false).unwrap_err();
        insta::assert_snapshot!(error, @"case `C` is linked by `parent` to case `H`, which the device will not hold");
    }

    #[test]
    fn a_fixture_that_a_device_would_lose_is_refused() {
        let mut restore = begun(&Opening::new("", "t"));
        let mut refusal = |fixture: &Fixture<'_>| restore.fixture(fixture).unwrap_err().to_string();
        let mut unnamed = lookup("a");
        unnamed.id = None;
        insta::assert_snapshot!(refusal(&unnamed), @"a fixture has no `id`");
        let mut empty = lookup("a");
        empty.contents = crate::xml::Fragment::default();
        insta::assert_snapshot!(refusal(&empty), @"fixture `a` does not hold one element");
        restore.fixture(&indexed("a:b")).unwrap();
        let mut refusal = |fixture: &Fixture<'_>| restore.fixture(fixture).unwrap_err().to_string();
        insta::assert_snapshot!(refusal(&indexed("a-b")), @"the rows of fixtures `a:b` and `a-b` would be kept in one table");
        restore.fixture(&lookup("a-b")).unwrap();
        let mut refusal =
            |schema: &Schema<'_>| restore.fixture_with_schema(schema, &lookup("c")).unwrap_err().to_string();
        insta::assert_snapshot!(refusal(&Schema::new("d", ["x"])), @"the schema of `d` stands before fixture `c`");
        insta::assert_snapshot!(refusal(&Schema::new("c", ["x y"])), @"`x y` cannot be an index of fixture `c`");
    }

    #[test]
    fn an_item_that_cannot_be_written_leaves_nothing_behind() {
        let mut cases = begun(&Opening::new("Karibu", "t")).cases();
        cases.write(&case("bad").property("note", "\u{1}"), false).unwrap_err();
        cases.write(&case("good"), false).unwrap();
        let written = accepted(cases.finish().unwrap());
        assert!(!written.contains("bad"), "{written}");
        assert_eq!(items_in(&written), 3);
    }

    #[test]
    fn stock_and_users_are_written_as_a_device_takes_them() {
        let mut user = Registration::new("amina", "", "U", "");
        user.element.remove_children("uuid");
        let error = RestoreWriter::begin(Vec::new(), &Opening::new("", "").registration(user)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a device refuses it: `date` stands in the registration where `uuid` must"
        );
        let mut cases = begun(&Opening::new("", "")).cases();
        let sheet = Sheet::new(Timestamp::new("2024-05-01")).in_section("stock");
        let balance = |entry| Ledger::Balance(Balance::new("C", sheet.clone().with_entry(entry)));
        cases.ledger(&balance(Entry::new("soap", 9))).unwrap();
        let error = cases.ledger(&balance(Entry::new("", 9))).unwrap_err();
        assert_eq!(error.to_string(), "a device refuses it: `entry` has no `id`");
        cases.write(&case("C"), false).unwrap();
        let written = accepted(cases.finish().unwrap());
        assert!(written.contains(r#"<entry id="soap" quantity="9"/></balance><case "#), "{written}");
    }

    /// S-020: a schema behind a fixture of its id would be refused, so it is not written, nor is the fixture with it.
    #[test]
    fn a_schema_goes_before_every_fixture_of_its_id() {
        let mut restore = begun(&Opening::new("m", "t"));
        let schema = Schema::new("a", ["name"]);
        restore.fixture_with_schema(&schema, &lookup("a")).unwrap();
        let refused = restore.fixture_with_schema(&schema, &lookup("a")).unwrap_err();
        assert_eq!(refused.to_string(), "a device refuses it: the schema of `a` stands after its fixture");
        restore.fixture(&lookup("a")).unwrap();
        assert_eq!(items_in(&accepted(restore.finish().unwrap())), 5);
    }
}
