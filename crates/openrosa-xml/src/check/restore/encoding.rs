use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "restore-encoding",
    title: "a restore that is not in UTF-8",
    verdicts: &[(Device, Error)],
    message: "the restore is in {encoding}",
    remedy: "write the restore in UTF-8, and declare that or nothing",
    why: "The device reads every restore as UTF-8, whatever it declares: letters that are not ASCII are lost, and of one \
          with two bytes for each letter it makes nothing. One that is in UTF-8 it reads, whatever that declares.",
    statements: &[],
    sections: &["ota-restore.md 2.2"],
    triggers: Example::None("an example in UTF-8 cannot show bytes that are not"),
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
    if let Some(encoding) = end.encoding.filter(|_| end.walk.is_restore()) {
        found.push(Draft::at(Spot::name(end.root)).value("encoding", encoding));
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        check::{Options, document},
        xml::{decode, other_encoding},
    };

    #[test]
    fn a_restore_that_the_device_cannot_read_is_told_by_its_encoding() {
        let root = "<OpenRosaResponse><message>caf\u{e9}</message>\
                    <Sync xmlns='http://commcarehq.org/sync'><restore_id>r</restore_id></Sync></OpenRosaResponse>";
        let wide: Vec<u8> =
            [0xFEFF].into_iter().chain(root.encode_utf16()).flat_map(u16::to_le_bytes).collect();
        let latin = root.chars().map(|c| u8::try_from(c).unwrap());
        let latin: Vec<u8> =
            b"<?xml version='1.0' encoding='latin1'?>".iter().copied().chain(latin).collect();
        let falsely_declared = format!("<?xml version='1.0' encoding='latin1'?>{root}");
        for (bytes, message) in [
            (wide.as_slice(), Some("the restore is in UTF-16LE")),
            (latin.as_slice(), Some("the restore is in latin1")),
            (root.as_bytes(), None),
            (falsely_declared.as_bytes(), None),
        ] {
            let options = Options { encoding: other_encoding(bytes), ..Options::default() };
            let report = document(&decode(bytes).unwrap(), &options);
            let found = report.findings().iter().find(|finding| finding.code() == "restore-encoding");
            assert_eq!(found.map(|finding| finding.message().to_string()).as_deref(), message);
        }
    }
}
