use std::collections::BTreeSet;

use super::{expression_word, expressions::written};
use crate::check::rule_file::*;
use crate::check::xpath::Expression;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-expression-node-unknown",
    title: "an expression about a node that is not there",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "`{attribute}` looks at `{path}`, which the form does not have",
    remedy: "correct the path, or add the node to the instance",
    why: "JavaRosa and CommCare take the node for blank, and the condition or calculation for what comes of that \
          (from their code). Most often the node was renamed, or the parentheses of `true()` were forgotten.",
    statements: &[],
    sections: &["ODK XForms Specification, Bindings"],
    triggers: Example::Model(
        r#"
      <bind nodeset="/data/water" relevant="/data/aeg &gt; 5"/>
      <!--                                  ^^^^^^^^^^^^^^^^ blank-form-expression-node-unknown -->"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" relevant="/data/age &gt; 5"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    if blank.form.primary().is_none() {
        return;
    }
    for written in written(blank).filter(|written| expression_word::of(blank, written).is_none()) {
        let paths = Expression::read(written.text, written.base).map(|expression| expression.paths);
        let is_unknown =
            |path: &String| path.starts_with('/') && !blank.outline.has(path) && !comes_later(blank, path);
        for path in paths.unwrap_or_default().into_iter().filter(is_unknown).collect::<BTreeSet<_>>() {
            found.push(Draft::at(written.spot()).value("attribute", written.attribute).value("path", path));
        }
    }
}

/// CommCare HQ adds metadata and the case to a form right out of its form builder when it makes an app of it.
fn comes_later(blank: &Blank<'_>, path: &str) -> bool {
    let root = blank.outline.root().unwrap_or_default();
    ["meta", "case"].into_iter().any(|added| {
        let node = format!("{root}/{added}");
        path.strip_prefix(&node).is_some_and(|rest| rest.starts_with('/')) && !blank.outline.has(&node)
    })
}
