//! A whole submission: answers, case blocks, metadata.

use super::{BuildError, LONGEST_ID, NewCase, NewMeta, check_id, check_length, check_text};
use crate::{
    ids::{FormId, InstanceId},
    ns,
    xml::{Element, Name, Node, Writer, chars::is_ncname},
};

/// Builds a filled-in form.
///
/// Answers come first, then the case blocks, then the metadata, as the device writes them. The form's id is written both
/// as the root's namespace, by which CommCare knows a form, and as its `id`, by which everyone else does.
///
/// *Spec:* openrosa.md 3.1; case-xml.md 7, 1.12; statements C-002, C-019…C-023.
#[derive(Clone, Debug)]
pub struct NewForm {
    form_id: FormId,
    root: String,
    id: Option<String>,
    name: Option<String>,
    version: Option<String>,
    answers: Vec<Element<'static>>,
    cases: Vec<NewCase>,
    meta: NewMeta,
}

impl NewForm {
    /// A filled-in form of this kind, without answers.
    pub fn new(form_id: impl Into<FormId>, meta: NewMeta) -> Self {
        Self {
            form_id: form_id.into(),
            root: "data".to_owned(),
            id: None,
            name: None,
            version: None,
            answers: Vec::new(),
            cases: Vec::new(),
            meta,
        }
    }

    /// Calls the root element something else than `data`.
    #[must_use]
    pub fn root(mut self, local: impl Into<String>) -> Self {
        self.root = local.into();
        self
    }

    /// Writes another `id` than the form's namespace, for a server outside the CommCare family.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The title of the form, for people.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// The version of the form; none is not the same as an empty one.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Adds an answer.
    #[must_use]
    pub fn answer(self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.group(Element::new(Name::local(name.into())).with_text(text.into()))
    }

    /// Adds a group of answers, or one repetition of a group. Elements in no namespace become the form's. Repetitions are
    /// written side by side wherever they were added, as the device does (C-019).
    #[must_use]
    pub fn group(mut self, group: Element<'static>) -> Self {
        let last =
            self.answers.iter().rposition(|answer| answer.name.local_name() == group.name.local_name());
        self.answers.insert(last.map_or(self.answers.len(), |at| at + 1), group);
        self
    }

    /// Adds a case block.
    #[must_use]
    pub fn case(mut self, case: NewCase) -> Self {
        self.cases.push(case);
        self
    }

    /// The instance id, for who sends the form.
    #[must_use]
    pub const fn instance_id(&self) -> &InstanceId {
        self.meta.instance_id()
    }

    /// The files that the case blocks attach, which must go along with the form.
    pub fn file_names(&self) -> impl Iterator<Item = &str> {
        self.cases.iter().flat_map(NewCase::file_names)
    }

    /// The document.
    pub fn write(&self) -> Result<String, BuildError> {
        self.write_with(Writer::document())
    }

    /// The document, laid out for people.
    pub fn write_indented(&self) -> Result<String, BuildError> {
        self.write_with(Writer::document().indented())
    }

    fn write_with(&self, mut out: Writer) -> Result<String, BuildError> {
        self.check()?;
        out.open(&self.in_form(&self.root))?;
        let id = self.id.as_deref().unwrap_or(self.form_id.as_str());
        out.optional_attribute("id", Some(id))?;
        out.optional_attribute("name", self.name.as_deref())?;
        out.optional_attribute("version", self.version.as_deref())?;
        for answer in &self.answers {
            self.adopt(answer.clone()).write_to(&mut out)?;
        }
        for case in &self.cases {
            case.build()?.write_to(&mut out)?;
        }
        self.meta.build()?.write_to(&mut out)?;
        out.close();
        Ok(out.finish())
    }

    fn in_form(&self, local: &str) -> Name<'static> {
        Name::in_namespace(self.form_id.to_string(), local.to_owned())
    }

    /// Puts an answer, and whatever in it has no namespace, into the form's.
    fn adopt(&self, element: Element<'static>) -> Element<'static> {
        let name = match element.name.namespace() {
            None => self.in_form(element.name.local_name()),
            Some(_) => element.name.clone(),
        };
        let mut adopted = Element::new(name);
        adopted.attributes = element.attributes.clone();
        for node in element.children() {
            adopted.push(match node {
                Node::Element(child) => Node::Element(self.adopt(child.clone())),
                Node::Text(text) => Node::Text(text.clone()),
            });
        }
        adopted
    }

    fn check(&self) -> Result<(), BuildError> {
        check_id("form id", self.form_id.as_str(), LONGEST_ID)?;
        let meant_otherwise = [ns::CASE, ns::DEVICE_REPORT, ns::XML, ns::XMLNS, ns::RESPONSE];
        if meant_otherwise.contains(&self.form_id.as_str()) {
            return Err(BuildError::FormNamespace { namespace: self.form_id.to_string() });
        }
        check_answer_name(&self.root)?;
        self.id.as_deref().map_or(Ok(()), |id| check_id("id", id, LONGEST_ID))?;
        for (what, text) in [("version", &self.version), ("name", &self.name)] {
            let text = text.as_deref().unwrap_or_default();
            check_text(what, text)?;
            check_length(what, text.chars().count(), LONGEST_ID)?;
        }
        check_siblings(self.answers.iter())?;
        for answer in &self.answers {
            if answer.name.local_name().eq_ignore_ascii_case("meta") {
                return Err(BuildError::AnswerName { name: answer.name.local_name().to_owned() });
            }
        }
        self.check_cases()
    }

    fn check_cases(&self) -> Result<(), BuildError> {
        for (at, case) in self.cases.iter().enumerate() {
            if self.cases[..at].iter().any(|other| other.case_id() == case.case_id()) {
                return Err(BuildError::SecondBlock { case_id: case.case_id().to_string() });
            }
        }
        Ok(())
    }
}

/// Each name makes one run, and none is taken for a case block; so on inward.
fn check_siblings<'e>(siblings: impl Iterator<Item = &'e Element<'static>>) -> Result<(), BuildError> {
    let mut runs: Vec<&str> = Vec::new();
    for element in siblings {
        let local = element.name.local_name();
        check_answer_name(local)?;
        if element.name.namespace() == Some(ns::CASE) {
            return Err(BuildError::AnswerName { name: local.to_owned() });
        }
        if runs.last() != Some(&local) {
            if runs.contains(&local) {
                return Err(BuildError::Scattered { name: local.to_owned() });
            }
            runs.push(local);
        }
        check_siblings(element.elements())?;
    }
    Ok(())
}

/// C-022: the device takes anything called `case`, in whatever letters, for a case block.
fn check_answer_name(local: &str) -> Result<(), BuildError> {
    if !is_ncname(local) {
        return Err(BuildError::Name { name: local.to_owned() });
    }
    if local.eq_ignore_ascii_case("case") {
        return Err(BuildError::AnswerName { name: local.to_owned() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{Instance, build::Author};

    fn author() -> Author {
        Author::new("U", DateTime::parse_from_rfc3339("2024-05-01T12:00:00+02:00").unwrap())
    }

    fn form() -> NewForm {
        let opened = DateTime::parse_from_rfc3339("2024-05-01T11:59:00+02:00").unwrap();
        NewForm::new("http://example.org/visit", NewMeta::commcare("i-1", &author(), "D", opened))
    }

    fn case(id: &str) -> NewCase {
        NewCase::update(id, &author()).property("a", "1")
    }

    fn refusal(form: &NewForm) -> String {
        form.write().unwrap_err().to_string()
    }

    fn group(name: &'static str) -> Element<'static> {
        Element::new(Name::local(name))
    }

    /// C-002: the parent of a block is not in the Case XML 2.0 namespace.
    /// C-023: the root has a namespace; meta has instanceID, userID, timeStart and timeEnd.
    #[test]
    fn a_whole_form_looks_like_this() {
        let written = form()
            .name("Visit")
            .version("3")
            .answer("weight", "12")
            .case(case("C"))
            .write_indented()
            .unwrap();
        insta::assert_snapshot!(written, @r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <data xmlns="http://example.org/visit" id="http://example.org/visit" name="Visit" version="3">
          <weight>12</weight>
          <case xmlns="http://commcarehq.org/case/transaction/v2" case_id="C" date_modified="2024-05-01T12:00:00.000+02:00" user_id="U">
            <update>
              <a>1</a>
            </update>
          </case>
          <orx:meta xmlns:orx="http://openrosa.org/jr/xforms">
            <orx:deviceID>D</orx:deviceID>
            <orx:timeStart>2024-05-01T11:59:00.000+02:00</orx:timeStart>
            <orx:timeEnd>2024-05-01T12:00:00.000+02:00</orx:timeEnd>
            <orx:userID>U</orx:userID>
            <orx:instanceID>i-1</orx:instanceID>
          </orx:meta>
        </data>
        "#);
        let instance = Instance::read(&written).unwrap();
        assert_eq!(instance.cases()[0].block, case("C").build().unwrap());
    }

    /// C-002: a form cannot have the namespace of case blocks.
    #[test]
    fn a_form_in_a_namespace_that_means_something_else_is_refused() {
        let odd = NewForm::new(ns::CASE, form().meta);
        assert_eq!(
            refusal(&odd),
            "`http://commcarehq.org/case/transaction/v2` cannot be the namespace of a form"
        );
    }

    /// C-023: a form without a namespace is refused.
    #[test]
    fn a_form_without_a_name_is_refused() {
        assert_eq!(refusal(&NewForm::new("", form().meta)), "`form id` is blank");
    }

    /// C-019: siblings of one name are written side by side, and nested ones must be.
    #[test]
    fn repetitions_stand_side_by_side() {
        let form = form()
            .group(group("visit").with_text("1"))
            .answer("note", "")
            .group(group("visit").with_text("2"));
        let written = form.write().unwrap();
        assert!(written.contains("<visit>1</visit><visit>2</visit><note/>"), "{written}");
        let scattered = group("g").with_child(group("a")).with_child(group("b")).with_child(group("a"));
        assert_eq!(refusal(&form.group(scattered)), "the elements called `a` do not stand side by side");
    }

    /// C-020: one block per case.
    /// C-021: so that a case is never updated before the block that creates it.
    #[test]
    fn a_second_block_for_a_case_is_refused() {
        let twice = form().case(case("C")).case(NewCase::create("C", "t", "n", "o", &author()));
        assert_eq!(refusal(&twice), "case `C` is in the form twice; say everything in one block");
    }

    /// C-022: nothing is called `case` but a case block.
    #[test]
    fn an_answer_called_case_is_refused_at_any_depth() {
        assert_eq!(refusal(&form().answer("case", "")), "an answer cannot be called `case`");
        assert_eq!(
            refusal(&form().group(group("g").with_child(group("CASE")))),
            "an answer cannot be called `CASE`"
        );
        assert_eq!(refusal(&form().answer("meta", "")), "an answer cannot be called `meta`");
    }

    #[test]
    fn answers_without_a_namespace_become_the_forms() {
        let written = form().group(group("g").with_child(group("a").with_text("1"))).write().unwrap();
        let document = Element::read(&written).unwrap();
        let inner = document.child("g").unwrap().child("a").unwrap();
        assert_eq!(inner.name.namespace(), Some("http://example.org/visit"));
    }

    #[test]
    fn files_of_cases_are_named_for_the_sender() {
        let form = form().case(case("C").attach("photo", "a.jpg")).case(case("D").detach("photo"));
        assert_eq!(form.file_names().collect::<Vec<_>>(), ["a.jpg"]);
    }
}
