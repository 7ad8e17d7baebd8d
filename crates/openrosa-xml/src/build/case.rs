//! Case blocks in the one shape that every reader understands alike.

use chrono::{DateTime, FixedOffset, NaiveDate};

use super::{Author, BuildError, LONGEST_COLUMN, check_column, check_id, check_present, check_text};
use crate::{
    case::{
        Action, Attachment, Attachments, CaseBlock, Close, Create, Index, Indices, Property, Tag, Update,
        Value,
    },
    ids::{CaseId, OwnerId},
    ns,
    position::Mark,
    time::Timestamp,
    xml::{Name, chars::is_ncname},
};

/// Builds one case block: what is not said is not written, and what is said is written where it belongs.
///
/// The order of the calls does not matter; the block is in the canonical order create, update, index, attachment, close.
///
/// *Spec:* case-xml.md 1.3–1.9, 1.16; statements C-001…C-018.
///
/// ```
/// use chrono::{DateTime, NaiveDate};
/// use openrosa_xml::build::{Author, NewCase};
///
/// let author = Author::new("u-1", DateTime::parse_from_rfc3339("2024-05-01T12:00:00+02:00")?);
/// let block = NewCase::update("c-1", &author).property("weight", "12").close().build()?;
/// assert_eq!(
///     block.write()?,
///     "<case xmlns=\"http://commcarehq.org/case/transaction/v2\" case_id=\"c-1\" \
///      date_modified=\"2024-05-01T12:00:00.000+02:00\" user_id=\"u-1\">\
///      <update><weight>12</weight></update><close/></case>"
/// );
///
/// // A surprise saved: the device would keep this apart from the type of the case, CommCare HQ would not.
/// let error = NewCase::update("c-1", &author).property("case_type", "x").build().unwrap_err();
/// assert_eq!(error.to_string(), "`case_type` is a reserved name and cannot be a property; use `retype`");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct NewCase {
    case_id: CaseId,
    author: Author,
    create: Option<[(&'static str, String); 3]>,
    /// Changes of base properties, which lead the update.
    base: Vec<(&'static str, String)>,
    properties: Vec<(String, String)>,
    links: Vec<Link>,
    files: Vec<(String, Option<String>)>,
    close: bool,
}

/// An index to be set or, without a target, removed.
#[derive(Clone, Debug)]
struct Link {
    name: String,
    case_type: String,
    target: Option<CaseId>,
    extension: bool,
}

impl NewCase {
    /// A block that creates a case; it asks for all that some reader demands.
    pub fn create(
        case_id: impl Into<CaseId>,
        case_type: impl Into<String>,
        case_name: impl Into<String>,
        owner: impl Into<OwnerId>,
        author: &Author,
    ) -> Self {
        let owner: OwnerId = owner.into();
        let base = [
            ("case_type", case_type.into()),
            ("case_name", case_name.into()),
            ("owner_id", owner.to_string()),
        ];
        Self { create: Some(base), ..Self::update(case_id, author) }
    }

    /// A block about a case that exists.
    pub fn update(case_id: impl Into<CaseId>, author: &Author) -> Self {
        Self {
            case_id: case_id.into(),
            author: author.clone(),
            create: None,
            base: Vec::new(),
            properties: Vec::new(),
            links: Vec::new(),
            files: Vec::new(),
            close: false,
        }
    }

    /// Sets a property; the empty text is a value.
    #[must_use]
    pub fn property(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.properties.push((name.into(), value.into()));
        self
    }

    /// Sets a property to a moment, written in the form that CommCare HQ would rewrite it to anyway, so that its text is
    /// still the same after the next sync (C-024).
    #[must_use]
    pub fn moment(self, name: impl Into<String>, at: &DateTime<FixedOffset>) -> Self {
        self.property(name, Timestamp::stable(at).as_str())
    }

    /// Gives the case another name.
    #[must_use]
    pub fn rename(self, case_name: impl Into<String>) -> Self {
        self.base("case_name", case_name.into())
    }

    /// Gives the case another type.
    #[must_use]
    pub fn retype(self, case_type: impl Into<String>) -> Self {
        self.base("case_type", case_type.into())
    }

    /// Gives the case to another user, group or location.
    #[must_use]
    pub fn assign(self, owner: impl Into<OwnerId>) -> Self {
        let owner: OwnerId = owner.into();
        self.base("owner_id", owner.to_string())
    }

    /// Sets the id that another system knows the case by.
    #[must_use]
    pub fn external_id(self, id: impl Into<String>) -> Self {
        self.base("external_id", id.into())
    }

    /// Sets the day on which the case counts as opened, where that is not the day of its creation.
    #[must_use]
    pub fn date_opened(self, day: NaiveDate) -> Self {
        self.base("date_opened", Timestamp::from_date(day).to_string())
    }

    /// Makes the case a child of another; `index` is the link's name, by custom `parent`.
    #[must_use]
    pub fn child_of(
        self,
        index: impl Into<String>,
        case_type: impl Into<String>,
        target: impl Into<CaseId>,
    ) -> Self {
        self.link(index, case_type, Some(target.into()), false)
    }

    /// Makes the case an extension of another; `index` is the link's name, by custom `host`.
    #[must_use]
    pub fn extension_of(
        self,
        index: impl Into<String>,
        case_type: impl Into<String>,
        target: impl Into<CaseId>,
    ) -> Self {
        self.link(index, case_type, Some(target.into()), true)
    }

    /// Removes the link of this name; CommCare HQ wants the type of its target even so.
    #[must_use]
    pub fn unlink(self, index: impl Into<String>, case_type: impl Into<String>) -> Self {
        self.link(index, case_type, None, false)
    }

    /// Attaches a file that goes along with the submission under this file name.
    #[must_use]
    pub fn attach(mut self, name: impl Into<String>, file_name: impl Into<String>) -> Self {
        self.files.push((name.into(), Some(file_name.into())));
        self
    }

    /// Takes a file away.
    #[must_use]
    pub fn detach(mut self, name: impl Into<String>) -> Self {
        self.files.push((name.into(), None));
        self
    }

    /// Closes the case. Nothing in Case XML opens it again.
    #[must_use]
    pub const fn close(mut self) -> Self {
        self.close = true;
        self
    }

    /// The case that the block is about.
    #[must_use]
    pub const fn case_id(&self) -> &CaseId {
        &self.case_id
    }

    /// The file names that the submission must bring along.
    pub(super) fn file_names(&self) -> impl Iterator<Item = &str> {
        self.files.iter().filter_map(|(_, file)| file.as_deref())
    }

    fn base(mut self, name: &'static str, value: String) -> Self {
        self.base.push((name, value));
        self
    }

    fn link(
        mut self,
        name: impl Into<String>,
        case_type: impl Into<String>,
        target: Option<CaseId>,
        extension: bool,
    ) -> Self {
        self.links.push(Link { name: name.into(), case_type: case_type.into(), target, extension });
        self
    }

    /// The block, or what is wrong with it.
    pub fn build(&self) -> Result<CaseBlock<'static>, BuildError> {
        check_id("case_id", self.case_id.as_str(), LONGEST_COLUMN)?;
        check_id("user_id", self.author.user.as_str(), LONGEST_COLUMN)?;
        let mut block = CaseBlock::bare(name("case"));
        block.case_id = Some(self.case_id.to_string().into());
        block.date_modified = Some(Timestamp::from_datetime(&self.author.at));
        block.user_id = Some(self.author.user.to_string().into());
        let create = self.create_action()?.map(Action::Create);
        let update = self.update_action()?.map(Action::Update);
        let index = self.index_action()?.map(Action::Index);
        let attachment = self.attachment_action()?.map(Action::Attachment);
        let close = self.close.then(|| Action::Close(Close { tag: tag("close"), contents: Vec::new() }));
        block.actions = [create, update, index, attachment, close].into_iter().flatten().collect();
        Ok(block)
    }

    fn create_action(&self) -> Result<Option<Create<'static>>, BuildError> {
        let Some(base) = &self.create else { return Ok(None) };
        for (name, value) in base {
            check_base(name, value)?;
        }
        let properties = base.iter().map(|(name, value)| Property::new(*name, value.clone())).collect();
        Ok(Some(Create { tag: tag("create"), properties }))
    }

    fn update_action(&self) -> Result<Option<Update<'static>>, BuildError> {
        let created = self.create.iter().flatten().map(|(name, _)| *name);
        refuse_twice(created.chain(self.base.iter().map(|(name, _)| *name)), "update")?;
        refuse_twice(self.properties.iter().map(|(name, _)| name.as_str()), "update")?;
        for (name, value) in &self.base {
            check_base(name, value)?;
        }
        for (name, value) in &self.properties {
            check_property(name, value)?;
        }
        let base = self.base.iter().map(|(name, value)| Property::new(*name, value.clone()));
        let custom = self.properties.iter().map(|(name, value)| Property::new(name.clone(), value.clone()));
        let properties: Vec<_> = base.chain(custom).collect();
        Ok((!properties.is_empty()).then(|| Update { tag: tag("update"), properties }))
    }

    fn index_action(&self) -> Result<Option<Indices<'static>>, BuildError> {
        refuse_twice(self.links.iter().map(|link| link.name.as_str()), "index")?;
        let entries =
            self.links.iter().map(|link| link.build(&self.case_id)).collect::<Result<Vec<_>, _>>()?;
        Ok((!entries.is_empty()).then(|| Indices { tag: tag("index"), entries }))
    }

    fn attachment_action(&self) -> Result<Option<Attachments<'static>>, BuildError> {
        refuse_twice(self.files.iter().map(|(name, _)| name.as_str()), "attachment")?;
        let entries = self.files.iter().map(attachment).collect::<Result<Vec<_>, _>>()?;
        Ok((!entries.is_empty()).then(|| Attachments { tag: tag("attachment"), entries }))
    }
}

impl Link {
    fn build(&self, source: &CaseId) -> Result<Index<'static>, BuildError> {
        check_name(&self.name)?;
        check_column("index", &self.name)?;
        check_id("case_type of an index", &self.case_type, LONGEST_COLUMN)?;
        if let Some(target) = &self.target {
            check_id("target of an index", target.as_str(), LONGEST_COLUMN)?;
        }
        if self.target.as_ref() == Some(source) {
            return Err(BuildError::SelfIndex { case_id: source.to_string() });
        }
        let target = self.target.as_ref().map(ToString::to_string).unwrap_or_default();
        Ok(Index {
            name: self.name.clone().into(),
            case_type: Some(self.case_type.clone().into()),
            relationship: self.extension.then(|| "extension".into()),
            target: Value::Text(target.into()),
            mark: Mark::none(),
        })
    }
}

fn attachment((name, file): &(String, Option<String>)) -> Result<Attachment<'static>, BuildError> {
    check_name(name)?;
    if let Some(file) = file {
        check_present("file name of an attachment", file)?;
        check_text("file name of an attachment", file)?;
    }
    Ok(Attachment {
        name: name.clone().into(),
        src: file.clone().map(Into::into),
        from: file.is_some().then(|| "local".into()),
        file_name: None,
        content: Value::Text("".into()),
        mark: Mark::none(),
    })
}

fn check_base(name: &'static str, value: &str) -> Result<(), BuildError> {
    match name {
        "case_type" | "owner_id" => check_id(name, value, LONGEST_COLUMN),
        _ => check_column(name, value),
    }
}

fn check_property(name: &str, value: &str) -> Result<(), BuildError> {
    check_name(name)?;
    if let Ok(at) = RESERVED.binary_search_by_key(&name, |(reserved, _)| reserved) {
        return Err(BuildError::Reserved { name: name.to_owned(), instead: RESERVED[at].1 });
    }
    if name.eq_ignore_ascii_case("case") {
        return Err(BuildError::Reserved { name: name.to_owned(), instead: None });
    }
    check_text(name, value)
}

pub(super) fn check_name(name: &str) -> Result<(), BuildError> {
    if is_ncname(name) { Ok(()) } else { Err(BuildError::Name { name: name.to_owned() }) }
}

fn refuse_twice<'n>(names: impl Iterator<Item = &'n str>, within: &'static str) -> Result<(), BuildError> {
    let mut seen = std::collections::BTreeSet::new();
    for name in names {
        if !seen.insert(name) {
            return Err(BuildError::Twice { name: name.to_owned(), within });
        }
    }
    Ok(())
}

pub(super) fn name(local: &'static str) -> Name<'static> {
    Name::in_namespace(ns::CASE, local)
}

pub(super) fn tag(local: &'static str) -> Tag<'static> {
    Tag::new(name(local))
}

/// Names that mean something on the device, at CommCare HQ (case-xml.md 1.6) or in its app builder (1.15), sorted, and
/// what says the same here.
const RESERVED: &[(&str, Option<&str>)] = &[
    ("actions", None),
    ("case_id", None),
    ("case_name", Some("`rename`")),
    ("case_type", Some("`retype`")),
    ("case_type_id", Some("`retype`")),
    ("category", None),
    ("closed", Some("`close`")),
    ("closed_by", None),
    ("closed_on", None),
    ("commtrack", None),
    ("computed_", None),
    ("computed_modified_on_", None),
    ("create", None),
    ("current_status", None),
    ("date", None),
    ("date-opened", Some("`date_opened`")),
    ("date_modified", None),
    ("date_opened", Some("`date_opened`")),
    ("doc_type", None),
    ("domain", None),
    ("external-id", Some("`external_id`")),
    ("external_id", Some("`external_id`")),
    ("hq_user_id", None),
    ("index", None),
    ("indices", None),
    ("initial_processing_complete", None),
    ("last_modified", None),
    ("location_id", None),
    ("modified_by", None),
    ("modified_on", None),
    ("name", Some("`rename`")),
    ("opened_by", None),
    ("opened_on", Some("`date_opened`")),
    ("owner_id", Some("`assign`")),
    ("parent", None),
    ("patient_type", None),
    ("referrals", None),
    ("server_modified_on", None),
    ("server_opened_on", None),
    ("state", None),
    ("status", None),
    ("type", Some("`retype`")),
    ("user_id", None),
    ("userid", None),
    ("version", None),
    ("xform_id", None),
    ("xform_ids", None),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn author() -> Author {
        Author::new("U", DateTime::parse_from_rfc3339("2024-05-01T12:00:00.5+05:30").unwrap())
    }

    fn everything() -> NewCase {
        NewCase::create("C", "patient", "Amina", "O", &author())
            .close()
            .attach("photo", "a.jpg")
            .child_of("parent", "household", "H")
            .extension_of("host", "clinic", "K")
            .property("a", "1")
            .external_id("X")
            .date_opened(NaiveDate::from_ymd_opt(2024, 4, 30).unwrap())
    }

    fn written(new: &NewCase) -> String {
        new.build().unwrap().write().unwrap()
    }

    fn refusal(new: NewCase) -> String {
        new.build().unwrap_err().to_string()
    }

    fn update() -> NewCase {
        NewCase::update("C", &author())
    }

    /// C-001: the block is in the Case XML 2.0 namespace itself, and so is everything in it.
    /// C-003: case_id, date_modified and user_id are attributes without namespace.
    /// C-005: the order is create, update, index, attachment, close, each once, whatever the order of the calls.
    /// C-006: create holds exactly case_type, case_name and owner_id.
    /// C-007: external_id and date_opened go to update.
    /// C-008: date_opened is a plain date.
    /// C-010: every index entry has a case_type.
    /// C-011: relationship is omitted or `extension`.
    /// C-014: values are text leaves without attributes.
    #[test]
    fn a_block_with_everything_is_in_the_canonical_shape() {
        insta::assert_snapshot!(written(&everything()).replace("><", ">\n<"), @r#"
        <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="C" date_modified="2024-05-01T12:00:00.500+05:30" user_id="U">
        <create>
        <case_type>patient</case_type>
        <case_name>Amina</case_name>
        <owner_id>O</owner_id>
        </create>
        <update>
        <external_id>X</external_id>
        <date_opened>2024-04-30</date_opened>
        <a>1</a>
        </update>
        <index>
        <parent case_type="household">H</parent>
        <host case_type="clinic" relationship="extension">K</host>
        </index>
        <attachment>
        <photo src="a.jpg" from="local"/>
        </attachment>
        <close/>
        </case>
        "#);
    }

    #[test]
    fn a_built_block_reads_back_as_it_was_built() {
        let block = everything().build().unwrap();
        assert_eq!(CaseBlock::read(&block.write().unwrap()).unwrap(), block);
    }

    /// C-009: an action with nothing in it is not written.
    #[test]
    fn what_is_not_said_is_not_written() {
        let block = update().build().unwrap();
        assert!(block.actions.is_empty());
        let block = NewCase::create("C", "t", "n", "o", &author()).build().unwrap();
        assert_eq!(block.actions.len(), 1);
    }

    /// C-006: the owner is not empty.
    #[test]
    fn a_case_that_nobody_owns_is_refused() {
        assert_eq!(refusal(NewCase::create("C", "t", "n", " ", &author())), "`owner_id` is blank");
        assert_eq!(refusal(update().assign("")), "`owner_id` is blank");
        assert_eq!(refusal(NewCase::create("C", "", "n", "o", &author())), "`case_type` is blank");
        assert_eq!(refusal(NewCase::update("", &author())), "`case_id` is blank");
    }

    /// C-010: also a removal has a case_type.
    #[test]
    fn a_removal_names_the_type_of_what_it_removes() {
        assert!(
            written(&update().unlink("parent", "household")).contains(r#"<parent case_type="household"/>"#)
        );
        assert_eq!(refusal(update().unlink("parent", "")), "`case_type of an index` is blank");
    }

    /// C-012: an index target has no white space around it.
    /// C-013: no case is linked to itself.
    #[test]
    fn odd_targets_are_refused() {
        assert_eq!(
            refusal(update().child_of("parent", "t", " P")),
            "`target of an index` has white space around it: ` P`"
        );
        assert_eq!(refusal(update().child_of("parent", "t", "C")), "case `C` cannot be linked to itself");
    }

    /// C-015: no property and no index name comes twice.
    #[test]
    fn doubled_names_are_refused() {
        assert_eq!(refusal(update().property("a", "1").property("a", "2")), "`a` is given twice in `update`");
        assert_eq!(refusal(everything().rename("x")), "`case_name` is given twice in `update`");
        let doubled = update().child_of("parent", "t", "P").unlink("parent", "t");
        assert_eq!(refusal(doubled), "`parent` is given twice in `index`");
        assert_eq!(refusal(update().detach("a").attach("a", "f")), "`a` is given twice in `attachment`");
    }

    /// C-016: no known or reserved name is a custom property.
    #[test]
    fn reserved_names_are_refused_with_what_to_use() {
        assert!(RESERVED.is_sorted_by_key(|(name, _)| name), "the table is searched by halving");
        for (reserved, _) in RESERVED {
            assert!(
                matches!(update().property(*reserved, "").build(), Err(BuildError::Reserved { .. })),
                "{reserved}"
            );
        }
        assert_eq!(
            refusal(update().property("parent", "")),
            "`parent` is a reserved name and cannot be a property"
        );
        assert_eq!(
            refusal(update().property("owner_id", "")),
            "`owner_id` is a reserved name and cannot be a property; use `assign`"
        );
        assert!(matches!(update().property("Case", "").build(), Err(BuildError::Reserved { .. })));
        assert!(matches!(update().property("a b", "").build(), Err(BuildError::Name { .. })));
    }

    /// C-017: type, name, owner and external id are at most 255 long by UTF-16 units, and so by code points.
    #[test]
    fn what_does_not_fit_a_column_is_refused() {
        let long = |units: usize| "é".repeat(units);
        assert!(update().rename(long(255)).build().is_ok());
        assert_eq!(
            refusal(update().rename(long(256))),
            "`case_name` is 256 long, 255 at most is stored everywhere"
        );
        assert!(
            update().external_id("😀".repeat(128)).build().is_err(),
            "256 units, though only 128 characters"
        );
        assert!(update().retype(long(256)).build().is_err());
        assert!(update().assign(long(256).as_str()).build().is_err());
    }

    /// C-018: no text is longer than 65,535 bytes of modified UTF-8.
    #[test]
    fn what_the_device_cannot_store_is_refused() {
        assert!(update().property("a", "x".repeat(65_535)).build().is_ok());
        assert!(update().property("a", "x".repeat(65_536)).build().is_err());
        assert!(
            update().property("a", "😀".repeat(10_923)).build().is_err(),
            "six bytes each in modified UTF-8"
        );
        assert_eq!(refusal(update().property("a", "\u{1}")), "`a` holds character U+0001, which XML cannot");
    }

    /// C-024: a moment as a property is written in UTC with microseconds and `Z`.
    #[test]
    fn a_moment_keeps_its_text_across_a_sync() {
        let block = update().moment("seen", &author().at).build().unwrap();
        assert_eq!(
            block.update().unwrap().property("seen").unwrap().value.text(),
            "2024-05-01T06:30:00.500000Z"
        );
    }
}
