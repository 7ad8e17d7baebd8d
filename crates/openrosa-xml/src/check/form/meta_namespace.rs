use crate::check::rule_file::*;
use crate::ns;

pub(super) static RULE: Rule = Rule {
    code: "form-meta-namespace",
    title: "metadata in a namespace that some servers do not look in",
    verdicts: &[(Spec, Warning), (Odk, Portability)],
    message: "`meta` is in the namespace `{namespace}`",
    remedy: "write it in the namespace `http://openrosa.org/xforms`, in the blank form too",
    why: "The standard puts metadata into `http://openrosa.org/xforms`. ODK Aggregate finds it there, in two older \
          spellings and in no namespace; Briefcase also in the root's own; the others do not look at the namespace.",
    statements: &["R-100"],
    sections: &["openrosa.md 3.2", "openrosa.md 3.5"],
    triggers: Example::Document(
        r#"
<data id="household" version="7">
  <meta xmlns="http://example.org/meta">
  <!-- <- form-meta-namespace -->
    <instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
  </meta>
</data>"#,
    ),
    passes: Example::Document(
        r#"
<data id="household" version="7">
  <meta xmlns="http://openrosa.org/xforms">
    <instanceID>uuid:6a1c7a6e-0d1b-4a0e-9c67-0a6f0c6a2b11</instanceID>
  </meta>
</data>"#,
    ),
    run: Run::Form(check),
};

/// The spellings that ODK Aggregate and Briefcase take, and CommCare's, which goes to CommCare HQ.
const KNOWN: [&str; 4] = [
    ns::METADATA,
    "http://openrosa.org/xforms/",
    "http://openrosa.org/xforms/metadata",
    ns::COMMCARE_METADATA,
];

fn check(form: &Form<'_>, found: &mut Drafts) {
    let Some(meta) = form.instance.meta().filter(|_| form.is_form()) else { return };
    let own = form.document.name.namespace();
    let odd = meta.name.namespace().filter(|namespace| !KNOWN.contains(namespace) && Some(*namespace) != own);
    if let Some(namespace) = odd {
        found.push(Draft::at(Spot::name(span(meta.mark))).value("namespace", namespace));
    }
}
