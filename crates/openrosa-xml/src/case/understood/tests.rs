//! Pictures: a block, and beside it what the device and CommCare HQ make of it.

use chrono::{DateTime, FixedOffset};

use super::*;
use crate::{
    build::{Author, NewCase},
    ns,
};

/// The present moment of every reader here, in a zone two hours ahead of UTC.
const NOW: &str = "2024-06-01T12:00:00+02:00";

/// A block whose attributes nobody objects to.
fn block(inside: &str) -> String {
    with("case_id='C' date_modified='2024-05-01T10:00:00Z' user_id='u'", inside)
}

fn with(attributes: &str, inside: &str) -> String {
    format!("<case xmlns='{}' {attributes}>{inside}</case>", ns::CASE)
}

fn context() -> Context<'static> {
    Context::new(NOW.parse::<DateTime<FixedOffset>>().unwrap())
}

/// What a reader of a form by user `form-user` makes of a block.
fn seen(source: &str, reader: Profile) -> String {
    seen_in(source, reader, &context().with_user("form-user"))
}

fn seen_in(source: &str, reader: Profile, context: &Context<'_>) -> String {
    let block = CaseBlock::read(source).unwrap();
    match block.understood_by(reader, context) {
        Ok(Some(understood)) => picture(&understood),
        Ok(None) => "nothing".to_owned(),
        Err(refusal) => format!("{}: {refusal}", refusal.kind.exception()),
    }
}

/// Each row: what is inside the block, the device's picture, CommCare HQ's.
fn assert_seen(rows: &[(&str, &str, &str)]) {
    for (inside, device, hq) in rows {
        assert_eq!(seen(&block(inside), Profile::Device), *device, "the device reads {inside}");
        assert_eq!(seen(&block(inside), Profile::Hq), *hq, "CommCare HQ reads {inside}");
    }
}

fn picture(understood: &Understood<'_>) -> String {
    let steps = understood.steps.iter().map(step_picture);
    let warnings = understood.warnings.iter().map(|warning| match warning.kind {
        WarningKind::ActionTwice(name) => format!("! {name} twice"),
        WarningKind::UnknownAction(name) => format!("! {name} unknown"),
        WarningKind::ActionSpelling(name) => format!("! {name} misspelt"),
        WarningKind::Dropped(name) => format!("! {name} dropped"),
        WarningKind::KnownTwice(name) => format!("! known {name} twice"),
    });
    steps.chain(warnings).collect::<Vec<_>>().join("; ")
}

fn step_picture(step: &Step<'_>) -> String {
    match step {
        Step::Create(creation) => {
            let fields =
                [("type", creation.case_type), ("name", creation.case_name), ("owner", creation.owner_id)];
            let fields = fields.into_iter().filter_map(|(name, content)| Some(pair(name, content?)));
            let others = creation.others.iter().map(|setting| pair(setting.name, setting.content));
            listed("create", fields.chain(others))
        }
        Step::Update(settings) => {
            listed("update", settings.iter().map(|setting| pair(setting.name, setting.content)))
        }
        Step::Close => "close".to_owned(),
        Step::Index(links) => listed("index", links.iter().map(link_picture)),
        Step::Attachment(files) => listed("attachment", files.iter().map(file_picture)),
    }
}

fn listed(what: &str, items: impl Iterator<Item = String>) -> String {
    std::iter::once(what.to_owned()).chain(items).collect::<Vec<_>>().join(" ")
}

fn pair(name: &str, content: Content<'_>) -> String {
    match content {
        Content::Text(text) => format!("{name}={text:?}"),
        Content::Object(_) => format!("{name}={{}}"),
    }
}

fn link_picture(link: &Link<'_>) -> String {
    let word = match link.relationship {
        Relationship::Child => "child",
        Relationship::Extension => "extension",
        Relationship::Other(word) => word,
    };
    match link.target {
        Some(target) => format!("{}:{word}:{}->{target:?}", link.name, link.case_type.unwrap_or("?")),
        None => format!("-{}", link.name),
    }
}

fn file_picture(file: &File<'_>) -> String {
    match file.is_removal() {
        true => format!("-{}", file.name),
        false => format!("{}:{}->{:?}", file.name, file.from.unwrap_or("?"), file.src.unwrap_or("?")),
    }
}

/// C-029: CommCare HQ skips a block without any case id; one with the id as an element only is refused.
/// C-030: the device rejects a block without or with empty case_id.
#[test]
fn a_block_without_a_case_id() {
    const MISSING: &str = "InvalidStructureException: attribute `case_id` is missing or empty";
    for (attributes, inside, device, hq) in [
        ("date_modified='2024-05-01'", "<close/>", MISSING, "nothing"),
        ("date_modified='no date at all'", "<close/>", MISSING, "nothing"),
        (
            "date_modified='2024-05-01'",
            "<case_id>C</case_id>",
            MISSING,
            "CaseGenerationException: the case id must be an attribute here",
        ),
        ("case_id='' date_modified='2024-05-01'", "<close/>", MISSING, "IllegalCaseId: the case id is empty"),
        ("case_id=' ' date_modified='2024-05-01'", "<close/>", "close", "close"),
    ] {
        let source = with(attributes, inside);
        assert_eq!(seen(&source, Profile::Device), device, "{source}");
        assert_eq!(seen(&source, Profile::Hq), hq, "{source}");
    }
}

/// When each reader takes a block to have been modified.
fn modified(attributes: &str, reader: Profile) -> String {
    let source = with(attributes, "<close/>");
    let block = CaseBlock::read(&source).unwrap();
    match block.understood_by(reader, &context()) {
        Ok(understood) => understood.unwrap().modified.to_rfc3339(),
        Err(refusal) => format!("{}: {refusal}", refusal.kind.exception()),
    }
}

/// C-031: the device rejects a block without or with empty date_modified.
/// C-032: to CommCare HQ such a block was modified now.
#[test]
fn a_block_without_a_date() {
    const MISSING: &str = "InvalidStructureException: attribute `date_modified` is missing or empty";
    for attributes in ["case_id='C'", "case_id='C' date_modified=''"] {
        assert_eq!(modified(attributes, Profile::Device), MISSING);
        assert_eq!(modified(attributes, Profile::Hq), "2024-06-01T10:00:00+00:00");
    }
}

/// C-033: an unparseable date_modified is a PhoneDateValueError on CommCare HQ.
#[test]
fn a_date_that_is_none() {
    for written in ["yesterday", "2013-04-19T16:52:41.077 05:30", "2024-02-30"] {
        let attributes = format!("case_id='C' date_modified='{written}'");
        assert_eq!(
            modified(&attributes, Profile::Device),
            format!("NullPointerException: `{written}` in `date_modified` is no date to the device")
        );
        assert_eq!(
            modified(&attributes, Profile::Hq),
            format!("PhoneDateValueError: `{written}` in `date_modified` is no date to CommCare HQ")
        );
    }
    // The device stumbles over the date only when there is something to do.
    let idle = with("case_id='C' date_modified='yesterday'", "");
    assert_eq!(seen(&idle, Profile::Device), "nothing");
}

/// C-033: CommCare HQ rewrites date-times before it reads them, and has no years but Python's.
#[test]
fn a_date_is_rewritten_before_it_is_read() {
    for (written, hq) in [
        ("20260501T100000Z", "2026-05-01T10:00:00+00:00"),
        ("2026-05-01T10:00:00+14:30", "2026-04-30T19:30:00+00:00"),
        ("0000-05-01", "PhoneDateValueError: `0000-05-01` in `date_modified` is no date to CommCare HQ"),
        ("99999-01-01", "PhoneDateValueError: `99999-01-01` in `date_modified` is no date to CommCare HQ"),
    ] {
        assert_eq!(modified(&format!("case_id='C' date_modified='{written}'"), Profile::Hq), hq);
        let source = format!(
            "<f xmlns='urn:f'><case xmlns='{}' case_id='C' date_modified='{written}'/></f>",
            ns::CASE
        );
        let report = crate::check::document(&source, &crate::check::Options::default());
        let refuses = report
            .findings()
            .iter()
            .any(|finding| ["case-date-hq", "case-date-unreadable"].contains(&finding.code()));
        assert_eq!(refuses, hq.starts_with("PhoneDate"), "{written}");
    }
}

/// C-034: a date without a time is accepted; where its day begins depends on the reader's zone.
#[test]
fn a_date_without_a_time() {
    let attributes = "case_id='C' date_modified='2024-05-01'";
    assert_eq!(modified(attributes, Profile::Device), "2024-04-30T22:00:00+00:00");
    assert_eq!(modified(attributes, Profile::Hq), "2024-05-01T00:00:00+00:00");
}

#[test]
fn dates_that_the_two_read_differently() {
    for (written, device, hq) in [
        ("2024-05-01T10:00:00.000+02", "2024-05-01T08:00:00+00:00", "2024-05-01T08:00:00+00:00"),
        // Without an offset: the device's own zone, or UTC.
        ("2024-05-01T10:00:00", "2024-05-01T08:00:00+00:00", "2024-05-01T10:00:00+00:00"),
        // Inferred from code: the device keeps the calendar day when its zone crosses midnight.
        ("2024-05-01T23:30:00Z", "2024-04-30T23:30:00+00:00", "2024-05-01T23:30:00+00:00"),
        // Inferred from code: the device reads 530 hours.
        ("2024-05-01T10:00:00+0530", "2024-05-01T08:00:00+00:00", "2024-05-01T04:30:00+00:00"),
    ] {
        let attributes = format!("case_id='C' date_modified='{written}'");
        assert_eq!(modified(&attributes, Profile::Device), device, "{written}");
        assert_eq!(modified(&attributes, Profile::Hq), hq, "{written}");
    }
}

/// C-035: a missing or empty user_id is the form's meta userID on CommCare HQ; the device knows the block's only.
#[test]
fn a_block_without_a_user() {
    for (attributes, device, hq) in [
        ("user_id='u'", Some("u"), Some("u")),
        ("user_id=''", None, Some("form-user")),
        ("", None, Some("form-user")),
    ] {
        let source = with(&format!("case_id='C' date_modified='2024-05-01' {attributes}"), "<close/>");
        let block = CaseBlock::read(&source).unwrap();
        let context = context().with_user("form-user");
        let user = |reader| block.understood_by(reader, &context).unwrap().unwrap().user;
        assert_eq!((user(Profile::Device), user(Profile::Hq)), (device, hq), "{source}");
    }
}

/// C-036: the device trims property and index text, CommCare HQ keeps it.
#[test]
fn white_space_around_a_text() {
    assert_seen(&[
        ("<update><a> x y\n</a></update>", r#"update a="x y""#, r#"update a=" x y\n""#),
        ("<update><a>\t</a><b/></update>", r#"update a="" b="""#, r#"update a="\t" b="""#),
        // A no-break space is white space to nobody.
        ("<update><a>&#xA0;</a></update>", r#"update a="\u{a0}""#, r#"update a="\u{a0}""#),
        ("<index><p case_type='t'> P </p></index>", r#"index p:child:t->"P""#, r#"index p:child:t->" P ""#),
        ("<index><p case_type='t'> </p></index>", "index -p", "index -p"),
        (
            "<create><case_type> t</case_type><case_name>n </case_name><owner_id> o </owner_id></create>",
            r#"create type="t" name="n" owner="o""#,
            r#"create type=" t" name="n " owner=" o ""#,
        ),
    ]);
}

/// C-037: attributes on a property make an object of it on CommCare HQ; the device ignores them.
/// C-038: a nested element is an error to the device and an object on CommCare HQ.
#[test]
fn a_property_that_is_more_than_text() {
    assert_seen(&[
        ("<update><a unit='kg'> 12 </a></update>", r#"update a="12""#, "update a={}"),
        (
            "<update><a>1<b>2</b></a></update>",
            "XmlPullParserException: `b` stands in `a` where only text may",
            "update a={}",
        ),
        ("<update><a xmlns='urn:x'>1</a></update>", r#"update a="1""#, "update a={}"),
        // No namespace at all leaves no trace in the JSON.
        ("<update><a xmlns=''>1</a></update>", r#"update a="1""#, r#"update a="1""#),
        (
            "<index><p case_type='t'>P<b/></p></index>",
            "XmlPullParserException: `b` stands in `p` where only text may",
            r#"index p:child:t->"P""#,
        ),
    ]);
    let source = block("<update><a unit='kg'>1<b>2</b></a></update>");
    let read = CaseBlock::read(&source).unwrap();
    let context = context();
    let understood = read.understood_by(Profile::Hq, &context).unwrap().unwrap();
    let [Step::Update(settings)] = &understood.steps[..] else { panic!("{understood:?}") };
    let Content::Object(object) = settings[0].content else { panic!("{settings:?}") };
    assert_eq!((object.attribute("unit"), object.text().as_ref()), (Some("kg"), "1"));
    assert_eq!(object.child("b").unwrap().text(), "2");
}

/// C-039: two update elements in one block contribute nothing on CommCare HQ, and the reader warns of it.
#[test]
fn an_action_that_stands_twice() {
    assert_seen(&[
        (
            "<update><a>1</a></update><update><b>2</b></update>",
            r#"update a="1"; update b="2""#,
            "update; ! update twice",
        ),
        (
            "<index><p case_type='t'>P</p></index><index/>",
            r#"index p:child:t->"P"; index"#,
            "index; ! index twice",
        ),
        ("<close/><close/>", "close; close", "close"),
    ]);
    let twice = block("<update/>\n<update><b/></update>");
    let read = CaseBlock::read(&twice).unwrap();
    let context = context();
    let warning = read.understood_by(Profile::Hq, &context).unwrap().unwrap().warnings[0].clone();
    let span = warning.mark.span().unwrap();
    assert_eq!(&twice[span.start as usize..span.end as usize], "<update><b/></update>");
}

/// C-040: an empty create, update, index or attachment element is no such action on CommCare HQ; an empty close closes.
#[test]
fn an_action_with_nothing_in_it() {
    assert_seen(&[
        ("<create/>", "InvalidStructureException: `create` has no `case_type`", ""),
        ("<update/>", "update", ""),
        ("<index/><attachment></attachment>", "index; attachment", ""),
        ("<close/>", "close", "close"),
        // White space is something to CommCare HQ, though it sets nothing.
        ("<update>\n</update>", "update", "update"),
        ("<create> </create>", "InvalidStructureException: `create` has no `case_type`", "create"),
    ]);
}

const CREATE: &str = "<case_type>t</case_type><case_name>n</case_name><owner_id>o</owner_id>";

/// C-041: a fourth kind of child of create is an error to the device.
#[test]
fn a_create_with_more_than_it_may_hold() {
    assert_seen(&[
        (
            &format!("<create>{CREATE}<external_id>x</external_id></create>"),
            "InvalidStructureException: `external_id` stands in `create`, which takes `case_type`, `case_name` \
             and `owner_id` only",
            r#"create type="t" name="n" owner="o" external_id="x""#,
        ),
        (
            &format!("<create>{CREATE}<village>Kibaha</village></create>"),
            "InvalidStructureException: `village` stands in `create`, which takes `case_type`, `case_name` \
             and `owner_id` only",
            r#"create type="t" name="n" owner="o"; ! village dropped"#,
        ),
        (
            &format!("<create>{CREATE}</create>"),
            r#"create type="t" name="n" owner="o""#,
            r#"create type="t" name="n" owner="o""#,
        ),
    ]);
}

/// C-042: a create without a case_type or case_name element is an error to the device; empty text is not.
#[test]
fn a_create_with_less_than_it_must_hold() {
    assert_seen(&[
        (
            "<create><case_name>n</case_name></create>",
            "InvalidStructureException: `create` has no `case_type`",
            r#"create name="n""#,
        ),
        (
            "<create><case_type>t</case_type></create>",
            "InvalidStructureException: `create` has no `case_name`",
            r#"create type="t""#,
        ),
        (
            "<create><case_type/><case_name/></create>",
            r#"create type="" name="" owner="u""#,
            r#"create type="" name="""#,
        ),
    ]);
}

/// C-043: an owner that is empty after the fallback is an error to the device.
#[test]
fn a_create_without_an_owner() {
    const NOBODY: &str = "InvalidStructureException: `create` gives the case no owner";
    let named = "<case_type>t</case_type><case_name>n</case_name>";
    for (user, owner, device, hq) in [
        ("user_id='u'", "", r#"create type="t" name="n" owner="u""#, r#"create type="t" name="n""#),
        ("user_id='u'", "<owner_id/>", NOBODY, r#"create type="t" name="n" owner="""#),
        ("user_id='u'", "<owner_id> </owner_id>", NOBODY, r#"create type="t" name="n" owner=" ""#),
        ("user_id=''", "", NOBODY, r#"create type="t" name="n""#),
        ("", "", NOBODY, r#"create type="t" name="n""#),
        (
            "",
            "<owner_id>-</owner_id>",
            r#"create type="t" name="n" owner="-""#,
            r#"create type="t" name="n" owner="-""#,
        ),
    ] {
        let attributes = format!("case_id='C' date_modified='2024-05-01' {user}");
        let source = with(&attributes, &format!("<create>{named}{owner}</create>"));
        assert_eq!(seen(&source, Profile::Device), device, "{source}");
        assert_eq!(seen(&source, Profile::Hq), hq, "{source}");
    }
}

#[test]
fn on_commcare_hq_the_user_owns_what_nobody_does() {
    let source = block(&format!("<create>{CREATE}</create>"));
    let block = CaseBlock::read(&source).unwrap();
    let context = context();
    let owner = |reader| block.understood_by(reader, &context).unwrap().unwrap().owner_if_none(reader);
    assert_eq!((owner(Profile::Device), owner(Profile::Hq)), (None, Some("u")));
}

/// C-045: relationship "" is an error to the device and a child on CommCare HQ.
#[test]
fn relationships_in_every_spelling() {
    assert_seen(&[
        (
            "<index><p case_type='t' relationship=''>P</p></index>",
            "InvalidStructureException: index `p` has an empty `relationship`",
            r#"index p:child:t->"P""#,
        ),
        (
            "<index><p case_type='t'>P</p><q case_type='t' relationship='extension'>Q</q></index>",
            r#"index p:child:t->"P" q:extension:t->"Q""#,
            r#"index p:child:t->"P" q:extension:t->"Q""#,
        ),
        (
            "<index><p case_type='t' relationship='question'>P</p></index>",
            r#"index p:question:t->"P""#,
            "KeyError: index `p` has relationship `question`, which is neither `child` nor `extension`",
        ),
        ("<index><p case_type='t' relationship='question'/></index>", "index -p", "index -p"),
    ]);
}

/// C-046: an index child without case_type is an error on CommCare HQ even when empty.
#[test]
fn a_link_without_a_type() {
    assert_seen(&[
        (
            "<index><p>P</p></index>",
            r#"index p:child:?->"P""#,
            "CaseGenerationException: index `p` has no `case_type`",
        ),
        ("<index><p/></index>", "index -p", "CaseGenerationException: index `p` has no `case_type`"),
        ("<index><p case_type=''>P</p></index>", r#"index p:child:->"P""#, r#"index p:child:->"P""#),
        // Inferred from code: a namespace of its own is one entry more.
        (
            "<index xmlns='urn:x'><p case_type='t'>P</p></index>",
            r#"index p:child:t->"P""#,
            "CaseGenerationException: index `@xmlns` has no `case_type`",
        ),
        (
            "<index><p case_type='t'>P</p><p case_type='t'>Q</p></index>",
            r#"index p:child:t->"P" p:child:t->"Q""#,
            "CaseGenerationException: index `p` stands twice in one block",
        ),
    ]);
}

/// C-120: property names compare case-sensitively; action names ignore case on the device only.
#[test]
fn names_in_other_letters() {
    assert_seen(&[
        ("<Update><A>1</A><a>2</a></Update>", r#"update A="1" a="2""#, "! Update misspelt"),
        ("<CLOSE/><update><a/></update>", r#"close; update a="""#, r#"update a=""; ! CLOSE misspelt"#),
        (
            "<create><Case_Type>t</Case_Type></create>",
            "InvalidStructureException: `Case_Type` stands in `create`, which takes `case_type`, `case_name` \
             and `owner_id` only",
            "create; ! Case_Type dropped",
        ),
        ("<update><Case_Name>n</Case_Name></update>", r#"update Case_Name="n""#, r#"update Case_Name="n""#),
    ]);
    let capital = "<Case xmlns='http://commcarehq.org/case/transaction/v2' case_id='C' date_modified='2024-05-01'><close/></Case>";
    assert_eq!(seen(capital, Profile::Device), "close");
    assert_eq!(seen(capital, Profile::Hq), "nothing");
}

/// The rows of case-xml.md 4.8 that are about reading. Those about dates and users stand in tests of their own above;
/// that CommCare HQ rewrites date-times in texts belongs to the JSON it makes of forms, and the rest to state.
#[test]
fn the_disagreements_at_a_glance() {
    assert_seen(&[
        // empty block
        ("", "nothing", ""),
        // action order
        (
            "<close/><attachment><f src='f.jpg' from='local'/></attachment><index><p case_type='t'>P</p></index>\
             <update><a>1</a></update>",
            r#"close; attachment f:local->"f.jpg"; index p:child:t->"P"; update a="1""#,
            r#"update a="1"; close; index p:child:t->"P"; attachment f:local->"f.jpg""#,
        ),
        // external_id in create
        (
            &format!("<create>{CREATE}<external_id>x</external_id></create>"),
            "InvalidStructureException: `external_id` stands in `create`, which takes `case_type`, `case_name` \
             and `owner_id` only",
            r#"create type="t" name="n" owner="o" external_id="x""#,
        ),
        // empty owner in create; empty owner in update
        (
            "<create><case_type>t</case_type><case_name>n</case_name><owner_id/></create>",
            "InvalidStructureException: `create` gives the case no owner",
            r#"create type="t" name="n" owner="""#,
        ),
        ("<update><owner_id/></update>", r#"update owner_id="""#, r#"update owner_id="""#),
        // surrounding white space
        ("<update><a> x </a></update>", r#"update a="x""#, r#"update a=" x ""#),
        // nested or attributed property
        (
            "<update><a><b/></a></update>",
            "XmlPullParserException: `b` stands in `a` where only text may",
            "update a={}",
        ),
        ("<update><a b='1'/></update>", r#"update a="""#, "update a={}"),
        // index without case_type
        (
            "<index><p>P</p></index>",
            r#"index p:child:?->"P""#,
            "CaseGenerationException: index `p` has no `case_type`",
        ),
        // self index
        (
            "<index><p case_type='t'> C </p></index>",
            "ActionableInvalidStructureException: case `C` names itself in index `p`",
            r#"index p:child:t->" C ""#,
        ),
        // block nested in block: the inner end tag ends the outer block on the device
        (
            "<case case_id='D'><update><a>1</a></update></case><close/>",
            r#"update a="1""#,
            "close; ! case unknown",
        ),
    ]);
}

/// C-049: to CommCare HQ a block with an unknown namespace of its own is an error.
/// C-050: the version goes by the namespace of the block itself, whatever the form's is.
#[test]
fn a_block_in_a_foreign_or_no_namespace() {
    const FOREIGN: &str = "CaseGenerationException: namespace `urn:x` is not that of case blocks";
    const V1: &str = "VersionNotSupported: the block has no namespace of its own, so it is Case XML 1.0, which is \
                      no longer taken";
    const NO_ELEMENT: &str = "CaseGenerationException: the case id must be an element here";
    for (namespace, parent, inside, hq) in [
        (ns::CASE, "urn:x", "<close/>", "close"),
        ("urn:x", "", "<close/>", FOREIGN),
        ("urn:x", "urn:x", "<close/>", NO_ELEMENT),
        ("urn:x", "urn:x", "<case_id/><close/>", V1),
        ("", "urn:x", "<close/>", NO_ELEMENT),
        // A block that inherits the right namespace shows none of its own (1.1, inferred from code).
        (ns::CASE, ns::CASE, "<close/>", NO_ELEMENT),
    ] {
        let source =
            format!("<case xmlns='{namespace}' case_id='C' date_modified='2024-05-01'>{inside}</case>");
        let context = context().inside(parent);
        assert_eq!(seen_in(&source, Profile::Device, &context), "close", "{source}");
        assert_eq!(seen_in(&source, Profile::Hq, &context), hq, "{source} in {parent}");
    }
}

#[test]
fn the_device_looks_inside_what_it_does_not_know() {
    assert_seen(&[
        (
            "<x><Update><a> 1 </a></Update><y><close/></y></x><close/>",
            r#"update a="1"; close; close"#,
            "close; ! x unknown",
        ),
        ("<close><update><a>1</a></update></close>", r#"close; update a="1""#, "close"),
        ("<x><case><y/></case></x><update><a>1</a></update>", "nothing", r#"update a="1"; ! x unknown"#),
        (
            "<x><index><p case_type='t' relationship='extension'>P</p></index></x>",
            r#"index p:extension:t->"P""#,
            "! x unknown",
        ),
        ("<x><attachment><f/></attachment></x>", "attachment -f", "! x unknown"),
    ]);
}

#[test]
fn text_where_only_elements_may_stand() {
    assert_seen(&[
        (
            "loose<close/>",
            "NullPointerException: text `loose` stands in `case` where only elements may",
            "close",
        ),
        (
            "<update>loose<a>1</a></update>",
            "NullPointerException: text `loose` stands in `update` where only elements may",
            r#"update a="1""#,
        ),
        // So a single leaf that the device does not know is enough.
        (
            "<note>seen</note><close/>",
            "NullPointerException: text `seen` stands in `note` where only elements may",
            "close; ! note unknown",
        ),
        ("\n  <x>\n  <close/>\n </x>\n", "close", "! x unknown"),
        (
            "<x>\n loose <close/></x>",
            "NullPointerException: text `loose` stands in `x` where only elements may",
            "! x unknown",
        ),
    ]);
}

#[test]
fn the_device_does_not_look_at_the_namespace_of_an_attribute() {
    let source = with(
        "xmlns:p='urn:p' p:case_id='C' p:date_modified='2024-05-01'",
        "<index><i p:case_type='t' p:relationship='extension'>P</i></index>",
    );
    assert_eq!(seen(&source, Profile::Device), r#"index i:extension:t->"P""#);
    assert_eq!(seen(&source, Profile::Hq), "nothing");
}

#[test]
fn a_property_that_stands_twice() {
    assert_seen(&[
        ("<update><a>1</a><b/><a>2</a></update>", r#"update a="1" b="" a="2""#, r#"update b="" a="2""#),
        (
            "<update><case_name>1</case_name><case_name>2</case_name></update>",
            r#"update case_name="1" case_name="2""#,
            r#"update case_name="2"; ! known case_name twice"#,
        ),
    ]);
}

#[test]
fn what_commcare_hq_drops_or_puts_first() {
    assert_seen(&[(
        "<update><name>x</name><case_id>D</case_id><date_modified/><case_name>n</case_name></update>",
        r#"update name="x" case_id="D" date_modified="" case_name="n""#,
        r#"update case_name="n" name="x"; ! case_id dropped; ! date_modified dropped"#,
    )]);
}

#[test]
fn files_and_their_removal() {
    assert_seen(&[(
        "<attachment><a src='a.jpg' from='local'/><b/><c name='c.jpg'/><d src='' from=''/></attachment>",
        r#"attachment a:local->"a.jpg" -b -c -d"#,
        r#"attachment a:local->"a.jpg" -b -c -d"#,
    )]);
}

#[test]
fn a_referral_is_no_longer_taken_by_commcare_hq() {
    const REFUSED: &str = "UsesReferrals: referrals are no longer taken";
    assert_seen(&[
        ("<referral><referral_id/></referral>", "nothing", REFUSED),
        ("<referral/><referral/>", "nothing", REFUSED),
        ("<referral/><close/>", "close", "close; ! referral unknown"),
    ]);
}

#[test]
fn a_refusal_names_the_place() {
    let source = block("<create><village>Kibaha</village></create>");
    let read = CaseBlock::read(&source).unwrap();
    let refusal = read.understood_by(Profile::Device, &context()).unwrap_err();
    let span = refusal.mark.span().unwrap();
    assert_eq!(&source[span.start as usize..span.end as usize], "<village>Kibaha</village>");
}

#[test]
fn what_the_builder_makes_means_the_same_to_both() {
    let author = Author::new("u", NOW.parse().unwrap());
    let built = NewCase::create("C", "patient", "Amina", "o", &author)
        .property("village", "Kibaha")
        .external_id("x")
        .child_of("parent", "household", "H")
        .attach("photo", "a.jpg")
        .close();
    let written = built.build().unwrap().write().unwrap();
    let read = CaseBlock::read(&written).unwrap();
    let context = context().with_user("somebody else");
    let sides = [Profile::Device, Profile::Hq].map(|reader| {
        let mut understood = read.understood_by(reader, &context).unwrap().unwrap();
        // Closing commutes with links and files, and where it stands is all they differ in.
        understood.steps.sort_by_key(|step| matches!(step, Step::Close));
        understood
    });
    assert_eq!(sides[0], sides[1]);
    assert_eq!(sides[0].modified.fixed_offset(), context.now);
    assert_eq!(sides[0].warnings, []);
}
