use crate::check::rule_file::*;
use crate::ns;

pub(super) static RULE: Rule = Rule {
    code: "form-list-namespace",
    title: "a form list that is not in its namespace",
    verdicts: &[(Spec, Error), (Odk, Error)],
    message: "the list is in {namespace}",
    remedy: "write `xmlns=\"http://openrosa.org/xforms/xformsList\"` on the root",
    why: "ODK Collect knows a form list by its namespace, and takes this one for the answer of some other server.",
    statements: &["R-032"],
    sections: &["openrosa.md 4.2", "openrosa.md 4.6"],
    triggers: Example::Document(
        r"
<xforms>
<!-- <- form-list-namespace -->
  <xform>
    <formID>household</formID><name>Household</name><version>7</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
</xforms>",
    ),
    passes: Example::Document(
        r#"
<xforms xmlns="http://openrosa.org/xforms/xformsList">
  <xform>
    <formID>household</formID><name>Household</name><version>7</version>
    <hash>md5:0123456789abcdef0123456789abcdef</hash>
    <downloadUrl>https://example.org/household.xml</downloadUrl>
  </xform>
</xforms>"#,
    ),
    run: Run::FormList(check),
};

fn check(list: &FormList<'_>, found: &mut Drafts) {
    let root = &list.element;
    let namespace = root.name.namespace();
    let is_known = namespace.is_some_and(|namespace| namespace.eq_ignore_ascii_case(ns::FORM_LIST));
    if root.name.local_name() == "xforms" && !is_known {
        let told =
            namespace.map_or("no namespace".to_owned(), |namespace| format!("the namespace `{namespace}`"));
        found.push(Draft::at(Spot::name(span(root.mark))).value("namespace", told));
    }
}
