use crate::check::near;
use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-preload-unknown",
    title: "a preload that no client knows",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "`{preload}` is nothing that clients fill in{meant}",
    remedy: "correct the name of the preload",
    why: "JavaRosa and CommCare fill nothing in (a warning in the log, from their code), and the node stays blank: \
          an instance id too.",
    statements: &[],
    sections: &["ODK XForms Specification, Preload Attributes"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" jr:preload="uuid"/>
      <!--                                    ^^^^ blank-form-preload-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" jr:preload="uid"/>"#,
    ),
    run: Run::BlankForm(check),
};

/// `context`, `patient`, `user` and `contact` are those of apps from before CommCare had cases.
const PRELOADS: [&str; 8] = ["contact", "context", "date", "patient", "property", "timestamp", "uid", "user"];

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (bind, _) in &blank.outline.binds {
        let Some(given) = bind.preload().filter(|given| !PRELOADS.contains(given)) else { continue };
        let draft = Draft::at(Spot::attribute_value(span(bind.mark), "preload")).value("preload", given);
        found.push(draft.value("meant", near::told(near::nearest(given, PRELOADS))));
    }
}
