//! What is found in a form, and what is not.

use proptest::prelude::*;

use super::*;

/// Elements in each other, of the names and namespaces that matter and of others.
fn elements() -> impl Strategy<Value = String> {
    const LEAVES: [&str; 12] = [
        "1",
        "&amp;",
        "<q>1</q>",
        "<q/>",
        "<q a='1'/>",
        "<instanceID>i</instanceID>",
        "<case/>",
        "<case case_id='c'/>",
        "<case_id>c</case_id>",
        "<balance/>",
        "<l:balance entity-id='e'/>",
        "<Meta/>",
    ];
    const AROUND: [(&str, &str); 10] = [
        ("<q>", "</q>"),
        ("<q> ", "</q >"),
        ("<case>", "</case>"),
        ("<case case_id='c' date_modified='d'>", "</case>"),
        ("<meta>", "</meta>"),
        ("<q xmlns=''>", "</q>"),
        ("<x:q xmlns='http://commcarehq.org/ledger/v1'>", "</x:q>"),
        ("<x:q xmlns='http://code.javarosa.org/devicereport'><q>", "</q></x:q>"),
        ("<r:q xmlns:r='http://code.javarosa.org/devicereport'>", "</r:q>"),
        ("<x:q xmlns='http://commcarehq.org/case/transaction/v2'>", "</x:q>"),
    ];
    let leaf = prop::sample::select(&LEAVES[..]).prop_map(str::to_owned);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let inside = prop::collection::vec(inner, 0..4).prop_map(|inside| inside.concat());
        (prop::sample::select(&AROUND[..]), inside)
            .prop_map(|((start, end), inside)| [start, &inside, end].concat())
    })
}

proptest! {
    /// Comments mean nothing, and before every tag they leave nothing that could be passed over.
    #[test]
    fn what_is_passed_over_holds_nothing(inside in elements()) {
        let source = format!("<data xmlns:x='u' xmlns:l='http://commcarehq.org/ledger/v1'>{inside}</data>");
        let commented = source.replace('<', "<!----><");
        let (short, long) = (Instance::read(&source), Instance::read(&commented));
        let found = |instance: Instance<'_>| {
            let metas: Vec<_> = instance.metas().map(|meta| {
                let fields = meta.fields.iter().map(|field| (field.name.clone().into_owned(), field.value.text().into_owned()));
                (meta.depth, fields.collect::<Vec<_>>())
            }).collect();
            let id = instance.instance_id().map(|id| id.as_written().to_owned());
            let cases: Vec<_> = instance.cases().iter().map(|case| (case.in_device_report, case.block.actions.len())).collect();
            let ledgers: Vec<_> = instance.ledgers().iter().map(|ledger| (ledger.in_device_report, ledger.in_case)).collect();
            (metas, id, cases, instance.legacy_cases().len(), ledgers)
        };
        prop_assert_eq!(short.map(found).ok(), long.map(found).ok());
    }
}

proptest! {
    /// What is read for its heading says the same of itself, and is wrong where it is wrong when all of it is read.
    #[test]
    fn a_heading_is_that_of_the_instance(
        inside in elements(),
        root in prop::sample::select(&["data", "case", "case case_id='c'", "meta", "Meta", "l:balance", "instanceID"][..]),
        spoiled in prop::option::of(any::<prop::sample::Index>()),
        text in 1_usize..1_000,
    ) {
        let name = root.split(' ').next().unwrap();
        let mut source = format!("<{root} xmlns:x='u' xmlns:l='http://commcarehq.org/ledger/v1'>{inside}</{name}>");
        if let Some(at) = spoiled {
            source.remove(at.index(source.len()));
        }
        let limits = Limits { text, depth: 6, elements: 12, ..Limits::default() };
        let whole = Instance::read_within(&source, &limits);
        let heading = Heading::read_within(&source, &limits);
        prop_assert_eq!(heading.as_ref().err(), whole.as_ref().err());
        if let (Ok(heading), Ok(instance)) = (heading, whole) {
            prop_assert_eq!(heading, instance.heading().clone());
        }
    }
}

/// In a document that is no longer than a text may be, no text is too long.
#[test]
fn the_limit_of_texts_holds_for_what_is_passed_over() {
    let limits = Limits { text: 60, ..Limits::default() };
    let read = |length: usize| {
        let value = "x".repeat(length);
        let source = format!("<data><case case_id='c'><update><a>{value}</a></update></case></data>");
        (Heading::read_within(&source, &limits).is_ok(), Instance::read_within(&source, &limits).is_ok())
    };
    assert_eq!([read(5), read(60), read(61)], [(true, true), (true, true), (false, false)]);
}

#[test]
fn a_case_block_that_is_the_whole_document_may_hold_a_ledger() {
    let source =
        "<case case_id='c'><update><a><balance xmlns='http://commcarehq.org/ledger/v1'/></a></update></case>";
    let instance = Instance::read(source).unwrap();
    assert_eq!((instance.cases().len(), instance.ledgers().len()), (1, 1));
    assert!(instance.ledgers()[0].in_case);
}

fn read(source: &str) -> Instance<'_> {
    Instance::read(source).unwrap()
}

fn id(source: &str) -> Option<String> {
    read(source).instance_id().map(|id| id.as_written().to_owned())
}

/// any prefix works, and names are found by local name where the namespace is odd.
#[test]
fn meta_is_found_under_any_prefix_and_namespace() {
    for meta in [
        "<meta><instanceID>i</instanceID></meta>",
        "<x:meta xmlns:x='http://openrosa.org/xforms'><x:instanceID>i</x:instanceID></x:meta>",
        "<m xmlns:y='urn:other'/><y:meta xmlns:y='urn:other'><instanceID>i</instanceID></y:meta>",
    ] {
        assert_eq!(id(&format!("<data>{meta}</data>")).as_deref(), Some("i"), "{meta}");
    }
}

/// meta is a direct child, `Meta` too; at any depth on request.
#[test]
fn a_deeper_meta_counts_only_on_request() {
    let nested = read("<data><g><meta><instanceID>deep</instanceID></meta></g></data>");
    assert!(nested.meta().is_none());
    assert_eq!(nested.meta_at_any_depth().unwrap().text("instanceID").as_deref(), Some("deep"));
    assert_eq!(id("<data><Meta><instanceID>old</instanceID></Meta></data>").as_deref(), Some("old"));
}

/// meta/instanceID, then meta/uid, then the root's child, then the root's attribute, then nothing.
#[test]
fn the_instance_id_is_looked_for_in_order() {
    let all = "<data instanceID='4'><instanceID>3</instanceID><meta><uid>2</uid><instanceID>1</instanceID></meta></data>";
    assert_eq!(id(all).as_deref(), Some("1"));
    assert_eq!(id(&all.replace("<instanceID>1</instanceID>", "")).as_deref(), Some("2"));
    assert_eq!(id("<data instanceID='4'><instanceID>3</instanceID><meta/></data>").as_deref(), Some("3"));
    assert_eq!(id("<data instanceID='4'><meta/></data>").as_deref(), Some("4"));
    assert_eq!(id("<data><meta/></data>"), None);
}

/// the raw and the trimmed value are both there, and equality uses the trimmed one.
#[test]
fn white_space_around_an_id_is_kept_but_does_not_count() {
    let instance = read("<data><meta><instanceID> a&#10;</instanceID></meta></data>");
    let written = instance.instance_id().unwrap();
    assert_eq!((written.as_written(), written.trimmed()), (" a\n", "a"));
    assert_eq!(written, InstanceIdText::new("a"));
    assert_ne!(written, InstanceIdText::new("A"));
}

/// references are resolved in ids, versions and names alike.
#[test]
fn references_are_resolved_everywhere() {
    let instance = read(
        "<data id='a&amp;b' version='&lt;1&#x3E;' name='&quot;'><meta><instanceID>c&amp;d</instanceID></meta></data>",
    );
    let key = instance.form_key();
    assert_eq!((key.id.as_deref(), key.version.as_deref()), (Some("a&b"), Some("<1>")));
    assert_eq!(instance.root().attribute("name"), Some("\""));
    assert_eq!(instance.instance_id().unwrap().as_written(), "c&d");
}

/// `@id` in any namespace, else the root's namespace; version likewise; absent is not empty.
#[test]
fn a_form_is_known_by_id_or_namespace_and_version() {
    let key = |source| {
        let instance = read(source).into_owned();
        let key = instance.form_key();
        (key.id.map(Cow::into_owned), key.version.map(Cow::into_owned))
    };
    let owned = |id: Option<&str>, version: Option<&str>| (id.map(Into::into), version.map(Into::into));
    assert_eq!(key("<data xmlns='urn:x' id='f' version=''/>"), owned(Some("f"), Some("")));
    assert_eq!(key("<data xmlns='urn:x'/>"), owned(Some("urn:x"), None));
    assert_eq!(key("<data xmlns:o='urn:o' o:id='f' o:version='2'/>"), owned(Some("f"), Some("2")));
    assert_eq!(key("<data xmlns:o='urn:o' o:id='g' id='f'/>"), owned(Some("f"), None));
    assert_eq!(key("<data/>"), owned(None, None));
}

/// C-026: blocks are found at any depth, in repeats, several for one case, in document order.
#[test]
fn blocks_are_found_wherever_they_stand() {
    let case = |id: &str| format!("<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='{id}'/>");
    let source = format!(
        "<data><r>{}</r><q/><r><g>{}</g></r>{}<meta><x>{}</x>{}</meta></data>",
        case("1"),
        case("2"),
        case("1"),
        case("3"),
        case("4"),
    );
    let instance = read(&source);
    let ids: Vec<_> = instance.cases().iter().filter_map(|found| found.block.case_id.as_deref()).collect();
    assert_eq!(ids, ["1", "2", "1", "3", "4"]);
}

#[test]
fn a_group_called_case_is_not_a_block_but_may_hold_one() {
    let instance = read("<data><case><q/><case case_id='C'/></case></data>");
    assert_eq!(instance.cases().len(), 1);
}

/// C-027: a block inside a block is not a block of its own.
#[test]
fn a_block_is_not_searched_for_further_blocks() {
    let instance = read("<data><case case_id='outer'><case case_id='inner'><close/></case></case></data>");
    assert_eq!(instance.cases().len(), 1);
    assert_eq!(instance.cases()[0].block.case_id.as_deref(), Some("outer"));
}

#[test]
fn a_block_comes_with_the_namespace_around_it() {
    let v2 = ns::CASE;
    let source = format!(
        "<p:data xmlns:p='urn:p'><case xmlns='{v2}' xmlns:p='urn:q' case_id='1'/>\
         <g xmlns='{v2}'><case case_id='2'/></g><g><case case_id='3'/></g></p:data>"
    );
    let instance = read(&source);
    let around: Vec<_> = instance.cases().iter().map(|found| found.parent_namespace.as_deref()).collect();
    assert_eq!(around, [Some("urn:p"), Some(v2), None]);
}

/// C-028: a block under a device log is told apart, and one after it is not.
#[test]
fn blocks_of_a_device_log_are_marked() {
    let instance = read(
        "<data><log xmlns='http://code.javarosa.org/devicereport'><a><case case_id='1'/></a></log><case case_id='2'/></data>",
    );
    let marked: Vec<_> = instance.cases().iter().map(|found| found.in_device_report).collect();
    assert_eq!(marked, [true, false]);
}

/// C-051: ledgers are found by their namespace at any depth, in case blocks and metadata too.
#[test]
fn ledgers_are_found_wherever_they_stand() {
    let l = ns::LEDGER;
    let source = format!(
        "<data xmlns:l='{l}'><l:balance entity-id='1'/><g><g><n:transfer xmlns:n='{l}' src='2'/></g></g>\
         <balance entity-id='no'/><case case_id='C'><update><l:balance entity-id='3'/></update><x>\
         <balance xmlns='{l}' entity-id='4'><entry/></balance></x></case><meta><l:balance/></meta>\
         <log xmlns='{}'><l:balance entity-id='6'/></log><l:other/></data>",
        ns::DEVICE_REPORT
    );
    let instance = read(&source);
    let found: Vec<_> = instance
        .ledgers()
        .iter()
        .map(|found| {
            let id = match &found.block {
                Ledger::Balance(balance) => balance.entity_id.as_deref().unwrap_or("none"),
                Ledger::Transfer(transfer) => transfer.src.as_deref().unwrap_or("none"),
                Ledger::Other(_) => "other",
            };
            (id, found.in_case, found.in_device_report)
        })
        .collect();
    let (inside, log) = (true, true);
    assert_eq!(
        found,
        [
            ("1", false, false),
            ("2", false, false),
            ("3", inside, false),
            ("4", inside, false),
            ("none", false, false),
            ("6", false, log),
            ("other", false, false)
        ]
    );
    let Ledger::Balance(balance) = &instance.ledgers()[3].block else { panic!() };
    let span = balance.tag.mark.span().unwrap();
    assert!(source[span.start as usize..].starts_with("<balance xmlns="));
    assert_eq!(instance.clone().into_owned(), instance);
}

/// C-050: each block has its own version; a group without an id is neither, and may hold either.
/// C-049: a block in a namespace of its own is told apart, as an error to CommCare HQ.
#[test]
fn each_block_has_its_own_version() {
    let instance = read(
        "<data xmlns='urn:f'><case><case_id>1</case_id></case><case><case><case_id>2</case_id><case><case_id>in 2</case_id></case>\
         </case><q><case_id>no</case_id></q><case case_id='3'/></case><case xmlns='urn:own'><a/><case_id/></case>\
         <case xmlns='http://commcarehq.org/case/transaction/v2'><case_id>5</case_id></case>\
         <case><a><case_id/></a></case></data>",
    );
    let old: Vec<_> = instance
        .legacy_cases()
        .iter()
        .map(|found| (found.block.case_id().unwrap_or_default().into_owned(), found.own_namespace()))
        .collect();
    let own = |id: &str, namespace| (id.to_owned(), namespace);
    assert_eq!(old, [own("1", None), own("2", None), own("", Some("urn:own"))]);
    let new: Vec<_> = instance.cases().iter().map(|found| found.block.case_id.as_deref()).collect();
    assert_eq!(new, [Some("3"), None]);
    assert_eq!(instance.clone().into_owned(), instance);
}

#[test]
fn old_blocks_of_a_device_log_are_marked_and_ledgers_in_old_blocks_are_found() {
    let instance = read(
        "<data><log xmlns='http://code.javarosa.org/devicereport'><case><case_id>1</case_id></case></log>\
         <case><case_id>2</case_id><l:balance xmlns:l='http://commcarehq.org/ledger/v1' entity-id='2'/></case></data>",
    );
    let marked: Vec<_> = instance.legacy_cases().iter().map(|found| found.in_device_report).collect();
    assert_eq!(marked, [true, false]);
    assert!(instance.ledgers().len() == 1 && instance.ledgers()[0].in_case);
}

/// Inside the group an element without a prefix is a question; after its end it is a ledger, whose name alone says so.
#[test]
fn a_ledger_is_found_after_a_group_that_declared_another_namespace() {
    let source = "<f:data xmlns:f='urn:f' xmlns='http://commcarehq.org/ledger/v1'><a xmlns='urn:x'><b>1</b></a>\
         <balance><entry/></balance></f:data>";
    assert_eq!(read(source).ledgers().len(), 1);
}

/// C-029: whatever stands around a group called `case`, CommCare HQ does not look into it; it looks into the root.
#[test]
fn a_group_called_case_hides_what_is_inside() {
    let source = "<case><Case><a><case><x><case case_id='a'/><q/></x></case></a><b><case case_id='b'/></b></Case>\
         <g><case><case><case_id/></case></case></g><case case_id='c'/></case>";
    let instance = Instance::read(source).unwrap();
    let cases: Vec<_> = instance
        .cases()
        .iter()
        .map(|found| (found.block.case_id.as_deref().unwrap(), found.in_case_group))
        .collect();
    assert_eq!(cases, [("a", true), ("b", false), ("c", false)]);
    let legacy: Vec<_> = instance.legacy_cases().iter().map(|found| found.in_case_group).collect();
    assert_eq!(legacy, [true]);
    assert!(instance.device_cases().iter().all(|found| !found.in_case_group));
}

/// C-054: what is a block to the device alone is in a list of its own, the outermost of several, and the root is none.
#[test]
fn a_block_to_the_device_alone_is_found_beside_the_others() {
    let source = "<case xmlns='urn:f'><CASE case_id='a'><Case/><case case_id='b'/></CASE><g><case><x/></case></g></case>";
    let instance = Instance::read(source).unwrap();
    let found: Vec<_> = instance.device_cases().iter().map(|found| &found.block).collect();
    let names: Vec<_> =
        found.iter().map(|block| (block.tag.name.local_name(), block.case_id.as_deref())).collect();
    assert_eq!(names, [("CASE", Some("a")), ("case", None)]);
    let inner = instance.cases()[0].block.tag.mark;
    assert_eq!(instance.device_case_around(inner).map(|found| found.block.tag.mark), Some(found[0].tag.mark));
    assert_eq!(instance.device_case_around(found[1].tag.mark), None);
}

/// What is blank names nothing: two forms that say it are not one form for that.
#[test]
fn a_blank_id_is_none() {
    for (written, id) in [(" uuid:1\n", Some("uuid:1")), ("uuid:1", Some("uuid:1")), (" ", None), ("", None)]
    {
        let source = format!("<data><meta><instanceID>{written}</instanceID></meta></data>");
        let instance = Instance::read(&source).unwrap();
        let read = instance.instance_id().and_then(InstanceIdText::into_trimmed);
        assert_eq!(read.as_deref(), id, "{written:?}");
    }
}
