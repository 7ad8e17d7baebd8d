use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "form-meta-prefix",
    title: "metadata whose prefix KoBoToolbox does not know",
    verdicts: &[(Odk, Portability)],
    message: "`meta` is written with the prefix `{prefix}`",
    remedy: "write `orx:meta`, or `meta` without a prefix",
    why: "KoBoToolbox compares the name as it is written, and sees `meta` and `orx:meta` only. Under another prefix \
          it finds no instance id, and makes up one or answers 400. Other servers do not mind.",
    statements: &["R-100"],
    sections: &["openrosa.md 3.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <n0:meta xmlns:n0="http://openrosa.org/xforms">
  <!-- <- form-meta-prefix -->
    <n0:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</n0:instanceID>
  </n0:meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <orx:meta xmlns:orx="http://openrosa.org/xforms">
    <orx:instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</orx:instanceID>
  </orx:meta>
</data>"#,
    ),
    run: Run::Form(check),
};

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(meta) = form.instance.meta() else { return };
    let odd = meta.name.prefix().filter(|prefix| !prefix.is_empty() && !prefix.eq_ignore_ascii_case("orx"));
    if let Some(prefix) = odd {
        found.push(Draft::at(Spot::name(span(meta.mark))).value("prefix", prefix));
    }
}
