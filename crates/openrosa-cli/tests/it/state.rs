//! `openrosa apply`, `openrosa cases`, `openrosa diff-profiles`.

use std::{fs, path::Path};

use super::{Run, openrosa_in};

const REGISTRATION: &str = r#"<data xmlns="http://example.org/registration">
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="h1" date_modified="2026-05-01T10:00:00+02:00" user_id="amy">
    <create><case_type>household</case_type><case_name>Homestead 17</case_name><owner_id>amy</owner_id></create>
    <update><village>Kibaha</village></update>
  </case>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p1" date_modified="2026-05-01T10:00:00+02:00" user_id="amy">
    <create><case_type>patient</case_type><case_name>Juma</case_name><owner_id>amy</owner_id></create>
    <update><age>31</age></update>
    <index><parent case_type="household">h1</parent></index>
  </case>
  <meta><instanceID>f1</instanceID><userID>amy</userID></meta>
</data>
"#;

const VISIT: &str = r#"<data xmlns="http://example.org/visit">
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p1" date_modified="2026-05-02T10:00:00+02:00" user_id="amy">
    <update><age>32</age><owner_id/></update>
    <close/>
  </case>
  <meta><instanceID>f2</instanceID><userID>amy</userID></meta>
</data>
"#;

const UNKNOWN: &str = r#"<data xmlns="http://example.org/visit">
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p2" date_modified="2026-05-02T10:00:00+02:00" user_id="amy">
    <update><age>32</age></update>
  </case>
  <meta><instanceID>f3</instanceID><userID>amy</userID></meta>
</data>
"#;

const RESTORE: &str = r#"<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>r1</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amy</username><password>secret</password><uuid>amy</uuid><date>2026-01-01</date>
    <user_data><data key="district">Pwani</data></user_data>
  </Registration>
  <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p2" date_modified="2026-04-01" user_id="amy">
    <create><case_type>patient</case_type><case_name>Neema</case_name><owner_id>amy</owner_id></create>
  </case>
</OpenRosaResponse>
"#;

/// A folder with the documents, in which the command runs.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        for (name, text) in [
            ("reg.xml", REGISTRATION),
            ("visit.xml", VISIT),
            ("unknown.xml", UNKNOWN),
            ("restore.xml", RESTORE),
        ] {
            fs::write(desk.path().join(name), text).expect("a file is written");
        }
        desk
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Runs the command as of one moment.
    fn run(&self, arguments: &[&str]) -> Run {
        let at = ["--at", "2026-05-03T12:00:00+02:00"];
        openrosa_in(self.path(), &[arguments, &at].concat(), b"")
    }
}

#[test]
fn what_a_form_changes_is_shown_and_kept() {
    let desk = Desk::new();
    let run = desk.run(&["apply", "reg.xml", "visit.xml", "--state", "kept"]);
    insta::assert_snapshot!(run.out, @r#"
    reg.xml · form
      h1 · household · Homestead 17 · created
        owner_id           amy
        date_opened        2026-05-01T08:00:00Z
        village            Kibaha
      p1 · patient · Juma · created
        owner_id           amy
        age                31
        date_opened        2026-05-01T08:00:00Z
        index parent       h1 (household, child)

    visit.xml · form
      p1 · patient · Juma · closed
        age                31 → 32
        owner_id           amy → ""

    2 cases, 1 open, by the rules of the device; kept in kept
      openrosa cases --state kept
    "#);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    let run = desk.run(&["cases", "--state", "kept"]);
    insta::assert_snapshot!(run.out, @r#"
      case  type       name          owner  status  modified
      h1    household  Homestead 17  amy    open    2026-05-01
      p1    patient    Juma          ""     closed  2026-05-02
    2 cases, 1 open, after 2 documents by the rules of the device
    "#);
    assert_eq!(run.status, 0);
}

#[test]
fn one_case_is_shown_with_its_relatives_and_its_history() {
    let desk = Desk::new();
    let run = desk.run(&["cases", "reg.xml", "visit.xml", "--case", "p1", "--history", "--owner", "amy"]);
    insta::assert_snapshot!(run.out, @r#"
    p1 · patient · Juma · closed
      on the phone       removed: closed, and nothing live indexes it
      owner_id           ""
      date_opened        2026-05-01T10:00:00+02:00
      last_modified      2026-05-02T10:00:00+02:00
      age                32
      index parent       h1 (household, child)

      points at
        └─ h1 · household · Homestead 17 (parent: child)

      history
      2026-05-03T12:00:00+02:00 reg.xml · created
        owner_id           amy
        age                31
        case_name          Juma
        case_type          patient
        date_opened        2026-05-01T08:00:00Z
        index parent       h1 (household, child)
      2026-05-03T12:00:00+02:00 visit.xml · closed
        age                31 → 32
        owner_id           amy → ""
    "#);
    // What it is pointed at by, from the other end, and found by how its id begins.
    let run = desk.run(&["cases", "reg.xml", "--case", "h", "--profile", "hq", "--owner", "amy"]);
    insta::assert_snapshot!(run.out, @r"
    h1 · household · Homestead 17 · open
      on the phone       sent: owned, open and available
      owner_id           amy
      date_opened        2026-05-01T10:00:00+02:00
      last_modified      2026-05-01T10:00:00+02:00
      opened_by          amy
      modified_by        amy
      village            Kibaha

      is pointed at by
        └─ p1 · patient · Juma (parent: child)
    ");
}

#[test]
fn a_form_that_is_refused_changes_nothing_and_the_next_one_is_applied() {
    let desk = Desk::new();
    let run = desk.run(&["apply", "unknown.xml", "reg.xml", "--state", "kept"]);
    assert_eq!(run.status, 1);
    insta::assert_snapshot!(run.out.split("\n\n").next().unwrap_or_default(), @r#"
    unknown.xml · refused by the device, nothing of it is applied
      case `p2` is not known, so `update` cannot be applied
      2 |   <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="p2" date_modified="2…
        |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      exception      InvalidStructureException, as the device calls it
      the two part   an update or close of a case that is not known: to CommCare HQ the case is created (case-xml.md 4.1)
    "#);
    let run = desk.run(&["cases", "--state", "kept"]);
    assert!(
        run.out.ends_with("2 cases, 2 open, after 1 document by the rules of the device\n"),
        "{}",
        run.out
    );
}

#[test]
fn a_state_may_begin_with_a_restore_which_is_left_as_it_is() {
    let desk = Desk::new();
    for profile in ["device", "hq"] {
        let run = desk.run(&["apply", "unknown.xml", "--state", "restore.xml", "--profile", profile]);
        assert_eq!(run.status, 0, "{}", run.out);
        assert!(run.out.contains("p2 · patient · Neema"), "{}", run.out);
    }
    assert_eq!(fs::read_to_string(desk.path().join("restore.xml")).expect("it is there"), RESTORE);
    // The restore says who the user is, so that it is known which cases stay.
    let run = desk.run(&["cases", "restore.xml"]);
    insta::assert_snapshot!(run.out, @r"
      case  type     name   owner  status  modified    on the phone
      p2    patient  Neema  amy    open    2026-04-01  yes
    1 case, 1 open, after 1 document by the rules of the device
    ");
}

/// A device reads restores in UTF-8 alone (ota-restore.md 2.2), and an answer with an error is none (1.6).
#[test]
fn an_answer_that_is_no_restore_to_a_device_is_refused_for_what_it_is() {
    let desk = Desk::new();
    let wide = RESTORE.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
    let latin = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{}", RESTORE.replace("Neema", "Neéma"));
    let latin: Vec<u8> = latin.chars().map(|c| u8::try_from(c).unwrap()).collect();
    let error = RESTORE.replace("ota_restore_success\">Welcome", "ota_restore_error\">No such sync log");
    for (bytes, reason) in [
        (wide, "encoding `UTF-16LE` is not supported"),
        (latin, "encoding `ISO-8859-1` is not supported"),
        (error.into_bytes(), "the server gave no restore: No such sync log"),
    ] {
        fs::write(desk.path().join("answer.xml"), bytes).expect("a file is written");
        let run = desk.run(&["apply", "answer.xml"]);
        assert!(run.status == 1 && run.out.contains(reason), "{}", run.out);
        assert!(run.out.contains("\n0 cases"), "{}", run.out);
        let run = desk.run(&["diff-profiles", "answer.xml"]);
        assert!(run.status == 1 && run.err.contains(reason), "{}", run.err);
    }
}

#[test]
fn where_the_two_part_is_told_with_the_rule() {
    let desk = Desk::new();
    let run = desk.run(&["diff-profiles", "reg.xml", "visit.xml", "unknown.xml"]);
    assert_eq!(run.status, 1);
    insta::assert_snapshot!(run.out, @r#"
    unknown.xml
      the form
        device   refused: case `p2` is not known, so `update` cannot be applied
        hq       taken
        because  an update or close of a case that is not known (case-xml.md 4.1, C-065)
    case p1 · patient · Juma
      owner_id
        device   ""
        hq       amy
        because  an owner that is empty after a block (case-xml.md 4.2, C-072)
    case p2 · "" · ""
      the case
        device   not there
        hq       there
        because  an update or close of a case that is not known (case-xml.md 4.1, C-065)
    3 forms: the device and CommCare HQ part in 3 places
    "#);
    let run = desk.run(&["diff-profiles", "restore.xml", "reg.xml", "unknown.xml"]);
    assert_eq!((run.status, run.out.as_str()), (0, "2 forms: the device and CommCare HQ end up the same\n"));
    let run = desk.run(&["diff-profiles", "reg.xml", "restore.xml"]);
    assert_eq!(run.status, 2);
    insta::assert_snapshot!(run.err, @r"
    openrosa: the restore `restore.xml` comes after a form
      try: the restore first: it is what both sides begin with
    ");
}

/// What the device cuts off a date parts the two in nothing that anybody compares (case-xml.md 1.13).
#[test]
fn fractions_of_a_second_are_counted_and_no_more() {
    let desk = Desk::new();
    let block = "<case xmlns='http://commcarehq.org/case/transaction/v2' case_id='p' user_id='u' \
                 date_modified='2024-05-01T10:00:06.100Z'><create><case_type>t</case_type>\
                 <case_name>n</case_name><owner_id>u</owner_id></create>";
    let write = |name, inside: &str| {
        let form = format!("<data xmlns='http://example.org/visit'>{block}{inside}</case></data>");
        fs::write(desk.path().join(name), form).expect("a file is written");
    };
    write("cut.xml", "");
    write("also.xml", "<update><a> 1</a></update>");
    let run = desk.run(&["diff-profiles", "cut.xml"]);
    let same =
        "1 form: the device and CommCare HQ end up the same, but for the fraction of a second in 2 dates\n";
    assert_eq!((run.status, run.out.as_str()), (0, same));
    let run = desk.run(&["diff-profiles", "cut.xml", "--format", "json"]);
    assert_eq!(run.status, 0);
    insta::assert_snapshot!(run.out, @r#"
    {"what":"value","case_id":"p","name":"date_opened","device":"2024-05-01T10:00:06.099Z","hq":"2024-05-01T10:00:06.100Z","rule":"SecondFraction","section":"case-xml.md 1.13","statement":null}
    {"what":"value","case_id":"p","name":"last_modified","device":"2024-05-01T10:00:06.099Z","hq":"2024-05-01T10:00:06.100Z","rule":"SecondFraction","section":"case-xml.md 1.13","statement":null}
    "#);
    let run = desk.run(&["diff-profiles", "also.xml"]);
    assert_eq!(run.status, 1);
    let end = "part in 1 place, but for the fraction of a second in 2 dates\n";
    assert!(run.out.ends_with(end) && run.out.contains("white space around a text"), "{}", run.out);
}

/// C-075: CommCare HQ keeps `location_id` apart from the properties, and it is shown with them.
#[test]
fn a_location_is_shown_with_its_case() {
    let desk = Desk::new();
    let form = "<data xmlns='http://example.org/visit'><case xmlns='http://commcarehq.org/case/transaction/v2' case_id='p' \
                user_id='u' date_modified='2024-05-01T10:00:00Z'><create><case_type>t</case_type><case_name>n</case_name>\
                <owner_id>o</owner_id></create><update><location_id>loc7</location_id></update></case></data>";
    fs::write(desk.path().join("loc.xml"), form).expect("a file is written");
    let shown = |words: &[&str]| desk.run(&[&["cases", "loc.xml", "--profile", "hq"], words].concat()).out;
    let text = shown(&["--case", "p"]);
    let row = text.lines().find(|line| line.trim_start().starts_with("location_id"));
    assert_eq!(row.map(|row| row.split_whitespace().nth(1)), Some(Some("loc7")), "{text}");
    for words in [&["--format", "json"][..], &["--case", "p", "--format", "json"]] {
        let json = shown(words);
        assert!(json.contains(r#""properties":{}"#) && json.contains(r#""location_id":"loc7""#), "{json}");
    }
}

/// As everywhere: 1 where something is wrong with what was given, 2 where it was not to be had.
#[test]
fn a_cut_document_ends_every_command_alike() {
    let desk = Desk::new();
    fs::write(desk.path().join("cut.xml"), "<data><weight>12").expect("a file");
    for words in [&["apply"][..], &["show"], &["check"], &["convert"], &["diff-profiles"]] {
        let on = |file| openrosa_in(desk.path(), &[words, &[file]].concat(), b"").status;
        assert_eq!((on("cut.xml"), on("gone.xml")), (1, 2), "{words:?}");
    }
    assert!(desk.run(&["diff-profiles", "cut.xml"]).err.contains("cannot read `cut.xml`: line 1"));
}

#[test]
fn json_tells_the_same() {
    let desk = Desk::new();
    let run = desk.run(&["apply", "visit.xml", "reg.xml", "--format", "json"]);
    insta::assert_snapshot!(run.out, @r#"
    {"document":"visit.xml","applied":false,"error":"case `p1` is not known, so `update` cannot be applied","line":2,"column":3,"exception":"InvalidStructureException"}
    {"document":"reg.xml","kind":"form","applied":true,"changes":[{"change":"created","case_id":"h1","owner_id":"amy","values":{"case_name":"Homestead 17","case_type":"household","date_opened":"2026-05-01T08:00:00Z","village":"Kibaha"},"indices":{},"attachments":{}},{"change":"created","case_id":"p1","owner_id":"amy","values":{"age":"31","case_name":"Juma","case_type":"patient","date_opened":"2026-05-01T08:00:00Z"},"indices":{"parent":{"target":"h1","case_type":"household","relationship":"child"}},"attachments":{}}],"notes":[],"logged":[]}
    "#);
    let run = desk.run(&["cases", "reg.xml", "--case", "p1", "--format", "json"]);
    insta::assert_snapshot!(run.out, @r#"{"case_id":"p1","case_type":"patient","case_name":"Juma","owner_id":"amy","external_id":null,"status":"open","date_opened":"2026-05-01T08:00:00Z","last_modified":"2026-05-01T08:00:00Z","properties":{"age":"31"},"indices":{"parent":{"target":"h1","case_type":"household","relationship":"child"}},"attachments":{},"on_the_phone":null,"why":null}"#);
    let run = desk.run(&["diff-profiles", "unknown.xml", "--format", "json"]);
    insta::assert_snapshot!(run.out, @r#"
    {"what":"form","form":"unknown.xml","device":"case `p2` is not known, so `update` cannot be applied","hq":null,"rule":"UnknownCase","section":"case-xml.md 4.1","statement":"C-065"}
    {"what":"case","case_id":"p2","device":null,"hq":"","rule":"UnknownCase","section":"case-xml.md 4.1","statement":"C-065"}
    "#);
}

#[test]
fn the_links_are_drawn() {
    let desk = Desk::new();
    let run = desk.run(&["cases", "reg.xml", "restore.xml", "--graph", "all.svg", "--format", "json"]);
    assert_eq!(run.status, 0, "{}", run.err);
    let all = fs::read_to_string(desk.path().join("all.svg")).expect("it is drawn");
    assert!(
        ["patient: Juma", "patient: Neema", "parent"]
            .iter()
            .all(|word| all.contains(&format!(">{word}</text>"))),
        "{all}"
    );
    desk.run(&["cases", "reg.xml", "restore.xml", "--graph", "one.svg", "--case", "p1"]);
    let one = fs::read_to_string(desk.path().join("one.svg")).expect("it is drawn");
    assert!(one.contains(">patient: Juma</text>") && !one.contains("Neema"), "{one}");
}

/// A kill between the document and its label leaves the document alone; it never was part of the state.
#[test]
fn a_document_without_its_label_was_never_kept() {
    let desk = Desk::new();
    desk.run(&["apply", "reg.xml", "--state", "kept"]);
    fs::write(desk.path().join("kept/000002.xml"), "<cut").expect("a file is written");
    fs::write(desk.path().join("kept/spare"), "<cut").expect("a file is written");
    let run = desk.run(&["apply", "visit.xml", "--state", "kept"]);
    assert_eq!(run.status, 0, "{}", run.err);
    let run = desk.run(&["cases", "--state", "kept"]);
    assert!(
        run.out.ends_with("2 cases, 1 open, after 2 documents by the rules of the device\n"),
        "{}",
        run.out
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    let desk = Desk::new();
    desk.run(&["apply", "reg.xml", "--state", "kept"]);
    let err = |arguments: &[&str]| {
        let run = desk.run(arguments);
        assert_eq!(run.status, 2, "{arguments:?}: {}", run.out);
        run.err
    };
    let errors = [
        err(&["cases"]),
        err(&["cases", "--state", "nowhere"]),
        err(&["cases", "--state", "kept", "--profile", "hq"]),
        err(&["cases", "--state", "kept", "--case", "x"]),
        err(&["apply", "visit.xml", "--state", "."]),
        err(&["apply", "nothing.xml"]),
        err(&["apply", "visit.xml", "--state", "visit.xml"]),
    ];
    insta::assert_snapshot!(errors.concat(), @r"
    openrosa: there are no cases to show without a state or a file
      try: openrosa cases --state DIR, or openrosa cases restore.xml
    openrosa: `nowhere` holds no state
      try: openrosa apply FILE --state nowhere
    openrosa: `kept` follows the device, not CommCare HQ
      try: another folder for the other profile
    openrosa: there is no case `x`
      try: openrosa cases without --case lists them
    openrosa: `.` holds other things
      try: --state with a folder that is empty or not there yet
    openrosa: cannot read `nothing.xml`: No such file or directory (os error 2)
      try: check the spelling; paths are relative to the current folder
    openrosa: cannot begin with `visit.xml`: case `p1` is not known, so `update` cannot be applied
      try: openrosa apply visit.xml
    ");
}

/// What a restore tells is nobody else's affair.
#[cfg(unix)]
#[test]
fn nobody_else_looks_into_a_state() {
    use std::os::unix::fs::PermissionsExt as _;
    let desk = Desk::new();
    desk.run(&["apply", "restore.xml", "--state", "below/kept"]);
    let mode = fs::metadata(desk.path().join("below/kept")).expect("it is made").permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[test]
fn a_moment_without_a_zone_is_told_how_it_is_written() {
    let desk = Desk::new();
    for command in ["apply", "cases", "diff-profiles"] {
        let run = openrosa_in(desk.path(), &[command, "reg.xml", "--at", "2026-05-01T12:00:00"], b"");
        assert_eq!(run.status, 2);
        assert!(run.err.contains("a moment is written as in 2026-05-01T12:00:00+02:00"), "{}", run.err);
    }
}

/// A cut state is made anew of its documents, and a name with a blank is one word where it is to be typed.
#[test]
fn a_state_that_cannot_be_read_has_a_way_on() {
    let desk = Desk::new();
    desk.run(&["apply", "reg.xml", "--state", "my state"]);
    fs::write(desk.path().join("my state/state.json"), "{\"openrosa").expect("a file");
    let run = desk.run(&["cases", "--state", "my state"]);
    assert_eq!(run.status, 2);
    let remedy = "  try: its documents are as they came: openrosa apply 'my state'/0*.xml --state DIR, with another folder as DIR\n";
    assert!(run.err.ends_with(remedy), "{}", run.err);
}
