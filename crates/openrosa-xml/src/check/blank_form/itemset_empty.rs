use crate::check::rule_file::*;

pub(super) static RULE: Rule = Rule {
    code: "blank-form-itemset-empty",
    title: "choices from an instance that has none of them",
    verdicts: &[(Spec, Warning), (Device, Warning), (Odk, Warning)],
    message: "`{path}` leads to nothing in the instance `{id}`",
    remedy: "correct the path, or the names in the instance",
    why: "There is nothing to choose, or the choices have no value or label. Only instances that stand in the form are \
          looked at, and only paths that are plain names, whatever their conditions.",
    statements: &[],
    sections: &["ODK XForms Specification, Secondary Instances"],
    triggers: Example::Document(
        r#"
<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
  <h:head>
    <h:title>Household</h:title>
    <model>
      <instance>
        <data id="household" version="7"><roof/><meta><instanceID/></meta></data>
      </instance>
      <instance id="roofs"><root><item><name>tin</name><label>Tin</label></item></root></instance>
    </model>
  </h:head>
  <h:body>
    <select1 ref="/data/roof"><label>Roof</label>
      <itemset nodeset="instance('roofs')/root/item[name != '']">
        <value ref="code"/>
        <!--        ^^^^ blank-form-itemset-empty -->
        <label ref="label"/>
      </itemset>
    </select1>
  </h:body>
</h:html>"#,
    ),
    passes: Example::Model(
        r#"
      <bind nodeset="/data/water" required="false()"/>"#,
    ),
    run: Run::BlankForm(check),
};

fn check(blank: &Blank<'_>, found: &mut Drafts) {
    for (itemset, _) in super::elements(blank).filter(|(element, _)| element.name.local_name() == "itemset") {
        let nodeset = itemset.attribute("nodeset").unwrap_or_default();
        let Some((id, steps)) = steps(nodeset) else { continue };
        let Some(instance) = instance(blank, id) else { continue };
        let items = steps.iter().fold(vec![instance], |around, step| inside(&around, step));
        if items.is_empty() {
            found.push(draft(itemset, "nodeset", nodeset, id, instance));
            continue;
        }
        for part in itemset.elements() {
            let path = part.attribute("ref").filter(|path| is_name(path));
            if let Some(path) = path.filter(|path| inside(&items, path).is_empty()) {
                found.push(draft(part, "ref", path, id, instance));
            }
        }
    }
}

fn draft(element: &Element<'_>, attribute: &str, path: &str, id: &str, instance: &Element<'_>) -> Draft {
    let draft = Draft::at(Spot::attribute_value(span(element.mark), attribute));
    draft.value("path", path).value("id", id).related(Spot::name(span(instance.mark)), "the instance")
}

/// The instance of this id, where its content stands in the form.
fn instance<'b>(blank: &Blank<'b>, id: &str) -> Option<&'b Element<'b>> {
    let mut all = super::elements(blank).map(|(element, _)| element);
    let named =
        all.find(|element| element.name.local_name() == "instance" && element.attribute("id") == Some(id));
    named.filter(|instance| instance.attribute("src").is_none() && instance.elements().next().is_some())
}

fn inside<'e>(around: &[&'e Element<'e>], name: &str) -> Vec<&'e Element<'e>> {
    let children = around.iter().flat_map(|element| element.elements());
    children.filter(|child| child.name.local_name() == name).collect()
}

/// The instance that a path begins in, and its names without their conditions.
fn steps(nodeset: &str) -> Option<(&str, Vec<String>)> {
    let inside = nodeset.trim().strip_prefix("instance('")?;
    let (id, path) = inside.split_once("')")?;
    let (mut plain, mut depth) = (String::new(), 0_usize);
    for c in path.chars() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.checked_sub(1)?,
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    let steps: Vec<_> =
        plain.trim().strip_prefix('/')?.split('/').map(|step| step.trim().to_owned()).collect();
    steps.iter().all(|step| is_name(step)).then_some((id, steps))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-'))
}
