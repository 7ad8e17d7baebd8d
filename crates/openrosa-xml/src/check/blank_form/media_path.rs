use crate::check::rule_file::*;
use crate::manifest::RelativePath;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-media-path",
    title: "a media file whose name would lead out of the form's folder",
    verdicts: &[(Spec, Error), (Odk, Warning)],
    message: "the file of `{uri}` {fault}",
    remedy: "refer to the file by `jr://images/`, `jr://audio/` or `jr://video/` and a plain name",
    why: "The name is looked for among the files that the form's manifest lists; no manifest may list this one.",
    statements: &["R-036"],
    sections: &["openrosa.md 4.3"],
    triggers: Example::Model(
        r#"
      <itext>
        <translation lang="en">
          <text id="oak"><value form="image">jr://images/../oak.jpg</value></text>
          <!--                               ^^^^^^^^^^^^^^^^^^^^^^ blank-form-media-path -->
        </translation>
      </itext>"#,
    ),
    passes: Example::Model(
        r#"
      <itext>
        <translation lang="en">
          <text id="oak"><value form="image">jr://images/oak.jpg</value></text>
        </translation>
      </itext>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for media in blank.form.media() {
        if let Err(error) = RelativePath::new(media.file_name()) {
            let draft = Draft::at(Spot::content(span(media.mark))).value("uri", media.uri.as_ref());
            found.push(draft.value("fault", error.fault.to_string()));
        }
    }
}
