//! `openrosa show` on restores: a summary, and what is asked for in it.

use serde_json::Value;

use crate::openrosa_reading;

const RESTORE: &str = r#"<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="9">
  <message nature="ota_restore_success">Welcome back, amina!</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration"><username>amina</username><password/><uuid>u1</uuid><date/><user_data><data key="commcare_first_name">Amina</data></user_data></Registration>
  <schema id="item-list:fruit"><indices><index>name</index></indices></schema>
  <fixture id="item-list:fruit" user_id="u1" indexed="true"><fruit_list><fruit id="1"><name>fig</name><colour>green</colour></fruit><fruit id="2"><name>plum</name></fruit></fruit_list></fixture>
  <fixture id="commtrack:locations"><states><state id="s1"><name>Pwani</name><districts><district id="d1"><name>Kibaha</name></district></districts></state></states></fixture>
  <n:balance xmlns:n="http://commcarehq.org/ledger/v1" entity-id="c1" date="2024-05-01" section-id="stock"><n:entry id="p" quantity="4"/></n:balance>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c1" user_id="u1" date_modified="2024-05-01T10:00:00.000000Z"><create><case_type>patient</case_type><case_name>Juma</case_name><owner_id>u1</owner_id></create><update><village>Kibaha</village></update></case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="c2" user_id="u1" date_modified="2024-05-01T10:00:00.000000Z"><update><case_type>patient</case_type><case_name>Neema</case_name><owner_id>g1</owner_id></update><close/></case>
</OpenRosaResponse>
"#;

fn show(options: &[&str], restore: &str) -> crate::Run {
    let arguments: Vec<&str> = ["show", "-"].iter().chain(options).copied().collect();
    openrosa_reading(&arguments, restore.as_bytes())
}

#[test]
fn a_restore_is_summarised() {
    let run = show(&[], RESTORE);
    insta::assert_snapshot!(run.out, @r"
    standard input · 1,563 bytes · restore
      root      OpenRosaResponse, namespace http://openrosa.org/http/response
      message   Welcome back, amina! (nature ota_restore_success)
      token     0f3c
      user      amina, id u1, 1 entry of user data
      items     9, as announced
      ledgers   1 balance, 0 transfers
      schemas   1

    2 case blocks · 2 owners
      type     blocks  creating  closing
      patient       2         1        1

    2 fixtures · 365 B
      id                   rows   size  user         indexed
      item-list:fruit         2  192 B  u1           yes
      commtrack:locations     1  173 B  everybody's
    ");
    assert_eq!((run.status, run.err.as_str()), (0, ""));
}

/// ota-restore.md 2.2: the device reads UTF-8, whatever a restore declares. Shells and editors save text in UTF-16.
#[test]
fn a_restore_in_utf16_is_one_that_no_device_reads() {
    let restore = "\u{FEFF}<?xml version='1.0' encoding='UTF-16'?>\n".to_owned() + RESTORE;
    let wide: Vec<u8> = restore.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let plain = show(&[], RESTORE).out;
    let show = |options: &[&str]| openrosa_reading(&[&["show", "-"], options].concat(), &wide);
    let run = show(&[]);
    // The same as of one in UTF-8, and what it is not.
    let same = run.out.replace("  encoding  UTF-16LE, which no device reads\n", "");
    assert_ne!(same, run.out);
    assert_eq!(same.replace("3,208 bytes", "1,563 bytes"), plain);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    let facts: Value = serde_json::from_str(&show(&["--format", "json"]).out).unwrap();
    assert_eq!((&facts["kind"], &facts["encoding"]), (&"restore".into(), &"UTF-16LE".into()));
    assert_eq!(facts["bytes"], wide.len());
    let case = show(&["--case", "c2"]);
    assert!(case.status == 0 && case.out.contains("Neema"), "{}{}", case.out, case.err);
}

#[test]
fn a_summary_for_a_program_says_the_same() {
    let run = show(&["--format", "json"], RESTORE);
    let facts: Value = serde_json::from_str(&run.out).unwrap();
    assert_eq!(facts["kind"], "restore");
    assert_eq!(facts["bytes"], RESTORE.len());
    let restore = &facts["restore"];
    assert_eq!(restore["restore_id"], "0f3c");
    assert_eq!(
        restore["case_types"]["patient"],
        serde_json::json!({ "blocks": 2, "creating": 1, "closing": 1 })
    );
    assert_eq!((&restore["fixtures"][0]["rows"], &restore["came"]), (&2.into(), &9.into()));
}

#[test]
fn cases_are_listed_a_line_each() {
    let run = show(&["--cases"], RESTORE);
    insta::assert_snapshot!(run.out, @r"
    line      case                                  type              name                      owner                             modified
    9         c1                                    patient           Juma                      u1                                2024-05-01T10:00:00.000000Z
    10        c2                                    patient           Neema                     g1                                2024-05-01T10:00:00.000000Z (closing)
    ");
    let lines = show(&["--cases", "--format", "json"], RESTORE).out;
    let cases: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(cases.len(), 2);
    assert_eq!((&cases[1]["case_id"], &cases[1]["closing"]), (&"c2".into(), &true.into()));
}

#[test]
fn one_case_is_shown_whole() {
    insta::assert_snapshot!(show(&["--case", "c2"], RESTORE).out, @r"
    Case c2
      where      line 10, case block 2 of the restore
      modified   2024-05-01T10:00:00.000000Z
      by         u1
      update     case_type = patient
                 case_name = Neema
                 owner_id = g1
      close      the case is closed
    ");
}

#[test]
fn a_case_of_a_form_is_shown_as_one() {
    let form = "<data><case xmlns='http://commcarehq.org/case/transaction/v2' case_id='c1'/></data>";
    let run = show(&["--case", "c1"], form);
    assert!(run.out.contains("case block 1 of the form"), "{}{}", run.out, run.err);
}

#[test]
fn a_case_that_is_not_there_was_not_to_be_had() {
    let run = show(&["--case", "c3"], RESTORE);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @r"
    openrosa: `standard input` has no case `c3` among its 2 case blocks
      try: openrosa show --cases -
    ");
}

#[test]
fn flat_rows_are_a_table_and_nested_ones_are_xml() {
    insta::assert_snapshot!(show(&["--fixture", "item-list:fruit"], RESTORE).out, @r"
    Fixture item-list:fruit · line 6 · 2 rows · 192 B
      @id  name  colour
      1    fig   green
      2    plum
    ");
    insta::assert_snapshot!(show(&["--fixture", "commtrack:locations"], RESTORE).out, @r#"
    Fixture commtrack:locations · line 7 · 173 B
      <states xmlns="http://openrosa.org/http/response">
        <state id="s1">
          <name>Pwani</name>
          <districts>
            <district id="d1">
              <name>Kibaha</name>
            </district>
          </districts>
        </state>
      </states>
    "#);
}

#[test]
fn a_fixture_that_is_not_there_is_told_with_those_that_are() {
    let run = show(&["--fixture", "item-list:fruits"], RESTORE);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    insta::assert_snapshot!(run.err, @"openrosa: `standard input` has no fixture `item-list:fruits`; it has item-list:fruit, commtrack:locations");
}

/// The device would take what came for the whole.
#[test]
fn a_restore_that_is_cut_is_a_finding_after_what_came() {
    let run = show(&[], &RESTORE[..RESTORE.find("<case ").unwrap() + 10]);
    insta::assert_snapshot!(run.out, @r"
    standard input · 1,025 bytes · restore
      root      OpenRosaResponse, namespace http://openrosa.org/http/response
      message   Welcome back, amina! (nature ota_restore_success)
      token     0f3c
      user      amina, id u1, 1 entry of user data
      items     7; the server announced 9
      ledgers   1 balance, 0 transfers
      schemas   1

    2 fixtures · 365 B
      id                   rows   size  user         indexed
      item-list:fruit         2  192 B  u1           yes
      commtrack:locations     1  173 B  everybody's

    standard input is not readable to its end: line 9, column 13, inside OpenRosaResponse/case: the document ends inside a tag
    ");
    assert_eq!(run.status, 1);
}

#[test]
fn what_the_device_refuses_is_told_where_it_stands() {
    let run = show(&[], &RESTORE.replace(" case_id=\"c2\"", ""));
    insta::assert_snapshot!(run.out.split_once("The device").unwrap().1, @r"
    refuses this restore
     - line 10, column 3: attribute `case_id` is missing or empty
    ");
}

#[test]
fn a_restore_that_is_still_being_prepared_says_how_far_it_is() {
    let pending = r#"<OpenRosaResponse xmlns="http://openrosa.org/http/response"><message nature="ota_restore_pending"/>
      <Sync xmlns="http://commcarehq.org/sync"><progress total="9000" done="250" retry-after="30"/></Sync></OpenRosaResponse>"#;
    insta::assert_snapshot!(show(&[], pending).out, @r#"
    standard input · 225 bytes · restore that is still being prepared
      root      OpenRosaResponse, namespace http://openrosa.org/http/response
      message   "" (nature ota_restore_pending)
      progress  250 of 9,000 prepared; ask again in 30 seconds
      items     2
    "#);
}
