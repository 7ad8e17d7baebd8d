//! Good documents, damaged in one place at a time: each damage is found where it was done, or is known to be none. Forms and
//! their blocks have theirs in `check_cases`.

use openrosa_xml::{
    check::{self, Finding, Options},
    xml::Element,
};

mod blank_forms;

use crate::damages::{Damage::*, Harmless, Path, Trial, at, no_names};

/// Places in a restore are paths from its items on; `*` stands for names that are the sender's.
#[rustfmt::skip]
const OF_RESTORES: &Harmless = &[
    (&[AttributeAdded], &["message", "Sync", "Sync/restore_id", "Registration", "Registration/username", "Registration/password",
        "Registration/uuid", "Registration/date", "Registration/user_data", "Registration/user_data/data", "fixture", "schema",
        "schema/indices", "schema/indices/index", "balance", "balance/entry", "balance/entry/value"],
        "the device asks for the attributes that it knows, and for no others"),
    (&[AttributeDropped, AttributeEmptied, AttributeRenamed, AttributeNamespaced, AttributeMovedToAChild,
        AttributePadded, AttributeEnlarged, AttributeNonsense], &["fixture/*/row@id"],
        "what is in a fixture is its sender's (2.7)"),
    (&[AttributeAdded], &["fixture/*", "fixture/*/row", "fixture/*/row/*"], "so are its attributes"),
    (&[Emptied, Blanked, Misspelt, Capitalized, NamespaceChanged, NamespaceTakenAway, ElementAdded, Wrapped],
        &["fixture/*", "fixture/*/row", "fixture/*/row/*"], "so are its elements"),
    (&[Dropped, Doubled, DoubledElsewhere, Swapped], &["fixture/*/row", "fixture/*/row/*"], "so are its rows"),
    (&[TextAdded], &["fixture/*", "fixture/*/row"], "so are its texts"),
    (&[TextNonsense, TextPadded, TextEnlarged], &["fixture/*/row/*"], "and its values"),
    (&[Dropped, Emptied, Blanked, Misspelt, Capitalized, Wrapped, NamespaceChanged, NamespaceTakenAway, ElementAdded,
        TextNonsense, TextPadded, TextEnlarged], &["message"],
        "a restore need not have one, and the device ignores it (2.1, 2.4)"),
    (&[AttributeDropped, AttributeEmptied, AttributeRenamed, AttributeNamespaced, AttributeMovedToAChild], &["message@nature"],
        "it may be missing (2.4)"),
    (&[TextNonsense, TextEnlarged], &["Sync/restore_id"],
        "a token is opaque (2.5)"),
    (&[NamespaceChanged, NamespaceTakenAway, Capitalized, ElementAdded], &["Sync/restore_id"],
        "any namespace and case of letters will do (2.5); what comes of an element in a token is in no digest"),
    (&[Capitalized], &["Registration", "Sync", "schema", "fixture", "case"],
        "items are known by their names in letters of any case (2.2, 2.3)"),
    (&[NamespaceChanged, NamespaceTakenAway], &["Registration", "schema", "fixture"],
        "and in any namespace (2.3)"),
    (&[NamespaceChanged], &["balance"],
        "in no namespace of ours it is somebody else's item (2.3)"),
    (&[Capitalized, NamespaceChanged, NamespaceTakenAway], &["Registration/username", "Registration/password",
        "Registration/uuid", "Registration/date", "Registration/user_data", "Registration/user_data/data"],
        "the children of a user too (2.2, 2.6)"),
    (&[NamespaceChanged, NamespaceTakenAway], &["schema/indices", "schema/indices/index", "balance/entry", "balance/entry/value"],
        "inside an item nobody looks at namespaces"),
    (&[Emptied, Blanked], &["Registration/password", "Registration/date", "Registration/user_data", "Registration/user_data/data"],
        "they may be empty (2.6)"),
    (&[TextNonsense, TextEnlarged], &["Registration/username", "Registration/password", "Registration/uuid",
        "Registration/user_data/data"],
        "names, hashes and ids are the server's, and no limit is known"),
    (&[TextNonsense, TextPadded, TextEnlarged], &["Registration/date"],
        "it is read and thrown away; a bad one is no error (2.6)"),
    (&[TextPadded], &["Registration/password", "Registration/user_data/data"],
        "it is opaque, and any text makes a value"),
    (&[Dropped], &["Registration/user_data"],
        "only what comes before it is required (2.6)"),
    (&[Dropped, Doubled, DoubledElsewhere, Swapped], &["Registration/user_data/data"],
        "what is not named stays as it was, and the same said twice is the same"),
    (&[AttributeEmptied, AttributePadded, AttributeEnlarged, AttributeNonsense], &["Registration/user_data/data@key"],
        "keys are the server's; the device keeps any"),
    (&[TextAdded], &["Registration", "Registration/user_data", "Sync", "fixture"],
        "behind the last element that is looked for, text is passed over like any between items (2.3, 2.5, 2.6)"),
    (&[TextAdded], &["Registration/user_data/data"],
        "what was empty has a value now"),
    (&[Dropped], &["fixture"],
        "what is absent is unchanged (2.8)"),
    (&[AttributeDropped, AttributeEmptied, AttributeRenamed, AttributeNamespaced, AttributeEnlarged, AttributeNonsense],
        &["fixture@user_id"],
        "a fixture may be for all users, and who there is on a device is not known here (2.7)"),
    (&[AttributeDropped, AttributeRenamed, AttributeNamespaced], &["fixture@indexed"],
        "without an index a search finds the same (2.7)"),
    (&[AttributeEnlarged, AttributeNonsense], &["fixture@id"],
        "which fixtures the app asks for is not known here"),
    (&[Dropped, Doubled], &["schema"],
        "it only makes searches faster, and the same said twice is the same (2.7)"),
    (&[Dropped, Doubled, DoubledElsewhere, Swapped, Emptied, Misspelt, Capitalized, Wrapped, ElementAdded, TextNonsense,
        TextEnlarged], &["schema/indices/index"],
        "so does each index; an empty one is skipped (2.7)"),
    (&[Doubled, Emptied, Blanked], &["schema/indices"],
        "and all of them"),
    (&[ElementAdded, TextAdded], &["schema", "schema/indices"],
        "nothing is looked for there but `indices`, and in them `index`"),
    (&[Dropped, Doubled, Emptied, Blanked], &["balance"],
        "a balance sets what it lists; the same set twice is the same (2.10)"),
    (&[Dropped, Doubled, DoubledElsewhere, Swapped], &["balance/entry"],
        "the same holds for its entries"),
    (&[Doubled], &["balance/entry/value"],
        "and for their values"),
    (&[TextAdded], &["balance", "balance/entry", "balance/entry/value"],
        "quantities are attributes; nobody looks for text"),
    (&[AttributeEmptied, AttributePadded], &["balance@date"],
        "the device only looks whether it is there (2.10)"),
    (&[AttributeEnlarged, AttributeNonsense], &["balance@entity-id", "balance@section-id", "balance/entry@id",
        "balance/entry/value@section-id"],
        "ids are the sender's"),
    (&[Dropped], &["case", "case/create", "case/update", "case/index", "case/close"],
        "the restore or block says less, and which cases are on the device is not known here"),
    (&[Dropped], &["case/update/*", "case/update/case_type", "case/update/case_name", "case/update/owner_id",
        "case/update/external_id", "case/update/date_opened"],
        "what is not named stays as it was (2.9)"),
    (&[Emptied], &["case/create/case_name", "case/update/*", "case/update/case_type", "case/update/case_name",
        "case/update/external_id"],
        "a blank value is stored as blank (2.9.2)"),
    (&[Misspelt, Capitalized], &["case/update/*", "case/update/case_type", "case/update/case_name", "case/update/owner_id",
        "case/update/external_id", "case/update/date_opened", "case/index/*"],
        "any name makes a property, or names a link (2.9.2)"),
    (&[TextNonsense], &["case/create/case_type", "case/create/case_name", "case/create/owner_id", "case/update/*",
        "case/update/case_type", "case/update/case_name", "case/update/owner_id", "case/update/external_id"],
        "any text makes a value"),
    (&[ElementAdded], &["case/update"],
        "one property more"),
    (&[Swapped], &["case/create/case_type", "case/create/case_name", "case/update/case_type", "case/update/case_name",
        "case/update/date_opened", "case/update/external_id"],
        "the order inside an action means nothing"),
    (&[Emptied, Blanked, TextNonsense], &["case/index/*"],
        "blank text removes the link, and targets need not be in the restore (2.9)"),
    (&[AttributeDropped], &["case/index/*@relationship"],
        "a link that says nothing is one to a parent (2.9.2)"),
    (&[AttributeEnlarged, AttributeNonsense], &["case/index/*@case_type"],
        "types are the sender's, and the device has no limit for this one (2.9.2)"),
    (&[AttributeDropped, AttributeEmptied], &["case@user_id"],
        "CommCare HQ leaves it empty when unknown (2.9.1)"),
    (&[AttributeEnlarged, AttributeNonsense], &["case@user_id", "case@case_id"],
        "ids are the sender's, and the device has no limit for these (2.9.2)"),
];

fn sample(name: &str) -> Element<'static> {
    let path = openrosa_tests::repository_root().join("spec-samples").join(name);
    let text = std::fs::read_to_string(path).expect("the sample is there");
    Element::read(&text).expect("the sample reads").into_owned()
}

/// Every element below the root, with the path to it and the names from there on.
fn below_root(root: &Element<'static>, place: fn(&[&str]) -> String) -> Vec<(Path, String)> {
    let (mut found, mut rest) = (Vec::new(), vec![(Path::new(), Vec::new())]);
    while let Some((path, names)) = rest.pop() {
        if !path.is_empty() {
            found.push((path.clone(), place(&names)));
        }
        let element = at(root, &path).expect("the path was just made");
        for (index, child) in element.elements().enumerate() {
            let name = child.name.local_name();
            rest.push(([path.clone(), vec![index]].concat(), [names.clone(), vec![name]].concat()));
        }
    }
    found
}

fn in_restore(names: &[&str]) -> String {
    const FIELDS: [&str; 5] = ["case_type", "case_name", "owner_id", "external_id", "date_opened"];
    match names {
        ["fixture"] => "fixture".to_owned(),
        ["fixture", _] => "fixture/*".to_owned(),
        ["fixture", _, _] => "fixture/*/row".to_owned(),
        ["fixture", ..] => "fixture/*/row/*".to_owned(),
        ["case", "update", name] if !FIELDS.contains(name) => "case/update/*".to_owned(),
        ["case", "index", _] => "case/index/*".to_owned(),
        names => names.join("/"),
    }
}

/// What is found but for the count of items: nearly every damage between the items makes that wrong, and tells little by it.
fn findings(source: &str) -> Vec<Finding> {
    let findings = check::document(source, &Options::default()).into_findings();
    findings.into_iter().filter(|finding| finding.code() != "restore-items").collect()
}

#[test]
fn each_damage_to_a_restore_is_found_where_it_was_done_or_is_known_to_be_harmless() {
    let places = |root: &Element<'static>| below_root(root, in_restore);
    let trial = Trial { check: &findings, places: &places, harmless: OF_RESTORES, names: &no_names };
    let tried = trial.run(vec![("a restore", sample("restore/as-commcare-hq-writes-it.xml"))]);
    assert!(tried > 700, "{tried} damages are fewer than there should be");
}

/// Places in a list of forms.
#[rustfmt::skip]
const OF_FORM_LISTS: &Harmless = &[
    (&[AttributeAdded, ElementAdded, NamespaceChanged, NamespaceTakenAway], &["xform", "xform/formID", "xform/name",
        "xform/version", "xform/hash", "xform/downloadUrl", "xform/manifestUrl", "xforms-group", "xforms-group/groupID",
        "xforms-group/name", "xforms-group/listUrl"],
        "what is not known is passed over, and elements are known by their local names (4.2)"),
    (&[Wrapped, Dropped], &["xform", "xforms-group", "xform/manifestUrl"],
        "the list says less: that entry, or those files, are not there (4.2)"),
    (&[Emptied, Blanked], &["xform/version", "xform/manifestUrl"],
        "a form need not have a version, nor files (4.2)"),
    (&[Doubled], &["xforms-group", "xforms-group/listUrl"],
        "the list of a group is fetched once, however often it is named (R-039)"),
    (&[Doubled, DoubledElsewhere], &["xforms-group/groupID", "xforms-group/name"],
        "of two the first counts; nobody serves groups (4.5)"),
    (&[Swapped], &["xform/formID", "xform/name", "xform/version", "xform/hash", "xform/downloadUrl", "xforms-group/groupID",
        "xforms-group/name"],
        "the order inside an entry means nothing"),
    (&[TextAdded], &["xform", "xforms-group"],
        "text between elements is passed over"),
    (&[TextNonsense], &["xform/formID", "xform/name", "xform/version", "xforms-group/groupID", "xforms-group/name"],
        "ids, names and versions are the server's"),
    (&[TextEnlarged], &["xform/name", "xform/version", "xforms-group/groupID", "xforms-group/name"],
        "and no limit is known for these"),
    (&[TextPadded], &["xform/formID", "xform/name", "xform/version", "xform/hash", "xform/downloadUrl", "xform/manifestUrl",
        "xforms-group/groupID", "xforms-group/name", "xforms-group/listUrl"],
        "white space around a text is no part of it"),
];

/// Places in a manifest.
#[rustfmt::skip]
const OF_MANIFESTS: &Harmless = &[
    (&[AttributeAdded, ElementAdded, NamespaceChanged, NamespaceTakenAway], &["mediaFile", "mediaFile/filename",
        "mediaFile/hash", "mediaFile/downloadUrl", "mediaFile/integrityUrl"],
        "what is not known is passed over, and elements are known by their local names (4.3)"),
    (&[Wrapped, Dropped], &["mediaFile"],
        "the manifest says less: that file is not there; a form that is given tells which it wants"),
    (&[AttributeDropped, AttributeRenamed, AttributeNamespaced, AttributeMovedToAChild], &["mediaFile@type"],
        "it is a file like any other then (4.3)"),
    (&[Swapped], &["mediaFile/filename", "mediaFile/hash", "mediaFile/downloadUrl"],
        "the order inside an entry means nothing"),
    (&[TextAdded], &["mediaFile"],
        "text between elements is passed over"),
    (&[TextNonsense, TextEnlarged], &["mediaFile/filename"],
        "any name that stays in the folder is one, and no limit is known"),
    (&[TextPadded], &["mediaFile/filename", "mediaFile/hash", "mediaFile/downloadUrl", "mediaFile/integrityUrl"],
        "white space around a text is no part of it"),
];

fn in_list(names: &[&str]) -> String {
    names.join("/")
}

fn all_findings(source: &str) -> Vec<Finding> {
    check::document(source, &Options::default()).into_findings()
}

#[test]
fn each_damage_to_a_form_list_is_found_where_it_was_done_or_is_known_to_be_harmless() {
    let list = "<xforms xmlns='http://openrosa.org/xforms/xformsList'>
        <xform><formID>visit</formID><name>Visit</name><version>7</version><hash>md5:0123456789abcdef0123456789abcdef</hash>
          <downloadUrl>https://odk.example/f/visit.xml</downloadUrl><manifestUrl>https://odk.example/f/visit/manifest</manifestUrl></xform>
        <xform><formID>birth</formID><name>Birth</name><version>1</version><hash>md5:fedcba9876543210fedcba9876543210</hash>
          <downloadUrl>https://odk.example/f/birth.xml</downloadUrl></xform>
        <xforms-group><groupID>g1</groupID><name>Round two</name><listUrl>https://odk.example/g1/formList</listUrl></xforms-group>
      </xforms>";
    let list = Element::read(list).expect("the sample reads").into_owned();
    let places = |root: &Element<'static>| below_root(root, in_list);
    let trial = Trial { check: &all_findings, places: &places, harmless: OF_FORM_LISTS, names: &no_names };
    let tried = trial.run(vec![("a form list", list)]);
    assert!(tried > 100, "{tried} damages are fewer than there should be");
}

#[test]
fn each_damage_to_a_manifest_is_found_where_it_was_done_or_is_known_to_be_harmless() {
    let manifest = "<manifest xmlns='http://openrosa.org/xforms/xformsManifest'>
        <mediaFile><filename>icons/badge.png</filename><hash>md5:0123456789abcdef0123456789abcdef</hash>
          <downloadUrl>https://odk.example/m/badge.png</downloadUrl></mediaFile>
        <mediaFile type='entityList'><filename>people.csv</filename><hash>md5:fedcba9876543210fedcba9876543210</hash>
          <downloadUrl>https://odk.example/m/people.csv</downloadUrl><integrityUrl>https://odk.example/i/people</integrityUrl></mediaFile>
      </manifest>";
    let manifest = Element::read(manifest).expect("the sample reads").into_owned();
    let places = |root: &Element<'static>| below_root(root, in_list);
    let trial = Trial { check: &all_findings, places: &places, harmless: OF_MANIFESTS, names: &no_names };
    let tried = trial.run(vec![("a manifest", manifest)]);
    assert!(tried > 60, "{tried} damages are fewer than there should be");
}
