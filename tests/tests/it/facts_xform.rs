//! Real blank forms read as what independent readings of them say.

use openrosa_tests::{
    corpus::{self, Sample},
    strategies,
};
use openrosa_xml::{
    XForm, ns,
    xform::{Control, DataInstance, SubmissionElement},
    xml::{self, Element, Name},
};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

fn samples() -> Vec<Sample> {
    let corpus = corpus::folder("reading real blank forms and comparing with their facts");
    corpus.map_or_else(Vec::new, |corpus| corpus::samples(&corpus, "xform"))
}

/// The member `xform` of the facts, as our reader gives it.
fn facts(form: &XForm<'_>) -> Value {
    let model = form.model();
    json!({
        "title": form.title,
        "models": form.models.len(),
        "primary": form.primary().map(primary),
        "instances": model.map(|model| model.instances.iter().map(instance).collect::<Value>()),
        "binds": model.map(|model| model.binds.len()),
        "itext_langs": model.map(|model| model.translations.iter().map(|t| json!(t.lang)).collect::<Value>()),
        "submissions": model.map(|model| model.submissions.iter().map(submission).collect::<Value>()),
        "body_controls": controls(&form.controls),
    })
}

fn primary(root: &Element<'_>) -> Value {
    json!({
        "local": root.name.local_name(),
        "xmlns": root.name.namespace(),
        "id": root.attribute("id"),
        "version": root.attribute("version"),
        "uiVersion": root.attribute("uiVersion"),
        "name": root.attribute("name"),
        "attrs": root.attributes.iter().map(|a| json!([clark(&a.name), a.value])).collect::<Value>(),
    })
}

/// `{namespace}local`, or `local` alone without a namespace.
fn clark(name: &Name<'_>) -> String {
    let namespace = name.namespace().map(|uri| format!("{{{uri}}}")).unwrap_or_default();
    namespace + name.local_name()
}

fn instance(instance: &DataInstance<'_>) -> Value {
    json!({ "id": instance.id, "src": instance.src, "children": instance.elements })
}

fn submission(submission: &SubmissionElement<'_>) -> Value {
    let attributes = submission.attributes.iter().map(|a| (clark(&a.name), json!(a.value)));
    attributes.collect::<Map<_, _>>().into()
}

fn controls(controls: &[Control<'_>]) -> Value {
    let mut count = Map::new();
    for control in controls {
        let name = control.name.local_name();
        let so_far = count.get(name).and_then(Value::as_u64).unwrap_or(0);
        count.insert(name.to_owned(), json!(so_far + 1));
    }
    count.into()
}

/// The version in the facts of a primary instance; Central's entity forms have it in the metadata namespace.
fn version(primary: &Value) -> Option<&str> {
    let namespaced = "{http://openrosa.org/xforms}version";
    let mut attributes = primary["attrs"].as_array().into_iter().flatten();
    let in_namespace = || attributes.find(|pair| pair[0] == namespaced).and_then(|pair| pair[1].as_str());
    primary["version"].as_str().or_else(in_namespace)
}

/// a blank form is known by the root of its primary instance, in every real form.
#[test]
fn blank_forms_equal_the_facts() {
    for sample in samples() {
        let text = xml::decode(&sample.bytes).unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        let form = XForm::read(&text).unwrap_or_else(|error| panic!("{}: {error}", sample.name));
        assert_eq!(facts(&form), sample.facts["xform"], "{}", sample.name);
        let (key, stated) = (form.form_key(), &sample.facts["xform"]["primary"]);
        let own_namespace = || stated["xmlns"].as_str().filter(|namespace| *namespace != ns::XFORMS);
        let id = stated["id"].as_str().or_else(own_namespace);
        assert_eq!(key.id.as_deref(), id, "{}", sample.name);
        assert_eq!(key.version.as_deref(), version(stated), "{}", sample.name);
        assert_eq!(form.clone().into_owned(), form, "{}", sample.name);
    }
}

/// Binds written as absolute paths lead to nodes of the primary instance; the exceptions are the forms' own mistakes.
#[test]
fn the_binds_of_real_forms_select_nodes() {
    let (mut found, mut lost) = (0, 0);
    for sample in samples() {
        let text = xml::decode(&sample.bytes).expect("it read before");
        let form = XForm::read(&text).expect("it read before");
        let binds = form.model().into_iter().flat_map(|model| &model.binds);
        for path in binds.filter_map(|bind| bind.nodeset()).filter(|path| path.starts_with('/')) {
            match form.node(path.split("/@").next().unwrap_or(path)) {
                Some(_) => found += 1,
                None => lost += 1,
            }
        }
    }
    assert!(lost * 20 <= found, "{found} binds select a node, {lost} do not");
}

proptest! {
    #![proptest_config(strategies::config())]

    /// A blank form reads wherever a document does, whatever is in it and wherever it is cut.
    #[test]
    fn any_document_reads_as_a_blank_form(element in strategies::element(), cut: prop::sample::Index) {
        let source = format!(
            "<html><head><model><instance>{0}</instance><itext><translation>{0}</translation></itext></model></head>\
             <body>{0}</body></html>",
            element.write().unwrap()
        );
        let form = XForm::read(&source).unwrap();
        prop_assert_eq!(form.primary(), Some(&element));
        prop_assert_eq!(&form.clone().into_owned(), &form);
        let end = (0..=cut.index(source.len())).rev().find(|&at| source.is_char_boundary(at)).unwrap_or(0);
        let error = XForm::read(&source[..end]).unwrap_err();
        prop_assert!(error.position().offset <= end as u64, "{}", error);
    }
}
