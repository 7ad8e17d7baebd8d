use crate::check::rule_file::*;
use crate::ns;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-case-namespace",
    title: "a case in a form that is in no namespace of cases",
    verdicts: &[(Spec, Warning), (Device, Warning), (Hq, Warning)],
    message: "the case is in {namespace}, not in that of Case XML",
    remedy: "declare `xmlns=\"http://commcarehq.org/case/transaction/v2\"` on the `case`",
    why: "The case of every filled-in form will stand in this namespace. The device makes nothing of such a case, \
          and CommCare HQ may (case-xml.md 1.1).",
    statements: &[],
    sections: &["case-xml.md 1.1"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Visit</h:title>
    <model>
      <instance>
        <data xmlns="http://example.org/visit" version="1">
          <case case_id="" date_modified="" user_id=""><update><weight/></update></case>
          <!-- <- blank-form-case-namespace -->
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
    <h:title>Visit</h:title>
    <model>
      <instance>
        <data xmlns="http://example.org/visit" version="1">
          <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="" date_modified="" user_id=""><update><weight/></update></case>
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
        let is_case = element.name.local_name() == "case" && element.attribute("case_id").is_some();
        if is_case && element.name.namespace() != Some(ns::CASE) {
            let told = element.name.namespace().map_or("no namespace".to_owned(), |uri| format!("`{uri}`"));
            found.push(Draft::at(Spot::name(span(element.mark))).value("namespace", told));
        }
    }
}
