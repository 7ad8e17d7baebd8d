use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "restore-root-name",
    title: "a restore whose root is called otherwise",
    verdicts: &[(Spec, Error)],
    message: "the root is called `{root}`, not `OpenRosaResponse`",
    remedy: "call the root `OpenRosaResponse`, in the namespace http://openrosa.org/http/response",
    why: "The device looks at neither name nor namespace of the root and takes the items below it. Other clients look \
          for `OpenRosaResponse` and find nothing.",
    statements: &["S-001"],
    sections: &["openrosa.md 1.2", "ota-restore.md 2.2"],
    triggers: Example::None(
        "a document with another root is taken for a form unless its reader says that it is a restore",
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
    let local = root.name.local_name();
    if local != "OpenRosaResponse" {
        found.push(Draft::at(Spot::name(root.span)).value("root", local));
    }
}
