//! A case as a server sends it down: whole, as it is now.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{
    BuildError, LONGEST_COLUMN,
    case::{check_name, name, tag},
    check_column, check_id, check_text,
};
use crate::{
    case::{Action, CaseBlock, Close, Create, Index, Indices, Property, Update, Value},
    ids::{CaseId, OwnerId, UserId},
    position::Mark,
    time::Timestamp,
    xml::{Element, Name},
};

/// A case as it is now, to be sent to a device in a restore.
///
/// A restore carries no changes, only cases as they are; what differs is whether the device holds the case already. A
/// property that is gone cannot be taken away there, so the empty text is sent for it or nothing at all.
///
/// Its id is written as it is, however long and with the white space around it: a device keeps both (case-xml.md 1.2). The
/// target of a link it would trim, so that one must not have any.
///
/// *Spec:* case-xml.md 1.16, ota-restore.md 2.9.3; statements C-104…C-106, S-052…S-054, S-057, S-060.
///
/// ```
/// use chrono::{DateTime, NaiveDate};
/// use openrosa_xml::build::CaseSnapshot;
///
/// let modified = DateTime::parse_from_rfc3339("2024-05-01T12:00:00+02:00")?.to_utc();
/// let case = CaseSnapshot::new("C", "patient", "Amina", "O", modified)
///     .property("village", "Kibaha")
///     .opened_on(NaiveDate::from_ymd_opt(2024, 4, 30).unwrap());
/// assert_eq!(
///     case.block_for_new_case()?.write()?,
///     "<case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"C\" \
///      date_modified=\"2024-05-01T10:00:00.000000Z\">\
///      <create><case_type>patient</case_type><case_name>Amina</case_name><owner_id>O</owner_id></create>\
///      <update><date_opened>2024-04-30</date_opened><village>Kibaha</village></update></case>"
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct CaseSnapshot {
    case_id: CaseId,
    /// Type, name and owner, which every block states.
    base: [(&'static str, String); 3],
    modified: DateTime<Utc>,
    modified_by: Option<UserId>,
    external_id: Option<String>,
    opened_on: Option<NaiveDate>,
    properties: BTreeMap<String, String>,
    links: BTreeMap<String, Link>,
    is_closed: bool,
}

#[derive(Clone, Debug)]
struct Link {
    case_type: String,
    /// `None` for a link that was removed.
    target: Option<CaseId>,
    is_extension: bool,
}

impl CaseSnapshot {
    /// A case with what every case has. Its name may be empty.
    pub fn new(
        case_id: impl Into<CaseId>,
        case_type: impl Into<String>,
        case_name: impl Into<String>,
        owner: impl Into<OwnerId>,
        modified: DateTime<Utc>,
    ) -> Self {
        let owner: OwnerId = owner.into();
        Self {
            case_id: case_id.into(),
            base: [
                ("case_type", case_type.into()),
                ("case_name", case_name.into()),
                ("owner_id", owner.to_string()),
            ],
            modified,
            modified_by: None,
            external_id: None,
            opened_on: None,
            properties: BTreeMap::new(),
            links: BTreeMap::new(),
            is_closed: false,
        }
    }

    /// Who modified it last.
    #[must_use]
    pub fn modified_by(mut self, user: impl Into<UserId>) -> Self {
        self.modified_by = Some(user.into());
        self
    }

    /// The id that another system knows it by.
    #[must_use]
    pub fn external_id(mut self, id: impl Into<String>) -> Self {
        self.external_id = Some(id.into());
        self
    }

    /// The day on which it was opened.
    #[must_use]
    pub const fn opened_on(mut self, day: NaiveDate) -> Self {
        self.opened_on = Some(day);
        self
    }

    /// One of its properties; the empty text is a value. A second value of one name takes the place of the first.
    #[must_use]
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.insert(name.into(), value.into());
        self
    }

    /// A link that makes it a child of another case.
    #[must_use]
    pub fn child_of(
        self,
        index: impl Into<String>,
        case_type: impl Into<String>,
        target: impl Into<CaseId>,
    ) -> Self {
        self.link(index, case_type, Some(target.into()), false)
    }

    /// A link that makes it an extension of another case.
    #[must_use]
    pub fn extension_of(
        self,
        index: impl Into<String>,
        case_type: impl Into<String>,
        target: impl Into<CaseId>,
    ) -> Self {
        self.link(index, case_type, Some(target.into()), true)
    }

    /// A link that it had once, so that the device drops it too.
    #[must_use]
    pub fn unlinked(self, index: impl Into<String>, case_type: impl Into<String>) -> Self {
        self.link(index, case_type, None, false)
    }

    /// It is closed.
    #[must_use]
    pub const fn closed(mut self) -> Self {
        self.is_closed = true;
        self
    }

    fn link(
        mut self,
        index: impl Into<String>,
        case_type: impl Into<String>,
        target: Option<CaseId>,
        is_extension: bool,
    ) -> Self {
        self.links.insert(index.into(), Link { case_type: case_type.into(), target, is_extension });
        self
    }

    /// The block for a device that does not hold the case: it creates it.
    pub fn block_for_new_case(&self) -> Result<CaseBlock<'static>, BuildError> {
        let create = Action::Create(Create { tag: tag("create"), properties: self.base_properties() });
        self.block(Some(create), Vec::new())
    }

    /// The block for a device that holds the case: an update, led by type, name and owner.
    pub fn block_for_held_case(&self) -> Result<CaseBlock<'static>, BuildError> {
        self.block(None, self.base_properties())
    }

    /// The block of Case XML 1.0, which has neither links nor files; current devices refuse it.
    ///
    /// *Spec:* ota-restore.md 2.9.6.
    pub fn legacy_block(&self, is_held: bool) -> Result<Element<'static>, BuildError> {
        self.check()?;
        let leaf =
            |name: &'static str, text: &str| Element::new(Name::local(name)).with_text(text.to_owned());
        let [(_, case_type), (_, case_name), (_, owner)] = &self.base;
        let own = [("case_type_id", case_type), ("user_id", owner), ("case_name", case_name)];
        let base = own.into_iter().chain(self.external_id.as_ref().map(|id| ("external_id", id)));
        let base: Vec<_> = base.map(|(name, text)| leaf(name, text)).collect();
        let opened = self.opened_on.map(|day| leaf("date_opened", Timestamp::from_date(day).as_str()));
        let custom = self
            .properties
            .iter()
            .map(|(name, text)| Element::new(Name::local(name.clone())).with_text(text.clone()));
        let rest: Vec<_> = opened.into_iter().chain(custom).collect();
        let (create, update) = if is_held { (Vec::new(), [base, rest].concat()) } else { (base, rest) };
        let holding = |name: &'static str, children: Vec<Element<'static>>| {
            let element = Element::new(Name::local(name));
            (!children.is_empty()).then(|| children.into_iter().fold(element, Element::with_child))
        };
        let actions = [holding("create", create), holding("update", update)].into_iter().flatten();
        let close = self.is_closed.then(|| Element::new(Name::local("close")));
        let head = Element::new(Name::local("case"))
            .with_child(leaf("case_id", self.case_id.as_str()))
            .with_child(leaf("date_modified", self.date_modified().as_str()));
        Ok(actions.chain(close).fold(head, Element::with_child))
    }

    /// The case.
    #[must_use]
    pub const fn case_id(&self) -> &CaseId {
        &self.case_id
    }

    /// The links that it has and the cases they lead to.
    pub fn targets(&self) -> impl Iterator<Item = (&str, &CaseId)> {
        self.links.iter().filter_map(|(name, link)| Some((name.as_str(), link.target.as_ref()?)))
    }

    fn block(
        &self,
        create: Option<Action<'static>>,
        mut properties: Vec<Property<'static>>,
    ) -> Result<CaseBlock<'static>, BuildError> {
        self.check()?;
        properties.extend(self.external_id.iter().map(|id| Property::new("external_id", id.clone())));
        let opened = self.opened_on.map(|day| Timestamp::from_date(day).to_string());
        properties.extend(opened.map(|day| Property::new("date_opened", day)));
        properties
            .extend(self.properties.iter().map(|(name, text)| Property::new(name.clone(), text.clone())));
        let update =
            (!properties.is_empty()).then(|| Action::Update(Update { tag: tag("update"), properties }));
        let entries: Vec<_> = self.links.iter().map(|(name, link)| link.entry(name)).collect();
        let index = (!entries.is_empty()).then(|| Action::Index(Indices { tag: tag("index"), entries }));
        let close = self.is_closed.then(|| Action::Close(Close { tag: tag("close"), contents: Vec::new() }));
        let mut block = CaseBlock::bare(name("case"));
        block.case_id = Some(self.case_id.to_string().into());
        block.date_modified = Some(self.date_modified());
        block.user_id = self.modified_by.as_ref().map(|user| user.to_string().into());
        block.actions = [create, update, index, close].into_iter().flatten().collect();
        Ok(block)
    }

    fn base_properties(&self) -> Vec<Property<'static>> {
        self.base.iter().map(|(name, text)| Property::new(*name, text.clone())).collect()
    }

    fn date_modified(&self) -> Timestamp<'static> {
        Timestamp::stable(&self.modified.fixed_offset())
    }

    /// What a device would refuse, cut or take for something else.
    fn check(&self) -> Result<(), BuildError> {
        check_case_id(self.case_id.as_str())?;
        let [(_, case_type), (_, case_name), (_, owner)] = &self.base;
        check_column("case_type", case_type)?;
        check_column("case_name", case_name)?;
        check_id("owner_id", owner, LONGEST_COLUMN)?;
        self.modified_by.iter().try_for_each(|user| check_id("user_id", user.as_str(), LONGEST_COLUMN))?;
        self.external_id.iter().try_for_each(|id| check_column("external_id", id))?;
        self.properties.iter().try_for_each(|(name, text)| check_property(name, text))?;
        self.links.iter().try_for_each(|(name, link)| link.check(name, &self.case_id))
    }
}

impl Link {
    fn check(&self, name: &str, source: &CaseId) -> Result<(), BuildError> {
        check_name(name)?;
        check_column("case_type of an index", &self.case_type)?;
        let Some(target) = &self.target else { return Ok(()) };
        check_id("target of an index", target.as_str(), LONGEST_COLUMN)?;
        match target == source {
            true => Err(BuildError::SelfIndex { case_id: source.to_string() }),
            false => Ok(()),
        }
    }

    fn entry(&self, name: &str) -> Index<'static> {
        Index {
            name: name.to_owned().into(),
            case_type: Some(self.case_type.clone().into()),
            relationship: self.is_extension.then(|| "extension".into()),
            target: Value::Text(self.target.as_ref().map(ToString::to_string).unwrap_or_default().into()),
            mark: Mark::none(),
        }
    }
}

fn check_case_id(text: &str) -> Result<(), BuildError> {
    if text.is_empty() { Err(BuildError::Blank { what: "case_id" }) } else { check_text("case_id", text) }
}

/// A server stores whatever forms have called a property, so only what a device would take for something else is
/// refused: the fields of a case that have a place of their own here.
fn check_property(name: &str, text: &str) -> Result<(), BuildError> {
    check_name(name)?;
    let instead = match name {
        "case_type" | "case_name" | "owner_id" => Some("`CaseSnapshot::new`"),
        "external_id" => Some("`external_id`"),
        "date_opened" => Some("`opened_on`"),
        _ => return check_text(name, text),
    };
    Err(BuildError::Reserved { name: name.to_owned(), instead })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Profile,
        case::understood::{Context, Step},
    };

    fn snapshot() -> CaseSnapshot {
        let modified = DateTime::parse_from_rfc3339("2024-05-01T12:00:00.5+05:30").unwrap().to_utc();
        CaseSnapshot::new("C", "patient", "", "O", modified)
    }

    fn everything() -> CaseSnapshot {
        snapshot()
            .closed()
            .child_of("parent", "household", "H")
            .extension_of("host", "clinic", "K")
            .unlinked("mother", "patient")
            .property("village", "Kibaha & <co>")
            .property("note", "")
            .external_id("X")
            .opened_on(NaiveDate::from_ymd_opt(2024, 4, 30).unwrap())
            .modified_by("U")
    }

    fn written(block: Result<CaseBlock<'static>, BuildError>) -> String {
        let block = block.unwrap();
        let written = block.write().unwrap();
        assert_eq!(CaseBlock::read(&written).unwrap(), block);
        written.replace("><", ">\n<")
    }

    /// C-104: a case that is not held is created.
    /// C-105: properties and index names are sorted, a relationship is written for an extension only, close is last.
    /// C-106: `date_opened` is a day, `date_modified` has microseconds and `Z`.
    /// S-052: a new case is created and updated, a closed one closed last.
    /// S-053: an empty property is an empty element.
    /// S-054: index elements are sorted by name, a removed one is empty.
    /// S-057: dates are in UTC with six digits and `Z`.
    #[test]
    fn a_case_that_is_not_held_is_created() {
        insta::assert_snapshot!(written(everything().block_for_new_case()), @r#"
        <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="C" date_modified="2024-05-01T06:30:00.500000Z" user_id="U">
        <create>
        <case_type>patient</case_type>
        <case_name/>
        <owner_id>O</owner_id>
        </create>
        <update>
        <external_id>X</external_id>
        <date_opened>2024-04-30</date_opened>
        <note/>
        <village>Kibaha &amp; &lt;co&gt;</village>
        </update>
        <index>
        <host case_type="clinic" relationship="extension">K</host>
        <mother case_type="patient"/>
        <parent case_type="household">H</parent>
        </index>
        <close/>
        </case>
        "#);
    }

    /// C-104: base properties lead the update of a case that is held.
    /// S-052: a held case is updated, with its base properties.
    #[test]
    fn a_case_that_is_held_is_updated() {
        let block = everything().block_for_held_case().unwrap();
        assert!(block.create().is_none());
        let names: Vec<_> = block.update().unwrap().properties.iter().map(|p| p.name.as_ref()).collect();
        assert_eq!(
            names,
            ["case_type", "case_name", "owner_id", "external_id", "date_opened", "note", "village"]
        );
    }

    /// S-053: without properties there is no update.
    #[test]
    fn what_is_not_there_is_not_written() {
        let block = snapshot().block_for_new_case().unwrap();
        assert!(matches!(block.actions[..], [Action::Create(_)]));
    }

    #[test]
    fn the_device_understands_what_is_built() {
        let context = Context::new(DateTime::UNIX_EPOCH.fixed_offset());
        let block = everything().block_for_new_case().unwrap();
        let understood = block.understood_by(Profile::Device, &context).unwrap().unwrap();
        assert!(matches!(
            understood.steps[..],
            [Step::Create(_), Step::Update(_), Step::Index(_), Step::Close]
        ));
    }

    /// S-060: what a device would refuse or take for something else is refused here.
    #[test]
    fn what_a_device_would_refuse_is_not_built() {
        let refusal = |case: CaseSnapshot| case.block_for_new_case().unwrap_err().to_string();
        let named =
            |id: &str, name: &str, owner: &str| CaseSnapshot::new(id, "t", name, owner, DateTime::UNIX_EPOCH);
        insta::assert_snapshot!(refusal(snapshot().child_of("parent", "t", "C")), @"case `C` cannot be linked to itself");
        insta::assert_snapshot!(refusal(snapshot().property("a b", "")), @"`a b` cannot be an XML name");
        insta::assert_snapshot!(refusal(snapshot().child_of("a:b", "t", "D")), @"`a:b` cannot be an XML name");
        insta::assert_snapshot!(refusal(snapshot().property("owner_id", "X")), @"`owner_id` is a reserved name and cannot be a property; use `CaseSnapshot::new`");
        insta::assert_snapshot!(refusal(snapshot().external_id("é".repeat(256))), @"`external_id` is 256 long, 255 at most is stored everywhere");
        insta::assert_snapshot!(refusal(named("C", &"😀".repeat(128), "O")), @"`case_name` is 256 long, 255 at most is stored everywhere");
        insta::assert_snapshot!(refusal(named("C", "n", " ")), @"`owner_id` is blank");
        insta::assert_snapshot!(refusal(named("", "n", "O")), @"`case_id` is blank");
        insta::assert_snapshot!(refusal(snapshot().property("a", "\u{1}")), @"`a` holds character U+0001, which XML cannot");
        assert!(named("C", &"😀".repeat(127), "O").block_for_held_case().is_ok());
        insta::assert_snapshot!(refusal(snapshot().child_of("parent", "t", "D ")), @"`target of an index` has white space around it: `D `");
        for odd in [" C", " ", &"x".repeat(300)] {
            assert!(named(odd, "n", "O").block_for_new_case().is_ok(), "a device takes it as it is");
        }
    }

    /// S-058: a block of version 1.0 has no index.
    #[test]
    fn the_legacy_block_names_everything_in_elements() {
        let written = everything().legacy_block(false).unwrap().write().unwrap();
        insta::assert_snapshot!(written, @"<case><case_id>C</case_id><date_modified>2024-05-01T06:30:00.500000Z</date_modified><create><case_type_id>patient</case_type_id><user_id>O</user_id><case_name/><external_id>X</external_id></create><update><date_opened>2024-04-30</date_opened><note/><village>Kibaha &amp; &lt;co&gt;</village></update><close/></case>");
        let held = snapshot().legacy_block(true).unwrap();
        assert!(held.child("create").is_none());
        assert_eq!(held.child("update").unwrap().child("case_type_id").unwrap().text(), "patient");
    }
}
