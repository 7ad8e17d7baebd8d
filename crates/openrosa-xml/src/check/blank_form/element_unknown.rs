use super::vocabulary;
use crate::check::near;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-element-unknown",
    title: "an element that XForms does not have",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "`{element}` is no element of XForms{meant}",
    remedy: "correct the name, or take the element out",
    why: "JavaRosa and CommCare refuse a form with an unknown element in its model or in a text of its languages \
          (XFormParseException); elsewhere they warn and go on without it: what it should have said is lost (from \
          their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Structure"],
    triggers: Example::Model(
        r#"
      <binb nodeset="/data/water" required="true()"/>
      <!-- <- blank-form-element-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (element, parent) in super::elements(blank) {
        if vocabulary::is_unknown(element, parent) {
            let name = element.name.local_name();
            let meant = near::told(near::nearest(name, vocabulary::names()));
            found
                .push(Draft::at(Spot::name(span(element.mark))).value("element", name).value("meant", meant));
        }
    }
}
