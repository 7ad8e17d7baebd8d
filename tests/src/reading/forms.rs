//! Blank forms, and cases as a form sees them.

use std::fmt::Write as _;

use openrosa_xml::{
    CaseDb, XForm,
    casedb::{CaseView, Entry, Part},
    xform::{Bind, Control, DataInstance, MediaReference, SubmissionElement},
};

/// What a blank form says of itself.
#[must_use]
pub fn blank_form(form: &XForm<'_>) -> String {
    let key = form.form_key();
    let mut out = format!("form {}", key.id.as_deref().unwrap_or("unnamed"));
    if let Some(version) = key.version.as_deref() {
        let _ = write!(out, ", version {version}");
    }
    let _ = writeln!(out, "\ntitle {}", form.title.as_deref().unwrap_or("none"));
    for field in form.meta().into_iter().flat_map(|meta| meta.elements()) {
        let _ = writeln!(out, "asks for {}", field.name.local_name());
    }
    if let Some(model) = form.model() {
        model.instances.iter().for_each(|it| instance(it, &mut out));
        model.binds.iter().for_each(|it| bind(it, &mut out));
        model.submissions.iter().for_each(|it| submission(it, &mut out));
    }
    form.media().for_each(|it| media(it, &mut out));
    form.controls.iter().for_each(|it| control(it, &mut out));
    if form.models.len() > 1 {
        let _ = writeln!(out, "{} models", form.models.len());
    }
    out
}

fn instance(instance: &DataInstance<'_>, out: &mut String) {
    let _ = write!(out, "instance {}", instance.id.as_deref().unwrap_or("without an id"));
    if let Some(src) = &instance.src {
        let _ = write!(out, " from {src}");
    }
    if let Some(root) = &instance.root {
        let _ = write!(out, " of {}", root.name.local_name());
    }
    let _ = writeln!(out, ", {} inside", instance.elements);
}

fn bind(bind: &Bind<'_>, out: &mut String) {
    let _ = write!(out, "bind {}", bind.nodeset().unwrap_or("nothing"));
    for (what, said) in [
        ("type", bind.data_type()),
        ("required", bind.required()),
        ("readonly", bind.readonly()),
        ("relevant", bind.relevant()),
        ("constraint", bind.constraint()),
        ("calculate", bind.calculate()),
        ("preload", bind.preload()),
        ("of", bind.preload_params()),
        ("else", bind.constraint_message().or(bind.required_message())),
    ] {
        if let Some(said) = said {
            let _ = write!(out, ", {what} {said}");
        }
    }
    out.push('\n');
}

fn submission(submission: &SubmissionElement<'_>, out: &mut String) {
    let _ = write!(out, "submission to {}", submission.action().unwrap_or("where it came from"));
    for (what, said) in [("by", submission.method()), ("with key", submission.public_key())] {
        if let Some(said) = said {
            let _ = write!(out, " {what} {said}");
        }
    }
    out.push('\n');
}

fn media(media: &MediaReference<'_>, out: &mut String) {
    let text = media.text_id.as_deref().unwrap_or("without an id");
    let form = media.form.as_deref().unwrap_or("file");
    let _ = writeln!(out, "text {text} shows {form} {}, file {}", media.uri, media.file_name());
}

fn control(control: &Control<'_>, out: &mut String) {
    let name = control.name.local_name();
    let _ = write!(out, "{name} fills {}", control.reference().unwrap_or("what a bind says"));
    if let Some(kind) = control.media_type() {
        let _ = write!(out, " with {kind}");
    }
    out.push('\n');
}

/// A list of cases.
#[must_use]
pub fn case_db(list: &CaseDb<'_>) -> String {
    let mut out = format!("{}\n", list.tag.name.local_name());
    for entry in &list.entries {
        match entry {
            Entry::Case(case) => view(case, &mut out),
            Entry::Other(element) => {
                let _ = writeln!(out, "other {}", element.name.local_name());
            }
            _ => unreachable!("there are cases and others"),
        }
    }
    out
}

fn view(case: &CaseView<'_>, out: &mut String) {
    let said = |value: &Option<openrosa_xml::Text<'_>>| value.as_deref().unwrap_or("nothing").to_owned();
    let (id, kind, owner) = (said(&case.case_id), said(&case.case_type), said(&case.owner_id));
    let state = if case.is_closed() { "closed" } else { "open" };
    let _ = writeln!(out, "case {id} of type {kind}, held by {owner}, {state}");
    for part in &case.parts {
        match part {
            Part::Property(property) => {
                let _ = writeln!(out, "  {} = {:?}", property.name, property.value.text());
            }
            Part::Index(index) => index.entries.iter().for_each(|entry| super::link(entry, out)),
            Part::Attachment(files) => files.entries.iter().for_each(|entry| {
                let _ = writeln!(out, "  attachment {}", entry.name);
            }),
            _ => unreachable!("there are properties, links and files"),
        }
    }
    if case.is_related() {
        out.push_str("  found as a relative\n");
    }
    if let [first, rest @ ..] = &case.missing()[..] {
        let _ =
            writeln!(out, "  missing {}", rest.iter().fold((*first).to_owned(), |all, one| all + ", " + one));
    }
}
