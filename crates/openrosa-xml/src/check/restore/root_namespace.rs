use crate::check::rule_file::*;
use crate::ns;

pub(super) static RULE: Rule = Rule {
    code: "restore-root-namespace",
    title: "an answer outside the namespace of answers",
    verdicts: &[(Spec, Error)],
    message: "`OpenRosaResponse` is not in the namespace http://openrosa.org/http/response",
    remedy: "declare xmlns=\"http://openrosa.org/http/response\" on the root",
    why: "The standard says so; the device, ODK Collect and Enketo look at local names only and take the answer.",
    statements: &["S-001"],
    sections: &["openrosa.md 1.2", "ota-restore.md 2.2"],
    triggers: Example::Document(
        r#"
<OpenRosaResponse>
<!-- <- restore-root-namespace -->
  <message nature="ota_restore_success">Welcome back, amina</message>
  <Sync xmlns="http://commcarehq.org/sync"><restore_id>0f3c</restore_id></Sync>
  <Registration xmlns="http://openrosa.org/user/registration">
    <username>amina</username><password/><uuid>u1</uuid><date>2024-02-01</date>
  </Registration>
</OpenRosaResponse>"#,
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
    run: Run::Root(check),
};

fn check(root: &Root<'_>, found: &mut Drafts) {
    if root.name.local_name() == "OpenRosaResponse" && root.name.namespace() != Some(ns::RESPONSE) {
        found.push(Draft::at(Spot::name(root.span)));
    }
}
