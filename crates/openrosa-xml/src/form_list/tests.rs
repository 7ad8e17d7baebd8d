use super::*;
use crate::hash::FileHash;

fn hash() -> FileHash {
    FileHash::from_md5([0xAB; 16])
}

/// R-032: a 1.0 list is read by local name in any namespace; unknown elements are skipped; a blank version is none.
#[test]
fn a_list_is_read_whatever_stands_between() {
    let list = FormList::read(
        "<x:xforms xmlns:x='urn:odd'><banner>Hello</banner><form url='u'>no entry here</form>\
           <x:xform><majorMinorVersion>7</majorMinorVersion><name> Visit </name><formID>a&amp;b</formID>\
             <version> </version><hash/><downloadUrl>\n https://example.org/a \n</downloadUrl></x:xform>\
           <x:xform><formID>c</formID><name>C</name><version>2</version><name>second</name>\
             <hash>md5:ABABABABABABABABABABABABABABABAB</hash><downloadUrl>u</downloadUrl>\
             <descriptionText>d</descriptionText><descriptionUrl>e</descriptionUrl><manifestUrl>m</manifestUrl></x:xform>\
         </x:xforms>",
    )
    .unwrap();
    let forms = list.strict().unwrap();
    assert_eq!(forms.len(), 2);
    let first = &forms[0];
    assert_eq!(
        (&*first.form_id, &*first.name, &*first.download_url),
        ("a&b", "Visit", "https://example.org/a")
    );
    assert_eq!((&first.version, first.hash, &first.manifest_url), (&None, None, &None));
    let second = &forms[1];
    assert_eq!((&*second.name, second.version.as_deref(), second.hash), ("C", Some("2"), Some(hash())));
    assert_eq!(second.manifest_url.as_deref(), Some("m"));
    assert_eq!(
        (second.description_text.as_deref(), second.description_url.as_deref()),
        (Some("d"), Some("e"))
    );
    assert_eq!(list.legacy_forms().count(), 0);
}

/// R-033: one bad entry is skipped and reported, the others are kept; strict mode rejects all.
#[test]
fn a_bad_entry_does_not_spoil_the_others() {
    let source = "<xforms><xform><formID>a</formID><name>A</name><downloadUrl>u</downloadUrl></xform>\
         <xform><formID>b</formID><name>B</name><downloadUrl> </downloadUrl></xform>\
         <xform><formID>c</formID><name>C</name><downloadUrl>w</downloadUrl></xform></xforms>";
    let list = FormList::read(source).unwrap();
    let forms: Vec<_> = list.forms().collect();
    let kept: Vec<_> = forms.iter().flatten().map(|form| &*form.form_id).collect();
    assert_eq!(kept, ["a", "c"]);
    let reported = forms[1].as_ref().unwrap_err();
    insta::assert_snapshot!(reported, @"`xform` of `b` lacks `downloadUrl`");
    let span = reported.mark.span().unwrap();
    assert!(source[span.start as usize..].starts_with("<xform><formID>b"));
    assert_eq!(list.strict().as_ref(), Err(reported));
}

/// R-039: groups are there, those that are of no use as the reason why.
#[test]
fn groups_are_shown() {
    let list = FormList::read(
        "<xforms><xform/><xforms-group><groupID>g</groupID><name>Round two</name><listUrl>https://example.org/g</listUrl>\
         <descriptionUrl>d</descriptionUrl></xforms-group><xforms-group><name>Nowhere</name></xforms-group></xforms>",
    )
    .unwrap();
    let groups: Vec<_> = list.groups().collect();
    let group = groups[0].as_ref().unwrap();
    assert_eq!(
        (&*group.group_id, &*group.name, &*group.list_url),
        ("g", "Round two", "https://example.org/g")
    );
    assert_eq!((&group.description_text, group.description_url.as_deref()), (&None, Some("d")));
    insta::assert_snapshot!(groups[1].as_ref().unwrap_err(), @"`xforms-group` of `Nowhere` lacks `groupID`, `listUrl`");
}

/// R-040: a list from before 1.0 is recognized and yields names and URLs.
#[test]
fn an_old_list_yields_names_and_urls() {
    let list = FormList::read(
        "<forms><form url='HTTP://example.org/a'> A &amp; B </form><form url='u'/><form>Lost</form><xform/></forms>",
    )
    .unwrap();
    assert!(list.is_form_list());
    let forms: Vec<_> = list.legacy_forms().collect();
    assert_eq!(forms[0], Ok(LegacyForm { name: "A & B".into(), url: "HTTP://example.org/a".into() }));
    assert_eq!(forms[1], Ok(LegacyForm { name: "".into(), url: "u".into() }));
    insta::assert_snapshot!(forms[2].as_ref().unwrap_err(), @"`form` of `Lost` lacks `url`");
    assert_eq!((forms.len(), list.forms().count()), (3, 0));
    assert!(!FormList::read("<html><form url='u'/></html>").unwrap().is_form_list());
}

/// R-084: an entry has the five required elements, the version also when the form has none.
#[test]
fn an_entry_is_written_with_all_that_is_required() {
    let list = FormList::new()
        .with_form(ListedForm::new("a&b", "A <b>", hash(), "https://example.org/a?x=1&y=2"))
        .with_form(
            ListedForm::new("c", "C", hash(), "u").with_version("2").with_manifest("m").with_description("d"),
        )
        .with_group(FormGroup::new("g", "G", "l"));
    insta::assert_snapshot!(list.write().unwrap(), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <xforms xmlns="http://openrosa.org/xforms/xformsList"><xform><formID>a&amp;b</formID><name>A &lt;b&gt;</name><version/><hash>md5:abababababababababababababababab</hash><downloadUrl>https://example.org/a?x=1&amp;y=2</downloadUrl></xform><xform><formID>c</formID><name>C</name><version>2</version><hash>md5:abababababababababababababababab</hash><descriptionText>d</descriptionText><downloadUrl>u</downloadUrl><manifestUrl>m</manifestUrl></xform><xforms-group><groupID>g</groupID><name>G</name><listUrl>l</listUrl></xforms-group></xforms>
    "#);
}

#[test]
fn what_is_written_reads_back_equal_and_what_is_unknown_survives() {
    let forms = [
        ListedForm::new("a", "A", hash(), "u").with_version("1"),
        ListedForm::new("b", "B", hash(), "v").with_manifest("m").with_description("d"),
    ];
    let list = forms.iter().cloned().fold(FormList::new(), FormList::with_form);
    let written = list.write().unwrap();
    let read = FormList::read(&written).unwrap();
    assert_eq!(read, list);
    assert_eq!(read.strict().unwrap(), forms);
    assert_eq!(read.clone().into_owned(), read);

    let odd =
        FormList::read("<xforms a='1'>loose<xform x='2'><name lang='en'>N</name></xform><new/></xforms>")
            .unwrap();
    assert_eq!(FormList::read(&odd.write().unwrap()).unwrap(), odd);
    assert_eq!(odd.forms().next().unwrap().unwrap_err().called.as_deref(), Some("N"));
}
