use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "restore-byte-order-mark",
    title: "a byte order mark before a restore",
    verdicts: &[(Device, Error)],
    message: "a byte order mark stands before the root",
    remedy: "write the restore in UTF-8 without a byte order mark",
    why: "The device takes the mark for text, loses the name of the root, and skips the real root as an unknown \
          element: an empty restore that counts as a success and erases the sync token.",
    statements: &["S-005"],
    sections: &["ota-restore.md 2.2", "ota-restore.md 7"],
    triggers: Example::Document(
        "\u{feff}<OpenRosaResponse xmlns=\"http://openrosa.org/http/response\">\n\
           <message nature=\"ota_restore_success\">Welcome back, amina</message>\n\
           <Sync xmlns=\"http://commcarehq.org/sync\"><restore_id>0f3c</restore_id></Sync>\n\
           <Registration xmlns=\"http://openrosa.org/user/registration\">\n\
             <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>\n\
           </Registration>\n\
         </OpenRosaResponse>",
    ),
    passes: Example::Document(
        r#"
<OpenRosaResponse xmlns="http://openrosa.org/http/response">
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
  </Registration>
</OpenRosaResponse>"#,
    ),
    run: Run::End(check),
};

fn check(end: &End<'_>, found: &mut Drafts) {
    if end.has_mark && end.walk.is_restore() {
        found.push(Draft::at(Spot::name(end.root)));
    }
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::check::{Options, document};

    #[test]
    fn another_answer_may_have_a_mark() {
        let receipt = "\u{feff}<OpenRosaResponse xmlns='http://openrosa.org/http/response'>\
                       <message nature='submit_success'>thanks</message></OpenRosaResponse>";
        let report = document(receipt, &Options::default());
        assert!(!report.findings().iter().any(|finding| finding.code() == RULE.code));
    }
}
