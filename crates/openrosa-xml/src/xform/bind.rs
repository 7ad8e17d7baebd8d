//! `bind`: the type of a node and the conditions on it.

use super::{all_owned, attribute, attribute_in};
use crate::{ns, position::Mark, xml::name::Attribute};

/// One `bind`: what its attributes say of the nodes that it selects. The expressions are texts here; nothing evaluates them.
///
/// *Wire:* in `model`, one for each node that has more to it than a name.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Bind<'a> {
    /// All attributes, in document order.
    pub attributes: Vec<Attribute<'a>>,
    /// Where its start tag stood.
    pub mark: Mark,
}

impl Bind<'_> {
    /// `@id`, by which old forms tie a control to the bind.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        attribute(&self.attributes, "id")
    }

    /// `@nodeset`: the nodes, in practice one absolute path.
    #[must_use]
    pub fn nodeset(&self) -> Option<&str> {
        attribute(&self.attributes, "nodeset")
    }

    /// `@type` without its prefix: `string`, `int`, `geopoint`, … The prefix is that of XML Schema in one form and missing
    /// in the next, for one and the same type.
    #[must_use]
    pub fn data_type(&self) -> Option<&str> {
        attribute(&self.attributes, "type").map(super::local_part)
    }

    /// `@required`: the condition under which the node must not be blank.
    #[must_use]
    pub fn required(&self) -> Option<&str> {
        attribute(&self.attributes, "required")
    }

    /// `@readonly`: the condition under which a person cannot change it.
    #[must_use]
    pub fn readonly(&self) -> Option<&str> {
        attribute(&self.attributes, "readonly")
    }

    /// `@relevant`: the condition without which the node is left out of the filled-in form.
    #[must_use]
    pub fn relevant(&self) -> Option<&str> {
        attribute(&self.attributes, "relevant")
    }

    /// `@constraint`: the condition on its value.
    #[must_use]
    pub fn constraint(&self) -> Option<&str> {
        attribute(&self.attributes, "constraint")
    }

    /// `@calculate`: how its value comes about.
    #[must_use]
    pub fn calculate(&self) -> Option<&str> {
        attribute(&self.attributes, "calculate")
    }

    /// `@jr:constraintMsg`: what a person is told whose value breaks the constraint.
    #[must_use]
    pub fn constraint_message(&self) -> Option<&str> {
        self.javarosa("constraintMsg")
    }

    /// `@jr:requiredMsg`: what a person is told who leaves the node blank.
    #[must_use]
    pub fn required_message(&self) -> Option<&str> {
        self.javarosa("requiredMsg")
    }

    /// `@jr:preload`: what the client fills in by itself, such as `uid`, `timestamp` or `property`.
    #[must_use]
    pub fn preload(&self) -> Option<&str> {
        self.javarosa("preload")
    }

    /// `@jr:preloadParams`: which of these, such as `start` or `deviceid`.
    #[must_use]
    pub fn preload_params(&self) -> Option<&str> {
        self.javarosa("preloadParams")
    }

    fn javarosa(&self, local: &str) -> Option<&str> {
        attribute_in(&self.attributes, Some(ns::JAVAROSA), local)
    }

    pub(super) fn into_owned(self) -> Bind<'static> {
        Bind { attributes: all_owned(self.attributes), mark: self.mark }
    }
}

#[cfg(test)]
mod tests {
    use crate::XForm;

    #[test]
    fn a_bind_has_a_type_conditions_and_a_preload() {
        let form = XForm::read(
            "<html xmlns:jr='http://openrosa.org/javarosa'><head><model>\
             <bind nodeset='/d/a' type='xsd:int' required='true()' readonly='false()' relevant=\"/d/b = 'y'\" \
               constraint='. &lt; 9' jr:constraintMsg='too many' jr:requiredMsg='how many?' calculate='1' id='a'/>\
             <bind nodeset='/d/m/s' type='dateTime' jr:preload='timestamp' jr:preloadParams='start'>\
               <bind nodeset='x' preload='no'/></bind></model></head></html>",
        )
        .unwrap();
        let bind = form.bind("/d/a").unwrap();
        assert_eq!((bind.data_type(), bind.id()), (Some("int"), Some("a")));
        assert_eq!((bind.required(), bind.readonly()), (Some("true()"), Some("false()")));
        assert_eq!((bind.relevant(), bind.calculate()), (Some("/d/b = 'y'"), Some("1")));
        assert_eq!((bind.constraint(), bind.constraint_message()), (Some(". < 9"), Some("too many")));
        assert_eq!((bind.required_message(), bind.preload()), (Some("how many?"), None));
        let start = form.bind("/d/m/s").unwrap();
        assert_eq!((start.preload(), start.preload_params()), (Some("timestamp"), Some("start")));
        assert_eq!(form.bind("x").unwrap().preload(), None);
    }
}
