use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-upload-type",
    title: "a question for a file that does not say which",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "`mediatype` is {given}, which is no kind of file",
    remedy: "write the kind of file, such as `image/*`, `audio/*`, `video/*` or `application/*`",
    why: "JavaRosa offers a picture, a recording or a video by the kind of file, and any file where it does not \
          know it; CommCare offers nothing (from their code).",
    statements: &[],
    sections: &["ODK XForms Specification, Body Elements"],
    triggers: Example::Body(
        r#"
    <upload ref="/data/photo" mediatype="photo"><label>Photo</label></upload>
    <!--                                 ^^^^^ blank-form-upload-type -->"#,
    ),
    passes: Example::Body(
        r#"
    <upload ref="/data/photo" mediatype="image/*"><label>Photo</label></upload>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for upload in blank.form.uploads() {
        let given = upload.media_type();
        let is_type = given.is_some_and(|given| given.split(',').all(|one| is_type(trim(one))));
        if !is_type {
            let told = given.map_or("missing".to_owned(), |given| format!("`{given}`"));
            found.push(Draft::at(Spot::attribute_value(span(upload.mark), "mediatype")).value("given", told));
        }
    }
}

fn is_type(text: &str) -> bool {
    text.split_once('/').is_some_and(|(kind, of)| !kind.is_empty() && !of.is_empty() && !of.contains('/'))
}
