use crate::check::rule_file::*;
use crate::ns;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-case-create-part",
    title: "a form that makes a case without a type or a name",
    verdicts: &[(Spec, Error), (Device, Error), (Hq, Warning)],
    message: "`create` has no `{part}`",
    remedy: "add the element, and a bind or a value for it",
    why: "Every filled-in form will have a case without it, which the device refuses. Elements of a case are known by \
          their names, so that one that is misspelt is missing.",
    statements: &["C-006", "C-042"],
    sections: &["case-xml.md 1.4"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Registration</h:title>
    <model>
      <instance>
        <data xmlns="http://example.org/registration" version="1">
          <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="" date_modified="" user_id="">
            <create><case_name/><owner_id/><case_typ>patient</case_typ></create>
            <!-- <- blank-form-case-create-part -->
          </case>
          <meta xmlns="http://openrosa.org/jr/xforms"><instanceID/></meta>
        </data>
      </instance>
    </model>
  </h:head>
  <h:body/>
</h:html>"#,
    ),
    passes: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Registration</h:title>
    <model>
      <instance>
        <data xmlns="http://example.org/registration" version="1">
          <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="" date_modified="" user_id="">
            <create><case_name/><owner_id/><case_type>patient</case_type></create>
          </case>
          <meta xmlns="http://openrosa.org/jr/xforms"><instanceID/></meta>
        </data>
      </instance>
    </model>
  </h:head>
  <h:body/>
</h:html>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for element in super::nodes(blank) {
        let create = element.child("create").filter(|_| element.name.is(Some(ns::CASE), "case"));
        let Some(create) = create else { continue };
        for part in ["case_type", "case_name"].into_iter().filter(|part| create.child(part).is_none()) {
            found.push(Draft::at(Spot::name(span(create.mark))).value("part", part));
        }
    }
}
