//! Names, attributes and elements.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error, ser::SerializeStruct};

use crate::xml::{Attribute, Element, Name, Node};

impl Serialize for Name<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self.namespace() {
            Some(uri) => out.collect_str(&format_args!("{{{uri}}}{}", self.local_name())),
            None => out.serialize_str(self.local_name()),
        }
    }
}

impl<'de> Deserialize<'de> for Name<'_> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let Some(namespaced) = text.strip_prefix('{') else {
            return Ok(Self::local(text));
        };
        let (uri, local) =
            namespaced.rsplit_once('}').ok_or_else(|| D::Error::custom("`{` of a name without its `}`"))?;
        Ok(Self::in_namespace(uri.to_owned(), local.to_owned()))
    }
}

impl Serialize for Attribute<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        (&self.name, &self.value).serialize(out)
    }
}

impl<'de> Deserialize<'de> for Attribute<'_> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (name, value) = <(Name<'static>, String)>::deserialize(from)?;
        Ok(Self { name, value: value.into() })
    }
}

impl Serialize for Element<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        let mut object = out.serialize_struct("Element", 3)?;
        object.serialize_field("name", &self.name)?;
        if self.attributes.is_empty() {
            object.skip_field("attributes")?;
        } else {
            object.serialize_field("attributes", &self.attributes)?;
        }
        if self.children().is_empty() {
            object.skip_field("children")?;
        } else {
            object.serialize_field("children", self.children())?;
        }
        object.end()
    }
}

impl<'de> Deserialize<'de> for Element<'_> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Shape {
            name: Name<'static>,
            #[serde(default)]
            attributes: Vec<Attribute<'static>>,
            #[serde(default)]
            children: Vec<Node<'static>>,
        }
        let shape = Shape::deserialize(from)?;
        let mut element = Self::new(shape.name);
        element.attributes = shape.attributes;
        shape.children.into_iter().for_each(|node| element.push(node));
        Ok(element)
    }
}

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, out: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Element(element) => element.serialize(out),
            Self::Text(text) => out.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Node<'_> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Shape {
            Text(String),
            Element(Element<'static>),
        }
        Shape::deserialize(from).map(|shape| match shape {
            Shape::Text(text) => Self::Text(text.into()),
            Shape::Element(element) => Self::Element(element),
        })
    }
}
